"""Account management: list, invite, edit, reopen, announce an absence.

What takes the id of an account raises ``NotFound`` unless the agent manages it; other refusals: ``domain.accounts.managing``.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.accounts import feeds
from chalicelib.domain.accounts import managing as decisions
from chalicelib.domain.accounts.managing import AccountLine, Clash, Invitation, Own, Profile
from chalicelib.domain.kernel.parcours import Absence, Parcours
from chalicelib.domain.kernel.people import Account, AddressKey, SavedView
from chalicelib.domain.kernel.texts import fold_text
from chalicelib.domain.kernel.transition import Transition
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Step
from chalicelib.domain.lists import UNDER_WAY_IN_ORDER, Line
from chalicelib.errors import NotFound, SignedOut
from chalicelib.stores import parcours_table, relay_table, rows
from chalicelib.stores.parcours_table import Roster
from chalicelib.stores.unit_of_work import UnitOfWork, story
from chalicelib.stories.kit import inviting, quotas
from chalicelib.stories.kit.batches import MOST_LISTED
from chalicelib.stories.kit.deciding import decision_inputs

MEETING = (Step.SLOTS_PROPOSED, Step.MEETING_FIXED)
"""Steps at which a parcours has dates of a meeting."""
OPEN = (ParcoursStatus.AVAILABLE, *UNDER_WAY_IN_ORDER)


def check_managing(agent: Account) -> None:
    """Raise ``NotFound`` for an agent who may manage no account at all."""
    if not decisions.may_manage(agent):
        raise NotFound


def list_accounts(agent: Account, *, academie: str = "") -> tuple[list[AccountLine], bool]:
    """List the accounts that this agent manages, by name; and whether the list is truncated.

    Args:
        academie: restricts the team's list to one académie.
    Raises:
        NotFound: the agent manages no accounts.
    """
    check_managing(agent)
    if agent.is_team:
        return (
            parcours_table.list_account_lines_of_academie(academie)
            if academie
            else parcours_table.list_all_account_lines()
        )
    read = []
    if Role.COORDINATOR in agent.roles and agent.academie:
        read.append(parcours_table.list_account_lines_of_academie(agent.academie))
    if Role.BUYER in agent.roles and agent.organisation:
        read.append(parcours_table.list_account_lines_of_organisation(agent))
    managed_lines = {line.id: line for lines, _ in read for line in lines if _may_manage_line(agent, line)}
    by_name = sorted(managed_lines.values(), key=lambda line: f"{line.name}#{line.id}")  # as the tables do
    return by_name, any(more for _, more in read)


def _may_manage_line(agent: Account, line: AccountLine) -> bool:
    """Whether this agent manages the account of this line: one that they could create, never their own."""
    return line.id != agent.id and decisions.may_invite(agent, line)


def find_by_address(agent: Account, address: str) -> Account | None:
    """Return the account of this exact address, if this agent manages it, even where the list is truncated."""
    account = parcours_table.find_account(address)
    return account if account is not None and decisions.may_manage_account(agent, account) else None


@story
def load_managed(work: UnitOfWork, agent: Account, identifier: str) -> Account:
    """Load an account that this agent manages. Raises NotFound for any other."""
    account = work.get_one(Account, identifier)
    if not decisions.may_manage_account(agent, account):
        raise NotFound
    return account


def invite(agent: Account, invitation: Invitation, *, now: datetime) -> None:
    """Create or reopen an account and mail its invitation. The attempt is counted before anything is looked up.

    Raises:
        TooMany: the agent's daily quota of invitations is used up.
    """
    quotas.count_once(quotas.INVITATION, agent.id, f"{invitation.key}|{invitation.address}", now)
    _invite(agent, invitation, now)
    reopened = find_by_address(agent, invitation.address) if invitation.reopen else None
    if reopened is not None:
        spread_absence(reopened, by=decisions.find_managing_role(agent, reopened), now=now)


@story
def _invite(work: UnitOfWork, agent: Account, invitation: Invitation, now: datetime) -> None:
    """Decide an invitation with the accounts that have its id or its address already, and commit it."""
    owner = work.get(AddressKey, invitation.address)
    address_owner = work.get(Account, owner.account) if owner is not None else None
    same_key = work.get(Account, invitation.key)
    work.commit_and_wake(
        decisions.invite(
            agent, invitation, same_key=same_key, address_owner=address_owner, inputs=decision_inputs(now)
        )
    )


@story
def invite_again(work: UnitOfWork, agent: Account, identifier: str, *, now: datetime) -> None:
    """Mail the invitation of the account with this id again, within the quota of ``invite``."""
    step = decisions.invite_again(agent, load_managed(work, agent, identifier), decision_inputs(now))
    _commit_invitation(work, agent, step, now)


def _commit_invitation(work: UnitOfWork, agent: Account, step: Transition, now: datetime) -> None:
    """Commit a transition that mails an invitation, and count it against the quota; an empty transition counts nothing."""
    work.commit_and_wake(step + quotas.use(quotas.INVITATION, agent.id, now) if step else step)


@story
def edit(work: UnitOfWork, agent: Account, identifier: str, profile: Profile, *, seen: str) -> None:
    """Change an account that this agent manages; ``seen``: the profile that the form showed (``hash_profile``)."""
    account = load_managed(work, agent, identifier)
    followed = _count_dependent(account, profile)
    work.commit(decisions.edit(agent, account, profile, seen=seen, parcours_followed=followed))


@story
def edit_own(work: UnitOfWork, agent: Account, own: Own, *, seen: str) -> None:
    """Change one's own account; ``seen``: the profile that the form showed (``hash_profile``)."""
    work.commit(decisions.edit_own(load_current(work, agent), own, seen=seen))


@story
def save_view(work: UnitOfWork, agent: Account, view: SavedView) -> None:
    """Keep a filtered list for this agent. Raises FieldInvalid: too many are kept."""
    work.commit(decisions.save_view(load_current(work, agent), view))


@story
def forget_view(work: UnitOfWork, agent: Account, name: str) -> None:
    """Keep the list of this name no longer for this agent."""
    work.commit(decisions.forget_view(load_current(work, agent), name))


def reopen(agent: Account, identifier: str, *, now: datetime) -> None:
    """Reopen the closed account with this id, and mail an invitation, within the quota of ``invite``."""
    _reopen(agent, identifier, now)
    account = load_managed(agent, identifier)
    spread_absence(account, by=decisions.find_managing_role(agent, account), now=now)


@story
def _reopen(work: UnitOfWork, agent: Account, identifier: str, now: datetime) -> None:
    """Reopen the account with this id."""
    step = decisions.reopen(agent, load_managed(work, agent, identifier), decision_inputs(now))
    _commit_invitation(work, agent, step, now)


def list_accompanied(account: Account) -> list[Line]:
    """List the passages under way that this tutor accompanies."""
    scope = [rows.tutor_scope(account.id)]
    return [
        line for status in UNDER_WAY_IN_ORDER for line in parcours_table.list_lines(scope, status)[0].values()
    ]


def count_held(tutor: Account) -> int:
    """Count the offers that a tutor holds for which nothing was sent."""
    prepared, _ = parcours_table.list_lines([rows.tutor_scope(tutor.id)], ParcoursStatus.IN_PREPARATION)
    return sum(line.reserved_until is not None for line in prepared.values())


def list_coordinators(tutor: Account) -> list[Account]:
    """List the open accounts of those who coordinate a tutor's académie."""
    accounts = parcours_table.list_accounts(Roster().list_coordinators([tutor.academie or ""]))
    return [account for account in accounts if account.closed_at is None]


def list_naming(account: Account) -> list[Line]:
    """List the parcours, free or under way, that name this account as buyer or coordinator."""
    scopes = []
    if Role.BUYER in account.roles and account.organisation:
        scopes += rows.list_organisation_scopes(account.siren, account.organisation)
    if Role.COORDINATOR in account.roles and account.academie:
        scopes.append(rows.academie_scope(account.academie))
    read = [
        line for scope in scopes for status in OPEN for line in parcours_table.list_every_line(scope, status)
    ]
    naming = (line for line in read if account.id in {line.buyer, line.coordinator})
    return list({line.id: line for line in naming}.values())


@dataclass(frozen=True)
class Cover:
    """What an absence means for the parcours of a tutor."""

    followed: int
    """Parcours in preparation."""
    stand_ins: tuple[str, ...]
    """The names of the coordinators who take over."""
    with_team: bool
    """The team takes over what nobody coordinates."""
    dates: tuple[Clash, ...]
    """The dates of meetings that fall on its days, soonest first."""


def read_cover(account: Account, absence: Absence | None, *, now: datetime) -> Cover:
    """Read who takes over while a tutor is away, and which meetings fall on those days (None: no days yet)."""
    prepared, roster = _list_followed(account), Roster()
    stand_ins = {person for parcours in prepared for person in roster.list_coordinating(parcours)}
    if not prepared:
        stand_ins.update(roster.list_coordinators([account.academie or ""]))
    coordinators = parcours_table.list_accounts(stand_ins - set(roster.list_team()))
    names = sorted((person.name for person in coordinators), key=fold_text)
    dates = _find_clashes(prepared, absence, now) if absence else []
    return Cover(
        followed=len(prepared),
        stand_ins=tuple(names),
        with_team=not stand_ins.isdisjoint(roster.list_team()),
        dates=tuple(dates),
    )


def _list_followed(account: Account) -> list[Parcours]:
    """Return the parcours under way that this tutor accompanies."""
    return parcours_table.list_parcours(line.id for line in list_accompanied(account))


def list_following(parcours: Parcours) -> list[Account]:
    """List the open accounts of a passage's tutor and of who has the turns of coordination."""
    tutor = [parcours.tutor] if parcours.tutor is not None else []
    accounts = parcours_table.list_accounts(dict.fromkeys((*tutor, *Roster().list_coordinating(parcours))))
    return [account for account in accounts if account.closed_at is None]


def _find_clashes(prepared: list[Parcours], absence: Absence, now: datetime) -> list[Clash]:
    """List the dates of meetings of these parcours that fall on days of the absence, the soonest first."""
    in_meetings = [parcours for parcours in prepared if parcours.step in MEETING]
    appointments = relay_table.read_appointments(in_meetings)
    clashes = [
        clash
        for parcours in in_meetings
        for clash in decisions.list_clashes(absence, parcours, appointments.get(parcours.id), now)
    ]
    return sorted(clashes, key=lambda clash: (clash.at, clash.company))


def _count_dependent(account: Account, profile: Profile) -> int:
    """Count the parcours that depend on roles or a place that would change; read only in that case."""
    if profile.roles >= account.roles and not decisions.changes_place(account, profile):
        return 0
    return len(list_accompanied(account)) or len(list_naming(account))


@story
def load_current(work: UnitOfWork, agent: Account) -> Account:
    """Read an agent's own account anew.

    Raises:
        SignedOut: it was closed meanwhile.
    """
    account = work.get(Account, agent.id)
    if account is None or account.closed_at is not None:
        raise SignedOut(expired=True)
    return account


@story
def open_feed(work: UnitOfWork, agent: Account, secret: str, *, now: datetime) -> None:
    """Open an agent's calendar feed at the address that ends in this secret. Raises SignedOut: it was closed meanwhile."""
    work.commit(feeds.open_feed(load_current(work, agent), secret, now))


@story
def close_feed(work: UnitOfWork, agent: Account) -> None:
    """End the address of an agent's calendar feed. Raises SignedOut: the account was closed meanwhile."""
    work.commit(feeds.close_feed(load_current(work, agent)))


def announce_absence(agent: Account, identifier: str, absence: Absence | None, *, now: datetime) -> None:
    """Store an absence (None: back), then copy it to each parcours that is being prepared; repeat the call to resume.

    Args:
        agent: the absent person, or one who manages the account; ``identifier``: account id of the absent person.
    """
    by = _store_absence(agent, identifier, absence, now)
    spread_absence(parcours_table.read_account(identifier) or agent, by=by, now=now)


def group_by_stand_in(tutor: Account) -> dict[str, list[str]]:
    """Group a tutor's parcours by who stands in: account id → ids of parcours, ``MOST_LISTED`` of each at most."""
    roster, groups = Roster(), defaultdict[str, list[str]](list)
    for parcours in _list_followed(tutor):
        for account in roster.list_coordinating(parcours):
            groups[account].append(parcours.id)
    return {account: ids[:MOST_LISTED] for account, ids in groups.items() if account != tutor.id}


@story
def _store_absence(
    work: UnitOfWork,
    agent: Account,
    identifier: str,
    absence: Absence | None,
    now: datetime,
) -> Role:
    """Store the absence of the account with this id; return in which role the agent announces it."""
    own = agent.id == identifier
    account = load_current(work, agent) if own else load_managed(work, agent, identifier)
    stand_ins = group_by_stand_in(account)
    work.commit_and_wake(decisions.announce_absence(account, absence, stand_ins, decision_inputs(now)))
    return Role.TUTOR if own else decisions.find_managing_role(agent, account)


def spread_absence(account: Account, *, by: Role, now: datetime) -> None:
    """Copy the absence of a tutor's account to each parcours under way. ``by``: in which role it is announced."""
    for line in list_accompanied(account):
        _spread_absence(line.id, account, by, now)


@story
def _spread_absence(work: UnitOfWork, parcours_id: str, tutor: Account, by: Role, now: datetime) -> None:
    """Copy an absence to one parcours of a tutor; the seat of a closed account at a meeting follows."""
    parcours = work.get_one(Parcours, parcours_id)
    step = decisions.spread_absence(parcours, tutor.id, tutor.absence, by=by, inputs=decision_inputs(now))
    work.commit_and_wake(inviting.with_invitations(work, step, now))
