"""The *convocation*: the agreed meeting on one page to print, for a young person who has no telephone, and for a parent."""

from dataclasses import dataclass
from datetime import datetime

from chalice.app import Response

from chalicelib import french
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.meetings.appointment import Appointment
from chalicelib.stories import meetings
from chalicelib.web.kit.calls import NoForm
from chalicelib.web.kit.page import AgentCall, Heading, build_heading, find_current_attempt
from chalicelib.web.kit.page_view import PageView
from chalicelib.web.kit.printed_key import PrintedKey, print_key
from chalicelib.web.meetings import FixedMeeting, build_fixed_meeting


@dataclass(frozen=True, slots=True)
class ConvocationPage(PageView):
    """The page to print. It names no young person: a line is left to write on."""

    template = "convocation"

    parcours: Heading
    meeting: FixedMeeting
    when: str
    """« mardi 8 décembre 2026, de 10 h à 10 h 45 », or at what hour it begins, where nobody said how long it lasts."""
    caller: Account | None
    """Whom to call when something comes in between; None: nobody accompanies."""
    printed_at: datetime
    key: PrintedKey | None
    """None: no passage is under way."""


def show_convocation(call: AgentCall[NoForm], parcours_id: str) -> Response:
    """Show the meeting that is to come on a page to print."""
    convocation = meetings.read_convocation(call.agent, parcours_id, now=call.now)
    parcours, passage = convocation.sheet.page.parcours, find_current_attempt(convocation.sheet)
    view = ConvocationPage(
        parcours=build_heading(parcours),
        meeting=build_fixed_meeting(parcours, convocation.current, call.now),
        when=_format_when(parcours, convocation.current, call.now),
        caller=convocation.caller,
        printed_at=call.now,
        key=print_key(passage) if passage is not None else None,
    )
    return call.show(view, "parcours")


def _format_when(parcours: Parcours, current: Appointment | None, now: datetime) -> str:
    """Return the day of the meeting that is to come, and its hours."""
    assert parcours.meeting_at is not None
    slot = current.find_upcoming_slot(now) if current is not None else None
    return french.rendez_vous(parcours.meeting_at, slot.minutes if slot is not None else None)
