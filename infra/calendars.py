"""Writes ``chalicelib/calendars.json``: the public and school holidays that delays and reminders reckon with.

Run ``python -m infra.calendars`` whenever the libraries that it reads (``requirements-dev.txt``) know a further school year.
"""

import json
import sys
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jours_feries_france import JoursFeries
from vacances_scolaires_france import SchoolHolidayDates

from chalicelib.domain.kernel.calendar import MAINLAND, TERRITORIES

TARGET = Path(__file__).resolve().parent.parent / "chalicelib" / "calendars.json"
COVERED_FROM = date(2018, 9, 1)
"""First day of the school year in which the oldest parcours worth counting began."""
LIBRARIES = ("jours-feries-france", "vacances-scolaires-france")
ZONES = ("A", "B", "C")


def made() -> dict[str, Any]:
    """Return the content of the file, as ``domain.calendar.Calendar`` reads it."""
    schools = SchoolHolidayDates()
    until = max(schools.data)  # the library keeps the days on which a zone is on holiday
    common = _public(MAINLAND, until)
    return {
        "source": ", ".join(f"{name} {version(name)}" for name in LIBRARIES),
        "covered_from": COVERED_FROM.isoformat(),
        "covered_until": until.isoformat(),
        "common_holidays": _written(common),
        "own_holidays": {
            territory: _written(_public(territory, until) - common)
            for territory in sorted(set(TERRITORIES.values()))
        },
        "school_holidays": {
            zone: [[first.isoformat(), last.isoformat()] for first, last in _ranges(schools, zone)]
            for zone in ZONES
        },
    }


def _public(territory: str, until: date) -> set[date]:
    """Return the public holidays of a territory from ``COVERED_FROM`` to ``until``."""
    years = range(COVERED_FROM.year, until.year + 1)
    days = {day for year in years for day in JoursFeries.for_year(year, territory).values()}
    return {day for day in days if COVERED_FROM <= day <= until}


def _ranges(schools: SchoolHolidayDates, zone: str) -> list[tuple[date, date]]:
    """Return a zone's school holidays as (first day, last day) of each run of consecutive days."""
    ranges: list[tuple[date, date]] = []
    for day in sorted(schools.data):
        if day < COVERED_FROM or not schools.is_holiday_for_zone(day, zone):
            continue
        if ranges and day - ranges[-1][1] == timedelta(days=1):
            ranges[-1] = (ranges[-1][0], day)
        else:
            ranges.append((day, day))
    return ranges


def _written(days: set[date]) -> list[str]:
    """Return the days in order, each as 2026-12-25."""
    return [day.isoformat() for day in sorted(days)]


def main() -> int:
    """Write the file and print which days it covers."""
    content = made()
    TARGET.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")
    print(f"{TARGET.name}: {content['covered_from']} to {content['covered_until']}, from {content['source']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
