"""Agreeing on a meeting: dates proposed, accepted, asked for again; the meeting moved or cancelled."""

from datetime import datetime

from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import NOTHING_AGREED, Parcours, Step
from chalicelib.domain.kernel.timeline import Event, EventKind, Reason
from chalicelib.domain.kernel.transition import Change, Draw, MailKind, Transition
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.meetings import slots
from chalicelib.domain.meetings.appointment import (
    CANCELS,
    OTHERS,
    Appointment,
    AppointmentState,
    begun,
    cancelled,
    fixed_at,
    is_open,
    told_of,
)
from chalicelib.domain.meetings.slots import Slot
from chalicelib.errors import ChangedMeanwhile, FieldInvalid, SlotTaken, WrongStep


def propose(
    parcours: Parcours, stands: Appointment | None, proposed: tuple[Slot, ...], link: Link, draw: Draw
) -> Transition:
    """The company proposes dates: the tutor's turn. What is fixed stays so until another date is accepted.

    Raises:
        FieldInvalid: see ``slots.check``.
        WrongStep: no date is awaited on this parcours.
    """
    proposed = tuple(sorted(proposed, key=lambda one: one.start))
    if stands is not None and _is_proposed_already(stands, proposed):
        return Transition.nothing()
    slots.check(proposed, draw.now)
    if not is_open(parcours) or parcours.attempt != link.attempt or link.to is not Role.COMPANY:
        raise WrongStep  # who passes the link on meets nobody
    began = begun(stands, parcours, draw)
    fixed = began.stands(draw.now)
    after = began.but(
        offered=proposed,
        slots=proposed,
        link=link.id,
        changed_at=draw.now,
    )
    event = _event(parcours, EventKind.SLOTS_PROPOSED, link.to, draw, count=len(proposed))
    told = draw.mail(
        MailKind.SLOTS_NOTICE,
        link=link.id,
        parcours=parcours.id,
        attempt=parcours.attempt,
        to=Role.TUTOR,
    )
    head = _at(parcours, Step.SLOTS_PROPOSED, event, meeting_at=fixed.start if fixed else None)
    return Transition(changes=(head, Change(stands, after)), events=(event,), mails=(told,))


def _is_proposed_already(stands: Appointment, proposed: tuple[Slot, ...]) -> bool:
    """These dates wait for their answer, or one of them is what was agreed on since, and nothing else was."""
    agreed = stands.slot if stands.state is AppointmentState.FIXED else None
    return stands.offered == proposed and (bool(stands.slots) or agreed in proposed)


def accept(
    parcours: Parcours,
    stands: Appointment | None,
    start: datetime,
    *,
    seen: str | None,
    by: Role,
    buyer_invited: bool,
    draw: Draw,
) -> Transition:
    """One proposed date is agreed; the story invites everyone concerned, and tells a buyer who is so no more.

    Accepting the same one twice is once. ``seen``: the ``Appointment.shown`` among whose dates it was chosen.

    Raises:
        SlotTaken: this date is not proposed, or another one was accepted.
        ChangedMeanwhile: it is, but not as it was shown.
        FieldInvalid: it is past.
    """
    if stands is None:
        raise SlotTaken
    agreed = stands.slot if stands.state is AppointmentState.FIXED and not stands.slots else None
    if agreed is not None and agreed.start == start:
        return Transition.nothing()
    chosen = next((one for one in stands.slots if one.start == start), None)
    if chosen is None or parcours.step is not Step.SLOTS_PROPOSED or not is_open(parcours):
        raise SlotTaken
    if seen != stands.shown:
        raise ChangedMeanwhile
    if start <= draw.now:
        raise FieldInvalid("date", "past_slot")
    began = begun(stands, parcours, draw)
    moved = began.stands(draw.now) is not None
    kind = EventKind.MEETING_MOVED if moved else EventKind.SLOT_ACCEPTED
    return _fix(parcours, stands, began.but(buyer_invited=buyer_invited), chosen, kind, by=by, draw=draw)


def move(
    parcours: Parcours,
    stands: Appointment | None,
    slot: Slot,
    *,
    seen: datetime | None,
    by: Role,
    draw: Draw,
) -> Transition:
    """A meeting is moved to what was agreed by telephone; the story invites everyone anew.

    Args:
        seen: when the one to move was to be.
    Raises:
        WrongStep: none is fixed. ChangedMeanwhile: another one is.
    """
    if parcours.meeting_at is None or not is_open(parcours):
        raise WrongStep
    if stands is not None and stands.stands(draw.now) == slot and not stands.slots:
        return Transition.nothing()
    if parcours.meeting_at <= draw.now:
        raise WrongStep
    if seen != parcours.meeting_at:
        raise ChangedMeanwhile
    began = begun(stands, parcours, draw).but(offered=())
    return _fix(parcours, stands, began, slot, EventKind.MEETING_MOVED, by=by, draw=draw)


def ask_others(
    parcours: Parcours,
    stands: Appointment | None,
    reason: Reason,
    *,
    seen: str | None,
    by: Role,
    draw: Draw,
) -> Transition:
    """None of the dates suits: the company's turn.

    Args:
        seen: the ``Appointment.shown`` whose dates do not suit.
    Raises:
        FieldInvalid: the reason is none of ``OTHERS``.
        SlotTaken: no date waits for an answer.
        ChangedMeanwhile: others do than those that were shown.
    """
    if reason not in OTHERS:
        raise FieldInvalid("motif", "reason")
    if (stands is None or not stands.slots) and parcours.last_kind is EventKind.OTHER_SLOTS_ASKED:
        return Transition.nothing()
    if stands is None or not stands.slots or not is_open(parcours):
        raise SlotTaken
    if seen != stands.shown:
        raise ChangedMeanwhile
    return _without(parcours, stands, reason, by, draw)


def lapse(parcours: Parcours, stands: Appointment, draw: Draw) -> Transition:
    """Nobody chose in time: once every date that waited is past, the company is asked for others.

    Nothing, while a refusal may still be taken back. Dates that wait on no board any more go without a word.
    """
    if stands.lapse_at is None or draw.now < stands.lapse_at:
        return Transition.nothing()
    here = parcours.attempt == stands.attempt and parcours.step is Step.SLOTS_PROPOSED
    if here and not is_open(parcours) and draw.now < stands.erase_at:
        return Transition.nothing()
    gone = Change(stands, _forgotten(stands, draw.now))
    if not here or not is_open(parcours):
        return Transition(changes=(gone,))
    if parcours.meeting_at is not None and parcours.meeting_at <= draw.now:
        # Another date was proposed beside a meeting that came meanwhile: what became of it is to be noted.
        return Transition(changes=(Change(parcours, parcours.but(step=Step.MEETING_FIXED)), gone))
    return _without(parcours, stands, Reason.TOO_LONG, Role.SYSTEM, draw)


def _without(parcours: Parcours, stands: Appointment, reason: Reason, by: Role, draw: Draw) -> Transition:
    """No date waits for an answer any more; what is fixed stays so."""
    event = _event(parcours, EventKind.OTHER_SLOTS_ASKED, by, draw, reason=reason)
    fixed = stands.stands(draw.now)
    step = Step.MEETING_FIXED if fixed else Step.RECEIVED
    head = _at(parcours, step, event, meeting_at=fixed.start if fixed else None)
    change = Change(stands, _forgotten(stands, draw.now))
    told = draw.mail(
        MailKind.OTHER_SLOTS,
        link=stands.link,
        parcours=parcours.id,
        attempt=parcours.attempt,
        reason=reason,
        to=Role.COMPANY,
    )
    return Transition(changes=(head, change), events=(event,), mails=(told,))


def _forgotten(stands: Appointment, now: datetime) -> Appointment | None:
    """The same without the dates that waited, which may be proposed anew; None when nothing of it is needed any more."""
    return stands.but(offered=(), slots=(), changed_at=now) if now < stands.erase_at else None


def cancel(
    parcours: Parcours,
    stands: Appointment | None,
    reason: Reason,
    *,
    seen: datetime | None,
    by: Role,
    draw: Draw,
) -> Transition:
    """The meeting does not take place: everybody's calendar is told, dates are awaited again.

    Dates that the company proposed beside it still wait for an answer.

    Args:
        seen: when the one to cancel was to be.
    Raises:
        FieldInvalid: the reason is none of ``CANCELS``.
        WrongStep: none is fixed, or its hour is past. ChangedMeanwhile: another one is fixed.
    """
    if reason not in CANCELS:
        raise FieldInvalid("motif", "reason")
    if parcours.meeting_at is None and _is_cancelled_already(parcours, stands, seen):
        return Transition.nothing()
    if parcours.meeting_at is None or parcours.meeting_at <= draw.now or not is_open(parcours):
        raise WrongStep
    if seen != parcours.meeting_at:
        raise ChangedMeanwhile
    event = _event(parcours, EventKind.MEETING_CANCELLED, by, draw, reason=reason)
    waiting = stands.slots if stands is not None and stands.lapse_at and draw.now < stands.lapse_at else ()
    head = _at(parcours, Step.SLOTS_PROPOSED if waiting else Step.RECEIVED, event)
    if stands is None or stands.slot is None:
        return Transition(changes=(head,), events=(event,))
    after = cancelled(stands, draw.now).but(slots=waiting)
    mails = told_of(MailKind.MEETING_CANCELLED, parcours, after, draw.now)
    return Transition(changes=(head, Change(stands, after)), events=(event,), mails=mails)


def _is_cancelled_already(parcours: Parcours, stands: Appointment | None, seen: datetime | None) -> bool:
    """Also once other dates are proposed."""
    gone = stands.slot if stands is not None and stands.state is AppointmentState.CANCELLED else None
    return parcours.last_kind is EventKind.MEETING_CANCELLED or (gone is not None and gone.start == seen)


def _fix(
    parcours: Parcours,
    stands: Appointment | None,
    began: Appointment,
    slot: Slot,
    kind: EventKind,
    *,
    by: Role,
    draw: Draw,
) -> Transition:
    event = _event(parcours, kind, by, draw, planned_at=slot.start)
    after = fixed_at(began, slot, draw.now)
    head = _at(parcours, Step.MEETING_FIXED, event, meeting_at=slot.start)
    return Transition(changes=(head, Change(stands, after)), events=(event,))


def _at(parcours: Parcours, step: Step, event: Event, meeting_at: datetime | None = None) -> Change:
    """People agree on something: unlike what the relay moves, it holds from every step. It is no outcome to be corrected."""
    moves: dict[str, object] = {"step": step, "since": event.at, "setback": None, "moved": ()}
    return parcours.telling(event, **moves | NOTHING_AGREED | {"meeting_at": meeting_at})


def _event(
    parcours: Parcours,
    kind: EventKind,
    by: Role,
    draw: Draw,
    *,
    reason: Reason | None = None,
    count: int | None = None,
    planned_at: datetime | None = None,
) -> Event:
    return draw.event(
        kind,
        parcours.id,
        parcours.attempt,
        by=by,
        reason=reason,
        count=count,
        planned_at=planned_at,
    )
