"""Calendars without a session: the feed at the secret address of an account, and the meeting of a young person's page."""

import re

from chalice.app import Response

from chalicelib.errors import FeedUnknown
from chalicelib.stories import young
from chalicelib.stories.mails import feeds
from chalicelib.web.kit.calls import Call, NoForm
from chalicelib.web.kit.http import answer, read_source_address
from chalicelib.web.public import NO_ROBOTS
from chalicelib.web.young import FollowForm

HEX = re.compile(r"[0-9a-f]{32}")
"""Both parts of the address."""
CALENDAR = "text/calendar; charset=utf-8"


def send_feed(call: Call[NoForm], account: str, secret: str) -> Response:
    """Send the meetings of an account as an iCalendar file. Raises FeedUnknown, TooMany: see ``read_feed``."""
    if not (HEX.fullmatch(account) and HEX.fullmatch(secret)):
        raise FeedUnknown
    text = feeds.read_feed(account, secret, now=call.now).decode()
    return answer(200, text, CALENDAR, headers={"X-Robots-Tag": "noindex"})


def send_own_meeting(call: Call[FollowForm]) -> Response:
    """Send the meeting on a young person's page, for the calendar of a telephone. Raises NotFound; and as ``follow``."""
    typed, source = call.form, read_source_address(call.request)
    followed = young.follow(typed.reference, typed.cle, source=source, now=call.now)
    text = feeds.write_own_meeting(followed).decode()
    name = {"Content-Disposition": 'attachment; filename="rendez-vous.ics"'}
    return answer(200, text, CALENDAR, headers=NO_ROBOTS | name)
