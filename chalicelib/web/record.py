"""The record of an offer: declared, corrected, its contacts checked, assigned, withdrawn, reminded of."""

import hashlib
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any, NamedTuple

from chalice.app import Response

from chalicelib import french, terms
from chalicelib.domain import fields
from chalicelib.domain import record as record_rules
from chalicelib.domain.accounts.managing import AccountLine
from chalicelib.domain.fields import ALL, IN_FORM, NAMED, Form, Named, Record, named_contact
from chalicelib.domain.kernel import territory
from chalicelib.domain.kernel.calendar import PARIS, day_of
from chalicelib.domain.kernel.parcours import BuyerContact, CompanyContact, Contact, Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.texts import plainly
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor
from chalicelib.domain.kernel.values import ParcoursStatus, Role
from chalicelib.domain.parcours import assigning
from chalicelib.domain.record import ContactAnswer, declares_as
from chalicelib.errors import ChangedMeanwhile, FieldInvalid, OfferExists, Unreadable, WrongStep
from chalicelib.stories import outcomes
from chalicelib.stories import parcours as parcours_stories
from chalicelib.stories import record as stories
from chalicelib.stories.parcours import Assignment, KnownOf
from chalicelib.web.kit.calls import NoForm
from chalicelib.web.kit.errors import beside, sentence
from chalicelib.web.kit.forms import FreeForm, PageForm, draw_key, read_key, read_reason
from chalicelib.web.kit.http import read_number, redirect
from chalicelib.web.kit.page import AgentCall, Heading, Person, build_heading, build_person
from chalicelib.web.kit.page_view import FieldError, PageView
from chalicelib.words import codes
from chalicelib.words.codes import Labelled

OF_A_CONTACT = [field for field in fields.CONTACT_FIELDS if field.kind != "date"]
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


class FieldShown(NamedTuple):
    """A field of the record with what stands in it."""

    row: fields.Field
    value: str
    error: str
    now: str | None = None
    """What somebody else wrote meanwhile; None: the same."""
    hint: str = ""


class WrongField(NamedTuple):
    """A field to correct, at the head of the page."""

    field: str
    label: str
    message: str


class RecordFields(NamedTuple):
    """The fields of the record, and what may be chosen in them."""

    f: dict[str, FieldShown]
    lines: dict[str, list[list[str]]]
    """By part of the record: the names of the fields, line by line."""
    wrong: list[WrongField]
    options: dict[str, list[Labelled]]
    hours: tuple[int, ...]
    organismes: tuple[str, ...]
    new_organisation: bool
    """Whether the organisation has no account yet, and is to be confirmed."""
    confirmed: bool


@dataclass(frozen=True, slots=True)
class RecordPage(PageView):
    """The record of an offer that is declared (``parcours`` is None) or corrected."""

    template = "fiche"

    form: RecordFields
    parcours: Heading | None
    hidden: dict[str, str]
    organisation: str | None
    """Of the reader, who does not choose it; None: the team types it."""
    same: str | None = None
    """Id of the offer that exists already, empty when this person may not see it."""
    meanwhile: bool = False
    """Whether somebody edited the record since the page was read."""
    again: bool = False
    """Whether this page has declared another offer already."""


class ContactShown(NamedTuple):
    """A contact of the record: confirmed as it is, or corrected."""

    slug: str
    title: str
    person: Person | None
    verified: bool
    open: bool
    """Whether the form is unfolded, with what was typed."""
    reached: bool
    f: list[FieldShown]


@dataclass(frozen=True, slots=True)
class ContactsPage(PageView):
    """The contacts of a parcours."""

    template = "contacts"

    parcours: Heading
    version: int
    meanwhile: bool
    contacts: list[ContactShown]


@dataclass(frozen=True, slots=True)
class AssignPage(PageView):
    """Who may accompany."""

    template = "tutrice"

    parcours: Heading
    free: bool
    over: bool
    academie: str
    tutors: list[Labelled]
    coordinators: list[Labelled]
    no_coordinator: str
    truncated: bool
    today: str
    values: dict[str, str]
    error: FieldError | None


@dataclass(frozen=True, slots=True)
class WithdrawPage(PageView):
    """Why an offer is no longer proposed, or that it is ``again``."""

    template = "retirer"

    parcours: Heading
    again: bool
    reasons: list[Labelled]
    error: FieldError | None


def new_page(call: AgentCall[NoForm]) -> Response:
    """An empty record, under an id of its own."""
    return _new_form(call, 200)


def declare(call: AgentCall[NewForm]) -> Response:
    """A buyer, her service or the team declares an offer."""
    person, asked = call.agent, call.form.asked
    key = read_key(asked["cle"])
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
    return call.show(_fresh_page(call, stories.to_edit(call.agent, parcours_id)), "parcours")


def edit(call: AgentCall[RecordForm], parcours_id: str) -> Response:
    """The record corrected, unless somebody was faster: then both are shown."""
    person, asked = call.agent, call.form.asked
    parcours = stories.to_edit(person, parcours_id)
    seen = read_number(asked["version"])
    record, wrong = read(asked, person, parcours, call.now)
    if record is None:
        return call.show(_typed_page(call, parcours, asked, wrong), "parcours", status=422)
    try:
        stories.edit(person, parcours.id, record, seen=seen, now=call.now)
    except OfferExists as refusal:
        view = replace(_typed_page(call, parcours, asked, {}), same=_seen_by(person, refusal))
        return call.show(view, "parcours", status=409)
    except ChangedMeanwhile:
        view = _overtaken_page(call, stories.to_edit(person, parcours.id), asked)
        return call.show(view, "parcours", status=409)
    return redirect(f"/parcours/{parcours.id}?fait=modifiee")


def contacts_page(call: AgentCall[NoForm], parcours_id: str) -> Response:
    """Each contact: right as it is, or to be corrected."""
    return _contacts_form(call, stories.to_confirm(call.agent, parcours_id))


def set_contact(call: AgentCall[ContactForm], parcours_id: str) -> Response:
    """One contact confirmed or corrected; a live link stays where it went."""
    person, asked = call.agent, call.form.asked
    parcours = stories.to_confirm(person, parcours_id)
    about, contact, wrong = read_contact(asked, call.now)
    if wrong:
        return _contacts_form(call, parcours, asked, wrong)
    reached = contact is None or bool(asked["joint"])
    answer = ContactAnswer(about, contact, read_number(asked["version"]), reached)
    try:
        stories.set_contact(person, parcours.id, answer, now=call.now)
    except ChangedMeanwhile as refusal:
        newest = stories.to_confirm(person, parcours.id)
        return _contacts_form(call, newest, asked if contact else None, stale=refusal)
    return redirect(f"/parcours/{parcours.id}?fait={'verifie' if reached else 'contact'}")


def assign_page(call: AgentCall[NoForm], parcours_id: str) -> Response:
    """Who shall accompany."""
    return _assign_form(call, parcours_id, {})


def assign(call: AgentCall[AssignForm], parcours_id: str) -> Response:
    """A free offer is given to a tutor, or a passage under way goes to another one."""
    form, now = call.form, call.now
    try:
        assignment = Assignment(form.qui, form.coordination, since_of(form.depuis, now))
        done = parcours_stories.assign(call.agent, parcours_id, assignment, now=now)
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
        stories.withdraw(call.agent, parcours_id, read_reason(call.form.motif), now=call.now)
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
    Labelled(code, f"{code} {name} ({french.academie(territory.academie_of(code))})")
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
    """The record of an offer that is being declared.

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
    hints = {"notifie_le": "À changer si ce n’est pas aujourd’hui."}
    view = RecordPage(
        form=_record_form(person, typed, wrong or {}, hints=hints),
        parcours=None,
        hidden={"cle": typed.get("cle") or draw_key()},
        organisation=None if person.is_team else person.organisation,
        same=same,
        again=again,
    )
    return call.show(view, "declarer", status=status)


def _own_contact(person: Account, role: Role) -> dict[str, str]:
    """A buyer is the buyer's contact, to begin with."""
    if role is not Role.BUYER:
        return {}
    return {f"acheteur_{one.name}": getattr(person, one.attribute) or "" for one in OF_A_CONTACT}


def _record_page(
    call: AgentCall[Any], parcours: Parcours, form: RecordFields, hidden: dict[str, str]
) -> RecordPage:
    """The record of an offer that exists."""
    own = None if call.agent.is_team else parcours.contract.organisation
    return RecordPage(form, parcours=build_heading(parcours), hidden=hidden, organisation=own)


def _fresh_page(call: AgentCall[Any], parcours: Parcours) -> RecordPage:
    """The record as it is."""
    current = fields.typed_of(parcours)
    return _record_page(call, parcours, _record_form(call.agent, current, {}), _hidden(parcours, current))


def _typed_page(
    call: AgentCall[Any], parcours: Parcours, asked: dict[str, str], wrong: dict[str, str]
) -> RecordPage:
    """The record as it was typed, and what is wrong with it."""
    current = fields.typed_of(parcours)
    typed = current | {name: asked[name] for name in current if name in asked}
    form = _record_form(call.agent, typed | _confirmed(asked), wrong)
    return _record_page(call, parcours, form, {name: asked[name] for name in _hidden(parcours, current)})


def _overtaken_page(call: AgentCall[Any], newest: Parcours, asked: dict[str, str]) -> RecordPage:
    """What was typed beside what somebody wrote since: fields that were not touched show the newest."""
    current = fields.typed_of(newest)
    typed = current | {name: asked[name] for name in current if name in asked}
    typed |= {name: current[name] for name in untouched(asked["base"], typed)}
    stored = {name: _as_read(name, value) for name, value in current.items() if typed[name] != value}
    form = _record_form(call.agent, typed | _confirmed(asked), {}, stored)
    return replace(_record_page(call, newest, form, _hidden(newest, current)), meanwhile=True)


def _hidden(parcours: Parcours, current: dict[str, str]) -> dict[str, str]:
    """What a form begins with, by which an edit that somebody overtook is known."""
    return {"version": str(parcours.edited), "base": base_of(current)}


def _confirmed(asked: dict[str, str]) -> dict[str, str]:
    return {CONFIRMED: asked.get(CONFIRMED, "")}


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


def _record_form(
    person: Account,
    typed: dict[str, str],
    wrong: dict[str, str],
    stored: dict[str, str] | None = None,
    *,
    hints: dict[str, str] | None = None,
) -> RecordFields:
    """The fields of the record; ``stored``: beside those that somebody changed meanwhile, what is written now."""
    hints = {"departement": _derived(typed["departement"]), **(hints or {})}
    stored = stored or {}
    return RecordFields(
        f={
            name: FieldShown(
                row=row,
                value=typed[name],
                error=sentence(wrong.get(name, "")),
                now=stored.get(name),
                hint=hints.get(name, row.hint),
            )
            for name, row in IN_FORM.items()
        },
        lines={part: _lines(part) for part in dict.fromkeys(row.part for row in IN_FORM.values())},
        wrong=[
            WrongField(name, row.label, sentence(wrong[name]))
            for name, row in IN_FORM.items()
            if name in wrong
        ],
        options={
            "departement": DEPARTEMENTS,
            "domaine": [Labelled(domain, domain) for domain in territory.DOMAINES],
        },
        hours=territory.HOURS,
        organismes=stories.organisations(person),
        new_organisation=wrong.get("organisme") == NEW or bool(typed.get(CONFIRMED)),
        confirmed=bool(typed.get(CONFIRMED)),
    )


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
    """Who may accompany.

    Raises:
        WrongStep: nobody can be assigned any more.
    """
    parcours = stories.to_assign(call.agent, parcours_id)
    tutors, truncated = parcours_stories.tutors(call.agent, parcours)
    coordinators = parcours_stories.coordinators(parcours)
    if parcours.status not in assigning.UNDER_WAY | assigning.GIVEN:
        raise WrongStep
    view = AssignPage(
        parcours=build_heading(parcours),
        free=parcours.status in assigning.GIVEN,
        over=parcours.status is ParcoursStatus.LAPSED,
        academie=parcours.placement.academie,
        tutors=[
            Labelled(line.id, _format_name_and_place(line, accompanies=line.id == parcours.tutor))
            for line in tutors
            if line.id != parcours.tutor or coordinators
        ],
        coordinators=[Labelled(line.id, _format_name_and_place(line)) for line in coordinators],
        no_coordinator="Sans changement" if call.agent.is_team else "Vous",
        truncated=truncated,
        today=day_of(call.now).isoformat(),
        values={"qui": "", "depuis": "", "coordination": parcours.coordinator or ""} | asked,
        error=beside(refusal),
    )
    return call.show(view, "parcours", refusal)


def _format_name_and_place(line: AccountLine, *, accompanies: bool = False) -> str:
    somebody = f"{line.name} ({line.academie or 'sans académie'}), {line.address}"
    return f"{somebody}, accompagne déjà" if accompanies else somebody


def _withdraw_form(call: AgentCall[Any], parcours_id: str, refusal: FieldInvalid | None = None) -> Response:
    """Why an offer is no longer proposed, or that it is again.

    Raises:
        WrongStep: it is neither free nor withdrawn.
    """
    parcours = stories.to_withdraw(call.agent, parcours_id)
    again = record_rules.can_offer_again(parcours, day_of(call.now))
    if parcours.status is not ParcoursStatus.AVAILABLE and not again:
        raise WrongStep
    view = WithdrawPage(build_heading(parcours), again, codes.options(record_rules.REASONS), beside(refusal))
    return call.show(view, "parcours", refusal)


def _contacts_form(
    call: AgentCall[Any],
    parcours: Parcours,
    asked: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None,
    stale: ChangedMeanwhile | None = None,
) -> Response:
    """The contacts; ``asked``: what was typed for one of them, ``wrong`` what is wrong with it."""
    known = parcours_stories.known_of(call.signed_in.work, parcours, now=call.now)
    view = ContactsPage(
        parcours=build_heading(parcours),
        version=parcours.edited,
        meanwhile=stale is not None,
        contacts=[
            _contact(named, named_contact(parcours, named.about), asked, wrong or {}, known)
            for named in NAMED
        ],
    )
    return call.show(view, "parcours", stale, status=422 if wrong else 200)


def _contact(
    named: Named,
    contact: Contact | None,
    asked: dict[str, str] | None,
    wrong: dict[str, str],
    known: KnownOf,
) -> ContactShown:
    typed = asked if asked is not None and asked["contact"] == named.prefix else None
    return ContactShown(
        slug=named.prefix,
        title=named.title,
        person=build_person(contact, known) if contact else None,
        verified=contact is not None and contact.verified_on is not None,
        open=typed is not None,
        reached=bool(typed and typed["joint"]),
        f=[
            FieldShown(
                row=row,
                value=typed[f"contact_{row.name}"] if typed else getattr(contact, row.attribute, None) or "",
                error=sentence(wrong.get(f"contact_{row.name}", "")) if typed else "",
            )
            for row in OF_A_CONTACT
        ],
    )
