"""The relay, story by story, on real stores."""

import pytest

from chalicelib.domain.kernel.deposit import DepositState
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.errors import LinkErased, LinkSpent
from tests.conftest import Clock
from tests.support.relays import Browser, Relay
from tests.support.worlds import World


def test_a_document_is_given_once_confirmed_and_erased(relay: Relay, world: World, time: Clock) -> None:
    token = relay.sends()
    winner, other = Browser(), Browser()
    winner.proves(token)
    other.proves(token)

    opened = winner.opens(token)

    assert winner.reads(opened, world) == relay.sent[0].plain
    with pytest.raises(LinkSpent):
        other.opens(token)
    winner.confirms(token)
    time.passes(seconds=1)
    relay.purges()
    assert world.objects() == {}
    assert relay.deposit().state is DepositState.CONFIRMED
    assert relay.deposit().contents is None
    with pytest.raises(LinkErased):
        winner.opens(token)
    assert relay.event_kinds() == [
        EventKind.OFFER_DECLARED,
        EventKind.OFFER_TAKEN,
        EventKind.DEPOSIT_OPENED,
        EventKind.DOCUMENTS_RECEIVED,
        EventKind.DOCUMENTS_VERIFIED,
        EventKind.LINK_SENT,
        EventKind.LINK_OPENED,
        EventKind.DOCUMENTS_CONFIRMED,
        EventKind.DOCUMENTS_ERASED,
    ]
