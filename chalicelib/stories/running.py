"""The RUN: start, move on, note, finish, summarise. Two RUNs never treat the same parcours at once.

What takes the id of a RUN raises ``NotFound`` when this agent has no live RUN with it.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.domain import running as decisions
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account, role_on
from chalicelib.domain.kernel.timeline import Outcome
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.lists import Line, Sort
from chalicelib.domain.parcours import ending as ends
from chalicelib.domain.parcours.ending import End
from chalicelib.domain.parcours.outcomes import check, list_corrected
from chalicelib.domain.parcours.turns import Turn
from chalicelib.domain.running import Held, Lease, Offered, Run, Share, build_lease_id
from chalicelib.errors import LeaseLost, NotFound, WrongStep
from chalicelib.stores import parcours_table, relay_table
from chalicelib.stores.unit_of_work import UnitOfWork, story
from chalicelib.stories import lists, outcomes
from chalicelib.stories.kit import accompanying, quotas
from chalicelib.stories.kit.batches import MOST_LISTED
from chalicelib.stories.kit.deciding import decision_inputs
from chalicelib.stories.reminding import People

MOST_TOLD = 40
"""People who are mailed at once: their mails fit one transaction."""


@dataclass(frozen=True)
class Position:
    """How far a RUN has come."""

    run: Run
    lost: bool
    """Another agent is treating its current parcours."""


@dataclass(frozen=True)
class Treated:
    """One parcours of the summary."""

    page: parcours_table.Page
    noted: frozenset[str]
    """Ids of the facts noted in the RUN, without those corrected since."""
    has_role: bool
    """Whether the agent still has a role on it; else the summary shows only what they noted."""
    turn: Turn | None


def find_live(agent: Account, *, now: datetime) -> Run | None:
    """Find the agent's newest RUN that can be resumed."""
    runs = [
        run for run in relay_table.list_runs(agent.id) if now < run.ends_at and (run.current or run.waiting)
    ]
    return max(runs, key=lambda run: run.started_at, default=None)


def choose_offered(
    agent: Account, lines: Sequence[Line], sort: Sort, *, is_cut: bool = False, now: datetime
) -> Offered:
    """Choose those parcours of a list that wait for nothing today, for a RUN.

    ``sort``: the order in which they come; ``is_cut``: the list was truncated.
    """
    role, today = decisions.find_run_role(agent), day_of(now)
    leases = relay_table.read_leases(build_lease_id(line.id, role) for line in lines)
    ids = tuple(
        line.id
        for line in lines
        if not decisions.is_for_later(line, leases.get(build_lease_id(line.id, role)), today)
    )
    return Offered(ids, sort, later=len(lines) - len(ids), is_cut=is_cut)


@story
def start(work: UnitOfWork, agent: Account, key: str, offered: Offered, *, now: datetime) -> Run:
    """Start a RUN, and take the first parcours that is free.

    ``key``: id of the RUN (32 hex), drawn by the page, so that a repeated request starts one RUN.
    """
    if work.get(Run, agent.id, key) is None:
        begun = decisions.start(key, agent.id, offered, now, role=decisions.find_run_role(agent))
        work.commit(_advance(work, agent, None, begun, now, ()))
    return _load_live(work, agent, key, now)


@story
def go_on(work: UnitOfWork, agent: Account, run_id: str, left_id: str, *, now: datetime) -> Run:
    """Leave one parcours and take the next that is free; nothing when the RUN has already left it.

    Args:
        left_id: id of the parcours that the page showed; empty when it showed none.
    """
    run = _load_live(work, agent, run_id, now)
    if (run.current or "") == left_id:
        after, change = decisions.leave(run, _load_lease(work, run, run.current), now)
        work.commit(_advance(work, agent, run, after, now, (change,) if change else ()))
    return _load_live(work, agent, run_id, now)


@story
def reorder(work: UnitOfWork, agent: Account, run_id: str, sort: Sort, *, now: datetime) -> Run:
    """Put the parcours of a RUN that wait in another order; those out of the agent's reach are left out."""
    run = _load_live(work, agent, run_id, now)
    waiting = [parcours for parcours in work.get_all(Parcours, run.waiting) if role_on(agent, parcours)]
    ids = tuple(line.id for line in lists.sort_parcours(agent, waiting, sort, now=now))
    work.commit(decisions.reorder(run, ids, sort))
    return _load_live(work, agent, run_id, now)


@story
def finish(work: UnitOfWork, agent: Account, run_id: str, *, now: datetime) -> None:
    """End a RUN before its summary; parcours that were not treated wait."""
    run = _load_live(work, agent, run_id, now)
    work.commit(decisions.finish(run, _load_lease(work, run, run.current), now))


@story
def read_position(work: UnitOfWork, agent: Account, run_id: str, *, now: datetime) -> Position:
    """Read how far a RUN has come."""
    run = _load_live(work, agent, run_id, now)
    return Position(run, _is_taken(run, _load_lease(work, run, run.current), now))


@story
def note(
    work: UnitOfWork, agent: Account, run_id: str, parcours_id: str, outcome: Outcome, *, now: datetime
) -> None:
    """Note an outcome in a RUN and renew the lease.

    Raises:
        NotFound: no such parcours of this agent. NotNow, FieldInvalid: see ``outcomes.note``.
        LeaseLost: another agent holds the parcours; the fact is noted all the same, since it happened.
    """
    check(outcome, now)
    run = _load_live(work, agent, run_id, now)
    step = outcomes.decide_note(work, agent, parcours_id, outcome, now=now)
    _commit_noted(work, run, parcours_id, outcome.key, step, now)


@story
def end(work: UnitOfWork, agent: Account, run_id: str, parcours_id: str, how: End, *, now: datetime) -> None:
    """End a passage in a RUN, whose summary shows it. Saying the very same again is saying it once.

    Raises:
        NotFound: no such parcours of this agent. WrongStep, FieldInvalid: see ``ending.finish``.
        LeaseLost: another agent holds the parcours; the passage has ended all the same.
    """
    ends.check(how, now)
    run = _load_live(work, agent, run_id, now)
    try:
        step = outcomes.decide_end(work, agent, parcours_id, how, now=now)
    except WrongStep:
        outcomes.find_same_end(agent, parcours_id, how)
        return
    _commit_noted(work, run, parcours_id, step.events[0].id, step, now)


def _commit_noted(
    work: UnitOfWork, run: Run, parcours_id: str, event_id: str, step: Transition, now: datetime
) -> None:
    """Commit a fact with its mention in the RUN. Raises LeaseLost afterwards where another agent holds the parcours."""
    lease = _load_lease(work, run, parcours_id)
    mention = decisions.note(run, lease, parcours_id, event_id, now)
    work.commit_and_wake(replace(step, changes=(*step.changes, *mention)))
    if _is_taken(run, lease, now):
        raise LeaseLost


@story
def renew(work: UnitOfWork, agent: Account, run_id: str, parcours_id: str, *, now: datetime) -> None:
    """Renew the lease of the current parcours."""
    run = _load_live(work, agent, run_id, now)
    lease = _load_lease(work, run, parcours_id)
    work.commit(Transition(changes=decisions.renew(run, lease, parcours_id, now)))


@story
def read_summary(
    work: UnitOfWork, agent: Account, run_id: str, *, now: datetime
) -> tuple[Run, list[Treated]]:
    """Read the treated parcours and what was noted on them; one without a note is left out once the agent has no role on it."""
    run = _load_live(work, agent, run_id, now)
    return run, _list_treated(agent, run, now)


def _list_treated(agent: Account, run: Run, now: datetime) -> list[Treated]:
    """Return the treated parcours of a RUN as its summary lists them."""
    treated, roster = [], parcours_table.Roster()
    for parcours_id in run.treated:
        page = parcours_table.read_page(parcours_id)
        has_role = role_on(agent, page.parcours) is not None
        events = {noted.event for noted in run.noted if noted.parcours == parcours_id}
        if has_role or events:
            noted = frozenset(events - list_corrected(page.events))
            turn = accompanying.find_turn(page.parcours, now, roster)
            treated.append(Treated(page, noted, has_role, turn))
    return treated


def list_shares(run: Run, treated: Sequence[Treated], *, now: datetime) -> list[Share]:
    """List who else is awaited on what was treated and is not told yet, at most ``MOST_TOLD``.

    The team reads its own list instead.
    """
    people, followed, accounts = People(), defaultdict[str, list[str]](list), {}
    for row in treated:
        parcours = row.page.parcours
        is_teams = row.turn is None or row.turn.role is Role.TEAM
        if is_teams or not row.has_role or not row.noted or parcours.id in run.told:
            continue
        for account in people.awaited(parcours, now):
            if account.id != run.account:
                accounts[account.id] = account
                followed[account.id].append(parcours.id)
    shares = [Share(accounts[identifier], tuple(ids[:MOST_LISTED])) for identifier, ids in followed.items()]
    return shares[:MOST_TOLD]


@story
def tell(work: UnitOfWork, agent: Account, run_id: str, *, now: datetime) -> None:
    """Mail each person who is awaited on what this RUN treated, once; nothing where nobody is left to tell.

    Raises TooMany: this account did so too often today.
    """
    run = _load_live(work, agent, run_id, now)
    shares = list_shares(run, _list_treated(agent, run, now), now=now)
    if shares:
        told = decisions.tell(run, shares, decision_inputs(now))
        work.commit_and_wake(told + quotas.use(quotas.RUN_TOLD, agent.id, now))


def is_over(agent: Account, run_id: str, *, now: datetime) -> bool:
    """Return whether the agent has no live RUN with this id: acts on a page that was left open then do without a RUN."""
    run = relay_table.read_run(agent.id, run_id)
    return run is None or now >= run.ends_at


def _load_live(work: UnitOfWork, agent: Account, run_id: str, now: datetime) -> Run:
    """Load a RUN of the agent; raises NotFound when there is none or it can no longer be resumed."""
    run = work.get_one(Run, agent.id, run_id)
    if now >= run.ends_at:
        raise NotFound
    return run


def _load_lease(work: UnitOfWork, run: Run, parcours_id: str | None) -> Lease | None:
    """Load the lease of a parcours, as people of this RUN's role treat it."""
    return work.get(Lease, build_lease_id(parcours_id, run.role)) if parcours_id else None


def _advance(
    work: UnitOfWork,
    agent: Account,
    before: Run | None,
    run: Run,
    now: datetime,
    changes: tuple[Change, ...],
) -> Transition:
    """Return the transition by which a RUN takes the first of its waiting parcours that is free, or ends when none is.

    Parcours that a colleague treats move to the end; those treated elsewhere, agreed for a later day, or out of the agent's reach
    are dropped. ``before``: the stored RUN, None at its start; ``run``: as it becomes; ``changes``: written too.
    """
    for parcours_id in run.waiting:
        lease = _load_lease(work, run, parcours_id)
        if _is_taken(run, lease, now):
            run = decisions.pass_over(run, parcours_id, done=False)
        elif lease is not None and lease.is_done_for(run):
            run = decisions.pass_over(run, parcours_id, done=True)
        elif (line := _build_line(work, agent, parcours_id, now)) is None:
            run = replace(run, waiting=decisions.list_waiting_without(run, parcours_id))
        elif before is not None and decisions.is_for_later(line, lease, day_of(now)):  # agreed meanwhile
            run = decisions.put_off(run, parcours_id)
        else:
            run_after, lease_change = decisions.take(run, parcours_id, lease, now)
            held = work.get(Held, agent.id)
            former_lease = work.get(Lease, held.parcours) if held and held.gives_back(run_after) else None
            held_changes = decisions.hold(run_after, held, former_lease, now)
            return Transition(changes=(Change(before, run_after), *changes, lease_change, *held_changes))
    return Transition(changes=(Change(before, replace(run, ended_at=now)), *changes))


def _is_taken(run: Run, lease: Lease | None, now: datetime) -> bool:
    """Whether another agent is treating the parcours of this lease."""
    return lease is not None and lease.is_held_against(run, now)


def _build_line(work: UnitOfWork, agent: Account, parcours_id: str, now: datetime) -> Line | None:
    """Build what a list would show of a parcours; None: it is gone, or the agent has no role on it."""
    parcours = work.get(Parcours, parcours_id)
    if parcours is None or role_on(agent, parcours) is None:
        return None
    return lists.build_line(agent, parcours, now=now)
