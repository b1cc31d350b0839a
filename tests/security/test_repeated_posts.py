"""Every POST of the site, sent twice by a browser that had no answer: one act, and both times the answer of one."""

from collections.abc import Iterator

import pytest

from chalicelib.web.urls import ROUTES
from tests.faults.snapshots import Snapshot
from tests.security.matrix import Asker, Scene
from tests.security.repeated_posts import (
    ACTS,
    ANEW,
    BY_OTHERS,
    OTHERWISE,
    Act,
    Repeating,
    alike,
    shape,
    unsent,
)
from tests.security.test_matrix import stage as stage  # the same scene
from tests.support import http
from tests.support.http import Answer
from tests.support.provider import provider_running

MOST_WRITES = 8
"""No POST of the table commits oftener."""
EVERYBODYS = [*ACTS, *(pytest.param(act, marks=pytest.mark.proof) for act in BY_OTHERS)]


@pytest.fixture(autouse=True)
def proconnect(stage: tuple[Scene, Snapshot]) -> Iterator[None]:
    """The stage has ProConnect."""
    with http.functions_answer(), provider_running():
        yield


def asks(scene: Scene, act: Act, *, twin_at: int = 0, before: int = 0) -> tuple[Repeating, Answer]:
    """Somebody of the scene does this; her browser, and the answer to the last thing that she posted."""
    kept = scene.clients.get(act.who)
    browser = Repeating(dict(kept.cookies) if kept else {}, twin_at=twin_at, before=before)
    return browser, act.ask(Asker(act.who, browser, scene))


def test_every_post_of_the_site_is_sent_twice() -> None:
    assert {act.route for act in ACTS} == {f"POST {route.path}" for route in ROUTES if route.method == "POST"}


@pytest.mark.parametrize("act", EVERYBODYS, ids=str)
def test_a_post_that_is_sent_once_more_is_the_same_act(act: Act, stage: tuple[Scene, Snapshot]) -> None:
    scene, stand = stage
    stand.restore()
    waiting = unsent(scene.world)
    with http.mails_woken() as woken:
        browser, first = asks(scene, act)
        assert first.status < 400, alike(first)
        after = shape(scene.world, act)

        again = browser.again()
        twice = shape(scene.world, act)

    assert woken >= unsent(scene.world) - waiting, "each mail that somebody's act makes leaves now"
    assert alike(again) == OTHERWISE.get(act.route, alike(first))
    if act.route not in ANEW:
        assert (twice - after, after - twice) == ({}, {})


@pytest.mark.parametrize("act", EVERYBODYS, ids=str)
@pytest.mark.parametrize(
    "place", [0, *(pytest.param(number, marks=pytest.mark.proof) for number in range(1, MOST_WRITES))]
)
def test_a_post_that_is_sent_twice_at_once_is_one_act(
    act: Act, place: int, stage: tuple[Scene, Snapshot]
) -> None:
    """A whole second POST runs before a write of the first."""
    scene, stand = stage
    stand.restore()
    browser, once = asks(scene, act)
    after, posts = shape(scene.world, act), browser.posts
    stand.restore()
    browser, first = asks(scene, act, twin_at=posts, before=place)
    both = shape(scene.world, act)

    if browser.twin is not None and act.route not in {*OTHERWISE, *ANEW}:
        assert (alike(browser.twin), alike(first)) == (alike(once), alike(once))
        assert (both - after, after - both) == ({}, {})
