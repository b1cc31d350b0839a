"""Two things at once, one of them whole between any two calls of the other: what only an unlucky instant shows.

A purge that meets a claim, a claim that meets another, two mailers, two inspections, a mail read before it was noted that it
had left. One of them wins, both sides see which, and the timeline says what happened.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.domain.kernel.deposit import DepositState
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.values import Step
from chalicelib.errors import LinkClosed, LinkExpired, LinkSpent, ProofLocked, ProofWrong, TryAgain
from chalicelib.stores import keys
from chalicelib.stories import retention
from chalicelib.stories.documents import inspecting, opening
from chalicelib.stories.mails import mailing
from tests.conftest import Clock
from tests.faults.machinery import Explorer
from tests.faults.wire import Tap
from tests.support.passings import answers_question
from tests.support.relays import Browser, Relay
from tests.support.worlds import World


def test_of_two_browsers_that_open_at_once_one_wins_and_the_other_is_told(
    relay: Relay, world: World, time: Clock
) -> None:
    token = relay.sends()
    first, second = answers_question(token), answers_question(token)

    def check(first: Any, other: Any) -> None:
        winners = [answer for answer in (first, other) if isinstance(answer, dict)]
        losers = [answer for answer in (first, other) if isinstance(answer, LinkSpent)]
        assert (len(winners), len(losers)) == (1, 1)
        assert relay.event_kinds().count(EventKind.LINK_OPENED) == 1

    Explorer("open ∥ open", world, time).interleave(
        lambda: first.opens(token), lambda: second.opens(token), check
    )


def _opened_or_expired(relay: Relay, answer: Any, browser: Browser, again: Callable[[], Any]) -> None:
    """Check that either one browser got the documents and was told so, or nobody did and all is erased."""
    kinds = relay.event_kinds()
    if isinstance(answer, dict):
        assert browser.reads(answer, relay.world) == relay.sent[0].plain
        assert relay.deposit().state is DepositState.OPENED
        assert EventKind.LINK_OPENED in kinds and EventKind.LINK_EXPIRED not in kinds
    else:
        assert isinstance(answer, LinkExpired | TryAgain), repr(
            answer
        )  # the object may go before its item says so
        with pytest.raises(LinkExpired):
            again()
        relay.purges()
        assert relay.world.objects() == {}
        assert EventKind.LINK_EXPIRED in kinds and EventKind.LINK_OPENED not in kinds


def test_a_claim_from_a_late_clock_during_a_purge_is_served_or_refused_never_both(
    relay: Relay, world: World, time: Clock
) -> None:
    token = relay.sends()
    time.now = relay.deposit().erase_at - timedelta(hours=1)
    browser = answers_question(token)
    late = relay.deposit().erase_at - timedelta(seconds=30)
    time.now = relay.deposit().erase_at

    def claim() -> Any:
        return browser.opens_at(token, late)

    Explorer("purge ∥ late open", world, time).interleave(
        lambda: retention.purge(now=clock.utc_now()),
        claim,
        lambda report, answer: _opened_or_expired(relay, answer, browser, claim),
    )
    Explorer("late open ∥ purge", world, time).interleave(
        claim,
        lambda: retention.purge(now=clock.utc_now()),
        lambda answer, report: _opened_or_expired(relay, answer, browser, claim),
    )


def test_two_purges_at_once_tell_one_erasure(relay: Relay, world: World, time: Clock) -> None:
    relay.sends()
    time.now = relay.deposit().erase_at

    def purge() -> Any:
        return retention.purge(now=clock.utc_now())

    def check(claimed: Any, other: Any) -> None:
        assert relay.purges().failed == 0
        assert world.objects() == {}
        assert relay.event_kinds()[-2:] == [EventKind.LINK_EXPIRED, EventKind.DOCUMENTS_ERASED]
        assert relay.event_kinds().count(EventKind.DOCUMENTS_ERASED) == 1
        assert relay.deposit().contents is None

    Explorer("purge ∥ purge", world, time).interleave(purge, purge, check)


def test_a_confirmation_during_a_purge_is_told_and_erased_once(
    relay: Relay, world: World, time: Clock
) -> None:
    token = relay.sends()
    browser = answers_question(token)
    browser.opens(token)
    late = relay.deposit().erase_at - timedelta(seconds=30)
    time.now = relay.deposit().erase_at

    def check(report: Any, answer: Any) -> None:
        relay.purges()
        assert world.objects() == {}
        kinds, confirmed = relay.event_kinds(), relay.deposit().state is DepositState.CONFIRMED
        assert (answer is None) == confirmed == (EventKind.DOCUMENTS_CONFIRMED in kinds)
        assert kinds.count(EventKind.DOCUMENTS_ERASED) == 1

    Explorer("purge ∥ late answer", world, time).interleave(
        lambda: retention.purge(now=clock.utc_now()),
        lambda: opening.answer(token, readable=True, browser=browser.digest, now=late),
        check,
    )


def test_two_inspections_at_once_make_one_link_and_one_mail(relay: Relay, world: World, time: Clock) -> None:
    relay.announces()
    key = relay.uploads()

    def inspect() -> str:
        return inspecting.inspect(key, now=clock.utc_now())

    def check(first: Any, other: Any) -> None:
        assert {first, other} <= {"verified", "done"}
        assert sum(item["pk"].startswith("link#") for item in world.table("RELAY_TABLE")) == 1
        assert len(relay.outbox()) == 1
        assert relay.event_kinds()[3:] == [EventKind.DOCUMENTS_RECEIVED, EventKind.DOCUMENTS_VERIFIED]

    Explorer("inspect ∥ inspect", world, time).interleave(inspect, inspect, check)


def test_two_mailers_at_the_same_instant_send_one_mail(relay: Relay, world: World, time: Clock) -> None:
    relay.announces()
    relay.uploads()
    relay.is_inspected()
    (waiting,) = relay.outbox()
    now = clock.utc_now()

    def send() -> int:
        return mailing.send_all([waiting], now=now)

    def check(first: Any, other: Any) -> None:
        relay.mailer_runs()
        assert len(relay.tokens()) == 1
        assert relay.event_kinds().count(EventKind.LINK_SENT) == 1
        assert relay.outbox() == []

    Explorer("mailer ∥ mailer", world, time).interleave(send, send, check)


def test_a_mail_read_before_it_was_noted_as_sent_opens_and_both_are_told(
    relay: Relay, world: World, time: Clock
) -> None:
    relay.announces()
    relay.uploads()
    relay.is_inspected()
    (waiting,) = relay.outbox()
    token = keys.compute_link_token(relay.link().build_token_message(relay.link().version))
    browser = Browser()

    def read() -> Any:
        browser.proves(token)
        return browser.opens(token)

    def check(sent: Any, answer: Any) -> None:
        kinds = relay.event_kinds()
        assert kinds.count(EventKind.LINK_SENT) == 1
        if isinstance(answer, dict):
            assert relay.deposit().state is DepositState.OPENED
            assert relay.head().step is Step.OPENED
            assert relay.deposit().left_at is not None
        else:
            assert relay.tokens() == [token]
            assert EventKind.LINK_OPENED not in kinds

    Explorer("mailer ∥ open", world, time).interleave(
        lambda: mailing.send_all([waiting], now=clock.utc_now()), read, check
    )


def test_an_expired_link_stays_expired_for_a_clock_that_is_right(
    relay: Relay, world: World, time: Clock
) -> None:
    token = relay.sends()
    time.now = relay.deposit().erase_at - timedelta(hours=1)
    browser = answers_question(token)
    time.now = relay.deposit().erase_at

    def check(report: Any, answer: Any) -> None:
        assert isinstance(answer, LinkExpired)

    Explorer("purge ∥ open", world, time).interleave(
        lambda: retention.purge(now=clock.utc_now()), lambda: browser.opens(token), check
    )


def _wrong_answers(token: str, count: int) -> Any:
    """Answer the question wrongly so many times; return the refusal of the last answer."""
    for _ in range(count):
        with pytest.raises((ProofWrong, ProofLocked, LinkClosed)) as refused:
            Browser().proves(token, "autre@entreprise.example")
    return refused.value


@pytest.mark.parametrize("before", [4, 19], ids=["the fifth pauses", "the twentieth closes"])
def test_a_right_answer_under_way_does_not_pass_a_question_that_was_just_locked(
    relay: Relay, world: World, time: Clock, before: int
) -> None:
    browser = Browser()
    token = relay.sends()
    for _ in range(before):
        _wrong_answers(token, count=1)
        time.passes(minutes=16)
    locks = ProofLocked if before == 4 else LinkClosed

    def check(answer: Any, refusal: Any) -> None:
        assert isinstance(refusal, locks)
        assert isinstance(answer, ProofLocked | LinkClosed), repr(answer)
        assert opening.find_visit(token, browser.digest).proof is None

    Explorer("right answer ∥ the one that locks", world, time).interleave(
        lambda: browser.proves(token), lambda: _wrong_answers(token, count=1), check
    )


def test_a_right_answer_hinders_no_other_right_answer(relay: Relay) -> None:
    """Two right answers at once are both written at the first try."""
    first, other = Browser(), Browser()
    token = relay.sends()

    def act(*_: Any) -> None:
        tap.asleep = True
        other.proves(token)
        tap.asleep = False

    with Tap(act=act, operation="TransactWriteItems", times=1).open() as tap:
        first.proves(token)

    assert [call.operation for call in tap.calls].count("TransactWriteItems") == 1
    assert all(opening.find_visit(token, browser.digest).proof is not None for browser in (first, other))
