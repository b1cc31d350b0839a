"""A view as a file for spreadsheets: metadata only, nothing that a spreadsheet would run."""

import unicodedata
from datetime import date, datetime

from chalicelib import config, list_words, words
from chalicelib.domain.calendar import day_of
from chalicelib.domain.filters import Filter, Line
from chalicelib.stories.listing import View

MARK = "\ufeff"
"""By which spreadsheets know UTF-8."""
RUN_BY_SPREADSHEETS = frozenset("=+-@−")
"""A cell that begins so is a formula, as are a tab or a line end before it, or the same sign full-width, small or raised, which
some programs read as ours. Source: OWASP, « CSV Injection »; ASVS 1.2.10."""


def name(view: Filter, found: View, now: datetime) -> str:
    """The file's name; it says so when rows are missing."""
    part = f"-{len(found.read)}-premiers-lus" if found.truncated else ""
    return f"parcours-{list_words.slug(view.statuses)}-{day_of(now).isoformat()}{part}.csv"


def text(found: View) -> str:
    """Header and rows; ``;`` between cells, as spreadsheets in France expect."""
    table = [list_words.COLUMNS, *(_cells(line) for line in found.lines)]
    return MARK + "".join(";".join(quoted(cell) for cell in cells) + "\r\n" for cells in table)


def quoted(cell: str) -> str:
    """One cell, on one line and without tabs; an apostrophe before what would be run."""
    line = " ".join(cell.split())
    first = unicodedata.normalize("NFKC", line[:1])
    safe = f"'{line}" if first in RUN_BY_SPREADSHEETS else line
    return '"' + safe.replace('"', '""') + '"'


def _cells(line: Line) -> tuple[str, ...]:
    turn = line.turn
    return (
        line.reference or "",
        words.STATUS[line.status],
        words.STEP[line.step] if line.step else "",
        line.company,
        line.contract,
        line.lot or "",
        line.number or "",
        line.organisation,
        _day(line.notified_on),
        _day(line.ends_on),
        str(line.hours),
        line.domain,
        line.town,
        line.departement,
        line.academie,
        line.region,
        words.ROLE[turn.role] if turn else "",
        _day(turn.since if turn else None),
        _day(line.late_since),
        _day(line.meeting_at),
        _day(line.promised_on),
        _day(line.call_back_on),
        list_words.LAST[line.last_kind],
        _day(line.last_at),
        f"{config.public_base_url()}/parcours/{line.id}",
    )


def _day(day: date | None) -> str:
    """``12/05/2026``, the day in Paris of an instant."""
    if day is None:
        return ""
    return (day_of(day) if isinstance(day, datetime) else day).strftime("%d/%m/%Y")
