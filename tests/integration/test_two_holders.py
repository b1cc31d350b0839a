"""Two links to the same documents: what one holder could read is never undone by the other, nor by time."""

import pytest

from chalicelib.domain.kernel.timeline import EventKind, Reason
from chalicelib.domain.kernel.values import Step
from chalicelib.stores import parcours_table
from tests.conftest import Clock
from tests.support import relays
from tests.support.passings import COLLEAGUE, adds, answers_question
from tests.support.relays import Browser, Relay
from tests.support.worlds import World


def read_by_the_first(world: World) -> tuple[Relay, Browser, str]:
    """Return a parcours whose first holder could read, and the second holder's browser and token, which has not opened."""
    relay = relays.started(world)
    token = relay.sends()
    holder = answers_question(token)
    holder.opens(token)
    adds(holder, token)
    relay.mailer_runs()
    holder.confirms(token)
    second = relay.tokens()[-1]
    return relay, answers_question(second, COLLEAGUE), second


def stands_received(relay: Relay) -> bool:
    """Return whether the parcours is at the step of read documents, without a setback."""
    return (relay.head().step, relay.head().setback) == (Step.RECEIVED, None)


@pytest.mark.parametrize("unreadable", [False, True])
def test_what_was_read_is_not_said_to_be_unconfirmed_when_its_time_is_over(
    world: World, time: Clock, unreadable: bool
) -> None:
    """Once one of two holders has confirmed, the erasure after 72 hours is not noted as « never confirmed », whatever the other
    says.
    """
    relay, colleague, second = read_by_the_first(world)
    if unreadable:
        colleague.opens(second)
        colleague.confirms(second, readable=False)
        assert EventKind.DOCUMENTS_UNREADABLE in relay.event_kinds()
        assert stands_received(relay)

    time.passes(hours=72)
    relay.purges()

    erased = parcours_table.read_page(relay.parcours_id).events[-1]
    assert (erased.kind, erased.reason) == (EventKind.DOCUMENTS_ERASED, None)
    assert stands_received(relay)


def test_what_nobody_read_is_still_said_to_be_unconfirmed(relay: Relay, time: Clock) -> None:
    """Documents that were opened and not confirmed within 72 hours are erased as « never confirmed »."""
    token = relay.sends()
    answers_question(token).opens(token)

    time.passes(hours=72)
    relay.purges()

    assert parcours_table.read_page(relay.parcours_id).events[-1].reason is Reason.NEVER_CONFIRMED
