"""The form for who does not find the message with the link."""

from chalice.app import Response

from chalicelib.errors import FieldInvalid, TooMany
from chalicelib.stories.documents import losing
from chalicelib.web import public
from chalicelib.web.kit.calls import Call
from chalicelib.web.kit.errors import describe
from chalicelib.web.kit.forms import PageForm
from chalicelib.web.kit.http import read_source_address, redirect
from chalicelib.web.public import LostMessagePage

MOST_SHOWN = 254
"""Characters of an address that the page gives back."""


class LostMessageForm(PageForm):
    """``POST /message-perdu``; ``adresse``: to which the message went."""

    adresse: str = ""


def ask_for_message(call: Call[LostMessageForm]) -> Response:
    """Have the links of this address mailed there again. The answer never tells whether there are any."""
    typed = call.form.adresse
    try:
        losing.ask_for_message(typed, source=read_source_address(call.request), now=call.now)
    except FieldInvalid as refusal:
        row, sentence = describe(refusal)
        return public.show_page(LostMessagePage(typed[:MOST_SHOWN], error=sentence), row.status)
    except TooMany as refusal:
        row, _ = describe(refusal)
        response = public.show_page(LostMessagePage(typed[:MOST_SHOWN], stopped=True), row.status)
        response.headers["Retry-After"] = str(refusal.facts["retry_after_seconds"])
        return response
    return redirect("/message-perdu?fait=demande")
