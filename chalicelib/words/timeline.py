"""What each fact is called in French, in one row per fact: timeline, lists, buttons, refusals."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from chalicelib import french
from chalicelib.domain.kernel.timeline import Event, EventKind, Reason, find_unsigned
from chalicelib.domain.kernel.values import Kind, ParcoursStatus, Role, Step, Words
from chalicelib.words import codes


@dataclass(frozen=True)
class Fact:
    """What is said of one kind of fact. An outcome needs ``refusal`` too."""

    sentence: str
    """On a line of the timeline, after the name of who acted; ``{le}`` and ``{du}`` name its documents."""
    last: str
    """In a list, as the last fact of a parcours."""
    short: str = ""
    """In the line after noting it; by default, as in a list."""
    button: str = ""
    """On the button that notes it; by default, as in that line."""
    end: str = ""
    """In the form that ends a passage; by default, as on the button."""
    planned: str = ""
    """What is asked for the day that it plans; by default « Pour quel jour ? »."""
    hint: str = ""
    """Below what its button asks."""
    asks: str = "Pour quel motif\u202f?"
    """What is asked for its reason."""
    until: str = ""
    """Before the day that it plans; by default « Prévu le »."""
    refusal: str = ""
    """Why it cannot be noted here."""
    contact: str = "Avec {}."
    """What is said of the person or side that it names."""

    @property
    def after_noting(self) -> str:
        """What the line after noting the fact says."""
        return self.short or self.last[:1].lower() + self.last[1:]

    @property
    def label(self) -> str:
        """What the button that notes the fact says."""
        return self.button or self.after_noting[:1].upper() + self.after_noting[1:]

    @property
    def as_end(self) -> str:
        """What the form that ends a passage calls the fact."""
        return self.end or self.label


CONTACTS_ASKED = "Un message demande à {} de vérifier les contacts."
RESUMING_TOLD = "Un message est parti à {}, pour dire que le parcours reprend."
END_TOLD = "Un message est parti à {}, sans dire pourquoi."
_ONE_SIGNATURE = (
    "ne peut y être notée qu’une fois, après le rendez-vous. Pour la dernière qui manque, dites aussi"
    " jusqu’à quel jour dure le stage"
)
FACTS = Words(
    {
        EventKind.CALL_NOTED: Fact(
            "a noté un appel", "Appel noté", button="J’ai appelé", refusal="un appel ne peut pas y être noté"
        ),
        EventKind.CLAUSE_EXPLAINED: Fact(
            "a expliqué la clause",
            "Clause expliquée",
            refusal="une explication de la clause ne peut pas y être notée",
        ),
        EventKind.MAIL_SENT_OUTSIDE: Fact(
            "a noté un message envoyé hors de Passe-plat",
            "Message envoyé",
            refusal="un message ne peut pas y être noté",
        ),
        EventKind.DOCUMENTS_SENT_OUTSIDE: Fact(
            "a noté des documents envoyés hors de Passe-plat",
            "Documents envoyés autrement",
            short="documents envoyés autrement",
            refusal="des documents envoyés autrement ne peuvent y être notés qu’avant tout envoi",
        ),
        EventKind.CALL_BACK_PLANNED: Fact(
            "a prévu de rappeler",
            "Appel prévu",
            short="à rappeler",
            button="Rappeler le…",
            refusal="un appel ne peut pas y être prévu",
        ),
        EventKind.DATES_PROMISED: Fact(
            "a noté que des dates sont promises",
            "Dates promises",
            button="Proposera des dates avant…",
            refusal="une promesse de dates ne peut pas y être notée",
        ),
        EventKind.PAUSED: Fact(
            "a mis le parcours en pause",
            "En pause",
            button="En pause jusqu’au…",
            until="Jusqu’au",
            planned="Jusqu’à quel jour compris ?",
            refusal="une pause ne peut y être notée qu’avant le rendez-vous ou après qu’il a eu lieu",
        ),
        EventKind.PAUSE_ENDED: Fact(
            "a mis fin à la pause",
            "Pause terminée",
            button="Reprendre maintenant",
            refusal="seul un parcours en pause peut reprendre",
        ),
        EventKind.MEETING_FIXED: Fact(
            "a fixé le rendez-vous",
            "Rendez-vous fixé",
            button="Rendez-vous fixé le…",
            refusal="un rendez-vous ne peut pas y être fixé",
        ),
        EventKind.MEETING_HELD: Fact(
            "a noté que le rendez-vous a eu lieu",
            "Le rendez-vous a eu lieu",
            refusal="un rendez-vous qui a eu lieu ne peut pas y être noté",
        ),
        EventKind.MEETING_MISSED: Fact(
            "a noté que le rendez-vous n’a pas eu lieu",
            "Le rendez-vous n’a pas eu lieu",
            refusal="un rendez-vous qui n’a pas eu lieu ne peut y être noté qu’après son heure",
        ),
        EventKind.COMPANY_DECLINED: Fact(
            "a refusé",
            "L’entreprise a refusé",
            button="L’entreprise refuse…",
            refusal="un refus de l’entreprise ne peut pas y être noté",
        ),
        EventKind.REMARK_NOTED: Fact(
            "a noté une chose à savoir",
            "Chose à savoir",
            button="Autre chose à savoir…",
            asks="Que faut-il savoir\u202f?",
            hint="Qui doit agir ne change pas. Pas de texte libre, pour protéger les jeunes.",
            refusal="une chose à savoir ne peut pas y être notée",
        ),
        EventKind.CONVENTION_SENT: Fact(
            "a noté l’envoi de la convention à signer",
            "Convention envoyée",
            button="Convention envoyée à signer",
            refusal="l’envoi de la convention ne peut y être noté qu’après le rendez-vous",
        ),
        EventKind.SIGNED_BY_COMPANY: Fact(
            "a noté que l’entreprise a signé la convention",
            "Convention signée par l’entreprise",
            button="L’entreprise a signé",
            refusal=f"la signature de l’entreprise {_ONE_SIGNATURE}",
        ),
        EventKind.SIGNED_BY_FAMILY: Fact(
            "a noté que le jeune ou sa famille a signé la convention",
            "Convention signée par le jeune ou sa famille",
            button="Le jeune ou sa famille a signé",
            refusal=f"la signature du jeune ou de sa famille {_ONE_SIGNATURE}",
        ),
        EventKind.SIGNED_BY_SCHOOL: Fact(
            "a noté que l’établissement a signé la convention",
            "Convention signée par l’établissement",
            button="L’établissement a signé",
            refusal=f"la signature de l’établissement {_ONE_SIGNATURE}",
        ),
        EventKind.CONVENTION_SIGNED: Fact(
            "a noté la signature de la convention",
            "Convention signée",
            button="Convention signée par les trois parties",
            until="Stage jusqu’au",
            planned="Jusqu’à quel jour dure le stage ?",
            refusal="la convention ne peut y être notée qu’après un rendez-vous",
        ),
        EventKind.PLACEMENT_STARTED: Fact(
            "a noté le début du stage",
            "Stage commencé",
            refusal="le début du stage ne peut y être noté qu’une fois la convention signée",
        ),
        EventKind.PLACEMENT_ENDED: Fact(
            "a noté la fin du stage",
            "Stage terminé",
            refusal="la fin du stage ne peut y être notée qu’une fois la convention signée",
        ),
        EventKind.REVIEW_DONE: Fact(
            "a noté le bilan",
            "Bilan fait",
            refusal="le bilan ne peut y être noté qu’une fois la convention signée",
        ),
        EventKind.OFFER_DECLARED: Fact("a déclaré l’offre", "Offre déclarée"),
        EventKind.OFFER_EDITED: Fact("a modifié l’offre", "Offre modifiée"),
        EventKind.OFFER_IMPORTED: Fact("a repris l’offre de l’ancien tableau", "Offre reprise"),
        EventKind.OFFER_REPORTED: Fact("a signalé l’offre", "Offre signalée"),
        EventKind.OFFER_TAKEN: Fact("a pris cette offre", "Offre prise", contact=CONTACTS_ASKED),
        EventKind.RESERVATION_LAPSED: Fact(
            "a libéré l’offre, restée sans envoi", "Offre libérée", contact=END_TOLD
        ),
        EventKind.TUTOR_ASSIGNED: Fact("a désigné une tutrice ou un tuteur", "Suivi confié"),
        EventKind.CONTACTS_CONFIRMED: Fact("a confirmé les contacts", "Contacts vérifiés"),
        EventKind.ATTEMPT_OPENED: Fact(
            "a ouvert un nouveau parcours", "Parcours ouvert", contact=CONTACTS_ASKED
        ),
        EventKind.NOTICE_HANDED_OVER: Fact("a remis la notice au jeune", "Notice remise au jeune"),
        EventKind.DATA_REQUESTED: Fact(
            "a suspendu envois et relances, le temps de parler avec le jeune", "Suite suspendue"
        ),
        EventKind.DATA_REQUEST_DISCUSSED: Fact(
            "a parlé avec le jeune, la suite n’est plus suspendue", "Suite reprise"
        ),
        EventKind.SENDING_STOPPED: Fact("a arrêté l’envoi, le temps de parler avec le jeune", "Envoi arrêté"),
        EventKind.CANNOT_COME: Fact(
            "a demandé de confirmer le rendez-vous avec le jeune", "Rendez-vous à confirmer"
        ),
        EventKind.MEETING_KEPT: Fact("a appris que le rendez-vous tient", "Rendez-vous confirmé"),
        EventKind.DEPOSIT_OPENED: Fact("a commencé l’envoi {du}", "Envoi commencé"),
        EventKind.DEPOSIT_ABANDONED: Fact("a fermé un envoi avant le départ du lien", "Envoi abandonné"),
        EventKind.DOCUMENTS_RECEIVED: Fact("a envoyé {le}", "Documents arrivés"),
        EventKind.DOCUMENTS_VERIFIED: Fact("a vérifié {le}", "Documents vérifiés"),
        EventKind.DOCUMENTS_REFUSED: Fact("a refusé {le}", "Documents refusés"),
        EventKind.LINK_SENT: Fact("a envoyé le lien", "Lien envoyé"),
        EventKind.LINK_MAY_HAVE_LEFT: Fact(
            "a peut-être envoyé le lien, sans en avoir la confirmation", "Lien peut-être parti"
        ),
        EventKind.LINK_RESENT: Fact("a envoyé un nouveau lien, l’ancien ne marche plus", "Lien renvoyé"),
        EventKind.LINK_OPENED: Fact("a ouvert le lien", "Lien ouvert"),
        EventKind.LINK_REVOKED: Fact("a retiré l’envoi, le lien ne marche plus", "Envoi retiré"),
        EventKind.LINK_EXPIRED: Fact("a fermé le lien, resté sans ouverture", "Lien expiré"),
        EventKind.LINK_CLOSED: Fact("a fermé le lien", "Lien fermé"),
        EventKind.MAIL_FAILED: Fact("n’a pas pu envoyer le message", "Message non parti"),
        EventKind.COMPANY_MAIL_LOST: Fact(
            "n’a pas pu faire parvenir un message à l’entreprise", "Message non arrivé"
        ),
        EventKind.BUYER_MAIL_LOST: Fact(
            "n’a pas pu faire parvenir un message à l’acheteur", "Message non arrivé"
        ),
        EventKind.MAIL_DELIVERED: Fact(
            "a la confirmation que le message est arrivé au serveur du destinataire", "Message arrivé"
        ),
        EventKind.MAIL_BOUNCED: Fact("a reçu le message en retour", "Message à vérifier"),
        EventKind.DOCUMENTS_CONFIRMED: Fact("a dit : « J’ai bien pu lire »", "Documents lus"),
        EventKind.DOCUMENTS_UNREADABLE: Fact("a dit : « Je n’ai pas pu lire »", "Documents illisibles"),
        EventKind.DOCUMENTS_ERASED: Fact("a effacé {le}", "Documents effacés"),
        EventKind.ERASURE_REQUESTED: Fact("a demandé l’effacement", "Effacement demandé"),
        EventKind.SENDING_REQUESTED: Fact("a demandé un nouvel envoi", "Nouvel envoi demandé"),
        EventKind.COPIES_DELETED: Fact("dit avoir supprimé ses copies", "Copies supprimées"),
        EventKind.COLLEAGUE_NAMED: Fact("a indiqué la bonne personne", "Bonne personne indiquée"),
        EventKind.COLLEAGUE_ADDED: Fact(
            "a demandé d’envoyer aussi le lien à une ou un collègue",
            "Lien demandé aussi pour une ou un collègue",
        ),
        EventKind.COLLEAGUE_AGREED: Fact("a accepté l’adresse indiquée", "Adresse acceptée"),
        EventKind.COLLEAGUE_REFUSED: Fact("a refusé l’adresse indiquée", "Adresse refusée"),
        EventKind.LINK_PASSED_ON: Fact("a passé le lien à l’entreprise", "Lien passé à l’entreprise"),
        EventKind.SLOTS_PROPOSED: Fact("a proposé des dates", "Dates proposées"),
        EventKind.SLOT_ACCEPTED: Fact("a accepté une date", "Date acceptée"),
        EventKind.OTHER_SLOTS_ASKED: Fact("a demandé d’autres dates", "Autres dates demandées"),
        EventKind.MEETING_MOVED: Fact("a déplacé le rendez-vous", "Rendez-vous déplacé"),
        EventKind.MEETING_CANCELLED: Fact(
            "a annulé le rendez-vous", "Rendez-vous annulé", until="Il était prévu le"
        ),
        EventKind.DECLINE_UNDONE: Fact("a annulé le refus", "Refus annulé"),
        EventKind.OFFER_GIVEN_BACK: Fact(
            "a rendu l’offre, sans rien envoyer",
            "Offre rendue",
            end="Je rends l’offre, rien n’est parti",
            contact=END_TOLD,
        ),
        EventKind.YOUNG_PERSON_WITHDREW: Fact(
            "a noté que le jeune a renoncé", "Le jeune a renoncé", contact=END_TOLD
        ),
        EventKind.ATTEMPT_STOPPED: Fact(
            "a noté l’arrêt du parcours", "Parcours arrêté", short="le stage s’est arrêté", contact=END_TOLD
        ),
        EventKind.REMINDER_SENT: Fact("a envoyé une relance", "Relance envoyée"),
        EventKind.BUYER_TOLD: Fact("a prévenu l’acheteur", "Acheteur prévenu"),
        EventKind.SMS_SENT: Fact("a envoyé une relance par SMS", "SMS envoyé"),
        EventKind.SMS_STOPPED: Fact("n’a pas envoyé de SMS, dont cette personne ne veut pas", "SMS refusé"),
        EventKind.ABSENCE_ANNOUNCED: Fact("a annoncé une absence", "Absence annoncée"),
        EventKind.CORRECTED: Fact(
            "a corrigé une ligne de l’historique", "Ligne corrigée", contact=RESUMING_TOLD
        ),
        EventKind.PASSAGE_LAPSED: Fact(
            "a mis fin au parcours, resté sans nouvelles", "Parcours sans nouvelles"
        ),
        EventKind.PARCOURS_LAPSED: Fact("a noté la fin du marché", "Marché terminé"),
        EventKind.PARCOURS_WITHDRAWN: Fact("a retiré l’offre", "Offre retirée"),
    },
    stranger=Fact(
        "a fait quelque chose que cette page ne sait pas encore dire", "Nouvelle pas encore connue ici"
    ),
)
BOUNCED = {
    Reason.MAIL_UNWANTED: "a appris que le message est signalé comme indésirable",
    Reason.MAIL_VIRUS: "n’a pas pu faire partir le message",
    Reason.MAIL_UNCERTAIN: "a reçu une réponse du serveur de cette adresse, sans savoir si le message est arrivé",
}
"""What is said of a mail that did not come back, in the place of that sentence."""
AUXILIARY = re.compile(r"\ba\b", re.ASCII)
"""The verb of a sentence that begins so, when its reader acted."""


def format_documents(kinds: tuple[Kind, ...]) -> tuple[str, str]:
    """Return « le CV », « du CV »; « la lettre », « de la lettre »; « le CV et la lettre », « du CV et de la lettre »."""
    return " et ".join(codes.THE_KIND[kind] for kind in kinds), " et ".join(
        codes.OF_THE_KIND[kind] for kind in kinds
    )


def format_fact(event: Event) -> str:
    """Return the rest of a timeline line, after the name of the person or side that acted."""
    if event.kind is EventKind.SLOTS_PROPOSED and event.count is not None:
        return "a proposé une date" if event.count == 1 else f"a proposé {event.count}\u00a0dates"
    if event.kind is EventKind.MAIL_BOUNCED and event.reason in BOUNCED:
        return BOUNCED[event.reason]
    if event.reason is Reason.TUTOR_GONE:
        return "a fermé le compte de la personne qui suivait le jeune"
    if event.kind is EventKind.COMPANY_DECLINED and event.actor is not Role.COMPANY:
        return "a noté que l’entreprise a refusé"
    documents, of_documents = format_documents(event.documents)
    sentence = FACTS[event.kind].sentence.format(
        le=documents or "les documents", du=of_documents or "des documents"
    )
    sent = event.sent_at
    return f"{sentence} de l’envoi du {french.jour_court(sent)}, {french.heure(sent)}" if sent else sentence


def name_button(kind: EventKind, reached: Collection[str]) -> str:
    """Return what the button of an outcome says: of a convention that lacks one signature, whose it is."""
    unsigned = find_unsigned(reached)
    if kind is EventKind.CONVENTION_SIGNED and len(unsigned) == 1:
        return FACTS[EventKind(unsigned[0].value)].label
    return FACTS[kind].label


def describe_event(event: Event, *, yours: bool) -> tuple[str, str]:
    """Return who acted, and what they did: « L’entreprise », « a ouvert le lien »; « Vous », « avez pris cette offre »."""
    sentence = format_fact(event)
    if yours:
        return "Vous", AUXILIARY.sub("avez", sentence, count=1)
    return codes.THE_ROLE[event.actor], sentence


def format_detail(event: Event) -> str | None:
    """Return the second line of a fact; None when there is nothing to add."""
    if event.count is not None and event.kind is EventKind.ATTEMPT_STOPPED:
        days = f"Après {event.count} jour{'s' if event.count > 1 else ''}."
        return f"{days} {codes.REASONS[event.reason].sentence}" if event.reason else days
    if event.reason is not None:
        why = codes.REASONS[event.reason]
        return f"{why.why_cancelled}." if event.kind is EventKind.MEETING_CANCELLED else why.sentence
    return None


def format_contact(event: Event) -> str | None:
    """Return with whom a fact happened, or who was mailed as it was noted; None when it names nobody."""
    if event.contact is None:
        return None
    return FACTS[event.kind].contact.format(codes.INTERLOCUTOR[event.contact])


def format_move(event: Event) -> str | None:
    """Return from when to when a fact moves a meeting, as the mail about it does: « Déplacé du 8 au 15 décembre. »

    None when it moves none, or changes something else of it.
    """
    if event.planned_at is None or event.moved_from in {None, event.planned_at}:
        return None
    return f"Déplacé {french.du_au(event.moved_from, event.planned_at)}."


def format_not_now(kind: str, status: str, step: object) -> str:
    """Return the sentence of NotNow: « Le parcours en est à Documents reçus : la convention ne peut y être notée qu’… »"""
    where = codes.STEP[Step(step)] if isinstance(step, str) else codes.STATUS[ParcoursStatus(status)]
    return f"Le parcours en est à «\u00a0{where}\u00a0»\u00a0: {FACTS[EventKind(kind)].refusal}."
