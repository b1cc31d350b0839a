"""The dates of a meeting: hours of Paris, and everything that is none."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib import terms
from chalicelib.domain.meetings import slots
from chalicelib.domain.meetings.slots import Slot
from chalicelib.errors import FieldInvalid, HolidayUnseen

NOW = datetime(2026, 10, 1, 8, tzinfo=UTC)
OURS = "passe-plat.example"
TOKEN = "q7Zt0mVxK3nE8rYb2LwSdP5hCfJ1uGaTo9XiRk6NvBM"


def refused(call: object, *given: object) -> tuple[object, object]:
    """Return the field and the reason with which a call is refused."""
    with pytest.raises(FieldInvalid) as refusal:
        call(*given)  # type: ignore[operator]
    return refusal.value.facts["field"], refusal.value.facts["reason"]


@pytest.mark.parametrize(
    ("typed", "instant"),
    [
        ("2027-03-09T14:00", datetime(2027, 3, 9, 13, tzinfo=UTC)),
        ("2027-03-27T14:00", datetime(2027, 3, 27, 13, tzinfo=UTC)),
        ("2027-03-28T14:00", datetime(2027, 3, 28, 12, tzinfo=UTC)),
        ("2027-03-28T01:59", datetime(2027, 3, 28, 0, 59, tzinfo=UTC)),
        ("2027-03-28T03:00", datetime(2027, 3, 28, 1, tzinfo=UTC)),
        ("2026-10-25T01:59", datetime(2026, 10, 24, 23, 59, tzinfo=UTC)),
        ("2026-10-25T03:00", datetime(2026, 10, 25, 2, tzinfo=UTC)),
    ],
)
def test_an_hour_of_paris_is_one_instant(typed: str, instant: datetime) -> None:
    assert slots.read_start(typed, NOW) == instant


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("2026-09-30T14:00", "past"),
        ("2026-10-01T10:00", "past"),
        ("0001-01-01T00:00", "past"),
        ("9999-12-31T23:59", "year"),
        ("2027-10-03T10:00", "year"),
        ("2027-03-28T02:30", "no_such_hour"),
        ("2026-10-25T02:30", "which_hour"),
        ("2026-02-30T10:00", "slot"),
        ("2027-03-09T24:00", "slot"),
        ("2027-03-09T14:00:00", "slot"),
        ("2027-03-09T14:00Z", "slot"),
        ("2027-03-09T14:00+01:00", "slot"),
        ("2027-03-09 14:00", "slot"),
        ("2027-W10-2T14:00", "slot"),
        ("٢٠٢٧-٠٣-٠٩T14:00", "slot"),
        ("2027-03-09T14:00\n", "slot"),
        ("", "slot"),
    ],
)
def test_anything_else_is_refused_with_its_reason(typed: str, reason: str) -> None:
    assert refused(slots.read_start, typed, NOW) == ("debut", reason)


def test_the_place_is_that_of_the_record_or_an_https_address() -> None:
    assert slots.read_place("fiche", OURS) is None
    for address in (
        "https://visio.exemple.fr/abc?x=1",
        "https://a.fr:443/",
        "https://visio.xn--exmple-cva.fr/",
    ):
        assert slots.read_place(address, OURS) == address


@pytest.mark.parametrize(
    "typed",
    [
        f"https://{OURS}/retrait/#{TOKEN}",
        f"https://{OURS}/",
        f"https://{OURS.upper()}:443/retrait",
        f"https://visio.fr/{TOKEN}",
        f"https://visio.fr/?code={TOKEN}&a=b",
        f"https://visio.fr/retrait/%23{TOKEN}",
        f"https://abri.messagerie.fr/?url=https%3A%2F%2F{OURS}%2Fretrait%2F&data=1",
        f"https://abri.messagerie.fr/?url=https%253A%252F%252Fautre.fr%252Fretrait%252F%2523{TOKEN}",
    ],
)
def test_a_link_of_ours_is_no_place_to_meet(typed: str) -> None:
    assert refused(slots.read_place, typed, OURS) == ("lieu", "own_place")


def test_the_long_addresses_of_other_tools_are_taken() -> None:
    room = "19%3ameeting_" + "N2Y4" * 12
    for address in (f"https://visio.fr/l/{room}%40thread.v2/0", f"https://visio.fr/?pwd={'Ab1-' * 8}.1"):
        assert slots.read_place(address, OURS) == address


@pytest.mark.parametrize(
    "typed",
    [
        "", "http://visio.exemple.fr/", "javascript:alert(1)", "https://", "https://visio", "https://u:p@visio.fr/",
        "https://u@visio.fr/", "https://127.0.0.1/", "https://[::1]/", "https://visio.fr:8443/", "https://visio.fr:x/",
        "https://visio.fr/\r\nBcc:a@b.fr", "https://visio.fr/ a", "https://vísio.fr/", "https://visio.fr\\@autre.fr/",
        "https://visio..fr/", "https://visio.fr/" + "a" * 300, "Fiche", "\x00", "https://[", "//visio.fr/",
    ],
)  # fmt: skip
def test_no_other_place_is_taken(typed: str) -> None:
    assert refused(slots.read_place, typed, OURS) == ("lieu", "place")


def test_a_choice_is_awaited_before_the_first_date_that_is_still_ahead() -> None:
    past, first, last = (Slot(start=NOW + timedelta(days=days), minutes=45) for days in (-1, 2, 9))

    assert slots.find_answer_by(NOW + timedelta(days=5), (last, first, past), NOW) == first.start
    assert slots.find_answer_by(NOW + timedelta(days=1), (last, first), NOW) == NOW + timedelta(days=1)


@pytest.mark.parametrize("minutes", [14, 241, 0, -1, 10**9])
def test_a_meeting_lasts_from_a_quarter_of_an_hour_to_four_hours(minutes: int) -> None:
    assert refused(slots.read_slot, "2027-03-09T14:00", minutes, "fiche", NOW, OURS) == ("minutes", "minutes")


def test_one_to_five_dates_are_proposed_all_different() -> None:
    many = tuple(Slot(start=NOW + timedelta(days=n + 1), minutes=45) for n in range(6))

    slots.check(many[:5], NOW)

    assert refused(slots.check, (), NOW) == ("creneaux", "slots")
    assert refused(slots.check, many, NOW) == ("creneaux", "slots")
    assert refused(slots.check, (many[0], many[0]), NOW) == ("creneaux", "slots")
    assert refused(slots.check, many[:1], many[0].start) == ("debut", "past")


def test_a_public_holiday_of_the_place_is_to_be_seen_first() -> None:
    saint_etienne = (Slot(start=datetime(2026, 12, 26, 9, tzinfo=UTC), minutes=45),)

    slots.check_holidays(saint_etienne, terms.calendar(), "21")
    with pytest.raises(HolidayUnseen):
        slots.check_holidays(saint_etienne, terms.calendar(), "67")
