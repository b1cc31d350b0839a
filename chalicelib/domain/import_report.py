"""The report that stays of an import: which line is which parcours, what waits, what is left to do by hand.

It holds no value of the file: ids, numbers of lines and codes.
"""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from chalicelib.domain import fields
from chalicelib.domain.kernel.values import Aggregate, Code, Instant, Stored

CHOSEN_DAYS = 365
"""How long it is known what titles stand for, after the last choice."""
REPORT_DAYS = 30
"""How long a report stays after the last time its file was imported."""


class Problem(Code):
    """What can be wrong, with a cell or with a column."""

    MISSING_COLUMN = "missing_column"
    COLUMN_TWICE = "column_twice"
    EMPTY = "empty"
    TOO_LONG = "long_text"
    CHARACTERS = "characters"
    ADDRESS = "address"
    ACCENTED_ADDRESS = "accented_address"
    PHONE = "phone"
    DATE = "date"
    BEFORE_START = "before_start"
    NOT_KEPT = fields.NOT_KEPT
    HOURS = "hours"
    DOMAIN = "domain"
    DEPARTEMENT = "departement"
    ACADEMIE = "academie"
    SIRET = "siret"
    WEBSITE = "website"
    LINK = "link_text"
    NAME = "name_text"
    SAME_OFFER = "same_offer"
    MORE_CELLS = "more_cells"


class ByHand(Code):
    """What a line leaves to do in the tool, once it is imported."""

    IN_PREPARATION = "in_preparation"
    CONVENTION = "convention"
    NO_TOWN = "no_town"
    NO_TASKS = "no_tasks"
    NO_DEPARTEMENT = "no_departement"
    CONTACT_WITHOUT_MAIL = "contact_without_mail"
    NO_CONTACT = "no_contact"
    MISTYPED = "mistyped"
    """An address looks mistyped."""


class Fate(Code):
    """What becomes of a line."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    RENAMED = "renamed"
    """Imported once, and since then renamed in the tool by hand: it stays as it is."""

    def follow(self, earlier: "Fate | None") -> "Fate":
        """Return what the report says of a line that was in it before: what was done then, though nothing is left to do now."""
        return self if earlier is None else min(self, earlier, key=list(Fate).index)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedLine(Stored):
    """A line of the file that is in, and its offer."""

    number: int
    """As a spreadsheet shows it."""
    parcours: str
    fate: Fate
    by_hand: tuple[ByHand, ...] = ()
    is_commented: bool = False
    """It had comments, which nobody reads here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingLines(Stored):
    """Lines that wait, with what is wrong in one column of theirs."""

    column: str
    problem: Problem
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport(Aggregate):
    """What became of one file of one account, with what was corrected of it on the page."""

    id: str
    """See ``derive_report_id``."""
    account: str
    at: Instant
    """When its file was last imported."""
    total: int
    """How many lines could be imported,"""
    lines: tuple[ImportedLine, ...] = ()
    """those of them that are in,"""
    waiting: tuple[WaitingLines, ...] = ()
    kept_out: tuple[int, ...] = ()
    """and the numbers of lines that are over in the table, or in an unknown state."""

    @property
    def ends_at(self) -> datetime:
        """When it goes."""
        return self.at + timedelta(days=REPORT_DAYS)

    @property
    def is_complete(self) -> bool:
        """Whether every line that could be imported is in."""
        return len(self.lines) == self.total


def derive_report_id(account: str, sha256: str) -> str:
    """Derive the id of the report of a file (``sha256`` of its bytes): the same file again has the same report.

    What is corrected on the page makes other bytes of it, and is of the same import: the page carries the hash of the first ones.
    """
    return hashlib.sha256(f"report#{account}#{sha256}".encode()).hexdigest()[:32]


def is_same(report: ImportReport, stored: ImportReport) -> bool:
    """Whether a report says what is stored already, its instant apart."""
    return replace(report, at=stored.at, revision=stored.revision) == stored


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenColumns(Aggregate):
    """What an account has said that titles of its tables stand for."""

    account: str
    columns: dict[str, str] = field(default_factory=dict, hash=False)
    """Hash of a title → our name of its column; empty: none of ours."""
    at: Instant

    @property
    def ends_at(self) -> datetime:
        """When it goes."""
        return self.at + timedelta(days=CHOSEN_DAYS)
