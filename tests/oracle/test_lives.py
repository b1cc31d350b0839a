"""Fifty lives in which everything that people read is so. ``proof/test_lives.py`` lives a thousand; ``SEED=`` draws others."""

from collections.abc import Iterator

import pytest

from tests.oracle.life import BEGINNINGS
from tests.oracle.lives import DATED, Lives, read_seed, staged

LIVES = 50
ACCOUNT, ADDRESS, NOBODY = BEGINNINGS
WITHDREW = "tutor notes that the young person withdrew"
CORRECTED = ("a week passes", "tutor corrects the last fact")
ONCE_FALSE = {
    "dates are over when an end is corrected": (NOBODY, (*DATED, WITHDREW, *CORRECTED)),
    "dates are over when a meeting is corrected": (NOBODY, (*DATED, "tutor fixes a meeting", *CORRECTED)),
    "dates are over when a refusal is corrected": (
        ACCOUNT,
        (*DATED, "buyer notes: company declined", "sixteen days pass", CORRECTED[1]),
    ),
    "another date is over when an end is corrected": (
        NOBODY,
        (*DATED, "tutor accepts a date", "company proposes another date", WITHDREW, *CORRECTED),
    ),
    "a held meeting is moved": (
        ADDRESS,
        (*DATED, "tutor accepts a date", "young person asks for access", "tutor moves the meeting"),
    ),
    "a held offer is reported": (
        ACCOUNT,
        ("tutor takes the offer", "young person asks for access", "tutor reports the offer"),
    ),
    "copies are asked of who named somebody else": (
        ADDRESS,
        (
            *("tutor takes the offer", "tutor sends to the first contact", "company names somebody elsewhere"),
            *("tutor sends the link again", "young person stops", "tutor notes: clause explained"),
        ),
    ),
    "a company that promised dates has not answered": (
        ACCOUNT,
        (
            *("tutor takes the offer", "tutor sends to the first contact"),
            *("buyer notes: dates promised", "a week passes"),
        ),
    ),
    "an invitation is for who takes no mail": (
        ACCOUNT,
        (
            *("tutor takes the offer", "tutor sends to the first contact", "company opens"),
            *("company proposes dates", "tutor accepts a date", "a day passes"),
            *("the mail is reported as unwanted", "company proposes dates", "tutor accepts a date"),
        ),
    ),
    "a mail was due before an act": (
        NOBODY,
        (
            *("team designates the tutor", "tutor sends to the first contact", "tutor fixes a meeting"),
            *["tutor notes: no answer"] * 7,
            "the meeting is put in doubt",
        ),
    ),
}  # fmt: skip
"""By what was false in it, the beginning and the acts of a life."""


@pytest.fixture(scope="module")
def lives() -> Iterator[Lives]:
    """Give lives of which no act was done yet."""
    with staged() as lives:
        yield lives


def test_what_is_said_is_so_in_fifty_lives() -> None:
    with staged() as lives:
        lives.live(LIVES, read_seed())
        assert lives.lived == LIVES
        assert not lives.falsehoods, f"SEED={read_seed()}\n{lives.report()}"


@pytest.mark.parametrize("name", ONCE_FALSE)
def test_what_was_false_once_is_so(lives: Lives, name: str) -> None:
    begun, acts = ONCE_FALSE[name]
    lives.falsehoods.clear()
    life = lives.again(begun, acts, thorough=True)

    assert len(life.acts) >= len(acts) - 1, "the last act alone may be offered no more"
    assert not lives.falsehoods, lives.report()
