"""The recipient gets what inspection saw and nothing else: no second reading of the same bytes, no other bytes in their place."""

import base64
import hashlib
import secrets
import uuid

import pytest

from chalicelib import seal
from chalicelib.domain.kernel import address
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.values import Kind
from chalicelib.errors import TryAgain
from chalicelib.stores import aws, keys
from tests.support import canonical, factories
from tests.support.canonical import document, scanned
from tests.support.factories import Sealed
from tests.support.pdf_samples import JAVASCRIPT, file_of, objects_of
from tests.support.relays import Browser, Relay
from tests.support.two_keys import sealed_twice
from tests.support.worlds import World

HOSTILE = file_of(objects_of(catalog=b"/OpenAction" + JAVASCRIPT))


def two_faced() -> tuple[Sealed, Sealed]:
    """Return two documents of one blob: under one key an honest CV, under the other a PDF that runs a script, which readers
    find since they skip what comes before it.
    """
    deposit, key, other = str(uuid.uuid4()), secrets.token_bytes(32), secrets.token_bytes(32)
    room = b"x" * (len(HOSTILE) + -len(HOSTILE) % 16 + 16)
    aligned = b" " * (-_with_picture(room).index(room) % 16)
    honest = _with_picture(aligned + room)
    before, _, after = honest.partition(room)
    blob = sealed_twice(before, HOSTILE, after, (key, other), f"{deposit}/cv")
    shown, hidden = (
        seal.open_sealed(blob, key=either_key, aad=f"{deposit}/cv") for either_key in (key, other)
    )
    return Sealed(deposit, Kind.CV, shown, blob, key), Sealed(deposit, Kind.CV, hidden, blob, other)


def _with_picture(data: bytes) -> bytes:
    """Return a document with a picture of these bytes."""
    return document(resources={"XObject": {"X": scanned(data)}})


def wrapped_for(relay: Relay, key: bytes) -> str:
    """Return a data key wrapped for this deposit, as the web function's role may do at any time."""
    deposit = relay.deposit()
    assert deposit.contents is not None
    to = address.bind_recipient(deposit.contents.salt, deposit.contents.recipient)
    return keys.wrap(key, keys.KeyContext(deposit.id, Kind.CV, to))


def stores(relay: Relay, blob: bytes, wrapped: str, **more: str) -> None:
    """Replace the uploaded object by another one."""
    aws.s3().put_object(
        Bucket=relay.world.environment["DOCUMENT_BUCKET"],
        Key=str(relay.forms[0]["fields"]["key"]),
        Body=blob,
        Metadata={"key": wrapped},
        **more,  # type: ignore[arg-type]
    )


def test_one_blob_is_an_honest_cv_under_one_key_and_a_script_under_another() -> None:
    shown, hidden = two_faced()

    assert shown.blob == hidden.blob
    assert canonical.is_accepted(shown.plain)
    assert HOSTILE in hidden.plain
    assert not canonical.is_accepted(HOSTILE)


def test_a_blob_that_two_keys_open_is_refused_unless_inspected_under_the_announced_one(
    relay: Relay, world: World
) -> None:
    shown, hidden = two_faced()
    relay.announces(hidden)
    stores(relay, shown.blob, wrapped_for(relay, shown.key))

    assert relay.is_inspected() == "refused"
    assert world.objects() == {}


def test_other_bytes_whose_checksum_the_storage_knows_are_not_given_out(relay: Relay) -> None:
    """The bytes have the declared size and are sealed under the right key: only their hash shows that they differ."""
    honest = factories.sealed(document())
    token, browser = relay.sends(honest), Browser()
    browser.proves(token)
    other = seal.seal(
        document().replace(b"842", b"841"),
        key=honest.key,
        nonce=secrets.token_bytes(12),
        aad=f"{honest.deposit}/cv",
    )
    assert len(other) == len(honest.blob)
    checksum = base64.b64encode(hashlib.sha256(other).digest()).decode()
    stores(
        relay,
        other,
        str(relay.forms[0]["fields"]["x-amz-meta-key"]),
        ChecksumAlgorithm="SHA256",
        ChecksumSHA256=checksum,
    )

    with pytest.raises(TryAgain):
        browser.opens(token)

    assert EventKind.LINK_OPENED not in relay.event_kinds()


def test_an_opening_tells_the_page_which_bytes_were_inspected(relay: Relay) -> None:
    token, browser = relay.sends(), Browser()
    browser.proves(token)

    (given,) = browser.opens(token)["documents"]

    assert given["sha256"] == relay.sent[0].declared.sha256
