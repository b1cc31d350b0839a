"""The *historique*: events of a parcours as codes of a closed list, and the milestones between which delays are measured.

An event can name nobody and quote nothing: every field is a code, a count or an instant.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.domain.kernel.values import Code, Instant, Kind, Role, Value

OLDEST = timedelta(days=10 * 366)
"""How far back a fact may have happened: a history that began before the tool can be entered."""


class EventKind(Code):
    """Everything that can ever be told about a parcours. Codes are stored, so they are never renamed."""

    OFFER_DECLARED = "offer_declared"
    OFFER_EDITED = "offer_edited"
    OFFER_IMPORTED = "offer_imported"
    OFFER_TAKEN = "offer_taken"
    RESERVATION_LAPSED = "reservation_lapsed"
    TUTOR_ASSIGNED = "tutor_assigned"
    CONTACTS_CONFIRMED = "contacts_confirmed"
    ATTEMPT_OPENED = "attempt_opened"
    NOTICE_HANDED_OVER = "notice_handed_over"

    DEPOSIT_OPENED = "deposit_opened"
    DEPOSIT_ABANDONED = "deposit_abandoned"
    DOCUMENTS_RECEIVED = "documents_received"
    DOCUMENTS_VERIFIED = "documents_verified"
    DOCUMENTS_REFUSED = "documents_refused"
    LINK_SENT = "link_sent"
    LINK_MAY_HAVE_LEFT = "link_may_have_left"
    LINK_RESENT = "link_resent"
    LINK_OPENED = "link_opened"
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
    LINK_PASSED_ON = "link_passed_on"

    SLOTS_PROPOSED = "slots_proposed"
    SLOT_ACCEPTED = "slot_accepted"
    OTHER_SLOTS_ASKED = "other_slots_asked"
    MEETING_FIXED = "meeting_fixed"
    MEETING_MOVED = "meeting_moved"
    MEETING_CANCELLED = "meeting_cancelled"
    MEETING_HELD = "meeting_held"
    MEETING_MISSED = "meeting_missed"
    COMPANY_DECLINED = "company_declined"
    DECLINE_UNDONE = "decline_undone"

    YOUNG_PERSON_WITHDREW = "young_person_withdrew"
    ATTEMPT_STOPPED = "attempt_stopped"
    CONVENTION_SIGNED = "convention_signed"
    PLACEMENT_STARTED = "placement_started"
    PLACEMENT_ENDED = "placement_ended"
    REVIEW_DONE = "review_done"

    CALL_NOTED = "call_noted"
    CLAUSE_EXPLAINED = "clause_explained"
    DATES_PROMISED = "dates_promised"
    CALL_BACK_PLANNED = "call_back_planned"
    MAIL_SENT_OUTSIDE = "mail_sent_outside"
    DOCUMENTS_SENT_OUTSIDE = "documents_sent_outside"
    REMINDER_SENT = "reminder_sent"
    BUYER_TOLD = "buyer_told"
    TURN_PASSED = "turn_passed"
    ABSENCE_ANNOUNCED = "absence_announced"
    CORRECTED = "corrected"
    PASSAGE_LAPSED = "passage_lapsed"
    PARCOURS_LAPSED = "parcours_lapsed"
    PARCOURS_WITHDRAWN = "parcours_withdrawn"


class Reason(Code):
    """Why; the reasons of every kind of event, one closed list."""

    NOT_A_PDF = "not_a_pdf"
    PROTECTED = "protected"
    ACTIVE = "active"
    ATTACHMENTS = "attachments"
    PAGE_COUNT = "page_count"
    UNVERIFIABLE = "unverifiable"
    NOT_AS_DECLARED = "not_as_declared"

    WRONG_ANSWERS = "wrong_answers"
    NEVER_OPENED = "never_opened"
    NEVER_CONFIRMED = "never_confirmed"

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

    REACHED = "reached"
    NO_ANSWER = "no_answer"
    MESSAGE_LEFT = "message_left"
    WRONG_NUMBER = "wrong_number"
    CONTACT_GONE = "contact_gone"

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
    OTHER = "other"


class Interlocutor(Code):
    """With whom something was said, as a role of the record: never a name."""

    ANSWERS_TENDER = "answers_tender"
    WELCOMES = "welcomes"
    BUYER = "buyer"
    TUTOR = "tutor"


class Event(Value):
    """One fact of the timeline."""

    parcours: str
    """Id of the parcours."""
    id: str
    """Drawn (32 hex), or derived where the same fact must never stand twice."""
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
    """How many (dates proposed, days after which she stopped)."""
    contact: Interlocutor | None = None
    """With whom."""
    planned_at: Instant | None = None
    """For when: the day promised, the day to call back, the hour of the meeting."""
    corrects: str | None = None
    """Id of the event that this one corrects."""


class Milestone(StrEnum):
    """What an attempt reaches, in order."""

    TAKEN = "taken"
    ANNOUNCED = "announced"
    SENT = "sent"
    OPENED = "opened"
    ANSWERED = "answered"
    MET = "met"
    SIGNED = "signed"


MILESTONE_OF: dict[EventKind, Milestone] = {
    EventKind.OFFER_TAKEN: Milestone.TAKEN,
    EventKind.ATTEMPT_OPENED: Milestone.TAKEN,
    EventKind.DEPOSIT_OPENED: Milestone.ANNOUNCED,
    EventKind.LINK_SENT: Milestone.SENT,
    EventKind.LINK_OPENED: Milestone.OPENED,
    EventKind.SLOTS_PROPOSED: Milestone.ANSWERED,
    EventKind.MEETING_FIXED: Milestone.ANSWERED,
    EventKind.MEETING_HELD: Milestone.MET,
    EventKind.CONVENTION_SIGNED: Milestone.SIGNED,
}
"""Which fact reaches which milestone."""


def milestones_after(reached: dict[str, datetime], event: Event) -> dict[str, datetime]:
    """The milestones once this fact is told; only the first time counts."""
    milestone = MILESTONE_OF.get(event.kind)
    if milestone is None or milestone in reached:
        return reached
    return reached | {milestone.value: event.occurred_at or event.at}


def milestones_without(
    reached: dict[str, datetime], wrong: Event, before: dict[str, datetime]
) -> dict[str, datetime]:
    """The milestones once this fact is taken back; ``before``: those that stood when it was told."""
    milestone = MILESTONE_OF.get(wrong.kind)
    return {name: at for name, at in reached.items() if name != milestone or name in before}
