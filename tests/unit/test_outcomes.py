"""The whole table of outcomes: each kind from each status and step for each role, and what its correction puts back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from chalicelib.domain.case import Case
from chalicelib.domain.kernel.attempt import Attempt
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.timeline import (
    OLDEST,
    REMARKS,
    Event,
    EventKind,
    Interlocutor,
    Outcome,
    Planned,
    Reason,
)
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Setback, Step
from chalicelib.domain.parcours import outcomes
from chalicelib.domain.parcours.outcomes import MOVES, is_open
from chalicelib.domain.parcours.turns import State, find_open_state
from chalicelib.errors import FieldInvalid, NotLast, NotNow, NotYours, WrongStep
from chalicelib.words import codes
from tests.support import factories
from tests.support.factories import NOON, decision_inputs

AGENTS = (Role.TUTOR, Role.COORDINATOR, Role.BUYER, Role.PRESCRIBER, Role.TEAM)
SENT = {Step.LINK_SENT, Step.OPENED, Step.RECEIVED, Step.SLOTS_PROPOSED}
EARLY = {Step.DOCUMENTS_TO_SEND} | SENT
PLACES = [(ParcoursStatus.IN_PREPARATION, step) for step in Step] + [
    (status, None) for status in ParcoursStatus if status is not ParcoursStatus.IN_PREPARATION
]
ANY_TIME = {
    EventKind.CALL_NOTED, EventKind.CLAUSE_EXPLAINED, EventKind.MAIL_SENT_OUTSIDE, EventKind.CALL_BACK_PLANNED,
    EventKind.REMARK_NOTED,
}  # fmt: skip
FROM: dict[EventKind, set[Step]] = {
    EventKind.DOCUMENTS_SENT_OUTSIDE: {Step.DOCUMENTS_TO_SEND},
    EventKind.DATES_PROMISED: EARLY,
    EventKind.PAUSED: EARLY | {Step.MEETING_HELD},
    EventKind.PAUSE_ENDED: EARLY | {Step.MEETING_HELD},
    EventKind.MEETING_FIXED: EARLY | {Step.MEETING_FIXED},
    EventKind.MEETING_HELD: EARLY | {Step.MEETING_FIXED},
    EventKind.MEETING_MISSED: {Step.MEETING_FIXED},
    EventKind.COMPANY_DECLINED: EARLY | {Step.MEETING_FIXED, Step.MEETING_HELD},
    EventKind.CONVENTION_SENT: {Step.MEETING_HELD},
    EventKind.SIGNED_BY_COMPANY: {Step.MEETING_HELD},
    EventKind.SIGNED_BY_FAMILY: {Step.MEETING_HELD},
    EventKind.SIGNED_BY_SCHOOL: {Step.MEETING_HELD},
    EventKind.CONVENTION_SIGNED: {Step.MEETING_FIXED, Step.MEETING_HELD},
}
WHILE_IN_PROGRESS = {EventKind.PLACEMENT_STARTED, EventKind.PLACEMENT_ENDED, EventKind.REVIEW_DONE}
OPEN_STATUSES = {ParcoursStatus.AVAILABLE, ParcoursStatus.IN_PREPARATION, ParcoursStatus.IN_PROGRESS}
THERE = {EventKind.MEETING_HELD, EventKind.MEETING_MISSED, EventKind.DOCUMENTS_SENT_OUTSIDE}
SIGNED = {EventKind.SIGNED_BY_COMPANY, EventKind.SIGNED_BY_FAMILY, EventKind.SIGNED_BY_SCHOOL}
CONVENTION = SIGNED | {EventKind.CONVENTION_SENT, EventKind.CONVENTION_SIGNED}
CLOSED = {Role.BUYER: THERE, Role.PRESCRIBER: THERE | WHILE_IN_PROGRESS | CONVENTION}


def allowed(kind: EventKind, status: ParcoursStatus, step: Step | None, role: Role) -> bool:
    """Return whether this outcome is open, by the same rules said another way, for comparison with the table."""
    if kind in CLOSED.get(role, set()):
        return False
    if kind in ANY_TIME:
        return status in OPEN_STATUSES
    if kind in WHILE_IN_PROGRESS:
        return status is ParcoursStatus.IN_PROGRESS
    return status is ParcoursStatus.IN_PREPARATION and step in FROM[kind]


def parcours_at(status: ParcoursStatus, step: Step | None) -> Parcours:
    """Return a parcours of this status at this step."""
    taken = status not in {ParcoursStatus.AVAILABLE, ParcoursStatus.LAPSED, ParcoursStatus.WITHDRAWN}
    return replace(
        factories.offer(status=status),
        step=step,
        documents_step=Step.RECEIVED,
        since=NOON - timedelta(days=3),
        attempt=1 if taken else None,
        reference="CSF-7K3Q-92" if taken else None,
        tutor="t" if taken else None,
    )


def paused(parcours: Parcours) -> Parcours:
    """Return this parcours in a pause: only then can a pause be ended."""
    return replace(
        parcours, paused_since=NOON - timedelta(days=1), paused_until=NOON.date() + timedelta(days=9)
    )


def attempt(parcours: Parcours) -> Attempt | None:
    """Return the passage of this parcours, if it has one."""
    if parcours.attempt is None:
        return None
    return Attempt(
        parcours=parcours.id, number=1, reference="CSF-7K3Q-92", tutor="t", opened_at=NOON - timedelta(days=9)
    )


def outcome(kind: EventKind) -> Outcome:
    """Return an outcome with everything that its kind asks for."""
    move = MOVES[kind]
    return Outcome(
        kind=kind,
        occurred_at=NOON,
        reason=move.reasons[0] if move.reasons else None,
        contact=Interlocutor.WELCOMES if move.contact else None,
        planned_at=NOON + timedelta(days=5) if move.planned is not Planned.NOTHING else None,
    )


@pytest.mark.parametrize("kind", MOVES)
def test_each_outcome_is_taken_exactly_where_the_rules_say(kind: EventKind) -> None:
    for status, step in PLACES:
        parcours = paused(parcours_at(status, step))
        for role in AGENTS:
            expected = allowed(kind, status, step, role)
            assert is_open(parcours, kind, role, NOON) is expected, (status, step, role)
            if expected:
                told = outcomes.note(
                    Case(parcours, attempt(parcours)), outcome(kind), by=role, inputs=decision_inputs()
                )
                assert [event.kind for event in told.events] == [kind]
                assert told.events[0].actor is role
                continue
            with pytest.raises(NotNow if role in MOVES[kind].who else NotYours):
                outcomes.note(
                    Case(parcours, attempt(parcours)), outcome(kind), by=role, inputs=decision_inputs()
                )


def test_only_a_parcours_that_was_paused_can_go_on() -> None:
    going = parcours_at(ParcoursStatus.IN_PREPARATION, Step.LINK_SENT)

    assert is_open(going, EventKind.PAUSED, Role.BUYER, NOON)
    assert not is_open(going, EventKind.PAUSE_ENDED, Role.BUYER, NOON)
    assert not is_open(paused(going), EventKind.PAUSE_ENDED, Role.BUYER, NOON + timedelta(days=11))


@pytest.mark.parametrize("kind", MOVES)
@pytest.mark.parametrize("role", [Role.COMPANY, Role.SYSTEM])
def test_nobody_without_an_account_notes_but_the_company_what_became_of_the_meeting(
    kind: EventKind, role: Role
) -> None:
    says = role is Role.COMPANY and kind in {EventKind.MEETING_HELD, EventKind.MEETING_MISSED}

    assert any(is_open(parcours_at(status, step), kind, role, NOON) for status, step in PLACES) is says


def after(kind: EventKind, status: ParcoursStatus, step: Step | None) -> Parcours:
    """Return the parcours once this outcome was noted from this status and step."""
    parcours = parcours_at(status, step)
    told = outcomes.note(
        Case(parcours, attempt(parcours)), outcome(kind), by=Role.TUTOR, inputs=decision_inputs()
    )
    moved = told.changes[0].after
    assert isinstance(moved, Parcours)
    return moved


@pytest.mark.parametrize(
    ("kind", "step", "status", "to", "setback"),
    [
        (EventKind.MEETING_FIXED, Step.RECEIVED, ParcoursStatus.IN_PREPARATION, Step.MEETING_FIXED, None),
        (EventKind.MEETING_HELD, Step.MEETING_FIXED, ParcoursStatus.IN_PREPARATION, Step.MEETING_HELD, None),
        (EventKind.MEETING_MISSED, Step.MEETING_FIXED, ParcoursStatus.IN_PREPARATION, Step.RECEIVED, Setback.MEETING_MISSED),
        (EventKind.DOCUMENTS_SENT_OUTSIDE, Step.DOCUMENTS_TO_SEND, ParcoursStatus.IN_PREPARATION, Step.RECEIVED, None),
        (EventKind.COMPANY_DECLINED, Step.LINK_SENT, ParcoursStatus.IN_PREPARATION, Step.LINK_SENT, Setback.DECLINED),
        (EventKind.COMPANY_DECLINED, Step.OPENED, ParcoursStatus.IN_PREPARATION, Step.OPENED, Setback.DECLINED),
        (EventKind.COMPANY_DECLINED, Step.MEETING_FIXED, ParcoursStatus.IN_PREPARATION, Step.RECEIVED, Setback.DECLINED),
        (EventKind.COMPANY_DECLINED, Step.MEETING_HELD, ParcoursStatus.IN_PREPARATION, Step.MEETING_HELD, Setback.DECLINED),
        (EventKind.CONVENTION_SIGNED, Step.MEETING_HELD, ParcoursStatus.IN_PROGRESS, None, None),
        (EventKind.CALL_NOTED, Step.OPENED, ParcoursStatus.IN_PREPARATION, Step.OPENED, None),
    ],
)  # fmt: skip
def test_an_outcome_moves_the_board_as_the_table_says(
    kind: EventKind, step: Step, status: ParcoursStatus, to: Step | None, setback: Setback | None
) -> None:
    moved = after(kind, ParcoursStatus.IN_PREPARATION, step)

    assert (moved.status, moved.step, moved.setback) == (status, to, setback)


def test_a_thing_to_know_changes_nothing_of_what_is_awaited() -> None:
    """Its ten sentences are about the offer and the company: none can make a turn lie, and none is about the young person."""
    for status, step in ((ParcoursStatus.AVAILABLE, None), (ParcoursStatus.IN_PREPARATION, Step.OPENED)):
        parcours = parcours_at(status, step)
        for reason in REMARKS:
            remark = replace(outcome(EventKind.REMARK_NOTED), reason=reason)
            told = outcomes.note(Case(parcours), remark, by=Role.TEAM, inputs=decision_inputs())

            after_it = told.changes[0].after
            assert isinstance(after_it, Parcours) and not told.mails
            assert (after_it.board, after_it.moved) == (parcours.board, parcours.moved)
            assert "jeune" not in codes.REASONS[reason].sentence
    assert len(REMARKS) == 10


def test_the_review_ends_the_attempt_and_its_correction_opens_it_again() -> None:
    parcours = parcours_at(ParcoursStatus.IN_PROGRESS, None)
    told = outcomes.note(
        Case(parcours, attempt(parcours)),
        outcome(EventKind.REVIEW_DONE),
        by=Role.BUYER,
        inputs=decision_inputs(),
    )
    head, ended = (change.after for change in told.changes)
    assert isinstance(head, Parcours) and isinstance(ended, Attempt)
    assert (head.status, ended.end) == (ParcoursStatus.COMPLETED, EventKind.REVIEW_DONE)

    back = outcomes.correct(Case(head, ended), told.events[0], (), by=Role.BUYER, inputs=decision_inputs())

    again, running = (change.after for change in back.changes)
    assert isinstance(again, Parcours) and isinstance(running, Attempt)
    assert (again.board, running.ended_at, running.end) == (parcours.board, None, None)


@pytest.mark.parametrize("kind", MOVES)
def test_a_correction_puts_the_board_back_wherever_the_outcome_was_noted(kind: EventKind) -> None:
    for status, step in PLACES:
        parcours = parcours_at(status, step)
        if not is_open(parcours, kind, Role.TEAM, NOON):
            continue
        run = attempt(parcours)
        told = outcomes.note(Case(parcours, run), outcome(kind), by=Role.TEAM, inputs=decision_inputs())
        head, wrong = told.changes[0].after, told.events[0]
        assert isinstance(head, Parcours)
        assert outcomes.can_correct(head, wrong, frozenset())

        back = outcomes.correct(Case(head, run), wrong, (), by=Role.TEAM, inputs=decision_inputs())

        stands = back.changes[0].after
        assert isinstance(stands, Parcours)
        assert stands.board == parcours.board
        assert (back.events[0].kind, back.events[0].corrects) == (EventKind.CORRECTED, wrong.id)


def test_only_the_last_outcome_that_moved_the_board_can_be_corrected() -> None:
    parcours = parcours_at(ParcoursStatus.IN_PREPARATION, Step.RECEIVED)
    today = replace(outcome(EventKind.MEETING_FIXED), planned_at=NOON)
    first = outcomes.note(Case(parcours), today, by=Role.TUTOR, inputs=decision_inputs())
    fixed = first.changes[0].after
    assert isinstance(fixed, Parcours)
    second = outcomes.note(
        Case(fixed), outcome(EventKind.MEETING_HELD), by=Role.TUTOR, inputs=decision_inputs()
    )
    held = second.changes[0].after
    assert isinstance(held, Parcours)

    assert not outcomes.can_correct(held, first.events[0], frozenset())
    with pytest.raises(NotLast):
        outcomes.correct(Case(held), first.events[0], (), by=Role.TUTOR, inputs=decision_inputs())
    assert outcomes.can_correct(held, second.events[0], frozenset())


def test_a_promise_that_the_relay_has_overtaken_cannot_be_taken_back() -> None:
    parcours = parcours_at(ParcoursStatus.IN_PREPARATION, Step.DOCUMENTS_TO_SEND)
    told = outcomes.note(
        Case(parcours), outcome(EventKind.DATES_PROMISED), by=Role.TUTOR, inputs=decision_inputs()
    )
    promised = told.changes[0].after
    assert isinstance(promised, Parcours)
    sent = Event(
        parcours=parcours.id, id="e", attempt=1, kind=EventKind.LINK_SENT, at=NOON, actor=Role.SYSTEM
    )
    moved = promised.at_step(Step.LINK_SENT, sent)
    assert isinstance(moved, Parcours)

    assert not outcomes.can_correct(moved, told.events[0], frozenset())
    with pytest.raises(NotLast):
        outcomes.correct(Case(moved), told.events[0], (), by=Role.TUTOR, inputs=decision_inputs())


@pytest.mark.parametrize("kind", [EventKind.LINK_SENT, EventKind.YOUNG_PERSON_WITHDREW, EventKind.CORRECTED])
def test_what_is_no_outcome_is_neither_noted_nor_corrected(kind: EventKind) -> None:
    parcours = parcours_at(ParcoursStatus.IN_PREPARATION, Step.RECEIVED)
    event = Event(parcours=parcours.id, id="e", attempt=1, kind=kind, at=NOON, actor=Role.SYSTEM)
    with pytest.raises(FieldInvalid):
        outcomes.check(Outcome(kind=kind, occurred_at=NOON), NOON)
    with pytest.raises(WrongStep):
        outcomes.correct(Case(parcours), event, (), by=Role.TUTOR, inputs=decision_inputs())


def test_a_corrected_fact_and_one_of_another_passage_are_corrected_no_more() -> None:
    parcours = parcours_at(ParcoursStatus.IN_PREPARATION, Step.RECEIVED)
    told = outcomes.note(
        Case(parcours), outcome(EventKind.CALL_NOTED), by=Role.TUTOR, inputs=decision_inputs()
    )
    wrong = told.events[0]
    correction = replace(wrong, id="c" * 32, kind=EventKind.CORRECTED, corrects=wrong.id)
    for event, events in ((wrong, (wrong, correction)), (replace(wrong, attempt=7), ())):
        assert not outcomes.can_correct(parcours, event, outcomes.list_corrected(events))
        with pytest.raises(WrongStep):
            outcomes.correct(Case(parcours), event, events, by=Role.TUTOR, inputs=decision_inputs())


CALL, FIXED = outcome(EventKind.CALL_NOTED), outcome(EventKind.MEETING_FIXED)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (replace(CALL, reason=None), "motif"),
        (replace(CALL, reason=Reason.OTHER), "motif"),
        (replace(outcome(EventKind.CLAUSE_EXPLAINED), reason=Reason.OTHER), "motif"),
        (replace(CALL, contact=None), "contact"),
        (replace(outcome(EventKind.MEETING_HELD), contact=Interlocutor.BUYER), "contact"),
        (replace(CALL, occurred_at=NOON + timedelta(seconds=1)), "survenu_le"),
        (replace(CALL, occurred_at=NOON - OLDEST - timedelta(days=1)), "survenu_le"),
        (replace(FIXED, planned_at=None), "prevu_le"),
        (replace(CALL, planned_at=NOON), "prevu_le"),
        (replace(FIXED, planned_at=NOON - timedelta(days=2)), "prevu_le"),
        (replace(FIXED, planned_at=NOON + outcomes.FARTHEST + timedelta(days=1)), "prevu_le"),
    ],
)
def test_what_is_said_with_an_outcome_fits_it(wrong: Outcome, field: str) -> None:
    with pytest.raises(FieldInvalid) as refused:
        outcomes.check(wrong, NOON)

    assert refused.value.facts["field"] == field


def test_a_call_takes_away_the_day_to_call_back_and_a_step_what_was_promised() -> None:
    parcours = parcours_at(ParcoursStatus.IN_PREPARATION, Step.RECEIVED)
    for kind in (EventKind.CALL_BACK_PLANNED, EventKind.DATES_PROMISED):
        told = outcomes.note(Case(parcours), outcome(kind), by=Role.TUTOR, inputs=decision_inputs())
        moved = told.changes[0].after
        assert isinstance(moved, Parcours)
        parcours = moved
    day = (NOON + timedelta(days=5)).date()
    assert (parcours.call_back_on, parcours.promised_on) == (day, day)

    called = outcomes.note(
        Case(parcours), outcome(EventKind.CALL_NOTED), by=Role.TUTOR, inputs=decision_inputs()
    )
    fixed = outcomes.note(
        Case(parcours), outcome(EventKind.MEETING_FIXED), by=Role.TUTOR, inputs=decision_inputs()
    )

    heads = [step.changes[0].after for step in (called, fixed)]
    assert all(isinstance(head, Parcours) for head in heads)
    assert heads[0].call_back_on is None and heads[0].promised_on == day  # type: ignore[union-attr]
    assert heads[1].promised_on is None and heads[1].meeting_at == NOON + timedelta(days=5)  # type: ignore[union-attr]


def test_the_same_form_says_the_same_fact_whenever_it_comes_again() -> None:
    parcours = parcours_at(ParcoursStatus.IN_PREPARATION, Step.RECEIVED)
    now_told = outcomes.note(
        Case(parcours), outcome(EventKind.CLAUSE_EXPLAINED), by=Role.TUTOR, inputs=decision_inputs()
    ).events[0]
    past = replace(outcome(EventKind.CLAUSE_EXPLAINED), occurred_at=datetime(2026, 3, 1, 11, tzinfo=UTC))
    past_told = outcomes.note(Case(parcours), past, by=Role.TUTOR, inputs=decision_inputs()).events[0]
    later = NOON + timedelta(minutes=2)
    again = replace(outcome(EventKind.CLAUSE_EXPLAINED), occurred_at=later)

    assert outcomes.is_same_outcome(now_told, again, later)
    assert outcomes.is_same_outcome(past_told, past, later)
    assert not outcomes.is_same_outcome(past_told, again, later)
    assert not outcomes.is_same_outcome(now_told, replace(again, contact=Interlocutor.BUYER), later)


def test_a_meeting_fixed_by_telephone_over_one_to_come_says_from_when_it_moved() -> None:
    parcours = parcours_at(ParcoursStatus.IN_PREPARATION, Step.MEETING_FIXED)

    def moved_from(meeting_at: datetime | None) -> datetime | None:
        case = Case(replace(parcours, meeting_at=meeting_at))
        [event] = outcomes.note(case, FIXED, by=Role.TUTOR, inputs=decision_inputs()).events
        return event.moved_from

    to_come = NOON + timedelta(days=3)
    assert [moved_from(at) for at in (None, NOON - timedelta(days=3), to_come)] == [None, None, to_come]


def noted(parcours: Parcours, *kinds: EventKind) -> Parcours:
    """Return the parcours once these outcomes were noted one after the other."""
    for kind in kinds:
        told = outcomes.note(Case(parcours), outcome(kind), by=Role.TUTOR, inputs=decision_inputs())
        moved = told.changes[0].after
        assert isinstance(moved, Parcours)
        parcours = moved
    return parcours


def list_open_signatures(parcours: Parcours) -> set[EventKind]:
    """Return the signatures that may be noted on this parcours."""
    return {kind for kind in SIGNED if is_open(parcours, kind, Role.TUTOR, NOON)}


@pytest.mark.parametrize("order", list(permutations(sorted(SIGNED), 2)))
def test_signatures_are_noted_once_in_any_order_and_the_last_one_is_the_signed_convention(
    order: tuple[EventKind, ...],
) -> None:
    held = parcours_at(ParcoursStatus.IN_PREPARATION, Step.MEETING_HELD)
    first, second = order

    assert list_open_signatures(held) == SIGNED
    assert list_open_signatures(noted(held, first)) == SIGNED - {first}
    assert list_open_signatures(noted(held, first, second)) == set()
    signed = noted(held, first, second, EventKind.CONVENTION_SIGNED)
    assert (signed.status, signed.placement_until) == (
        ParcoursStatus.IN_PROGRESS,
        (NOON + timedelta(days=5)).date(),
    )


def test_a_convention_is_awaited_from_its_last_news_on_until_a_refusal() -> None:
    held = parcours_at(ParcoursStatus.IN_PREPARATION, Step.MEETING_HELD)
    company = EventKind.SIGNED_BY_COMPANY
    waits = {
        (): State.MEETING_HELD,
        (EventKind.CONVENTION_SENT,): State.MEETING_HELD,
        (company, EventKind.SIGNED_BY_FAMILY): State.MEETING_HELD,
        (company, EventKind.COMPANY_DECLINED): State.DECLINED,
        (company, EventKind.COMPANY_DECLINED, EventKind.CONVENTION_SENT): State.MEETING_HELD,
    }
    for kinds, state in waits.items():
        parcours = noted(held, *kinds)
        assert find_open_state(parcours) is state, kinds
        assert parcours.since == (NOON if kinds else held.since), kinds
