"""« Mon compte » : what an agent says of herself, and when she is away; her coordinator may announce it for her."""

from typing import TYPE_CHECKING

from chalice.app import Blueprint, Response

from chalicelib import clock
from chalicelib.errors import ChangedMeanwhile, FieldInvalid, RelayError
from chalicelib.web import bodies
from chalicelib.web.errors import answers_html, describe
from chalicelib.web.http import answer, leave, query, redirect
from chalicelib.web.session import agent, signed_in

if TYPE_CHECKING:
    from chalicelib.domain.people import Account

routes = Blueprint(__name__)


@routes.route("/compte", methods=["GET", "HEAD"])
@answers_html
def own_page() -> Response:
    """Her name, function, phone, place, absence."""
    from chalicelib.web import account_forms

    person = agent(routes.current_request, clock.utc_now())
    return _own_page(person, account_forms.values(person))


@routes.route("/compte", methods=["POST"], content_types=[bodies.FORM])
@answers_html
def edit_own() -> Response:
    """She corrects it."""
    from chalicelib.stories import accounts
    from chalicelib.web import account_forms

    person = agent(routes.current_request, clock.utc_now())
    asked = bodies.own_form(routes.current_request, account_forms.OWN_FIELDS)
    seen = bodies.number(asked["revision"])
    try:
        accounts.edit_own(person, account_forms.own_of(asked), seen=seen)
    except (FieldInvalid, ChangedMeanwhile) as refusal:
        person = agent(routes.current_request, clock.utc_now())
        typed = account_forms.values(person) | asked | {"revision": str(person.revision)}
        return _own_page(person, typed, refusal)
    return redirect("/compte?fait=modifie")


@routes.route("/compte/absence", methods=["POST"], content_types=[bodies.FORM])
@answers_html
def away() -> Response:
    """Her turns go to the coordinator from one day to another."""
    from chalicelib.stories import absence
    from chalicelib.web import account_forms

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    asked = bodies.own_form(request, account_forms.ABSENCE_FIELDS)
    try:
        absence.announce(person, person.id, account_forms.absence_of(asked, now), now=now)
    except FieldInvalid as refusal:
        return _own_page(person, account_forms.values(person) | asked, refusal)
    return redirect("/compte?fait=absence")


@routes.route("/compte/retour", methods=["POST"], content_types=[bodies.FORM])
@answers_html
def back() -> Response:
    """She is there again."""
    from chalicelib.stories import absence

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    bodies.own_form(request, frozenset())
    absence.announce(person, person.id, None, now=now)
    return redirect("/compte?fait=retour")


@routes.route("/compte/envois", methods=["POST"], content_types=[bodies.FORM])
@answers_html
def choose_way() -> Response:
    """By which way documents reach the companies of her organisation: ``direct``, or ``acheteur``."""
    from chalicelib.stories import organisations

    request = routes.current_request
    now = clock.utc_now()
    person = agent(request, now)
    asked = bodies.own_form(request, frozenset({"par"}))["par"]
    if asked not in {"direct", "acheteur"}:
        raise FieldInvalid("par", "value")
    organisations.choose(person, by_buyer=asked == "acheteur", now=now)
    return redirect("/compte?fait=envois")


@routes.route("/compte/navigateurs", methods=["POST"], content_types=[bodies.FORM])
@answers_html
def forget_browser() -> Response:
    """One browser is no longer known, and its session ends: hers here, or one elsewhere."""
    from chalicelib.stories import signing_in

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
    from chalicelib.stories import signing_in

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    bodies.own_form(request, frozenset())
    signing_in.sign_out_everywhere(person, now=now)
    return leave("/connexion?fait=partout")


def _own_page(person: "Account", values: dict[str, str], refusal: RelayError | None = None) -> Response:
    from chalicelib.stories import organisations, signing_in
    from chalicelib.templating import render
    from chalicelib.web import account_view

    here, now = signed_in(routes.current_request, clock.utc_now()).session, clock.utc_now()
    context = account_view.own(
        person,
        values,
        browsers=account_view.browsers(signing_in.browsers(person, now=now), here.id),
        by_buyer=organisations.choice_of(person),
        error=beside(refusal) if refusal else None,
        stale=isinstance(refusal, ChangedMeanwhile),
        done=account_view.notice(query(routes.current_request, "fait")),
        now=now,
    )
    status = describe(refusal)[0].status if refusal else 200
    return answer(status, render("pages/mon-compte.html", **context))


def beside(refusal: RelayError) -> dict[str, str]:
    """The refusal as a page shows it beside its field."""
    return {"field": str(refusal.facts.get("field", "")), "message": describe(refusal)[1]}
