"""The tutor's turn: which days count for her, who stands in while she is away, and when it is the coordinator's."""

from dataclasses import replace

import pytest

from chalicelib.domain.kernel.values import Role, Step
from tests.support.waiting import (
    COMPANY_STEPS,
    C,
    T,
    breakpoints,
    make_absence,
    parcours_at,
    paris,
    read_breakpoints,
    whose_turn,
)


@pytest.mark.parametrize(
    ("since", "academie", "end", "why"),
    [
        ("2026-11-03 09:00", "Dijon", "2026-11-10 09:00", "over a weekend"),
        ("2026-11-05 09:00", "Dijon", "2026-11-13 09:00", "over a public holiday"),
        ("2026-11-07 12:00", "Dijon", "2026-11-16 12:00", "from a Saturday"),
        ("2027-02-12 09:00", "Dijon", "2027-03-05 09:00", "zone A closes from February 13 to 28"),
        ("2027-02-12 09:00", "Rennes", "2027-02-19 09:00", "zone B closes on the 20th only"),
        ("2027-02-12 09:00", "Paris", "2027-02-26 09:00", "zone C has been closed since the 6th"),
        ("2027-02-12 09:00", "Corse", "2027-02-19 09:00", "the calendar of Corse is not held"),
        ("2026-12-17 09:00", "Dijon", "2027-01-07 09:00", "Christmas"),
        ("2027-07-02 09:00", "Dijon", "2027-09-07 09:00", "summer"),
        ("2026-10-16 02:30", "Dijon", "2026-11-06 02:30", "the hour stays over the night of winter time"),
        ("2027-03-25 02:30", "Dijon", "2027-04-02 02:30", "and over that of summer time, then Easter"),
    ],
)
def test_the_tutors_days_leave_out_weekends_public_and_school_holidays(
    since: str, academie: str, end: str, why: str
) -> None:
    parcours = replace(parcours_at(Step.SLOTS_PROPOSED, since=since), tutor_academie=academie)

    assert read_breakpoints(parcours) == [(since, T, False), (end, C, True)], why


def test_school_holidays_are_those_of_the_tutor_else_of_the_place() -> None:
    hers = replace(
        parcours_at(Step.MEETING_HELD, since="2027-02-12 09:00", academie="Dijon"), tutor_academie="Rennes"
    )
    places = replace(
        parcours_at(Step.MEETING_HELD, since="2027-02-12 09:00", academie="Dijon"), tutor_academie=None
    )

    assert read_breakpoints(hers)[1][0] == "2027-02-19 09:00"
    assert read_breakpoints(places)[1][0] == "2027-03-05 09:00"


@pytest.mark.parametrize(
    ("meeting", "end"),
    [
        (None, "2026-11-10 09:00"),
        ("2026-10-30 14:00", "2026-11-10 09:00"),  # noted afterwards
        ("2026-11-20 14:00", "2026-11-27 14:00"),
    ],
)
def test_a_meeting_that_is_fixed_is_waited_for_before_days_count(meeting: str | None, end: str) -> None:
    parcours = replace(parcours_at(Step.MEETING_FIXED), meeting_at=paris(meeting) if meeting else None)

    begins = meeting if meeting and meeting > "2026-11-03" else "2026-11-03 09:00"
    assert read_breakpoints(parcours)[-2:] == [(begins, T, False), (end, C, True)]
    assert (
        read_breakpoints(replace(parcours_at(Step.MEETING_HELD), meeting_at=paris("2026-11-20 14:00")))[1][0]
        == "2026-11-10 09:00"
    )


def test_an_offer_just_taken_leaves_as_long_as_its_reservation() -> None:
    reserved = paris("2026-12-15 09:00")

    assert read_breakpoints(replace(parcours_at(Step.DOCUMENTS_TO_SEND), reservation_until=reserved)) == [
        ("2026-11-03 09:00", T, False),
        ("2026-12-15 09:00", C, True),
    ]
    assert (
        read_breakpoints(replace(parcours_at(Step.SLOTS_PROPOSED), reservation_until=reserved))[1][0]
        == "2026-11-10 09:00"
    )


def test_a_reservation_that_is_over_leaves_the_ordinary_days() -> None:
    parcours = replace(parcours_at(Step.DOCUMENTS_TO_SEND), reservation_until=paris("2026-11-02 09:00"))

    assert read_breakpoints(parcours)[1] == ("2026-11-10 09:00", C, True)


# Her announced absence


@pytest.mark.parametrize(
    ("absence", "points"),
    [
        (("2026-10-20", "2026-11-02"), [("03 09:00", T, False), ("10 09:00", C, True)]),
        (("2026-11-10", "2026-11-10"), [
            ("03 09:00", T, False), ("10 00:00", C, False), ("11 00:00", T, False), ("12 09:00", C, True),
        ]),
        (("2026-11-05", "2026-11-06"), [
            ("03 09:00", T, False), ("05 00:00", C, False), ("07 00:00", T, False), ("13 09:00", C, True),
        ]),
        (("2026-11-01", "2026-11-06"), [
            ("03 09:00", C, False), ("07 00:00", T, False), ("16 09:00", C, True),
        ]),
        (("2026-11-03", "2026-11-03"), [
            ("03 09:00", C, False), ("04 00:00", T, False), ("10 09:00", C, True),
        ]),
        (("2026-11-12", "2026-11-20"), [("03 09:00", T, False), ("10 09:00", C, True)]),
    ],
    ids=["over before", "on the last day", "in the middle", "begun before", "on the first day", "too late"],
)  # fmt: skip
def test_an_absence_hands_the_turn_to_the_coordinator_and_what_was_left_back(
    absence: tuple[str, str], points: list[tuple[str, Role, bool]]
) -> None:
    parcours = replace(parcours_at(Step.SLOTS_PROPOSED), tutor_absence=make_absence(*absence))

    assert read_breakpoints(parcours) == [(f"2026-11-{day}", role, late) for day, role, late in points]


def test_an_absence_over_the_end_of_a_reservation_does_not_prolong_it() -> None:
    parcours = replace(
        parcours_at(Step.DOCUMENTS_TO_SEND),
        reservation_until=paris("2026-11-20 09:00"),
        tutor_absence=make_absence("2026-11-16", "2026-11-27"),
    )

    assert read_breakpoints(parcours) == [
        ("2026-11-03 09:00", T, False),
        ("2026-11-16 00:00", C, False),
        ("2026-11-20 09:00", C, True),
    ]


@pytest.mark.parametrize(
    ("absence", "points"),
    [
        (("2026-11-01", "2026-11-02"), [("03", T), ("20", C)]),
        (("2026-11-20", "2026-11-27"), [("03", T), ("20", C)]),
        (("2026-11-03", "2026-11-04"), [("03", C), ("05", T), ("20", C)]),
        (("2026-11-17", "2026-11-19"), [("03", T), ("17", C), ("20", C)]),
    ],
    ids=["ends as her turn begins", "begins as her turn ends", "begins with her turn", "ends with her turn"],
)
def test_an_absence_that_meets_a_turn_at_midnight_makes_no_turn_of_no_length(
    absence: tuple[str, str], points: list[tuple[str, Role]]
) -> None:
    parcours = replace(
        parcours_at(Step.DOCUMENTS_TO_SEND, since="2026-11-03 00:00"),
        reservation_until=paris("2026-11-20 00:00"),
        tutor_absence=make_absence(*absence),
    )

    assert [(start, role) for start, role, _ in read_breakpoints(parcours)] == [
        (f"2026-11-{day} 00:00", role) for day, role in points
    ]


def test_an_absence_begins_and_ends_at_midnight_in_paris_on_nights_of_change_too() -> None:
    parcours = replace(
        parcours_at(Step.SLOTS_PROPOSED, since="2027-03-24 09:00"),
        tutor_academie="Rennes",
        tutor_absence=make_absence("2027-03-28", "2027-03-28"),
    )
    leaves, returns = (point.start for point in breakpoints(parcours)[1:3])

    assert (leaves, returns) == (paris("2027-03-28 00:00"), paris("2027-03-29 00:00"))
    assert returns.timestamp() - leaves.timestamp() == 23 * 3600


@pytest.mark.parametrize("step", COMPANY_STEPS)
def test_the_tutors_absence_changes_nothing_to_the_companys_turn(step: Step) -> None:
    assert read_breakpoints(
        replace(parcours_at(step), tutor_absence=make_absence("2026-11-01", "2027-02-01"))
    ) == read_breakpoints(parcours_at(step))


def test_the_turn_says_the_day_it_is_due_whoever_stands_in() -> None:
    parcours = replace(
        parcours_at(Step.SLOTS_PROPOSED), tutor_absence=make_absence("2026-11-05", "2026-11-06")
    )

    seen = [whose_turn(parcours, paris(f"2026-11-{day} 12:00")) for day in ("04", "05", "09")]

    assert [turn and (turn.role, turn.due_at, turn.late_since) for turn in seen] == [
        (role, paris("2026-11-13 09:00"), None) for role in (T, C, T)
    ]
