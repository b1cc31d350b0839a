"""What follows a fault: the same person does it again, and two more minutes pass."""

from collections.abc import Callable
from typing import Any

from chalicelib import clock
from chalicelib.domain.documents.mailing import LEASE
from chalicelib.errors import TryAgain
from chalicelib.stores import objects
from chalicelib.stories.documents import inspecting
from chalicelib.stories.mails import mailing
from tests.conftest import Clock
from tests.faults.machinery import Broken
from tests.faults.wire import Crash
from tests.support.relays import Relay

MINUTES = 2


def again(broken: Broken, act: Callable[[], Any]) -> Any:
    """What the flow answered, or what the same person hears who does it again.

    A flow may die, or say « try again »; any other error would be a page that says « the fault is ours ».
    """
    if broken.error is None:
        return broken.answer
    assert isinstance(broken.error, Crash | TryAgain), repr(broken.error)
    return act()


def minutes_pass(relay: Relay, time: Clock) -> None:
    """Run the minute function twice, then the functions that it wakes."""
    for _ in range(MINUTES):
        time.passes(seconds=LEASE.total_seconds() + 60)
        report = relay.purges()
        assert report.failed == 0
        if report.woken:
            inspects_all(relay)
        mailing.send_all(relay.outbox(), now=clock.utc_now())


def inspects_all(relay: Relay) -> None:
    """Inspect every object that arrived for this relay's deposits."""
    for document in relay.sent:
        key = objects.object_key(document.deposit, document.kind)
        if key in relay.world.objects():
            inspecting.inspect(key, now=clock.utc_now())
