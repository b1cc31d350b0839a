"""« À qui de jouer » : whose turn it is, since when, until when.

Without an act in time the turn passes on: company → buyer → team; buyer with the link → tutor; tutor → coordinator.
"""

from datetime import date, datetime
from typing import NamedTuple

from chalicelib.domain.kernel import calendar as days
from chalicelib.domain.kernel.calendar import Calendar, Counts, working_days_after
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Step, Value

WAITED_FOR: dict[Step, Role] = {
    Step.DOCUMENTS_TO_SEND: Role.TUTOR,
    Step.LINK_SENT: Role.COMPANY,
    Step.OPENED: Role.COMPANY,
    Step.RECEIVED: Role.COMPANY,
    Step.SLOTS_PROPOSED: Role.TUTOR,
    Step.MEETING_FIXED: Role.TUTOR,
    Step.MEETING_HELD: Role.TUTOR,
}

STAND_INS = frozenset({Role.TUTOR, Role.COORDINATOR})
"""Between these two the turn also passes without lateness, when the tutor is absent."""


class TurnPolicy(Value):
    """How long each may take before the turn passes on (settings)."""

    company_answer_days: int = 15
    """Calendar days that the contract model gives a company (domain §2, step 9)."""
    buyer_working_days: int = 5
    """For the buyer, once the company has not answered in time."""
    buyer_link_working_days: int = 3
    """For the buyer who has to pass the link on."""
    tutor_working_days: int = 5
    """Without the school holidays of her académie and her announced absence."""


class Breakpoint(NamedTuple):
    """An instant at which the turn passes on if nobody acts."""

    start: datetime
    role: Role
    late: bool
    """It passes because somebody did not act in time."""


class Turn(Value):
    """Whose act is awaited."""

    role: Role
    since: datetime
    due_at: datetime | None
    """When the turn passes on; None: no clock runs."""
    late_since: datetime | None = None
    """When somebody first let the turn pass on; None: nobody is late."""


class Progress(Value):
    """How many days of a turn have passed; when no clock runs, of the last clock that ran out."""

    days_total: int
    days_passed: int
    """Full days; more than ``days_total`` once the clock has run out."""
    working: bool
    """Only days that count for the awaited role; False: calendar days."""
    late_days: int | None
    """Full days since ``Turn.late_since``, counted the same way; None: nobody is late."""


class _Clock(NamedTuple):
    """``role`` is awaited until ``end``; then the turn passes to ``then``."""

    role: Role
    start: datetime
    end: datetime
    then: Role
    counts: Counts | None
    """Which days count; None: all."""


def breakpoints(parcours: Parcours, calendar: Calendar, policy: TurnPolicy) -> tuple[Breakpoint, ...]:
    """The instants at which the turn passes on if nobody acts, in order; list rows store them, ``read_turn`` reads them."""
    clocks = _clocks(parcours, calendar, policy)
    if not clocks:
        return ()
    points = [Breakpoint(clock.end, clock.then, late=True) for clock in clocks]
    # A company that opens too late has still not answered: the turn stays where it had passed to.
    if clocks[0].end > parcours.since:
        points.insert(0, Breakpoint(parcours.since, clocks[0].role, late=False))
    return _with_stand_in(points, parcours)


def read_turn(points: tuple[Breakpoint, ...], now: datetime) -> Turn | None:
    """Whose turn it is at ``now``; the first breakpoint applies even slightly before its start, since clocks differ."""
    if not points:
        return None
    at = max((index for index, point in enumerate(points) if point.start <= now), default=0)
    point = points[at]
    # Late already, the turn only passes to and fro between the tutor and her replacement: no clock runs.
    replaced = STAND_INS if point.late and point.role in STAND_INS else frozenset()
    ahead = (other.start for other in points[at + 1 :] if other.late and other.role not in replaced)
    late = next((other.start for other in points[: at + 1] if other.late), None)
    return Turn(role=point.role, since=point.start, due_at=next(ahead, None), late_since=late)


def whose_turn(parcours: Parcours, now: datetime, calendar: Calendar, policy: TurnPolicy) -> Turn | None:
    """Whose turn it is on this parcours; None when nobody is awaited."""
    return read_turn(breakpoints(parcours, calendar, policy), now)


def progress(parcours: Parcours, now: datetime, calendar: Calendar, policy: TurnPolicy) -> Progress | None:
    """How many days of the turn have passed at ``now``; None when nobody is awaited."""
    clocks = _clocks(parcours, calendar, policy)
    turn = whose_turn(parcours, now, calendar, policy)
    if turn is None:
        return None
    clock = next((clock for clock in clocks if now < clock.end), clocks[-1])
    counts = clock.counts or (lambda day: True)
    return Progress(
        days_total=days.days_between(clock.start, clock.end, counts),
        days_passed=days.days_between(clock.start, now, counts),
        working=clock.counts is not None,
        late_days=None if turn.late_since is None else days.days_between(turn.late_since, now, counts),
    )


def company_answer_by(
    sent_at: datetime, departement: str, calendar: Calendar, policy: TurnPolicy
) -> datetime:
    """Until when a company may answer a link sent at ``sent_at``; companies work during school holidays."""
    end = days.days_after(sent_at, policy.company_answer_days)
    return days.next_working(end, _working(calendar, departement))


def buyer_passes_by(sent_at: datetime, departement: str, calendar: Calendar, policy: TurnPolicy) -> datetime:
    """Until when a buyer may pass on a link sent at ``sent_at``."""
    return working_days_after(sent_at, policy.buyer_link_working_days, _working(calendar, departement))


def _working(calendar: Calendar, departement: str) -> Counts:
    return lambda day: calendar.is_working(day, departement)


def waits_for_tutor(parcours: Parcours) -> bool:
    """Whether the step itself awaits the tutor (or her replacement), even after the turn has passed on."""
    step = parcours.step
    if parcours.status is not ParcoursStatus.IN_PREPARATION or step is None or step not in WAITED_FOR:
        return False
    # A buyer who read the documents instead of passing them on: the tutor has to send them again.
    kept = step is Step.RECEIVED and parcours.sent_to is Role.BUYER and parcours.promised_on is None
    return parcours.setback is not None or kept or WAITED_FOR[step] is Role.TUTOR


def _clocks(parcours: Parcours, calendar: Calendar, policy: TurnPolicy) -> list[_Clock]:
    """The consecutive clocks of this parcours; none when nobody is awaited."""
    if parcours.status is not ParcoursStatus.IN_PREPARATION or parcours.step not in WAITED_FOR:
        return []
    if waits_for_tutor(parcours):
        return [_tutor_clock(parcours, calendar, policy)]
    departement = parcours.placement.departement
    works = _working(calendar, departement)
    # Once something is sent here, documents that left outside the service belong to an earlier passage.
    outside_at = parcours.outside_at if parcours.sent_to is None else None
    sent_at = outside_at or parcours.last_sent_at or parcours.since
    if parcours.sent_to is Role.BUYER and parcours.step is Step.LINK_SENT:
        end = buyer_passes_by(sent_at, departement, calendar, policy)
        return [_Clock(Role.BUYER, sent_at, end, Role.TUTOR, works)]
    end = company_answer_by(sent_at, departement, calendar, policy)
    if parcours.promised_on is not None:
        end = max(end, days.end_of(parcours.promised_on))
    last = working_days_after(end, policy.buyer_working_days, works)
    company = _Clock(Role.COMPANY, sent_at, end, Role.BUYER, None)
    return [company, _Clock(Role.BUYER, end, last, Role.TEAM, works)]


def _tutor_clock(parcours: Parcours, calendar: Calendar, policy: TurnPolicy) -> _Clock:
    """Counts working days where the internship is, without school holidays and the tutor's absence."""
    start, reserved = parcours.since, parcours.reservation_until
    step = parcours.step if parcours.setback is None else None
    if step is Step.DOCUMENTS_TO_SEND and reserved is not None and reserved > start:
        # Preparing a CV and a letter takes weeks (domain §2): the reservation is the delay.
        return _Clock(Role.TUTOR, start, reserved, Role.COORDINATOR, None)
    if step is Step.MEETING_FIXED and parcours.meeting_at is not None:
        start = max(start, parcours.meeting_at)
    academie = parcours.tutor_academie or parcours.placement.academie
    absence = parcours.tutor_absence

    def counts(day: date) -> bool:
        away = absence is not None and absence.first <= day <= absence.last
        works = calendar.is_working(day, parcours.placement.departement)
        return works and not away and not calendar.is_school_holiday(day, academie)

    end = working_days_after(start, policy.tutor_working_days, counts)
    return _Clock(Role.TUTOR, start, end, Role.COORDINATOR, counts)


def _with_stand_in(points: list[Breakpoint], parcours: Parcours) -> tuple[Breakpoint, ...]:
    """Give the tutor's turns to the coordinator for the days of her absence."""
    absence = parcours.tutor_absence
    if absence is None:
        return tuple(points)
    leaves, returns = days.start_of(absence.first), days.end_of(absence.last)
    shared: list[Breakpoint] = []
    for index, point in enumerate(points):
        end = points[index + 1].start if index + 1 < len(points) else None
        if point.role is not Role.TUTOR or returns <= point.start or (end is not None and end <= leaves):
            shared.append(point)
            continue
        if point.start < leaves:
            shared.append(point)
        shared.append(Breakpoint(max(leaves, point.start), Role.COORDINATOR, point.late))
        if end is None or returns < end:
            shared.append(Breakpoint(returns, Role.TUTOR, point.late))
    return tuple(shared)
