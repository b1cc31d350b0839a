"""A relay on the deployed product: announced here, posted for real, inspected and mailed by the deployed functions."""

import secrets
import time
from collections.abc import Callable
from typing import TypeVar

from chalicelib.domain.kernel import address
from infra.local import LocalCloud, Mail
from tests import relays
from tests.relays import TOKEN, Relay
from tests.security.visitor import post_form
from tests.worlds import World

PATIENCE_SECONDS = 20.0
Found = TypeVar("Found")


def sent(world: World, cloud: LocalCloud) -> tuple[Relay, str, str]:
    """A relay whose link has arrived; its token, and the address to which it was mailed, nobody else's."""
    relay, recipient = relays.started(world), fresh_address()
    document = relay.announces(recipient=recipient)
    assert post_form(relay.forms[-1], document.blob) == 204
    token = token_of(mail_to(cloud, recipient))
    until(lambda: relay.deposit().left_at, "told that the link left")
    return relay, token, recipient


def fresh_address() -> str:
    """The mailbox of somebody who receives nothing else."""
    return f"n.{secrets.token_hex(6)}@grossejardin.entreprise.example"


def mail_to(cloud: LocalCloud, recipient: str, *, after: int = 0) -> Mail:
    """The newest mail to this address among those that follow the first ``after``; waits for it."""

    def look() -> Mail | None:
        found = [one for one in cloud.mails()[after:] if address.wire(recipient) in one.recipients]
        return found[-1] if found else None

    return until(look, f"a mail to {recipient}")


def token_of(mail: Mail) -> str:
    """The token that a link's mail carries."""
    found = TOKEN.search(mail.body("plain"))
    assert found, "this mail carries no link"
    return found[1]


def until(look: Callable[[], Found | None], what: str) -> Found:
    """What ``look`` finds, as soon as it finds it."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {PATIENCE_SECONDS:.0f} s: {what}")
