"""Read rows of the team's table as offers: every fault of every line at once, or offers without a fault.

Nothing about a young person may enter: attachments and free comments are dropped, and the report says so.
"""

import hashlib
import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from chalicelib.domain.importing.table import (
    ATTACHED,
    NEEDED,
    READERS,
    WHY,
    Column,
    Dropped,
    Problem,
    Table,
    Wrong,
    column_of,
)
from chalicelib.domain.kernel import territory
from chalicelib.domain.kernel.attempt import offer_key
from chalicelib.domain.kernel.parcours import (
    BuyerContact,
    Company,
    CompanyContact,
    ContactRole,
    Contract,
    Parcours,
    ParcoursStatus,
    Placement,
)
from chalicelib.domain.kernel.retention import RetentionPolicy
from chalicelib.domain.kernel.texts import plainly
from chalicelib.domain.kernel.timeline import EventKind

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


STATES = (Column.AVAILABILITY, Column.FOLLOWED, Column.CONVENTION)
FREE = frozenset({"disponible", "non", "no", "0", "false"})
PREPARING = frozenset({"en preparation", "en cours de preparation", "reserve"})
TITLE_CHARACTERS = 60
"""A title that we do not know is shown cut: it could hold anything."""


@dataclass(frozen=True)
class Fault:
    """Something to correct in the file. ``line`` as a spreadsheet shows it; None for the file as a whole."""

    line: int | None
    column: str
    """A code of ``Column``, or a title as it stands."""
    problem: Problem
    other: int | None = None
    """Line of the same offer."""


@dataclass(frozen=True)
class Reading:
    """What a file says. With a fault, nothing of it may be imported."""

    lines: tuple[Line, ...]
    faults: tuple[Fault, ...]
    dropped: tuple[tuple[str, Dropped], ...]
    """Columns that do not enter, by their titles, and why."""


def read(table: Table, keep: RetentionPolicy, today: date) -> Reading:
    """Every line of a table, and all that is wrong with it.

    Args:
        keep: how long a contract that is over is kept: one past that is refused rather than lost. ``today``: in Paris.
    """
    columns = [column_of(title) for title in table.titles]
    faults = _column_faults(table.titles, columns)
    attached = _attached(table)
    dropped = tuple(
        (title[:TITLE_CHARACTERS], _why(columns[place], place in attached))
        for place, title in enumerate(table.titles)
        if title and (place in attached or columns[place] is None or columns[place] in WHY)
    )
    if faults:
        return Reading((), tuple(faults), dropped)
    kept = {place: column for place, column in enumerate(columns) if column and place not in attached}
    lines: list[Line] = []
    for number, cells in table.rows:
        line, wrong = _line(number, cells, kept, len(table.titles))
        lines.append(line)
        faults += wrong or _not_kept(line, keep, today)
    faults += _doubles([line for line in lines if _is_whole(line)])
    order = {column: place for place, column in kept.items()}
    faults.sort(key=lambda one: (one.line or 0, order.get(one.column, 0)))  # type: ignore[call-overload]
    return Reading(tuple(lines), tuple(faults), dropped)


def _column_faults(titles: tuple[str, ...], columns: list[Column | None]) -> list[Fault]:
    seen = Counter(column for column in columns if column and (column not in WHY or column in STATES))
    faults = [Fault(None, column, Problem.MISSING_COLUMN) for column in NEEDED if column not in seen]
    if not {Column.DEPARTEMENT, Column.ACADEMIE} & seen.keys():
        faults.append(Fault(None, Column.DEPARTEMENT, Problem.MISSING_COLUMN))
    return faults + [Fault(None, column, Problem.COLUMN_TWICE) for column, count in seen.items() if count > 1]


def _attached(table: Table) -> set[int]:
    """Places of the columns in which a file is attached to some line."""
    return {
        place
        for place in range(len(table.titles))
        if any(place < len(cells) and ATTACHED.search(cells[place]) for _, cells in table.rows)
    }


def _why(column: Column | None, attached: bool) -> Dropped:
    if attached:
        return Dropped.ATTACHMENTS
    return WHY.get(column, Dropped.UNKNOWN) if column else Dropped.UNKNOWN


def _line(
    number: int, cells: tuple[str, ...], kept: dict[int, Column], width: int
) -> tuple[Line, list[Fault]]:
    values: dict[Column, Any] = {}
    faults: list[Fault] = []
    if any(cell.strip() for cell in cells[width:]):
        faults.append(Fault(number, Column.COMPANY, Problem.MORE_CELLS))
    typed = {
        column: cells[place].strip(" \t\r\n\u00a0") for place, column in kept.items() if place < len(cells)
    }
    for column, cell in typed.items():
        if not cell or column not in READERS:
            continue
        try:
            values[column] = READERS[column](cell)
        except Wrong as wrong:
            faults.append(Fault(number, column, wrong.problem))
    told = {fault.column for fault in faults}
    needed = [column for column in NEEDED if column not in values and column not in told]
    if Column.OBJECT in needed and Column.DETAIL in values:
        values[Column.OBJECT] = values.pop(Column.DETAIL)
        needed.remove(Column.OBJECT)
    faults += [Fault(number, column, Problem.EMPTY) for column in needed]
    faults += _place(number, values, told) + _dates(number, values) + _people(number, values, told)
    states = tuple(typed.get(column, "") for column in STATES)
    commented = any(
        column is Column.COMMENT and cells[place].strip()
        for place, column in kept.items()
        if place < len(cells)
    )
    return Line(number, values, commented or _speaks(states), _by_hand(values, states)), faults


def _place(number: int, values: dict[Column, Any], told: set[str]) -> list[Fault]:
    """The académie follows from the département, which follows from a postal code where its own column is empty."""
    code = re.search(r"\b(97[1-46](?=[0-9]{2}\b)|[0-9]{2}(?=[0-9]{3}\b))", values.get(Column.PLACE, ""))
    empty = Column.DEPARTEMENT not in values and Column.DEPARTEMENT not in told
    if empty and code and (found := territory.departement_named(code[1])):
        values[Column.DEPARTEMENT] = found
    if Column.DEPARTEMENT in values:
        values[Column.ACADEMIE] = territory.academie_of(values[Column.DEPARTEMENT])
    elif Column.ACADEMIE not in values and not {Column.DEPARTEMENT, Column.ACADEMIE} & told:
        return [Fault(number, Column.DEPARTEMENT, Problem.EMPTY)]
    town = re.search(r"\b[0-9]{5} +([^0-9,;()]{2,60})", values.get(Column.PLACE, ""))
    if town and Column.TOWN not in values:
        values[Column.TOWN] = town[1].strip()
    return []


def _dates(number: int, values: dict[Column, Any]) -> list[Fault]:
    start, end, last = (values.get(one) for one in (Column.NOTIFIED, Column.ENDS, Column.RENEWAL))
    if start and end and end < start:
        return [Fault(number, Column.ENDS, Problem.BEFORE_START)]
    if end and last and last < end:
        return [Fault(number, Column.RENEWAL, Problem.BEFORE_START)]
    return []


def _not_kept(line: Line, keep: RetentionPolicy, today: date) -> list[Fault]:
    column = Column.RENEWAL if Column.RENEWAL in line.values else Column.ENDS
    over_on = line.values.get(column)
    kept = over_on is None or keep.keeps_contract(over_on, today)
    return [] if kept else [Fault(line.number, column, Problem.NOT_KEPT)]


def _people(number: int, values: dict[Column, Any], told: set[str]) -> list[Fault]:
    """Somebody with an address has a name; somebody without one is not kept, and is told as something to do by hand."""
    return [
        Fault(number, f"{who}_name", Problem.EMPTY)
        for who in ("welcomes", "answers", "buyer")
        if f"{who}_mail" in values and f"{who}_name" not in values and f"{who}_name" not in told
    ]


def _speaks(states: tuple[str, ...]) -> bool:
    """Whether the column of follow-ups holds more than a status: then it is a comment."""
    followed = plainly(states[1])
    return bool(followed) and followed not in FREE | PREPARING


def _by_hand(values: dict[Column, Any], states: tuple[str, ...]) -> tuple[ByHand, ...]:
    found = []
    available, followed, convention = (plainly(state) for state in states)
    if convention not in FREE | {""}:
        found.append(ByHand.CONVENTION)
    elif {available, followed} & PREPARING:
        found.append(ByHand.IN_PREPARATION)
    elif available not in FREE | {""}:
        found.append(ByHand.STATE_UNKNOWN)
    alone = any(
        f"{who}_mail" not in values and {f"{who}_name", f"{who}_phone"} & values.keys()
        for who in ("welcomes", "answers", "buyer")
    )
    missing = (
        (Column.TOWN not in values, ByHand.NO_TOWN),
        (Column.TASKS not in values, ByHand.NO_TASKS),
        (Column.DEPARTEMENT not in values, ByHand.NO_DEPARTEMENT),
        (alone, ByHand.CONTACT_WITHOUT_MAIL),
    )
    return tuple(found + [todo for lacks, todo in missing if lacks])


def _is_whole(line: Line) -> bool:
    return all(column in line.values for column in NEEDED) and Column.ACADEMIE in line.values


def _doubles(lines: list[Line]) -> list[Fault]:
    first: dict[str, int] = {}
    faults = []
    for line in lines:
        other = first.setdefault(key_of(line), line.number)
        if other != line.number:
            faults.append(Fault(line.number, Column.COMPANY, Problem.SAME_OFFER, other))
    return faults
