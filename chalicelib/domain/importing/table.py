"""Read the bytes of a CSV file strictly into rows, and recognise its columns by their titles. Source: domain §3."""

import csv
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from chalicelib.domain import record
from chalicelib.domain.kernel import address, territory, texts
from chalicelib.domain.kernel.texts import plainly
from chalicelib.errors import FieldInvalid


class Column(StrEnum):
    """What a column of the table can be."""

    COMPANY = "company"
    SIRET = "siret"
    SECTOR = "sector"
    WEBSITE = "website"
    HOURS = "hours"
    PLACE = "place"
    TOWN = "town"
    ACADEMIE = "academie"
    DEPARTEMENT = "departement"
    DOMAIN = "domain"
    TASKS = "tasks"
    WELCOMES_NAME = "welcomes_name"
    WELCOMES_MAIL = "welcomes_mail"
    WELCOMES_PHONE = "welcomes_phone"
    WELCOMES_FUNCTION = "welcomes_function"
    ANSWERS_NAME = "answers_name"
    ANSWERS_MAIL = "answers_mail"
    ANSWERS_PHONE = "answers_phone"
    ANSWERS_FUNCTION = "answers_function"
    BUYER = "buyer"
    BUYER_KIND = "buyer_kind"
    BUYER_SIRET = "buyer_siret"
    BUYER_NAME = "buyer_name"
    BUYER_MAIL = "buyer_mail"
    BUYER_PHONE = "buyer_phone"
    BUYER_FUNCTION = "buyer_function"
    PRESCRIBER = "prescriber"
    OBJECT = "object"
    DETAIL = "detail"
    NUMBER = "number"
    LOT = "lot"
    NOTIFIED = "notified"
    ENDS = "ends"
    RENEWAL = "renewal"
    AVAILABILITY = "availability"
    FOLLOWED = "followed"
    CONVENTION = "convention"
    COMMENT = "comment"
    CREATED = "created"
    REGION = "region"
    TUTOR = "tutor"


class Dropped(StrEnum):
    """Why a column does not enter."""

    ATTACHMENTS = "attachments"
    COMMENTS = "comments"
    DEDUCED = "deduced"
    ACCOUNT = "account"
    STATUS = "status"
    """Read to tell what is left to do by hand, and not kept."""
    UNKNOWN = "unknown"


class Problem(StrEnum):
    """What can be wrong, with a cell or with a column."""

    MISSING_COLUMN = "missing_column"
    COLUMN_TWICE = "column_twice"
    EMPTY = "empty"
    TOO_LONG = "too_long"
    CHARACTERS = "characters"
    ADDRESS = "address"
    ACCENTED_ADDRESS = "accented_address"
    PHONE = "phone"
    DATE = "date"
    BEFORE_START = "before_start"
    NOT_KEPT = "not_kept"
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


class Wrong(Exception):
    """A cell that cannot be taken."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


NEEDED = (
    Column.COMPANY,
    Column.HOURS,
    Column.BUYER,
    Column.OBJECT,
    Column.NOTIFIED,
    Column.ENDS,
)
"""Without which there is no offer; a département or an académie is needed too."""
WHY: dict[Column, Dropped] = {
    Column.COMMENT: Dropped.COMMENTS,
    Column.CREATED: Dropped.DEDUCED,
    Column.REGION: Dropped.DEDUCED,
    Column.TUTOR: Dropped.ACCOUNT,
    Column.AVAILABILITY: Dropped.STATUS,
    Column.FOLLOWED: Dropped.STATUS,
    Column.CONVENTION: Dropped.STATUS,
}
"""Columns that are known and never enter."""
ATTACHED = re.compile(
    r"\.(pdf|docx?|odt|jpe?g|png|heic|xlsx?) ?\(https?://|airtableusercontent", re.IGNORECASE
)
"""How an exported cell shows a file that was attached."""

_TITLES: dict[Column, str] = {
    Column.COMPANY: "entreprise, nom entreprise, titulaire, raison sociale",
    Column.SIRET: "siret, siret entreprise, numéro siret",
    Column.SECTOR: "secteur, secteur activité",
    Column.WEBSITE: "site web, site internet, site",
    Column.HOURS: "heures, nombre heures, nb heures, volume horaire, durée",
    Column.PLACE: "adresse, adresse stage, lieu, lieu stage, adresse entreprise",
    Column.TOWN: "commune, ville",
    Column.ACADEMIE: "académie",
    Column.DEPARTEMENT: "département",
    Column.DOMAIN: "domaine, domaine activité",
    Column.TASKS: "tâches, tâches proposées, missions",
    Column.BUYER: "organisme acheteur, acheteur, nom organisme acheteur",
    Column.BUYER_KIND: "type, type organisme, type acheteur, type organisme acheteur",
    Column.BUYER_SIRET: "siret acheteur, siret organisme acheteur",
    Column.PRESCRIBER: "service prescripteur, prescripteur",
    Column.OBJECT: "objet, objet marché",
    Column.DETAIL: "objet détaillé, objet détaillé marché",
    Column.NUMBER: "numéro marché",
    Column.LOT: "lot, numéro lot",
    Column.NOTIFIED: "date notification, notification, date notification marché, notification marché",
    Column.ENDS: "fin clause, date fin, fin marché, date fin marché, date fin clause",
    Column.RENEWAL: "fin clause reconduction comprise, date fin reconduction comprise, fin reconduction comprise, "
    "date fin clause reconduction comprise, fin marché reconduction comprise",
    Column.AVAILABILITY: "disponibilité, statut",
    Column.FOLLOWED: "suivis, suivis parcours",
    Column.CONVENTION: "convention signée",
    Column.COMMENT: "commentaires, autre remarque, autres remarques, remarques, notes, observations",
    Column.CREATED: "created, créé, date création, créé le",
    Column.REGION: "région, région académique",
    Column.TUTOR: "référent mlds, tuteur mlds, tutrice mlds, nom référent mlds",
}
_PEOPLE = {
    "welcomes": "référent, référent entreprise, tuteur entreprise",
    "answers": "2 référent, 2 référent entreprise, autre référent, 2 contact",
    "buyer": "contact acheteur, acheteur contact",
}
_DETAILS = {"name": "nom", "mail": "mail", "phone": "tel", "function": "fonction"}
_SAME = {
    "email": "mail", "courriel": "mail", "mel": "mail", "telephone": "tel", "phone": "tel", "poste": "fonction",
    "2e": "2", "2eme": "2", "second": "2", "deuxieme": "2", "n": "numero", "no": "numero", "suivi": "suivis",
    "tache": "taches", "heure": "heures", "commentaire": "commentaires", "remarque": "remarques", "note": "notes",
}  # fmt: skip
_EMPTY_WORDS = frozenset(("de", "du", "des", "d", "la", "le", "les", "l", "en", "et", "au"))


def title_words(title: str) -> frozenset[str]:
    """The words of a column's title that tell it apart."""
    words = re.sub(r"\be mail\b", "mail", plainly(title)).split()
    found = frozenset(_SAME.get(word, word) for word in words) - _EMPTY_WORDS
    return found - {"adresse"} if "mail" in found else found


def _known() -> dict[frozenset[str], Column]:
    found = {title_words(one): column for column, titles in _TITLES.items() for one in titles.split(", ")}
    for who, titles in _PEOPLE.items():
        for title in titles.split(", "):
            found[title_words(title)] = Column(f"{who}_name")
            for part, word in _DETAILS.items():
                found[title_words(f"{title} {word}")] = Column(f"{who}_{part}")
    for part in ("mail", "phone"):
        found[title_words(f"acheteur {_DETAILS[part]}")] = Column(f"buyer_{part}")
    return found


_COLUMNS = _known()


def column_of(title: str) -> Column | None:
    """The column that a title names; None: we do not know it."""
    return _COLUMNS.get(title_words(title))


PROBLEMS = {one.value: one for one in Problem} | {"long_text": Problem.TOO_LONG}
"""What the form of the record says of the same values; anything else is about characters."""


def _as_typed(read: Callable[[str, str], Any]) -> Callable[[str], Any]:
    """A cell is read as the record's own form reads it."""

    def reading(cell: str) -> Any:
        try:
            return read(cell, "fichier")
        except FieldInvalid as refusal:
            raise Wrong(PROBLEMS.get(str(refusal.facts["reason"]), Problem.CHARACTERS)) from None

    return reading


def _text(most: int) -> Callable[[str], str]:
    """One line of at most so many characters; a cell may break its lines where the form may not."""
    return _as_typed(lambda cell, field: texts.one_line(cell, field, most=most, breaks=True))


_FRENCH_DAY = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
_ISO_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")


def _day(cell: str) -> date:
    """« 12/05/2026 », « 2/5/2026 » or « 2026-05-12 »; an hour after it says nothing here."""
    typed = re.sub(r"[ T][0-9]{1,2}(:|h)[0-9]{2}.*$", "", cell.strip())
    try:
        if found := _FRENCH_DAY.fullmatch(typed):
            day = date(int(found[3]), int(found[2]), int(found[1]))
        elif found := _ISO_DAY.fullmatch(typed):
            day = date(int(found[1]), int(found[2]), int(found[3]))
        else:
            raise Wrong(Problem.DATE)
    except ValueError:
        raise Wrong(Problem.DATE) from None
    if not texts.FIRST_YEAR <= day.year <= texts.LAST_YEAR:
        raise Wrong(Problem.DATE)
    return day


def _hours(cell: str) -> int:
    found = re.fullmatch(r"([0-9]{1,4}) ?(h|heures?)?", " ".join(cell.split()).lower())
    if not found or not 1 <= int(found[1]) <= record.MOST_HOURS:
        raise Wrong(Problem.HOURS)
    return int(found[1])


def _domain(cell: str) -> str:
    for one in territory.DOMAINES:
        if plainly(one) == plainly(cell):
            return one
    raise Wrong(Problem.DOMAIN)


def _departement(cell: str) -> str:
    """« 21 », « Côte-d’Or », « 21 - Côte-d’Or », « Côte-d’Or (21) »."""
    for typed in (cell, *re.findall(r"\b(?:[0-9]{2,3}|2[ABab])\b", cell)):
        if found := territory.departement_named(typed):
            return found
    raise Wrong(Problem.DEPARTEMENT)


def _academie(cell: str) -> str:
    found = territory.academie_named(cell)
    if found is None:
        raise Wrong(Problem.ACADEMIE)
    return found


_FUNCTION = _as_typed(lambda cell, field: texts.function(cell, field, breaks=True))
READERS: dict[Column, Callable[[str], Any]] = {
    **{column: _as_typed(texts.name) for column in Column if column.endswith("_name")},
    **{column: _as_typed(address.normalise) for column in Column if column.endswith("_mail")},
    **{column: _as_typed(texts.phone) for column in Column if column.endswith("_phone")},
    **{column: _FUNCTION for column in Column if column.endswith("_function")},
    **dict.fromkeys((Column.COMPANY, Column.BUYER), _as_typed(texts.trade_name)),
    **dict.fromkeys(
        (Column.SECTOR, Column.TOWN, Column.BUYER_KIND, Column.PRESCRIBER), _text(texts.MOST_NAME)
    ),
    **dict.fromkeys((Column.NUMBER, Column.LOT), _text(record.MOST_SHORT)),
    **dict.fromkeys((Column.OBJECT, Column.DETAIL, Column.PLACE), _text(record.MOST_OBJECT)),
    **dict.fromkeys((Column.SIRET, Column.BUYER_SIRET), _as_typed(texts.siret)),
    Column.WEBSITE: _as_typed(record.website_of),
    Column.TASKS: _text(record.MOST_TASKS),
    Column.HOURS: _hours,
    Column.DOMAIN: _domain,
    Column.DEPARTEMENT: _departement,
    Column.ACADEMIE: _academie,
    **dict.fromkeys((Column.NOTIFIED, Column.ENDS, Column.RENEWAL), _day),
}
"""How the cell of a column that enters is read; raises ``Wrong``."""


MOST_BYTES = 1_000_000
MOST_LINES = 500
MOST_CHARACTERS = 5_000
"""Of one cell."""
MOST_COLUMNS = 100
SEPARATORS = (";", ",", "\t")
NOT_TEXT = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b")
"""How spreadsheets' own files and other well-known ones begin."""
LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
BREAKS = frozenset("\r\n\t")


class FileProblem(StrEnum):
    """Why a file is not taken, as a whole."""

    NO_FILE = "no_file"
    OTHER_ENCODING = "other_encoding"
    NOT_CSV = "not_csv"
    NO_LINE = "no_line"
    """Nothing stands below the titles."""
    TOO_LARGE = "too_large"
    """More than 1 MB, 500 lines, or 5 000 characters in a cell."""
    CHANGED = "changed"
    """These are not the bytes that were rehearsed."""


class NotATable(Exception):
    """A file that is not taken. Told on the import's own page, which alone brings files."""

    def __init__(self, problem: FileProblem) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True)
class Table:
    """What the file holds."""

    titles: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    """Number, as a spreadsheet shows it (1 is the titles'), and cells; rows without anything are left out."""


def table_of(data: bytes) -> Table:
    """Read a file.

    Raises:
        NotATable: saying why.
    """
    if not data:
        raise NotATable(FileProblem.NO_FILE)
    if len(data) > MOST_BYTES:
        raise NotATable(FileProblem.TOO_LARGE)
    text = _text_of(data)
    titles, rows = _best(text)
    kept = tuple((number, cells) for number, cells in rows if any(cell.strip() for cell in cells))
    if len(kept) > MOST_LINES or any(len(cell) > MOST_CHARACTERS for _, cells in kept for cell in cells):
        raise NotATable(FileProblem.TOO_LARGE)
    if not kept:
        raise NotATable(FileProblem.NO_LINE)
    return Table(titles, kept)


def _text_of(data: bytes) -> str:
    """UTF-8, with or without a byte order mark, else Windows-1252 if every byte has a meaning there."""
    if data.startswith(NOT_TEXT):
        raise NotATable(FileProblem.NOT_CSV)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in {data[:1], data[1:2]}:
        raise NotATable(FileProblem.OTHER_ENCODING)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("cp1252")
        except UnicodeDecodeError:
            raise NotATable(FileProblem.OTHER_ENCODING) from None
    if any(unicodedata.category(one) == "Cc" and one not in BREAKS for one in text):
        raise NotATable(FileProblem.NOT_CSV)
    return text


def _best(text: str) -> tuple[tuple[str, ...], list[tuple[int, tuple[str, ...]]]]:
    """The reading whose titles we know best, among the three separators.

    Raises:
        NotATable: no reading finds a title that we know, or the best one breaks further down.
    """
    known = {separator: _known_titles(text, separator) for separator in SEPARATORS}
    separator = max(SEPARATORS, key=lambda one: known[one])
    if not known[separator]:
        raise NotATable(FileProblem.NOT_CSV)
    try:
        rows = [tuple(cells) for cells in _reader(text, separator)]
    except csv.Error:
        raise NotATable(FileProblem.NOT_CSV) from None
    titles = tuple(title.strip() for title in rows[0])
    if max(len(cells) for cells in rows) > MOST_COLUMNS:
        raise NotATable(FileProblem.NOT_CSV)
    return titles, [(number, cells) for number, cells in enumerate(rows[1:], start=2)]


def _known_titles(text: str, separator: str) -> int:
    try:
        titles: list[str] = next(_reader(text, separator), [])
    except csv.Error:
        return 0
    return sum(column_of(title) is not None for title in titles[: MOST_COLUMNS + 1])


def _reader(text: str, separator: str) -> Iterator[list[str]]:
    return csv.reader((found[0] for found in LINE.finditer(text)), delimiter=separator, strict=True)
