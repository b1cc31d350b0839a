"""Agreeing on a meeting: the company proposes dates from its page, the tutor's side chooses, either moves or cancels."""

from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib import terms
from chalicelib.domain.case import Case
from chalicelib.domain.kernel import link as links
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account, Act, acting_as
from chalicelib.domain.kernel.timeline import EventKind, Outcome, Reason
from chalicelib.domain.kernel.transition import MailKind, Transition
from chalicelib.domain.kernel.values import Role, Setback, Step
from chalicelib.domain.meetings import appointment, slots
from chalicelib.domain.meetings.appointment import Acceptance, Appointment, Cancellation
from chalicelib.domain.meetings.slots import Slot
from chalicelib.domain.parcours import outcomes
from chalicelib.errors import ChangedMeanwhile, FieldInvalid, WrongStep
from chalicelib.stores.cases import Visit
from chalicelib.stores.unit_of_work import UnitOfWork, story
from chalicelib.stories import parcours as parcours_stories
from chalicelib.stories.documents import opening
from chalicelib.stories.kit import accompanying, inviting
from chalicelib.stories.kit.deciding import decision_inputs
from chalicelib.stories.parcours import Sheet

CANCELS, HELD, MISSED = "annule", "tenu", "manque"
GESTURES = (CANCELS, HELD, MISSED)
"""What a company may say of a meeting on its page."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """The dates that a company's page proposes."""

    slots: tuple[Slot, ...]
    """One to five."""
    holidays_seen: bool
    """Whether the page has shown which of them are public holidays."""
    seen: frozenset[datetime | None] | None = None
    """When the dates began that this page showed as proposed; None: it did not say."""


@dataclass(frozen=True, slots=True)
class CompanyGesture:
    """What a company says of the meeting that its page shows."""

    gesture: str
    """One of ``GESTURES``."""
    reason: Reason | None
    """Of a cancellation and a missed meeting only."""
    seen: datetime | None
    """When the meeting was to be, as the page showed it."""


@dataclass(frozen=True, slots=True)
class Move:
    """What was agreed by telephone, in place of the meeting that the page showed."""

    slot: Slot
    seen: datetime | None
    """When the meeting was to be, as the page showed it."""
    holidays_seen: bool = False
    """Whether the page has shown that it is a public holiday."""


@dataclass(frozen=True)
class Convocation:
    """What the convocation says: the meeting to come, and whom the young person calls when something comes in between."""

    sheet: Sheet
    current: Appointment | None
    """None: it was agreed by telephone."""
    caller: Account | None
    """Who accompanies or, should that person be away on the day, stands in."""


def read_convocation(agent: Account, parcours_id: str, *, now: datetime) -> Convocation:
    """Read the meeting that is to come, for who accompanies. Raises NotFound, NotYours; WrongStep: none is to come."""
    sheet = parcours_stories.read_sheet(agent, parcours_id, now=now)
    parcours, work = sheet.page.parcours, sheet.work
    acting_as(agent, Act.MEET, parcours)
    if parcours.meeting_at is None or parcours.meeting_at <= now:
        raise WrongStep
    stand_in = accompanying.find_stand_in(work, parcours, parcours.meeting_at)
    caller = stand_in or accompanying.find_accompanying(work, parcours, None)
    return Convocation(sheet, load_appointment(work, parcours), caller)


@story
def load_appointment(work: UnitOfWork, parcours: Parcours) -> Appointment | None:
    """Load the dates of the attempt under way; None when none were ever spoken of, or they are erased."""
    return work.get(Appointment, parcours.id, parcours.attempt)


@story
def propose(work: UnitOfWork, token: str, proposal: Proposal, browser: str, now: datetime) -> None:
    """Propose dates from the company's page; the very same ones twice are once.

    Raises:
        ChangedMeanwhile: others were proposed since, on another device or by a colleague.
        FieldInvalid: see ``slots.check``. HolidayUnseen: one is a public holiday where the place is.
        ProofNeeded; LinkUnknown, LinkRevoked, LinkClosed, LinkErased: this browser, or this link, may not.
        WrongStep: no date is awaited.
    """
    slots.check(proposal.slots, now)
    visit = _find_acting(work, token, browser, now)
    parcours, current = visit.parcours, load_appointment(work, visit.parcours)
    if not proposal.holidays_seen:
        slots.check_holidays(proposal.slots, terms.calendar(), parcours.placement.departement)
    inputs = decision_inputs(now)
    step = appointment.propose(parcours, current, proposal.slots, visit.link, inputs, seen=proposal.seen)
    opening.commit_within_quota(work, visit, step, now)


@story
def note_gesture(work: UnitOfWork, token: str, answer: CompanyGesture, browser: str, now: datetime) -> None:
    """Note from the company's page that it cancels, or that the meeting took place or did not. Repeating it is harmless.

    Raises:
        FieldInvalid: gesture or reason. WrongStep: no meeting is fixed, or its hour does not allow it.
        ChangedMeanwhile: another one is fixed.
        ProofNeeded and the links' refusals: see ``propose``.
    """
    if answer.gesture not in GESTURES:
        raise FieldInvalid("geste", "outcome")
    if (answer.reason is None) != (answer.gesture == HELD):
        raise FieldInvalid("motif", "reason")
    visit = _find_acting(work, token, browser, now)
    if visit.link.to is not Role.COMPANY:
        raise WrongStep  # who passes the link on meets nobody
    if answer.gesture == CANCELS and answer.reason is not None:
        parcours, current = visit.parcours, load_appointment(work, visit.parcours)
        inputs = decision_inputs(now)
        cancellation = Cancellation(answer.reason, answer.seen, Role.COMPANY, visit.link.id)
        step = appointment.cancel(parcours, current, cancellation, inputs)
    else:
        step = _note_afterwards(work, answer, visit, now)
    opening.commit_within_quota(work, visit, step, now)


def _note_afterwards(work: UnitOfWork, answer: CompanyGesture, visit: Visit, now: datetime) -> Transition:
    """Decide what the company notes of a meeting that is past, by the table of outcomes; nothing when it is noted already.

    Raises WrongStep when no meeting is past, ChangedMeanwhile when it is not the one that the page showed.
    """
    parcours, link, was_held = visit.parcours, visit.link, answer.gesture == HELD
    if parcours.meeting_at is None:
        is_noted = (
            parcours.step is Step.MEETING_HELD if was_held else parcours.setback is Setback.MEETING_MISSED
        )
        if is_noted:
            return Transition.nothing()
        raise WrongStep
    if parcours.attempt != link.attempt or now < parcours.meeting_at:
        raise WrongStep
    if answer.seen != parcours.meeting_at:
        raise ChangedMeanwhile
    kind = EventKind.MEETING_HELD if was_held else EventKind.MEETING_MISSED
    outcome = Outcome(kind=kind, reason=answer.reason, occurred_at=parcours.meeting_at)
    drawn = decision_inputs(now)
    case = Case(parcours, meeting=inviting.load_meeting(work, parcours))
    step = outcomes.note(case, outcome, by=link.to, inputs=drawn)
    notice = drawn.build_mail(MailKind.LINK_ANSWERED, link=link.id, parcours=parcours.id)
    return replace(step, mails=(replace(notice, fact=kind), *step.mails))


def _find_acting(work: UnitOfWork, token: str, browser: str, now: datetime) -> Visit:
    """Look a token up for a browser that may act on its link: it has answered the question."""
    visit = opening.find_visit_with_proof(work, token, browser, now)
    links.check_acts(visit.link, visit.version)
    return visit


@story
def accept(work: UnitOfWork, agent: Account, parcours_id: str, accepted: Acceptance, now: datetime) -> None:
    """Agree on one of the proposed dates; of two who choose differently, one wins.

    Raises:
        HostUnseen: it is at a host that nobody expects, and that was not confirmed.
        NotFound. SlotTaken: it is no longer proposed. FieldInvalid: it is past.
        ChangedMeanwhile: the dates are not those that were shown any more.
    """
    parcours, by = _load_for(work, agent, parcours_id)
    meeting, inputs = inviting.load_meeting(work, parcours), decision_inputs(now)
    step = appointment.accept(parcours, meeting, accepted, by=by, inputs=inputs)
    work.commit_and_wake(step.decided_by(agent.id))


@story
def ask_others(
    work: UnitOfWork, agent: Account, parcours_id: str, reason: Reason, now: datetime, *, seen: str | None
) -> None:
    """Ask the company for other dates: none of those proposed suits.

    ``seen``: ``Appointment.page_version`` of what the page showed.
    Raises:
        NotFound. SlotTaken: nothing waits for an answer. FieldInvalid: the reason.
        ChangedMeanwhile: other dates wait than those that were shown.
    """
    parcours, by = _load_for(work, agent, parcours_id)
    meeting = inviting.load_meeting(work, parcours)
    work.commit_and_wake(
        appointment.ask_others(parcours, meeting, reason, seen=seen, by=by, inputs=decision_inputs(now))
    )


@story
def move(work: UnitOfWork, agent: Account, parcours_id: str, moved: Move, now: datetime) -> None:
    """Move a fixed meeting to what was agreed by telephone.

    Raises:
        HolidayUnseen: it is a public holiday where the place is.
        NotFound. WrongStep: none is fixed, or its hour is past. ChangedMeanwhile: another one is fixed.
    """
    slots.check((moved.slot,), now)
    parcours, by = _load_for(work, agent, parcours_id)
    meeting, inputs = inviting.load_meeting(work, parcours), decision_inputs(now)
    step = appointment.move(parcours, meeting, moved.slot, seen=moved.seen, by=by, inputs=inputs)
    if step and not moved.holidays_seen:
        slots.check_holidays((moved.slot,), terms.calendar(), parcours.placement.departement)
    work.commit_and_wake(step.decided_by(agent.id))


@story
def cancel(
    work: UnitOfWork,
    agent: Account,
    parcours_id: str,
    reason: Reason,
    now: datetime,
    *,
    seen: datetime | None,
) -> None:
    """Cancel a fixed meeting.

    ``seen``: when it was to be, as the page showed it.
    Raises:
        NotFound. WrongStep: none is fixed, or its hour is past. FieldInvalid: the reason.
        ChangedMeanwhile: another one is fixed.
    """
    parcours, by = _load_for(work, agent, parcours_id)
    current = load_appointment(work, parcours)
    cancellation = Cancellation(reason, seen, by, agent.id)
    work.commit_and_wake(appointment.cancel(parcours, current, cancellation, decision_inputs(now)))


@story
def remind_or_erase(work: UnitOfWork, identifier: str, *, now: datetime) -> list[str]:
    """Do what is due of one appointment (« <parcours>#<attempt> »): its reminder, dates that lapse, its erasure.

    Returns:
        Keys of the mails that wait.
    """
    parcours_id, _, number = identifier.partition("#")
    current = work.get(Appointment, parcours_id, int(number))
    if current is None:
        return []
    parcours = work.get_one(Parcours, parcours_id)
    lapsed = appointment.lapse(parcours, current, decision_inputs(now))
    step = work.commit(lapsed or appointment.remind_or_erase(current, parcours, now))
    return step.mail_keys


def _load_for(work: UnitOfWork, agent: Account, parcours_id: str) -> tuple[Parcours, Role]:
    """Load the parcours, and the role in which the agent acts on its meeting. Raises NotFound, NotYours."""
    parcours = work.get_one(Parcours, parcours_id)
    return parcours, acting_as(agent, Act.MEET, parcours)
