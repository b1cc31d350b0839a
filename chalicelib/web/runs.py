"""The RUN: from a list to its parcours, one by one, to a summary."""

from chalice.app import Blueprint, Response

from chalicelib import clock, config
from chalicelib.errors import NotFound
from chalicelib.web import bodies
from chalicelib.web.errors import answers_html
from chalicelib.web.http import answer, query, redirect
from chalicelib.web.session import agent

routes = Blueprint(__name__)

FORM = "application/x-www-form-urlencoded"


@routes.route("/run", methods=["GET", "HEAD"])
@answers_html
def entrance() -> Response:
    """What a RUN can be begun over, and the one that can be taken up again."""
    from chalicelib.stories import running
    from chalicelib.templating import render
    from chalicelib.web import run_view

    now = clock.utc_now()
    person = agent(routes.current_request, now)
    is_empty = query(routes.current_request, "vide") == "1"
    live = running.live(person, now=now)
    context = run_view.entrance(person, live, is_empty, config.settings().closing_months)
    return answer(200, render("pages/run-vide.html", **context))


@routes.route("/run", methods=["POST"], content_types=[FORM])
@answers_html
def start() -> Response:
    """Begin over the parcours of a filtered list, within her rights; the same key begins the same RUN."""
    from chalicelib.stories import listing, running
    from chalicelib.web import filter_query, outcome_forms

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    asked = bodies.own_form(request, frozenset({*filter_query.FIELDS, "page", "cle"}))
    key = outcome_forms.key_of(asked) if asked["cle"] else outcome_forms.new_key()
    view = listing.listing(person, filter_query.read(asked).filter, now=now)
    if not view.lines:
        return redirect("/run?vide=1")
    ids = tuple(line.id for line in view.lines)
    run = running.start(person, key, ids, now=now, more=view.truncated)
    return redirect(f"/run/{run.id}")


@routes.route("/run/{run_id}", methods=["GET", "HEAD"])
@answers_html
def current(run_id: str) -> Response:
    """The parcours that is hers to treat now; the summary when there is none."""
    from chalicelib.stories import following, running
    from chalicelib.templating import render
    from chalicelib.web import run_view

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    stand = running.stand(person, bodies.identifier(run_id), now=now)
    if stand.run.current is None:
        return redirect(f"/run/{stand.run.id}/resume")
    try:
        found = following.sheet(person, stand.run.current, now=now)
    except NotFound:  # it is no longer hers
        found = None
    context = run_view.current(person, stand, found, query(request, "fait"), now)
    return answer(200, render("pages/run.html", **context))


@routes.route("/run/{run_id}/suivant", methods=["POST"], content_types=[FORM])
@answers_html
def go_on(run_id: str) -> Response:
    """On to the next; ``de`` is the parcours that the page showed, so that pressing twice passes over none."""
    from chalicelib.stories import running

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    left = bodies.own_form(request, frozenset({"de"}))["de"]
    run = running.go_on(person, bodies.identifier(run_id), left, now=now)
    return redirect(f"/run/{run.id}" if run.current else f"/run/{run.id}/resume")


@routes.route("/run/{run_id}/fin", methods=["POST"], content_types=[FORM])
@answers_html
def finish(run_id: str) -> Response:
    """The parcours is free for others; on to the summary."""
    from chalicelib.stories import running

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    bodies.own_form(request, frozenset())
    running.finish(person, bodies.identifier(run_id), now=now)
    return redirect(f"/run/{run_id}/resume")


@routes.route("/run/{run_id}/resume", methods=["GET", "HEAD"])
@answers_html
def summary(run_id: str) -> Response:
    """What was treated, what was noted, what comes next: made to be printed."""
    from chalicelib.stories import running
    from chalicelib.templating import render
    from chalicelib.web import run_view

    now = clock.utc_now()
    person = agent(routes.current_request, now)
    run, treated = running.summary(person, bodies.identifier(run_id), now=now)
    return answer(200, render("pages/run-resume.html", **run_view.summary(person, run, treated, now)))
