"""The plan of reminders of one parcours: its days, and what moves them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from chalicelib import terms
from chalicelib.domain.kernel.calendar import PARIS
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import Company, CompanyContact, ContactRole, Parcours
from chalicelib.domain.kernel.timeline import EventKind, Milestone, Reason
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Setback, Step
from chalicelib.domain.parcours import reminding
from chalicelib.domain.parcours.reminding import Plan, Prompt, ReminderPolicy
from chalicelib.domain.parcours.turns import TurnPolicy
from tests.support import factories
from tests.support.waiting import paris

SENT = paris("2026-11-02 09:00")
"""A Monday."""


def parcours_at(step: Step) -> Parcours:
    """Return a parcours that has been at this step since its documents were sent."""
    return replace(
        factories.offer(status=ParcoursStatus.IN_PREPARATION),
        step=step,
        attempt=1,
        since=SENT,
        last_sent_at=SENT,
        sent_to=Role.COMPANY,
        tutor="t",
        tutor_academie="Dijon",
    )


def plan(parcours: Parcours) -> Plan:
    """Return the plan of reminders of a parcours, with the default delays."""
    return Plan(parcours, terms.calendar(), TurnPolicy(), ReminderPolicy())


def days(parcours: Parcours, until: str = "2027-02-01") -> list[str]:
    """Return the mornings on which somebody is reminded if nobody ever acts, and who: « 11-04 recipient »."""
    mornings: list[str] = []
    while (next_at := plan(parcours).next()) is not None and next_at < paris(f"{until} 00:00"):
        prompts = sorted(plan(parcours).due(next_at))
        mornings.append(f"{next_at.astimezone(PARIS):%m-%d} {' '.join(prompts)}".strip())
        parcours = replace(parcours, prompted_at=next_at)
    return mornings


def test_a_company_is_reminded_twice_then_her_buyer_has_the_turn_then_the_team() -> None:
    expected = ["11-04 recipient", "11-09 buyer recipient", "11-17 awaited", "11-24 awaited"]

    assert days(parcours_at(Step.LINK_SENT)) == days(parcours_at(Step.OPENED)) == expected
    assert days(parcours_at(Step.RECEIVED)) == expected


def test_dates_are_asked_of_who_proposed_some_with_the_link_unless_they_have_left() -> None:
    """Before, of who welcomes: whoever answered the tender has only read."""
    reader = CompanyContact(
        role=ContactRole.ANSWERS_TENDER, name="Paul Vernay", address=factories.COMPANY_ADDRESS
    )
    host = CompanyContact(role=ContactRole.WELCOMES, name="Aïda Kessel", address="a@imprimerie.example")
    has_read = replace(
        parcours_at(Step.RECEIVED), company=Company(name="Imprimerie Saulx", contacts=(reader, host))
    )
    has_proposed = replace(has_read, reached={Milestone.ANSWERED: SENT})
    left = replace(reader, noted={Reason.CONTACT_GONE: SENT})
    has_left = replace(has_proposed, company=has_read.company.with_contacts(left))
    link = Link(
        id="l",
        deposit="d",
        parcours="p",
        attempt=1,
        sender="s",
        recipient=reader.address,
        created_at=SENT,
        closes_at=SENT + timedelta(days=60),
    )

    asked = [
        reminding.find_asked_for_dates(parcours, link, buyer=False)
        for parcours in (has_read, has_proposed, has_left)
    ]

    assert [person and person.address for person in asked] == [host.address, reader.address, host.address]


def test_a_holiday_moves_a_reminder_to_the_next_working_morning() -> None:
    """The 11th of November is a Wednesday in 2026."""
    assert (
        days(replace(parcours_at(Step.LINK_SENT), last_sent_at=paris("2026-11-09 09:00")))[0]
        == "11-12 recipient"
    )


def test_a_promise_is_waited_for() -> None:
    promised = replace(parcours_at(Step.RECEIVED), promised_on=date(2026, 11, 12))

    assert days(promised)[:2] == ["11-13 buyer recipient", "11-17 awaited"]


def test_a_tutor_is_reminded_once_on_her_clock_then_her_coordinator_every_week() -> None:
    sent = replace(parcours_at(Step.MEETING_HELD), reached={Milestone.CONVENTION_SENT.value: SENT})

    assert days(sent) == days(parcours_at(Step.SLOTS_PROPOSED)), "a convention to sign"
    assert days(parcours_at(Step.SLOTS_PROPOSED), until="2026-12-05") == [
        "11-04 awaited",
        "11-10 awaited",
        "11-18 awaited",
        "11-25 awaited",
        "12-02 awaited",
    ]


def test_school_holidays_are_no_days_of_a_tutors() -> None:
    """Zone A is on holiday from 19 December to 3 January."""
    mornings = days(
        replace(parcours_at(Step.SLOTS_PROPOSED), since=paris("2026-12-18 09:00")), until="2027-01-12"
    )

    assert mornings[0] == "01-05 awaited"
    assert not [morning for morning in mornings if morning.startswith("12-")]


@pytest.mark.parametrize("prompted", ["2026-11-06 08:30", "2026-11-20 11:00"])
def test_what_was_missed_counts_once(prompted: str) -> None:
    late = plan(parcours_at(Step.LINK_SENT)).due(paris(prompted))

    assert late == ({Prompt.RECIPIENT} if prompted.startswith("2026-11-06") else {Prompt.AWAITED})


def test_nobody_is_reminded_where_nothing_is_awaited() -> None:
    assert days(factories.offer()) == []
    assert (
        days(
            replace(parcours_at(Step.MEETING_FIXED), meeting_at=paris("2027-01-20 09:00")), until="2027-01-20"
        )
        == []
    )


@pytest.mark.parametrize(
    "parcours",
    [
        replace(parcours_at(Step.LINK_SENT), reminded_at=SENT + timedelta(days=1, hours=12)),
        replace(
            parcours_at(Step.LINK_SENT),
            last_kind=EventKind.CALL_NOTED,
            last_at=SENT + timedelta(days=1, hours=12),
        ),
        replace(parcours_at(Step.LINK_SENT), call_back_on=date(2026, 11, 6)),
        replace(parcours_at(Step.LINK_SENT), paused_since=SENT, paused_until=date(2026, 11, 6)),
    ],
    ids=["a reminder", "a call", "an agreed call", "a pause"],
)
def test_a_machine_does_not_follow_on_the_heels_of_a_person(parcours: Parcours) -> None:
    morning = paris("2026-11-04 08:30")

    assert plan(parcours).due(morning) == set() or not plan(parcours).is_day(morning)


@pytest.mark.parametrize(
    ("now", "is_morning"),
    [
        ("2026-11-02 08:29", False),
        ("2026-11-02 08:30", True),
        ("2026-11-02 19:59", True),
        ("2026-11-02 20:00", False),
        ("2026-11-01 09:00", False),
        ("2026-11-11 09:00", False),
        ("2028-02-29 08:30", True),
        ("2027-03-29 08:30", False),
        ("2027-03-30 08:30", True),
        ("2026-10-26 08:30", True),
    ],
)
def test_reminders_leave_on_working_mornings(now: str, is_morning: bool) -> None:
    """29 March 2027 is Easter Monday, after the clocks changed; 26 October 2026 comes after the other night."""
    assert reminding.is_morning(paris(now), terms.calendar()) is is_morning


def test_a_morning_is_half_past_eight_in_paris_in_summer_and_winter() -> None:
    assert reminding.find_morning(date(2026, 10, 23)) == datetime(2026, 10, 23, 6, 30, tzinfo=UTC)
    assert reminding.find_morning(date(2026, 10, 26)) == datetime(2026, 10, 26, 7, 30, tzinfo=UTC)


def test_a_setback_asks_the_tutor() -> None:
    assert days(replace(parcours_at(Step.LINK_SENT), setback=Setback.MAIL_BOUNCED))[0] == "11-04 awaited"


def test_the_days_of_a_pause_are_given_back() -> None:
    paused = replace(parcours_at(Step.LINK_SENT), paused_since=SENT, paused_until=date(2026, 11, 8))

    assert days(paused)[0] == "11-12 recipient", "two working days after the 9th, without the 11th"
