"""Passkeys: signing in with one, those of the agent's account, and letting in who has lost theirs.

The browser's own dialogue is opened by scripts, ``passkey.js`` and ``passkeys.js``: it asks for a gesture of the person's.
"""

from dataclasses import dataclass
from typing import Annotated

from chalice.app import Response
from pydantic import Field, StrictStr

from chalicelib import config
from chalicelib.domain.accounts.signing_in import CODE_LIFE
from chalicelib.domain.kernel import texts
from chalicelib.errors import FieldInvalid
from chalicelib.stories.accounts import passkeys as stories
from chalicelib.stories.accounts.passkeys import PasskeyAnswer
from chalicelib.web import accounts, public
from chalicelib.web.kit.calls import Call, NoForm
from chalicelib.web.kit.forms import JsonForm, PageForm
from chalicelib.web.kit.http import (
    BROWSER_COOKIE,
    PASSKEY_COOKIE,
    SESSION_COOKIE,
    answer_json,
    read_cookie,
    read_own_path,
    redirect,
    redirect_signed_out,
    set_cookie,
)
from chalicelib.web.kit.page import FreshCall
from chalicelib.web.kit.page_view import PageView
from chalicelib.web.signing_in import build_session_cookies

Encoded = Annotated[StrictStr, Field(max_length=12_000)]
"""Bytes as base64url, longer than any honest ones."""


class NothingForm(JsonForm):
    """``POST /connexion/cle/defi`` and ``POST /compte/cles/defi``: an empty object."""


class SignInForm(JsonForm):
    """``POST /connexion/cle``: what a browser answers; ``compte``: the user handle; ``vers``: as in ``AddressForm``."""

    id: Encoded
    compte: Annotated[StrictStr, Field(pattern="^[0-9a-z-]{1,64}$")]
    client: Encoded
    authentificateur: Encoded
    signature: Encoded
    vers: Encoded = ""


class AddForm(JsonForm):
    """``POST /compte/cles``: the name of a new passkey, and what the browser answers with it."""

    nom: Encoded
    client: Encoded
    attestation: Encoded


class RenameForm(PageForm):
    """``POST /compte/cles/nom``; ``cle``: id of the passkey; ``nom``: what it is called from now on."""

    cle: str = ""
    nom: str = ""


class RemoveForm(PageForm):
    """``POST /compte/cles/retrait``; ``cle``: id of the passkey."""

    cle: str = ""


@dataclass(frozen=True, slots=True)
class UsePasskeyPage(PageView):
    """The page that asks for a passkey after a right mailed code, or ProConnect."""

    template = "connexion-cle"

    vers: str
    grace_days: int
    """How long a code opens an account again whose keys were removed for its person."""


def show_sign_in(call: Call[NoForm]) -> Response:
    """Show the page that asks for a passkey after a right mailed code, or ProConnect."""
    return public.show_page(
        UsePasskeyPage(read_own_path(call.query("vers")), config.settings().passkey_grace_days)
    )


def begin_sign_in(call: Call[NothingForm]) -> Response:
    """Return what the browser is asked for, and set the cookie of the challenge."""
    cookie, options = stories.begin_sign_in(now=call.now)
    return answer_json(200, options, (_set_challenge(cookie),))


def sign_in(call: Call[SignInForm]) -> Response:
    """Start a session by a passkey; the answer says which page opens."""
    form = call.form
    answer = {
        "clientDataJSON": form.client,
        "authenticatorData": form.authentificateur,
        "signature": form.signature,
    }
    entered = stories.sign_in(
        read_cookie(call.request, PASSKEY_COOKIE),
        PasskeyAnswer(form.id, form.compte, answer),
        browser=read_cookie(call.request, BROWSER_COOKIE),
        former=read_cookie(call.request, SESSION_COOKIE),
        now=call.now,
    )
    vers = read_own_path(form.vers) or "/parcours"
    return answer_json(200, {"vers": vers}, build_session_cookies(entered, PASSKEY_COOKIE))


def begin_registration(call: FreshCall[NothingForm]) -> Response:
    """Return what the browser is asked for to make a passkey, and set the cookie of the challenge."""
    cookie, options = stories.begin_registration(call.agent, now=call.now)
    return answer_json(200, options, (_set_challenge(cookie),))


def add(call: FreshCall[AddForm]) -> Response:
    """Add the passkey that the browser has just made; the first one ends every session, and signs in from then on."""
    name = texts.read_name(call.form.nom, "nom")
    answer = {"clientDataJSON": call.form.client, "attestationObject": call.form.attestation}
    stories.add(call.agent, read_cookie(call.request, PASSKEY_COOKIE), (name, answer), now=call.now)
    vers = "/compte?fait=cle-ajoutee" if call.agent.passkeys else "/connexion?fait=cle"
    return answer_json(200, {"vers": vers}, (set_cookie(PASSKEY_COOKIE, "", seconds=0),))


def rename(call: FreshCall[RenameForm]) -> Response:
    """Give a passkey of the agent's account another name; a refused one is shown again."""
    renaming = (call.form.cle, call.form.nom)
    try:
        stories.rename(call.agent, *renaming)
    except FieldInvalid as refusal:
        return accounts.show_passkey_refused(call, refusal, renaming)
    return redirect("/compte?fait=cle-renommee")


def remove(call: FreshCall[RemoveForm]) -> Response:
    """Remove a passkey of the agent's account, which ends every session."""
    try:
        removed = stories.remove(call.agent, call.form.cle, now=call.now)
    except FieldInvalid as refusal:
        return accounts.show_passkey_refused(call, refusal)
    if not removed:
        return redirect("/compte#cles")
    return redirect_signed_out("/connexion?fait=cle-retiree")


def remove_all(call: FreshCall[NoForm], account_id: str) -> Response:
    """Remove every passkey of an account that the agent manages: its person has lost them."""
    stories.remove_all(call.agent, account_id, now=call.now)
    return redirect(f"/comptes/{account_id}?fait=cles")


def _set_challenge(cookie: str) -> str:
    """Build the cookie of a passkey's challenge."""
    return set_cookie(PASSKEY_COOKIE, cookie, seconds=int(CODE_LIFE.total_seconds()))
