"""Passkeys in the tables of routes: what their rows post."""

import json
from dataclasses import replace

from chalicelib import clock, errors
from chalicelib.domain.kernel.people import Account, Passkey
from chalicelib.stores import parcours_table, relay_table
from chalicelib.stories.accounts import signing_in
from chalicelib.web.kit.errors import describe
from chalicelib.web.kit.http import SESSION_COOKIE
from tests.security.matrix import Asker
from tests.support.authenticator import Authenticator, adds_passkey, signs_in_by_passkey
from tests.support.http import Answer, Client, signed_in
from tests.support.writing import change_record


def _answer(refusal: errors.RelayError) -> tuple[int, str, str]:
    """Return what a script is answered that is refused."""
    row, sentence = describe(refusal)
    return row.status, "", json.dumps({"code": refusal.code, "message": sentence}, separators=(",", ":"))


REFUSED = _answer(errors.PasskeyRefused())
"""What a repeat is answered: its challenge is spent."""
ENDED = _answer(errors.SignedOut(expired=True))
"""What a repeat is answered: the first passkey has ended the session."""


def answers_unknown(asker: Asker) -> Answer:
    """Sign in with a passkey that no account has."""
    return signs_in_by_passkey(asker.client, Authenticator("0" * 32))


def adds(asker: Asker) -> Answer:
    """Add a passkey to one's own account, if one is signed in."""
    return adds_passkey(asker.client, Authenticator(asker.client.cookies.get(SESSION_COOKIE, "")[-32:]))


def removes_all(asker: Asker, name: str) -> Answer:
    """Remove the passkeys of somebody who has lost them, after a fresh sign-in of one's own."""
    _prove(asker.client)
    account = asker.scene.accounts[name]
    _with_passkey(account)
    return asker.form(f"/comptes/{account.id}/cles")


def signs_in(asker: Asker) -> Answer:
    """Sign in with a passkey."""
    return signs_in_by_passkey(asker.client, _with_passkey(asker.scene.accounts["tutor"]))


def _with_passkey(account: Account) -> Authenticator:
    """Add a passkey to an account in a browser of its person's, if it has none; return a device with one."""
    device = Authenticator(account.id)
    browser = signed_in(account)
    _prove(browser)
    assert adds_passkey(browser, device).status == 200
    return device


def _prove(browser: Client) -> None:
    """Let the session of this browser, if it has one, be one that a passkey of its account has opened."""
    session = relay_table.read_session(signing_in.hash_cookie(browser.cookies.get(SESSION_COOKIE, "")))
    account = parcours_table.read_account(session.account) if session is not None else None
    if session is None or account is None:
        return
    now = clock.utc_now()
    change_record(session, replace(session, proved_at=now))
    if not account.passkeys:
        kept = Passkey(id="AAAB", public_key="", name="Clé", created_at=now, counter=0, backed_up=False)
        change_record(account, replace(account, passkeys=(kept,)))
