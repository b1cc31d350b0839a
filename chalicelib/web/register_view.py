"""What the pages say of everything that is stored: made of the rows of the register, with the delays of the settings."""

from collections.abc import Iterable
from typing import Any

from chalicelib import config, terms
from chalicelib.domain.register import BY_NAME, ROWS
from chalicelib.domain.register_row import About, Place, Row, figures, said

MINUTE = "Une tâche automatique, chaque minute"
PLATFORM = frozenset({Place.LOGS, Place.QUEUE, Place.BACKUP})


def listed() -> list[dict[str, Any]]:
    """The data page: what matters to people, by whom it is about."""
    return _sections(row for row in ROWS if row.on_page)


def sheet() -> list[dict[str, Any]]:
    """The sheet of the register: every row."""
    return _sections(ROWS)


def notice() -> list[str]:
    """What the notice tells the young person of it."""
    known = _figures()
    return [said(row.notice, known) for row in ROWS if row.notice]


def cookie_lives() -> dict[str, int]:
    """How long each cookie lasts, as the data page says it."""
    known = _figures()
    return {name: known[name] for name in ("code_minutes", "session_hours", "browser_days", "proof_hours")}


def _sections(rows: Iterable[Row]) -> list[dict[str, Any]]:
    known = _figures()
    chosen = tuple(rows)
    return [
        {
            "title": said(about, known),
            "rows": [
                {
                    "holds": said(row.holds, known),
                    "why": said(row.why, known),
                    "kept": [said(one, known) for one in row.kept],
                    "erased_by": said(_eraser(row), known),
                }
                for row in chosen
                if row.about is about
            ],
        }
        for about in About
    ]


def _figures() -> dict[str, int]:
    return figures(terms.retention(), config.ERASED_MINUTES)


def _eraser(row: Row) -> str:
    if row.place in PLATFORM:
        return "L’hébergeur, à cette échéance"
    if row.follows:
        return f"La même tâche, avec {BY_NAME[row.follows].called}"
    return "Rien : ces nombres ne disent rien d’une personne" if row.for_ever else MINUTE
