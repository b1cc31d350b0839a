"""The RUN: start, move on, note, finish, summarise. Two RUNs never treat the same parcours at once.

What takes the id of a RUN raises ``NotFound`` when this agent has no live RUN with it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from chalicelib.domain import running as decisions
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.people import Account, role_on
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.lists import Line
from chalicelib.domain.parcours import ending as ends
from chalicelib.domain.parcours.ending import End
from chalicelib.domain.parcours.outcomes import Outcome, check, corrected
from chalicelib.domain.running import Lease, Run, leased
from chalicelib.errors import LeaseLost, NotFound, WrongStep
from chalicelib.stores import parcours, relay, transactions
from chalicelib.stories import lists, outcomes
from chalicelib.stories.kit.deciding import commit_and_wake


@dataclass(frozen=True)
class Position:
    """How far a RUN has come."""

    run: Run
    lost: bool
    """Another agent is treating its current parcours."""


@dataclass(frozen=True)
class Treated:
    """One parcours of the summary."""

    page: parcours.Page
    noted: frozenset[str]
    """Ids of the facts noted in the RUN, without those corrected since."""
    has_role: bool
    """Whether she still has a role on it; else the summary shows only what she noted."""


def live(agent: Account, *, now: datetime) -> Run | None:
    """The agent's newest RUN that can be resumed."""
    runs = [run for run in relay.runs(agent.id) if now < run.ends_at and (run.current or run.waiting)]
    return max(runs, key=lambda run: run.started_at, default=None)


def to_offer(agent: Account, lines: Iterable[Line], *, now: datetime) -> tuple[tuple[str, ...], int]:
    """Ids of the parcours of a list that a RUN offers today, in its order, and how many it leaves for another day."""
    listed = list(lines)
    role = decisions.role_of(agent)
    leases = relay.leases(leased(line.id, role) for line in listed)
    today = day_of(now)
    found = ((line, leases.get(leased(line.id, role))) for line in listed)
    ids = tuple(line.id for line, lease in found if not decisions.is_for_later(line, lease, today))
    return ids, len(listed) - len(ids)


def start(
    agent: Account, key: str, ids: tuple[str, ...], *, now: datetime, more: bool = False, later: int = 0
) -> Run:
    """Start a RUN over these parcours and take the first that is free. Idempotent per key.

    Args:
        key: id of the RUN, drawn by the page (32 hex).
        ids: parcours in the order of the list; ``more``: the list was truncated; ``later``: how many wait for their day.
    """

    def decide() -> Transition:
        if relay.run(agent.id, key) is not None:
            return Transition.nothing()
        role = decisions.role_of(agent)
        begun = decisions.start(key, agent.id, ids, now, role=role, more=more, later=later)
        return _advance(agent, None, begun, now, ())

    transactions.settle(decide)
    return _live_run(agent, key, now)


def go_on(agent: Account, run_id: str, left: str, *, now: datetime) -> Run:
    """Leave one parcours and take the next that is free; nothing when the RUN has already left it.

    Args:
        left: id of the parcours that the page showed; empty when it showed none.
    """

    def decide() -> Transition:
        run = _live_run(agent, run_id, now)
        if (run.current or "") != left:
            return Transition.nothing()
        after, change = decisions.leave(run, _lease(run, run.current), now)
        return _advance(agent, run, after, now, (change,) if change else ())

    transactions.settle(decide)
    return _live_run(agent, run_id, now)


def finish(agent: Account, run_id: str, *, now: datetime) -> None:
    """End a RUN before its summary; parcours that were not treated wait."""

    def decide() -> Transition:
        run = _live_run(agent, run_id, now)
        return decisions.finish(run, _lease(run, run.current), now)

    transactions.settle(decide)


def position(agent: Account, run_id: str, *, now: datetime) -> Position:
    """Read how far a RUN has come."""
    run = _live_run(agent, run_id, now)
    return Position(run, _is_taken(run, _lease(run, run.current), now))


def note(agent: Account, run_id: str, parcours_id: str, outcome: Outcome, *, key: str, now: datetime) -> str:
    """Note an outcome in a RUN and renew the lease; return the id of the fact.

    Raises:
        NotFound: no such parcours of this agent. NotNow, FieldInvalid: see ``outcomes.note``.
        LeaseLost: another agent holds the parcours; the fact is noted all the same, since it happened.
    """
    check(outcome, now)
    step = partial(outcomes.decide_note, agent, parcours_id, outcome, key=key, now=now)
    _record(agent, run_id, parcours_id, key, step, now)
    return key


def end(agent: Account, run_id: str, parcours_id: str, how: End, *, now: datetime) -> None:
    """End a passage in a RUN, whose summary shows it. Saying the very same again is saying it once.

    Raises:
        NotFound: no such parcours of this agent. WrongStep, FieldInvalid: see ``ending.finish``.
        LeaseLost: another agent holds the parcours; the passage has ended all the same.
    """
    ends.check(how, now)
    step = partial(outcomes.decide_end, agent, parcours_id, how, now=now)
    try:
        _record(agent, run_id, parcours_id, "", step, now)
    except WrongStep:
        outcomes.ended_so(agent, parcours_id, how)


def _record(
    agent: Account, run_id: str, parcours_id: str, event: str, decide: Callable[[], Transition], now: datetime
) -> None:
    """Commit a decision together with its mention in the RUN; ``event``: id of the fact; empty: that of the decision."""
    lost = False

    def deciding() -> Transition:
        nonlocal lost
        run = _live_run(agent, run_id, now)
        lease = _lease(run, parcours_id)
        lost = _is_taken(run, lease, now)
        step = decide()
        noted = decisions.note(run, lease, parcours_id, event or step.events[0].id, now)
        return replace(step, changes=(*step.changes, *noted))

    commit_and_wake(deciding)
    if lost:
        raise LeaseLost


def renew(agent: Account, run_id: str, parcours_id: str, *, now: datetime) -> None:
    """Renew the lease of the current parcours."""

    def decide() -> Transition:
        run = _live_run(agent, run_id, now)
        return Transition(changes=decisions.renew(run, _lease(run, parcours_id), parcours_id, now))

    transactions.settle(decide)


def summary(agent: Account, run_id: str, *, now: datetime) -> tuple[Run, list[Treated]]:
    """Read the treated parcours and what was noted on them; those without a note are left out once she has lost her role."""
    run = _live_run(agent, run_id, now)
    found = []
    for one in run.treated:
        page = parcours.page(one)
        has_role = role_on(agent, page.parcours) is not None
        events = {noted.event for noted in run.noted if noted.parcours == one}
        if has_role or events:
            found.append(Treated(page, frozenset(events - corrected(page.events)), has_role))
    return run, found


def is_over(agent: Account, run_id: str, *, now: datetime) -> bool:
    """Whether this is no live RUN of the agent; acts from a page left open since are then done without it."""
    run = relay.run(agent.id, run_id)
    return run is None or now >= run.ends_at


def _live_run(agent: Account, run_id: str, now: datetime) -> Run:
    run = relay.run(agent.id, run_id)
    if run is None or now >= run.ends_at:
        raise NotFound
    return run


def _lease(run: Run, parcours_id: str | None) -> Lease | None:
    """The lease of a parcours, as people of this RUN's role treat it."""
    return relay.lease(leased(parcours_id, run.role)) if parcours_id else None


def _advance(
    agent: Account, before: Run | None, run: Run, now: datetime, changes: tuple[Change, ...]
) -> Transition:
    """Take the first waiting parcours on which she has a role and that no colleague of it holds; give back any other."""
    for one in run.waiting:
        lease = _lease(run, one)
        if _is_taken(run, lease, now):
            run = decisions.pass_over(run, one, done=False)
        elif lease is not None and lease.is_done_for(run):
            run = decisions.pass_over(run, one, done=True)
        elif (line := _line(agent, one, now)) is None:
            run = run.but(waiting=tuple(other for other in run.waiting if other != one))
        elif before is not None and decisions.is_for_later(line, lease, day_of(now)):  # agreed meanwhile
            run = decisions.put_off(run, one)
        else:
            taken, mine = decisions.take(run, one, lease, now)
            held = relay.held(agent.id)
            former = relay.lease(held.parcours) if held and held.gives_back(taken) else None
            given_back = decisions.hold(taken, held, former, now)
            return Transition(changes=(Change(before, taken), *changes, mine, *given_back))
    return Transition(changes=(Change(before, run.but(ended_at=now)), *changes))


def _is_taken(run: Run, lease: Lease | None, now: datetime) -> bool:
    return lease is not None and lease.holds(run, now)


def _line(agent: Account, parcours_id: str, now: datetime) -> Line | None:
    """What a list would show of it; None: it is gone, or she has no role on it."""
    try:
        head = parcours.head(parcours_id)
    except NotFound:
        return None
    return lists.line_of(agent, head, now=now) if role_on(agent, head) is not None else None
