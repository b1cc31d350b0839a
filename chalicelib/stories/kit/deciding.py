"""What every story does around a decision: draw randomness, read the case, commit with retries, wake the mailer."""

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from chalicelib.domain.case import Case
from chalicelib.domain.kernel.attempt import Attempt
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.transition import ID_BYTES, Draw, Transition
from chalicelib.stores import cases, functions, parcours, relay, transactions
from chalicelib.stores.relay import Found
from chalicelib.stores.tables import NOTHING_READ, Read
from chalicelib.stories.kit.inviting import meeting

Known = TypeVar("Known")
MOST_IDS = 16
"""Ids that one decision may draw."""


def draw(now: datetime, *, first: str = "") -> Draw:
    """The instant and enough random bytes for one decision; ``first``: an id that the page drew, which comes first."""
    return Draw(now=now, random=bytes.fromhex(first) + secrets.token_bytes(MOST_IDS * ID_BYTES))


def cookie_value() -> str:
    """256 bits, base64url: sign-in challenges, known browsers."""
    return secrets.token_urlsafe(32)


def session_cookie(account: str) -> str:
    """A new session's cookie: what nobody can guess, then the account's id, so that one call reads both."""
    return cookie_value() + account


def salt() -> str:
    """128 bits, hex."""
    return secrets.token_hex(16)


def of_passage(head: Parcours) -> Case:
    """The passage under way, or the last one, with the last documents that were sent."""
    read = cases.of_passage(head)
    return around(
        head, parcours.attempt(head.id, head.attempt, read) if head.attempt is not None else None, read=read
    )


def around(
    head: Parcours, attempt: Attempt | None, *, deposit: str | None = None, read: Read = NOTHING_READ
) -> Case:
    """The ``Case`` of a parcours and attempt that are read already. ``deposit``: id of other documents than the last ones."""
    found = relay.around(head, deposit or head.last_deposit, read)
    links = relay.links(found.deposit, read)
    return Case(head, attempt, found.deposit, links, found.live, meeting(found.appointment, links))


def of_link(found: Found) -> Case:
    """What a link was made for, as far as it is not read already; the passage itself is not."""
    return around(found.parcours, None, deposit=found.link.deposit, read=found.read)


def first_then(first: Known, again: Callable[[], Known]) -> Callable[[], Known]:
    """What a request has read already, for its first decision; read ``again`` for each that follows a lost race."""
    waiting = [first]
    return lambda: waiting.pop() if waiting else again()


def settle_deposit(identifier: str, decide: Callable[[Deposit, Parcours], Transition]) -> Transition:
    """Settle a decision on a deposit and its parcours as they are now; nothing once the deposit is gone."""

    def decided() -> Transition:
        deposit = relay.deposit(identifier)
        if deposit is None:
            return Transition.nothing()
        return decide(deposit, parcours.head(deposit.parcours))

    return transactions.settle(decided)


def commit_and_wake(decide: Callable[[], Transition]) -> Transition:
    """Settle a decision (``transactions.settle``) and wake the mailer for its mails. Returns what was written."""
    step = transactions.settle(decide)
    functions.wake_mailer([mail.key for mail in step.mails])
    return step
