"""Rows of lists as a filter meets them: valid, invented, one thing changed at a time."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Step
from chalicelib.domain.lists import Line
from chalicelib.domain.parcours.turns import State, Turn

NOON = datetime(2026, 12, 2, 11, 0, tzinfo=UTC)
TODAY = date(2026, 12, 2)


def line() -> Line:
    """Return a list row of a parcours whose company is awaited since yesterday."""
    return Line(
        id="a" * 32,
        status=ParcoursStatus.IN_PREPARATION,
        company="Jardins Morvenne",
        contract="Entretien des espaces verts",
        lot="2",
        organisation="Ministère des Ouvrages",
        siren="999000011",
        reference="CSF-7K3Q-92",
        notified_on=date(2026, 5, 12),
        ends_on=date(2028, 5, 12),
        hours=300,
        domain="Autre",
        town="Brévannes-le-Lac",
        departement="21",
        academie="Dijon",
        region="Bourgogne-Franche-Comté",
        step=Step.LINK_SENT,
        last_kind=EventKind.LINK_SENT,
        last_at=NOON - timedelta(days=1),
        turn=turn(Role.COMPANY),
    )


def turn(role: Role, *, since: timedelta = timedelta(days=1), late: timedelta | None = None) -> Turn:
    """Return a turn in which somebody is awaited; ``since`` and ``late``: how long before noon it began and became late."""
    return Turn(
        role=role,
        state=State.TO_OPEN,
        since=NOON - since,
        due_at=None,
        late_since=None if late is None else NOON - late,
    )


def free() -> Line:
    """Return the list row of a free offer."""
    return replace(
        line(),
        status=ParcoursStatus.AVAILABLE,
        turn=None,
        step=None,
        reference=None,
        last_kind=EventKind.OFFER_DECLARED,
    )
