"""What became of each mail, as the mail service reports it, and which addresses refused one: no address, no text."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.kernel import address
from chalicelib.domain.kernel.timeline import Reason
from chalicelib.domain.kernel.transition import OutboxMail
from chalicelib.domain.kernel.values import Aggregate, Code, Instant, Value


class DeliveryState(Code):
    """How far a mail is known to have come, in order: a report never takes it back."""

    UNDER_WAY = "under_way"
    SENT = "sent"
    DELAYED = "delayed"
    UNCERTAIN = "uncertain"
    """Returned without a reason, as automatic replies are too: a delivery outweighs it, whichever is heard of first."""
    DELIVERED = "delivered"
    RETURNED = "returned"
    """Not taken for now: the mailbox is full, or the message too large for it."""
    REJECTED = "rejected"
    """The mail service found a virus and sent nothing."""
    REFUSED = "refused"
    """Never taken: there is no such mailbox, or it refused us before."""
    COMPLAINED = "complained"

    @property
    def rank(self) -> int:
        """Its place in the order; a state of another version comes before all."""
        return list(type(self)).index(self) if self.is_known else -1


NOT_ARRIVED = frozenset(
    {DeliveryState.UNCERTAIN, DeliveryState.RETURNED, DeliveryState.REFUSED, DeliveryState.REJECTED}
)
REFUSING = frozenset({DeliveryState.REFUSED, DeliveryState.COMPLAINED})
"""States after which nothing more should be sent to this address."""
FINAL = REFUSING | {DeliveryState.REJECTED}
"""States after which this mail is never read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Value):
    """What one event of the mail service says of a mail."""

    state: DeliveryState
    at: datetime
    reason: Reason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery(Aggregate):
    """One mail that was handed over to the mail service."""

    id: str
    """``derive_tag`` of its outbox key: the tag that the mail bears."""
    mail: OutboxMail
    """As it waited: ids only."""
    mailbox: str
    """``Mailbox.id`` of the address that it goes to."""
    owner: str | None = None
    """Account id of the agent whose address that is."""
    sent_at: Instant
    """When it was first handed over."""
    state: DeliveryState = DeliveryState.UNDER_WAY
    at: Instant | None = None
    """When it came to that state,"""
    reason: Reason | None = None
    """and why."""

    @property
    def has_left(self) -> bool:
        """Whether the mail service is known to have taken it, whatever became of our answer."""
        return self.state is not DeliveryState.UNDER_WAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox(Aggregate):
    """An address that refused a mail for good, or whose reader wants none: called one unwanted, or objected."""

    id: str
    """``address.hash_folded`` of it."""
    refused_at: Instant
    reason: Reason

    @property
    def is_unwanted(self) -> bool:
        """Whether its reader said no, which no mail that arrives there takes back."""
        return self.reason is Reason.MAIL_UNWANTED


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside(Aggregate):
    """An event of the mail service that this version does not know; nothing of it is kept but how it was called."""

    id: str
    code: str
    """What kind of event it claims to be, letters and digits only."""
    mail: str | None
    """The tag of our own mail, if it bears one."""
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedRate(Aggregate):
    """How far ahead mailers have booked what the mail service takes: one item, which each moves on before it sends."""

    until: Instant


def derive_tag(key: str) -> str:
    """Derive the public name of a mail from its outbox key, 32 hex characters: its tag and its Message-ID."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def find_refusing_mailboxes(known: Iterable[Mailbox], addresses: Iterable[str]) -> dict[str, Mailbox]:
    """Return address → what is known of its mailbox, for those of these addresses that refused a mail."""
    by_id = {mailbox.id: mailbox for mailbox in known}
    mailboxes = {written: by_id.get(address.hash_folded(written)) for written in addresses}
    return {written: mailbox for written, mailbox in mailboxes.items() if mailbox is not None}
