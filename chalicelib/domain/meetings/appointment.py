"""The *rendez-vous*: dates proposed, accepted, asked for again; the meeting moved, cancelled, and who is invited."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from chalicelib.domain.kernel.calendar import days_after
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.timeline import Event, EventKind, Reason
from chalicelib.domain.kernel.transition import Change, DecisionInputs, MailKind, OutboxMail, Transition
from chalicelib.domain.kernel.values import (
    Aggregate,
    Code,
    Instant,
    ParcoursStatus,
    Role,
    Setback,
    Step,
    Stored,
)
from chalicelib.domain.meetings import slots
from chalicelib.domain.meetings.slots import Slot
from chalicelib.errors import ChangedMeanwhile, FieldInvalid, SlotTaken, WrongStep

OPEN_STEPS = frozenset({Step.LINK_SENT, Step.OPENED, Step.RECEIVED, Step.SLOTS_PROPOSED, Step.MEETING_FIXED})
"""At which a company may propose dates."""
OTHERS = (Reason.DATES_UNSUITABLE, Reason.SCHOOL_HOLIDAYS, Reason.OTHER)
"""Why other dates may be asked for."""
CANCELS = (
    Reason.DATES_UNSUITABLE,
    Reason.PUT_OFF,
    Reason.COMPANY_ABSENT,
    Reason.YOUNG_PERSON_ABSENT,
    Reason.OTHER,
)
"""Why a meeting may be cancelled."""
AFTER = timedelta(days=2)
"""How long after the meeting, or after the last date proposed, its place is kept."""
CANCELLED_KEPT = timedelta(days=1)
"""How long a cancelled one is kept: until the mails that say so have left."""
MINUTES = 45
"""Length of a meeting that was fixed by telephone, where nobody says it."""
CONTACT = "contact"
"""The contact of the record, where nobody of the company holds a link, or the buyer has no account."""


class AppointmentState(Code):
    """What became of the last meeting that was agreed; dates may wait for an answer beside it."""

    PROPOSED = "proposed"
    FIXED = "fixed"
    CANCELLED = "cancelled"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat(Stored):
    """Somebody whose calendar shows a meeting: invited, or invited no more."""

    to: Role
    id: str
    """Of her account or her link; or ``CONTACT``."""
    address: str = ""
    """Of a contact of the record, who may be another one tomorrow."""
    since: int = 0
    """The version that invited her,"""
    sequence: int = 0
    """and the last one that concerns her: a mail of any other does not leave any more."""
    left: bool = False
    slot: Slot | None = None
    """When she was awaited, without its place, once she has left: she learns no other date."""

    def known_at(self, address: str) -> "Seat":
        """The same person, whom the record names by this address."""
        return replace(self, address=address) if address and not self.address else self

    def leaving(self, sequence: int, slot: Slot | None) -> "Seat":
        """The same, invited no more from this version on; ``slot``: to which she was."""
        awaited = replace(slot, place=None) if slot else None
        return self if self.left else replace(self, left=True, sequence=sequence, slot=awaited)


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment(Aggregate):
    """The dates of one attempt."""

    parcours: str
    attempt: int
    uid: str
    """Drawn; the UID of every invitation to the same meeting, so that calendars follow it."""
    state: AppointmentState
    offered: tuple[Slot, ...] = ()
    """What was proposed last,"""
    offered_at: Instant | None = None
    """when,"""
    slots: tuple[Slot, ...] = ()
    """and what of it waits for an answer."""
    slot: Slot | None = None
    """The one that is agreed, or was."""
    sequence: int = 0
    """SEQUENCE of RFC 5545: grows with each change of what was agreed, and of who is invited."""
    agreed: int = 0
    """At which of them the slot was agreed on."""
    seats: tuple[Seat, ...] = ()
    """Who is invited to it, and who was and had to be notified otherwise."""
    link: str | None = None
    """Id of the link whose recipient is the company's side; None: the contact of the record."""
    buyer_invited: bool = False
    changed_at: Instant
    eve_told_at: Instant | None = None
    """When everybody was reminded."""

    @property
    def shown(self) -> str:
        """What a page that shows its dates gives back with the answer, so that no other dates are answered."""
        return f"{self.uid}.{self.revision}"

    @property
    def due_at(self) -> datetime:
        """When the minute function looks at it: on the eve of the meeting, when no date is left to choose, then to erase it."""
        fixed = self.state is AppointmentState.FIXED and self.slot is not None and self.eve_told_at is None
        times = (self.eve_at if fixed else None, self.lapse_at, self.erase_at)
        return min(time for time in times if time is not None)

    @property
    def eve_at(self) -> datetime | None:
        """When everybody is reminded of what is agreed."""
        return eve_of(self.slot) if self.slot else None

    @property
    def lapse_at(self) -> datetime | None:
        """When the last of the dates that wait for an answer is past; None when none does."""
        return max((slot.start for slot in self.slots), default=None)

    @property
    def erase_at(self) -> datetime:
        """When nothing of it is needed any more."""
        if self.state is AppointmentState.CANCELLED and not self.slots:
            return self.changed_at + CANCELLED_KEPT
        ends = [one.end for one in (*self.slots, *((self.slot,) if self.slot else ()))]
        return max(ends, default=self.changed_at) + AFTER

    def upcoming(self, now: datetime) -> Slot | None:
        """What is agreed and not yet past."""
        fixed = self.state is AppointmentState.FIXED
        return self.slot if fixed and self.slot is not None and now < self.slot.start else None

    @property
    def known_seats(self) -> tuple[Seat, ...]:
        """Whose calendars know of what is agreed, or was; of one that was stored without its seats, each side."""
        if self.seats or self.slot is None:
            return self.seats
        sides = [(Role.TUTOR, ""), (Role.COMPANY, self.link or CONTACT)]
        sides += [(Role.BUYER, "")] if self.buyer_invited else []
        gone = self.state is AppointmentState.CANCELLED
        return tuple(Seat(to=to, id=known, sequence=self.sequence, left=gone) for to, known in sides)

    @property
    def reached(self) -> tuple[Seat, ...]:
        """Whom the present version lists: everybody invited, or everybody who was when all of it was cancelled."""
        gone = self.state is AppointmentState.CANCELLED
        return tuple(
            seat for seat in self.known_seats if seat.left is gone and seat.sequence == self.sequence
        )

    def leaves_alone(self, seat: Seat) -> bool:
        """Whether somebody is invited no more, whatever becomes of the meeting afterwards."""
        return seat.left and seat not in self.reached

    def concerned(self, mail: OutboxMail) -> Seat | None:
        """The seat that a mail about it is still true for; None once a later version says otherwise."""
        left, eve = mail.kind is MailKind.MEETING_CANCELLED, mail.kind is MailKind.EVE_REMINDER
        if not left and self.state is not AppointmentState.FIXED:
            return None
        if eve and self.eve_told_at != mail.created_at:
            return None
        side = (seat for seat in self.known_seats if seat.to is mail.to and mail.about in {None, seat.id})
        found = (one for one in side if one.left is left and (eve or mail.sequence in {None, one.sequence}))
        return next(found, None)


def eve_of(slot: Slot) -> datetime:
    """The same hour the day before."""
    return days_after(slot.start, -1)


def is_open(parcours: Parcours) -> bool:
    """Whether a company may propose dates here now."""
    preparing = parcours.status is ParcoursStatus.IN_PREPARATION
    return preparing and parcours.step in OPEN_STEPS and parcours.setback is not Setback.DECLINED


def is_concerned(before: Parcours, after: Parcours) -> bool:
    """Whether what becomes of a parcours may change its appointment."""
    was = (before.meeting_at, before.status, before.attempt)
    now = (after.meeting_at, after.status, after.attempt)
    return before.attempt is not None and (was != now or _is_choosing(before) != _is_choosing(after))


def let_pass(current: Appointment, parcours: Parcours, now: datetime) -> Transition:
    """What the minute function does when it is due: on the eve, everybody invited is reminded; after it, all is forgotten."""
    if now >= current.erase_at:
        return Transition(changes=(Change(current, None),))
    is_done = current.state is not AppointmentState.FIXED or current.eve_told_at is not None
    if is_done or current.eve_at is None or now < current.eve_at:
        return Transition.nothing()
    is_current = parcours.attempt == current.attempt and parcours.status is ParcoursStatus.IN_PREPARATION
    reminded = mails_to_reached(MailKind.EVE_REMINDER, parcours, current, now)
    mails = reminded if is_current and current.upcoming(now) else ()
    return Transition(changes=(Change(current, replace(current, eve_told_at=now)),), mails=mails)


def begun(current: Appointment | None, parcours: Parcours, inputs: DecisionInputs) -> Appointment:
    """The appointment of this attempt: the present one, or a new one; after a meeting that is past, another begins."""
    if current is not None and (current.slot is None or inputs.now < current.slot.start):
        return current
    fresh = Appointment(
        parcours=parcours.id,
        attempt=parcours.attempt or 0,
        link=parcours.live_link,
        uid=inputs.id(),
        state=AppointmentState.PROPOSED,
        changed_at=inputs.now,
    )
    if current is None:
        return fresh
    return replace(
        current,
        uid=fresh.uid,
        state=fresh.state,
        slot=None,
        sequence=0,
        seats=(),
        eve_told_at=None,
        changed_at=inputs.now,
    )


def fixed_at(began: Appointment, slot: Slot, now: datetime) -> Appointment:
    soon = eve_of(slot) <= now  # the invitation leaves on the eve itself
    sequence = began.sequence + (began.slot is not None)
    return replace(
        began,
        state=AppointmentState.FIXED,
        slots=(),
        slot=slot,
        sequence=sequence,
        agreed=sequence,
        changed_at=now,
        eve_told_at=now if soon else None,
    )


def cancelled(current: Appointment, now: datetime) -> Appointment:
    gone, sequence = AppointmentState.CANCELLED, current.sequence + 1
    seats = tuple(seat.leaving(sequence, current.slot) for seat in current.known_seats)
    return replace(current, state=gone, slots=(), sequence=sequence, seats=seats, changed_at=now)


def invited(
    current: Appointment | None, after: Appointment, wanted: tuple[Seat, ...], at: Callable[[Seat], str]
) -> Appointment | None:
    """What is agreed, with its seats: one version more where only they change; None when nothing does.

    A guest who stays and is the contact of the record from now on is known by that address: her link may be erased.
    ``wanted``: whom it invites now; ``at``: the address of a seat, as it is compared.
    """
    anew = is_news(current, after)
    before = current.known_seats if current is not None and current.uid == after.uid else ()
    here = {at(one): one for one in before if not one.left}
    coming = {at(one): one for one in wanted}
    if not anew and here.keys() == coming.keys():
        known = tuple(one if one.left else one.known_at(coming[at(one)].address) for one in before)
        return replace(after, seats=known) if known != before else None
    sequence = after.sequence + (not anew)
    since = {place: here[place].since if place in here else sequence for place in coming}
    come = (replace(one, sequence=sequence, since=since[place]) for place, one in coming.items())
    awaited = current.slot if current else None
    gone = (one.leaving(sequence, awaited) for one in before if at(one) not in coming)
    return replace(after, sequence=sequence, seats=(*come, *gone))


def is_news(current: Appointment | None, after: Appointment) -> bool:
    """Whether this is another version than the former one."""
    if current is None or current.slot is None:
        return True
    return (current.uid, current.sequence) != (after.uid, after.sequence)


def _is_choosing(parcours: Parcours) -> bool:
    return parcours.step is Step.SLOTS_PROPOSED


def mails_to_reached(
    kind: MailKind, parcours: Parcours, appointment: Appointment, now: datetime
) -> tuple[OutboxMail, ...]:
    """One mail to everybody whom the present version lists."""
    return tuple(mail_of(kind, parcours, appointment, one, now) for one in appointment.reached)


def mails_of(parcours: Parcours, appointment: Appointment, now: datetime) -> tuple[OutboxMail, ...]:
    """An invitation to everybody who is invited now, a withdrawal to everybody who leaves with this version."""
    gone = (seat for seat in appointment.seats if seat.left and seat.sequence == appointment.sequence)
    left = (mail_of(MailKind.MEETING_CANCELLED, parcours, appointment, one, now) for one in gone)
    return (*mails_to_reached(MailKind.MEETING_INVITATION, parcours, appointment, now), *left)


def mail_of(
    kind: MailKind, parcours: Parcours, appointment: Appointment, seat: Seat, now: datetime
) -> OutboxMail:
    """One per version and person. It holds the tutor's account: once a passage is over, the record no longer says it."""
    named = f"{kind}|{appointment.uid}|{appointment.sequence}|{seat.to}|{seat.id}"
    return OutboxMail(
        key=hashlib.sha256(named.encode()).hexdigest()[:32],
        kind=kind,
        created_at=now,
        link=appointment.link,
        parcours=parcours.id,
        attempt=appointment.attempt,
        account=parcours.tutor,
        about=seat.id,
        to=seat.to,
        sequence=appointment.sequence,
    )


class Guests(Protocol):
    """The people whom a meeting invites, as a story looks them up."""

    def seats(self) -> tuple[Seat, ...]:
        """Whom it invites now."""

    def at(self, seat: Seat) -> str:
        """The address of a seat, as it is compared; empty once it is erased."""

    def holder(self) -> Link | None:
        """The link of the company's side, if somebody of the company holds one."""


MovedLinks = tuple[tuple[Link | None, Link | None], ...]
"""The links that a decision changes: each as it was, and as it will be."""


@dataclass(frozen=True)
class Meeting:
    """The appointment of a passage, and whom it invites: all that a decision needs to keep every calendar true."""

    appointment: Appointment | None = None
    guests: Callable[[Parcours, Appointment, MovedLinks], Guests] | None = None
    """Looks up whom an appointment invites, once a parcours and its links have changed. None: its seats stay as they are."""

    def follow(self, before: Parcours, after: Parcours, inputs: DecisionInputs) -> Transition:
        """What an outcome, its correction, a refusal or an end makes of the appointment."""
        if not is_concerned(before, after):
            return Transition.nothing()
        current, now = self.appointment, inputs.now
        same = after.status is ParcoursStatus.IN_PREPARATION and after.attempt == before.attempt
        at = after.meeting_at if same else None
        agreed = current.upcoming(now) if current else None
        if at is not None and now < at and (agreed is None or agreed.start != at):
            began = begun(current, before, inputs)
            known = (*began.slots, *((began.slot,) if began.slot else ()))
            like = Slot(start=at, minutes=began.slot.minutes if began.slot else MINUTES)
            slot = next((one for one in known if one.start == at), like)
            return self.become(fixed_at(began, slot, now), after, now)
        if current is None:
            return Transition.nothing()
        if at is not None and now < at:
            return self.become(current, after, now)
        chooses_again = same and _is_choosing(after) and not _is_choosing(before)
        waits = same and (_is_choosing(after) or after.setback is Setback.DECLINED)
        waiting = current.offered if chooses_again else current.slots if waits else ()
        if at is None and agreed is not None:
            gone = replace(cancelled(current, now), slots=waiting)
            mails = mails_to_reached(MailKind.MEETING_CANCELLED, before, gone, now)
            return Transition(changes=(Change(current, gone),), mails=mails)
        past = at is None and current.state is AppointmentState.FIXED
        state = AppointmentState.OVER if past else current.state
        if (state, waiting) == (current.state, current.slots):
            return self.become(current, after, now)
        return self.become(replace(current, state=state, slots=waiting, changed_at=now), after, now)

    def become(
        self, after: Appointment | None, head: Parcours, now: datetime, moved: MovedLinks = ()
    ) -> Transition:
        """The appointment as it is from now on, with its invitations: everybody has the newest version, who leaves is notified.

        ``head``: the parcours, once the decision is taken; ``moved``: the links that the decision changes.
        """
        before = self.appointment
        plain = Transition(changes=(Change(before, after),) if after is not before else ())
        if self.guests is None or after is None or after.upcoming(now) is None:
            return plain
        guests = self.guests(head, after, moved)
        seated = invited(before, after, guests.seats(), guests.at)
        if seated is None:
            return plain
        holder = guests.holder()
        seated = replace(seated, link=holder.id if holder is not None else None)
        mails = mails_of(head, seated, now) if is_news(before, seated) else ()
        return Transition(changes=(Change(before, seated),), mails=mails)

    def invite_anew(self, head: Parcours, now: datetime, moved: MovedLinks = ()) -> Transition:
        """The same appointment, after a link, the parcours or a contact changed hands: see ``become``."""
        return self.become(self.appointment, head, now, moved)


def propose(
    parcours: Parcours,
    current: Appointment | None,
    proposed: tuple[Slot, ...],
    link: Link,
    inputs: DecisionInputs,
    *,
    seen: frozenset[datetime | None] | None = None,
) -> Transition:
    """The company proposes dates: the tutor's turn. What is fixed stays so until another date is accepted.

    ``seen``: when the dates began that the page showed; it replaces no others.
    """
    proposed = tuple(sorted(proposed, key=lambda one: one.start))
    if current is not None and _is_proposed_already(current, proposed):
        return Transition.nothing()
    if seen is not None and seen != {slot.start for slot in (current.slots if current else ())}:
        raise ChangedMeanwhile
    slots.check(proposed, inputs.now)
    if not is_open(parcours) or parcours.attempt != link.attempt or link.to is not Role.COMPANY:
        raise WrongStep  # who passes the link on meets nobody
    began = begun(current, parcours, inputs)
    fixed = began.upcoming(inputs.now)
    after = replace(
        began, offered=proposed, offered_at=inputs.now, slots=proposed, link=link.id, changed_at=inputs.now
    )
    event = _event(parcours, EventKind.SLOTS_PROPOSED, link.to, inputs)
    event = replace(event, count=len(proposed))
    head = _at(parcours, Step.SLOTS_PROPOSED, event, meeting_at=fixed.start if fixed else None)
    mail = _mail(parcours, MailKind.SLOTS_NOTICE, Role.TUTOR, link.id, inputs)
    return Transition.noting(event, Change(parcours, head), Change(current, after), mails=(mail,))


def _is_proposed_already(current: Appointment, proposed: tuple[Slot, ...]) -> bool:
    """These dates wait for their answer, or one of them is what was agreed on since, and nothing else was."""
    agreed = current.slot if current.state is AppointmentState.FIXED else None
    return current.offered == proposed and (bool(current.slots) or agreed in proposed)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The date that who accompanies chooses among those that are proposed."""

    start: datetime
    seen: str | None
    """``Appointment.shown`` of what the page showed."""
    buyer_invited: bool = False
    host_seen: str = ""
    """The host of a meeting at a distance that was confirmed, see ``slots.check_host``."""


def accept(
    parcours: Parcours,
    meeting: Meeting,
    accepted: Acceptance,
    *,
    by: Role,
    company: frozenset[str],
    inputs: DecisionInputs,
) -> Transition:
    """One proposed date is agreed: everyone concerned is invited. Accepting the same one twice is once.

    ``company``: domains of its trusted contacts.
    """
    start = accepted.start
    current = meeting.appointment
    if current is None:
        raise SlotTaken
    agreed = current.slot if current.state is AppointmentState.FIXED and not current.slots else None
    if agreed is not None and agreed.start == start:
        return Transition.nothing()
    chosen = next((slot for slot in current.slots if slot.start == start), None)
    if chosen is None or parcours.step is not Step.SLOTS_PROPOSED or not is_open(parcours):
        raise SlotTaken
    if accepted.seen != current.shown:
        raise ChangedMeanwhile
    if start <= inputs.now:
        raise FieldInvalid("date", "past_slot")
    slots.check_host(chosen, company, accepted.host_seen)
    began = begun(current, parcours, inputs)
    moved = began.upcoming(inputs.now) is not None
    kind = EventKind.MEETING_MOVED if moved else EventKind.SLOT_ACCEPTED
    began = replace(began, buyer_invited=accepted.buyer_invited)
    return _fix(parcours, meeting, began, chosen, kind, by, inputs)


def move(
    parcours: Parcours,
    meeting: Meeting,
    slot: Slot,
    *,
    seen: datetime | None,
    by: Role,
    inputs: DecisionInputs,
) -> Transition:
    """A meeting is moved to what was agreed by telephone: everyone is invited anew. ``seen``: when it was to be."""
    current = meeting.appointment
    if parcours.meeting_at is None or not is_open(parcours):
        raise WrongStep
    if current is not None and current.upcoming(inputs.now) == slot and not current.slots:
        return Transition.nothing()
    if parcours.meeting_at <= inputs.now:
        raise WrongStep
    if seen != parcours.meeting_at:
        raise ChangedMeanwhile
    began = replace(begun(current, parcours, inputs), offered=())
    return _fix(parcours, meeting, began, slot, EventKind.MEETING_MOVED, by, inputs)


def _fix(
    parcours: Parcours,
    meeting: Meeting,
    began: Appointment,
    slot: Slot,
    kind: EventKind,
    by: Role,
    inputs: DecisionInputs,
) -> Transition:
    event = replace(_event(parcours, kind, by, inputs), planned_at=slot.start)
    head = _at(parcours, Step.MEETING_FIXED, event, meeting_at=slot.start)
    changed = Transition.noting(event, Change(parcours, head))
    return changed + meeting.become(fixed_at(began, slot, inputs.now), head, inputs.now)


def ask_others(
    parcours: Parcours,
    meeting: Meeting,
    reason: Reason,
    *,
    seen: str | None,
    by: Role,
    inputs: DecisionInputs,
) -> Transition:
    """None of the dates suits, for one of ``OTHERS``: the company's turn.

    ``seen``: the ``Appointment.shown`` whose dates do not suit.
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
    return _without_dates(parcours, meeting, current, reason, by, inputs)


def lapse(parcours: Parcours, current: Appointment, inputs: DecisionInputs) -> Transition:
    """Nobody chose in time: once every date that waited is past, the company is asked for others.

    Nothing, while a refusal may still be taken back. Dates that wait on no board any more go without a word.
    """
    if current.lapse_at is None or inputs.now < current.lapse_at:
        return Transition.nothing()
    here = parcours.attempt == current.attempt and parcours.step is Step.SLOTS_PROPOSED
    if here and not is_open(parcours) and inputs.now < current.erase_at:
        return Transition.nothing()
    gone = Change(current, _forgotten(current, inputs.now))
    if not here or not is_open(parcours):
        return Transition(changes=(gone,))
    if parcours.meeting_at is not None and parcours.meeting_at <= inputs.now:
        # Another date was proposed beside a meeting that came meanwhile: what became of it is to be noted.
        return Transition(changes=(Change(parcours, replace(parcours, step=Step.MEETING_FIXED)), gone))
    return _without_dates(parcours, Meeting(current), current, Reason.TOO_LONG, Role.SYSTEM, inputs)


def _without_dates(
    parcours: Parcours,
    meeting: Meeting,
    current: Appointment,
    reason: Reason,
    by: Role,
    inputs: DecisionInputs,
) -> Transition:
    """No date waits for an answer any more; what is fixed stays so."""
    event = _event(parcours, EventKind.OTHER_SLOTS_ASKED, by, inputs, reason)
    fixed = current.upcoming(inputs.now)
    step = Step.MEETING_FIXED if fixed else Step.RECEIVED
    head = _at(parcours, step, event, meeting_at=fixed.start if fixed else None)
    mail = replace(_mail(parcours, MailKind.OTHER_SLOTS, Role.COMPANY, current.link, inputs), reason=reason)
    asked = Transition.noting(event, Change(parcours, head), mails=(mail,))
    return asked + meeting.become(_forgotten(current, inputs.now), head, inputs.now)


def _forgotten(current: Appointment, now: datetime) -> Appointment | None:
    """The same without the dates that waited, which may be proposed anew; None when nothing of it is needed any more."""
    return replace(current, offered=(), slots=(), changed_at=now) if now < current.erase_at else None


def cancel(
    parcours: Parcours,
    current: Appointment | None,
    reason: Reason,
    *,
    seen: datetime | None,
    by: Role,
    inputs: DecisionInputs,
) -> Transition:
    """The meeting does not take place, for one of ``CANCELS``: everybody's calendar says so, dates are awaited again.

    Dates that the company proposed beside it still wait for an answer. ``seen``: when the one to cancel was to be.
    """
    if reason not in CANCELS:
        raise FieldInvalid("motif", "reason")
    if parcours.meeting_at is None and _is_cancelled_already(parcours, current, seen):
        return Transition.nothing()
    if parcours.meeting_at is None or parcours.meeting_at <= inputs.now or not is_open(parcours):
        raise WrongStep
    if seen != parcours.meeting_at:
        raise ChangedMeanwhile
    event = _event(parcours, EventKind.MEETING_CANCELLED, by, inputs, reason)
    lapse_at = current.lapse_at if current is not None else None
    waiting = current.slots if current is not None and lapse_at and inputs.now < lapse_at else ()
    head = _at(parcours, Step.SLOTS_PROPOSED if waiting else Step.RECEIVED, event)
    if current is None or current.slot is None:
        return Transition.noting(event, Change(parcours, head))
    after = replace(cancelled(current, inputs.now), slots=waiting)
    mails = mails_to_reached(MailKind.MEETING_CANCELLED, parcours, after, inputs.now)
    return Transition.noting(event, Change(parcours, head), Change(current, after), mails=mails)


def _is_cancelled_already(parcours: Parcours, current: Appointment | None, seen: datetime | None) -> bool:
    """Also once other dates are proposed."""
    gone = current.slot if current is not None and current.state is AppointmentState.CANCELLED else None
    return parcours.last_kind is EventKind.MEETING_CANCELLED or (gone is not None and gone.start == seen)


def _at(parcours: Parcours, step: Step, event: Event, meeting_at: datetime | None = None) -> Parcours:
    """People agree on something: unlike what the relay moves, it holds from every step. It is no outcome to be corrected."""
    noted = parcours.with_event(event).without_agreement()
    return replace(noted, step=step, since=event.at, setback=None, moved=(), meeting_at=meeting_at)


def _event(
    parcours: Parcours, kind: EventKind, by: Role, inputs: DecisionInputs, reason: Reason | None = None
) -> Event:
    return inputs.event(kind, parcours.id, parcours.attempt, by=by, reason=reason)


def _mail(
    parcours: Parcours, kind: MailKind, to: Role, link: str | None, inputs: DecisionInputs
) -> OutboxMail:
    return replace(inputs.mail(kind, parcours=parcours.id, link=link), to=to, attempt=parcours.attempt)
