"""Refusals carry facts that are JSON scalars, never prose and nothing personal; they cross to another function and back."""

import json
from datetime import UTC, datetime

import pytest

from chalicelib import errors
from chalicelib.stories.documents import opening

AT = datetime(2026, 12, 2, 13, 12, tzinfo=UTC)
DEAD = [
    errors.LinkUnknown,
    errors.LinkSpent,
    errors.LinkExpired,
    errors.LinkRevoked,
    errors.LinkErased,
    errors.LinkClosed,
]


def test_a_refusal_shows_its_code_and_nothing_else() -> None:
    refusal = errors.FieldInvalid("adresse", "address")

    assert str(refusal) == refusal.code == "field_invalid"
    assert refusal.facts == {"field": "adresse", "reason": "address"}


@pytest.mark.parametrize(
    "refusal",
    [
        errors.SignedOut(expired=True),
        errors.ProofWrong(2),
        errors.ProofLocked(900),
        errors.TooMany(60),
        *(kind(AT) for kind in DEAD),
        *(kind() for kind in DEAD),
    ],
    ids=lambda refusal: refusal.code,
)
def test_facts_are_json_scalars(refusal: errors.RelayError) -> None:
    crossed = json.loads(json.dumps(refusal.facts))

    assert crossed == refusal.facts
    assert all(value is None or isinstance(value, str | int | bool) for value in crossed.values())


@pytest.mark.parametrize("kind", DEAD)
@pytest.mark.parametrize("since", [None, AT])
def test_a_dead_link_crosses_with_its_instant(kind: type[errors.DeadLink], since: datetime | None) -> None:
    sent = kind(since)

    got = opening.parse_refusal(sent.code, json.loads(json.dumps(sent.facts)))

    assert type(got) is kind
    assert got.facts == {"since": since.isoformat() if since else None}


@pytest.mark.parametrize("kind", [errors.ProofNeeded, errors.TryAgain])
def test_other_refusals_of_an_opening_cross_too(kind: type[errors.RelayError]) -> None:
    assert type(opening.parse_refusal(kind.code, {})) is kind


@pytest.mark.parametrize(
    "code", ["", "refused", "not_found", "fault", "RelayError", "__init__", "proof_wrong"]
)
def test_a_code_that_no_opening_answers_is_to_be_tried_again(code: str) -> None:
    """A code that is not understood becomes « try again », which gives nothing out."""
    assert type(opening.parse_refusal(code, {"since": "x", "remaining": 1})) is errors.TryAgain


@pytest.mark.parametrize("since", [1, True, [], {"a": 1}])
def test_an_instant_that_is_none_is_left_out(since: object) -> None:
    assert opening.parse_refusal("link_spent", {"since": since}).facts == {"since": None}
