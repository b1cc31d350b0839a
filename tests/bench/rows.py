"""What is measured, with its goal: the one list that the bench prints and the README shows."""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Values = Mapping[str, Sequence[Sequence[float]]]
"""By the key of a row: for each of its parts, what was measured, once or in each round."""


@dataclass(frozen=True)
class Row:
    """One line: ``parts`` are measured together, each with its unit and the most that its median may be; None: no goal."""

    key: str
    what: str
    parts: tuple[tuple[str, float | None], ...]
    before: str
    """Where the goals were set, on 2026-11-26."""


FIRST_VISIT = (("requests", 4), ("kB", 20), ("rounds", 2))
ROWS = (
    Row("retrait", "`/retrait`, first visit", (("requests", 4), ("kB", 40), ("rounds", 2)), "22 · 127 · 4"),
    Row("list", "a list, first visit", FIRST_VISIT, "6 · 40 · 2"),
    Row("parcours", "the page of a parcours, first visit", FIRST_VISIT, "6 · 40 · 2"),
    Row(
        "sending",
        "the page that sends, first visit, before a file is chosen",
        (("requests", 2), ("kB", 23.2), ("rounds", 2)),
        "2 · 23.2 · 2",
    ),
    Row("rewriter", "what it loads when a file is chosen, to write it anew", (("kB", 220),), "—"),
    Row(
        "rewriting",
        "writing anew in Chromium, in a worker: 100 kB and 1 MB of text and pictures, a scan of 10 MB",
        (("ms", None), ("ms", None), ("ms", None)),
        "—",
    ),
    Row("rewriting_sealing", "the same ÷ sealing them", (("×", None), ("×", None), ("×", None)), "—"),
    Row(
        "inspection",
        "processor time of inspection, per MB: the honest documents of the tests, a scan of 10 MB",
        (("ms", None), ("ms", None)),
        "250 · 5.4",
    ),
    Row(
        "calls",
        "AWS calls of a relay, announced to erased, in a warm process; reads twice in a request; the same in cold ones",
        (("", 40), ("", 0), ("", None)),
        "95",
    ),
    Row(
        "whole",
        "a relay of 1 MB, announced to read, ÷ its floor, the same by hand; the floor",
        (("×", 5), ("ms", None)),
        "12.5 · 57",
    ),
    Row("mailing", "of that, upload to mail", (("ms", 130),), "413"),
    Row("click", "of that, the click that opens: look, proof, open", (("ms", 80),), "190"),
    Row(
        "cold_pages",
        "processor time of a cold start ÷ that of bare Chalice and the four clients: `HEAD /sante`, `GET /sante`, `/`,"
        " `/connexion`, `/retrait`",
        (("×", 0.15), ("×", 0.15), ("×", 0.25), ("×", 0.25), ("×", 0.25)),
        "1.74 · 1.81 · 0.38 · 0.46 · 0.57",
    ),
    Row(
        "cold_acts",
        "the same: first look at a link, signed-in list, unseal’s first opening, inspect’s first document",
        (("×", 0.7), ("×", 0.7), ("×", 0.85), ("×", 1.0)),
        "1.76 · 2.23 · 1.96 · 2.47",
    ),
    Row("zip", "zip; unpacked", (("MB", 8), ("MB", 25)), "15.3 · 44"),
    Row(
        "lists",
        "everybody’s list of 10⁴ rows, of 10⁶ (computed) ÷ of 10³: calls; read units",
        (("×", 1), ("×", 1), ("×", 1.05), ("×", 1.05)),
        "1 · — · 1 · —",
    ),
    Row(
        "shards", "of the changes of everybody’s list, the share of its busiest partition", (("", 0.26),), "1"
    ),
    Row("idle", "an idle month, without its alarms; with them", (("$", 3.6), ("$", None)), "3.6"),
)


def report(values: Values) -> list[dict[str, Any]]:
    """Each row with the spread of what was measured and what it misses; an unmeasured row has no parts."""
    return [
        {
            "row": row.key,
            "what": row.what,
            "before": row.before,
            "parts": [
                _part(unit, goal, measured)
                for (unit, goal), measured in zip(row.parts, values.get(row.key, ()), strict=False)
            ],
        }
        for row in ROWS
    ]


def _part(unit: str, goal: float | None, measured: Sequence[float]) -> dict[str, Any]:
    return {
        "unit": unit,
        "goal": goal,
        "measured": list(measured),
        "missed_by": 0.0 if goal is None else max(0.0, statistics.median(measured) - goal),
    }


def table(reported: Iterable[dict[str, Any]]) -> str:
    """The report in Markdown, as the README shows it."""
    lines = ["| | before | now (least – most) | goal, at most | |", "|---|---|---|---|---|"]
    for row, entry in zip(ROWS, reported, strict=True):
        goal = " · ".join(
            "—" if most is None else f"{number(most)} {unit}".strip() for unit, most in row.parts
        )
        now = " · ".join(spread(part["measured"], part["unit"]) for part in entry["parts"]) or "not measured"
        lines.append(f"| {row.what} | {row.before} | {now} | {goal} | {_verdict(entry)} |")
    return "\n".join(lines)


def spread(measured: Sequence[float], unit: str = "") -> str:
    """The median, and where it is not all: the least and the most."""
    said = f"{number(statistics.median(measured))} {unit}".strip()
    if min(measured) == max(measured):
        return said
    return f"{said} ({number(min(measured))} – {number(max(measured))})"


def _verdict(entry: dict[str, Any]) -> str:
    missed = [
        f"+ {number(part['missed_by'])} {part['unit']}".strip()
        for part in entry["parts"]
        if part["missed_by"]
    ]
    if missed:
        return "missed: " + " · ".join(missed)
    return "met" if entry["parts"] else "—"


def number(value: float) -> str:
    """Three digits that count."""
    if not value or value >= 100:
        return f"{value:.0f}"
    return f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}".rstrip("0").rstrip(".")
