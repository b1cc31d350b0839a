"""Closing an account: what it follows goes to a colleague, parcours by parcours, then its sessions end."""

from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.domain import record
from chalicelib.domain.accounts import managing as decisions
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import Reason
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.kernel.values import Role
from chalicelib.stores import items, parcours, transactions
from chalicelib.stores import parcours as parcours_stores
from chalicelib.stories import parcours as parcours_stories
from chalicelib.stories.accounts import signing_in
from chalicelib.stories.accounts.managing import UNDER_WAY, accompanied, managed, named, stands
from chalicelib.stories.kit import inviting
from chalicelib.stories.kit.deciding import commit, draw

MOST_AT_ONCE = 100
"""Parcours handed over or named anew by one request, which has 29 seconds: the next press goes on."""


@dataclass(frozen=True)
class Closing:
    """What closing an account needs to know, and who could take over."""

    account: Account
    followed: int
    """Parcours that she accompanies and that somebody must take over."""
    candidates: list[items.Plain]
    """Rows of the tutors who may."""


def closing(agent: Account, identifier: str) -> Closing:
    """Read what closing an account leads to.

    Raises:
        NotFound: not hers.
    """
    account = managed(agent, identifier)
    followed = len(accompanied(account))
    return Closing(account, followed, _candidates(account) if followed else [])


def _candidates(account: Account) -> list[items.Plain]:
    found, _ = parcours_stores.of_academie(account.academie) if account.academie else ([], False)
    return [
        row
        for row in found
        if row["account"] != account.id and "closed_at" not in row and Role.TUTOR.value in row["roles"]
    ]


def close(
    agent: Account, identifier: str, successor_id: str, *, most: int = MOST_AT_ONCE, now: datetime
) -> int:
    """Hand over what she follows, parcours by parcours, then end the account; return how many parcours are left.

    Stopped anywhere, it is resumed by doing it again: who takes over was written first. What she could still take while
    this went on is handed over after the end, when she can take nothing any more.
    Args:
        successor_id: who takes over, empty when she accompanies nothing, or to go on to the same person.
        most: parcours handed over before the caller has to ask again.
    Raises:
        NotFound: not hers. FieldInvalid: nobody who can take over was chosen.
    """
    account = managed(agent, identifier)
    successor = _successor(account, successor_id)
    commit(lambda: decisions.begin_closing(managed(agent, identifier), successor, draw(now)))
    by = decisions.role_over(agent, account)
    left = _hand_over(account, successor, by, most, now)
    if left:
        return left
    commit(lambda: _closing(agent, identifier, now))
    return _hand_over(account, successor, by, most, now)


def _closing(agent: Account, identifier: str, now: datetime) -> Transition:
    closer = stands(agent.id)
    closing = decisions.close(closer, managed(closer, identifier), draw(now))
    return replace(closing, changes=(*closing.changes, *signing_in.forgetting_all(identifier)))


def _successor(account: Account, chosen: str) -> Account | None:
    """The tutor who takes over, else the colleague of the same organisation."""
    if accompanied(account):
        successor = parcours.account(chosen or account.successor or "none")
        decisions.check_successor(account, successor)
        return successor
    if account.successor:  # handed over already, before the last closing stopped
        return parcours.account(account.successor)
    return _colleague(account, Role.BUYER) if named(account) else None


def _hand_over(account: Account, successor: Account | None, by: Role, most: int, now: datetime) -> int:
    """At most so many parcours go over, each in its own write; return how many are left."""
    found = accompanied(account)
    for row in found[:most]:
        _hand_one_over(str(row["id"]), account, successor, by, now)
    if len(found) > most:
        return len(found) - most
    return leave_records(account, most - len(found), now=now)


def leave_records(account: Account, most: int = MOST_AT_ONCE, *, now: datetime) -> int:
    """Records name a colleague instead of somebody whose account goes, or nobody; return how many are left."""
    naming = named(account)
    buyer, coordinator = (_colleague(account, role) for role in (Role.BUYER, Role.COORDINATOR))
    for row in naming[:most]:
        _name_another(str(row["id"]), account, buyer, coordinator, now)
    return max(0, len(naming) - most)


def _hand_one_over(
    parcours_id: str, account: Account, successor: Account | None, by: Role, now: datetime
) -> None:
    def decide() -> Transition:
        head = parcours.head(parcours_id)
        if head.tutor != account.id or head.status not in UNDER_WAY or successor is None:
            return Transition.nothing()
        return parcours_stories.handing_over(head, successor, reason=Reason.TUTOR_GONE, by=by, now=now)

    transactions.settle(decide)


def _name_another(
    parcours_id: str, account: Account, buyer: Account | None, coordinator: Account | None, now: datetime
) -> None:
    """The record names a colleague instead, or nobody, and so does its meeting: mails must not wait for a closed account."""

    def decide() -> Transition:
        head = parcours.head(parcours_id)
        after = head
        if head.buyer == account.id:
            after = record.followed_anew(after, buyer.id if buyer else None, now)
        if head.coordinator == account.id:
            after = after.but(coordinator=coordinator.id if coordinator else None)
        if after is head:
            return Transition.nothing()
        return inviting.with_invitations(Transition(changes=(Change(head, after),)), now)

    transactions.settle(decide)


def _colleague(account: Account, role: Role) -> Account | None:
    """Another open account with the same role at the same place, the first by name."""
    if role not in account.roles:
        return None
    place = account.organisation if role is Role.BUYER else account.academie
    read = parcours_stores.of_organisation if role is Role.BUYER else parcours_stores.of_academie
    found, _ = read(place) if place else ([], False)
    others = [row for row in found if row["account"] != account.id and "closed_at" not in row]
    chosen = next((row for row in others if role.value in row["roles"]), None)
    return parcours.account(str(chosen["account"])) if chosen else None
