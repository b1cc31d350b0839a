"""The answer of a decision: changes, facts and mails, all written in one transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import Field

from chalicelib.domain.kernel.timeline import Event, EventKind, Reason
from chalicelib.domain.kernel.values import Aggregate, Code, Instant, Kind, Role

ID_BYTES = 16


@dataclass(frozen=True)
class Change:
    """``before`` is what was read (None: it must not exist yet), ``after`` what shall be there (None: nothing)."""

    before: Aggregate | None
    after: Aggregate | None


class MailKind(Code):
    """The mails that can wait in the outbox."""

    LINK = "link"
    SENDING_NOTICE = "sending_notice"
    REFUSAL_NOTICE = "refusal_notice"
    FAILURE_NOTICE = "failure_notice"
    UNSENT_NOTICE = "unsent_notice"
    SIGN_IN_CODE = "sign_in_code"
    CONFIRMATION_NOTICE = "confirmation_notice"
    UNREADABLE_NOTICE = "unreadable_notice"
    CLOSED_NOTICE = "closed_notice"
    REQUEST_NOTICE = "request_notice"
    END_TO_COMPANY = "end_to_company"
    END_TO_BUYER = "end_to_buyer"
    REMINDER = "reminder"
    CONTACT_CHECK = "contact_check"
    RESERVATION_WARNING = "reservation_warning"
    RESERVATION_LAPSED = "reservation_lapsed"
    INVITATION = "invitation"
    HANDOVER = "handover"
    SLOTS_NOTICE = "slots_notice"
    MEETING_INVITATION = "meeting_invitation"
    MEETING_CANCELLED = "meeting_cancelled"
    OTHER_SLOTS = "other_slots"
    EVE_REMINDER = "eve_reminder"
    MEETING_TOLD = "meeting_told"
    DECLINE_NOTICE = "decline_notice"
    DECLINE_TO_COMPANY = "decline_to_company"
    DECLINE_UNDONE = "decline_undone"
    COLLEAGUE_QUESTION = "colleague_question"
    ASSIGNED = "assigned"
    PASSAGE_LAPSED = "passage_lapsed"
    ACCOUNT_UNUSED = "account_unused"
    HANDED_AWAY = "handed_away"
    CONTACTS_CHANGED = "contacts_changed"


class OutboxMail(Aggregate):
    """A mail to be sent: ids only, so that neither an address nor a token waits in a table."""

    key: str
    """``<link>#<version>`` for a link, else drawn or derived; the item is ``mail#<key>``."""
    kind: MailKind
    created_at: Instant
    link: str | None = None
    version: int | None = None
    deposit: str | None = None
    challenge: str | None = None
    """SHA-256 of the sign-in challenge."""
    parcours: str | None = None
    account: str | None = None
    """Account id of the agent it goes to, where neither link nor deposit may still say so when it leaves."""
    about: str | None = None
    """Account id of the colleague it speaks of: who invites, whose parcours are taken over; of a mail about a meeting, whose seat
    (``Seat.id``)."""
    asks: Role | None = None
    """Of a reminder: whether it asks the buyer or the company, once no link is out; of a message that was given up: who did
    not get it."""
    document: Kind | None = None
    """The document it speaks of,"""
    reason: Reason | None = None
    """and why."""
    contacts: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Id of a parcours → what changed about its contacts (codes of ``contact_changes``)."""
    attempt: int | None = None
    """Number of the passage it speaks of, which may be over when it leaves."""
    to: Role | None = None
    """Which side it goes to, where several get the same: ``COMPANY``, ``TUTOR`` or ``BUYER``;
    ``COORDINATOR``: the account that sent the link without accompanying."""
    sequence: int | None = None
    """Of a mail about a meeting: the version that it is about."""
    lease_until: Instant | None = None
    """Until when one mailer holds it."""
    awaited_since: Instant | None = None
    """Since when it may leave, if that is later than its making."""
    tries: int = 0
    """How often a mailer took it,"""
    tried_at: Instant | None = None
    """when it last did,"""
    refusals: int = 0
    """how often the mail service refused it,"""
    outages: int = 0
    """and how often it surely did not leave, for a reason that passes. Every other try ended without an answer."""

    @property
    def is_understood(self) -> bool:
        """Whether this version knows what it says and to whom; otherwise it waits for one that does."""
        codes = (self.kind, self.asks, self.document, self.reason, self.to)
        return all(one is None or one.is_known for one in codes)


@dataclass(frozen=True)
class Transition:
    """Everything or nothing. An empty one writes nothing."""

    changes: tuple[Change, ...] = ()
    events: tuple[Event, ...] = ()
    mails: tuple[OutboxMail, ...] = ()
    erased: tuple[Event, ...] = ()
    """Facts that are erased, their time being over: retention alone does so."""

    @classmethod
    def nothing(cls) -> "Transition":
        """The state already says what was asked."""
        return cls()

    def __bool__(self) -> bool:
        return bool(self.changes or self.events or self.mails or self.erased)

    def __add__(self, more: "Transition") -> "Transition":
        """Both together."""
        return Transition(
            changes=self.changes + more.changes,
            events=self.events + more.events,
            mails=self.mails + more.mails,
            erased=self.erased + more.erased,
        )


@dataclass
class Draw:
    """What one decision needs from outside: the instant, and random bytes for its ids. Decided again, it gets another one."""

    now: datetime
    random: bytes
    """What is left of them: 16 for each id."""

    def id(self) -> str:
        """The next id, 32 hex characters (128 bits)."""
        taken, self.random = self.random[:ID_BYTES], self.random[ID_BYTES:]
        if len(taken) != ID_BYTES:
            raise ValueError("not enough random bytes were drawn for this decision")
        return taken.hex()

    def event(
        self, kind: EventKind, parcours: str, attempt: int | None, *, by: Role, key: str = "", **facts: Any
    ) -> Event:
        """A fact of this instant.

        Args:
            parcours, attempt: id and number of what it is about; ``key``: its id, if it is drawn already.
            facts: its further fields.
        """
        return Event(
            parcours=parcours,
            id=key or self.id(),
            attempt=attempt,
            kind=kind,
            at=self.now,
            actor=by,
            **facts,
        )

    def mail(self, kind: MailKind, *, key: str = "", **about: Any) -> OutboxMail:
        """A mail that waits from this instant on. ``key``: of its item, if it is not drawn; ``about``: its further fields."""
        return OutboxMail(key=key or self.id(), kind=kind, created_at=self.now, **about)
