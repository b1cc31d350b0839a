"""Sending documents: the form, the deposit, its progress."""

from datetime import timedelta

from chalice.app import Blueprint, Response

from chalicelib import clock, config
from chalicelib.errors import WrongStep
from chalicelib.web import bodies
from chalicelib.web.errors import answers_html, answers_json
from chalicelib.web.http import JSON, answer, json_answer, query
from chalicelib.web.session import agent

routes = Blueprint(__name__)


@routes.route("/parcours/{parcours_id}/envoi", methods=["GET", "HEAD"])
@answers_html
def send_page(parcours_id: str) -> Response:
    """To whom, which document, a last look."""
    from chalicelib.stories import following
    from chalicelib.templating import render
    from chalicelib.web import detour_view, sending_view

    now = clock.utc_now()
    notice = detour_view.notice(query(routes.current_request, "fait"))
    person = agent(routes.current_request, now)
    sheet = following.sheet(person, bodies.identifier(parcours_id), now=now)
    if not sheet.may_send:
        raise WrongStep
    valid_until = now + timedelta(days=config.settings().answer_days)
    return answer(
        200, render("pages/envoi.html", **sending_view.send_form(person, sheet, valid_until, notice))
    )


@routes.route("/parcours/{parcours_id}/depots", methods=["POST"], content_types=[JSON])
@answers_json
def open_deposit(parcours_id: str) -> Response:
    """Announces sealed documents and gets the forms that carry them; repeating it is harmless."""
    from chalicelib.stories import sending
    from chalicelib.web import forms

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    asked = forms.read(request, forms.DepositForm)
    signed = sending.open_deposit(person, bodies.identifier(parcours_id), asked.announcement(), now=now)
    return json_answer(201, {"deposit": asked.deposit, "documents": signed})


@routes.route("/depots/{deposit_id}", methods=["GET"])
@answers_json
def progress(deposit_id: str) -> Response:
    """Where the documents are."""
    from chalicelib import words
    from chalicelib.stories import sending

    now = clock.utc_now()
    person = agent(routes.current_request, now)
    return json_answer(200, words.progress(sending.progress(person, bodies.identifier(deposit_id)), now))
