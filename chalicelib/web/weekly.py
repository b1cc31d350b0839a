"""The page behind the link that stops the weekly letter.

It works without signing in: the address holds the account and a signature. A mail program's own button posts to it too.
"""

import re
from dataclasses import dataclass
from typing import Self

from chalice.app import Request, Response

from chalicelib import clock
from chalicelib.errors import LetterUnknown, Unreadable
from chalicelib.stories import weekly as stories
from chalicelib.web import public
from chalicelib.web.kit.calls import AnyForm, Call, NoForm, Unread
from chalicelib.web.kit.http import read_text
from chalicelib.web.kit.page_view import PageView

ACCOUNT, SIGNATURE = re.compile(r"[0-9a-f]{32}"), re.compile(r"[0-9a-f]{64}")
ONE_CLICK = ("List-Unsubscribe", "One-Click")
"""Both are in what is posted, in whichever of the two forms. Source: RFC 8058, section 3.2."""


@dataclass(frozen=True)
class SignedCall(Call[AnyForm]):
    """A request that only the signature in its address authorises. Mail programs send it, so its origin is not checked."""

    @classmethod
    def from_request(cls, request: Request, form: type[AnyForm]) -> Self:
        """Make the call of a view from a request of any origin: all that it can do is stop a letter."""
        return cls(request, clock.utc_now(), form.parse(request, None))


@dataclass(frozen=True, slots=True)
class LetterPage(PageView):
    """The button that stops the weekly letter or, once pressed (``stopped``), that it is stopped."""

    template = "lettre"

    stopped: bool


def show_stop_page(call: Call[NoForm], account: str, signature: str) -> Response:
    """Show the button that stops the letter. Nothing is read or changed, since robots follow links."""
    _check_shape(account, signature)
    return public.show_page(LetterPage(stopped=False))


def stop_letter(call: SignedCall[Unread], account: str, signature: str) -> Response:
    """Stop the weekly letter and show that it is stopped; not by a redirect, which mail programs do not follow.

    Raises:
        LetterUnknown: the address holds no valid signature.
        Unreadable: the body is not the form of such a button.
    """
    _check_shape(account, signature)
    posted = read_text(call.request)
    if not all(word in posted for word in ONE_CLICK):
        raise Unreadable
    stories.stop(account, signature, now=call.now)
    return public.show_page(LetterPage(stopped=True))


def _check_shape(account: str, signature: str) -> None:
    """Raise LetterUnknown for what cannot be an account and a signature, before the signing key is used."""
    if not (ACCOUNT.fullmatch(account) and SIGNATURE.fullmatch(signature)):
        raise LetterUnknown
