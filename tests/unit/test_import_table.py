"""A file as a table: separators, encodings, bounds, what is no table at all."""

import sys
from types import FrameType

import pytest

from chalicelib import clock
from chalicelib.domain.importing import (
    CALLED,
    ByHand,
    Dropped,
    FileProblem,
    NotATable,
    Problem,
    Reading,
    Status,
    Table,
    find_column,
    parse_table,
    read_table,
)
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.retention import RetentionPolicy
from chalicelib.web import importing
from tests.support import csv_samples


def read_bytes(data: bytes) -> Reading:
    """Read these bytes as a file of the import."""
    return read_table(parse_table(data), RetentionPolicy(), day_of(clock.utc_now()))


def reading(text: str) -> Reading:
    """Read this text as a file of the import."""
    return read_bytes(text.encode())


def test_lines_are_counted_as_a_spreadsheet_counts_them() -> None:
    """A cell with line breaks counts as one line, and so does an empty line."""
    text = csv_samples.text([csv_samples.row(1), csv_samples.row(2, Heures="x")])
    first, rest = text.split("Ateliers Brévent 2", 1)
    at = first.rfind("\r\n")

    read_table = reading(first[:at] + "\r\n" + first[at:] + "Ateliers Brévent 2" + rest)

    assert [(fault.line, fault.column, fault.problem) for fault in read_table.faults] == [
        (4, "heures", Problem.HOURS)
    ]


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_separators_and_encodings_make_no_difference(separator: str, encoding: str) -> None:
    text = csv_samples.text(csv_samples.rows(3), separator)

    assert read_bytes(text.encode(encoding)) == reading(csv_samples.text(csv_samples.rows(3)))


REFUSED: dict[str, tuple[bytes, FileProblem]] = {
    "nothing": (b"", FileProblem.NO_FILE),
    "UTF-16": (csv_samples.text(csv_samples.rows(1)).encode("utf-16"), FileProblem.OTHER_ENCODING),
    "UTF-16 without a mark": (csv_samples.text(csv_samples.rows(1)).encode("utf-16-le"), FileProblem.OTHER_ENCODING),
    "neither UTF-8 nor Windows-1252": (b"Entreprise;Heures\n\x81\x8d;3\n", FileProblem.OTHER_ENCODING),
    "a spreadsheet": (b"PK\x03\x04\x14\x00\x06\x00" + bytes(200), FileProblem.OTHER_FORMAT),
    "an old spreadsheet": (b"\xd0\xcf\x11\xe0" + bytes(200), FileProblem.OTHER_FORMAT),
    "a PDF": (b"%PDF-1.7\n", FileProblem.OTHER_FORMAT),
    "NUL": (csv_samples.text(csv_samples.rows(1)).replace("Valmarie", "\0").encode(), FileProblem.NOT_CSV),
    "an unclosed quote": (csv_samples.text(csv_samples.rows(1)).encode() + b'"Atelier;3\n', FileProblem.NOT_CSV),
    "text after a quote": (csv_samples.text(csv_samples.rows(1)).encode() + b'"Atelier" x;3\n', FileProblem.NOT_CSV),
    "2 000 columns": (("Entreprise;Heures;" + ";" * 2_000 + "\nx;3\n").encode(), FileProblem.NOT_CSV),
    "2 000 cells": (csv_samples.text(csv_samples.rows(1)).encode() + b"x;" * 2_000, FileProblem.NOT_CSV),
    "a first row that no separator splits": (b'"Entreprise" x;Heures\nx;3\n', FileProblem.NOT_CSV),
    "no title of ours": ("Bonjour\nÀ demain\n".encode(), FileProblem.NO_TITLES),
    "no title of ours between quotes": (b'"Bonjour","Monsieur"\n"x","y"\n', FileProblem.NO_TITLES),
    "a mark alone": (b"\xef\xbb\xbf", FileProblem.NO_TITLES),
    "titles alone": (csv_samples.text([]).encode(), FileProblem.NO_LINE),
    "only empty lines": (csv_samples.text([]).encode() + b";;;\n" * 600, FileProblem.NO_LINE),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_table_is_refused_as_a_whole(name: str) -> None:
    data, problem = REFUSED[name]

    with pytest.raises(NotATable) as refused:
        parse_table(data)

    assert refused.value.problem is problem


def test_bounds_are_taken_and_one_more_is_not() -> None:
    assert len(reading(csv_samples.text(csv_samples.rows(500))).lines) == 500
    for more in (
        csv_samples.text(csv_samples.rows(501)),
        csv_samples.text(csv_samples.rows(300)) + ";" * 900_000,
    ):
        with pytest.raises(NotATable) as refused:
            parse_table(more.encode())
        assert refused.value.problem is FileProblem.TOO_LARGE


LONG = "21 " * 200_000
"""More than the csv module takes in one cell when nothing is set."""


@pytest.mark.parametrize("title", ["Commentaires", "Suivis parcours", "Référent MLDS", "Couleur"])
def test_a_column_that_does_not_enter_holds_as_much_as_the_file_may(title: str) -> None:
    titles = (*csv_samples.TITLES, "Couleur")
    tutor = {"E-mail du référent MLDS": "jeanne@academie.example"}

    read_table = reading(csv_samples.text([csv_samples.row(1) | tutor | {title: LONG}], titles=titles))

    assert (len(read_table.lines), read_table.faults) == (1, ())


TOO_LONG = {
    "Département": ("departement", Problem.TOO_LONG),
    "Adresse": ("adresse", Problem.TOO_LONG),
    "Tâches": ("taches", Problem.TOO_LONG),
    "E-mail du référent MLDS": ("tuteur_courriel", Problem.ADDRESS),
}


@pytest.mark.parametrize("title", TOO_LONG)
@pytest.mark.parametrize("cell", ["21 " * 1_600, LONG])
def test_a_cell_that_no_field_could_hold_is_refused_by_its_line_and_heading_alone(
    title: str, cell: str
) -> None:
    """A cell longer than the longest field is refused in any column, named by its line and heading, and not read further."""
    titles = csv_samples.TITLES
    held = csv_samples.row(2) | {title: cell}

    read_table = reading(csv_samples.text([csv_samples.row(1), held], titles=titles))

    assert [(fault.line, fault.column, fault.problem) for fault in read_table.faults] == [
        (3, *TOO_LONG[title])
    ]


@pytest.mark.parametrize("title", ["Département", "Académie", "Domaine", "Heures", "Date de notification"])
@pytest.mark.parametrize("times", [1, 333, 1_600])
def test_no_cell_costs_a_line_much_more_than_an_honest_one(title: str, times: int) -> None:
    """The number of function calls that a line takes hardly depends on its cells: names are looked up in a table that is made
    once.
    """
    honest = parse_table(csv_samples.text([csv_samples.row(1)]).encode())
    hostile = parse_table(csv_samples.text([csv_samples.row(1) | {title: "99 " * times}]).encode())

    assert _calls(hostile) < 3 * _calls(honest)


def _calls(table: Table) -> int:
    """Return how many functions are called to read a table."""
    counted = 0

    def count(frame: FrameType, event: str, _: object) -> None:
        nonlocal counted
        counted += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        read_table(table, RetentionPolicy(), day_of(clock.utc_now()))
    finally:
        sys.setprofile(None)
    return counted


def test_every_code_has_its_words() -> None:
    assert importing.FILE.keys() == set(FileProblem)
    assert importing.CELL.keys() == set(Problem) - {Problem.MISSING_COLUMN, Problem.COLUMN_TWICE}
    assert importing.STATUS.keys() == set(Status)
    assert all(find_column(called) == column for column, called in CALLED.items())
    assert importing.DROPPED.keys() == set(Dropped)
    assert importing.BY_HAND.keys() == set(ByHand)
