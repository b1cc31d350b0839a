"""« À qui de jouer » : one function of the parcours and the instant, told by breakpoints that a list can keep."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain import turns
from chalicelib.domain.parcours import Parcours, ParcoursStatus, Setback, Step
from chalicelib.domain.turns import COMPANY_ANSWER, Turn, breakpoints, read_turn, whose_turn
from chalicelib.domain.values import Role
from tests import factories

SINCE = datetime(2026, 11, 3, 8, 0, tzinfo=UTC)
MOMENT = timedelta(milliseconds=1)


def at(step: Step | None, *, setback: Setback | None = None, **changes: object) -> Parcours:
    """A parcours « en préparation » at this step since ``SINCE``."""
    fields = {"status": ParcoursStatus.IN_PREPARATION, "step": step, "setback": setback, "since": SINCE}
    return factories.offer(**fields | changes)


@pytest.mark.parametrize(
    ("step", "role"),
    [
        (Step.DOCUMENTS_TO_SEND, Role.TUTOR),
        (Step.LINK_SENT, Role.COMPANY),
        (Step.OPENED, Role.COMPANY),
        (Step.RECEIVED, Role.COMPANY),
        (Step.SLOTS_PROPOSED, Role.TUTOR),
        (Step.MEETING_FIXED, Role.TUTOR),
        (Step.MEETING_HELD, Role.TUTOR),
    ],
)
def test_each_step_waits_for_somebody(step: Step, role: Role) -> None:
    turn = whose_turn(at(step), SINCE)

    assert turn is not None
    assert (turn.role, turn.since) == (role, SINCE)
    assert turn.due_at == (SINCE + COMPANY_ANSWER if role is Role.COMPANY else None)


def test_nobody_is_awaited_once_the_convention_is_signed() -> None:
    assert whose_turn(at(Step.CONVENTION_SIGNED), SINCE) is None
    assert turns.WAITED_FOR.keys() == set(Step) - {Step.CONVENTION_SIGNED}


@pytest.mark.parametrize("status", set(ParcoursStatus) - {ParcoursStatus.IN_PREPARATION})
def test_nobody_is_awaited_outside_the_preparation(status: ParcoursStatus) -> None:
    for step in (None, *Step):
        assert whose_turn(at(step, status=status), SINCE) is None
        assert breakpoints(at(step, status=status)) == ()
    assert whose_turn(at(None), SINCE) is None


@pytest.mark.parametrize("step", [Step.LINK_SENT, Step.OPENED, Step.RECEIVED])
def test_the_company_has_fifteen_days_to_the_millisecond(step: Step) -> None:
    parcours, end = at(step), SINCE + timedelta(days=15)

    last = whose_turn(parcours, end - MOMENT)
    first = whose_turn(parcours, end)

    assert last == Turn(role=Role.COMPANY, since=SINCE, due_at=end)
    assert first == Turn(role=Role.BUYER, since=end, due_at=None)
    assert whose_turn(parcours, end + timedelta(days=400)) == first


@pytest.mark.parametrize("setback", Setback)
@pytest.mark.parametrize("step", [Step.LINK_SENT, Step.OPENED, Step.RECEIVED])
def test_a_setback_turns_the_turn_back_to_the_tutor(step: Step, setback: Setback) -> None:
    turn = whose_turn(at(step, setback=setback), SINCE + timedelta(days=100))

    assert turn == Turn(role=Role.TUTOR, since=SINCE, due_at=None)


def test_a_clock_that_is_behind_reads_the_first_turn() -> None:
    """Two functions' clocks differ by seconds: nobody's turn is not an answer."""
    for step, role in turns.WAITED_FOR.items():
        turn = whose_turn(at(step), SINCE - timedelta(seconds=30))
        assert turn is not None and turn.role is role


def test_breakpoints_are_in_order_and_begin_with_the_step() -> None:
    for step in turns.WAITED_FOR:
        points = breakpoints(at(step))
        assert points[0][0] == SINCE
        assert list(points) == sorted(points, key=lambda point: point[0])


def test_a_list_reads_the_same_turn_from_its_breakpoints() -> None:
    """What a row keeps is enough: reading it against an instant is asking the parcours at that instant."""
    instants = [SINCE + timedelta(days=days) for days in (-1, 0, 1, 14, 15, 16, 60)]
    for step in (None, *Step):
        for setback in (None, *Setback):
            parcours = at(step, setback=setback)
            for now in instants:
                assert read_turn(breakpoints(parcours), now) == whose_turn(parcours, now)


def test_several_breakpoints_are_read_one_after_another() -> None:
    points = ((SINCE, Role.COMPANY), (SINCE + MOMENT, Role.BUYER), (SINCE + 2 * MOMENT, Role.TEAM))

    roles = [turn.role for n in range(4) if (turn := read_turn(points, SINCE + n * MOMENT))]

    assert roles == [Role.COMPANY, Role.BUYER, Role.TEAM, Role.TEAM]
    assert read_turn(points, SINCE + MOMENT) == Turn(
        role=Role.BUYER, since=SINCE + MOMENT, due_at=SINCE + 2 * MOMENT
    )
    assert read_turn((), SINCE) is None
