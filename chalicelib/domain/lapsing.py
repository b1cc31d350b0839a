"""What ends by itself on a parcours: a reservation without a sending, an offer whose contract is over, a silent passage."""

from datetime import UTC, datetime, time, timedelta

from chalicelib.domain.attempt import Attempt
from chalicelib.domain.ending import FREE
from chalicelib.domain.parcours import Parcours, ParcoursStatus, Step
from chalicelib.domain.timeline import Event, EventKind, Reason
from chalicelib.domain.transition import Change, Draw, MailKind, OutboxMail, Transition
from chalicelib.domain.values import Role
from chalicelib.errors import WrongStep

WARNING = timedelta(days=7)
"""How long before its end the tutor is warned of her reservation."""
A_DAY = timedelta(days=1)
LAST_HOUR = time(23, tzinfo=UTC)
"""When a day is surely over in France, overseas left aside: nobody waits for this minute."""


def due_at(parcours: Parcours) -> datetime | None:
    """When the minute function has to look at it next; None: nothing ends by itself."""
    if parcours.status is ParcoursStatus.AVAILABLE:
        return datetime.combine(parcours.over_on, LAST_HOUR)
    waits = parcours.status is ParcoursStatus.IN_PREPARATION and parcours.step is Step.DOCUMENTS_TO_SEND
    if parcours.reservation_until is None or not waits:
        return None
    return parcours.reservation_until if parcours.warned_at else parcours.reservation_until - WARNING


def warn(parcours: Parcours, draw: Draw) -> Transition:
    """The tutor is told that her reservation ends in a week. ``draw``: one id.

    Raises:
        WrongStep: it does not end soon, or she was told.
    """
    at = due_at(parcours)
    if parcours.tutor is None or parcours.warned_at is not None or at is None or draw.now < at:
        raise WrongStep
    mail = OutboxMail(
        key=draw.id(),
        kind=MailKind.RESERVATION_WARNING,
        created_at=draw.now,
        account=parcours.tutor,
        parcours=parcours.id,
    )
    ends = parcours.reservation_until or draw.now
    if ends - draw.now < WARNING - A_DAY:  # warned late: a whole week from now all the same
        ends = draw.now + WARNING
    from_now = parcours.but(warned_at=draw.now, reservation_until=ends)
    return Transition(changes=(Change(parcours, from_now),), mails=(mail,))


def contract_over(parcours: Parcours, draw: Draw) -> Transition:
    """A free offer whose contract is over is *échue*. ``draw``: one id.

    Raises:
        WrongStep: it is not free, or the contract runs.
    """
    at = due_at(parcours)
    if parcours.status is not ParcoursStatus.AVAILABLE or at is None or draw.now < at:
        raise WrongStep
    event = Event(
        parcours=parcours.id,
        id=draw.id(),
        attempt=None,
        kind=EventKind.PARCOURS_LAPSED,
        at=draw.now,
        actor=Role.SYSTEM,
        reason=Reason.CONTRACT_ENDED,
    )
    head = parcours.telling(event, status=ParcoursStatus.LAPSED, since=draw.now, moved=())
    return Transition(changes=(head,), events=(event,))


def fall_silent(parcours: Parcours, attempt: Attempt, draw: Draw) -> Transition:
    """Nothing was noted of a passage for so long that it counts as over: the offer is free again, the tutor is told.

    Its documents and links are long gone. ``draw``: two ids.
    Raises:
        WrongStep: there is no passage to end.
    """
    if attempt.ended_at is not None:
        raise WrongStep
    event = Event(
        parcours=parcours.id,
        id=draw.id(),
        attempt=attempt.number,
        kind=EventKind.PASSAGE_LAPSED,
        at=draw.now,
        actor=Role.SYSTEM,
    )
    mail = OutboxMail(
        key=draw.id(1),
        kind=MailKind.PASSAGE_LAPSED,
        created_at=draw.now,
        account=attempt.tutor,
        parcours=parcours.id,
    )
    over = attempt.but(ended_at=draw.now, end=event.kind, stood=parcours.board, sent_to=parcours.sent_to)
    head = parcours.telling(event, **FREE, since=draw.now)
    return Transition(changes=(head, Change(attempt, over)), events=(event,), mails=(mail,))
