"""Sending documents: the form, the deposit, its progress."""

from datetime import timedelta

from chalice.app import Blueprint, Response

from chalicelib import clock, config
from chalicelib.web.kit import bodies
from chalicelib.web.kit.errors import answers_html, answers_json
from chalicelib.web.kit.http import JSON, answer, json_answer, query, redirect
from chalicelib.web.kit.session import agent

routes = Blueprint(__name__)


@routes.route("/parcours/{parcours_id}/envoi", methods=["GET", "HEAD"])
@answers_html
def send_page(parcours_id: str) -> Response:
    """To whom, which document, a last look."""
    from chalicelib.stories import parcours
    from chalicelib.stories.kit import accompanying
    from chalicelib.templating import render
    from chalicelib.web import sending as sending_pages

    now = clock.utc_now()
    person = agent(routes.current_request, now)
    sheet = parcours.to_send(person, bodies.identifier(parcours_id), now=now)
    valid_until = now + timedelta(days=config.settings().answer_days)
    done = query(routes.current_request, "fait")
    by_buyer = accompanying.sends_by_buyer(sheet.page.parcours.contract.organisation)
    context = sending_pages.send_form(person, sheet, valid_until, done, by_buyer=by_buyer)
    return answer(200, render("pages/envoi.html", **context))


@routes.route("/parcours/{parcours_id}/notice", methods=["GET", "HEAD"])
@answers_html
def notice_page(parcours_id: str) -> Response:
    """The notice to print, with the reference of the passage."""
    from chalicelib.stories import parcours
    from chalicelib.templating import render
    from chalicelib.web import sending as sending_pages

    now = clock.utc_now()
    person = agent(routes.current_request, now)
    sheet = parcours.sheet(person, bodies.identifier(parcours_id), now=now)
    return answer(200, render("pages/notice.html", **sending_pages.filled(person, sheet)))


@routes.route("/parcours/{parcours_id}/notice", methods=["POST"], content_types=[bodies.FORM])
@answers_html
def hand_notice(parcours_id: str) -> Response:
    """The young person has it; said twice, it is noted once."""
    from chalicelib.stories.documents import sending as sending_stories

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    bodies.check_origin(request)
    bodies.form_of(request, frozenset())
    sending_stories.hand_notice_over(person, bodies.identifier(parcours_id), now=now)
    return redirect(f"/parcours/{parcours_id}?fait=notice")


@routes.route("/parcours/{parcours_id}/depots", methods=["POST"], content_types=[JSON])
@answers_json
def open_deposit(parcours_id: str) -> Response:
    """Announces sealed documents and gets the forms that carry them; repeating it is harmless."""
    from chalicelib.stories.documents import opening, sending
    from chalicelib.web.kit import forms

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    asked = forms.read(request, forms.DepositForm)
    signed = sending.open_deposit(person, bodies.identifier(parcours_id), asked.announcement(), now=now)
    code = opening.shown_code(asked.deposit)
    shown = {"code": code} if code else {}
    return json_answer(201, {"deposit": asked.deposit, **shown, "documents": signed})


@routes.route("/depots/{deposit_id}", methods=["GET"])
@answers_json
def progress(deposit_id: str) -> Response:
    """Where the documents are."""
    from chalicelib.stories.documents import sending
    from chalicelib.words import codes

    now = clock.utc_now()
    person = agent(routes.current_request, now)
    return json_answer(200, codes.progress(sending.progress(person, bodies.identifier(deposit_id)), now))
