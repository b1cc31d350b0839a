"""« À qui de jouer » : whose turn it is, since when, until when.

Silence passes the turn on (design §5): company → buyer → team; buyer who holds the link → tutor; tutor → coordinator.
"""

from datetime import date, datetime
from typing import NamedTuple

from chalicelib.domain.kernel.calendar import (
    Calendar,
    Counts,
    days_after,
    days_between,
    end_of,
    next_working,
    start_of,
    working_days_after,
)
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
"""Between these two the turn also changes hands without lateness, when the tutor is announced absent."""


class TurnPolicy(Value):
    """How long each is waited for before the turn passes on (settings)."""

    company_answer_days: int = 15
    """Calendar days that the contract model gives a company (domain §2, step 9)."""
    buyer_working_days: int = 5
    """For the buyer, once the company has not answered."""
    buyer_link_working_days: int = 3
    """For the buyer who holds the link and has to pass it on."""
    tutor_working_days: int = 5
    """Without the school holidays of her académie and without her announced absence."""


class Breakpoint(NamedTuple):
    """An instant at which the turn changes hands if nobody acts."""

    start: datetime
    role: Role
    late: bool
    """The turn came there by somebody's silence."""


class Turn(Value):
    """Somebody is awaited."""

    role: Role
    since: datetime
    due_at: datetime | None
    """When silence passes the turn on; None: no clock runs."""
    late_since: datetime | None = None
    """The first instant at which silence passed the turn on; None: nobody is late."""


class Progress(Value):
    """How far the clock of a turn is, in days; for a turn on which no clock runs, the clock that ran out before it."""

    days_total: int
    days_passed: int
    """In full; more than ``days_total`` once the clock has run out."""
    working: bool
    """Only days that count for whoever is awaited; False: calendar days."""
    late_days: int | None
    """Days in full since ``Turn.late_since``, counted the same way; None: nobody is late."""


class _Clock(NamedTuple):
    """Somebody is awaited until ``end``; then the turn is ``then``'s."""

    role: Role
    start: datetime
    end: datetime
    then: Role
    counts: Counts | None
    """Which days count; None: all."""


def breakpoints(parcours: Parcours, calendar: Calendar, policy: TurnPolicy) -> tuple[Breakpoint, ...]:
    """The instants at which the turn changes hands if nobody acts, in order: what a list row keeps, to be read against now."""
    clocks = _clocks(parcours, calendar, policy)
    if not clocks:
        return ()
    passed_on = [Breakpoint(clock.end, clock.then, late=True) for clock in clocks]
    points = [Breakpoint(parcours.since, clocks[0].role, late=False), *passed_on]
    # A company that opens after its time acts, yet answers nothing: the turn stays where silence had brought it.
    under_way = [point for point in points if point.late or clocks[0].end > parcours.since]
    return _with_stand_in(under_way, parcours)


def read_turn(points: tuple[Breakpoint, ...], now: datetime) -> Turn | None:
    """Whose turn it is at ``now`` on these breakpoints; the first holds even when ``now`` is a little earlier."""
    if not points:
        return None
    at = max((index for index, point in enumerate(points) if point.start <= now), default=0)
    point = points[at]
    ahead = (other.start for other in points[at + 1 :] if other.late and not _stands_in(point, other))
    late = next((other.start for other in points[: at + 1] if other.late), None)
    return Turn(role=point.role, since=point.start, due_at=next(ahead, None), late_since=late)


def whose_turn(parcours: Parcours, now: datetime, calendar: Calendar, policy: TurnPolicy) -> Turn | None:
    """Whose turn it is on this parcours; None when nobody is awaited."""
    return read_turn(breakpoints(parcours, calendar, policy), now)


def progress(parcours: Parcours, now: datetime, calendar: Calendar, policy: TurnPolicy) -> Progress | None:
    """How far the turn's clock is at ``now``; None when nobody is awaited."""
    clocks = _clocks(parcours, calendar, policy)
    turn = whose_turn(parcours, now, calendar, policy)
    if turn is None:
        return None
    clock = next((clock for clock in clocks if now < clock.end), clocks[-1])
    counts = clock.counts or _every_day
    return Progress(
        days_total=days_between(clock.start, clock.end, counts),
        days_passed=days_between(clock.start, now, counts),
        working=clock.counts is not None,
        late_days=None if turn.late_since is None else days_between(turn.late_since, now, counts),
    )


def company_answer_by(
    sent_at: datetime, departement: str, calendar: Calendar, policy: TurnPolicy
) -> datetime:
    """Until when a company may answer a link that left at ``sent_at``: companies work during school holidays."""
    end = days_after(sent_at, policy.company_answer_days)
    return next_working(end, lambda day: calendar.is_working(day, departement))


def buyer_passes_by(sent_at: datetime, departement: str, calendar: Calendar, policy: TurnPolicy) -> datetime:
    """Until when a buyer may pass on a link that left at ``sent_at``."""

    def works(day: date) -> bool:
        return calendar.is_working(day, departement)

    return working_days_after(sent_at, policy.buyer_link_working_days, works)


def waits_for_tutor(parcours: Parcours) -> bool:
    """Whether the step itself is the tutor's to move, whatever silence makes of it: hers, or her stand-in's."""
    step = parcours.step
    if parcours.status is not ParcoursStatus.IN_PREPARATION or step is None or step not in WAITED_FOR:
        return False
    # A buyer who read it instead of passing it on leaves the company with nothing: somebody has to send again.
    kept = step is Step.RECEIVED and parcours.sent_to is Role.BUYER and parcours.promised_on is None
    return parcours.setback is not None or kept or WAITED_FOR[step] is Role.TUTOR


def _clocks(parcours: Parcours, calendar: Calendar, policy: TurnPolicy) -> list[_Clock]:
    """The clocks that run one after another on this parcours; none when nobody is awaited."""
    if parcours.status is not ParcoursStatus.IN_PREPARATION or parcours.step not in WAITED_FOR:
        return []
    if waits_for_tutor(parcours):
        return [_tutor_clock(parcours, calendar, policy)]

    departement = parcours.placement.departement

    def works(day: date) -> bool:
        return calendar.is_working(day, departement)

    outside_at = (
        parcours.outside_at if parcours.sent_to is None else None
    )  # what left before is an earlier passage's
    sent_at = outside_at or parcours.last_sent_at or parcours.since
    if parcours.sent_to is Role.BUYER and parcours.step is Step.LINK_SENT:
        end = buyer_passes_by(sent_at, departement, calendar, policy)
        return [_Clock(Role.BUYER, sent_at, end, Role.TUTOR, works)]
    end = company_answer_by(sent_at, departement, calendar, policy)
    if parcours.promised_on is not None:
        end = max(end, end_of(parcours.promised_on))
    told = working_days_after(end, policy.buyer_working_days, works)
    return [
        _Clock(Role.COMPANY, sent_at, end, Role.BUYER, None),
        _Clock(Role.BUYER, end, told, Role.TEAM, works),
    ]


def _tutor_clock(parcours: Parcours, calendar: Calendar, policy: TurnPolicy) -> _Clock:
    """Hers: days that work where the place is, without the school holidays of her académie and without her absence."""
    start, reserved = parcours.since, parcours.reservation_until
    if (
        parcours.step is Step.DOCUMENTS_TO_SEND
        and parcours.setback is None
        and reserved is not None
        and reserved > start
    ):
        # Preparing a CV and a letter takes weeks (domain §2): the reservation is the delay.
        return _Clock(Role.TUTOR, start, reserved, Role.COORDINATOR, None)
    if parcours.step is Step.MEETING_FIXED and parcours.setback is None and parcours.meeting_at is not None:
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
    """From the first day of the tutor's absence to the end of the last, her turn is the coordinator's; then hers again."""
    absence = parcours.tutor_absence
    if absence is None:
        return tuple(points)
    leaves, returns = start_of(absence.first), end_of(absence.last)
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


def _stands_in(point: Breakpoint, other: Breakpoint) -> bool:
    """Late already, the turn only goes to and fro between the tutor and whoever replaces her."""
    return point.late and {point.role, other.role} <= STAND_INS


def _every_day(day: date) -> bool:
    return True
