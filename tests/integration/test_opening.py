"""Opening: who is given the documents, in which order others are refused, and that no outage costs anybody her turn."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from chalicelib import clock
from chalicelib.domain.documents.opening import LinkState
from chalicelib.domain.kernel import link as links
from chalicelib.domain.kernel.deposit import DepositState
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.errors import (
    DeadLink,
    LinkClosed,
    LinkErased,
    LinkExpired,
    LinkRevoked,
    LinkSpent,
    LinkUnknown,
    ProofNeeded,
    TryAgain,
)
from chalicelib.stores import aws
from chalicelib.stories.documents import opening, unsealing
from tests.conftest import Clock
from tests.support import relays
from tests.support.passings import answers_question
from tests.support.relays import Browser, Relay
from tests.support.worlds import World
from tests.support.writing import add_records, change_record

TO_READ = timedelta(hours=72)


def _opens_at(browser: Browser, token: str, now: datetime) -> object:
    """Open the link at this instant."""
    return browser.opens_at(token, now)


def test_a_browser_without_proof_is_asked_the_question_before_it_learns_that_a_link_is_dead(
    relay: Relay,
) -> None:
    """A stranger learns nothing about a link before answering its question."""
    token = relay.sends()
    winner, stranger = answers_question(token), Browser()
    winner.opens(token)

    with pytest.raises(LinkUnknown):
        stranger.opens("x" * 43)
    with pytest.raises(ProofNeeded):
        stranger.opens(token)
    change_record(relay.link(), replace(relay.link(), revoked_at=clock.utc_now()))
    with pytest.raises(ProofNeeded):
        stranger.opens(token)
    with pytest.raises(LinkRevoked):
        winner.opens(token)


def test_a_token_that_the_index_knows_and_kms_did_not_make_is_unknown(relay: Relay) -> None:
    token = relay.sends()
    browser = answers_question(token)
    change_record(relay.link(), replace(relay.link(), recipient="voleur@entreprise.example"))

    with pytest.raises(LinkUnknown):
        browser.opens(token)
    assert relay.link().opened_by is None


@pytest.mark.parametrize("said", ["link", "version", "deposit", "parcours"])
def test_unseal_verifies_the_token_itself_whatever_the_web_function_says(
    world: World, time: Clock, said: str
) -> None:
    """Whoever holds that function turns her own token's entry to what another link leads to."""
    hers, others = relays.started(world), relays.started(world)
    own, others_token = hers.sends(), others.sends()
    browser = answers_question(own)
    browser.proves(others_token)
    pointer = opening.find_pointer(own)
    turned = (
        replace(pointer, version=2)
        if said == "version"
        else replace(pointer, **{said: getattr(opening.find_pointer(others_token), said)})
    )
    add_records(links.prove(hers.link(), 2, browser.digest, clock.utc_now()))

    with pytest.raises(LinkUnknown if said != "deposit" else LinkExpired):
        unsealing.open_documents(own, turned, browser=browser.digest, now=clock.utc_now())

    assert hers.link().opened_by is None and others.link().opened_by is None
    assert browser.reads(browser.opens(own), world) == hers.sent[0].plain


@pytest.mark.cloud
@pytest.mark.parametrize("key", ["DOCUMENT_KEY", "LINK_KEY"])
def test_a_key_that_is_switched_off_for_a_while_costs_nobody_her_turn(cloud_world: World, key: str) -> None:
    relay = relays.started(cloud_world)
    token = relay.sends()
    browser, other = answers_question(token), answers_question(token)
    arn = cloud_world.environment[key]

    aws.kms().disable_key(KeyId=arn)
    with pytest.raises(TryAgain):
        browser.opens(token)
    aws.kms().enable_key(KeyId=arn)

    assert relay.link().opened_by is None
    assert browser.reads(browser.opens(token), cloud_world) == relay.sent[0].plain
    with pytest.raises(LinkSpent):
        other.opens(token)


def test_an_object_that_is_missing_for_a_while_costs_nobody_her_turn(relay: Relay, world: World) -> None:
    token = relay.sends()
    browser = answers_question(token)
    bucket, key = world.environment["DOCUMENT_BUCKET"], str(relay.forms[0]["fields"]["key"])
    aws.s3().delete_object(Bucket=bucket, Key=key)

    with pytest.raises(TryAgain):
        browser.opens(token)

    assert relay.link().opened_by is None and EventKind.LINK_OPENED not in relay.event_kinds()
    relay.uploads()
    assert browser.reads(browser.opens(token), world) == relay.sent[0].plain


def test_the_browser_that_opened_reads_again_for_72_hours_and_no_other_ever_does(
    relay: Relay, time: Clock
) -> None:
    token = relay.sends()
    browser = answers_question(token)
    time.passes(hours=1)
    first = browser.opens(token)
    opened_at = relay.link().opened_at
    assert opened_at is not None
    time.passes(hours=71, minutes=30)
    browser.proves(token)
    other = answers_question(token)

    again = _opens_at(browser, token, opened_at + TO_READ - timedelta(milliseconds=1))
    assert isinstance(again, dict)
    assert again["documents"][0]["key"] == first["documents"][0]["key"]
    assert again["efface_le"] == first["efface_le"] == clock.iso(opened_at + TO_READ)
    with pytest.raises(LinkSpent) as refused:
        other.opens(token)
    assert refused.value.facts["since"] == opened_at.isoformat()
    with pytest.raises(LinkErased):
        _opens_at(browser, token, opened_at + TO_READ)
    assert relay.event_kinds().count(EventKind.LINK_OPENED) == 1


def test_a_link_opens_until_just_before_its_expiry(relay: Relay, time: Clock) -> None:
    later = timedelta(milliseconds=1)
    token = relay.sends()
    ends = relay.deposit().erase_at
    time.now = ends - timedelta(hours=1)
    browser = answers_question(token)

    with pytest.raises(LinkExpired):
        _opens_at(browser, token, ends)
    assert _opens_at(browser, token, ends - later)


def test_an_opening_by_a_late_clock_is_refused_after_the_purge(relay: Relay, time: Clock) -> None:
    token = relay.sends()
    ends = relay.deposit().erase_at
    time.now = ends - timedelta(hours=1)
    browser = answers_question(token)
    time.now = ends
    relay.purges()
    kinds = relay.event_kinds()

    with pytest.raises(LinkExpired):
        _opens_at(browser, token, ends - timedelta(seconds=30))
    assert relay.event_kinds() == kinds


def _spent(relay: Relay, token: str, time: Clock) -> datetime:
    """Open the link in another browser; return when."""
    answers_question(token).opens(token)
    opened_at = relay.link().opened_at
    assert opened_at is not None
    return opened_at


def _expired(relay: Relay, token: str, time: Clock) -> datetime:
    """Let the clock reach the end of the documents; return that instant."""
    time.now = relay.deposit().erase_at
    return time.now


def _expired_and_purged(relay: Relay, token: str, time: Clock) -> datetime:
    """Let the documents expire and be purged; return when they expired."""
    ends = _expired(relay, token, time)
    relay.purges()
    return ends


def _revoked(relay: Relay, token: str, time: Clock) -> datetime:
    """Withdraw the link; return when."""
    change_record(relay.link(), replace(relay.link(), revoked_at=time.now))
    return time.now


def _closed(relay: Relay, token: str, time: Clock) -> datetime:
    """Close the link; return when."""
    change_record(relay.link(), replace(relay.link(), closed_at=time.now))
    return time.now


def _erased_on_request(relay: Relay, token: str, time: Clock) -> datetime:
    """Erase the documents on request; return when."""
    change_record(relay.deposit(), replace(relay.deposit(), state=DepositState.ERASED, erase_at=time.now))
    return time.now


ENDS: dict[str, tuple[Callable[[Relay, str, Clock], datetime], type[DeadLink], LinkState]] = {
    "opened by another": (_spent, LinkSpent, LinkState.ALREADY_OPENED),
    "expired": (_expired, LinkExpired, LinkState.EXPIRED),
    "expired and purged": (_expired_and_purged, LinkExpired, LinkState.EXPIRED),
    "revoked": (_revoked, LinkRevoked, LinkState.REVOKED),
    "closed": (_closed, LinkClosed, LinkState.CLOSED),
    "erased": (_erased_on_request, LinkErased, LinkState.ERASED),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_dead_link_says_why_it_ended_and_when(world: World, time: Clock, end: str) -> None:
    happens, refusal, state = ENDS[end]
    relay = relays.started(world)
    token = relay.sends()
    time.passes(days=13)
    browser = answers_question(token)
    since = happens(relay, token, time)

    with pytest.raises(refusal) as refused:
        browser.opens(token)
    seen = browser.looks(token).sight

    assert refused.value.facts["since"] == since.isoformat()
    assert (seen.state, seen.since) == (state, since)


def test_the_winner_is_told_that_what_she_confirmed_is_erased(relay: Relay) -> None:
    token = relay.sends()
    browser = answers_question(token)
    browser.opens(token)
    browser.confirms(token)
    confirmed_at = relay.deposit().confirmed_at
    assert confirmed_at is not None

    for _ in range(2):
        with pytest.raises(LinkErased) as refused:
            browser.opens(token)
        assert refused.value.facts["since"] == confirmed_at.isoformat()
        relay.purges()
    assert browser.looks(token).confirmed


def test_a_token_of_an_older_version_is_revoked_and_the_new_one_opens(relay: Relay) -> None:
    old = relay.sends()
    browser = answers_question(old)
    change_record(relay.link(), replace(relay.link(), version=2))

    with pytest.raises(LinkRevoked):
        browser.opens(old)
    Browser().proves(old)  # the question can still be answered, to ask for a new sending
    assert browser.looks(old).sight.state is LinkState.REVOKED
