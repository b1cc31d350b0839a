"""Send documents: open a deposit and sign its upload forms, send the link again, revoke, erase, hand the notice over."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib import config, terms
from chalicelib.domain.case import Case
from chalicelib.domain.documents import recipients
from chalicelib.domain.documents import sending as decisions
from chalicelib.domain.documents.sending import Shown
from chalicelib.domain.kernel import address, attempt
from chalicelib.domain.kernel.deposit import SEALING_BYTES, Contents, Deposit, Document
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account, Act, acting_as, role_on
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.kernel.values import Kind, Role
from chalicelib.errors import (
    FieldInvalid,
    NotFound,
    NoticeNeeded,
    RecipientDoubtful,
    RecipientRefused,
    WrongStep,
)
from chalicelib.stores import cases, functions, keys, objects, parcours, relay
from chalicelib.stories.documents import opening
from chalicelib.stories.kit import accompanying, inviting, quotas
from chalicelib.stories.kit.deciding import commit_and_wake, draw, salt

DATA_KEY_BYTES = 32
SHA256_BYTES = 32


@dataclass(frozen=True)
class SealedDocument:
    """What a browser says of a document it sealed. ``sha256`` is base64, ``key`` the raw data key."""

    kind: Kind
    sealed_bytes: int
    sha256: str
    key: bytes


@dataclass(frozen=True)
class Announcement:
    """A deposit as its browser asks for it."""

    deposit: str
    recipient: str
    documents: tuple[SealedDocument, ...]
    confirmed: bool = False
    """The sender has looked at a doubtful address and wants it;"""
    shown: str = ""
    """the doubts that she was shown (``recipients.shown``)."""
    notice: bool = False
    """The young person has been handed the notice."""
    code: bool = False
    """A code is to be given by telephone, beside the mail."""


def open_deposit(
    sender: Account, parcours_id: str, asked: Announcement, *, now: datetime
) -> list[dict[str, Any]]:
    """Write the deposit if it is new, and sign an upload form for each of its documents.

    Returns:
        ``[{"kind", "form": {"url", "fields"}}]``, in the order asked.
    Raises:
        NotFound, NotYours. WrongStep, DepositConflict: see ``domain.documents.sending``.
        FieldInvalid: recipient, size, hash or key cannot be taken.
        NoticeNeeded: the young person has no notice yet.
        RecipientRefused: this address refused our mails.
        RecipientDoubtful: the address looks like a mistake and was not confirmed, or the record changed since it was shown.
        TooMany: the day's quota of this account is used up.
    """
    recipient = address.normalise(asked.recipient, "destinataire")
    _check(asked)
    code_check = opening.code_check_value(asked.deposit) if asked.code else None
    written: Deposit | None = None

    def decide() -> Transition:
        nonlocal written
        found = cases.of_sending(parcours_id, asked.deposit, recipient)
        head, written = found.head, found.deposit
        role = acting_as(sender, Act.SEND, head)
        known = accompanying.not_of_team(accompanying.owner_among(found.owners), "destinataire")
        kept_salt = written.contents.salt if written and written.contents else salt()
        contents = _contents(sender, role, recipient, kept_salt, asked).model_copy(
            update={"to": recipients.side_of(head, recipient, known), "code_check": code_check}
        )
        if written is not None:
            return decisions.renew(written, contents, head, policy=terms.retention(), now=now)
        step = decisions.announce(
            Case(head, found.attempt, live=found.live),
            asked.deposit,
            contents,
            notice=asked.notice,
            policy=terms.retention(),
            draw=draw(now),
        )
        if found.refused:
            raise RecipientRefused("destinataire")
        _check_recipient(head, contents, found.buyer, asked)
        return step + quotas.sending(sender, now)

    step = commit_and_wake(decide)
    changed = (one.after for one in step.changes if isinstance(one.after, Deposit))
    written = next((one for one in changed if one.id == asked.deposit), written)
    if written is None or written.contents is None:
        raise WrongStep
    return [_signed(written, written.contents, one) for one in asked.documents]


def progress(agent: Account, deposit_id: str) -> Deposit:
    """Where this deposit is, for whom the page of its parcours shows it. Raises NotFound."""
    return _found(agent, deposit_id, Act.SEE_CONTACTS)[0]


def _check_recipient(head: Parcours, contents: Contents, buyer: Account | None, asked: Announcement) -> None:
    """Refuse a doubtful address, or one to which the buyer may pass the link on, until its doubts were shown and confirmed."""
    if head.synthetic and recipients.contact_at(head, contents.recipient) is None:
        raise WrongStep  # the daily proof writes to its own mailbox alone
    found, passed = recipients.of_sending(head, buyer, contents.recipient, contents.to)
    shown = recipients.shown(contents.recipient, found, passed)
    seen = asked.confirmed and (asked.shown == shown or recipients.OF_RECORD.isdisjoint(found))
    if found and not seen:
        raise RecipientDoubtful(address.domain(contents.recipient), found, passed, shown)


def _check(asked: Announcement) -> None:
    most = config.settings().document_max_bytes + SEALING_BYTES
    for one in asked.documents:
        if one.sealed_bytes <= SEALING_BYTES:
            raise FieldInvalid("bytes", "empty_document")
        if one.sealed_bytes > most:
            raise FieldInvalid("bytes", "large_document")
        if len(one.key) != DATA_KEY_BYTES:
            raise FieldInvalid("key", "key")
        if len(base64.b64decode(one.sha256)) != SHA256_BYTES:
            raise FieldInvalid("sha256", "hash")


def _contents(sender: Account, role: Role, recipient: str, kept_salt: str, asked: Announcement) -> Contents:
    documents = tuple(
        Document(
            kind=one.kind,
            sealed_bytes=one.sealed_bytes,
            sha256=one.sha256,
            key_sha256=hashlib.sha256(one.key).hexdigest(),
        )
        for one in asked.documents
    )
    return Contents(
        owner=sender.id,
        sealed_by=sender.id,
        sender=role,
        recipient=recipient,
        salt=kept_salt,
        documents=documents,
    )


def _signed(written: Deposit, contents: Contents, one: SealedDocument) -> dict[str, Any]:
    to = address.bound_recipient(contents.salt, contents.recipient)
    form = objects.upload_form(
        objects.object_key(written.id, one.kind),
        sealed_bytes=one.sealed_bytes,
        sha256=one.sha256,
        wrapped_key=keys.wrap(one.key, keys.KeyContext(written.id, one.kind, to)),
        parcours=written.parcours,
        seconds=config.settings().form_seconds,
    )
    return {"kind": one.kind.value, "form": form}


def resend(agent: Account, deposit_id: str, shown: Shown, *, now: datetime) -> str:
    """A new link to the same recipient; the old one dies at once. Returns the parcours.

    Args:
        shown: the link as the page showed it. Pressed twice, or again after a lost answer, it is one re-send.
    Raises:
        NotFound, WrongStep, OpenedMeanwhile, ChangedMeanwhile: see ``domain.documents.sending``.
        RecipientRefused: this address refused our mails, the last one perhaps.
        FieldInvalid: the recipient's address has become the team's meanwhile. NoticeNeeded: see ``open_deposit``.
        TooMany: the day's quota of this account is used up.
    """
    mails: list[str] = []

    def decide() -> Transition:
        nonlocal mails
        case, role = _asked(agent, deposit_id)
        link = case.link
        if link is None:
            raise WrongStep
        if parcours.attempt(case.parcours.id, link.attempt).notice_at is None:
            raise NoticeNeeded  # taken back by a request about personal data
        accompanying.account_at(link.recipient, "destinataire")
        # The mail service would not even try; what is delivered there later, or an operator, opens the way again.
        accompanying.check_takes_mails(link.recipient, "destinataire")
        step = decisions.resend(case, by=role, shown=shown, policy=terms.retention(), draw=draw(now))
        # The mail of the present version may wait since a waking that was lost.
        mails = [mail.key for mail in step.mails] or [link.mail_key]
        if not step:
            return step
        tries = relay.tries(link.id)
        forgiven = (Change(tries, None),) if tries is not None else ()
        return step + Transition(changes=forgiven) + quotas.sending(agent, now)

    commit_and_wake(decide)
    functions.wake_mailer(mails)
    return _parcours_of(deposit_id)


def revoke(agent: Account, deposit_id: str, *, seen_opened: bool, now: datetime) -> str:
    """The link dies at once, the documents are erased within minutes. Returns the parcours.

    Raises:
        NotFound, WrongStep, OpenedMeanwhile: see ``domain.documents.sending``.
    """

    def decide() -> Transition:
        case, role = _asked(agent, deposit_id)
        return decisions.revoke(case, by=role, seen_opened=seen_opened, draw=draw(now))

    commit_and_wake(decide)
    return _parcours_of(deposit_id)


def erase_on_request(agent: Account, deposit_id: str, *, now: datetime) -> str:
    """Everything about this sending goes. Returns the parcours."""

    def decide() -> Transition:
        case, role = _asked(agent, deposit_id, Act.ERASE)
        return decisions.erase_on_request(case, by=role, draw=draw(now))

    commit_and_wake(decide)
    return _parcours_of(deposit_id)


def _found(agent: Account, deposit_id: str, act: Act) -> tuple[Deposit, Parcours, Role]:
    """A deposit, its parcours, and the role in which this agent acts on them."""
    deposit = relay.deposit(deposit_id)
    if deposit is None:
        raise NotFound
    head = parcours.head(deposit.parcours)
    if role_on(agent, head) is None:
        raise NotFound
    return deposit, head, acting_as(agent, act, head)


def _asked(agent: Account, deposit_id: str, act: Act = Act.SEND) -> tuple[Case, Role]:
    deposit, head, role = _found(agent, deposit_id, act)
    return Case(head, deposit=deposit, links=relay.links(deposit), meeting=inviting.meeting_of(head)), role


def _parcours_of(deposit_id: str) -> str:
    found = relay.deposit(deposit_id)
    if found is None:
        raise NotFound
    return found.parcours


def hand_notice_over(sender: Account, parcours_id: str, *, now: datetime) -> None:
    """Note, once, that the young person has the notice. Raises WrongStep where nothing is sent now."""

    def decide() -> Transition:
        head = parcours.head(parcours_id)
        role = acting_as(sender, Act.SEND, head)
        if head.attempt is None:
            raise WrongStep
        return attempt.hand_notice_over(
            head, parcours.attempt(head.id, head.attempt), by=role, draw=draw(now)
        )

    commit_and_wake(decide)
