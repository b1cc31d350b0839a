"""The page behind the link that stops the weekly letter: its button, or a mail program's, works without signing in."""

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
    """A request that the signature in its address alone authorises: mail programs post it from no page of ours."""

    @classmethod
    def from_request(cls, request: Request, form: type[AnyForm]) -> Self:
        """Read a request, wherever it comes from: all that it can do is to stop a letter."""
        return cls(request, clock.utc_now(), form.parse(request, None))


@dataclass(frozen=True, slots=True)
class LetterPage(PageView):
    """The button that stops the weekly letter, or that it is stopped."""

    template = "lettre"

    stopped: bool


def show_stop_page(call: Call[NoForm], account: str, signature: str) -> Response:
    """Ask whether the letter is to stop; changes nothing and reads nothing, since robots follow links."""
    _check_shape(account, signature)
    return public.show_page(LetterPage(stopped=False))


def stop_letter(call: SignedCall[Unread], account: str, signature: str) -> Response:
    """Stop the weekly letter. No redirection: mail programs follow none."""
    _check_shape(account, signature)
    posted = read_text(call.request)
    if not all(word in posted for word in ONE_CLICK):
        raise Unreadable
    stories.stop(account, signature, now=call.now)
    return public.show_page(LetterPage(stopped=True))


def _check_shape(account: str, signature: str) -> None:
    """Refuse what cannot be a signature before any key is asked. Raises LetterUnknown."""
    if not (ACCOUNT.fullmatch(account) and SIGNATURE.fullmatch(signature)):
        raise LetterUnknown
