"""What the help pages say of each role, made of the sentences of the pages that they explain."""

from typing import NamedTuple

from chalicelib.domain.kernel.values import Role
from chalicelib.domain.parcours.delays import Phase
from chalicelib.domain.parcours.outcomes import MOVES
from chalicelib.domain.parcours.turns import OF_OTHERS, State
from chalicelib.words.timeline import FACTS
from chalicelib.words.turns import AWAITED, NOBODYS, Awaited, CardAct

PHASES = {
    Phase.PREPARE: ("Préparer", "de l’offre prise à l’envoi commencé"),
    Phase.SEND: ("Envoyer", "de l’envoi commencé au lien parti"),
    Phase.OPEN: ("Ouvrir", "du lien parti au lien ouvert"),
    Phase.ANSWER: ("Répondre", "du lien ouvert aux dates proposées ou au rendez-vous fixé"),
    Phase.MEET: ("Se rencontrer", "de cette réponse au premier rendez-vous"),
    Phase.SIGN: ("Signer", "du premier rendez-vous à la convention signée"),
}
"""What each phase is called, and from when to when it goes."""
SOME_DAY = "…"
"""In the place of a day that a sentence names."""
ELSEWHERE = {CardAct.ON_HER_PAGE, CardAct.NOTE}
"""Acts whose names are for README: the card shows the outcomes themselves, or leaves it to another page."""


class Expected(NamedTuple):
    """What is awaited of somebody, and the names of the acts that answer it, the first one first."""

    sentence: str
    acts: tuple[str, ...]


def list_owners(state: State) -> list[Role]:
    """List whose turn a state is, one after the other; empty: nobody's."""
    if AWAITED[state].alone:
        return []
    return [role for role, states in OF_OTHERS.items() if state in states] or [Role.TUTOR]


def list_turns(role: Role) -> tuple[Expected, ...]:
    """List what is awaited of this role, in the order of a parcours; of a coordinator, what is awaited of a tutor."""
    owner = Role.TUTOR if role is Role.COORDINATOR else role
    rows = [AWAITED[state] for state in State if owner in list_owners(state)]
    return tuple(map(_describe, [*rows, *([NOBODYS] if role is Role.TEAM else [])]))


def list_outcomes(role: Role) -> tuple[str, ...]:
    """List what this role may note, as its buttons say it."""
    return tuple(FACTS[kind].label.rstrip("…") for kind, move in MOVES.items() if role in move.who)


def _describe(row: Awaited) -> Expected:
    """Return what is awaited in a row of the table, without its day."""
    outcomes = [FACTS[kind].label.rstrip("…") for kind in row.notes]
    acts = [act.value for act in row.acts if act not in ELSEWHERE]
    return Expected(row.yours.format(le=SOME_DAY), (*acts, *outcomes))
