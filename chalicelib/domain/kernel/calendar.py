"""Count days and months: weekends, public holidays by territory, school holidays by zone, always in Paris.

The dates are data (``chalicelib/calendars.json``, written by ``infra/calendars.py``) and end one day; beyond it only weekends
are known, and ``find_end_if_near`` says so in time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as hour
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from chalicelib.domain.kernel.values import Value

PARIS = ZoneInfo("Europe/Paris")
"""Days begin and hours are read there, as on the pages."""

NOTICE = timedelta(days=120)
"""How long before the calendar runs out its readers are warned."""

Counts = Callable[[date], bool]
"""Whether a day counts for a clock."""

MAINLAND = "Métropole"
TERRITORIES = {
    **dict.fromkeys(("57", "67", "68"), "Alsace-Moselle"),
    "971": "Guadeloupe",
    "972": "Martinique",
    "973": "Guyane",
    "974": "La Réunion",
    "976": "Mayotte",
    "977": "Saint-Barthélémy",
    "978": "Saint-Martin",
}
"""Départements whose public holidays are not those of the rest, as the source of the dates names their territory."""

_BY_ZONE = {
    "A": ("Besançon", "Bordeaux", "Clermont-Ferrand", "Dijon", "Grenoble", "Limoges", "Lyon", "Poitiers"),
    "B": (
        "Aix-Marseille", "Amiens", "Lille", "Nancy-Metz", "Nantes", "Nice", "Normandie", "Orléans-Tours", "Reims",
        "Rennes", "Strasbourg",
    ),
    "C": ("Créteil", "Montpellier", "Paris", "Toulouse", "Versailles"),
}  # fmt: skip
ZONES = {academie: zone for zone, academies in _BY_ZONE.items() for academie in academies}
"""Zone of school holidays of each académie of the mainland. Source: arrêtés of the school calendar since 2015-2016."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar(Value):
    """Public and school holidays, both known from ``covered_from`` to ``covered_until``."""

    source: str
    covered_from: date
    covered_until: date
    """The last day for which public and school holidays are both known."""
    common_holidays: frozenset[date]
    """Public holidays of every territory."""
    own_holidays: dict[str, frozenset[date]]
    """Territory → its public holidays beside the common ones."""
    school_holidays: dict[str, tuple[tuple[date, date], ...]]
    """Zone → first and last days of its holidays, in order."""

    def is_working(self, day: date, departement: str) -> bool:
        """Whether it is neither Saturday, Sunday nor a public holiday in this département."""
        return day.weekday() < 5 and not self.is_public_holiday(day, departement)

    def is_public_holiday(self, day: date, departement: str) -> bool:
        """Whether it is a public holiday in this département."""
        own = self.own_holidays.get(find_territory(departement), frozenset())
        return day in self.common_holidays or day in own

    def is_school_holiday(self, day: date, academie: str) -> bool:
        """Whether schools of this académie are closed for holidays; False where no calendar is held for it."""
        return any(
            first <= day <= last for first, last in self.school_holidays.get(find_zone(academie) or "", ())
        )


def find_territory(departement: str) -> str:
    """Return the territory whose public holidays apply in a département (« 21 », « 2A », « 974 »)."""
    return TERRITORIES.get(departement.strip(), MAINLAND)


def find_zone(academie: str) -> str | None:
    """Return the zone of school holidays, A, B or C; None for Corse and overseas, whose own calendars are not held."""
    return ZONES.get(academie)


def find_end_if_near(calendar: Calendar, now: datetime) -> date | None:
    """Return the last day that the calendar covers, once it is near or past; None while it is far."""
    remaining = calendar.covered_until - day_of(now)
    return calendar.covered_until if remaining < NOTICE else None


def day_of(at: datetime) -> date:
    """Return the day of an instant in Paris."""
    return at.astimezone(PARIS).date()


def start_of(day: date) -> datetime:
    """Return the instant (UTC) at which a day begins in Paris."""
    return datetime.combine(day, hour.min, PARIS).astimezone(UTC)


def end_of(day: date) -> datetime:
    """Return the instant (UTC) at which a day ends in Paris: the next midnight."""
    return start_of(day + timedelta(days=1))


def last_day(end: datetime) -> date:
    """Return the day in Paris on which what lasts until ``end`` ends: at midnight, the day that is over."""
    return day_of(end - timedelta(milliseconds=1))


def days_after(at: datetime, days: int) -> datetime:
    """Return the instant (UTC) at the same hour in Paris, ``days`` calendar days later."""
    return _same_hour(at, day_of(at) + timedelta(days=days))


def months_after(day: date, count: int) -> date:
    """Return the day ``count`` months later, or the last day of a month that is shorter."""
    later: date = day + relativedelta(months=count)
    return later


def months_later(at: datetime, count: int) -> datetime:
    """Return the instant (UTC) at the same hour in Paris, ``count`` months later."""
    return _same_hour(at, months_after(day_of(at), count))


def end_of_days(at: datetime, days: int) -> datetime:
    """Return the instant (UTC) at which the last of so many days ends in Paris, of which that of ``at`` is the first."""
    return start_of(day_of(at) + timedelta(days=days))


def defer_to_working(end: datetime, counts: Counts) -> datetime:
    """Return this end of a day if the day counts, else the end of the next day that does, in UTC."""
    day = last_day(end)
    while not counts(day):
        day += timedelta(days=1)
    return end_of(day)


def working_days_after(at: datetime, days: int, counts: Counts) -> datetime:
    """Return the instant (UTC) at the same hour in Paris on the ``days``-th following day that counts; 1 or more."""
    day = day_of(at)
    while days:
        day += timedelta(days=1)
        days -= counts(day)
    return _same_hour(at, day)


def days_between(start: datetime, until: datetime, counts: Counts) -> int:
    """Count the full days that count between two instants: the largest n whose ``working_days_after`` is not past ``until``."""
    first, last = start.astimezone(PARIS), until.astimezone(PARIS)
    days = [first.date() + timedelta(days=n + 1) for n in range((last.date() - first.date()).days)]
    counted = sum(map(counts, days))
    unfinished = bool(days) and counts(days[-1]) and last.time() < first.time()
    return counted - unfinished


def _same_hour(at: datetime, day: date) -> datetime:
    """Return the instant (UTC) of the same hour on another day; an hour that the change skips is the one that clocks show."""
    local = at.astimezone(PARIS).time()
    return datetime.combine(day, local, PARIS).astimezone(UTC)
