"""Read the team's table as offers, with every fault at once, and plan what an import writes.

Nothing about a young person may enter: attachments and free comments are dropped, and the report says so.
"""

import csv
import difflib
import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from email.utils import parseaddr
from enum import StrEnum
from typing import ClassVar, TypeVar

from dateutil.parser import parser, parserinfo

from chalicelib.domain import fields, record
from chalicelib.domain.fields import (
    ADDRESSES,
    CONTACT_FIELDS,
    FIELDS,
    NAMED,
    Field,
    FieldValue,
    Record,
    Values,
    find_named_contact,
    get_day,
    get_text,
)
from chalicelib.domain.import_report import (
    ByHand,
    Fate,
    ImportedLine,
    ImportReport,
    Problem,
    WaitingLines,
    derive_report_id,
)
from chalicelib.domain.kernel import address, attempt, territory, texts
from chalicelib.domain.kernel.attempt import OfferKey
from chalicelib.domain.kernel.parcours import BuyerContact, CompanyContact, How, Origin, Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.retention import RetentionPolicy
from chalicelib.domain.kernel.texts import fold_text
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor
from chalicelib.domain.kernel.transition import DecisionInputs, Transition
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.mistyped import Mistyped, list_mistyped
from chalicelib.domain.record import OfferKeys, RecordAnswer
from chalicelib.errors import FieldInvalid

MOST_BYTES = 1_000_000
csv.field_size_limit(MOST_BYTES)  # else a cell beyond 131 072 is taken for a malformed file
MOST_LINES = 500
MOST_READ = 2 * fields.MOST_TASKS
"""Characters of a cell that is read: twice what its longest field holds, spaces aside."""
MOST_COLUMNS = 100
SEPARATORS = (";", ",", "\t")
ARCHIVE = b"PK\x03\x04"
"""How an ``.xlsx`` begins, as other archives do."""
NOT_TEXT = (ARCHIVE, b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b")
"""How other well-known files begin: archives, old or protected workbooks, PDFs."""
LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
BREAKS = frozenset("\r\n\t")


class FileProblem(StrEnum):
    """Why a file is not taken, as a whole."""

    NO_FILE = "no_file"
    OTHER_ENCODING = "other_encoding"
    NOT_CSV = "not_csv"
    OTHER_FORMAT = "other_format"
    """Neither text nor an ``.xlsx`` that can be read: of another format, broken, protected, with macros, too large unpacked."""
    NO_TITLES = "no_titles"
    """No title of ours is in the first row, of a workbook in that of no visible sheet."""
    NO_LINE = "no_line"
    """There is nothing below the titles."""
    TOO_LARGE = "too_large"
    """More than 1 MB, or 500 lines."""
    CHANGED = "changed"
    """These are not the bytes that were rehearsed."""


class NotATable(Exception):
    """Raised for a file that is not taken as a whole. Shown on the import's own page, the only one that takes files."""

    def __init__(self, problem: FileProblem) -> None:
        super().__init__(problem)
        self.problem = problem


class Dropped(StrEnum):
    """Why a column does not enter."""

    ATTACHMENTS = "attachments"
    COMMENTS = "comments"
    DEDUCED = "deduced"
    ACCOUNT = "account"
    STATUS = "status"
    """Read to list what is left to do by hand, and not kept."""
    UNKNOWN = "unknown"


NEEDED = ("entreprise", "heures", "organisme", "objet", "notifie_le", "fin_le")
"""Columns without which there is no offer; ``departement`` or ``academie`` is needed too."""
STATES = ("disponibilite", "suivis", "convention")
_NEVER: dict[str, tuple[str, Dropped]] = {
    "disponibilite": ("disponibilité, statut", Dropped.STATUS),
    "suivis": ("suivis, suivis parcours, historique", Dropped.STATUS),
    "convention": ("convention signée", Dropped.STATUS),
    "commentaires": (
        "commentaires, autre remarque, autres remarques, remarques, notes, observations",
        Dropped.COMMENTS,
    ),
    "creation": ("date de création, created, créé, créé le", Dropped.DEDUCED),
    "region": ("région, région académique", Dropped.DEDUCED),
    "a_corriger": ("à corriger", Dropped.DEDUCED),
    "referent_mlds": ("référent MLDS, tuteur MLDS, tutrice MLDS, nom référent MLDS", Dropped.ACCOUNT),
}
"""Columns that are known and never enter: their titles, and why."""
TUTOR_NAME, TUTOR_ADDRESS = "referent_mlds", "tuteur_courriel"
_TITLES = {
    **{name: field.titles for name, field in fields.ALL.items() if field.titles},
    **{column: titles for column, (titles, _) in _NEVER.items()},
    TUTOR_ADDRESS: "e-mail du référent MLDS, e-mail du tuteur MLDS, e-mail de la tutrice MLDS, e-mail tuteur, e-mail tutrice",
}
CALLED = {column: titles.split(", ")[0] for column, titles in _TITLES.items()}
"""What the report calls each column."""
ATTACHED = re.compile(
    r"\.(pdf|docx?|odt|jpe?g|png|heic|xlsx?) ?\(https?://|airtableusercontent", re.IGNORECASE
)
"""How an exported cell shows a file that was attached."""
FREE = frozenset({"disponible", "libre", "a pourvoir"})
YES, NO = frozenset({"oui", "yes", "1", "true"}), frozenset({"non", "no", "0", "false"})
PREPARING = frozenset({"en preparation", "en cours de preparation", "reserve"})
OVER = re.compile(
    r"\b(abandon|annul|archiv|clos|clotur|echu|expire|fini|interromp|pourvu|realise|refus|retire|rompu|rupture|termin)"
)
"""How the words begin by which a table says, in plain letters, that an offer is no longer to be taken."""
NOTHING_CHOSEN: Mapping[str, str] = {}
TITLE_CHARACTERS = 60
"""A title that we do not know, or a wrong value, is shown cut: it could hold anything."""
_SAME = {
    "email": "mail", "courriel": "mail", "mel": "mail", "telephone": "tel", "phone": "tel", "poste": "fonction",
    "2e": "2", "2eme": "2", "second": "2", "deuxieme": "2", "n": "numero", "no": "numero", "suivi": "suivis",
    "tache": "taches", "heure": "heures", "commentaire": "commentaires", "remarque": "remarques", "note": "notes",
}  # fmt: skip
_EMPTY_WORDS = frozenset(("de", "du", "des", "d", "la", "le", "les", "l", "en", "et", "au"))


def _split_title(title: str) -> frozenset[str]:
    """Return the words by which a column's title is recognised: plain letters, without synonyms, articles and prepositions."""
    words = re.sub(r"\be mail\b", "mail", fold_text(title)).split()
    telling_words = frozenset(_SAME.get(word, word) for word in words) - _EMPTY_WORDS
    return telling_words - {"adresse"} if "mail" in telling_words else telling_words


_COLUMNS = {_split_title(title): column for column, titles in _TITLES.items() for title in titles.split(", ")}


def find_column(title: str) -> str | None:
    """Return our name of the column that has this title; None: it is none that we know."""
    return _COLUMNS.get(_split_title(title))


_HOUR_AFTER_DAY = re.compile(r"[ T][0-9]{1,2}(:|h)[0-9]{2}.*$")
_DAY_FIRST = re.compile(r"[^0-9]*([0-9]{1,2})(?![0-9]).*", re.ASCII)


class _FrenchDays(parserinfo):  # type: ignore[misc]
    """The words of a French date: « lundi 12 janvier 2025 », « 1er févr. 25 », « 2/5/2026 »."""

    JUMP: ClassVar[list[str]] = [" ", ".", ",", "/", "-", "le", "er"]
    WEEKDAYS: ClassVar[list[tuple[str, ...]]] = [
        (name, name[:3]) for name in ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
    ]
    MONTHS: ClassVar[list[tuple[str, ...]]] = [
        ("janvier", "janv", "jan"), ("fevrier", "fevr", "fev"), ("mars", "mar"), ("avril", "avr"), ("mai",), ("juin",),
        ("juillet", "juil", "jul"), ("aout", "aou"), ("septembre", "sept", "sep"), ("octobre", "oct"),
        ("novembre", "nov"), ("decembre", "dec"),
    ]  # fmt: skip


_FRENCH_DAYS = parser(_FrenchDays(dayfirst=True))


def read_cell(field: Field, cell: str) -> FieldValue:
    """Read the value of a non-empty cell in the column of a field. Raises FieldInvalid."""
    if field.kind == "tel" and _PHONE_AS_NUMBER.fullmatch(cell):
        return field.read_cell(f"0{cell}")
    return _read_day(cell, field.name) if field.kind == "date" else field.read_cell(cell)


_PHONE_AS_NUMBER = re.compile(r"[1-9][0-9]{8}", re.ASCII)
"""A French telephone number of which a spreadsheet made a number, without its first zero."""


def _read_day(cell: str, field: str) -> date:
    """Read a day as French people write it, or « 2026-05-12 »; an hour after it is ignored. Raises FieldInvalid."""
    typed = _HOUR_AFTER_DAY.sub("", cell.strip())
    day = texts.read_day(typed) or texts.read_day(_read_french_day(typed))
    if day is None:
        raise FieldInvalid(field, "date")
    return day


def _read_french_day(typed: str) -> str:
    """Return the day of « 2/5/26 » or « 12 janvier 2025 » in ISO's form; empty for anything else, or for a part of a date."""
    first = _DAY_FIRST.fullmatch(typed)
    if first is None:
        return ""
    plain = typed.casefold().translate(_WITHOUT_ACCENTS)
    try:
        # What a text does not say is taken from a day beside it: twice the same means that all was said.
        read, again = (_FRENCH_DAYS.parse(plain, default=beside).date() for beside in _BESIDE)
    except (ValueError, OverflowError):
        return ""
    # « 01/13/2025 » has no thirteenth month: it is not taken for the 13th of January.
    return read.isoformat() if read == again and read.day == int(first[1]) else ""


_WITHOUT_ACCENTS = str.maketrans("éèûô", "eeuo")
_BESIDE = (datetime(2000, 1, 1), datetime(2001, 2, 2))


@dataclass(frozen=True)
class Table:
    """What the file holds."""

    titles: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    """Number, as a spreadsheet shows it (1 is the titles'), and cells; rows without anything are left out."""

    def list_all_rows(self) -> list[tuple[str, ...]]:
        """Return the titles and every row, those without anything too, so that each keeps its number in a file."""
        rows = dict(self.rows)
        return [self.titles, *(rows.get(number, ()) for number in range(2, max(rows) + 1))]


@dataclass(frozen=True)
class NamedPerson:
    """Somebody whom the table names with an address: a tutor, or the buyer; ``name``: empty where there is none."""

    role: Role
    place: str
    """Académie of a tutor, organisation of a buyer."""
    name: str
    address: str
    siren: str = ""
    """Of a buyer's organisation."""


@dataclass(frozen=True)
class Line:
    """One offer as the file describes it."""

    number: int
    values: dict[str, FieldValue]
    """Values by the names of their fields; a column that is empty here is absent."""
    commented: bool = False
    by_hand: tuple[ByHand, ...] = ()
    refused_status: str = ""
    """The words by which the table says that it is over, or in a state that we do not know, cut; empty: it may enter."""
    tutor: NamedPerson | None = None
    """Who accompanies the young person, as the table says by an address."""

    @property
    def buyer(self) -> NamedPerson | None:
        """The buyer whom the table names with an address."""
        mailbox, name = get_text(self.values, "acheteur_courriel"), get_text(self.values, "acheteur_nom")
        place, siren = get_text(self.values, "organisme"), get_text(self.values, "organisme_siret")
        return NamedPerson(Role.BUYER, place, name, mailbox, siren) if mailbox else None

    @property
    def record(self) -> Record:
        """The record that this line makes."""
        return fields.build_record(self.values)


@dataclass(frozen=True)
class Fault:
    """Something to correct in the file. ``line`` as a spreadsheet shows it; None for the file as a whole."""

    line: int | None
    column: str
    problem: Problem
    other: int | None = None
    """Line of the same offer."""
    value: str = ""
    """What the cell holds; empty where it is another fault than that of one cell."""


@dataclass(frozen=True)
class Reading:
    """What a file holds. A fault keeps its line out; one of the file as a whole keeps everything out."""

    lines: tuple[Line, ...]
    """Those that may be imported."""
    faults: tuple[Fault, ...]
    dropped: tuple[tuple[str, Dropped], ...]
    """Columns that do not enter, by their titles, and why."""
    kept_out: tuple[Line, ...] = ()
    """Lines that are over in the table, or in an unknown state; their faults are not said."""
    headings: tuple["Heading", ...] = ()
    """The titles that are guessed, or unknown."""

    @property
    def is_refused(self) -> bool:
        """Whether nothing of the file may be imported."""
        return any(fault.line is None for fault in self.faults)


@dataclass(frozen=True)
class Heading:
    """A title that is none of ours. ``column``: what it is taken for, by likeness; empty: nothing."""

    place: int
    title: str
    column: str
    is_chosen: bool = False
    """Somebody said so for an earlier file."""


def parse_table(data: bytes) -> Table:
    """Parse the bytes of a CSV file into titles and rows. Raises NotATable, which says why the file is not taken."""
    if not data:
        raise NotATable(FileProblem.NO_FILE)
    if len(data) > MOST_BYTES:
        raise NotATable(FileProblem.TOO_LARGE)
    titles, rows = _read_best(_decode(data))
    filled_rows = tuple((number, cells) for number, cells in rows if any(cell.strip() for cell in cells))
    if len(filled_rows) > MOST_LINES:
        raise NotATable(FileProblem.TOO_LARGE)
    if not filled_rows:
        raise NotATable(FileProblem.NO_LINE)
    return Table(titles, filled_rows)


def _decode(data: bytes) -> str:
    """Decode UTF-8, with or without a byte order mark, else Windows-1252.

    Raises NotATable for a spreadsheet's own format or another encoding, and for control characters.
    """
    if data.startswith(NOT_TEXT):
        raise NotATable(FileProblem.OTHER_FORMAT)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in {data[:1], data[1:2]}:
        raise NotATable(FileProblem.OTHER_ENCODING)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("cp1252")
        except UnicodeDecodeError:
            raise NotATable(FileProblem.OTHER_ENCODING) from None
    if any(unicodedata.category(character) == "Cc" and character not in BREAKS for character in text):
        raise NotATable(FileProblem.NOT_CSV)
    return text


def _read_best(text: str) -> tuple[tuple[str, ...], list[tuple[int, tuple[str, ...]]]]:
    """Read the text with the separator of ``SEPARATORS`` under which most titles are known; return titles and numbered rows.

    Raises NotATable when the CSV is malformed, no title is known, or a row has more than ``MOST_COLUMNS`` cells.
    """
    known = {separator: count_known_titles(text, separator) for separator in SEPARATORS}
    separator = max(SEPARATORS, key=lambda separator: known[separator])
    try:
        rows = [tuple(cells) for cells in _read_rows(text, separator)]
    except csv.Error:
        raise NotATable(FileProblem.NOT_CSV) from None
    if not known[separator]:
        raise NotATable(FileProblem.NO_TITLES)
    if max(len(cells) for cells in rows) > MOST_COLUMNS:
        raise NotATable(FileProblem.NOT_CSV)
    return tuple(title.strip() for title in rows[0]), list(enumerate(rows[1:], start=2))


def count_known_titles(text: str, separator: str) -> int:
    """Count the titles of the first row that are known when it is split by this separator; -1 if it cannot be split."""
    try:
        titles: list[str] = next(_read_rows(text, separator), [])
    except csv.Error:
        return -1
    return sum(find_column(title) is not None for title in titles[: MOST_COLUMNS + 1])


def _read_rows(text: str, separator: str) -> Iterator[list[str]]:
    """Split a CSV text into rows of cells; one that is malformed raises ``csv.Error`` while rows are read."""
    return csv.reader((line[0] for line in LINE.finditer(text)), delimiter=separator, strict=True)


FindBuyers = Callable[[Iterable[str]], Mapping[str, Account]]
"""Find the open buyers' accounts that have some of these addresses: folded address → account."""


def read_table(
    table: Table,
    policy: RetentionPolicy,
    today: date,
    chosen: Mapping[str, str] = NOTHING_CHOSEN,
    find_buyers: FindBuyers = lambda addresses: {},
) -> Reading:
    """Read every line of a table, and list all that is wrong with it. ``today``: in Paris.

    A fault in the columns ends the reading: no line is read then. ``policy``: how long a contract that is over is kept; a line
    whose contract has been over for longer is a fault, and so is one without a SIREN whose buyer has no account.
    """
    attached = _find_attached(table)
    columns, headings = _match_columns(table, attached, chosen)
    faults, dropped = _find_column_faults(columns), _list_dropped(table, columns, attached)
    if faults:
        return Reading((), tuple(faults), dropped, headings=headings)
    read_columns = {place: column for place, column in enumerate(columns) if column and place not in attached}
    lines: list[Line] = []
    for number, cells in table.rows:
        line, wrong = _read_line(number, cells, read_columns, len(table.titles))
        lines.append(line)
        if not line.refused_status:
            faults += [*wrong, *_find_day_faults(line, policy, today, is_right=not wrong)]
    lines, without_siren = _complete_organisations(lines, faults, find_buyers)
    faults += without_siren
    faulty = {fault.line for fault in faults}
    good = [line for line in lines if not line.refused_status and line.number not in faulty]
    doubles = _find_doubles(good)
    faults += doubles
    again = {fault.line for fault in doubles}
    order = {column: place for place, column in read_columns.items()}
    faults.sort(key=lambda fault: (fault.line or 0, order.get(fault.column, 0)))
    kept_out = tuple(line for line in lines if line.refused_status)
    return Reading(
        tuple(line for line in good if line.number not in again), tuple(faults), dropped, kept_out, headings
    )


def _complete_organisations(
    lines: list[Line], faults: list[Fault], find_buyers: FindBuyers
) -> tuple[list[Line], list[Fault]]:
    """Give each line without a SIREN the organisation of its buyer's account; return the faults of those that stay without."""
    wrong = {fault.line for fault in faults if fault.column == "organisme_siret"}
    lacking = {line.number for line in lines if "organisme_siret" not in line.values} - wrong
    buyers = find_buyers(line.buyer.address for line in lines if line.buyer and line.number in lacking)
    completed, without = [], []
    for line in lines:
        account = buyers.get(address.fold(line.buyer.address)) if line.buyer else None
        if line.number in lacking and account is not None:
            siren = {"organisme_siret": account.siren} if account.siren else {}
            line = replace(line, values={**line.values, "organisme": account.organisation, **siren})
        elif line.number in lacking and not line.refused_status:
            without.append(Fault(line.number, "organisme_siret", Problem.EMPTY))
        completed.append(line)
    return completed, without


GUESSED = frozenset(
    {*NEEDED, "departement", "academie", "domaine", "siret", "numero", "lot", "reconduction_le"}
)
"""Columns that a title may be taken for by likeness: none that holds people, or free text about them."""
LIKENESS = 0.75
LEFT_OUT = "[laissée de côté] "
"""How a title begins that somebody has said to leave out."""


def _match_columns(
    table: Table, attached: set[int], chosen: Mapping[str, str]
) -> tuple[list[str | None], tuple[Heading, ...]]:
    """Return our name of each column, None if it is none; and the titles that are not ours, with what they are taken for.

    ``attached``: places of the columns that hold files, which are none of both; ``chosen``: as in ``read_table``.
    """
    columns = [find_column(title) for title in table.titles]
    headings = []
    for place, title in enumerate(table.titles):
        if title and columns[place] is None and place not in attached:
            said = chosen.get(hash_title(title))
            guess = said or _guess_column(title, GUESSED.difference(column for column in columns if column))
            is_read = said != "" and guess in CALLED and guess not in columns
            columns[place] = guess if is_read else None
            headings.append(Heading(place, title, columns[place] or "", is_chosen=said is not None))
    return columns, tuple(headings)


def _guess_column(title: str, absent: frozenset[str]) -> str | None:
    """Return the column, of those that are ``absent`` from the file, whose title is nearest to this one; None: none is near."""
    if title.startswith(LEFT_OUT):
        return None
    titles = {fold_text(known): column for column in sorted(absent) for known in _TITLES[column].split(", ")}
    near = difflib.get_close_matches(fold_text(title), list(titles), n=1, cutoff=LIKENESS)
    return titles[near[0]] if near else None


@dataclass(frozen=True)
class WrongCell:
    """One value that is wrong in one way in one column, on as many lines as hold it. ``value``: empty for cells without one."""

    column: str
    problem: Problem
    value: str
    lines: tuple[int, ...]


UNCORRECTED = frozenset({Problem.SAME_OFFER, Problem.MORE_CELLS, Problem.NOT_KEPT})
"""What is no matter of another text in one cell."""


def list_wrong_cells(reading: Reading) -> tuple[WrongCell, ...]:
    """List what another text in a cell would mend, each value of a column once, those of one kind together."""
    lines: dict[tuple[str, Problem, str], list[int]] = {}
    for fault in reading.faults:
        if fault.line is not None and fault.problem not in UNCORRECTED:
            lines.setdefault((fault.column, fault.problem, fault.value), []).append(fault.line)
    kinds = list(dict.fromkeys((column, problem) for column, problem, _ in lines))
    cells = [WrongCell(*key, lines=tuple(numbers)) for key, numbers in lines.items()]
    return tuple(sorted(cells, key=lambda cell: kinds.index((cell.column, cell.problem))))


def correct_table(table: Table, reading: Reading, titles: dict[int, str], cells: dict[int, str]) -> Table:
    """Return the table with what somebody chose on the report of ``reading``.

    Args:
        titles: by the place of a title, the column that it stands for; empty: none. A column has the first of its titles.
        cells: by the place in ``list_wrong_cells``, what to write on all of its lines; an empty text changes nothing.
    """
    new_titles, rows = list(table.titles), {number: list(row) for number, row in table.rows}
    taken = {find_column(title) for title in table.titles}
    for heading in reading.headings:
        column = titles.get(heading.place, heading.column)
        if column in CALLED and column not in taken:
            new_titles[heading.place] = CALLED[column]
            taken.add(column)
        elif heading.column:
            new_titles[heading.place] = LEFT_OUT + heading.title
    columns, _ = _match_columns(Table(tuple(new_titles), table.rows), set(), NOTHING_CHOSEN)
    for place, wrong in enumerate(list_wrong_cells(reading)):
        if not cells.get(place):
            continue
        if wrong.column not in columns:
            columns.append(wrong.column)
            new_titles.append(CALLED[wrong.column])
        at = columns.index(wrong.column)
        for number in wrong.lines:
            rows[number] += [""] * (at + 1 - len(rows[number]))
            rows[number][at] = cells[place]
    return Table(tuple(new_titles), tuple((number, tuple(row)) for number, row in rows.items()))


def list_chosen_columns(reading: Reading, titles: dict[int, str]) -> dict[str, str]:
    """List what somebody chose on the report of ``reading``: hash of a title → column. ``titles``: as in ``correct_table``.

    What is as it was proposed is no choice: the page sends it with whatever is corrected, read or not.
    """
    return {
        hash_title(heading.title): titles[heading.place]
        for heading in reading.headings
        if titles.get(heading.place, heading.column) != heading.column
        and not heading.title.startswith(LEFT_OUT)
    }


def hash_title(title: str) -> str:
    """Return what is kept of a title: case, accents and spaces do not count."""
    return hashlib.sha256(fold_text(title).encode()).hexdigest()[:32]


def select_held_lines(table: Table, sentences: dict[int, list[str]]) -> list[tuple[str, ...]]:
    """Return the titles and the lines that wait, each with what is to be corrected. ``sentences``: by the number of the line."""
    kept = [place for place, title in enumerate(table.titles) if find_column(title) != "a_corriger"]
    lines = [
        (*(cells[place] if place < len(cells) else "" for place in kept), " ".join(sentences[number]))
        for number, cells in table.rows
        if number in sentences
    ]
    return [(*(table.titles[place] for place in kept), CALLED["a_corriger"]), *lines]


def _list_dropped(
    table: Table, columns: list[str | None], attached: set[int]
) -> tuple[tuple[str, Dropped], ...]:
    """List the columns that are not imported, as (title, why). A title is cut to ``TITLE_CHARACTERS``.

    ``columns``: our name of each column, None if unknown; ``attached``: places of the columns that hold attachments.
    """
    return tuple(
        (title[:TITLE_CHARACTERS], _explain_dropping(column, place in attached))
        for place, (title, column) in enumerate(zip(table.titles, columns, strict=True))
        if title and (place in attached or column is None or column in _NEVER)
    )


def _find_day_faults(line: Line, policy: RetentionPolicy, today: date, *, is_right: bool) -> list[Fault]:
    """Return the first fault of a line's days, in a list of one or none.

    That its contract is no longer kept is said only of a line without other faults (``is_right``).
    """
    return [
        Fault(line.number, name, _find_problem(reason), value=f"{get_day(line.values, name):%d/%m/%Y}")
        for name, reason in fields.list_wrong_days(line.values, today, policy)[:1]
        if is_right or reason != fields.NOT_KEPT
    ]


def _find_column_faults(columns: list[str | None]) -> list[Fault]:
    """List the needed columns that are missing, and those that occur twice. ``columns``: as in ``_list_dropped``."""
    seen = Counter(column for column in columns if column and (column not in _NEVER or column in STATES))
    faults = [Fault(None, column, Problem.MISSING_COLUMN) for column in NEEDED if column not in seen]
    if not {"departement", "academie"} & seen.keys():
        faults.append(Fault(None, "departement", Problem.MISSING_COLUMN))
    return faults + [Fault(None, column, Problem.COLUMN_TWICE) for column, count in seen.items() if count > 1]


def _find_attached(table: Table) -> set[int]:
    """Return the places of the columns in which some line has a file attached."""
    return {
        place
        for place in range(len(table.titles))
        if any(place < len(cells) and ATTACHED.search(cells[place]) for _, cells in table.rows)
    }


def _explain_dropping(column: str | None, attached: bool) -> Dropped:
    """Return why a column is not imported. ``column``: our name, None if unknown; ``attached``: it holds files."""
    if attached:
        return Dropped.ATTACHMENTS
    return _NEVER[column][1] if column in _NEVER else Dropped.UNKNOWN


def _read_line(
    number: int, cells: tuple[str, ...], read_columns: dict[int, str], width: int
) -> tuple[Line, list[Fault]]:
    """Read a row of the table as an offer; return it with its faults.

    ``number``: its line in the spreadsheet; ``read_columns``: place → name of each column to read; ``width``: how many columns
    have titles.
    """
    columns = {place: column for place, column in read_columns.items() if place < len(cells)}
    typed = {column: _strip_cell(column, cells[place]) for place, column in columns.items()}
    values, faults = _read_cells(number, typed)
    if any(cell.strip() for cell in cells[width:]):
        faults.insert(0, Fault(number, "entreprise", Problem.MORE_CELLS))
    missing = _fill_in(values, {fault.column for fault in faults})
    tutor, tutor_faults = _read_tutor(number, typed, get_text(values, "academie"))
    faults += [*tutor_faults, *(Fault(number, column, Problem.EMPTY) for column in missing)]
    states = tuple(typed.get(column, "") for column in STATES)
    comments = (cells[place] for place, column in columns.items() if column == "commentaires")
    commented = _is_comment(states) or any(comment.strip() for comment in comments)
    by_hand = _list_by_hand(values, states)
    return Line(
        number,
        values,
        commented,
        by_hand,
        _find_refused_status(states, names_tutor=bool(typed.get(TUTOR_ADDRESS))),
        tutor,
    ), faults


def _read_tutor(number: int, typed: dict[str, str], academie: str) -> tuple[NamedPerson | None, list[Fault]]:
    """Read who accompanies the young person of a line, by their address; None: the table gives none."""
    mailbox = typed.get(TUTOR_ADDRESS, "")
    if not mailbox:
        return None, []
    try:
        mailbox = address.normalise(mailbox, TUTOR_ADDRESS)
    except FieldInvalid as refusal:
        problem = _find_problem(str(refusal.facts["reason"]))
        return None, [Fault(number, TUTOR_ADDRESS, problem, value=mailbox)]
    try:
        name = texts.read_name(typed.get("referent_mlds", ""), "nom")
    except FieldInvalid:
        name = ""  # whoever invites them writes it
    return NamedPerson(Role.TUTOR, academie, name, mailbox), []


def _strip_cell(column: str, cell: str) -> str:
    """Return what a cell says: without spaces around it, the apostrophe that keeps a spreadsheet from running it, and the name
    before an address (« Paul Durand <paul@exemple.fr> »).
    """
    text = cell.strip(" \t\r\n\u00a0")
    said = text[1:] if text.startswith("'") and texts.is_formula(text[1:]) else text
    is_named = said.endswith(">") and column in {*ADDRESSES, TUTOR_ADDRESS}
    return parseaddr(said)[1] or said if is_named else said


def _read_cells(number: int, typed: dict[str, str]) -> tuple[dict[str, FieldValue], list[Fault]]:
    """Read the cells of a line that are not empty: return column → value, and the faults of the others.

    ``typed``: column → text of the cell; columns that are no field of the record are skipped.
    """
    values: dict[str, FieldValue] = {}
    faults = []
    for column, cell in typed.items():
        if not cell or column not in fields.ALL:
            continue
        if len(cell) > MOST_READ:
            faults.append(Fault(number, column, Problem.TOO_LONG, value=cell))
            continue
        try:
            values[column] = read_cell(fields.ALL[column], cell)
        except FieldInvalid as refusal:
            problem = _find_problem(str(refusal.facts["reason"]))
            faults.append(Fault(number, column, problem, value=cell))
    return values, faults


def _fill_in(values: dict[str, FieldValue], refused: set[str]) -> list[str]:
    """Fill in ``values`` what follows from other columns; return the needed columns that are still missing.

    ``refused``: columns whose cell was a fault already; they do not count as missing.
    """
    missing = [column for column in NEEDED if column not in values.keys() | refused]
    if "objet" in missing and "detail" in values:
        values["objet"] = values.pop("detail")
        missing.remove("objet")
    _place_from_address(values, refused)
    if not {"departement", "academie"} & (values.keys() | refused):
        missing.append("departement")
    return missing + _find_nameless(values, refused)


def _find_problem(reason: str) -> Problem:
    """Translate the reason of a refused field (``FieldInvalid``) into a problem; an unknown reason is ``CHARACTERS``."""
    if reason in {"end_before_start", "renewal_before_end"}:
        return Problem.BEFORE_START
    if reason.startswith(Problem.TOO_LONG):
        return Problem.TOO_LONG
    return Problem(reason) if reason in set(Problem) else Problem.CHARACTERS


def _place_from_address(values: dict[str, FieldValue], refused: set[str]) -> None:
    """Fill in ``values``, where it is empty: département and town from the postal code of the address, académie from the
    département. ``refused``: columns whose cell was a fault; only the town is filled in nevertheless.
    """
    known = values.keys() | (refused - {"commune"})
    place = fields.parse_place(get_text(values, "adresse"))
    values |= {name: value for name, value in place.items() if name not in known}
    if "departement" in values:
        values["academie"] = territory.find_academie(get_text(values, "departement"))


def _find_nameless(values: Values, refused: set[str]) -> list[str]:
    """List the name columns of contacts that have an address but no name.

    Contacts without an address are not kept, and are left to an agent (``ByHand``).
    """
    known = values.keys() | refused
    return [
        f"{named.prefix}_nom"
        for named in NAMED
        if f"{named.prefix}_courriel" in values and f"{named.prefix}_nom" not in known
    ]


def _is_comment(states: tuple[str, ...]) -> bool:
    """Whether the follow-up column holds free text instead of a status. ``states``: cells in the columns of ``STATES``."""
    followed = fold_text(states[1])
    return bool(followed) and followed not in FREE | NO | PREPARING


def _list_by_hand(values: Values, states: tuple[str, ...]) -> tuple[ByHand, ...]:
    """List what an agent has to do by hand for this line. ``states``: its cells in the columns of ``STATES``, in that order."""
    without_mail = any(
        f"{named.prefix}_courriel" not in values
        and {f"{named.prefix}_nom", f"{named.prefix}_tel"} & values.keys()
        for named in NAMED
    )
    lacks = {
        ByHand.NO_TOWN: "commune" not in values,
        ByHand.NO_TASKS: "taches" not in values,
        ByHand.NO_DEPARTEMENT: "departement" not in values,
        ByHand.CONTACT_WITHOUT_MAIL: without_mail,
        ByHand.NO_CONTACT: not any(f"{prefix}_courriel" in values for prefix in fields.OF_COMPANY),
    }
    return (*_list_state_by_hand(states), *(todo for todo, is_lacking in lacks.items() if is_lacking))


def _list_state_by_hand(states: tuple[str, ...]) -> tuple[ByHand, ...]:
    """List what the state of the offer leaves to do by hand: nothing for a free one. ``states``: as in ``_list_by_hand``."""
    available, followed, convention = (fold_text(state) for state in states)
    if convention not in NO | {""}:
        return (ByHand.CONVENTION,)
    return (ByHand.IN_PREPARATION,) if {available, followed} & PREPARING else ()


def _find_refused_status(states: tuple[str, ...], *, names_tutor: bool) -> str:
    """Return the words that keep a line out: its offer is over, in a state that we do not know, or under way with nobody named to
    follow it; empty: it may enter as a free offer, or with its tutor.

    ``states``: as in ``_list_by_hand``. Of a text that may say more than a status it is the word alone that says so.
    """
    available, followed, convention = map(fold_text, states)
    if available not in FREE | YES | PREPARING | {""}:
        return states[0][:TITLE_CHARACTERS]
    over = next((match for state in states if (match := OVER.search(fold_text(state)))), None)
    if over is not None:
        return f"{over[0]}…"
    under_way = (available in PREPARING, followed in PREPARING, convention not in NO | {""})
    words = (state for state, is_under_way in zip(states, under_way, strict=True) if is_under_way)
    return "" if names_tutor else next(words, "")[:TITLE_CHARACTERS]


def _find_doubles(lines: list[Line]) -> list[Fault]:
    """List the lines that describe the same offer as an earlier line, by the offer's key."""
    first: dict[str, int] = {}
    faults = []
    for line in lines:
        other = first.setdefault(record.derive_offer_key(line.record), line.number)
        if other != line.number:
            faults.append(Fault(line.number, "entreprise", Problem.SAME_OFFER, other))
    return faults


Contact = TypeVar("Contact", CompanyContact, BuyerContact)


@dataclass(frozen=True)
class Difference:
    """A field of an existing offer that a line changes."""

    column: str
    before: FieldValue
    after: FieldValue


@dataclass(frozen=True)
class Entry:
    """One line of the file, and what the import does with it."""

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
        """Return eight characters that identify what is decided for this line: the offer, its fate and each difference.

        The page carries them, so that a decision that differs from the one that was shown is noticed.
        """
        parts = [
            f"{difference.column}:{difference.before!r}:{difference.after!r}"
            for difference in self.differences
        ]
        return hashlib.sha256("\n".join((self.parcours, self.fate.value, *parts)).encode()).hexdigest()[:8]

    def find_shown_fate(self, mark: str) -> Fate:
        """Return what was shown of this line by its mark: once it is written, it would change nothing any more."""
        if self.writes or self.mark == mark:
            return self.fate
        created = replace(self, fate=Fate.CREATED, differences=())
        return Fate.CREATED if created.mark == mark else Fate.UPDATED


def were_shown(entries: Sequence[Entry], marks: Sequence[str]) -> bool:
    """Whether everything that the import would write now is what the page showed. ``marks``: of its entries, in order.

    An entry that writes nothing any more, since the offer now says what the line says, needs no mark.
    """
    return len(entries) == len(marks) and all(
        not entry.writes or entry.mark == mark for entry, mark in zip(entries, marks, strict=True)
    )


def list_marks(entries: Sequence[Entry], shown: Sequence[str] = ()) -> tuple[str, ...]:
    """List the marks of entries; one that writes nothing any more keeps that by which it was shown before (``shown``)."""
    if len(shown) != len(entries):
        return tuple(entry.mark for entry in entries)
    return tuple(entry.mark if entry.writes else mark for entry, mark in zip(entries, shown, strict=True))


def identifier(key: str) -> str:
    """Derive the id of the parcours of an imported offer from the offer's key, so that a repeated import makes the same id."""
    return hashlib.sha256(f"import#{key}".encode()).hexdigest()[:32]


def build_offer(line: Line, agent: str, now: datetime) -> Parcours:
    """Build the free offer of a line. ``agent``: account id of the person who imports."""
    made = line.record
    declared = Origin(how=How.DECLARED, at=now, by=Role.TEAM, person=agent)
    return record.build_free_offer(
        identifier(record.derive_offer_key(made)), made, declared, EventKind.OFFER_IMPORTED
    )


def decide_entry(line: Line, keyed: OfferKey | None, current: Parcours | None) -> Entry:
    """Decide whether a line creates or updates an offer, changes nothing, or belongs to an offer renamed by hand since.

    ``keyed``: the stored key of this offer, if there is one; ``current``: the parcours of that key, or, without a key, the one
    that an earlier import made of this line.
    """
    if current is None:
        return Entry(line, Fate.CREATED, identifier(record.derive_offer_key(line.record)))
    if keyed is None:
        return Entry(line, Fate.RENAMED, current.id)
    differences = (
        *_find_differences(line, current),
        *_find_contact_differences(line, current),
        *_find_academie_difference(line, current),
    )
    return Entry(line, Fate.UPDATED if differences else Fate.UNCHANGED, current.id, differences)


def write_entry(
    entry: Entry, key: OfferKey | None, current: Parcours | None, agent: str, inputs: DecisionInputs
) -> Transition:
    """Return the transition that creates or updates the offer of an entry; nothing for an entry that changes nothing.

    ``key``: of this offer, as it is stored; ``current``: the offer that is updated; ``agent``: account id of who imports.
    """
    if entry.fate is Fate.CREATED:
        offer = build_offer(entry.line, agent, inputs.now)
        return attempt.declare(offer, inputs.draw_id(), by=Role.TEAM, kind=EventKind.OFFER_IMPORTED)
    if entry.fate is not Fate.UPDATED or current is None:  # only a created offer has no current one
        return Transition.nothing()
    answer = RecordAnswer(_build_edited_record(entry, current), seen=current.edited)
    # Of what makes the key an import changes nothing but that a SIREN comes in the place of a name.
    edited = key if key is not None and key.key == record.derive_offer_key(entry.line.record) else None
    return record.edit(
        current, answer, OfferKeys(current=key, edited=edited), person=agent, by=Role.TEAM, inputs=inputs
    )


def _find_differences(line: Line, current: Parcours) -> list[Difference]:
    """List the fields that the line changes, contacts apart; an empty cell changes nothing."""
    differences = []
    for field in FIELDS:
        if field.compared and field.name in line.values:
            before = getattr(getattr(current, field.part), field.attribute)
            after = line.values[field.name]
            if after != before:
                differences.append(Difference(field.name, before, after))
    return differences


def _find_contact_differences(line: Line, current: Parcours) -> list[Difference]:
    """List the fields of contacts that the line changes.

    A contact without an address in the line, or one that was verified here since, is left as it is.
    """
    differences = []
    for named in NAMED:
        contact = find_named_contact(current, named.about)
        if f"{named.prefix}_courriel" not in line.values or (contact is not None and contact.verified_on):
            continue
        for field in CONTACT_FIELDS:
            column, before = f"{named.prefix}_{field.name}", getattr(contact, field.attribute, None) or None
            if column in line.values and line.values[column] != before:
                differences.append(Difference(column, before, line.values[column]))
    return differences


def _find_academie_difference(line: Line, current: Parcours) -> list[Difference]:
    """Return the change of académie, where neither the line nor the offer has a département; else an empty list."""
    before, after = current.placement.academie, line.values["academie"]
    unplaced = "departement" not in line.values and not current.placement.departement
    return [Difference("academie", before, after)] if unplaced and before != after else []


def _build_edited_record(entry: Entry, current: Parcours) -> Record:
    """Build the record of the current offer with the differences of an entry."""
    changes = {difference.column: difference.after for difference in entry.differences}
    touched = {fields.ALL[column].part for column in changes}
    fresh, buyer = entry.line.record, current.buyer_contact
    placement = fields.replace_part(current.placement, "placement", changes)
    if changes.keys() & {"departement", "academie"}:
        placement = replace(placement, academie=fresh.placement.academie, region=fresh.placement.region)
    company = fields.replace_part(current.company, "company", changes)
    contacts = [
        _merge_contact(record.find_contact(company, contact.role), contact)
        for contact in fresh.company.contacts
        if _find_prefix(contact.role.value) in touched
    ]
    if fresh.buyer_contact is not None and _find_prefix(Interlocutor.BUYER) in touched:
        buyer = _merge_contact(buyer, fresh.buyer_contact)
    return Record(
        company=company.with_contacts(*contacts),
        contract=fields.replace_part(current.contract, "contract", changes),
        placement=placement,
        buyer_contact=buyer,
    )


def _find_prefix(about: str) -> str:
    """Return the prefix of the columns of this contact: ``about`` is a role of the company, or the buyer."""
    return next(named.prefix for named in NAMED if named.about == about)


def _merge_contact(before: Contact | None, after: Contact) -> Contact:
    """Return the contact of the line (``after``).

    Where its address is that of the current contact (``before``), what the line leaves empty is taken from that one.
    """
    if before is None or before.address != after.address:
        return after
    return replace(
        after,
        name=after.name or before.name,
        function=after.function or before.function,
        phone=after.phone or before.phone,
        verified_on=after.verified_on or before.verified_on,
        written_at=after.written_at or before.written_at,
        answered_at=after.answered_at or before.answered_at,
        noted=after.noted or before.noted,
        origin=after.origin or before.origin,
    )


LACKS = frozenset({ByHand.NO_TOWN, ByHand.NO_TASKS, ByHand.NO_DEPARTEMENT, ByHand.NO_CONTACT})
"""What a new offer is told to lack; one that is there already holds it perhaps, and lists say when nobody is named."""


def list_imported_lines(
    entries: Sequence[Entry], marks: Sequence[str], written: int, stored: ImportReport | None
) -> tuple[ImportedLine, ...]:
    """List what stays of entries that are in, the first ``written`` and those that change nothing: no value of them.

    ``marks``: by which they were shown, in order; ``stored``: the report of the same import, as far as it was written before.
    """
    earlier = {(line.number, line.parcours): line.fate for line in stored.lines} if stored else {}
    shown = [(entry, entry.find_shown_fate(mark)) for entry, mark in zip(entries, marks, strict=True)]
    return tuple(
        _build_imported_line(entry, fate.follow(earlier.get((entry.line.number, entry.parcours))))
        for place, (entry, fate) in enumerate(shown)
        if place < written or fate not in {Fate.CREATED, Fate.UPDATED}
    )


def _build_imported_line(entry: Entry, fate: Fate) -> ImportedLine:
    """Build what stays of an entry that was shown with this fate."""
    addresses = {name: get_text(entry.line.values, name) for name in ADDRESSES}
    is_mistyped = fate in {Fate.CREATED, Fate.UPDATED} and bool(list_mistyped(addresses, ()))
    return ImportedLine(
        number=entry.line.number,
        parcours=entry.parcours,
        fate=fate,
        by_hand=(*list_tasks(entry, fate), *((ByHand.MISTYPED,) if is_mistyped else ())),
        is_commented=entry.line.commented,
    )


def build_report(
    reading: Reading, lines: tuple[ImportedLine, ...], account: str, sha256: str, now: datetime
) -> ImportReport:
    """Build the report that stays of an import.

    ``lines``: those that are in; ``account``: id of who imports; ``sha256``: of the file as it was chosen.
    """
    waiting: dict[tuple[str, Problem], list[int]] = {}
    for fault in reading.faults:
        if fault.line is not None:
            waiting.setdefault((fault.column, fault.problem), []).append(fault.line)
    return ImportReport(
        id=derive_report_id(account, sha256),
        account=account,
        at=now,
        total=len(reading.lines),
        lines=lines,
        waiting=tuple(
            WaitingLines(column=column, problem=problem, numbers=tuple(dict.fromkeys(numbers)))
            for (column, problem), numbers in waiting.items()
        ),
        kept_out=tuple(line.number for line in reading.kept_out),
    )


def list_tasks(entry: Entry, fate: Fate) -> tuple[ByHand, ...]:
    """Return what a line leaves to do by hand.

    What an existing offer lacks is not listed: it may hold it already, and the list of offers shows when it does not.
    """
    return tuple(task for task in entry.line.by_hand if fate is Fate.CREATED or task not in LACKS)


def list_mistyped_cells(entry: Entry) -> list[Mistyped]:
    """List the addresses of a line that are new to its offer and look mistyped."""
    line, is_known = entry.line, entry.fate is not Fate.CREATED
    changed = {difference.column for difference in entry.differences}
    addresses = {name: get_text(line.values, name) for name in ADDRESSES}
    known = [address for name, address in addresses.items() if is_known and name not in changed]
    return list_mistyped(addresses, known)
