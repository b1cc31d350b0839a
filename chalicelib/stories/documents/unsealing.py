"""Code of the ``unseal`` function, the only one allowed to decrypt for a recipient: it gives a link's documents to one browser.

The ``web`` function may be compromised, so everything is verified here again: this function trusts KMS alone.
"""

import base64
import hashlib
from datetime import datetime
from typing import Any

from chalicelib import french, log, terms
from chalicelib.clock import iso
from chalicelib.domain.case import Case
from chalicelib.domain.documents import opening as decisions
from chalicelib.domain.kernel import address
from chalicelib.domain.kernel.deposit import Contents, Document, associated_data
from chalicelib.domain.kernel.link import Pointer
from chalicelib.domain.kernel.transition import Transition
from chalicelib.domain.kernel.values import Kind
from chalicelib.errors import LinkUnknown, NotAuthentic, TryAgain, WrongStep
from chalicelib.stores import keys, objects, transactions
from chalicelib.stores.objects import SealedObject
from chalicelib.stores.relay import Found
from chalicelib.stories.documents import opening
from chalicelib.stories.kit.deciding import draw


def open_documents(typed: str, pointer: Pointer, *, browser: str, now: datetime) -> dict[str, Any]:
    """Give the documents of a link to one browser (runs in ``unseal``, the only function that may decrypt).

    Everything that can fail is tried before the claim, so that an outage costs nobody her turn.

    Args:
        pointer: what ``web`` found of the token; it says what to read, and is not believed.
    Returns:
        ``{"documents": [{"kind", "url", "key", "aad", "nom", "sha256"}], "jusqu_a", "efface_le"}``; ``key`` and ``sha256``, that
        of the sealed bytes, are base64.
    Raises:
        DeadLink (one of its kinds), ProofNeeded, TryAgain.
    """
    found = find_genuine(typed, pointer, browser, now)
    decisions.check_alive(found.link, found.version, found.deposit, browser, now)
    assert found.deposit is not None and found.deposit.contents is not None
    unwrapped = {kind: unwrap(found, found.deposit.contents, kind) for kind in found.deposit.kinds}
    claimed, opened_at = _claim(found, browser, now)
    assert claimed.deposit is not None
    hashes = {one.kind: one.sha256 for one in found.deposit.contents.documents}
    return {
        "documents": [
            _given(claimed, kind, key) | {"sha256": hashes[kind]} for kind, key in unwrapped.items()
        ],
        "jusqu_a": iso(terms.retention().window_until(opened_at)),
        # A second link that is opened later lengthens nothing.
        "efface_le": iso(terms.retention().unconfirmed_until(claimed.deposit.opened_at or opened_at)),
    }


def pointer_of(given: dict[str, Any]) -> Pointer:
    """What ``web`` says that the index says of a token: see ``opening.check_known``."""
    return Pointer.model_validate(given)


def find_genuine(typed: str, pointer: Pointer, browser: str, now: datetime) -> Found:
    """The link of a token that KMS made, for a browser that answered its question. The index alone is never believed.

    Raises:
        LinkUnknown: unknown, or forged. ProofNeeded, LinkErased: see ``opening.check_holder``.
    """
    found = opening.read(pointer, browser)
    opening.check_holder(found, now)
    # The version that was asked for: an older token is genuine too, and then refused as dead.
    if not keys.token_is_genuine(opening.token_of(typed), found.link.token_message(found.version)):
        log.line("forged_link")
        raise LinkUnknown
    return found


def unwrap(found: Found, contents: Contents, kind: Kind) -> bytes:
    """The data key of one document, wrapped for this link's recipient and no other.

    Raises:
        TryAgain: the object, or its key, is not what was sealed; or a service does not answer.
    """
    deposit = found.deposit
    assert deposit is not None
    stored = objects.head(objects.object_key(deposit.id, kind))
    document = deposit.document(kind)
    if stored is None or document is None:
        log.line("document_missing", kind=kind.value)
        raise TryAgain
    to = address.bound_recipient(contents.salt, found.link.recipient)
    # A colleague's own lies in her link; the first recipient's with the object.
    wrapped = found.link.wrapped_keys.get(kind.value, stored.wrapped_key)
    try:
        key = keys.unwrap(wrapped, keys.KeyContext(deposit.id, kind, to))
    except NotAuthentic:
        log.line("document_tampered", kind=kind.value)
        raise TryAgain from None
    if hashlib.sha256(key).hexdigest() != document.key_sha256 or not _is_inspected(stored, document):
        log.line("document_tampered", kind=kind.value)
        raise TryAgain
    return key


def _is_inspected(stored: SealedObject, document: Document) -> bool:
    """Whether what lies there may be what was inspected. Where the storage keeps no checksum the page alone verifies the hash."""
    same = stored.sha256 is None or stored.sha256 == document.sha256
    return same and stored.sealed_bytes == document.sealed_bytes


def _claim(found: Found, browser: str, now: datetime) -> tuple[Found, datetime]:
    """Commit the claim, decided again when a race is lost. Returns what it was decided on and the instant of the opening."""
    claimed, opened_at = found, now

    def decide(current: Found) -> Transition:
        nonlocal claimed, opened_at
        claimed, opened_at = current, current.link.opened_at or now
        try:
            return decisions.claim(
                Case(current.parcours, deposit=current.deposit),
                current.link,
                current.version,
                browser=browser,
                policy=terms.retention(),
                draw=draw(now),
            )
        except WrongStep:
            raise TryAgain from None

    transactions.settle(opening.on_page(found, browser, decide))
    return claimed, opened_at


def _given(found: Found, kind: Kind, key: bytes) -> dict[str, str]:
    """What the winner's browser needs to fetch, open and name one document."""
    deposit = found.link.deposit
    return {
        "kind": kind.value,
        "url": objects.download_url(objects.object_key(deposit, kind)),
        "key": base64.b64encode(key).decode(),
        "aad": associated_data(deposit, kind),
        "nom": f"{french.KINDS[kind][0]}-{found.parcours.reference or 'CSF'}.pdf",
    }
