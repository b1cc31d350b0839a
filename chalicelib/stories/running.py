"""The RUN: beginning it, going on, noting in it, ending it. Two RUNs never treat the same parcours at once."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.domain import running as decisions
from chalicelib.domain.kernel.people import Account, role_on
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.parcours import ending as ends
from chalicelib.domain.parcours.ending import End
from chalicelib.domain.parcours.outcomes import Outcome, check, corrected
from chalicelib.domain.running import Lease, Run
from chalicelib.errors import ChangedMeanwhile, LeaseLost, NotFound
from chalicelib.stores import parcours, relay, transactions
from chalicelib.stories import outcomes
from chalicelib.stories.kit.deciding import commit

PATIENCE = 3
"""How many more rounds of tries the taking of a parcours is given."""


@dataclass(frozen=True)
class Stand:
    """Where a RUN stands."""

    run: Run
    lost: bool
    """Somebody else treats its current parcours now."""


@dataclass(frozen=True)
class Treated:
    """One parcours of the summary, as it stands now; what was noted in the RUN, without what was corrected."""

    page: parcours.Page
    noted: frozenset[str]
    hers: bool
    """Whether she still stands on it; else only what she noted is told, and nothing of whoever came after."""


def live(agent: Account, *, now: datetime) -> Run | None:
    """Her newest RUN that can be taken up again; None when there is none."""
    runs = [run for run in relay.runs(agent.id) if now < run.ends_at and (run.current or run.waiting)]
    return max(runs, key=lambda run: run.started_at, default=None)


def start(agent: Account, key: str, ids: tuple[str, ...], *, now: datetime, more: bool = False) -> Run:
    """Begin a RUN over these parcours and take the first that is free. Repeating it with the same key is harmless.

    Args:
        key: id of the RUN, drawn by the page (32 hex); ``ids``: parcours in the order of the list;
        ``more``: that list goes on.
    """

    def decide() -> Transition:
        if relay.run(agent.id, key) is not None:
            return Transition.nothing()
        begun = decisions.start(key, agent.id, ids, now, more=more)
        return _advance(agent, None, begun, now, ())

    _settle_patiently(decide)
    return _hers(agent, key, now)


def go_on(agent: Account, run_id: str, left: str, *, now: datetime) -> Run:
    """Leave one parcours and take the next that is free; nothing when the RUN has gone on from it already.

    Args:
        left: id of the parcours that the page showed; empty when it showed none.
    Raises:
        NotFound: no RUN of hers.
    """

    def decide() -> Transition:
        run = _hers(agent, run_id, now)
        if (run.current or "") != left:
            return Transition.nothing()
        lease = relay.lease(run.current) if run.current else None
        after, change = decisions.leave(run, lease, now)
        return _advance(agent, run, after, now, (change,) if change else ())

    _settle_patiently(decide)
    return _hers(agent, run_id, now)


def finish(agent: Account, run_id: str, *, now: datetime) -> None:
    """Ask for the summary; what was not treated waits.

    Raises:
        NotFound: no RUN of hers.
    """

    def decide() -> Transition:
        run = _hers(agent, run_id, now)
        return decisions.finish(run, relay.lease(run.current) if run.current else None, now)

    transactions.settle(decide)


def stand(agent: Account, run_id: str, *, now: datetime) -> Stand:
    """Read how far a RUN of this agent has come.

    Raises:
        NotFound: no RUN of hers.
    """
    run = _hers(agent, run_id, now)
    lease = relay.lease(run.current) if run.current else None
    return Stand(run, lease is not None and lease.holds(run, now))


def note(agent: Account, run_id: str, parcours_id: str, outcome: Outcome, *, key: str, now: datetime) -> str:
    """Note an outcome in a RUN; the lease begins anew. Returns the id of the fact.

    Raises:
        NotFound: no RUN, or no parcours, of hers. NotNow, FieldInvalid: see ``noting.note``.
        LeaseLost: somebody else treats it now; the fact is noted all the same, since it happened.
    """
    check(outcome, now)
    lost = False

    def decide() -> Transition:
        nonlocal lost
        run, lease = _hers(agent, run_id, now), relay.lease(parcours_id)
        lost = lease is not None and lease.holds(run, now)
        step = outcomes.decide_note(agent, parcours_id, outcome, key=key, now=now)
        more = decisions.note(run, lease, parcours_id, key, now)
        return Transition(changes=(*step.changes, *more), events=step.events, mails=step.mails)

    commit(decide)
    if lost:
        raise LeaseLost
    return key


def end(agent: Account, run_id: str, parcours_id: str, how: End, *, now: datetime) -> None:
    """A passage ends in a RUN, whose summary tells it.

    Raises:
        NotFound: no RUN, or no parcours, of hers. WrongStep, FieldInvalid: see ``ending.finish``.
        LeaseLost: somebody else treats it now; the passage has ended all the same.
    """
    ends.check(how, now)
    lost = False

    def decide() -> Transition:
        nonlocal lost
        run, lease = _hers(agent, run_id, now), relay.lease(parcours_id)
        lost = lease is not None and lease.holds(run, now)
        step = outcomes.decide_end(agent, parcours_id, how, now=now)
        more = decisions.note(run, lease, parcours_id, step.events[0].id, now)
        return replace(step, changes=(*step.changes, *more))

    commit(decide)
    if lost:
        raise LeaseLost


def renew(agent: Account, run_id: str, parcours_id: str, *, now: datetime) -> None:
    """The lease of the current parcours begins anew.

    Raises:
        NotFound: no RUN of hers.
    """

    def decide() -> Transition:
        run = _hers(agent, run_id, now)
        return Transition(changes=decisions.renew(run, relay.lease(parcours_id), parcours_id, now))

    transactions.settle(decide)


def summary(agent: Account, run_id: str, *, now: datetime) -> tuple[Run, list[Treated]]:
    """What was treated, and what was noted in it; parcours that are no longer hers are left out.

    Raises:
        NotFound: no RUN of hers.
    """
    run = _hers(agent, run_id, now)
    found = []
    for one in run.treated:
        page = parcours.page(one)
        hers = role_on(agent, page.parcours) is not None
        if hers or any(noted.parcours == one for noted in run.noted):
            events = {noted.event for noted in run.noted if noted.parcours == one}
            found.append(Treated(page, frozenset(events - corrected(page.events)), hers))
    return run, found


def is_over(agent: Account, run_id: str, *, now: datetime) -> bool:
    """Whether this is no RUN of hers any more: what is done from its page, left open since, counts all the same."""
    run = relay.run(agent.id, run_id)
    return run is None or now >= run.ends_at


def _hers(agent: Account, run_id: str, now: datetime) -> Run:
    run = relay.run(agent.id, run_id)
    if run is None or now >= run.ends_at:
        raise NotFound
    return run


def _settle_patiently(decide: Callable[[], Transition]) -> None:
    """Where several begin at once, all reach for the same parcours: whoever loses takes the next, so she tries longer.

    Raises:
        ChangedMeanwhile: still lost.
    """
    for patience in range(PATIENCE, -1, -1):
        try:
            transactions.settle(decide)
        except ChangedMeanwhile:
            if not patience:
                raise
        else:
            return


def _advance(
    agent: Account, before: Run | None, run: Run, now: datetime, changes: tuple[Change, ...]
) -> Transition:
    """Take the first parcours of those that wait which is hers to treat and nobody else's now."""
    for one in run.waiting:
        lease = relay.lease(one)
        if _is_taken(run, lease, now):
            run = decisions.pass_over(run, one, done=False)
        elif lease is not None and lease.is_done_for(run):
            run = decisions.pass_over(run, one, done=True)
        elif not _may_treat(agent, one):
            run = run.but(waiting=tuple(other for other in run.waiting if other != one))
        else:
            taken, held = decisions.take(run, one, lease, now)
            return Transition(changes=(Change(before, taken), *changes, held))
    return Transition(changes=(Change(before, run.but(ended_at=now)), *changes))


def _is_taken(run: Run, lease: Lease | None, now: datetime) -> bool:
    return lease is not None and lease.holds(run, now)


def _may_treat(agent: Account, parcours_id: str) -> bool:
    try:
        return role_on(agent, parcours.head(parcours_id)) is not None
    except NotFound:
        return False
