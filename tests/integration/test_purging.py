"""When documents go, row by row: not a millisecond before, and in the first run after. The timeline says so."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from chalicelib.domain.kernel.calendar import day_of, end_of
from chalicelib.domain.kernel.deposit import DepositState
from chalicelib.domain.kernel.timeline import EventKind, Reason
from chalicelib.domain.kernel.values import Step
from chalicelib.stores import parcours_table
from chalicelib.stories import retention
from chalicelib.stories.documents import inspecting
from tests.conftest import Clock
from tests.support import factories, relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.relays import Browser, Relay
from tests.support.worlds import World

A_MOMENT = timedelta(milliseconds=1)


def _announced(relay: Relay, time: Clock) -> datetime:
    """Announce a document; return when an upload that never comes is given up."""
    relay.announces()
    return relay.deposit().created_at + timedelta(minutes=60)


def _announced_again(relay: Relay, time: Clock) -> datetime:
    """Announce a document twice; return when an upload that never comes is given up."""
    document = relay.announces()
    time.passes(minutes=59)
    relay.announces(document)
    return relay.deposit().form_signed_at + timedelta(minutes=60)


def _sent(relay: Relay, time: Clock) -> datetime:
    """Send a document; return when it expires unopened: at the end of a day, fifteen with the present one."""
    relay.sends()
    return end_of(day_of(relay.link().created_at) + timedelta(days=14))


def _opened(relay: Relay, time: Clock, *, after: timedelta = timedelta(0)) -> datetime:
    """Send a document and open it ``after`` so long; return when it expires."""
    browser, token = Browser(), relay.sends()
    time.now += after
    browser.proves(token)
    browser.opens(token)
    opened_at = relay.link().opened_at
    assert opened_at is not None
    return opened_at + timedelta(hours=72)


def _opened_on_the_last_day(relay: Relay, time: Clock) -> datetime:
    """Open a document in the last hour of its time; return when it expires."""
    ends_at = end_of(day_of(time.now) + timedelta(days=14))
    return _opened(relay, time, after=ends_at - time.now - timedelta(hours=1))


def _unreadable(relay: Relay, time: Clock) -> datetime:
    """Open a document and say that it could not be read; return when it expires."""
    browser, token = Browser(), relay.sends()
    browser.proves(token)
    browser.opens(token)
    time.passes(hours=5)
    browser.confirms(token, readable=False)
    opened_at = relay.link().opened_at
    assert opened_at is not None
    return opened_at + timedelta(hours=72)


def _confirmed(relay: Relay, time: Clock) -> datetime:
    """Open a document and confirm that it could be read; return when it is to be erased."""
    browser, token = Browser(), relay.sends()
    browser.proves(token)
    browser.opens(token)
    browser.confirms(token)
    confirmed_at = relay.deposit().confirmed_at
    assert confirmed_at is not None
    return confirmed_at


def _refused(relay: Relay, time: Clock) -> datetime:
    """Upload a changed document, which inspection refuses; return when it is to be erased."""
    relay.announces()
    relay.uploads(blob=factories.turn_last_bit(relay.sent[0].blob))
    relay.is_inspected()
    return parcours_table.read_page(relay.parcours_id).events[-1].at


LATER: dict[str, tuple[Callable[[Relay, Clock], datetime], DepositState, list[EventKind], Reason | None]] = {
    "announced": (_announced, DepositState.EXPIRED, [EventKind.DEPOSIT_ABANDONED], None),
    "announced again": (_announced_again, DepositState.EXPIRED, [EventKind.DEPOSIT_ABANDONED], None),
    "unopened": (
        _sent,
        DepositState.EXPIRED,
        [EventKind.LINK_EXPIRED, EventKind.DOCUMENTS_ERASED],
        None,
    ),
    "opened": (_opened, DepositState.OPENED, [EventKind.DOCUMENTS_ERASED], Reason.NEVER_CONFIRMED),
    "opened on the last day": (
        _opened_on_the_last_day,
        DepositState.OPENED,
        [EventKind.DOCUMENTS_ERASED],
        Reason.NEVER_CONFIRMED,
    ),
    "unreadable": (
        _unreadable,
        DepositState.UNREADABLE,
        [EventKind.DOCUMENTS_ERASED],
        Reason.NEVER_CONFIRMED,
    ),
}
"""What happened to a deposit and when it is due; as what it ends; what is told then, and why."""


@pytest.mark.parametrize("what", LATER)
def test_documents_are_erased_exactly_at_their_expiry(world: World, time: Clock, what: str) -> None:
    happens, ends_as, told, reason = LATER[what]
    relay = relays.started(world)
    due = happens(relay, time)
    relay.uploads()
    held, before = world.objects(), relay.event_kinds()

    assert retention.purge(now=due - A_MOMENT).erased == 0
    assert world.objects() == held and relay.event_kinds() == before
    time.now = due

    assert retention.purge(now=due).erased == 1

    assert world.objects() == {}
    assert relay.event_kinds() == before + told
    assert parcours_table.read_page(relay.parcours_id).events[-1].reason is reason
    deposit = relay.deposit()
    assert (deposit.state, deposit.contents) == (ends_as, None)
    assert relay.head().live_deposit is None
    assert COMPANY_ADDRESS not in str(deposit)


@pytest.mark.parametrize(
    ("happens", "state"),
    [(_confirmed, DepositState.CONFIRMED), (_refused, DepositState.REFUSED)],
    ids=["confirmed", "refused"],
)
def test_ended_documents_are_erased_by_the_next_purge(
    relay: Relay, world: World, time: Clock, happens: Callable[[Relay, Clock], datetime], state: DepositState
) -> None:
    due = happens(relay, time)
    assert relay.deposit().erase_at == due

    assert retention.purge(now=due).erased == 1

    assert world.objects() == {}
    assert (relay.deposit().state, relay.deposit().contents) == (state, None)
    assert relay.event_kinds()[-1] is EventKind.DOCUMENTS_ERASED
    assert relay.event_kinds().count(EventKind.DOCUMENTS_ERASED) == 1


def test_what_arrived_and_was_never_judged_is_abandoned_after_fifteen_days(
    relay: Relay, world: World, time: Clock
) -> None:
    """Its inspection dies each time: every minute wakes it again, until its time is over."""
    relay.announces()
    relay.uploads()
    inspecting._note_arrival(relay.sent[0].deposit, relay.sent[0].kind, time.now)
    received_at = relay.deposit().received_at
    assert received_at is not None
    due = end_of(day_of(received_at) + timedelta(days=14))

    assert retention.purge(now=due - A_MOMENT).woken == 1
    time.now = due
    assert retention.purge(now=due).erased == 1

    assert world.objects() == {}
    assert relay.event_kinds()[-2:] == [EventKind.DEPOSIT_ABANDONED, EventKind.DOCUMENTS_ERASED]


def test_an_expired_sending_is_the_tutors_to_do_again(relay: Relay, time: Clock) -> None:
    time.now = _sent(relay, time)
    relay.purges()

    assert relay.head().step is Step.DOCUMENTS_TO_SEND
    assert relay.sends()


def test_each_erasure_is_told_after_the_end_it_follows_from(relay: Relay, time: Clock) -> None:
    time.now = _sent(relay, time)
    relay.purges()

    expired, erased = parcours_table.read_page(relay.parcours_id).events[-2:]
    assert (expired.kind, erased.kind) == (EventKind.LINK_EXPIRED, EventKind.DOCUMENTS_ERASED)
    assert expired.at < erased.at
