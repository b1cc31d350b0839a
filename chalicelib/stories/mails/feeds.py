"""The calendar feed of an account, written anew each time that its address is asked for."""

from datetime import datetime

from chalicelib import config
from chalicelib.domain.accounts import feeds
from chalicelib.errors import FeedUnknown, NotFound
from chalicelib.mails.feeds import write_feed, write_meeting
from chalicelib.stores import parcours_table
from chalicelib.stories import lists
from chalicelib.stories.kit import quotas
from chalicelib.stories.young import Followed


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


def write_own_meeting(followed: Followed) -> bytes:
    """Return the meeting on a young person's page as an iCalendar file, which names nobody. Raises NotFound: none is ahead."""
    attempt, slot = followed.attempt, followed.view.meeting
    if slot is None:
        raise NotFound
    uid = f"suivi-{attempt.parcours}-{attempt.number}"
    return write_meeting(slot, uid, followed.view.place, config.public_base_url(), followed.parcours.since)
