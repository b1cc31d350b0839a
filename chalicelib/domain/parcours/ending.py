"""End a passage: on request, by itself (lapsed reservation, contract over, silence), or resumed after a mistake."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

from chalicelib.domain.case import Case
from chalicelib.domain.documents.sending import end_sending, revoke_links
from chalicelib.domain.fields import find_named_contact
from chalicelib.domain.kernel.address import fold_mailbox
from chalicelib.domain.kernel.attempt import Attempt, build_mail_to_side, list_present_sides, with_tutor
from chalicelib.domain.kernel.board import Board
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.holding import build_mails_to_officer
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import OLDEST, Event, EventKind, Interlocutor, Milestone, Reason
from chalicelib.domain.kernel.transition import Change, DecisionInputs, MailKind, OutboxMail, Transition
from chalicelib.domain.kernel.values import Instant, ParcoursStatus, Role, Step, Value
from chalicelib.errors import FieldInvalid, WrongStep

REASONS: dict[EventKind, tuple[Reason, ...]] = {
    EventKind.OFFER_GIVEN_BACK: (),
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
"""The reasons that each kind of end may have; one without needs none."""
ENDS = frozenset(REASONS)
MOST_DAYS = 365
CORRECTABLE = ENDS | {EventKind.PASSAGE_LAPSED}
"""The ends that can be taken back: those that people say, and the silence that was none."""
RESUMABLE = frozenset({ParcoursStatus.AVAILABLE, ParcoursStatus.LAPSED})
"""The status of a parcours after an end that can still be taken back: its contract may have ended since."""
LOST_WITH_ITS_LINK = frozenset({Step.DOCUMENTS_TO_SEND, Step.LINK_SENT, Step.OPENED, Step.RECEIVED})
"""Steps from which a passage that goes on begins again with its documents: the link is dead, the reservation given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class End(Value):
    """What an agent says of the end."""

    kind: EventKind
    reason: Reason | None = None
    occurred_at: Instant
    days: int | None = None
    """After how many days the young person stopped; only for ``attempt_stopped``."""
    passage: int | None = None
    """Number of the passage that its page showed; None: the last one."""

    def __post_init__(self) -> None:
        """Refuse (ValueError) a number of days that nobody can have spent."""
        Value.__post_init__(self)
        if self.days is not None and not 1 <= self.days <= MOST_DAYS:
            raise ValueError(f"nobody stops after {self.days} days")


def check(end: End, now: datetime) -> None:
    """Check that kind, reason, day and number of days of an end go together. Raises FieldInvalid."""
    if end.kind not in ENDS:
        raise FieldInvalid("fin", "value")
    if end.reason not in (REASONS[end.kind] or (None,)):
        raise FieldInvalid("motif", "reason")
    if not now - OLDEST <= end.occurred_at <= now:
        raise FieldInvalid("survenu_le", "day")
    if (end.days is None) == (end.kind is EventKind.ATTEMPT_STOPPED):
        raise FieldInvalid("jours", "days")


def is_same_end(event: Event, end: End) -> bool:
    """Whether this fact says the same as this end: the form was sent twice."""
    noted = (event.kind, event.reason, event.count, day_of(event.occurred_at or event.at))
    return noted == (end.kind, end.reason, end.days, day_of(end.occurred_at))


def check_order(parcours: Parcours, attempt: Attempt, end: End) -> None:
    """Check that a passage ends after its contract was notified, and after its own beginning where that is known (FieldInvalid).

    It is known of a passage whose documents were announced here, and of one entered afterwards with its day. One that was just
    taken here may have begun earlier on paper.
    """
    day = day_of(end.occurred_at)
    if day < parcours.contract.notified_on:
        raise FieldInvalid("survenu_le", "before_contract")
    is_known = parcours.begun_at is not None or _has_earlier_beginning(parcours, attempt)
    if is_known and day < day_of(min(parcours.reached.values())):
        raise FieldInvalid("survenu_le", "before_passage")


def may_give_back(parcours: Parcours) -> bool:
    """Whether the offer can be given back: nothing of this passage was sent, and nothing is on its way."""
    waits = parcours.status is ParcoursStatus.IN_PREPARATION and parcours.step is Step.DOCUMENTS_TO_SEND
    return waits and is_unsent(parcours)


def is_unsent(parcours: Parcours) -> bool:
    """Whether no document of this passage was sent, nor is on its way."""
    was_sent = Milestone.SENT in parcours.reached or parcours.holder is not None
    return not was_sent and parcours.live_deposit is None


def list_possible_ends(parcours: Parcours) -> tuple[EventKind, ...]:
    """List the ways in which the passage may end."""
    return tuple(
        kind for kind in REASONS if kind is not EventKind.OFFER_GIVEN_BACK or may_give_back(parcours)
    )


def _has_earlier_beginning(parcours: Parcours, attempt: Attempt) -> bool:
    """Whether the passage was entered here with an earlier day as its beginning."""
    began_at = parcours.reached.get(Milestone.TAKEN, attempt.opened_at)
    return day_of(began_at) < day_of(attempt.opened_at)


def finish(case: Case, end: End, *, by: Role, inputs: DecisionInputs) -> Transition:
    """End the passage: links die, documents are erased, company, buyer and a tutor who did not end it are notified.

    Raises:
        WrongStep: no passage is under way, this end is not possible, or the page showed another passage. See ``check_order``.
    """
    parcours, attempt, deposit = case.parcours, case.attempt, case.deposit
    under_way = parcours.status in {ParcoursStatus.IN_PREPARATION, ParcoursStatus.IN_PROGRESS}
    if attempt is None or not under_way or attempt.ended_at is not None:
        raise WrongStep
    if end.kind not in list_possible_ends(parcours) or end.passage not in {None, attempt.number}:
        raise WrongStep
    check_order(parcours, attempt, end)
    noted = inputs.build_event(end.kind, parcours.id, attempt.number, by=by, reason=end.reason)
    holders = list_notified_holders(deposit, case.links)
    notified_side = find_notified_side_beside(parcours, attempt, holders)
    event = replace(noted, occurred_at=end.occurred_at, count=end.days, contact=notified_side)
    attempt_change = _end_attempt(attempt, parcours, event, holders)
    deposit_changes = revoke_links(case.links, inputs.now)
    if deposit is not None and deposit.is_openable(inputs.now):
        deposit_changes = end_sending(deposit, case.links, inputs.now)
    mails = _build_mails(case, attempt, inputs)
    step = _free(case, event, (attempt_change, *deposit_changes), mails, inputs)
    is_told_of_meeting = any(mail.to is Role.TUTOR for mail in step.mails)
    if is_told_of_meeting or not is_tutor_told(parcours, attempt, by):
        return step
    return Transition(mails=(_build_mail_to_tutor(attempt, event, inputs),)) + step


def is_tutor_told(parcours: Parcours, attempt: Attempt, by: Role) -> bool:
    """Whether the tutor is mailed that somebody (``by``) ended her passage: not by herself, nor one entered as a history."""
    return by is not Role.TUTOR and not _has_earlier_beginning(parcours, attempt)


def _build_mail_to_tutor(attempt: Attempt, event: Event, inputs: DecisionInputs) -> OutboxMail:
    """Build the mail to the tutor that her passage ended (``event``), not by herself."""
    mail = inputs.build_mail(MailKind.PASSAGE_ENDED, account=attempt.tutor, parcours=attempt.parcours)
    return replace(mail, attempt=attempt.number, to=Role.TUTOR, fact=event.kind, reason=event.reason)


def _end_attempt(attempt: Attempt, parcours: Parcours, event: Event, holders: list[Link]) -> Change:
    """Return the change that ends the passage, and keeps what is needed to take the end back.

    ``holders``: the links whose holders are mailed the end.
    """
    kept = replace(
        attempt,
        stood=parcours.board,
        sent_to=parcours.sent_to,
        informed_links=tuple(holder.id for holder in holders),
        data_request=parcours.data_request,
    )
    return Change(attempt, replace(kept, ended_at=event.at, end=event.kind))


def _free(
    case: Case,
    event: Event,
    changes: tuple[Change, ...],
    mails: tuple[OutboxMail, ...],
    inputs: DecisionInputs,
) -> Transition:
    """Return the transition that frees the offer; the meeting and what the young person asked end with it."""
    free = replace(without_passage(case.parcours.with_event(event)), since=inputs.now)
    mails += build_mails_to_officer(case.parcours, event, inputs)
    step = Transition.noting(event, Change(case.parcours, free), *changes, mails=mails)
    return step + case.follow(free, event, inputs)


def without_passage(parcours: Parcours) -> Parcours:
    """Return the offer, available, with nothing of a passage."""
    return replace(
        parcours.without_agreement().without_pause().without_sendings(),
        status=ParcoursStatus.AVAILABLE,
        step=None,
        setback=None,
        tutor=None,
        tutor_academie=None,
        tutor_absence=None,
        reference=None,
        reservation_until=None,
        placement_until=None,
        reached={},
        moved=(),
    )


def lapse(case: Case, inputs: DecisionInputs) -> Transition:
    """End a reservation without a sending: the offer is free again, the tutor notified, and who heard that the passage began.

    Raises WrongStep before its time.
    """
    parcours, attempt = case.parcours, case.attempt
    until = parcours.reserved_until
    unsent = parcours.live_deposit is None and parcours.step is Step.DOCUMENTS_TO_SEND
    if attempt is None or until is None or inputs.now < until or not unsent:
        raise WrongStep
    event = inputs.build_event(EventKind.RESERVATION_LAPSED, parcours.id, attempt.number, by=Role.SYSTEM)
    event = replace(event, contact=find_notified_side_beside(parcours, attempt, []))
    attempt_change = Change(attempt, replace(attempt, ended_at=inputs.now, end=event.kind))
    mail = _build_mail_to_tutor(attempt, event, inputs)
    return _free(case, event, (attempt_change,), (mail, *_build_mails(case, attempt, inputs)), inputs)


def resume(case: Case, tutor: Account, wrong: Event, *, by: Role, inputs: DecisionInputs) -> Transition:
    """Take the end of a passage back: it goes on where it was, under its reference. ``wrong``: the event that ended it.

    What was erased stays erased, and no link lives again: documents that went by one are to be sent again. Who was mailed the end
    is mailed that the passage goes on; a meeting that fell with it is fixed again. ``case.links``: those of
    ``Attempt.informed_links``. Raises WrongStep when the offer has gone on.
    """
    parcours, attempt = case.parcours, case.attempt
    if attempt is None or parcours.status not in RESUMABLE or parcours.attempt != attempt.number:
        raise WrongStep
    if attempt.ended_at != wrong.at or attempt.end is not wrong.kind:
        raise WrongStep
    event = inputs.build_event(EventKind.CORRECTED, parcours.id, attempt.number, by=by)
    event = replace(event, corrects=wrong.id, contact=wrong.contact)
    former_board = attempt.stood or Board(
        status=ParcoursStatus.IN_PREPARATION, step=Step.DOCUMENTS_TO_SEND, since=inputs.now
    )
    parcours_after = with_tutor(tutor, parcours.with_event(event).with_board(former_board))
    parcours_after = replace(
        parcours_after,
        reached=former_board.reached,
        sent_to=attempt.sent_to,
        data_request=attempt.data_request,
        reference=attempt.reference,
    )
    parcours_after = case.without_lost_dates(parcours_after, inputs.now)
    # Documents that were read stay so where they went in another way, or where the tutor is awaited since something went wrong.
    is_read = former_board.outside_at is not None or former_board.setback is not None
    lost_steps = LOST_WITH_ITS_LINK - {Step.RECEIVED} if is_read else LOST_WITH_ITS_LINK
    if parcours_after.step_of_documents in lost_steps:
        parcours_after = parcours_after.with_documents_at(Step.DOCUMENTS_TO_SEND)
    if parcours_after.step in lost_steps:
        parcours_after = replace(parcours_after, since=inputs.now, setback=None, sent_to=None)
    attempt_after = replace(
        attempt,
        ended_at=None,
        end=None,
        stood=None,
        sent_to=None,
        informed_links=(),
        data_request=None,
    )
    changes = (Change(parcours, parcours_after), Change(attempt, attempt_after))
    mails = _build_resuming_mails(case.links, attempt, wrong, inputs)
    is_lapsed = wrong.kind is EventKind.PASSAGE_LAPSED
    if by is not Role.TUTOR and (is_lapsed or is_tutor_told(parcours_after, attempt, wrong.actor)):
        to_tutor = inputs.build_mail(MailKind.PASSAGE_RESUMED, account=attempt.tutor, parcours=parcours.id)
        mails.append(replace(to_tutor, attempt=attempt.number, to=Role.TUTOR))
    return Transition.noting(event, *changes, mails=mails) + case.follow(parcours_after, event, inputs)


def _build_resuming_mails(
    informed: Iterable[Link], attempt: Attempt, wrong: Event, inputs: DecisionInputs
) -> list[OutboxMail]:
    """Build the mails that a passage goes on, to who was mailed that it ended: holders of links, and a side."""
    kind = MailKind.PASSAGE_RESUMED
    mails = [
        replace(
            inputs.build_mail(kind, link=link.id, parcours=link.parcours), attempt=attempt.number, to=link.to
        )
        for link in informed
    ]
    if wrong.contact is not None:
        mails.append(build_mail_to_side(kind, attempt, wrong.contact, inputs))
    return mails


def list_notified_holders(deposit: Deposit | None, links: Iterable[Link]) -> list[Link]:
    """List the links, two at most, whose holders hear that a passage ended: those whose mail left."""
    left = deposit is not None and deposit.left_at is not None
    return [
        link
        for link in links
        if link.recipient and link.moved_to is None and not link.waiting and (left or link.opened_at)
    ][:2]


def find_notified_side_beside(
    parcours: Parcours, attempt: Attempt, holders: list[Link]
) -> Interlocutor | None:
    """Return who was mailed that the passage began and hears of it too; None: nobody, they left, or they are a holder."""
    side = attempt.notified_side
    if side is None or side not in list_present_sides(parcours):
        return None
    contact = find_named_contact(parcours, side)
    holds_link = contact is not None and any(
        fold_mailbox(holder.recipient) == fold_mailbox(contact.address) for holder in holders
    )
    # A buyer's account may have another address than the record's contact: told apart when the mail leaves.
    return side if side is Interlocutor.BUYER or not holds_link else None


def _build_mails(case: Case, attempt: Attempt, inputs: DecisionInputs) -> tuple[OutboxMail, ...]:
    """Build the mails to the holders of links to the documents, and to who heard that the passage began."""
    parcours, deposit = case.parcours, case.deposit
    holders = list_notified_holders(deposit, case.links)
    mails = [
        inputs.build_mail(MailKind.END_TO_COMPANY, link=holder.id, parcours=parcours.id) for holder in holders
    ]
    side = find_notified_side_beside(parcours, attempt, holders)
    if side is not None:
        mail = build_mail_to_side(MailKind.END_TO_BUYER, attempt, side, inputs)
        mails.append(replace(mail, deposit=deposit.id if deposit is not None else None))
    return tuple(mails)


WARNING = timedelta(days=7)
"""How long before a reservation ends the tutor is warned of it."""
A_DAY = timedelta(days=1)
LAST_HOUR = time(23, tzinfo=UTC)
"""When a day is surely over in France, overseas left aside: nobody waits for this minute."""


def find_lapse_at(parcours: Parcours) -> datetime | None:
    """Return when a reservation or a free offer lapses, or the tutor is to be warned of it; None: nothing lapses."""
    if parcours.status is ParcoursStatus.AVAILABLE:
        return datetime.combine(parcours.over_on, LAST_HOUR)
    waits = parcours.status is ParcoursStatus.IN_PREPARATION and parcours.step is Step.DOCUMENTS_TO_SEND
    until = parcours.reserved_until
    if until is None or not waits:
        return None
    return until if parcours.warned_at else until - WARNING


def warn_of_lapse(parcours: Parcours, inputs: DecisionInputs) -> Transition:
    """Warn the tutor that the reservation ends in a week; warned late, it lasts a week from now. Raises WrongStep."""
    at = find_lapse_at(parcours)
    if parcours.tutor is None or parcours.warned_at is not None or at is None or inputs.now < at:
        raise WrongStep
    mail = inputs.build_mail(MailKind.RESERVATION_WARNING, account=parcours.tutor, parcours=parcours.id)
    reserved_until = parcours.reserved_until or inputs.now
    if reserved_until - inputs.now < WARNING - A_DAY:  # warned late: a whole week from now all the same
        reserved_until = inputs.now + WARNING
    from_now = replace(parcours, warned_at=inputs.now, reservation_until=reserved_until)
    return Transition(changes=(Change(parcours, from_now),), mails=(mail,))


def lapse_offer(parcours: Parcours, inputs: DecisionInputs) -> Transition:
    """Make a free offer lapse (*échue*), whose contract is over. Raises WrongStep before that."""
    at = find_lapse_at(parcours)
    if parcours.status is not ParcoursStatus.AVAILABLE or at is None or inputs.now < at:
        raise WrongStep
    kind, reason = EventKind.PARCOURS_LAPSED, Reason.CONTRACT_ENDED
    event = inputs.build_event(kind, parcours.id, None, by=Role.SYSTEM, reason=reason)
    lapsed = replace(parcours.with_event(event), status=ParcoursStatus.LAPSED, since=inputs.now, moved=())
    return Transition.noting(event, Change(parcours, lapsed))


def fall_silent(case: Case, inputs: DecisionInputs) -> Transition:
    """End a passage on which nothing was noted for so long that it counts as over: the offer is free, the tutor notified.

    Its documents and links were erased long ago. Raises WrongStep when no passage is under way.
    """
    parcours, attempt = case.parcours, case.attempt
    if attempt is None or attempt.ended_at is not None:
        raise WrongStep
    event = inputs.build_event(EventKind.PASSAGE_LAPSED, parcours.id, attempt.number, by=Role.SYSTEM)
    mail = _build_mail_to_tutor(attempt, event, inputs)
    return _free(case, event, (_end_attempt(attempt, parcours, event, []),), (mail,), inputs)
