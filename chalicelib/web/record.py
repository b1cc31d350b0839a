"""Forms and views of an offer's record and its contacts."""

import hashlib
import re
import secrets
from datetime import date, datetime, time
from typing import Any

from chalicelib import french, terms
from chalicelib.domain import fields
from chalicelib.domain import record as record_rules
from chalicelib.domain.fields import ALL, IN_FORM, NAMED, Form, Named, Record, named_contact
from chalicelib.domain.kernel import territory
from chalicelib.domain.kernel.calendar import PARIS, day_of
from chalicelib.domain.kernel.parcours import BuyerContact, CompanyContact, Contact, Parcours, ParcoursStatus
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import Interlocutor, Reason
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.parcours import assigning
from chalicelib.domain.record import declares_as
from chalicelib.errors import FieldInvalid, Unreadable, WrongStep
from chalicelib.web.kit.errors import FIELDS
from chalicelib.web.kit.page import who
from chalicelib.words import codes

KEY, VERSION = re.compile(r"[0-9a-f]{32}"), re.compile(r"[0-9]{1,9}")
OF_A_CONTACT = [one for one in fields.CONTACT_FIELDS if one.kind != "date"]
"""What the page of the contacts asks; the day of checking is noted by itself."""
CONTACT_FIELDS = frozenset({"contact", "geste", "version", "joint"}) | {
    f"contact_{one.name}" for one in OF_A_CONTACT
}


def fields_of(person: Account, hidden: str) -> frozenset[str]:
    """The names of the fields of this person's form: the team alone types the organisation.

    Raises:
        NotFound: it would declare an offer (``cle``), and this person declares none.
    """
    if hidden == "cle":
        declares_as(person)
    base = {"base"} if hidden == "version" else frozenset()
    typed = frozenset(IN_FORM) if person.is_team else frozenset(IN_FORM) - {"organisme"}
    return typed | {hidden} | base


def read(
    asked: dict[str, str], person: Account, current: Parcours | None, now: datetime
) -> tuple[Record | None, dict[str, str]]:
    """The record, or what is wrong with it by field."""
    own = current.contract.organisation if current else person.organisation
    organisation = None if person.is_team else own
    return fields.read_record(asked, organisation, current, day_of(now), terms.retention())


def key_of(asked: dict[str, str]) -> str:
    """The id under which the page declares.

    Raises:
        Unreadable: not one that our page drew.
    """
    if not KEY.fullmatch(asked["cle"]):
        raise Unreadable
    return asked["cle"]


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


def version_of(asked: dict[str, str]) -> int:
    """``edited`` of the record that was on the page.

    Raises:
        Unreadable: not one that our page wrote.
    """
    if not VERSION.fullmatch(asked["version"]):
        raise Unreadable
    return int(asked["version"])


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


def reason_of(typed: str) -> Reason:
    """Read a reason from a form.

    Raises:
        FieldInvalid: not a reason.
    """
    if typed not in set(Reason):
        raise FieldInvalid("motif", "reason")
    return Reason(typed)


DEPARTEMENTS = [
    {"code": code, "label": f"{code} {name} ({french.academie(territory.academie_of(code))})"}
    for code, name in territory.DEPARTEMENTS.items()
]


def new_form(
    person: Account,
    asked: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None,
    *,
    same: str | None = None,
    again: bool = False,
) -> dict[str, Any]:
    """``pages/fiche.html`` of an offer that is being declared.

    Args:
        same: id of the offer that exists already, empty when this person may not see it.
        again: this page has declared another offer already.
    Raises:
        NotFound: this person declares none.
    """
    role = declares_as(person)
    typed = dict.fromkeys(IN_FORM, "") | (asked if asked is not None else _own_contact(person, role))
    return {
        **_form(person, typed, wrong or {}, {}, same),
        "nav": "declarer",
        "parcours": None,
        "hidden": {"cle": typed.get("cle") or secrets.token_hex(16)},
        "organisation": None if person.is_team else person.organisation,
        "meanwhile": False,
        "again": again,
    }


def _own_contact(person: Account, role: Role) -> dict[str, str]:
    """A buyer is the buyer's contact, to begin with."""
    if role is not Role.BUYER:
        return {}
    return {f"acheteur_{one.name}": getattr(person, one.attribute) or "" for one in OF_A_CONTACT}


def edit_form(
    person: Account,
    head: Parcours,
    asked: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None,
    *,
    meanwhile: bool = False,
    same: str | None = None,
) -> dict[str, Any]:
    """``pages/fiche.html`` of an offer that exists.

    Args:
        asked: what was typed, if anything; ``meanwhile``: somebody edited it since, and ``head`` is the newest:
            fields that were not touched show it.
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
    return {
        **_form(person, typed, wrong or {}, now, same),
        **_about(person, head),
        "hidden": hidden,
        "organisation": None if person.is_team else head.contract.organisation,
        "meanwhile": meanwhile,
        "again": False,
    }


def _about(person: Account, head: Parcours) -> dict[str, Any]:
    """What every page about one parcours begins with."""
    return {
        "agent": who(person),
        "nav": "parcours",
        "parcours": {"id": head.id, "reference": head.reference, "company": head.company.name},
    }


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
    person: Account, typed: dict[str, str], wrong: dict[str, str], now: dict[str, str], same: str | None
) -> dict[str, Any]:
    hints = {"departement": _derived(typed["departement"])}
    return {
        "agent": who(person),
        "nav": "parcours",
        "f": {
            name: {
                "row": one,
                "value": typed[name],
                "error": FIELDS.get(wrong.get(name, ""), ""),
                "now": now.get(name),
                "hint": hints.get(name, one.hint),
            }
            for name, one in IN_FORM.items()
        },
        "lines": {part: _lines(part) for part in dict.fromkeys(one.part for one in IN_FORM.values())},
        "wrong": [
            {"field": name, "label": one.label, "message": FIELDS[wrong[name]]}
            for name, one in IN_FORM.items()
            if name in wrong
        ],
        "same": same,
        "options": {
            "departement": DEPARTEMENTS,
            "domaine": [{"code": one, "label": one} for one in territory.DOMAINES],
        },
        "hours": territory.HOURS,
        "organismes": (),
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


def assign_form(
    person: Account,
    head: Parcours,
    tutors: list[dict[str, Any]],
    truncated: bool,
    coordinators: list[dict[str, Any]],
    asked: dict[str, str],
    refusal: FieldInvalid | None,
    now: datetime,
) -> dict[str, Any]:
    """``pages/tutrice.html``.

    Raises:
        WrongStep: nobody can be assigned any more.
    """
    if head.status not in assigning.UNDER_WAY | assigning.GIVEN:
        raise WrongStep
    return {
        **_about(person, head),
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
        "no_coordinator": "Sans changement" if person.is_team else "Vous",
        "truncated": truncated,
        "today": day_of(now).isoformat(),
        "values": {"qui": "", "depuis": "", "coordination": head.coordinator or ""} | asked,
        "error": _error(refusal),
    }


def _somebody(row: dict[str, Any]) -> str:
    return f"{row['name']} ({row.get('academie', 'sans académie')}), {row['address']}"


def withdraw_form(
    person: Account, head: Parcours, refusal: FieldInvalid | None, now: datetime
) -> dict[str, Any]:
    """``pages/retirer.html``.

    Raises:
        WrongStep: it is neither free nor withdrawn.
    """
    again = record_rules.can_offer_again(head, day_of(now))
    if head.status is not ParcoursStatus.AVAILABLE and not again:
        raise WrongStep
    return {
        **_about(person, head),
        "again": again,
        "reasons": [
            {"code": reason.value, "label": codes.REASONS[reason].label} for reason in record_rules.REASONS
        ],
        "error": _error(refusal),
    }


def _error(refusal: FieldInvalid | None) -> dict[str, str] | None:
    if refusal is None:
        return None
    return {"field": str(refusal.facts["field"]), "message": FIELDS[str(refusal.facts["reason"])]}


def page(
    person: Account,
    head: Parcours,
    asked: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None,
    *,
    meanwhile: bool = False,
) -> dict[str, Any]:
    """``pages/contacts.html``; ``asked``: what was typed for one of the contacts, ``wrong`` what is wrong with it."""
    return {
        **_about(person, head),
        "version": head.edited,
        "meanwhile": meanwhile,
        "contacts": [
            _contact(named, named_contact(head, named.about), asked, wrong or {}) for named in NAMED
        ],
    }


def _contact(
    named: Named, found: Contact | None, asked: dict[str, str] | None, wrong: dict[str, str]
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
        "verified_on": own["verifie"],
        "open": mine is not None,
        "reached": bool(mine and mine["joint"]),
        "f": [
            {
                "row": one,
                "value": mine[f"contact_{one.name}"] if mine else own[one.name] or "",
                "error": FIELDS.get(wrong.get(f"contact_{one.name}", ""), "") if mine else "",
            }
            for one in OF_A_CONTACT
        ],
    }
