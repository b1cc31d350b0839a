"""Things that must not be found, in whatever spelling, and the places where they are looked for."""

import base64
import json
import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

from infra.local import LocalCloud, Mail
from tests.support.worlds import World

LETTERS = rb"[0-9A-Za-z]"


@dataclass(frozen=True)
class Canary:
    """One secret, as bytes; ``alone``: short enough to stand by chance inside a longer word, hence only looked for as a word."""

    content: bytes
    alone: bool = False

    @classmethod
    def of(cls, text: str, *, alone: bool = False) -> "Canary":
        """Return the canary of a text."""
        return cls(text.encode(), alone)

    def is_in(self, place: bytes) -> bool:
        """Return whether the secret stands there: plain, in capitals, decomposed, escaped, in hexadecimal or in base64."""
        upper = place.upper()
        return any(self._stands(form.upper(), upper) for form in self._readable()) or any(
            form in place for form in self._in_base64()
        )

    def _stands(self, form: bytes, place: bytes) -> bool:
        """Return whether this form of the secret stands in a place; a short one only as a word of its own."""
        if not self.alone:
            return form in place
        return re.search(rb"(?<!%b)%b(?!%b)" % (LETTERS, re.escape(form), LETTERS), place) is not None

    def _readable(self) -> set[bytes]:
        """Return the forms in which the secret could be read: plain, quoted, in hexadecimal, in capitals, decomposed."""
        forms = {self.content, self.content.hex().encode()}
        try:
            text = self.content.decode()
        except UnicodeDecodeError:
            return forms
        spellings = {text, unicodedata.normalize("NFD", text), text.upper(), text.lower()}
        forms |= {spelling.encode() for spelling in spellings}
        forms |= {quote(spelling, safe="").encode() for spelling in spellings}
        forms |= {quote_plus(spelling).encode() for spelling in spellings}
        forms |= {json.dumps(spelling)[1:-1].encode() for spelling in spellings}
        return forms | {spelling.encode("cp1252", "ignore") for spelling in spellings}

    def _in_base64(self) -> set[bytes]:
        """Return the secret in base64 at each of its three offsets, without the characters that its neighbours share."""
        forms = set()
        for before in range(3):
            encoded = base64.b64encode(b"\0" * before + self.content)
            whole = encoded[(before * 8 + 5) // 6 : (before + len(self.content)) * 8 // 6]
            forms |= {whole, whole.translate(bytes.maketrans(b"+/", b"-_"))}
        return forms


def storage(cloud: LocalCloud) -> bytes:
    """Return keys, metadata, tags and bytes of every object of the bucket."""
    s3, bucket = cloud.client("s3"), cloud.outputs["DocumentBucketName"]
    contents = []
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for entry in page.get("Contents", []):
            whole = s3.get_object(Bucket=bucket, Key=entry["Key"])
            tags = s3.get_object_tagging(Bucket=bucket, Key=entry["Key"])["TagSet"]
            about = json.dumps(
                [entry["Key"], whole["Metadata"], whole["ResponseMetadata"]["HTTPHeaders"], tags]
            )
            contents += [about.encode(), whole["Body"].read()]
    return b"\n".join(contents)


def table(world: World, name: str) -> bytes:
    """Return the bytes of every attribute of every item."""
    return json.dumps(world.table(name), ensure_ascii=False, default=repr).encode()


def mail(sent: Mail) -> bytes:
    """Return a mail's bytes as it left, and its text as it is read."""
    headers = "\n".join(f"{name}: {value}" for name, value in sent.message.items())
    read = "\n".join((headers, sent.body("plain"), sent.body("html"), *sent.recipients))
    return sent.raw + b"\n" + read.encode()


def dead_letters(cloud: LocalCloud) -> bytes:
    """Return what lies in the queue of events that no retry saved; it stays there."""
    sqs, queue = cloud.client("sqs"), cloud.outputs["DeadLettersUrl"]
    letters: dict[str, str] = {}
    while True:
        got = sqs.receive_message(
            QueueUrl=queue,
            MaxNumberOfMessages=10,
            VisibilityTimeout=2,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        ).get("Messages", [])
        new = {letter["MessageId"]: json.dumps(letter, default=repr) for letter in got}
        if not new.keys() - letters.keys():
            return "\n".join(letters.values()).encode()
        letters |= new
