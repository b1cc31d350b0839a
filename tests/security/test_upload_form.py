"""The upload form against whoever changes it (B05 to B08 of the bad inputs): it takes one document, as announced, for minutes.

Forms are signed by the story and posted for real to the local cloud's storage, which checks signature, conditions and time as S3
does; the checksum alone is left to inspection there.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
import urllib3

from chalicelib.stores import aws, objects
from chalicelib.stores.objects import UploadForm
from infra.local import LocalCloud
from tests.conftest import on_cloud
from tests.security import deployed as deployed_relay
from tests.security.visitor import post_form
from tests.support import relays
from tests.support.factories import Sealed
from tests.support.relays import Relay
from tests.support.worlds import World

pytestmark = pytest.mark.cloud


@pytest.fixture(scope="module")
def shared(cloud: LocalCloud) -> Iterator[World]:
    """One world for all tests of this file, each of which announces a document of its own."""
    with on_cloud(cloud) as made:
        yield made


@pytest.fixture
def relay(shared: World) -> Relay:
    """A parcours on which a document was announced."""
    relay = relays.started(shared)
    relay.announces()
    return relay


@pytest.fixture
def document(relay: Relay) -> Sealed:
    return relay.sent[-1]


@pytest.fixture
def form(relay: Relay) -> UploadForm:
    return relay.forms[-1]


def test_b07_other_bytes_of_the_same_size_are_refused(
    relay: Relay, document: Sealed, form: dict[str, Any]
) -> None:
    """Other bytes of the announced size are refused: on AWS by S3, which checks the signed checksum, otherwise by inspection."""
    mailed = len(relay.tokens())

    status = post_form(form, bytes([*document.blob[:-1], document.blob[-1] ^ 1]))

    assert status in {204, 400, 403}
    if status == 204:
        assert relay.is_inspected() == "refused"
    assert form["fields"]["key"] not in relay.world.objects()
    relay.mailer_runs()
    assert len(relay.tokens()) == mailed


CHANGES: dict[str, dict[str, str | None]] = {
    "another key": {"key": "sealed/00000000-0000-4000-8000-000000000000/cv"},
    "a key that climbs": {"key": "../other/cv"},
    "the name of the file as key": {"key": "sealed/${filename}"},
    "acl added": {"acl": "public-read"},
    "success_action_redirect added": {"success_action_redirect": "https://evil.example/"},
    "success_action_status added": {"success_action_status": "200"},
    "tagging added": {"tagging": "<Tagging><TagSet/></Tagging>"},
    "storage class added": {"x-amz-storage-class": "GLACIER"},
    "website redirection added": {"x-amz-website-redirect-location": "https://evil.example/"},
    "metadata added": {"x-amz-meta-name": "Zoé"},
    "wrapped key changed": {"x-amz-meta-key": "AAAA"},
    "wrapped key left out": {"x-amz-meta-key": None},
    "parcours changed": {"x-amz-meta-parcours": "0" * 32},
    "parcours left out": {"x-amz-meta-parcours": None},
    "content type changed": {"Content-Type": "text/html"},
    "checksum changed": {"x-amz-checksum-sha256": "A" * 43 + "="},
    "checksum left out": {"x-amz-checksum-sha256": None},
    "signature changed": {"x-amz-signature": "0" * 64},
}


@pytest.mark.parametrize("change", CHANGES)
def test_b06_a_form_with_a_field_changed_stores_nothing(
    change: str, shared: World, document: Sealed, form: dict[str, Any]
) -> None:
    stood = shared.objects()

    assert post_form(form, document.blob, CHANGES[change]) == 403

    assert shared.objects() == stood
    assert post_form(form, document.blob) == 204  # the form itself was good
    assert shared.objects() == stood | {form["fields"]["key"]: document.blob}


@pytest.mark.parametrize("length", ["one byte more", "one byte less", "empty"])
def test_b06_a_form_takes_the_declared_size_alone(
    length: str, shared: World, document: Sealed, form: dict[str, Any]
) -> None:
    stood = shared.objects()
    sent = {"one byte more": document.blob + b"\0", "one byte less": document.blob[:-1], "empty": b""}

    assert post_form(form, sent[length]) == 400

    assert shared.objects() == stood


def test_b06_a_form_is_good_for_its_bucket_alone(
    shared: World, document: Sealed, form: dict[str, Any]
) -> None:
    bucket = shared.environment["DOCUMENT_BUCKET"]
    place = {"LocationConstraint": "eu-west-3"}
    aws.s3().create_bucket(Bucket=f"{bucket}-other", CreateBucketConfiguration=place)  # type: ignore[arg-type]

    assert post_form(form | {"url": form["url"].replace(bucket, f"{bucket}-other")}, document.blob) == 403

    assert "Contents" not in aws.s3().list_objects_v2(Bucket=f"{bucket}-other")


@pytest.mark.parametrize("method", ["PUT", "GET", "HEAD", "DELETE"])
def test_b08_the_signature_of_a_form_is_good_for_nothing_else(
    method: str, shared: World, document: Sealed, form: dict[str, Any]
) -> None:
    assert post_form(form, document.blob) == 204
    stood = shared.objects()
    body = b"other" if method == "PUT" else None

    assert urllib3.request(method, _as_address(form), body=body, retries=False).status == 403

    assert shared.objects() == stood


def test_b08_an_address_signed_for_reading_is_good_for_reading_alone(
    shared: World, document: Sealed, form: dict[str, Any]
) -> None:
    assert post_form(form, document.blob) == 204
    address = objects.sign_download_url(form["fields"]["key"])

    assert urllib3.request("PUT", address, body=b"other", retries=False).status == 403
    assert urllib3.request("DELETE", address, retries=False).status == 403
    assert urllib3.request("GET", address.replace("/cv?", "/lettre?"), retries=False).status == 403

    assert urllib3.request("GET", address, retries=False).data == document.blob


def _as_address(form: dict[str, Any]) -> str:
    """Return the form's own signature as a signed address would carry it."""
    fields = form["fields"]
    query = {
        "X-Amz-Algorithm": fields["x-amz-algorithm"],
        "X-Amz-Credential": fields["x-amz-credential"],
        "X-Amz-Date": fields["x-amz-date"],
        "X-Amz-Expires": "300",
        "X-Amz-SignedHeaders": "host",
        "X-Amz-Signature": fields["x-amz-signature"],
    }
    return f"{form['url'].rstrip('/')}/{fields['key']}?{urlencode(query)}"


def test_b05_a_form_is_refused_once_its_time_is_over(document: Sealed, form: dict[str, Any]) -> None:
    """A form that the store signs for fifteen seconds is refused afterwards (the setting itself allows a minute at least)."""
    short = objects.sign_upload_form(
        form["fields"]["key"],
        sealed_bytes=len(document.blob),
        sha256=document.declared.sha256,
        wrapped_key=form["fields"][objects.KEY_FIELD],
        parcours=form["fields"][objects.PARCOURS_FIELD],
        seconds=15,
    )
    assert post_form(short, document.blob) == 204

    deployed_relay.until(lambda: post_form(short, document.blob) == 403, "the form is refused")

    assert post_form(form, document.blob) == 204  # the one that still holds
