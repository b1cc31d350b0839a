"""The minute function does a part of everything each minute: no kind of work hides or starves another."""

from datetime import datetime, timedelta

import pytest

from chalicelib.domain.deposit import Deposit, DepositState
from chalicelib.domain.link import Tries
from chalicelib.domain.transition import Change, MailKind, OutboxMail, Transition
from chalicelib.domain.values import Kind
from chalicelib.stores import relay as stored
from chalicelib.stores import transactions
from chalicelib.stories import purging
from tests import relays
from tests.conftest import Clock
from tests.relays import Browser
from tests.worlds import World

MOST = transactions.MOST_WRITES


def _written(*records: Deposit | OutboxMail) -> None:
    for start in range(0, len(records), MOST):
        changes = tuple(Change(None, one) for one in records[start : start + MOST])
        transactions.commit(Transition(changes=changes))


def _mail(number: int, at: datetime) -> OutboxMail:
    """As anybody has it written who asks for a code."""
    return OutboxMail(key=f"m{number}", kind=MailKind.SIGN_IN_CODE, created_at=at, challenge=f"c{number}")


def _erasure(number: int, parcours: str, at: datetime) -> Deposit:
    """Documents that were sent and whose time is over at ``at``."""
    return Deposit(
        id=f"d{number}",
        parcours=parcours,
        attempt=1,
        kinds=(Kind.CV,),
        state=DepositState.LEFT,
        created_at=at,
        received_at=at,
        form_signed_at=at,
        erase_at=at,
    )


def test_erasures_are_done_however_many_mails_wait(world: World, time: Clock) -> None:
    relay = relays.started(world)
    now = time.now
    _written(*(_mail(one, now - timedelta(minutes=5)) for one in range(1_200)))
    _written(*(_erasure(one, relay.parcours_id, now) for one in range(5)))

    assert purging.purge(now=now + timedelta(seconds=1)).erased == 5


def test_wrong_answers_go_with_their_link_or_by_themselves(world: World, time: Clock) -> None:
    relay = relays.started(world)
    token = relay.sends()
    with pytest.raises(Exception, match=r".*"):
        Browser().proves(token, "autre@entreprise.example")
    link = relay.link()
    tries = stored.tries(link.id)
    assert isinstance(tries, Tries)
    (item,) = [one for one in world.table("RELAY_TABLE") if one["sk"] == "tries"]
    assert item["ttl"] == int(link.closes_at.timestamp())

    relay.purges()
    assert stored.tries(link.id) == tries
    time.now = link.closes_at
    relay.purges()
    assert stored.tries(link.id) is None and stored.link(link.id) is None
