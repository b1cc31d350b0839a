"""An offer is no longer proposed, or is proposed again."""

from datetime import date

from chalicelib.domain.parcours import Parcours, ParcoursStatus
from chalicelib.domain.timeline import Event, EventKind, Reason
from chalicelib.domain.transition import Draw, Transition
from chalicelib.domain.values import Role
from chalicelib.errors import FieldInvalid, WrongStep

REASONS = (Reason.CONTRACT_ENDED, Reason.ACTIVITY_STOPPED, Reason.COMPANY_CHOICE, Reason.OTHER)
GONE = frozenset({ParcoursStatus.WITHDRAWN, ParcoursStatus.LAPSED})


def withdraw(parcours: Parcours, reason: Reason, *, by: Role, draw: Draw) -> Transition:
    """Nobody can take it any more; its history stays. ``draw``: one id.

    Raises:
        FieldInvalid: not one of ``REASONS``. WrongStep: it is not free.
    """
    if reason not in REASONS:
        raise FieldInvalid("motif", "reason")
    if parcours.status is not ParcoursStatus.AVAILABLE:
        raise WrongStep
    event = _event(parcours, EventKind.PARCOURS_WITHDRAWN, by, draw, reason)
    head = parcours.telling(event, status=ParcoursStatus.WITHDRAWN, since=draw.now, moved=())
    return Transition(changes=(head,), events=(event,))


def can_offer_again(parcours: Parcours, today: date) -> bool:
    """Withdrawn or *échue*, and its contract runs (again, once its end was corrected)."""
    return parcours.status in GONE and today <= parcours.over_on


def offer_again(parcours: Parcours, today: date, *, by: Role, draw: Draw) -> Transition:
    """It is free again. ``draw``: one id.

    Raises:
        WrongStep: it is not withdrawn, or its contract is over.
    """
    if not can_offer_again(parcours, today):
        raise WrongStep
    event = _event(parcours, EventKind.OFFER_DECLARED, by, draw, None)
    head = parcours.telling(event, status=ParcoursStatus.AVAILABLE, since=draw.now, moved=())
    return Transition(changes=(head,), events=(event,))


def _event(parcours: Parcours, kind: EventKind, by: Role, draw: Draw, reason: Reason | None) -> Event:
    return Event(
        parcours=parcours.id,
        id=draw.id(),
        attempt=None,
        kind=kind,
        at=draw.now,
        actor=by,
        reason=reason,
    )
