"""The French of outcomes: their buttons, with whom, and why one cannot be noted here."""

from chalicelib.domain.kernel.parcours import ParcoursStatus, Step
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor, Reason
from chalicelib.domain.kernel.values import Words
from chalicelib.words import codes

OUTCOME = {
    EventKind.CALL_NOTED: "J’ai appelé",
    EventKind.CLAUSE_EXPLAINED: "Clause expliquée",
    EventKind.MAIL_SENT_OUTSIDE: "Message envoyé",
    EventKind.DOCUMENTS_SENT_OUTSIDE: "Documents transmis autrement",
    EventKind.CALL_BACK_PLANNED: "Rappeler le…",
    EventKind.DATES_PROMISED: "Proposera des dates avant…",
    EventKind.MEETING_FIXED: "Rendez-vous fixé le…",
    EventKind.MEETING_HELD: "Rendez-vous tenu",
    EventKind.MEETING_MISSED: "Rendez-vous manqué",
    EventKind.COMPANY_DECLINED: "L’entreprise refuse…",
    EventKind.CONVENTION_SIGNED: "Convention signée",
    EventKind.PLACEMENT_STARTED: "Stage commencé",
    EventKind.PLACEMENT_ENDED: "Stage terminé",
    EventKind.REVIEW_DONE: "Bilan fait",
}
"""What stands on the button of each outcome."""
INTERLOCUTOR = Words(
    {
        Interlocutor.ANSWERS_TENDER: "la personne qui répond au marché",
        Interlocutor.WELCOMES: "la personne qui accueille",
        Interlocutor.BUYER: "l’acheteuse ou l’acheteur",
        Interlocutor.TUTOR: "la tutrice ou le tuteur",
    },
    stranger="quelqu’un",
)
REFUSED_AT = {
    EventKind.CALL_NOTED: "un appel ne peut pas y être noté",
    EventKind.CLAUSE_EXPLAINED: "une explication de la clause ne peut pas y être notée",
    EventKind.MAIL_SENT_OUTSIDE: "un message ne peut pas y être noté",
    EventKind.DOCUMENTS_SENT_OUTSIDE: "des documents transmis autrement ne peuvent y être notés qu’avant tout envoi",
    EventKind.CALL_BACK_PLANNED: "un rappel ne peut pas y être prévu",
    EventKind.DATES_PROMISED: "une promesse de dates ne peut pas y être notée",
    EventKind.MEETING_FIXED: "un rendez-vous ne peut pas y être fixé",
    EventKind.MEETING_HELD: "un rendez-vous tenu ne peut pas y être noté",
    EventKind.MEETING_MISSED: "un rendez-vous manqué ne peut y être noté que s’il était fixé",
    EventKind.COMPANY_DECLINED: "un refus de l’entreprise ne peut pas y être noté",
    EventKind.CONVENTION_SIGNED: "la convention ne peut y être notée qu’après un rendez-vous",
    EventKind.PLACEMENT_STARTED: "le début du stage ne peut y être noté qu’une fois la convention signée",
    EventKind.PLACEMENT_ENDED: "la fin du stage ne peut y être notée qu’une fois la convention signée",
    EventKind.REVIEW_DONE: "le bilan ne peut y être noté qu’une fois la convention signée",
}
SHORT = {
    EventKind.CALL_NOTED: "appel noté",
    EventKind.CLAUSE_EXPLAINED: "clause expliquée",
    EventKind.MAIL_SENT_OUTSIDE: "message envoyé",
    EventKind.DOCUMENTS_SENT_OUTSIDE: "documents transmis autrement",
    EventKind.CALL_BACK_PLANNED: "à rappeler",
    EventKind.DATES_PROMISED: "dates promises",
    EventKind.MEETING_FIXED: "rendez-vous fixé",
    EventKind.MEETING_HELD: "rendez-vous tenu",
    EventKind.MEETING_MISSED: "rendez-vous manqué",
    EventKind.COMPANY_DECLINED: "refus de l’entreprise",
    EventKind.CONVENTION_SIGNED: "convention signée",
    EventKind.PLACEMENT_STARTED: "stage commencé",
    EventKind.PLACEMENT_ENDED: "stage terminé",
    EventKind.REVIEW_DONE: "bilan fait",
    EventKind.YOUNG_PERSON_WITHDREW: "le jeune a renoncé",
    EventKind.ATTEMPT_STOPPED: "le stage s’est arrêté",
}
"""What the line after an act says of it."""
CALL = {
    Reason.REACHED: "Joint",
    Reason.NO_ANSWER: "Pas de réponse",
    Reason.MESSAGE_LEFT: "Message laissé",
    Reason.WRONG_NUMBER: "Numéro faux",
    Reason.CONTACT_GONE: "Contact parti",
}
LETTERS = {
    "call_noted.reached": "J",
    "call_noted.no_answer": "R",
    "call_noted.message_left": "L",
    "call_noted.wrong_number": "F",
    "call_noted.contact_gone": "P",
    "mail_sent_outside": "M",
    "documents_sent_outside": "O",
    "clause_explained": "C",
    "call_back_planned": "A",
    "dates_promised": "D",
    "meeting_fixed": "V",
    "meeting_held": "T",
    "meeting_missed": "U",
    "company_declined": "N",
    "convention_signed": "G",
    "placement_started": "D",
    "placement_ended": "T",
    "review_done": "B",
}
"""The key of each outcome in the RUN, a letter of its words; the same letter twice only where both are never open."""
LEAVES_OFF, CORRECT, NEXT = "E", "Z", "S"


def not_now(kind: str, status: str, step: object) -> str:
    """« Le parcours en est à Documents remis : la convention ne peut y être notée qu’après un rendez-vous. »"""
    at = codes.STEP[Step(step)] if isinstance(step, str) else codes.STATUS[ParcoursStatus(status)]
    return f"Le parcours en est à «\u00a0{at}\u00a0»\u00a0: {REFUSED_AT[EventKind(kind)]}."
