"""Inspecting: every arrived document is opened in memory once, checked, and either sent on its way or erased."""

import base64
import hashlib
from collections.abc import Callable
from datetime import datetime

from chalicelib import clock, seal, terms
from chalicelib.domain.documents import sending
from chalicelib.domain.kernel import address
from chalicelib.domain.kernel.deposit import Deposit, DepositState, DocumentState, build_associated_data
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.timeline import Reason
from chalicelib.domain.kernel.values import Kind
from chalicelib.errors import NotAuthentic
from chalicelib.pdf import process
from chalicelib.stores import cases, functions, keys, objects
from chalicelib.stores.objects import Arriving, SealedObject
from chalicelib.stores.unit_of_work import UnitOfWork, story
from chalicelib.stories.kit.deciding import decision_inputs

Judge = Callable[[bytes], bool]
"""Whether a document is canonical."""


def inspect(object_key: str, *, now: datetime, reason: str = "") -> str:
    """Inspect the object of an « Object Created » event. Events come twice, late, in any order, or for what is long erased.

    Args:
        reason: why the event came. If it is repeated, an earlier try was cut, and this one may be: the arrival is noted first,
            so that documents live as long as unopened ones however often inspection fails.
    Returns:
        What happened, for the log: ``verified``, ``refused``, ``done`` (already), ``orphan`` (erased), ``missing``, ``foreign``.
    Raises:
        TryAgain, OSError: nothing was decided; the event is given again, or the minute function wakes us.
    """
    place = objects.parse_object_key(object_key)
    if place is None:
        return "foreign"
    deposit_id, kind_name = place
    kind = Kind(kind_name) if kind_name in set(Kind) else None
    if reason == functions.AGAIN:
        _note_arrival(deposit_id, kind, now)
    try:
        # The process that judges loads while the object comes.
        with process.start_process() as judge, objects.open_object(object_key) as arriving:
            if arriving is None:
                return "missing"
            return _inspect_arrived(object_key, deposit_id, kind, arriving, judge, now)
    except Exception:
        _note_arrival(deposit_id, kind, now)
        raise


def _inspect_arrived(
    object_key: str, deposit_id: str, kind: Kind | None, arriving: Arriving, judge: Judge, now: datetime
) -> str:
    """Judge one arrived object and note the result; return the outcome for the log. An object nobody awaits is erased."""
    work = UnitOfWork()
    case = cases.load_arrival(work, deposit_id, arriving.parcours)
    document = case[0].document(kind) if case and kind else None
    if case is None or kind is None or document is None or not case[0].is_live(now):
        objects.erase([object_key])
        return "orphan"
    if document.state in {DocumentState.VERIFIED, DocumentState.REFUSED}:
        return "done"
    reason = _find_refusal(case[0], kind, arriving.read_bytes(document.sealed_bytes), judge)
    _conclude(work, deposit_id, arriving.parcours, kind, reason, now)
    return "refused" if reason is not None else "verified"


@story
def _note_arrival(work: UnitOfWork, deposit_id: str, kind: Kind | None, now: datetime) -> None:
    """Note that a document has arrived, before or without its inspection, so that it is inspected again."""
    deposit = work.get(Deposit, deposit_id)
    if deposit is None or kind is None:
        return
    parcours = work.get_one(Parcours, deposit.parcours)
    work.commit(
        sending.receive(deposit, parcours, kind, policy=terms.retention(), inputs=decision_inputs(now))
    )


@story
def _conclude(
    work: UnitOfWork,
    deposit_id: str,
    parcours_id: str,
    kind: Kind,
    reason: Reason | None,
    arrived_at: datetime,
) -> None:
    """Note the arrival and the result in one write; erase what is refused, wake the mailer."""
    case = cases.load_arrival(work, deposit_id, parcours_id)
    if case is None:
        return
    # The result is later than the arrival, and shown after it.
    arrived, now = decision_inputs(arrived_at), decision_inputs(clock.utc_now())
    step = sending.note_inspection(case, kind, reason, policy=terms.retention(), arrived=arrived, inputs=now)
    work.commit(step)
    after = step.result_for(case[0])
    if reason is not None and after.state is DepositState.REFUSED:
        objects.erase(objects.object_key(after.id, declared) for declared in after.kinds)
    functions.wake_mailer(step.mail_keys)


def _find_refusal(deposit: Deposit, kind: Kind, arrived: SealedObject, judge: Judge) -> Reason | None:
    """Return why a document cannot be passed on; None when it can."""
    try:
        plain = _open(deposit, kind, arrived)
    except NotAuthentic:
        return Reason.NOT_AS_DECLARED
    return None if judge(plain) else Reason.NOT_CANONICAL


def _open(deposit: Deposit, kind: Kind, arrived: SealedObject) -> bytes:
    """Decrypt a document. Raises NotAuthentic when bytes, key, recipient or size are not what its sender announced."""
    document = deposit.document(kind)
    assert document is not None and deposit.contents is not None
    digest = base64.b64encode(hashlib.sha256(arrived.blob).digest()).decode()
    if arrived.sealed_bytes != document.sealed_bytes or digest != document.sha256:
        raise NotAuthentic
    to = address.bind_recipient(deposit.contents.salt, deposit.contents.recipient)
    key = keys.unwrap(arrived.wrapped_key, keys.KeyContext(deposit.id, kind, to))
    if hashlib.sha256(key).hexdigest() != document.key_sha256:
        raise NotAuthentic
    return seal.open_sealed(arrived.blob, key=key, aad=build_associated_data(deposit.id, kind))
