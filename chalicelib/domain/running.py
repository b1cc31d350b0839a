"""The RUN: an agent goes through a list of parcours one by one, each under an exclusive lease.

It stores which parcours were treated and what was noted, never how long anybody took.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.transition import Change, DecisionInputs, MailKind, Transition
from chalicelib.domain.kernel.values import Aggregate, Instant, Role, Stored
from chalicelib.domain.lists import Line, Sort
from chalicelib.errors import LeaseLost

MOST_PARCOURS = 400
LIFE = timedelta(hours=24)
"""How long a RUN can be resumed."""
LEASE = timedelta(minutes=20)
"""How long an idle agent keeps a parcours."""
RUNNING = (Role.TEAM, Role.COORDINATOR, Role.BUYER, Role.PRESCRIBER, Role.TUTOR)
"""In which role an account goes through a list, the first that it has."""
ORDERS = (Sort.FIRST_THINGS, Sort.LATE, Sort.NOTIFIED)
"""In which a RUN may go on, the usual one first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted(Stored):
    """A fact noted in a RUN."""

    parcours: str
    event: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(Aggregate):
    """One RUN of one agent."""

    id: str
    account: str
    role: Role | None = None
    """In which the agent goes through it: the leases keep colleagues of this role from a parcours, nobody else."""
    started_at: Instant
    waiting: tuple[str, ...]
    """Ids of the parcours to treat, in order."""
    sort: Sort | None = None
    """Their order; None: begun by a version that did not store it."""
    current: str | None = None
    treated: tuple[str, ...] = ()
    elsewhere: int = 0
    """How many were skipped because a colleague treated them meanwhile."""
    noted: tuple[Noted, ...] = ()
    told: tuple[str, ...] = ()
    """Ids of the treated parcours of which the people who are awaited were mailed."""
    later: int = 0
    """How many of the list were left for another day (``is_for_later``)."""
    is_cut: bool = False
    """The list held more parcours than the RUN."""
    ended_at: Instant | None = None
    """When the summary was requested; the RUN may still be resumed."""

    @property
    def ends_at(self) -> datetime:
        """When it can no longer be resumed."""
        return self.started_at + LIFE

    @property
    def total(self) -> int:
        """How many parcours it covers, without those treated elsewhere."""
        return len(self.waiting) + len(self.treated) + (self.current is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease(Aggregate):
    """The last RUN in which somebody of a role treated or treats a parcours."""

    parcours: str
    """See ``build_lease_id``."""
    account: str
    run: str
    """Empty once its account took another parcours in another RUN."""
    until: Instant
    treated_at: Instant | None = None
    """When its holder moved on after noting something; RUNs begun before then skip the parcours."""

    def is_held_against(self, run: Run, now: datetime) -> bool:
        """Whether another agent than the RUN's has this parcours at ``now``."""
        return self.account != run.account and self.treated_at is None and now < self.until

    def is_done_for(self, run: Run) -> bool:
        """Whether the parcours was treated in another RUN after this one began."""
        return self.run != run.id and self.treated_at is not None and self.treated_at >= run.started_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Held(Aggregate):
    """The parcours that an account treats in a RUN: one at a time, however many RUNs it opens."""

    account: str
    parcours: str
    """See ``build_lease_id``."""
    run: str
    until: Instant
    """When its RUN can no longer be resumed."""

    def gives_back(self, run: Run) -> bool:
        """Whether taking the current parcours of this RUN frees the one that the account holds in another RUN."""
        return self.run != run.id and self.parcours != build_lease_id(run.current or "", run.role)


def build_lease_id(parcours: str, role: Role | None) -> str:
    """Return the key of a lease: a parcours as people of one role treat it, ``<id>#team``."""
    return f"{parcours}#{role}"


@dataclass(frozen=True, slots=True)
class Share:
    """What of the treated parcours one person is awaited on."""

    account: Account
    parcours: tuple[str, ...]
    """Ids."""


def find_run_role(account: Account) -> Role | None:
    """Return the role in which this account goes through a list; None: in none."""
    return next((role for role in RUNNING if role in account.roles), None)


@dataclass(frozen=True, slots=True)
class Offered:
    """What a RUN is begun over."""

    parcours: tuple[str, ...]
    """Ids, in order."""
    sort: Sort | None = None
    """What order that is."""
    later: int = 0
    """How many of the list wait for another day."""
    is_cut: bool = False
    """The list was truncated."""


def start(identifier: str, account: str, offered: Offered, now: datetime, *, role: Role | None = None) -> Run:
    """Create a RUN over a list, none of whose parcours is taken yet. ``identifier``: its id; ``account``: id of its agent."""
    return Run(
        id=identifier,
        account=account,
        role=role,
        started_at=now,
        waiting=offered.parcours[:MOST_PARCOURS],
        sort=offered.sort,
        later=offered.later,
        is_cut=offered.is_cut or len(offered.parcours) > MOST_PARCOURS,
    )


def reorder(run: Run, waiting: tuple[str, ...], sort: Sort) -> Transition:
    """Put the parcours that wait in another order; the current one stays. ``waiting``: the same ids in that order."""
    if (run.waiting, run.sort) == (waiting, sort):
        return Transition.nothing()
    return Transition(changes=(Change(run, replace(run, waiting=waiting, sort=sort)),))


def is_for_later(line: Line, lease: Lease | None, today: date) -> bool:
    """Whether a RUN of ``today`` leaves this parcours out.

    So it does when a later day was promised (and it is not the agent's turn) or agreed for a call, when it was treated today
    already, or when nobody has to act.
    """
    promised = line.promised_on is not None and line.promised_on > today and not line.yours
    to_call_back = line.call_back_on is not None and line.call_back_on > today
    treated = lease is not None and lease.treated_at is not None and day_of(lease.treated_at) == today
    return promised or to_call_back or treated or (line.turn is not None and line.turn.role is None)


def leave(run: Run, lease: Lease | None, now: datetime) -> tuple[Run, Change | None]:
    """Leave the current parcours of a RUN; return the RUN, and the change that releases the lease (None: there is none).

    Where nothing was noted, other RUNs still meet this parcours.
    """
    if run.current is None:
        return run, None
    run_after = replace(run, current=None, treated=(*run.treated, run.current))
    return run_after, _release(run, lease, now)


def _release(run: Run, lease: Lease | None, now: datetime) -> Change | None:
    """Return the change that ends this RUN's lease now; None when the RUN holds none."""
    if lease is None or lease.run != run.id:
        return None
    return Change(lease, replace(lease, treated_at=now if _is_noted(run) else None, until=now))


def _is_noted(run: Run) -> bool:
    """Whether a fact of the current parcours was noted in this RUN."""
    return any(noted.parcours == run.current for noted in run.noted)


def list_waiting_without(run: Run, parcours: str) -> tuple[str, ...]:
    """Return the parcours that wait in this RUN, without this one."""
    return tuple(waiting for waiting in run.waiting if waiting != parcours)


def take(run: Run, parcours: str, lease: Lease | None, now: datetime) -> tuple[Run, Change]:
    """Make this parcours current and lease it.

    Raises:
        LeaseLost: another agent holds it.
    """
    if lease is not None and lease.is_held_against(run, now):
        raise LeaseLost
    waiting = list_waiting_without(run, parcours)
    run_after = replace(run, current=parcours, waiting=waiting, ended_at=None)
    revision = lease.revision if lease else 0
    lease_after = Lease(
        revision=revision,
        parcours=build_lease_id(parcours, run.role),
        account=run.account,
        run=run.id,
        until=now + LEASE,
    )
    return run_after, Change(lease, lease_after)


def hold(run: Run, held: Held | None, former: Lease | None, now: datetime) -> tuple[Change, ...]:
    """Note that the account treats the current parcours of this RUN, and give back the one it held in another RUN.

    ``held``: what is stored of the account; ``former``: the lease of the parcours in it. Two RUNs of one account that take a
    parcours at once both write ``held``: one loses the race, and decides again.
    """
    assert run.current is not None
    revision = held.revision if held else 0
    lease_id = build_lease_id(run.current, run.role)
    after = Held(revision=revision, account=run.account, parcours=lease_id, run=run.id, until=run.ends_at)
    changes = (Change(held, after),)
    if held is None or former is None or not held.gives_back(run) or former.run != held.run:
        return changes
    return (*changes, Change(former, replace(former, run="", until=min(former.until, now))))


def pass_over(run: Run, parcours: str, *, done: bool) -> Run:
    """Skip a parcours: remove it if it was treated elsewhere (``done``), else move it to the end of those that wait."""
    waiting = list_waiting_without(run, parcours)
    if done:
        return replace(run, waiting=waiting, elsewhere=run.elsewhere + 1)
    return replace(run, waiting=(*waiting, parcours))


def put_off(run: Run, parcours: str) -> Run:
    """Skip a parcours that waits for a later day, and count it."""
    return replace(run, waiting=list_waiting_without(run, parcours), later=run.later + 1)


def note(run: Run, lease: Lease | None, parcours: str, event: str, now: datetime) -> tuple[Change, ...]:
    """Note a fact in the RUN and renew the lease; nothing when it is noted there already. ``event``: its id."""
    noted = Noted(parcours=parcours, event=event)
    if noted in run.noted:
        return ()
    return (Change(run, replace(run, noted=(*run.noted, noted))), *renew(run, lease, parcours, now))


def renew(run: Run, lease: Lease | None, parcours: str, now: datetime) -> tuple[Change, ...]:
    """Renew the lease of the current parcours; nothing when it is not current, or another RUN has the lease."""
    if lease is None or lease.run != run.id or run.current != parcours:
        return ()
    return (Change(lease, replace(lease, until=now + LEASE)),)


def finish(run: Run, lease: Lease | None, now: datetime) -> Transition:
    """End a RUN and release its lease. The current parcours counts as treated if something was noted, else it waits."""
    if run.current is None and run.ended_at is not None:
        return Transition.nothing()
    if run.current is None:
        return Transition(changes=(Change(run, replace(run, ended_at=now)),))
    if _is_noted(run):
        run_after = replace(run, current=None, treated=(*run.treated, run.current), ended_at=now)
    else:
        run_after = replace(run, current=None, waiting=(run.current, *run.waiting), ended_at=now)
    released = _release(run, lease, now)
    return Transition(changes=(Change(run, run_after), *((released,) if released else ())))


def tell(run: Run, shares: Sequence[Share], inputs: DecisionInputs) -> Transition:
    """Queue one mail to each of these people, about the parcours that await them; nothing without any."""
    if not shares:
        return Transition.nothing()
    mails = tuple(
        replace(inputs.build_mail(MailKind.DIGEST, account=share.account.id), several=share.parcours)
        for share in shares
    )
    told = tuple(dict.fromkeys((*run.told, *(parcours for share in shares for parcours in share.parcours))))
    return Transition(changes=(Change(run, replace(run, told=told)),), mails=mails)
