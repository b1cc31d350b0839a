"""On which mornings somebody is reminded: working days, the hour of Paris, whatever became of the mornings before."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from chalicelib import clock, terms
from chalicelib.domain.kernel.parcours import BuyerContact, Parcours
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor
from chalicelib.domain.kernel.values import Role
from chalicelib.stories import meetings
from chalicelib.stories.meetings import Proposal
from tests.conftest import Clock
from tests.faults.wire import Mode, Tap, strike
from tests.support import factories, relays, writing
from tests.support.factories import COMPANY_ADDRESS
from tests.support.meetings import slot_in_days, text_of
from tests.support.mornings import decide_reminders, paris_instant, press_remind, remind_on, send_on
from tests.support.relays import Browser, Relay
from tests.support.worlds import World

DAY = timedelta(days=1)
TUESDAY = date(2027, 3, 2)
THURSDAY = TUESDAY + 2 * DAY
"""Two working days after TUESDAY: the day of the first reminder."""


def start_on(
    world: World, clock_: Clock, day: date, departement: str = "21", buyer: BuyerContact | None = None
) -> Relay:
    """Start a parcours taken on this day, with its workplace in this département."""
    clock_.now = paris_instant(day, time(9))
    offer = replace(factories.offer(), since=clock_.now, last_at=clock_.now)
    contract = replace(offer.contract, notified_on=day - 30 * DAY, ends_on=day + 600 * DAY)
    placement = replace(offer.placement, departement=departement)
    offer = replace(offer, contract=contract, placement=placement, buyer_contact=buyer)
    return relays.started(world, offer=offer)


def all_mornings(relay: Relay, clock_: Clock, first: date, days: int) -> dict[date, list[str]]:
    """Run the reminders every day, weekends and holidays too; return the recipients of the days that have mails."""
    reminded = {first + n * DAY: remind_on(relay, clock_, first + n * DAY) for n in range(days)}
    return {day: to for day, to in reminded.items() if to}


@pytest.mark.parametrize(
    "sent, mornings",
    [
        pytest.param(TUESDAY, ["2027-03-04", "2027-03-09"], id="a plain week"),
        pytest.param(
            date(2027, 3, 25), ["2027-03-30", "2027-04-02"], id="Easter Monday, and clocks go forward"
        ),
        pytest.param(date(2026, 10, 22), ["2026-10-26", "2026-10-29"], id="clocks go back"),
        pytest.param(
            date(2027, 5, 5),
            ["2027-05-10", "2027-05-13"],
            id="8 May is a Saturday, Ascension Thursday the 6th",
        ),
        pytest.param(date(2027, 12, 23), ["2027-12-27", "2027-12-30"], id="Christmas is a Saturday"),
        pytest.param(
            date(2028, 2, 25), ["2028-02-29", "2028-03-03"], id="29 February is one more working day"
        ),
    ],
)
def test_a_recipient_is_reminded_on_the_second_and_the_fifth_working_day(
    world: World, time: Clock, sent: date, mornings: list[str]
) -> None:
    relay = start_on(world, time, sent)
    send_on(relay, time, sent)

    reminded = all_mornings(relay, time, sent, days=13)

    assert [day.isoformat() for day, to in reminded.items() if COMPANY_ADDRESS in to] == mornings


def test_nobody_is_reminded_on_a_holiday_of_her_own_territory(world: World, time: Clock) -> None:
    """Good Friday, 26 March 2027, is a holiday in Alsace alone."""
    relay = start_on(world, time, date(2027, 3, 24), departement="67")
    send_on(relay, time, date(2027, 3, 24))

    mornings = all_mornings(relay, time, date(2027, 3, 24), days=9)

    assert [day for day, to in mornings.items() if COMPANY_ADDRESS in to] == [date(2027, 3, 30)]


@pytest.mark.parametrize(
    "day, before",
    [(date(2027, 3, 30), "06:29"), (date(2026, 10, 27), "07:29"), (date(2028, 2, 29), "07:29")],
)
def test_the_morning_begins_at_half_past_eight_in_paris_whatever_clocks_show(
    world: World, time: Clock, day: date, before: str
) -> None:
    sent = {date(2027, 3, 30): date(2027, 3, 25), date(2026, 10, 27): date(2026, 10, 23)}
    relay = start_on(world, time, sent.get(day, date(2028, 2, 25)))
    send_on(relay, time, sent.get(day, date(2028, 2, 25)))
    assert f"{paris_instant(day) - timedelta(minutes=1):%H:%M}" == before

    assert remind_on(relay, time, day, (_hour(8, 29))) == []
    assert remind_on(relay, time, day) == [COMPANY_ADDRESS]


@pytest.mark.parametrize("night", [date(2027, 3, 28), date(2026, 10, 25)])
def test_the_nights_in_which_clocks_change_wake_nobody(world: World, time: Clock, night: date) -> None:
    relay = start_on(world, time, night - 4 * DAY)
    send_on(relay, time, night - 4 * DAY)

    for hour in (_hour(1, 59), _hour(2, 30), _hour(3, 0)):
        assert remind_on(relay, time, night, hour) == []


def _hour(hour: int, minute: int) -> time:
    """Return an hour of the day."""
    return time(hour, minute)


def test_a_morning_that_runs_twice_reminds_once(world: World, time: Clock) -> None:
    relay = start_on(world, time, TUESDAY)
    send_on(relay, time, TUESDAY)

    first, second = decide_reminders(time, THURSDAY), decide_reminders(time, THURSDAY, _hour(8, 31))

    assert (first.mails, second.mails) == (1, 0)
    assert remind_on(relay, time, THURSDAY, _hour(9, 0)) == [COMPANY_ADDRESS], "what the first one decided"
    assert relay.event_kinds().count(EventKind.REMINDER_SENT) == 1


def test_a_morning_that_runs_at_eleven_reminds_all_the_same_and_the_next_one_does_not(
    world: World, time: Clock
) -> None:
    relay = start_on(world, time, TUESDAY)
    send_on(relay, time, TUESDAY)

    assert remind_on(relay, time, THURSDAY, _hour(11, 0)) == [COMPANY_ADDRESS]
    assert remind_on(relay, time, THURSDAY + DAY) == []


def test_mornings_that_were_missed_are_made_up_for_by_one_reminder(world: World, time: Clock) -> None:
    """Both of the recipient's reminders, and her tutor's, are due once the function runs again."""
    relay = start_on(world, time, TUESDAY)
    send_on(relay, time, TUESDAY)

    back = TUESDAY + 8 * DAY
    mornings = all_mornings(relay, time, back, days=2)

    assert [to for to in mornings.get(back, []) if to == COMPANY_ADDRESS] == [COMPANY_ADDRESS]
    assert all(to.count(recipient) == 1 for to in mornings.values() for recipient in to)
    assert COMPANY_ADDRESS not in mornings.get(back + DAY, [])


def test_a_reminder_does_not_leave_once_somebody_has_acted(world: World, time: Clock) -> None:
    """The company opens its documents between the decision to remind it and the sending."""
    relay = start_on(world, time, TUESDAY)
    token, browser = send_on(relay, time, TUESDAY), Browser()

    assert decide_reminders(time, THURSDAY).mails == 1
    browser.proves(token)
    browser.opens(token)
    before = len(world.mails())
    relay.mailer_runs()

    assert [str(mail["Subject"]) for mail in world.mails()[before:]] == []
    assert relay.outbox() == []


def test_who_was_reminded_by_a_person_today_is_not_reminded_by_the_service(world: World, time: Clock) -> None:
    relay = start_on(world, time, TUESDAY)
    send_on(relay, time, TUESDAY)
    time.now = paris_instant(THURSDAY, _hour(8, 10))
    press_remind(relay)
    relay.mailer_runs()

    assert remind_on(relay, time, THURSDAY) == []


def test_two_parcours_of_one_contact_are_reminded_of_in_one_mail(world: World, time: Clock) -> None:
    relay = start_on(world, time, TUESDAY)
    other = relays.takes(world, relay.tutor, _like(relay))
    send_on(relay, time, TUESDAY)
    send_on(other, time, TUESDAY)

    mornings = all_mornings(relay, time, TUESDAY, days=5)

    days = [day for day, to in mornings.items() for recipient in to if recipient == COMPANY_ADDRESS]
    assert days == [THURSDAY]


def _like(relay: Relay) -> Parcours:
    """Return another offer for the same contact of the company."""
    offer = replace(factories.offer(), since=clock.utc_now(), last_at=clock.utc_now())
    return replace(offer, contract=replace(relay.head().contract, detail=factories.mark()))


def test_beyond_its_calendar_only_weekends_are_days_off(world: World, time: Clock) -> None:
    """1 May 2029 is a Tuesday that no calendar of ours knows to be a holiday; pages have warned of that since April 2028."""
    assert terms.calendar().covered_until < date(2029, 5, 1)
    relay = start_on(world, time, date(2029, 4, 27))
    send_on(relay, time, date(2029, 4, 27))

    mornings = all_mornings(relay, time, date(2029, 4, 27), days=8)

    assert [day for day, to in mornings.items() if COMPANY_ADDRESS in to] == [
        date(2029, 5, 1),
        date(2029, 5, 4),
    ]


def test_a_buyer_is_asked_to_call_once_the_day_that_was_promised_is_over(world: World, time: Clock) -> None:
    contact = BuyerContact(name="Odile Ramain", address="achats@acheteur.example")
    relay = start_on(world, time, TUESDAY, buyer=contact)
    send_on(relay, time, TUESDAY)
    promised = paris_instant(TUESDAY + 13 * DAY, _hour(12, 0))
    relay.notes(EventKind.DATES_PROMISED, contact=Interlocutor.ANSWERS_TENDER, planned_at=promised)
    relay.mailer_runs()

    mornings = all_mornings(relay, time, TUESDAY + DAY, days=14)

    assert [day for day, to in mornings.items() if contact.address in to] == [TUESDAY + 14 * DAY]


def test_no_buyer_is_said_to_be_asked_where_there_is_none(world: World, time: Clock) -> None:
    relay = start_on(world, time, TUESDAY)
    send_on(relay, time, TUESDAY)

    all_mornings(relay, time, TUESDAY + DAY, days=13)

    assert EventKind.REMINDER_SENT in relay.event_kinds()
    assert EventKind.BUYER_TOLD not in relay.event_kinds()


def test_the_team_is_asked_to_call_the_company_when_the_offer_has_no_buyer_contact(
    world: World, time: Clock
) -> None:
    """The company read the documents and proposes no date: after fifteen days a buyer would be asked, but there is none."""
    relay, team = start_on(world, time, TUESDAY), factories.account(Role.TEAM)
    writing.add_records(team)
    token, browser = send_on(relay, time, TUESDAY), Browser()
    browser.proves(token)
    browser.opens(token)
    browser.confirms(token)
    relay.mailer_runs()

    mornings = all_mornings(relay, time, TUESDAY + DAY, days=16)

    assert [day for day, to in mornings.items() if team.address in to] == [TUESDAY + 15 * DAY]
    (text,) = [text_of(mail) for mail in world.mails() if mail["To"] == team.address]
    company_number = "01 99 00 41 27"  # of the contact of factories.offer
    assert "Relancez l’entreprise" in text and company_number in text.replace("\u00a0", " ")


def test_an_agent_gets_one_list_of_all_that_is_hers(world: World, time: Clock) -> None:
    """The dates of two parcours wait for the same tutor: one mail lists both."""
    relay = start_on(world, time, TUESDAY)
    other = relays.takes(world, relay.tutor, _like(relay))
    for parcours in (relay, other):
        token, browser = send_on(parcours, time, TUESDAY), Browser()
        browser.proves(token)
        _proposes(token, browser)
    relay.mailer_runs()

    mornings = all_mornings(relay, time, TUESDAY, days=5)

    assert {day: to for day, to in mornings.items() if relay.tutor.address in to} == {
        THURSDAY: [relay.tutor.address]
    }


def _proposes(token: str, browser: Browser) -> None:
    """Propose a date in twenty days."""
    meetings.propose(
        token, Proposal((slot_in_days(20),), holidays_seen=True), browser.digest, clock.utc_now()
    )


@contextmanager
def mails_are_down() -> Iterator[None]:
    """Make the mail service refuse every mail."""
    with Tap(act=strike(Mode.REFUSED), operation="SendEmail").open():
        yield


@pytest.mark.parametrize("sent, due", [(TUESDAY, THURSDAY), (TUESDAY - 5 * DAY, TUESDAY - DAY)])
def test_a_reminder_that_could_not_leave_on_its_day_leaves_alone_on_the_next_morning(
    world: World, time: Clock, sent: date, due: date
) -> None:
    relay = start_on(world, time, sent)
    send_on(relay, time, sent)
    with mails_are_down():
        assert remind_on(relay, time, due) == []

    at_night = remind_on(relay, time, due + DAY, _hour(4, 0))
    mornings = all_mornings(relay, time, due + DAY, days=2)

    assert at_night == [], "it would be the first mail of two on that day"
    assert mornings == {due + DAY: [COMPANY_ADDRESS]}
    assert relay.event_kinds().count(EventKind.REMINDER_SENT) == 1


def test_a_reminder_of_a_friday_waits_for_monday_and_is_not_given_up(world: World, time: Clock) -> None:
    wednesday = TUESDAY + DAY
    relay = start_on(world, time, wednesday)
    send_on(relay, time, wednesday)
    friday = wednesday + 2 * DAY
    with mails_are_down():
        remind_on(relay, time, friday)

    mornings = all_mornings(relay, time, friday + DAY, days=4)

    assert mornings == {friday + 3 * DAY: [COMPANY_ADDRESS]}


def test_a_reminder_that_waited_for_the_next_morning_does_not_leave_once_somebody_has_acted(
    world: World, time: Clock
) -> None:
    relay = start_on(world, time, TUESDAY)
    token, browser = send_on(relay, time, TUESDAY), Browser()
    with mails_are_down():
        remind_on(relay, time, THURSDAY)
    time.now = paris_instant(THURSDAY, _hour(18, 0))
    browser.proves(token)
    browser.opens(token)

    assert COMPANY_ADDRESS not in remind_on(relay, time, THURSDAY + DAY)
    assert relay.outbox() == []


def test_a_list_that_could_not_leave_is_part_of_the_next_one(world: World, time: Clock) -> None:
    """The dates of two parcours wait for the same tutor, since Tuesday and since Wednesday."""
    relay = start_on(world, time, TUESDAY)
    other = relays.takes(world, relay.tutor, _like(relay))
    for number, passage in enumerate((relay, other)):
        token, browser = send_on(passage, time, TUESDAY + number * DAY), Browser()
        browser.proves(token)
        _proposes(token, browser)
    relay.mailer_runs()
    with mails_are_down():
        remind_on(relay, time, THURSDAY)

    before = len(world.mails())
    assert remind_on(relay, time, THURSDAY + DAY) == [relay.tutor.address]

    (mail,) = world.mails()[before:]
    assert text_of(mail).count("Jardins Morvenne") >= 2
    assert relay.outbox() == []
