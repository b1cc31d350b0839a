"""Promise 2: one browser opens a link, and it alone reads again, however many press at the same instant.

200 threads run the opening story against the local cloud's tables, where conditions are atomic as on AWS. Beside it runs what
most people would write first (read, check, write): it must let several in, else the crowd proves nothing.
"""

from collections import Counter
from dataclasses import replace
from functools import partial

import pytest

from chalicelib import clock, config
from chalicelib.domain.documents import opening as deciding
from chalicelib.domain.kernel import link as links
from chalicelib.domain.kernel.deposit import DepositState
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.errors import LinkSpent, RelayError
from chalicelib.stores import aws, items
from chalicelib.stories.documents import opening
from tests.races import crowd
from tests.support import relays
from tests.support.relays import Browser
from tests.support.worlds import World

pytestmark = [pytest.mark.cloud, pytest.mark.slow]

SIZE = 200
NAIVE_ROUNDS = 2


@pytest.mark.parametrize("rounds", [1, pytest.param(10, marks=pytest.mark.proof)])
def test_of_200_browsers_exactly_one_opens(cloud_world: World, rounds: int) -> None:
    for _ in range(rounds):
        relay = relays.started(cloud_world)
        token = relay.sends()
        browsers = crowd.browsers_with_proof(token, SIZE)

        opened = crowd.press(browsers, partial(_opens, token), at_once=SIZE)

        assert sum(opened) == 1
        assert relay.link().opened_by == browsers[opened.index(True)].digest
        assert relay.deposit().state is DepositState.OPENED
        assert relay.event_kinds().count(EventKind.LINK_OPENED) == 1

        assert crowd.press(browsers, partial(_opens, token), at_once=SIZE) == opened, "who reads again"
        assert relay.event_kinds().count(EventKind.LINK_OPENED) == 1


def test_a_crowd_gets_past_a_check_that_is_no_condition(cloud_world: World) -> None:
    winners = []
    for _ in range(NAIVE_ROUNDS):
        token = relays.started(cloud_world).sends()
        browsers = crowd.browsers_with_proof(token, SIZE)

        opened = crowd.press(browsers, partial(_opens_naively, token), at_once=SIZE)

        winners.append(sum(opened))
    assert sum(winners) > NAIVE_ROUNDS, winners


def _opens(token: str, browser: Browser) -> bool:
    """Whether this request was given the documents; any refusal other than « spent » fails the test."""
    try:
        browser.opens(token)
    except LinkSpent:
        return False
    return True


def _opens_naively(token: str, browser: Browser) -> bool:
    """Read, check, then write without a condition, which lets a crowd in."""
    now = clock.utc_now()
    pointer = opening.find_visit(token)
    try:
        deciding.check_alive(
            pointer.link, pointer.version, pointer.deposit, pointer.parcours, browser.digest, now
        )
    except LinkSpent:
        return False
    opened = replace(
        pointer.link, opened_by=browser.digest, opened_at=now, revision=pointer.link.revision + 1
    )
    aws.dynamodb().put_item(
        TableName=config.resource(items.RELAY), Item=items.encode_item(items.to_item(opened))
    )
    return True


def test_a_hundred_right_answers_at_once_are_all_right(cloud_world: World) -> None:
    """Each wrong answer among them is counted."""
    relay = relays.started(cloud_world)
    token = relay.sends()
    wrong = [Browser("quelqu.un@ailleurs.example") for _ in range(links.WRONG_BEFORE_PAUSE - 1)]
    browsers = [*wrong, *(Browser() for _ in range(100))]

    proved = crowd.press(browsers, lambda browser: _proves(token, browser), at_once=len(browsers))

    assert Counter(proved) == {"proof_wrong": len(wrong), "": 100}
    tries = opening.find_visit(token, browsers[0].digest).tries
    assert tries is not None and tries.wrong == len(wrong)


def _proves(token: str, browser: Browser) -> str:
    """The code of the refusal of this answer, or none."""
    try:
        browser.proves(token)
    except RelayError as refusal:
        return refusal.code
    return ""
