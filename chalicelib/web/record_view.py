"""What the record's pages show: forms with what was typed, what is wrong and what stands now."""

import secrets
from datetime import date, datetime
from typing import Any

from chalicelib import french, timeline_words
from chalicelib.domain import assigning, territory, withdrawing
from chalicelib.domain import record_reading as reading
from chalicelib.domain.calendar import day_of
from chalicelib.domain.parcours import Parcours, ParcoursStatus
from chalicelib.domain.people import Account
from chalicelib.domain.record import declares_as
from chalicelib.domain.values import Role
from chalicelib.errors import FieldInvalid, WrongStep
from chalicelib.web import record_forms
from chalicelib.web.agent_page import who
from chalicelib.web.field_words import FIELDS

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
        typed |= {name: stands[name] for name in record_forms.untouched(asked["base"], typed)}
    now = {name: _as_read(name, stands[name]) for name in stands if meanwhile and typed[name] != stands[name]}
    fresh = {"version": str(head.edited), "base": record_forms.base_of(stands)}
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
    again = withdrawing.can_offer_again(head, day_of(now))
    if head.status is not ParcoursStatus.AVAILABLE and not again:
        raise WrongStep
    return {
        "agent": who(person),
        "nav": "parcours",
        "parcours": {"id": head.id, "reference": head.reference, "company": head.company.name},
        "again": again,
        "reasons": [
            {"code": reason.value, "label": timeline_words.DETAILS[reason].rstrip(".")}
            for reason in withdrawing.REASONS
        ],
        "error": _error(refusal),
    }


def _error(refusal: FieldInvalid | None) -> dict[str, str] | None:
    if refusal is None:
        return None
    return {"field": str(refusal.facts["field"]), "message": FIELDS[str(refusal.facts["reason"])]}
