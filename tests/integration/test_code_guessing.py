"""Guessing codes and asking for them in somebody's name, played from outside: no account is taken, nobody is locked out."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chalicelib import config
from chalicelib.errors import ChangedMeanwhile, CodeDead
from chalicelib.stories.kit import quotas
from tests.conftest import Clock
from tests.faults.wire import Tap
from tests.support import factories, relays
from tests.support.http import Client
from tests.support.relays import Relay
from tests.support.sign_in import (
    asks_for_code,
    derive_code,
    guesses_a_day,
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


def test_many_challenges_give_no_more_guesses(relay: Relay, time: Clock) -> None:
    """Four hours of five challenges, five wrong codes each: the right one no longer opens after that."""
    for _ in range(4):
        for place in range(5):
            stranger = Client(source=f"203.0.113.{place}")
            asks_for_code(stranger, relay.tutor.address)
            for _ in range(5):
                types_code(stranger, wrong_code(stranger))
        time.passes(hours=1)
    lucky = Client(source="203.0.113.77")
    asks_for_code(lucky, relay.tutor.address)

    assert not signs_in_with(lucky, derive_code(lucky))


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


def test_after_ten_wrong_codes_only_a_known_browser_signs_in(relay: Relay, time: Clock) -> None:
    """Ten wrong codes of strangers in a day lock every browser out but those that the account knows."""
    known_browser = signed_in_before(relay, time)
    stranger = Client(source="203.0.113.50")
    asks_for_code(stranger, relay.tutor.address)
    asks_for_code(known_browser, relay.tutor.address)
    guesses_a_day(relay, time)

    assert not signs_in_with(stranger, derive_code(stranger))
    assert signs_in_with(known_browser, derive_code(known_browser))


def test_a_known_browser_has_ten_wrong_codes_a_day_too(relay: Relay, time: Clock) -> None:
    """The cookie of a known browser, once stolen, gives its thief no more guesses than anybody."""
    stolen = signed_in_before(relay, time)
    for _ in range(2):
        asks_for_code(stolen, relay.tutor.address)
        for _ in range(5):
            assert types_code(stolen, wrong_code(stolen)).status == 410
    asks_for_code(stolen, relay.tutor.address)

    assert not signs_in_with(stolen, derive_code(stolen))
    stranger = Client(source="203.0.113.4")
    asks_for_code(stranger, relay.tutor.address)
    assert signs_in_with(stranger, derive_code(stranger)), (
        "what a known browser typed wrong is counted on it alone"
    )


def test_the_day_after_a_stranger_may_type_again(relay: Relay, time: Clock) -> None:
    guesses_a_day(relay, time)
    time.passes(days=1)
    stranger = Client()
    asks_for_code(stranger, relay.tutor.address)

    assert signs_in_with(stranger, derive_code(stranger))


def test_right_codes_are_not_counted_as_wrong(relay: Relay, time: Clock) -> None:
    """Twelve sign-ins from browsers without cookies all succeed; only the two wrong codes typed are counted."""
    for sign_in in range(12):
        forgetful = Client()
        asks_for_code(forgetful, relay.tutor.address)
        if sign_in < 2:
            assert types_code(forgetful, wrong_code(forgetful)).status == 410
        assert signs_in_with(forgetful, derive_code(forgetful))
        time.passes(minutes=20)


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


def test_concurrent_guesses_never_pass_the_limit(relay: Relay, time: Clock) -> None:
    """Others reach the day's limit while a right code is under way: the right code is refused."""
    lucky = Client(source="203.0.113.50")
    asks_for_code(lucky, relay.tutor.address)
    for place in range(2):
        asks_for_code(Client(source=f"203.0.113.{place}"), relay.tutor.address)
    tap = Tap(operation="UpdateItem", times=1)

    def others_guess(*_: object) -> None:
        tap.asleep = True
        guesses_a_day(relay, time)
        tap.asleep = False

    tap.act = others_guess
    with tap.open():
        assert not signs_in_with(lucky, derive_code(lucky))
    assert tap.struck


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


@pytest.mark.cloud
def test_eight_wrong_codes_at_once_count_as_one_where_one_is_left(cloud_world: World) -> None:
    relay = relays.started(cloud_world)
    most = config.settings().wrong_codes_per_day
    challenges = [relays.asks_code(relay.tutor.address) for _ in range(5)]
    relay.mailer_runs()
    codes = relay.codes()
    later = [challenge for challenge in challenges[:2] for _ in range(4)] + challenges[2:3]
    for challenge in later:
        with pytest.raises(CodeDead):
            relays.enters_code(challenge, "")

    def guesses(challenge: str) -> Any:
        try:
            return relays.enters_code(challenge, "0")
        except Exception as refused:
            return refused

    with ThreadPoolExecutor(6) as pool:
        heard = list(pool.map(guesses, [*challenges[2:5], *challenges[2:5]]))

    assert {type(outcome) for outcome in heard} <= {CodeDead, ChangedMeanwhile}
    used = [
        item["used"]
        for item in cloud_world.table("RELAY_TABLE")
        if item["pk"].startswith("count#wrong-code#")
    ]
    assert used == [most]
    for code in codes:
        with pytest.raises(CodeDead):
            relays.enters_code(challenges[3], code)
