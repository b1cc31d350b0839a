"""Following: the page of a parcours, for every agent, within her rights."""

from chalice.app import Blueprint, Response

from chalicelib import clock
from chalicelib.web.kit import bodies
from chalicelib.web.kit.errors import answers_html
from chalicelib.web.kit.http import answer, query
from chalicelib.web.kit.session import agent

routes = Blueprint(__name__)


@routes.route("/parcours/{parcours_id}", methods=["GET", "HEAD"])
@answers_html
def sheet(parcours_id: str) -> Response:
    """Whose turn it is, what happened, who is in it."""
    from chalicelib.stories import parcours
    from chalicelib.templating import render
    from chalicelib.web import detours
    from chalicelib.web import sheet as sheet_pages

    now = clock.utc_now()
    person = agent(routes.current_request, now)
    notice = detours.notice(query(routes.current_request, "fait"))
    found = parcours.sheet(person, bodies.identifier(parcours_id), now=now)
    return answer(200, render("pages/parcours.html", **sheet_pages.context(person, found, notice, now)))
