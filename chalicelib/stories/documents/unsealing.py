"""Code of the ``unseal`` function, the only one allowed to decrypt for a recipient: it gives a link's documents to one browser.

The ``web`` function may be compromised, so everything is verified here again: this function trusts KMS alone.
"""

import base64
import hashlib
from datetime import datetime
from typing import Any

from chalicelib import french, log, terms
from chalicelib.clock import iso
from chalicelib.domain import contacts
from chalicelib.domain.case import Case
from chalicelib.domain.documents import opening as decisions
from chalicelib.domain.kernel import address
from chalicelib.domain.kernel.deposit import Contents, Document, build_associated_data
from chalicelib.domain.kernel.link import Pointer
from chalicelib.domain.kernel.values import Kind
from chalicelib.errors import LinkUnknown, NotAuthentic, TryAgain, WrongStep
from chalicelib.stores import aws, cases, keys, objects, values
from chalicelib.stores.cases import Visit
from chalicelib.stores.objects import SealedObject
from chalicelib.stores.unit_of_work import UnitOfWork, story
from chalicelib.stories.documents import opening
from chalicelib.stories.kit.deciding import decision_inputs


def make_clients() -> None:
    """Make the clients of AWS that an opening uses."""
    aws.make_clients("dynamodb", "kms", "s3")


def open_documents(typed: str, pointer: Pointer, *, browser: str, now: datetime) -> dict[str, Any]:
    """Give the documents of a link to one browser (runs in ``unseal``, the only function that may decrypt).

    Everything that can fail is tried before the claim, so that an outage costs nobody their turn.

    Args:
        pointer: what ``web`` found of the token; it says what to read, and is not believed.
    Returns:
        ``{"documents": [{"kind", "url", "key", "aad", "nom", "sha256"}], "efface_le"}``; ``key`` and ``sha256``, that
        of the sealed bytes, are base64.
    Raises:
        DeadLink (one of its kinds), ProofNeeded, TryAgain.
    """
    work = UnitOfWork()
    visit = find_genuine(work, typed, pointer, browser, now)
    decisions.check_alive(visit.link, visit.version, visit.deposit, visit.parcours, browser, now)
    assert visit.deposit is not None and visit.deposit.contents is not None
    unwrapped = {kind: unwrap(visit, visit.deposit.contents, kind) for kind in visit.deposit.kinds}
    hashes = {document.kind: document.sha256 for document in visit.deposit.contents.documents}
    claimed = _claim(work, pointer, browser, now)
    assert claimed.deposit is not None
    return {
        "documents": [
            _build_given(claimed, kind, key) | {"sha256": hashes[kind]} for kind, key in unwrapped.items()
        ],
        "efface_le": iso(terms.retention().unconfirmed_until(claimed.deposit.opened_at or now)),
    }


def parse_pointer(given: dict[str, Any]) -> Pointer:
    """Parse the index entry of a token that ``web`` passes on: see ``opening.find_pointer``."""
    return values.read_value(Pointer, given)


def find_genuine(work: UnitOfWork, typed: str, pointer: Pointer, browser: str, now: datetime) -> Visit:
    """Look a token up for a browser that answered its question, and verify with KMS that it is one of ours.

    Raises:
        LinkUnknown: unknown, or forged. ProofNeeded, LinkErased: see ``opening.check_holder``.
    """
    visit = cases.load_visit(work, pointer, browser)
    opening.check_holder(visit, now)
    # The version that was asked for: an older token is genuine too, and then refused as dead.
    if not keys.is_genuine_token(opening.parse_token(typed), visit.link.build_token_message(visit.version)):
        log.line("forged_link")
        raise LinkUnknown
    return visit


def unwrap(visit: Visit, contents: Contents, kind: Kind) -> bytes:
    """Unwrap the data key of one document, wrapped for this link's recipient and no other.

    Raises:
        TryAgain: the object, or its key, is not what was sealed; or a service does not answer.
    """
    deposit = visit.deposit
    assert deposit is not None
    stored = objects.read_metadata(objects.object_key(deposit.id, kind))
    document = deposit.document(kind)
    if stored is None or document is None:
        log.line("document_missing", kind=kind.value)
        raise TryAgain
    to = address.bind_recipient(contents.salt, visit.link.recipient)
    # A colleague's own lies in the link; the first recipient's with the object.
    wrapped = visit.link.wrapped_keys.get(kind.value, stored.wrapped_key)
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
    """Whether the stored object has the size and checksum of the inspected document.

    Where storage has no checksum, the page verifies it after the download.
    """
    is_same_object = stored.sha256 is None or stored.sha256 == document.sha256
    return is_same_object and stored.sealed_bytes == document.sealed_bytes


@story
def _claim(work: UnitOfWork, pointer: Pointer, browser: str, now: datetime) -> Visit:
    """Commit the claim; return the visit it was decided on. Raises DeadLink, TryAgain."""
    visit = cases.load_visit(work, pointer, browser)
    try:
        step = decisions.claim(
            Case(visit.parcours, deposit=visit.deposit),
            visit.link,
            visit.version,
            browser=browser,
            policy=terms.retention(),
            inputs=decision_inputs(now),
        )
    except WrongStep:
        raise TryAgain from None
    work.commit(contacts.note_contacts(step, visit.link))
    return visit


def _build_given(visit: Visit, kind: Kind, key: bytes) -> dict[str, str]:
    """Build what the winning browser needs to fetch, open and name one document."""
    deposit = visit.link.deposit
    return {
        "kind": kind.value,
        "url": objects.sign_download_url(objects.object_key(deposit, kind)),
        "key": base64.b64encode(key).decode(),
        "aad": build_associated_data(deposit, kind),
        "nom": f"{french.KINDS[kind][0]}-{visit.parcours.reference or 'CSF'}.pdf",
    }
