"""Everything that the page of a parcours shows."""

from datetime import datetime
from typing import Any

from chalicelib.domain.people import Account
from chalicelib.stories.following import Sheet
from chalicelib.web import agent_view, colleague_view, meeting_view, outcome_view


def context(
    person: Account,
    found: Sheet,
    notice: dict[str, str] | None,
    now: datetime,
    asked: dict[str, str] | None = None,
    error: dict[str, str] | None = None,
) -> dict[str, Any]:
    """``pages/parcours.html``; ``asked`` and ``error``: what was typed about the meeting, and what of it was refused."""
    return (
        agent_view.sheet(person, found, notice, now)
        | colleague_view.answers(person, found, now)
        | {
            "outcomes": outcome_view.choices(person, found, "", now),
            "meeting": meeting_view.card(person, found, now, asked, error),
        }
    )
