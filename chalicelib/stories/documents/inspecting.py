"""Inspecting: every arrived document is opened in memory once, checked, and either sent on its way or erased."""

import base64
import hashlib
from collections.abc import Callable
from datetime import datetime

from chalicelib import clock, seal, terms
from chalicelib.domain.documents import sending
from chalicelib.domain.kernel import address
from chalicelib.domain.kernel.deposit import Deposit, DepositState, DocumentState, associated_data
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.timeline import Reason
from chalicelib.domain.kernel.transition import Transition
from chalicelib.domain.kernel.values import Kind
from chalicelib.errors import NotAuthentic
from chalicelib.pdf import PdfReport, process
from chalicelib.stores import functions, keys, objects, relay
from chalicelib.stores.objects import SealedObject
from chalicelib.stories.kit import deciding
from chalicelib.stories.kit.deciding import draw


def inspect(object_key: str, *, now: datetime) -> str:
    """Inspect the object of an « Object Created » event. Events come twice, late, in any order, or for what is long erased.

    Returns:
        What happened, for the log: ``verified``, ``refused``, ``done`` (already), ``orphan`` (erased), ``missing``, ``foreign``.
    Raises:
        TryAgain, OSError: nothing was decided; the event is given again, or the minute function wakes us.
    """
    place = objects.place_of(object_key)
    if place is None:
        return "foreign"
    deposit_id, kind_name = place
    found = relay.deposit(deposit_id)
    kind = Kind(kind_name) if kind_name in set(Kind) else None
    document = found.document(kind) if found and kind else None
    if found is None or kind is None or document is None or not found.is_live(now):
        objects.erase([object_key])
        return "orphan"
    if document.state in {DocumentState.VERIFIED, DocumentState.REFUSED}:
        return "done"
    with process.started() as judge:  # it loads while the object comes
        _settle_received(deposit_id, kind, now)
        arrived = objects.fetch(object_key, most_bytes=document.sealed_bytes)
        if arrived is None:
            return "missing"
        reason, hidden = _judged(found, kind, arrived, judge)
    # Later than the arrival, and shown after it.
    return _conclude(deposit_id, kind, reason, hidden, clock.utc_now())


def _settle_received(deposit_id: str, kind: Kind, now: datetime) -> None:
    def decide(current: Deposit, head: Parcours) -> Transition:
        return sending.receive(current, head, kind, policy=terms.retention(), draw=draw(now))

    deciding.settle_deposit(deposit_id, decide)


def _conclude(deposit_id: str, kind: Kind, reason: Reason | None, hidden: bool, now: datetime) -> str:
    def decide(current: Deposit, head: Parcours) -> Transition:
        if reason is not None:
            return sending.refuse(current, head, kind, reason, draw(now))
        return sending.verify(
            current, head, kind, hidden_details=hidden, policy=terms.retention(), draw=draw(now)
        )

    step = deciding.settle_deposit(deposit_id, decide)
    current = relay.deposit(deposit_id)
    if reason is not None and current is not None and current.state is DepositState.REFUSED:
        objects.erase(objects.object_key(deposit_id, one) for one in current.kinds)
    functions.wake_mailer([mail.key for mail in step.mails])
    return "refused" if reason is not None else "verified"


def _judged(
    found: Deposit, kind: Kind, arrived: SealedObject, judge: Callable[[bytes], PdfReport]
) -> tuple[Reason | None, bool]:
    """Why this document cannot be passed on (None when it can), and whether it holds more than it shows."""
    try:
        plain = _opened(found, kind, arrived)
    except NotAuthentic:
        return Reason.NOT_AS_DECLARED, False
    report = judge(plain)
    return (Reason(report.refusal.value), False) if report.refusal else (None, report.hidden_details)


def _opened(found: Deposit, kind: Kind, arrived: SealedObject) -> bytes:
    """The plain document; NotAuthentic when bytes, key, recipient or size are not what its sender announced."""
    document = found.document(kind)
    assert document is not None and found.contents is not None
    digest = base64.b64encode(hashlib.sha256(arrived.blob).digest()).decode()
    if arrived.sealed_bytes != document.sealed_bytes or digest != document.sha256:
        raise NotAuthentic
    to = address.bound_recipient(found.contents.salt, found.contents.recipient)
    key = keys.unwrap(arrived.wrapped_key, keys.KeyContext(found.id, kind, to))
    if hashlib.sha256(key).hexdigest() != document.key_sha256:
        raise NotAuthentic
    return seal.open_sealed(arrived.blob, key=key, aad=associated_data(found.id, kind))
