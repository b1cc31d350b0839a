"""The *rendez-vous*: dates proposed, accepted, asked for again; the meeting moved, cancelled, and who is invited."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from chalicelib.domain.kernel.calendar import days_after
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.texts import hash_text
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
from chalicelib.domain.meetings.welcome import check_asks_for_contact
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
    """Somebody whose calendar shows a meeting: an attendee, or one who was uninvited."""

    to: Role
    id: str
    """Of the account or the link; or ``CONTACT``."""
    address: str = ""
    """Of a contact of the record, who may be another one tomorrow."""
    since: int = 0
    """The version that invited this person,"""
    sequence: int = 0
    """and the last one, or that with which they left: a mail of any other does not leave any more."""
    left: bool = False
    slot: Slot | None = None
    """For when they were invited, without place and welcome, once they have left: they learn no other date."""

    def with_address(self, address: str) -> "Seat":
        """Return the seat with the address by which the record names its person; an address that it has stays."""
        return replace(self, address=address) if address and not self.address else self

    def as_uninvited(self, sequence: int, slot: Slot | None) -> "Seat":
        """Return the seat of somebody no longer invited, from version ``sequence`` on. ``slot``: for which they were invited."""
        if self.left:
            return self
        bare_slot = replace(slot, place=None, welcome=None) if slot else None
        return replace(self, left=True, sequence=sequence, slot=bare_slot)


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
    """The one that is agreed, or was,"""
    moved_from: Instant | None = None
    """and when the one that it replaced was to begin; None: it is the first."""
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
    def page_version(self) -> str:
        """The version that a page of its dates gives back with the answer, so that no other dates are answered."""
        return f"{self.uid}.{self.revision}"

    @property
    def due_at(self) -> datetime:
        """When the minute function looks at it: on the eve of the meeting, when no date is left to choose, then to erase it."""
        fixed = self.state is AppointmentState.FIXED and self.slot is not None and self.eve_told_at is None
        times = (self.eve_at if fixed else None, self.lapse_at, self.erase_at)
        return min(time for time in times if time is not None)

    @property
    def eve_at(self) -> datetime | None:
        """When everybody is reminded of the meeting: a day before; None without one."""
        return find_eve(self.slot) if self.slot else None

    @property
    def lapse_at(self) -> datetime | None:
        """When the last of the dates that wait for an answer is past; None when none does."""
        return max((slot.start for slot in self.slots), default=None)

    @property
    def erase_at(self) -> datetime:
        """When the appointment is to be erased: some days after its last date, or after its cancellation."""
        if self.state is AppointmentState.CANCELLED and not self.slots:
            return self.changed_at + CANCELLED_KEPT
        slot_ends = [slot.end for slot in (*self.slots, self.slot) if slot is not None]
        return max(slot_ends, default=self.changed_at) + AFTER

    def find_upcoming_slot(self, now: datetime) -> Slot | None:
        """Return the slot of the agreed meeting until it begins; else None."""
        is_fixed = self.state is AppointmentState.FIXED
        return self.slot if is_fixed and self.slot is not None and now < self.slot.start else None

    @property
    def known_seats(self) -> tuple[Seat, ...]:
        """The seats of everybody whose calendar has, or had, the meeting.

        An appointment that was stored without seats has one for each side.
        """
        if self.seats or self.slot is None:
            return self.seats
        sides = [(Role.TUTOR, ""), (Role.COMPANY, self.link or CONTACT)]
        sides += [(Role.BUYER, "")] if self.buyer_invited else []
        is_cancelled = self.state is AppointmentState.CANCELLED
        return tuple(
            Seat(to=role, id=identifier, sequence=self.sequence, left=is_cancelled)
            for role, identifier in sides
        )

    @property
    def listed_seats(self) -> tuple[Seat, ...]:
        """The seats of those whom the present version lists: the invited, or, of a cancelled meeting, those who were."""
        if self.state is AppointmentState.CANCELLED:
            return tuple(seat for seat in self.known_seats if seat.left and seat.sequence == self.sequence)
        return tuple(seat for seat in self.known_seats if not seat.left)

    def is_uninvited_alone(self, seat: Seat) -> bool:
        """Whether this person was uninvited while others were not."""
        return seat.left and seat not in self.listed_seats

    def find_seat(self, mail: OutboxMail) -> Seat | None:
        """Return the seat for which this mail is still true; None once a later version says otherwise."""
        is_cancellation = mail.kind is MailKind.MEETING_CANCELLED
        is_reminder = mail.kind is MailKind.EVE_REMINDER
        if not is_cancellation and self.state is not AppointmentState.FIXED:
            return None
        if is_reminder and self.eve_told_at != mail.created_at:
            return None
        for seat in self.known_seats:
            is_addressee = seat.to is mail.to and mail.about in {None, seat.id}
            is_newest = is_reminder or mail.sequence in {None, seat.sequence}
            if is_addressee and seat.left is is_cancellation and is_newest:
                return seat
        return None


def find_eve(slot: Slot) -> datetime:
    """Return the same hour in Paris on the day before the meeting."""
    return days_after(slot.start, -1)


def is_open(parcours: Parcours) -> bool:
    """Whether a company may propose dates here now."""
    preparing = parcours.status is ParcoursStatus.IN_PREPARATION
    return preparing and parcours.step in OPEN_STEPS and parcours.setback is not Setback.DECLINED


def is_concerned(before: Parcours, after: Parcours) -> bool:
    """Whether the difference between these two states of a parcours may change its appointment."""
    return before.attempt is not None and _collect_meeting_facts(before) != _collect_meeting_facts(after)


def _collect_meeting_facts(parcours: Parcours) -> tuple[datetime | None, ParcoursStatus, int | None, bool]:
    """Return what of a parcours its appointment depends on."""
    return parcours.meeting_at, parcours.status, parcours.attempt, _is_choosing(parcours)


def remind_or_erase(current: Appointment, parcours: Parcours, now: datetime) -> Transition:
    """Remind everybody invited on the eve, or erase the appointment once it is over; nothing before either."""
    if now >= current.erase_at:
        return Transition(changes=(Change(current, None),))
    is_done = current.state is not AppointmentState.FIXED or current.eve_told_at is not None
    if is_done or current.eve_at is None or now < current.eve_at:
        return Transition.nothing()
    is_current = parcours.attempt == current.attempt and parcours.status is ParcoursStatus.IN_PREPARATION
    reminded = build_mails_to_listed(MailKind.EVE_REMINDER, parcours, current, now)
    mails = reminded if is_current and current.find_upcoming_slot(now) else ()
    return Transition(changes=(Change(current, replace(current, eve_told_at=now)),), mails=mails)


def begin_or_continue(current: Appointment | None, parcours: Parcours, inputs: DecisionInputs) -> Appointment:
    """Return the appointment of this attempt to go on with, or a new one.

    A new one begins at the first dates, and again after a meeting that has begun.
    """
    if current is not None and (current.slot is None or inputs.now < current.slot.start):
        return current
    fresh = Appointment(
        parcours=parcours.id,
        attempt=parcours.attempt or 0,
        link=parcours.live_link,
        uid=inputs.draw_id(),
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


def fix_slot(current: Appointment, slot: Slot, now: datetime) -> Appointment:
    """Return the appointment with this slot agreed on, as its next version."""
    is_soon = find_eve(slot) <= now  # the invitation leaves on the eve itself
    sequence = current.sequence + (current.slot is not None)
    return replace(
        current,
        state=AppointmentState.FIXED,
        slots=(),
        slot=slot,
        moved_from=current.slot.start if current.slot is not None else None,
        sequence=sequence,
        agreed=sequence,
        changed_at=now,
        eve_told_at=now if is_soon else None,
    )


def cancel_slot(current: Appointment, now: datetime) -> Appointment:
    """Return the appointment with its meeting cancelled and everybody uninvited, as its next version."""
    sequence = current.sequence + 1
    return replace(
        current,
        state=AppointmentState.CANCELLED,
        slots=(),
        sequence=sequence,
        seats=tuple(seat.as_uninvited(sequence, current.slot) for seat in current.known_seats),
        changed_at=now,
    )


def invite(
    current: Appointment | None,
    after: Appointment,
    wanted: tuple[Seat, ...],
    address_of: Callable[[Seat], str],
) -> Appointment | None:
    """Return the agreed meeting with its seats; None when nothing changes.

    A change of guests alone makes a new version too, for everybody who comes. A guest who stays, and is a contact of the record
    now, keeps that address: the link may be erased.
    ``wanted``: whom it invites now; ``address_of``: seat → its address, folded.
    """
    is_new = is_news(current, after)
    before = current.known_seats if current is not None and current.uid == after.uid else ()
    invited = {address_of(seat): seat for seat in before if not seat.left}
    coming = {address_of(seat): seat for seat in wanted}
    if not is_new and invited.keys() == coming.keys():
        return _with_known_addresses(after, before, coming, address_of)
    sequence = after.sequence + (not is_new)
    invited_seats = tuple(
        replace(seat, sequence=sequence, since=invited[address].since if address in invited else sequence)
        for address, seat in coming.items()
    )
    slot = current.slot if current else None
    uninvited_seats = tuple(
        seat.as_uninvited(sequence, slot) for seat in before if address_of(seat) not in coming
    )
    return replace(after, sequence=sequence, seats=(*invited_seats, *uninvited_seats))


def _with_known_addresses(
    after: Appointment,
    before: tuple[Seat, ...],
    coming: dict[str, Seat],
    address_of: Callable[[Seat], str],
) -> Appointment | None:
    """Return the appointment with the addresses of the record in the seats of its contacts; None when all have them."""
    seats = tuple(
        seat if seat.left else seat.with_address(coming[address_of(seat)].address) for seat in before
    )
    return replace(after, seats=seats) if seats != before else None


def is_news(current: Appointment | None, after: Appointment) -> bool:
    """Whether this is another version than the one before, for which everybody is invited anew."""
    if current is None or current.slot is None:
        return True
    return (current.uid, current.sequence) != (after.uid, after.sequence)


def _is_choosing(parcours: Parcours) -> bool:
    """Whether the parcours waits for a choice among proposed dates."""
    return parcours.step is Step.SLOTS_PROPOSED


def build_mails_to_listed(
    kind: MailKind, parcours: Parcours, appointment: Appointment, now: datetime
) -> tuple[OutboxMail, ...]:
    """Build a mail of this kind to everybody whom the present version lists."""
    return tuple(build_mail(kind, parcours, appointment, seat, now) for seat in appointment.listed_seats)


def _build_cancellations(
    parcours: Parcours, appointment: Appointment, event: Event
) -> tuple[OutboxMail, ...]:
    """Build the mails that a meeting falls with this fact, to everybody who was invited."""
    mails = build_mails_to_listed(MailKind.MEETING_CANCELLED, parcours, appointment, event.at)
    return tuple(replace(mail, fact=event.kind, by=event.actor, reason=event.reason) for mail in mails)


def build_mails(parcours: Parcours, appointment: Appointment, now: datetime) -> tuple[OutboxMail, ...]:
    """Build an invitation to everybody whom this version invites, and a cancellation to everybody whom it uninvites."""
    return tuple(
        build_mail(
            MailKind.MEETING_CANCELLED if seat.left else MailKind.MEETING_INVITATION,
            parcours,
            appointment,
            seat,
            now,
        )
        for seat in sorted(appointment.seats, key=lambda seat: seat.left)
        if seat.sequence == appointment.sequence
    )


def build_mail(
    kind: MailKind, parcours: Parcours, appointment: Appointment, seat: Seat, now: datetime
) -> OutboxMail:
    """Build a mail about a meeting, its key made of version and person so that it is queued once.

    It holds the tutor's account: once a passage is over, the record no longer says it.
    """
    seed = f"{kind}|{appointment.uid}|{appointment.sequence}|{seat.to}|{seat.id}"
    return OutboxMail(
        key=hash_text(seed)[:32],
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

    def list_seats(self) -> tuple[Seat, ...]:
        """Return the seats of those to invite now."""

    def address_of(self, seat: Seat) -> str:
        """Return the address of a seat, folded; empty once it is erased."""

    def find_holder(self) -> Link | None:
        """Return the link of the company's side; None when nobody of the company holds one."""


MovedLinks = tuple[tuple[Link | None, Link | None], ...]
"""The links that a decision changes: each as it was, and as it will be."""


@dataclass(frozen=True)
class Meeting:
    """The appointment of a passage, and whom it invites: all that a decision needs to keep every calendar true."""

    appointment: Appointment | None = None
    guests: Callable[[Parcours, Appointment, MovedLinks], Guests] | None = None
    """Looks up whom an appointment invites, once a parcours and its links have changed. None: its seats stay as they are."""

    def follow(self, before: Parcours, after: Parcours, event: Event, inputs: DecisionInputs) -> Transition:
        """Adapt the appointment after an outcome, its correction, a refusal or an end (``event``) has changed the parcours."""
        if not is_concerned(before, after):
            return Transition.nothing()
        current, now = self.appointment, inputs.now
        meeting_at = after.meeting_at if _is_same_passage(before, after) else None
        if meeting_at is not None and now < meeting_at:
            return self._meet_at(meeting_at, before, after, inputs)
        if current is None:
            return Transition.nothing()
        waiting = _list_waiting_slots(current, before, after)
        if meeting_at is not None or current.state is not AppointmentState.FIXED:
            return self._wait_for(waiting, current.state, after, now)
        if current.find_upcoming_slot(now) is None:
            return self._wait_for(waiting, AppointmentState.OVER, after, now)
        cancelled = replace(cancel_slot(current, now), slots=waiting)
        mails = _build_cancellations(before, cancelled, event)
        return Transition(changes=(Change(current, cancelled),), mails=mails)

    def without_lost_dates(self, before: Parcours, after: Parcours, now: datetime) -> Parcours:
        """Return the parcours after a decision, waiting for no choice among dates that were erased."""
        current = self.appointment
        if not _is_choosing(after) or (current and _list_waiting_slots(current, before, after)):
            return after
        return replace(_without_choice(after), since=now)

    def _meet_at(
        self, start: datetime, before: Parcours, after: Parcours, inputs: DecisionInputs
    ) -> Transition:
        """Fix a meeting that begins at ``start``; if that is agreed already, only guests and dates that wait are updated."""
        current, now = self.appointment, inputs.now
        agreed = current.find_upcoming_slot(now) if current else None
        if current is not None and agreed is not None and agreed.start == start:
            return self._wait_for(_list_waiting_slots(current, before, after), current.state, after, now)
        appointment = begin_or_continue(current, before, inputs)
        return self.change_to(fix_slot(appointment, _find_slot(appointment, start), now), after, now)

    def _wait_for(
        self, waiting: tuple[Slot, ...], state: AppointmentState, parcours: Parcours, now: datetime
    ) -> Transition:
        """Set the state and the dates that wait for an answer; where both are so already, only guests are updated."""
        current = self.appointment
        if current is None or (state, waiting) == (current.state, current.slots):
            return self.change_to(current, parcours, now)
        return self.change_to(replace(current, state=state, slots=waiting, changed_at=now), parcours, now)

    def change_to(
        self, after: Appointment | None, parcours: Parcours, now: datetime, moved: MovedLinks = ()
    ) -> Transition:
        """Change the appointment, and update its invitations while the meeting is to come.

        Everybody invited gets the new version, everybody uninvited a cancellation. ``parcours``: as it is after the decision;
        ``moved``: the links that the decision changes.
        """
        before = self.appointment
        plain = Transition(changes=(Change(before, after),) if after is not before else ())
        if self.guests is None or after is None or after.find_upcoming_slot(now) is None:
            return plain
        guests = self.guests(parcours, after, moved)
        with_guests = invite(before, after, guests.list_seats(), guests.address_of)
        if with_guests is None:
            return plain
        holder = guests.find_holder()
        with_guests = replace(with_guests, link=holder.id if holder is not None else None)
        mails = build_mails(parcours, with_guests, now) if is_news(before, with_guests) else ()
        return Transition(changes=(Change(before, with_guests),), mails=mails)

    def invite_anew(self, parcours: Parcours, now: datetime, moved: MovedLinks = ()) -> Transition:
        """Update the invitations after a link, the parcours or a contact changed hands: see ``change_to``."""
        return self.change_to(self.appointment, parcours, now, moved)


def _is_same_passage(before: Parcours, after: Parcours) -> bool:
    """Whether the passage is the same after the decision, and still in preparation."""
    return after.status is ParcoursStatus.IN_PREPARATION and after.attempt == before.attempt


def _find_slot(current: Appointment, start: datetime) -> Slot:
    """Return the known slot that begins then, else one of the former length and welcome, without a place."""
    for slot in (*current.slots, current.slot):
        if slot is not None and slot.start == start:
            return slot
    former = current.slot or Slot(start=start, minutes=MINUTES)
    return replace(former, start=start, place=None)


def _without_choice(parcours: Parcours) -> Parcours:
    """Return the parcours back at its meeting, or at its documents without one: there is no date to choose any more."""
    step = parcours.step_of_documents if parcours.meeting_at is None else Step.MEETING_FIXED
    return replace(parcours, step=step)


def _list_waiting_slots(current: Appointment, before: Parcours, after: Parcours) -> tuple[Slot, ...]:
    """List the dates that wait for an answer once the parcours is so; those proposed last when they are chosen from again."""
    if not _is_same_passage(before, after):
        return ()
    if _is_choosing(after) and not _is_choosing(before):
        return current.offered
    return current.slots if _is_choosing(after) or after.setback is Setback.DECLINED else ()


def propose(
    parcours: Parcours,
    current: Appointment | None,
    proposed: tuple[Slot, ...],
    link: Link,
    inputs: DecisionInputs,
    *,
    seen: frozenset[datetime | None] | None = None,
) -> Transition:
    """Note the dates that the company proposes: the tutor's turn. A fixed meeting stays so until another date is accepted.

    ``seen``: when the dates began that the page showed; it replaces no others.
    """
    proposed = tuple(sorted(proposed, key=lambda slot: slot.start))
    if current is not None and _is_proposed_already(current, proposed):
        return Transition.nothing()
    if seen is not None and seen != {slot.start for slot in (current.slots if current else ())}:
        raise ChangedMeanwhile
    slots.check(proposed, inputs.now)
    for slot in proposed:
        check_asks_for_contact(slot.welcome, parcours)
    if not is_open(parcours) or parcours.attempt != link.attempt or link.to is not Role.COMPANY:
        raise WrongStep  # who passes the link on meets nobody
    appointment = begin_or_continue(current, parcours, inputs)
    fixed = appointment.find_upcoming_slot(inputs.now)
    after = replace(
        appointment,
        offered=proposed,
        offered_at=inputs.now,
        slots=proposed,
        link=link.id,
        changed_at=inputs.now,
    )
    event = _build_event(parcours, EventKind.SLOTS_PROPOSED, link.to, inputs)
    event = replace(event, count=len(proposed))
    parcours_after = _move_to_step(
        parcours, Step.SLOTS_PROPOSED, event, meeting_at=fixed.start if fixed else None
    )
    mail = _build_mail(parcours, MailKind.SLOTS_NOTICE, Role.TUTOR, link.id, inputs)
    return Transition.noting(event, Change(parcours, parcours_after), Change(current, after), mails=(mail,))


def _is_proposed_already(current: Appointment, proposed: tuple[Slot, ...]) -> bool:
    """Whether these very dates wait for their answer, or one of them was agreed on since and nothing else was proposed."""
    agreed = current.slot if current.state is AppointmentState.FIXED else None
    return current.offered == proposed and (bool(current.slots) or agreed in proposed)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The date that who accompanies chooses among those that are proposed."""

    start: datetime
    seen: str | None
    """``Appointment.page_version`` of what the page showed."""
    buyer_invited: bool = False
    host_seen: str = ""
    """The host of a meeting at a distance that was confirmed, see ``slots.check_host``."""


def accept(
    parcours: Parcours,
    meeting: Meeting,
    accepted: Acceptance,
    *,
    by: Role,
    inputs: DecisionInputs,
) -> Transition:
    """Agree on a proposed date and invite everyone concerned. Accepting the same one twice is once.

    Raises:
        SlotTaken: it waits for no answer. ChangedMeanwhile: other dates wait by now. FieldInvalid: it is past.
        HostUnseen.
    """
    current = meeting.appointment
    if current is None:
        raise SlotTaken
    if _is_accepted_already(current, accepted.start):
        return Transition.nothing()
    chosen = next((slot for slot in current.slots if slot.start == accepted.start), None)
    if chosen is None or parcours.step is not Step.SLOTS_PROPOSED or not is_open(parcours):
        raise SlotTaken
    if accepted.seen != current.page_version:
        raise ChangedMeanwhile
    if chosen.start <= inputs.now:
        raise FieldInvalid("date", "past_slot")
    slots.check_host(chosen, accepted.host_seen)
    appointment = begin_or_continue(current, parcours, inputs)
    is_moved = appointment.find_upcoming_slot(inputs.now) is not None
    kind = EventKind.MEETING_MOVED if is_moved else EventKind.SLOT_ACCEPTED
    appointment = replace(appointment, buyer_invited=accepted.buyer_invited)
    return _fix(parcours, meeting, appointment, chosen, _build_event(parcours, kind, by, inputs), inputs)


def _is_accepted_already(current: Appointment, start: datetime) -> bool:
    """Whether this date is agreed on, and no others wait for an answer."""
    is_agreed = current.state is AppointmentState.FIXED and not current.slots
    return is_agreed and current.slot is not None and current.slot.start == start


def move(
    parcours: Parcours,
    meeting: Meeting,
    slot: Slot,
    *,
    seen: datetime | None,
    by: Role,
    inputs: DecisionInputs,
) -> Transition:
    """Move a meeting to the slot that was agreed by telephone, and invite everybody anew. ``seen``: when it was to be.

    Raises:
        WrongStep: no meeting is to come. ChangedMeanwhile: another one is.
    """
    current = meeting.appointment
    if parcours.meeting_at is None or not is_open(parcours):
        raise WrongStep
    if current is not None and current.find_upcoming_slot(inputs.now) == slot and not current.slots:
        return Transition.nothing()
    if parcours.meeting_at <= inputs.now:
        raise WrongStep
    if seen != parcours.meeting_at:
        raise ChangedMeanwhile
    check_asks_for_contact(slot.welcome, parcours)
    appointment = replace(begin_or_continue(current, parcours, inputs), offered=())
    event = _build_event(parcours, EventKind.MEETING_MOVED, by, inputs)
    return _fix(parcours, meeting, appointment, slot, event, inputs)


def _fix(
    parcours: Parcours,
    meeting: Meeting,
    appointment: Appointment,
    slot: Slot,
    event: Event,
    inputs: DecisionInputs,
) -> Transition:
    """Return the transition that fixes the meeting at this slot and invites everybody anew."""
    moved_from = parcours.meeting_at if event.kind is EventKind.MEETING_MOVED else None
    event = replace(event, planned_at=slot.start, moved_from=moved_from)
    parcours_after = _move_to_step(parcours, Step.MEETING_FIXED, event, meeting_at=slot.start)
    changed = Transition.noting(event, Change(parcours, parcours_after))
    return changed + meeting.change_to(fix_slot(appointment, slot, inputs.now), parcours_after, inputs.now)


def ask_others(
    parcours: Parcours,
    meeting: Meeting,
    reason: Reason,
    *,
    seen: str | None,
    by: Role,
    inputs: DecisionInputs,
) -> Transition:
    """Ask the company for other dates, for one of ``OTHERS``: it is its turn. Nothing when that was just done.

    ``seen``: the ``Appointment.page_version`` whose dates do not suit.
    Raises:
        FieldInvalid: another reason. SlotTaken: no dates wait for an answer. ChangedMeanwhile: other dates wait by now.
    """
    if reason not in OTHERS:
        raise FieldInvalid("motif", "reason")
    current = meeting.appointment
    if (current is None or not current.slots) and parcours.last_kind is EventKind.OTHER_SLOTS_ASKED:
        return Transition.nothing()
    if current is None or not current.slots or not is_open(parcours):
        raise SlotTaken
    if seen != current.page_version:
        raise ChangedMeanwhile
    return _ask_for_others(parcours, meeting, current, reason, by, inputs)


def lapse(parcours: Parcours, current: Appointment, inputs: DecisionInputs) -> Transition:
    """Ask the company for other dates once every date that waited is past.

    Nothing before that, nor while a refusal may be undone: then the parcours goes back to where its documents are. Dates of a
    passage that no longer waits for a choice are just removed.
    """
    if current.lapse_at is None or inputs.now < current.lapse_at:
        return Transition.nothing()
    is_awaited = parcours.attempt == current.attempt and parcours.step is Step.SLOTS_PROPOSED
    if is_awaited and not is_open(parcours) and inputs.now < current.erase_at:
        return Transition.nothing()
    slots_change = Change(current, _without_slots(current, inputs.now))
    if not is_awaited:
        return Transition(changes=(slots_change,))
    # Another date may be proposed beside a meeting that comes meanwhile: what became of it is to be noted.
    has_met = parcours.meeting_at is not None and parcours.meeting_at <= inputs.now
    if has_met or not is_open(parcours):
        return Transition(changes=(Change(parcours, _without_choice(parcours)), slots_change))
    return _ask_for_others(parcours, Meeting(current), current, Reason.TOO_LONG, Role.SYSTEM, inputs)


def _ask_for_others(
    parcours: Parcours,
    meeting: Meeting,
    current: Appointment,
    reason: Reason,
    by: Role,
    inputs: DecisionInputs,
) -> Transition:
    """Ask the company for other dates: those that waited are removed; a meeting that is fixed stays."""
    event = _build_event(parcours, EventKind.OTHER_SLOTS_ASKED, by, inputs, reason)
    fixed = current.find_upcoming_slot(inputs.now)
    step = Step.MEETING_FIXED if fixed else parcours.step_of_documents
    parcours_after = _move_to_step(parcours, step, event, meeting_at=fixed.start if fixed else None)
    mail = replace(
        _build_mail(parcours, MailKind.OTHER_SLOTS, Role.COMPANY, current.link, inputs), reason=reason
    )
    asked = Transition.noting(event, Change(parcours, parcours_after), mails=(mail,))
    return asked + meeting.change_to(_without_slots(current, inputs.now), parcours_after, inputs.now)


def _without_slots(current: Appointment, now: datetime) -> Appointment | None:
    """Return the appointment without dates that wait, so that they may be proposed anew; None when it is to be erased."""
    return replace(current, offered=(), slots=(), changed_at=now) if now < current.erase_at else None


@dataclass(frozen=True, slots=True)
class Cancellation:
    """Who cancels a meeting, and why."""

    reason: Reason
    """One of ``CANCELS``."""
    seen: datetime | None
    """When the meeting was to be, as the page showed it."""
    by: Role
    person: str
    """Id of the account, or of the company's link."""


def cancel(
    parcours: Parcours, current: Appointment | None, cancellation: Cancellation, inputs: DecisionInputs
) -> Transition:
    """Cancel the meeting: calendars are updated, and dates are awaited again.

    Other dates that the company has proposed still wait for an answer.
    Raises:
        FieldInvalid: another reason. WrongStep: no meeting is to come. ChangedMeanwhile: another one is.
    """
    reason, seen = cancellation.reason, cancellation.seen
    if reason not in CANCELS:
        raise FieldInvalid("motif", "reason")
    if parcours.meeting_at is None and _is_cancelled_already(parcours, current, seen):
        return Transition.nothing()
    if parcours.meeting_at is None or parcours.meeting_at <= inputs.now or not is_open(parcours):
        raise WrongStep
    if seen != parcours.meeting_at:
        raise ChangedMeanwhile
    event = _build_event(parcours, EventKind.MEETING_CANCELLED, cancellation.by, inputs, reason)
    event = replace(event, planned_at=parcours.meeting_at)
    waiting = _list_slots_to_come(current, inputs.now)
    step = Step.SLOTS_PROPOSED if waiting else parcours.step_of_documents
    parcours_after = _move_to_step(parcours, step, event)
    if current is None or current.slot is None:
        return Transition.noting(event, Change(parcours, parcours_after))
    after = replace(cancel_slot(current, inputs.now), slots=waiting)
    mails = [
        replace(mail, person=cancellation.person) for mail in _build_cancellations(parcours, after, event)
    ]
    if cancellation.by is Role.COMPANY and parcours.is_tutor_away(inputs.now):  # who stands in is not invited
        link = cancellation.person
        told = inputs.build_mail(MailKind.LINK_ANSWERED, parcours=parcours.id, link=link)
        mails.append(replace(told, fact=event.kind))
    return Transition.noting(event, Change(parcours, parcours_after), Change(current, after), mails=mails)


def _list_slots_to_come(current: Appointment | None, now: datetime) -> tuple[Slot, ...]:
    """Return the dates that wait for an answer; none once the last of them is past."""
    if current is None or current.lapse_at is None or now >= current.lapse_at:
        return ()
    return current.slots


def _is_cancelled_already(parcours: Parcours, current: Appointment | None, seen: datetime | None) -> bool:
    """Whether this meeting was cancelled before, even if other dates were proposed since."""
    if parcours.last_kind is EventKind.MEETING_CANCELLED:
        return True
    is_cancelled = current is not None and current.state is AppointmentState.CANCELLED
    return is_cancelled and current is not None and current.slot is not None and current.slot.start == seen


def _move_to_step(
    parcours: Parcours, step: Step | None, event: Event, meeting_at: datetime | None = None
) -> Parcours:
    """Return the parcours at a step that people agreed on, or back at that of its documents; former agreements end.

    Unlike steps that the service notes, it is reached from every step, and no correction goes back behind it.
    """
    return replace(
        parcours.with_event(event).without_agreement(),
        step=step,
        documents_step=parcours.step_of_documents,
        since=event.at,
        setback=None,
        moved=(),
        meeting_at=meeting_at,
    )


def _build_event(
    parcours: Parcours, kind: EventKind, by: Role, inputs: DecisionInputs, reason: Reason | None = None
) -> Event:
    """Build a fact about the meeting of the passage under way."""
    return inputs.build_event(kind, parcours.id, parcours.attempt, by=by, reason=reason)


def _build_mail(
    parcours: Parcours, kind: MailKind, to: Role, link: str | None, inputs: DecisionInputs
) -> OutboxMail:
    """Build a mail about the meeting of the passage under way, to this side."""
    return replace(inputs.build_mail(kind, parcours=parcours.id, link=link), to=to, attempt=parcours.attempt)
