"""Agreeing on a meeting: dates proposed, accepted, asked for again; the meeting moved or cancelled."""

from datetime import datetime
from typing import Any

from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import NOTHING_AGREED, Parcours, ParcoursChange, Step
from chalicelib.domain.kernel.timeline import Event, EventKind, Reason
from chalicelib.domain.kernel.transition import Change, Draw, MailKind, OutboxMail, Transition
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.meetings import slots
from chalicelib.domain.meetings.appointment import (
    CANCELS,
    OTHERS,
    Appointment,
    AppointmentState,
    Meeting,
    begun,
    cancelled,
    fixed_at,
    is_open,
    mails_to_reached,
)
from chalicelib.domain.meetings.slots import Slot
from chalicelib.errors import ChangedMeanwhile, FieldInvalid, SlotTaken, WrongStep


def propose(
    parcours: Parcours, current: Appointment | None, proposed: tuple[Slot, ...], link: Link, draw: Draw
) -> Transition:
    """The company proposes dates: the tutor's turn. What is fixed stays so until another date is accepted.

    Raises:
        FieldInvalid: see ``slots.check``.
        WrongStep: no date is awaited on this parcours.
    """
    proposed = tuple(sorted(proposed, key=lambda one: one.start))
    if current is not None and _is_proposed_already(current, proposed):
        return Transition.nothing()
    slots.check(proposed, draw.now)
    if not is_open(parcours) or parcours.attempt != link.attempt or link.to is not Role.COMPANY:
        raise WrongStep  # who passes the link on meets nobody
    began = begun(current, parcours, draw)
    fixed = began.upcoming(draw.now)
    after = began.but(offered=proposed, slots=proposed, link=link.id, changed_at=draw.now)
    event = _event(parcours, EventKind.SLOTS_PROPOSED, link.to, draw, count=len(proposed))
    head = _at(parcours, Step.SLOTS_PROPOSED, event, meeting_at=fixed.start if fixed else None)
    mail = _mail(parcours, MailKind.SLOTS_NOTICE, link.id, draw, to=Role.TUTOR)
    return Transition(changes=(head, Change(current, after)), events=(event,), mails=(mail,))


def _is_proposed_already(current: Appointment, proposed: tuple[Slot, ...]) -> bool:
    """These dates wait for their answer, or one of them is what was agreed on since, and nothing else was."""
    agreed = current.slot if current.state is AppointmentState.FIXED else None
    return current.offered == proposed and (bool(current.slots) or agreed in proposed)


def accept(
    parcours: Parcours,
    meeting: Meeting,
    start: datetime,
    *,
    seen: str | None,
    by: Role,
    buyer_invited: bool,
    draw: Draw,
) -> Transition:
    """One proposed date is agreed: everyone concerned is invited. Accepting the same one twice is once.

    Args:
        seen: the ``Appointment.shown`` among whose dates it was chosen.
    Raises:
        SlotTaken: this date is not proposed, or another one was accepted.
        ChangedMeanwhile: it is, but not as it was shown.
        FieldInvalid: it is past.
    """
    current = meeting.appointment
    if current is None:
        raise SlotTaken
    agreed = current.slot if current.state is AppointmentState.FIXED and not current.slots else None
    if agreed is not None and agreed.start == start:
        return Transition.nothing()
    chosen = next((one for one in current.slots if one.start == start), None)
    if chosen is None or parcours.step is not Step.SLOTS_PROPOSED or not is_open(parcours):
        raise SlotTaken
    if seen != current.shown:
        raise ChangedMeanwhile
    if start <= draw.now:
        raise FieldInvalid("date", "past_slot")
    began = begun(current, parcours, draw)
    moved = began.upcoming(draw.now) is not None
    kind = EventKind.MEETING_MOVED if moved else EventKind.SLOT_ACCEPTED
    return _fix(parcours, meeting, began.but(buyer_invited=buyer_invited), chosen, kind, by=by, draw=draw)


def move(
    parcours: Parcours, meeting: Meeting, slot: Slot, *, seen: datetime | None, by: Role, draw: Draw
) -> Transition:
    """A meeting is moved to what was agreed by telephone: everyone is invited anew.

    Args:
        seen: when the one to move was to be.
    Raises:
        WrongStep: none is fixed. ChangedMeanwhile: another one is.
    """
    current = meeting.appointment
    if parcours.meeting_at is None or not is_open(parcours):
        raise WrongStep
    if current is not None and current.upcoming(draw.now) == slot and not current.slots:
        return Transition.nothing()
    if parcours.meeting_at <= draw.now:
        raise WrongStep
    if seen != parcours.meeting_at:
        raise ChangedMeanwhile
    began = begun(current, parcours, draw).but(offered=())
    return _fix(parcours, meeting, began, slot, EventKind.MEETING_MOVED, by=by, draw=draw)


def _fix(
    parcours: Parcours,
    meeting: Meeting,
    began: Appointment,
    slot: Slot,
    kind: EventKind,
    *,
    by: Role,
    draw: Draw,
) -> Transition:
    event = _event(parcours, kind, by, draw, planned_at=slot.start)
    head = _at(parcours, Step.MEETING_FIXED, event, meeting_at=slot.start)
    fixed = fixed_at(began, slot, draw.now)
    return _with(head, event, meeting, fixed, draw)


def ask_others(
    parcours: Parcours, meeting: Meeting, reason: Reason, *, seen: str | None, by: Role, draw: Draw
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
    current = meeting.appointment
    if (current is None or not current.slots) and parcours.last_kind is EventKind.OTHER_SLOTS_ASKED:
        return Transition.nothing()
    if current is None or not current.slots or not is_open(parcours):
        raise SlotTaken
    if seen != current.shown:
        raise ChangedMeanwhile
    return _without_dates(parcours, meeting, current, reason, by, draw)


def lapse(parcours: Parcours, current: Appointment, draw: Draw) -> Transition:
    """Nobody chose in time: once every date that waited is past, the company is asked for others.

    Nothing, while a refusal may still be taken back. Dates that wait on no board any more go without a word.
    """
    if current.lapse_at is None or draw.now < current.lapse_at:
        return Transition.nothing()
    here = parcours.attempt == current.attempt and parcours.step is Step.SLOTS_PROPOSED
    if here and not is_open(parcours) and draw.now < current.erase_at:
        return Transition.nothing()
    gone = Change(current, _forgotten(current, draw.now))
    if not here or not is_open(parcours):
        return Transition(changes=(gone,))
    if parcours.meeting_at is not None and parcours.meeting_at <= draw.now:
        # Another date was proposed beside a meeting that came meanwhile: what became of it is to be noted.
        return Transition(changes=(Change(parcours, parcours.but(step=Step.MEETING_FIXED)), gone))
    return _without_dates(parcours, Meeting(current), current, Reason.TOO_LONG, Role.SYSTEM, draw)


def _without_dates(
    parcours: Parcours, meeting: Meeting, current: Appointment, reason: Reason, by: Role, draw: Draw
) -> Transition:
    """No date waits for an answer any more; what is fixed stays so."""
    event = _event(parcours, EventKind.OTHER_SLOTS_ASKED, by, draw, reason=reason)
    fixed = current.upcoming(draw.now)
    step = Step.MEETING_FIXED if fixed else Step.RECEIVED
    head = _at(parcours, step, event, meeting_at=fixed.start if fixed else None)
    mail = _mail(parcours, MailKind.OTHER_SLOTS, current.link, draw, to=Role.COMPANY, reason=reason)
    asked = _with(head, event, meeting, _forgotten(current, draw.now), draw)
    return Transition(changes=asked.changes, events=asked.events, mails=(mail, *asked.mails))


def _forgotten(current: Appointment, now: datetime) -> Appointment | None:
    """The same without the dates that waited, which may be proposed anew; None when nothing of it is needed any more."""
    return current.but(offered=(), slots=(), changed_at=now) if now < current.erase_at else None


def cancel(
    parcours: Parcours,
    current: Appointment | None,
    reason: Reason,
    *,
    seen: datetime | None,
    by: Role,
    draw: Draw,
) -> Transition:
    """The meeting does not take place: everybody's calendar says so, dates are awaited again.

    Dates that the company proposed beside it still wait for an answer.

    Args:
        seen: when the one to cancel was to be.
    Raises:
        FieldInvalid: the reason is none of ``CANCELS``.
        WrongStep: none is fixed, or its hour is past. ChangedMeanwhile: another one is fixed.
    """
    if reason not in CANCELS:
        raise FieldInvalid("motif", "reason")
    if parcours.meeting_at is None and _is_cancelled_already(parcours, current, seen):
        return Transition.nothing()
    if parcours.meeting_at is None or parcours.meeting_at <= draw.now or not is_open(parcours):
        raise WrongStep
    if seen != parcours.meeting_at:
        raise ChangedMeanwhile
    event = _event(parcours, EventKind.MEETING_CANCELLED, by, draw, reason=reason)
    waiting = (
        current.slots if current is not None and current.lapse_at and draw.now < current.lapse_at else ()
    )
    head = _at(parcours, Step.SLOTS_PROPOSED if waiting else Step.RECEIVED, event)
    if current is None or current.slot is None:
        return Transition(changes=(head,), events=(event,))
    after = cancelled(current, draw.now).but(slots=waiting)
    mails = mails_to_reached(MailKind.MEETING_CANCELLED, parcours, after, draw.now)
    return Transition(changes=(head, Change(current, after)), events=(event,), mails=mails)


def _is_cancelled_already(parcours: Parcours, current: Appointment | None, seen: datetime | None) -> bool:
    """Also once other dates are proposed."""
    gone = current.slot if current is not None and current.state is AppointmentState.CANCELLED else None
    return parcours.last_kind is EventKind.MEETING_CANCELLED or (gone is not None and gone.start == seen)


def _with(
    head: ParcoursChange, event: Event, meeting: Meeting, after: Appointment | None, draw: Draw
) -> Transition:
    """The parcours, the fact, and the appointment with its invitations."""
    step = Transition(changes=(head,), events=(event,))
    return step + meeting.become(after, head.after, draw.now)


def _at(parcours: Parcours, step: Step, event: Event, meeting_at: datetime | None = None) -> ParcoursChange:
    """People agree on something: unlike what the relay moves, it holds from every step. It is no outcome to be corrected."""
    moves: dict[str, object] = {"step": step, "since": event.at, "setback": None, "moved": ()}
    return parcours.telling(event, **moves | NOTHING_AGREED | {"meeting_at": meeting_at})


def _event(parcours: Parcours, kind: EventKind, by: Role, draw: Draw, **facts: Any) -> Event:
    return draw.event(kind, parcours.id, parcours.attempt, by=by, **facts)


def _mail(parcours: Parcours, kind: MailKind, link: str | None, draw: Draw, **about: Any) -> OutboxMail:
    return draw.mail(kind, link=link, parcours=parcours.id, attempt=parcours.attempt, **about)
