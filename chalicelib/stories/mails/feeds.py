"""The calendar feed of an account, written anew each time that its address is asked for."""

from datetime import datetime

from chalicelib import config
from chalicelib.domain.accounts import feeds
from chalicelib.errors import FeedUnknown
from chalicelib.mails.feeds import write_feed
from chalicelib.stores import parcours_table
from chalicelib.stories import lists
from chalicelib.stories.kit import quotas


def read_feed(account_id: str, secret: str, *, now: datetime) -> bytes:
    """Return the meetings of an account as an iCalendar file, read within its rights of now.

    Raises:
        FeedUnknown: there is no such account, it is closed, or its feed is not open at this address.
        TooMany: it was read too often today.
    """
    account = parcours_table.read_account(account_id)
    if account is None or not feeds.admits(account, secret):
        raise FeedUnknown
    quotas.count(quotas.FEED, account.id, now)  # of who knows the secret: guesses use nothing up
    meetings, is_cut = lists.list_meetings(account, now=now)
    return write_feed(meetings, config.public_base_url(), now, is_cut=is_cut)
