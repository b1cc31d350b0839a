"""What people do to a sending once it is under way, and what is true of each act once everything has settled."""

import pytest

from chalicelib import clock
from chalicelib.domain.documents.sending import LinkOnPage
from chalicelib.domain.kernel.timeline import EventKind, Reason
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.kernel.values import Kind, Role
from chalicelib.domain.parcours.ending import End
from chalicelib.errors import DeadLink
from chalicelib.stores import transactions
from chalicelib.stories import outcomes
from chalicelib.stories.documents import sending
from chalicelib.stories.documents.sending import SignedUpload
from tests.support import factories, relays
from tests.support.factories import COMPANY_ADDRESS, Sealed
from tests.support.relays import Browser, Relay
from tests.support.worlds import World


def resends(relay: Relay, *, seen_opened: bool = False, version: int | None = None) -> str:
    """The tutor sends the link again from the page that showed it, or one of its former versions; nothing has left yet."""
    link = relay.link()
    version_shown = LinkOnPage(link.id, version or link.version, seen_opened)
    return sending.resend(relay.tutor, relay.sent[-1].deposit, version_shown, now=clock.utc_now())


def revokes(relay: Relay, *, seen_opened: bool = False) -> str:
    """The tutor withdraws the link."""
    return sending.revoke(relay.tutor, relay.sent[-1].deposit, seen_opened=seen_opened, now=clock.utc_now())


def erases(relay: Relay) -> str:
    """The tutor has everything about the sending erased."""
    return sending.erase_on_request(relay.tutor, relay.sent[-1].deposit, now=clock.utc_now())


def ends(relay: Relay) -> None:
    """The young person has just withdrawn: an hour earlier may be the day before the passage began."""
    now = clock.utc_now()
    end = End(kind=EventKind.YOUNG_PERSON_WITHDREW, reason=Reason.OTHER, occurred_at=now)
    outcomes.finish_passage(relay.tutor, relay.parcours_id, end, now=now)


def with_buyer(world: World) -> tuple[Relay, str]:
    """Start a parcours whose buyer has an account; return it and the buyer's address."""
    buyer = factories.account(Role.BUYER)
    return relays.started(world, offer=factories.offer(buyer=buyer.id), also=(buyer,)), buyer.address


def both() -> tuple[Sealed, Sealed]:
    """Seal a CV and a letter for one deposit."""
    cv = factories.sealed()
    return cv, factories.sealed(kind=Kind.LETTER, deposit=cv.deposit)


def announces_both(relay: Relay, cv: Sealed, letter: Sealed) -> list[SignedUpload]:
    """Announce both documents; their upload forms replace any earlier ones."""
    asked = sending.Announcement(cv.deposit, COMPANY_ADDRESS, (cv.declared, letter.declared))
    signed = sending.open_deposit(relay.tutor, relay.parcours_id, asked, now=clock.utc_now())
    relay.sent[:], relay.forms[:] = [cv, letter], [document["form"] for document in signed]
    return signed


def uploads_both(relay: Relay) -> tuple[str, str]:
    """Upload both documents; return their object keys."""
    return relay.uploads(0), relay.uploads(1)


def told_once(relay: Relay, *kinds: EventKind) -> None:
    """Check that each of these events stands exactly once in the timeline."""
    kinds_before = relay.event_kinds()
    for kind in kinds:
        assert kinds_before.count(kind) == 1, (kind, kinds_before)


def nothing_opens(relay: Relay) -> None:
    """Check that no token ever mailed opens anything, even with the right answer to the question."""
    for token in relay.tokens():
        browser = Browser()
        with pytest.raises(DeadLink):
            browser.proves(token)
            browser.opens(token)


def only_the_last_opens(relay: Relay) -> None:
    """Check that of all tokens mailed only the last one gives the document."""
    *older, last = dict.fromkeys(relay.tokens())
    for token in older:
        browser = Browser()
        browser.proves(token)
        with pytest.raises(DeadLink):
            browser.opens(token)
    browser = Browser()
    browser.proves(last)
    assert browser.reads(browser.opens(last), relay.world) == relay.sent[0].plain


def is_erased(relay: Relay) -> None:
    """Check that neither objects nor contents are left, and that no erasure or mail waits."""
    assert relay.world.objects() == {}
    assert relay.deposit().contents is None and relay.deposit().erased_at is not None
    assert relay.outbox() == []


def mails_to(relay: Relay, address: str) -> int:
    """How many mails went to this address."""
    return relay.mailed_to().count(address)


def commit(*changes: Change) -> None:
    """Write a change that no story of the product writes."""
    transactions.commit(Transition(changes=changes))
