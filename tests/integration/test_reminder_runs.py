"""Reminders by themselves: whom the morning's run reminds, when, of what, and what stops it."""

from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_hour
from email.message import EmailMessage

import pytest

from chalicelib import clock, config, french
from chalicelib.domain.kernel import delivery
from chalicelib.domain.kernel.calendar import PARIS, day_of
from chalicelib.domain.kernel.parcours import Absence, BuyerContact, CompanyContact, ContactRole, Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor, Outcome, Reason
from chalicelib.domain.kernel.values import ParcoursStatus, Role
from chalicelib.errors import FieldInvalid, PersonRemindedToday
from chalicelib.stores import aws, functions, items
from chalicelib.stories import meetings as meeting_stories
from chalicelib.stories import outcomes, reminding
from chalicelib.stories.accounts import managing
from chalicelib.stories.mails import feedback, mailing
from tests.conftest import Clock
from tests.support import crowds, factories, mail_rules, meetings, relays, ses_events
from tests.support.factories import COMPANY_ADDRESS
from tests.support.http import mails_woken, pages_started, signed_in
from tests.support.mail_rules import one_line
from tests.support.relays import Relay
from tests.support.woken import woken_by
from tests.support.worlds import World
from tests.support.writing import add_records

MONDAY = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
"""Ten o'clock in Paris, on a day without a public holiday near; school holidays begin on 19 December."""


@pytest.fixture(autouse=True)
def monday(time: Clock) -> None:
    """Let the clock stand at MONDAY."""
    time.now = MONDAY


class Morning:
    """The runs of reminders of one world, and the mails they send."""

    def __init__(self, relay: Relay, clock_held: Clock) -> None:
        self.relay, self.time = relay, clock_held

    def mails_of(self, day: int, hour: clock_hour = clock_hour(8, 30)) -> list[EmailMessage]:
        """Run the reminders so many days after MONDAY, at this hour of Paris; return the mails that leave."""
        at = datetime.combine(day_of(MONDAY) + timedelta(days=day), hour, PARIS)
        self.time.now = at.astimezone(UTC)
        return self.run_now()

    def run_now(self) -> list[EmailMessage]:
        """Run the reminders at the clock's hour; return the mails that leave."""
        before = len(self.relay.world.mails())
        report = reminding.run(now=clock.utc_now())
        assert report.failed == 0
        self.relay.mailer_runs()
        return self.relay.world.mails()[before:]

    def recipients_by_day(self, first: int, last: int) -> dict[int, list[str]]:
        """Run the reminders of each day from `first` to `last`; return the recipients of the days that have mails."""
        recipients = {
            day: [str(mail["To"]) for mail in self.mails_of(day=day)] for day in range(first, last + 1)
        }
        return {day: addresses for day, addresses in recipients.items() if addresses}


def buyers_offer(buyer: Account) -> Parcours:
    """Return an offer whose buyer is this account."""
    return factories.offer(buyer=buyer.id)


def test_the_team_is_reminded_once_of_a_silent_company_without_a_buyer(relay: Relay, time: Clock) -> None:
    """Its turn comes when the company is late, and would come again when a buyer would be."""
    team = factories.account(Role.TEAM)
    add_records(team)
    relay.sends()

    mornings = Morning(relay, time).recipients_by_day(first=14, last=23)

    assert [day for day, recipients in mornings.items() if team.address in recipients] == [15]


def test_an_agent_whose_address_refuses_our_mails_gets_no_reminder(relay: Relay, time: Clock) -> None:
    """The mail service keeps no list that would hold it back: each morning would be one more bounce."""
    team = factories.account(Role.TEAM)
    add_records(replace(team, mail_refused_at=time.now))
    relay.sends()

    mornings = Morning(relay, time).recipients_by_day(first=15, last=17)

    assert not any(team.address in recipients for recipients in mornings.values())


def test_the_recipient_of_an_unopened_link_is_reminded_twice_with_the_same_link(
    relay: Relay, time: Clock
) -> None:
    token = relay.sends()
    mornings = Morning(relay, time)

    assert mornings.recipients_by_day(first=0, last=6) == {2: [COMPANY_ADDRESS]}
    assert relay.event_kinds()[-1] is EventKind.REMINDER_SENT
    (second_reminder,) = mornings.mails_of(day=7)
    assert second_reminder["To"] == COMPANY_ADDRESS and "Rappel" in second_reminder["Subject"]
    assert relay.tokens() == [token] * 3
    assert mornings.recipients_by_day(first=8, last=10) == {}


def test_a_run_that_comes_twice_or_late_or_after_three_days_sends_one(relay: Relay, time: Clock) -> None:
    """A late run sends one reminder for all the mornings that were missed; a second run of that morning and the next morning
    send none.
    """
    relay.sends()
    mornings = Morning(relay, time)

    assert len(mornings.mails_of(8, clock_hour(11, 5))) == 1
    assert mornings.run_now() == []
    assert mornings.mails_of(day=9) == []


def test_nothing_leaves_at_night_on_a_weekend_or_on_a_holiday(world: World, time: Clock) -> None:
    time.now = datetime(2026, 12, 23, 9, 0, tzinfo=UTC)
    relay = relays.started(world)
    relay.sends()
    mornings = Morning(relay, time)
    christmas = (date(2026, 12, 25) - day_of(MONDAY)).days

    assert mornings.recipients_by_day(christmas, christmas + 2) == {}  # Friday the 25th, Saturday, Sunday
    assert mornings.mails_of(christmas + 3, clock_hour(7, 30)) == []
    assert mornings.mails_of(christmas + 3, clock_hour(20, 30)) == []
    assert len(mornings.mails_of(christmas + 3)) == 1


@pytest.mark.parametrize("answer", ["reads", "dates", "refuses", "is called"])
def test_nobody_is_reminded_after_an_answer(relay: Relay, time: Clock, answer: str) -> None:
    """No reminder goes to a company that has proposed dates, refused or promised dates; one that has read the documents is
    still asked for dates.
    """
    page = meetings.Page(relay)
    mornings = Morning(relay, time)
    time.now = MONDAY + timedelta(days=1, hours=20)
    match answer:
        case "reads":
            page.browser.opens(page.token)
            page.browser.confirms(page.token)
        case "dates":
            page.proposes_in_days(9)
        case "refuses":
            page.browser.declines(page.token)
        case _:
            relay.notes(
                EventKind.DATES_PROMISED,
                planned_at=clock.utc_now() + timedelta(days=6),
                contact=Interlocutor.WELCOMES,
            )
    relay.mailer_runs()

    reminded = [mail for mail in mornings.mails_of(day=2) if mail["To"] == COMPANY_ADDRESS]

    assert bool(reminded) is (answer == "reads"), "who read is still asked for dates"


def test_no_automatic_reminder_follows_a_manual_one_on_the_same_day(relay: Relay, time: Clock) -> None:
    relay.sends()
    time.now = MONDAY + timedelta(days=1, hours=23)
    mornings = Morning(relay, time)
    time.now = datetime(2026, 12, 1, 16, 0, tzinfo=UTC)
    outcomes.remind(relay.tutor, relay.parcours_id, now=clock.utc_now())
    relay.mailer_runs()

    assert mornings.mails_of(day=2) == []
    assert len(mornings.mails_of(day=7)) == 1


def test_the_buyer_of_a_silent_company_may_call_after_a_week_and_has_the_turn_after_fifteen_days(
    world: World, time: Clock
) -> None:
    buyer = factories.account(Role.BUYER)
    relay = relays.started(world, offer=buyers_offer(buyer), also=(buyer,))
    relay.sends()
    mornings = Morning(relay, time)

    mornings.recipients_by_day(first=0, last=6)
    after_a_week = {str(mail["To"]): mail for mail in mornings.mails_of(day=7)}
    assert set(after_a_week) == {COMPANY_ADDRESS, buyer.address}
    assert "un appel peut aider" in one_line(after_a_week[buyer.address])
    assert "Nadia Bellanger, 01 99 00 41 27" in one_line(after_a_week[buyer.address])
    assert EventKind.BUYER_TOLD in relay.event_kinds()
    assert mornings.recipients_by_day(first=8, last=14) == {11: [relay.tutor.address]}, (
        "the tutor hears that the documents will be erased"
    )
    (turn_mail,) = mornings.mails_of(day=15)
    assert turn_mail["To"] == buyer.address and "Relancez l’entreprise" in one_line(turn_mail)
    assert mornings.recipients_by_day(first=16, last=30) == {}, "from then on only the team's list shows it"


def test_a_buyer_without_an_account_gets_a_mail_with_whom_to_call(world: World, time: Clock) -> None:
    contact = BuyerContact(name="Paul Achard", address="p.achard@ministere.example")
    relay = relays.started(world, offer=factories.offer(buyer_contact=contact))
    relay.sends()
    mornings = Morning(relay, time)

    mornings.recipients_by_day(first=0, last=6)
    mails = {str(mail["To"]): mail for mail in mornings.mails_of(day=7)}

    assert "Demandez à l’entreprise (Nadia Bellanger, 01 99 00 41 27)" in one_line(mails[contact.address])
    assert mails[contact.address]["Reply-To"] == relay.tutor.address


def test_a_tutor_with_dates_to_choose_from_is_reminded_then_her_coordinator(
    world: World, time: Clock
) -> None:
    coordinator = factories.account(Role.COORDINATOR)
    relay = relays.started(world, also=(coordinator,))
    meetings.Page(relay).proposes_in_days(12)
    relay.mailer_runs()
    mornings = Morning(relay, time)

    (mail,) = mornings.mails_of(day=2)
    assert mail["To"] == relay.tutor.address and "Choisissez une date" in one_line(mail)
    assert "– C’est à vous" in mail["Subject"]
    assert mornings.recipients_by_day(first=3, last=7) == {}
    (late,) = mornings.mails_of(day=8)
    assert late["To"] == coordinator.address and "En retard" in one_line(late)
    assert mornings.recipients_by_day(first=9, last=14) == {}, (
        "dates are there: that nobody read the documents is no news"
    )
    assert mornings.recipients_by_day(first=15, last=15) == {15: [coordinator.address]}, (
        "silence never goes unseen"
    )


def test_the_coordinator_of_an_absent_tutor_is_asked_at_once(world: World, time: Clock) -> None:
    coordinator = factories.account(Role.COORDINATOR)
    relay = relays.started(world, also=(coordinator,))
    page = meetings.Page(relay)
    away = Absence(first=day_of(MONDAY), last=day_of(MONDAY) + timedelta(days=11))
    managing.announce_absence(relay.tutor, relay.tutor.id, away, now=clock.utc_now())
    page.proposes_in_days(20)
    relay.mailer_runs()

    assert Morning(relay, time).recipients_by_day(first=1, last=4) == {1: [coordinator.address]}


def test_an_agents_reminders_are_one_mail_that_leads_to_one_list(world: World, time: Clock) -> None:
    first = relays.started(world)
    second = relays.takes(world, first.tutor)
    for relay in (first, second):
        meetings.Page(relay).proposes_in_days(12)
        relay.mailer_runs()

    (reminder,) = Morning(first, time).mails_of(day=2)

    assert reminder["Subject"] == "Rappel\u00a0: 2 parcours à regarder"
    assert "/parcours?tour=moi" in one_line(reminder)
    assert one_line(reminder).count("Choisissez une date") == 2


def test_one_person_of_a_company_gets_one_reminder_a_day(world: World, time: Clock) -> None:
    """A link and the dates that are awaited of another one: two mornings."""
    first = relays.started(world)
    first.sends()
    page = meetings.Page(relays.takes(world, first.tutor))
    page.browser.opens(page.token)
    page.browser.confirms(page.token)
    first.mailer_runs()

    mornings = Morning(first, time).recipients_by_day(first=0, last=6)

    assert mornings == {2: [COMPANY_ADDRESS], 3: [COMPANY_ADDRESS]}


def test_documents_to_send_are_reminded_of_while_the_reservation_lasts(relay: Relay, time: Clock) -> None:
    mornings = Morning(relay, time)

    reminded = mornings.recipients_by_day(first=0, last=29)

    assert reminded == {14: [relay.tutor.address]}, "the next one waits for the end of the school holidays"


def test_the_tutor_hears_two_days_before_that_unread_documents_go_and_when_they_have(
    relay: Relay, world: World, time: Clock
) -> None:
    relay.sends()
    mornings = Morning(relay, time)

    warned = [str(mail["To"]) for mail in mornings.mails_of(day=11)]
    assert mornings.run_now() == mornings.mails_of(day=14) == []
    time.now = MONDAY + timedelta(days=15, minutes=1)
    count = len(world.mails())
    relay.purges()
    time.now += timedelta(days=1)
    relay.mailer_runs()
    gone = world.mails()[count:]

    assert relay.tutor.address in warned
    assert [str(mail["To"]) for mail in gone] == [relay.tutor.address]
    assert "lien non ouvert" in gone[0]["Subject"]


def test_documents_of_one_tutor_that_go_unread_on_one_day_are_one_mail(
    relay: Relay, world: World, time: Clock
) -> None:
    other = relays.takes(world, relay.tutor)
    for sender in (relay, other):
        sender.sends()
        time.passes(minutes=20)
    gone_at = MONDAY + timedelta(days=15)
    count = len(world.mails())
    for hour in range(3):
        time.now = gone_at + timedelta(hours=hour)
        relay.purges()
        relay.mailer_runs()
    assert world.mails()[count:] == [], "the day is not over"

    time.now = gone_at + timedelta(days=1)
    relay.mailer_runs()

    (mail,) = world.mails()[count:]
    assert mail["To"] == relay.tutor.address and "2 parcours" in mail["Subject"]
    text = mail_rules.read_body(mail, "plain")
    assert all(str(sender.head().reference) in text for sender in (relay, other))
    assert text.count("lien non ouvert") == 2


def test_a_pause_silences_reminders_and_gives_the_days_back(relay: Relay, time: Clock) -> None:
    relay.sends()
    until = datetime(2026, 12, 8, 23, 0, tzinfo=UTC)
    relay.notes(EventKind.PAUSED, planned_at=until - timedelta(hours=12))
    mornings = Morning(relay, time)

    assert mornings.recipients_by_day(first=0, last=10) == {}
    assert COMPANY_ADDRESS in mornings.recipients_by_day(first=11, last=11)[11]


def test_a_parcours_that_awaits_nobody_reminds_nobody(relay: Relay, time: Clock) -> None:
    page = meetings.Page(relay)
    (slot,) = page.proposes_in_days(12)
    meetings.accepts(page, slot)
    relay.mailer_runs()

    assert Morning(relay, time).recipients_by_day(first=0, last=10) == {}


def test_who_was_reminded_today_is_reminded_of_the_rest_tomorrow(world: World, time: Clock) -> None:
    """A parcours that comes due between the two runs of a morning is not lost: the next morning reminds of it."""
    first = relays.started(world)
    meetings.Page(first).proposes_in_days(12)
    first.mailer_runs()
    mornings = Morning(first, time)
    assert len(mornings.mails_of(day=2)) == 1
    time.now = MONDAY
    second = relays.takes(world, first.tutor)
    meetings.Page(second).proposes_in_days(12)
    second.mailer_runs()

    time.now = MONDAY + timedelta(days=2, hours=-0.5)
    assert mornings.run_now() == []
    (reminder,) = mornings.mails_of(day=3)
    assert str(second.head().reference) in one_line(reminder) and str(first.head().reference) not in one_line(
        reminder
    )


def test_a_page_that_is_done_twice_reminds_nobody_twice(relay: Relay, time: Clock) -> None:
    """Other runs do pages of a large morning; Lambda may give each of them twice."""
    from app import app

    relay.sends()
    time.now = MONDAY + timedelta(days=2)
    with pages_started() as events:
        functions.start_page(reminding.REMINDED, [relay.parcours_id], now=time.now)
    for _ in range(2):
        app.handler_map["remind"](events[0], None)
        relay.mailer_runs()

    assert relay.mailed_to().count(COMPANY_ADDRESS) == 2, "the link, and one reminder"
    assert relay.event_kinds().count(EventKind.REMINDER_SENT) == 1


@pytest.mark.parametrize("limit", ["MOST_DUE", "MOST_LISTED"])
def test_parcours_for_which_a_run_or_a_mail_has_no_place_wake_somebody(
    world: World,
    time: Clock,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from app import app

    first = relays.started(world)
    for relay in (first, relays.takes(world, first.tutor)):
        meetings.Page(relay).proposes_in_days(12)
    time.now = MONDAY + timedelta(days=2)
    monkeypatch.setattr(reminding, limit, 1)

    with pages_started() as events:
        functions.start_page(reminding.REMINDED, [], now=time.now)
    app.handler_map["remind"](events[0] | {"detail": {}}, None)

    assert "RemindersLeft" in woken_by(capsys.readouterr().out, "RemindLogs")


@pytest.mark.proof
def test_a_large_morning_is_shared_among_runs_and_each_parcours_is_on_one_page(
    world: World, time: Clock
) -> None:
    for place in range(4):
        tutor = relays.started(world).tutor
        crowds.generate(120, time.now - timedelta(days=60), first=place * 120, tutor=tutor.id)
    with pages_started() as events:
        report = reminding.run(now=clock.utc_now())

    shared = [key for event in events for key in event["detail"]["keys"]]
    assert report.failed == 0 and events, report
    assert len(shared) == len(set(shared))
    for event in events:
        assert reminding.run_page(event["detail"]["work"], event["detail"]["keys"], now=time.now).failed == 0
    assert reminding.run(now=clock.utc_now()).mails == 0


def test_a_morning_leaves_its_mails_to_the_minute_function(relay: Relay, time: Clock) -> None:
    relay.sends()
    time.now = MONDAY + timedelta(days=2)
    with mails_woken() as woken:
        report = reminding.run(now=clock.utc_now())
        assert report.mails == len(relay.outbox()) > 0 and woken == set()
        relay.purges()
    assert woken == set(relay.outbox())


def test_reminders_do_not_count_as_news_of_a_passage(relay: Relay, time: Clock) -> None:
    """A passage of which nobody says anything for a year is over, however often a machine writes."""
    relay.sends()
    sent_at = relay.head().passage_at

    Morning(relay, time).recipients_by_day(first=2, last=7)

    assert relay.event_kinds()[-1] is EventKind.REMINDER_SENT
    assert relay.head().passage_at == sent_at


def test_a_second_manual_reminder_to_the_same_person_on_one_day_is_refused(world: World, time: Clock) -> None:
    first = relays.started(world)
    second = relays.takes(world, first.tutor)
    for relay in (first, second):
        relay.sends()
    outcomes.remind(first.tutor, first.parcours_id, now=clock.utc_now())

    with pytest.raises(PersonRemindedToday):
        outcomes.remind(second.tutor, second.parcours_id, now=clock.utc_now())
    assert second.head().reminded_at is None
    time.passes(days=1)
    outcomes.remind(second.tutor, second.parcours_id, now=clock.utc_now())


@pytest.mark.parametrize("answer", ["dates", "refuses"])
def test_the_end_of_documents_that_were_answered_without_being_read_is_no_news(
    relay: Relay, world: World, time: Clock, answer: str
) -> None:
    page = meetings.Page(relay)
    page.browser.opens(page.token)
    if answer == "dates":
        page.proposes_in_days(20)
    else:
        page.browser.declines(page.token)
    relay.mailer_runs()
    count = len(world.mails())

    for _ in range(2):
        time.passes(days=2)
        relay.purges()
        relay.mailer_runs()

    assert relay.deposit().erased_at is not None
    assert [mail["Subject"] for mail in world.mails()[count:]] == []


def test_a_notice_of_the_end_does_not_leave_once_documents_are_sent_again(
    relay: Relay, world: World, time: Clock
) -> None:
    relay.sends()
    time.passes(days=15, minutes=1)
    relay.purges()
    (waiting,) = relay.outbox()
    relay.announces()
    count = len(world.mails())

    mailing.send_all([waiting], now=clock.utc_now())

    assert len(world.mails()) == count


@pytest.mark.parametrize(("days", "is_taken"), [(180, True), (190, False)])
def test_a_pause_lasts_six_months_at_most(relay: Relay, days: int, is_taken: bool) -> None:
    outcome = Outcome(
        kind=EventKind.PAUSED,
        occurred_at=clock.utc_now(),
        planned_at=clock.utc_now() + timedelta(days=days),
    )

    with nullcontext() if is_taken else pytest.raises(FieldInvalid):
        outcomes.note(relay.tutor, relay.parcours_id, outcome, now=clock.utc_now())

    assert (relay.head().paused_until is not None) is is_taken


def test_a_reservation_outlasts_a_pause_and_is_shown_so(relay: Relay, time: Clock) -> None:
    until = clock.utc_now() + timedelta(days=60)
    relay.notes(EventKind.PAUSED, planned_at=until)
    reserved_until = relay.head().reserved_until
    assert reserved_until is not None and reserved_until > until

    time.passes(days=50)
    relay.purges()

    assert relay.head().status is ParcoursStatus.IN_PREPARATION
    assert relay.head().reserved_until == reserved_until
    shown = signed_in(relay.tutor).get(f"/parcours/{relay.parcours_id}").text
    assert french.dernier_jour(reserved_until) in shown


def test_the_team_is_asked_once_a_tutor_is_late_whom_nobody_coordinates(world: World, time: Clock) -> None:
    """A late turn passes to the coordination; where there is none, to the team, who hears of it every week."""
    team = factories.account(Role.TEAM)
    relay = relays.started(world, also=(team,))
    meetings.Page(relay).proposes_in_days(25)
    relay.mailer_runs()
    mornings = Morning(relay, time)

    assert mornings.recipients_by_day(first=0, last=8) == {2: [relay.tutor.address], 8: [team.address]}
    assert "Voyez qui peut s’en charger, l’académie n’a pas de coordination" in meetings.text_of(
        world.mails()[-1]
    )
    assert mornings.recipients_by_day(first=9, last=15)[15] == [team.address]


@pytest.mark.parametrize(("named", "sends"), [(True, False), (False, False), (False, True)])
def test_who_stands_in_hears_once_what_an_absent_tutor_would(
    world: World, time: Clock, named: bool, sends: bool
) -> None:
    """Whether or not the record names her, and whoever sent."""
    coordinator = factories.account(Role.COORDINATOR)
    offer = replace(factories.offer(), coordinator=coordinator.id if named else None)
    relay = relays.started(world, offer=offer, also=(coordinator,))
    tutor = relay.tutor
    relay.tutor = coordinator if sends else tutor
    page = meetings.Page(relay)
    away = Absence(first=day_of(MONDAY), last=day_of(MONDAY) + timedelta(days=25))
    managing.announce_absence(tutor, tutor.id, away, now=clock.utc_now())
    relay.mailer_runs()
    count = len(world.mails())
    page.browser.opens(page.token)
    page.browser.confirms(page.token, readable=False)
    relay.mailer_runs()
    (proposed,) = page.proposes_in_days(12)
    relay.mailer_runs()

    assert [str(mail["To"]) for mail in world.mails()[count:]] == [coordinator.address] * 2
    relay.tutor = coordinator
    meetings.accepts(page, proposed)
    relay.mailer_runs()
    page.says("annule", Reason.PUT_OFF)
    cancelled = meetings.mails_leaving(page)
    assert sorted(str(mail["To"]) for mail in cancelled) == sorted(
        [coordinator.address, tutor.address, COMPANY_ADDRESS]
    )


def test_what_the_company_is_asked_while_the_tutor_is_away_is_signed_by_who_stands_in(
    world: World, time: Clock
) -> None:
    coordinator = factories.account(Role.COORDINATOR)
    relay = relays.started(world, also=(coordinator,))
    page = meetings.Page(relay)
    page.browser.opens(page.token)
    away = Absence(first=day_of(MONDAY), last=day_of(MONDAY) + timedelta(days=25))
    managing.announce_absence(relay.tutor, relay.tutor.id, away, now=clock.utc_now())
    relay.mailer_runs()
    count = len(world.mails())

    outcomes.remind(coordinator, relay.parcours_id, now=clock.utc_now())
    relay.mailer_runs()
    page.browser.confirms(page.token)
    time.passes(hours=24)
    outcomes.remind(coordinator, relay.parcours_id, now=clock.utc_now())
    relay.mailer_runs()
    page.proposes_in_days(12)
    shown = meetings.shown_dates(relay)
    now = clock.utc_now()
    meeting_stories.ask_others(coordinator, relay.parcours_id, Reason.OTHER, now, seen=shown)
    relay.mailer_runs()

    asked = [mail for mail in world.mails()[count:] if mail["To"] == COMPANY_ADDRESS]
    assert [mail["Reply-To"] for mail in asked] == [coordinator.address] * 3
    assert "Je vous ai écrit" not in one_line(asked[0]), "the tutor had written"


def test_a_call_puts_a_reminder_off_to_the_next_morning(relay: Relay, time: Clock) -> None:
    """A call on the eve of a reminder, even without an answer, moves the reminder by a working day."""
    relay.sends()
    time.now = datetime(2026, 12, 1, 16, 0, tzinfo=UTC)
    relay.notes(EventKind.CALL_NOTED, reason=Reason.NO_ANSWER, contact=Interlocutor.ANSWERS_TENDER)

    assert Morning(relay, time).recipients_by_day(first=2, last=3) == {3: [COMPANY_ADDRESS]}


def test_nobody_is_said_to_be_asked_where_no_buyer_is_known(relay: Relay, time: Clock) -> None:
    """An offer without a buyer never gets the event that a buyer was told."""
    relay.sends()

    Morning(relay, time).recipients_by_day(first=0, last=8)

    assert EventKind.BUYER_TOLD not in relay.event_kinds()


def test_the_end_of_documents_whose_mail_came_back_names_nobody_to_answer_to(
    relay: Relay, world: World, time: Clock
) -> None:
    """When the link's mail bounced, the tutor is told at the end of the documents that it had not arrived; the mail names no
    address of the company.
    """
    relay.sends()
    tag = delivery.derive_tag(relay.link().mail_key)
    feedback.receive(ses_events.EVENTS["refused"](tag), now=clock.utc_now())
    relay.mailer_runs()
    mornings = Morning(relay, time)
    assert "effacés" not in " ".join(
        one_line(mail) for day in range(2, 12) for mail in mornings.mails_of(day)
    )
    time.now = MONDAY + timedelta(days=15, minutes=1)
    count = len(world.mails())

    relay.purges()
    time.now += timedelta(days=1)
    relay.mailer_runs()

    (gone,) = world.mails()[count:]
    assert "n’était pas arrivé" in gone["Subject"] and COMPANY_ADDRESS not in one_line(gone)


def test_a_buyer_hears_once_of_each_parcours_whose_company_person_is_the_same(
    world: World, time: Clock
) -> None:
    """A buyer with two parcours at one contact of a company is told of each of them once."""
    buyer = factories.account(Role.BUYER)
    first = relays.started(world, offer=buyers_offer(buyer), also=(buyer,))
    second = relays.takes(world, first.tutor, buyers_offer(buyer))
    for relay in (first, second):
        relay.sends()
    mornings = Morning(first, time)

    mails = [mail for day in range(15) for mail in mornings.mails_of(day) if mail["To"] == buyer.address]

    for relay in (first, second):
        assert len([mail for mail in mails if str(relay.head().reference) in one_line(mail)]) == 1


def test_a_buyer_is_given_whom_the_link_went_to(world: World, time: Clock) -> None:
    """The mail that asks a buyer to call names the contact who got the link and her number, not the other contact."""
    buyer, host = factories.account(Role.BUYER), "h.tissier@jardins.entreprise.example"
    offer = buyers_offer(buyer)
    welcomes = CompanyContact(
        role=ContactRole.WELCOMES, name="Hugo Tissier", address=host, phone="01 99 00 41 28"
    )
    offer = replace(offer, company=offer.company.with_contacts(welcomes))
    relay = relays.started(world, offer=offer, also=(buyer,))
    relay.sends()
    mornings = Morning(relay, time)
    mornings.recipients_by_day(first=0, last=6)

    (call,) = [mail for mail in mornings.mails_of(day=7) if mail["To"] == buyer.address]

    assert "Nadia Bellanger, 01 99 00 41 27" in one_line(call) and "Hugo" not in one_line(call)


def test_a_parcours_that_cannot_be_read_keeps_nobody_else_waiting(world: World, time: Clock) -> None:
    broken = relays.started(world)
    other = relays.takes(world, broken.tutor)
    for relay, recipient in ((broken, COMPANY_ADDRESS), (other, "h.tissier@jardins.entreprise.example")):
        relay.sends(recipient=recipient)
    pk, sk = items.attempt_key(broken.parcours_id, broken.head().attempt or 0)
    aws.dynamodb().delete_item(TableName=config.resource(items.PARCOURS), Key=items.encode_key((pk, sk)))
    time.now = MONDAY + timedelta(days=2)
    count = len(world.mails())

    report = reminding.run(now=clock.utc_now())
    other.mailer_runs()

    assert report.failed == 1
    assert [str(mail["To"]) for mail in world.mails()[count:]] == ["h.tissier@jardins.entreprise.example"]
