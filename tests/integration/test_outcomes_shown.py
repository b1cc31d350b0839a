"""Every outcome that people note is offered on the page of a parcours, and once it is noted everybody reads it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import clock
from chalicelib.domain.kernel.timeline import EventKind, Move
from chalicelib.domain.kernel.values import ParcoursStatus
from chalicelib.domain.parcours.outcomes import MOVES
from chalicelib.words import timeline
from tests.conftest import Clock
from tests.integration.test_outcomes import in_days
from tests.integration.test_sheet import facts, row, sheet
from tests.support import relays
from tests.support.http import signed_in
from tests.support.pages import Form, Page
from tests.support.relays import Relay
from tests.support.waiting import paris
from tests.support.worlds import World
from tests.support.writing import change_record


def stands_where_it_is_noted(relay: Relay, move: Move, *, paused: bool) -> None:
    """Bring the parcours to a step at which this outcome may be noted."""
    head = relay.head()
    preparing = ParcoursStatus.IN_PREPARATION in move.status
    changed = replace(
        head,
        status=ParcoursStatus.IN_PREPARATION if preparing else min(move.status),
        step=(min(move.steps) if move.steps else head.step) if preparing else None,
        paused_since=clock.utc_now() if paused else None,
        paused_until=clock.utc_now().date() + timedelta(days=9) if paused else None,
    )
    change_record(head, changed)


def form_that_notes(page: Page, kind: EventKind) -> dict[str, str]:
    """The form that notes this outcome, with every question answered."""
    for form in page.forms:
        for field in form.fields:
            code = field.attributes.get("value", "")
            if field.name == "fait" and code.partition(".")[0] == kind.value:
                return answers(form) | {"fait": code}
    raise AssertionError(f"the page offers no {kind}")


def answers(form: Form) -> dict[str, str]:
    """Return the fields that a form sends, with every question answered."""
    asked = {field.name: field.attributes.get("value", "") for field in form.fields if field.name}
    chosen = {field.name: field.options[-1][0] for field in form.fields if field.options}
    given = {"prevu_le": in_days(5), "prevu_a": "10:00"}
    return asked | chosen | {name: value for name, value in given.items() if name in asked}


def shows_button(html: str, kind: EventKind) -> bool:
    """Whether the button of an outcome is there; a call has one for each reason."""
    if kind is EventKind.CALL_NOTED:
        return all(f'value="{kind}.{reason}"' in html for reason in MOVES[kind].reasons)
    return timeline.FACTS[kind].label in html


def tells(html: str, kind: EventKind) -> bool:
    """Whether the timeline of this page has a line of this kind, whoever it says acted."""
    said = timeline.FACTS[kind].sentence.partition(" ")[2]
    return any(said in line for line in facts(html))


@pytest.mark.parametrize("kind", MOVES)
def test_an_outcome_is_offered_and_once_noted_is_read_on_sheet_list_and_export(
    world: World, time: Clock, kind: EventKind
) -> None:
    time.now = paris("2026-09-15 09:00")
    relay = relays.started(world)
    client = signed_in(relay.tutor)
    stands_where_it_is_noted(relay, MOVES[kind], paused=kind is EventKind.PAUSE_ENDED)
    offered = sheet(client, relay)
    time.now += timedelta(minutes=1)

    noted = client.post_form(f"/parcours/{relay.parcours_id}/faits", form_that_notes(Page(offered), kind))

    assert shows_button(offered, kind) and not tells(offered, kind)
    assert noted.status == 303
    assert tells(sheet(client, relay), kind)
    assert timeline.FACTS[kind].last in row(client, relay)
    assert timeline.FACTS[kind].last in client.get("/parcours/export").text
