"""« À qui de jouer » in French: what each state of a parcours waits for, and which acts answer it, in one row per state."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Protocol

from chalicelib import french
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.values import Role, Words
from chalicelib.domain.parcours.turns import State, Turn
from chalicelib.words import codes


class CardAct(Enum):
    """What the card offers, as the README calls it."""

    SEND = "Envoyer les documents"
    RESUME = "Reprendre l’envoi"
    DROP = "Abandonner cet envoi"
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
    """What a caller asks the company."""


_FAILED = (CardAct.RESEND, CardAct.ELSEWHERE, CardAct.SEND, CardAct.CALL)

AWAITED = Words(
    {
        State.TO_SEND: Awaited(
            "envoyez les documents",
            "envoyer les documents",
            acts=(CardAct.SEND,),
            ask="Ses documents vous arriveront par un lien. À quelle adresse faut-il l’envoyer\u202f?",
        ),
        State.UPLOADING: Awaited(
            alone="L’envoi est en route",
            ask="Ses documents vous arriveront par un lien. À quelle adresse l’attendez-vous\u202f?",
        ),
        State.UPLOAD_STOPPED: Awaited(
            "reprenez l’envoi, il s’est arrêté",
            "reprendre l’envoi, qui s’est arrêté",
            acts=(CardAct.RESUME, CardAct.DROP),
            ask="Ses documents vous arriveront par un lien. À quelle adresse faut-il l’envoyer\u202f?",
        ),
        State.CHECKING: Awaited(
            alone="Les documents sont arrivés, le lien part après leur vérification",
            ask="Ses documents vous arriveront par un lien. À quelle adresse l’attendez-vous\u202f?",
        ),
        State.TO_OPEN: Awaited(
            "ouvrez le lien",
            "ouvrir le lien",
            acts=(CardAct.ON_HER_PAGE, CardAct.REMIND, CardAct.CALL, CardAct.RESEND),
            ask="Un message avec un lien est parti le {le}. Avez-vous pu lire ses documents\u202f?",
        ),
        State.TO_PASS_ON: Awaited(
            "passez le lien à l’entreprise",
            "passer le lien à l’entreprise",
            acts=(CardAct.PASS_ON, CardAct.REMIND),
            ask="L’acheteur a reçu un lien vers ses documents, à vous passer. À quelle adresse faut-il l’envoyer\u202f?",
        ),
        State.NOT_PASSED_ON: Awaited(
            "envoyez directement à l’entreprise",
            "envoyer directement à l’entreprise",
            acts=(CardAct.STRAIGHT, CardAct.REMIND),
            ask="Ses documents vous arriveront par un lien. À quelle adresse faut-il l’envoyer\u202f?",
        ),
        State.TO_CONFIRM: Awaited(
            "dites si vous avez pu lire les documents",
            "dire si les documents ont pu être lus",
            acts=(CardAct.ON_HER_PAGE, CardAct.REMIND, CardAct.CALL, CardAct.RESEND),
            ask="Un message avec un lien est parti le {le}. Avez-vous pu lire ses documents\u202f?",
        ),
        State.KEPT_BY_BUYER: Awaited(
            "envoyez les documents à l’entreprise, le lien a été ouvert chez l’acheteur au lieu d’être passé",
            "envoyer les documents à l’entreprise, le lien a été ouvert chez l’acheteur au lieu d’être passé",
            acts=(CardAct.SEND, CardAct.STRAIGHT),
            ask="Ses documents vous arriveront par un lien. À quelle adresse faut-il l’envoyer\u202f?",
        ),
        State.TO_PROPOSE: Awaited(
            "proposez des dates",
            "proposer des dates",
            acts=(CardAct.ON_HER_PAGE, CardAct.REMIND, CardAct.CALL),
            ask="Vous avez pu lire ses documents. Quand pouvez-vous le rencontrer\u202f?",
        ),
        State.PROMISED: Awaited(
            "proposez des dates, promises avant le {le}",
            "proposer des dates, promises avant le {le}",
            acts=(CardAct.ON_HER_PAGE, CardAct.REMIND, CardAct.CALL),
            ask="Vous pensiez proposer des dates avant le {le}. Quel jour convient\u202f?",
        ),
        State.TO_PROPOSE_AGAIN: Awaited(
            "proposez d’autres dates",
            "proposer d’autres dates",
            acts=(CardAct.ON_HER_PAGE, CardAct.REMIND, CardAct.CALL),
            ask="Les premières dates ne tiennent plus. Quel autre jour convient\u202f?",
        ),
        State.COMPANY_SILENT: Awaited(
            "relancez l’entreprise",
            "relancer l’entreprise",
            acts=(CardAct.REMIND, CardAct.CALL),
            ask="Un message est parti le {le}. L’avez-vous reçu, et quand pouvez-vous le rencontrer\u202f?",
        ),
        State.BUYER_SILENT: Awaited(
            "appelez l’entreprise, personne n’a répondu",
            "appeler l’entreprise, personne n’a répondu",
            acts=(CardAct.CALL, CardAct.REMIND),
            ask="Un message est parti le {le}. L’avez-vous reçu, et quand pouvez-vous le rencontrer\u202f?",
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
        State.MEETING_TO_NOTE: Awaited(
            "notez si le rendez-vous a eu lieu",
            "noter si le rendez-vous a eu lieu",
            acts=(CardAct.NOTE,),
            notes=(EventKind.MEETING_HELD, EventKind.MEETING_MISSED),
            ask="Le rendez-vous a-t-il eu lieu\u202f?",
        ),
        State.MEETING_HELD: Awaited(
            "notez la suite du rendez-vous",
            "noter la suite du rendez-vous",
            acts=(CardAct.NOTE,),
            notes=(EventKind.CONVENTION_SIGNED, EventKind.COMPANY_DECLINED),
            ask="Comment s’est passé le rendez-vous\u202f? Quand pouvons-nous signer la convention\u202f?",
        ),
        State.MAIL_FAILED: Awaited(
            "vérifiez l’adresse, le message n’est pas parti",
            "vérifier l’adresse, le message n’est pas parti",
            acts=_FAILED,
            ask="Notre message ne vous est pas parvenu. Quelle est la bonne adresse\u202f?",
        ),
        State.MAIL_IN_DOUBT: Awaited(
            "demandez si le lien est arrivé, sinon renvoyez-le",
            "demander si le lien est arrivé, sinon le renvoyer",
            acts=(CardAct.CALL, CardAct.RESEND, CardAct.ELSEWHERE),
            ask="Avez-vous reçu notre message, avec un lien\u202f?",
        ),
        State.MAIL_BOUNCED: Awaited(
            "vérifiez l’envoi, le message n’a pas été accepté",
            "vérifier l’envoi, le message n’a pas été accepté",
            acts=(CardAct.ELSEWHERE, CardAct.SEND, CardAct.CALL, CardAct.RESEND),
            ask="Notre message n’a pas été accepté. À quelle adresse faut-il vous écrire\u202f?",
        ),
        State.UNREADABLE: Awaited(
            "appelez l’entreprise, elle n’a pas pu lire",
            "appeler l’entreprise, elle n’a pas pu lire",
            acts=(CardAct.CALL, CardAct.RESEND, CardAct.ELSEWHERE, CardAct.SEND),
            ask="Vous n’avez pas pu lire ses documents. Que s’est-il affiché\u202f?",
        ),
        State.LINK_CLOSED: Awaited(
            "appelez l’entreprise, le lien est fermé",
            "appeler l’entreprise, le lien est fermé",
            acts=(CardAct.CALL, CardAct.RESEND, CardAct.ELSEWHERE, CardAct.SEND),
            ask="Le lien s’est fermé après de mauvaises réponses. Le message vous était-il destiné\u202f?",
        ),
        State.SENDING_REQUESTED: Awaited(
            "refaites l’envoi qui est demandé",
            "refaire l’envoi qui est demandé",
            acts=(CardAct.SEND, CardAct.RESEND, CardAct.ELSEWHERE),
            ask="Vous avez demandé un nouvel envoi. À quelle adresse faut-il l’envoyer\u202f?",
        ),
        State.DECLINED: Awaited(
            "appelez l’entreprise, elle a décliné",
            "appeler l’entreprise, elle a décliné",
            acts=(CardAct.CALL, CardAct.UNDO, CardAct.ELSEWHERE, CardAct.SEND, CardAct.STOP),
            ask="Vous avez décliné. Qu’est-ce qui vous permettrait d’accueillir un jeune\u202f?",
        ),
        State.MEETING_MISSED: Awaited(
            "convenez d’une autre date, le rendez-vous n’a pas eu lieu",
            "convenir d’une autre date, le rendez-vous n’a pas eu lieu",
            acts=(CardAct.CALL, CardAct.NOTE),
            notes=(EventKind.MEETING_FIXED,),
            ask="Le rendez-vous n’a pas eu lieu. Quel autre jour convient\u202f?",
        ),
        State.IN_INTERNSHIP: Awaited(alone="En stage jusqu’au {le}", ask="Comment se passe le stage\u202f?"),
        State.INTERNSHIP_OVER: Awaited(
            "notez la fin du stage et le bilan",
            "noter la fin du stage et le bilan",
            acts=(CardAct.NOTE,),
            notes=(EventKind.PLACEMENT_ENDED, EventKind.REVIEW_DONE),
            ask="Le stage est terminé. Quand pouvons-nous faire le bilan\u202f?",
        ),
    },
    stranger=Awaited(
        "notez la suite", "noter la suite", "Rien n’est attendu de personne", ask="Où en êtes-vous\u202f?"
    ),
)
NOBODYS = Awaited(
    "voyez qui peut s’en charger, l’académie n’a pas de coordination",
    "voir qui peut s’en charger, l’académie n’a pas de coordination",
    acts=(CardAct.ASSIGN, CardAct.CALL),
)
"""Of any state, where the team has the turn for want of a coordinator (``Turn.is_nobodys``)."""
SENT = frozenset({State.TO_OPEN, State.TO_CONFIRM, State.COMPANY_SILENT, State.BUYER_SILENT})
"""States whose question is about the message that was sent."""
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
    def promised_on(self) -> date | None: ...
    @property
    def paused_until(self) -> date | None: ...
    @property
    def internship_until(self) -> date: ...


def format_act(turn: Turn, dated: Dated, *, yours: bool) -> str:
    """Return what is awaited in this turn, for a card or a list.

    « choisissez une date » to those who are awaited (``yours``), « choisir une date » to others, « En stage jusqu’au … » where
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
    """Return the question that an agent asks the company by telephone in this state, with the day that it is about."""
    sent_at = parcours.last_sent_at or parcours.outside_at or parcours.since
    day = french.jour_court(sent_at) if turn.state in SENT else _format_date(turn.state, parcours)
    return AWAITED[turn.state].ask.format(le=day)


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
    """Return the date in the sentence of this state: of the meeting, promise or pause, else the internship's end."""
    if state is State.MEETING_AHEAD and dated.meeting_at is not None:
        return french.moment(dated.meeting_at)
    if state is State.PROMISED and dated.promised_on is not None:
        return french.jour_court(dated.promised_on)
    if state is State.PAUSED and dated.paused_until is not None:
        return french.jour_court(dated.paused_until)
    return french.jour_court(dated.internship_until)
