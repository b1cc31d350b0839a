"""A change of a sending that meets an opening, the mailer or a purge: one whole between any two calls of the other, both ways.

Of an opening and a revocation, a new link or a second opening exactly one wins, and both sides see which. Whoever revokes and is
told that it is done can be sure that nobody gets the documents from then on.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.domain.documents.mailing import MOST_REFUSALS
from chalicelib.domain.kernel.deposit import DepositState
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.transition import Change
from chalicelib.domain.kernel.values import ParcoursStatus
from chalicelib.errors import DeadLink, LinkErased, LinkRevoked, LinkSpent, OpenedMeanwhile, TryAgain
from chalicelib.stores import relay_table as stored
from chalicelib.stories import retention
from chalicelib.stories.mails import mailing
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.faults.machinery import Explorer
from tests.support import relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.relays import Browser, Relay
from tests.support.worlds import World

ACTS: dict[str, tuple[Callable[[Relay], Any], EventKind]] = {
    "revoke": (sending_changes.revokes, EventKind.LINK_REVOKED),
    "re-send": (sending_changes.resends, EventKind.LINK_RESENT),
}


def _mailed(world: World) -> tuple[Relay, str, Browser]:
    relay, browser = relays.started(world), Browser()
    token = relay.sends()
    browser.proves(token)
    return relay, token, browser


def _stays_shut(relay: Relay, token: str, browser: Browser) -> None:
    """Check that after the revocation neither the same browser nor another gets anything."""
    for reader in (browser, Browser()):
        reader.proves(token)
        with pytest.raises(DeadLink):
            reader.opens(token)


@pytest.mark.parametrize("name", ACTS)
def test_of_an_opening_and_a_change_of_the_sending_one_wins_and_both_see_which(
    world: World, time: Clock, name: str
) -> None:
    relay, token, browser = _mailed(world)
    act, kind = ACTS[name]

    def check(opened: Any, done: Any) -> None:
        kinds = relay.event_kinds()
        if isinstance(opened, dict):
            assert isinstance(done, OpenedMeanwhile), repr(done)
            assert done.facts["since"] == relay.link().opened_at.isoformat()  # type: ignore[union-attr]
            assert relay.deposit().state is DepositState.OPENED
            assert EventKind.LINK_OPENED in kinds and kind not in kinds
            assert browser.reads(opened, world) == relay.sent[0].plain
        else:
            assert isinstance(opened, LinkRevoked) and opened.facts["since"], repr(opened)
            assert done == relay.parcours_id, repr(done)
            assert kind in kinds and EventKind.LINK_OPENED not in kinds
            _stays_shut(relay, token, browser)

    Explorer(f"open ∥ {name}", world, time).interleave(
        lambda: browser.opens(token), lambda: act(relay), check
    )
    Explorer(f"{name} ∥ open", world, time).interleave(
        lambda: act(relay), lambda: browser.opens(token), lambda done, opened: check(opened, done)
    )


@pytest.mark.parametrize("name", ["end", "erase"])
def test_what_ends_everything_wins_over_an_opening_or_follows_it(
    world: World, time: Clock, name: str
) -> None:
    """These are not withheld by an opening: the person's wish leads. Nobody is served after them."""
    relay, token, browser = _mailed(world)
    act, kind = {
        "end": (sending_changes.ends, EventKind.YOUNG_PERSON_WITHDREW),
        "erase": (sending_changes.erases, EventKind.ERASURE_REQUESTED),
    }[name]

    def check(opened: Any, done: Any) -> None:
        kinds = relay.event_kinds()
        assert not isinstance(done, Exception), repr(done)
        assert kind in kinds
        assert isinstance(opened, dict) == (EventKind.LINK_OPENED in kinds)
        if not isinstance(opened, dict):
            assert isinstance(opened, LinkRevoked | LinkErased), repr(opened)
        with pytest.raises(DeadLink):
            browser.opens(token)
        time.passes(seconds=1)
        relay.purges()
        assert world.objects() == {}

    Explorer(f"open ∥ {name}", world, time).interleave(
        lambda: browser.opens(token), lambda: act(relay), check
    )
    Explorer(f"{name} ∥ open", world, time).interleave(
        lambda: act(relay), lambda: browser.opens(token), lambda done, opened: check(opened, done)
    )


def test_of_two_browsers_that_open_a_link_sent_again_one_wins(world: World, time: Clock) -> None:
    relay, old, former = _mailed(world)
    former.opens(old)
    sending_changes.resends(relay, seen_opened=True)
    relay.mailer_runs()
    token, second = relay.tokens()[-1], Browser()
    for browser in (former, second):
        browser.proves(token)

    def check(opened: Any, other: Any) -> None:
        assert sorted(type(answer).__name__ for answer in (opened, other)) == ["LinkSpent", "dict"]
        assert relay.event_kinds().count(EventKind.LINK_OPENED) == 2

    Explorer("open ∥ open, sent again", world, time).interleave(
        lambda: former.opens(token), lambda: second.opens(token), check
    )


def test_a_revocation_during_a_purge_that_erases_is_told_or_refused(world: World, time: Clock) -> None:
    """A purge of what a revocation left, while an opening that came too late is under way."""
    relay, token, browser = _mailed(world)
    sending_changes.revokes(relay)
    time.passes(seconds=1)

    def check(report: Any, opened: Any) -> None:
        assert isinstance(opened, LinkRevoked | TryAgain), repr(opened)
        assert relay.purges().failed == 0
        assert world.objects() == {}
        sending_changes.told_once(relay, EventKind.LINK_REVOKED, EventKind.DOCUMENTS_ERASED)

    Explorer("purge of what was revoked ∥ open", world, time).interleave(
        lambda: retention.purge(now=clock.utc_now()), lambda: browser.opens(token), check
    )


@pytest.mark.parametrize("name", ["re-send", "end"])
def test_a_mail_under_way_gives_nothing_that_was_withdrawn(
    relay: Relay, world: World, time: Clock, name: str
) -> None:
    """The mail may leave at the very instant of the change; what it holds is dead, or is the one live token."""
    relay.announces()
    relay.uploads()
    relay.is_inspected()
    (waiting,) = relay.outbox()
    acts: dict[str, Callable[[Relay], Any]] = {
        "re-send": sending_changes.resends,
        "end": sending_changes.ends,
    }
    act = acts[name]

    def check(sent: Any, done: Any) -> None:
        assert not isinstance(done, Exception), repr(done)
        relay.mailer_runs()
        time.passes(minutes=3)
        relay.mailer_runs()
        assert relay.outbox() == []
        assert len(relay.tokens()) <= 2
        if name == "re-send":
            assert len(set(relay.tokens())) == len(relay.tokens())
            sending_changes.only_the_last_opens(relay)
        else:
            assert len(set(relay.tokens())) <= 1, "the mail of the end leads back by the same token"
            sending_changes.nothing_opens(relay)
            assert relay.head().live_deposit is None

    Explorer(f"mailer ∥ {name}", world, time).interleave(
        lambda: mailing.send_all([waiting], now=clock.utc_now()), lambda: act(relay), check
    )


def test_a_mailer_that_gives_up_moves_nothing_that_has_ended(relay: Relay, world: World, time: Clock) -> None:
    relay.announces()
    relay.uploads()
    relay.is_inspected()
    (waiting,) = relay.outbox()
    mail = stored.read_mail(waiting)
    assert mail is not None
    sending_changes.commit(Change(mail, replace(mail, tries=MOST_REFUSALS, refusals=MOST_REFUSALS)))

    def check(sent: Any, done: Any) -> None:
        assert not isinstance(done, Exception), repr(done)
        relay.mailer_runs()
        head = relay.head()
        assert (head.status, head.setback, head.step) == (ParcoursStatus.AVAILABLE, None, None)
        assert sending_changes.mails_to(relay, COMPANY_ADDRESS) <= 1

    Explorer("mailer gives up ∥ end", world, time).interleave(
        lambda: mailing.send_all([waiting], now=clock.utc_now()), lambda: sending_changes.ends(relay), check
    )


@pytest.mark.parametrize("kind", ["nobody opened it", "nobody finished it"])
def test_what_a_purge_finds_after_the_end_belongs_to_no_later_sending(
    relay: Relay, world: World, time: Clock, kind: str
) -> None:
    """Past its time, not purged yet, and the passage ends: the next one's deposit is not to suffer from it."""
    relay.sends() if kind == "nobody opened it" else relay.announces()
    time.now = relay.deposit().erase_at
    sending_changes.ends(relay)
    time.passes(seconds=1)
    relay.purges()

    assert (relay.head().status, relay.head().step) == (ParcoursStatus.AVAILABLE, None)
    assert world.objects() == {}


def test_the_loser_of_two_openings_keeps_nothing_by_a_revocation(world: World, time: Clock) -> None:
    relay, token, browser = _mailed(world)
    other = Browser()
    other.proves(token)
    browser.opens(token)
    with pytest.raises(LinkSpent):
        other.opens(token)
    sending_changes.revokes(relay, seen_opened=True)
    _stays_shut(relay, token, browser)
