"""Outcomes that people note on a parcours: noting one, correcting it. Each has its rule in ``EventKind``.

History is only ever added to. Steps that the relay itself moves (link sent, opened, confirmed) are no outcomes.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.domain.case import Case
from chalicelib.domain.documents.sending import follow_refusal
from chalicelib.domain.kernel import timeline
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.parcours import Board, Moved, Parcours
from chalicelib.domain.kernel.timeline import OLDEST, Event, EventKind, Interlocutor, Move, Planned, Reason
from chalicelib.domain.kernel.transition import Change, DecisionInputs, Transition
from chalicelib.domain.kernel.values import Instant, ParcoursStatus, Role, Setback, Step, Value
from chalicelib.errors import FieldInvalid, NotLast, NotNow, NotYours, WrongStep

MOVES: dict[EventKind, Move] = {kind: kind.move for kind in EventKind if kind.move is not None}
"""Every outcome that a person may note. What ends a passage has its own page (``domain.parcours.ending``)."""


def is_open(parcours: Parcours, kind: EventKind, role: Role, now: datetime) -> bool:
    """Whether this outcome may be noted now, by somebody in this role."""
    move = MOVES[kind]
    is_step = move.steps is None or parcours.step in move.steps
    if kind is EventKind.MEETING_MISSED and parcours.step is Step.SLOTS_PROPOSED:
        is_step = parcours.meeting_at is not None  # other dates are proposed while one was fixed
    if kind is EventKind.PAUSE_ENDED:
        is_step = is_step and parcours.resumes_at is not None and now < parcours.resumes_at
    return role in move.who and parcours.status in move.status and is_step


FARTHEST = timedelta(days=2 * 366)
"""How far ahead something may be planned."""
LONGEST_PAUSE = timedelta(days=184)
"""Six months: a longer wait is an end."""
MOST_CORRECTABLE = 12
UNANSWERED = frozenset({Setback.DECLINED, Setback.MEETING_MISSED})
"""Setbacks that end when the company promises dates: it is awaited again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Value):
    """What an agent says happened."""

    kind: EventKind
    reason: Reason | None = None
    contact: Interlocutor | None = None
    occurred_at: Instant
    """« survenu le »; the instant of noting for what just happened."""
    planned_at: Instant | None = None


def check(outcome: Outcome, now: datetime) -> None:
    """Check that what is said with an outcome fits its kind."""
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
    """Days follow one another: a passage comes after its contract's notification, what became of a meeting after its day.

    A passage may have begun on paper, before somebody took the offer here; not one whose documents travelled here. A meeting
    that is put off is known before its day.
    """
    day, begun, meeting = day_of(outcome.occurred_at), parcours.begun_at, parcours.meeting_at
    of_passage = ParcoursStatus.AVAILABLE not in MOVES[outcome.kind].status
    if of_passage and day < parcours.contract.notified_on:
        raise FieldInvalid("survenu_le", "before_contract")
    if of_passage and begun is not None and day < day_of(begun):
        raise FieldInvalid("survenu_le", "before_passage")
    if outcome.kind is EventKind.PAUSED and outcome.planned_at is not None:
        until = day_of(outcome.planned_at)
        if until > min(parcours.over_on, day_of(outcome.occurred_at + LONGEST_PAUSE)):
            raise FieldInvalid("prevu_le", "pause")
    met = outcome.kind in {EventKind.MEETING_HELD, EventKind.MEETING_MISSED}
    if met and outcome.reason is not Reason.PUT_OFF and meeting is not None and day < day_of(meeting):
        raise FieldInvalid("survenu_le", "before_meeting")


def note(case: Case, outcome: Outcome, *, by: Role, inputs: DecisionInputs) -> Transition:
    """Note a fact; move the board as the table says, and what hangs on it: documents, links, the meeting."""
    parcours, attempt = case.parcours, case.attempt
    check(outcome, inputs.now)
    if by not in MOVES[outcome.kind].who:
        raise NotYours(MOVES[outcome.kind].who)
    if not is_open(parcours, outcome.kind, by, inputs.now):
        step = parcours.step.value if parcours.step else None
        raise NotNow(outcome.kind.value, parcours.status.value, step)
    check_order(parcours, outcome)
    passage = parcours.attempt if parcours.status is not ParcoursStatus.AVAILABLE else None
    event = replace(
        inputs.event(outcome.kind, parcours.id, passage, by=by, reason=outcome.reason),
        occurred_at=outcome.occurred_at if outcome.occurred_at != inputs.now else None,
        contact=outcome.contact,
        planned_at=outcome.planned_at,
    )
    moved = _moved(parcours, outcome)
    if moved == parcours.board and not moves(outcome.kind):
        return Transition.noting(event, Change(parcours, parcours.with_event(event)))
    kept = (*parcours.moved, Moved(event=event.id, before=parcours.board))[-MOST_CORRECTABLE:]
    after = replace(parcours.with_event(event).with_board(moved), moved=kept)
    ends = attempt is not None and outcome.kind is EventKind.REVIEW_DONE
    over = (
        (Change(attempt, replace(attempt, ended_at=inputs.now, end=outcome.kind)),)
        if ends and attempt
        else ()
    )
    return _followed(case, after, event, over, inputs)


def _followed(
    case: Case, after: Parcours, event: Event, passage: tuple[Change, ...], inputs: DecisionInputs
) -> Transition:
    """What the board's move makes of the documents and of the meeting."""
    step = Transition.noting(event, *follow_refusal(case, after, inputs.now), *passage)
    return step + case.follow(after, inputs)


def says(event: Event, outcome: Outcome, now: datetime) -> bool:
    """Whether this fact is this outcome: a form that was sent twice."""
    occurred_at = outcome.occurred_at if outcome.occurred_at != now else None
    noted = (event.kind, event.reason, event.contact, event.planned_at, event.occurred_at)
    return noted == (outcome.kind, outcome.reason, outcome.contact, outcome.planned_at, occurred_at)


def _moved(parcours: Parcours, outcome: Outcome) -> Board:
    """The board once this has happened; the very same when it moves nothing."""
    move, board = MOVES[outcome.kind], parcours.board
    if outcome.kind is EventKind.DATES_PROMISED and outcome.planned_at:
        if board.setback in UNANSWERED:
            board = replace(board, setback=None, since=outcome.occurred_at)
        return replace(board, promised_on=outcome.planned_at.date())
    if outcome.kind is EventKind.CALL_BACK_PLANNED and outcome.planned_at:
        return replace(board, call_back_on=outcome.planned_at.date(), call_back_since=outcome.occurred_at)
    if outcome.kind is EventKind.PAUSED and outcome.planned_at:
        return replace(board, paused_since=outcome.occurred_at, paused_until=outcome.planned_at.date())
    if outcome.kind is EventKind.PAUSE_ENDED:  # the days of who is awaited begin today
        return replace(board, paused_until=day_of(outcome.occurred_at) - timedelta(days=1))
    if _calls_back(board, outcome):
        return replace(board, call_back_on=None, call_back_since=None)
    if outcome.kind is EventKind.PLACEMENT_ENDED:
        return replace(board, placement_until=day_of(outcome.occurred_at))
    if move.to is None and move.to_status is None and move.setback is None:
        return board
    return _moved_by(move, board, outcome)


def _moved_by(move: Move, board: Board, outcome: Outcome) -> Board:
    """The board at another step, status or setback: what was agreed for the former step, and a pause, are over."""
    status = move.to_status or board.status
    preparing = status is ParcoursStatus.IN_PREPARATION
    outside = outcome.kind is EventKind.DOCUMENTS_SENT_OUTSIDE
    return replace(
        board,
        status=status,
        step=(move.to or board.step) if preparing else None,
        since=outcome.occurred_at,
        setback=move.setback,
        meeting_at=outcome.planned_at if outcome.kind is EventKind.MEETING_FIXED else None,
        outside_at=outcome.occurred_at if outside else board.outside_at,
        placement_until=day_of(outcome.planned_at) if move.to_status and outcome.planned_at else None,
        promised_on=None,
        call_back_on=None,
        call_back_since=None,
        paused_since=None,
        paused_until=None,
    )


def _calls_back(board: Board, outcome: Outcome) -> bool:
    """Whether this is the call that was planned: somebody was reached, and not before it was."""
    reached = outcome.kind is EventKind.CALL_NOTED and outcome.reason is Reason.REACHED
    since = board.call_back_since
    return reached and board.call_back_on is not None and (since is None or outcome.occurred_at >= since)


def correct(
    case: Case, wrong: Event, corrected: frozenset[str], *, by: Role, inputs: DecisionInputs
) -> Transition:
    """A noted outcome was a mistake: a new fact says so, and the board is as before it. The wrong fact stays.

    ``corrected``: ids of the facts that were corrected already. Refused (``NotLast``) when something later builds on it.
    """
    parcours, attempt = case.parcours, case.attempt
    if wrong.kind not in MOVES or wrong.id in corrected or wrong.attempt not in {None, parcours.attempt}:
        raise WrongStep
    event = inputs.event(EventKind.CORRECTED, parcours.id, wrong.attempt, by=by)
    event = replace(event, corrects=wrong.id)
    if wrong.id not in {one.event for one in parcours.moved}:
        if moves(wrong.kind):
            raise NotLast
        return Transition.noting(event, Change(parcours, parcours.with_event(event)))
    last = parcours.moved[-1]
    if last.event != wrong.id:
        raise NotLast
    after = replace(
        parcours.with_event(event).with_board(last.before),
        reached=timeline.milestones_without(parcours.reached, wrong, last.before.reached),
        moved=parcours.moved[:-1],
    )
    reopened = attempt is not None and attempt.end is EventKind.REVIEW_DONE
    open_again = (Change(attempt, replace(attempt, ended_at=None, end=None)),) if reopened and attempt else ()
    return _followed(case, after, event, open_again, inputs)


def moves(kind: EventKind) -> bool:
    """Whether this kind always moves the board, so that without the board before it it cannot be taken back."""
    move = MOVES[kind]
    resumes = kind is EventKind.PAUSE_ENDED
    return bool(move.to or move.to_status or move.setback) or move.planned is Planned.DAY or resumes


def correctable(parcours: Parcours, event: Event, corrected: frozenset[str]) -> bool:
    """Whether ``correct`` would take this fact back."""
    if event.kind not in MOVES or event.id in corrected or event.attempt not in {None, parcours.attempt}:
        return False
    moved = [one.event for one in parcours.moved]
    return moved[-1] == event.id if event.id in moved else not moves(event.kind)


def corrected(events: tuple[Event, ...]) -> frozenset[str]:
    """Ids of the facts that a later one takes back."""
    return frozenset(event.corrects for event in events if event.corrects)
