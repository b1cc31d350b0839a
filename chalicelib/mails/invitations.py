"""Invitations to a meeting as calendars read them (RFC 5545), sent and withdrawn by mail (RFC 6047).

It holds no link of ours, and nothing of the young person but the reference: a calendar keeps what it was given.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vCalAddress, vRecur

from chalicelib.domain.kernel.address import encode_domain
from chalicelib.domain.kernel.calendar import PARIS
from chalicelib.domain.meetings.slots import Slot

PRODUCT = "-//Passe-plat//Rendez-vous//FR"
CHANGES = (
    (TimezoneDaylight, datetime(1996, 3, 31, 2), 1, 2, "CEST"),
    (TimezoneStandard, datetime(1996, 10, 27, 3), 2, 1, "CET"),
)
"""When clocks change in Paris: first time, offsets in hours before and after, name. Source: directive 2000/84/CE."""


class Method(StrEnum):
    """What a calendar is asked to do."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


class Status(StrEnum):
    """What becomes of the event; somebody who alone is invited no more gets none (RFC 5546, 3.2.5)."""

    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True)
class Attendee:
    """Somebody who is invited."""

    address: str
    name: str
    optional: bool = False


@dataclass(frozen=True)
class Invitation:
    """One version of what everybody's calendar holds."""

    method: Method
    status: Status | None
    uid: str
    sequence: int
    slot: Slot
    summary: str
    place: str | None
    description: str
    organizer: Attendee
    attendees: tuple[Attendee, ...]


def write_calendar(invitation: Invitation, now: datetime) -> bytes:
    """Return the invitation as an iCalendar file: UTF-8, lines of at most 75 bytes. ``now``: instant of its writing."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", invitation.method.value)
    calendar.add_component(build_paris_zone())
    calendar.add_component(_build_event(invitation, now))
    return bytes(calendar.to_ical())


def _build_event(invitation: Invitation, now: datetime) -> Event:
    """Build the event of the calendar."""
    event, slot = Event(), invitation.slot
    event.add("uid", invitation.uid)
    event.add("sequence", invitation.sequence)
    event.add("dtstamp", now)
    event.add("dtstart", write_instant(slot.start))
    event.add("dtend", write_instant(slot.end))
    event.add("summary", invitation.summary)
    if invitation.place is not None:
        event.add("location", invitation.place)
    if slot.place is not None:
        event.add("url", slot.place)
    event.add("description", invitation.description)
    if invitation.status is not None:
        event.add("status", invitation.status.value)
    event.add("class", "PRIVATE")
    # Outlook then offers to propose no other time, which nobody would read.
    event.add("x-microsoft-disallow-counter", "TRUE")
    event.add("organizer", _build_address(invitation.organizer))
    for attendee in invitation.attendees:
        event.add("attendee", _build_attendee(attendee))
    return event


def write_instant(instant: datetime) -> datetime:
    """Return an instant in Paris' time, or in UTC within the October hour that comes twice, which calendars read differently."""
    local = instant.astimezone(PARIS)
    twice = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
    return instant.astimezone(UTC) if twice else local


def _build_address(person: Attendee) -> vCalAddress:
    """Return a person as a calendar address, with the name if there is one."""
    address = vCalAddress(f"mailto:{encode_domain(person.address)}")
    if person.name:
        address.params["CN"] = person.name.replace('"', "’")
    return address


def _build_attendee(attendee: Attendee) -> vCalAddress:
    """Return an attendee: tutor and company have accepted already, the buyer is optional.

    No answer is asked for: nobody reads them at the organizer's address.
    """
    address = _build_address(attendee)
    address.params["ROLE"] = "OPT-PARTICIPANT" if attendee.optional else "REQ-PARTICIPANT"
    address.params["PARTSTAT"] = "NEEDS-ACTION" if attendee.optional else "ACCEPTED"
    address.params["RSVP"] = "FALSE"
    return address


def build_paris_zone() -> Timezone:
    """Build the time zone of Paris with its two changes a year."""
    zone = Timezone()
    zone.add("tzid", PARIS.key)
    for kind, first, before, after, name in CHANGES:
        change = kind()
        change.add("dtstart", first)
        change.add("rrule", vRecur(freq="yearly", bymonth=first.month, byday="-1SU"))
        change.add("tzoffsetfrom", timedelta(hours=before))
        change.add("tzoffsetto", timedelta(hours=after))
        change.add("tzname", name)
        zone.add_component(change)
    return zone
