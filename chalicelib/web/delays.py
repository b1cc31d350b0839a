"""Delays in pieces: one page, by GET, so that its address is the view."""

from chalice.app import Blueprint, Response

from chalicelib import clock
from chalicelib.web.errors import answers_html
from chalicelib.web.http import answer, query
from chalicelib.web.session import agent

routes = Blueprint(__name__)


@routes.route("/delais", methods=["GET", "HEAD"])
@answers_html
def delays() -> Response:
    """How long each piece takes, for a period and one group."""
    from chalicelib.stories import delays as story
    from chalicelib.templating import render
    from chalicelib.web import delay_view

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    asked = delay_view.asked_of({name: query(request, name) for name in delay_view.FIELDS}, now)
    told = story.report(person, asked.group, first=asked.first, last=asked.last)
    return answer(
        422 if asked.error else 200, render("pages/delais.html", **delay_view.page(person, asked, told))
    )
