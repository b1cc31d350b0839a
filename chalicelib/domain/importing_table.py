"""The bytes of a CSV file as rows of text, strictly: what is no table is refused as a whole."""

import csv
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.importing_columns import column_of

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
