"""Delays in pieces: one page, by GET, so that its address is the view."""

from chalice.app import Blueprint, Response

from chalicelib import clock
from chalicelib.web.kit.errors import answers_html
from chalicelib.web.kit.http import answer, query
from chalicelib.web.kit.session import agent

routes = Blueprint(__name__)


@routes.route("/delais", methods=["GET", "HEAD"])
@answers_html
def delays() -> Response:
    """How long each piece takes, for a period and one group."""
    from chalicelib.stories import parcours as story
    from chalicelib.templating import render
    from chalicelib.web import delays as delays_pages

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    asked = delays_pages.asked_of({name: query(request, name) for name in delays_pages.FIELDS}, now)
    told = story.delays_report(person, asked.group, first=asked.first, last=asked.last)
    return answer(
        422 if asked.error else 200, render("pages/delais.html", **delays_pages.page(person, asked, told))
    )
