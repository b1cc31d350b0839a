"""The record of an offer: declared, corrected, its contacts checked, assigned, withdrawn, reminded of."""

import hashlib
from datetime import date, datetime, time
from typing import Any

from chalice.app import Response

from chalicelib import french, terms
from chalicelib.domain import fields
from chalicelib.domain import record as record_rules
from chalicelib.domain.fields import ALL, IN_FORM, NAMED, Form, Named, Record, named_contact
from chalicelib.domain.kernel import territory
from chalicelib.domain.kernel.calendar import PARIS, day_of
from chalicelib.domain.kernel.parcours import BuyerContact, CompanyContact, Contact, Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.texts import plainly
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor
from chalicelib.domain.kernel.values import ParcoursStatus, Role
from chalicelib.domain.parcours import assigning
from chalicelib.domain.record import declares_as
from chalicelib.errors import ChangedMeanwhile, FieldInvalid, OfferExists, Unreadable, WrongStep
from chalicelib.stories import outcomes, parcours
from chalicelib.stories import record as stories
from chalicelib.stories.parcours import KnownOf
from chalicelib.web.kit.calls import NoForm
from chalicelib.web.kit.errors import beside, sentence
from chalicelib.web.kit.forms import FreeForm, PageForm, key_of, new_key, reason_of
from chalicelib.web.kit.http import number, redirect
from chalicelib.web.kit.page import AgentCall, heading
from chalicelib.words import codes

OF_A_CONTACT = [one for one in fields.CONTACT_FIELDS if one.kind != "date"]
"""What the page of the contacts asks; the day of checking is noted by itself."""
CONTACT_FIELDS = frozenset({"contact", "geste", "version", "joint"}) | {
    f"contact_{one.name}" for one in OF_A_CONTACT
}


CONFIRMED, NEW = "nouvel_organisme", "new_organisation"
"""Field by which the team confirms an organisation that has no account yet; what is said before."""


class NewForm(FreeForm):
    """``POST /offres/nouvelle``."""

    @classmethod
    def fields(cls, agent: Account) -> frozenset[str]:
        return fields_of(agent, "cle")


class RecordForm(FreeForm):
    """``POST /parcours/{id}/fiche``."""

    @classmethod
    def fields(cls, agent: Account) -> frozenset[str]:
        return fields_of(agent, "version")


class ContactForm(FreeForm):
    """``POST /parcours/{id}/contacts``."""

    @classmethod
    def fields(cls, agent: Account) -> frozenset[str]:
        return CONTACT_FIELDS


class AssignForm(PageForm):
    """``POST /parcours/{id}/tutrice``."""

    qui: str = ""
    coordination: str = ""
    depuis: str = ""


ASSIGNED = {EventKind.ATTEMPT_OPENED: "designe", EventKind.TUTOR_ASSIGNED: "repris"}
"""What the page says then, by the fact that gave the parcours to its tutor; without one, another coordinator follows it."""


class WithdrawForm(PageForm):
    """``POST /parcours/{id}/retrait``; ``geste``: « retirer », or « remettre » to propose the offer again."""

    geste: str = ""
    motif: str = ""


def new_page(call: AgentCall[NoForm]) -> Response:
    """An empty record, under an id of its own."""
    return _new_form(call, 200)


def declare(call: AgentCall[NewForm]) -> Response:
    """A buyer, her service or the team declares an offer."""
    person, asked = call.agent, call.form.asked
    key = key_of(asked["cle"])
    record, wrong = read(asked, person, None, call.now)
    if record is None:
        return _new_form(call, 422, asked, wrong)
    try:
        stories.declare(person, key, record, now=call.now)
    except OfferExists as refusal:
        return _new_form(call, 409, asked, same=_seen_by(person, refusal))
    except ChangedMeanwhile:
        return _new_form(call, 409, asked | {"cle": ""}, again=True)
    return redirect(f"/parcours/{key}?fait=declaree")


def edit_page(call: AgentCall[NoForm], parcours_id: str) -> Response:
    """The record as it is, to be corrected."""
    return _edit_form(call, 200, stories.to_edit(call.agent, parcours_id))


def edit(call: AgentCall[RecordForm], parcours_id: str) -> Response:
    """The record corrected, unless somebody was faster: then both are shown."""
    person, asked = call.agent, call.form.asked
    head = stories.to_edit(person, parcours_id)
    seen = number(asked["version"])
    record, wrong = read(asked, person, head, call.now)
    if record is None:
        return _edit_form(call, 422, head, asked, wrong)
    try:
        stories.edit(person, head.id, record, seen=seen, now=call.now)
    except OfferExists as refusal:
        return _edit_form(call, 409, head, asked, same=_seen_by(person, refusal))
    except ChangedMeanwhile:
        return _edit_form(call, 409, stories.to_edit(person, head.id), asked, meanwhile=True)
    return redirect(f"/parcours/{head.id}?fait=modifiee")


def contacts_page(call: AgentCall[NoForm], parcours_id: str) -> Response:
    """Each contact: right as it is, or to be corrected."""
    return _contacts_form(call, stories.to_confirm(call.agent, parcours_id))


def set_contact(call: AgentCall[ContactForm], parcours_id: str) -> Response:
    """One contact confirmed or corrected; a live link stays where it went."""
    person, asked = call.agent, call.form.asked
    head = stories.to_confirm(person, parcours_id)
    about, contact, wrong = read_contact(asked, call.now)
    if wrong:
        return _contacts_form(call, head, asked, wrong)
    reached = contact is None or bool(asked["joint"])
    seen = number(asked["version"])
    try:
        stories.set_contact(person, head.id, about, contact, seen=seen, reached=reached, now=call.now)
    except ChangedMeanwhile as refusal:
        newest = stories.to_confirm(person, head.id)
        return _contacts_form(call, newest, asked if contact else None, stale=refusal)
    return redirect(f"/parcours/{head.id}?fait={'verifie' if reached else 'contact'}")


def assign_page(call: AgentCall[NoForm], parcours_id: str) -> Response:
    """Who shall accompany."""
    return _assign_form(call, parcours_id, {})


def assign(call: AgentCall[AssignForm], parcours_id: str) -> Response:
    """A free offer is given to a tutor, or a passage under way goes to another one."""
    form, now = call.form, call.now
    try:
        since = since_of(form.depuis, now)
        done = parcours.assign(call.agent, parcours_id, form.qui, form.coordination, since=since, now=now)
    except FieldInvalid as refusal:
        return _assign_form(call, parcours_id, form.typed(), refusal)
    slug = ASSIGNED.get(done, "coordination") if done is not None else "coordination"
    return redirect(f"/parcours/{parcours_id}?fait={slug}")


def withdraw_page(call: AgentCall[NoForm], parcours_id: str) -> Response:
    """Why the offer is no longer proposed, or that it is again."""
    return _withdraw_form(call, parcours_id)


def withdraw(call: AgentCall[WithdrawForm], parcours_id: str) -> Response:
    """The offer is withdrawn, or proposed again."""
    if call.form.geste == "remettre":
        stories.offer_again(call.agent, parcours_id, now=call.now)
        return redirect(f"/parcours/{parcours_id}?fait=remise")
    try:
        stories.withdraw(call.agent, parcours_id, reason_of(call.form.motif), now=call.now)
    except FieldInvalid as refusal:
        return _withdraw_form(call, parcours_id, refusal)
    return redirect(f"/parcours/{parcours_id}?fait=retiree")


def remind(call: AgentCall[NoForm], parcours_id: str) -> Response:
    """One mail to those who are awaited, at most one a day."""
    outcomes.remind(call.agent, parcours_id, now=call.now)
    return redirect(f"/parcours/{parcours_id}?fait=relance")


def _seen_by(person: Account, refusal: OfferExists) -> str:
    """Id of the same offer, where this person may see it."""
    same = str(refusal.facts["parcours"])
    return same if stories.may_see(person, same) else ""


def fields_of(person: Account, hidden: str) -> frozenset[str]:
    """The names of the fields of this person's form: the team alone types the organisation.

    Raises:
        NotFound: it would declare an offer (``cle``), and this person declares none.
    """
    if hidden == "cle":
        declares_as(person)
    base = {"base"} if hidden == "version" else frozenset()
    typed = frozenset(IN_FORM) | {CONFIRMED} if person.is_team else frozenset(IN_FORM) - {"organisme"}
    return typed | {hidden} | base


def read(
    asked: dict[str, str], person: Account, current: Parcours | None, now: datetime
) -> tuple[Record | None, dict[str, str]]:
    """The record, or what is wrong with it by field."""
    own = current.contract.organisation if current else person.organisation
    today, keep = day_of(now), terms.retention()
    if not person.is_team:
        return fields.read_record(asked, own, current, today, keep)
    known = {
        plainly(one): one for one in (*stories.organisations(person), *([own] if current and own else []))
    }
    name = plainly(asked["organisme"])
    record, wrong = fields.read_record(
        asked | {"organisme": known.get(name, asked["organisme"])}, None, current, today, keep
    )
    if "organisme" in wrong or name in known or asked[CONFIRMED]:
        return record, wrong
    return None, {"organisme": NEW, **wrong}


def base_of(shown: dict[str, str]) -> str:
    """The marks of the values with which a form begins, in the order of the fields' names."""
    return " ".join(_mark(name, shown[name]) for name in sorted(shown))


def untouched(base: str, typed: dict[str, str]) -> set[str]:
    """The fields whose values are as the form began; none where its base is not one of ours."""
    names, marks = sorted(typed), base.split()
    if len(names) != len(marks):
        return set()
    return {name for name, mark in zip(names, marks, strict=True) if mark == _mark(name, typed[name].strip())}


def _mark(name: str, value: str) -> str:
    return hashlib.sha256(f"{name}:{value}".encode()).hexdigest()[:8]


def read_contact(
    asked: dict[str, str], now: datetime
) -> tuple[Interlocutor, CompanyContact | BuyerContact | None, dict[str, str]]:
    """About whom, the contact as corrected (None: right as it is), and what is wrong by field.

    Raises:
        Unreadable: a contact or a gesture that our page does not have.
    """
    about = next((one.about for one in NAMED if one.prefix == asked["contact"]), None)
    if about is None or asked["geste"] not in {"bon", "corrige"}:
        raise Unreadable
    if asked["geste"] == "bon":
        return about, None, {}
    form = Form(asked)
    values = form.contact("contact", day_of(now))
    if not values:
        form.refuse("contact_nom", "missing_text")
    return about, None if form.wrong else fields.made_contact(values, "contact", about), form.wrong


def since_of(typed: str, now: datetime) -> datetime | None:
    """« Depuis le »: noon of a past day in Paris; None for none, and for today.

    Raises:
        FieldInvalid: no such day.
    """
    day = fields.typed_day(typed, "depuis", required=False)
    if day is None or day == day_of(now):
        return None
    return datetime.combine(day, time(12), tzinfo=PARIS)


DEPARTEMENTS = [
    {"code": code, "label": f"{code} {name} ({french.academie(territory.academie_of(code))})"}
    for code, name in territory.DEPARTEMENTS.items()
]


def _new_form(
    call: AgentCall[Any],
    status: int,
    asked: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None,
    *,
    same: str | None = None,
    again: bool = False,
) -> Response:
    """``pages/fiche.html`` of an offer that is being declared.

    Args:
        same: id of the offer that exists already, empty when this person may not see it.
        again: this page has declared another offer already.
    Raises:
        NotFound: this person declares none.
    """
    person = call.agent
    role = declares_as(person)
    begun = {"notifie_le": day_of(call.now).isoformat(), **_own_contact(person, role)}
    typed = dict.fromkeys(IN_FORM, "") | (asked if asked is not None else begun)
    context = _form(person, typed, wrong or {}, {}, notifie_le="À changer si ce n’est pas aujourd’hui.") | {
        "parcours": None,
        "hidden": {"cle": typed.get("cle") or new_key()},
        "organisation": None if person.is_team else person.organisation,
        "same": same,
        "meanwhile": False,
        "again": again,
    }
    return call.show_dict("fiche", "declarer", context, status=status)


def _own_contact(person: Account, role: Role) -> dict[str, str]:
    """A buyer is the buyer's contact, to begin with."""
    if role is not Role.BUYER:
        return {}
    return {f"acheteur_{one.name}": getattr(person, one.attribute) or "" for one in OF_A_CONTACT}


def _edit_form(
    call: AgentCall[Any],
    status: int,
    head: Parcours,
    asked: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None,
    *,
    meanwhile: bool = False,
    same: str | None = None,
) -> Response:
    """``pages/fiche.html`` of an offer that exists.

    Args:
        meanwhile: somebody edited it since, and ``head`` is the newest: fields that were not touched show it.
    """
    current = fields.typed_of(head)
    typed = current | {name: value for name, value in (asked or {}).items() if name in current}
    if meanwhile and asked:
        typed |= {name: current[name] for name in untouched(asked["base"], typed)}
    now = {
        name: _as_read(name, value) for name, value in current.items() if meanwhile and typed[name] != value
    }
    fresh = {"version": str(head.edited), "base": base_of(current)}
    hidden = fresh if meanwhile or asked is None else {name: asked[name] for name in fresh}
    confirmed = {CONFIRMED: (asked or {}).get(CONFIRMED, "")}
    context = _form(call.agent, typed | confirmed, wrong or {}, now) | {
        "parcours": heading(head),
        "hidden": hidden,
        "organisation": None if call.agent.is_team else head.contract.organisation,
        "same": same,
        "meanwhile": meanwhile,
        "again": False,
    }
    return call.show_dict("fiche", "parcours", context, status=status)


def _as_read(name: str, value: str) -> str:
    """A stored value as people read it, beside the field in which they typed another."""
    is_day = value and ALL[name].kind == "date"
    return french.jour_court(date.fromisoformat(value)) if is_day else value


def _derived(code: str) -> str:
    """What follows from the département that is chosen."""
    if code not in territory.DEPARTEMENTS:
        return "L’académie et la région académique s’en déduisent."
    academie = territory.academie_of(code)
    shown = french.academie(academie)
    return f"{shown[:1].upper()}{shown[1:]}, région académique {territory.region_of(academie)}."


def _form(
    person: Account, typed: dict[str, str], wrong: dict[str, str], now: dict[str, str], **hints: str
) -> dict[str, Any]:
    hints |= {"departement": _derived(typed["departement"])}
    return {
        "f": {
            name: {
                "row": one,
                "value": typed[name],
                "error": sentence(wrong.get(name, "")),
                "now": now.get(name),
                "hint": hints.get(name, one.hint),
            }
            for name, one in IN_FORM.items()
        },
        "lines": {part: _lines(part) for part in dict.fromkeys(one.part for one in IN_FORM.values())},
        "wrong": [
            {"field": name, "label": one.label, "message": sentence(wrong[name])}
            for name, one in IN_FORM.items()
            if name in wrong
        ],
        "options": {
            "departement": DEPARTEMENTS,
            "domaine": [{"code": one, "label": one} for one in territory.DOMAINES],
        },
        "hours": territory.HOURS,
        "organismes": stories.organisations(person),
        "new_organisation": wrong.get("organisme") == NEW or bool(typed.get(CONFIRMED)),
        "confirmed": bool(typed.get(CONFIRMED)),
    }


def _lines(part: str) -> list[list[str]]:
    """The names of the fields of one part, line by line of the form."""
    lines: list[list[str]] = []
    for one in IN_FORM.values():
        if one.part == part and one.beside:
            lines[-1].append(one.name)
        elif one.part == part:
            lines.append([one.name])
    return lines


def _assign_form(
    call: AgentCall[Any], parcours_id: str, asked: dict[str, str], refusal: FieldInvalid | None = None
) -> Response:
    """``pages/tutrice.html``.

    Raises:
        WrongStep: nobody can be assigned any more.
    """
    head = stories.to_assign(call.agent, parcours_id)
    tutors, truncated = parcours.tutors(call.agent, head)
    coordinators = parcours.coordinators(head)
    if head.status not in assigning.UNDER_WAY | assigning.GIVEN:
        raise WrongStep
    context = {
        "parcours": heading(head),
        "free": head.status in assigning.GIVEN,
        "over": head.status is ParcoursStatus.LAPSED,
        "academie": head.placement.academie,
        "tutors": [
            {
                "code": one["account"],
                "label": f"{_somebody(one)}, accompagne déjà"
                if one["account"] == head.tutor
                else _somebody(one),
            }
            for one in tutors
            if one["account"] != head.tutor or coordinators
        ],
        "coordinators": [{"code": one["account"], "label": _somebody(one)} for one in coordinators],
        "no_coordinator": "Sans changement" if call.agent.is_team else "Vous",
        "truncated": truncated,
        "today": day_of(call.now).isoformat(),
        "values": {"qui": "", "depuis": "", "coordination": head.coordinator or ""} | asked,
        "error": beside(refusal),
    }
    return call.show_dict("tutrice", "parcours", context, refusal)


def _somebody(row: dict[str, Any]) -> str:
    return f"{row['name']} ({row.get('academie', 'sans académie')}), {row['address']}"


def _withdraw_form(call: AgentCall[Any], parcours_id: str, refusal: FieldInvalid | None = None) -> Response:
    """``pages/retirer.html``.

    Raises:
        WrongStep: it is neither free nor withdrawn.
    """
    head = stories.to_withdraw(call.agent, parcours_id)
    again = record_rules.can_offer_again(head, day_of(call.now))
    if head.status is not ParcoursStatus.AVAILABLE and not again:
        raise WrongStep
    context = {
        "parcours": heading(head),
        "again": again,
        "reasons": codes.options(record_rules.REASONS),
        "error": beside(refusal),
    }
    return call.show_dict("retirer", "parcours", context, refusal)


def _contacts_form(
    call: AgentCall[Any],
    head: Parcours,
    asked: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None,
    stale: ChangedMeanwhile | None = None,
) -> Response:
    """``pages/contacts.html``; ``asked``: what was typed for one of the contacts, ``wrong`` what is wrong with it."""
    known = parcours.known_of(head, now=call.now)
    context = {
        "parcours": heading(head),
        "version": head.edited,
        "meanwhile": stale is not None,
        "contacts": [
            _contact(named, named_contact(head, named.about), asked, wrong or {}, known) for named in NAMED
        ],
    }
    return call.show_dict("contacts", "parcours", context, stale, status=422 if wrong else 200)


def _contact(
    named: Named,
    found: Contact | None,
    asked: dict[str, str] | None,
    wrong: dict[str, str],
    known: KnownOf,
) -> dict[str, Any]:
    mine = asked if asked is not None and asked["contact"] == named.prefix else None
    own = {one.name: getattr(found, one.attribute, None) for one in fields.CONTACT_FIELDS}
    return {
        "slug": named.prefix,
        "title": named.title,
        "known": found is not None,
        "name": own["nom"],
        "function": own["fonction"],
        "address": own["courriel"],
        "phone": own["tel"],
        "health": codes.health(known(found)) if found else None,
        "verified": own["verifie"] is not None,
        "open": mine is not None,
        "reached": bool(mine and mine["joint"]),
        "f": [
            {
                "row": one,
                "value": mine[f"contact_{one.name}"] if mine else own[one.name] or "",
                "error": sentence(wrong.get(f"contact_{one.name}", "")) if mine else "",
            }
            for one in OF_A_CONTACT
        ],
    }
