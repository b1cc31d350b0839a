"""The *historique*: events of a parcours as codes of a closed list, each with its rule in one row (``EventKind``).

An event can name nobody and quote nothing: every field is a code, a count or an instant.
What each row is called in French: ``words/timeline.py``.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Self

from chalicelib.domain.kernel.board import Board
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.values import Code, Instant, Kind, ParcoursStatus, Role, Setback, Step, Value

OLDEST = timedelta(days=10 * 366)
"""How far back a fact may have happened: a history that began before the tool can be entered."""


class Reason(Code):
    """Why; the reasons of every kind of event, one closed list."""

    NOT_CANONICAL = "not_canonical"
    NOT_AS_DECLARED = "not_as_declared"
    # What earlier versions refused a document for, and histories hold.
    NOT_A_PDF = "not_a_pdf"
    PROTECTED = "protected"
    ACTIVE = "active"
    ATTACHMENTS = "attachments"
    PAGE_COUNT = "page_count"
    UNVERIFIABLE = "unverifiable"

    WRONG_ANSWERS = "wrong_answers"
    NEVER_OPENED = "never_opened"
    NEVER_CONFIRMED = "never_confirmed"
    ASSISTIVE_TOOLS = "assistive_tools"

    END_NOT_SENT = "end_not_sent"
    COPIES_NOT_SENT = "copies_not_sent"
    REMINDER_NOT_SENT = "reminder_not_sent"
    INVITATION_NOT_SENT = "invitation_not_sent"
    CANCELLATION_NOT_SENT = "cancellation_not_sent"
    EVE_NOT_SENT = "eve_not_sent"
    DATES_NOT_SENT = "dates_not_sent"
    REFUSAL_NOT_SENT = "refusal_not_sent"
    UNDOING_NOT_SENT = "undoing_not_sent"
    CHECK_NOT_SENT = "check_not_sent"
    HANDOVER_NOT_SENT = "handover_not_sent"
    QUESTION_NOT_SENT = "question_not_sent"
    SMS_NOT_SENT = "sms_not_sent"
    RESUMING_NOT_SENT = "resuming_not_sent"

    NO_MAILBOX = "no_mailbox"
    MAILBOX_BLOCKED = "mailbox_blocked"
    MAILBOX_FULL = "mailbox_full"
    MAIL_TOO_LARGE = "mail_too_large"
    MAIL_CONTENT = "mail_content"
    MAIL_VIRUS = "mail_virus"
    MAIL_UNWANTED = "mail_unwanted"
    MAIL_UNCERTAIN = "mail_uncertain"

    REACHED = "reached"
    NO_ANSWER = "no_answer"
    MESSAGE_LEFT = "message_left"
    WRONG_NUMBER = "wrong_number"
    CONTACT_GONE = "contact_gone"

    YOUNG_PERSON_AWAY = "young_person_away"
    COMPANY_CLOSED = "company_closed"
    COMPANY_ASKS = "company_asks"

    COMPANY_ABSENT = "company_absent"
    YOUNG_PERSON_ABSENT = "young_person_absent"
    PUT_OFF = "put_off"
    TUTOR_GONE = "tutor_gone"

    PROFILE_MISMATCH = "profile_mismatch"
    NO_HOST_AVAILABLE = "no_host_available"
    ACTIVITY_STOPPED = "activity_stopped"
    DATES_UNSUITABLE = "dates_unsuitable"
    SCHOOL_HOLIDAYS = "school_holidays"
    TOO_LONG = "too_long"
    OTHER_PATH = "other_path"
    COMPANY_CHOICE = "company_choice"
    CONTRACT_ENDED = "contract_ended"

    OFFER_UNKNOWN = "offer_unknown"
    OFFER_TWICE = "offer_twice"
    OFFER_INEXACT = "offer_inexact"
    OFFER_UNSUITABLE = "offer_unsuitable"
    OFFER_TELLS = "offer_tells"
    HOST_SOUGHT = "host_sought"
    OTHER_SITE = "other_site"
    AT_SUBCONTRACTOR = "at_subcontractor"
    WORKS_LATER = "works_later"
    TASKS_TO_REVIEW = "tasks_to_review"
    UNUSUAL_HOURS = "unusual_hours"
    EQUIPMENT_NEEDED = "equipment_needed"
    FAR_FROM_TRANSPORT = "far_from_transport"
    PREFERS_MAIL = "prefers_mail"
    PENALTIES_RECALLED = "penalties_recalled"

    OTHER = "other"


class Interlocutor(Code):
    """With whom something was said, as a role of the record: never a name."""

    ANSWERS_TENDER = "answers_tender"
    WELCOMES = "welcomes"
    BUYER = "buyer"
    TUTOR = "tutor"


class Milestone(StrEnum):
    """What an attempt reaches, in order; but a convention is signed in any order (``SIGNATURES``)."""

    TAKEN = "taken"
    ANNOUNCED = "announced"
    SENT = "sent"
    OPENED = "opened"
    ANSWERED = "answered"
    MET = "met"
    CONVENTION_SENT = "convention_sent"
    SIGNED_BY_COMPANY = "signed_by_company"
    SIGNED_BY_FAMILY = "signed_by_family"
    SIGNED_BY_SCHOOL = "signed_by_school"
    SIGNED = "signed"
    """By all three."""


SIGNATURES = (Milestone.SIGNED_BY_COMPANY, Milestone.SIGNED_BY_FAMILY, Milestone.SIGNED_BY_SCHOOL)
"""Who signs a convention, in the order in which they are asked."""


def find_unsigned(reached: Collection[str]) -> tuple[Milestone, ...]:
    """Return the signatures that a convention lacks, by the milestones that are reached."""
    return tuple(signature for signature in SIGNATURES if signature not in reached)


class Planned(StrEnum):
    """What else an outcome says: nothing, for which day, or for which day and hour."""

    NOTHING = "nothing"
    DAY = "day"
    HOUR = "hour"


ANYBODY = frozenset({Role.TUTOR, Role.COORDINATOR, Role.BUYER, Role.PRESCRIBER, Role.TEAM})
ACCOMPANYING = frozenset({Role.TUTOR, Role.COORDINATOR, Role.TEAM})
"""Who was there, or learnt it from somebody who was: what becomes of a meeting."""
WITNESSES = ACCOMPANYING | {Role.COMPANY}
INFORMED = ACCOMPANYING | {Role.BUYER}
"""And the buyer, to whom the contract sends the convention and the review; whose prescriber learns of them there."""
PREPARING = frozenset({ParcoursStatus.IN_PREPARATION})
ONGOING = frozenset({ParcoursStatus.AVAILABLE, ParcoursStatus.IN_PREPARATION, ParcoursStatus.IN_PROGRESS})
IN_PROGRESS = frozenset({ParcoursStatus.IN_PROGRESS})
BEFORE_MEETING = frozenset(
    {Step.DOCUMENTS_TO_SEND, Step.LINK_SENT, Step.OPENED, Step.RECEIVED, Step.SLOTS_PROPOSED}
)
UNTIL_MEETING = BEFORE_MEETING | {Step.MEETING_FIXED}
CALLS = (Reason.REACHED, Reason.NO_ANSWER, Reason.MESSAGE_LEFT, Reason.WRONG_NUMBER, Reason.CONTACT_GONE)
MISSES = (Reason.YOUNG_PERSON_ABSENT, Reason.COMPANY_ABSENT, Reason.PUT_OFF, Reason.OTHER)
DECLINES = (
    Reason.PROFILE_MISMATCH,
    Reason.NO_HOST_AVAILABLE,
    Reason.ACTIVITY_STOPPED,
    Reason.DATES_UNSUITABLE,
    Reason.OTHER,
)
REMARKS = (
    Reason.HOST_SOUGHT,
    Reason.OTHER_SITE,
    Reason.AT_SUBCONTRACTOR,
    Reason.WORKS_LATER,
    Reason.TASKS_TO_REVIEW,
    Reason.UNUSUAL_HOURS,
    Reason.EQUIPMENT_NEEDED,
    Reason.FAR_FROM_TRANSPORT,
    Reason.PREFERS_MAIL,
    Reason.PENALTIES_RECALLED,
)
"""What people want to write about an offer. A free text would hold what is said of young people."""


LONGEST_PAUSE = timedelta(days=184)
"""Six months: a longer wait is an end."""
UNANSWERED = frozenset({Setback.DECLINED, Setback.MEETING_MISSED})
"""Setbacks that end when the company promises dates: it is awaited again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Value):
    """What an agent says happened."""

    kind: "EventKind"
    reason: Reason | None = None
    contact: Interlocutor | None = None
    occurred_at: Instant
    """« survenu le »; the instant of noting for what just happened."""
    planned_at: Instant | None = None
    key: str = ""
    """The id that the fact will have (32 hex), drawn by the page; empty: it is drawn when it is noted."""

    @property
    def planned_on(self) -> date:
        """The day for which something is planned; only of an outcome whose kind plans (``Move.planned``)."""
        assert self.planned_at is not None
        return day_of(self.planned_at)


def _keep(board: Board, outcome: Outcome) -> Board:
    """Change nothing: the default of ``Move.sets``."""
    return board


def _set_promised(board: Board, outcome: Outcome) -> Board:
    """Note the day for which the company promised dates; a refusal or a missed meeting ends: it is awaited again."""
    if board.setback in UNANSWERED:
        board = replace(board, setback=None, since=outcome.occurred_at)
    return replace(board, promised_on=outcome.planned_on)


def _set_call_back(board: Board, outcome: Outcome) -> Board:
    """Note the day on which to call again."""
    return replace(board, call_back_on=outcome.planned_on, call_back_since=outcome.occurred_at)


def _clear_call_back(board: Board, outcome: Outcome) -> Board:
    """Clear the call that was planned once somebody was reached, unless that was before it was planned."""
    since = board.call_back_since
    is_earlier = since is not None and outcome.occurred_at < since
    if outcome.reason is not Reason.REACHED or board.call_back_on is None or is_earlier:
        return board
    return replace(board, call_back_on=None, call_back_since=None)


def _begin_pause(board: Board, outcome: Outcome) -> Board:
    """Begin a pause until the planned day."""
    return replace(board, paused_since=outcome.occurred_at, paused_until=outcome.planned_on)


def _end_pause(board: Board, outcome: Outcome) -> Board:
    """End the pause on the day before: working days count again from the day of the outcome on."""
    return replace(board, paused_until=day_of(outcome.occurred_at) - timedelta(days=1))


def _set_meeting(board: Board, outcome: Outcome) -> Board:
    """Note when the meeting is."""
    return replace(board, meeting_at=outcome.planned_at)


def _return_to_documents(board: Board, outcome: Outcome) -> Board:
    """Go back to the step of the documents: nothing that was agreed is left."""
    return replace(board, step=board.documents_step)


def _leave_fixed_meeting(board: Board, outcome: Outcome) -> Board:
    """Go back to the step of the documents where a meeting was fixed: it falls with the refusal."""
    return _return_to_documents(board, outcome) if board.step is Step.MEETING_FIXED else board


def _set_outside(board: Board, outcome: Outcome) -> Board:
    """Note when documents were sent outside of the tool."""
    return replace(board, outside_at=outcome.occurred_at)


def _plan_placement_end(board: Board, outcome: Outcome) -> Board:
    """Note the day on which the internship is to end."""
    return replace(board, placement_until=outcome.planned_on)


def _set_placement_end(board: Board, outcome: Outcome) -> Board:
    """Note the day on which the internship ended."""
    return replace(board, placement_until=day_of(outcome.occurred_at))


def _is_always_open(board: Board, now: datetime) -> bool:
    """Return True: the outcome depends on no condition."""
    return True


def _is_paused(board: Board, now: datetime) -> bool:
    """Whether the pause lasts today."""
    return board.paused_until is not None and day_of(now) <= board.paused_until


def _has_meeting_behind(board: Board, now: datetime) -> bool:
    """Whether the hour of a fixed meeting has come, even while other dates are proposed: before it, a meeting is cancelled."""
    if board.meeting_at is None:
        return board.step is Step.MEETING_FIXED
    return board.meeting_at <= now


def _lacks(signature: Milestone) -> Callable[[Board, datetime], bool]:
    """Return the condition that a convention lacks this signature and another one: with the last one it is signed."""

    def is_lacking(board: Board, now: datetime) -> bool:
        """Whether the signature may be noted on this board."""
        unsigned = find_unsigned(board.reached)
        return signature in unsigned and len(unsigned) > 1

    return is_lacking


@dataclass(frozen=True)
class Move:
    """How people note a fact as an outcome, and what it makes of the board."""

    who: frozenset[Role] = ANYBODY
    status: frozenset[ParcoursStatus] = ONGOING
    steps: frozenset[Step] | None = None
    """None: any step, and none."""
    condition: Callable[[Board, datetime], bool] = _is_always_open
    """What else must be true of the board when it is noted."""
    to: Step | None = None
    """The step that it leads to; None: the step stays."""
    to_status: ParcoursStatus | None = None
    setback: Setback | None = None
    sets: Callable[[Board, Outcome], Board] = _keep
    """What it writes on the board beside that."""
    always_sets: bool = False
    """Whether ``sets`` writes something whatever is on the board."""
    reasons: tuple[Reason, ...] = ()
    """One of these must be given."""
    planned: Planned = Planned.NOTHING
    longest: timedelta | None = None
    """How long after it happened that may be planned at most, within the contract; None: ``outcomes.FARTHEST``."""
    contact: bool = False
    """Whether it says with whom."""
    reaches: bool = False
    """Whether it is an attempt to reach somebody, and not what came of one."""
    on_a_day: bool = False
    """Whether it is seldom noted on the day it happens, so that its button asks which day."""
    of_meeting: bool = False
    """Whether it says what became of a meeting, which is known on its day at the earliest."""

    @property
    def moves_on(self) -> bool:
        """Whether it leads to another step or status, or to a setback."""
        return bool(self.to or self.to_status or self.setback)

    @property
    def always_moves(self) -> bool:
        """Whether it changes every board, so that it cannot be taken back without the board before it."""
        return self.moves_on or self.always_sets

    @property
    def ends_passage(self) -> bool:
        """Whether the passage is over once it is noted."""
        return self.to_status is ParcoursStatus.COMPLETED

    def is_open(self, board: Board, role: Role, now: datetime) -> bool:
        """Whether the outcome may be noted on this board, by somebody in this role."""
        is_here = board.status in self.status and (self.steps is None or board.step in self.steps)
        return role in self.who and is_here and self.condition(board, now)

    def apply(self, board: Board, outcome: Outcome) -> Board:
        """Return the board once this outcome is noted; an equal one when it changes nothing."""
        board_after_move = self._moved_on(board, outcome.occurred_at) if self.moves_on else board
        return self.sets(board_after_move, outcome)

    def _moved_on(self, board: Board, since: datetime) -> Board:
        """Return the board at another step, status or setback: what was agreed for the former step, and a pause, are over."""
        status = self.to_status or board.status
        is_prepared = status is ParcoursStatus.IN_PREPARATION
        return replace(
            board,
            status=status,
            step=(self.to or board.step) if is_prepared else None,
            since=since,
            setback=self.setback,
            meeting_at=None,
            placement_until=None,
            promised_on=None,
            call_back_on=None,
            call_back_since=None,
            paused_since=None,
            paused_until=None,
        )


def _build_convention_move(condition: Callable[[Board, datetime], bool] = _is_always_open) -> Move:
    """Return the rule of a fact between the meeting and the convention that all have signed: the turn begins anew."""
    return Move(
        who=INFORMED,
        status=PREPARING,
        steps=frozenset({Step.MEETING_HELD}),
        condition=condition,
        to=Step.MEETING_HELD,
        on_a_day=True,
    )


class EventKind(Code):
    """Every fact of a timeline: its code, its rule if people note it as an outcome, the milestone that it reaches.

    Codes are stored, so they are never renamed. Outcomes are in the order of their buttons.
    """

    move: Move | None
    """None: it is no outcome; the relay or another page notes it."""
    milestone: Milestone | None

    def __new__(cls, code: str, move: Move | None = None, milestone: Milestone | None = None) -> Self:
        kind = str.__new__(cls, code)
        kind._value_, kind.move, kind.milestone = code, move, milestone
        return kind

    CALL_NOTED = "call_noted", Move(sets=_clear_call_back, reasons=CALLS, contact=True, reaches=True)
    CLAUSE_EXPLAINED = "clause_explained", Move(contact=True)
    MAIL_SENT_OUTSIDE = "mail_sent_outside", Move(contact=True, reaches=True)
    DOCUMENTS_SENT_OUTSIDE = (  # by mail, before the tool: the company is awaited all the same
        "documents_sent_outside",
        Move(
            who=ACCOMPANYING,
            status=PREPARING,
            steps=frozenset({Step.DOCUMENTS_TO_SEND}),
            to=Step.RECEIVED,
            sets=_set_outside,
            contact=True,
            reaches=True,
            on_a_day=True,
        ),
    )
    CALL_BACK_PLANNED = (
        "call_back_planned",
        Move(sets=_set_call_back, always_sets=True, planned=Planned.DAY, contact=True),
    )
    DATES_PROMISED = (
        "dates_promised",
        Move(
            status=PREPARING,
            steps=BEFORE_MEETING,
            sets=_set_promised,
            always_sets=True,
            planned=Planned.DAY,
            contact=True,
        ),
    )
    PAUSED = (
        "paused",
        Move(
            status=PREPARING,
            steps=BEFORE_MEETING | {Step.MEETING_HELD},
            sets=_begin_pause,
            always_sets=True,
            planned=Planned.DAY,
            longest=LONGEST_PAUSE,
        ),
    )
    PAUSE_ENDED = (
        "pause_ended",
        Move(
            status=PREPARING,
            steps=BEFORE_MEETING | {Step.MEETING_HELD},
            condition=_is_paused,
            sets=_end_pause,
            always_sets=True,
        ),
    )
    MEETING_FIXED = (
        "meeting_fixed",
        Move(
            status=PREPARING,
            steps=UNTIL_MEETING,
            to=Step.MEETING_FIXED,
            sets=_set_meeting,
            planned=Planned.HOUR,
            contact=True,
        ),
        Milestone.ANSWERED,
    )
    MEETING_HELD = (
        "meeting_held",
        Move(
            who=WITNESSES,
            status=PREPARING,
            steps=UNTIL_MEETING,
            to=Step.MEETING_HELD,
            on_a_day=True,
            of_meeting=True,
        ),
        Milestone.MET,
    )
    MEETING_MISSED = (
        "meeting_missed",
        Move(
            who=WITNESSES,
            status=PREPARING,
            steps=frozenset({Step.MEETING_FIXED, Step.SLOTS_PROPOSED}),
            condition=_has_meeting_behind,
            sets=_return_to_documents,
            setback=Setback.MEETING_MISSED,
            reasons=MISSES,
            of_meeting=True,
        ),
    )
    COMPANY_DECLINED = (
        "company_declined",
        Move(
            status=PREPARING,
            steps=UNTIL_MEETING | {Step.MEETING_HELD},
            sets=_leave_fixed_meeting,
            setback=Setback.DECLINED,
            reasons=DECLINES,
            contact=True,
        ),
    )
    REMARK_NOTED = "remark_noted", Move(reasons=REMARKS)
    CONVENTION_SENT = "convention_sent", _build_convention_move(), Milestone.CONVENTION_SENT
    SIGNED_BY_COMPANY = (
        "signed_by_company",
        _build_convention_move(_lacks(Milestone.SIGNED_BY_COMPANY)),
        Milestone.SIGNED_BY_COMPANY,
    )
    SIGNED_BY_FAMILY = (
        "signed_by_family",
        _build_convention_move(_lacks(Milestone.SIGNED_BY_FAMILY)),
        Milestone.SIGNED_BY_FAMILY,
    )
    SIGNED_BY_SCHOOL = (
        "signed_by_school",
        _build_convention_move(_lacks(Milestone.SIGNED_BY_SCHOOL)),
        Milestone.SIGNED_BY_SCHOOL,
    )
    CONVENTION_SIGNED = (  # by all three, or with the last signature: it says until when the internship lasts
        "convention_signed",
        Move(
            who=INFORMED,
            status=PREPARING,
            steps=frozenset({Step.MEETING_FIXED, Step.MEETING_HELD}),
            to_status=ParcoursStatus.IN_PROGRESS,
            sets=_plan_placement_end,
            planned=Planned.DAY,
            on_a_day=True,
        ),
        Milestone.SIGNED,
    )
    PLACEMENT_STARTED = "placement_started", Move(who=INFORMED, status=IN_PROGRESS, on_a_day=True)
    PLACEMENT_ENDED = (
        "placement_ended",
        Move(who=INFORMED, status=IN_PROGRESS, sets=_set_placement_end, on_a_day=True),
    )
    REVIEW_DONE = (
        "review_done",
        Move(who=INFORMED, status=IN_PROGRESS, to_status=ParcoursStatus.COMPLETED, on_a_day=True),
    )

    OFFER_DECLARED = "offer_declared"
    OFFER_EDITED = "offer_edited"
    OFFER_IMPORTED = "offer_imported"
    OFFER_REPORTED = "offer_reported"
    OFFER_TAKEN = "offer_taken", None, Milestone.TAKEN
    RESERVATION_LAPSED = "reservation_lapsed"
    TUTOR_ASSIGNED = "tutor_assigned"
    CONTACTS_CONFIRMED = "contacts_confirmed"
    ATTEMPT_OPENED = "attempt_opened", None, Milestone.TAKEN
    NOTICE_HANDED_OVER = "notice_handed_over"
    DATA_REQUESTED = "data_requested"
    DATA_REQUEST_DISCUSSED = "data_request_discussed"
    SENDING_STOPPED = "sending_stopped"
    CANNOT_COME = "cannot_come"
    MEETING_KEPT = "meeting_kept"

    DEPOSIT_OPENED = "deposit_opened", None, Milestone.ANNOUNCED
    DEPOSIT_ABANDONED = "deposit_abandoned"
    DOCUMENTS_RECEIVED = "documents_received"
    DOCUMENTS_VERIFIED = "documents_verified"
    DOCUMENTS_REFUSED = "documents_refused"
    LINK_SENT = "link_sent", None, Milestone.SENT
    LINK_MAY_HAVE_LEFT = "link_may_have_left"
    LINK_RESENT = "link_resent"
    LINK_OPENED = "link_opened", None, Milestone.OPENED
    LINK_REVOKED = "link_revoked"
    LINK_EXPIRED = "link_expired"
    LINK_CLOSED = "link_closed"
    MAIL_FAILED = "mail_failed"
    COMPANY_MAIL_LOST = "company_mail_lost"
    BUYER_MAIL_LOST = "buyer_mail_lost"
    MAIL_DELIVERED = "mail_delivered"
    MAIL_BOUNCED = "mail_bounced"
    DOCUMENTS_CONFIRMED = "documents_confirmed"
    DOCUMENTS_UNREADABLE = "documents_unreadable"
    DOCUMENTS_ERASED = "documents_erased"
    ERASURE_REQUESTED = "erasure_requested"
    SENDING_REQUESTED = "sending_requested"
    COPIES_DELETED = "copies_deleted"

    COLLEAGUE_NAMED = "colleague_named"
    COLLEAGUE_ADDED = "colleague_added"
    COLLEAGUE_AGREED = "colleague_agreed"
    COLLEAGUE_REFUSED = "colleague_refused"
    LINK_PASSED_ON = "link_passed_on"

    SLOTS_PROPOSED = "slots_proposed", None, Milestone.ANSWERED
    SLOT_ACCEPTED = "slot_accepted"
    OTHER_SLOTS_ASKED = "other_slots_asked"
    MEETING_MOVED = "meeting_moved"
    MEETING_CANCELLED = "meeting_cancelled"
    DECLINE_UNDONE = "decline_undone"

    OFFER_GIVEN_BACK = "offer_given_back"
    YOUNG_PERSON_WITHDREW = "young_person_withdrew"
    ATTEMPT_STOPPED = "attempt_stopped"
    REMINDER_SENT = "reminder_sent"
    BUYER_TOLD = "buyer_told"
    SMS_SENT = "sms_sent"
    SMS_STOPPED = "sms_stopped"
    ABSENCE_ANNOUNCED = "absence_announced"
    CORRECTED = "corrected"
    PASSAGE_LAPSED = "passage_lapsed"
    PARCOURS_LAPSED = "parcours_lapsed"
    PARCOURS_WITHDRAWN = "parcours_withdrawn"


ROUTINE = frozenset(
    {
        EventKind.REMINDER_SENT,
        EventKind.BUYER_TOLD,
        EventKind.SMS_SENT,
        EventKind.SMS_STOPPED,
        EventKind.MAIL_DELIVERED,
        EventKind.DATA_REQUESTED,
    }
)
"""Noted by the service itself, these are no news of a passage. Nobody has verified who makes a request."""
LEFT = frozenset({EventKind.LINK_SENT, EventKind.LINK_MAY_HAVE_LEFT, EventKind.MAIL_FAILED})
"""After these no document is on its way to us any more."""
CONSENTED = frozenset(
    {EventKind.COLLEAGUE_AGREED, EventKind.COLLEAGUE_REFUSED, EventKind.LINK_RESENT, EventKind.LINK_REVOKED}
)
"""After these no colleague waits for an answer any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Value):
    """One fact of the timeline."""

    parcours: str
    """Id of the parcours."""
    id: str
    """Drawn (32 hex), or derived where the same fact must never be noted twice."""
    attempt: int | None
    """Number of the young person's passage it belongs to; None for what is older or wider than any."""
    kind: EventKind
    at: Instant
    """When it was noted."""
    actor: Role
    occurred_at: Instant | None = None
    """« survenu le »: when it happened, where that is not when it was noted."""
    documents: tuple[Kind, ...] = ()
    reason: Reason | None = None
    count: int | None = None
    """How many (dates proposed, days after which the young person stopped)."""
    contact: Interlocutor | None = None
    """With whom."""
    planned_at: Instant | None = None
    """For when: the day promised, the day to call back, the hour of the meeting."""
    moved_from: Instant | None = None
    """When the meeting was to be that it moves."""
    sent_at: Instant | None = None
    """When the documents that it erases had been sent."""
    corrects: str | None = None
    """Id of the event that this one corrects."""

    @property
    def happened_at(self) -> datetime:
        """When it happened, which may be long before it was noted."""
        return self.occurred_at or self.at


def add_milestones(reached: dict[str, datetime], event: Event) -> dict[str, datetime]:
    """Return the milestones reached with this fact; only the first time of each counts."""
    milestone = event.kind.milestone
    if milestone is None or milestone in reached:
        return reached
    return reached | {milestone.value: event.happened_at}


def remove_milestones(
    reached: dict[str, datetime], wrong: Event, before: dict[str, datetime]
) -> dict[str, datetime]:
    """Return the milestones left when this fact is corrected. ``before``: those reached before it was noted."""
    milestone = wrong.kind.milestone
    return {name: at for name, at in reached.items() if name != milestone or name in before}


HEARD = frozenset(
    {
        Reason.REACHED.value,
        EventKind.CLAUSE_EXPLAINED.value,
        EventKind.DATES_PROMISED.value,
        EventKind.MEETING_FIXED.value,
        EventKind.COMPANY_DECLINED.value,
    }
)
"""What is noted with a contact who said something then (codes of ``name_result``)."""


def name_result(event: Event) -> str:
    """Return the code of what came of an exchange with a contact: the result of a call, else the kind of the event."""
    if event.kind is EventKind.CALL_NOTED and event.reason is not None:
        return event.reason.value
    return event.kind.value
