"""The lists: an agent's parcours as she filters them, their export, the free offers near a tutor."""

from chalice.app import Blueprint, Response

from chalicelib import clock, config
from chalicelib.web.kit.errors import answers_html
from chalicelib.web.kit.http import answer, query, redirect
from chalicelib.web.kit.session import agent

CSV = "text/csv; charset=utf-8"

routes = Blueprint(__name__)


@routes.route("/parcours", methods=["GET", "HEAD"])
@answers_html
def parcours() -> Response:
    """The parcours of this agent, by the filters of the address; her first page without any."""
    from chalicelib.stories import lists as lists_stories
    from chalicelib.templating import render
    from chalicelib.web import lists as lists_pages

    now, request = clock.utc_now(), routes.current_request
    person = agent(request, now)
    asked = lists_pages.read(request.query_params or {})
    found = lists_stories.listing(person, lists_pages.wanted(person, asked), now=now)
    context = lists_pages.parcours_list(
        person,
        asked,
        found,
        lists_stories.offers_near(person, now=now) if asked.nothing else [],
        now=now,
        months=config.settings().closing_months,
        done=query(request, "fait"),
        printing=query(request, "imprimer") == "1",
    )
    return answer(200, render("pages/parcours-liste.html", **context))


@routes.route("/parcours/export", methods=["GET", "HEAD"])
@answers_html
def export() -> Response:
    """The same view as a file, all its rows."""
    from chalicelib.stories import lists as lists_stories
    from chalicelib.web import lists as lists_pages

    now, request = clock.utc_now(), routes.current_request
    person = agent(request, now)
    view = lists_pages.wanted(person, lists_pages.read(request.query_params or {}))
    found = lists_stories.listing(person, view, now=now)
    saved = {"Content-Disposition": f'attachment; filename="{lists_pages.name(view, found, now)}"'}
    return answer(200, lists_pages.text(found), CSV, headers=saved)


@routes.route("/offres", methods=["GET", "HEAD"])
@answers_html
def offers() -> Response:
    """Free offers without contacts, the nearest first, for whoever may take one or give one."""
    from chalicelib.stories import lists as lists_stories
    from chalicelib.templating import render
    from chalicelib.web import lists as lists_pages

    now, request = clock.utc_now(), routes.current_request
    person = agent(request, now)
    may = lists_stories.reach(person)
    if not may:
        return redirect("/parcours?statut=disponible")
    asked = lists_pages.read(request.query_params or {})
    within, unknown = lists_pages.within(query(request, "ou"), may)
    found = lists_stories.offers(person, asked.filter, within, now=now)
    context = lists_pages.offer_list(
        person, asked, within, found, unknown, now=now, months=config.settings().closing_months
    )
    return answer(200, render("pages/offres.html", **context))
