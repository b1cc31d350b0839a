"""« Absente ou absent du … au … » : the tutor's turns go to the coordinator meanwhile, on each parcours she prepares."""

import hashlib
from datetime import date, timedelta

from chalicelib.domain.parcours import Absence, Parcours, ParcoursStatus
from chalicelib.domain.people import Account
from chalicelib.domain.timeline import Event, EventKind
from chalicelib.domain.transition import Change, Draw, Transition
from chalicelib.domain.values import Role
from chalicelib.errors import FieldInvalid, WrongStep

LONGEST = timedelta(days=366)


def check(absence: Absence, today: date) -> None:
    """Check the days of an absence.

    Raises:
        FieldInvalid: ``au``: it ends before it begins, is over already, or lasts more than 366 days.
    """
    if absence.last < absence.first or absence.last < today:
        raise FieldInvalid("au", "absence_end")
    if absence.last - absence.first >= LONGEST or absence.first - today > LONGEST:
        raise FieldInvalid("au", "absence_long")


def announce(account: Account, absence: Absence | None) -> Transition:
    """The account says when she is away; None: she is back.

    Raises:
        WrongStep: no turn can be hers: the account is closed, or no tutor's.
    """
    if account.closed_at is not None or Role.TUTOR not in account.roles:
        raise WrongStep
    if account.absence == absence:
        return Transition.nothing()
    return Transition(changes=(Change(account, account.but(absence=absence)),))


def spread(parcours: Parcours, tutor: str, absence: Absence | None, *, by: Role, draw: Draw) -> Transition:
    """One of her parcours says it too, once; a return is silent, since the turn's clock tells it."""
    hers = parcours.tutor == tutor and parcours.status is ParcoursStatus.IN_PREPARATION
    if not hers or parcours.tutor_absence == absence:
        return Transition.nothing()
    if absence is None:
        return Transition(changes=(Change(parcours, parcours.but(tutor_absence=None)),))
    told = f"absence|{tutor}|{parcours.id}|{absence.first}|{absence.last}|{parcours.revision}"
    event = Event(
        parcours=parcours.id,
        id=hashlib.sha256(told.encode()).hexdigest()[:32],
        attempt=parcours.attempt,
        kind=EventKind.ABSENCE_ANNOUNCED,
        at=draw.now,
        actor=by,
    )
    return Transition(changes=(parcours.telling(event, tutor_absence=absence),), events=(event,))
