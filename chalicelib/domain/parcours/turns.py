"""« À qui de jouer » : whose turn it is, since when, until when.

Without an act in time the turn passes on: company → buyer → team; buyer with the link → tutor; tutor → coordinator. Where nobody
is a buyer, or coordinates, it is the team's instead (``pass_to_somebody``).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple, Protocol

from chalicelib.domain.kernel import calendar as days
from chalicelib.domain.kernel.calendar import Calendar, Counts, working_days_after
from chalicelib.domain.kernel.parcours import OfOrganisation, Parcours
from chalicelib.domain.kernel.values import Code, ParcoursStatus, Role, Setback, Step, Value


class State(Code):
    """What a parcours waits for: the open question, which owns the turn. Each has a row in ``words/turns.py``."""

    TO_TALK = "to_talk"
    TO_SEND = "to_send"
    UPLOADING = "uploading"
    TO_OPEN = "to_open"
    TO_PASS_ON = "to_pass_on"  # noqa: S105
    NOT_PASSED_ON = "not_passed_on"
    TO_CONFIRM = "to_confirm"
    TO_PROPOSE = "to_propose"
    COMPANY_SILENT = "company_silent"
    TO_ACCEPT_COLLEAGUE = "to_accept_colleague"
    TO_CHOOSE = "to_choose"
    PAUSED = "paused"
    MEETING_AHEAD = "meeting_ahead"
    CANNOT_COME = "cannot_come"
    MEETING_TO_NOTE = "meeting_to_note"
    MEETING_HELD = "meeting_held"
    MAIL_FAILED = "mail_failed"
    MAIL_IN_DOUBT = "mail_in_doubt"
    SENDING_REQUESTED = "sending_requested"
    DECLINED = "declined"
    MEETING_MISSED = "meeting_missed"
    IN_INTERNSHIP = "in_internship"
    INTERNSHIP_OVER = "internship_over"

    @classmethod
    def from_stored(cls, stored: str) -> "State":
        """Return the state with this code, or the one that ``JOINED`` gives: of a setback, or of a row written before."""
        return super().from_stored(JOINED.get(stored, stored))


JOINED = {
    Setback.MAIL_BOUNCED.value: State.MAIL_FAILED.value,
    Setback.UNREADABLE.value: State.SENDING_REQUESTED.value,
    Setback.LINK_CLOSED.value: State.MAIL_IN_DOUBT.value,
    "recipient_gone": State.MAIL_FAILED.value,
    "upload_stopped": State.TO_SEND.value,
    "checking": State.UPLOADING.value,
    "kept_by_buyer": State.NOT_PASSED_ON.value,
    "promised": State.TO_PROPOSE.value,
    "to_propose_again": State.TO_PROPOSE.value,
    "buyer_silent": State.COMPANY_SILENT.value,
    "company_to_sign": State.MEETING_HELD.value,
    "family_to_sign": State.MEETING_HELD.value,
    "school_to_sign": State.MEETING_HELD.value,
}
"""Setbacks that ask the same thing; below them, codes that rows hold from before, read for one version more."""

OF_TUTOR: dict[Step, State] = {
    Step.DOCUMENTS_TO_SEND: State.TO_SEND,
    Step.SLOTS_PROPOSED: State.TO_CHOOSE,
    Step.MEETING_FIXED: State.MEETING_TO_NOTE,
    Step.MEETING_HELD: State.MEETING_HELD,
}
"""What each step waits for, where it is the tutor's turn."""
OF_COMPANY: dict[Step, State] = {
    Step.LINK_SENT: State.TO_OPEN,
    Step.OPENED: State.TO_CONFIRM,
    Step.RECEIVED: State.TO_PROPOSE,
}
"""And where it is the company's."""
UNREAD = frozenset({State.TO_OPEN, State.TO_CONFIRM})
"""States in which the link is what is awaited."""
OF_OTHERS: dict[Role, frozenset[State]] = {
    Role.COMPANY: frozenset(OF_COMPANY.values()),
    Role.BUYER: frozenset({State.TO_PASS_ON, State.COMPANY_SILENT}),
    Role.TEAM: frozenset({State.COMPANY_SILENT}),
}
"""States that are another's turn than the tutor's: a company's silence is its buyer's, then the team's.
That of nobody: ``Awaited.alone``, in ``words/turns.py``."""
FINAL = frozenset({Setback.DECLINED, Setback.LINK_CLOSED})
"""Setbacks after which nobody can accept a colleague any more."""

STAND_INS = frozenset({Role.TUTOR, Role.COORDINATOR})
"""Between these two the turn also passes without lateness, when the tutor is absent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnPolicy(Value):
    """How long each may take before the turn passes on (settings)."""

    company_answer_days: int = 15
    """Calendar days that the contract model gives a company (domain §2, step 9)."""
    buyer_working_days: int = 5
    """For the buyer, once the company has not answered in time."""
    buyer_link_working_days: int = 3
    """For the buyer who has to pass the link on."""
    tutor_working_days: int = 5
    """Without the school holidays of the tutor's académie and the announced absence."""


class Breakpoint(NamedTuple):
    """An instant at which the turn passes on if nobody acts."""

    start: datetime
    role: Role | None
    """None: nobody has to act."""
    late: bool
    """It passes because somebody did not act in time."""
    state: State


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn(Value):
    """Whose act is awaited, and which."""

    role: Role | None
    """None: nobody has to act before ``due_at``."""
    state: State
    since: datetime
    due_at: datetime | None
    """When the turn passes on; None: no clock runs."""
    late_since: datetime | None = None
    """When somebody first let the turn pass on; None: nobody is late."""
    account: str | None = None
    """Account id of the tutor whom it awaits, once that is known (``pass_to_somebody``)."""

    @property
    def is_nobodys(self) -> bool:
        """Whether the team has it because nobody coordinates: it has to find somebody who can answer the question."""
        return self.role is Role.TEAM and self.state is not State.COMPANY_SILENT

    def count_late_days(self, today: date) -> int | None:
        """Return the calendar days since the turn is late; None: it is not."""
        return None if self.late_since is None else (today - days.day_of(self.late_since)).days


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress(Value):
    """How many days of a turn have passed; when no clock runs, of the last clock that ran out."""

    days_total: int
    days_passed: int
    """Full days, ``days_total`` at most."""
    working: bool
    """Only days that count for the awaited role; False: calendar days."""


class Clock(NamedTuple):
    """``role`` is awaited until ``end``; then the turn passes to ``then``."""

    state: State
    role: Role
    since: datetime
    """When the turn came to this role,"""
    start: datetime
    """and when its days began: the first link may have left before."""
    end: datetime
    then: Role
    """The next who is awaited,"""
    then_state: State
    counts: Counts | None
    """Which days count; None: all."""


def list_breakpoints(parcours: Parcours, calendar: Calendar, policy: TurnPolicy) -> tuple[Breakpoint, ...]:
    """List the instants at which the turn begins or passes on if nobody acts, in order.

    List rows store them: ``read_turn`` says from them whose turn it is at any later instant, without reading the parcours.
    """
    clocks = list_clocks(parcours, calendar, policy)
    points = [
        Breakpoint(start=clock.end, role=clock.then, late=True, state=clock.then_state) for clock in clocks
    ]
    # A company that opens too late has still not answered: the turn stays where it had passed to.
    if clocks and clocks[0].end > clocks[0].since:
        first = clocks[0]
        points.insert(0, Breakpoint(start=first.since, role=first.role, late=False, state=first.state))
    earlier = _find_earlier_breakpoint(parcours)
    if earlier is not None and (not points or earlier.start < points[0].start):
        points.insert(0, earlier)
    return _with_stand_in(points, parcours)


def read_turn(points: tuple[Breakpoint, ...], now: datetime) -> Turn | None:
    """Return whose turn it is at ``now``, by the breakpoints; None without any.

    The first breakpoint applies even slightly before its start, since clocks differ.
    """
    if not points:
        return None
    place = max((index for index, point in enumerate(points) if point.start <= now), default=0)
    point, ahead = points[place], points[place + 1 :]
    return Turn(
        role=point.role,
        state=point.state,
        since=point.start,
        due_at=next((later.start for later in ahead if _passes_on(point, later)), None),
        late_since=next((passed.start for passed in points[: place + 1] if passed.late), None),
    )


def _passes_on(present: Breakpoint, later: Breakpoint) -> bool:
    """Whether the turn of ``present`` passes on at this later breakpoint, so that a clock runs until then.

    A turn that is late already only goes to and fro between tutor and coordinator: no clock runs.
    """
    if present.role is None or later.state is not present.state:
        return True
    # Late already, the turn only passes to and fro between the tutor and the coordinator: no clock runs.
    is_replaced = present.late and present.role in STAND_INS and later.role in STAND_INS
    return later.late and not is_replaced


class Roster(Protocol):
    """Which open accounts fill a role."""

    def list_coordinators(self, academies: Sequence[str]) -> Sequence[str]:
        """Return the ids of accounts that coordinate the first of these académies that has any."""

    def list_buyers(self, buying: OfOrganisation) -> Sequence[str]:
        """Return the ids of accounts of the buyers of this organisation."""

    def is_open(self, account: str) -> bool:
        """Return whether the account with this id is open, and not the team's."""


class Followed(Protocol):
    """What a record and its list row both say of who may have its turns."""

    @property
    def academies(self) -> tuple[str, ...]: ...
    @property
    def buying(self) -> OfOrganisation: ...
    @property
    def names_buyer(self) -> bool | None: ...
    @property
    def tutor(self) -> str | None: ...
    @property
    def sealer(self) -> str | None: ...


def pass_to_somebody(turn: Turn | None, followed: Followed, roster: Roster) -> Turn | None:
    """Return the turn with its tutor; it is the team's where nobody is a buyer of ``followed`` or nobody coordinates it.

    The roster is asked in those turns alone, and of who sealed. A buyer who holds the link has an address, and a silent one may
    have no account. A list row that does not know who is a buyer of it (``names_buyer`` None) keeps its turn.
    """
    if turn is not None and turn.role is Role.TUTOR:
        awaited = _find_awaited_tutor(turn, followed, roster)
        if turn.state is not State.TO_ACCEPT_COLLEAGUE or awaited is None or roster.is_open(awaited):
            return replace(turn, account=awaited)
        turn = replace(turn, role=Role.COORDINATOR)  # who sealed and who follows have no account any more
    if turn is None or followed.names_buyer is None:
        return turn
    if turn.role is Role.COORDINATOR and not roster.list_coordinators(followed.academies):
        return replace(turn, role=Role.TEAM)
    is_asked = turn.state is State.COMPANY_SILENT and not followed.names_buyer
    if is_asked and not roster.list_buyers(followed.buying):
        since = turn.late_since or turn.since  # since the company is late: no buyer was asked in between
        return replace(turn, role=Role.TEAM, since=since, due_at=None)
    return turn


def _find_awaited_tutor(turn: Turn, followed: Followed, roster: Roster) -> str | None:
    """Return the account id of whom a tutor's turn awaits: who sealed, while a colleague waits for consent, else the tutor.

    A question to somebody whose account is closed is the tutor's too: she refuses the address, or sends anew.
    """
    sealer = followed.sealer if turn.state is State.TO_ACCEPT_COLLEAGUE else None
    return sealer if sealer is not None and roster.is_open(sealer) else followed.tutor


def whose_turn(parcours: Parcours, now: datetime, calendar: Calendar, policy: TurnPolicy) -> Turn | None:
    """Return whose turn it is on this parcours at ``now``; None when nothing is awaited."""
    return read_turn(list_breakpoints(parcours, calendar, policy), now)


def measure_progress(
    parcours: Parcours, now: datetime, calendar: Calendar, policy: TurnPolicy
) -> Progress | None:
    """Return how many days of the turn have passed at ``now``; None when nobody has to act."""
    clocks = list_clocks(parcours, calendar, policy)
    turn = whose_turn(parcours, now, calendar, policy)
    if turn is None or turn.role is None:
        return None
    clock = next((clock for clock in clocks if now < clock.end), clocks[-1])
    counts = clock.counts or (lambda day: True)
    # Calendar days begin with that of the start, working days after it.
    start = clock.start if clock.counts else days.start_of(days.day_of(clock.start))
    total = days.days_between(start, clock.end, counts)
    if turn.state is State.CANNOT_COME or not total:  # until the hour of a meeting, to which no days lead
        return None
    passed = min(total, days.days_between(start, now, counts))
    return Progress(days_total=total, days_passed=passed, working=clock.counts is not None)


def find_company_deadline(
    sent_at: datetime, departement: str, calendar: Calendar, policy: TurnPolicy
) -> datetime:
    """Return until when a company may answer a link sent at ``sent_at``; companies work during school holidays."""
    end = days.end_of_days(sent_at, policy.company_answer_days)
    return days.defer_to_working(end, _build_working_rule(calendar, departement))


def find_buyer_deadline(
    sent_at: datetime, departement: str, calendar: Calendar, policy: TurnPolicy
) -> datetime:
    """Return until when a buyer may pass on a link sent at ``sent_at``."""
    return working_days_after(
        sent_at, policy.buyer_link_working_days, _build_working_rule(calendar, departement)
    )


def _build_working_rule(calendar: Calendar, departement: str) -> Counts:
    """Return the rule by which days count in a département: its working days."""
    return lambda day: calendar.is_working(day, departement)


def _find_earlier_breakpoint(parcours: Parcours) -> Breakpoint | None:
    """Return the breakpoint of a time before any clock runs: upload, pause, internship, meeting ahead; else None.

    Nobody has to act then, unless the young person cannot come to the meeting: the tutor has until its hour.
    """
    arriving = parcours.arriving
    if parcours.is_held:
        return None
    if arriving is not None:
        return Breakpoint(start=arriving.since, role=None, late=False, state=State.UPLOADING)
    if parcours.status is ParcoursStatus.IN_PROGRESS:
        return Breakpoint(start=parcours.since, role=None, late=False, state=State.IN_INTERNSHIP)
    if parcours.paused_since is not None and find_open_state(parcours) is not None:
        return Breakpoint(start=parcours.paused_since, role=None, late=False, state=State.PAUSED)
    if find_open_state(parcours) is State.MEETING_TO_NOTE and parcours.meeting_at is not None:
        said_at = parcours.in_doubt_since
        if said_at is not None:
            return Breakpoint(start=said_at, role=Role.TUTOR, late=False, state=State.CANNOT_COME)
        return Breakpoint(start=parcours.since, role=None, late=False, state=State.MEETING_AHEAD)
    return None


def find_open_state(parcours: Parcours) -> State | None:
    """Return what a parcours in preparation waits for, documents that arrive aside; None when it waits for nothing.

    A turn that passed on for want of an answer is still about this question.
    """
    step, setback = parcours.step, parcours.setback
    if parcours.status is not ParcoursStatus.IN_PREPARATION or step is None:
        return None
    if step not in OF_TUTOR and step not in OF_COMPANY:
        return None
    if parcours.consent is not None and setback not in FINAL:
        return State.TO_ACCEPT_COLLEAGUE
    if setback is not None:
        return State.from_stored(setback.value)
    if step in OF_TUTOR:
        return OF_TUTOR[step]
    if parcours.recipient_gone_at is not None:
        return State.MAIL_FAILED
    return _find_state_of_link(parcours, step)


def _find_state_of_link(parcours: Parcours, step: Step) -> State:
    """Return what is awaited once a link has left: of the company, of the buyer who holds it, or of the tutor of that buyer."""
    to_buyer = parcours.sent_to is Role.BUYER
    if step is Step.LINK_SENT:
        return State.TO_PASS_ON if to_buyer else State.TO_OPEN
    if to_buyer and parcours.promised_on is None:
        return State.NOT_PASSED_ON
    # Whether they could be read is asked of a company that has opened, while they are there.
    is_asked = step is Step.OPENED and not to_buyer and parcours.live_deposit is not None
    return State.TO_CONFIRM if is_asked and not parcours.has_answered else State.TO_PROPOSE


def list_clocks(parcours: Parcours, calendar: Calendar, policy: TurnPolicy) -> list[Clock]:
    """Return the clocks that run one after the other on this parcours; none when nobody will be awaited."""
    arriving, state = parcours.arriving, find_open_state(parcours)
    if parcours.is_held and parcours.data_request is not None:
        clock = _build_tutor_clock(parcours, State.TO_TALK, parcours.data_request.since, calendar, policy)
        meeting_at = _find_doubtful_hour(parcours)
        is_sooner = meeting_at is not None and clock.start < meeting_at < clock.end
        return [clock._replace(end=meeting_at) if is_sooner and meeting_at is not None else clock]
    if arriving is not None:
        if arriving.is_complete:
            return []
        return [_build_tutor_clock(parcours, State.TO_SEND, arriving.stops_at, calendar, policy)]
    if parcours.status is ParcoursStatus.IN_PROGRESS:
        over_at = max(parcours.since, days.end_of(parcours.internship_until))
        return [_build_tutor_clock(parcours, State.INTERNSHIP_OVER, over_at, calendar, policy)]
    if state is None:
        return []
    if waits_for_tutor(parcours):
        return [_build_tutor_clock(parcours, state, _find_tutor_start(parcours, state), calendar, policy)]
    return _list_outside_clocks(parcours, state, calendar, policy)


def _find_doubtful_hour(parcours: Parcours) -> datetime | None:
    """Return the hour of the meeting that is agreed and to which the young person cannot come; None: there is none."""
    is_doubtful = parcours.in_doubt_since is not None and find_open_state(parcours) is State.MEETING_TO_NOTE
    return parcours.meeting_at if is_doubtful else None


def _find_tutor_start(parcours: Parcours, state: State) -> datetime:
    """Return when the question that the tutor is asked came up."""
    if state is State.MAIL_FAILED and parcours.recipient_gone_at is not None:
        return max(parcours.since, parcours.recipient_gone_at)
    if state is State.TO_ACCEPT_COLLEAGUE and parcours.consent is not None:
        return parcours.consent.since
    if state is State.MEETING_TO_NOTE and parcours.meeting_at is not None:
        return max(parcours.since, parcours.meeting_at)
    return parcours.since


def _list_outside_clocks(
    parcours: Parcours, state: State, calendar: Calendar, policy: TurnPolicy
) -> list[Clock]:
    """Return the clocks of a question to the company or the buyer: theirs, then the ones it passes to."""
    since, departement = _find_start(parcours.since, parcours), parcours.placement.departement
    works = _build_working_rule(calendar, departement)
    start = _find_start(_find_asked_at(parcours, state, since), parcours)
    if state is State.TO_PASS_ON:
        end = find_buyer_deadline(start, departement, calendar, policy)
        return [Clock(state, Role.BUYER, since, start, end, Role.TUTOR, State.NOT_PASSED_ON, works)]
    if state in UNREAD:  # no later than the link itself, which ends on any day
        end = days.end_of_days(start, policy.company_answer_days)
    else:
        end = find_company_deadline(start, departement, calendar, policy)
    if parcours.promised_on is not None:
        end = max(end, days.end_of(parcours.promised_on))
    last = working_days_after(end, policy.buyer_working_days, works)
    silent = State.COMPANY_SILENT
    company = Clock(state, Role.COMPANY, since, start, end, Role.BUYER, silent, None)
    return [company, Clock(silent, Role.BUYER, end, end, last, Role.TEAM, silent, works)]


def _find_asked_at(parcours: Parcours, state: State, since: datetime) -> datetime:
    """Return when the company or the buyer was asked: with the last sending, else (``since``) when the turn began."""
    # Once something is sent here, documents that left outside the service belong to an earlier passage.
    outside_at = parcours.outside_at if parcours.sent_to is None else None
    sent_at = outside_at or parcours.last_sent_at or since
    is_asked_anew = (
        state is State.TO_PROPOSE and parcours.has_answered
    )  # the days begin with the new question
    return max(sent_at, since) if is_asked_anew else sent_at


def _find_start(at: datetime, parcours: Parcours) -> datetime:
    """Return when somebody's days begin: after a pause, or a request about data, if there was one."""
    return max(at, parcours.resumes_at) if parcours.resumes_at else at


def waits_for_tutor(parcours: Parcours) -> bool:
    """Whether the open question is one for the tutor or coordinator, even after the turn has passed on."""
    state = find_open_state(parcours)
    return state is not None and state not in {*OF_COMPANY.values(), State.TO_PASS_ON}


def _build_tutor_clock(
    parcours: Parcours, state: State, start: datetime, calendar: Calendar, policy: TurnPolicy
) -> Clock:
    """Return the clock of the tutor's turn: until the reservation ends, while documents are to be sent, else working days.

    Those are days worked where the internship is, without school holidays and the tutor's absence.
    """
    if state is not State.TO_TALK:  # which waits for no pause
        start = _find_start(start, parcours)
    reserved, then = parcours.reserved_until, (Role.COORDINATOR, state)
    if state is State.TO_SEND and reserved is not None and reserved > start:
        # Preparing a CV and a letter takes weeks (domain §2): the reservation is the delay.
        return Clock(state, Role.TUTOR, start, start, reserved, *then, None)
    counts = counts_for_tutor(parcours, calendar)
    end = working_days_after(start, policy.tutor_working_days, counts)
    return Clock(state, Role.TUTOR, start, start, end, *then, counts)


def counts_for_tutor(parcours: Parcours, calendar: Calendar) -> Counts:
    """Return the rule by which days count for the tutor: working days, without school holidays and absence.

    Once the account is closed, those of who coordinates.
    """
    academie = parcours.tutor_academie or parcours.placement.academie
    absence = parcours.tutor_absence

    def counts(day: date) -> bool:
        """Whether this day counts."""
        is_absent = absence is not None and absence.holds(day) and not absence.is_final
        works = calendar.is_working(day, parcours.placement.departement)
        return works and not is_absent and not calendar.is_school_holiday(day, academie)

    return counts


def _with_stand_in(points: list[Breakpoint], parcours: Parcours) -> tuple[Breakpoint, ...]:
    """Give the tutor's turns to the coordinator for the days of an absence."""
    absence = parcours.tutor_absence
    if absence is None:
        return tuple(points)
    leaves, returns = days.start_of(absence.first), days.end_of(absence.last)
    shared: list[Breakpoint] = []
    for index, point in enumerate(points):
        end = points[index + 1].start if index + 1 < len(points) else None
        # Who sealed agrees to an address, and nobody instead.
        passes = point.role is Role.TUTOR and point.state is not State.TO_ACCEPT_COLLEAGUE
        if not passes or returns <= point.start or (end is not None and end <= leaves):
            shared.append(point)
            continue
        if point.start < leaves:
            shared.append(point)
        shared.append(point._replace(start=max(leaves, point.start), role=Role.COORDINATOR))
        if end is None or returns < end:
            shared.append(point._replace(start=returns))
    return tuple(shared)
