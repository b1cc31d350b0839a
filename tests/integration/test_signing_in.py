"""Signing in: a code of ten minutes, five tries, once, in the browser that asked; and nobody learns who has an account."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock, config
from chalicelib.domain.documents.mailing import LEASE
from chalicelib.domain.kernel.people import Account
from chalicelib.errors import CodeDead, CodeElsewhere, FieldInvalid, SignedOut
from chalicelib.stores import relay_table as stored
from chalicelib.stories.accounts import signing_in
from chalicelib.stories.mails import mailing
from tests.conftest import Clock
from tests.faults.wire import Mode, Tap, strike
from tests.support import factories, relays
from tests.support.http import Client
from tests.support.relays import Relay, asks_code, enters_code
from tests.support.worlds import World
from tests.support.writing import add_records, change_record

A_MOMENT = timedelta(milliseconds=1)
NOBODY = "personne@agents.example"


def _asked(relay: Relay) -> tuple[str, str]:
    """Ask for a code; return the challenge's cookie and the code that arrived."""
    challenge = asks_code(relay.tutor.address)
    relay.mailer_runs()
    return challenge, relay.codes()[-1]


def _signed_in(relay: Relay) -> str:
    """Sign in; return the session cookie."""
    return enters_code(*_asked(relay))


def _who(session: str | None) -> Account:
    """Return the account of this session."""
    return signing_in.authenticate(session, now=clock.utc_now()).account


def _other(code: str) -> str:
    """Return a code that is not this one."""
    return f"{(int(code) + 1) % 10**12:012}"


def test_the_mailed_code_signs_in_however_it_is_typed(relay: Relay, world: World) -> None:
    challenge, code = _asked(relay)

    session = enters_code(challenge, f" {code[:2]}.{code[2:4]}\u00a0{code[4:6]}-{code[6:]}\n")

    assert _who(session).id == relay.tutor.id
    assert session not in world.everything() and challenge not in world.everything()
    assert f"session#{signing_in.hash_cookie(session)}" in world.everything()


def test_a_code_lives_ten_minutes(relay: Relay, time: Clock) -> None:
    challenge, code = _asked(relay)
    asked = stored.read_challenge(signing_in.hash_cookie(challenge))
    assert asked is not None

    time.now = asked.expires_at - A_MOMENT
    with pytest.raises(CodeDead):
        enters_code(challenge, code)
    time.now = asked.expires_at - 2 * A_MOMENT
    assert enters_code(challenge, code)


def test_the_fifth_wrong_code_kills_the_right_one(relay: Relay) -> None:
    challenge, code = _asked(relay)
    for _ in range(4):
        with pytest.raises(CodeDead):
            enters_code(challenge, _other(code))
    asked = stored.read_challenge(signing_in.hash_cookie(challenge))
    assert asked is not None and asked.tries == 4

    with pytest.raises(CodeDead):
        enters_code(challenge, "")
    with pytest.raises(CodeDead):
        enters_code(challenge, code)


def test_the_right_code_is_still_taken_at_the_fifth_try(relay: Relay) -> None:
    challenge, code = _asked(relay)
    for typed in ("", _other(code), "abcdef", "0" * 600):
        with pytest.raises(CodeDead):
            enters_code(challenge, typed)

    assert enters_code(challenge, code)


def test_a_code_opens_one_session_however_often_it_is_sent(relay: Relay, world: World) -> None:
    """The browser that asked repeats a request whose answer was lost: it gets that answer, and nothing is begun anew."""
    challenge, code = _asked(relay)
    entered = _entered(challenge, code)
    known = stored.read_known_browsers(relay.tutor.id)

    assert [_entered(challenge, code) for _ in range(4)] == [entered] * 4
    assert _who(entered.session).id == relay.tutor.id
    assert _sessions(world) == 1 and stored.read_known_browsers(relay.tutor.id) == known
    with pytest.raises(CodeDead):
        enters_code(challenge, code)  # each was a try


def test_a_code_that_was_used_opens_nothing_elsewhere_nor_anything_anew(relay: Relay, world: World) -> None:
    challenge, code = _asked(relay)
    session = enters_code(challenge, code)

    with pytest.raises(CodeDead):
        enters_code(asks_code(relay.tutor.address), code)
    with pytest.raises(CodeDead):
        enters_code(challenge, _other(code))
    signing_in.sign_out(session)
    with pytest.raises(CodeDead):
        enters_code(challenge, code)
    assert _sessions(world) == 0


def test_a_code_that_was_used_is_not_sent_again_past_its_ten_minutes(relay: Relay, time: Clock) -> None:
    challenge, code = _asked(relay)
    enters_code(challenge, code)
    time.passes(minutes=10)

    with pytest.raises(CodeDead):
        enters_code(challenge, code)
    relay.purges()
    assert stored.read_challenge(signing_in.hash_cookie(challenge)) is None


def test_repeating_a_sign_in_keeps_the_session(relay: Relay) -> None:
    challenge, code = _asked(relay)
    session = enters_code(challenge, code)

    assert enters_code(challenge, code, former=session) == session
    assert _who(session).id == relay.tutor.id


def _entered(challenge: str, code: str) -> signing_in.Entered:
    """Type this code in the browser of this challenge."""
    entered = signing_in.enter_code(challenge, code, browser=None, former=None, now=clock.utc_now())
    assert entered is not None
    return entered


def _sessions(world: World) -> int:
    """Return how many sessions are stored."""
    return sum(item["pk"].startswith("session#") for item in world.table("RELAY_TABLE"))


@pytest.mark.cloud
def test_a_code_typed_in_twelve_windows_at_once_serves_once(cloud_world: World) -> None:
    relay = relays.started(cloud_world)
    challenge, code = _asked(relay)

    with ThreadPoolExecutor(6) as pool:
        heard = list(pool.map(lambda _: _outcome(lambda: enters_code(challenge, code)), range(12)))

    assert len({outcome for outcome in heard if isinstance(outcome, str)}) == 1
    assert all(isinstance(outcome, str | CodeDead) for outcome in heard)
    assert _sessions(cloud_world) == 1


def _outcome(act: Callable[[], Any]) -> Any:
    """Return what this returns, or the refusal that it raises."""
    try:
        return act()
    except Exception as refused:
        return refused


def test_a_code_is_worth_nothing_in_another_browser(relay: Relay) -> None:
    _, code = _asked(relay)

    with pytest.raises(CodeElsewhere):
        enters_code(None, code)
    with pytest.raises(CodeDead):
        enters_code("a cookie of one's own", code)
    with pytest.raises(CodeDead):
        enters_code(asks_code(relay.tutor.address), code)


def test_a_browser_that_keeps_no_cookie_is_told_so_instead_of_being_asked_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WebKit keeps no ``Secure`` cookie on plain http, on localhost either; anybody may refuse them all."""
    keeps, forgets = Client(), Client()
    for browser in (keeps, forgets):
        browser.post_form("/connexion", {"adresse": "a.martin@academie.example"})
    forgets.cookies.clear()

    asked, told = keeps.get("/connexion/code"), forgets.get("/connexion/code")
    typed = forgets.post_form("/connexion/code", {"code": "1234 5678 9012"})
    monkeypatch.setenv("PUBLIC_BASE_URL", "https://passe-plat.example")
    over_tls = forgets.get("/connexion/code")

    assert 'action="/connexion/code"' in asked.text
    for page in (told, typed):
        assert 'action="/connexion/code"' not in page.text
        assert "Ce navigateur n’a gardé aucune demande de code" in page.text
        assert "refuse les cookies" in page.text
        assert 'href="/connexion"' in page.text
    assert (told.status, typed.status) == (200, 403)
    assert "«\u00a0https\u00a0» manque" in told.text and "«\u00a0https\u00a0» manque" not in over_tls.text


def test_sign_in_ignores_a_fixed_session_and_ends_the_former_one(relay: Relay) -> None:
    former = _signed_in(relay)
    chosen = "chosen-by-a-thief"

    for sent in (former, chosen):
        session = enters_code(*_asked(relay), former=sent)
        assert session not in {former, chosen}
        with pytest.raises(SignedOut):
            _who(sent)
    assert _who(session).id == relay.tutor.id


def test_signing_out_ends_the_session_and_no_other(relay: Relay) -> None:
    here, there = _signed_in(relay), _signed_in(relay)

    signing_in.sign_out(here)
    signing_in.sign_out(here)
    signing_in.sign_out(None)

    with pytest.raises(SignedOut):
        _who(here)
    assert _who(there)


def test_a_session_that_meets_another_transaction_at_its_end_ends(relay: Relay) -> None:
    """AWS cancels one of two transactions on an item: what was not written must not be believed."""
    session = _signed_in(relay)

    with Tap(act=strike(Mode.CONFLICT), operation="TransactWriteItems", times=1).open() as tap:
        signing_in.sign_out(session)

    assert tap.struck
    with pytest.raises(SignedOut):
        _who(session)


def test_a_session_ends_two_hours_after_its_last_use(relay: Relay, time: Clock) -> None:
    session = _signed_in(relay)
    for _ in range(3):
        time.passes(hours=1, minutes=55)
        assert _who(session)
    stored_session = stored.read_session(signing_in.hash_cookie(session))
    assert stored_session is not None
    idle = stored_session.seen_at + timedelta(hours=2)

    with pytest.raises(SignedOut) as refused:
        signing_in.authenticate(session, now=idle)
    assert refused.value.facts["expired"] is True
    assert signing_in.authenticate(session, now=idle - A_MOMENT)


def test_a_session_ends_eight_hours_after_it_began_however_busy(relay: Relay, time: Clock) -> None:
    session = _signed_in(relay)
    stored_session = stored.read_session(signing_in.hash_cookie(session))
    assert stored_session is not None
    while time.now < stored_session.created_at + timedelta(hours=7, minutes=45):
        time.passes(minutes=30)
        if time.now < stored_session.created_at + timedelta(hours=8):
            assert _who(session)

    whole = stored_session.created_at + timedelta(hours=8)
    assert signing_in.authenticate(session, now=whole - A_MOMENT)
    with pytest.raises(SignedOut):
        signing_in.authenticate(session, now=whole)


def test_a_cookie_that_names_somebody_elses_account_opens_neither(relay: Relay) -> None:
    """The id in the cookie says which item to read; only the secret says whose session it is."""
    other = factories.account()
    add_records(other)
    session = _signed_in(relay)
    assert session.endswith(relay.tutor.id)
    forged = session.removesuffix(relay.tutor.id) + other.id
    kept = stored.read_session(signing_in.hash_cookie(session))
    assert kept is not None

    with pytest.raises(SignedOut):
        _who(forged)
    # Nor if its own secret were hers: the session says whose it is.
    moved = replace(kept, id=signing_in.hash_cookie(forged), revision=0)
    add_records(moved)
    for cookie in (forged, session.removesuffix(relay.tutor.id)):
        with pytest.raises(SignedOut):
            _who(cookie)
    assert _who(session).id == relay.tutor.id


def test_a_closed_account_is_signed_out_and_gets_no_code(relay: Relay, world: World, time: Clock) -> None:
    session = _signed_in(relay)
    challenge, code = _asked(relay)
    mailed = len(world.mails())
    account = _who(session)
    change_record(account, replace(account, closed_at=time.now))

    with pytest.raises(SignedOut):
        _who(session)
    with pytest.raises(CodeDead):
        enters_code(challenge, code)
    asks_code(relay.tutor.address)
    relay.mailer_runs()
    assert len(world.mails()) == mailed and relay.outbox() == []


def test_known_and_unknown_addresses_cost_the_same_calls(relay: Relay, time: Clock) -> None:
    def calls(address: str) -> list[list[str]]:
        with Tap().open() as asking:
            challenge = asks_code(address)
        with Tap().open() as failing, pytest.raises(CodeDead):
            enters_code(challenge, "0000000000")
        return [[call.operation for call in tap.calls] for tap in (asking, failing)]

    assert calls(relay.tutor.address) == calls(NOBODY)
    closed = replace(factories.account(), closed_at=time.now)
    add_records(closed)
    assert calls(closed.address) == calls(NOBODY)


def test_no_mail_leaves_for_an_unknown_address(relay: Relay, world: World) -> None:
    asks_code(NOBODY)
    relay.mailer_runs()

    assert world.mails() == [] and relay.outbox() == []


def test_past_the_quota_no_mail_leaves_and_the_codes_that_live_still_open(world: World, time: Clock) -> None:
    """Requests in an agent's name do not keep the agent out: codes sent before still sign in."""
    time.now = time.now.replace(minute=0)
    relay = relays.started(world)
    challenge, code = _asked(relay)
    most = config.settings().codes_per_hour
    for spelling in (str.upper, str.title, str.lower, str.swapcase, str.upper, str.lower):
        asks_code(spelling(relay.tutor.address))
        relay.mailer_runs()

    assert len(relay.codes()) == most
    assert _who(enters_code(challenge, code)).id == relay.tutor.id
    time.passes(hours=1)
    _asked(relay)
    assert len(relay.codes()) == most + 1


def test_a_mail_that_is_sent_again_holds_the_same_code(relay: Relay, time: Clock) -> None:
    challenge = asks_code(relay.tutor.address)
    (waiting,) = relay.outbox()
    with Tap(act=strike(Mode.LOST), operation="SendEmail").open():
        mailing.send_all([waiting], now=clock.utc_now())
    time.passes(seconds=LEASE.total_seconds())
    relay.mailer_runs()

    first, second = relay.codes()
    assert first == second
    assert enters_code(challenge, second)


@pytest.mark.parametrize("typed", ["", "marie", "a@b", "a@b.fr,c@d.fr", "Marie <marie@agents.example>"])
def test_what_is_no_address_is_asked_again(world: World, time: Clock, typed: str) -> None:
    with pytest.raises(FieldInvalid):
        asks_code(typed)
    assert world.table("RELAY_TABLE") == []
