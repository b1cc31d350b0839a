"""Following: the page of a parcours, for every agent, within her rights."""

from chalice.app import Blueprint, Response

from chalicelib import clock
from chalicelib.web import bodies
from chalicelib.web.errors import answers_html
from chalicelib.web.http import answer, query
from chalicelib.web.session import agent

routes = Blueprint(__name__)


@routes.route("/parcours/{parcours_id}", methods=["GET", "HEAD"])
@answers_html
def sheet(parcours_id: str) -> Response:
    """Whose turn it is, what happened, who is in it."""
    from chalicelib.stories import following
    from chalicelib.templating import render
    from chalicelib.web import detour_view, sheet_view

    now = clock.utc_now()
    person = agent(routes.current_request, now)
    notice = detour_view.notice(query(routes.current_request, "fait"))
    found = following.sheet(person, bodies.identifier(parcours_id), now=now)
    return answer(200, render("pages/parcours.html", **sheet_view.context(person, found, notice, now)))
