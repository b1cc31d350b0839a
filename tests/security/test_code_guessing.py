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

WRONG = "00 00 00 00 00"


@pytest.fixture
def relay(deployed: World) -> Relay:
    return relays.started(deployed)


def asks(browser: Visitor, address: str) -> None:
    assert browser.submits("/connexion", adresse=address).header("location") == "/connexion/code"


def asks_and_reads(browser: Visitor, cloud: LocalCloud, address: str) -> str:
    """The code that arrives for this browser's request."""
    before = len(cloud.mails())
    asks(browser, address)
    match = CODE.search(deployed_relay.mail_to(cloud, address, after=before).body("plain"))
    assert match
    return match[1]


def mailed(cloud: LocalCloud, address: str) -> int:
    return sum(address in mail.recipients for mail in cloud.mails())


def opens(browser: Visitor, code: str) -> bool:
    entered = browser.submits("/connexion/code", code=code)
    assert entered.status in {303, 410}
    return entered.status == 303 and browser.asks("GET", "/parcours").status == 200


def test_a_hundred_guesses_on_twenty_challenges_end_at_the_tenth(cloud: LocalCloud, relay: Relay) -> None:
    """What was even odds in a few hours: whoever reads the code itself comes too late after ten wrong ones."""
    lucky = Visitor(cloud.base_url)
    code = asks_and_reads(lucky, cloud, relay.tutor.address)
    refusals = set()
    for _ in range(20):
        guesser = Visitor(cloud.base_url)
        asks(guesser, relay.tutor.address)
        for _ in range(2):
            answer = guesser.submits("/connexion/code", code=WRONG)
            refusals.add((answer.status, answer.body))

    assert len(refusals) == 1, "a wrong code, a dead one and a used-up day look alike"
    assert not opens(lucky, code)


def test_a_stranger_locks_nobody_out(cloud: LocalCloud, relay: Relay) -> None:
    browser = Visitor(cloud.base_url)
    assert opens(browser, asks_and_reads(browser, cloud, relay.tutor.address))
    assert browser.submits("/deconnexion").header("clear-site-data") == '"cache", "storage"'
    for _ in range(8):
        stranger = Visitor(cloud.base_url)
        asks(stranger, relay.tutor.address)
        for _ in range(2):
            assert not opens(stranger, WRONG)

    # What strangers may have mailed has arrived, so that the next mail is hers.
    most = config.settings().codes_per_hour
    deployed_relay.until(lambda: mailed(cloud, relay.tutor.address) >= most, "the strangers' codes")
    assert opens(browser, asks_and_reads(browser, cloud, relay.tutor.address))
    thief = Visitor(cloud.base_url, {"__Host-navigateur": browser.cookies["__Host-navigateur"]})
    assert thief.asks("GET", "/parcours").status == 401, "its cookie alone signs nobody in"
    assert browser.submits("/compte/deconnexion").header("location") == "/connexion?fait=partout"
    assert browser.asks("GET", "/parcours").status == 401
