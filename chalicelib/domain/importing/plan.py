"""Decide what an import does to the offers that exist: create, update, or nothing. The same decision rehearses and writes."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from chalicelib.domain import fields, record
from chalicelib.domain.fields import CONTACT_FIELDS, FIELDS, NAMED, Record, named_contact
from chalicelib.domain.importing.reading import Line
from chalicelib.domain.kernel import attempt
from chalicelib.domain.kernel.attempt import OfferKey
from chalicelib.domain.kernel.parcours import BuyerContact, CompanyContact, Parcours
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor
from chalicelib.domain.kernel.transition import Draw, Transition
from chalicelib.domain.kernel.values import Role

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
    """A field of an existing offer that a line changes."""

    column: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Entry:
    """One line, and what becomes of it."""

    line: Line
    fate: Fate
    parcours: str
    """Id of the parcours, that exists or will."""
    differences: tuple[Difference, ...] = ()

    @property
    def writes(self) -> bool:
        """Whether this line changes something."""
        return self.fate in {Fate.CREATED, Fate.UPDATED}

    @property
    def mark(self) -> str:
        """What is decided for this line, as eight characters that a page carries: another decision has others."""
        parts = [f"{one.column}:{one.before!r}:{one.after!r}" for one in self.differences]
        return hashlib.sha256("\n".join((self.parcours, self.fate.value, *parts)).encode()).hexdigest()[:8]


def were_shown(entries: Sequence[Entry], marks: Sequence[str]) -> bool:
    """Whether everything that these lines would write now was shown before.

    Args:
        marks: of the same lines, as they were shown. A line that says meanwhile what the offer says writes nothing.
    """
    return len(entries) == len(marks) and all(
        not one.writes or one.mark == mark for one, mark in zip(entries, marks, strict=True)
    )


def identifier(key: str) -> str:
    """The id of the parcours that an import makes of an offer: derived, so that a repeated import makes the same."""
    return hashlib.sha256(f"import#{key}".encode()).hexdigest()[:32]


def offer(line: Line, now: datetime) -> Parcours:
    """The new offer of a line, free."""
    made = line.record
    return record.free_offer(identifier(record.key_of(made)), made, now, EventKind.OFFER_IMPORTED)


def entry(line: Line, keyed: OfferKey | None, current: Parcours | None) -> Entry:
    """Decide what becomes of a line.

    Args:
        keyed: the key of this offer, as it is stored.
        current: its parcours, or the one that an earlier import made of the same line.
    """
    if current is None:
        return Entry(line, Fate.CREATED, identifier(record.key_of(line.record)))
    if keyed is None:
        return Entry(line, Fate.RENAMED, current.id)
    found = (*_differences(line, current), *_contact_differences(line, current), *_moved(line, current))
    return Entry(line, Fate.UPDATED if found else Fate.UNCHANGED, current.id, found)


def written(one: Entry, key: OfferKey | None, current: Parcours | None, agent: str, draw: Draw) -> Transition:
    """Write what an entry decides.

    Args:
        key: the key of this offer, as it is stored; ``agent``: account id of who imports. ``draw``: two ids.
    """
    if one.fate is Fate.CREATED:
        made = offer(one.line, draw.now)
        return attempt.declare(made, draw.id(), by=Role.TEAM, kind=EventKind.OFFER_IMPORTED)
    if one.fate is not Fate.UPDATED or current is None:
        return Transition.nothing()
    edited, seen = _edited(one, current), current.edited
    return record.edit(current, edited, seen=seen, mine=key, taken=key, person=agent, by=Role.TEAM, draw=draw)


def _differences(line: Line, current: Parcours) -> list[Difference]:
    """An empty cell changes nothing."""
    return [
        Difference(one.name, before, line.values[one.name])
        for one in FIELDS
        if one.compared and one.name in line.values
        if (before := getattr(getattr(current, one.part), one.attribute)) != line.values[one.name]
    ]


def _contact_differences(line: Line, current: Parcours) -> list[Difference]:
    """A contact that somebody verified here is better than any table."""
    found = []
    for named in NAMED:
        contact = named_contact(current, named.about)
        if f"{named.prefix}_courriel" not in line.values or (contact is not None and contact.verified_on):
            continue
        for one in CONTACT_FIELDS:
            column, before = f"{named.prefix}_{one.name}", getattr(contact, one.attribute, None) or None
            if column in line.values and line.values[column] != before:
                found.append(Difference(column, before, line.values[column]))
    return found


def _moved(line: Line, current: Parcours) -> list[Difference]:
    """The académie, where neither the line nor the offer says the département."""
    before, after = current.placement.academie, line.values["academie"]
    unplaced = "departement" not in line.values and not current.placement.departement
    return [Difference("academie", before, after)] if unplaced and before != after else []


def _edited(one: Entry, current: Parcours) -> Record:
    """The record with the differences of an entry."""
    changes: dict[str, dict[str, Any]] = {part: {} for part in ("company", "contract", "placement")}
    changed = [(fields.ALL[difference.column], difference.after) for difference in one.differences]
    for field, after in changed:
        changes.setdefault(field.part, {})[field.attribute] = after
    fresh = one.line.record
    if {"departement", "academie"} & changes["placement"].keys():
        changes["placement"] |= {"academie": fresh.placement.academie, "region": fresh.placement.region}
    company = current.company.model_copy(update=changes["company"])
    contacts = [
        _merged(record.contact_of(company, contact.role), contact)
        for contact in fresh.company.contacts
        if _prefix(contact.role.value) in changes
    ]
    buyer = current.buyer_contact
    if fresh.buyer_contact is not None and _prefix(Interlocutor.BUYER) in changes:
        buyer = _merged(buyer, fresh.buyer_contact)
    return Record(
        company=record.with_contacts(company, *contacts),
        contract=current.contract.model_copy(update=changes["contract"]),
        placement=current.placement.model_copy(update=changes["placement"]),
        buyer_contact=buyer,
    )


def _prefix(about: str) -> str:
    return next(one.prefix for one in NAMED if one.about == about)


def _merged(before: Contact | None, after: Contact) -> Contact:
    """The contact of the line; of the same address, with what only the record knows of this person."""
    if before is None or before.address != after.address:
        return after
    known = ((name, getattr(before, name)) for name in type(before).model_fields)
    return after.model_copy(update={name: value for name, value in known if not getattr(after, name)})
