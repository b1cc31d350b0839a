"""The recipient's page. No account: whoever holds the link and knows to which address it was mailed."""

from chalice.app import Blueprint, Response

from chalicelib import clock
from chalicelib.web.kit.errors import answers_html, answers_json
from chalicelib.web.kit.http import JSON, answer, empty, json_answer
from chalicelib.web.kit.session import browser, browser_or_refuse, nonce_cookie
from chalicelib.web.routes import company_words

routes = Blueprint(__name__)


def _page() -> Response:
    """The same for every link: it reads nothing and changes nothing. Sets the browser's nonce if absent."""
    from chalicelib.templating import render

    lists = {"refus": company_words.DECLINES, "annule": company_words.CANCELS, "manque": company_words.MISSES}
    html = render("pages/retrait.html", agent=None, nav="", motifs=lists)
    return answer(200, html, cookies=(nonce_cookie(routes.current_request),))


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
    """What this link is, for this browser, and what may be answered. Inert."""
    from chalicelib.stories import meetings
    from chalicelib.stories.documents import opening
    from chalicelib.web import recipient
    from chalicelib.web.kit import forms

    request, now = routes.current_request, clock.utc_now()
    asked = forms.read(request, forms.TokenForm)
    seen = opening.glimpse(asked.token, browser=browser(request), now=now)
    stands = meetings.appointment_of(seen.parcours) if seen.proven else None
    return json_answer(200, recipient.glimpse(seen) | recipient.answers(seen, stands, now))


@routes.route("/retrait/preuve", methods=["POST"], content_types=[JSON])
@answers_json
def prove() -> Response:
    """This browser knows the address, or the telephoned code: it may act on this link."""
    from chalicelib.stories.documents import opening
    from chalicelib.web import recipient
    from chalicelib.web.kit import forms

    request = routes.current_request
    asked = forms.read(request, recipient.ProofForm)
    opening.prove(
        asked.token,
        asked.answer(),
        browser=browser_or_refuse(request),
        now=clock.utc_now(),
        code=asked.code is not None,
    )
    return empty()


@routes.route("/retrait/ouverture", methods=["POST"], content_types=[JSON])
@answers_json
def open_documents() -> Response:
    """The claim. Decided and decrypted by ``unseal``, which alone may."""
    from chalicelib.stories.documents import opening
    from chalicelib.web.kit import forms

    request = routes.current_request
    asked = forms.read(request, forms.TokenForm)
    return json_answer(200, opening.claim(asked.token, browser=browser_or_refuse(request)))


@routes.route("/retrait/reception", methods=["POST"], content_types=[JSON])
@answers_json
def answer_reception() -> Response:
    """The winner says whether she could read."""
    from chalicelib.stories.documents import opening
    from chalicelib.web.kit import forms

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
    from chalicelib.stories.documents import opening
    from chalicelib.web.kit import forms

    request = routes.current_request
    asked = forms.read(request, forms.TokenForm)
    opening.ask_again(asked.token, browser=browser_or_refuse(request), now=clock.utc_now())
    return empty()


@routes.route("/retrait/creneaux", methods=["POST"], content_types=[JSON])
@answers_json
def propose_dates() -> Response:
    """One to five dates for the meeting, hours of Paris. The tutor's turn."""
    from chalicelib.stories import meetings
    from chalicelib.web import recipient
    from chalicelib.web.kit import forms

    request, now = routes.current_request, clock.utc_now()
    asked = forms.read(request, recipient.SlotsForm)
    meetings.propose(asked.token, asked.slots(now), asked.feries_vus, browser_or_refuse(request), now)
    return empty()


@routes.route("/retrait/rendez-vous", methods=["POST"], content_types=[JSON])
@answers_json
def tell_meeting() -> Response:
    """The company cancels the meeting, or says afterwards whether it took place."""
    from chalicelib.stories import meetings
    from chalicelib.web import recipient
    from chalicelib.web.kit import forms

    request = routes.current_request
    asked = forms.read(request, recipient.MeetingForm)
    meetings.company_gesture(
        asked.token,
        asked.geste,
        asked.reason(),
        browser_or_refuse(request),
        clock.utc_now(),
        seen=asked.seen(),
    )
    return empty()


@routes.route("/retrait/refus", methods=["POST"], content_types=[JSON])
@answers_json
def decline() -> Response:
    """The company does not welcome this young person; it may come back on it for a day."""
    from chalicelib.stories import outcomes
    from chalicelib.web import recipient
    from chalicelib.web.kit import forms

    request = routes.current_request
    asked = forms.read(request, recipient.DeclineForm)
    outcomes.decline(asked.token, asked.reason(), browser=browser_or_refuse(request), now=clock.utc_now())
    return empty()


@routes.route("/retrait/refus/annulation", methods=["POST"], content_types=[JSON])
@answers_json
def undo_decline() -> Response:
    """Within a day, the refusal is taken back."""
    from chalicelib.stories import outcomes
    from chalicelib.web.kit import forms

    request = routes.current_request
    asked = forms.read(request, forms.TokenForm)
    outcomes.undo_decline(asked.token, browser=browser_or_refuse(request), now=clock.utc_now())
    return empty()


@routes.route("/retrait/copies", methods=["POST"], content_types=[JSON])
@answers_json
def delete_copies() -> Response:
    """The company says that it deleted its copies."""
    from chalicelib.stories import outcomes
    from chalicelib.web.kit import forms

    request = routes.current_request
    asked = forms.read(request, forms.TokenForm)
    outcomes.copies_deleted(asked.token, browser=browser_or_refuse(request), now=clock.utc_now())
    return empty()


@routes.route("/retrait/transmission", methods=["POST"], content_types=[JSON])
@answers_json
def pass_on() -> Response:
    """The right colleague: in this one's place or beside. Decided and wrapped by ``unseal``, which alone may."""
    from chalicelib.stories.documents import passing
    from chalicelib.web import recipient
    from chalicelib.web.kit import forms

    request = routes.current_request
    asked = forms.read(request, recipient.ColleagueForm)
    became = passing.pass_on(asked.token, asked.named(), browser=browser_or_refuse(request))
    return json_answer(200, {"etat": became})
