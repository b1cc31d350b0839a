"""The timeline as a page shows it: by the day on which things happened, with what was corrected, and what may be."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from chalicelib import french
from chalicelib.domain.kernel.attempt import Attempt
from chalicelib.domain.kernel.people import Account, Act, may
from chalicelib.domain.kernel.timeline import Event, EventKind, Planned
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.parcours import ending
from chalicelib.domain.parcours.outcomes import MOVES, correctable, corrected
from chalicelib.french import PARIS
from chalicelib.stories.parcours import Sheet
from chalicelib.words import codes, timeline

AGREED = frozenset({EventKind.SLOT_ACCEPTED, EventKind.MEETING_MOVED})
"""No outcomes, yet told with the hour of the meeting."""


@dataclass(frozen=True)
class Told:
    """What a whole timeline says of its single facts."""

    corrected_at: dict[str, datetime]
    """When which fact was taken back."""
    by_id: dict[str, Event]
    correctable: frozenset[str]
    """The facts that this person may take back now."""


def tell(person: Account, found: Sheet) -> Told:
    """Read a page once, for all its facts."""
    page = found.page
    taken_back = corrected(page.events)
    last = page.attempts[-1] if page.attempts else None
    over = last if last is not None and last.ended_at is not None else None
    hers = over is not None and Role.TUTOR in person.roles and over.tutor == person.id
    open_ones = {
        one.id
        for one in page.events
        if correctable(page.parcours, one, taken_back)
        and _may_correct(found.role, one, over.number if over is not None and hers else None)
    }
    stands_free = page.parcours.status in ending.RESUMABLE
    if over is not None and stands_free and (hers or may(person, Act.RESUME, page.parcours)):
        open_ones |= {one.id for one in page.events if _ended(over, one) and one.id not in taken_back}
    return Told(
        {one.corrects: one.at for one in page.events if one.corrects},
        {one.id: one for one in page.events},
        frozenset(open_ones),
    )


def days(events: tuple[Event, ...], known: Told) -> list[dict[str, Any]]:
    """Newest first, by the days of Paris on which they happened."""
    newest = sorted(events, key=lambda event: (_happened(event), event.at), reverse=True)
    return [
        {"day": day, "facts": [fact(event, known) for event in facts]}
        for day, facts in groupby(newest, key=lambda event: _happened(event).astimezone(PARIS).date())
    ]


def fact(event: Event, known: Told) -> dict[str, Any]:
    """One line."""
    return {
        "id": event.id,
        "at": event.at,
        "role": event.actor.value,
        "who": codes.ROLE[event.actor],
        "text": timeline.fact(event),
        "detail": _detail(event, known),
        "occurred": event.occurred_at,
        "corrected": known.corrected_at.get(event.id),
        "correctable": event.id in known.correctable,
    }


def last_facts(events: tuple[Event, ...], known: Told, most: int) -> list[dict[str, Any]]:
    """The last ones to have happened, newest first."""
    newest = sorted(events, key=lambda event: (_happened(event), event.at), reverse=True)
    return [fact(event, known) | {"happened": _happened(event)} for event in newest[:most]]


def _happened(event: Event) -> datetime:
    return event.occurred_at or event.at


def _may_correct(role: Role | None, event: Event, hers: int | None) -> bool:
    """Whoever may note a fact may take it back; ``hers``: the passage whose tutor she was last."""
    if role is None and hers is not None and event.attempt == hers:
        role = Role.TUTOR
    return event.kind in MOVES and role in MOVES[event.kind].who


def _ended(last: Attempt, event: Event) -> bool:
    return last.ended_at == event.at and event.kind in ending.CORRECTABLE and event.attempt == last.number


def _detail(event: Event, known: Told) -> str | None:
    """Why, with whom, for when; of a correction, what it takes back."""
    wrong = known.by_id.get(event.corrects or "")
    if wrong is not None:
        day = french.jour_court(_happened(wrong))
        return f"Corrige : « {codes.ROLE[wrong.actor]} {timeline.fact(wrong)} », le {day}."
    parts = [timeline.detail(event)]
    if event.contact is not None:
        parts.append(f"Avec {codes.INTERLOCUTOR[event.contact]}.")
    if event.planned_at is not None:
        parts.append(f"Prévu le {planned(event)}.")
    return " ".join(part for part in parts if part) or None


def planned(event: Event) -> str:
    """« 3 décembre 2026 », « 3 décembre 2026 à 14 h 30 »."""
    assert event.planned_at is not None
    day = french.jour_court(event.planned_at)
    move = MOVES.get(event.kind)
    with_hour = event.kind in AGREED or (move is not None and move.planned is Planned.HOUR)
    return f"{day} à {french.heure(event.planned_at)}" if with_hour else day
