"""Outcomes one after another: what ends a planned call or a setback, and which days cannot follow one another."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from chalicelib import terms
from chalicelib.domain import record
from chalicelib.domain.case import Case
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.timeline import EventKind, Outcome, Reason
from chalicelib.domain.kernel.transition import Transition
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Setback, Step
from chalicelib.domain.parcours import ending, outcomes, turns
from chalicelib.domain.parcours.outcomes import MOVES
from chalicelib.errors import FieldInvalid, NotLast, NotNow
from tests.support import factories
from tests.support.factories import NOON, decision_inputs
from tests.unit.test_outcomes import outcome, parcours_at

DAY = timedelta(days=1)
TRAVELLED = {"taken": NOON - 9 * DAY, "announced": NOON - 5 * DAY}


def head_of(step: Transition) -> Parcours:
    """Return the parcours as a transition leaves it."""
    parcours = step.changes[0].after
    assert isinstance(parcours, Parcours)
    return parcours


def parcours_after(parcours: Parcours, *said: Outcome, now: datetime = NOON) -> Parcours:
    """Return the parcours once these outcomes were noted one after another."""
    for outcome_said in said:
        parcours = head_of(
            outcomes.note(Case(parcours), outcome_said, by=Role.TUTOR, inputs=decision_inputs(now))
        )
    return parcours


@pytest.mark.parametrize("reason", [Reason.NO_ANSWER, Reason.MESSAGE_LEFT, Reason.WRONG_NUMBER])
def test_a_call_that_reaches_nobody_keeps_the_day_to_call_back(reason: Reason) -> None:
    planned = parcours_after(
        parcours_at(ParcoursStatus.IN_PREPARATION, Step.RECEIVED), outcome(EventKind.CALL_BACK_PLANNED)
    )

    called = parcours_after(planned, replace(outcome(EventKind.CALL_NOTED), reason=reason))

    assert called.call_back_on == planned.call_back_on is not None


def test_a_call_from_before_the_agreement_to_call_back_is_not_that_call() -> None:
    planned = parcours_after(
        parcours_at(ParcoursStatus.IN_PREPARATION, Step.RECEIVED), outcome(EventKind.CALL_BACK_PLANNED)
    )

    assert (
        parcours_after(planned, replace(outcome(EventKind.CALL_NOTED), occurred_at=NOON - DAY)).call_back_on
        is not None
    )
    assert parcours_after(planned, outcome(EventKind.CALL_NOTED)).call_back_on is None


@pytest.mark.parametrize("setback", [Setback.DECLINED, Setback.MEETING_MISSED])
def test_dates_promised_after_a_setback_are_awaited_from_the_company(setback: Setback) -> None:
    stands = replace(
        parcours_at(ParcoursStatus.IN_PREPARATION, Step.RECEIVED),
        setback=setback,
        last_sent_at=NOON - 40 * DAY,
        since=NOON - 9 * DAY,
    )

    promised = parcours_after(stands, outcome(EventKind.DATES_PROMISED))

    turn = turns.whose_turn(promised, NOON, terms.calendar(), terms.turns())
    assert turn is not None and turn.late_since is None
    assert (turn.role, turn.since) == (Role.COMPANY, NOON)


@pytest.mark.parametrize("setback", set(Setback) - {Setback.DECLINED, Setback.MEETING_MISSED})
def test_dates_promised_do_not_send_documents_again(setback: Setback) -> None:
    stands = replace(parcours_at(ParcoursStatus.IN_PREPARATION, Step.RECEIVED), setback=setback)

    promised = parcours_after(stands, outcome(EventKind.DATES_PROMISED))

    assert (promised.setback, promised.since) == (setback, stands.since)


def refusal_of(parcours: Parcours, said: Outcome) -> str:
    """Return the reason for which the day of this outcome is refused."""
    with pytest.raises(FieldInvalid) as refusal:
        outcomes.note(Case(parcours), said, by=Role.TUTOR, inputs=decision_inputs())
    assert refusal.value.facts["field"] == "survenu_le"
    return str(refusal.value.facts["reason"])


def test_what_belongs_to_a_passage_is_no_older_than_its_contract_nor_than_its_documents() -> None:
    paper = replace(parcours_at(ParcoursStatus.IN_PREPARATION, Step.RECEIVED), reached={"taken": NOON - DAY})
    here = replace(paper, reached=TRAVELLED)
    held, old = EventKind.MEETING_HELD, NOON - 3650 * DAY

    assert refusal_of(paper, replace(outcome(held), occurred_at=old)) == "before_contract"
    assert (
        parcours_after(paper, replace(outcome(held), occurred_at=NOON - 90 * DAY)).step is Step.MEETING_HELD
    )
    assert refusal_of(here, replace(outcome(held), occurred_at=NOON - 10 * DAY)) == "before_passage"
    assert parcours_after(here, replace(outcome(held), occurred_at=NOON - 9 * DAY)).step is Step.MEETING_HELD
    assert parcours_after(here, replace(outcome(EventKind.CALL_NOTED), occurred_at=old)).step is Step.RECEIVED


@pytest.mark.parametrize("reason", MOVES[EventKind.MEETING_MISSED].reasons)
def test_nobody_is_said_not_to_have_come_before_the_hour_of_the_meeting(reason: Reason) -> None:
    stands = parcours_at(ParcoursStatus.IN_PREPARATION, Step.MEETING_FIXED)
    missed = replace(outcome(EventKind.MEETING_MISSED), reason=reason)

    with pytest.raises(NotNow):
        parcours_after(replace(stands, meeting_at=NOON + timedelta(minutes=1)), missed)

    assert parcours_after(replace(stands, meeting_at=NOON), missed).setback is Setback.MEETING_MISSED


def test_a_meeting_is_held_on_its_day_at_the_earliest() -> None:
    stands = replace(parcours_at(ParcoursStatus.IN_PREPARATION, Step.MEETING_FIXED), meeting_at=NOON + DAY)

    assert refusal_of(stands, outcome(EventKind.MEETING_HELD)) == "before_meeting"
    today = replace(stands, meeting_at=NOON + timedelta(hours=4))
    assert parcours_after(today, outcome(EventKind.MEETING_HELD)).step is Step.MEETING_HELD


@pytest.mark.parametrize("how", ["withdrawn", "lapsed"])
def test_a_fact_from_before_an_offer_went_frees_it_no_more(how: str) -> None:
    told = outcomes.note(
        Case(factories.offer()), outcome(EventKind.CALL_BACK_PLANNED), by=Role.BUYER, inputs=decision_inputs()
    )
    free, wrong = head_of(told), told.events[0]
    over = ending.find_lapse_at(free)
    assert over is not None
    gone = head_of(
        record.withdraw(free, Reason.OTHER, told.events, by=Role.BUYER, inputs=decision_inputs())
        if how == "withdrawn"
        else ending.lapse_offer(free, decision_inputs(over))
    )
    again = head_of(record.offer_again(gone, NOON.date(), by=Role.BUYER, inputs=decision_inputs()))

    for stands in (gone, again):
        assert not outcomes.can_correct(stands, wrong, frozenset())
        with pytest.raises(NotLast):
            outcomes.correct(Case(stands), wrong, (), by=Role.BUYER, inputs=decision_inputs())


def test_the_same_day_promised_twice_is_taken_back_once_and_still_stands() -> None:
    parcours = parcours_at(ParcoursStatus.IN_PREPARATION, Step.RECEIVED)
    first = outcomes.note(
        Case(parcours), outcome(EventKind.DATES_PROMISED), by=Role.TUTOR, inputs=decision_inputs()
    )
    once = first.changes[0].after
    assert isinstance(once, Parcours)
    second = outcomes.note(
        Case(once), outcome(EventKind.DATES_PROMISED), by=Role.TUTOR, inputs=decision_inputs()
    )
    twice = second.changes[0].after
    assert isinstance(twice, Parcours)

    back = outcomes.correct(Case(twice), second.events[0], (), by=Role.TUTOR, inputs=decision_inputs())

    stands = back.changes[0].after
    assert isinstance(stands, Parcours)
    assert stands.board == once.board
    assert outcomes.can_correct(stands, first.events[0], frozenset({second.events[0].id}))
