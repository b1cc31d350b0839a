"""The end of a *passage*: the young person withdrew, stopped after some days, or a meeting was missed.

Nothing is asked about her: a kind, a reason of a closed list, a day.
"""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from chalicelib.domain.attempt import Attempt
from chalicelib.domain.deposit import Deposit, DepositState
from chalicelib.domain.link import Link
from chalicelib.domain.parcours import Parcours, ParcoursStatus
from chalicelib.domain.sending_again import ended
from chalicelib.domain.timeline import Event, EventKind, Reason
from chalicelib.domain.transition import Change, Draw, MailKind, OutboxMail, Transition
from chalicelib.domain.values import Instant, Role, Value
from chalicelib.errors import FieldInvalid, WrongStep

ENDS = frozenset({EventKind.YOUNG_PERSON_WITHDREW, EventKind.ATTEMPT_STOPPED, EventKind.MEETING_MISSED})
REASONS: dict[EventKind, tuple[Reason, ...]] = {
    EventKind.YOUNG_PERSON_WITHDREW: (
        Reason.TOO_LONG,
        Reason.DATES_UNSUITABLE,
        Reason.OTHER_PATH,
        Reason.SCHOOL_HOLIDAYS,
        Reason.OTHER,
    ),
    EventKind.ATTEMPT_STOPPED: (
        Reason.PROFILE_MISMATCH,
        Reason.OTHER_PATH,
        Reason.COMPANY_CHOICE,
        Reason.OTHER,
    ),
    EventKind.MEETING_MISSED: (Reason.DATES_UNSUITABLE, Reason.NO_ANSWER, Reason.OTHER),
}
"""The reasons that each kind of end may have."""
OLDEST = timedelta(days=3 * 366)
"""How far back an end may be noted: a history that began before the tool can be entered."""


class End(Value):
    """What an agent says of the end."""

    kind: EventKind
    reason: Reason
    occurred_at: Instant
    days: Annotated[int, Field(ge=1, le=365)] | None = None
    """After how many days she stopped; only for ``attempt_stopped``."""


def check(end: End, now: datetime) -> None:
    """Raises:
    FieldInvalid: kind, reason, day or number of days do not go together.
    """
    if end.kind not in ENDS:
        raise FieldInvalid("fin", "value")
    if end.reason not in REASONS[end.kind]:
        raise FieldInvalid("motif", "reason")
    if not now - OLDEST <= end.occurred_at <= now:
        raise FieldInvalid("survenu_le", "day")
    if (end.days is None) == (end.kind is EventKind.ATTEMPT_STOPPED):
        raise FieldInvalid("jours", "days")


def finish(
    parcours: Parcours,
    attempt: Attempt,
    deposit: Deposit | None,
    link: Link | None,
    end: End,
    *,
    by: Role,
    draw: Draw,
) -> Transition:
    """The passage is over: live links die, documents go, company and buyer are told, the parcours is free again.

    Args:
        deposit: the live one, if any; ``link``: the last one that went out, if any; ``draw``: three ids.
    Raises:
        WrongStep: there is no passage to end.
    """
    if (
        parcours.status not in {ParcoursStatus.IN_PREPARATION, ParcoursStatus.IN_PROGRESS}
        or attempt.ended_at is not None
    ):
        raise WrongStep
    event = Event(
        parcours=parcours.id,
        id=draw.id(),
        attempt=attempt.number,
        kind=end.kind,
        at=draw.now,
        actor=by,
        occurred_at=end.occurred_at,
        reason=end.reason,
        count=end.days,
    )
    head = parcours.telling(
        event,
        status=ParcoursStatus.AVAILABLE,
        step=None,
        setback=None,
        since=draw.now,
        tutor=None,
        tutor_academie=None,
        reference=None,
        live_deposit=None,
        last_deposit=None,
        live_link=None,
    )
    live = deposit is not None and deposit.is_live(draw.now) and deposit.state is not DepositState.CONFIRMED
    dead: tuple[Change, ...] = ()
    if live and deposit is not None:
        dead = ended(deposit, link, draw)
    elif link is not None and link.revoked_at is None:
        dead = (Change(link, link.but(revoked_at=draw.now)),)
    over = Change(attempt, attempt.but(ended_at=draw.now, end=end.kind))
    return Transition(changes=(head, over, *dead), events=(event,), mails=_told(parcours, link, draw))


def _told(parcours: Parcours, link: Link | None, draw: Draw) -> tuple[OutboxMail, ...]:
    """The company, if anything was sent to it; the buyer, if there is one with an account."""
    mails = []
    if link is not None and link.recipient:
        mails.append(
            OutboxMail(
                key=draw.id(1),
                kind=MailKind.END_TO_COMPANY,
                created_at=draw.now,
                link=link.id,
                parcours=parcours.id,
            )
        )
    if parcours.buyer is not None:
        mails.append(
            OutboxMail(
                key=draw.id(2),
                kind=MailKind.END_TO_BUYER,
                created_at=draw.now,
                account=parcours.buyer,
                parcours=parcours.id,
            )
        )
    return tuple(mails)
