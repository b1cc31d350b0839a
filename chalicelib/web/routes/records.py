"""The record of an offer in forms: declared, corrected, contacts checked, assigned, withdrawn, reminded of."""

from typing import TYPE_CHECKING, Any

from chalice.app import Blueprint, Response

from chalicelib import clock
from chalicelib.errors import ChangedMeanwhile, FieldInvalid, OfferExists
from chalicelib.web.kit import bodies
from chalicelib.web.kit.errors import answers_html
from chalicelib.web.kit.http import answer, redirect
from chalicelib.web.kit.session import agent

if TYPE_CHECKING:
    from chalicelib.domain.kernel.people import Account

routes = Blueprint(__name__)

FORM = "application/x-www-form-urlencoded"


def _record_page(status: int, person: "Account", context: dict[str, Any]) -> Response:
    """The form of a record, with the organisations that whoever types one may choose from."""
    from chalicelib.stories import record as record_stories
    from chalicelib.templating import render

    return answer(
        status, render("pages/fiche.html", **context | {"organismes": record_stories.organisations(person)})
    )


@routes.route("/offres/nouvelle", methods=["GET", "HEAD"])
@answers_html
def new_page() -> Response:
    """An empty record, under an id of its own."""
    from chalicelib.web import record as record_pages

    person = agent(routes.current_request, clock.utc_now())
    return _record_page(200, person, record_pages.new_form(person))


@routes.route("/offres/nouvelle", methods=["POST"], content_types=[FORM])
@answers_html
def declare() -> Response:
    """A buyer, her service or the team declares an offer."""
    from chalicelib.stories import record as record_stories
    from chalicelib.web import record as record_pages

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    record_stories.check_declaring(person)
    asked = bodies.own_form(request, record_pages.fields_of(person, "cle"))
    key = record_pages.key_of(asked)
    record, wrong = record_pages.read(asked, person, None, now)
    if record is None:
        context = record_pages.new_form(person, asked, wrong)
        return _record_page(422, person, context)
    try:
        record_stories.declare(person, key, record, now=now)
    except OfferExists as refusal:
        same = str(refusal.facts["parcours"])
        shown = same if record_stories.may_see(person, same) else ""
        return _record_page(409, person, record_pages.new_form(person, asked, same=shown))
    except ChangedMeanwhile:
        context = record_pages.new_form(person, asked | {"cle": ""}, again=True)
        return _record_page(409, person, context)
    return redirect(f"/parcours/{key}?fait=declaree")


@routes.route("/parcours/{parcours_id}/fiche", methods=["GET", "HEAD"])
@answers_html
def edit_page(parcours_id: str) -> Response:
    """The record as it stands, to be corrected."""
    from chalicelib.stories import record as record_stories
    from chalicelib.web import record as record_pages

    person = agent(routes.current_request, clock.utc_now())
    head = record_stories.to_edit(person, bodies.identifier(parcours_id))
    return _record_page(200, person, record_pages.edit_form(person, head))


@routes.route("/parcours/{parcours_id}/fiche", methods=["POST"], content_types=[FORM])
@answers_html
def edit(parcours_id: str) -> Response:
    """The record corrected, unless somebody was faster: then both are shown."""
    from chalicelib.stories import record as record_stories
    from chalicelib.web import record as record_pages

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    head = record_stories.to_edit(person, bodies.identifier(parcours_id))
    asked = bodies.own_form(request, record_pages.fields_of(person, "version"))
    seen = record_pages.version_of(asked)
    record, wrong = record_pages.read(asked, person, head, now)
    if record is None:
        return _record_page(422, person, record_pages.edit_form(person, head, asked, wrong))
    try:
        record_stories.edit(person, head.id, record, seen=seen, now=now)
    except OfferExists as refusal:
        same = str(refusal.facts["parcours"])
        shown = same if record_stories.may_see(person, same) else ""
        context = record_pages.edit_form(person, head, asked, same=shown)
        return _record_page(409, person, context)
    except ChangedMeanwhile:
        newest = record_stories.to_edit(person, head.id)
        context = record_pages.edit_form(person, newest, asked, meanwhile=True)
        return _record_page(409, person, context)
    return redirect(f"/parcours/{head.id}?fait=modifiee")


@routes.route("/parcours/{parcours_id}/contacts", methods=["GET", "HEAD"])
@answers_html
def contacts_page(parcours_id: str) -> Response:
    """Each contact: right as it stands, or to be corrected."""
    from chalicelib.stories import record as record_stories
    from chalicelib.templating import render
    from chalicelib.web import record as record_pages

    person = agent(routes.current_request, clock.utc_now())
    head = record_stories.to_confirm(person, bodies.identifier(parcours_id))
    return answer(200, render("pages/contacts.html", **record_pages.page(person, head)))


@routes.route("/parcours/{parcours_id}/contacts", methods=["POST"], content_types=[FORM])
@answers_html
def set_contact(parcours_id: str) -> Response:
    """One contact confirmed or corrected; a live link stays where it went."""
    from chalicelib.stories import record as record_stories
    from chalicelib.templating import render
    from chalicelib.web import record as record_pages

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    head = record_stories.to_confirm(person, bodies.identifier(parcours_id))
    asked = bodies.own_form(request, record_pages.CONTACT_FIELDS)
    about, contact, wrong = record_pages.read_contact(asked, now)
    if wrong:
        return answer(422, render("pages/contacts.html", **record_pages.page(person, head, asked, wrong)))
    reached = contact is None or bool(asked["joint"])
    seen = record_pages.version_of(asked)
    try:
        record_stories.set_contact(person, head.id, about, contact, seen=seen, reached=reached, now=now)
    except ChangedMeanwhile:
        newest = record_stories.to_confirm(person, head.id)
        context = record_pages.page(person, newest, asked if contact else None, meanwhile=True)
        return answer(409, render("pages/contacts.html", **context))
    return redirect(f"/parcours/{head.id}?fait={'verifie' if reached else 'contact'}")


@routes.route("/parcours/{parcours_id}/tutrice", methods=["GET", "HEAD"])
@answers_html
def assign_page(parcours_id: str) -> Response:
    """Who shall accompany."""
    return _assign_page(parcours_id)


@routes.route("/parcours/{parcours_id}/tutrice", methods=["POST"], content_types=[FORM])
@answers_html
def assign(parcours_id: str) -> Response:
    """A free offer is given to a tutor, or a passage under way goes to another one."""
    from chalicelib.stories import parcours
    from chalicelib.web import record as record_pages

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    asked = bodies.own_form(request, frozenset({"qui", "coordination", "depuis"}))
    try:
        since = record_pages.since_of(asked["depuis"], now)
        before = parcours.assign(
            person,
            bodies.identifier(parcours_id),
            asked["qui"],
            asked["coordination"],
            since=since,
            now=now,
        )
    except FieldInvalid as refusal:
        return _assign_page(parcours_id, asked, refusal)
    slug = "coordination" if before.tutor == asked["qui"] else "repris" if before.reference else "designe"
    return redirect(f"/parcours/{before.id}?fait={slug}")


def _assign_page(
    parcours_id: str, asked: dict[str, str] | None = None, refusal: FieldInvalid | None = None
) -> Response:
    from chalicelib.stories import parcours
    from chalicelib.stories import record as record_stories
    from chalicelib.templating import render
    from chalicelib.web import record as record_pages

    now = clock.utc_now()
    person = agent(routes.current_request, now)
    head = record_stories.to_assign(person, bodies.identifier(parcours_id))
    tutors, truncated = parcours.tutors(person, head)
    coordinators = parcours.coordinators(head)
    context = record_pages.assign_form(
        person, head, tutors, truncated, coordinators, asked or {}, refusal, now
    )
    return answer(422 if refusal else 200, render("pages/tutrice.html", **context))


@routes.route("/parcours/{parcours_id}/retrait", methods=["GET", "HEAD"])
@answers_html
def withdraw_page(parcours_id: str) -> Response:
    """Why the offer is no longer proposed, or that it is again."""
    return _withdraw_page(parcours_id)


@routes.route("/parcours/{parcours_id}/retrait", methods=["POST"], content_types=[FORM])
@answers_html
def withdraw(parcours_id: str) -> Response:
    """The offer is withdrawn (``geste=retirer``), or proposed again (``geste=remettre``)."""
    from chalicelib.stories import record as record_stories
    from chalicelib.web import record as record_pages

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    identifier = bodies.identifier(parcours_id)
    asked = bodies.own_form(request, frozenset({"geste", "motif"}))
    if asked["geste"] == "remettre":
        record_stories.offer_again(person, identifier, now=now)
        return redirect(f"/parcours/{identifier}?fait=remise")
    try:
        record_stories.withdraw(person, identifier, record_pages.reason_of(asked["motif"]), now=now)
    except FieldInvalid as refusal:
        return _withdraw_page(parcours_id, refusal)
    return redirect(f"/parcours/{identifier}?fait=retiree")


def _withdraw_page(parcours_id: str, refusal: FieldInvalid | None = None) -> Response:
    from chalicelib.stories import record as record_stories
    from chalicelib.templating import render
    from chalicelib.web import record as record_pages

    now = clock.utc_now()
    person = agent(routes.current_request, now)
    head = record_stories.to_withdraw(person, bodies.identifier(parcours_id))
    context = record_pages.withdraw_form(person, head, refusal, now)
    return answer(422 if refusal else 200, render("pages/retirer.html", **context))


@routes.route("/parcours/{parcours_id}/relance", methods=["POST"], content_types=[FORM])
@answers_html
def remind(parcours_id: str) -> Response:
    """One mail to whoever is awaited, at most one a day."""
    from chalicelib.stories import outcomes

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    bodies.own_form(request, frozenset())
    identifier = bodies.identifier(parcours_id)
    outcomes.remind(person, identifier, now=now)
    return redirect(f"/parcours/{identifier}?fait=relance")
