"""Sending: documents are announced, arrive, are accepted or refused, and the link is made."""

from datetime import datetime

from chalicelib.domain import address, recipients
from chalicelib.domain.deposit import (
    Contents,
    Deposit,
    DepositState,
    Document,
    DocumentState,
    Mailing,
    event_of,
)
from chalicelib.domain.link import Link
from chalicelib.domain.parcours import Parcours, ParcoursStatus, Step
from chalicelib.domain.retention import RetentionPolicy
from chalicelib.domain.timeline import EventKind, Reason
from chalicelib.domain.transition import Change, Draw, MailKind, OutboxMail, Transition
from chalicelib.domain.values import Kind, Role
from chalicelib.errors import DepositConflict, WrongStep

SENDING_STEPS = frozenset({Step.DOCUMENTS_TO_SEND, Step.LINK_SENT, Step.OPENED, Step.RECEIVED})
"""Steps at which documents may be sent; later ones have dates to lose."""


def announce(
    parcours: Parcours,
    deposit_id: str,
    contents: Contents,
    *,
    policy: RetentionPolicy,
    draw: Draw,
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
        contents=contents.model_copy(update={"known": _known(parcours, contents)}),
    )
    event = event_of(deposit, EventKind.DEPOSIT_OPENED, contents.sender, draw)
    return Transition(
        changes=(
            Change(None, deposit),
            parcours.telling(event, live_deposit=deposit.id, last_deposit=deposit.id),
        ),
        events=(event,),
    )


def _known(parcours: Parcours, contents: Contents) -> tuple[str, ...]:
    """The contacts to whom the link may be passed on: none that was changed without the sealer having been shown it.

    A sending to the buyer shows them all, since she may pass it on to any of them.
    """
    shown = contents.to is Role.BUYER
    sure = [one for one in parcours.company.contacts if shown or not recipients.is_changed(one)]
    return tuple(address.bound_recipient(contents.salt, one.address) for one in sure)


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
    event = event_of(deposit, EventKind.DOCUMENTS_RECEIVED, _contents(deposit).sender, draw)
    after = after.but(
        state=DepositState.RECEIVED,
        received_at=draw.now,
        erase_at=policy.unopened_until(draw.now, deposit.created_at),
    )
    return Transition(changes=(Change(deposit, after), parcours.telling(event)), events=(event,))


def verify(
    deposit: Deposit,
    parcours: Parcours,
    kind: Kind,
    *,
    hidden_details: bool = False,
    policy: RetentionPolicy,
    draw: Draw,
) -> Transition:
    """Inspection accepts a document. With the last one, the link is made and its mail waits. ``draw``: two ids."""
    document = deposit.document(kind)
    if document is None or document.state is not DocumentState.RECEIVED or not deposit.is_live(draw.now):
        return Transition.nothing()
    verified = document.at(DocumentState.VERIFIED).model_copy(update={"hidden_details": hidden_details})
    after = deposit.with_document(verified)
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
        to=_contents(deposit).to,
        domain=address.domain(_contents(deposit).recipient) if _contents(deposit).to is Role.COMPANY else "",
        code_wanted=_contents(deposit).code_check is not None,
    )
    event = event_of(deposit, EventKind.DOCUMENTS_VERIFIED, Role.SYSTEM, draw)
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
    event = event_of(
        deposit, EventKind.DOCUMENTS_REFUSED, Role.SYSTEM, draw, documents=(kind,), reason=reason
    )
    after = deposit.with_document(
        document.at(DocumentState.REFUSED, reason), state=DepositState.REFUSED, erase_at=draw.now
    )
    # Whom it concerns stands in the mail itself: the next purge may be faster than the mailer.
    mail = OutboxMail(
        key=draw.id(1),
        kind=MailKind.REFUSAL_NOTICE,
        created_at=draw.now,
        deposit=deposit.id,
        account=_contents(deposit).owner,
        document=kind,
        reason=reason,
    )
    head = parcours.telling(event, live_deposit=None, since=draw.now, moved=())
    return Transition(changes=(Change(deposit, after), head), events=(event,), mails=(mail,))


def _same_announcement(deposit: Deposit, contents: Contents, parcours_id: str) -> bool:
    stands = _contents(deposit)
    return (
        deposit.parcours == parcours_id
        and (stands.sealed_by, stands.recipient) == (contents.sealed_by, contents.recipient)
        and (stands.code_check is None) == (contents.code_check is None)
        and [one.declared for one in stands.documents] == [one.declared for one in contents.documents]
    )


def _contents(deposit: Deposit) -> Contents:
    assert deposit.contents is not None
    return deposit.contents


def _documents(deposit: Deposit) -> tuple[Document, ...]:
    return _contents(deposit).documents
