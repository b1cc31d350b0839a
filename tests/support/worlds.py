"""Empty tables, bucket and keys of a test's own, made from ``infra/resources.yaml``: on moto in process, or on the local cloud.

The functions of a world do nothing when they are woken: a test calls the stories itself, in the order it wants.
"""

import email
import email.policy
import io
import json
import os
import uuid
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from chalice.package import YAMLTemplateSerializer

from chalicelib.stores import aws, items
from chalicelib.stories.young import forget_spreads
from tests.support import quick_moto

quick_moto.spare_work()
RESOURCES = Path(__file__).resolve().parents[2] / "infra" / "resources.yaml"
BASE_URL = "http://localhost:8000"
MAIL_FROM = "ne-pas-repondre@passe-plat.example"
ACCOUNT, MAIL_SET = "123456789012", "passe-plat-MailSet-a1b2c3"
"""Where reports on mails come from."""


@dataclass(frozen=True)
class World:
    """What a story works on, and how a test looks at it."""

    environment: dict[str, str]
    mails: Callable[[], list[EmailMessage]]
    """Everything that was sent in this world, oldest first."""

    def table(self, name: str) -> list[items.Plain]:
        """Return every item of ``PARCOURS_TABLE``, ``RELAY_TABLE`` or ``AUDIT_TABLE``."""
        pages = aws.dynamodb().get_paginator("scan").paginate(TableName=self.environment[name])
        return [items.decode_item(item) for page in pages for item in page["Items"]]

    def everything(self) -> str:
        """Return both tables as one text, to compare byte for byte or to look for what must not be there."""
        both = [(name, self.table(name)) for name in (items.PARCOURS, items.RELAY)]
        return repr(
            [
                (name, sorted(repr(sorted(item.items())) for item in items_of_table))
                for name, items_of_table in both
            ]
        )

    def objects(self) -> dict[str, bytes]:
        """Return every object of the bucket."""
        bucket = self.environment["DOCUMENT_BUCKET"]
        listed = aws.s3().list_objects_v2(Bucket=bucket).get("Contents", [])
        return {
            key["Key"]: aws.s3().get_object(Bucket=bucket, Key=key["Key"])["Body"].read() for key in listed
        }


@cache
def template() -> dict[str, Any]:
    """Return the resources of ``infra/resources.yaml``, by their logical ids."""
    loaded: dict[str, Any] = YAMLTemplateSerializer().load_template(RESOURCES.read_text(), str(RESOURCES))
    return loaded["Resources"]  # type: ignore[no-any-return]


WHERE = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL")


@cache
def _client(service: str, key: str, secret: str, region: str, endpoint: str | None) -> Any:
    """Return a client, one for all the worlds of a place: making it takes longer than what it is asked."""
    quick = Config(retries={"total_max_attempts": 2}, s3={"addressing_style": "path"})
    return _session(key, secret, region).client(service, endpoint_url=endpoint, config=quick)


@cache
def _session(key: str, secret: str, region: str) -> boto3.session.Session:
    return boto3.session.Session(key, secret, region_name=region)


_spoken_to: list[tuple[str | None, ...]] = []


def _speak_to(where: tuple[str | None, ...]) -> None:
    """Let the product's clients speak to this place; they are kept from one world to the next of the same place."""
    if _spoken_to != [where]:
        aws.forget_clients()
    _spoken_to[:] = [where]


@contextmanager
def made(
    given: dict[str, str],
    mails: Callable[[str], list[EmailMessage]],
    *,
    kind: type[World] = World,
    environment: dict[str, str] | None = None,
) -> Iterator[World]:
    """Make a world where ``given`` (credentials, region, endpoints) leads, and put its names into the environment.

    Args:
        mails: given the world's sender address, the messages sent from it.
        environment: of a world that was made before and is empty again, to use that one.
    """
    where = tuple(given.get(name) for name in WHERE)
    environment = environment or _make(given, lambda service: _client(service, *where))
    sender = environment["MAIL_FROM"]
    before = dict(os.environ)
    for stale in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SESV2", "AWS_PROFILE"):
        os.environ.pop(stale, None)
    os.environ.update(environment)
    _speak_to((*where, os.environ.get("AWS_ENDPOINT_URL_SESV2")))
    forget_spreads()
    try:
        yield kind(environment, lambda: mails(sender))
    finally:
        os.environ.clear()
        os.environ.update(before)


def _make(given: dict[str, str], client: Callable[[str], Any]) -> dict[str, str]:
    """Make everything that a world holds; return its environment."""
    name = f"w{uuid.uuid4().hex[:12]}"
    sender = f"{name}@passe-plat.example"
    client("sesv2").create_email_identity(EmailIdentity=sender)
    return {
        **given,
        "PARCOURS_TABLE": _make_table(client("dynamodb"), "ParcoursTable", f"{name}-parcours"),
        "RELAY_TABLE": _make_table(client("dynamodb"), "RelayTable", f"{name}-relay"),
        "AUDIT_TABLE": _make_table(client("dynamodb"), "AuditTable", f"{name}-audit"),
        "DOCUMENT_BUCKET": _make_bucket(client("s3"), f"{name}-bucket", given["AWS_DEFAULT_REGION"]),
        **{
            f"{key}_KEY": _make_key(client("kms"), f"{key.title()}Key")
            for key in ("DOCUMENT", "LINK", "CODE")
        },
        **_make_idle(client, name),
        "PUBLIC_BASE_URL": BASE_URL,
        "STORAGE_ORIGIN": "http://127.0.0.1:4566",
        "MAIL_FROM": sender,
        "ACCOUNT": ACCOUNT,
        "MAIL_CONFIGURATION_SET": MAIL_SET,
    }


def _make_table(dynamodb: Any, logical: str, name: str) -> str:
    wanted = template()[logical]["Properties"]
    kept = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    dynamodb.create_table(TableName=name, **{key: wanted[key] for key in kept if key in wanted})
    return name


def _make_bucket(s3: Any, name: str, region: str) -> str:
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})
    return name


def _make_key(kms: Any, logical: str) -> str:
    wanted = template()[logical]["Properties"]
    spec, usage = wanted.get("KeySpec", "SYMMETRIC_DEFAULT"), wanted.get("KeyUsage", "ENCRYPT_DECRYPT")
    return str(kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["Arn"])


def _make_idle(client: Callable[[str], Any], name: str) -> dict[str, str]:
    """Make functions that do nothing: waking them is all that a story asks for."""
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    trust = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    role = client("iam").create_role(RoleName=f"{name}-idle", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    functions = ("UNSEAL", "IDENTIFY", "MAILER", "INSPECT", "OWN")
    made = {f"{function}_FUNCTION": f"{name}-idle-{function}" for function in functions}
    for function in made.values():
        client("lambda").create_function(
            FunctionName=function,
            Runtime="python3.11",
            Role=role,
            Handler="idle.handler",
            Code={"ZipFile": idle_code()},
        )
    return made


@cache
def idle_code() -> bytes:
    """Return the zip of a function that does nothing."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("idle.py", "def handler(event, context):\n    print('idle')\n")
    return archive.getvalue()


_POLICY = email.policy.default.clone(header_factory=lru_cache(4096)(email.policy.default.header_factory))
"""Reads each header once; Python's reads it anew each time that it is asked for."""


@lru_cache(512)
def parsed(raw: bytes) -> EmailMessage:
    """Return a raw message in readable form, with the line feeds of this machine."""
    return email.message_from_bytes(raw.replace(b"\r\n", b"\n"), _class=EmailMessage, policy=_POLICY)
