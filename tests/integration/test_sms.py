"""Reminders by SMS: to which number, once a week, without a link, and what the timeline says of one."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock, config
from chalicelib.domain.kernel.parcours import Company, How, Parcours
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor, Reason
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.kernel.values import Role
from chalicelib.errors import NotYours, TextedThisWeek, WrongStep
from chalicelib.stores import parcours_table, transactions
from chalicelib.stories import outcomes, rights
from chalicelib.stories.documents import sending
from tests.conftest import Clock
from tests.faults.wire import Crash, Mode, Tap, strike
from tests.support import factories, passings, relays
from tests.support.http import signed_in
from tests.support.mornings import HALF_PAST_EIGHT, decide_reminders, paris_instant
from tests.support.moto_worlds import texts
from tests.support.relays import Relay
from tests.support.waiting import paris
from tests.support.worlds import World
from tests.support.writing import add_records

NUMBER = "06 12 34 56 78"
MORNING = paris("2026-12-01 10:00")
"""A Tuesday."""


@pytest.fixture
def switched_on(world: World, time: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The owner has given a number that sends SMS; it is a working morning."""
    monkeypatch.setenv("SMS_NUMBER", "+33755000000")
    config.settings.cache_clear()
    time.now = MORNING
    yield
    config.settings.cache_clear()


@pytest.fixture
def sent(world: World, switched_on: None) -> Relay:
    """Documents were sent to a contact whose mobile number came with the offer."""
    relay = start(world, NUMBER)
    relay.sends()
    return relay


def start(world: World, phone: str) -> Relay:
    """Return a parcours whose contact was declared with this number, taken by a tutor who has one as well."""
    tutor = replace(factories.account(), phone="03 80 00 00 00")
    return relays.started(world, tutor, offer=factories.offer(company=company(phone)))


def company(phone: str) -> Company:
    """Return a company whose contact has this number."""
    contact = replace(factories.COMPANY.contacts[0], phone=phone)
    return replace(factories.COMPANY, contacts=(contact,))


def presses(relay: Relay) -> None:
    """Press « Relancer par SMS » as the tutor, and send what waits."""
    outcomes.remind_by_sms(relay.tutor, relay.parcours_id, now=clock.utc_now())
    relay.mailer_runs()


def changes_contact(relay: Relay, **changed: Any) -> None:
    """Write the contact of the record changed so."""
    before: Parcours = relay.head()
    contact = replace(before.company.contacts[0], **changed)
    after = replace(before, company=replace(before.company, contacts=(contact,)))
    transactions.commit(Transition(changes=(Change(before, after),)))


def test_an_sms_says_who_wrote_when_and_how_to_stop_and_holds_no_link(sent: Relay) -> None:
    presses(sent)

    [(number, text)] = texts()
    assert number == "+33612345678"
    assert text == (
        "Marie-Laure Estève (tutrice MLDS) vous a écrit le 1er décembre à n***@... au sujet d'un stage. "
        "Son numéro : 03 80 00 00 00. Répondez STOP pour ne plus recevoir."
    )
    assert str(sent.head().reference) not in text and "://" not in text
    assert sent.event_kinds()[-1] is EventKind.SMS_SENT
    assert sent.outbox() == []


def test_a_press_says_what_leaves_and_to_which_number_of_which_it_hides_six_digits(sent: Relay) -> None:
    page = signed_in(sent.tutor)
    shown = page.get(f"/parcours/{sent.parcours_id}").text.replace("\u00a0", " ")
    assert "Relancer par SMS" in shown and "Au 06 •• •• •• 78, sans lien" in shown

    answer = page.post_form(f"/parcours/{sent.parcours_id}/sms", {})
    sent.mailer_runs()

    assert answer.headers["location"].endswith("?fait=sms") and len(texts()) == 1
    after = page.get(f"/parcours/{sent.parcours_id}").text.replace("\u00a0", " ")
    assert "SMS envoyé le 1er décembre 2026" in after and "Relancer par SMS" not in after


def test_without_a_number_of_the_owner_nothing_leaves_and_no_page_offers_it(
    world: World, time: Clock
) -> None:
    time.now = MORNING
    relay = start(world, NUMBER)
    relay.sends()

    with pytest.raises(WrongStep):
        presses(relay)
    assert "Relancer par SMS" not in signed_in(relay.tutor).get(f"/parcours/{relay.parcours_id}").text


@pytest.mark.parametrize(
    "phone",
    ["03 80 11 22 33", "+41 79 123 45 67", "08 99 70 12 34", "0700 123 456 789", "+33 1 23 45 67 89", ""],
)
def test_only_a_french_mobile_number_gets_an_sms(world: World, switched_on: None, phone: str) -> None:
    relay = start(world, phone)
    relay.sends()

    with pytest.raises(WrongStep):
        presses(relay)
    assert texts() == []


def test_a_number_or_an_address_that_was_changed_since_the_declaration_gets_no_sms(sent: Relay) -> None:
    origin = sent.head().company.contacts[0].origin
    assert origin is not None
    for changed in (
        {"phone": "06 99 99 99 99", "phone_untouched": False},
        {"phone_untouched": True, "origin": replace(origin, how=How.CORRECTED)},
        {"origin": None},
        {"origin": origin, "noted": {Reason.WRONG_NUMBER.value: clock.utc_now()}},
    ):
        changes_contact(sent, **changed)
        with pytest.raises(WrongStep):
            presses(sent)
    assert texts() == []


def test_a_number_changed_after_the_press_gets_no_sms(sent: Relay) -> None:
    outcomes.remind_by_sms(sent.tutor, sent.parcours_id, now=clock.utc_now())
    changes_contact(sent, phone="06 99 99 99 99", phone_untouched=False)

    sent.mailer_runs()

    assert texts() == [] and sent.outbox() == []
    assert EventKind.SMS_SENT not in sent.event_kinds()


def test_a_number_gets_one_sms_a_week_whoever_presses_about_whichever_parcours(
    sent: Relay, world: World, time: Clock
) -> None:
    presses(sent)
    presses(sent)  # the same form, sent twice
    other = start(world, "+33 6 12 34 56 78")
    other.sends()

    for relay in (sent, other):
        time.passes(minutes=10)
        with pytest.raises(TextedThisWeek):
            presses(relay)
    answer = signed_in(other.tutor).post_form(f"/parcours/{other.parcours_id}/sms", {})
    assert (answer.status, len(texts())) == (409, 1)
    time.passes(days=7, hours=-1)
    with pytest.raises(TextedThisWeek):
        presses(other)
    time.passes(hours=1)
    other.purges()
    presses(other)
    assert len(texts()) == 2


def test_a_press_that_is_repeated_before_the_sms_left_queues_one(sent: Relay) -> None:
    for _ in range(2):
        outcomes.remind_by_sms(sent.tutor, sent.parcours_id, now=clock.utc_now())

    assert len(sent.outbox()) == 1


def test_who_answered_stop_gets_none_and_the_page_says_so(world: World, switched_on: None) -> None:
    sent = start(world, "06 12 34 56 99")  # to moto, whatever ends so has opted out
    sent.sends()

    presses(sent)

    assert texts() == [] and sent.outbox() == []
    stopped = parcours_table.read_page(sent.parcours_id).events[-1]
    assert (stopped.kind, stopped.actor) == (EventKind.SMS_STOPPED, Role.SYSTEM)
    shown = signed_in(sent.tutor).get(f"/parcours/{sent.parcours_id}").text
    assert "Cette personne ne veut pas de SMS" in shown and "Relancer par SMS" not in shown


def test_no_automatic_reminder_brings_an_sms(sent: Relay, time: Clock) -> None:
    for days in (2, 7):
        decide_reminders(time, MORNING.date() + timedelta(days=days))
        sent.mailer_runs()

    assert sent.event_kinds().count(EventKind.REMINDER_SENT) == 2 and texts() == []


def test_no_sms_leaves_in_the_evening_it_waits_for_the_next_working_morning(sent: Relay, time: Clock) -> None:
    time.now = paris("2026-12-04 20:30")  # a Friday
    presses(sent)
    time.now = paris("2026-12-06 11:00")
    sent.mailer_runs()
    assert texts() == [] and len(sent.outbox()) == 1

    time.now = paris_instant(MORNING.date() + timedelta(days=6), HALF_PAST_EIGHT)
    sent.mailer_runs()

    assert len(texts()) == 1


def test_an_sms_of_a_friday_evening_survives_an_outage_on_monday(sent: Relay, time: Clock) -> None:
    time.now = paris("2026-12-04 20:30")
    presses(sent)
    time.now = paris("2026-12-07 08:31")
    with Tap(act=strike(Mode.REFUSED), operation="Publish", times=1).open():
        sent.mailer_runs()

    time.passes(minutes=3)
    sent.mailer_runs()

    assert len(texts()) == 1 and sent.event_kinds()[-1] is EventKind.SMS_SENT


def test_an_sms_that_surely_did_not_leave_uses_up_no_week_of_the_number(sent: Relay, time: Clock) -> None:
    outcomes.remind_by_sms(sent.tutor, sent.parcours_id, now=clock.utc_now())
    with Tap(act=strike(Mode.REFUSED), operation="Publish", times=99).open():
        for _ in range(2):
            sent.mailer_runs()
            time.passes(hours=49)
        time.now = paris("2026-12-07 10:00")
        sent.mailer_runs()
    assert texts() == [] and sent.event_kinds()[-1] is EventKind.COMPANY_MAIL_LOST

    presses(sent)

    assert len(texts()) == 1


def test_who_waits_for_an_sms_reads_when_it_leaves_and_asks_for_no_second_one(
    sent: Relay, time: Clock
) -> None:
    time.now = paris("2026-12-04 20:30")
    for now in ("2026-12-04 20:30", "2026-12-06 11:00"):
        time.now = paris(now)
        presses(sent)
        shown = signed_in(sent.tutor).get(f"/parcours/{sent.parcours_id}").text.replace("\u00a0", " ")
        assert "départ prévu le 7 décembre 2026, à partir de 8\u202fh\u202f30" in shown
        assert "Relancer par SMS" not in shown
    assert len(sent.outbox()) == 1


def test_no_sms_leaves_in_the_name_of_somebody_who_has_no_telephone(world: World, switched_on: None) -> None:
    tutor = replace(factories.account(), phone=None)
    relay = relays.started(world, tutor, offer=factories.offer(company=company(NUMBER)))
    relay.sends()

    with pytest.raises(WrongStep):
        presses(relay)
    assert "Relancer par SMS" not in signed_in(tutor).get(f"/parcours/{relay.parcours_id}").text


def opens(relay: Relay, token: str) -> None:
    passings.answers_question(token).opens(token)


def declines(relay: Relay, token: str) -> None:
    passings.answers_question(token).declines(token)


def withdraws(relay: Relay, token: str) -> None:
    sending.revoke(relay.tutor, relay.deposit().id, seen_opened=False, now=clock.utc_now())


def hears_of_departure(relay: Relay, token: str) -> None:
    relay.notes(EventKind.CALL_NOTED, reason=Reason.CONTACT_GONE, contact=Interlocutor.ANSWERS_TENDER)


def is_asked_about(relay: Relay, token: str) -> None:
    reference = str(relay.head().reference)
    rights.warn_of_rights_request(reference, now=clock.utc_now())


@pytest.mark.parametrize("act", [is_asked_about, opens, declines, withdraws, hears_of_departure])
def test_an_sms_that_waits_does_not_leave_once_the_link_is_no_longer_waited_for(
    world: World, switched_on: None, act: Any
) -> None:
    relay = start(world, NUMBER)
    token = relay.sends()
    outcomes.remind_by_sms(relay.tutor, relay.parcours_id, now=clock.utc_now())

    act(relay, token)
    relay.mailer_runs()

    assert texts() == []
    with pytest.raises(WrongStep):
        presses(relay)


def test_only_those_who_accompany_ask_for_an_sms(sent: Relay) -> None:
    buyer = factories.account(Role.BUYER)
    add_records(buyer)

    with pytest.raises(NotYours):
        outcomes.remind_by_sms(buyer, sent.parcours_id, now=clock.utc_now())
    assert "Relancer par SMS" not in signed_in(buyer).get(f"/parcours/{sent.parcours_id}").text


@pytest.mark.parametrize("mode", [Mode.CRASH_BEFORE, Mode.CRASH_AFTER, Mode.LOST])
def test_an_sms_whose_answer_is_lost_leaves_no_second_time_and_the_page_says_that_it_is_not_confirmed(
    sent: Relay, time: Clock, mode: Mode
) -> None:
    outcomes.remind_by_sms(sent.tutor, sent.parcours_id, now=clock.utc_now())
    with Tap(act=strike(mode), operation="Publish", times=1).open(), suppress(Crash):
        sent.mailer_runs()
    left = len(texts())

    for _ in range(3):
        time.passes(minutes=40)
        sent.mailer_runs()

    assert len(texts()) == left <= 1 and sent.outbox() == []
    assert EventKind.SMS_SENT not in sent.event_kinds()
    events = parcours_table.read_page(sent.parcours_id).events
    assert (EventKind.COMPANY_MAIL_LOST, Reason.SMS_NOT_SENT) in [
        (event.kind, event.reason) for event in events
    ]


def test_an_sms_that_the_service_could_not_take_is_tried_again_and_leaves_once(
    sent: Relay, time: Clock
) -> None:
    outcomes.remind_by_sms(sent.tutor, sent.parcours_id, now=clock.utc_now())
    with Tap(act=strike(Mode.REFUSED), operation="Publish", times=1).open():
        sent.mailer_runs()

    time.passes(minutes=3)
    sent.mailer_runs()

    assert len(texts()) == 1 and sent.event_kinds()[-1] is EventKind.SMS_SENT


def test_what_waits_and_what_is_logged_holds_no_number(
    sent: Relay, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    outcomes.remind_by_sms(sent.tutor, sent.parcours_id, now=clock.utc_now())
    stored = str(world.table("RELAY_TABLE"))
    sent.mailer_runs()

    for written in (stored, str(world.table("RELAY_TABLE")), capsys.readouterr().out):
        assert "612345678" not in written and "12 34 56 78" not in written
    assert len(texts()) == 1
