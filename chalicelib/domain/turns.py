"""« À qui de jouer » : whose turn it is, since when, until when."""

from datetime import datetime, timedelta

from chalicelib.domain.parcours import Parcours, ParcoursStatus, Step
from chalicelib.domain.values import Role, Value

COMPANY_ANSWER = timedelta(days=15)
"""Calendar days that the contract model gives a company (domain §2, step 9)."""

WAITED_FOR: dict[Step, Role] = {
    Step.DOCUMENTS_TO_SEND: Role.TUTOR,
    Step.LINK_SENT: Role.COMPANY,
    Step.OPENED: Role.COMPANY,
    Step.RECEIVED: Role.COMPANY,
    Step.SLOTS_PROPOSED: Role.TUTOR,
    Step.MEETING_FIXED: Role.TUTOR,
    Step.MEETING_HELD: Role.TUTOR,
}


class Turn(Value):
    """Somebody is awaited."""

    role: Role
    since: datetime
    due_at: datetime | None
    """When the turn passes on; None: no clock runs."""


def breakpoints(parcours: Parcours) -> tuple[tuple[datetime, Role], ...]:
    """The instants at which the turn changes hands if nobody acts, in order: what a list row keeps, to be read against now."""
    if parcours.status is not ParcoursStatus.IN_PREPARATION or parcours.step not in WAITED_FOR:
        return ()
    role = Role.TUTOR if parcours.setback else WAITED_FOR[parcours.step]
    first = (parcours.since, role)
    if role is not Role.COMPANY:
        return (first,)
    return (first, (parcours.since + COMPANY_ANSWER, Role.BUYER))


def read_turn(points: tuple[tuple[datetime, Role], ...], now: datetime) -> Turn | None:
    """Whose turn it is at ``now`` on these breakpoints; the first holds even when ``now`` is a little earlier."""
    passed = [index for index, (start, _) in enumerate(points) if start <= now] or ([0] if points else [])
    if not passed:
        return None
    at = passed[-1]
    start, role = points[at]
    return Turn(role=role, since=start, due_at=points[at + 1][0] if at + 1 < len(points) else None)


def whose_turn(parcours: Parcours, now: datetime) -> Turn | None:
    """Whose turn it is on this parcours; None when nobody is awaited."""
    return read_turn(breakpoints(parcours), now)
