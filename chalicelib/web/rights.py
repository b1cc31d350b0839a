"""What the data page and the register say of stored items, and the form of a request about personal data."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from chalicelib import config, terms
from chalicelib.domain import retention
from chalicelib.domain.retention import BY_NAME, ROWS, About, Place, Row, figures, said
from chalicelib.words import codes

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


MOST_SHOWN = 254
"""Characters of what was typed that the page gives back."""


def request_of(typed: dict[str, str]) -> retention.RightsRequest:
    """Read a request about personal data from its form.

    Raises:
        FieldInvalid: naming the field.
    """
    return retention.rights_request(typed["reference"], typed["demande"], typed["qui"], typed["adresse"])


def form(
    typed: dict[str, str], *, error: dict[str, str] | None, stopped: str | None, sent: bool
) -> dict[str, Any]:
    """``pages/demande.html``; ``stopped``: why it did not leave, ``busy`` or ``down``; ``sent``: the receipt instead."""
    return {
        "agent": None,
        "nav": "",
        "values": {name: text[:MOST_SHOWN] for name, text in typed.items()},
        "error": error,
        "stopped": stopped,
        "sent": sent,
        "dpo": config.settings().dpo_address,
        "kinds": [_option(one, label) for one, label in codes.RIGHT.items()],
        "askers": [_option(one, label) for one, label in codes.ASKER.items()],
    }


def _option(one: StrEnum, label: str) -> dict[str, str]:
    return {"code": one.value, "label": label[:1].upper() + label[1:]}
