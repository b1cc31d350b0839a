"""The *dépôt*: sealed documents on their way, from the announced upload to the erasure."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from chalicelib.domain.link import Link
from chalicelib.domain.parcours import Parcours, ParcoursStatus, Step
from chalicelib.domain.retention import RetentionPolicy
from chalicelib.domain.timeline import Event, EventKind, Reason
from chalicelib.domain.transition import Change, Draw, MailKind, OutboxMail, Transition
from chalicelib.domain.values import Aggregate, Instant, Kind, Role, Value
from chalicelib.errors import DepositConflict, WrongStep

SEALING_BYTES = 29
"""What sealing adds to a document: 1 version byte, 12 nonce bytes, 16 tag bytes."""

SENDING_STEPS = frozenset({Step.DOCUMENTS_TO_SEND, Step.LINK_SENT, Step.OPENED, Step.RECEIVED})
"""Steps at which documents may be sent; later ones have dates to lose."""


class DepositState(StrEnum):
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


class DocumentState(StrEnum):
    """Where one document of a deposit is."""

    EXPECTED = "expected"
    RECEIVED = "received"
    VERIFIED = "verified"
    REFUSED = "refused"


class Mailing(StrEnum):
    """What became of the mail that carries the link."""

    UNDER_WAY = "under_way"
    ACCEPTED = "accepted"
    FAILED = "failed"
    DELIVERED = "delivered"
    REJECTED = "rejected"


class Document(Value):
    """One sealed document, as its sender declared it."""

    kind: Kind
    sealed_bytes: Annotated[int, Field(gt=SEALING_BYTES)]
    sha256: str
    """Of the sealed blob, base64, as S3 writes checksums."""
    key_sha256: str
    """Of the data key, hex: the key itself is nowhere in a table."""
    state: DocumentState = DocumentState.EXPECTED
    refusal: Reason | None = None

    @property
    def declared(self) -> tuple[Kind, int, str, str]:
        """What a repeated announcement must repeat."""
        return self.kind, self.sealed_bytes, self.sha256, self.key_sha256

    def at(self, state: DocumentState, refusal: Reason | None = None) -> "Document":
        """The same document, further on its way."""
        return self.model_copy(update={"state": state, "refusal": refusal})


class Contents(Value):
    """What disappears when the deposit is reduced."""

    owner: str
    """Account id of the sender."""
    sender: Role
    """In which role she sends."""
    recipient: str
    salt: str
    """32 hex characters; see ``address.bound_recipient``."""
    documents: tuple[Document, ...]


class Deposit(Aggregate):
    """A deposit is its id alone, drawn by the sender's browser."""

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
    confirmed_at: Instant | None = None
    mailing: Mailing | None = None
    link: str | None = None
    erase_at: Instant
    """When the documents go if nothing more happens (``retention``)."""
    erasing_at: Instant | None = None
    """Set before the objects are deleted, so that a late claim fails."""
    erased_at: Instant | None = None
    contents: Contents | None = None

    def document(self, kind: Kind) -> Document | None:
        """The document of this kind; None when the deposit has none, or is reduced."""
        documents = self.contents.documents if self.contents else ()
        return next((one for one in documents if one.kind is kind), None)

    def is_live(self, now: datetime) -> bool:
        """Whether its documents may still be inspected, mailed or opened."""
        return self.contents is not None and self.erasing_at is None and now < self.erase_at

    def with_document(self, document: Document, **changes: object) -> "Deposit":
        """The same deposit in which the document of this kind is ``document``."""
        assert self.contents is not None
        documents = tuple(document if one.kind is document.kind else one for one in self.contents.documents)
        return self.but(contents=self.contents.model_copy(update={"documents": documents}), **changes)


def announce(
    parcours: Parcours, deposit_id: str, contents: Contents, *, policy: RetentionPolicy, draw: Draw
) -> Transition:
    """A sender announces documents for this parcours' attempt; nothing has travelled yet.

    Args:
        draw: one id.
    Raises:
        WrongStep: the parcours is not at a step at which documents are sent.
        DepositConflict: another deposit lives on this attempt.
    """
    if (
        parcours.status is not ParcoursStatus.IN_PREPARATION
        or parcours.step not in SENDING_STEPS
        or not parcours.attempt
    ):
        raise WrongStep
    if parcours.live_deposit is not None:
        raise DepositConflict
    deposit = Deposit(
        id=deposit_id,
        parcours=parcours.id,
        attempt=parcours.attempt,
        kinds=tuple(one.kind for one in contents.documents),
        created_at=draw.now,
        form_signed_at=draw.now,
        erase_at=policy.awaited_until(draw.now),
        contents=contents,
    )
    event = _event(deposit, EventKind.DEPOSIT_OPENED, contents.sender, draw)
    return Transition(
        changes=(Change(None, deposit), parcours.telling(event, live_deposit=deposit.id)), events=(event,)
    )


def renew(
    deposit: Deposit, contents: Contents, parcours_id: str, *, policy: RetentionPolicy, now: datetime
) -> Transition:
    """The same deposit is announced again: its forms may be signed anew, it is awaited for longer.

    Raises:
        DepositConflict: something differs from what this id stands for.
        WrongStep: its documents are past the upload.
    """
    if deposit.contents is None or not _same_announcement(deposit, contents, parcours_id):
        raise DepositConflict
    if deposit.state not in {DepositState.EXPECTED, DepositState.RECEIVED} or not deposit.is_live(now):
        raise WrongStep
    if deposit.state is DepositState.RECEIVED:
        return Transition.nothing()
    renewed = deposit.but(form_signed_at=now, erase_at=policy.awaited_until(now))
    return Transition(changes=(Change(deposit, renewed),))


def receive(
    deposit: Deposit, parcours: Parcours, kind: Kind, *, policy: RetentionPolicy, draw: Draw
) -> Transition:
    """An object of this deposit has arrived. Told once, when the last one is there. ``draw``: one id."""
    document = deposit.document(kind)
    if document is None or document.state is not DocumentState.EXPECTED or not deposit.is_live(draw.now):
        return Transition.nothing()
    after = deposit.with_document(document.at(DocumentState.RECEIVED))
    if any(one.state is DocumentState.EXPECTED for one in _documents(after)):
        return Transition(changes=(Change(deposit, after),))
    event = _event(deposit, EventKind.DOCUMENTS_RECEIVED, _contents(deposit).sender, draw)
    after = after.but(
        state=DepositState.RECEIVED,
        received_at=draw.now,
        erase_at=policy.unopened_until(draw.now, deposit.created_at),
    )
    return Transition(changes=(Change(deposit, after), parcours.telling(event)), events=(event,))


def verify(
    deposit: Deposit, parcours: Parcours, kind: Kind, *, policy: RetentionPolicy, draw: Draw
) -> Transition:
    """Inspection accepts a document. With the last one, the link is made and its mail waits. ``draw``: two ids."""
    document = deposit.document(kind)
    if document is None or document.state is not DocumentState.RECEIVED or not deposit.is_live(draw.now):
        return Transition.nothing()
    after = deposit.with_document(document.at(DocumentState.VERIFIED))
    if any(one.state is not DocumentState.VERIFIED for one in _documents(after)):
        return Transition(changes=(Change(deposit, after),))
    link = Link(
        id=draw.id(1),
        deposit=deposit.id,
        parcours=deposit.parcours,
        attempt=deposit.attempt,
        sender=_contents(deposit).owner,
        recipient=_contents(deposit).recipient,
        created_at=draw.now,
        closes_at=policy.link_until(draw.now),
    )
    event = _event(deposit, EventKind.DOCUMENTS_VERIFIED, Role.SYSTEM, draw)
    after = after.but(
        state=DepositState.VERIFIED,
        verified_at=draw.now,
        link=link.id,
        mailing=Mailing.UNDER_WAY,
        erase_at=policy.unopened_until(draw.now),
    )
    mail = OutboxMail(
        key=link.mail_key,
        kind=MailKind.LINK,
        created_at=draw.now,
        link=link.id,
        version=link.version,
        deposit=deposit.id,
    )
    return Transition(
        changes=(Change(deposit, after), Change(None, link), parcours.telling(event, live_link=link.id)),
        events=(event,),
        mails=(mail,),
    )


def refuse(deposit: Deposit, parcours: Parcours, kind: Kind, reason: Reason, draw: Draw) -> Transition:
    """Inspection refuses a document: nothing leaves, everything is to be erased, the sender is told. ``draw``: two ids."""
    document = deposit.document(kind)
    waiting = {DocumentState.EXPECTED, DocumentState.RECEIVED}
    if document is None or document.state not in waiting or not deposit.is_live(draw.now):
        return Transition.nothing()
    event = _event(deposit, EventKind.DOCUMENTS_REFUSED, Role.SYSTEM, draw, documents=(kind,), reason=reason)
    after = deposit.with_document(
        document.at(DocumentState.REFUSED, reason), state=DepositState.REFUSED, erase_at=draw.now
    )
    mail = OutboxMail(key=draw.id(1), kind=MailKind.REFUSAL_NOTICE, created_at=draw.now, deposit=deposit.id)
    head = parcours.telling(event, live_deposit=None, since=draw.now)
    return Transition(changes=(Change(deposit, after), head), events=(event,), mails=(mail,))


def mark_erasing(deposit: Deposit, parcours: Parcours, draw: Draw) -> Transition:
    """The documents' time is over: from this write on, no claim succeeds. ``draw``: one id."""
    if deposit.erasing_at is not None or deposit.erased_at is not None or draw.now < deposit.erase_at:
        return Transition.nothing()
    marked = deposit.but(erasing_at=draw.now)
    if deposit.state in {DepositState.EXPECTED, DepositState.RECEIVED}:
        event = _event(deposit, EventKind.DEPOSIT_ABANDONED, Role.SYSTEM, draw)
        head = parcours.telling(event, live_deposit=None)
    elif deposit.state in {DepositState.VERIFIED, DepositState.LEFT}:
        event = _event(deposit, EventKind.LINK_EXPIRED, Role.SYSTEM, draw, reason=Reason.NEVER_OPENED)
        head = parcours.at_step(Step.DOCUMENTS_TO_SEND, event, live_deposit=None)
    else:
        return Transition(changes=(Change(deposit, marked),))
    return Transition(
        changes=(Change(deposit, marked.but(state=DepositState.EXPIRED)), head), events=(event,)
    )


def reduce(deposit: Deposit, parcours: Parcours, draw: Draw) -> Transition:
    """Its objects are gone: only id, state and times stay. ``draw``: one id.

    Raises:
        WrongStep: it was not marked first, so somebody could still be opening it.
    """
    if deposit.erased_at is not None:
        return Transition.nothing()
    if deposit.erasing_at is None:
        raise WrongStep
    reason = (
        Reason.NEVER_CONFIRMED if deposit.state in {DepositState.OPENED, DepositState.UNREADABLE} else None
    )
    change = Change(deposit, deposit.but(contents=None, erased_at=draw.now))
    if deposit.received_at is None and deposit.state is DepositState.EXPIRED:
        return Transition(changes=(change,))  # nothing ever arrived: there is no erasure to tell
    event = _event(deposit, EventKind.DOCUMENTS_ERASED, Role.SYSTEM, draw, reason=reason)
    mine = {"live_deposit": None} if parcours.live_deposit == deposit.id else {}
    head = (
        parcours.at_step(Step.DOCUMENTS_TO_SEND, event, **mine)
        if deposit.state is DepositState.UNREADABLE and mine
        else parcours.telling(event, **mine)
    )
    return Transition(changes=(change, head), events=(event,))


def _same_announcement(deposit: Deposit, contents: Contents, parcours_id: str) -> bool:
    stands = _contents(deposit)
    return (
        deposit.parcours == parcours_id
        and (stands.owner, stands.recipient) == (contents.owner, contents.recipient)
        and [one.declared for one in stands.documents] == [one.declared for one in contents.documents]
    )


def _contents(deposit: Deposit) -> Contents:
    assert deposit.contents is not None
    return deposit.contents


def _documents(deposit: Deposit) -> tuple[Document, ...]:
    return _contents(deposit).documents


def _event(deposit: Deposit, kind: EventKind, actor: Role, draw: Draw, **facts: object) -> Event:
    return Event.model_validate(
        {
            "parcours": deposit.parcours,
            "id": draw.id(),
            "attempt": deposit.attempt,
            "kind": kind,
            "at": draw.now,
            "actor": actor,
            "documents": deposit.kinds,
            **facts,
        }
    )
