"""Signing in with a mailed code, signing out, and the browsers in which an account is known."""

from chalice.app import Response

from chalicelib.domain.accounts.signing_in import BROWSER_LIFE, CODE_LIFE
from chalicelib.errors import CodeDead, CodeElsewhere, FieldInvalid
from chalicelib.stories.accounts import signing_in
from chalicelib.stories.accounts.signing_in import Entered
from chalicelib.web import public
from chalicelib.web.kit.calls import Call, NoForm
from chalicelib.web.kit.errors import SignInPage, describe
from chalicelib.web.kit.forms import PageForm
from chalicelib.web.kit.http import (
    BROWSER_COOKIE,
    CHALLENGE_COOKIE,
    CLEARED,
    SESSION_COOKIE,
    read_cookie,
    read_own_path,
    read_source_address,
    redirect,
    redirect_signed_out,
    set_cookie,
)
from chalicelib.web.kit.page import AgentCall

MOST_SHOWN = 254
"""Characters of an address that the page gives back."""


class AddressForm(PageForm):
    """``POST /connexion``; ``adresse``: professional address; ``vers``: page that opens once signed in, empty for the list."""

    adresse: str = ""
    vers: str = ""


class CodeForm(PageForm):
    """``POST /connexion/code``; ``vers``: as in ``AddressForm``."""

    code: str = ""
    vers: str = ""


def ask_code(call: Call[AddressForm]) -> Response:
    """Mail a sign-in code if this address has an account. The answer never tells whether it has one.

    It sets the challenge cookie, without which no code is right.
    """
    typed, vers = call.form.adresse, read_own_path(call.form.vers)
    known = read_cookie(call.request, BROWSER_COOKIE)
    try:
        challenge = signing_in.ask_code(
            typed, browser=known, source=read_source_address(call.request), now=call.now
        )
    except FieldInvalid as refusal:
        row, sentence = describe(refusal)
        return public.show_page(SignInPage(vers, typed[:MOST_SHOWN], error=sentence), row.status)
    asked = set_cookie(CHALLENGE_COOKIE, challenge, seconds=int(CODE_LIFE.total_seconds()))
    return redirect(f"/connexion/code?vers={vers}" if vers else "/connexion/code", (asked,))


def enter_code(call: Call[CodeForm]) -> Response:
    """Check the code; if it is right, start a session and open the page that was asked for, else say why on the same page.

    Where a passkey alone opens the account, the page that asks for it opens instead.
    """
    vers = read_own_path(call.form.vers)
    try:
        entered = signing_in.enter_code(
            read_cookie(call.request, CHALLENGE_COOKIE),
            call.form.code,
            browser=read_cookie(call.request, BROWSER_COOKIE),
            former=read_cookie(call.request, SESSION_COOKIE),
            now=call.now,
        )
    except (CodeDead, CodeElsewhere) as refusal:
        row, sentence = describe(refusal)
        return public.show_sign_in_code(call.request, vers, row.status, sentence)
    if entered is None:
        return lead_to_passkey(vers)
    return redirect(vers or "/parcours", build_session_cookies(entered, CHALLENGE_COOKIE))


def lead_to_passkey(vers: str, *cookies: str) -> Response:
    """Lead to the page that asks for a passkey."""
    return redirect(f"/connexion/cle?vers={vers}" if vers else "/connexion/cle", cookies)


def build_session_cookies(entered: Entered, spent: str) -> tuple[str, ...]:
    """Build the cookies of a sign-in; ``spent``: name of the cookie that led to it, which is removed."""
    return (
        set_cookie(SESSION_COOKIE, entered.session, seconds=None),
        set_cookie(BROWSER_COOKIE, entered.browser, seconds=int(BROWSER_LIFE.total_seconds())),
        set_cookie(spent, "", seconds=0),
    )


def sign_out(call: Call[NoForm]) -> Response:
    """End the session and remove its cookie; the browser stays known. A session of ProConnect's ends there too."""
    return lead_out(signing_in.sign_out(read_cookie(call.request, SESSION_COOKIE)), "/")


def lead_out(way_out: str | None, path: str) -> Response:
    """Lead somebody whose session ended to where that of ProConnect ends (``Session.exit``), else to a path of ours."""
    if way_out is None:
        return redirect_signed_out(path)
    ended = set_cookie(SESSION_COOKIE, "", seconds=0)
    return public.show_way_out(way_out, ended=True, cookies=(ended,), headers=CLEARED)


def sign_out_everywhere(call: AgentCall[NoForm]) -> Response:
    """End every session of the agent, this one included, and forget every known browser."""
    signing_in.sign_out_everywhere(call.agent, now=call.now)
    return lead_out(call.signed_in.session.exit, "/connexion?fait=partout")
