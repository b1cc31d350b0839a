"""A fact of the timeline can name nobody and quote nothing: every field is a code, a count or an instant."""

import re
from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone

import pytest

from chalicelib.clock import iso
from chalicelib.domain.kernel.timeline import Event, EventKind, Reason
from chalicelib.domain.kernel.values import Kind, Role
from chalicelib.stores import items, values
from tests.support.factories import NOON


def event(**changes: object) -> Event:
    """Return an event as an edge reads it."""
    given = {
        "parcours": "p" * 32,
        "id": "e" * 32,
        "attempt": 1,
        "kind": EventKind.LINK_SENT,
        "at": NOON,
        "actor": Role.SYSTEM,
    }
    return values.read_value(Event, given | changes)


@pytest.mark.parametrize(
    "field", ["comment", "name", "text", "file_name", "address", "message", "ip", "user_agent", "token"]
)
def test_an_event_has_no_room_for_a_word(field: str) -> None:
    with pytest.raises(ValueError):
        event(**{field: "Zoé CANARI"})


def test_the_only_free_texts_of_an_event_are_ids() -> None:
    free = {field.name for field in fields(Event) if field.type in (str, str | None)}

    assert free == {"parcours", "id", "corrects"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "link_was_sent"),
        ("kind", "LINK_SENT"),
        ("actor", "Zoé"),
        ("reason", "because"),
        ("documents", ("photo",)),
        ("count", "many"),
        ("at", datetime(2026, 12, 1, 11)),
        ("occurred_at", "hier"),
    ],
)
def test_codes_and_instants_come_from_closed_lists(field: str, value: object) -> None:
    with pytest.raises(ValueError):
        event(**{field: value})


def test_codes_are_english_snake_case() -> None:
    """Codes of events are English snake case: they are stored for years and never renamed."""
    for code in (*EventKind, *Reason, *Role, *Kind):
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", code.value)
        assert code.name == code.value.upper() or isinstance(code, Kind)


@pytest.mark.parametrize(
    "told",
    [
        event(),
        event(
            attempt=None,
            documents=(Kind.CV, Kind.LETTER),
            reason=Reason.NEVER_OPENED,
            count=3,
            corrects="c" * 32,
        ),
        event(
            occurred_at=NOON - timedelta(days=3),
            at=datetime(2026, 12, 1, 12, tzinfo=timezone(timedelta(hours=1))),
        ),
    ],
)
def test_an_event_comes_back_from_its_item_as_it_was(told: Event) -> None:
    item = items.decode_item(items.encode_item(items.to_event_item(told)))

    assert items.from_event_item(item) == told
    assert set(item) <= {"pk", "sk"} | {field.name for field in fields(Event)}


def test_events_lie_in_the_order_in_which_they_were_noted() -> None:
    """The keys of events, sorted as text, are in order of time: to the millisecond, and across midnight, months and years."""
    instants = [
        datetime(2025, 12, 31, 23, 59, 59, 999000, tzinfo=UTC),
        datetime(2026, 1, 1, tzinfo=UTC),
        datetime(2026, 1, 1, 0, 0, 0, 1000, tzinfo=UTC),
        datetime(2026, 9, 30, 10, tzinfo=UTC),
        datetime(2026, 10, 1, 9, tzinfo=UTC),
    ]
    keys = [items.to_event_item(event(at=at))["sk"] for at in instants]

    assert keys == sorted(keys)
    assert keys[0] == f"event#{iso(instants[0])}#{'e' * 32}"
