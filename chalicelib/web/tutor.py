"""Sending documents: the form, the deposit, its progress."""

from datetime import timedelta

from chalice.app import Blueprint, Response

from chalicelib import clock, config
from chalicelib.web import bodies
from chalicelib.web.errors import answers_html, answers_json
from chalicelib.web.http import JSON, answer, json_answer, query, redirect
from chalicelib.web.session import agent

routes = Blueprint(__name__)


@routes.route("/parcours/{parcours_id}/envoi", methods=["GET", "HEAD"])
@answers_html
def send_page(parcours_id: str) -> Response:
    """To whom, which document, a last look."""
    from chalicelib.stories import following, organisations
    from chalicelib.templating import render
    from chalicelib.web import sending_view

    now = clock.utc_now()
    person = agent(routes.current_request, now)
    sheet = following.to_send(person, bodies.identifier(parcours_id), now=now)
    valid_until = now + timedelta(days=config.settings().answer_days)
    done = query(routes.current_request, "fait")
    by_buyer = organisations.sends_by_buyer(sheet.page.parcours.contract.organisation)
    context = sending_view.send_form(person, sheet, valid_until, done, by_buyer=by_buyer)
    return answer(200, render("pages/envoi.html", **context))


@routes.route("/parcours/{parcours_id}/notice", methods=["GET", "HEAD"])
@answers_html
def notice_page(parcours_id: str) -> Response:
    """The notice to print, with the reference of the passage."""
    from chalicelib.stories import following
    from chalicelib.templating import render
    from chalicelib.web import notice_view

    now = clock.utc_now()
    person = agent(routes.current_request, now)
    sheet = following.sheet(person, bodies.identifier(parcours_id), now=now)
    return answer(200, render("pages/notice.html", **notice_view.filled(person, sheet)))


@routes.route("/parcours/{parcours_id}/notice", methods=["POST"], content_types=[bodies.FORM])
@answers_html
def hand_notice(parcours_id: str) -> Response:
    """The young person has it; said twice, it is noted once."""
    from chalicelib.stories import handing_notice

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    bodies.check_origin(request)
    bodies.form_of(request, frozenset())
    handing_notice.hand_over(person, bodies.identifier(parcours_id), now=now)
    return redirect(f"/parcours/{parcours_id}?fait=notice")


@routes.route("/parcours/{parcours_id}/depots", methods=["POST"], content_types=[JSON])
@answers_json
def open_deposit(parcours_id: str) -> Response:
    """Announces sealed documents and gets the forms that carry them; repeating it is harmless."""
    from chalicelib.stories import phone_codes, sending
    from chalicelib.web import forms

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    asked = forms.read(request, forms.DepositForm)
    signed = sending.open_deposit(person, bodies.identifier(parcours_id), asked.announcement(), now=now)
    code = phone_codes.shown(asked.deposit)
    shown = {"code": code} if code else {}
    return json_answer(201, {"deposit": asked.deposit, **shown, "documents": signed})


@routes.route("/depots/{deposit_id}", methods=["GET"])
@answers_json
def progress(deposit_id: str) -> Response:
    """Where the documents are."""
    from chalicelib import words
    from chalicelib.stories import sending

    now = clock.utc_now()
    person = agent(routes.current_request, now)
    return json_answer(200, words.progress(sending.progress(person, bodies.identifier(deposit_id)), now))
