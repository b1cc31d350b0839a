"""The record of an offer: the pages that declare and correct it, check its contacts, assign a tutor, withdraw it, and remind.

``asked``: what was typed, by field; ``wrong``: the code of what is wrong, by field; ``parcours``: the offer; ``person``: who is
signed in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any, NamedTuple

from chalice.app import Response

from chalicelib import french, terms
from chalicelib.domain import fields
from chalicelib.domain import record as record_rules
from chalicelib.domain.accounts.managing import AccountLine
from chalicelib.domain.fields import ALL, IN_FORM, NAMED, Form, Named, Record, find_named_contact
from chalicelib.domain.kernel import territory
from chalicelib.domain.kernel.calendar import PARIS, day_of
from chalicelib.domain.kernel.parcours import UNDER_WAY, BuyerContact, CompanyContact, Contact, Parcours
from chalicelib.domain.kernel.people import Account, Act, may
from chalicelib.domain.kernel.texts import hash_text
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor
from chalicelib.domain.kernel.values import ParcoursStatus, Role
from chalicelib.domain.lists import Line
from chalicelib.domain.mistyped import Mistyped, list_mistyped
from chalicelib.domain.parcours import assigning
from chalicelib.domain.record import ContactAnswer, find_declaring_role
from chalicelib.errors import ChangedMeanwhile, FieldInvalid, OfferExists, Unreadable, WrongStep
from chalicelib.stories import outcomes
from chalicelib.stories import parcours as parcours_stories
from chalicelib.stories import record as stories
from chalicelib.stories.parcours import Assignment, KnownOf
from chalicelib.web.kit.calls import NoForm
from chalicelib.web.kit.errors import build_field_error, find_sentence
from chalicelib.web.kit.forms import (
    FreeForm,
    PageForm,
    draw_idempotency_key,
    read_idempotency_key,
    read_reason,
)
from chalicelib.web.kit.http import check_identifier, read_number, redirect
from chalicelib.web.kit.page import AgentCall, Heading, Person, build_heading, build_person
from chalicelib.web.kit.page_view import FieldError, PageView
from chalicelib.web.outcomes import LeavingMail, build_leaving_mail
from chalicelib.words import codes
from chalicelib.words.codes import Labelled

OF_A_CONTACT = [field for field in fields.CONTACT_FIELDS if field.kind != "date"]
"""What the page of the contacts asks; the day of checking is noted by itself."""
MEANT, PRESSED = "voulues", "voulue"
"""Fields with the addresses that are meant as they are typed: those of earlier presses, and the one that is pressed now."""
CONTACT_FIELDS = frozenset({"contact", "geste", "version", "joint", MEANT, PRESSED}) | {
    f"contact_{field.name}" for field in OF_A_CONTACT
}


OF_BUYING = frozenset({"organisme_siret", "organisme"})
"""Fields of the buying organisation, which the team types."""
SHOWN = "montrees"
"""Field with the ids of the offers alike that the form of a new offer has shown."""


class NewForm(FreeForm):
    """``POST /offres/nouvelle``."""

    @classmethod
    def fields(cls, agent: Account) -> frozenset[str]:
        """Return the names of the fields that this person's form has."""
        return list_fields(agent, "cle")


class RecordForm(FreeForm):
    """``POST /parcours/{id}/fiche``."""

    @classmethod
    def fields(cls, agent: Account) -> frozenset[str]:
        """Return the names of the fields that this person's form has."""
        return list_fields(agent, "version")


class ContactForm(FreeForm):
    """``POST /parcours/{id}/contacts``."""

    @classmethod
    def fields(cls, agent: Account) -> frozenset[str]:
        """Return the names of the fields that this person's form has."""
        return CONTACT_FIELDS


class AssignForm(PageForm):
    """``POST /parcours/{id}/tutrice``; ``qui``, ``coordination``: ids of accounts; ``depuis``: a day, empty for today.

    ``vu``: the revision of the parcours that the page showed; a page of the former version has none.
    """

    qui: str = ""
    coordination: str = ""
    depuis: str = ""
    vu: str = ""


ASSIGNED = {EventKind.ATTEMPT_OPENED: "designe", EventKind.TUTOR_ASSIGNED: "repris"}
"""What the page says then, by the fact that gave the parcours to its tutor; without one, another coordinator follows it."""


class WithdrawForm(PageForm):
    """``POST /parcours/{id}/retrait``; ``geste``: « retirer », or « remettre » to propose the offer again; ``motif``: a code."""

    geste: str = ""
    motif: str = ""


class ReportForm(PageForm):
    """``POST /parcours/{id}/signalement``; ``motif``: a code."""

    motif: str = ""


class FieldShown(NamedTuple):
    """A field of the record with its value."""

    row: fields.Field
    value: str
    error: str
    now: str | None = None
    """What somebody else wrote meanwhile; None: the same."""
    hint: str = ""


class WrongField(NamedTuple):
    """A field to correct, listed at the head of the page."""

    field: str
    label: str
    message: str


class RecordFields(NamedTuple):
    """The form of the record; ``f``: its fields by name."""

    f: dict[str, FieldShown]
    lines: dict[str, list[list[str]]]
    """By part of the record: the names of the fields, line by line."""
    wrong: list[WrongField]
    options: dict[str, list[Labelled]]
    hours: tuple[int, ...]
    organismes: dict[str, str]
    question: Mistyped | None
    meant: str
    """Addresses that are not questioned any more, separated by spaces."""


class OfferAlike(NamedTuple):
    """An offer of the same company at near dates."""

    line: Line
    status: Labelled


@dataclass(frozen=True, slots=True)
class RecordPage(PageView):
    """The form of an offer's record: to declare an offer (``parcours`` is None), or to correct one.

    ``hidden``: the form's hidden fields.
    """

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
    alike: tuple[OfferAlike, ...] = ()
    """Offers of the same company at near dates, shown before this one is declared."""
    redone: Heading | None = None
    """The offer with which this form begins,"""
    left_out: tuple[str, ...] = ()
    """and the names of its contacts that the form does not take from there."""


class ContactShown(NamedTuple):
    """A contact of the record, to be confirmed or corrected; ``reached``: the box « joint » is ticked."""

    slug: str
    title: str
    person: Person | None
    verified: bool
    open: bool
    """Whether the form is unfolded, with what was typed."""
    reached: bool
    f: list[FieldShown]


class ContactQuestion(NamedTuple):
    """What a page asks about a contact who has left, or whose number is wrong; ``version``: of the record."""

    slug: str
    question: str
    follows: str
    """What follows from it meanwhile; empty: nothing does."""
    action: str
    version: int
    f: list[FieldShown]


@dataclass(frozen=True, slots=True)
class ContactsPage(PageView):
    """The contacts of a parcours; ``version``: of the record; ``meanwhile``: somebody edited it since the page was read."""

    template = "contacts"

    parcours: Heading
    version: int
    meanwhile: bool
    contacts: list[ContactShown]
    question: Mistyped | None
    """About the contact that is unfolded."""
    meant: str
    """As in ``RecordFields``."""


@dataclass(frozen=True, slots=True)
class AssignPage(PageView):
    """The form that assigns a tutor and a coordinator.

    ``free``: no passage is under way; ``over``: the offer has lapsed; ``truncated``: there are more tutors than are listed.
    """

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
    leaving_mail: LeavingMail | None
    """The mail that leaves if a passage begins today; None: none does."""
    """Who is mailed, beside the person chosen, if the passage changes hands, in words."""
    seen: int
    """The revision of the parcours."""
    values: dict[str, str]
    error: FieldError | None


@dataclass(frozen=True, slots=True)
class WithdrawPage(PageView):
    """The form that withdraws an offer or, with ``again``, proposes it once more."""

    template = "retirer"

    parcours: Heading
    again: bool
    reasons: list[Labelled]
    error: FieldError | None


def show_new_page(call: AgentCall[NoForm]) -> Response:
    """Show the form of a new offer, with an idempotency key of its own; ``comme``: id of an offer that it begins with."""
    find_declaring_role(call.agent)
    source = call.query("comme")
    redone = stories.read_for(call.agent, Act.EDIT, check_identifier(source)) if source else None
    return _show_new(call, 200, redone=redone)


def declare(call: AgentCall[NewForm]) -> Response:
    """Declare an offer. A repeated press declares it once (by the form's ``cle``, which becomes its id).

    A wrong field, an address that looks mistyped, or an offer that exists already shows the form again with what was typed.
    """
    person = call.agent
    asked, question = settle_addresses(call.form.asked, list_addresses(None))
    key = read_idempotency_key(asked["cle"])
    record, wrong = parse_record(asked, person, None, call.now)
    if record is None or question is not None:
        return _show_new(call, 422, asked, wrong)
    try:
        seen = frozenset(asked[SHOWN].split())
        alike = stories.declare(person, key, record, seen=seen, now=call.now)
    except OfferExists as refusal:
        return _show_new(call, 409, asked, same=_find_visible_offer(person, refusal))
    except ChangedMeanwhile:
        return _show_new(call, 409, asked | {"cle": ""}, again=True)
    if alike:
        return _show_new(call, 409, asked, alike=alike)
    return redirect(f"/parcours/{key}?fait=declaree")


def show_edit_page(call: AgentCall[NoForm], parcours_id: str) -> Response:
    """Show the record of an offer, to be corrected."""
    return call.show(_build_fresh_page(call, stories.read_for(call.agent, Act.EDIT, parcours_id)), "parcours")


def edit(call: AgentCall[RecordForm], parcours_id: str) -> Response:
    """Save a corrected record.

    A wrong field, or an address that looks mistyped, shows the form again. When somebody edited the record since the page was
    read, both versions are shown.
    """
    person = call.agent
    parcours = stories.read_for(person, Act.EDIT, parcours_id)
    asked, question = settle_addresses(call.form.asked, list_addresses(parcours))
    seen = read_number(asked["version"])
    record, wrong = parse_record(asked, person, parcours, call.now)
    if record is None or question is not None:
        return call.show(_build_typed_page(call, parcours, asked, wrong), "parcours", status=422)
    try:
        stories.edit(person, parcours.id, record, seen=seen, now=call.now)
    except OfferExists as refusal:
        view = replace(
            _build_typed_page(call, parcours, asked, {}), same=_find_visible_offer(person, refusal)
        )
        return call.show(view, "parcours", status=409)
    except ChangedMeanwhile:
        view = _build_overtaken_page(call, stories.read_for(person, Act.EDIT, parcours.id), asked)
        return call.show(view, "parcours", status=409)
    return redirect(f"/parcours/{parcours.id}?fait=modifiee")


def show_contacts_page(call: AgentCall[NoForm], parcours_id: str) -> Response:
    """Show each contact of the record, to be confirmed or corrected."""
    return _show_contacts(call, stories.read_for(call.agent, Act.CONFIRM_CONTACTS, parcours_id))


def set_contact(call: AgentCall[ContactForm], parcours_id: str) -> Response:
    """Confirm or correct one contact. A link that was sent to the old address stays valid there."""
    person = call.agent
    parcours = stories.read_for(person, Act.CONFIRM_CONTACTS, parcours_id)
    stored = list_addresses(parcours, call.form.asked["contact"])
    asked, question = settle_addresses(call.form.asked, stored)
    about, contact, wrong = parse_contact(asked, call.now)
    if wrong or question is not None:
        return _show_contacts(call, parcours, asked, wrong)
    was_reached = contact is None or bool(asked["joint"])
    answer = ContactAnswer(about, contact, read_number(asked["version"]), was_reached)
    try:
        stories.set_contact(person, parcours.id, answer, now=call.now)
    except ChangedMeanwhile as refusal:
        newest = stories.read_for(person, Act.CONFIRM_CONTACTS, parcours.id)
        return _show_contacts(call, newest, asked if contact else None, stale=refusal)
    return redirect(f"/parcours/{parcours.id}?fait={'verifie' if was_reached else 'contact'}")


def show_assign_page(call: AgentCall[NoForm], parcours_id: str) -> Response:
    """Show the form that assigns a tutor and a coordinator."""
    return _show_assign(call, parcours_id, {})


def assign(call: AgentCall[AssignForm], parcours_id: str) -> Response:
    """Assign a free offer to a tutor, or a passage under way to another tutor or coordinator."""
    form, now = call.form, call.now
    try:
        seen = read_number(form.vu) if form.vu else None
        assignment = Assignment(form.qui, form.coordination, parse_since(form.depuis, now), seen)
        done = parcours_stories.assign(call.agent, parcours_id, assignment, now=now)
    except FieldInvalid as refusal:
        return _show_assign(call, parcours_id, form.typed(), refusal)
    slug = ASSIGNED.get(done, "coordination") if done is not None else "coordination"
    return redirect(f"/parcours/{parcours_id}?fait={slug}")


def show_withdraw_page(call: AgentCall[NoForm], parcours_id: str) -> Response:
    """Show the form that withdraws an offer, or proposes it again."""
    return _show_withdraw(call, parcours_id)


def withdraw(call: AgentCall[WithdrawForm], parcours_id: str) -> Response:
    """Withdraw an offer, or propose it again."""
    if call.form.geste == "remettre":
        stories.offer_again(call.agent, parcours_id, now=call.now)
        return redirect(f"/parcours/{parcours_id}?fait=remise")
    try:
        stories.withdraw(call.agent, parcours_id, read_reason(call.form.motif), now=call.now)
    except FieldInvalid as refusal:
        return _show_withdraw(call, parcours_id, refusal)
    return redirect(f"/parcours/{parcours_id}?fait=retiree")


def report(call: AgentCall[ReportForm], parcours_id: str) -> Response:
    """Report an offer to the buyer and the team."""
    stories.report(call.agent, parcours_id, read_reason(call.form.motif), now=call.now)
    return redirect(f"/parcours/{parcours_id}?fait=signalee")


def remind(call: AgentCall[NoForm], parcours_id: str) -> Response:
    """Mail a reminder to those who are awaited on a parcours, at most once a day."""
    outcomes.remind(call.agent, parcours_id, now=call.now)
    return redirect(f"/parcours/{parcours_id}?fait=relance")


def remind_by_sms(call: AgentCall[NoForm], parcours_id: str) -> Response:
    """Ask for an SMS to the contact who has not opened the link, at most once a week to a number."""
    outcomes.remind_by_sms(call.agent, parcours_id, now=call.now)
    return redirect(f"/parcours/{parcours_id}?fait=sms")


def _find_visible_offer(person: Account, refusal: OfferExists) -> str:
    """Return the id of the offer that exists already; empty when this person may not see it."""
    existing_id = str(refusal.facts["parcours"])
    return existing_id if stories.may_see(person, existing_id) else ""


def list_fields(person: Account, hidden: str) -> frozenset[str]:
    """Return the names of the fields that this person's form has; the team alone types the organisation.

    ``hidden``: « cle » for the form of a new offer, « version » for that of an existing one.
    Raises:
        NotFound: the form declares an offer, and this person may not.
    """
    if hidden == "cle":
        find_declaring_role(person)
    base = {"base"} if hidden == "version" else frozenset()
    typed = frozenset(IN_FORM) - (frozenset() if person.is_team else OF_BUYING)
    return typed | {hidden, MEANT, PRESSED} | (base or {SHOWN})


def settle_addresses(
    asked: dict[str, str], stored: Mapping[str, str]
) -> tuple[dict[str, str], Mistyped | None]:
    """Return the form with the address that was chosen in answer to « Vouliez-vous écrire… ? », and what is still to be asked.

    ``stored``: as in ``find_question``.
    """
    pressed = asked[PRESSED].strip()
    form = asked | {MEANT: f"{asked[MEANT]} {pressed}".strip(), PRESSED: ""}
    while True:
        question = find_question(form, stored)
        if question is None or question.meant != pressed:
            return form, question
        form[question.field] = form[question.field].replace(question.typed, question.meant)


def find_question(typed: Mapping[str, str], stored: Mapping[str, str]) -> Mistyped | None:
    """Return the first address of the form that looks mistyped, unless it was said to be meant; None: there is none.

    ``stored``: the addresses of the offer as they are stored, by the names that this form has for their fields.
    """
    addresses = {
        name: fields.parse_mail_recipient(typed[name])[1].strip() for name in stored if name in typed
    }
    # A stored address that is being replaced may be the mistyped one.
    known = [address for name, address in stored.items() if addresses.get(name, address) == address]
    return next(iter(list_mistyped(addresses, known, typed.get(MEANT, "").split())), None)


def list_addresses(parcours: Parcours | None, corrected: str = "") -> dict[str, str]:
    """Return the stored addresses of an offer by the names of their fields; None: of a new one, which has none.

    ``corrected``: prefix of the contact whose own form this is.
    """
    values = fields.list_typed_values(parcours) if parcours is not None else {}
    own = f"{corrected}_courriel"
    return {"contact_courriel" if name == own else name: values.get(name, "") for name in fields.ADDRESSES}


def parse_record(
    asked: dict[str, str], person: Account, current: Parcours | None, now: datetime
) -> tuple[Record | None, dict[str, str]]:
    """Read the record from its form; return it (None when something is wrong), and the code of what is wrong by field.

    ``current``: the offer that is corrected, None for a new one. The team types the organisation, and need not write the name
    of one that has accounts; an offer of others is of their own.
    """
    today, policy = day_of(now), terms.retention()
    if not person.is_team:
        siren = person.siren or (current.contract.siren if current else None)
        own = replace(current.contract, siren=siren) if current else person
        return fields.read_record(asked, own, current, today, policy)
    if not asked["organisme"].strip():
        typed = fields.Form(asked).read_field(IN_FORM["organisme_siret"], "organisme_siret")
        asked = asked | {"organisme": stories.list_organisations(person).get(str(typed), "")}
    return fields.read_record(asked, None, current, today, policy)


def build_base(values: dict[str, str]) -> str:
    """Return a short hash of each value with which a form begins, in the order of the fields' names, separated by spaces."""
    return " ".join(_hash_value(name, values[name]) for name in sorted(values))


def find_untouched(base: str, typed: dict[str, str]) -> set[str]:
    """Return the names of the fields that were not changed since the form began; none when ``base`` is malformed.

    ``base``: what ``build_base`` returned for that form; ``typed``: the values that came back.
    """
    names, marks = sorted(typed), base.split()
    if len(names) != len(marks):
        return set()
    return {
        name
        for name, mark in zip(names, marks, strict=True)
        if mark == _hash_value(name, typed[name].strip())
    }


def _hash_value(name: str, value: str) -> str:
    """Hash the value with which a field of a form began: the form holds it, and so shows later whether the field was changed."""
    return hash_text(f"{name}:{value}")[:8]


def parse_contact(
    asked: dict[str, str], now: datetime
) -> tuple[Interlocutor, CompanyContact | BuyerContact | None, dict[str, str]]:
    """Read an answer about one contact: which one, the corrected contact, and the code of what is wrong by field.

    The contact is None when it was confirmed as it is (``geste`` « bon »), and when something is wrong.
    Raises:
        Unreadable: ``contact`` or ``geste`` has a value that our page does not send.
    """
    about = next((named.about for named in NAMED if named.prefix == asked["contact"]), None)
    if about is None or asked["geste"] not in {"bon", "corrige"}:
        raise Unreadable
    if asked["geste"] == "bon":
        return about, None, {}
    form = Form(asked)
    values = form.read_contact("contact", day_of(now))
    if not values:
        form.refuse("contact_nom", "missing_text")
    return about, None if form.wrong else fields.build_contact(values, "contact", about), form.wrong


def parse_since(typed: str, now: datetime) -> datetime | None:
    """Read « Depuis le » as noon of that day in Paris; None for today, and when nothing was typed.

    Raises:
        FieldInvalid: it is no day.
    """
    day = fields.read_typed_day(typed, "depuis", required=False)
    if day is None or day == day_of(now):
        return None
    return datetime.combine(day, time(12), tzinfo=PARIS)


NEW_HINTS = {
    "notifie_le": "À changer si ce n’est pas aujourd’hui.",
    "detail": "Ce qui la distingue d’une autre offre, si l’entreprise, l’objet et le lot sont les mêmes.",
}
DEPARTEMENTS = [
    Labelled(code, f"{code} {name} ({french.academie(territory.find_academie(code))})")
    for code, name in territory.DEPARTEMENTS.items()
]


def _show_new(
    call: AgentCall[Any],
    status: int,
    asked: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None,
    *,
    same: str | None = None,
    again: bool = False,
    alike: Sequence[Line] = (),
    redone: Parcours | None = None,
) -> Response:
    """Show the form of an offer that is being declared.

    Args:
        status: of the answer.
        asked: what was typed, None at first.
        wrong: the code of what is wrong, by field.
        same: id of the offer that exists already, empty when this person may not see it.
        again: this page has declared another offer already.
        alike: offers of this company at near dates, which were not shown yet.
        redone: the offer with which the form begins.
    Raises:
        NotFound: this person may not declare offers.
    """
    person = call.agent
    role = find_declaring_role(person)
    begun = {"notifie_le": day_of(call.now).isoformat(), **_build_own_contact(person, role)}
    if redone is not None:
        begun = record_rules.list_values_to_redo(redone, person.id) | _build_own_contact(person, role)
    typed = dict.fromkeys(IN_FORM, "") | (asked if asked is not None else begun)
    view = RecordPage(
        form=_build_record_form(
            person,
            typed,
            wrong or {},
            hints=NEW_HINTS,
            before=list_addresses(None) if asked is not None else None,
        ),
        parcours=None,
        hidden={
            "cle": typed.get("cle") or draw_idempotency_key(),
            SHOWN: " ".join([*typed.get(SHOWN, "").split(), *(line.id for line in alike)]),
        },
        organisation=None if person.is_team else person.organisation,
        same=same,
        again=again,
        alike=tuple(
            OfferAlike(line, Labelled(line.status.value, codes.STATUS[line.status])) for line in alike
        ),
        redone=build_heading(redone) if redone is not None else None,
        left_out=_list_left_out(redone, typed),
    )
    return call.show(view, "declarer", status=status)


def _list_left_out(redone: Parcours | None, typed: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the contacts of the offer with which a form begins whose address it does not hold."""
    contacts = redone.named_contacts if redone is not None else ()
    return tuple(contact.name for contact in contacts if contact.address not in typed.values())


def _build_own_contact(person: Account, role: Role) -> dict[str, str]:
    """Return the initial values of the buyer's contact: a buyer's own; none for a prescriber or the team."""
    if role is not Role.BUYER:
        return {}
    return {f"acheteur_{field.name}": getattr(person, field.attribute) or "" for field in OF_A_CONTACT}


def _build_record_page(
    call: AgentCall[Any], parcours: Parcours, form: RecordFields, hidden: dict[str, str]
) -> RecordPage:
    """Build the page that corrects an existing record."""
    own = None if call.agent.is_team else parcours.contract.organisation
    return RecordPage(form, parcours=build_heading(parcours), hidden=hidden, organisation=own)


def _build_fresh_page(call: AgentCall[Any], parcours: Parcours) -> RecordPage:
    """Build the page with the record as it is stored."""
    current = fields.list_typed_values(parcours)
    return _build_record_page(
        call, parcours, _build_record_form(call.agent, current, {}), _build_hidden_fields(parcours, current)
    )


def _build_typed_page(
    call: AgentCall[Any], parcours: Parcours, asked: dict[str, str], wrong: dict[str, str]
) -> RecordPage:
    """Build the page with the record as it was typed, and what is wrong with it."""
    current = fields.list_typed_values(parcours)
    typed = current | {name: asked[name] for name in current if name in asked} | {MEANT: asked[MEANT]}
    form = _build_record_form(call.agent, typed, wrong, before=list_addresses(parcours))
    return _build_record_page(
        call, parcours, form, {name: asked[name] for name in _build_hidden_fields(parcours, current)}
    )


def _build_overtaken_page(call: AgentCall[Any], newest: Parcours, asked: dict[str, str]) -> RecordPage:
    """Build the page with what was typed beside what somebody else has stored since; ``newest``: the stored parcours.

    Fields that were not changed on the page show the stored value.
    """
    current = fields.list_typed_values(newest)
    typed = current | {name: asked[name] for name in current if name in asked}
    typed |= {name: current[name] for name in find_untouched(asked["base"], typed)}
    stored = {name: _format_stored(name, value) for name, value in current.items() if typed[name] != value}
    form = _build_record_form(call.agent, typed | {MEANT: asked[MEANT]}, {}, stored)
    return replace(
        _build_record_page(call, newest, form, _build_hidden_fields(newest, current)), meanwhile=True
    )


def _build_hidden_fields(parcours: Parcours, current: dict[str, str]) -> dict[str, str]:
    """Return the hidden fields by which it shows, when the form comes back, whether somebody edited the record meanwhile."""
    return {"version": str(parcours.edited), "base": build_base(current)}


def _format_stored(name: str, value: str) -> str:
    """Return a stored value as people read it: a day in French, anything else as it is."""
    is_day = value and ALL[name].kind == "date"
    return french.jour_court(date.fromisoformat(value)) if is_day else value


def _build_place_hint(code: str) -> str:
    """Say in which académie and région académique the chosen département is, or that they follow from it."""
    if code not in territory.DEPARTEMENTS:
        return "L’académie et la région académique s’en déduisent."
    academie = territory.find_academie(code)
    name = french.academie(academie)
    return f"{name[:1].upper()}{name[1:]}, région académique {territory.find_region(academie)}."


def _build_record_form(
    person: Account,
    typed: dict[str, str],
    wrong: dict[str, str],
    stored: dict[str, str] | None = None,
    *,
    hints: dict[str, str] | None = None,
    before: Mapping[str, str] | None = None,
) -> RecordFields:
    """Build the fields of the record.

    ``typed``: the values; ``stored``: what somebody else has stored meanwhile, for the fields in which it differs; ``before``:
    the stored addresses, with which those that were typed are compared.
    """
    hints = {"departement": _build_place_hint(typed["departement"]), **(hints or {})}
    stored = stored or {}
    return RecordFields(
        f={
            name: FieldShown(
                row=row,
                value=typed[name],
                error=find_sentence(wrong.get(name, "")),
                now=stored.get(name),
                hint=hints.get(name, row.hint),
            )
            for name, row in IN_FORM.items()
        },
        lines={part: _arrange_fields(part) for part in dict.fromkeys(row.part for row in IN_FORM.values())},
        wrong=[
            WrongField(name, row.label, find_sentence(wrong[name]))
            for name, row in IN_FORM.items()
            if name in wrong
        ],
        options={
            "departement": DEPARTEMENTS,
            "domaine": [Labelled(domain, domain) for domain in territory.DOMAINES],
        },
        hours=territory.HOURS,
        organismes=stories.list_organisations(person),
        question=find_question(typed, before or {}),
        meant=typed.get(MEANT, ""),
    )


def _arrange_fields(part: str) -> list[list[str]]:
    """Return the names of the fields of one part of the record, line by line of the form."""
    lines: list[list[str]] = []
    for row in IN_FORM.values():
        if row.part == part and row.beside:
            lines[-1].append(row.name)
        elif row.part == part:
            lines.append([row.name])
    return lines


def _show_assign(
    call: AgentCall[Any], parcours_id: str, asked: dict[str, str], refusal: FieldInvalid | None = None
) -> Response:
    """Show the form that assigns a tutor and a coordinator; ``asked``: what was typed.

    Raises:
        WrongStep: the parcours is in a status in which nobody can be assigned.
    """
    parcours = stories.read_for(call.agent, Act.ASSIGN, parcours_id)
    tutors, truncated = parcours_stories.list_tutors(call.agent, parcours.placement.academie)
    coordinators = parcours_stories.list_coordinators(parcours)
    if parcours.status not in UNDER_WAY | assigning.GIVEN:
        raise WrongStep
    view = AssignPage(
        parcours=build_heading(parcours),
        free=parcours.status in assigning.GIVEN,
        over=parcours.status is ParcoursStatus.LAPSED,
        academie=parcours.placement.academie,
        tutors=[
            Labelled(line.id, format_name_and_place(line, accompanies=line.id == parcours.tutor))
            for line in tutors
            if line.id != parcours.tutor or coordinators
        ],
        coordinators=[Labelled(line.id, format_name_and_place(line)) for line in coordinators],
        no_coordinator="Sans changement" if call.agent.is_team else "Vous",
        truncated=truncated,
        today=day_of(call.now).isoformat(),
        leaving_mail=build_leaving_mail(call.agent, parcours, gives=True),
        seen=parcours.revision,
        values={"qui": "", "depuis": "", "coordination": parcours.coordinator or ""} | asked,
        error=build_field_error(refusal),
    )
    return call.show(view, "parcours", refusal)


def format_name_and_place(line: AccountLine, *, accompanies: bool = False) -> str:
    """Format an account to choose: name, académie, address; ``accompanies``: say that this person is the tutor already."""
    somebody = f"{line.name} ({line.academie or 'sans académie'}), {line.address}"
    return f"{somebody}, suit déjà ce jeune" if accompanies else somebody


def _show_withdraw(call: AgentCall[Any], parcours_id: str, refusal: FieldInvalid | None = None) -> Response:
    """Show the form that withdraws a free offer, or proposes a withdrawn one again.

    Raises:
        WrongStep: the offer is neither free nor withdrawn.
    """
    parcours = stories.read_for(call.agent, Act.WITHDRAW, parcours_id)
    again = record_rules.can_offer_again(parcours, day_of(call.now))
    if parcours.status is not ParcoursStatus.AVAILABLE and not again:
        raise WrongStep
    view = WithdrawPage(
        build_heading(parcours), again, codes.list_options(record_rules.REASONS), build_field_error(refusal)
    )
    return call.show(view, "parcours", refusal)


def _show_contacts(
    call: AgentCall[Any],
    parcours: Parcours,
    asked: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None,
    stale: ChangedMeanwhile | None = None,
) -> Response:
    """Show the contacts of a record.

    ``asked``, ``wrong``: what was typed for one of them, and what is wrong with it; ``stale``: the record was edited meanwhile.
    """
    known = parcours_stories.load_health(call.signed_in.work, parcours, now=call.now)
    question = find_question(asked, list_addresses(parcours, asked["contact"])) if asked is not None else None
    view = ContactsPage(
        parcours=build_heading(parcours),
        version=parcours.edited,
        meanwhile=stale is not None,
        contacts=[
            _build_contact(named, find_named_contact(parcours, named.about), asked, wrong or {}, known)
            for named in NAMED
        ],
        question=question,
        meant=asked[MEANT] if asked is not None else "",
    )
    return call.show(view, "parcours", stale, status=422 if wrong or question else 200)


def _build_contact(
    named: Named,
    contact: Contact | None,
    asked: dict[str, str] | None,
    wrong: dict[str, str],
    known: KnownOf,
) -> ContactShown:
    """Build one contact with its form; ``asked``: what was typed, for this contact or another; ``known``: states of addresses."""
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
                error=find_sentence(wrong.get(f"contact_{row.name}", "")) if typed else "",
            )
            for row in OF_A_CONTACT
        ],
    )


def list_contact_questions(person: Account, parcours: Parcours) -> list[ContactQuestion]:
    """List what to ask about contacts who have left or whose number is wrong; empty for who may not correct them."""
    if not may(person, Act.CONFIRM_CONTACTS, parcours):
        return []
    named = [(row, find_named_contact(parcours, row.about)) for row in NAMED]
    return [
        _build_question(row, contact, parcours)
        for row, contact in named
        if contact is not None and (contact.is_gone or contact.has_wrong_number)
    ]


def _build_question(named: Named, contact: Contact, parcours: Parcours) -> ContactQuestion:
    """Build the question about one contact: who is in their place, or which number is theirs."""
    number = f"Quel est le bon numéro de {contact.name}\u202f?"
    return ContactQuestion(
        slug=named.prefix,
        question=f"Qui remplace {contact.name}\u202f?" if contact.is_gone else number,
        follows="Les messages de ce parcours ne lui partent plus." if contact.is_gone else "",
        action=f"/parcours/{parcours.id}/contacts",
        version=parcours.edited,
        f=[
            FieldShown(row, "" if contact.is_gone else getattr(contact, row.attribute) or "", "")
            for row in sorted(OF_A_CONTACT, key=lambda field: not field.required)
        ],
    )
