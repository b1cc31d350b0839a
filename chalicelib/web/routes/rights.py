"""The notice to the young person, for everybody, and the form by which she or a parent uses her rights. No account."""

from chalice.app import Blueprint, Response

from chalicelib import clock
from chalicelib.errors import FieldInvalid, RelayError, TooMany, TryAgain
from chalicelib.web.kit import bodies
from chalicelib.web.kit.errors import answers_html, describe
from chalicelib.web.kit.http import answer, query, redirect, source

routes = Blueprint(__name__)

FIELDS = frozenset({"reference", "demande", "qui", "adresse"})


@routes.route("/notice", methods=["GET", "HEAD"])
@answers_html
def notice() -> Response:
    """One page to print, its reference left blank."""
    from chalicelib.templating import render
    from chalicelib.web import sending

    return answer(200, render("pages/notice.html", **sending.blank()))


@routes.route("/donnees-personnelles/demande", methods=["GET", "HEAD"])
@answers_html
def form() -> Response:
    """What is asked, about which passage, where to answer; or the receipt."""
    return _page(dict.fromkeys(FIELDS, ""), sent=query(routes.current_request, "fait") == "envoyee")


@routes.route("/donnees-personnelles/demande", methods=["POST"], content_types=[bodies.FORM])
@answers_html
def ask() -> Response:
    """Mails the request to the data protection officer; nothing of it is stored."""
    from chalicelib.stories import retention
    from chalicelib.web import rights

    request = routes.current_request
    typed = bodies.own_form(request, FIELDS)
    try:
        retention.ask_rights(rights.request_of(typed), source_ip=source(request), now=clock.utc_now())
    except (FieldInvalid, TooMany, TryAgain) as refusal:
        return _page(typed, refusal)
    return redirect("/donnees-personnelles/demande?fait=envoyee")


def _page(typed: dict[str, str], refusal: RelayError | None = None, *, sent: bool = False) -> Response:
    from chalicelib.templating import render
    from chalicelib.web import rights

    status, error, stopped, headers = 200, None, None, {}
    if isinstance(refusal, FieldInvalid):
        row, sentence = describe(refusal)
        status, error = row.status, {"field": str(refusal.facts["field"]), "message": sentence}
    elif refusal is not None:
        status = describe(refusal)[0].status
        stopped = "busy" if isinstance(refusal, TooMany) else "down"
        headers["Retry-After"] = str(refusal.facts.get("retry_after_seconds", 60))
    context = rights.form(typed, error=error, stopped=stopped, sent=sent)
    return answer(status, render("pages/demande.html", **context), headers=headers)
