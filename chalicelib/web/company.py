"""The recipient's page. No account: whoever holds the link and knows to which address it was mailed."""

from chalice.app import Blueprint, Response

from chalicelib import clock
from chalicelib.web.errors import answers_html, answers_json
from chalicelib.web.http import JSON, answer, empty, json_answer
from chalicelib.web.session import browser, browser_or_refuse, nonce_cookie

routes = Blueprint(__name__)


def _page() -> Response:
    """The same for every link: it reads nothing and changes nothing. Sets the browser's nonce if absent."""
    from chalicelib.templating import render

    return answer(
        200, render("pages/retrait.html", agent=None, nav=""), cookies=(nonce_cookie(routes.current_request),)
    )


@routes.route("/retrait", methods=["GET", "HEAD"])
@answers_html
def page() -> Response:
    """The page whose script reads the token behind ``#``."""
    return _page()


@routes.route("/retrait/{rest}", methods=["GET", "HEAD"])
@answers_html
def page_behind_mangled_link(rest: str) -> Response:
    """Gateways rewrite ``#`` to ``%23``: the page's script finds the token in the path and drops it."""
    del rest  # nothing that stands in a path is used or logged
    return _page()


@routes.route("/retrait/apercu", methods=["POST"], content_types=[JSON])
@answers_json
def glimpse() -> Response:
    """What this link is, for this browser. Inert."""
    from chalicelib.stories import opening
    from chalicelib.web import forms, recipient_view

    request = routes.current_request
    asked = forms.read(request, forms.TokenForm)
    seen = opening.glimpse(asked.token, browser=browser(request), now=clock.utc_now())
    return json_answer(200, recipient_view.glimpse(seen))


@routes.route("/retrait/preuve", methods=["POST"], content_types=[JSON])
@answers_json
def prove() -> Response:
    """This browser knows the address: it may act on this link."""
    from chalicelib.stories import opening
    from chalicelib.web import forms

    request = routes.current_request
    asked = forms.read(request, forms.ProofForm)
    opening.prove(asked.token, asked.adresse, browser=browser_or_refuse(request), now=clock.utc_now())
    return empty()


@routes.route("/retrait/ouverture", methods=["POST"], content_types=[JSON])
@answers_json
def open_documents() -> Response:
    """The claim. Decided and decrypted by ``unseal``, which alone may."""
    from chalicelib.stories import claiming
    from chalicelib.web import forms

    request = routes.current_request
    asked = forms.read(request, forms.TokenForm)
    return json_answer(200, claiming.claim(asked.token, browser=browser_or_refuse(request)))


@routes.route("/retrait/reception", methods=["POST"], content_types=[JSON])
@answers_json
def answer_reception() -> Response:
    """The winner says whether she could read."""
    from chalicelib.stories import opening
    from chalicelib.web import forms

    request = routes.current_request
    asked = forms.read(request, forms.ReceptionForm)
    opening.answer(
        asked.token, readable=asked.lisible, browser=browser_or_refuse(request), now=clock.utc_now()
    )
    return empty()


@routes.route("/retrait/demande", methods=["POST"], content_types=[JSON])
@answers_json
def ask_again() -> Response:
    """The link gives nothing any more: please send again. The tutor's turn."""
    from chalicelib.stories import opening
    from chalicelib.web import forms

    request = routes.current_request
    asked = forms.read(request, forms.TokenForm)
    opening.ask_again(asked.token, browser=browser_or_refuse(request), now=clock.utc_now())
    return empty()
