"""Turns over any parcours, calendar and absence: what must hold however days fall."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import hypothesis.strategies as st
from hypothesis import assume, given, settings

from chalicelib import terms
from chalicelib.domain.kernel.calendar import day_of, days_between, end_of, start_of, working_days_after
from chalicelib.domain.kernel.parcours import Absence, Parcours
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Setback, Step
from chalicelib.domain.parcours import turns
from chalicelib.domain.parcours.turns import Breakpoint, Turn, TurnPolicy, read_turn
from tests.support import factories

CALENDAR = terms.calendar()
OFFER = factories.offer(status=ParcoursStatus.IN_PREPARATION)
RANK = {Role.COMPANY: 0, Role.BUYER: 1, Role.TEAM: 2}
DAYS = st.dates(date(2025, 9, 1), date(2029, 3, 1))
INSTANTS = st.datetimes(datetime(2025, 9, 1), datetime(2029, 3, 1), timezones=st.just(UTC))
ABSENCES = st.tuples(st.integers(-20, 40), st.integers(0, 30))
"""From how many days after the turn began, and for how many days more than one."""
POLICIES = st.builds(
    TurnPolicy,
    company_answer_days=st.integers(1, 60),
    buyer_working_days=st.integers(1, 30),
    buyer_link_working_days=st.integers(1, 30),
    tutor_working_days=st.integers(1, 30),
)
PLACES = st.sampled_from([("21", "Dijon"), ("67", "Strasbourg"), ("75", "Paris"), ("974", "La Réunion")])
often = settings(max_examples=200, derandomize=True)


def absent(since: datetime, offset: int, days: int) -> Absence:
    """Return an absence that begins ``offset`` days after ``since`` and lasts so many days more."""
    first = since.date() + timedelta(days=offset)
    return Absence(first=first, last=first + timedelta(days=days))


@st.composite
def waiting(draw: st.DrawFn) -> Parcours:
    """Draw a parcours « en préparation », with whatever may have been agreed on it."""
    since = draw(INSTANTS)
    near = st.integers(-60 * 24, 60 * 24).map(lambda hours: since + timedelta(hours=hours))
    departement, academie = draw(PLACES)
    placement = replace(OFFER.placement, departement=departement, academie=academie)
    return replace(
        OFFER,
        step=draw(st.sampled_from(sorted({*turns.OF_TUTOR, *turns.OF_COMPANY}))),
        setback=draw(st.none() | st.sampled_from(Setback)),
        since=since,
        last_sent_at=draw(st.none() | near),
        sent_to=draw(st.sampled_from([None, Role.COMPANY, Role.BUYER])),
        promised_on=draw(st.none() | near.map(datetime.date)),
        meeting_at=draw(st.none() | near),
        reservation_until=draw(st.none() | near),
        tutor_absence=draw(st.none() | ABSENCES.map(lambda days: absent(since, *days))),
        tutor_academie=draw(st.sampled_from([None, "Dijon", "Rennes", "Corse"])),
        placement=placement,
    )


def points_of(parcours: Parcours, policy: TurnPolicy) -> tuple[Breakpoint, ...]:
    """Return the breakpoints of a parcours on the product's calendar."""
    return turns.list_breakpoints(parcours, CALENDAR, policy)


def late_from(parcours: Parcours, policy: TurnPolicy) -> datetime:
    """Return the instant from which a turn counts as late: every turn but nobody's is passed on one day."""
    return next(point.start for point in points_of(parcours, policy) if point.late)


@settings(often, max_examples=800)
@given(waiting(), POLICIES)
def test_breakpoints_are_in_order_and_each_changes_something(parcours: Parcours, policy: TurnPolicy) -> None:
    """Breakpoints are in order of time, no two equal ones follow each other, one is late at last, and the first is late only
    for a company that acts after its time.
    """
    points = points_of(parcours, policy)

    assert [point.start for point in points] == sorted({point.start for point in points})
    assert all(earlier[1:] != then[1:] for earlier, then in pairwise(points))
    assert any(point.late for point in points)
    assert points[0].start <= parcours.since if points[0].late else points[0].start == parcours.since
    if turns.waits_for_tutor(parcours):
        assert not points[0].late, "only a company may find its time over when it acts"


@often
@given(waiting(), POLICIES, st.integers(0, 400), st.integers(0, 400))
def test_without_an_act_the_turn_never_goes_back(
    parcours: Parcours, policy: TurnPolicy, days: int, more: int
) -> None:
    """While nobody acts, a turn stays late since the same instant and never comes back to the company; only tutor and
    coordinator swap, for an absence.
    """
    early, late = (
        turns.whose_turn(parcours, parcours.since + timedelta(days=n), CALENDAR, policy)
        for n in (days, days + more)
    )

    assert early is not None and late is not None
    assert early.since <= late.since
    if early.late_since is not None:
        assert late.late_since == early.late_since
    if early.role in RANK and late.role in RANK:
        assert RANK[early.role] <= RANK[late.role]
    if early.role in turns.STAND_INS:
        assert late.role in turns.STAND_INS
        if parcours.tutor_absence is None and early.role is Role.COORDINATOR:
            assert late.role is Role.COORDINATOR


@often
@given(waiting(), POLICIES, st.integers(-10, 400))
def test_a_turn_is_due_after_it_began_and_not_yet(parcours: Parcours, policy: TurnPolicy, days: int) -> None:
    now = parcours.since + timedelta(days=days)
    turn = turns.whose_turn(parcours, now, CALENDAR, policy)

    assert turn is not None
    if turn.due_at is not None:
        assert turn.due_at > turn.since
        assert turn.due_at > now
    if turn.late_since is not None:
        assert turn.late_since <= turn.since and turn.late_since <= now


@often
@given(waiting(), POLICIES, ABSENCES)
def test_an_absence_makes_nobody_late_earlier(
    parcours: Parcours, policy: TurnPolicy, days: tuple[int, int]
) -> None:
    there = replace(parcours, tutor_absence=None)
    away = replace(parcours, tutor_absence=absent(parcours.since, *days))

    assert late_from(away, policy) >= late_from(there, policy)


@often
@given(waiting().map(lambda parcours: replace(parcours, step=Step.MEETING_HELD)), POLICIES, ABSENCES)
def test_no_tutor_becomes_late_while_she_is_away(
    parcours: Parcours, policy: TurnPolicy, days: tuple[int, int]
) -> None:
    absence = absent(parcours.since, *days)

    late = late_from(replace(parcours, tutor_absence=absence), policy)

    assert not start_of(absence.first) <= late < end_of(absence.last)


@often
@given(waiting(), POLICIES, ABSENCES, st.integers(0, 24 * 60))
def test_a_turn_is_never_the_tutors_while_she_is_away(
    parcours: Parcours, policy: TurnPolicy, days: tuple[int, int], minutes: int
) -> None:
    away = replace(parcours, tutor_absence=absent(parcours.since, *days))
    absence = away.tutor_absence
    assert absence is not None
    leaves, returns = start_of(absence.first), end_of(absence.last)
    now = min(leaves + timedelta(days=minutes % 30, minutes=minutes), returns - timedelta(minutes=1))
    assume(now >= away.since)

    turn = turns.whose_turn(away, now, CALENDAR, policy)

    assert turn is not None and turn.role is not Role.TUTOR


@often
@given(
    waiting().map(lambda parcours: replace(parcours, setback=None, step=Step.RECEIVED, sent_to=Role.COMPANY)),
    POLICIES,
    DAYS,
)
def test_a_promise_makes_nobody_late_earlier_nor_before_its_day_is_over(
    parcours: Parcours, policy: TurnPolicy, day: date
) -> None:
    promised = replace(parcours, promised_on=day)
    silent = replace(parcours, promised_on=None)

    assert late_from(promised, policy) >= max(late_from(silent, policy), end_of(day))


@often
@given(waiting(), POLICIES, st.integers(-10, 400))
def test_a_list_reads_the_same_turn_as_the_parcours_page(
    parcours: Parcours, policy: TurnPolicy, days: int
) -> None:
    """A list row keeps breakpoints with instants in UTC, to the millisecond; they give the same turn as the parcours itself."""
    now = parcours.since + timedelta(days=days)
    points = points_of(parcours, policy)
    kept = tuple(
        Breakpoint(
            point.start.astimezone(UTC), point.role and Role(point.role.value), point.late, point.state
        )
        for point in points
    )

    turn: Turn | None = read_turn(kept, now)

    assert turn == turns.whose_turn(parcours, now, CALENDAR, policy)


@often
@given(waiting(), POLICIES, st.integers(0, 200))
def test_days_passed_reach_the_total_when_the_clock_ends(
    parcours: Parcours, policy: TurnPolicy, days: int
) -> None:
    """The days that a card counts never exceed their total, and have reached it when the turn has no further due time."""
    now = parcours.since + timedelta(days=days)
    turn = turns.whose_turn(parcours, now, CALENDAR, policy)
    progress = turns.measure_progress(parcours, now, CALENDAR, policy)

    assert turn is not None and (progress is None) is (turn.role is None)
    if progress is None:
        return
    assert 0 <= progress.days_passed <= progress.days_total
    assert (turn.count_late_days(day_of(now)) is None) == (turn.late_since is None)
    if turn.due_at is None:
        assert progress.days_passed == progress.days_total


@often
@given(INSTANTS, st.integers(1, 40), PLACES)
def test_counting_days_forth_and_back_agrees(at: datetime, days: int, place: tuple[str, str]) -> None:
    """The end of so many working days is as many working days away, and one fewer just before it."""

    def works(day: date) -> bool:
        return CALENDAR.is_working(day, place[0])

    end = working_days_after(at, days, works)

    assert days_between(at, end, works) == days
    assert days_between(at, end - timedelta(hours=2), works) == days - 1
