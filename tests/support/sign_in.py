"""Signing in as browsers do it, and guessing as strangers do: acts of the tests about codes, over HTTP."""

from chalicelib.domain.accounts import signing_in as decisions
from chalicelib.stores import keys
from chalicelib.stores import relay_table as stored
from chalicelib.stories.accounts import signing_in
from chalicelib.web.kit.http import CHALLENGE_COOKIE
from tests.conftest import Clock
from tests.support.http import Answer, Client
from tests.support.relays import Relay


def asks_for_code(browser: Client, address: str) -> Answer:
    answer = browser.post_form("/connexion", {"adresse": address})
    assert (answer.status, answer.headers["location"]) == (303, "/connexion/code")
    return answer


def types_code(browser: Client, code: str) -> Answer:
    """Post this code from this browser."""
    return browser.post_form("/connexion/code", {"code": code})


def signs_in_with(browser: Client, code: str) -> bool:
    """Return whether this code opens a session in this browser."""
    return types_code(browser, code).status == 303 and browser.get("/parcours").status == 200


def derive_code(browser: Client) -> str:
    """Return the code of this browser's challenge, mailed or not: what a lucky guess would be."""
    challenge = stored.read_challenge(signing_in.hash_cookie(browser.cookies[CHALLENGE_COOKIE]))
    assert challenge
    return decisions.code_digits(keys.compute_code_mac(challenge.code_message), decisions.CODE_DIGITS)


def wrong_code(browser: Client) -> str:
    """Return a code that is not the one of this browser's challenge."""
    right = derive_code(browser)
    return f"{(int(right) + 1) % 10 ** len(right):0{len(right)}d}"


def signed_in_before(relay: Relay, time: Clock, source: str = "192.0.2.1") -> Client:
    """Return a browser in which she signed in the day before and has signed out since: the account knows it."""
    hers = Client(source=source)
    asks_for_code(hers, relay.tutor.address)
    assert signs_in_with(hers, derive_code(hers))
    assert hers.post_form("/deconnexion", "").status == 303
    time.passes(days=1)
    return hers
