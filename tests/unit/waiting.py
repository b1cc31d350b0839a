"""Parcours on which somebody is awaited, and turns as people in Paris read them.

November 2026 has one public holiday, Wednesday the 11th; the schools of every zone close on December 19 and open on January 4.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta

from chalicelib import terms
from chalicelib.domain.kernel.calendar import PARIS
from chalicelib.domain.kernel.parcours import Absence, Parcours
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Step
from chalicelib.domain.parcours import turns
from chalicelib.domain.parcours.turns import Breakpoint, Turn, TurnPolicy
from tests.support import factories

CALENDAR, POLICY = terms.calendar(), TurnPolicy()
MOMENT = timedelta(milliseconds=1)
COMPANY_STEPS = [Step.LINK_SENT, Step.OPENED, Step.RECEIVED]
TUTOR_STEPS = [Step.DOCUMENTS_TO_SEND, Step.SLOTS_PROPOSED, Step.MEETING_FIXED, Step.MEETING_HELD]
T, C, B, E, X = Role.TUTOR, Role.COORDINATOR, Role.BUYER, Role.COMPANY, Role.TEAM


def paris(text: str) -> datetime:
    """« 2026-11-03 09:00 » on the clocks of Paris."""
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


SINCE = paris("2026-11-03 09:00")
"""A Tuesday."""


PLACE = {"departement", "academie"}


def at(step: Step | None, *, since: str = "2026-11-03 09:00", **changes: object) -> Parcours:
    """A parcours « en préparation » at this step, in Dijon (zone A)."""
    fields = {"status": ParcoursStatus.IN_PREPARATION, "step": step, "since": paris(since)}
    offer = factories.offer(**fields | {name: value for name, value in changes.items() if name not in PLACE})
    place = {name: value for name, value in changes.items() if name in PLACE}
    placement = replace(offer.placement, **place)
    return replace(offer, placement=placement)


def breakpoints(parcours: Parcours) -> tuple[Breakpoint, ...]:
    """On the product's calendar, with the default delays."""
    return turns.breakpoints(parcours, CALENDAR, POLICY)


def whose_turn(parcours: Parcours, now: datetime) -> Turn | None:
    """On the product's calendar, with the default delays."""
    return turns.whose_turn(parcours, now, CALENDAR, POLICY)


def told(parcours: Parcours) -> list[tuple[str, Role | None, bool]]:
    """The breakpoints as people in Paris read them."""
    return [
        (f"{point.start.astimezone(PARIS):%Y-%m-%d %H:%M}", point.role, point.late)
        for point in breakpoints(parcours)
    ]


def away(first: str, last: str) -> Absence:
    """Both days counted."""
    return Absence(first=date.fromisoformat(first), last=date.fromisoformat(last))
