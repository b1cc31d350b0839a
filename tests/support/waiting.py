"""Parcours on which somebody is awaited, and turns as people in Paris read them.

November 2026 has one public holiday, Wednesday the 11th; the schools of every zone close on December 19 and open on January 4.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta

from chalicelib import terms
from chalicelib.domain.kernel.calendar import PARIS
from chalicelib.domain.kernel.parcours import WITH_RECIPIENT, Absence, Parcours
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Step
from chalicelib.domain.parcours import turns
from chalicelib.domain.parcours.turns import Breakpoint, Turn, TurnPolicy
from tests.support import factories

CALENDAR, POLICY = terms.calendar(), TurnPolicy()
MOMENT = timedelta(milliseconds=1)
COMPANY_STEPS = [Step.LINK_SENT, Step.OPENED, Step.RECEIVED]
TUTOR_STEPS = [Step.DOCUMENTS_TO_SEND, Step.SLOTS_PROPOSED, Step.MEETING_FIXED, Step.MEETING_HELD]
T, C, B, E, X = Role.TUTOR, Role.COORDINATOR, Role.BUYER, Role.COMPANY, Role.TEAM
"""Short names for tables of turns: E is the company (*entreprise*), X the team."""


def paris(text: str) -> datetime:
    """Return an instant from what clocks in Paris show: « 2026-11-03 09:00 »."""
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


SINCE = paris("2026-11-03 09:00")
"""A Tuesday."""


def parcours_at(
    step: Step | None,
    *,
    since: str = "2026-11-03 09:00",
    departement: str = "21",
    academie: str = "Dijon",
) -> Parcours:
    """Return a parcours « en préparation » at this step, by default in Dijon (zone A); documents that were not read live."""
    placement = replace(factories.PLACEMENT, departement=departement, academie=academie)
    offer = factories.offer(status=ParcoursStatus.IN_PREPARATION, placement=placement)
    live_deposit = "d" * 32 if step in WITH_RECIPIENT else None
    return replace(offer, step=step, since=paris(since), live_deposit=live_deposit)


def breakpoints(parcours: Parcours) -> tuple[Breakpoint, ...]:
    """Return whose turn it is from when, on the product's calendar, with the default delays."""
    return turns.list_breakpoints(parcours, CALENDAR, POLICY)


def whose_turn(parcours: Parcours, now: datetime) -> Turn | None:
    """Return whose turn it is at this instant, on the product's calendar, with the default delays."""
    return turns.whose_turn(parcours, now, CALENDAR, POLICY)


def read_breakpoints(parcours: Parcours) -> list[tuple[str, Role | None, bool]]:
    """Return each breakpoint as people in Paris read it: when, whose turn it is from then, and whether it is late."""
    return [
        (f"{point.start.astimezone(PARIS):%Y-%m-%d %H:%M}", point.role, point.late)
        for point in breakpoints(parcours)
    ]


def make_absence(first: str, last: str) -> Absence:
    """Return the absence from this day to that one, both counted."""
    return Absence(first=date.fromisoformat(first), last=date.fromisoformat(last))
