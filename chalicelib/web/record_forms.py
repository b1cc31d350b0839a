"""The forms of the record, read from what was typed."""

import hashlib
import re
from datetime import datetime, time

from chalicelib import terms
from chalicelib.domain import record_reading as reading
from chalicelib.domain.calendar import PARIS, day_of
from chalicelib.domain.parcours import BuyerContact, CompanyContact, ContactRole, Parcours
from chalicelib.domain.people import Account
from chalicelib.domain.record import Record, declares_as
from chalicelib.domain.timeline import Interlocutor, Reason
from chalicelib.errors import FieldInvalid, Unreadable

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
    return reading.read(asked, organisation, stands, day_of(now), terms.retention())


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
    day = reading.day_of(typed, "depuis", required=False)
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
