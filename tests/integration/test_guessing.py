"""Guessing codes and asking for them in somebody's name, played from outside: no account is taken, nobody is locked out."""

import pytest

from chalicelib import config
from chalicelib.domain import signing_in as decisions
from chalicelib.stores import keys
from chalicelib.stores import relay as stored
from chalicelib.stories import signing_in
from tests import relays
from tests.conftest import Clock
from tests.http import Answer, Client
from tests.relays import Relay
from tests.worlds import World

SESSION, CHALLENGE = "__Host-session", "__Host-connexion"


@pytest.fixture
def relay(world: World, time: Clock) -> Relay:
    """An agent with an account; the clock stands at the first minute of a day, so that no window ends by chance."""
    time.now = time.now.replace(hour=0, minute=1)
    return relays.started(world)


def asks(browser: Client, address: str) -> Answer:
    answer = browser.post_form("/connexion", {"adresse": address})
    assert (answer.status, answer.headers["location"]) == (303, "/connexion/code")
    return answer


def types(browser: Client, code: str) -> Answer:
    return browser.post_form("/connexion/code", {"code": code})


def opens(browser: Client, code: str) -> bool:
    return types(browser, code).status == 303 and browser.get("/parcours").status == 200


def derived(browser: Client) -> str:
    """The code of this browser's challenge, mailed or not: what a lucky guess would be."""
    challenge = stored.challenge(signing_in.digest(browser.cookies[CHALLENGE]))
    assert challenge
    return decisions.code_digits(keys.code_mac(challenge.code_message), decisions.CODE_DIGITS)


def wrong(browser: Client) -> str:
    right = derived(browser)
    return f"{(int(right) + 1) % 10 ** len(right):0{len(right)}d}"


def signed_in_before(relay: Relay, time: Clock) -> Client:
    """Her own browser: she signed in here the day before, and has signed out since."""
    hers = Client(source="192.0.2.1")
    asks(hers, relay.tutor.address)
    assert opens(hers, derived(hers))
    assert hers.post_form("/deconnexion", "").status == 303
    time.passes(days=1)
    return hers


def guesses_a_day(relay: Relay, time: Clock) -> None:
    """Ten wrong codes for her address, from as many places, within the quota of codes."""
    for place in range(2):
        stranger = Client(source=f"203.0.113.{place}")
        asks(stranger, relay.tutor.address)
        for _ in range(5):
            assert types(stranger, wrong(stranger)).status == 410


def test_past_the_quota_the_right_code_opens_nothing(relay: Relay, time: Clock) -> None:
    for place in range(config.settings().codes_per_hour):
        asks(Client(source=f"203.0.113.{place}"), relay.tutor.address)
    stranger = Client(source="203.0.113.99")
    asks(stranger, relay.tutor.address)

    assert not opens(stranger, derived(stranger))


def test_twenty_challenges_are_no_hundred_guesses(relay: Relay, time: Clock) -> None:
    """Four hours of five challenges, five wrong codes each: the right one no longer opens after that."""
    for _ in range(4):
        for place in range(5):
            stranger = Client(source=f"203.0.113.{place}")
            asks(stranger, relay.tutor.address)
            for _ in range(5):
                types(stranger, wrong(stranger))
        time.passes(hours=1)
    lucky = Client(source="203.0.113.77")
    asks(lucky, relay.tutor.address)

    assert not opens(lucky, derived(lucky))


def test_five_requests_of_strangers_leave_her_own_browser_its_code(relay: Relay, time: Clock) -> None:
    hers = signed_in_before(relay, time)
    for place in range(8):
        asks(Client(source=f"203.0.113.{place}"), relay.tutor.address)
    relay.mailer_runs()
    mailed = len(relay.codes())

    asks(hers, relay.tutor.address)
    relay.mailer_runs()

    assert len(relay.codes()) == mailed + 1
    assert opens(hers, relay.codes()[-1])


def test_after_ten_wrong_codes_only_a_browser_of_hers_opens(relay: Relay, time: Clock) -> None:
    hers = signed_in_before(relay, time)
    stranger = Client(source="203.0.113.50")
    asks(stranger, relay.tutor.address)
    asks(hers, relay.tutor.address)
    guesses_a_day(relay, time)

    assert not opens(stranger, derived(stranger))
    assert opens(hers, derived(hers))
