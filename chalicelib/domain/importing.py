"""Read the team's table: lines that are ready to be offers, lines that wait with all their faults, offers that are here already.

Nothing about a young person may enter: attachments and free comments are dropped, and the page says so.
"""

import csv
import difflib
import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from email.utils import parseaddr
from enum import StrEnum
from typing import ClassVar

from dateutil.parser import parser, parserinfo

from chalicelib.domain import fields, record
from chalicelib.domain.fields import ADDRESSES, NAMED, Field, FieldValue, Record, Values, get_day, get_text
from chalicelib.domain.kernel import address, attempt, territory, texts
from chalicelib.domain.kernel.calendar import start_of
from chalicelib.domain.kernel.parcours import How, Origin, Parcours, list_identifiers
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.retention import RetentionPolicy
from chalicelib.domain.kernel.texts import fold_text
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor, Outcome, Reason
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.mistyped import list_mistyped
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


class Problem(StrEnum):
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
    MORE_CELLS = "more_cells"
    STATUS = "status"
    """A word that no status column knows, and nobody has said what it means."""
    NO_TUTOR = "no_tutor"
    """Somebody prepares the offer, or has a convention, and the line does not say by an address who follows the young person."""
    NO_ACCOUNT = "no_account"
    """The address of who follows the young person has no tutor's account yet."""


class ByHand(StrEnum):
    """What a line leaves to do in the tool, once it is imported."""

    CONVENTION = "convention"
    NO_TOWN = "no_town"
    NO_TASKS = "no_tasks"
    NO_DEPARTEMENT = "no_departement"
    CONTACT_WITHOUT_MAIL = "contact_without_mail"
    NO_CONTACT = "no_contact"
    MISTYPED = "mistyped"
    """An address looks mistyped."""


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
    """Read to know whether the line enters, and not kept."""
    UNKNOWN = "unknown"


NEEDED = ("entreprise", "heures", "organisme", "objet", "notifie_le", "fin_le")
"""Columns without which there is no offer; ``departement`` or ``academie`` is needed too."""
STATES = ("disponibilite", "suivis", "convention")
OURS = "a_corriger"
"""The column that the file of lines to correct has beside theirs."""
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
    OURS: ("à corriger", Dropped.DEDUCED),
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
"""What the page calls each column."""
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
PAST_FACTS: tuple[tuple[re.Pattern[str], EventKind, Reason | None], ...] = (
    (re.compile(r"\b(cv|lettre|lm|documents?) (envoye|transmis)"), EventKind.DOCUMENTS_SENT_OUTSIDE, None),
    (re.compile(r"\b(mail|courriel) (envoye|de relance)"), EventKind.MAIL_SENT_OUTSIDE, None),
    (re.compile(r"\bmessage (vocal )?laisse"), EventKind.CALL_NOTED, Reason.MESSAGE_LEFT),
    (re.compile(r"\b(appel|telephon)\w* sans reponse"), EventKind.CALL_NOTED, Reason.NO_ANSWER),
    (re.compile(r"\bentretien (passe|fait|realise|a eu lieu)"), EventKind.MEETING_HELD, None),
    (re.compile(r"\bconvention (envoye|transmis)"), EventKind.CONVENTION_SENT, None),
)
"""How a comment says, in plain letters, what happened on its day."""
DOUBT = re.compile(r"\b(pas|non|jamais|aucune?|si|avant)\b|\b(prevu|annule|reporte|refus)")
"""Beside one of these, a sentence says something else."""
SENTENCE = re.compile(r"[;\r\n]|\.\s")
WRITTEN_DAY = re.compile(
    r"\b[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{2,4}\b|\b[0-9]{1,2}(?:er)? \w{3,9}\.? [0-9]{4}\b"
)
TITLE_CHARACTERS = 60
"""A title or a status that we do not know is shown cut: it could hold anything."""
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
    is_over: bool = False
    """The table says that it is no longer to be taken."""
    is_prepared: bool = False
    """The table says that somebody prepares it, or that a convention is signed."""
    tutor: NamedPerson | None = None
    """Who accompanies the young person, as the table says by an address."""
    history: tuple[Outcome, ...] = ()
    """What its comments say happened, each on a day, in order."""

    @property
    def buyer(self) -> NamedPerson | None:
        """The buyer whom the table names with an address."""
        mailbox, name = get_text(self.values, "acheteur_courriel"), get_text(self.values, "acheteur_nom")
        return NamedPerson(Role.BUYER, self.organisation, name, mailbox, self.siren) if mailbox else None

    @property
    def people(self) -> tuple[NamedPerson, ...]:
        """Tutor and buyer whom the table names with an address."""
        return tuple(person for person in (self.tutor, self.buyer) if person is not None)

    @property
    def organisation(self) -> str:
        """The name of its buying organisation; empty where the line does not say."""
        return get_text(self.values, "organisme")

    @property
    def siren(self) -> str:
        """The SIREN of its buying organisation; empty where the line does not say."""
        return get_text(self.values, "organisme_siret")

    @property
    def keys(self) -> list[str]:
        """The keys under which its offer may be stored: by its buyer's SIREN and, as before SIRENs, by the name.

        None where the line lacks what makes one.
        """
        company, *subject = [get_text(self.values, name) for name in ("entreprise", "objet", "detail", "lot")]
        is_known = bool(company and subject[0])
        return [attempt.hash_offer(company, buyer, *subject) for buyer in list_identifiers(self) if is_known]

    @property
    def record(self) -> Record:
        """The record that this line makes."""
        return fields.build_record(self.values)


@dataclass(frozen=True)
class Entry:
    """A line and the parcours of its offer, by its id."""

    line: Line
    parcours: str


@dataclass(frozen=True)
class Fault:
    """Something to correct in the file. ``line`` as a spreadsheet shows it; None for the file as a whole."""

    line: int | None
    column: str
    problem: Problem


class Status(StrEnum):
    """What a word of a status column means."""

    FREE = "free"
    PREPARING = "preparing"
    OVER = "over"


@dataclass(frozen=True)
class Word:
    """A word of a status column, in plain letters."""

    column: str
    text: str


@dataclass(frozen=True)
class Answers:
    """What somebody said of a file that it does not say itself."""

    columns: Mapping[int, str] = field(default_factory=dict)
    """Place of a title → our name of its column; empty: none of ours."""
    statuses: Mapping[Word, Status] = field(default_factory=dict)


NO_ANSWERS = Answers()


@dataclass(frozen=True)
class Heading:
    """A title that is none of ours. ``column``: what it is taken for, by likeness or by an answer; empty: nothing."""

    place: int
    title: str
    column: str


@dataclass(frozen=True)
class Reading:
    """What a file holds. A fault keeps its line out; one of the file as a whole keeps everything out."""

    lines: tuple[Line, ...]
    """Those that are ready to be offers."""
    faults: tuple[Fault, ...]
    dropped: tuple[tuple[str, Dropped], ...]
    """Columns that do not enter, by their titles, and why."""
    waiting: tuple[Line, ...] = ()
    """Lines that wait for a correction, or for an account."""
    here: tuple[Entry, ...] = ()
    """Lines whose offer is here already, and is left alone."""
    over: tuple[Line, ...] = ()
    """Lines that are over in the table; their faults are not said."""
    doubles: tuple[Line, ...] = ()
    """Lines of an offer that a line above makes."""
    headings: tuple[Heading, ...] = ()
    """The titles that are guessed or unknown, where a line still asks for them,"""
    words: tuple[Word, ...] = ()
    """and the words of its status columns that nobody knows, each once."""

    @property
    def is_refused(self) -> bool:
        """Whether nothing of the file may be imported."""
        return any(fault.line is None for fault in self.faults)


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


FindAccounts = Callable[[Iterable[str]], Mapping[str, Account]]
"""Find the open accounts that have some of these addresses: folded address → account."""


FindOffers = Callable[[Iterable[Line]], Mapping[int, str]]
"""Find the lines whose offer is here already: number → id of its parcours."""


def read_table(
    table: Table,
    policy: RetentionPolicy,
    today: date,
    answers: Answers = NO_ANSWERS,
    find_accounts: FindAccounts = lambda addresses: {},
    find_offers: FindOffers = lambda lines: {},
) -> Reading:
    """Read every line of a table, and list all that is wrong with those whose offer is not here yet. ``today``: in Paris.

    A fault in the columns keeps everything out, unless every line is here already or over. ``policy``: how long a contract that
    is over is kept; a line whose contract has been over for longer is a fault, and so is one without a SIREN whose buyer has no
    account, or one that is prepared by nobody who has an account.
    """
    attached = _find_attached(table)
    columns, headings = _match_columns(table, attached, answers)
    column_faults, dropped = _find_column_faults(columns), _list_dropped(table, columns, attached)
    if any(fault.problem is Problem.COLUMN_TWICE for fault in column_faults):
        return Reading((), tuple(column_faults), dropped, headings=headings)
    read_columns = {place: column for place, column in enumerate(columns) if column and place not in attached}
    lines: list[Line] = []
    faults: list[Fault] = []
    words: dict[int, list[Word]] = {}
    for number, cells in table.rows:
        line, wrong, unknown = _read_line(number, cells, read_columns, len(table.titles), today, answers)
        lines.append(line)
        words[number] = unknown
        faults += [*wrong, *_find_day_faults(line, policy, today, is_right=not wrong)]
    accounts = find_accounts(person.address for line in lines for person in line.people)
    lines, without_siren = _complete_organisations(lines, faults, accounts)
    offers = find_offers(line for line in lines if not line.is_over)
    over = tuple(line for line in lines if line.is_over)
    left_alone = {*offers, *(line.number for line in over)}
    if column_faults and len(left_alone) < len(lines):
        return Reading((), tuple(column_faults), dropped, headings=headings)
    strangers = [
        Fault(line.number, TUTOR_ADDRESS, Problem.NO_ACCOUNT)
        for line in lines
        if line.is_prepared and line.tutor and find_tutor(line, accounts) is None
    ]
    faults = [fault for fault in (*faults, *without_siren, *strangers) if fault.line not in left_alone]
    faulty = {fault.line for fault in faults}
    ready = [line for line in lines if line.number not in left_alone | faulty]
    firsts = {line.keys[0]: line.number for line in reversed(ready)}
    order = {column: place for place, column in read_columns.items()}
    faults.sort(key=lambda fault: (fault.line or 0, order.get(fault.column, 0)))
    asked = [word for number, unknown in words.items() if number not in left_alone for word in unknown]
    return Reading(
        tuple(line for line in ready if line.number == firsts[line.keys[0]]),
        tuple(faults),
        dropped,
        tuple(line for line in lines if line.number in faulty),
        tuple(Entry(line, offers[line.number]) for line in lines if line.number in offers),
        over,
        tuple(line for line in ready if line.number != firsts[line.keys[0]]),
        headings if ready or faults else (),
        tuple(dict.fromkeys(asked)),
    )


def _complete_organisations(
    lines: list[Line], faults: list[Fault], accounts: Mapping[str, Account]
) -> tuple[list[Line], list[Fault]]:
    """Give each line without a SIREN the organisation of its buyer's account; return the faults of those that stay without."""
    wrong = {fault.line for fault in faults if fault.column == "organisme_siret"}
    lacking = {line.number for line in lines if "organisme_siret" not in line.values} - wrong
    completed, without = [], []
    for line in lines:
        account = accounts.get(address.fold(line.buyer.address)) if line.buyer else None
        if line.number in lacking and account is not None and Role.BUYER in account.roles:
            siren = {"organisme_siret": account.siren} if account.siren else {}
            line = replace(line, values={**line.values, "organisme": account.organisation, **siren})
        elif line.number in lacking:
            without.append(Fault(line.number, "organisme_siret", Problem.EMPTY))
        completed.append(line)
    return completed, without


GUESSED = frozenset(
    {*NEEDED, "departement", "academie", "domaine", "siret", "numero", "lot", "reconduction_le"}
)
"""Columns that a title may be taken for by likeness: none that holds people, or free text about them."""
LIKENESS = 0.75


def _match_columns(
    table: Table, attached: set[int], answers: Answers
) -> tuple[list[str | None], tuple[Heading, ...]]:
    """Return our name of each column, None if it is none; and the titles that are not ours, with what they are taken for.

    An empty column asks nothing. ``attached``: places of the columns that hold files, which are none of both.
    """
    columns = [find_column(title) for title in table.titles]
    headings = []
    for place, title in enumerate(table.titles):
        is_filled = any(place < len(cells) and cells[place].strip() for _, cells in table.rows)
        if title and columns[place] is None and is_filled and place not in attached:
            absent = GUESSED.difference(column for column in columns if column)
            column = answers.columns.get(place, _guess_column(title, absent))
            columns[place] = column if column in CALLED and column not in columns else None
            headings.append(Heading(place, title, columns[place] or ""))
    return columns, tuple(headings)


def _guess_column(title: str, absent: frozenset[str]) -> str:
    """Return the column, of those that are ``absent`` from the file, whose title is nearest to this one; empty: none is near."""
    titles = {fold_text(known): column for column in sorted(absent) for known in _TITLES[column].split(", ")}
    near = difflib.get_close_matches(fold_text(title), list(titles), n=1, cutoff=LIKENESS)
    return titles[near[0]] if near else ""


def select_waiting_lines(
    table: Table,
    answers: Answers,
    sentences: Mapping[int, str],
    words: Mapping[Status, str],
) -> list[tuple[str, ...]]:
    """Return the titles and the lines that wait, as a file that asks nothing once they are corrected.

    Its columns are those that are read, by our titles; a status has the word that was answered for it. ``sentences``: what is to
    be corrected, by the number of the line; ``words``: of each status.
    """
    columns, _ = _match_columns(table, _find_attached(table), answers)
    kept = {place: column for place, column in enumerate(columns) if column and column != OURS}
    rows = [(*(CALLED[column] for column in kept.values()), CALLED[OURS])]
    for number, cells in table.rows:
        if number in sentences:
            texts_of_line = [cells[place] if place < len(cells) else "" for place in kept]
            said = [
                words[answers.statuses[word]]
                if (word := Word(column, fold_text(text))) in answers.statuses
                else text
                for column, text in zip(kept.values(), texts_of_line, strict=True)
            ]
            rows.append((*said, sentences[number]))
    return rows


def _list_dropped(
    table: Table, columns: list[str | None], attached: set[int]
) -> tuple[tuple[str, Dropped], ...]:
    """List the columns that are not imported, as (title, why). A title is cut to ``TITLE_CHARACTERS``.

    ``columns``: our name of each column, None if unknown; ``attached``: places of the columns that hold attachments.
    """
    return tuple(
        (title[:TITLE_CHARACTERS], _explain_dropping(column, place in attached))
        for place, (title, column) in enumerate(zip(table.titles, columns, strict=True))
        if title and column != OURS and (place in attached or column is None or column in _NEVER)
    )


def _find_day_faults(line: Line, policy: RetentionPolicy, today: date, *, is_right: bool) -> list[Fault]:
    """Return the first fault of a line's days, in a list of one or none.

    That its contract is no longer kept is said only of a line without other faults (``is_right``).
    """
    return [
        Fault(line.number, name, _find_problem(reason))
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
    number: int,
    cells: tuple[str, ...],
    read_columns: dict[int, str],
    width: int,
    today: date,
    answers: Answers,
) -> tuple[Line, list[Fault], list[Word]]:
    """Read a row of the table as an offer; return it with its faults, and the words of its status that nobody knows.

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
    words = [Word(column, fold_text(typed.get(column, ""))) for column in STATES]
    statuses = {word.column: find_status(word, answers) for word in words}
    unknown = [word for word in words if statuses[word.column] is None]
    faults += [Fault(number, word.column, Problem.STATUS) for word in unknown]
    is_prepared = Status.PREPARING in statuses.values()
    if is_prepared and not typed.get(TUTOR_ADDRESS):
        faults.append(Fault(number, TUTOR_ADDRESS, Problem.NO_TUTOR))
    comments = [cells[place] for place, column in columns.items() if column == "commentaires"]
    if _is_comment(words[1]):
        comments.append(typed["suivis"])
    line = Line(
        number,
        values,
        commented=any(comment.strip() for comment in comments),
        by_hand=_list_by_hand(values, has_convention=statuses["convention"] is Status.PREPARING),
        is_over=Status.OVER in statuses.values(),
        is_prepared=is_prepared,
        tutor=tutor,
        history=read_history(comments, values, today),
    )
    return line, faults, unknown


def find_status(word: Word, answers: Answers = NO_ANSWERS) -> Status | None:
    """Return what a word of a status column means; None: nobody knows yet. The follow-up is free text where it says none.

    A convention that is signed, or on its day, is of somebody who prepares the offer.
    """
    if word in answers.statuses:
        return answers.statuses[word]
    if OVER.search(word.text):
        return Status.OVER
    if word.text in PREPARING:
        return Status.PREPARING
    if word.column == "convention":
        is_signed = word.text in YES or bool(re.search(r"\b(signe|20[0-9]{2})", word.text))
        return Status.PREPARING if is_signed else Status.FREE if word.text in NO | FREE | {""} else None
    return Status.FREE if word.column == "suivis" or word.text in FREE | YES | {""} else None


def _read_tutor(number: int, typed: dict[str, str], academie: str) -> tuple[NamedPerson | None, list[Fault]]:
    """Read who accompanies the young person of a line, by their address; None: the table gives none."""
    mailbox = typed.get(TUTOR_ADDRESS, "")
    if not mailbox:
        return None, []
    try:
        mailbox = address.normalise(mailbox, TUTOR_ADDRESS)
    except FieldInvalid as refusal:
        problem = _find_problem(str(refusal.facts["reason"]))
        return None, [Fault(number, TUTOR_ADDRESS, problem)]
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
            faults.append(Fault(number, column, Problem.TOO_LONG))
            continue
        try:
            values[column] = read_cell(fields.ALL[column], cell)
        except FieldInvalid as refusal:
            problem = _find_problem(str(refusal.facts["reason"]))
            faults.append(Fault(number, column, problem))
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


def _is_comment(followed: Word) -> bool:
    """Whether the follow-up column holds free text instead of a status."""
    return bool(followed.text) and followed.text not in FREE | NO | PREPARING


def read_history(comments: Iterable[str], values: Values, today: date) -> tuple[Outcome, ...]:
    """Read what comments say happened on a past day since the contract was notified, in order; all else in them is left out.

    ``values``: of the line. A sentence counts that has one day and one fact of ``PAST_FACTS``.
    """
    sentences = [sentence for comment in comments for sentence in SENTENCE.split(comment[:MOST_READ])]
    facts = {fact for sentence in sentences if (fact := _read_past_fact(sentence, values, today)) is not None}
    return tuple(sorted(facts, key=lambda fact: fact.occurred_at))


def _read_past_fact(sentence: str, values: Values, today: date) -> Outcome | None:
    """Read a sentence such as « CV envoyé le 12/03/2026 »; None: it is none, or does not say with whom."""
    days, text = WRITTEN_DAY.findall(sentence), fold_text(sentence)
    kinds = [(kind, reason) for words, kind, reason in PAST_FACTS if words.search(text)]
    if len(days) != 1 or len(kinds) != 1 or DOUBT.search(text):
        return None
    day, notified_on = texts.read_day(_read_french_day(days[0])), get_day(values, "notifie_le")
    if day is None or notified_on is None or not notified_on <= day < today:
        return None
    kind, reason = kinds[0]
    about = [named.about for named in NAMED if f"{named.prefix}_courriel" in values]
    contacts = [person for person in about if (person is Interlocutor.BUYER) == ("achet" in text)]
    needs_contact = kind.move is not None and kind.move.contact
    if needs_contact and len(contacts) != 1:
        return None
    noon = start_of(day) + timedelta(hours=12)
    return Outcome(kind=kind, reason=reason, contact=contacts[0] if needs_contact else None, occurred_at=noon)


def _list_by_hand(values: Values, *, has_convention: bool) -> tuple[ByHand, ...]:
    """List what an agent has to do by hand for this line."""
    without_mail = any(
        f"{named.prefix}_courriel" not in values
        and {f"{named.prefix}_nom", f"{named.prefix}_tel"} & values.keys()
        for named in NAMED
    )
    is_true = {
        ByHand.CONVENTION: has_convention,
        ByHand.NO_TOWN: "commune" not in values,
        ByHand.NO_TASKS: "taches" not in values,
        ByHand.NO_DEPARTEMENT: "departement" not in values,
        ByHand.CONTACT_WITHOUT_MAIL: without_mail,
        ByHand.NO_CONTACT: not any(f"{prefix}_courriel" in values for prefix in fields.OF_COMPANY),
        ByHand.MISTYPED: bool(list_mistyped({name: get_text(values, name) for name in ADDRESSES}, ())),
    }
    return tuple(task for task, holds in is_true.items() if holds)


def find_tutor(line: Line, accounts: Mapping[str, Account]) -> Account | None:
    """Return the tutor's account to which a prepared line is given; ``accounts``: as ``FindAccounts`` finds them."""
    account = accounts.get(address.fold(line.tutor.address)) if line.is_prepared and line.tutor else None
    return account if account is not None and Role.TUTOR in account.roles else None


def derive_fact_key(parcours: str, fact: Outcome) -> str:
    """Derive the id of a fact of an imported offer, so that a repeated import notes it once."""
    said = f"import#{parcours}#{fact.kind}#{fact.reason}#{fact.contact}#{fact.occurred_at.isoformat()}"
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def identifier(key: str) -> str:
    """Derive the id of the parcours of an imported offer from the offer's key, so that a repeated import makes the same id."""
    return hashlib.sha256(f"import#{key}".encode()).hexdigest()[:32]


def identify(line: Line) -> str:
    """Derive the id of the parcours that an import makes of a line."""
    return identifier(line.keys[0])


def build_offer(line: Line, agent: str, now: datetime) -> Parcours:
    """Build the free offer of a line. ``agent``: account id of the person who imports."""
    declared = Origin(how=How.DECLARED, at=now, by=Role.TEAM, person=agent)
    return record.build_free_offer(identify(line), line.record, declared, EventKind.OFFER_IMPORTED)
