"""Close an account: its sessions end, its parcours are whose coordinates, records name a colleague or nobody."""

from dataclasses import replace
from datetime import datetime

from chalicelib.domain import record
from chalicelib.domain.accounts import managing as decisions
from chalicelib.domain.accounts.managing import AccountLine
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.kernel.values import Role
from chalicelib.stores import parcours_table
from chalicelib.stores.unit_of_work import UnitOfWork, story
from chalicelib.stories.accounts import managing, signing_in
from chalicelib.stories.kit import inviting
from chalicelib.stories.kit.deciding import decision_inputs


def close(agent: Account, identifier: str, *, now: datetime) -> None:
    """Close an account; then its parcours learn that nobody follows them, and records who replaces it. Repeat it to resume.

    Raises NotFound: the agent does not manage the account.
    """
    _close(agent, identifier, now)
    account = managing.load_managed(agent, identifier)
    managing.spread_absence(account, by=decisions.find_managing_role(agent, account), now=now)
    leave_records(account, now=now)


@story
def _close(work: UnitOfWork, agent: Account, identifier: str, now: datetime) -> None:
    """Close the account, mail who has its turns from now on, and forget the browsers that it knows."""
    closer = managing.load_current(work, agent)
    account = managing.load_managed(work, closer, identifier)
    step = decisions.close(closer, account, managing.group_by_stand_in(account), decision_inputs(now))
    work.commit_and_wake(step + signing_in.forget_all_browsers(work, identifier))


def leave_records(account: Account, *, now: datetime) -> None:
    """Replace an account by a colleague, or nobody, in the records that name it as buyer or coordinator.

    The seats of a record's meeting follow, so that no mail waits for a closed account.
    """
    buyer, coordinator = (_find_colleague(account, role) for role in (Role.BUYER, Role.COORDINATOR))
    for line in managing.list_naming(account):
        _leave_record(account, buyer, coordinator, line.id, now)


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
