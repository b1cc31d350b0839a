"""What a decision returns: changes, events, mails. One transaction writes all of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self, TypeVar

from chalicelib.domain.kernel.timeline import Event, EventKind, Reason
from chalicelib.domain.kernel.values import Aggregate, Code, Instant, Kind, Role
from chalicelib.errors import RelayError

ID_BYTES = 16
REPEAT = timedelta(minutes=2)
"""What may be done once in a longer time and is asked for again within this one, is the same request: its answer never came."""
Record = TypeVar("Record", bound=Aggregate)


@dataclass(frozen=True)
class Change:
    """``before`` is what was read (None: it must not exist yet), ``after`` what replaces it (None: nothing)."""

    before: Aggregate | None
    after: Aggregate | None


class Loss(StrEnum):
    """What a mail that is given up leaves behind, beside the metric."""

    FAILED = "failed"
    """The link's: the sending failed, it is the tutor's turn, who gets a notice (``mailing.give_up_link``)."""
    FACT = "fact"
    """The company or the buyer, who have no page for it: a fact of the timeline, and a mail to who accompanies."""
    ACCOUNT = "account"
    """The invited account shows it to who manages it."""
    WARNED_ANEW = "warned_anew"
    """After an outage the account is warned again, and erased a month after that at the soonest; refused, it goes."""
    FORMER_TUTOR = "former_tutor"
    """The tutor it went to may have no page of the parcours any more: a mail to who accompanies, to pass it on."""
    PAGE = "page"
    """It goes to people who have a page that says the same."""
    REQUEST = "request"
    """The stored request says so, and an operator sends it again (``rights.note_given_up``)."""
    ASKED_ANEW = "asked_anew"
    """The person who wants it asks for another one."""


class MailKind(Code):
    """The mails that can wait in the outbox: code, what giving one up does, and the message that is then missing.

    Each has its function in ``stories/mails/notices.py``, but ``SMS``, which is no mail and waits as one.
    """

    loss: Loss
    missing: Reason | None

    def __new__(cls, code: str, loss: Loss, missing: Reason | None = None) -> Self:
        kind = str.__new__(cls, code)
        kind._value_, kind.loss, kind.missing = code, loss, missing
        return kind

    LINK = "link", Loss.FAILED
    SENDING_NOTICE = "sending_notice", Loss.PAGE
    REFUSAL_NOTICE = "refusal_notice", Loss.PAGE
    FAILURE_NOTICE = "failure_notice", Loss.PAGE
    RETURN_NOTICE = "return_notice", Loss.PAGE
    UNSENT_NOTICE = "unsent_notice", Loss.PAGE
    SIGN_IN_CODE = "sign_in_code", Loss.ASKED_ANEW
    CONFIRMATION_NOTICE = "confirmation_notice", Loss.PAGE
    UNREADABLE_NOTICE = "unreadable_notice", Loss.PAGE
    CLOSED_NOTICE = "closed_notice", Loss.PAGE
    REQUEST_NOTICE = "request_notice", Loss.PAGE
    END_TO_COMPANY = "end_to_company", Loss.FACT, Reason.COPIES_NOT_SENT
    END_TO_BUYER = "end_to_buyer", Loss.FACT, Reason.END_NOT_SENT
    REMINDER = "reminder", Loss.FACT, Reason.REMINDER_NOT_SENT
    REMINDER_OF_SEVERAL = "reminder_of_several", Loss.FACT, Reason.REMINDER_NOT_SENT
    CONTACT_CHECK = "contact_check", Loss.FACT, Reason.CHECK_NOT_SENT
    DIGEST = "digest", Loss.PAGE
    EXPIRY_NOTICE = "expiry_notice", Loss.PAGE
    RESERVATION_WARNING = "reservation_warning", Loss.PAGE
    RESERVATION_LAPSED = "reservation_lapsed", Loss.PAGE
    INVITATION = "invitation", Loss.ACCOUNT
    HANDOVER = "handover", Loss.PAGE
    SLOTS_NOTICE = "slots_notice", Loss.PAGE
    MEETING_INVITATION = "meeting_invitation", Loss.FACT, Reason.INVITATION_NOT_SENT
    MEETING_CANCELLED = "meeting_cancelled", Loss.FACT, Reason.CANCELLATION_NOT_SENT
    OTHER_SLOTS = "other_slots", Loss.FACT, Reason.DATES_NOT_SENT
    EVE_REMINDER = "eve_reminder", Loss.FACT, Reason.EVE_NOT_SENT
    MEETING_TOLD = "meeting_told", Loss.PAGE
    DECLINE_NOTICE = "decline_notice", Loss.FACT, Reason.REFUSAL_NOT_SENT
    DECLINE_TO_COMPANY = "decline_to_company", Loss.FACT, Reason.REFUSAL_NOT_SENT
    DECLINE_UNDONE = "decline_undone", Loss.FACT, Reason.UNDOING_NOT_SENT
    COLLEAGUE_QUESTION = "colleague_question", Loss.FORMER_TUTOR, Reason.QUESTION_NOT_SENT
    ASSIGNED = "assigned", Loss.PAGE
    PASSAGE_LAPSED = "passage_lapsed", Loss.PAGE
    PASSAGE_ENDED = "passage_ended", Loss.PAGE
    ACCOUNT_UNUSED = "account_unused", Loss.WARNED_ANEW
    HANDED_AWAY = "handed_away", Loss.FORMER_TUTOR, Reason.HANDOVER_NOT_SENT
    CONTACTS_CHANGED = "contacts_changed", Loss.PAGE
    PASSAGE_RESUMED = "passage_resumed", Loss.FACT, Reason.RESUMING_NOT_SENT
    FOLLOWER_CHANGED = "follower_changed", Loss.FACT, Reason.HANDOVER_NOT_SENT
    WEEKLY_LETTER = "weekly_letter", Loss.PAGE
    RIGHTS_WARNING = "rights_warning", Loss.PAGE
    SENDING_STOPPED = "sending_stopped", Loss.PAGE
    CANNOT_COME = "cannot_come", Loss.PAGE
    RIGHTS_REQUEST = "rights_request", Loss.REQUEST
    RIGHTS_RECEIPT = "rights_receipt", Loss.PAGE
    REQUEST_SETTLED = "request_settled", Loss.PAGE
    TAKINGS_STOPPED = "takings_stopped", Loss.PAGE
    ABSENCE = "absence", Loss.PAGE
    ABSENCE_ENDED = "absence_ended", Loss.PAGE
    SMS = "sms", Loss.FACT, Reason.SMS_NOT_SENT
    LOST_MESSAGE = "lost_message", Loss.ASKED_ANEW
    OFFER_REPORTED = "offer_reported", Loss.PAGE
    IDENTITY_LINKED = "identity_linked", Loss.PAGE
    IDENTITY_UNLINKED = "identity_unlinked", Loss.PAGE
    PASSKEY_ADDED = "passkey_added", Loss.PAGE
    PASSKEY_REMOVED = "passkey_removed", Loss.PAGE
    PASSKEY_CLONED = "passkey_cloned", Loss.PAGE
    PASSKEYS_REMOVED = "passkeys_removed", Loss.PAGE
    OTHERS_PASSKEYS_REMOVED = "others_passkeys_removed", Loss.PAGE
    RECOVERY_BEGUN = "recovery_begun", Loss.PAGE
    RECOVERY_GIVEN = "recovery_given", Loss.PAGE
    ENTRANCE_CHANGED = "entrance_changed", Loss.PAGE
    LINK_ANSWERED = "link_answered", Loss.PAGE
    YOUNG_SPOKE = "young_spoke", Loss.PAGE


RETIRED = frozenset(
    {
        MailKind.RIGHTS_RECEIPT,
        MailKind.RECOVERY_BEGUN,
        MailKind.RECOVERY_GIVEN,
        MailKind.HANDOVER,
        MailKind.WEEKLY_LETTER,
        MailKind.FOLLOWER_CHANGED,
    }
)
"""Kinds that only the version before wrote: what waits of them is dropped, unsent."""
FORMER_FACTS = {
    MailKind.CONFIRMATION_NOTICE: EventKind.DOCUMENTS_CONFIRMED,
    MailKind.UNREADABLE_NOTICE: EventKind.DOCUMENTS_UNREADABLE,
    MailKind.CLOSED_NOTICE: EventKind.LINK_CLOSED,
    MailKind.REQUEST_NOTICE: EventKind.SENDING_REQUESTED,
    MailKind.MEETING_TOLD: EventKind.MEETING_HELD,
    MailKind.RIGHTS_WARNING: EventKind.DATA_REQUESTED,
    MailKind.SENDING_STOPPED: EventKind.SENDING_STOPPED,
    MailKind.CANNOT_COME: EventKind.CANNOT_COME,
    MailKind.RESERVATION_LAPSED: EventKind.RESERVATION_LAPSED,
    MailKind.PASSAGE_LAPSED: EventKind.PASSAGE_LAPSED,
}
"""Kinds of the version before that said by themselves which fact they are about."""
FORMER = {
    MailKind.PASSKEY_ADDED: MailKind.ENTRANCE_CHANGED,
    MailKind.PASSKEY_REMOVED: MailKind.ENTRANCE_CHANGED,
    MailKind.PASSKEY_CLONED: MailKind.ENTRANCE_CHANGED,
    MailKind.PASSKEYS_REMOVED: MailKind.ENTRANCE_CHANGED,
    MailKind.OTHERS_PASSKEYS_REMOVED: MailKind.ENTRANCE_CHANGED,
    MailKind.IDENTITY_LINKED: MailKind.ENTRANCE_CHANGED,
    MailKind.IDENTITY_UNLINKED: MailKind.ENTRANCE_CHANGED,
    MailKind.CONFIRMATION_NOTICE: MailKind.LINK_ANSWERED,
    MailKind.UNREADABLE_NOTICE: MailKind.LINK_ANSWERED,
    MailKind.CLOSED_NOTICE: MailKind.LINK_ANSWERED,
    MailKind.REQUEST_NOTICE: MailKind.LINK_ANSWERED,
    MailKind.MEETING_TOLD: MailKind.LINK_ANSWERED,
    MailKind.RIGHTS_WARNING: MailKind.YOUNG_SPOKE,
    MailKind.SENDING_STOPPED: MailKind.YOUNG_SPOKE,
    MailKind.CANNOT_COME: MailKind.YOUNG_SPOKE,
    MailKind.RESERVATION_LAPSED: MailKind.PASSAGE_ENDED,
    MailKind.PASSAGE_LAPSED: MailKind.PASSAGE_ENDED,
    MailKind.DECLINE_TO_COMPANY: MailKind.DECLINE_NOTICE,
    MailKind.ABSENCE_ENDED: MailKind.ABSENCE,
    MailKind.REMINDER_OF_SEVERAL: MailKind.REMINDER,
}
"""Kinds that only the version before wrote: what waits of them is read as a mail of this kind (``read_former``)."""


class Entrance(Code):
    """What became of that by which somebody enters an account."""

    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    PASSKEY_CLONED = "passkey_cloned"
    PASSKEYS_REMOVED = "passkeys_removed"
    OTHERS_PASSKEYS_REMOVED = "others_passkeys_removed"
    """To who removed them."""
    IDENTITY_LINKED = "identity_linked"
    IDENTITY_UNLINKED = "identity_unlinked"


LETTERS = frozenset(
    {
        MailKind.DIGEST,
        MailKind.REMINDER,
        MailKind.ACCOUNT_UNUSED,
        MailKind.EVE_REMINDER,
    }
)
"""Mails that come by the thousand, of a morning, and whose minute nobody notices."""
CODE, LINK, LETTER = "code#", "link#", "letter-"
"""What the keys of codes, links and letters begin with: mailers sort mails by their urgency before they read them."""


def find_key_prefix(kind: MailKind) -> str:
    """Return what the keys of mails of this kind begin with; empty for notices, between links and letters."""
    if kind in LETTERS:
        return LETTER
    return {MailKind.SIGN_IN_CODE: CODE, MailKind.LINK: LINK}.get(kind, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxMail(Aggregate):
    """A mail to be sent: ids only, so that neither an address nor a token waits in a table."""

    key: str
    """Drawn or derived, after ``find_key_prefix`` of its kind; the item is ``mail#<key>``."""
    kind: MailKind
    created_at: Instant
    link: str | None = None
    version: int | None = None
    deposit: str | None = None
    challenge: str | None = None
    """SHA-256 of the sign-in challenge."""
    addressee: str | None = None
    """MAC of an address whose links are to be looked for, whether there are any or not."""
    request: str | None = None
    """Number of a request about personal data."""
    parcours: str | None = None
    account: str | None = None
    """Account id of the agent it goes to, where neither link nor deposit may still say so when it leaves."""
    about: str | None = None
    """Account id of the colleague it speaks of: who invites, whose parcours are taken over, who took or gave the offer; of a mail
    about a meeting, whose seat (``Seat.id``)."""
    asks: Role | None = None
    """Of a reminder: whether it asks the buyer or the company, once no link is out; of a message that was given up: who did not
    get it."""
    by: Role | None = None
    """Of a reminder: in which role it was asked for; ``SYSTEM``: it goes by itself. Of a meeting that falls: who did it."""
    person: str | None = None
    """Of a passage that ends, or about its meeting: id of the account, or of the company's link, that decided it."""
    fact: EventKind | None = None
    """The fact that it tells, or with which a meeting falls; ``reason`` is its reason."""
    entrance: Entrance | None = None
    """Of a mail about what opens an account: what became of it."""
    several: tuple[str, ...] = ()
    """Ids of the parcours that it lists."""
    links: dict[str, int] = field(default_factory=dict)
    """Of one reminder of several links: the id of each → its version."""
    document: Kind | None = None
    """The document it speaks of,"""
    reason: Reason | None = None
    """and why."""
    contacts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Id of a parcours → what changed about its contacts (codes of ``list_contact_changes``)."""
    attempt: int | None = None
    """Number of the passage it speaks of, which may be over when it leaves."""
    to: Role | None = None
    """Which side it goes to, where several get the same: ``COMPANY``, ``TUTOR`` or ``BUYER``;
    ``COORDINATOR``: the person who sent the link without accompanying."""
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
    def goes_outside(self) -> bool:
        """Whether it goes to the company or the buyer, and not to who accompanies."""
        to_agents = self.to in {Role.TUTOR, Role.COORDINATOR}
        return self.kind.loss in {Loss.FAILED, Loss.FACT} and not to_agents

    @property
    def is_understood(self) -> bool:
        """Whether this version knows what it says and to whom; otherwise it waits for one that does."""
        codes = (self.kind, self.asks, self.document, self.reason, self.to, self.by, self.fact, self.entrance)
        return all(code is None or code.is_known for code in codes)


def read_former(mail: OutboxMail) -> OutboxMail:
    """Return a mail that the version before queued as this one queues it; any other as it is."""
    kind = FORMER.get(mail.kind)
    if kind is None:
        return mail
    entrance = Entrance(mail.kind) if kind is MailKind.ENTRANCE_CHANGED else None
    return replace(mail, kind=kind, fact=mail.fact or FORMER_FACTS.get(mail.kind), entrance=entrance)


@dataclass(frozen=True)
class Use:
    """One more use of a quota, counted where the rest is written: a refusal or a lost race uses nothing up."""

    counter: str
    """What is counted, about whom, in which window: ``deposit#<account>#2026-11-25``."""
    most: int
    ends_at: datetime
    """When its window is over."""
    refusal: RelayError
    """What is raised instead of writing, once it is used up."""


@dataclass(frozen=True)
class Transition:
    """Everything or nothing. An empty one writes nothing."""

    changes: tuple[Change, ...] = ()
    events: tuple[Event, ...] = ()
    mails: tuple[OutboxMail, ...] = ()
    erased: tuple[Event, ...] = ()
    """Facts that are erased, their time being over: retention alone does so."""
    uses: tuple[Use, ...] = ()
    unchanged: tuple[Aggregate, ...] = ()
    """Records that must stand as they were read (one that was never written: not at all), though nothing of them changes: who
    relies on the same one hinders nobody else who does."""

    @classmethod
    def nothing(cls) -> "Transition":
        """Return the empty transition: the state already says what was asked."""
        return cls()

    @classmethod
    def noting(cls, event: Event, *changes: Change, mails: Iterable[OutboxMail] = ()) -> "Transition":
        """Make a transition of one fact, what it changes and the mails about it."""
        return cls(changes, (event,), tuple(mails))

    def __bool__(self) -> bool:
        """Whether the transition writes anything; ``unchanged`` alone writes nothing."""
        return bool(self.changes or self.events or self.mails or self.erased or self.uses)

    @property
    def mail_keys(self) -> list[str]:
        """The keys of its mails, by which the mailer is woken."""
        return [mail.key for mail in self.mails]

    def decided_by(self, person: str) -> "Transition":
        """Return the transition with mails that say who decided it, by account id, so that they speak for nobody else."""
        return replace(self, mails=tuple(replace(mail, person=person) for mail in self.mails))

    def result_for(self, record: Record) -> Record:
        """Return the record as this transition leaves it; unchanged if the transition does not touch it, or erases it."""
        results = (change.after for change in self.changes if change.before is record)
        return next((result for result in results if isinstance(result, type(record))), record)

    def then(self, more: "Transition") -> "Transition":
        """Combine this transition with one that was decided on its results, in one write.

        Two changes of one record become one: ``more`` changes the very object that this transition leaves (its identity counts,
        not its equality).
        """
        changes = list(self.changes)
        places = {id(change.after): place for place, change in enumerate(changes) if change.after is not None}
        others = []
        for later in more.changes:
            place = places.pop(id(later.before), None)
            if place is None:
                others.append(later)
            else:
                changes[place] = Change(changes[place].before, later.after)
        return replace(self, changes=tuple(changes)) + replace(more, changes=tuple(others))

    def __add__(self, more: "Transition") -> "Transition":
        """Combine two transitions that were decided on the same state, in one write."""
        mails, erased = self.mails + more.mails, self.erased + more.erased
        uses, unchanged = self.uses + more.uses, self.unchanged + more.unchanged
        changes, events = self.changes + more.changes, self.events + more.events
        return Transition(changes, events, mails, erased, uses, unchanged)


@dataclass
class DecisionInputs:
    """What one decision needs from outside: the instant, and random bytes for its ids. A retry gets fresh ones."""

    now: datetime
    random: bytes
    """The bytes that are not used yet: 16 for each id."""

    def draw_id(self) -> str:
        """Draw the next id, 32 hex characters (128 bits)."""
        taken, self.random = self.random[:ID_BYTES], self.random[ID_BYTES:]
        if len(taken) != ID_BYTES:
            raise ValueError("not enough random bytes were drawn for this decision")
        return taken.hex()

    def build_event(
        self,
        kind: EventKind,
        parcours: str,
        attempt: int | None,
        *,
        by: Role,
        reason: Reason | None = None,
        key: str = "",
    ) -> Event:
        """Make a fact of this instant; ``replace`` adds what else it says. ``key``: its id, if it is not drawn."""
        return Event(
            parcours=parcours,
            id=key or self.draw_id(),
            attempt=attempt,
            kind=kind,
            at=self.now,
            actor=by,
            reason=reason,
        )

    def build_mail(
        self,
        kind: MailKind,
        *,
        parcours: str | None = None,
        account: str | None = None,
        about: str | None = None,
        link: str | None = None,
        key: str = "",
    ) -> OutboxMail:
        """Make a mail that waits from this instant on; ``replace`` adds what else it says.

        ``account``: to whom, ``about``: of whom (ids); ``key``: of its item, if it is not drawn.
        """
        return OutboxMail(
            key=key or f"{find_key_prefix(kind)}{self.draw_id()}",
            kind=kind,
            created_at=self.now,
            parcours=parcours,
            account=account,
            about=about,
            link=link,
        )
