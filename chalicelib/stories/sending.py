"""Sending documents: a sender announces what she sealed, and gets the forms to upload it."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib import config
from chalicelib.domain import address, notice, recipients
from chalicelib.domain import sending as decisions
from chalicelib.domain.deposit import SEALING_BYTES, Contents, Deposit, Document
from chalicelib.domain.parcours import Parcours
from chalicelib.domain.people import Account, Act, acting_as, role_on
from chalicelib.domain.transition import Transition
from chalicelib.domain.values import Kind, Role
from chalicelib.errors import FieldInvalid, NotFound, RecipientDoubtful, WrongStep
from chalicelib.stores import keys, objects, parcours, relay, transactions
from chalicelib.stories import accompanying, phone_codes, policies, quotas
from chalicelib.stories.draws import in_order, salt

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
        NotFound: the parcours does not exist, or not for this person. NotYours: it is for others to send on it.
        WrongStep, DepositConflict: see ``domain.deposit``.
        FieldInvalid: recipient, size, hash or key cannot be taken.
        NoticeNeeded: the young person has no notice yet.
        RecipientDoubtful: the address looks like a mistake and was not confirmed, or the record changed since it was shown.
        TooMany: the day's quota of this account is used up.
    """
    recipient, known = _recipient(asked.recipient)
    _check(asked)
    code_check = phone_codes.check_value(asked.deposit) if asked.code else None
    counted = False

    def decide() -> Transition:
        nonlocal counted
        head = parcours.head(parcours_id)
        role = acting_as(sender, Act.SEND, head)
        stands = relay.deposit(asked.deposit)
        kept_salt = stands.contents.salt if stands and stands.contents else salt()
        contents = _contents(sender, role, recipient, kept_salt, asked).model_copy(
            update={"to": recipients.side_of(head, recipient, known), "code_check": code_check}
        )
        buyer = parcours.account(head.buyer) if head.buyer else None
        if stands is not None:
            return decisions.renew(stands, contents, parcours_id, policy=policies.retention(), now=now)
        first, second = in_order(now)
        step = decisions.announce(
            head,
            asked.deposit,
            contents,
            policy=policies.retention(),
            draw=second,
        )
        passage = parcours.attempt(head.id, head.attempt or 0)
        step = notice.before_sending(step, passage, said=asked.notice, by=contents.sender, draw=first)
        _check_recipient(head, contents, buyer, asked)
        if not counted:  # last, so that what is refused uses nothing up
            quotas.count_sending(sender, now)
            counted = True
        return step

    transactions.settle(decide)
    written = relay.deposit(asked.deposit)
    if written is None or written.contents is None:
        raise WrongStep
    return [_signed(written, written.contents, one) for one in asked.documents]


def progress(sender: Account, deposit_id: str) -> Deposit:
    """Where this deposit is, for whoever may send on its parcours.

    Raises:
        NotFound: no such deposit, or not for this person. NotYours: it is for others to send on this parcours.
    """
    found = relay.deposit(deposit_id)
    head = parcours.head(found.parcours) if found is not None else None
    if found is None or head is None or role_on(sender, head) is None:
        raise NotFound
    acting_as(sender, Act.SEND, head)
    return found


def _recipient(typed: str) -> tuple[str, Account | None]:
    recipient = address.normalise(typed, "destinataire")
    return recipient, accompanying.account_at(recipient, "destinataire")


def _check_recipient(head: Parcours, contents: Contents, buyer: Account | None, asked: Announcement) -> None:
    """Refuse a doubtful address until what is doubtful about it was shown and confirmed.

    Raises:
        RecipientDoubtful: this address, or one to which the buyer may pass the link on.
    """
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
        seconds=config.settings().form_seconds,
    )
    return {"kind": one.kind.value, "form": form}
