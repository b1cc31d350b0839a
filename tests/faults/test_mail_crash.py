"""The mail path, broken at each of its calls: one token, at most one mail more than asked, and the truth a minute later.

After the lease has lapsed, the next minute purges, wakes the mailer with what waits, and all is as if nothing had happened;
a mail is received twice only when the fault struck at its sending or behind it.
"""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.domain.documents.mailing import LEASE
from chalicelib.domain.kernel import address, delivery
from chalicelib.domain.kernel.deposit import DepositState, Mailing
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.transition import MailKind
from chalicelib.domain.kernel.values import Step
from chalicelib.stores import keys
from chalicelib.stores import relay_table as stored
from chalicelib.stories.accounts import signing_in
from chalicelib.stories.mails import mailing
from tests.conftest import Clock
from tests.faults.machinery import Broken, Explorer
from tests.faults.wire import Call, Crash, Mode, Tap, strike
from tests.support import relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.relays import Relay
from tests.support.worlds import World

ROUNDS = 2
"""Minutes after which everything must be right."""
SENDING = "SendEmail"


def _minutes_pass(relay: Relay, time: Clock) -> None:
    """Let the leases lapse and run the minute function, as often as it may be needed."""
    for _ in range(ROUNDS):
        if not relay.outbox():
            return
        time.passes(seconds=LEASE.total_seconds() + 60)
        report = relay.purges()
        assert report.failed == 0
        mailing.send_all(report.waiting, now=clock.utc_now())


def _sent_to(world: World, address: str) -> int:
    return sum(str(mail["To"]) == address for mail in world.mails())


def test_a_link_mail_is_told_once_and_repeated_once_at_most_wherever_the_mailer_dies(
    relay: Relay, world: World, time: Clock
) -> None:
    relay.announces()
    relay.uploads()
    relay.is_inspected()
    (waiting,) = relay.outbox()
    link = relay.link()
    right = keys.compute_link_token(link.build_token_message(link.version))

    def flow() -> Any:
        return mailing.send_all([waiting], now=clock.utc_now())

    def check(broken: Broken) -> None:
        _minutes_pass(relay, time)
        assert set(relay.tokens()) == {right}
        _no_mail_too_many(broken, _sent_to(world, COMPANY_ADDRESS), _sent_to(world, relay.tutor.address))
        assert relay.outbox() == []
        assert relay.event_kinds()[-2:] == [EventKind.DOCUMENTS_VERIFIED, EventKind.LINK_SENT]
        assert (relay.deposit().state, relay.deposit().mailing) == (DepositState.LEFT, Mailing.ACCEPTED)
        assert relay.head().step is Step.LINK_SENT
        assert right not in world.everything()

    Explorer("mail of a link", world, time).explore(flow, check)


def _no_mail_too_many(broken: Broken, links: int, notices: int) -> None:
    """Check that the two mails (link, then depositor's notice) left, and at most one of them twice."""
    sendings = [place for place, call in enumerate(broken.calls) if call.operation == SENDING]
    first, last = sendings
    assert links >= 1 and notices >= 1
    assert links + notices <= 3
    assert links == 1 or broken.reached_call(first)
    assert notices == 1 or broken.reached_call(last)


def test_the_notice_of_a_link_that_left_is_known_and_held_before_it_leaves(relay: Relay, time: Clock) -> None:
    """It is taken in the write that makes it: who dies at its sending leaves what reports need, and no second mailer comes."""
    relay.announces()
    relay.uploads()
    relay.is_inspected()

    def act(call: Call, event_name: str, request: Any) -> None:
        if relay.mailed_to() == [COMPANY_ADDRESS]:
            strike(Mode.CRASH_BEFORE)(call, event_name, request)

    with Tap(act=act, operation=SENDING).open(), pytest.raises(Crash):
        relay.mailer_runs()

    (waiting,) = relay.outbox()
    held, known = stored.read_mail(waiting), stored.read_delivery(delivery.derive_tag(waiting))
    assert held is not None and held.kind is MailKind.SENDING_NOTICE
    assert known is not None and known.mailbox == address.hash_folded(relay.tutor.address)
    assert relay.purges().waiting == []
    assert held.lease_until is not None and held.lease_until > time.now
    time.now = held.lease_until - timedelta(seconds=1)
    assert relay.purges().waiting == []
    time.now = held.lease_until
    assert relay.purges().waiting == [waiting]
    relay.mailer_runs()
    assert relay.mailed_to() == sorted([COMPANY_ADDRESS, relay.tutor.address])
    assert relay.outbox() == []


def test_a_sign_in_mail_repeats_the_same_code_once_at_most_wherever_the_mailer_dies(
    relay: Relay, world: World, time: Clock
) -> None:
    challenge = relays.asks_code(relay.tutor.address)
    (waiting,) = relay.outbox()

    def flow() -> Any:
        return mailing.send_all([waiting], now=clock.utc_now())

    def check(broken: Broken) -> None:
        _minutes_pass(relay, time)
        codes = relay.codes()
        assert len(set(codes)) == 1
        assert len(codes) == 1 or (len(codes) == 2 and broken.reached(SENDING))
        assert relay.outbox() == []
        assert codes[0] not in world.everything()
        session = relays.enters_code(challenge, codes[0])
        assert signing_in.authenticate(session, now=clock.utc_now()).account.id == relay.tutor.id

    Explorer("mail of a sign-in code", world, time).explore(flow, check)
