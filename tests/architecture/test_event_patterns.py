"""EventBridge refuses a rule whose wildcards are too complex, or whose pattern is too long, which no emulator measures.

The measure is that of AWS's own rule engine: ``MachineComplexityEvaluator`` of github.com/aws/event-ruler (337e8d9), whose test
gives the first table. A public rule of production was refused when it went from 9 to 12 by it.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from infra.deploy.commands import default_parameters, product_template
from infra.deploy.planned import Planned
from infra.deploy.stage import MOST_OF_STACK

MOST_COMPLEX = 6
LONGEST = 2_048
"""Characters of a pattern (EventBridge quotas, « Event pattern size »)."""
ANY_OTHER = "\0"
"""Stands for each character that no pattern holds."""


def measure_complexity(patterns: list[str]) -> int:
    """Return the greatest number of prefixes of these wildcard patterns that one value can match, seen after each character.

    A state is the set of all prefixes, as (pattern, length), that the value read so far matches; every state that any value can
    reach is looked at.
    """
    characters = {character for pattern in patterns for character in pattern} - {"*"} | {ANY_OTHER}
    begun = frozenset((pattern, 0) for pattern in patterns)
    reached, to_look_at, most = {begun}, [begun], 0
    while to_look_at:
        matched = add_empty_stars(to_look_at.pop())
        for character in characters:
            state = frozenset(list_next(matched, character))
            if state not in reached:
                reached.add(state)
                to_look_at.append(state)
                most = max(most, len(add_empty_stars(state)))
    return most


def add_empty_stars(state: frozenset[tuple[str, int]]) -> set[tuple[str, int]]:
    """Return the prefixes of a state, and those that a star which matches nothing makes longer."""
    longer = {(pattern, length + 1) for pattern, length in state if pattern[length : length + 1] == "*"}
    return {*state, *longer}


def list_next(matched: set[tuple[str, int]], character: str) -> Iterator[tuple[str, int]]:
    """Yield the prefixes that match when one character more was read."""
    for pattern, length in matched:
        if pattern[:length].endswith("*"):
            yield pattern, length
        if pattern[length : length + 1] == character:
            yield pattern, length + 1


def list_wildcards(pattern: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield (field, wildcard) of an event pattern; the arms of a ``$or`` are of the field that holds it.

    Values are compared as JSON writes them, between quotation marks.
    """
    if isinstance(pattern, dict):
        if "wildcard" in pattern:
            yield path, f'"{pattern["wildcard"]}"'
        for name, inner in pattern.items():
            yield from list_wildcards(inner, path if name in ("$or", "anything-but") else f"{path}.{name}")
    elif isinstance(pattern, list):
        for inner in pattern:
            yield from list_wildcards(inner, path)


def measure_rule(pattern: Any) -> int:
    """Return the complexity of the most complex field of an event pattern; 0 without a wildcard."""
    fields: dict[str, list[str]] = {}
    for field, wildcard in list_wildcards(pattern):
        fields.setdefault(field, []).append(wildcard)
    return max(map(measure_complexity, fields.values()), default=0)


@pytest.mark.parametrize(
    ("patterns", "measured"),
    [
        ("*", 1),
        ("* ab*c", 3),
        ("abc", 1),
        ("*ab", 2),
        ("*aa", 3),
        ("a*b", 2),
        ("aa*", 2),
        ("a*bcb", 3),
        ("*ab*ad", 4),
        ("*aba*", 4),
        ("a*b*bb", 5),
        ("ab*b*", 3),
        ("*abc *abcde", 4),
        ("a*bcd ab*cd", 4),
        ("a*aaa aa*aa", 7),
        ("a*bc abc*d", 4),
        ("abc* abcde*", 3),
        ("ab*cd ab*wx ab*yz", 6),
        ("*ab*b*b*", 7),
        ("*a*a*a*a*a*a*a*a*", 17),
        ("ab*c ab*c", 2),
        ("F*eatureFeature Fe*atureFeature Fea*tureFeature", 10),
        (
            "aahed* aal*ii aargh* aarti* a*baca *abaci a*back ab*acs abaf*t *abaka ab*amp a*band *abase abash* abas*k ab*ate "
            "aba*ya abbas* abbed* ab*bes abbey* *abbot ab*cee abea*m abe*ar a*bele a*bers abet*s *abhor abi*de a*bies *abled",
            45,
        ),
    ],
)
def test_the_measure_is_that_of_awss_engine(patterns: str, measured: int) -> None:
    assert measure_complexity(patterns.split()) == measured


def test_three_wildcards_of_keys_would_be_far_too_complex() -> None:
    keys = [
        f"arn:aws:kms:eu-west-3:123456789012:key/{first}2345678-1234-1234-1234-123456789012"
        for first in "abc"
    ]

    assert measure_rule({"detail": {"errorMessage": [{"wildcard": f"*{key}*"} for key in keys]}}) == 12


@pytest.fixture
def deployed_patterns() -> dict[str, str]:
    """The event patterns of a deployment, by rule, in which all names are as long as they may be."""
    parameters = default_parameters() | {"OnAws": "true", "CertificateArn": "arn", "MailFrom": "a@x.example"}
    stack, region = "passe-plat".ljust(MOST_OF_STACK, "x"), "ap-southeast-1"
    return Planned(product_template(), parameters, stack, region, "123456789012").list_event_patterns()


def test_no_rule_of_ours_is_too_long_for_eventbridge(deployed_patterns: dict[str, str]) -> None:
    lengths = {name: len(pattern) for name, pattern in deployed_patterns.items()}

    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_no_rule_of_ours_is_too_complex_for_eventbridge(deployed_patterns: dict[str, str]) -> None:
    measured = {name: measure_rule(json.loads(pattern)) for name, pattern in deployed_patterns.items()}

    assert measured["CodeChanged"] > 0, "the measure sees no wildcard any more"
    assert {name: value for name, value in measured.items() if value > MOST_COMPLEX} == {}
