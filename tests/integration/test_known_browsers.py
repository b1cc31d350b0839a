"""Browsers that an account knows: they open nothing by themselves, are listed on « Mon compte », and go when she says so."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import clock
from chalicelib.domain.accounts import signing_in as decisions
from chalicelib.domain.kernel.values import Role
from chalicelib.stores import parcours_table
from chalicelib.stores import relay_table as stored
from chalicelib.stories.accounts import closing, managing, signing_in
from chalicelib.web.kit.http import BROWSER_COOKIE, CHALLENGE_COOKIE, SESSION_COOKIE
from tests.conftest import Clock
from tests.faults.wire import Tap
from tests.support import factories, relays
from tests.support.http import Answer, Client
from tests.support.relays import Relay
from tests.support.sign_in import asks_for_code, derive_code, signs_in_with, types_code
from tests.support.writing import add_records


def sign_in(browser: Client, address: str) -> Client:
    """Ask for a code for this address and type it."""
    asks_for_code(browser, address)
    assert signs_in_with(browser, derive_code(browser))
    return browser


def known(relay: Relay) -> tuple[decisions.KnownBrowser, ...]:
    """Return the browsers that the tutor's account knows."""
    kept = stored.read_known_browsers(relay.tutor.id)
    return kept.browsers if kept else ()


def use_up_codes(address: str) -> None:
    """Ask, as strangers elsewhere, for all the codes that an address gets in an hour."""
    for place in range(20):
        asks_for_code(Client(source=f"203.0.113.{place}"), address)


def is_known(relay: Relay, browser: Client) -> bool:
    """Return whether this browser still gets a code when strangers have used up the quota."""
    use_up_codes(relay.tutor.address)
    asks_for_code(browser, relay.tutor.address)
    challenge = stored.read_challenge(signing_in.hash_cookie(browser.cookies[CHALLENGE_COOKIE]))
    assert challenge
    return not challenge.dead


def signed_in(browser: Client) -> bool:
    """Return whether this browser has a session."""
    return browser.get("/parcours").status == 200


def test_the_known_browser_cookie_lasts_180_days_is_http_only_and_never_stored_in_clear(relay: Relay) -> None:
    browser = Client()
    asks_for_code(browser, relay.tutor.address)
    answer = types_code(browser, derive_code(browser))

    (line,) = [cookie for cookie in answer.cookies if cookie.startswith(f"{BROWSER_COOKIE}=")]
    value, *attributes = line.split("; ")
    assert set(attributes) == {"Path=/", "Secure", "HttpOnly", "SameSite=Lax", f"Max-Age={180 * 86_400}"}
    assert timedelta(days=180) == decisions.BROWSER_LIFE
    assert len(value.partition("=")[2]) == decisions.VALUE_CHARACTERS
    assert value.partition("=")[2] not in relay.world.everything()


def test_a_known_browser_cookie_does_not_sign_in(relay: Relay) -> None:
    browser = sign_in(Client(), relay.tutor.address)
    alone = Client({BROWSER_COOKIE: browser.cookies[BROWSER_COOKIE]})

    assert alone.get("/parcours").status == 401
    assert alone.post_form("/connexion/code", {"code": "1234567890"}).status == 403
    asks_for_code(alone, relay.tutor.address)
    assert types_code(alone, "").status == 410
    assert alone.get("/parcours").status == 401


def test_a_forged_known_browser_cookie_is_ignored(relay: Relay) -> None:
    chosen = "c" * decisions.VALUE_CHARACTERS
    victim = sign_in(Client({BROWSER_COOKIE: chosen}), relay.tutor.address)

    assert victim.cookies[BROWSER_COOKIE][: decisions.VALUE_CHARACTERS] != chosen
    assert not is_known(relay, Client({BROWSER_COOKIE: chosen}))


@pytest.mark.parametrize("spoilt", ["", "a", "a" * 42, "-" * 43, "_" * 200, "é" * 43, "a b" * 20])
def test_a_malformed_known_browser_cookie_is_ignored(relay: Relay, spoilt: str) -> None:
    browser = sign_in(Client({BROWSER_COOKIE: spoilt}), relay.tutor.address)

    assert is_known(relay, browser)
    assert not is_known(relay, Client({BROWSER_COOKIE: spoilt}))


def test_signing_out_and_in_again_leaves_one_browser_known_since_the_first_time(
    relay: Relay, time: Clock
) -> None:
    browser = sign_in(Client(), relay.tutor.address)
    (first,) = known(relay)
    answer = browser.post_form("/deconnexion", "")
    assert answer.headers["clear-site-data"] == '"cache", "storage"', "cookies would take this one too"
    assert BROWSER_COOKIE in browser.cookies and SESSION_COOKIE not in browser.cookies
    time.passes(days=3)
    sign_in(browser, relay.tutor.address)

    (again,) = known(relay)
    assert (again.id, again.since) == (first.id, first.since)
    assert again.seen_at > first.seen_at


def test_one_browser_holds_one_session_of_an_account(relay: Relay) -> None:
    """A new sign-in ends the session that the same browser had left open."""
    browser = sign_in(Client(), relay.tutor.address)
    left = Client(dict(browser.cookies))
    del browser.cookies[SESSION_COOKIE]
    sign_in(browser, relay.tutor.address)

    assert signed_in(browser) and not signed_in(left)


def test_several_accounts_are_known_in_one_browser(relay: Relay, time: Clock) -> None:
    """Several agents of a school may share one computer."""
    others = [relays.started(relay.world, factories.account()).tutor for _ in range(3)]
    shared = sign_in(Client(), relay.tutor.address)
    for other in others:
        shared.post_form("/deconnexion", "")
        sign_in(shared, other.address)

    assert is_known(relay, shared)
    sign_in(shared, relay.tutor.address)
    assert len(known(relay)) == 1
    assert len(shared.cookies[BROWSER_COOKIE]) == 4 * decisions.VALUE_CHARACTERS


def test_of_more_than_nine_browsers_the_one_unused_longest_is_forgotten(relay: Relay, time: Clock) -> None:
    browsers = []
    for _ in range(decisions.MOST_BROWSERS + 1):
        browsers.append(sign_in(Client(), relay.tutor.address))
        time.passes(hours=1)

    assert len(known(relay)) == decisions.MOST_BROWSERS
    assert not is_known(relay, browsers[0])
    time.passes(hours=1)
    assert is_known(relay, browsers[1])


def test_an_account_has_nine_sessions_a_tenth_ends_the_oldest_and_the_account_page_lists_those_that_are_open(
    relay: Relay, time: Clock
) -> None:
    browsers: list[Client] = []
    for _ in range(decisions.MOST_BROWSERS + 1):
        browsers.append(sign_in(Client(source=f"203.0.113.{len(browsers)}"), relay.tutor.address))
        time.passes(minutes=1)
    browsers[1].post_form("/deconnexion", "")

    assert [signed_in(browser) for browser in browsers] == [False, False] + [True] * 8
    page = browsers[-1].get("/compte").words
    assert (page.count(", ouverte"), page.count(", terminée")) == (8, 1)
    time.passes(hours=2)
    page = sign_in(Client(), relay.tutor.address).get("/compte").words
    assert page.count("dernière connexion le") == 1, "here"
    assert (page.count(", ouverte"), page.count(", terminée")) == (1, 8)


def everywhere(browser: Client) -> Answer:
    """Sign out everywhere from this browser."""
    return browser.post_form("/compte/deconnexion", "")


def test_signing_out_everywhere_ends_every_session_and_forgets_every_browser(
    relay: Relay, time: Clock
) -> None:
    lost = sign_in(Client(), relay.tutor.address)
    here = sign_in(Client(), relay.tutor.address)
    asks_for_code(lost, relay.tutor.address)

    answer = everywhere(here)

    assert (answer.status, answer.headers["location"]) == (303, "/connexion?fait=partout")
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    assert "Tous vos navigateurs sont déconnectés" in here.get(answer.headers["location"]).text
    assert not signed_in(here) and not signed_in(lost)
    assert known(relay) == ()
    assert not is_known(relay, lost)
    time.passes(hours=1)
    sign_in(here, relay.tutor.address)
    assert here.get("/compte").words.count("connexion le") == 1


def test_a_disconnected_browser_restored_by_a_race_stays_unknown(relay: Relay, time: Clock) -> None:
    """Signing out everywhere notes its instant on the account: a browser that signed in before it stays unknown, even if a
    concurrent write puts it back.
    """
    lost = sign_in(Client(), relay.tutor.address)
    kept = stored.read_known_browsers(relay.tutor.id)
    assert kept
    everywhere(sign_in(Client(), relay.tutor.address))
    add_records(replace(kept, revision=0))

    assert not is_known(relay, lost)
    time.passes(hours=1)
    here = sign_in(Client(), relay.tutor.address)
    assert here.get("/compte").words.count("connexion le") == 1


def test_a_closed_account_loses_its_browsers_and_its_reopening_brings_none_back(
    relay: Relay, time: Clock
) -> None:
    agent = replace(factories.account(), roles=frozenset({Role.TEAM}))
    leaver = factories.account()
    add_records(agent, leaver)
    browser = sign_in(Client(), leaver.address)
    closing.close(agent, leaver.id, now=clock.utc_now())
    assert stored.read_known_browsers(leaver.id) is None
    managing.reopen(agent, leaver.id, now=clock.utc_now())
    account = parcours_table.read_account(leaver.id)
    assert account and account.closed_at is None

    use_up_codes(leaver.address)
    asks_for_code(browser, leaver.address)
    assert not signs_in_with(browser, derive_code(browser))


def test_a_browser_is_forgotten_180_days_after_its_last_sign_in(relay: Relay, time: Clock) -> None:
    old = sign_in(Client(), relay.tutor.address)
    time.passes(days=100)
    newer = sign_in(Client(), relay.tutor.address)
    (second, first) = known(relay)
    time.now = first.ends_at
    assert not is_known(relay, old)
    relay.purges()
    assert [browser.id for browser in known(relay)] == [second.id]
    assert is_known(relay, newer)

    time.now = second.ends_at
    relay.purges()
    assert known(relay) == ()
    assert not [item for item in relay.world.table("RELAY_TABLE") if item["pk"].startswith("browsers#")]


def test_a_sign_in_while_lapsed_browsers_are_forgotten_fails_neither(relay: Relay, time: Clock) -> None:
    sign_in(Client(), relay.tutor.address)
    time.passes(days=181)

    def signs_in(*_: object) -> None:
        tap.asleep = True
        sign_in(Client(), relay.tutor.address)
        tap.asleep = False

    with Tap(act=signs_in, operation="TransactWriteItems", times=1).open() as tap:
        signing_in.forget_lapsed(relay.tutor.id, now=time.now)

    (newer,) = known(relay)
    assert newer.ends_at > time.now + timedelta(days=179)
