"""Guessing codes and asking for them in somebody's name, played from outside: no account is taken, nobody is locked out."""

import pytest

from chalicelib import config
from chalicelib.domain.accounts import signing_in as decisions
from chalicelib.stories.kit import quotas
from tests.conftest import Clock
from tests.faults.wire import Tap
from tests.support import factories, relays
from tests.support.http import Client
from tests.support.relays import Relay
from tests.support.sign_in import (
    asks_for_code,
    derive_code,
    signed_in_before,
    signs_in_with,
    types_code,
    wrong_code,
)
from tests.support.worlds import World


@pytest.fixture
def relay(world: World, time: Clock) -> Relay:
    """An agent with an account; the clock stands at the first minute of a day, so that no window ends by chance."""
    time.now = time.now.replace(hour=0, minute=1)
    return relays.started(world)


def test_past_the_quota_the_right_code_opens_nothing(relay: Relay, time: Clock) -> None:
    """A code that is asked for beyond the hourly quota of its address never opens, even if it is guessed."""
    for place in range(quotas.SOURCES_OF_ONE_ADDRESS * config.settings().codes_per_hour):
        asks_for_code(Client(source=f"203.0.113.{place}"), relay.tutor.address)
    stranger = Client(source="203.0.113.99")
    asks_for_code(stranger, relay.tutor.address)

    assert not signs_in_with(stranger, derive_code(stranger))


def test_wrong_codes_of_a_stranger_keep_nobody_out(relay: Relay, time: Clock) -> None:
    """Two codes asked for and ten wrong ones typed, all in her name: the code that she asks for opens."""
    for _ in range(2):
        stranger = Client(source="203.0.113.50")
        asks_for_code(stranger, relay.tutor.address)
        for _ in range(decisions.CODE_TRIES):
            assert types_code(stranger, wrong_code(stranger)).status == 410
    own = Client(source="192.0.2.1")
    asks_for_code(own, relay.tutor.address)

    assert signs_in_with(own, derive_code(own))


def test_requests_of_strangers_leave_a_known_browser_its_code(relay: Relay, time: Clock) -> None:
    """A browser that the account knows still gets a code when strangers have used up the quota."""
    known_browser = signed_in_before(relay, time)
    for place in range(23):
        asks_for_code(Client(source=f"203.0.113.{place}"), relay.tutor.address)
    relay.mailer_runs()
    mailed = len(relay.codes())

    asks_for_code(known_browser, relay.tutor.address)
    relay.mailer_runs()

    assert len(relay.codes()) == mailed + 1
    assert signs_in_with(known_browser, relay.codes()[-1])


def test_a_known_browser_is_known_only_for_its_account(relay: Relay, time: Clock) -> None:
    other = relays.started(relay.world, factories.account()).tutor
    known_browser = signed_in_before(relay, time)
    for place in range(20):
        asks_for_code(Client(source=f"203.0.113.{place}"), other.address)

    asks_for_code(known_browser, other.address)

    assert not signs_in_with(known_browser, derive_code(known_browser)), (
        "the strangers' quota of that address is used up for her too"
    )
    for _ in range(config.settings().codes_per_hour):
        asks_for_code(known_browser, other.address)
    asks_for_code(known_browser, relay.tutor.address)
    assert signs_in_with(known_browser, derive_code(known_browser)), (
        "asking in others' names uses up nothing of her own"
    )


def test_concurrent_tries_never_pass_the_fifth(relay: Relay, time: Clock) -> None:
    lucky = Client()
    asks_for_code(lucky, relay.tutor.address)
    code, twin = derive_code(lucky), Client(dict(lucky.cookies))
    tap = Tap(operation="TransactWriteItems", times=1)

    def five_wrong(*_call: object) -> None:
        tap.asleep = True
        for _ in range(5):
            types_code(twin, wrong_code(twin))
        tap.asleep = False

    tap.act = five_wrong
    with tap.open():
        assert not signs_in_with(lucky, code)
    assert tap.struck
