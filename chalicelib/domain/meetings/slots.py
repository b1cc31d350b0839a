"""The dates of a *rendez-vous*: hours of Paris as people and browsers write them, read into instants, or refused."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from chalicelib.domain.kernel.calendar import PARIS, Calendar, day_of
from chalicelib.domain.kernel.values import Instant, Stored
from chalicelib.domain.meetings.welcome import Welcome
from chalicelib.errors import FieldInvalid, HolidayUnseen, HostUnseen

START = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T((?:[01][0-9]|2[0-3]):[0-5][0-9])")
FARTHEST = timedelta(days=366)
"""How far ahead a date may be proposed."""
MOST_SLOTS = 5
SHORTEST, LONGEST = 15, 240
"""Minutes."""
RECORD_PLACE = "fiche"
"""What a form says for the place of the record."""
MOST_PLACE = 300
LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
ADDRESS = re.compile(
    rf"https://(?:{LABEL}\.)+(?=[a-z0-9-]*[a-z]){LABEL}(?::443)?(?:[/?#][!-\[\]-~]*)?",
    re.IGNORECASE | re.ASCII,
)
"""A named host, never numbers, no name before it; ASCII alone: no look-alike letter, space or control is in it."""
QUOTED = re.compile(r"%([0-9A-Fa-f]{2})")
TOKEN = re.compile(r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])")
"""What the code of a link looks like, wherever it was pasted: it opens documents, and is mailed to nobody as a place."""


VIDEO_SERVICES = frozenset(
    {
        "app.livestorm.co", "gotomeet.me", "meet.goto.com", "meet.google.com", "meet.jit.si", "rendez-vous.renater.fr",
        "teams.cloud.microsoft", "teams.live.com", "teams.microsoft.com", "tixeo.com", "visio-agents.education.fr",
        "visio.numerique.gouv.fr", "webconf.numerique.gouv.fr", "webex.com", "webinaire.numerique.gouv.fr",
        "whereby.com", "zoom.us",
    }
)  # fmt: skip
"""Where people meet at a distance: these hosts and those below them."""
PARTS = re.compile(r"(https://)([^/?#:]+)(.*)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Video:
    """An address at which people meet, in parts: its host is what a person checks."""

    scheme: str
    host: str
    rest: str

    @property
    def is_expected(self) -> bool:
        """Whether its host is a known service."""
        host = self.host.casefold()
        return any(host == domain or host.endswith(f".{domain}") for domain in VIDEO_SERVICES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot(Stored):
    """One date."""

    start: Instant
    minutes: int
    place: str | None = None
    """An https address for a meeting at a distance; None: the place of the record."""
    welcome: Welcome | None = None
    """What there is to know for the day, at the place of the record; None: nothing is said."""

    def __post_init__(self) -> None:
        """Refuse (ValueError) a length outside of the bounds."""
        Stored.__post_init__(self)
        if not SHORTEST <= self.minutes <= LONGEST:
            raise ValueError(f"no meeting lasts {self.minutes} minutes")

    @property
    def video(self) -> Video | None:
        """That address in parts."""
        parts = PARTS.fullmatch(self.place or "")
        return Video(*parts.groups()) if parts else None

    def with_welcome(self, welcome: Welcome | None) -> "Slot":
        """Return the date with this welcome; without one at a distance, where nobody comes in."""
        return replace(self, welcome=welcome if self.place is None else None)

    @property
    def end(self) -> datetime:
        """When the meeting is over."""
        return self.start + timedelta(minutes=self.minutes)


def find_answer_by(due_at: datetime, slots: Sequence[Slot], now: datetime) -> datetime:
    """Return until when one of these dates is to be chosen: ``due_at``, or before the first date ahead, which is lost then."""
    return min((due_at, *(slot.start for slot in slots if slot.start > now)))


def combine_in_paris(day: date, hour: time, field: str) -> datetime:
    """Return this hour of Paris in UTC. Raises FieldInvalid when it does not exist, or exists twice, as clocks change."""
    local = datetime.combine(day, hour, tzinfo=PARIS)
    in_utc = local.astimezone(UTC)
    if in_utc.astimezone(PARIS).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise FieldInvalid(field, "no_such_hour")
    if local.replace(fold=1).utcoffset() != local.utcoffset():
        raise FieldInvalid(field, "which_hour")
    return in_utc


def read_start(typed: str, now: datetime, field: str = "debut") -> datetime:
    """Read « 2027-03-09T14:00 », an hour of Paris to come within a year. Raises FieldInvalid."""
    match = START.fullmatch(typed)
    if match is None:
        raise FieldInvalid(field, "slot")
    try:
        day = date.fromisoformat(match[1])
    except ValueError:
        raise FieldInvalid(field, "slot") from None
    # Before any arithmetic: the years 1 and 9999 have no instant in every zone.
    if day < day_of(now):
        raise FieldInvalid(field, "past")
    if day > day_of(now + FARTHEST):
        raise FieldInvalid(field, "year")
    start = combine_in_paris(day, time.fromisoformat(match[2]), field)
    if start <= now:
        raise FieldInvalid(field, "past")
    return start


def read_place(typed: str, ours: str, field: str = "lieu") -> str | None:
    """Read the place of a meeting: « fiche » as None, else an https address. Raises FieldInvalid.

    The address may not be on our own host (``ours``), where nobody meets, nor hold the secret of a link, even wrapped by a
    gateway.
    """
    if typed == RECORD_PLACE:
        return None
    if len(typed) > MOST_PLACE or not ADDRESS.fullmatch(typed):
        raise FieldInvalid(field, "place")
    plain = _unquote(_unquote(typed))
    if f"//{ours}".casefold() in plain.casefold() or TOKEN.search(plain):
        raise FieldInvalid(field, "own_place")
    return typed


def _unquote(address: str) -> str:
    """Return the address with « %23 » decoded to « # »: mail gateways encode so what they wrap, once or twice."""
    return QUOTED.sub(lambda quoted: chr(int(quoted[1], 16)), address)


def read_slot(start: str, minutes: int, place: str, now: datetime, ours: str) -> Slot:
    """Return the date that a form gives. ``ours``: see ``read_place``. Raises FieldInvalid."""
    if not SHORTEST <= minutes <= LONGEST:
        raise FieldInvalid("minutes", "minutes")
    return Slot(start=read_start(start, now), minutes=minutes, place=read_place(place, ours))


def check(proposed: tuple[Slot, ...], now: datetime) -> None:
    """Check the dates that a company proposes together: one to five, each once, to come within a year. Raises FieldInvalid."""
    if not 1 <= len(proposed) <= MOST_SLOTS or len({slot.start for slot in proposed}) != len(proposed):
        raise FieldInvalid("creneaux", "slots")
    for slot in proposed:
        if slot.start <= now:
            raise FieldInvalid("debut", "past")
        if day_of(slot.start) > day_of(now + FARTHEST):
            raise FieldInvalid("debut", "year")


def check_host(slot: Slot, seen: str) -> None:
    """Raise HostUnseen for a video address at an unexpected host, unless its reader has confirmed that very host (``seen``)."""
    video = slot.video
    if video is not None and not video.is_expected and seen != video.host:
        raise HostUnseen(video.host)


def check_holidays(proposed: tuple[Slot, ...], calendar: Calendar, departement: str) -> None:
    """Raise HolidayUnseen if a proposed date is a public holiday where the place is."""
    for slot in proposed:
        if calendar.is_public_holiday(day_of(slot.start), departement):
            raise HolidayUnseen(slot.start)
