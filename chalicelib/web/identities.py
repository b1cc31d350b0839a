"""Signing in with ProConnect: leaving for it, and coming back."""

from chalice.app import Response

from chalicelib.domain.accounts.identities import BEGUN_LIFE, check_return
from chalicelib.errors import IdentityInvalid, RelayError
from chalicelib.stories.accounts import identities
from chalicelib.web.kit.calls import Call, NoForm
from chalicelib.web.kit.errors import answer_refusal_as_page
from chalicelib.web.kit.forms import PageForm
from chalicelib.web.kit.http import (
    BROWSER_COOKIE,
    IDENTITY_COOKIE,
    SESSION_COOKIE,
    check_identifier,
    read_cookie,
    read_own_path,
    read_source_address,
    redirect,
    set_cookie,
)
from chalicelib.web.kit.page import FreshCall
from chalicelib.web.public import show_way_out
from chalicelib.web.signing_in import build_session_cookies, lead_to_passkey

MOST_CODE = 2_000
"""Characters of a code of ProConnect."""


class LeaveForm(PageForm):
    """``POST /connexion/proconnect``; ``vers``: page that opens once signed in, empty for the list."""

    vers: str = ""


def leave(call: Call[LeaveForm]) -> Response:
    """Begin a sign-in with ProConnect, all of it in a cookie, and lead there."""
    path, source = read_own_path(call.form.vers), read_source_address(call.request)
    cookie, address = identities.begin(path, source=source, now=call.now)
    begun = set_cookie(IDENTITY_COOKIE, cookie, seconds=int(BEGUN_LIFE.total_seconds()))
    return show_way_out(address, ended=False, cookies=(begun,))


def come_back(call: Call[NoForm]) -> Response:
    """Open a session for whom ProConnect names, and the page that was asked for; its cookie serves once, whatever comes of it.

    Where the account has a passkey, or owes one, the page that asks for it opens instead.
    """
    spent = set_cookie(IDENTITY_COOKIE, "", seconds=0)
    try:
        begun = check_return(read_cookie(call.request, IDENTITY_COOKIE), call.query("state"))
        code = call.query("code")
        if call.query("error") or not 0 < len(code) <= MOST_CODE:
            raise IdentityInvalid(check="answer")
        entered = identities.enter(
            begun,
            code,
            browser=read_cookie(call.request, BROWSER_COOKIE),
            former=read_cookie(call.request, SESSION_COOKIE),
            source=read_source_address(call.request),
            now=call.now,
        )
    except RelayError as refusal:
        response = answer_refusal_as_page(refusal)
        response.headers["Set-Cookie"] = [spent]
        return response
    vers = read_own_path(begun.path)
    if entered is None:
        return lead_to_passkey(vers, spent)
    return redirect(vers or "/parcours", build_session_cookies(entered, IDENTITY_COOKIE))


def unlink(call: FreshCall[NoForm], account_id: str) -> Response:
    """Forget the identity at ProConnect of an account that the agent manages."""
    identities.unlink(call.agent, check_identifier(account_id), now=call.now)
    return redirect(f"/comptes/{account_id}?fait=proconnect")
