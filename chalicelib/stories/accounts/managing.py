"""Manage accounts: list, invite, edit, reopen, announce an absence."""

from collections.abc import Callable, Iterator
from datetime import datetime

from chalicelib.domain.accounts import managing as absences
from chalicelib.domain.accounts import managing as decisions
from chalicelib.domain.accounts.managing import Own, Profile
from chalicelib.domain.kernel.parcours import Absence
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.transition import Transition
from chalicelib.domain.kernel.values import ParcoursStatus, Role
from chalicelib.errors import NotFound, SignedOut
from chalicelib.stores import items, parcours, rows, transactions
from chalicelib.stories.kit import quotas
from chalicelib.stories.kit.deciding import commit, draw

UNDER_WAY = (ParcoursStatus.IN_PREPARATION, ParcoursStatus.IN_PROGRESS)
OPEN = (ParcoursStatus.AVAILABLE, *UNDER_WAY)


def check_managing(agent: Account) -> None:
    """Check that this agent manages accounts.

    Raises:
        NotFound: she manages nobody's account.
    """
    if not decisions.may_manage(agent):
        raise NotFound


def listing(agent: Account, *, academie: str = "") -> tuple[list[items.Plain], bool]:
    """Rows of the accounts that this person manages, by name; and whether some are left out.

    Args:
        academie: only the accounts of this one, for the team.
    Raises:
        NotFound: she manages nobody's account.
    """
    check_managing(agent)
    if agent.is_team:
        return parcours.of_academie(academie) if academie else parcours.everybody()
    found: dict[str, items.Plain] = {}
    truncated = False
    for some, more in _scopes(agent):
        truncated = truncated or more
        found |= {row["account"]: row for row in some if _in_her_hands(agent, row)}
    return sorted(found.values(), key=lambda row: str(row["sk"])), truncated


def _scopes(agent: Account) -> Iterator[tuple[list[items.Plain], bool]]:
    if Role.COORDINATOR in agent.roles and agent.academie:
        yield parcours.of_academie(agent.academie)
    if Role.BUYER in agent.roles and agent.organisation:
        yield parcours.of_organisation(agent.organisation)


def _in_her_hands(agent: Account, row: items.Plain) -> bool:
    roles = rows.roles_of(row)
    mine = row["account"] == agent.id
    return not mine and decisions.may_invite(agent, roles, row.get("academie"), row.get("organisation"))


def by_address(agent: Account, address: str) -> Account | None:
    """The account of exactly this address, if this person manages it: found however many accounts there are."""
    found = parcours.account_of(address)
    return found if found is not None and decisions.manages(agent, found) else None


def managed(agent: Account, identifier: str) -> Account:
    """Read an account that this agent manages.

    Raises:
        NotFound: there is no such account, or it is not hers to manage: both look the same.
    """
    found = parcours.account(identifier)
    if found is None or not decisions.manages(agent, found):
        raise NotFound
    return found


def invite(
    agent: Account, profile: Profile, address: str, *, key: str, reopen: bool, now: datetime
) -> Account:
    """An account is made, or opened again, and its invitation leaves.

    Raises:
        NotFound, AddressTaken, FieldInvalid, ChangedMeanwhile: see ``domain.accounts.invite``.
        TooMany: the day's quota of this account is used up.
    """

    def decide() -> Transition:
        return decisions.invite(
            agent,
            profile,
            address,
            key=key,
            same_key=parcours.account(key),
            there=parcours.account_of(address),
            reopen=reopen,
            draw=draw(now),
        )

    _invite_counted(agent, decide, now)
    made = parcours.account_of(address)
    if made is None:
        raise NotFound
    return made


def invite_again(agent: Account, identifier: str, *, now: datetime) -> None:
    """Mail an invitation again.

    Raises:
        NotFound: not hers. FieldInvalid, WrongStep: see ``domain.accounts.invite_again``. TooMany: see ``invite``.
    """
    _invite_counted(agent, lambda: decisions.invite_again(agent, managed(agent, identifier), draw(now)), now)


def _invite_counted(agent: Account, decide: Callable[[], Transition], now: datetime) -> None:
    """Settle a decision that mails an invitation, and count it once; what is refused or done already uses nothing up."""
    counted = False

    def deciding() -> Transition:
        nonlocal counted
        step = decide()
        if step and not counted:
            quotas.count_invitation(agent, now)
            counted = True
        return step

    commit(deciding)


def edit(agent: Account, identifier: str, profile: Profile, *, seen: int) -> None:
    """Change an account that this agent manages.

    Raises:
        NotFound: not hers. ChangedMeanwhile, AccountBusy, WrongStep: see ``domain.accounts.edit``.
    """

    def decide() -> Transition:
        account = managed(agent, identifier)
        return decisions.edit(agent, account, profile, seen=seen, followed=_hanging_on(account, profile))

    transactions.settle(decide)


def edit_own(agent: Account, own: Own, *, seen: int) -> None:
    """Change what one may change of one's own account.

    Raises:
        ChangedMeanwhile, FieldInvalid: see ``domain.accounts.edit_own``.
    """
    transactions.settle(lambda: decisions.edit_own(stands(agent.id), own, seen=seen))


def reopen(agent: Account, identifier: str, *, now: datetime) -> None:
    """Open a closed account again.

    Raises:
        NotFound: not hers to reopen. TooMany: see ``invite``.
    """
    _invite_counted(agent, lambda: decisions.reopen(agent, managed(agent, identifier), draw(now)), now)


def accompanied(account: Account) -> list[items.Plain]:
    """List rows of the passages under way that she accompanies."""
    scope = [rows.tutor_scope(account.id)]
    return [row for status in UNDER_WAY for row in parcours.rows(scope, status)[0].values()]


def named(account: Account) -> list[items.Plain]:
    """List rows of the parcours, free or under way, whose record names her as its buyer or coordinator."""
    scopes = []
    if Role.BUYER in account.roles and account.organisation:
        scopes.append(rows.organisation_scope(account.organisation))
    if Role.COORDINATOR in account.roles and account.academie:
        scopes.append(rows.academie_scope(account.academie))
    read = [row for scope in scopes for status in OPEN for row in parcours.every_row(scope, status)]
    hers = (row for row in read if account.id in {row.get("buyer"), row.get("coordinator")})
    return list({str(row["id"]): row for row in hers}.values())


def _hanging_on(account: Account, profile: Profile) -> int:
    """How many parcours hang on roles or a place that would change; they are only counted then."""
    if profile.roles >= account.roles and not decisions.moves(account, profile):
        return 0
    return len(accompanied(account)) or len(named(account))


def stands(identifier: str) -> Account:
    """Read an account that is open, by its id.

    Raises:
        SignedOut: the account was closed meanwhile.
    """
    found = parcours.account(identifier)
    if found is None or found.closed_at is not None:
        raise SignedOut(expired=False)
    return found


def announce_absence(agent: Account, identifier: str, absence: Absence | None, *, now: datetime) -> None:
    """She is away (None: back), and each parcours that she prepares says so. Done again, it goes on where it stopped.

    Args:
        agent: herself, or who manages her account. ``identifier``: whose absence.
    Raises:
        NotFound: not hers to announce. WrongStep: she is no tutor.
    """
    own = agent.id == identifier

    def decide() -> Transition:
        account = stands(identifier) if own else managed(agent, identifier)
        return absences.announce_absence(account, absence)

    account = agent if own else managed(agent, identifier)
    by = Role.TUTOR if own else decisions.role_over(agent, account)
    transactions.settle(decide)
    found, _ = parcours.rows([rows.tutor_scope(identifier)], ParcoursStatus.IN_PREPARATION)
    for row in found.values():
        _spread_absence(str(row["id"]), identifier, absence, by, now)


def _spread_absence(parcours_id: str, tutor: str, absence: Absence | None, by: Role, now: datetime) -> None:
    transactions.settle(
        lambda: absences.spread_absence(parcours.head(parcours_id), tutor, absence, by=by, draw=draw(now))
    )
