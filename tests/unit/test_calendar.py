"""The days that clocks count: where the dates come from, what they cover, and the same hour whatever the season."""

import json
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version

import pytest
from jours_feries_france import JoursFeries
from vacances_scolaires_france import SchoolHolidayDates

from chalicelib import terms
from chalicelib.domain.kernel import calendar
from chalicelib.domain.kernel.calendar import (
    Calendar,
    days_after,
    days_between,
    end_of,
    end_of_days,
    find_end_if_near,
    find_territory,
    find_zone,
    start_of,
    working_days_after,
)
from infra import calendars

CALENDAR = terms.calendar()
ACADEMIES = {
    "A": "Besançon, Bordeaux, Clermont-Ferrand, Dijon, Grenoble, Limoges, Lyon, Poitiers",
    "B": "Aix-Marseille, Amiens, Lille, Nancy-Metz, Nantes, Nice, Normandie, Orléans-Tours, Reims, Rennes, Strasbourg",
    "C": "Créteil, Montpellier, Paris, Toulouse, Versailles",
    None: "Corse, Guadeloupe, Guyane, La Réunion, Martinique, Mayotte",
}


def paris(text: str) -> datetime:
    """Return the instant of « 2026-11-03 09:00 » on the clocks of Paris."""
    return datetime.fromisoformat(text).replace(tzinfo=calendar.PARIS)


def works(day: date) -> bool:
    """Return whether this day is a working day in Côte-d'Or."""
    return CALENDAR.is_working(day, "21")


def test_the_file_is_what_the_libraries_say_today() -> None:
    """The stored calendar equals what the libraries say; it fails after an edit by hand, or when a library was raised without
    ``python -m infra.calendars``.
    """
    assert json.loads(calendars.TARGET.read_text("utf-8")) == calendars.made()


def test_the_file_names_its_source_and_the_years_it_covers() -> None:
    for name in ("jours-feries-france", "vacances-scolaires-france"):
        assert f"{name} {version(name)}" in CALENDAR.source
    assert (CALENDAR.covered_from, CALENDAR.covered_until) == (date(2018, 9, 1), date(2028, 8, 31))


def test_every_covered_day_is_as_its_library_tells_it() -> None:
    schools = SchoolHolidayDates()
    places = {"A": "Dijon", "B": "Rennes", "C": "Paris"}
    departements = {"Métropole": "75", **{name: code for code, name in calendar.TERRITORIES.items()}}
    day = CALENDAR.covered_from
    while day <= CALENDAR.covered_until:
        for zone, academie in places.items():
            assert CALENDAR.is_school_holiday(day, academie) == schools.is_holiday_for_zone(day, zone), day
        for territory, departement in departements.items():
            works = day.weekday() < 5 and not JoursFeries.is_bank_holiday(day, territory)
            assert CALENDAR.is_working(day, departement) == works, (day, territory)
        day += timedelta(days=1)


@pytest.mark.parametrize(
    ("departement", "day"),
    [
        ("67", "2027-03-26"),
        ("57", "2026-12-26"),
        ("971", "2027-05-27"),
        ("972", "2026-05-22"),
        ("973", "2027-06-10"),
        ("974", "2027-12-20"),
        ("976", "2027-04-27"),
    ],
)
def test_a_territory_has_its_own_public_holidays(departement: str, day: str) -> None:
    on = date.fromisoformat(day)

    assert not CALENDAR.is_working(on, departement)
    if on.weekday() < 5:
        assert CALENDAR.is_working(on, "75")


def test_a_departement_belongs_to_one_territory() -> None:
    assert find_territory("2A") == find_territory("54") == find_territory("") == "Métropole"
    assert find_territory(" 68 ") == "Alsace-Moselle"
    assert CALENDAR.own_holidays.keys() == set(calendar.TERRITORIES.values())


@pytest.mark.parametrize("zone", ACADEMIES)
def test_each_of_the_thirty_academies_has_its_zone_or_none(zone: str | None) -> None:
    assert {find_zone(academie) for academie in ACADEMIES[zone].split(", ")} == {zone}
    assert sum(len(names.split(", ")) for names in ACADEMIES.values()) == 30
    assert calendar.ZONES.keys() == {
        academie for held, names in ACADEMIES.items() if held for academie in names.split(", ")
    }


def test_the_school_holidays_of_an_academie_without_a_zone_are_not_counted() -> None:
    christmas = date(2026, 12, 28)

    assert CALENDAR.is_school_holiday(christmas, "Dijon")
    assert not CALENDAR.is_school_holiday(christmas, "Corse")
    assert not CALENDAR.is_school_holiday(christmas, "La Réunion")


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ("2018-09-01", False),
        ("2028-05-03", False),
        ("2028-05-04", True),
        ("2028-08-31", True),
        ("2031-01-01", True),
    ],
)
def test_the_end_of_the_calendar_is_told_120_days_before_and_for_ever_after(now: str, told: bool) -> None:
    assert find_end_if_near(CALENDAR, paris(f"{now} 12:00")) == (CALENDAR.covered_until if told else None)


def test_beyond_the_calendar_only_weekends_are_known() -> None:
    assert CALENDAR.is_working(date(2028, 11, 1), "21"), "a public holiday that the calendar does not hold"
    assert not CALENDAR.is_working(date(2028, 11, 4), "21")
    assert not CALENDAR.is_school_holiday(date(2028, 12, 28), "Dijon")


@pytest.mark.parametrize(
    ("at", "days", "then"),
    [
        ("2026-11-03 09:00", 1, "2026-11-04 09:00"),
        ("2026-11-06 18:30", 1, "2026-11-09 18:30"),  # over a weekend
        ("2026-11-07 10:00", 1, "2026-11-09 10:00"),  # from a Saturday
        ("2026-11-09 09:00", 3, "2026-11-13 09:00"),  # the 11th is a public holiday
        ("2026-12-24 09:00", 1, "2026-12-28 09:00"),
        ("2026-12-31 23:59", 1, "2027-01-04 23:59"),
        ("2027-05-05 09:00", 2, "2027-05-10 09:00"),  # Ascension
    ],
)
def test_working_days_are_counted_over_weekends_and_public_holidays(at: str, days: int, then: str) -> None:
    assert working_days_after(paris(at), days, works) == paris(then)


@pytest.mark.parametrize(
    ("at", "then"),
    [
        ("2026-10-23 09:00", "2026-10-26 09:00"),  # back to winter time on the 25th
        ("2027-03-26 09:00", "2027-03-30 09:00"),  # on to summer time on the 28th; the 29th is Easter Monday
        ("2026-10-23 02:30", "2026-10-26 02:30"),
        ("2027-03-26 02:30", "2027-03-30 02:30"),
    ],
)
def test_the_hour_of_paris_stays_over_a_change_of_clocks(at: str, then: str) -> None:
    instant = working_days_after(paris(at), 1, works)

    assert instant == paris(then)
    assert instant.astimezone(calendar.PARIS).strftime("%H:%M") == at[-5:]


def test_an_hour_that_a_night_skips_or_repeats_is_a_real_instant() -> None:
    skipped = days_after(paris("2027-03-27 02:30"), 1)
    repeated = days_after(paris("2026-10-24 02:30"), 1)

    assert skipped == datetime(2027, 3, 28, 1, 30, tzinfo=UTC), "clocks show 3:30 then"
    assert repeated == datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "the first of the two"
    twice = paris("2026-10-25 02:30").replace(fold=1)
    assert days_after(twice, 1) == paris("2026-10-26 02:30")


def test_a_day_begins_at_midnight_in_paris() -> None:
    assert start_of(date(2027, 1, 5)) == datetime(2027, 1, 4, 23, 0, tzinfo=UTC)
    assert start_of(date(2027, 7, 5)) == datetime(2027, 7, 4, 22, 0, tzinfo=UTC)
    assert end_of(date(2027, 3, 28)) - start_of(date(2027, 3, 28)) == timedelta(hours=23)
    assert end_of(date(2026, 10, 25)) - start_of(date(2026, 10, 25)) == timedelta(hours=25)


@pytest.mark.parametrize("hour", ["00:00", "09:00", "23:59"])
def test_days_include_the_first_and_end_at_a_midnight(hour: str) -> None:
    for day, end in (
        ("2026-12-02", "2026-12-17"),
        ("2027-03-20", "2027-04-04"),
        ("2026-10-20", "2026-11-04"),
    ):
        assert end_of_days(paris(f"{day} {hour}"), 15) == paris(f"{end} 00:00")


@pytest.mark.parametrize(
    ("start", "until", "days"),
    [
        ("2026-11-03 09:00", "2026-11-03 09:00", 0),
        ("2026-11-03 09:00", "2026-11-04 08:59", 0),
        ("2026-11-03 09:00", "2026-11-04 09:00", 1),
        ("2026-11-06 09:00", "2026-11-08 23:00", 0),
        ("2026-11-06 09:00", "2026-11-09 09:00", 1),
        ("2026-11-09 09:00", "2026-11-13 09:00", 3),
        ("2026-11-09 09:00", "2026-11-03 09:00", 0),
    ],
)
def test_days_gone_by_are_counted_in_full(start: str, until: str, days: int) -> None:
    assert days_between(paris(start), paris(until), works) == days


def test_the_product_holds_one_calendar() -> None:
    assert isinstance(CALENDAR, Calendar)
    assert terms.calendar() is CALENDAR
