"""Hand parcours over to a colleague, one by one: those that were chosen, or all of them as an account closes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.domain import record
from chalicelib.domain.accounts import managing as decisions
from chalicelib.domain.accounts.managing import AccountLine
from chalicelib.domain.kernel.parcours import UNDER_WAY, Parcours
from chalicelib.domain.kernel.people import Account, Act, acting_as
from chalicelib.domain.kernel.timeline import Reason
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.lists import UNDER_WAY_IN_ORDER, Line
from chalicelib.domain.parcours import assigning
from chalicelib.errors import FieldInvalid, WrongStep
from chalicelib.stores import parcours_table, rows
from chalicelib.stores.parcours_table import Roster
from chalicelib.stores.unit_of_work import UnitOfWork, story
from chalicelib.stories.accounts import signing_in
from chalicelib.stories.accounts.managing import (
    list_accompanied,
    list_naming,
    load_current,
    load_managed,
)
from chalicelib.stories.kit import deciding, inviting
from chalicelib.stories.kit.deciding import decision_inputs

MOST_AT_ONCE = 100
"""Parcours changed by one request, which has 29 seconds; the next request continues."""


@dataclass(frozen=True)
class Closing:
    """What the closing page shows."""

    account: Account
    followed: int
    """Parcours to hand over."""
    candidates: list[AccountLine]
    """The tutors who may take over."""
    to_team: int
    """Parcours under way that nobody else coordinates."""


def read_closing(agent: Account, identifier: str) -> Closing:
    """Read what closing the account with this id requires. Raises NotFound unless the agent manages it."""
    account = load_managed(agent, identifier)
    followed = len(list_accompanied(account))
    candidates = _list_colleagues(account, Role.TUTOR) if followed else []
    return Closing(account, followed, candidates, _count_coordinated_alone(account))


def _count_coordinated_alone(account: Account) -> int:
    """Count the parcours under way that only this account coordinates, whose turns will be the team's; 0 of others."""
    if Role.COORDINATOR not in account.roles or account.closed_at is not None or account.academie is None:
        return 0
    scope, roster = rows.academie_scope(account.academie), Roster()
    return sum(
        not _list_other_coordinators(account, line, roster)
        for status in UNDER_WAY_IN_ORDER
        for line in parcours_table.list_every_line(scope, status)
    )


def _list_other_coordinators(account: Account, line: Line, roster: Roster) -> list[str]:
    """List the ids of those who coordinate this parcours beside the account, in either académie."""
    return [
        other
        for academie in line.academies
        for other in roster.list_coordinators([academie])
        if other != account.id
    ]


@dataclass(frozen=True)
class Handing:
    """What the page shows on which parcours are chosen to be handed over."""

    account: Account
    followed: list[Line]
    """Lines of the parcours under way, oldest notification first."""
    candidates: list[AccountLine]
    """The tutors who may take over."""


def read_handing(agent: Account, identifier: str) -> Handing:
    """Read what the tutor with this account id accompanies, and who may take it over.

    Raises:
        NotFound: the agent does not manage the account. WrongStep: it is closed, or no tutor's.
    """
    account = load_managed(agent, identifier)
    if account.closed_at is not None or Role.TUTOR not in account.roles:
        raise WrongStep
    followed = sorted(list_accompanied(account), key=lambda line: (line.notified_on, line.id))
    return Handing(account, followed, _list_colleagues(account, Role.TUTOR))


def hand_over(
    agent: Account, identifier: str, chosen: Sequence[str], successor_id: str, *, now: datetime
) -> None:
    """Hand over the chosen parcours of a tutor, each in its own transaction, with its event and its mails.

    One that the tutor does not have any more stays where it is, so that repeating the call resumes it.
    Args:
        chosen: ids of parcours, ``MOST_AT_ONCE`` at most.
    Raises:
        FieldInvalid: ``parcours``: none is chosen. ``reprise``: nobody who may take over.
    """
    account = load_managed(agent, identifier)
    successor = parcours_table.read_account(successor_id or "none")
    if not chosen:
        raise FieldInvalid("parcours", "no_parcours")
    decisions.check_successor(account, successor)
    assert successor is not None

    for parcours_id in chosen[:MOST_AT_ONCE]:
        _hand_over_by_choice(agent, account, successor, parcours_id, now)


@story
def _hand_over_by_choice(
    work: UnitOfWork, agent: Account, account: Account, successor: Account, parcours_id: str, now: datetime
) -> None:
    """Hand one parcours over; nothing when this tutor no longer accompanies it.

    A coordinator who does so becomes its coordinator if it has none.
    """
    parcours = work.get_one(Parcours, parcours_id)
    if parcours.tutor != account.id or parcours.status not in UNDER_WAY:
        return
    by = acting_as(agent, Act.ASSIGN, parcours)
    case = deciding.load_passage(work, parcours)
    step = assigning.hand_over(case, successor, by=by, assigner=agent.id, inputs=decision_inputs(now))
    if by is Role.COORDINATOR and parcours.coordinator is None:
        step = assigning.with_coordinator(step, parcours, agent.id)
    work.commit_and_wake(deciding.gather_mails(work, step))


def close(
    agent: Account, identifier: str, successor_id: str, *, most: int = MOST_AT_ONCE, now: datetime
) -> int:
    """Hand over the account's parcours one by one, then close it; return how many parcours are left.

    The successor is stored first: after an interruption, calling again resumes. A second pass, after the account is closed,
    hands over what it took meanwhile.
    Args:
        successor_id: who takes over; empty when the account accompanies nothing, or to resume with the same person.
        most: parcours handed over before the caller has to call again.
    Raises:
        FieldInvalid: nobody who may take over was chosen.
    """
    account = load_managed(agent, identifier)
    successor = _choose_successor(account, successor_id)
    _begin_closing(agent, identifier, successor, now)
    by = decisions.find_managing_role(agent, account)
    left = _hand_over(account, successor, by, most, now)
    if left:
        return left
    _close(agent, identifier, now)
    return _hand_over(account, successor, by, most, now)


@story
def _begin_closing(
    work: UnitOfWork, agent: Account, identifier: str, successor: Account | None, now: datetime
) -> None:
    """Store the successor, and mail the person who leaves."""
    work.commit_and_wake(
        decisions.begin_closing(load_managed(work, agent, identifier), successor, decision_inputs(now))
    )


@story
def _close(work: UnitOfWork, agent: Account, identifier: str, now: datetime) -> None:
    """Close the account, and forget the browsers that it knows."""
    closer = load_current(work, agent)
    step = decisions.close(closer, load_managed(work, closer, identifier), decision_inputs(now))
    work.commit_and_wake(step + signing_in.forget_all_browsers(work, identifier))


def _choose_successor(account: Account, chosen: str) -> Account | None:
    """Return who takes over: the chosen tutor where there are passages, else a colleague of the same organisation or nobody.

    ``chosen``: account id; empty resumes with the stored successor. Raises FieldInvalid for a tutor who may not take over.
    """
    if list_accompanied(account):
        successor = parcours_table.read_account(chosen or account.successor or "none")
        decisions.check_successor(account, successor)
        return successor
    if account.successor:  # an interrupted closing handed everything over
        return parcours_table.read_account(account.successor)
    return _find_colleague(account, Role.BUYER) if list_naming(account) else None


def _hand_over(account: Account, successor: Account | None, by: Role, most: int, now: datetime) -> int:
    """Hand over at most ``most`` parcours, each in its own transaction; return how many are left.

    Once all are handed over, replace the account in the records that name it, within the same bound.
    """
    followed = list_accompanied(account)
    for line in followed[:most]:
        _hand_over_at_closing(account, successor, by, line.id, now)
    if len(followed) > most:
        return len(followed) - most
    return leave_records(account, most - len(followed), now=now)


@story
def _hand_over_at_closing(
    work: UnitOfWork, account: Account, successor: Account | None, by: Role, parcours_id: str, now: datetime
) -> None:
    """Hand one parcours over as the account closes; nothing when its tutor no longer is this account."""
    parcours = work.get_one(Parcours, parcours_id)
    if parcours.tutor != account.id or parcours.status not in UNDER_WAY or successor is None:
        return
    case = deciding.load_passage(work, parcours)
    step = assigning.hand_over(case, successor, reason=Reason.TUTOR_GONE, by=by, inputs=decision_inputs(now))
    work.commit_and_wake(deciding.gather_mails(work, step))


def leave_records(account: Account, most: int = MOST_AT_ONCE, *, now: datetime) -> int:
    """Replace an account by a colleague, or nobody, in at most ``most`` records that name it as buyer or coordinator.

    Returns how many are left. The seats of a record's meeting follow, so that no mail waits for a closed account.
    """
    naming = list_naming(account)
    buyer, coordinator = (_find_colleague(account, role) for role in (Role.BUYER, Role.COORDINATOR))
    for line in naming[:most]:
        _leave_record(account, buyer, coordinator, line.id, now)
    return max(0, len(naming) - most)


@story
def _leave_record(
    work: UnitOfWork,
    account: Account,
    buyer: Account | None,
    coordinator: Account | None,
    parcours_id: str,
    now: datetime,
) -> None:
    """Replace the account in one record, where it still is its buyer or coordinator.

    ``buyer``, ``coordinator``: who replaces it there; None: nobody.
    """
    parcours = work.get_one(Parcours, parcours_id)
    after = parcours
    if parcours.buyer == account.id:
        after = record.hand_buyer_over(after, buyer.id if buyer else None, now)
    if parcours.coordinator == account.id:
        after = replace(after, coordinator=coordinator.id if coordinator else None)
    if after is not parcours:
        step = Transition(changes=(Change(parcours, after),))
        work.commit_and_wake(inviting.with_invitations(work, step, now))


def _find_colleague(account: Account, role: Role) -> Account | None:
    """Find the first colleague by name, if the account has this role itself."""
    colleagues = _list_colleagues(account, role) if role in account.roles else []
    return parcours_table.read_account(colleagues[0].id) if colleagues else None


def _list_colleagues(account: Account, role: Role) -> list[AccountLine]:
    """List the other open accounts with this role at the same place, by name."""
    lines: list[AccountLine] = []
    if role is Role.BUYER:
        lines, _ = parcours_table.list_account_lines_of_organisation(account)
    elif account.academie:
        lines, _ = parcours_table.list_account_lines_of_academie(account.academie)
    return [line for line in lines if line.id != account.id and line.is_open_as(role)]
