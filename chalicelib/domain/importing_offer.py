"""One line of an imported table as an offer: what it says, the parcours that it makes, its key."""

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from chalicelib.domain import territory
from chalicelib.domain.attempt import offer_key
from chalicelib.domain.importing_columns import Column
from chalicelib.domain.parcours import (
    BuyerContact,
    Company,
    CompanyContact,
    ContactRole,
    Contract,
    Parcours,
    ParcoursStatus,
    Placement,
)
from chalicelib.domain.texts import plainly
from chalicelib.domain.timeline import EventKind

TO_SAY = "À préciser"
"""Stands for a town that the file does not say."""


class ByHand(StrEnum):
    """What a line leaves to do in the tool, once it is imported."""

    IN_PREPARATION = "in_preparation"
    CONVENTION = "convention"
    STATE_UNKNOWN = "state_unknown"
    NO_TOWN = "no_town"
    NO_TASKS = "no_tasks"
    NO_DEPARTEMENT = "no_departement"
    CONTACT_WITHOUT_MAIL = "contact_without_mail"


@dataclass(frozen=True)
class Line:
    """One offer as the file says it."""

    number: int
    values: dict[Column, Any]
    """What its cells say; a column that is empty here is absent."""
    commented: bool = False
    by_hand: tuple[ByHand, ...] = ()


def key_of(line: Line) -> str:
    """The key of the offer: see ``attempt.offer_key``."""
    return offer_key(_parcours(line, "0", datetime(2000, 1, 1, tzinfo=UTC)))


def identifier(key: str) -> str:
    """The id of the parcours that an import makes of an offer: derived, so that a repeated import makes the same."""
    return hashlib.sha256(f"import#{key}".encode()).hexdigest()[:32]


def offer(line: Line, now: datetime) -> Parcours:
    """The new offer of a line, free."""
    return _parcours(line, identifier(key_of(line)), now)


def in_words_of(line: Line, organisations: dict[str, str]) -> Line:
    """The line with its buyer spelt as in her people's accounts, by which they see it.

    Args:
        organisations: spelling by ``plainly(spelling)``.
    """
    spelt = organisations.get(plainly(str(line.values.get(Column.BUYER, ""))))
    return replace(line, values={**line.values, Column.BUYER: spelt}) if spelt else line


def contacts(line: Line) -> tuple[CompanyContact, ...]:
    """« référent » welcomes on site (domain §1), the second one answers the tender."""
    roles = (("answers", ContactRole.ANSWERS_TENDER), ("welcomes", ContactRole.WELCOMES))
    return tuple(
        CompanyContact(
            role=role, **_person(line, who), function=str(line.values.get(Column(f"{who}_function"), ""))
        )
        for who, role in roles
        if f"{who}_mail" in line.values
    )


def buyer_contact(line: Line) -> BuyerContact | None:
    """Who follows the contract for the buyer, when she can be written to."""
    if Column.BUYER_MAIL not in line.values:
        return None
    return BuyerContact(**_person(line, "buyer"), function=str(line.values.get(Column.BUYER_FUNCTION, "")))


def _person(line: Line, who: str) -> dict[str, Any]:
    values = line.values
    return {
        "name": values.get(Column(f"{who}_name"), ""),
        "address": values[Column(f"{who}_mail")],
        "phone": values.get(Column(f"{who}_phone")),
    }


def _parcours(line: Line, parcours_id: str, now: datetime) -> Parcours:
    of = line.values
    academie = of[Column.ACADEMIE]
    return Parcours(
        id=parcours_id,
        status=ParcoursStatus.AVAILABLE,
        company=Company(
            name=of[Column.COMPANY],
            siret=of.get(Column.SIRET),
            sector=of.get(Column.SECTOR),
            website=of.get(Column.WEBSITE),
            contacts=contacts(line),
        ),
        contract=Contract(
            object=of[Column.OBJECT],
            detail=of.get(Column.DETAIL),
            number=of.get(Column.NUMBER),
            lot=of.get(Column.LOT),
            organisation=of[Column.BUYER],
            organisation_kind=of.get(Column.BUYER_KIND),
            organisation_siret=of.get(Column.BUYER_SIRET),
            prescriber_service=of.get(Column.PRESCRIBER),
            notified_on=of[Column.NOTIFIED],
            ends_on=of[Column.ENDS],
            renewal_ends_on=of.get(Column.RENEWAL),
        ),
        placement=Placement(
            hours=of[Column.HOURS],
            place=of.get(Column.PLACE, ""),
            town=of.get(Column.TOWN, TO_SAY),
            departement=of.get(Column.DEPARTEMENT, ""),
            academie=academie,
            region=territory.region_of(academie),
            domain=of.get(Column.DOMAIN, "Autre"),
            tasks=of.get(Column.TASKS, ""),
        ),
        buyer_contact=buyer_contact(line),
        since=now,
        last_kind=EventKind.OFFER_IMPORTED,
        last_at=now,
    )
