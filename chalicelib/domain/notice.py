"""The notice that the young person is handed before anything of hers is sent."""

from chalicelib.domain.attempt import Attempt
from chalicelib.domain.parcours import Parcours, ParcoursStatus
from chalicelib.domain.timeline import Event, EventKind
from chalicelib.domain.transition import Change, Draw, Transition
from chalicelib.domain.values import Role
from chalicelib.errors import NoticeNeeded, WrongStep


def hand_over(parcours: Parcours, attempt: Attempt, *, by: Role, draw: Draw) -> Transition:
    """A sender says that she handed the notice over; once per passage. ``draw``: one id.

    Raises:
        WrongStep: the passage is not under preparation.
    """
    if parcours.status is not ParcoursStatus.IN_PREPARATION or attempt.ended_at is not None:
        raise WrongStep
    if attempt.notice_at is not None:
        return Transition.nothing()
    event = _event(attempt, by, draw)
    return Transition(changes=(_handed(attempt, draw), parcours.telling(event)), events=(event,))


def before_sending(
    announced: Transition, attempt: Attempt, *, said: bool, by: Role, draw: Draw
) -> Transition:
    """The announcement of documents, with the confirmation that was given in the same gesture. ``draw``: one id.

    Raises:
        NoticeNeeded: the notice was not handed over, neither before nor now.
    """
    if attempt.notice_at is not None:
        return announced
    if not said:
        raise NoticeNeeded
    return Transition(
        changes=(*announced.changes, _handed(attempt, draw)),
        events=(_event(attempt, by, draw), *announced.events),
        mails=announced.mails,
    )


def _handed(attempt: Attempt, draw: Draw) -> Change:
    return Change(attempt, attempt.but(notice_at=draw.now))


def _event(attempt: Attempt, by: Role, draw: Draw) -> Event:
    return Event(
        parcours=attempt.parcours,
        id=draw.id(),
        attempt=attempt.number,
        kind=EventKind.NOTICE_HANDED_OVER,
        at=draw.now,
        actor=by,
    )
