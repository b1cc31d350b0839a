"""« Mon compte » : what an agent says of herself, and when she is away; her coordinator may announce it for her."""

from typing import TYPE_CHECKING

from chalice.app import Blueprint, Response

from chalicelib import clock
from chalicelib.errors import ChangedMeanwhile, FieldInvalid, RelayError
from chalicelib.web.kit import bodies
from chalicelib.web.kit.errors import answers_html, describe
from chalicelib.web.kit.http import answer, leave, query, redirect
from chalicelib.web.kit.session import agent, signed_in

if TYPE_CHECKING:
    from chalicelib.domain.kernel.people import Account

routes = Blueprint(__name__)


@routes.route("/compte", methods=["GET", "HEAD"])
@answers_html
def own_page() -> Response:
    """Her name, function, phone, place, absence."""
    from chalicelib.web import accounts as accounts_pages

    person = agent(routes.current_request, clock.utc_now())
    return _own_page(person, accounts_pages.values(person))


@routes.route("/compte", methods=["POST"], content_types=[bodies.FORM])
@answers_html
def edit_own() -> Response:
    """She corrects it."""
    from chalicelib.stories.accounts import managing
    from chalicelib.web import accounts as accounts_pages

    person = agent(routes.current_request, clock.utc_now())
    asked = bodies.own_form(routes.current_request, accounts_pages.OWN_FIELDS)
    seen = bodies.number(asked["revision"])
    try:
        managing.edit_own(person, accounts_pages.own_of(asked), seen=seen)
    except (FieldInvalid, ChangedMeanwhile) as refusal:
        person = agent(routes.current_request, clock.utc_now())
        typed = accounts_pages.values(person) | asked | {"revision": str(person.revision)}
        return _own_page(person, typed, refusal)
    return redirect("/compte?fait=modifie")


@routes.route("/compte/absence", methods=["POST"], content_types=[bodies.FORM])
@answers_html
def away() -> Response:
    """Her turns go to the coordinator from one day to another."""
    from chalicelib.stories.accounts import managing
    from chalicelib.web import accounts as accounts_pages

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    asked = bodies.own_form(request, accounts_pages.ABSENCE_FIELDS)
    try:
        managing.announce_absence(person, person.id, accounts_pages.absence_of(asked, now), now=now)
    except FieldInvalid as refusal:
        return _own_page(person, accounts_pages.values(person) | asked, refusal)
    return redirect("/compte?fait=absence")


@routes.route("/compte/retour", methods=["POST"], content_types=[bodies.FORM])
@answers_html
def back() -> Response:
    """She is there again."""
    from chalicelib.stories.accounts import managing

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    bodies.own_form(request, frozenset())
    managing.announce_absence(person, person.id, None, now=now)
    return redirect("/compte?fait=retour")


@routes.route("/compte/envois", methods=["POST"], content_types=[bodies.FORM])
@answers_html
def choose_way() -> Response:
    """By which way documents reach the companies of her organisation: ``direct``, or ``acheteur``."""
    from chalicelib.stories.kit import accompanying

    request = routes.current_request
    now = clock.utc_now()
    person = agent(request, now)
    asked = bodies.own_form(request, frozenset({"par"}))["par"]
    if asked not in {"direct", "acheteur"}:
        raise FieldInvalid("par", "value")
    accompanying.choose_way(person, by_buyer=asked == "acheteur", now=now)
    return redirect("/compte?fait=envois")


@routes.route("/compte/navigateurs", methods=["POST"], content_types=[bodies.FORM])
@answers_html
def forget_browser() -> Response:
    """One browser is no longer known, and its session ends: hers here, or one elsewhere."""
    from chalicelib.stories.accounts import signing_in

    request = routes.current_request
    here = signed_in(request, clock.utc_now())
    chosen = bodies.identifier(bodies.own_form(request, frozenset({"navigateur"}))["navigateur"])
    ended = signing_in.forget_browser(here.account, chosen)
    return (
        leave("/connexion?fait=navigateur")
        if ended == here.session.id
        else redirect("/compte?fait=navigateur")
    )


@routes.route("/compte/deconnexion", methods=["POST"], content_types=[bodies.FORM])
@answers_html
def sign_out_everywhere() -> Response:
    """Every session ends, this one too, and no browser is known any more."""
    from chalicelib.stories.accounts import signing_in

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    bodies.own_form(request, frozenset())
    signing_in.sign_out_everywhere(person, now=now)
    return leave("/connexion?fait=partout")


def _own_page(person: "Account", values: dict[str, str], refusal: RelayError | None = None) -> Response:
    from chalicelib.stories.accounts import signing_in
    from chalicelib.stories.kit import accompanying
    from chalicelib.templating import render
    from chalicelib.web import accounts as accounts_pages

    here, now = signed_in(routes.current_request, clock.utc_now()).session, clock.utc_now()
    context = accounts_pages.own(
        person,
        values,
        browsers=accounts_pages.browsers(signing_in.browsers(person, now=now), here.id),
        by_buyer=accompanying.choice_of(person),
        error=beside(refusal) if refusal else None,
        stale=isinstance(refusal, ChangedMeanwhile),
        done=accounts_pages.notice(query(routes.current_request, "fait")),
        now=now,
    )
    status = describe(refusal)[0].status if refusal else 200
    return answer(status, render("pages/mon-compte.html", **context))


def beside(refusal: RelayError) -> dict[str, str]:
    """The refusal as a page shows it beside its field."""
    return {"field": str(refusal.facts.get("field", "")), "message": describe(refusal)[1]}
