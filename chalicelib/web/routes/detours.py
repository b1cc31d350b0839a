"""The detours of a sending and of a passage: plain forms on the parcours' page, answered by « see other »."""

from chalice.app import Blueprint, Response

from chalicelib import clock
from chalicelib.errors import FieldInvalid, LeaseLost
from chalicelib.web.kit import bodies
from chalicelib.web.kit.errors import answers_html, describe
from chalicelib.web.kit.http import answer, query, redirect
from chalicelib.web.kit.session import agent

routes = Blueprint(__name__)

FORM = "application/x-www-form-urlencoded"
END_FIELDS = frozenset({"fin", "motif", "survenu_le", "jours", "suite"})


@routes.route("/depots/{deposit_id}/renvoi", methods=["POST"], content_types=[FORM])
@answers_html
def resend(deposit_id: str) -> Response:
    """A new link to the same recipient; the old one dies. ``lien``, ``version`` and ``vu`` (opened?): as the page showed it."""
    from chalicelib.stories.documents import sending

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    asked = bodies.own_form(request, frozenset({"vu", "lien", "version"}))
    shown = sending.Shown(asked["lien"], bodies.number(asked["version"]), asked["vu"] == "ouvert")
    parcours = sending.resend(person, bodies.identifier(deposit_id), shown, now=now)
    return redirect(f"/parcours/{parcours}?fait=renvoye")


@routes.route("/depots/{deposit_id}/revocation", methods=["POST"], content_types=[FORM])
@answers_html
def revoke(deposit_id: str) -> Response:
    """The link dies, the documents go; with ``suite``, on to another sending: ``envoi``, or ``entreprise`` after the buyer."""
    from chalicelib.stories.documents import sending

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    asked = bodies.own_form(request, frozenset({"vu", "suite"}))
    seen = asked["vu"] == "ouvert"
    parcours = sending.revoke(person, bodies.identifier(deposit_id), seen_opened=seen, now=now)
    if asked["suite"] == "envoi":
        return redirect(f"/parcours/{parcours}/envoi?fait=retire")
    if asked["suite"] == "entreprise":
        return redirect(f"/parcours/{parcours}/envoi?fait=direct")
    return redirect(f"/parcours/{parcours}?fait=retire")


@routes.route("/depots/{deposit_id}/effacement", methods=["POST"], content_types=[FORM])
@answers_html
def erase(deposit_id: str) -> Response:
    """Everything about this sending goes."""
    from chalicelib.stories.documents import sending

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    bodies.own_form(request, frozenset())
    parcours = sending.erase_on_request(person, bodies.identifier(deposit_id), now=now)
    return redirect(f"/parcours/{parcours}?fait=efface")


@routes.route("/parcours/{parcours_id}/fin", methods=["GET", "HEAD"])
@answers_html
def end_page(parcours_id: str) -> Response:
    """How did the passage end, and when; both may stand in the address, with ``suite`` as for an outcome."""
    from chalicelib.web import detours

    asked = {name: query(routes.current_request, name) for name in END_FIELDS}
    return _end_page(parcours_id, detours.chosen(asked))


@routes.route("/parcours/{parcours_id}/fin", methods=["POST"], content_types=[FORM])
@answers_html
def end(parcours_id: str) -> Response:
    """The passage ends: links die, documents go, company and buyer are told, the offer is free again."""
    from chalicelib.stories import outcomes as outcomes_stories
    from chalicelib.stories import running
    from chalicelib.web import detours
    from chalicelib.web import outcomes as outcomes_pages

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    asked = bodies.own_form(request, END_FIELDS)
    bodies.identifier(parcours_id)
    asked["suite"] = outcomes_pages.suite_of(person, asked["suite"], now)
    run = bodies.run_of(asked["suite"])
    try:
        how = detours.end_of(asked, now)
        if run:
            running.end(person, run, parcours_id, how, now=now)
            return redirect(f"/run/{run}?fait=fini")
        told = outcomes_stories.finish_passage(person, parcours_id, how, now=now)
    except FieldInvalid as refusal:
        return _end_page(parcours_id, asked, refusal)
    except LeaseLost:  # which the page of the RUN says
        return redirect(f"/run/{run}")
    return redirect(detours.after_end(told, asked["suite"]))


def _end_page(parcours_id: str, asked: dict[str, str], refusal: FieldInvalid | None = None) -> Response:
    from chalicelib.stories import parcours as parcours_stories
    from chalicelib.templating import render
    from chalicelib.web import detours

    now = clock.utc_now()
    person = agent(routes.current_request, now)
    sheet = parcours_stories.sheet(person, bodies.identifier(parcours_id), now=now)
    error = None
    if refusal is not None:
        error = {"field": str(refusal.facts["field"]), "message": describe(refusal)[1]}
    context = detours.end_form(person, sheet, asked, error, now)
    return answer(422 if error else 200, render("pages/fin.html", **context))


@routes.route("/parcours/{parcours_id}/passage", methods=["POST"], content_types=[FORM])
@answers_html
def take(parcours_id: str) -> Response:
    """A tutor takes a free offer: a new passage begins under its own reference."""
    from chalicelib.stories import outcomes as outcomes_stories

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    bodies.own_form(request, frozenset())
    outcomes_stories.take_offer(person, bodies.identifier(parcours_id), now=now)
    return redirect(f"/parcours/{parcours_id}?fait=pris")
