"""Mails leave at the mail service's rate: what a mailer books, what being too fast costs, how many mailers are started."""

import json
import math
from datetime import timedelta

import pytest

from chalicelib import clock, config
from chalicelib.domain.kernel.delivery import BookedRate
from chalicelib.stores import functions, relay_table
from chalicelib.stories.mails import mailing
from tests.conftest import Clock
from tests.faults.wire import Mode, Tap, strike
from tests.integration.test_outbox_retries import WAITING
from tests.support import http, relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.relays import Relay
from tests.support.worlds import World


def _waits_for_its_mail(relay: Relay) -> None:
    relay.announces()
    relay.uploads()
    relay.is_inspected()


def test_a_link_that_waits_alone_makes_no_call_more_and_books_nothing(relay: Relay) -> None:
    _waits_for_its_mail(relay)
    with Tap().open() as tap:
        relay.mailer_runs()

    assert "PutItem" not in [call.operation for call in tap.calls]
    assert relay_table.read_booked_rate() is None


def test_several_mails_are_booked_in_one_call(relay: Relay) -> None:
    WAITING["an invitation"](relay)
    relays.asks_code(relay.tutor.address)
    with Tap().open() as tap:
        relay.mailer_runs()

    assert [call.operation for call in tap.calls].count("PutItem") == 1
    assert len(relay.mailed_to()) == 2


def test_one_of_two_mailers_that_book_at_once_books_anew(world: World, time: Clock) -> None:
    first = BookedRate(until=time.now)
    assert relay_table.store_booking(first)
    assert not relay_table.store_booking(first), "both read that nothing was booked"
    read = relay_table.read_booked_rate()
    assert read is not None and read.revision == 1
    assert relay_table.store_booking(read) and not relay_table.store_booking(read)


def test_mails_above_the_rate_cost_seconds_and_no_try(
    relay: Relay, time: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    _waits_for_its_mail(relay)
    began = time.now
    with Tap(act=strike(Mode.THROTTLED), operation="SendEmail", times=8).open():
        relay.mailer_runs()

    assert relay.mailed_to().count(COMPANY_ADDRESS) == 1
    assert (time.now - began).total_seconds() < 12
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["event"] for line in lines].count("above_mail_rate") == 8


def test_no_more_mailers_are_started_than_have_mails_to_send_in_a_minute(world: World) -> None:
    keys = [f"{number}" for number in range(5_000)]
    with http.mails_woken() as woken, Tap().open() as tap:
        functions.wake_mailer(keys)

    a_minute = 60 * config.settings().mails_per_second
    assert woken == set(keys[:a_minute])
    assert len(tap.calls) == math.ceil(a_minute / functions.MAILS_AT_ONCE) == 5


def test_a_code_whose_mailer_may_still_wait_with_it_gets_no_second_one(relay: Relay, time: Clock) -> None:
    relays.asks_code(relay.tutor.address)
    assert relay.purges().waiting == []
    time.passes(seconds=15)
    (waiting,) = relay.purges().waiting
    assert mailing.send_all([waiting], now=clock.utc_now()) == 1
    assert len(relay.codes()) == 1


def test_dead_codes_take_no_place_in_the_line_and_wait_for_nothing(relay: Relay, time: Clock) -> None:
    """A stranger makes as many as the door lets in: for addresses without an account, and past a quota."""
    for number in range(20):
        relays.asks_code(f"personne{number}@nulle-part.example", source=f"198.51.100.{number}")
    assert relay_table.store_booking(BookedRate(until=time.now + timedelta(seconds=5)))
    began = time.now
    with Tap().open() as tap:
        relay.mailer_runs()

    assert relay.outbox() == []
    assert "PutItem" not in [call.operation for call in tap.calls]
    assert (time.now - began).total_seconds() < 5
