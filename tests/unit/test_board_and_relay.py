"""The relay and the people move one board: what was agreed is never undone by a document that opens, fails or expires."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.domain.case import Case
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.timeline import Event, EventKind, Interlocutor, Milestone, Outcome
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Setback, Step
from chalicelib.domain.parcours import outcomes
from tests.support.factories import NOON, decision_inputs, offer

LATER = NOON + timedelta(hours=1)
RELAY_STEPS = (Step.DOCUMENTS_TO_SEND, Step.LINK_SENT, Step.OPENED, Step.RECEIVED)


def standing(step: Step | None, status: ParcoursStatus = ParcoursStatus.IN_PREPARATION) -> Parcours:
    """Return a parcours at this step, with a meeting in three days."""
    return replace(
        offer(status=status), step=step, since=NOON, attempt=1, meeting_at=NOON + timedelta(days=3)
    )


def opened(parcours: Parcours) -> Event:
    """Return the event of an opened link."""
    return Event(
        parcours=parcours.id, id="e" * 32, attempt=1, kind=EventKind.LINK_OPENED, at=LATER, actor=Role.COMPANY
    )


@pytest.mark.parametrize("step", [Step.SLOTS_PROPOSED, Step.MEETING_FIXED, Step.MEETING_HELD])
@pytest.mark.parametrize("relay", RELAY_STEPS)
def test_the_relay_never_moves_back_what_people_agreed(step: Step, relay: Step) -> None:
    before = standing(step)

    after = before.at_step(relay, opened(before))

    assert isinstance(after, Parcours)
    assert after.step_of_documents is relay
    assert replace(after.board, reached={}, documents_step=None) == replace(before.board, documents_step=None)
    assert (after.last_kind, after.last_at) == (EventKind.LINK_OPENED, LATER)


@pytest.mark.parametrize("status", [ParcoursStatus.IN_PROGRESS, ParcoursStatus.COMPLETED])
def test_the_relay_moves_nothing_once_the_convention_is_signed(status: ParcoursStatus) -> None:
    before = standing(None, status)

    moved = before.at_step(Step.OPENED, opened(before))
    failed = before.set_back(Setback.UNREADABLE, opened(before))

    assert isinstance(moved, Parcours) and isinstance(failed, Parcours)
    assert (moved.step, moved.status, failed.setback) == (None, status, None)


def test_before_anything_is_agreed_the_relay_moves_the_board_and_nothing_stays_correctable() -> None:
    before = standing(Step.LINK_SENT)

    after = before.at_step(Step.OPENED, opened(before))

    assert isinstance(after, Parcours)
    assert (after.step, after.since, after.meeting_at, after.moved) == (Step.OPENED, LATER, None, ())


def test_a_correction_comes_back_to_where_the_relay_has_come_meanwhile() -> None:
    before = replace(standing(Step.LINK_SENT), meeting_at=None)
    outcome = Outcome(
        kind=EventKind.MEETING_FIXED,
        contact=Interlocutor.WELCOMES,
        occurred_at=LATER,
        planned_at=LATER + timedelta(days=2),
    )
    fixed = outcomes.note(Case(before), outcome, by=Role.TUTOR, inputs=decision_inputs(LATER))
    head = fixed.changes[0].after
    assert isinstance(head, Parcours)

    opening = head.at_step(Step.OPENED, opened(head))
    assert isinstance(opening, Parcours) and opening.step is Step.MEETING_FIXED
    corrected = outcomes.correct(
        Case(opening), fixed.events[0], (), by=Role.TUTOR, inputs=decision_inputs(LATER)
    )

    stands = corrected.changes[0].after
    assert isinstance(stands, Parcours)
    assert (stands.step, stands.since, stands.meeting_at) == (Step.OPENED, LATER, None)


def test_a_step_is_done_only_if_what_it_is_named_after_has_happened() -> None:
    """A meeting that is held by telephone sends nothing and proposes no dates."""
    met = replace(
        standing(Step.MEETING_HELD),
        documents_step=Step.DOCUMENTS_TO_SEND,
        reached={Milestone.MET.value: NOON},
    )
    withdrawn = replace(standing(Step.MEETING_FIXED), documents_step=Step.LINK_SENT)
    agreed = replace(withdrawn, reached={Milestone.ANSWERED.value: NOON})

    assert [step for step in Step if met.has_done(step, ())] == [Step.MEETING_HELD]
    assert [step for step in Step if withdrawn.has_done(step, ())] == [Step.DOCUMENTS_TO_SEND, Step.LINK_SENT]
    assert agreed.has_done(Step.MEETING_FIXED, ()) and not agreed.has_done(Step.SLOTS_PROPOSED, ())
    assert agreed.has_done(Step.SLOTS_PROPOSED, {EventKind.SLOTS_PROPOSED})
