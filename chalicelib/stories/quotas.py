"""How much one account may have mailed in a day: enough for any honest day, too little for a thief's."""

from datetime import datetime, timedelta

from chalicelib import config
from chalicelib.domain.people import Account
from chalicelib.errors import TooMany
from chalicelib.stores import relay


def count_sending(sender: Account, now: datetime) -> None:
    """Count one more sending of this account today.

    Raises:
        TooMany: with the seconds until tomorrow (UTC).
    """
    _count("deposit", sender, config.settings().deposits_per_day, now)


def count_invitation(inviter: Account, now: datetime) -> None:
    """Count one more invitation of this account today.

    Raises:
        TooMany: with the seconds until tomorrow (UTC).
    """
    _count("invitation", inviter, config.settings().invitations_per_day, now)


def _count(what: str, account: Account, most: int, now: datetime) -> None:
    tomorrow = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    if not relay.count_within(what, account.id, now.strftime("%Y-%m-%d"), most=most, expires_at=tomorrow):
        raise TooMany(int((tomorrow - now).total_seconds()))
