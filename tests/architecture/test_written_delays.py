"""No delay or size is written by hand: a text takes it from the settings, or is held against the constant that it repeats."""

import re
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest

from chalicelib.domain.accounts import signing_in
from chalicelib.domain.documents.sending import UNDO
from chalicelib.domain.kernel import link, timeline
from chalicelib.domain.meetings import appointment, slots
from chalicelib.domain.parcours import young
from tests.architecture.sources import CODE, ROOT, strings
from tests.architecture.test_words import SCRIPTS, TEMPLATES, readable, spoken

NUMBERS = {
    "deux": 2,
    "trois": 3,
    "quatre": 4,
    "cinq": 5,
    "six": 6,
    "sept": 7,
    "dix": 10,
    "douze": 12,
    "trente": 30,
}
NUMBER = rf"(?:\d+|{'|'.join(NUMBERS)})"
WRITTEN = re.compile(rf"(?<![\w{{]){NUMBER}(?:\s|&nbsp;)*(?:minutes?|heures?|jours?|mois|ko|Mo)\b")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CONSTANTS = {
    ("answers.html", "45 minutes"): appointment.MINUTES,
    ("answers.html", "24 heures"): UNDO // HOUR,
    ("body.html", "24 heures"): UNDO // HOUR,
    ("colleague.html", "24 heures"): UNDO // HOUR,
    ("body.html", "45 minutes"): appointment.MINUTES,
    ("code.html", "10 minutes"): signing_in.CODE_LIFE // MINUTE,
    ("connexion.html", "10 minutes"): signing_in.CODE_LIFE // MINUTE,
    ("connexion.html", "2 heures"): signing_in.IDLE // HOUR,
    ("connexion.html", "8 heures"): signing_in.WHOLE // HOUR,
    ("donnees-personnelles.html", "trente jours"): young.NAMED_AFTER_END // DAY,
    ("errors.py", "15 minutes"): link.PAUSE // MINUTE,
    ("errors.py", "240 minutes"): slots.LONGEST,
    ("errors.py", "six mois"): timeline.LONGEST_PAUSE // (30 * DAY),
    ("texts.py", "trois jours"): link.PROOF_LIFE // DAY,
    ("retrait.html", "trois jours"): link.PROOF_LIFE // DAY,
}
"""What repeats a constant of a rule, which no operator sets: file and words, and the constant."""
FILES = [*TEMPLATES, *SCRIPTS, *CODE]


def texts(path: Path) -> list[str]:
    """Return what a file says to people, without what is computed."""
    if path.suffix == ".py":
        return list(strings(path))
    return spoken(path.read_text()) if path.suffix == ".js" else [readable(path.read_text())]


@cache
def written(path: Path) -> set[str]:
    """Return the delays and sizes that a file writes by hand."""
    return {
        re.sub(r"(?:\s|&nbsp;)+", " ", written_delay)
        for text in texts(path)
        for written_delay in WRITTEN.findall(text)
    }


def test_no_delay_is_written_by_hand() -> None:
    delays = {(str(path.relative_to(ROOT)), delay) for path in FILES for delay in written(path)}

    assert {delay for delay in delays if (Path(delay[0]).name, delay[1]) not in CONSTANTS} == set()


@pytest.mark.parametrize(("place", "constant"), CONSTANTS.items(), ids=lambda parameter: str(parameter))
def test_what_repeats_a_constant_repeats_it(place: tuple[str, str], constant: int) -> None:
    number = place[1].split()[0]
    assert (NUMBERS[number] if number in NUMBERS else int(number)) == constant
    assert any(path.name == place[0] and place[1] in written(path) for path in FILES), "said nowhere any more"


def test_hand_written_delays_are_seen() -> None:
    """A delay written by hand is found in a sample; otherwise the tests above would pass on nothing."""
    for text in (
        "en 15\u00a0minutes au plus",
        "72&nbsp;heures",
        "60 jours",
        "gardé 12 mois",
        "gardé trois jours",
        "10\u00a0Mo au plus",
    ):
        assert WRITTEN.search(text), text
