"""What an import would do to the offers that stand: create, update, or nothing. The same decision rehearses and writes."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from chalicelib.domain import record
from chalicelib.domain.importing import reading
from chalicelib.domain.importing.reading import Line
from chalicelib.domain.importing.table import Column
from chalicelib.domain.kernel import attempt
from chalicelib.domain.kernel.attempt import OfferKey
from chalicelib.domain.kernel.parcours import BuyerContact, CompanyContact, ContactRole, Parcours
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.transition import Draw, Transition
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.record import Record

Contact = TypeVar("Contact", CompanyContact, BuyerContact)


class Fate(StrEnum):
    """What becomes of a line."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    RENAMED = "renamed"
    """Imported once, and since then renamed in the tool by hand: it stays as it is."""


@dataclass(frozen=True)
class Difference:
    """A field of a standing offer that a line changes."""

    column: Column
    before: Any
    after: Any


@dataclass(frozen=True)
class Entry:
    """One line, and what becomes of it."""

    line: Line
    fate: Fate
    parcours: str
    """Id of the parcours, that stands or will."""
    differences: tuple[Difference, ...] = ()

    @property
    def writes(self) -> bool:
        """Whether this line changes something."""
        return self.fate in {Fate.CREATED, Fate.UPDATED}

    @property
    def mark(self) -> str:
        """What is decided for this line, as eight characters that a page carries: another decision has others."""
        said = [f"{one.column.value}:{one.before!r}:{one.after!r}" for one in self.differences]
        return hashlib.sha256("\n".join((self.parcours, self.fate.value, *said)).encode()).hexdigest()[:8]


def were_shown(entries: Sequence[Entry], marks: Sequence[str]) -> bool:
    """Whether everything that these lines would write now was shown before.

    Args:
        marks: of the same lines, as they were shown. A line that stands meanwhile as the file says writes nothing.
    """
    return len(entries) == len(marks) and all(
        not one.writes or one.mark == mark for one, mark in zip(entries, marks, strict=True)
    )


_FIELDS: dict[Column, tuple[str, str]] = {
    Column.SIRET: ("company", "siret"),
    Column.SECTOR: ("company", "sector"),
    Column.WEBSITE: ("company", "website"),
    Column.NUMBER: ("contract", "number"),
    Column.BUYER_KIND: ("contract", "organisation_kind"),
    Column.BUYER_SIRET: ("contract", "organisation_siret"),
    Column.PRESCRIBER: ("contract", "prescriber_service"),
    Column.NOTIFIED: ("contract", "notified_on"),
    Column.ENDS: ("contract", "ends_on"),
    Column.RENEWAL: ("contract", "renewal_ends_on"),
    Column.HOURS: ("placement", "hours"),
    Column.PLACE: ("placement", "place"),
    Column.TOWN: ("placement", "town"),
    Column.DEPARTEMENT: ("placement", "departement"),
    Column.DOMAIN: ("placement", "domain"),
    Column.TASKS: ("placement", "tasks"),
}
"""Where what a column says stands in the record. The fields of the key are the same by definition, but for their spelling."""
_PEOPLE = {"welcomes": ContactRole.WELCOMES, "answers": ContactRole.ANSWERS_TENDER}
_PARTS = {"mail": "address", "name": "name", "phone": "phone", "function": "function"}


def entry(line: Line, keyed: OfferKey | None, stands: Parcours | None) -> Entry:
    """What becomes of a line.

    Args:
        keyed: what stands at the key of this offer.
        stands: that parcours, or the one that an earlier import made of the same line.
    """
    if stands is None:
        return Entry(line, Fate.CREATED, reading.identifier(reading.key_of(line)))
    if keyed is None:
        return Entry(line, Fate.RENAMED, stands.id)
    found = tuple(_differences(line, stands))
    return Entry(line, Fate.UPDATED if found else Fate.UNCHANGED, stands.id, found)


def written(one: Entry, key: OfferKey | None, stands: Parcours | None, agent: str, draw: Draw) -> Transition:
    """What an entry writes.

    Args:
        key: what stands at the key of this offer; ``agent``: account id of who imports. ``draw``: two ids.
    """
    if one.fate is Fate.CREATED:
        made = reading.offer(one.line, draw.now)
        return attempt.declare(made, draw.id(), by=Role.TEAM, kind=EventKind.OFFER_IMPORTED)
    if one.fate is not Fate.UPDATED or stands is None:
        return Transition.nothing()
    return record.edit(
        stands,
        _edited(one, stands),
        seen=stands.edited,
        mine=key,
        taken=key,
        person=agent,
        by=Role.TEAM,
        draw=draw,
    )


def _differences(line: Line, stands: Parcours) -> list[Difference]:
    """An empty cell changes nothing; a contact that somebody verified here is better than any table."""
    found = []
    for column, (part, name) in _FIELDS.items():
        if column in line.values:
            before = getattr(getattr(stands, part), name)
            if before != line.values[column]:
                found.append(Difference(column, before, line.values[column]))
    for who in ("welcomes", "answers", "buyer"):
        found += _contact_differences(line, who, _standing(stands, who))
    academie = line.values[Column.ACADEMIE]
    unplaced = Column.DEPARTEMENT not in line.values and not stands.placement.departement
    if unplaced and academie != stands.placement.academie:
        found.append(Difference(Column.ACADEMIE, stands.placement.academie, academie))
    return found


def _standing(stands: Parcours, who: str) -> CompanyContact | BuyerContact | None:
    if who == "buyer":
        return stands.buyer_contact
    return next((one for one in stands.company.contacts if one.role is _PEOPLE[who]), None)


def _contact_differences(
    line: Line, who: str, stands: CompanyContact | BuyerContact | None
) -> list[Difference]:
    if Column(f"{who}_mail") not in line.values or (stands is not None and stands.verified_on):
        return []
    found = []
    for part, name in _PARTS.items():
        column, before = Column(f"{who}_{part}"), getattr(stands, name, None) or None
        if column in line.values and line.values[column] != before:
            found.append(Difference(column, before, line.values[column]))
    return found


def _edited(one: Entry, stands: Parcours) -> Record:
    """The record as it shall stand."""
    parts: dict[str, dict[str, object]] = {"company": {}, "contract": {}, "placement": {}}
    for difference in one.differences:
        if difference.column in _FIELDS:
            part, name = _FIELDS[difference.column]
            parts[part][name] = difference.after
    changed = {difference.column for difference in one.differences}
    fresh = reading.offer(one.line, stands.since)
    if {Column.DEPARTEMENT, Column.ACADEMIE} & changed:
        parts["placement"] |= {"academie": fresh.placement.academie, "region": fresh.placement.region}
    by_role = {contact.role: contact for contact in stands.company.contacts}
    for contact in fresh.company.contacts:
        who = next(who for who, role in _PEOPLE.items() if role is contact.role)
        if any(column.startswith(f"{who}_") for column in changed):
            by_role[contact.role] = _merged(by_role.get(contact.role), contact)
    parts["company"]["contacts"] = tuple(by_role[role] for role in ContactRole if role in by_role)
    buyer = stands.buyer_contact
    if fresh.buyer_contact is not None and {Column(f"buyer_{part}") for part in _PARTS} & changed:
        buyer = _merged(buyer, fresh.buyer_contact)
    return Record(
        company=stands.company.model_copy(update=parts["company"]),
        contract=stands.contract.model_copy(update=parts["contract"]),
        placement=stands.placement.model_copy(update=parts["placement"]),
        buyer_contact=buyer,
    )


def _merged(before: Contact | None, after: Contact) -> Contact:
    """The contact of the line; of the same address, with what only the record knows of her."""
    if before is None or before.address != after.address:
        return after
    fields = ((name, getattr(before, name)) for name in type(before).model_fields)
    return after.model_copy(update={name: value for name, value in fields if not getattr(after, name)})
