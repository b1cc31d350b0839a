"""The page on which contacts are confirmed or corrected, one form each."""

from typing import Any

from chalicelib.domain import record_reading as reading
from chalicelib.domain.parcours import Parcours
from chalicelib.domain.people import Account
from chalicelib.web.agent_page import who
from chalicelib.web.field_words import FIELDS

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
