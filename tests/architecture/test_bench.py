"""The README shows what the bench measures, with its goals."""

import re
from pathlib import Path

from tests.bench import rows

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


def test_the_readme_has_each_row_of_the_bench_and_its_goal():
    printed = [line.split(" | ") for line in rows.table(rows.report({})).splitlines()[2:]]
    shown = [line.split(" | ") for line in README.splitlines() if line.startswith("| ")]
    known = {(line[0], line[3]) for line in shown if len(line) == len(printed[0])}

    assert [line[0] for line in printed if (line[0], line[3]) not in known] == []


def test_the_readme_says_when_and_where_it_was_measured():
    assert re.search(r"`make bench`.*\d{4}-\d\d-\d\d, \d+ cores", README)


def test_a_row_says_what_it_misses_and_by_how_much():
    values = {"zip": [[9.0], [20.0, 30.0, 26.0]], "idle": [[3.5]]}
    lines = {line.split(" | ")[0].strip("| "): line for line in rows.table(rows.report(values)).splitlines()}

    assert lines["zip; unpacked"].endswith(
        "| 9 MB · 26 MB (20 – 30) | 8 MB · 25 MB | missed: + 1 MB · + 1 MB |"
    )
    assert lines["an idle month, without its alarms"].endswith("| 3.5 $ | 3.6 $ | met |")
    assert lines["a list, first visit"].endswith("| not measured | 4 requests · 20 kB · 2 rounds | — |")
