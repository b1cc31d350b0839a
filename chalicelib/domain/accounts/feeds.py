"""The calendar feed of an account: a secret address at which calendar programs read when its person's meetings are."""

from dataclasses import replace
from datetime import datetime

from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.texts import hash_text
from chalicelib.domain.kernel.transition import Change, Transition


def open_feed(account: Account, secret: str, now: datetime) -> Transition:
    """Open the feed at the address that ends in this secret, which is stored as its hash; an earlier address ends.

    Nothing when it is open there already, as after a second press.
    """
    if admits(account, secret):
        return Transition.nothing()
    after = replace(account, feed_sha256=hash_text(secret), feed_opened_at=now)
    return Transition(changes=(Change(account, after),))


def close_feed(account: Account) -> Transition:
    """End the address of the feed; nothing when there is none."""
    if account.feed_sha256 is None:
        return Transition.nothing()
    return Transition(changes=(Change(account, replace(account, feed_sha256=None, feed_opened_at=None)),))


def is_open(account: Account) -> bool:
    """Whether the account has a feed: like a sign-in, it ends with the account, and where its person signs out everywhere."""
    opened_at = account.feed_opened_at
    return account.closed_at is None and opened_at is not None and account.admits(opened_at)


def admits(account: Account, secret: str) -> bool:
    """Whether the feed of the account is open at the address that ends in this secret."""
    return is_open(account) and hash_text(secret) == account.feed_sha256  # of hashes, time tells nothing
