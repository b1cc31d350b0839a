"""Sending, inspecting, proving, opening, answering and purging, broken at each of their calls.

Whatever was refused, lost or done twice, the same person doing the same thing again, or two more minutes, make it right:
nothing is lost, nothing is told twice, one browser is served, and what is due is gone (invariants I1 to I9 of the reliability
study; I11, the context of every key, is checked by the explorer itself).
"""

import pytest

from chalicelib import clock
from chalicelib.domain.kernel import address
from chalicelib.domain.kernel.deposit import DepositState
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.values import Step
from chalicelib.errors import LinkErased, LinkExpired, LinkSpent
from chalicelib.stores import aws, keys, objects
from chalicelib.stores import relay_table as stored
from chalicelib.stores.objects import UploadForm
from chalicelib.stories import retention
from chalicelib.stories.documents import inspecting
from tests.conftest import Clock
from tests.faults.machinery import Broken, Explorer
from tests.faults.recovery import MINUTES, again, minutes_pass
from tests.support import factories
from tests.support.factories import COMPANY_ADDRESS
from tests.support.relays import Browser, Relay
from tests.support.worlds import World

SENT = [EventKind.DOCUMENTS_RECEIVED, EventKind.DOCUMENTS_VERIFIED, EventKind.LINK_SENT]


def _tells_no_secret(relay: Relay) -> None:
    """Check that no table holds the document or its key."""
    everything = relay.world.everything()
    assert relay.sent[0].key.hex() not in everything
    assert "Curriculum" not in everything


def test_an_announced_deposit_stands_once_and_its_form_is_signed_whatever_breaks(
    relay: Relay, world: World, time: Clock
) -> None:
    document = factories.sealed()

    def flow() -> UploadForm:
        relay.sent, relay.forms = [], []
        relay.announces(document)
        return relay.forms[0]

    def check(broken: Broken) -> None:
        form = again(broken, flow)
        deposit = relay.deposit()
        assert relay.event_kinds()[2:] == [EventKind.DEPOSIT_OPENED]
        assert deposit.state is DepositState.EXPECTED and deposit.contents is not None
        to = address.bind_recipient(deposit.contents.salt, COMPANY_ADDRESS)
        context = keys.KeyContext(deposit.id, "cv", to)
        assert keys.unwrap(form["fields"][objects.KEY_FIELD], context) == document.key
        _tells_no_secret(relay)

    Explorer("sending", world, time).explore(flow, check)


def test_a_deposit_that_was_never_answered_is_abandoned_and_frees_its_parcours(
    relay: Relay, world: World, time: Clock
) -> None:
    document = factories.sealed()

    def flow() -> None:
        relay.sent, relay.forms = [], []
        relay.announces(document)

    def check(broken: Broken) -> None:
        time.passes(minutes=61)
        relay.purges()
        deposit = stored.read_deposit(document.deposit)
        assert relay.head().live_deposit is None
        assert deposit is None or (deposit.state is DepositState.EXPIRED and deposit.contents is None)
        assert COMPANY_ADDRESS not in str(world.table("RELAY_TABLE"))

    Explorer("sending, and nobody comes back", world, time).explore(flow, check)


def test_an_inspected_document_leaves_once_whatever_breaks(relay: Relay, world: World, time: Clock) -> None:
    relay.announces()
    key = relay.uploads()

    def check(broken: Broken) -> None:
        minutes_pass(relay, time)
        assert relay.event_kinds()[3:] == SENT
        assert len(relay.tokens()) == 1 and len(world.mails()) == 2
        assert relay.outbox() == []
        assert world.objects() == {key: relay.sent[0].blob}
        assert sum(item["pk"].startswith("link#") for item in world.table("RELAY_TABLE")) == 1
        _tells_no_secret(relay)

    Explorer("inspecting", world, time).explore(lambda: inspecting.inspect(key, now=clock.utc_now()), check)


def test_a_refused_document_is_erased_and_told_to_its_sender_alone_once_whatever_breaks(
    relay: Relay, world: World, time: Clock
) -> None:
    relay.announces()
    key = relay.uploads(blob=factories.turn_last_bit(relay.sent[0].blob))

    def check(broken: Broken) -> None:
        minutes_pass(relay, time)
        assert world.objects() == {}
        assert relay.event_kinds()[3:] == [
            EventKind.DOCUMENTS_RECEIVED,
            EventKind.DOCUMENTS_REFUSED,
            EventKind.DOCUMENTS_ERASED,
        ]
        assert [str(mail["To"]) for mail in world.mails()] == [relay.tutor.address]
        assert (relay.deposit().state, relay.deposit().contents) == (DepositState.REFUSED, None)
        assert relay.head().live_deposit is None
        assert relay.outbox() == []

    Explorer("inspecting and refusing", world, time).explore(
        lambda: inspecting.inspect(key, now=clock.utc_now()), check
    )


def test_a_right_answer_to_the_question_is_kept_whatever_breaks(
    relay: Relay, world: World, time: Clock
) -> None:
    browser = Browser()
    token = relay.sends()

    def check(broken: Broken) -> None:
        again(broken, lambda: browser.proves(token))
        assert browser.looks(token).is_proven
        tries = stored.read_tries(relay.link().id)
        assert tries is None or tries.wrong == 0

    Explorer("proving", world, time).explore(lambda: browser.proves(token), check)


def test_the_browser_that_opened_is_served_though_its_answer_was_lost_and_no_other(
    relay: Relay, world: World, time: Clock
) -> None:
    browser, other = Browser(), Browser()
    token = relay.sends()
    browser.proves(token)
    other.proves(token)

    def check(broken: Broken) -> None:
        opened = again(broken, lambda: browser.opens(token))
        assert browser.reads(opened, world) == relay.sent[0].plain
        assert relay.event_kinds()[3:] == [*SENT, EventKind.LINK_OPENED]
        assert relay.deposit().state is DepositState.OPENED
        with pytest.raises(LinkSpent):
            other.opens(token)
        _tells_no_secret(relay)

    Explorer("opening", world, time).explore(lambda: browser.opens(token), check)


def test_an_opening_that_nobody_saw_leaves_the_link_to_somebody_else_unless_it_was_written(
    relay: Relay, world: World, time: Clock
) -> None:
    browser, other = Browser(), Browser()
    token = relay.sends()
    browser.proves(token)
    other.proves(token)

    def check(broken: Broken) -> None:
        claimed = relay.link().opened_by == browser.digest
        assert claimed == (broken.error is None or broken.reached("TransactWriteItems"))
        if claimed:
            with pytest.raises(LinkSpent):
                other.opens(token)
        else:
            assert other.reads(other.opens(token), world) == relay.sent[0].plain

    Explorer("opening, and somebody else comes", world, time).explore(lambda: browser.opens(token), check)


@pytest.mark.parametrize("readable", [True, False])
def test_what_the_winner_says_is_told_once_whatever_breaks(
    relay: Relay, world: World, time: Clock, readable: bool
) -> None:
    browser = Browser()
    token = relay.sends()
    browser.proves(token)
    browser.opens(token)

    def flow() -> None:
        browser.confirms(token, readable=readable)

    def check(broken: Broken) -> None:
        again(broken, flow)
        kind = EventKind.DOCUMENTS_CONFIRMED if readable else EventKind.DOCUMENTS_UNREADABLE
        time.passes(minutes=1)
        relay.purges()
        assert (world.objects() == {}) == readable
        erased = [EventKind.DOCUMENTS_ERASED] if readable else []
        assert relay.event_kinds()[3:] == [*SENT, EventKind.LINK_OPENED, kind, *erased]

    Explorer(f"answering {'yes' if readable else 'no'}", world, time).explore(flow, check)


def test_what_is_due_is_gone_after_two_more_minutes_whatever_breaks(
    relay: Relay, world: World, time: Clock
) -> None:
    """One run that expires a deposit, forgets an old link and sweeps an orphan."""
    browser = Browser()
    old = relay.sends()
    browser.proves(old)
    browser.opens(old)
    browser.confirms(old)
    time.passes(minutes=1)
    relay.purges()
    time.passes(days=46)
    token = relay.sends()
    time.passes(days=15)
    bucket = world.environment["DOCUMENT_BUCKET"]
    orphan = "sealed/00000000-0000-4000-8000-000000000000/cv"
    aws.s3().put_object(Bucket=bucket, Key=orphan, Body=b"x", Metadata={"key": "eA=="})

    def check(broken: Broken) -> None:
        for _ in range(MINUTES):
            time.passes(minutes=1)
            last = relay.purges()
        assert last.failed == 0
        assert world.objects() == {}
        kinds, deposit, head = relay.event_kinds(), relay.deposit(), relay.head()
        assert kinds[-2:] == [EventKind.LINK_EXPIRED, EventKind.DOCUMENTS_ERASED]
        assert kinds.count(EventKind.LINK_EXPIRED) == 1
        assert (deposit.state, deposit.contents) == (DepositState.EXPIRED, None)
        assert (head.step, head.live_deposit) == (Step.DOCUMENTS_TO_SEND, None)
        assert stored.read_link(relay.deposit(0).link or "") is None
        with pytest.raises(LinkExpired):
            browser.proves(token)
            browser.opens(token)

    Explorer("purging", world, time).explore(lambda: retention.purge(now=clock.utc_now()), check)


def test_an_erased_link_says_so_after_any_purge(relay: Relay, world: World, time: Clock) -> None:
    browser = Browser()
    token = relay.sends()
    browser.proves(token)
    browser.opens(token)
    browser.confirms(token)
    time.passes(seconds=1)

    def check(broken: Broken) -> None:
        with pytest.raises(LinkErased):
            browser.opens(token)
        relay.purges()
        assert world.objects() == {}
        assert relay.event_kinds().count(EventKind.DOCUMENTS_ERASED) == 1
        assert COMPANY_ADDRESS not in str(relay.deposit())

    Explorer("purging what was confirmed", world, time).explore(
        lambda: retention.purge(now=clock.utc_now()), check
    )
