"""Guessing sign-in codes, and asking for them in somebody's name, over HTTP against the deployed product."""

import pytest

from chalicelib import config
from infra.local import LocalCloud
from tests.security import deployed as deployed_relay
from tests.security.visitor import Visitor
from tests.support import relays
from tests.support.relays import CODE, Relay
from tests.support.worlds import World

pytestmark = pytest.mark.cloud

WRONG = "0000 0000 0000"


@pytest.fixture
def relay(deployed: World) -> Relay:
    """A tutor with an account on the deployed product."""
    return relays.started(deployed)


def asks_for_code(browser: Visitor, address: str) -> None:
    """Ask for a code for this address."""
    assert browser.submits("/connexion", adresse=address).header("location") == "/connexion/code"


def receives_code(browser: Visitor, cloud: LocalCloud, address: str) -> str:
    """Ask for a code from this browser; return the code of the mail that arrives."""
    before = len(cloud.mails())
    asks_for_code(browser, address)
    match = CODE.search(deployed_relay.mail_to(cloud, address, after=before).body("plain"))
    assert match
    return match[1]


def count_mails(cloud: LocalCloud, address: str) -> int:
    """Return how many mails went to this address."""
    return sum(address in mail.recipients for mail in cloud.mails())


def signs_in(browser: Visitor, code: str) -> bool:
    """Return whether this code signs this browser in."""
    entered = browser.submits("/connexion/code", code=code)
    assert entered.status in {303, 410}
    return entered.status == 303 and browser.asks("GET", "/parcours").status == 200


def test_wrong_codes_of_a_stranger_keep_nobody_out(cloud: LocalCloud, relay: Relay) -> None:
    own = Visitor(cloud.base_url)
    code = receives_code(own, cloud, relay.tutor.address)
    refusals = set()
    for _ in range(2):
        stranger = Visitor(cloud.base_url)
        asks_for_code(stranger, relay.tutor.address)
        for _ in range(6):
            answer = stranger.submits("/connexion/code", code=WRONG)
            refusals.add((answer.status, answer.body))

    assert len(refusals) == 1, "a wrong code and a dead one look alike"
    assert signs_in(own, code)


def test_requests_of_strangers_leave_a_browser_that_signed_in_before_its_codes(
    cloud: LocalCloud, relay: Relay
) -> None:
    """A browser keeps a cookie that makes it known to the account; strangers' requests are counted apart."""
    known_browser = Visitor(cloud.base_url)
    assert signs_in(known_browser, receives_code(known_browser, cloud, relay.tutor.address))
    assert known_browser.submits("/deconnexion").header("clear-site-data") == '"cache", "storage"'
    for _ in range(8):
        stranger = Visitor(cloud.base_url)
        asks_for_code(stranger, relay.tutor.address)

    # Wait for the codes of the strangers, so that the next mail is the one of the known browser.
    most = config.settings().codes_per_hour
    deployed_relay.until(lambda: count_mails(cloud, relay.tutor.address) >= most, "the strangers' codes")
    assert signs_in(known_browser, receives_code(known_browser, cloud, relay.tutor.address))
    thief = Visitor(cloud.base_url, {"__Host-navigateur": known_browser.cookies["__Host-navigateur"]})
    assert thief.asks("GET", "/parcours").status == 401, (
        "the cookie of the known browser alone signs nobody in"
    )
    assert known_browser.submits("/compte/deconnexion").header("location") == "/connexion?fait=partout"
    assert known_browser.asks("GET", "/parcours").status == 401
