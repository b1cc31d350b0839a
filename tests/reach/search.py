"""Every sequence of acts up to a length, on the model: does one lead a document where nobody honest wanted it?"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from chalicelib.domain.kernel.parcours import ContactRole
from chalicelib.domain.kernel.timeline import Interlocutor
from chalicelib.errors import RelayError
from tests.reach import acts
from tests.reach.state import (
    BUYER,
    COLLEAGUE,
    DUMMY,
    FAKE_BUYER,
    LOOK_ALIKE,
    ORGANISATION,
    OTHER_ORGANISATION,
    PLANTED,
    THIEVES,
    WRONG,
    State,
    beginning,
    key,
)
from tests.support.factories import COMPANY_ADDRESS

FIRST, SECOND = ContactRole.ANSWERS_TENDER, ContactRole.WELCOMES
COMPANY, AT_BUYER, HOST = Interlocutor.ANSWERS_TENDER, Interlocutor.BUYER, Interlocutor.WELCOMES
BOTH = ((FIRST, COMPANY_ADDRESS), (SECOND, LOOK_ALIKE))

ACTS: dict[str, tuple[Any, ...]] = {
    "tutor seals for the company": ("seals", "first"),
    "tutor seals for the second contact": ("seals", "second"),
    "tutor seals by the buyer": ("seals", "buyer"),
    "tutor seals for a wrong address and withdraws": ("mistypes",),
    "tutor seals for the checked address": ("seals", "checked"),
    "tutor seals for the wrong address again": ("seals", "wrong"),
    "tutor agrees": ("agrees", "tutor"),
    "team changes the company's contact": ("corrects", "team", COMPANY, LOOK_ALIKE),
    "team puts the company's contact back": ("corrects", "team", COMPANY, COMPANY_ADDRESS),
    "team adds a contact": ("contacts", "team", *BOTH),
    "team removes the contacts": ("contacts", "team"),
    "team notes that the second contact has left": ("notes_gone", "team", HOST),
    "team renames the second contact": ("renames_contact", "team", 1),
    "team changes the buyer's contact": ("corrects", "team", AT_BUYER, FAKE_BUYER),
    "team edits the buyer's contact to the company's": ("corrects", "team", AT_BUYER, COMPANY_ADDRESS),
    "team puts the buyer's contact back": ("corrects", "team", AT_BUYER, BUYER),
    "team renames the organisation": ("renames", "team", OTHER_ORGANISATION),
    "team names the organisation again": ("renames", "team", ORGANISATION),
    "team hands over to a fake tutor": ("hands_over", "fake"),
    "team hands back": ("hands_over", "tutor"),
    "team closes the tutor's account": ("closes", "tutor"),
    "team opens it again": ("reopens", "tutor"),
    "team closes the buyer's account": ("closes", "buyer", "fake buyer"),
    "team agrees": ("agrees", "team"),
    "thief of the tutor's session changes the company's contact": ("corrects", "tutor", COMPANY, LOOK_ALIKE),
    "thief of the tutor's session changes the buyer's contact": ("corrects", "tutor", AT_BUYER, FAKE_BUYER),
    "thief of the tutor's session sends again": ("sends_again", "tutor"),
    "thief of the tutor's session withdraws": ("withdraws", "tutor"),
    "thief of the tutor's session sends a document of his own": ("sends_her_own", "tutor", LOOK_ALIKE),
    "thief of the tutor's session names a colleague as the recipient of his own": (
        "sends_her_own",
        "tutor",
        DUMMY,
        PLANTED,
    ),
    "thief of the buyer's session changes the company's contact": ("corrects", "buyer", COMPANY, LOOK_ALIKE),
    "fake tutor changes the company's contact": ("corrects", "fake", COMPANY, LOOK_ALIKE),
    "fake tutor sends a document of her own": ("sends_her_own", "fake", LOOK_ALIKE),
    "fake tutor names a colleague as the recipient of her own": ("sends_her_own", "fake", DUMMY, PLANTED),
    "fake tutor sends again": ("sends_again", "fake"),
    "fake tutor agrees": ("agrees", "fake"),
    "coordinator agrees": ("agrees", "coordinator"),
    "buyer passes on": ("passes_on", 0),
    "buyer passes on to the second contact": ("passes_on", 1),
    "recipient names a colleague": ("names", COLLEAGUE),
    "recipient adds a colleague": ("names", COLLEAGUE, True),
    "recipient opens": ("opens",),
    "thief of the tutor's session ends the passage": ("ends", "tutor"),
    "other tutor ends the passage": ("ends", "other"),
    "fake tutor ends the passage": ("ends", "fake"),
    "tutor takes the offer": ("takes", "tutor"),
    "other tutor takes the offer": ("takes", "other"),
    "fake tutor takes the offer": ("takes", "fake"),
}
"""What each does, as it is told → a function of ``acts`` and its arguments; ``tables`` has the same by the product's stories."""


def after(state: State, act: str) -> State | None:
    """The state after an act, or None when the act is refused."""
    verb, *given = ACTS[act]
    try:
        return getattr(acts, verb)(state, *given)  # type: ignore[no-any-return]
    except RelayError:
        return None


def broken(state: State) -> str | None:
    """The rule that this state breaks (a link mailed where nobody honest wanted it), or none."""
    if state.reached & THIEVES:
        return "an address that nobody honest typed got a link"
    if COLLEAGUE in state.reached and not state.consented:
        return "an address that a recipient typed got a link, and who sealed did not agree"
    if WRONG in state.reached:
        return "an address that was withdrawn got a link again without a question"
    return None


Path = tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """The result of a search."""

    states: dict[tuple[object, ...], Path]
    """Key of each state that can be reached → a shortest sequence to it."""
    tried: int
    broken: tuple[tuple[str, Path], ...]
    """Rule → the sequence that breaks it."""

    @property
    def acts(self) -> set[str]:
        """The acts that some shortest sequence needs."""
        return {act for path in self.states.values() for act in path}


@cache
def search(depth: int) -> Found:
    """Try every sequence of at most so many acts, without going on from a state that was reached before or breaks a rule."""
    front: list[tuple[State, Path]] = [(beginning(), ())]
    seen: dict[tuple[object, ...], Path] = {key(front[0][0]): ()}
    wrong: list[tuple[str, Path]] = []
    tried = 0
    for _ in range(depth):
        following = []
        for state, path in front:
            for act in ACTS:
                tried += 1
                reached = after(state, act)
                if reached is None or key(reached) in seen:
                    continue
                here = (*path, act)
                seen[key(reached)] = here
                if (rule := broken(reached)) is not None:
                    wrong.append((rule, here))
                else:
                    following.append((reached, here))
        front = following
    return Found(seen, tried, tuple(wrong))
