"""A relay on the deployed product: announced here, posted for real, inspected and mailed by the deployed functions."""

import base64
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self, TypeVar

from chalicelib.domain.kernel import address
from chalicelib.stores.keys import KeyContext
from chalicelib.stores.objects import object_key
from infra.local import LocalCloud, Mail
from tests.security.visitor import post_form
from tests.support import relays
from tests.support.relays import TOKEN, Relay
from tests.support.worlds import World

PATIENCE_SECONDS = 90.0
Found = TypeVar("Found")


@dataclass(frozen=True)
class Scene:
    """A live document in the deployed cloud, with all that using it would need: nobody is refused for not knowing something."""

    cloud: LocalCloud
    relay: Relay
    recipient: str
    object_key: str
    wrapped_key: bytes
    context: dict[str, str]
    token: bytes
    token_message: bytes

    @classmethod
    def of(cls, cloud: LocalCloud, relay: Relay, token: str, recipient: str) -> Self:
        """Read from tables, storage and mailbox all that an attack on this relay could use."""
        deposit, link = relay.deposit(), relay.link()
        assert deposit.contents is not None
        place = object_key(deposit.id, "cv")
        stored = cloud.client("s3").head_object(Bucket=cloud.outputs["DocumentBucketName"], Key=place)
        to = address.bind_recipient(deposit.contents.salt, recipient)
        return cls(
            cloud=cloud,
            relay=relay,
            recipient=recipient,
            object_key=place,
            wrapped_key=base64.b64decode(stored["Metadata"]["key"]),
            context=KeyContext(deposit.id, "cv", to).as_kms(),
            token=base64.urlsafe_b64decode(token + "="),
            token_message=link.build_token_message(link.version).encode(),
        )

    @property
    def bucket(self) -> str:
        """The name of the bucket."""
        return self.cloud.outputs["DocumentBucketName"]

    @property
    def document_key(self) -> str:
        """The ARN of the key that wraps data keys."""
        return self.cloud.outputs["DocumentKeyArn"]

    @property
    def tables(self) -> tuple[str, str]:
        """The names of both tables."""
        return self.cloud.outputs["ParcoursTableName"], self.cloud.outputs["RelayTableName"]

    @property
    def audit_table(self) -> str:
        """The name of the audit trail's table."""
        return self.cloud.outputs["AuditTableName"]


def sent(world: World, cloud: LocalCloud) -> tuple[Relay, str, str]:
    """Send a relay's link and wait for it; return the relay, the token and the fresh address that got it."""
    relay, recipient = relays.started(world), fresh_address()
    document = relay.announces(recipient=recipient)
    assert post_form(relay.forms[-1], document.blob) == 204
    token = token_of(mail_to(cloud, recipient))
    until(lambda: relay.deposit().left_at, "told that the link left")
    return relay, token, recipient


def fresh_address() -> str:
    """Return an address that receives no other mail."""
    return f"n.{secrets.token_hex(6)}@grossejardin.entreprise.example"


def mail_to(cloud: LocalCloud, recipient: str, *, after: int = 0) -> Mail:
    """Return the newest mail to this address among those after the first ``after``; wait for it."""

    def look() -> Mail | None:
        mails = [
            mail for mail in cloud.mails()[after:] if address.encode_domain(recipient) in mail.recipients
        ]
        return mails[-1] if mails else None

    return until(look, f"a mail to {recipient}")


def token_of(mail: Mail) -> str:
    """Return the token in a link's mail."""
    match = TOKEN.search(mail.body("plain"))
    assert match, "this mail carries no link"
    return match[1]


def until(look: Callable[[], Found | None], what: str) -> Found:
    """Wait until `look` returns something true; return it."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        if result := look():
            return result
        time.sleep(0.05)
    raise AssertionError(f"not within {PATIENCE_SECONDS:.0f} s: {what}")
