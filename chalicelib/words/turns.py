"""« À qui de jouer » in French: what each state of a parcours waits for, and which acts answer it, in one row per state."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Protocol

from chalicelib import french
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
    STOP = "Arrêter ce passage"
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


_FAILED = (CardAct.RESEND, CardAct.ELSEWHERE, CardAct.SEND, CardAct.CALL)

AWAITED = Words(
    {
        State.TO_SEND: Awaited("envoyez les documents", "envoyer les documents", acts=(CardAct.SEND,)),
        State.UPLOADING: Awaited(alone="L’envoi est en route"),
        State.UPLOAD_STOPPED: Awaited(
            "reprenez l’envoi, il s’est arrêté",
            "reprendre l’envoi, qui s’est arrêté",
            acts=(CardAct.RESUME, CardAct.DROP),
        ),
        State.CHECKING: Awaited(alone="Les documents sont arrivés, le lien part après leur vérification"),
        State.TO_OPEN: Awaited(
            "ouvrez le lien",
            "ouvrir le lien",
            acts=(CardAct.ON_HER_PAGE, CardAct.REMIND, CardAct.CALL, CardAct.RESEND),
        ),
        State.TO_PASS_ON: Awaited(
            "passez le lien à l’entreprise",
            "passer le lien à l’entreprise",
            acts=(CardAct.PASS_ON, CardAct.REMIND),
        ),
        State.NOT_PASSED_ON: Awaited(
            "envoyez directement à l’entreprise",
            "envoyer directement à l’entreprise",
            acts=(CardAct.STRAIGHT, CardAct.REMIND),
        ),
        State.TO_CONFIRM: Awaited(
            "dites si vous avez pu lire les documents",
            "dire si les documents ont pu être lus",
            acts=(CardAct.ON_HER_PAGE, CardAct.REMIND, CardAct.CALL, CardAct.RESEND),
        ),
        State.KEPT_BY_BUYER: Awaited(
            "envoyez les documents à l’entreprise, l’acheteuse ou l’acheteur les a gardés",
            "envoyer les documents à l’entreprise, l’acheteuse ou l’acheteur les a gardés",
            acts=(CardAct.SEND, CardAct.STRAIGHT),
        ),
        State.TO_PROPOSE: Awaited(
            "proposez des dates",
            "proposer des dates",
            acts=(CardAct.ON_HER_PAGE, CardAct.REMIND, CardAct.CALL),
        ),
        State.PROMISED: Awaited(
            "proposez des dates, promises avant le {le}",
            "proposer des dates, promises avant le {le}",
            acts=(CardAct.ON_HER_PAGE, CardAct.REMIND, CardAct.CALL),
        ),
        State.TO_PROPOSE_AGAIN: Awaited(
            "proposez d’autres dates",
            "proposer d’autres dates",
            acts=(CardAct.ON_HER_PAGE, CardAct.REMIND, CardAct.CALL),
        ),
        State.COMPANY_SILENT: Awaited(
            "relancez l’entreprise", "relancer l’entreprise", acts=(CardAct.REMIND, CardAct.CALL)
        ),
        State.BUYER_SILENT: Awaited(
            "appelez l’entreprise, personne n’a répondu",
            "appeler l’entreprise, personne n’a répondu",
            acts=(CardAct.CALL, CardAct.REMIND),
        ),
        State.TO_ACCEPT_COLLEAGUE: Awaited(
            "dites si le lien peut aller à une autre adresse",
            "dire si le lien peut aller à une autre adresse",
            acts=(CardAct.CONSENT, CardAct.CALL),
        ),
        State.TO_CHOOSE: Awaited("choisissez une date", "choisir une date", acts=(CardAct.MEETING,)),
        State.MEETING_AHEAD: Awaited(alone="Rendez-vous le {le}", acts=(CardAct.MOVE,)),
        State.MEETING_TO_NOTE: Awaited(
            "notez si le rendez-vous a eu lieu",
            "noter si le rendez-vous a eu lieu",
            acts=(CardAct.NOTE,),
            notes=(EventKind.MEETING_HELD, EventKind.MEETING_MISSED),
        ),
        State.MEETING_HELD: Awaited(
            "notez la suite du rendez-vous",
            "noter la suite du rendez-vous",
            acts=(CardAct.NOTE,),
            notes=(EventKind.CONVENTION_SIGNED, EventKind.COMPANY_DECLINED),
        ),
        State.MAIL_FAILED: Awaited(
            "vérifiez l’adresse, le message n’est pas parti",
            "vérifier l’adresse, le message n’est pas parti",
            acts=_FAILED,
        ),
        State.MAIL_IN_DOUBT: Awaited(
            "demandez si le lien est arrivé, sinon renvoyez-le",
            "demander si le lien est arrivé, sinon le renvoyer",
            acts=(CardAct.CALL, CardAct.RESEND, CardAct.ELSEWHERE),
        ),
        State.MAIL_BOUNCED: Awaited(
            "vérifiez l’adresse, le message est revenu",
            "vérifier l’adresse, le message est revenu",
            acts=(CardAct.ELSEWHERE, CardAct.SEND, CardAct.CALL, CardAct.RESEND),
        ),
        State.UNREADABLE: Awaited(
            "appelez l’entreprise, elle n’a pas pu lire",
            "appeler l’entreprise, elle n’a pas pu lire",
            acts=(CardAct.CALL, CardAct.RESEND, CardAct.ELSEWHERE, CardAct.SEND),
        ),
        State.LINK_CLOSED: Awaited(
            "appelez l’entreprise, le lien est fermé",
            "appeler l’entreprise, le lien est fermé",
            acts=(CardAct.CALL, CardAct.RESEND, CardAct.ELSEWHERE, CardAct.SEND),
        ),
        State.SENDING_REQUESTED: Awaited(
            "refaites l’envoi qui est demandé",
            "refaire l’envoi qui est demandé",
            acts=(CardAct.SEND, CardAct.RESEND),
        ),
        State.DECLINED: Awaited(
            "appelez l’entreprise, elle a décliné",
            "appeler l’entreprise, elle a décliné",
            acts=(CardAct.CALL, CardAct.UNDO, CardAct.ELSEWHERE, CardAct.SEND, CardAct.STOP),
        ),
        State.MEETING_MISSED: Awaited(
            "convenez d’une autre date, le rendez-vous n’a pas eu lieu",
            "convenir d’une autre date, le rendez-vous n’a pas eu lieu",
            acts=(CardAct.CALL, CardAct.NOTE),
            notes=(EventKind.MEETING_FIXED,),
        ),
        State.IN_INTERNSHIP: Awaited(alone="En stage jusqu’au {le}"),
        State.INTERNSHIP_OVER: Awaited(
            "notez la fin du stage et le bilan",
            "noter la fin du stage et le bilan",
            acts=(CardAct.NOTE,),
            notes=(EventKind.PLACEMENT_ENDED, EventKind.REVIEW_DONE),
        ),
    },
    stranger=Awaited("notez la suite", "noter la suite", "Rien n’est attendu de personne"),
)
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
    def internship_until(self) -> date: ...


def act(turn: Turn, of: Dated, *, yours: bool) -> str:
    """What is awaited: « choisissez une date » to those who are awaited, « choisir une date » to the others."""
    row = AWAITED[turn.state]
    sentence = row.alone if turn.role is None else row.yours if yours else row.theirs
    return sentence.format(le=_when(turn.state, of))


def title(turn: Turn, of: Dated, *, yours: bool, name: str = "") -> str:
    """« À vous : choisissez une date », « À Jeanne Roy : choisir une date », « Rendez-vous le mardi 8 décembre ».

    ``name``: of the agent who is awaited, where it is known.
    """
    said = act(turn, of, yours=yours)
    if turn.role is None:
        return said
    to = "À vous" if yours else f"À {name}" if name else TO[turn.role]
    return f"{to}\u00a0: {said}"


def late(turn: Turn, today: date) -> str:
    """« En retard de 3 jours », the same everywhere; empty: nobody is late."""
    days = turn.late_days(today)
    if days is None:
        return ""
    if days < 1:
        return "En retard depuis aujourd’hui"
    return "En retard d’un jour" if days == 1 else f"En retard de {days}\u00a0jours"


def _when(state: State, of: Dated) -> str:
    if state is State.MEETING_AHEAD and of.meeting_at is not None:
        return french.moment(of.meeting_at)
    if state is State.PROMISED and of.promised_on is not None:
        return french.jour_court(of.promised_on)
    return french.jour_court(of.internship_until)
