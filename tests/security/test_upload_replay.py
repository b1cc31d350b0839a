"""Promise 3 against an upload form that is used again: it holds for minutes after everything was erased.

The form is signed by the story and posted for real. These worlds deliver no event: the purge alone finds what arrives unsaid.
"""

from collections.abc import Callable

import pytest

from chalicelib.domain.kernel.deposit import DepositState
from tests.conftest import Clock
from tests.security.visitor import post_form
from tests.support import factories, relays
from tests.support.relays import Browser, Relay
from tests.support.worlds import World

pytestmark = pytest.mark.cloud


def _confirmed(relay: Relay, time: Clock) -> DepositState:
    token, winner = relay.sends(), Browser()
    winner.proves(token)
    winner.opens(token)
    winner.confirms(token)
    return DepositState.CONFIRMED


def _opened_and_never_confirmed(relay: Relay, time: Clock) -> DepositState:
    token, winner = relay.sends(), Browser()
    winner.proves(token)
    winner.opens(token)
    time.passes(hours=72)
    return DepositState.OPENED


def _refused(relay: Relay, time: Clock) -> DepositState:
    relay.announces(factories.sealed(b"This is no PDF, however it is sealed."))
    relay.uploads()
    assert relay.is_inspected() == "refused"
    relay.mailer_runs()
    return DepositState.REFUSED


def _never_opened(relay: Relay, time: Clock) -> DepositState:
    relay.sends()
    time.passes(days=15)
    return DepositState.EXPIRED


def _never_uploaded(relay: Relay, time: Clock) -> DepositState:
    relay.announces()
    time.passes(minutes=60)
    return DepositState.EXPIRED


ENDS: dict[str, Callable[[Relay, Clock], DepositState]] = {
    "received": _confirmed,
    "opened, never confirmed": _opened_and_never_confirmed,
    "refused": _refused,
    "expired unopened": _never_opened,
    "expired before any upload": _never_uploaded,
}


FIRST = {"received", "expired unopened"}
"""The ends that ``make test`` tries; the long suite tries the others."""


@pytest.mark.parametrize(
    "end", [end if end in FIRST else pytest.param(end, marks=pytest.mark.proof) for end in ENDS]
)
def test_a_form_used_again_after_the_end_leaves_nothing(end: str, cloud_world: World, time: Clock) -> None:
    relay = relays.started(cloud_world)
    state = ENDS[end](relay, time)
    time.passes(seconds=1)

    _posts_again(relay)  # before the purge has seen the end
    relay.purges()

    assert cloud_world.objects() == {}
    assert (relay.deposit().state, relay.deposit().contents) == (state, None)
    stood, mails = cloud_world.everything(), len(cloud_world.mails())
    for event in ("dropped", "delivered"):
        _posts_again(relay)
        assert len(cloud_world.objects()) == 1
        if event == "delivered":
            assert relay.is_inspected() == "orphan"
        relay.purges()
        assert cloud_world.objects() == {}
    assert (cloud_world.everything(), len(cloud_world.mails())) == (stood, mails)


def _posts_again(relay: Relay) -> None:
    assert post_form(relay.forms[-1], relay.sent[-1].blob) == 204


def test_a_form_used_again_while_the_link_waits_makes_no_second_link(cloud_world: World, time: Clock) -> None:
    relay = relays.started(cloud_world)
    token = relay.sends()
    stood, mails = cloud_world.everything(), len(cloud_world.mails())

    _posts_again(relay)
    assert relay.is_inspected() == "done"
    relay.purges()

    assert (cloud_world.everything(), len(cloud_world.mails())) == (stood, mails)
    winner = Browser()
    winner.proves(token)
    assert winner.reads(winner.opens(token), cloud_world) == relay.sent[-1].plain
