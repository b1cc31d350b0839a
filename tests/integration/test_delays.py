"""Delays in phases, as they are counted: once, beside the milestone itself, in its month, kept and taken back with it."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from chalicelib import clock
from chalicelib.domain.kernel import attempt
from chalicelib.domain.kernel.calendar import PARIS
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor, Milestone, Outcome, Reason
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.parcours import delays
from chalicelib.domain.parcours.delays import Phase
from chalicelib.stores import aws, parcours_table, transactions
from chalicelib.stories import outcomes
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.support import factories, relays
from tests.support.relays import Browser, Relay
from tests.support.worlds import World
from tests.support.writing import add_records, change_record

SCOPES = 3
"""Groups that one parcours counts in."""


def count_by_days(scope: str = "all") -> dict[str, dict[int, int]]:
    """Return over all months, for each phase that has any, days taken → number of attempts."""
    counts = parcours_table.read_delay_counts(scope, "2000-01", "9999-12")
    return {phase.value: dict(days) for phase, days in counts.items() if days}


def by_month(world: World) -> set[str]:
    """Return month and phase of each count that everybody sees."""
    kept = (item["sk"] for item in world.table("PARCOURS_TABLE") if item["pk"] == "delays#all")
    return {"#".join(item.split("#")[:2]) for item in kept}


def note(relay: Relay, outcome: Outcome, *, by: Account | None = None) -> str:
    """Note an outcome, by default as the tutor; return its event's id."""
    return outcomes.note(by or relay.tutor, relay.parcours_id, outcome, now=clock.utc_now())


def fixes_a_meeting(relay: Relay, at: datetime | None = None) -> str:
    """Note a meeting that is fixed for two days later; return its event's id."""
    when = at or clock.utc_now()
    planned = when + timedelta(days=2)
    outcome = Outcome(
        kind=EventKind.MEETING_FIXED, occurred_at=when, planned_at=planned, contact=Interlocutor.WELCOMES
    )
    return note(relay, outcome)


def travels(world: World, time: Clock) -> Relay:
    """Take an offer, announce a document after 10 days, and open it 3 days after the link left."""
    relay = relays.started(world)
    time.passes(days=10)
    token = relay.sends()
    time.passes(days=3)
    browser = Browser()
    browser.looks(token)
    browser.proves(token)
    browser.opens(token)
    return relay


def test_each_delay_of_relay_and_outcomes_is_counted_once(world: World, time: Clock) -> None:
    relay = travels(world, time)
    time.passes(days=4)
    fixes_a_meeting(relay)
    time.passes(days=6)
    note(relay, Outcome(kind=EventKind.MEETING_HELD, occurred_at=clock.utc_now()))
    time.passes(days=20)
    note(
        relay,
        Outcome(
            kind=EventKind.CONVENTION_SIGNED,
            occurred_at=clock.utc_now(),
            planned_at=clock.utc_now() + timedelta(days=60),
        ),
    )

    once = {
        "prepare": {10: 1}, "send": {0: 1}, "open": {3: 1}, "answer": {4: 1}, "meet": {6: 1}, "sign": {20: 1},
    }  # fmt: skip
    assert count_by_days() == once
    for scope in delays.list_scopes(relay.head()):
        assert count_by_days(scope) == once, scope


def test_a_milestone_reached_again_is_not_counted_again(world: World, time: Clock) -> None:
    relay = travels(world, time)
    time.passes(days=4)
    fixes_a_meeting(relay)
    time.passes(days=9)
    fixes_a_meeting(relay)

    assert count_by_days()["answer"] == {4: 1}


def test_a_delay_is_counted_in_the_transaction_of_its_milestone(
    world: World, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = travels(world, time)
    written: list[list[str]] = []

    def listen(params: dict[str, object], **_: object) -> None:
        written.append(re.findall(r'"S": ?"(delays#[^"]*|parcours#[^"]*)"', str(params["body"], "utf-8")))  # type: ignore[call-overload]

    aws.dynamodb().meta.events.register("before-call.dynamodb.TransactWriteItems", listen)
    fixes_a_meeting(relay)

    assert len(written) == 1
    assert len([key for key in written[0] if key.startswith("delays#")]) == SCOPES
    assert f"parcours#{relay.parcours_id}" in written[0]


def test_a_lost_race_counts_no_delay(world: World, time: Clock) -> None:
    relay = travels(world, time)
    before = count_by_days()
    stale = relay.head()
    note(
        relay,
        Outcome(
            kind=EventKind.CALL_NOTED,
            occurred_at=clock.utc_now(),
            reason=Reason.REACHED,
            contact=Interlocutor.WELCOMES,
        ),
    )
    lost = replace(
        Transition(),
        changes=(Change(stale, replace(stale, reached=stale.reached | {"answered": clock.utc_now()})),),
    )

    with pytest.raises(transactions.LostRace):
        transactions.commit(lost)
    assert count_by_days() == before


def test_a_correction_removes_the_delay_from_every_group(world: World, time: Clock) -> None:
    relay = travels(world, time)
    before = {scope: count_by_days(scope) for scope in delays.list_scopes(relay.head())}
    time.passes(days=4)
    event = fixes_a_meeting(relay)
    assert count_by_days()["answer"] == {4: 1}

    outcomes.correct(relay.tutor, relay.parcours_id, event, guests_seen=True, now=clock.utc_now())

    assert {scope: count_by_days(scope) for scope in before} == before
    time.passes(days=1)
    fixes_a_meeting(relay)
    assert count_by_days()["answer"] == {5: 1}


def test_the_end_of_a_passage_keeps_its_counts_and_the_next_one_counts_anew(
    world: World, time: Clock
) -> None:
    relay = travels(world, time)
    before = count_by_days()
    end_passage(relay)
    assert count_by_days() == before

    other = factories.account()
    add_records(other)
    step = attempt.take(relay.head(), other, factories.decision_inputs(clock.utc_now()))
    transactions.commit(replace(step, mails=()))
    time.passes(days=2)
    Relay(world, other, relay.parcours_id).sends()

    assert count_by_days()["prepare"] == {10: 1, 2: 1}
    assert count_by_days()["open"] == {3: 1}


def end_passage(relay: Relay) -> str:
    """End the passage; return its event's id."""
    sending_changes.ends(relay)
    return parcours_table.read_page(relay.parcours_id).events[-1].id


def test_an_end_taken_back_counts_nothing_twice(world: World, time: Clock) -> None:
    relay = travels(world, time)
    before = count_by_days()
    event = end_passage(relay)
    outcomes.correct(relay.tutor, relay.parcours_id, event, now=clock.utc_now())
    assert count_by_days() == before

    time.passes(days=1)
    token = relay.sends()
    browser = Browser()
    browser.looks(token)
    browser.proves(token)
    browser.opens(token)
    assert count_by_days() == before, "sent and opened already, in this very passage"
    fixes_a_meeting(relay)
    assert count_by_days()["answer"] == {1: 1}


def test_a_delay_counts_in_the_month_in_which_it_happened(world: World, time: Clock) -> None:
    relay = travels(world, time)
    opened = relay.head().reached["opened"]
    time.passes(days=100)
    fixes_a_meeting(relay, opened + timedelta(days=7))
    at = (opened + timedelta(days=7)).astimezone(PARIS)

    assert count_by_days()["answer"] == {7: 1}
    assert f"{at:%Y-%m}#answer" in by_month(world)
    month = f"{at:%Y-%m}"
    assert dict(parcours_table.read_delay_counts("all", month, month)[Phase.ANSWER]) == {7: 1}


def test_counts_follow_a_parcours_to_its_new_group(world: World, time: Clock) -> None:
    relay = travels(world, time)
    head = relay.head()
    place = replace(head.placement, academie="Lyon")
    whole = count_by_days()

    change_record(head, replace(head, placement=place))

    assert count_by_days("academie#Dijon") == {}
    assert count_by_days("academie#Lyon") == count_by_days() == whole


def test_a_milestone_moved_within_its_month_is_counted_where_it_is_now(world: World, time: Clock) -> None:
    """One write takes the milestone from its former count and adds it to the new one."""
    offer = factories.offer()
    add_records(offer)
    head = parcours_table.read_parcours(offer.id)
    first = time.now.replace(day=2)
    reached = {milestone.value: first + timedelta(days=place) for place, milestone in enumerate(Milestone)}
    change_record(head, replace(head, reference="CSF-7K3Q-92", attempt=1, reached=reached))
    stored_head = parcours_table.read_parcours(head.id)
    later = reached | {Milestone.SIGNED: reached[Milestone.SIGNED] + timedelta(days=2)}

    step = Transition(changes=(Change(stored_head, replace(stored_head, reached=later)),))
    transactions.commit(step)

    assert dict(parcours_table.read_delay_counts("all", "2000-01", "9999-12")[Phase.SIGN]) == {5 + 2: 1}
    assert len(delays.count_tallies(stored_head, step.changes[0].after)) == 6  # type: ignore[arg-type]
