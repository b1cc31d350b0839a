"""The table of ASVS 5.0.0 says something of every requirement of our chapters, and names tests that exist."""

import re
from collections.abc import Iterator

import pytest

from tests.architecture.sources import ROOT

TABLE = ROOT / "tests" / "security" / "asvs.md"
STATES = ("met", "not met", "not ours")
WANTED = {
    "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1,
    "3.2": 2, "3.3": 4, "3.4": 6, "3.5": 5, "3.7": 2,
    "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4,
    "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2,
    "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1,
    "9.1": 3, "9.2": 4,
    "10.1": 2, "10.2": 2, "10.3": 4, "10.4": 11, "10.5": 5, "10.6": 2, "10.7": 3,
    "14.1": 2, "14.2": 4, "14.3": 3,
    "15.1": 3, "15.2": 3, "15.3": 7,
    "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 3,
}  # fmt: skip
"""Section: its requirements of levels 1 and 2, which stand before those of level 3 everywhere."""


def rows() -> Iterator[tuple[str, str, str, str, list[str]]]:
    """Return number, level, state, reason and tests of each line of the table."""
    for line in TABLE.read_text().splitlines():
        if re.match(r"\| \d", line):
            number, level, state, why, tests = (cell.strip() for cell in line.strip("|").split("|"))
            yield number, level, state, why, re.findall(r"`([^`]+)`", tests)


def test_every_requirement_of_levels_1_and_2_is_answered_once() -> None:
    wanted = [f"{section}.{number}" for section, last in WANTED.items() for number in range(1, last + 1)]
    answered = [number for number, level, *_ in rows() if level in {"1", "2"}]

    assert len(wanted) == 164
    assert sorted(answered) == sorted(wanted)
    assert all(state == "met" for _, level, state, *_ in rows() if level == "3")


@pytest.mark.parametrize("row", list(rows()), ids=lambda row: row[0])
def test_what_is_met_names_tests_that_exist_and_what_is_not_says_why(
    row: tuple[str, str, str, str, list[str]],
) -> None:
    _, level, state, why, tests = row

    assert level in {"1", "2", "3"} and state in STATES
    assert bool(tests) is (state == "met") and (why or state == "met")
    for test in tests:
        file, _, name = test.partition("::")
        assert f"def {name}(" in (ROOT / "tests" / file).read_text(), test
