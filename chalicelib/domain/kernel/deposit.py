"""The *dépôt*: sealed documents from the announced upload to the erasure, and their telephoned code.

The code has six digits, derived by KMS from the deposit, and is said on the telephone beside the mail.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.domain.kernel import address
from chalicelib.domain.kernel.timeline import Event, EventKind, Reason
from chalicelib.domain.kernel.transition import DecisionInputs
from chalicelib.domain.kernel.values import Aggregate, Code, Instant, Kind, Role, Stored
from chalicelib.errors import FieldInvalid


def build_associated_data(deposit_id: str, kind: Kind) -> str:
    """Return what a sealed blob is bound to (AES-GCM's additional data): it opens as no other document."""
    return f"{deposit_id}/{kind}"


SEALING_BYTES = 29
"""What sealing adds to a document: 1 version byte, 12 nonce bytes, 16 tag bytes."""


class DepositState(Code):
    """Where the documents are; the last reason stays, ``erased_at`` says that nothing is left."""

    EXPECTED = "expected"
    RECEIVED = "received"
    VERIFIED = "verified"
    REFUSED = "refused"
    LEFT = "left"
    OPENED = "opened"
    CONFIRMED = "confirmed"
    UNREADABLE = "unreadable"
    EXPIRED = "expired"
    REVOKED = "revoked"
    ERASED = "erased"


ARRIVING = frozenset({DepositState.EXPECTED, DepositState.RECEIVED})
"""Nobody holds a link to them yet."""
INSPECTED_WITHIN = timedelta(minutes=2)
"""How long after its form, or its arrival, a document is inspected at the latest, as long as no event is lost."""
UNOPENED = frozenset({DepositState.VERIFIED, DepositState.LEFT})
"""A link was made, and nobody opened it."""


class DocumentState(Code):
    """Where one document of a deposit is."""

    EXPECTED = "expected"
    RECEIVED = "received"
    VERIFIED = "verified"
    REFUSED = "refused"


class Mailing(Code):
    """What became of the mail that carries the link."""

    UNDER_WAY = "under_way"
    ACCEPTED = "accepted"
    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RETURNED = "returned"
    """Not taken for now; the link lives."""
    REJECTED = "rejected"
    """Never taken: the address refuses; the link is dead unless somebody used it."""
    UNWANTED = "unwanted"
    """Delivered, and called unwanted by its reader; so is the link."""
    UNSENT = "unsent"
    """The mail service stopped it; the address is not in question. So is the link."""


FOR_GOOD = frozenset({Mailing.REJECTED, Mailing.UNWANTED, Mailing.UNSENT})
"""What ends the link that the mail carries."""
NOT_TAKEN = FOR_GOOD | {Mailing.RETURNED}
REPORTED = NOT_TAKEN | {Mailing.DELAYED, Mailing.DELIVERED}
"""What the mail service said later than that it accepted it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document(Stored):
    """One sealed document, as its sender declared it."""

    kind: Kind
    sealed_bytes: int
    sha256: str
    """Of the sealed blob, base64, as S3 writes checksums."""
    key_sha256: str
    """Of the data key, hex: the key itself is nowhere in a table."""
    state: DocumentState = DocumentState.EXPECTED
    refusal: Reason | None = None

    def __post_init__(self) -> None:
        """Refuse (ValueError) a document of which nothing is left without the bytes of the sealing."""
        Stored.__post_init__(self)
        if self.sealed_bytes <= SEALING_BYTES:
            raise ValueError(f"nothing is sealed in {self.sealed_bytes} bytes")

    @property
    def declared(self) -> tuple[Kind, int, str, str]:
        """What a repeated announcement must repeat."""
        return self.kind, self.sealed_bytes, self.sha256, self.key_sha256

    def with_state(self, state: DocumentState, refusal: Reason | None = None) -> "Document":
        """Return the document in this state. ``refusal``: why it was refused."""
        return replace(self, state=state, refusal=refusal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents(Stored):
    """What disappears when the deposit is reduced."""

    owner: str
    """Account id of who acts for it: a handover makes it the successor's."""
    sealed_by: str
    """Account id of the person who sealed. Never rewritten: nobody else consents to a recipient."""
    sender: Role
    """In which role that person sealed."""
    recipient: str
    to: Role = Role.COMPANY
    """Whether that is the company, or the buyer who passes it on, as it was when she sealed."""
    salt: str
    """32 hex characters; see ``address.bind_recipient``."""
    known: tuple[str, ...] = ()
    """The same hash of each address that the sealer was shown: a link passes to these without asking her."""
    code_check: str | None = None
    """MAC of the telephoned code, hex; None when no code is given, and once the documents were opened."""
    documents: tuple[Document, ...]

    def knows(self, recipient: str) -> bool:
        """Whether who sealed was shown this address, to the letter."""
        return address.bind_recipient(self.salt, recipient) in self.known


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit(Aggregate):
    """Sealed documents under an id drawn by the sender's browser; ``contents`` goes when they are erased."""

    id: str
    parcours: str
    attempt: int
    kinds: tuple[Kind, ...]
    state: DepositState = DepositState.EXPECTED
    created_at: Instant
    form_signed_at: Instant
    received_at: Instant | None = None
    verified_at: Instant | None = None
    left_at: Instant | None = None
    opened_at: Instant | None = None
    """When a link to them was first opened, in whatever version."""
    confirmed_at: Instant | None = None
    mailing: Mailing | None = None
    mailing_at: Instant | None = None
    """When the mail service reported that, where it did."""
    link: str | None = None
    """The link that the present recipient holds."""
    other_links: tuple[str, ...] = ()
    """Every further link that was made for these documents: passed on, beside, waiting for the tutor."""
    erase_at: Instant
    """When the documents go if nothing more happens (``retention``)."""
    erase_before: Instant | None = None
    """When they would have gone, had the company not declined."""
    warned_at: Instant | None = None
    """When the tutor was warned that they go unread."""
    erasing_at: Instant | None = None
    """Set before the objects are deleted, so that a late claim fails."""
    erased_at: Instant | None = None
    contents: Contents | None = None

    @property
    def changed_at(self) -> datetime:
        """When its state last changed."""
        times = (self.created_at, self.received_at, self.verified_at, self.left_at, self.opened_at)
        instants = (self.confirmed_at, self.erasing_at, self.erased_at)
        return max(at for at in (*times, *instants) if at is not None)

    @property
    def look_at(self) -> datetime:
        """When the minute function looks at it: its time is over, or it is on its way for so long that its event may be lost."""
        if self.state not in ARRIVING:
            return self.erase_at
        return min(self.erase_at, max(self.form_signed_at, self.changed_at) + INSPECTED_WITHIN)

    @property
    def is_closed(self) -> bool:
        """Whether nobody can open its documents any more, whatever a clock says that is behind."""
        closed_states = {DepositState.CONFIRMED, DepositState.REVOKED, DepositState.ERASED}
        return self.erasing_at is not None or self.state in closed_states

    def document(self, kind: Kind) -> Document | None:
        """Return the document of this kind; None when the deposit has none, or is reduced."""
        documents = self.contents.documents if self.contents else ()
        return next((document for document in documents if document.kind is kind), None)

    def is_live(self, now: datetime) -> bool:
        """Whether its documents may still be inspected, mailed or opened."""
        dead_states = {DepositState.REFUSED, DepositState.REVOKED, DepositState.ERASED}
        ended = self.state in dead_states  # also for a clock that is behind, and for what began before
        return not ended and self.contents is not None and self.erasing_at is None and now < self.erase_at

    def is_openable(self, now: datetime) -> bool:
        """Whether the documents live and have not been confirmed as read."""
        return self.is_live(now) and self.state is not DepositState.CONFIRMED

    def with_document(self, document: Document) -> "Deposit":
        """Return the deposit with this document in place of the one of the same kind."""
        assert self.contents is not None
        documents = tuple(
            document if former.kind is document.kind else former for former in self.contents.documents
        )
        return replace(self, contents=replace(self.contents, documents=documents))


def build_deposit_event(
    deposit: Deposit,
    kind: EventKind,
    by: Role,
    inputs: DecisionInputs,
    *,
    reason: Reason | None = None,
    key: str = "",
) -> Event:
    """Make a fact about the documents of a deposit. ``key``: its id, if it is not drawn."""
    event = inputs.build_event(kind, deposit.parcours, deposit.attempt, by=by, reason=reason, key=key)
    return replace(event, documents=deposit.kinds)


DIGITS = 6
"""Fewer than the code of a sign-in: twenty wrong answers end the link, whose token is a secret of its own."""
SIX_DIGITS = re.compile(r"[0-9]{6}")
SPACES = str.maketrans("", "", " \u00a0\u202f")
"""As people type « 123 456 »."""


def build_code_message(deposit: str) -> str:
    """Return the message that KMS turns into the code."""
    return f"telephone|{deposit}"


def check_code_message(deposit: str, digits: str) -> str:
    """Return the message that KMS turns into the value that a typed code is compared by."""
    return f"telephone-preuve|{deposit}|{digits}"


def parse_code(answer: str) -> str:
    """Return the six digits of a typed answer that holds nothing else. Raises FieldInvalid."""
    digits = answer.translate(SPACES)
    if not SIX_DIGITS.fullmatch(digits):
        raise FieldInvalid("code", "phone_code")
    return digits


def is_code_shown(deposit: Deposit) -> bool:
    """Whether the sender may still see the code: until the documents have arrived."""
    wanted = deposit.contents is not None and deposit.contents.code_check is not None
    return wanted and deposit.state is DepositState.EXPECTED
