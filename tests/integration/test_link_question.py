"""The question before the link: robots are held back, people are not locked out, and nobody guesses for long."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from chalicelib import clock, terms
from chalicelib.domain.kernel.timeline import EventKind, Reason
from chalicelib.domain.kernel.values import Role, Setback
from chalicelib.domain.parcours.turns import whose_turn
from chalicelib.errors import (
    ChangedMeanwhile,
    FieldInvalid,
    LinkClosed,
    ProofLocked,
    ProofNeeded,
    ProofWrong,
    RelayError,
)
from chalicelib.stores import parcours_table
from chalicelib.stores import relay_table as stored
from tests.conftest import Clock
from tests.support import relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.relays import Browser, Relay
from tests.support.worlds import World

WRONG = "autre@entreprise.example"
LOCAL, _, DOMAIN = COMPANY_ADDRESS.rpartition("@")
PAUSE = timedelta(minutes=15)


def _wrong(token: str, browser: Browser | None = None) -> RelayError:
    """Answer the question wrongly; return the refusal."""
    with pytest.raises(RelayError) as refused:
        (browser or Browser()).proves(token, WRONG)
    return refused.value


def _counted(relay: Relay) -> int:
    """Return how many wrong answers are counted on the link."""
    tries = stored.read_tries(relay.link().id)
    return tries.wrong if tries else 0


def test_five_wrong_answers_close_the_question_for_fifteen_minutes(relay: Relay, time: Clock) -> None:
    token = relay.sends()

    refusals = [_wrong(token) for _ in range(5)]

    assert [type(refusal) for refusal in refusals] == [ProofWrong] * 4 + [ProofLocked]
    assert [refusal.facts["remaining"] for refusal in refusals[:4]] == [4, 3, 2, 1]
    tries = stored.read_tries(relay.link().id)
    assert tries is not None
    locked_until = tries.locked_until
    assert locked_until is not None
    with pytest.raises(ProofLocked):
        Browser().proves(token)  # the right answer waits too
    assert _counted(relay) == 5  # and none counts meanwhile
    time.now = locked_until - timedelta(milliseconds=2)
    with pytest.raises(ProofLocked) as refused:
        Browser().proves(token)
    assert refused.value.facts["retry_after_seconds"] == 1
    time.now = locked_until
    Browser().proves(token)


@pytest.mark.parametrize(
    "typed",
    [
        "autre",
        f"autre@{DOMAIN}",
        f"{LOCAL}@autre.{DOMAIN}",
        f"{LOCAL}@autre.example",
        f"{LOCAL}+x@{DOMAIN}",
    ],
)
def test_only_the_recipients_own_address_answers_the_question(relay: Relay, typed: str) -> None:
    browser = Browser()
    token = relay.sends()

    with pytest.raises(ProofWrong):
        browser.proves(token, typed)

    with pytest.raises(ProofNeeded):
        browser.opens(token)


def test_wrong_answers_of_others_do_not_lock_out_a_browser_with_a_proof(relay: Relay, world: World) -> None:
    browser = Browser()
    token = relay.sends()
    browser.proves(token)
    for _ in range(5):
        _wrong(token)

    browser.proves(token, WRONG)  # asked again, she is not even judged

    assert _counted(relay) == 5
    assert browser.reads(browser.opens(token), world) == relay.sent[0].plain


@pytest.mark.parametrize(
    "typed", [LOCAL, f"{LOCAL}@", f" {LOCAL.upper()} ", "n. bellanger", f"{LOCAL} @ {DOMAIN.upper()}"]
)
def test_what_stands_before_the_at_is_the_answer_in_any_case_and_with_any_spaces(
    relay: Relay, typed: str
) -> None:
    token, browser = relay.sends(), Browser()

    browser.proves(token, typed)

    assert _counted(relay) == 0
    browser.opens(token)


@pytest.mark.parametrize(
    "answer", ["", "   ", "@", f"@{DOMAIN}", "a..b", "a@b@c.fr", "x" * 300, "x" * 300 + "@a.fr"]
)
def test_an_answer_that_is_no_address_does_not_count(relay: Relay, answer: str) -> None:
    token = relay.sends()

    with pytest.raises(FieldInvalid):
        Browser().proves(token, answer or " ")
    assert _counted(relay) == 0


@pytest.mark.parametrize("spelling", [COMPANY_ADDRESS.upper(), f"  {COMPANY_ADDRESS}\u00a0"])
def test_the_right_address_is_right_however_it_is_typed(relay: Relay, spelling: str) -> None:
    browser = Browser()
    token = relay.sends()

    browser.proves(token, spelling)

    assert browser.opens(token)


def test_twenty_wrong_answers_close_the_link_and_give_the_tutor_the_turn(relay: Relay, time: Clock) -> None:
    passed = Browser()
    token = relay.sends()
    passed.proves(token)
    for round_ in range(4):
        refusals = [_wrong(token) for _ in range(5)]
        assert isinstance(refusals[-1], LinkClosed if round_ == 3 else ProofLocked)
        time.passes(minutes=15)

    assert (
        relay.event_kinds()[-1] is EventKind.LINK_CLOSED
        and relay.event_kinds().count(EventKind.LINK_CLOSED) == 1
    )
    assert parcours_table.read_page(relay.parcours_id).events[-1].reason is Reason.WRONG_ANSWERS
    assert relay.head().setback is Setback.LINK_CLOSED
    turn = whose_turn(relay.head(), clock.utc_now(), terms.calendar(), terms.turns())
    assert turn is not None and turn.role is Role.TUTOR
    for browser in (passed, Browser()):
        with pytest.raises(LinkClosed):
            browser.proves(token)
    with pytest.raises(LinkClosed):
        passed.opens(token)
    assert _counted(relay) == 20


def test_a_proof_is_of_one_browser_and_lives_72_hours(relay: Relay, time: Clock) -> None:
    browser = Browser()
    token = relay.sends()
    browser.proves(token)

    with pytest.raises(ProofNeeded):
        Browser().opens(token)
    time.passes(hours=72)
    assert not browser.looks(token).is_proven
    with pytest.raises(ProofNeeded):
        browser.opens(token)
    browser.proves(token)
    assert browser.opens(token)


def test_the_browser_nonce_is_stored_hashed(relay: Relay, world: World) -> None:
    browser = Browser()
    token = relay.sends()
    browser.proves(token)
    browser.opens(token)

    assert browser.digest in world.everything()
    assert browser.nonce not in world.everything() and token not in world.everything()


@pytest.mark.cloud
def test_wrong_answers_given_at_once_are_each_counted(cloud_world: World) -> None:
    """Wrong answers at the same time make the same write, of which one succeeds: the others must notice and count again."""
    relay = relays.started(cloud_world)
    token = relay.sends()

    with ThreadPoolExecutor(4) as pool:
        refusals = list(pool.map(_answer_at_once, [token] * 4))

    counted = [refusal for refusal in refusals if isinstance(refusal, ProofWrong)]
    assert len(counted) + sum(isinstance(refusal, ChangedMeanwhile) for refusal in refusals) == 4
    assert _counted(relay) == len(counted) >= 2
    assert {refusal.facts["remaining"] for refusal in counted} == set(range(5 - len(counted), 5))


def _answer_at_once(token: str) -> RelayError | None:
    """Answer wrongly in a new browser; return the refusal, if there is one."""
    try:
        Browser().proves(token, WRONG)
    except RelayError as refused:
        return refused
    return None
