"""The RUN: from a list to its parcours, one by one, to a summary."""

from chalice.app import Blueprint, Response

from chalicelib import clock, config
from chalicelib.errors import NotFound
from chalicelib.web.kit import bodies
from chalicelib.web.kit.errors import answers_html
from chalicelib.web.kit.http import answer, query, redirect
from chalicelib.web.kit.session import agent

routes = Blueprint(__name__)

FORM = "application/x-www-form-urlencoded"


@routes.route("/run", methods=["GET", "HEAD"])
@answers_html
def entrance() -> Response:
    """What a RUN can be begun over, and the one that can be taken up again."""
    from chalicelib.stories import running
    from chalicelib.templating import render
    from chalicelib.web import runs

    now = clock.utc_now()
    person = agent(routes.current_request, now)
    is_empty = query(routes.current_request, "vide") == "1"
    live = running.live(person, now=now)
    context = runs.entrance(person, live, is_empty, config.settings().closing_months)
    return answer(200, render("pages/run-vide.html", **context))


@routes.route("/run", methods=["POST"], content_types=[FORM])
@answers_html
def start() -> Response:
    """Begin over the parcours of a filtered list, within her rights; the same key begins the same RUN."""
    from chalicelib.stories import lists as lists_stories
    from chalicelib.stories import running
    from chalicelib.web import lists as lists_pages
    from chalicelib.web import outcomes

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    asked = bodies.own_form(request, frozenset({*lists_pages.FIELDS, "page", "cle"}))
    key = outcomes.key_of(asked) if asked["cle"] else outcomes.new_key()
    view = lists_stories.listing(person, lists_pages.read(asked).filter, now=now)
    if not view.lines:
        return redirect("/run?vide=1")
    ids = tuple(line.id for line in view.lines)
    run = running.start(person, key, ids, now=now, more=view.truncated)
    return redirect(f"/run/{run.id}")


@routes.route("/run/{run_id}", methods=["GET", "HEAD"])
@answers_html
def current(run_id: str) -> Response:
    """The parcours that is hers to treat now; the summary when there is none."""
    from chalicelib.stories import parcours, running
    from chalicelib.templating import render
    from chalicelib.web import runs

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    stand = running.stand(person, bodies.identifier(run_id), now=now)
    if stand.run.current is None:
        return redirect(f"/run/{stand.run.id}/resume")
    try:
        found = parcours.sheet(person, stand.run.current, now=now)
    except NotFound:  # it is no longer hers
        found = None
    context = runs.current(person, stand, found, query(request, "fait"), now)
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
    from chalicelib.web import runs

    now = clock.utc_now()
    person = agent(routes.current_request, now)
    run, treated = running.summary(person, bodies.identifier(run_id), now=now)
    return answer(200, render("pages/run-resume.html", **runs.summary(person, run, treated, now)))
