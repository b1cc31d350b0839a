"""Outcomes that people note on a parcours: noting one, correcting it. Each has its rule in ``EventKind``.

History is only ever added to. Steps that the relay itself moves (link sent, opened, confirmed) are no outcomes.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.domain import record
from chalicelib.domain.case import Case
from chalicelib.domain.documents.sending import follow_refusal
from chalicelib.domain.kernel import holding, timeline
from chalicelib.domain.kernel.board import Moved
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.timeline import OLDEST, Event, EventKind, Move, Outcome, Planned
from chalicelib.domain.kernel.transition import Change, DecisionInputs, MailKind, OutboxMail, Transition
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Setback
from chalicelib.domain.parcours.declining import build_mails_to_holders
from chalicelib.errors import FieldInvalid, NotLast, NotNow, NotYours, WrongStep

MOVES: dict[EventKind, Move] = {kind: kind.move for kind in EventKind if kind.move is not None}
"""Every outcome that a person may note. What ends a passage has its own page (``domain.parcours.ending``)."""


FARTHEST = timedelta(days=2 * 366)
"""How far ahead something may be planned."""
MOST_CORRECTABLE = 12


def is_open(parcours: Parcours, kind: EventKind, role: Role, now: datetime) -> bool:
    """Whether this outcome may be noted now, by somebody in this role."""
    return MOVES[kind].is_open(parcours.board, role, now) and holding.allows(parcours, kind)


def check(outcome: Outcome, now: datetime) -> None:
    """Check that reason, contact and days fit the kind of an outcome. Raises FieldInvalid."""
    move = MOVES.get(outcome.kind)
    if move is None:
        raise FieldInvalid("fait", "outcome")
    if outcome.reason not in (move.reasons or (None,)):
        raise FieldInvalid("motif", "reason")
    if (outcome.contact is None) == move.contact:
        raise FieldInvalid("contact", "contact")
    if not now - OLDEST <= outcome.occurred_at <= now:
        raise FieldInvalid("survenu_le", "day")
    if (outcome.planned_at is None) != (move.planned is Planned.NOTHING):
        raise FieldInvalid("prevu_le", "planned")
    if outcome.planned_at is not None and not (
        outcome.occurred_at - timedelta(days=1) <= outcome.planned_at <= now + FARTHEST
    ):
        raise FieldInvalid("prevu_le", "planned")


def check_order(parcours: Parcours, outcome: Outcome) -> None:
    """Check that an outcome of a passage is not before its contract was notified, nor an outcome of a meeting before its day.

    A passage may have begun on paper before the offer was taken here, unless its documents were announced here.
    Raises FieldInvalid.
    """
    move, day = MOVES[outcome.kind], day_of(outcome.occurred_at)
    begun_at, meeting_at = parcours.begun_at, parcours.meeting_at
    is_of_passage = ParcoursStatus.AVAILABLE not in move.status
    if is_of_passage and day < parcours.contract.notified_on:
        raise FieldInvalid("survenu_le", "before_contract")
    if is_of_passage and begun_at is not None and day < day_of(begun_at):
        raise FieldInvalid("survenu_le", "before_passage")
    if move.longest is not None:
        last_day = min(parcours.over_on, day_of(outcome.occurred_at + move.longest))
        if outcome.planned_on > last_day:
            raise FieldInvalid("prevu_le", "pause")
    if move.of_meeting and meeting_at is not None and day < day_of(meeting_at):
        raise FieldInvalid("survenu_le", "before_meeting")


def note(case: Case, outcome: Outcome, *, by: Role, inputs: DecisionInputs) -> Transition:
    """Note an outcome; move the parcours as the table says, and with it documents, links and the meeting.

    Raises:
        FieldInvalid: see ``check``, ``check_order``. NotYours: not this role's to note. NotNow: not in this state.
    """
    check(outcome, inputs.now)
    parcours, attempt, move = case.parcours, case.attempt, MOVES[outcome.kind]
    if by not in move.who:
        raise NotYours(move.who)
    if not move.is_open(parcours.board, by, inputs.now):
        step = parcours.step.value if parcours.step else None
        raise NotNow(outcome.kind.value, parcours.status.value, step)
    check_order(parcours, outcome)
    passage = parcours.attempt if parcours.status is not ParcoursStatus.AVAILABLE else None
    event = replace(
        inputs.build_event(outcome.kind, parcours.id, passage, by=by, reason=outcome.reason),
        occurred_at=outcome.occurred_at if outcome.occurred_at != inputs.now else None,
        contact=outcome.contact,
        planned_at=outcome.planned_at,
        moved_from=_find_moved_meeting(parcours, outcome, inputs.now),
    )
    before, noted = parcours.board, record.note_result(parcours.with_event(event), event)
    board = move.apply(before, outcome)
    if board.setback is Setback.MAIL_IN_DOUBT and noted.was_heard:
        board = replace(board, setback=None, since=inputs.now)
    if board == before and not move.always_moves:
        return Transition.noting(event, Change(parcours, noted))
    correctable = (*parcours.moved, Moved(event=event.id, before=before))[-MOST_CORRECTABLE:]
    after = replace(noted.with_board(board), moved=correctable)
    ended: tuple[Change, ...] = ()
    if attempt is not None and move.ends_passage:
        ended = (Change(attempt, replace(attempt, ended_at=inputs.now, end=outcome.kind)),)
    return _follow(case, after, event, ended, inputs)


def _find_moved_meeting(parcours: Parcours, outcome: Outcome, now: datetime) -> datetime | None:
    """Return when the meeting was to be that this outcome moves; None when it moves none that is to come."""
    meeting_at = parcours.meeting_at
    is_moved = outcome.kind is EventKind.MEETING_FIXED and meeting_at is not None and now < meeting_at
    return meeting_at if is_moved else None


def _follow(
    case: Case, after: Parcours, event: Event, passage: tuple[Change, ...], inputs: DecisionInputs
) -> Transition:
    """Return the transition of parcours and passage, with what follows for documents, links and the meeting.

    Who holds a link is told of a refusal that was noted, or taken back, without them.
    """
    mails: tuple[OutboxMail, ...] = ()
    after = case.without_lost_dates(after, inputs.now)
    was_declined, is_declined = case.parcours.setback is Setback.DECLINED, after.setback is Setback.DECLINED
    if was_declined is not is_declined:
        kind = MailKind.DECLINE_NOTICE if is_declined else MailKind.DECLINE_UNDONE
        mails = build_mails_to_holders(kind, case.links, inputs)
    step = Transition.noting(event, *follow_refusal(case, after, inputs.now), *passage, mails=mails)
    return step + case.follow(after, event, inputs)


def is_same_outcome(event: Event, outcome: Outcome, now: datetime) -> bool:
    """Whether this fact says the same as the outcome: the form was sent twice."""
    occurred_at = outcome.occurred_at if outcome.occurred_at != now else None
    noted = (event.kind, event.reason, event.contact, event.planned_at, event.occurred_at)
    return noted == (outcome.kind, outcome.reason, outcome.contact, outcome.planned_at, occurred_at)


def correct(
    case: Case, wrong: Event, events: tuple[Event, ...], *, by: Role, inputs: DecisionInputs
) -> Transition:
    """Take a noted outcome back: a new fact says so, and the parcours returns to the state before it. The wrong fact stays.

    ``events``: the whole timeline.
    Raises:
        WrongStep: no outcome of the present passage, or taken back already. NotLast: a later outcome builds on it.
    """
    parcours, attempt, corrected = case.parcours, case.attempt, list_corrected(events)
    if not _is_outcome_of(parcours, wrong, corrected):
        raise WrongStep
    move = MOVES[wrong.kind]
    event = inputs.build_event(EventKind.CORRECTED, parcours.id, wrong.attempt, by=by)
    event = replace(event, corrects=wrong.id)
    others = (other for other in events if other.id not in corrected | {wrong.id})
    forgotten = record.forget_result(parcours.with_event(event), wrong, others)
    if wrong.id not in {moved.event for moved in parcours.moved}:
        if move.always_moves:
            raise NotLast
        return Transition.noting(event, Change(parcours, forgotten))
    last = parcours.moved[-1]
    if last.event != wrong.id:
        raise NotLast
    after = replace(
        forgotten.with_board(last.before),
        reached=timeline.remove_milestones(parcours.reached, wrong, last.before.reached),
        moved=parcours.moved[:-1],
    )
    resumed: tuple[Change, ...] = ()
    if attempt is not None and move.ends_passage:
        resumed = (Change(attempt, replace(attempt, ended_at=None, end=None)),)
    return _follow(case, after, event, resumed, inputs)


def _is_outcome_of(parcours: Parcours, event: Event, corrected: frozenset[str]) -> bool:
    """Whether this fact is an outcome of the offer or of its present passage that was not taken back yet."""
    return event.kind in MOVES and event.id not in corrected and event.attempt in {None, parcours.attempt}


def can_correct(parcours: Parcours, event: Event, corrected: frozenset[str]) -> bool:
    """Whether ``correct`` would take this fact back."""
    if not _is_outcome_of(parcours, event, corrected) or parcours.is_held:
        return False
    correctable_ids = [outcome.event for outcome in parcours.moved]
    if event.id in correctable_ids:
        return correctable_ids[-1] == event.id
    return not MOVES[event.kind].always_moves


def list_corrected(events: tuple[Event, ...]) -> frozenset[str]:
    """Return the ids of the facts that a later one takes back."""
    return frozenset(event.corrects for event in events if event.corrects)
