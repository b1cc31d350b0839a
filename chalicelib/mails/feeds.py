"""The calendar feed as programs read it (RFC 5545): when and with whom, nothing of the young person but the reference."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from icalendar import Calendar, Event

from chalicelib.domain.lists import Line
from chalicelib.domain.meetings.slots import Slot
from chalicelib.mails.invitations import PRODUCT, build_paris_zone, write_instant

ASKED_AGAIN = timedelta(hours=1)
"""How often programs are asked to read it."""
CUT = "Des rendez-vous peuvent y manquer : la liste des parcours les montre."


def write_feed(meetings: Iterable[Line], base_url: str, now: datetime, *, is_cut: bool) -> bytes:
    """Return these meetings as an iCalendar file. ``is_cut``: there may be more, which the calendar then says."""
    calendar = _begin_calendar()
    calendar.add("x-wr-calname", "Rendez-vous Passe-plat")
    calendar.add("refresh-interval", ASKED_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    if is_cut:
        calendar.add("x-wr-caldesc", CUT)
    calendar.add_component(build_paris_zone())
    for line in meetings:
        if line.meeting_at is not None:
            calendar.add_component(_build_event(line, line.meeting_at, base_url, now))
    return bytes(calendar.to_ical())


def write_meeting(slot: Slot, uid: str, place: str, base_url: str, agreed_at: datetime) -> bytes:
    """Return one meeting as an iCalendar file that names nobody, for the calendar of a young person. ``uid``: of the event."""
    calendar, event = _begin_calendar(), Event()
    event.add("uid", f"{uid}@{base_url.partition('://')[2]}")
    event.add("dtstamp", agreed_at)
    event.add("dtstart", write_instant(slot.start))
    event.add("dtend", write_instant(slot.end))
    event.add("summary", "Rendez-vous pour un stage")
    event.add("location", slot.place or place)
    event.add("class", "PRIVATE")
    calendar.add_component(build_paris_zone())
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _begin_calendar() -> Calendar:
    """Begin a calendar that is published, and answered by nobody."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    return calendar


def _build_event(line: Line, meeting_at: datetime, base_url: str, now: datetime) -> Event:
    """Build the event of a meeting. A row of a list knows its beginning, and no end."""
    event, page = Event(), f"{base_url}/parcours/{line.id}"
    event.add("uid", f"agenda-{line.id}@{base_url.partition('://')[2]}")
    event.add("dtstamp", now)
    event.add("dtstart", write_instant(meeting_at))
    event.add("summary", f"Rendez-vous : {line.company} ({line.reference or line.town})")
    event.add("location", line.town)
    event.add("description", f"{line.contract}\nLe lieu et les personnes invitées : {page}")
    event.add("url", page)
    event.add("class", "PRIVATE")
    return event
