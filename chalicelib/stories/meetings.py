"""Agreeing on a meeting: the company proposes dates from its page, the tutor's side chooses, either moves or cancels."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from chalicelib import terms
from chalicelib.domain.case import Case
from chalicelib.domain.documents.recipients import trusted_domains
from chalicelib.domain.kernel import link as links
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account, Act, acting_as
from chalicelib.domain.kernel.timeline import EventKind, Reason
from chalicelib.domain.kernel.transition import MailKind, Transition
from chalicelib.domain.kernel.values import Role, Setback, Step
from chalicelib.domain.meetings import appointment, slots
from chalicelib.domain.meetings.appointment import Appointment, Meeting
from chalicelib.domain.meetings.slots import Slot
from chalicelib.domain.parcours import outcomes
from chalicelib.domain.parcours.outcomes import Outcome
from chalicelib.errors import ChangedMeanwhile, FieldInvalid, WrongStep
from chalicelib.stores import parcours, relay, transactions
from chalicelib.stores.relay import Found
from chalicelib.stores.tables import NOTHING_READ, Read
from chalicelib.stories.documents import opening
from chalicelib.stories.kit import inviting
from chalicelib.stories.kit.deciding import commit_and_wake, draw

CANCELS, HELD, MISSED = "annule", "tenu", "manque"
GESTURES = (CANCELS, HELD, MISSED)
"""What a company may say of a meeting on its page."""


def appointment_of(head: Parcours, read: Read = NOTHING_READ) -> Appointment | None:
    """The dates of the attempt under way; None when none were ever spoken of, or they are erased."""
    return relay.appointment(head.id, head.attempt, read) if head.attempt is not None else None


def propose(
    token: str,
    proposed: tuple[Slot, ...],
    holidays_seen: bool,
    browser: str,
    now: datetime,
    *,
    seen: frozenset[datetime | None] | None = None,
) -> None:
    """One to five dates from the company's page; the very same ones twice are once.

    ``seen``: when the dates began that this page showed as proposed; None: it did not say.
    Raises:
        ChangedMeanwhile: others were proposed since, on another device or by a colleague.
        FieldInvalid: see ``slots.check``. HolidayUnseen: one is a public holiday where the place is.
        ProofNeeded; LinkUnknown, LinkRevoked, LinkClosed, LinkErased: this browser, or this link, may not.
        WrongStep: no date is awaited.
    """

    def decide(found: Found) -> Transition:
        head, current = found.parcours, opening.appointment_of(found)
        if not holidays_seen:
            slots.check_holidays(proposed, terms.calendar(), head.placement.departement)
        return appointment.propose(head, current, proposed, found.link, draw(now), seen=seen)

    slots.check(proposed, now)
    _from_page(token, browser, now, decide)


def company_gesture(
    token: str, gesture: str, reason: Reason | None, browser: str, now: datetime, *, seen: datetime | None
) -> None:
    """The company cancels, or says after the hour that the meeting took place or did not. Repeating it is harmless.

    Args:
        gesture: one of ``GESTURES``; ``reason``: why, for a cancellation and a missed meeting only.
        seen: when the meeting was to be, as the page showed it.
    Raises:
        FieldInvalid: gesture or reason. WrongStep: no meeting is fixed, or its hour does not allow it.
        ChangedMeanwhile: another one is fixed.
        ProofNeeded and the links' refusals: see ``propose``.
    """
    if gesture not in GESTURES:
        raise FieldInvalid("geste", "outcome")
    if (reason is None) != (gesture == HELD):
        raise FieldInvalid("motif", "reason")

    def decide(found: Found) -> Transition:
        by, current = found.link.to, opening.appointment_of(found)
        if by is not Role.COMPANY:
            raise WrongStep  # who passes the link on meets nobody
        if gesture == CANCELS and reason is not None:
            return appointment.cancel(found.parcours, current, reason, seen=seen, by=by, draw=draw(now))
        return _said_after(gesture, reason, found.link, found.parcours, inviting.meeting(current), seen, now)

    _from_page(token, browser, now, decide)


def _said_after(
    gesture: str,
    reason: Reason | None,
    current: Link,
    head: Parcours,
    meeting: Meeting,
    seen: datetime | None,
    now: datetime,
) -> Transition:
    """What the company says of a meeting that is past, by the table of outcomes."""
    if head.meeting_at is None and (
        (gesture == HELD and head.step is Step.MEETING_HELD)
        or (gesture == MISSED and head.setback is Setback.MEETING_MISSED)
    ):
        return Transition.nothing()
    if head.meeting_at is None or head.attempt != current.attempt or now < head.meeting_at:
        raise WrongStep
    if seen != head.meeting_at:
        raise ChangedMeanwhile
    kind = EventKind.MEETING_HELD if gesture == HELD else EventKind.MEETING_MISSED
    outcome = Outcome(kind=kind, reason=reason, occurred_at=head.meeting_at)
    drawn = draw(now)
    case = Case(head, meeting=meeting)
    step = outcomes.note(case, outcome, by=current.to, draw=drawn)
    notice = drawn.mail(MailKind.MEETING_TOLD, link=current.id, parcours=head.id)
    return replace(step, mails=(notice, *step.mails))


def _from_page(token: str, browser: str, now: datetime, decide: Callable[[Found], Transition]) -> None:
    """Settle what somebody decides on the company's page: link, proof, then the decision."""
    found = opening.find_living(token, browser, now)
    opening.check_proven(found, now)

    def settled(current: Found) -> Transition:
        links.check_acts(current.link, current.version)
        return decide(current)

    commit_and_wake(opening.acted_on_page(found, browser, now, settled))


def accept(
    agent: Account,
    parcours_id: str,
    start: datetime,
    now: datetime,
    *,
    seen: str | None,
    buyer_invited: bool = False,
    host_seen: str = "",
) -> None:
    """Agree on one of the proposed dates; of two who choose differently, one wins.

    Args:
        seen: ``Appointment.shown`` of what the page showed; ``host_seen``: the host that she confirmed.
    Raises:
        HostUnseen: it is at a host that nobody expects, and she has not.
        NotFound. SlotTaken: it is no longer proposed. FieldInvalid: it is past.
        ChangedMeanwhile: the dates are not those that were shown any more.
    """

    def decide(head: Parcours, meeting: Meeting, by: Role) -> Transition:
        return appointment.accept(
            head,
            meeting,
            start,
            seen=seen,
            by=by,
            buyer_invited=buyer_invited,
            company=trusted_domains(head),
            host_seen=host_seen,
            draw=draw(now),
        )

    _as_agent(agent, parcours_id, decide, now)


def ask_others(agent: Account, parcours_id: str, reason: Reason, now: datetime, *, seen: str | None) -> None:
    """None of the dates suits: the company is asked for others.

    Args:
        seen: ``Appointment.shown`` of what the page showed.
    Raises:
        NotFound. SlotTaken: nothing waits for an answer. FieldInvalid: the reason.
        ChangedMeanwhile: other dates wait than those that were shown.
    """

    def decide(head: Parcours, meeting: Meeting, by: Role) -> Transition:
        return appointment.ask_others(head, meeting, reason, seen=seen, by=by, draw=draw(now))

    _as_agent(agent, parcours_id, decide, now)


def move(
    agent: Account,
    parcours_id: str,
    slot: Slot,
    now: datetime,
    *,
    seen: datetime | None,
    holidays_seen: bool = False,
) -> None:
    """Move a fixed meeting to what was agreed by telephone.

    Args:
        seen: when it was to be, as the page showed it.
    Raises:
        HolidayUnseen: it is a public holiday where the place is.
        NotFound. WrongStep: none is fixed, or its hour is past. ChangedMeanwhile: another one is fixed.
    """

    def decide(head: Parcours, meeting: Meeting, by: Role) -> Transition:
        moved = appointment.move(head, meeting, slot, seen=seen, by=by, draw=draw(now))
        if moved and not holidays_seen:
            slots.check_holidays((slot,), terms.calendar(), head.placement.departement)
        return moved

    slots.check((slot,), now)
    _as_agent(agent, parcours_id, decide, now)


def cancel(agent: Account, parcours_id: str, reason: Reason, now: datetime, *, seen: datetime | None) -> None:
    """Cancel a fixed meeting.

    Args:
        seen: when it was to be, as the page showed it.
    Raises:
        NotFound. WrongStep: none is fixed, or its hour is past. FieldInvalid: the reason.
        ChangedMeanwhile: another one is fixed.
    """

    def decide(head: Parcours, meeting: Meeting, by: Role) -> Transition:
        return appointment.cancel(head, meeting.appointment, reason, seen=seen, by=by, draw=draw(now))

    _as_agent(agent, parcours_id, decide, now)


def let_pass(identifier: str, *, now: datetime) -> list[str]:
    """What is due of one appointment (« <parcours>#<attempt> »): its reminder, dates that lapse, its erasure.

    Returns:
        Keys of the mails that wait.
    """
    parcours_id, _, number = identifier.partition("#")

    def decide() -> Transition:
        current = relay.appointment(parcours_id, int(number))
        if current is None:
            return Transition.nothing()
        head = parcours.head(parcours_id)
        lapsed = appointment.lapse(head, current, draw(now))
        return lapsed or appointment.let_pass(current, head, now)

    return [mail.key for mail in transactions.settle(decide).mails]


def _as_agent(
    agent: Account,
    parcours_id: str,
    decide: Callable[[Parcours, Meeting, Role], Transition],
    now: datetime,
) -> None:
    def settled() -> Transition:
        head = parcours.head(parcours_id)
        role = acting_as(agent, Act.MEET, head)
        return decide(head, inviting.meeting_of(head), role)

    commit_and_wake(settled)
