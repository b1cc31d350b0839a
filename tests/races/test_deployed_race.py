"""Promise 2 through the deployed product: one browser opens, and finishes even when the line is cut; nobody else does."""

import base64
from collections import Counter
from functools import partial

import pytest
import urllib3

from chalicelib import seal
from chalicelib.stories.documents import opening
from infra.local import LocalCloud
from tests.races import crowd
from tests.security import deployed as deployed_relay
from tests.security.visitor import Answer, visitor_with_nonce
from tests.support.relays import Browser
from tests.support.worlds import World

pytestmark = pytest.mark.cloud


@pytest.mark.parametrize(("size", "at_once"), [(20, 4), pytest.param(200, 8, marks=pytest.mark.proof)])
def test_of_many_requests_exactly_one_is_given_the_documents(
    cloud: LocalCloud, deployed: World, size: int, at_once: int
) -> None:
    """The emulator starts a process of each function for each request in flight: 12 at most."""
    _, token, _ = deployed_relay.sent(deployed, cloud)
    browsers = crowd.browsers_with_proof(token, size)
    _warm(cloud, token, at_once)

    answers = crowd.press(browsers, lambda browser: _opens(cloud, browser, token), at_once=at_once)

    assert Counter((answer.status, answer.code) for answer in answers) == {
        (200, ""): 1,
        (410, "link_spent"): size - 1,
    }
    (winner,) = (browser for browser, answer in zip(browsers, answers, strict=True) if answer.status == 200)
    assert opening.find_visit(token).link.opened_by == winner.digest


def test_an_opening_whose_answer_is_lost_is_finished_by_the_same_browser_alone(
    cloud: LocalCloud, deployed: World
) -> None:
    relay, token, address = deployed_relay.sent(deployed, cloud)
    winner, other = Browser(address), Browser(address)
    for browser in (winner, other):
        browser.proves(token)

    visitor_with_nonce(cloud.base_url, winner.nonce).posts_and_hangs_up(
        "/retrait/ouverture", {"token": token}
    )
    deployed_relay.until(lambda: opening.find_visit(token).link.opened_by, "opened")
    first = _opens(cloud, winner, token)
    again = _opens(cloud, winner, token)

    assert _opens(cloud, other, token).code == "link_spent"
    assert [_given(answer) for answer in (first, again)] == [_given(first)] * 2
    assert first.json()["efface_le"] == again.json()["efface_le"]  # asking again lengthens nothing
    assert _read(again) == relay.sent[0].plain


def test_a_download_cut_half_way_is_begun_again_by_the_same_browser(
    cloud: LocalCloud, deployed: World
) -> None:
    relay, token, address = deployed_relay.sent(deployed, cloud)
    winner = Browser(address)
    winner.proves(token)
    opened = _opens(cloud, winner, token)

    cut = urllib3.request("GET", opened.json()["documents"][0]["url"], preload_content=False, retries=False)
    assert 0 < len(cut.read(len(relay.sent[0].blob) // 2)) < len(relay.sent[0].blob)
    cut.close()

    assert _read(_opens(cloud, winner, token)) == relay.sent[0].plain


def _warm(cloud: LocalCloud, token: str, most: int) -> None:
    """Start the processes of both functions a few at a time: all at once, a busy machine starts none within API Gateway's 29 s.

    Nobody opens anything: these browsers have not answered the question.
    """
    for at_once in range(2, most + 1, 2):
        deployed_relay.until(partial(_are_refused, cloud, token, at_once), "so many processes at once")


def _are_refused(cloud: LocalCloud, token: str, at_once: int) -> bool:
    """Press as so many strangers; return whether each was answered: a process that starts too slowly answers nobody."""
    strangers = [Browser() for _ in range(at_once)]
    answers = crowd.press(strangers, lambda browser: _opens(cloud, browser, token), at_once=at_once)
    assert all(answer.code == "proof_needed" for answer in answers if answer.status < 500)
    return all(answer.status < 500 for answer in answers)


def _opens(cloud: LocalCloud, browser: Browser, token: str) -> Answer:
    return visitor_with_nonce(cloud.base_url, browser.nonce).posts("/retrait/ouverture", {"token": token})


def _given(answer: Answer) -> list[tuple[str, str, str, str]]:
    """The documents of an answer, but for their addresses, which are signed for a minute each."""
    return [
        (document["kind"], document["key"], document["aad"], document["nom"])
        for document in answer.json()["documents"]
    ]


def _read(answer: Answer) -> bytes:
    """Fetch the first document and open it, as the page does."""
    document = answer.json()["documents"][0]
    fetched = urllib3.request("GET", document["url"], retries=False)
    assert fetched.status == 200
    return seal.open_sealed(fetched.data, key=base64.b64decode(document["key"]), aad=document["aad"])
