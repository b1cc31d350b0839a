"""The RUN: one agent walks a list of parcours one by one, and nobody else treats the same one meanwhile.

It times nobody: it keeps which parcours were treated and what was noted, never for how long.
"""

from datetime import datetime, timedelta

from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.kernel.values import Aggregate, Instant, Stored
from chalicelib.errors import LeaseLost

MOST_PARCOURS = 400
LIFE = timedelta(hours=24)
"""How long a RUN can be taken up again."""
LEASE = timedelta(minutes=20)
"""How long a parcours stays somebody's without an act of hers."""


class Noted(Stored):
    """A fact that was noted in a RUN."""

    parcours: str
    event: str


class Run(Aggregate):
    """One walk of one agent."""

    id: str
    account: str
    started_at: Instant
    waiting: tuple[str, ...]
    """Ids of the parcours still to be treated, in order."""
    current: str | None = None
    treated: tuple[str, ...] = ()
    elsewhere: int = 0
    """How many somebody else treated meanwhile."""
    noted: tuple[Noted, ...] = ()
    is_cut: bool = False
    """There was more in the list than it walks."""
    ended_at: Instant | None = None
    """When its owner asked for the summary; she may go on afterwards."""

    @property
    def ends_at(self) -> datetime:
        """When it can no longer be taken up."""
        return self.started_at + LIFE

    @property
    def total(self) -> int:
        """How many parcours it walks, those treated elsewhere left aside."""
        return len(self.waiting) + len(self.treated) + (self.current is not None)


class Lease(Aggregate):
    """A parcours is being treated in a RUN, or was."""

    parcours: str
    account: str
    run: str
    until: Instant
    treated_at: Instant | None = None
    """When its holder went on to the next, having noted something; a RUN begun before leaves it aside then."""

    def holds(self, run: Run, now: datetime) -> bool:
        """Whether somebody else treats it at ``now``."""
        return self.account != run.account and self.treated_at is None and now < self.until

    def is_done_for(self, run: Run) -> bool:
        """Whether somebody else has treated it since this RUN began."""
        return self.run != run.id and self.treated_at is not None and self.treated_at >= run.started_at


def start(
    identifier: str, account: str, parcours: tuple[str, ...], now: datetime, *, more: bool = False
) -> Run:
    """A RUN over these parcours, before the first is taken; ``more``: the list was not read to its end."""
    return Run(
        id=identifier,
        account=account,
        started_at=now,
        waiting=parcours[:MOST_PARCOURS],
        is_cut=more or len(parcours) > MOST_PARCOURS,
    )


def leave(run: Run, lease: Lease | None, now: datetime) -> tuple[Run, Change | None]:
    """On from the current parcours: treated if something was noted on it; else colleagues' RUNs meet it still."""
    if run.current is None:
        return run, None
    left = run.but(current=None, treated=(*run.treated, run.current))
    if lease is None or lease.run != run.id:
        return left, None
    return left, Change(lease, lease.but(treated_at=now if _is_noted(run) else None, until=now))


def _is_noted(run: Run) -> bool:
    return any(one.parcours == run.current for one in run.noted)


def take(run: Run, parcours: str, lease: Lease | None, now: datetime) -> tuple[Run, Change]:
    """The RUN comes to this parcours, which nobody else treats.

    Raises:
        LeaseLost: somebody does.
    """
    if lease is not None and lease.holds(run, now):
        raise LeaseLost
    waiting = tuple(one for one in run.waiting if one != parcours)
    taken = run.but(current=parcours, waiting=waiting, ended_at=None)
    held = Lease(
        revision=lease.revision if lease else 0,
        parcours=parcours,
        account=run.account,
        run=run.id,
        until=now + LEASE,
    )
    return taken, Change(lease, held)


def pass_over(run: Run, parcours: str, *, done: bool) -> Run:
    """This one is not for her now: done elsewhere it goes, else it waits behind the others."""
    waiting = tuple(one for one in run.waiting if one != parcours)
    if done:
        return run.but(waiting=waiting, elsewhere=run.elsewhere + 1)
    return run.but(waiting=(*waiting, parcours))


def note(run: Run, lease: Lease | None, parcours: str, event: str, now: datetime) -> tuple[Change, ...]:
    """What a fact noted in the RUN changes: it is remembered, and the lease begins anew."""
    noted = Noted(parcours=parcours, event=event)
    changes: tuple[Change, ...] = ()
    if noted not in run.noted:
        changes = (Change(run, run.but(noted=(*run.noted, noted))),)
    return changes + renew(run, lease, parcours, now)


def renew(run: Run, lease: Lease | None, parcours: str, now: datetime) -> tuple[Change, ...]:
    """The lease begins anew at each act of hers; nothing where it is no longer hers to renew."""
    if lease is None or lease.run != run.id or run.current != parcours:
        return ()
    return (Change(lease, lease.but(until=now + LEASE)),)


def finish(run: Run, lease: Lease | None, now: datetime) -> Transition:
    """Its owner asks for the summary. What she noted something on is treated; else it waits for the next time."""
    if run.current is None:
        return Transition(changes=(Change(run, run.but(ended_at=run.ended_at or now)),))
    current = run.current
    if _is_noted(run):
        left, change = leave(run, lease, now)
        over = left.but(ended_at=now)
    else:
        over = run.but(current=None, waiting=(current, *run.waiting), ended_at=now)
        hers = lease is not None and lease.run == run.id
        change = Change(lease, lease.but(until=now)) if hers and lease else None
    return Transition(changes=(Change(run, over), *((change,) if change else ())))
