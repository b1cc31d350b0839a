"""The outbox: one mailer holds a mail, five tries and no more, and what is no longer wanted is dropped."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from chalicelib import clock, terms
from chalicelib.domain.documents.mailing import LEASE, LONGEST_DOUBLING, MOST_REFUSALS
from chalicelib.domain.kernel.deposit import DepositState, Mailing
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.transition import MailKind
from chalicelib.domain.kernel.values import Role, Setback, Step
from chalicelib.domain.parcours.turns import whose_turn
from chalicelib.stores import relay_table as stored
from chalicelib.stories.mails import mailing
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.faults.wire import Mode, Tap, reject, strike
from tests.support import mail_rules, relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.relays import Browser, Relay
from tests.support.worlds import World
from tests.support.writing import change_record

AT_ONCE = 4


def _verified(world: World) -> Relay:
    """Return a parcours whose accepted document waits for its mail."""
    relay = relays.started(world)
    relay.announces()
    relay.uploads()
    relay.is_inspected()
    return relay


@pytest.mark.cloud
def test_mailers_woken_at_the_very_same_instant_send_one_mail(cloud_world: World) -> None:
    """They write identical leases; only one write succeeds, and the other mailers must notice."""
    relay, now = _verified(cloud_world), clock.utc_now()
    waiting = relay.outbox()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda _: mailing.send_all(waiting, now=now), range(AT_ONCE)))

    assert relay.mailed_to() == sorted([COMPANY_ADDRESS, relay.tutor.address])
    assert relay.event_kinds().count(EventKind.LINK_SENT) == 1
    assert relay.outbox() == []


def test_a_mail_that_is_held_is_left_alone_until_its_lease_lapses(world: World, time: Clock) -> None:
    relay = _verified(world)
    (waiting,) = relay.outbox()
    held = stored.read_mail(waiting)
    assert held is not None
    until = time.now + LEASE
    change_record(held, replace(held, lease_until=until, tries=1))

    mailing.send_all([waiting], now=until - timedelta(milliseconds=1))
    assert world.mails() == []
    mailing.send_all([waiting], now=until)
    assert COMPANY_ADDRESS in relay.mailed_to()


def _refuses(relay: Relay, time: Clock, times: int) -> None:
    """Let the mail service refuse the mail so many times."""
    (waiting,) = relay.outbox()
    with Tap(act=reject, operation="SendEmail", times=times).open():
        while (mail := stored.read_mail(waiting)) is not None and mail.refusals < times:
            mailing.send_all([waiting], now=clock.utc_now())
            time.now += LEASE * 2**LONGEST_DOUBLING


def test_five_refusals_of_the_mail_service_give_the_tutor_the_turn_and_a_notice(
    world: World, time: Clock
) -> None:
    relay = _verified(world)
    _refuses(relay, time, MOST_REFUSALS)
    assert EventKind.MAIL_FAILED not in relay.event_kinds()
    assert world.mails() == []

    relay.mailer_runs()

    assert relay.mailed_to() == [relay.tutor.address]
    assert COMPANY_ADDRESS in str(world.mails()[0])
    assert relay.event_kinds()[-1] is EventKind.MAIL_FAILED
    assert relay.deposit().mailing is Mailing.FAILED
    assert relay.head().setback is Setback.MAIL_FAILED
    turn = whose_turn(relay.head(), clock.utc_now(), terms.calendar(), terms.turns())
    assert turn is not None and turn.role is Role.TUTOR
    assert relay.outbox() == []

    sending_changes.resends(relay)
    relay.mailer_runs()
    [subject] = [str(mail["Subject"]) for mail in world.mails() if mail["To"] == COMPANY_ADDRESS]
    assert "Nouveau lien" not in subject  # the first one never left


def test_four_refusals_and_one_acceptance_are_one_sending(world: World, time: Clock) -> None:
    relay = _verified(world)
    _refuses(relay, time, MOST_REFUSALS - 1)

    relay.mailer_runs()

    assert relay.mailed_to() == sorted([COMPANY_ADDRESS, relay.tutor.address])
    assert relay.event_kinds()[-1] is EventKind.LINK_SENT
    assert relay.head().step is Step.LINK_SENT


def test_the_mail_of_an_expired_link_is_dropped(world: World, time: Clock) -> None:
    relay = _verified(world)
    time.now = relay.deposit().erase_at

    relay.mailer_runs()

    assert world.mails() == [] and relay.outbox() == []
    relay.purges()
    assert relay.deposit().state is DepositState.EXPIRED
    assert EventKind.LINK_SENT not in relay.event_kinds()


def test_the_mail_of_an_older_version_is_dropped(world: World, time: Clock) -> None:
    relay = _verified(world)
    link = relay.link()
    change_record(link, replace(link, version=2))

    relay.mailer_runs()

    assert world.mails() == [] and relay.outbox() == []


def test_one_mail_that_fails_keeps_none_of_the_others(world: World, time: Clock) -> None:
    first, second = _verified(world), _verified(world)
    assert first.outbox() == second.outbox()
    with Tap().open() as tap:
        tap.act, tap.operation, tap.times = strike(Mode.REFUSED), "SendEmail", 1
        first.mailer_runs()

    assert first.mailed_to() == sorted([COMPANY_ADDRESS] * 2 + [first.tutor.address, second.tutor.address])
    recipients = [str(mail["To"]) for mail in world.mails()]
    assert recipients.index(COMPANY_ADDRESS) == 0 and recipients[2] == COMPANY_ADDRESS, (
        "the other and its notice did not wait"
    )


def test_what_waits_in_the_outbox_holds_no_address_and_no_token(world: World, time: Clock) -> None:
    relay = _verified(world)
    (waiting,) = relay.outbox()
    item = stored.read_mail(waiting)
    assert item is not None and item.kind is MailKind.LINK

    relay.mailer_runs()
    (token,) = relay.tokens()
    assert not any(secret in repr(item) for secret in (token, COMPANY_ADDRESS, relay.tutor.address))


def test_sending_an_unknown_mail_key_sends_nothing(world: World, time: Clock) -> None:
    assert mailing.send_all(["gone#1"], now=clock.utc_now()) == 1
    assert world.mails() == []


def test_all_the_mails_of_a_passage_are_one_conversation(world: World, time: Clock) -> None:
    """The mails of a passage refer to one message that nobody sent, since SES gives each mail an identity of its own: mail
    programs show them as one conversation.
    """
    first = relays.started(world)
    first.sends()
    here = world.mails()
    relays.started(world).sends()
    there = world.mails()[len(here) :]

    assert len(here) == len(there) == 2
    threads = [{str(mail["References"]) for mail in passage} for passage in (here, there)]
    assert [len(passage) for passage in threads] == [1, 1] and threads[0] != threads[1]
    assert all(
        re.fullmatch(r"<[0-9a-f]{32}@localhost>", message_id) for passage in threads for message_id in passage
    )


def test_a_mail_that_is_tried_again_keeps_its_identity_and_shares_it_with_no_other(
    world: World, time: Clock
) -> None:
    relay = _verified(world)
    with Tap(act=strike(Mode.LOST), operation="SendEmail").open():
        relay.mailer_runs()
    time.passes(minutes=10)
    relay.mailer_runs()
    relay.mailer_runs()

    names = [str(mail["Message-ID"]) for mail in world.mails() if mail["To"] == COMPANY_ADDRESS]
    others = [str(mail["Message-ID"]) for mail in world.mails() if mail["To"] != COMPANY_ADDRESS]
    assert len(names) > 1 and len(set(names)) == 1
    assert others and names[0] not in others


def test_an_accented_domain_is_punycode_wherever_servers_read_it_and_opens_either_way(world: World) -> None:
    relay = relays.started(world)
    token = relay.sends(recipient="n.bellanger@jardinière.example")
    written = "n.bellanger@xn--jardinire-63a.example"

    sent = ses_backends[DEFAULT_ACCOUNT_ID]["eu-west-3"].sent_messages[0]
    assert set(sent.destinations) == {written}
    assert str(world.mails()[0]["To"]) == written
    for typed in (written, "N.Bellanger@JARDINIÈRE.example"):
        Browser(typed).proves(token)


def test_the_record_s_contact_is_greeted_by_name_and_a_stranger_is_not(world: World) -> None:
    relay = relays.started(world)
    relay.sends()
    relays.started(world).sends(recipient="inconnue@ailleurs.example")
    greetings = {
        str(mail["To"]): mail_rules.read_body(mail, "plain").partition("\n")[0] for mail in world.mails()
    }

    assert greetings[COMPANY_ADDRESS] == f"Bonjour {relay.head().company.contacts[0].name},"
    assert greetings["inconnue@ailleurs.example"] == "Bonjour,"
