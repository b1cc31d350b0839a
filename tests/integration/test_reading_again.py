"""Reading again: who opened reads on in that browser until she says that she could, 72 hours at most; nobody else ever does."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from chalicelib import clock
from chalicelib.domain.case import Case
from chalicelib.domain.documents.opening import claim
from chalicelib.domain.documents.sending import LinkOnPage
from chalicelib.domain.kernel.deposit import Deposit, DepositState
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.retention import RetentionPolicy
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.errors import LinkErased, LinkRevoked, LinkSpent, ProofNeeded, RelayError
from chalicelib.stores import items
from chalicelib.stories.documents import sending
from chalicelib.stories.kit.deciding import decision_inputs
from chalicelib.web.kit.http import NONCE_COOKIE
from tests.conftest import Clock
from tests.support import factories
from tests.support.http import Client
from tests.support.passings import COLLEAGUE, adds, answers_question
from tests.support.relays import Browser, Relay
from tests.support.worlds import World

FROZEN = Path(__file__).parents[1] / "frozen" / "items-0.1.0.json"


def _opened(relay: Relay) -> tuple[str, Browser]:
    """Send a document and open its link; return the token and the browser that opened."""
    token = relay.sends()
    browser = answers_question(token)
    browser.opens(token)
    return token, browser


@pytest.mark.parametrize("hours", [0, 1, 71])
def test_the_browser_that_opened_reads_again_and_another_with_the_right_answer_does_not(
    relay: Relay, world: World, time: Clock, hours: int
) -> None:
    token, browser = _opened(relay)
    time.passes(hours=hours)

    assert browser.reads(browser.opens(token), world) == relay.sent[0].plain
    with pytest.raises(LinkSpent):
        answers_question(token).opens(token)
    assert relay.event_kinds().count(EventKind.LINK_OPENED) == 1


def test_what_an_older_answer_does_not_give_any_more_is_given_once_it_is_answered_again(
    relay: Relay, world: World, time: Clock
) -> None:
    """The page was left open for a day between the answer and the opening."""
    token = relay.sends()
    browser = answers_question(token)
    time.passes(hours=24)
    browser.opens(token)
    time.passes(hours=50)

    with pytest.raises(ProofNeeded):
        browser.opens(token)
    browser.proves(token)
    assert browser.reads(browser.opens(token), world) == relay.sent[0].plain


def test_an_opening_makes_the_browser_keep_its_cookie_as_long_as_it_may_read_again(relay: Relay) -> None:
    token = relay.sends()
    browser = answers_question(token)
    client = Client({NONCE_COOKIE: browser.nonce})

    answer = client.post_json("/retrait/ouverture", {"token": token})

    assert answer.status == 200
    assert len(answer.cookies) == 1 and answer.cookies[0].startswith(f"{NONCE_COOKIE}={browser.nonce};")
    assert "Max-Age=259200" in answer.cookies[0]


def _says_that_she_could(relay: Relay, token: str, browser: Browser, time: Clock) -> None:
    browser.confirms(token)


def _lets_the_time_pass(relay: Relay, token: str, browser: Browser, time: Clock) -> None:
    time.passes(hours=72)
    browser.proves(token)


def _lets_the_purge_run(relay: Relay, token: str, browser: Browser, time: Clock) -> None:
    _lets_the_time_pass(relay, token, browser, time)
    relay.purges()


def _is_withdrawn(relay: Relay, token: str, browser: Browser, time: Clock) -> None:
    sending.revoke(relay.tutor, relay.sent[0].deposit, seen_opened=True, now=clock.utc_now())


def _declines(relay: Relay, token: str, browser: Browser, time: Clock) -> None:
    browser.declines(token)


def _is_erased_on_request(relay: Relay, token: str, browser: Browser, time: Clock) -> None:
    sending.erase_on_request(relay.tutor, relay.sent[0].deposit, now=clock.utc_now())


ENDS: dict[str, tuple[Callable[[Relay, str, Browser, Clock], None], type[RelayError]]] = {
    "she says that she could": (_says_that_she_could, LinkErased),
    "72 hours are over": (_lets_the_time_pass, LinkErased),
    "the documents are erased": (_lets_the_purge_run, LinkErased),
    "the tutor withdraws them": (_is_withdrawn, LinkRevoked),
    "the company declines": (_declines, LinkRevoked),
    "everything is erased on request": (_is_erased_on_request, LinkErased),
}


@pytest.mark.parametrize("end", ENDS)
def test_the_browser_that_opened_reads_no_more_once(relay: Relay, time: Clock, end: str) -> None:
    happens, refusal = ENDS[end]
    token, browser = _opened(relay)

    happens(relay, token, browser, time)

    with pytest.raises(refusal):
        browser.opens(token)


def test_who_says_that_she_could_read_reads_no_more_though_a_colleague_still_may(
    relay: Relay, world: World, time: Clock
) -> None:
    token, holder = _opened(relay)
    adds(holder, token)
    relay.mailer_runs()
    second = relay.tokens()[-1]
    colleague = answers_question(second, COLLEAGUE)
    colleague.opens(second)

    holder.confirms(token)

    with pytest.raises(LinkSpent):
        holder.opens(token)
    time.passes(hours=71)
    relay.purges()
    assert colleague.reads(colleague.opens(second), world) == relay.sent[0].plain
    colleague.confirms(second)
    relay.purges()
    assert world.objects() == {}


def test_opened_documents_go_at_their_hour_though_a_link_to_them_is_sent_again(
    relay: Relay, time: Clock
) -> None:
    token, holder = _opened(relay)
    adds(holder, token)
    relay.mailer_runs()
    second = relay.tokens()[-1]
    colleague = answers_question(second, COLLEAGUE)
    colleague.opens(second)
    link = relay.link()
    time.passes(hours=1)
    shown = LinkOnPage(link=link.id, version=link.version, opened=True)
    sending.resend(relay.tutor, relay.sent[0].deposit, shown, now=clock.utc_now())

    with pytest.raises(LinkRevoked):
        holder.opens(token)
    colleague.opens(second)
    time.passes(hours=70)
    relay.mailer_runs()
    again = relay.tokens()[-1]
    reader = answers_question(again, link.recipient)
    reader.opens(again)
    time.passes(hours=1)
    for browser, kept in ((reader, again), (colleague, second)):
        browser.proves(kept)
        with pytest.raises(LinkErased):
            browser.opens(kept)


def test_the_cookie_that_opened_one_link_reads_no_other_and_its_answer_serves_no_other_cookie(
    relay: Relay,
) -> None:
    """A thief who copies what a browser keeps has its cookie: of that link alone, and while its answer counts."""
    token, browser = _opened(relay)
    other_letter = "B" if browser.nonce.startswith("A") else "A"
    thief = Browser(browser.address, nonce=other_letter + browser.nonce[1:])

    with pytest.raises(ProofNeeded):
        thief.opens(token)
    thief.proves(token)
    with pytest.raises(LinkSpent):
        thief.opens(token)
    assert relay.link().opened_by == browser.digest


def test_an_opening_that_an_earlier_version_stored_is_read_again_by_its_browser_alone() -> None:
    """That version gave fifteen minutes, and stored the same: who opened and when, and when the documents go."""
    stored = [item for _, item in json.loads(FROZEN.read_text())]
    opened = [item for item in stored if str(item["pk"]).startswith("deposit#") and item.get("opened_at")]
    deposit = next(
        deposit
        for deposit in (items.from_item(Deposit, item) for item in opened)
        if deposit.state is DepositState.OPENED and deposit.contents and not deposit.erasing_at
    )
    links = [
        item for item in stored if str(item["pk"]).startswith("link#") and item.get("deposit") == deposit.id
    ]
    link = replace(items.from_item(Link, links[0]), confirmed_at=None)
    assert link.opened_at is not None and link.opened_by is not None

    def claims(browser: str, hours: int) -> bool:
        """Claim the documents so long after the opening; return whether anything is written."""
        assert link.opened_at is not None
        inputs = decision_inputs(link.opened_at + timedelta(hours=hours))
        case = Case(factories.offer(), deposit=deposit)
        return bool(claim(case, link, link.version, browser=browser, policy=RetentionPolicy(), inputs=inputs))

    assert not claims(link.opened_by, hours=71)
    with pytest.raises(LinkSpent):
        claims("0" * 64, hours=71)
    with pytest.raises(LinkErased):
        claims(link.opened_by, hours=72)
