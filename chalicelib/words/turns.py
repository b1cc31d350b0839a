"""« À qui de jouer » in French: what each state of a parcours waits for, and which acts answer it, in one row per state."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import NamedTuple, Protocol

from chalicelib import french
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.timeline import EventKind, Milestone, Reason
from chalicelib.domain.kernel.values import Role, Step, Words
from chalicelib.domain.parcours import turns
from chalicelib.domain.parcours.turns import State, Turn
from chalicelib.words import codes


class CardAct(Enum):
    """What the card offers, as the README calls it."""

    SEND = "Envoyer les documents"
    RESEND = "Renvoyer le lien à la même adresse"
    STRAIGHT = "Envoyer directement à l’entreprise"
    ELSEWHERE = "Envoyer à une autre adresse"
    PASS_ON = "Passer le lien, depuis le message reçu"  # noqa: S105
    CONSENT = "Accepter cette adresse, ou la refuser"
    REMIND = "Relancer"
    CALL = "Appeler"
    MEETING = "Accepter cette date, en demander d’autres"
    MOVE = "Déplacer le rendez-vous, l’annuler"
    NOTE = "Noter, dans la carte"
    UNDO = "Annuler le refus"
    STOP = "Arrêter ce parcours"
    ASSIGN = "Confier à une autre personne"
    TALKED = "J’en ai parlé, le parcours continue ou s’arrête"
    KEEP = "Le rendez-vous tient"
    ON_HER_PAGE = "Sur la page de l’entreprise"


@dataclass(frozen=True)
class Awaited:
    """What is said of one state. ``{le}`` is the day or the instant that the state is about."""

    yours: str = ""
    """After « À vous : »."""
    theirs: str = ""
    """After « À l’entreprise : »."""
    alone: str = ""
    """The whole sentence, where nobody has to act."""
    acts: tuple[CardAct, ...] = ()
    """What answers it, the primary act first."""
    notes: tuple[EventKind, ...] = ()
    """The outcomes that ``NOTE`` offers in the card."""
    ask: str = ""
    """What a caller asks the company; empty: what the open question asks (``turns.find_open_state``)."""


AWAITED = Words(
    {
        State.TO_TALK: Awaited(
            "parlez avec le jeune avant la suite",
            "parler avec le jeune avant la suite",
            acts=(CardAct.TALKED, CardAct.KEEP),
        ),
        State.TO_SEND: Awaited(
            "envoyez les documents",
            "envoyer les documents",
            acts=(CardAct.SEND, CardAct.RESEND, CardAct.ELSEWHERE),
            ask="Les documents d’un jeune vous arriveront par un lien. À quelle adresse faut-il l’envoyer\u202f?",
        ),
        State.UPLOADING: Awaited(
            alone="L’envoi est en route, le lien part après vérification",
            ask="Les documents d’un jeune vous arriveront par un lien. À quelle adresse l’attendez-vous\u202f?",
        ),
        State.TO_OPEN: Awaited(
            "ouvrez le lien",
            "ouvrir le lien",
            acts=(CardAct.ON_HER_PAGE, CardAct.REMIND, CardAct.CALL, CardAct.RESEND),
            ask="Avez-vous pu ouvrir le lien\u202f?",
        ),
        State.TO_PASS_ON: Awaited(
            "passez le lien à l’entreprise",
            "passer le lien à l’entreprise",
            acts=(CardAct.PASS_ON, CardAct.REMIND),
            ask="À quelle adresse faut-il vous envoyer le lien\u202f?",
        ),
        State.NOT_PASSED_ON: Awaited(
            "envoyez directement à l’entreprise, l’acheteur n’a pas passé le lien",
            "envoyer directement à l’entreprise, l’acheteur n’a pas passé le lien",
            acts=(CardAct.STRAIGHT, CardAct.SEND, CardAct.REMIND),
            ask="Les documents d’un jeune vous arriveront par un lien. À quelle adresse faut-il l’envoyer\u202f?",
        ),
        State.TO_CONFIRM: Awaited(
            "dites si vous avez pu lire les documents",
            "dire si les documents ont pu être lus",
            acts=(CardAct.ON_HER_PAGE, CardAct.REMIND, CardAct.CALL, CardAct.RESEND),
            ask="Avez-vous pu lire ses documents\u202f?",
        ),
        State.TO_PROPOSE: Awaited(
            "proposez des dates",
            "proposer des dates",
            acts=(CardAct.ON_HER_PAGE, CardAct.REMIND, CardAct.CALL),
            ask="Quand pouvez-vous le rencontrer\u202f?",
        ),
        State.COMPANY_SILENT: Awaited(
            "relancez l’entreprise",
            "relancer l’entreprise",
            acts=(CardAct.REMIND, CardAct.CALL),
        ),
        State.TO_ACCEPT_COLLEAGUE: Awaited(
            "dites si le lien peut aller à une autre adresse",
            "dire si le lien peut aller à une autre adresse",
            acts=(CardAct.CONSENT, CardAct.CALL),
            ask="Vous avez indiqué une autre adresse. Est-ce bien celle de votre collègue\u202f?",
        ),
        State.TO_CHOOSE: Awaited(
            "choisissez une date",
            "choisir une date",
            acts=(CardAct.MEETING,),
            ask="Vous avez proposé des dates. Conviennent-elles toujours\u202f?",
        ),
        State.PAUSED: Awaited(
            alone="En pause jusqu’au {le}",
            acts=(CardAct.NOTE,),
            notes=(EventKind.PAUSE_ENDED,),
            ask="Nous avions convenu d’attendre le {le}. Est-ce toujours bon\u202f?",
        ),
        State.MEETING_AHEAD: Awaited(
            alone="Rendez-vous le {le}",
            acts=(CardAct.MOVE,),
            ask="Le rendez-vous est fixé au {le}. Est-ce toujours bon\u202f?",
        ),
        State.CANNOT_COME: Awaited(
            "confirmez le rendez-vous avec le jeune, qui dit ne pas pouvoir venir",
            "confirmer le rendez-vous avec le jeune",
            acts=(CardAct.MOVE, CardAct.KEEP),
            ask="Le rendez-vous est fixé au {le}. Un autre moment serait-il possible\u202f?",
        ),
        State.MEETING_TO_NOTE: Awaited(
            "notez si le rendez-vous a eu lieu",
            "noter si le rendez-vous a eu lieu",
            acts=(CardAct.NOTE,),
            notes=(EventKind.MEETING_HELD, EventKind.MEETING_MISSED),
            ask="Le rendez-vous a-t-il eu lieu\u202f?",
        ),
        State.MEETING_HELD: Awaited(
            "faites signer la convention de stage, ou notez un refus",
            "faire signer la convention de stage, ou noter un refus",
            acts=(CardAct.NOTE, CardAct.CALL),
            notes=(
                EventKind.CONVENTION_SENT,
                EventKind.SIGNED_BY_COMPANY,
                EventKind.SIGNED_BY_FAMILY,
                EventKind.SIGNED_BY_SCHOOL,
                EventKind.CONVENTION_SIGNED,
                EventKind.COMPANY_DECLINED,
            ),
            ask="Le rendez-vous a eu lieu. Où en est la convention de stage\u202f?",
        ),
        State.MAIL_FAILED: Awaited(
            "vérifiez à qui envoyer, le lien n’a pas trouvé son destinataire",
            "vérifier à qui envoyer, le lien n’a pas trouvé son destinataire",
            acts=(CardAct.ELSEWHERE, CardAct.RESEND, CardAct.SEND, CardAct.CALL),
            ask="Notre lien n’a pas trouvé son destinataire. À qui l’envoyer, et à quelle adresse\u202f?",
        ),
        State.MAIL_IN_DOUBT: Awaited(
            "demandez si le lien est arrivé à la bonne personne, et renvoyez-le au besoin",
            "demander si le lien est arrivé à la bonne personne, et le renvoyer au besoin",
            acts=(CardAct.CALL, CardAct.RESEND, CardAct.ELSEWHERE, CardAct.SEND),
            ask="Le lien est-il arrivé à la bonne personne, et s’ouvre-t-il\u202f?",
        ),
        State.SENDING_REQUESTED: Awaited(
            "refaites l’envoi qui est attendu",
            "refaire l’envoi qui est attendu",
            acts=(CardAct.RESEND, CardAct.SEND, CardAct.ELSEWHERE, CardAct.CALL),
            ask="Vous attendez un nouvel envoi. Qu’est-ce qui a manqué, et à quelle adresse faut-il l’envoyer\u202f?",
        ),
        State.DECLINED: Awaited(
            "appelez l’entreprise, elle a refusé",
            "appeler l’entreprise, elle a refusé",
            acts=(CardAct.CALL, CardAct.UNDO, CardAct.ELSEWHERE, CardAct.SEND, CardAct.STOP),
            ask="Vous avez refusé. Qu’est-ce qui vous permettrait d’accueillir un jeune\u202f?",
        ),
        State.MEETING_MISSED: Awaited(
            "convenez d’une autre date, le rendez-vous n’a pas eu lieu",
            "convenir d’une autre date, le rendez-vous n’a pas eu lieu",
            acts=(CardAct.CALL, CardAct.NOTE),
            notes=(EventKind.MEETING_FIXED,),
            ask="Le rendez-vous n’a pas eu lieu. Quel autre jour convient\u202f?",
        ),
        State.IN_INTERNSHIP: Awaited(alone="Stage jusqu’au {le}", ask="Où en est le stage\u202f?"),
        State.INTERNSHIP_OVER: Awaited(
            "notez la fin du stage et le bilan",
            "noter la fin du stage et le bilan",
            acts=(CardAct.NOTE,),
            notes=(EventKind.PLACEMENT_ENDED, EventKind.REVIEW_DONE),
            ask="Le stage est terminé. Quand pouvons-nous faire le bilan\u202f?",
        ),
    },
    stranger=Awaited("notez la suite", "noter la suite", "Rien à faire", ask="Où en êtes-vous\u202f?"),
)
NOBODYS = Awaited(
    "voyez qui peut s’en charger, l’académie n’a pas de coordination",
    "voir qui peut s’en charger, l’académie n’a pas de coordination",
    acts=(CardAct.ASSIGN, CardAct.CALL),
)
"""Of any state, where the team has the turn for want of a coordinator (``Turn.is_nobodys``)."""
UNREAD = frozenset({Step.DOCUMENTS_TO_SEND, Step.LINK_SENT, Step.OPENED})
"""Steps at which nobody has said that the documents could be read."""
OPENED = frozenset({Step.OPENED, Step.RECEIVED})
"""Steps to which opening the last link leads."""
BEFORE_DATES = UNREAD | {Step.RECEIVED}
"""Steps at which a caller begins by what was sent."""
TALKS = {
    Reason.REACHED.value: "Un échange a eu lieu avec {name} le {day}.",
    EventKind.CLAUSE_EXPLAINED.value: "La clause a été expliquée à {name} le {day}.",
    Reason.MESSAGE_LEFT.value: "Un message a été laissé à {name} le {day}.",
}
"""What a caller recalls of the last exchange, by its result (``timeline.name_result``)."""
NEVER_READ = frozenset({State.TO_SEND, State.TO_OPEN, State.TO_PASS_ON})
"""States whose question is another one once a link has died."""
ANOTHER_LINK = "Faut-il vous en envoyer un autre, et à quelle adresse\u202f?"
TURNS = (Role.TUTOR, Role.COORDINATOR, Role.COMPANY, Role.BUYER, Role.TEAM)
TO = Words(
    {role: french.majuscule(codes.TO_ROLE[role]) for role in TURNS},
    stranger=french.majuscule(codes.TO_ROLE.stranger),
)


class Dated(Protocol):
    """The days that a state may be about, of a parcours or of its list row."""

    @property
    def meeting_at(self) -> datetime | None: ...
    @property
    def paused_until(self) -> date | None: ...
    @property
    def internship_until(self) -> date: ...


def format_act(turn: Turn, dated: Dated, *, yours: bool) -> str:
    """Return what is awaited in this turn, for a card or a list.

    « choisissez une date » to those who are awaited (``yours``), « choisir une date » to others, « Stage jusqu’au … » where
    nobody is awaited. ``dated``: whose days fill in the date.
    """
    row = NOBODYS if turn.is_nobodys else AWAITED[turn.state]
    if turn.role is None:
        sentence = row.alone
    elif yours:
        sentence = row.yours
    else:
        sentence = row.theirs
    return sentence.format(le=_format_date(turn.state, dated))


def format_question(turn: Turn, parcours: Parcours) -> str:
    """Return what an agent says and asks the company by telephone: what was sent, the last exchange, then the open question."""
    return " ".join((*_recall_sending(parcours), *recall_talk(parcours), _format_ask(turn, parcours)))


class Talk(NamedTuple):
    """An exchange with a contact of the company."""

    at: datetime
    result: str
    """Key of ``TALKS``."""
    name: str


def recall_talk(parcours: Parcours) -> tuple[str, ...]:
    """Return a sentence that recalls this passage's last exchange with the company, in a tuple; empty without one."""
    talks = _list_talks(parcours)
    if not talks:
        return ()
    last = max(talks)
    return (TALKS[last.result].format(name=last.name, day=french.jour_court(last.at)),)


def format_holder(name: str, since: datetime) -> str:
    """Return who treats a parcours, and since when: « Karim Solenne le traite depuis 10 h 12 »."""
    return f"{name} le traite depuis {french.heure(since)}"


def build_pitch(parcours: Parcours, turn: Turn | None) -> list[str]:
    """Return sentences to say on the telephone: about the contract's clause, unless it was explained, then what is awaited.

    None while the company is not to be called: a request of the young person waits to be talked over with them.
    """
    if parcours.is_held:
        return []
    free = "Qui pourrait accueillir un jeune chez vous, et à partir de quand\u202f?"
    asked = format_question(turn, parcours) if turn else " ".join((*recall_talk(parcours), free))
    if is_clause_explained(parcours):
        return [asked]
    return [
        f"Votre marché prévoit d’accueillir un jeune en stage, pendant {parcours.placement.hours} heures.",
        "Il reste élève. L’Éducation nationale le prépare et le suit jusqu’au bout.",
        asked,
    ]


def is_clause_explained(parcours: Parcours) -> bool:
    """Whether the contract's clause was explained to the company on this passage."""
    return any(talk.result == EventKind.CLAUSE_EXPLAINED.value for talk in _list_talks(parcours))


def _list_talks(parcours: Parcours) -> list[Talk]:
    """List the exchanges of this passage with contacts of the company. Who has left is no contact any more."""
    begun_at = parcours.reached.get(Milestone.TAKEN)
    return [
        Talk(noted_at, result, contact.name)
        for contact in parcours.company.contacts
        for result, noted_at in contact.noted.items()
        if result in TALKS and not contact.is_gone and (begun_at is None or noted_at >= begun_at)
    ]


def _recall_sending(parcours: Parcours) -> tuple[str, ...]:
    """Return a sentence that recalls when the documents left, and what became of the link, in a tuple.

    Empty where nothing left on this passage, where dates are under way, and where the open question says what went wrong.
    """
    sent_at = parcours.last_sent_at if parcours.sent_to is not None else parcours.outside_at
    if sent_at is None or parcours.step not in BEFORE_DATES or parcours.setback is not None:
        return ()
    day = french.jour_court(sent_at)
    if parcours.sent_to is None:
        return (f"Les documents d’un jeune sont partis le {day}.",)
    to_buyer = " chez l’acheteur" if parcours.sent_to is Role.BUYER else ""
    opened_at = parcours.reached.get(Milestone.OPENED)
    became = ""
    if opened_at is not None and opened_at >= sent_at:
        became = f", et a été ouvert le {french.jour_court(opened_at)}"
    elif opened_at is not None and parcours.step in OPENED:  # again: only the first day is kept
        became = ", et a été ouvert"
    if _is_link_over(parcours):
        became += ". Ce lien ne donne plus les documents"
    return (f"Un lien vers les documents d’un jeune est parti{to_buyer} le {day}{became}.",)


def _is_link_over(parcours: Parcours) -> bool:
    """Whether a link left on this passage and died before anybody said that the documents could be read."""
    return parcours.sent_to is not None and parcours.step in UNREAD and parcours.live_deposit is None


def _format_ask(turn: Turn, parcours: Parcours) -> str:
    """Return the question itself: of the state, else of the question that nobody answered in time."""
    state = turn.state if AWAITED[turn.state].ask else turns.find_open_state(parcours) or turn.state
    if state in NEVER_READ and _is_link_over(parcours):
        return ANOTHER_LINK
    return AWAITED[state].ask.format(le=_format_date(state, parcours))


def format_title(turn: Turn, dated: Dated, *, yours: bool, name: str = "") -> str:
    """Return the heading of a turn: « À vous : choisissez une date », « À Jeanne Roy : choisir une date ».

    Where nobody is awaited it is the state alone: « Rendez-vous le mardi 8 décembre ». ``name``: of the agent who is awaited,
    where it is known.
    """
    act = format_act(turn, dated, yours=yours)
    if turn.role is None:
        return act
    if yours:
        addressed = "À vous"
    elif name:
        addressed = f"À {name}"
    else:
        addressed = TO[turn.role]
    return f"{addressed}\u00a0: {act}"


def format_late(turn: Turn, today: date) -> str:
    """Return « En retard de 3 jours »; empty: nobody is late. All pages and mails say it so."""
    days = turn.count_late_days(today)
    if days is None:
        return ""
    if days < 1:
        return "En retard depuis aujourd’hui"
    return "En retard d’un jour" if days == 1 else f"En retard de {days}\u00a0jours"


def _format_date(state: State, dated: Dated) -> str:
    """Return the date in the sentence of this state: of the meeting or pause, else the internship's end."""
    if state in {State.MEETING_AHEAD, State.CANNOT_COME} and dated.meeting_at is not None:
        return french.moment(dated.meeting_at)
    if state is State.PAUSED and dated.paused_until is not None:
        return french.jour_court(dated.paused_until)
    return french.jour_court(dated.internship_until)
