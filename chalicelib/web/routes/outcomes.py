"""What happened on a parcours: noted in one gesture, entered from an older history, corrected."""

from typing import TYPE_CHECKING

from chalice.app import Blueprint, Response

from chalicelib import clock
from chalicelib.errors import FieldInvalid, KeyUsed, LeaseLost, NotNow, NotYours, RelayError
from chalicelib.web.kit import bodies
from chalicelib.web.kit.bodies import HISTORY
from chalicelib.web.kit.errors import answers_html, describe
from chalicelib.web.kit.http import answer, query, redirect
from chalicelib.web.kit.session import agent

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.domain.kernel.people import Account

routes = Blueprint(__name__)

FORM = "application/x-www-form-urlencoded"


@routes.route("/parcours/{parcours_id}/faits", methods=["POST"], content_types=[FORM])
@answers_html
def note(parcours_id: str) -> Response:
    """An outcome; ``suite`` says where to go on: nothing, « histoire », or the id of a RUN. Repeating it is harmless."""
    from chalicelib.web import outcomes as outcomes_pages

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    bodies.identifier(parcours_id)
    asked = bodies.own_form(request, outcomes_pages.FIELDS)
    key = outcomes_pages.key_of(asked)
    asked["suite"] = outcomes_pages.suite_of(person, asked["suite"], now)
    end = outcomes_pages.end_path(parcours_id, asked)
    if end is not None:
        return redirect(end)
    try:
        _note(person, parcours_id, asked, key, now)
    except (FieldInvalid, NotNow, NotYours, KeyUsed) as refusal:
        return _page(person, parcours_id, asked, now, refusal)
    except LeaseLost:  # noted all the same: the RUN's page says so, and goes on
        return redirect(f"/run/{asked['suite']}")
    after = {
        "": f"/parcours/{parcours_id}?fait=note",
        HISTORY: f"/parcours/{parcours_id}/histoire?fait={key}",
    }
    return redirect(after.get(asked["suite"], f"/run/{asked['suite']}?fait={key}"))


def _note(person: "Account", parcours_id: str, asked: dict[str, str], key: str, now: "datetime") -> None:
    from chalicelib.stories import outcomes as outcomes_stories
    from chalicelib.stories import running
    from chalicelib.web import outcomes as outcomes_pages

    run = bodies.run_of(asked["suite"])
    outcome = outcomes_pages.outcome_of(asked, now)
    if run:
        running.note(person, run, parcours_id, outcome, key=key, now=now)
    else:
        outcomes_stories.note(person, parcours_id, outcome, key=key, now=now)


@routes.route("/parcours/{parcours_id}/histoire", methods=["GET", "HEAD"])
@answers_html
def history(parcours_id: str) -> Response:
    """A history that began before: entered fact by fact, the day first, without leaving the page."""
    from chalicelib.web import outcomes as outcomes_pages

    now = clock.utc_now()
    person = agent(routes.current_request, now)
    asked = dict.fromkeys(outcomes_pages.FIELDS, "") | {"suite": HISTORY}
    return _page(person, bodies.identifier(parcours_id), asked, now, None)


@routes.route("/parcours/{parcours_id}/faits/{event_id}/correction", methods=["POST"], content_types=[FORM])
@answers_html
def correct(parcours_id: str, event_id: str) -> Response:
    """A fact was a mistake: a new one says so, and the parcours stands as before it."""
    from chalicelib.stories import outcomes as outcomes_stories
    from chalicelib.stories import running
    from chalicelib.web import outcomes as outcomes_pages

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    suite = outcomes_pages.suite_of(person, bodies.own_form(request, frozenset({"suite"}))["suite"], now)
    run = bodies.run_of(suite)
    outcomes_stories.correct(person, bodies.identifier(parcours_id), bodies.identifier(event_id), now=now)
    if run:
        running.renew(person, run, parcours_id, now=now)
        return redirect(f"/run/{run}?fait=corrige")
    return redirect(f"/parcours/{parcours_id}{'/' + HISTORY if suite == HISTORY else ''}?fait=corrige")


def _page(
    person: "Account", parcours_id: str, asked: dict[str, str], now: "datetime", refusal: RelayError | None
) -> Response:
    """The form of a fact with what was typed, and why it was not taken."""
    from chalicelib.stories import parcours
    from chalicelib.templating import render
    from chalicelib.web import outcomes as outcomes_pages

    found = parcours.sheet(person, parcours_id, now=now)
    status, error = 200, None
    if refusal is not None:
        row, sentence = describe(refusal)
        status, error = int(row.status), {"field": str(refusal.facts.get("field", "")), "message": sentence}
    context = outcomes_pages.fact_form(person, found, asked, error, now)
    if asked["suite"] != HISTORY:
        return answer(status, render("pages/fait.html", **context))
    slug = query(routes.current_request, "fait")
    just = next((outcomes_pages.said(event) for event in found.page.events if event.id == slug), None)
    context |= {"days": outcomes_pages.history(person, found), "just": just, "corrected": slug == "corrige"}
    return answer(status, render("pages/histoire.html", **context))
