"""Who is asking: the agent behind a session cookie, the recipient's browser behind a nonce."""

import hashlib
import secrets
from datetime import datetime
from typing import TYPE_CHECKING

from chalice.app import Request

from chalicelib.errors import CookiesBlocked
from chalicelib.web.kit.http import NONCE_COOKIE, SESSION_COOKIE, cookie, read_cookie

if TYPE_CHECKING:
    from chalicelib.domain.kernel.people import Account
    from chalicelib.stories.accounts.signing_in import SignedIn

NONCE_SECONDS = 72 * 3600


def agent(request: Request, now: datetime) -> "Account":
    """The signed-in agent.

    Raises:
        SignedOut: nobody is signed in here (any more).
    """
    return signed_in(request, now).account


def signed_in(request: Request, now: datetime) -> "SignedIn":
    """The same, with her session."""
    from chalicelib.stories.accounts import signing_in

    return signing_in.who(read_cookie(request, SESSION_COOKIE), now=now)


def browser(request: Request) -> str | None:
    """SHA-256 of the nonce of this browser; None when it has none."""
    nonce = read_cookie(request, NONCE_COOKIE)
    return hashlib.sha256(nonce.encode()).hexdigest() if nonce else None


def browser_or_refuse(request: Request) -> str:
    """Read the nonce of the recipient's browser.

    Raises:
        CookiesBlocked: this browser sent no nonce, though the page had set one.
    """
    found = browser(request)
    if found is None:
        raise CookiesBlocked
    return found


def nonce_cookie(request: Request) -> str:
    """The nonce set if absent, and the same sent again if present: a reload after a lost answer must keep it."""
    return cookie(
        NONCE_COOKIE, read_cookie(request, NONCE_COOKIE) or secrets.token_urlsafe(32), seconds=NONCE_SECONDS
    )
