"""The calendar feed: what a calendar program gets at the secret address of an account, without a session."""

import re

from chalice.app import Response

from chalicelib.errors import FeedUnknown
from chalicelib.stories.mails import feeds
from chalicelib.web.kit.calls import Call, NoForm
from chalicelib.web.kit.http import answer

HEX = re.compile(r"[0-9a-f]{32}")
"""Both parts of the address."""
CALENDAR = "text/calendar; charset=utf-8"


def send_feed(call: Call[NoForm], account: str, secret: str) -> Response:
    """Send the meetings of an account as an iCalendar file. Raises FeedUnknown, TooMany: see ``read_feed``."""
    if not (HEX.fullmatch(account) and HEX.fullmatch(secret)):
        raise FeedUnknown
    text = feeds.read_feed(account, secret, now=call.now).decode()
    return answer(200, text, CALENDAR, headers={"X-Robots-Tag": "noindex"})
