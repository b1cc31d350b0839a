"""Reading a turn: from the breakpoints that a list keeps, to the millisecond, and as the days that a card draws."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.domain.kernel.calendar import PARIS
from chalicelib.domain.kernel.values import Step
from chalicelib.domain.parcours import turns
from chalicelib.domain.parcours.turns import OF_COMPANY, Progress, State, Turn, TurnPolicy, read_turn
from chalicelib.stores import rows
from chalicelib.words import turns as words
from tests.support import factories
from tests.support.waiting import (
    CALENDAR,
    COMPANY_STEPS,
    MOMENT,
    POLICY,
    SINCE,
    TUTOR_STEPS,
    B,
    E,
    T,
    X,
    make_absence,
    parcours_at,
    paris,
    whose_turn,
)


@pytest.mark.parametrize("step", COMPANY_STEPS)
def test_the_turn_passes_on_to_the_millisecond(step: Step) -> None:
    parcours, end, last = parcours_at(step), paris("2026-11-18 00:00"), paris("2026-11-25 00:00")

    assert whose_turn(parcours, end - MOMENT) == Turn(role=E, state=OF_COMPANY[step], since=SINCE, due_at=end)
    assert whose_turn(parcours, end) == Turn(
        role=B, state=State.COMPANY_SILENT, since=end, due_at=last, late_since=end
    )
    assert whose_turn(parcours, last) == Turn(
        role=X, state=State.COMPANY_SILENT, since=last, due_at=None, late_since=end
    )
    assert whose_turn(parcours, last + timedelta(days=400)) == whose_turn(parcours, last)


def test_a_clock_that_is_behind_reads_the_first_turn() -> None:
    """Two functions' clocks differ by seconds: nobody's turn is not an answer."""
    awaited = {**dict.fromkeys(COMPANY_STEPS, E), **dict.fromkeys(TUTOR_STEPS, T)}
    for step, role in awaited.items():
        turn = whose_turn(parcours_at(step), SINCE - timedelta(seconds=30))
        assert turn is not None and (turn.role, turn.late_since) == (role, None)


def test_no_breakpoint_is_nobodys_turn() -> None:
    assert read_turn((), SINCE) is None


def test_a_row_kept_before_states_were_kept_is_still_read() -> None:
    old = [["2026-11-03T08:00:00.000Z", "company", False], ["2026-11-18T08:00:00.000Z", "buyer", True]]

    row = rows.build_rows(factories.offer())[0]
    line = rows.read_line({**row, "turn": old})
    turn = read_turn(line.breakpoints, paris("2026-11-19 09:00"))

    assert turn is not None and (turn.role, turn.late_since) == (B, paris("2026-11-18 09:00"))
    assert not turn.state.is_known and words.AWAITED[turn.state].yours == "notez la suite"


@pytest.mark.parametrize(("before", "state"), turns.JOINED.items())
def test_a_row_kept_before_states_were_joined_says_the_joined_one(before: str, state: str) -> None:
    row = rows.build_rows(factories.offer())[0]

    line = rows.read_line({**row, "turn": [["2026-11-03T08:00:00.000Z", "tutor", False, before]]})

    assert [point.state.value for point in line.breakpoints] == [state]


# Days as the card draws them


@pytest.mark.parametrize(
    ("now", "total", "passed", "working", "late"),
    [
        ("2026-11-03 09:00", 15, 0, False, None),
        ("2026-11-10 10:00", 15, 7, False, None),
        ("2026-11-18 09:00", 5, 0, True, 0),
        ("2026-11-23 09:00", 5, 3, True, 5),
        ("2026-11-30 09:00", 5, 5, True, 12),
    ],
)
def test_the_company_is_counted_in_days_and_the_silence_after_it_in_working_days(
    now: str, total: int, passed: int, working: bool, late: int | None
) -> None:
    progress = turns.measure_progress(parcours_at(Step.LINK_SENT), paris(now), CALENDAR, POLICY)

    assert progress == Progress(days_total=total, days_passed=passed, working=working)
    turn = whose_turn(parcours_at(Step.LINK_SENT), paris(now))
    assert turn is not None and turn.count_late_days(paris(now).date()) == late, (
        "calendar days, wherever it is shown"
    )


@pytest.mark.parametrize(
    ("now", "passed", "late"),
    [
        ("2026-11-05 09:00", 2, None),
        ("2026-11-07 12:00", 2, None),
        ("2026-11-12 09:00", 5, 0),
        ("2026-11-17 12:00", 5, 5),
    ],
)
def test_the_tutors_days_stand_still_while_she_is_away(now: str, passed: int, late: int | None) -> None:
    """Away on the 6th; the 7th and 8th are a weekend, the 11th is a public holiday."""
    parcours = replace(
        parcours_at(Step.SLOTS_PROPOSED), tutor_absence=make_absence("2026-11-06", "2026-11-06")
    )

    progress = turns.measure_progress(parcours, paris(now), CALENDAR, POLICY)

    assert progress == Progress(days_total=5, days_passed=passed, working=True)
    turn = whose_turn(parcours, paris(now))
    assert turn is not None and turn.count_late_days(paris(now).date()) == late


def test_no_day_passes_before_the_meeting() -> None:
    parcours = replace(parcours_at(Step.MEETING_FIXED), meeting_at=paris("2026-11-20 14:00"))

    before, after = (
        turns.measure_progress(parcours, paris(f"2026-11-{day} 15:00"), CALENDAR, POLICY)
        for day in ("12", "24")
    )

    assert before is None
    assert after == Progress(days_total=5, days_passed=2, working=True)


def test_the_delays_are_settings() -> None:
    policy = TurnPolicy(
        company_answer_days=7, buyer_working_days=1, buyer_link_working_days=2, tutor_working_days=3
    )
    ends = {
        (Step.LINK_SENT, E): ["2026-11-10", "2026-11-12"],
        (Step.LINK_SENT, B): ["2026-11-05"],
        (Step.SLOTS_PROPOSED, None): ["2026-11-06"],
    }

    for (step, holder), days in ends.items():
        points = turns.list_breakpoints(replace(parcours_at(step), sent_to=holder), CALENDAR, policy)[1:]
        assert [str(point.start.astimezone(PARIS).date()) for point in points] == days
