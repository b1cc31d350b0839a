"""The lists: an agent's parcours as she filters them, their export, the free offers near a tutor."""

from chalice.app import Blueprint, Response

from chalicelib import clock, config
from chalicelib.web.errors import answers_html
from chalicelib.web.http import answer, query, redirect
from chalicelib.web.session import agent

CSV = "text/csv; charset=utf-8"

routes = Blueprint(__name__)


@routes.route("/parcours", methods=["GET", "HEAD"])
@answers_html
def parcours() -> Response:
    """The parcours of this agent, by the filters of the address; her first page without any."""
    from chalicelib.stories import listing
    from chalicelib.templating import render
    from chalicelib.web import filter_query, list_view

    now, request = clock.utc_now(), routes.current_request
    person = agent(request, now)
    asked = filter_query.read(request.query_params or {})
    found = listing.listing(person, list_view.wanted(person, asked), now=now)
    context = list_view.parcours_list(
        person,
        asked,
        found,
        listing.offers_near(person, now=now) if asked.nothing else [],
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
    from chalicelib.stories import listing
    from chalicelib.web import filter_query, list_export, list_view

    now, request = clock.utc_now(), routes.current_request
    person = agent(request, now)
    view = list_view.wanted(person, filter_query.read(request.query_params or {}))
    found = listing.listing(person, view, now=now)
    saved = {"Content-Disposition": f'attachment; filename="{list_export.name(view, found, now)}"'}
    return answer(200, list_export.text(found), CSV, headers=saved)


@routes.route("/offres", methods=["GET", "HEAD"])
@answers_html
def offers() -> Response:
    """Free offers without contacts, the nearest first, for whoever may take one or give one."""
    from chalicelib.stories import listing
    from chalicelib.templating import render
    from chalicelib.web import filter_query, list_view

    now, request = clock.utc_now(), routes.current_request
    person = agent(request, now)
    may = listing.reach(person)
    if not may:
        return redirect("/parcours?statut=disponible")
    asked = filter_query.read(request.query_params or {})
    within, unknown = list_view.within(query(request, "ou"), may)
    found = listing.offers(person, asked.filter, within, now=now)
    context = list_view.offer_list(
        person, asked, within, found, unknown, now=now, months=config.settings().closing_months
    )
    return answer(200, render("pages/offres.html", **context))
