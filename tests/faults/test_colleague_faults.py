"""Passing on, agreeing, declining and taking it back, broken at each of their calls; and passing on while somebody opens.

The same person doing it again, or two more minutes, make it right: one link lives in the place of the first, nothing is told
twice, no key lies where nobody needs it.
"""

import pytest

from chalicelib import clock
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.values import Setback
from chalicelib.errors import DeadLink, LinkRevoked, LinkSpent
from chalicelib.stories.documents import passing
from tests.conftest import Clock
from tests.faults.machinery import Broken, Explorer
from tests.faults.recovery import again, minutes_pass
from tests.faults.sending_changes import told_once
from tests.support import relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.passings import (
    COLLEAGUE,
    OTHER,
    adds,
    answers_question,
    colleague_named,
    list_links,
    offer_with_colleague,
    passes,
)
from tests.support.relays import Relay
from tests.support.worlds import World


def _only_hers_opens(relay: Relay, old: str, address: str) -> None:
    """Check that the colleague's token gives the document and the first recipient's gives nothing."""
    new = relay.tokens()[-1]
    assert new != old and relay.mailed_to().count(address) == 1
    with pytest.raises(DeadLink):
        answers_question(old).opens(old)
    browser = answers_question(new, address)
    assert browser.reads(browser.opens(new), relay.world) == relay.sent[0].plain


def test_a_link_that_is_passed_on_moves_once_whatever_breaks(relay: Relay, world: World, time: Clock) -> None:
    token = relay.sends()
    holder = answers_question(token)

    def check(broken: Broken) -> None:
        assert again(broken, lambda: passes(holder, token)) == passing.GONE
        minutes_pass(relay, time)
        told_once(relay, EventKind.COLLEAGUE_NAMED)
        assert len(list_links(relay)) == 2 and relay.outbox() == []
        _only_hers_opens(relay, token, COLLEAGUE)
        assert relay.sent[0].key.hex() not in world.everything()

    Explorer("passing on", world, time).explore(lambda: passes(holder, token), check)


def test_a_second_link_stands_once_whatever_breaks(relay: Relay, world: World, time: Clock) -> None:
    token = relay.sends()
    holder = answers_question(token)
    holder.opens(token)

    def check(broken: Broken) -> None:
        assert again(broken, lambda: adds(holder, token)) == passing.GONE
        minutes_pass(relay, time)
        told_once(relay, EventKind.COLLEAGUE_ADDED)
        assert len(list_links(relay)) == 2
        second = relay.tokens()[-1]
        browser = answers_question(second, COLLEAGUE)
        assert browser.reads(browser.opens(second), world) == relay.sent[0].plain

    Explorer("adding a colleague", world, time).explore(lambda: adds(holder, token), check)


@pytest.mark.parametrize("yes", [True, False])
def test_what_the_tutor_answers_holds_once_whatever_breaks(
    relay: Relay, world: World, time: Clock, yes: bool
) -> None:
    token = relay.sends()
    passes(answers_question(token), token, colleague_named(OTHER))
    relay.mailer_runs()
    asked = relay.link().asked_link or ""

    def flow() -> None:
        passing.answer(relay.tutor, relay.parcours_id, asked, agrees=yes, now=clock.utc_now())

    def check(broken: Broken) -> None:
        again(broken, flow)
        minutes_pass(relay, time)
        if yes:
            told_once(relay, EventKind.COLLEAGUE_AGREED)
            _only_hers_opens(relay, token, OTHER)
        else:
            assert list_links(relay) == (relay.link(),) and OTHER not in relay.mailed_to()
            browser = answers_question(token)
            assert browser.reads(browser.opens(token), world) == relay.sent[0].plain

    Explorer(f"answering {'yes' if yes else 'no'} to a colleague", world, time).explore(flow, check)


def test_a_refusal_is_told_once_and_the_documents_go_whatever_breaks(
    relay: Relay, world: World, time: Clock
) -> None:
    token = relay.sends()
    holder = answers_question(token)

    def flow() -> None:
        holder.declines(token)

    def check(broken: Broken) -> None:
        again(broken, flow)
        minutes_pass(relay, time)
        told_once(relay, EventKind.COMPANY_DECLINED)
        assert relay.head().setback is Setback.DECLINED
        assert relay.mailed_to().count(COMPANY_ADDRESS) == 2  # the link, and the answer
        time.passes(hours=24)
        minutes_pass(relay, time)
        assert world.objects() == {}

    Explorer("declining", world, time).explore(flow, check)


def test_a_refusal_is_taken_back_once_whatever_breaks(relay: Relay, world: World, time: Clock) -> None:
    token = relay.sends()
    holder = answers_question(token)
    former = relay.deposit().erase_at
    holder.declines(token)

    def flow() -> None:
        holder.withdraws_refusal(token)

    def check(broken: Broken) -> None:
        again(broken, flow)
        told_once(relay, EventKind.COMPANY_DECLINED, EventKind.DECLINE_UNDONE)
        assert (relay.head().setback, relay.deposit().erase_at) == (None, former)

    Explorer("taking a refusal back", world, time).explore(flow, check)


def test_of_an_opening_and_a_passing_on_exactly_one_wins(world: World, time: Clock) -> None:
    relay = relays.started(world, offer=offer_with_colleague())
    token = relay.sends()
    holder, other = answers_question(token), answers_question(token)

    def check(passed: object, opened: object) -> None:
        moved, was_opened = passed == passing.GONE, isinstance(opened, dict)
        assert moved != was_opened, (passed, opened)
        assert isinstance(passed, str | LinkSpent) and isinstance(opened, dict | LinkRevoked)
        assert relay.event_kinds().count(EventKind.COLLEAGUE_NAMED) == moved
        assert relay.event_kinds().count(EventKind.LINK_OPENED) == was_opened

    Explorer("passing on, and somebody opens", world, time).interleave(
        lambda: passes(holder, token), lambda: other.opens(token), check
    )


def test_of_two_passings_on_the_first_holds(relay: Relay, world: World, time: Clock) -> None:
    token = relay.sends()
    holder = answers_question(token)

    def check(first: object, other: object) -> None:
        assert [first, other].count(passing.GONE) == 1, (first, other)
        assert relay.event_kinds().count(EventKind.COLLEAGUE_NAMED) == 1
        assert len(list_links(relay)) == 2

    Explorer("passing on, twice at once", world, time).interleave(
        lambda: passes(holder, token),
        lambda: passes(holder, token, colleague_named("z@jardins.entreprise.example")),
        check,
    )
