"""What a young person is shown of a passage: the turn, the documents, the meeting and what happened, as everybody reads them.

Nothing here is computed a second time: the turn is that of ``turns.py``, the rest are facts of the timeline. Only a fact that
may hurt waits for a day, so that it is first heard from the person who accompanies (``FIRST_SAID``).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from chalicelib.domain.kernel.attempt import Attempt
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.timeline import Event, EventKind
from chalicelib.domain.kernel.values import Setback
from chalicelib.domain.meetings.appointment import MINUTES, Appointment
from chalicelib.domain.meetings.slots import Slot
from chalicelib.domain.parcours.delays import Phase
from chalicelib.domain.parcours.outcomes import list_corrected
from chalicelib.domain.parcours.turns import State, Turn
from chalicelib.domain.parcours.young_acts import find_doubt, may_cancel_coming, may_stop

FIRST_SAID = timedelta(days=1)
"""How long the person who accompanies has to say a refusal or an end, before the page does."""
NAMED_AFTER_END = timedelta(days=30)
"""How long after the end of a passage its page still names the person to call: a paper that is found later says no number."""
AGREED = frozenset({EventKind.SLOT_ACCEPTED, EventKind.MEETING_FIXED, EventKind.MEETING_MOVED})
"""Facts with which a meeting is agreed, for when the event says."""
FALLS = frozenset({EventKind.MEETING_CANCELLED, EventKind.COMPANY_DECLINED, EventKind.SENDING_STOPPED})
"""Facts with which it falls while the passage goes on."""
LEFT = frozenset({EventKind.LINK_SENT, EventKind.LINK_MAY_HAVE_LEFT, EventKind.DOCUMENTS_SENT_OUTSIDE})
"""Facts with which documents leave, or may have left."""
ANNOUNCED = frozenset({EventKind.DEPOSIT_OPENED, EventKind.DOCUMENTS_SENT_OUTSIDE})
"""Facts with which the dates of documents begin."""
PHASES = {
    State.TO_SEND: Phase.PREPARE,
    State.TO_OPEN: Phase.OPEN,
    State.TO_CONFIRM: Phase.ANSWER,
    State.TO_PROPOSE: Phase.ANSWER,
    State.TO_CHOOSE: Phase.MEET,
    State.MEETING_AHEAD: Phase.MEET,
    State.MEETING_HELD: Phase.SIGN,
}
"""In which counted phase a passage is while it waits for this; in none where something went wrong."""


@dataclass(frozen=True, slots=True)
class Papers:
    """What became of the documents that were sent last; None: it has not happened."""

    left_at: datetime
    opened_at: datetime | None
    read_at: datetime | None
    """When somebody said that they could be read."""
    erased_at: datetime | None
    erase_at: datetime | None
    """When they are erased if nothing more happens; None: they are erased, are being erased, or were never on the site."""
    is_outside: bool
    """Whether they were sent without passing by the service."""
    is_unread: bool
    """Whether they were erased before anybody opened them; not said of a refusal, which it would make harder to read."""


@dataclass(frozen=True, slots=True)
class YoungView:
    """What a young person's page says."""

    company: str
    turn: Turn | None
    """None: nothing is awaited, or it is not said yet."""
    about: date | None
    """The day that the turn's state is about: of a pause, the end of the internship."""
    is_first_said: bool
    """Whether there is news that the person who accompanies has the time to say first."""
    papers: Papers | None
    meeting: Slot | None
    is_length_known: bool
    """Whether somebody said how long the meeting lasts."""
    fallen_at: datetime | None
    """For when a meeting was agreed that does not take place, until that day is over; None: there is none."""
    place: str
    """Where the company welcomes; a meeting may have a place of its own."""
    phase: Phase | None
    """In which counted phase it is, to say how long that takes for others; None: in none."""
    events: tuple[Event, ...]
    """What happened and may be told, in order, without what a correction took back."""
    ended_at: datetime | None
    is_completed: bool
    """Whether the passage ended with the internship done."""
    is_stopped: bool
    """Whether « Je ne veux plus » was pressed, and not talked over yet."""
    is_reading_awaited: bool
    """Whether somebody may still open the documents here, and say that they can be read."""
    has_link: bool
    """Whether a link gives the documents to somebody,"""
    has_documents: bool
    """and whether documents lie on the site: what « Je ne veux plus » ends, beside a meeting."""
    can_stop: bool
    """Whether « Je ne veux plus » can be pressed,"""
    can_cancel_coming: bool
    """and « Je ne peux pas venir », of a meeting of which it was not said yet,"""
    can_come_again: bool
    """or that it is taken back."""


def build_view(
    parcours: Parcours,
    attempt: Attempt,
    events: Collection[Event],
    turn: Turn | None,
    around: tuple[Deposit | None, Appointment | None],
    now: datetime,
) -> YoungView:
    """Build what the page of a passage says.

    ``events``: of the parcours; ``turn``: of its passage under way; ``around``: its last documents and its meeting.
    """
    own = _list_own_events(attempt, events)
    is_present = attempt.ended_at is None and parcours.attempt == attempt.number
    present_turn = turn if is_present else None
    is_refused = is_present and parcours.setback is Setback.DECLINED
    is_first_said = _is_first_said(attempt, own, now, is_refused=is_refused)
    deposit, appointment = around if is_present else (None, None)
    is_stopped = is_present and parcours.is_stopped
    is_there = deposit is not None and deposit.erased_at is None and deposit.contents is not None
    has_link = is_present and parcours.live_link is not None
    meeting = _find_meeting(parcours, appointment, now) if is_present and not is_refused else None
    return YoungView(
        company=parcours.company.name,
        turn=None if is_first_said else present_turn,
        about=_find_day(parcours, present_turn),
        is_first_said=is_first_said,
        papers=_summarise_papers(own, deposit if is_there else None, now) if not is_first_said else None,
        meeting=meeting,
        is_length_known=meeting is not None and _find_slot(parcours, appointment, now) is not None,
        fallen_at=_find_fallen(parcours, attempt, events, now),
        place=f"{parcours.placement.place}, {parcours.placement.town}",
        phase=PHASES.get(present_turn.state) if present_turn is not None else None,
        events=_list_told(own, now, is_first_said=is_first_said),
        ended_at=attempt.ended_at,
        is_completed=attempt.end is EventKind.REVIEW_DONE,
        is_stopped=is_stopped,
        is_reading_awaited=deposit is not None and deposit.is_live(now) and not is_refused and not is_stopped,
        has_link=has_link,
        has_documents=is_there,
        can_stop=is_present and may_stop(parcours) and (not is_refused or has_link or is_there),
        can_cancel_coming=is_present and may_cancel_coming(parcours, now),
        can_come_again=is_present and find_doubt(parcours, now) is not None,
    )


def names_follower(attempt: Attempt, now: datetime) -> bool:
    """Whether the page names the person who accompanies, with their number."""
    return attempt.ended_at is None or now < attempt.ended_at + NAMED_AFTER_END


def _list_own_events(attempt: Attempt, events: Collection[Event]) -> tuple[Event, ...]:
    """List the facts of this passage in order, without corrections and what they take back."""
    corrected_ids = list_corrected(tuple(events))
    return tuple(
        event
        for event in sorted(events, key=lambda event: (event.at, event.id))
        if event.attempt == attempt.number
        and event.id not in corrected_ids
        and event.kind is not EventKind.CORRECTED
    )


def _list_told(events: tuple[Event, ...], now: datetime, *, is_first_said: bool) -> tuple[Event, ...]:
    """List the facts that may be told now: a refusal waits for ``FIRST_SAID``, with the erasure that follows it."""
    return tuple(
        event
        for event in events
        if not (event.kind is EventKind.COMPANY_DECLINED and now < event.at + FIRST_SAID)
        and not (event.kind is EventKind.DOCUMENTS_ERASED and is_first_said)
    )


def _is_first_said(attempt: Attempt, events: tuple[Event, ...], now: datetime, *, is_refused: bool) -> bool:
    """Whether a refusal, or an end that is no success, was noted less than ``FIRST_SAID`` ago.

    ``is_refused``: the company's refusal stands, whatever else the passage waits for.
    """
    hurting = attempt.end if attempt.ended_at is not None else EventKind.COMPANY_DECLINED
    if attempt.ended_at is None and not is_refused:
        return False
    if hurting is EventKind.REVIEW_DONE:
        return False
    noted = [event.at for event in events if event.kind is hurting]
    noted_at = max(noted, default=attempt.ended_at)
    return noted_at is not None and now < noted_at + FIRST_SAID


def _find_day(parcours: Parcours, turn: Turn | None) -> date | None:
    """Return the day that the state of a turn is about; None: it is about none."""
    match turn.state if turn is not None else None:
        case State.PAUSED:
            return parcours.paused_until
        case State.IN_INTERNSHIP:
            return parcours.internship_until
        case _:
            return None


def _find_meeting(parcours: Parcours, appointment: Appointment | None, now: datetime) -> Slot | None:
    """Return the meeting that is ahead; without a place of its own where it was fixed by telephone."""
    if parcours.meeting_at is None or parcours.meeting_at <= now:
        return None
    return _find_slot(parcours, appointment, now) or Slot(start=parcours.meeting_at, minutes=MINUTES)


def _find_slot(parcours: Parcours, appointment: Appointment | None, now: datetime) -> Slot | None:
    """Return the meeting that is ahead as it was agreed on here; None where it was fixed by telephone."""
    slot = appointment.find_upcoming_slot(now) if appointment is not None else None
    return slot if slot is not None and slot.start == parcours.meeting_at else None


def _find_fallen(
    parcours: Parcours, attempt: Attempt, events: Collection[Event], now: datetime
) -> datetime | None:
    """Return for when the meeting was agreed last, if it fell before it began, and its day is not over.

    Whoever was told of it would go there: this waits for nobody.
    """
    own = sorted((event for event in events if event.attempt == attempt.number), key=lambda event: event.at)
    agreed = next((event for event in reversed(own) if event.kind in AGREED), None)
    if agreed is None or agreed.planned_at is None or day_of(agreed.planned_at) < day_of(now):
        return None
    is_present = attempt.ended_at is None and parcours.attempt == attempt.number
    if is_present and parcours.meeting_at is not None and parcours.setback is not Setback.DECLINED:
        return None
    is_corrected = agreed.id in list_corrected(tuple(events))
    fell = any(
        event.kind in FALLS or event.kind is attempt.end
        for event in own
        if agreed.at <= event.at < agreed.planned_at and event is not agreed
    )
    return agreed.planned_at if fell or is_corrected else None


def _summarise_papers(events: tuple[Event, ...], deposit: Deposit | None, now: datetime) -> Papers | None:
    """Summarise what became of the documents that left last; None: none has left. ``deposit``: what lies on the site.

    Whatever happened since they were announced is theirs: a link that leaves later, to a colleague, gives the same documents.
    """
    last_left = next((event for event in reversed(events) if event.kind in LEFT), None)
    if last_left is None:
        return None
    announced_at = max(
        (event.at for event in events if event.kind in ANNOUNCED and event.at <= last_left.at),
        default=last_left.at,
    )
    own = [event for event in events if (event.sent_at or event.at) >= announced_at]
    erased_at = _find_last(own, EventKind.DOCUMENTS_ERASED)
    is_there = deposit is not None and deposit.created_at <= last_left.at and now < deposit.erase_at
    return Papers(
        left_at=next(event for event in own if event.kind in LEFT).happened_at,
        opened_at=_find_last(own, EventKind.LINK_OPENED),
        read_at=_find_last(own, EventKind.DOCUMENTS_CONFIRMED),
        erased_at=erased_at,
        erase_at=deposit.erase_at if deposit is not None and is_there else None,
        is_outside=last_left.kind is EventKind.DOCUMENTS_SENT_OUTSIDE,
        is_unread=erased_at is not None
        and not {event.kind for event in own} & {EventKind.LINK_OPENED, EventKind.COMPANY_DECLINED},
    )


def _find_last(events: Collection[Event], kind: EventKind) -> datetime | None:
    """Return when the last fact of this kind happened; None without any."""
    return max((event.happened_at for event in events if event.kind is kind), default=None)
