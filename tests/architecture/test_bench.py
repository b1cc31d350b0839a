"""The README shows what the bench measures, with its goals; what is the same on every machine is compared."""

import re
import zipfile

import pytest

from infra import package
from tests.bench import rows
from tests.bench.readme import README, read_row


def test_the_readme_has_each_row_of_the_bench_and_its_goal() -> None:
    printed = [line.split(" | ") for line in rows.table(rows.report({})).splitlines()[2:]]
    shown = [line.split(" | ") for line in README.splitlines() if line.startswith("| ")]
    known = {(line[0], line[3]) for line in shown if len(line) == len(printed[0])}

    assert [line[0] for line in printed if (line[0], line[3]) not in known] == []


@pytest.mark.parametrize("row", rows.ROWS, ids=lambda row: row.key)
def test_a_row_of_the_readme_is_met_if_its_own_figures_are(row: rows.Row) -> None:
    now, verdict = read_row(row.key)
    misses = [
        most for value, (_, most) in zip(now, row.parts, strict=True) if most is not None and value > most
    ]

    assert verdict.count("+") == len(misses)
    assert verdict.startswith("missed: " if misses else "met")


def test_the_readme_says_what_the_zip_weighs(built: package.Package) -> None:
    with zipfile.ZipFile(built.zip) as zipped:
        unpacked = sum(entry.file_size for entry in zipped.infolist())

    assert read_row("zip")[0] == pytest.approx([built.zip.stat().st_size / 1e6, unpacked / 1e6], rel=0.02)


def test_the_readme_says_when_and_where_it_was_measured() -> None:
    assert re.search(r"`make bench`.*\d{4}-\d\d-\d\d, \d+ cores", README)


def test_a_row_says_what_it_misses_and_by_how_much() -> None:
    values: rows.Values = {"zip": [[9.0], [20.0, 30.0, 26.0]], "idle": [[3.5], [8]]}
    lines = {line.split(" | ")[0].strip("| "): line for line in rows.table(rows.report(values)).splitlines()}

    assert lines["zip; unpacked"].endswith(
        "| 9 MB · 26 MB (20 – 30) | 8 MB · 25 MB | missed: + 1 MB · + 1 MB |"
    )
    assert lines["an idle month, without its alarms; with them"].endswith("| 3.5 $ · 8 $ | 3.6 $ · — | met |")
    assert lines["a list, first visit"].endswith("| not measured | 4 requests · 20 kB · 2 rounds | — |")
