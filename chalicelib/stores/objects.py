"""The bucket: sealed documents, each carrying its wrapped key, so that erasing the one erases the other."""

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypedDict

from botocore.exceptions import ClientError

from chalicelib import config
from chalicelib.stores import aws

if TYPE_CHECKING:
    from botocore.response import StreamingBody

BUCKET = "DOCUMENT_BUCKET"
PREFIX = "sealed/"
CONTENT_TYPE = "application/octet-stream"
KEY_FIELD = "x-amz-meta-key"
PARCOURS_FIELD = "x-amz-meta-parcours"
"""Says where to look; the deposit says whose it is."""
DOWNLOAD_SECONDS = 60
PAGE_OBJECTS, LISTED_AT_ONCE = 500, 1_000
"""Keys of a page that is handled, and of one that is only read, S3's most."""
MISSING = frozenset({"404", "NoSuchKey", "NotFound", "403", "AccessDenied"})
"""S3 answers 403 for a missing object to a role that may not list: only the purge may."""


@dataclass(frozen=True)
class SealedObject:
    """An object of the bucket; the blob is only there when it was asked for."""

    wrapped_key: str
    sealed_bytes: int
    blob: bytes = b""
    sha256: str | None = None
    """The checksum that the storage verified at the upload, base64; None where it keeps none."""


def object_key(deposit: str, kind: str) -> str:
    """Return the key in the bucket of a deposit's document of this kind."""
    return f"{PREFIX}{deposit}/{kind}"


def parse_object_key(key: str) -> tuple[str, str] | None:
    """Return the deposit id and the kind of document that an object's key names; None when it is none of our keys."""
    parts = key.removeprefix(PREFIX).split("/")
    return (parts[0], parts[1]) if key.startswith(PREFIX) and len(parts) == 2 and all(parts) else None


class UploadForm(TypedDict):
    """A signed form; the file comes after its fields, as ``file``."""

    url: str
    fields: dict[str, str]


def sign_upload_form(
    key: str, *, sealed_bytes: int, sha256: str, wrapped_key: str, parcours: str, seconds: int
) -> UploadForm:
    """Sign the form with which a browser posts exactly one blob. No network call is made.

    Args:
        sealed_bytes: the exact size; ``sha256``: of the blob, base64; ``seconds``: how long the signature holds.
    Returns:
        ``url`` and ``fields``; the file comes after the fields, as ``file``.
    Source: Amazon S3 API Reference, « POST Policy »: exact matches, ``content-length-range``.
    """
    fields = {
        "Content-Type": CONTENT_TYPE,
        "x-amz-checksum-algorithm": "SHA256",
        "x-amz-checksum-sha256": sha256,
        KEY_FIELD: wrapped_key,
        PARCOURS_FIELD: parcours,
    }
    form = aws.s3().generate_presigned_post(
        config.resource(BUCKET),
        key,
        Fields=dict(fields),
        Conditions=[{name: value} for name, value in fields.items()]
        + [["content-length-range", sealed_bytes, sealed_bytes]],
        ExpiresIn=seconds,
    )
    return {"url": form["url"], "fields": form["fields"]}


def sign_download_url(key: str) -> str:
    """Return an address that gives the sealed blob for 60 seconds, without a network call."""
    return aws.s3().generate_presigned_url(
        "get_object",
        Params={
            "Bucket": config.resource(BUCKET),
            "Key": key,
            "ResponseContentType": CONTENT_TYPE,
            "ResponseCacheControl": "no-store",
        },
        ExpiresIn=DOWNLOAD_SECONDS,
    )


def read_metadata(key: str) -> SealedObject | None:
    """Return the object at this key without its bytes; None when there is none."""
    try:
        with aws.calling():
            answer = aws.s3().head_object(Bucket=config.resource(BUCKET), Key=key, ChecksumMode="ENABLED")
    except ClientError as error:
        if aws.read_error_code(error) in MISSING:
            return None
        raise
    wrapped_key, size = answer["Metadata"].get("key", ""), answer["ContentLength"]
    return SealedObject(wrapped_key, size, sha256=answer.get("ChecksumSHA256"))


@dataclass(frozen=True)
class Arriving:
    """An object of which the bytes are not read yet."""

    wrapped_key: str
    parcours: str
    """Of its deposit, as the form said; empty where it said nothing."""
    sealed_bytes: int
    body: "StreamingBody"

    def read_bytes(self, most_bytes: int) -> SealedObject:
        """Read the object, one byte more than ``most_bytes`` at most, by which the caller sees that it is too large."""
        with aws.calling():
            return SealedObject(self.wrapped_key, self.sealed_bytes, self.body.read(most_bytes + 1))


@contextmanager
def open_object(key: str) -> Iterator[Arriving | None]:
    """Open the object at this key, for the caller to read its bytes; None when there is none."""
    try:
        with aws.calling():
            answer = aws.s3().get_object(Bucket=config.resource(BUCKET), Key=key)
    except ClientError as error:
        if aws.read_error_code(error) not in MISSING:
            raise
        yield None
        return
    named, body = answer["Metadata"], answer["Body"]
    with closing(body):
        yield Arriving(named.get("key", ""), named.get("parcours", ""), answer["ContentLength"], body)


def erase(keys: Iterable[str]) -> None:
    """Delete these objects; a missing one is no failure."""
    for key in keys:
        with aws.calling():
            aws.s3().delete_object(Bucket=config.resource(BUCKET), Key=key)


def read_written_at(key: str) -> datetime | None:
    """Return when the object at this key was written; None when there is none. It needs the right to list."""
    with aws.calling():
        answer = aws.s3().list_objects_v2(Bucket=config.resource(BUCKET), Prefix=key, MaxKeys=1)
    listed = answer.get("Contents", [])
    return next((entry["LastModified"] for entry in listed if entry["Key"] == key), None)


def list_keys(
    after: str | None, prefix: str = PREFIX, *, most: int = PAGE_OBJECTS
) -> tuple[list[str], str | None]:
    """Return one page of keys under ``prefix`` after the key ``after``, and the last of them if there are more (else None)."""
    start: dict[str, Any] = {"StartAfter": after} if after else {}
    with aws.calling():
        answer = aws.s3().list_objects_v2(
            Bucket=config.resource(BUCKET), Prefix=prefix, MaxKeys=most, **start
        )
    keys = [entry["Key"] for entry in answer.get("Contents", [])]
    return keys, keys[-1] if answer["IsTruncated"] and keys else None
