"""Who accompanies: a passage under way goes from one tutor to another, with everything that hangs on it."""

from chalicelib.domain.attempt import Attempt
from chalicelib.domain.deposit import Deposit
from chalicelib.domain.link import Link
from chalicelib.domain.parcours import Parcours, ParcoursStatus
from chalicelib.domain.people import Account
from chalicelib.domain.timeline import Event, EventKind, Reason
from chalicelib.domain.transition import Change, Draw, Transition
from chalicelib.domain.values import Role
from chalicelib.errors import FieldInvalid, WrongStep

UNDER_WAY = frozenset({ParcoursStatus.IN_PREPARATION, ParcoursStatus.IN_PROGRESS})


def check_tutor(successor: Account) -> None:
    """Raises:
    FieldInvalid: this account accompanies nobody: closed, or no tutor's.
    """
    if successor.closed_at is not None or Role.TUTOR not in successor.roles:
        raise FieldInvalid("qui", "tutor")


def hand_over(
    parcours: Parcours,
    attempt: Attempt,
    link: Link | None,
    successor: Account,
    *,
    reason: Reason | None = None,
    by: Role,
    draw: Draw,
    deposit: Deposit | None = None,
) -> Transition:
    """The passage goes to another tutor; nothing when she has it already.

    A live deposit stays where it goes: its sender becomes the successor, who may withdraw it, its recipient never changes.
    Args:
        link: that of the last deposit, if any; ``deposit``: the last one of this attempt, if any.
        draw: one id.
    Raises:
        WrongStep: there is no passage under way.
        FieldInvalid: the successor is no tutor.
    """
    check_tutor(successor)
    if parcours.status not in UNDER_WAY or attempt.ended_at is not None:
        raise WrongStep
    if parcours.tutor == successor.id:
        return Transition.nothing()
    event = Event(
        parcours=parcours.id,
        id=draw.id(),
        attempt=attempt.number,
        kind=EventKind.TUTOR_ASSIGNED,
        at=draw.now,
        actor=by,
        reason=reason,
    )
    head = parcours.telling(
        event, tutor=successor.id, tutor_academie=successor.academie, tutor_absence=successor.absence
    )
    changes = [head, Change(attempt, attempt.but(tutor=successor.id))]
    if link is not None and link.sender != successor.id:
        changes.append(Change(link, link.but(sender=successor.id)))
    if deposit is not None and deposit.contents is not None and deposit.contents.owner != successor.id:
        contents = deposit.contents.model_copy(update={"owner": successor.id})
        changes.append(Change(deposit, deposit.but(contents=contents)))
    return Transition(changes=tuple(changes), events=(event,))


def coordinated(step: Transition, parcours: Parcours, coordinator: str) -> Transition:
    """The same transition, after which this coordinator follows the parcours that it changes."""
    changes = tuple(
        Change(one.before, one.after.but(coordinator=coordinator))
        if one.before is parcours and one.after is not None
        else one
        for one in step.changes
    )
    return Transition(changes=changes, events=step.events, mails=step.mails)
