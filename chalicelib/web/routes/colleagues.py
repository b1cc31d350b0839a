"""What a company answered, for the tutor's side: a refusal taken back, a colleague of another domain agreed to or not."""

from chalice.app import Blueprint, Response

from chalicelib import clock
from chalicelib.errors import FieldInvalid
from chalicelib.web.kit import bodies
from chalicelib.web.kit.errors import answers_html
from chalicelib.web.kit.http import answer, query, redirect
from chalicelib.web.kit.session import agent

routes = Blueprint(__name__)

GESTURES = {"accorder": True, "refuser": False}


@routes.route("/parcours/{parcours_id}/refus/annulation", methods=["POST"], content_types=[bodies.FORM])
@answers_html
def undo_decline(parcours_id: str) -> Response:
    """Within a day, the company's refusal is taken back, as agreed with it."""
    from chalicelib.stories import outcomes

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    bodies.own_form(request, frozenset())
    outcomes.undo_decline_by_agent(person, bodies.identifier(parcours_id), now=now)
    return redirect(f"/parcours/{parcours_id}?fait=refus-annule")


@routes.route("/parcours/{parcours_id}/collegue", methods=["GET", "HEAD"])
@answers_html
def colleague_page(parcours_id: str) -> Response:
    """The question to the person who sealed, who may follow the parcours no more; for others, the parcours' page."""
    from chalicelib.stories.documents import passing
    from chalicelib.templating import render
    from chalicelib.web import colleagues

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    found = passing.question(person, bodies.identifier(parcours_id), now=now)
    if found is None:
        return redirect(f"/parcours/{parcours_id}")
    context = colleagues.question(person, found, query(request, "fait"))
    return answer(200, render("pages/collegue.html", **context))


@routes.route("/parcours/{parcours_id}/collegue", methods=["POST"], content_types=[bodies.FORM])
@answers_html
def answer_colleague(parcours_id: str) -> Response:
    """``geste``: « accorder » or « refuser », to the address that the company named; ``lien``: which one the page showed."""
    from chalicelib.stories import record
    from chalicelib.stories.documents import passing

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    asked = bodies.own_form(request, frozenset({"geste", "lien"}))
    if asked["geste"] not in GESTURES:
        raise FieldInvalid("geste", "value")
    agrees = GESTURES[asked["geste"]]
    passing.answer(
        person, bodies.identifier(parcours_id), bodies.identifier(asked["lien"]), agrees=agrees, now=now
    )
    page = "" if record.may_see(person, parcours_id) else "/collegue"
    return redirect(f"/parcours/{parcours_id}{page}?fait={'collegue' if agrees else 'collegue-refuse'}")
