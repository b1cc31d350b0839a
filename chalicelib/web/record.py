"""Forms and views of an offer's record and its contacts."""

import hashlib
import re
import secrets
from datetime import date, datetime, time
from typing import Any

from chalicelib import french, terms
from chalicelib.domain import record as reading
from chalicelib.domain import record as record_rules
from chalicelib.domain.kernel import territory
from chalicelib.domain.kernel.calendar import PARIS, day_of
from chalicelib.domain.kernel.parcours import (
    BuyerContact,
    CompanyContact,
    ContactRole,
    Parcours,
    ParcoursStatus,
)
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import Interlocutor, Reason
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.parcours import assigning
from chalicelib.domain.record import Record, declares_as
from chalicelib.errors import FieldInvalid, Unreadable, WrongStep
from chalicelib.web.kit.errors import FIELDS
from chalicelib.web.kit.page import who
from chalicelib.words import codes

KEY, VERSION = re.compile(r"[0-9a-f]{32}"), re.compile(r"[0-9]{1,9}")
ABOUT = {
    "repond": Interlocutor.ANSWERS_TENDER,
    "accueille": Interlocutor.WELCOMES,
    "acheteur": Interlocutor.BUYER,
}
"""Slug of a contact in its form → the person it is about."""
CONTACT_FIELDS = frozenset(
    {"contact", "geste", "version", "joint"} | {f"contact_{part}" for part in reading.CONTACT_PARTS}
) - {"contact_verifie"}


def fields_of(person: Account, hidden: str) -> frozenset[str]:
    """What this person's form holds: the organisation is typed by the team alone.

    Raises:
        NotFound: it would declare an offer (``cle``), and she declares none.
    """
    if hidden == "cle":
        declares_as(person)
    base = {"base"} if hidden == "version" else frozenset()
    return reading.FIELDS | {hidden} | base | ({"organisme"} if person.is_team else frozenset())


def read(
    asked: dict[str, str], person: Account, stands: Parcours | None, now: datetime
) -> tuple[Record | None, dict[str, str]]:
    """The record, or what is wrong with it by field."""
    own = stands.contract.organisation if stands else person.organisation
    organisation = None if person.is_team else own
    return reading.read_record(asked, organisation, stands, day_of(now), terms.retention())


def key_of(asked: dict[str, str]) -> str:
    """The id under which the page declares.

    Raises:
        Unreadable: not one that our page drew.
    """
    if not KEY.fullmatch(asked["cle"]):
        raise Unreadable
    return asked["cle"]


def base_of(stands: dict[str, str]) -> str:
    """What the form of a record begins with: a mark of each field, in the order of their names."""
    return " ".join(_mark(name, stands[name]) for name in sorted(stands))


def untouched(base: str, typed: dict[str, str]) -> set[str]:
    """The fields that stand in a form as it began; none where its base is not one of ours."""
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
    """About whom, the contact as corrected (None: right as it stands), and what is wrong by field.

    Raises:
        Unreadable: a contact or a gesture that our page does not have.
    """
    about = ABOUT.get(asked["contact"])
    if about is None or asked["geste"] not in {"bon", "corrige"}:
        raise Unreadable
    if asked["geste"] == "bon":
        return about, None, {}
    form = reading.Reading({**asked, "contact_verifie": ""})
    contact: CompanyContact | BuyerContact | None
    if about is Interlocutor.BUYER:
        contact = reading.buyer(form, "contact", day_of(now))
    else:
        contact = reading.company_contact(form, "contact", ContactRole(about.value), day_of(now))
    if contact is None and not form.wrong:
        form.refuse(FieldInvalid("contact_nom", "missing_text"))
    return about, contact, form.wrong


def since_of(typed: str, now: datetime) -> datetime | None:
    """« Depuis le »: noon of a past day in Paris; None for none, and for today.

    Raises:
        FieldInvalid: no such day.
    """
    day = reading.typed_day(typed, "depuis", required=False)
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
DAYS = frozenset({"notifie_le", "fin_le", "reconduction_le"}) | {
    f"{prefix}_verifie" for prefix in (*reading.CONTACT_PREFIXES.values(), reading.BUYER_PREFIX)
}
LABELS = {
    "entreprise": "Entreprise",
    "siret": "SIRET",
    "secteur": "Secteur",
    "site": "Site",
    "organisme": "Organisme acheteur",
    "service": "Service prescripteur",
    "objet": "Objet du marché",
    "detail": "Objet détaillé",
    "numero": "Numéro du marché",
    "lot": "Lot",
    "notifie_le": "Notifié le",
    "fin_le": "Fin du marché",
    "reconduction_le": "Fin avec reconductions",
    "heures": "Heures",
    "adresse": "Adresse du stage",
    "commune": "Commune",
    "departement": "Département",
    "domaine": "Domaine",
    "taches": "Tâches",
}
CONTACTS = {
    "repond": "répond au marché",
    "accueille": "accueille",
    "acheteur": "contact chez l’acheteur",
}
PARTS = {
    "nom": "Nom",
    "fonction": "Fonction",
    "courriel": "Adresse électronique",
    "tel": "Téléphone",
    "verifie": "Vérifié le",
}
EVERY_LABEL = LABELS | {
    f"{prefix}_{part}": f"{label} ({whom})"
    for prefix, whom in CONTACTS.items()
    for part, label in PARTS.items()
}


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
        same: id of the offer that stands already, empty when this person may not see it.
        again: this page has declared another offer already.
    Raises:
        NotFound: she declares none.
    """
    role = declares_as(person)
    typed = dict.fromkeys(EVERY_LABEL, "") | (asked if asked is not None else _own_contact(person, role))
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
    """A buyer is her own contact, to begin with."""
    if role is not Role.BUYER:
        return {}
    own = (person.name, person.function, person.address, person.phone or "")
    return dict(zip([f"acheteur_{part}" for part in reading.CONTACT_PARTS], own, strict=False))


def edit_form(
    person: Account,
    head: Parcours,
    asked: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None,
    *,
    meanwhile: bool = False,
    same: str | None = None,
) -> dict[str, Any]:
    """``pages/fiche.html`` of an offer that stands.

    Args:
        asked: what was typed, if anything; ``meanwhile``: somebody edited it since, and ``head`` is what stands now:
            fields that were not touched show it.
    """
    stands = reading.typed_of(head)
    typed = stands | {name: value for name, value in (asked or {}).items() if name in stands}
    if meanwhile and asked:
        typed |= {name: stands[name] for name in untouched(asked["base"], typed)}
    now = {name: _as_read(name, stands[name]) for name in stands if meanwhile and typed[name] != stands[name]}
    fresh = {"version": str(head.edited), "base": base_of(stands)}
    hidden = fresh if meanwhile or asked is None else {name: asked[name] for name in fresh}
    return {
        **_form(person, typed, wrong or {}, now, same),
        "parcours": {"id": head.id, "reference": head.reference, "company": head.company.name},
        "hidden": hidden,
        "organisation": None if person.is_team else head.contract.organisation,
        "meanwhile": meanwhile,
        "again": False,
    }


def _as_read(name: str, value: str) -> str:
    """A stored value as people read it, beside the field in which they typed another."""
    return french.jour_court(date.fromisoformat(value)) if value and name in DAYS else value


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
    return {
        "agent": who(person),
        "nav": "parcours",
        "f": {
            name: {"value": typed[name], "error": FIELDS.get(wrong.get(name, ""), ""), "now": now.get(name)}
            for name in EVERY_LABEL
        },
        "wrong": [
            {"field": name, "label": label, "message": FIELDS[wrong[name]]}
            for name, label in EVERY_LABEL.items()
            if name in wrong
        ],
        "same": same,
        "derived": _derived(typed["departement"]),
        "departements": DEPARTEMENTS,
        "domaines": [{"code": one, "label": one} for one in territory.DOMAINES],
        "hours": territory.HOURS,
        "organismes": (),
    }


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
        "agent": who(person),
        "nav": "parcours",
        "parcours": {"id": head.id, "reference": head.reference, "company": head.company.name},
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
        "agent": who(person),
        "nav": "parcours",
        "parcours": {"id": head.id, "reference": head.reference, "company": head.company.name},
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


TITLES = {
    "repond": "Répond au marché",
    "accueille": "Accueille le jeune",
    "acheteur": "Suit le marché chez l’acheteur",
}


def page(
    person: Account,
    head: Parcours,
    asked: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None,
    *,
    meanwhile: bool = False,
) -> dict[str, Any]:
    """``pages/contacts.html``; ``asked``: what was typed for one of the contacts, ``wrong`` what is wrong with it."""
    stands = reading.typed_of(head)
    return {
        "agent": who(person),
        "nav": "parcours",
        "parcours": {"id": head.id, "reference": head.reference, "company": head.company.name},
        "version": head.edited,
        "meanwhile": meanwhile,
        "contacts": [_contact(slug, head, stands, asked, wrong or {}) for slug in TITLES],
    }


def _contact(
    slug: str, head: Parcours, stands: dict[str, str], asked: dict[str, str] | None, wrong: dict[str, str]
) -> dict[str, Any]:
    mine = asked if asked is not None and asked["contact"] == slug else None
    contacts = {prefix: role for role, prefix in reading.CONTACT_PREFIXES.items()}
    found = (
        next((one for one in head.company.contacts if one.role is contacts[slug]), None)
        if slug in contacts
        else head.buyer_contact
    )
    return {
        "slug": slug,
        "title": TITLES[slug],
        "known": found is not None,
        "name": found.name if found else "",
        "function": found.function if found else "",
        "address": found.address if found else "",
        "phone": found.phone if found else None,
        "verified_on": found.verified_on if found else None,
        "open": mine is not None,
        "reached": bool(mine and mine["joint"]),
        "f": {
            part: {
                "value": mine[f"contact_{part}"] if mine else stands[f"{slug}_{part}"],
                "error": FIELDS.get(wrong.get(f"contact_{part}", ""), "") if mine else "",
            }
            for part in ("nom", "fonction", "courriel", "tel")
        },
    }
