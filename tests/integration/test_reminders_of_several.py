"""One reminder of several links that wait at one address: a line each, on one morning, and nothing lost when it comes back."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage

import pytest

from chalicelib import clock
from chalicelib.domain.kernel import delivery
from chalicelib.domain.kernel.timeline import EventKind, Reason
from chalicelib.domain.kernel.transition import Change, OutboxMail, Transition
from chalicelib.domain.kernel.values import Setback
from chalicelib.stores import functions, parcours_table, relay_table, transactions
from chalicelib.stories import reminding
from chalicelib.stories.mails import feedback
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.support import factories, mail_rules, mornings, relays, ses_events
from tests.support.factories import COMPANY_ADDRESS
from tests.support.http import pages_started
from tests.support.relays import Browser, Relay
from tests.support.worlds import World

MONDAY, WEDNESDAY = date(2026, 11, 30), date(2026, 12, 2)
THURSDAY = WEDNESDAY + timedelta(days=1)


@pytest.fixture(autouse=True)
def monday(time: Clock) -> None:
    """Let the clock stand at ten on Monday morning, in Paris."""
    time.now = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


@pytest.fixture
def two(world: World) -> tuple[Relay, Relay]:
    """Two tutors who have each sent a link to one address."""
    first = relays.started(world)
    other = relays.started(
        world, factories.account(name="Anaïs Roumégas", address="a.roumegas@academie.example")
    )
    for relay in (first, other):
        relay.sends()
    return first, other


def mails_of(relay: Relay, time: Clock, day: date) -> list[EmailMessage]:
    """Run the reminders of this day; return the mails that leave for the company."""
    before = len(relay.world.mails())
    mornings.decide_reminders(time, day)
    relay.mailer_runs()
    return [mail for mail in relay.world.mails()[before:] if "academie" not in str(mail["To"])]


def tokens_of(mail: EmailMessage) -> set[str]:
    """Return the tokens of every link in the text of a mail."""
    return set(relays.TOKEN.findall(mail_rules.read_body(mail, "plain")))


def waiting(relay: Relay) -> OutboxMail:
    """Return the one reminder of several links that waits."""
    mails = relay_table.list_mails(relay.outbox())
    (mail,) = [mail for mail in mails if mail.links]
    return mail


def test_links_that_wait_at_one_address_are_reminded_of_in_one_mail_with_a_line_each(
    two: tuple[Relay, Relay], time: Clock
) -> None:
    (reminder,) = mails_of(two[0], time, WEDNESDAY)

    assert reminder["To"] == COMPANY_ADDRESS and 30 <= len(reminder["Subject"]) <= 60
    assert tokens_of(reminder) == set(two[0].tokens()), "each link, as it was mailed before"
    words = mail_rules.one_line(reminder)
    for relay in two:
        assert f"{relay.tutor.name} vous a écrit le 30 novembre 2026" in words
        assert relay.tutor.address in words
        assert relay.event_kinds().count(EventKind.REMINDER_SENT) == 1
    assert mails_of(two[0], time, THURSDAY) == []


def test_answers_to_links_of_one_tutor_go_to_her(world: World, time: Clock) -> None:
    first = relays.started(world)
    for relay in (first, relays.takes(world, first.tutor)):
        relay.sends()

    (reminder,) = mails_of(first, time, WEDNESDAY)

    assert reminder["Reply-To"] == first.tutor.address
    assert "Répondez à ce message" in mail_rules.one_line(reminder)


@pytest.mark.parametrize(
    "other", ["n.bellanger+stage@jardins.entreprise.example", "rh@jardins.entreprise.example"]
)
def test_a_link_is_never_mailed_to_another_address(world: World, time: Clock, other: str) -> None:
    """Neither to that of a colleague, nor to one that reaches the same person with some mail services."""
    first = relays.started(world)
    second = relays.takes(world, first.tutor)
    tokens = {COMPANY_ADDRESS: first.sends(), other: second.sends(recipient=other)}

    reminders = mails_of(first, time, WEDNESDAY) + mails_of(first, time, THURSDAY)

    assert sorted(str(mail["To"]) for mail in reminders) == sorted(tokens)
    for mail in reminders:
        assert tokens_of(mail) == {tokens[str(mail["To"])]}


def test_capitals_make_no_other_address(world: World, time: Clock) -> None:
    first = relays.started(world)
    second = relays.takes(world, first.tutor)
    tokens = {first.sends(), second.sends(recipient=COMPANY_ADDRESS.capitalize())}

    (reminder,) = mails_of(first, time, WEDNESDAY)

    assert tokens_of(reminder) == tokens


def reads(relay: Relay, token: str) -> None:
    browser = Browser()
    browser.proves(token)
    browser.opens(token)
    browser.confirms(token)


def declines(relay: Relay, token: str) -> None:
    browser = Browser()
    browser.proves(token)
    browser.declines(token)


def ends(relay: Relay, token: str) -> None:
    sending_changes.ends(relay)


@pytest.mark.parametrize("act", [reads, declines, ends])
def test_a_link_that_waits_no_more_is_left_out_as_the_mail_leaves(
    two: tuple[Relay, Relay], time: Clock, act: object
) -> None:
    assert callable(act)
    first, other = two
    token, token_left = first.tokens()
    mornings.decide_reminders(time, WEDNESDAY)
    act(first, token)
    before = len(first.world.mails())
    first.mailer_runs()

    (reminder,) = [mail for mail in first.world.mails()[before:] if "Rappel" in str(mail["Subject"])]
    assert tokens_of(reminder) == {token_left}
    assert reminder["Reply-To"] == other.tutor.address, "one that is left is a reminder like any other"


def test_a_foreign_link_that_is_written_into_a_waiting_reminder_is_not_mailed(
    two: tuple[Relay, Relay], time: Clock
) -> None:
    foreign = relays.takes(two[0].world, two[0].tutor)
    token = foreign.sends(recipient="autre@entreprise.example")
    mornings.decide_reminders(time, WEDNESDAY)
    mail = waiting(two[0])
    forged = replace(mail, links={**mail.links, foreign.link().id: 1})
    transactions.commit(Transition(changes=(Change(mail, forged),)))
    before = len(foreign.world.mails())
    foreign.mailer_runs()

    for sent in foreign.world.mails()[before:]:
        assert token not in tokens_of(sent) or sent["To"] == "autre@entreprise.example"


def test_a_reminder_of_several_that_is_given_up_is_noted_on_each_parcours(
    two: tuple[Relay, Relay], time: Clock
) -> None:
    mornings.decide_reminders(time, WEDNESDAY)
    mail = waiting(two[0])
    given_up = replace(mail, refusals=5)
    transactions.commit(Transition(changes=(Change(mail, given_up),)))
    for _ in range(2):  # the second sends the notices
        two[0].mailer_runs()

    assert not any(known.links for known in relay_table.list_mails(two[0].outbox()))
    for relay in two:
        lost = [event for event in parcours_table.read_page(relay.parcours_id).events if event.reason]
        assert [(event.kind, event.reason) for event in lost] == [
            (EventKind.COMPANY_MAIL_LOST, Reason.REMINDER_NOT_SENT)
        ]
        told = [mail for mail in relay.world.mails() if mail["To"] == relay.tutor.address]
        assert "La relance" in mail_rules.one_line(told[-1])


def test_a_reminder_of_several_that_bounces_closes_each_link_and_tells_each_tutor(
    two: tuple[Relay, Relay], time: Clock
) -> None:
    mornings.decide_reminders(time, WEDNESDAY)
    tag = delivery.derive_tag(waiting(two[0]).key)
    two[0].mailer_runs()

    for _ in range(2):  # SES may report twice
        feedback.receive(ses_events.bounce(tag, "Permanent", "NoEmail"), now=clock.utc_now())
    before = len(two[0].world.mails())
    two[0].mailer_runs()

    for relay in two:
        assert relay.link().mail_refused_at is not None
        assert relay.head().setback is Setback.MAIL_BOUNCED
        assert relay.event_kinds().count(EventKind.MAIL_BOUNCED) == 1
        told = [mail for mail in relay.world.mails()[before:] if mail["To"] == relay.tutor.address]
        assert len(told) == 1


def test_what_one_mail_has_no_place_for_is_reminded_of_on_the_next_morning(
    world: World, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reminding, "MOST_AT_ONE_ADDRESS", 2)
    first = relays.started(world)
    tokens = {relay.sends() for relay in (first, *(relays.takes(world, first.tutor) for _ in range(2)))}

    (reminder,), (later,) = mails_of(first, time, WEDNESDAY), mails_of(first, time, THURSDAY)

    assert len(tokens_of(reminder)) == 2
    assert tokens_of(reminder) | tokens_of(later) == tokens


def test_the_most_that_one_mail_lists_fits_one_transaction(world: World, time: Clock) -> None:
    first = relays.started(world)
    several = [first, *(relays.takes(world, first.tutor) for _ in range(reminding.MOST_AT_ONE_ADDRESS - 1))]
    tokens = {relay.sends() for relay in several}

    mornings.decide_reminders(time, WEDNESDAY)
    tag = delivery.derive_tag(waiting(first).key)
    before = len(world.mails())
    first.mailer_runs()
    (reminder,) = [mail for mail in world.mails()[before:] if mail["To"] == COMPANY_ADDRESS]
    assert tokens_of(reminder) == tokens
    assert feedback.receive(ses_events.bounce(tag, "Permanent", "NoEmail"), now=clock.utc_now()) == "refused"
    assert all(relay.head().setback is Setback.MAIL_BOUNCED for relay in several)


def test_a_reminder_of_several_that_did_not_leave_goes_on_the_next_morning_without_what_was_answered(
    two: tuple[Relay, Relay], time: Clock
) -> None:
    third = relays.takes(two[0].world, two[0].tutor)
    third.sends()
    token, *left = third.tokens()
    mornings.decide_reminders(time, WEDNESDAY)
    reads(two[0], token)
    (reminder,) = [
        mail
        for mail in mails_of(third, time, THURSDAY)
        if "Rappel : 2" in str(mail["Subject"]).replace("\u00a0", " ")
    ]

    assert tokens_of(reminder) == set(left)


def test_a_page_that_comes_twice_keeps_one_mail_together(two: tuple[Relay, Relay], time: Clock) -> None:
    from app import app

    time.now = mornings.paris_instant(WEDNESDAY)
    identifiers = " ".join(relay.parcours_id for relay in two)
    with pages_started() as events:
        functions.start_page(reminding.REMINDED, [identifiers], now=time.now)
    before = len(two[0].world.mails())
    for _ in range(2):
        app.handler_map["remind"](events[0], None)
        two[0].mailer_runs()

    (reminder,) = [mail for mail in two[0].world.mails()[before:] if mail["To"] == COMPANY_ADDRESS]
    assert tokens_of(reminder) == set(two[0].tokens()[:2])
    for relay in two:
        assert relay.event_kinds().count(EventKind.REMINDER_SENT) == 1
