"""Accounts: the people that somebody manages, and one's own."""

import secrets
from typing import TYPE_CHECKING

from chalice.app import Blueprint, Response

from chalicelib import clock
from chalicelib.errors import AccountBusy, AddressTaken, ChangedMeanwhile, FieldInvalid, RelayError, TooMany
from chalicelib.web.kit import bodies
from chalicelib.web.kit.errors import answers_html, describe
from chalicelib.web.kit.http import answer, query, redirect
from chalicelib.web.kit.session import agent

if TYPE_CHECKING:
    from chalicelib.domain.kernel.people import Account

routes = Blueprint(__name__)

MOST_QUERY = 254


def _beside(refusal: RelayError) -> dict[str, str]:
    """The refusal as a page shows it beside its field."""
    field = str(refusal.facts.get("field", "adresse" if isinstance(refusal, AddressTaken | TooMany) else ""))
    return {"field": field, "message": describe(refusal)[1]}


@routes.route("/comptes", methods=["GET", "HEAD"])
@answers_html
def listing() -> Response:
    """The accounts that this person manages."""
    from chalicelib.stories.accounts import managing
    from chalicelib.templating import render
    from chalicelib.web import accounts as accounts_pages

    request = routes.current_request
    person = agent(request, clock.utc_now())
    asked = {name: query(request, name)[:MOST_QUERY] for name in ("q", "etat", "academie", "page")}
    rows, truncated = managing.listing(person, academie=asked["academie"])
    exact = managing.by_address(person, asked["q"]) if "@" in asked["q"] else None
    if exact is not None and all(row["account"] != exact.id for row in rows):
        rows = [accounts_pages.row_of(exact)]
    done = accounts_pages.notice(query(request, "fait"))
    context = accounts_pages.listing(person, rows, truncated, asked, done)
    return answer(200, render("pages/comptes.html", **context))


@routes.route("/comptes/nouveau", methods=["GET", "HEAD"])
@answers_html
def new_page() -> Response:
    """Whom to invite."""
    from chalicelib.web import accounts as accounts_pages

    now = clock.utc_now()
    person = agent(routes.current_request, now)
    values = accounts_pages.EMPTY | {"cle": secrets.token_hex(16), "revision": "0"}
    return _new_page(person, values)


@routes.route("/comptes/nouveau", methods=["POST"], content_types=[bodies.FORM])
@answers_html
def invite() -> Response:
    """An account is made and its invitation leaves; pressed twice, once."""
    from chalicelib.stories.accounts import managing
    from chalicelib.web import accounts as accounts_pages

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    managing.check_managing(person)
    asked = bodies.own_form(request, accounts_pages.fields(person, new=True))
    key = accounts_pages.key_of(asked)
    try:
        typed = accounts_pages.address_of(asked)
        profile = accounts_pages.profile_of(person, asked, None)
        made = managing.invite(person, profile, typed, key=key, reopen=asked["rouvrir"] == "1", now=now)
    except (FieldInvalid, AddressTaken, TooMany) as refusal:
        return _new_page(person, accounts_pages.EMPTY | asked, refusal)
    return redirect(f"/comptes/{made.id}?fait=invite")


def _new_page(person: "Account", values: dict[str, str], refusal: RelayError | None = None) -> Response:
    from chalicelib.stories.accounts import managing
    from chalicelib.templating import render
    from chalicelib.web import accounts as accounts_pages

    managing.check_managing(person)
    known = accounts_pages.organisations(managing.listing(person)[0]) if person.is_team else ()
    error = _beside(refusal) if refusal else None
    context = accounts_pages.form(person, None, values, error=error, organisations=known, now=clock.utc_now())
    status = describe(refusal)[0].status if refusal else 200
    return answer(status, render("pages/compte.html", **context))


@routes.route("/comptes/{account_id}", methods=["GET", "HEAD"])
@answers_html
def account_page(account_id: str) -> Response:
    """One account: who it is, where she works, what can be done."""
    from chalicelib.stories.accounts import managing
    from chalicelib.web import accounts as accounts_pages

    person = agent(routes.current_request, clock.utc_now())
    found = managing.managed(person, bodies.identifier(account_id))
    return _account_page(person, found, accounts_pages.values(found))


@routes.route("/comptes/{account_id}", methods=["POST"], content_types=[bodies.FORM])
@answers_html
def edit(account_id: str) -> Response:
    """What the account says changes; an edit of an older version keeps what was typed."""
    from chalicelib.stories.accounts import managing
    from chalicelib.web import accounts as accounts_pages

    person = agent(routes.current_request, clock.utc_now())
    found = managing.managed(person, bodies.identifier(account_id))
    asked = bodies.own_form(routes.current_request, accounts_pages.fields(person, new=False))
    seen = bodies.number(asked["revision"])
    try:
        managing.edit(person, found.id, accounts_pages.profile_of(person, asked, found), seen=seen)
    except (FieldInvalid, AccountBusy, ChangedMeanwhile) as refusal:
        found = managing.managed(person, found.id)
        typed = accounts_pages.values(found) | asked | {"revision": str(found.revision)}
        return _account_page(person, found, typed, refusal)
    return redirect(f"/comptes/{found.id}?fait=modifie")


def _account_page(
    person: "Account", found: "Account", values: dict[str, str], refusal: RelayError | None = None
) -> Response:
    from chalicelib.stories.accounts import managing
    from chalicelib.templating import render
    from chalicelib.web import accounts as accounts_pages

    known = accounts_pages.organisations(managing.listing(person)[0]) if person.is_team else ()
    context = accounts_pages.form(
        person,
        found,
        values,
        error=_beside(refusal) if refusal else None,
        stale=isinstance(refusal, ChangedMeanwhile),
        organisations=known,
        done=accounts_pages.notice(query(routes.current_request, "fait")),
        now=clock.utc_now(),
    )
    status = describe(refusal)[0].status if refusal else 200
    return answer(status, render("pages/compte.html", **context))


@routes.route("/comptes/{account_id}/invitation", methods=["POST"], content_types=[bodies.FORM])
@answers_html
def invite_again(account_id: str) -> Response:
    """The invitation leaves once more, at most once an hour."""
    from chalicelib.stories.accounts import managing
    from chalicelib.web import accounts as accounts_pages

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    found = managing.managed(person, bodies.identifier(account_id))
    bodies.own_form(request, frozenset())
    try:
        managing.invite_again(person, found.id, now=now)
    except (FieldInvalid, TooMany) as refusal:
        return _account_page(person, found, accounts_pages.values(found), refusal)
    return redirect(f"/comptes/{found.id}?fait=invite")


@routes.route("/comptes/{account_id}/reouverture", methods=["POST"], content_types=[bodies.FORM])
@answers_html
def reopen(account_id: str) -> Response:
    """A closed account signs in again."""
    from chalicelib.stories.accounts import managing

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    identifier = bodies.identifier(account_id)
    bodies.own_form(request, frozenset())
    managing.reopen(person, identifier, now=now)
    return redirect(f"/comptes/{identifier}?fait=rouvert")


@routes.route("/comptes/{account_id}/fermeture", methods=["GET", "HEAD"])
@answers_html
def closing_page(account_id: str) -> Response:
    """What closing means, and who takes over."""
    return _closing_page(bodies.identifier(account_id))


@routes.route("/comptes/{account_id}/fermeture", methods=["POST"], content_types=[bodies.FORM])
@answers_html
def close(account_id: str) -> Response:
    """What she follows goes to a colleague, then the account ends; stopped half-way, it is pressed again."""
    from chalicelib.stories.accounts import closing

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    chosen = bodies.own_form(request, frozenset({"reprise"}))["reprise"]
    identifier = bodies.identifier(account_id)
    successor = chosen if bodies.IDENTIFIER.fullmatch(chosen) else ""
    try:
        left = closing.close(person, identifier, successor, now=now)
    except FieldInvalid as refusal:
        return _closing_page(identifier, refusal)
    if left:
        return _closing_page(identifier, left=left)
    return redirect("/comptes?fait=ferme")


def _closing_page(identifier: str, refusal: RelayError | None = None, left: int = 0) -> Response:
    from chalicelib.stories.accounts import closing
    from chalicelib.templating import render
    from chalicelib.web import accounts as accounts_pages

    person = agent(routes.current_request, clock.utc_now())
    found = closing.closing(person, identifier)
    error = _beside(refusal) if refusal else None
    context = accounts_pages.closing(person, found, error=error, left=left)
    return answer(422 if refusal else 200, render("pages/fermeture.html", **context))


@routes.route("/comptes/{account_id}/absence", methods=["POST"], content_types=[bodies.FORM])
@answers_html
def away(account_id: str) -> Response:
    """Announced by who manages her account: she is ill."""
    from chalicelib.stories.accounts import managing
    from chalicelib.web import accounts as accounts_pages

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    found = managing.managed(person, bodies.identifier(account_id))
    asked = bodies.own_form(request, accounts_pages.ABSENCE_FIELDS)
    try:
        managing.announce_absence(person, found.id, accounts_pages.absence_of(asked, now), now=now)
    except FieldInvalid as refusal:
        return _account_page(person, found, accounts_pages.values(found) | asked, refusal)
    return redirect(f"/comptes/{found.id}?fait=absence")


@routes.route("/comptes/{account_id}/retour", methods=["POST"], content_types=[bodies.FORM])
@answers_html
def back(account_id: str) -> Response:
    """She is there again."""
    from chalicelib.stories.accounts import managing

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    found = managing.managed(person, bodies.identifier(account_id))
    bodies.own_form(request, frozenset())
    managing.announce_absence(person, found.id, None, now=now)
    return redirect(f"/comptes/{found.id}?fait=retour")
