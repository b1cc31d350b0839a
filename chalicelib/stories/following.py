"""Following: where a parcours stands, for everyone entitled and nobody else."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain import turns
from chalicelib.domain.deposit import Deposit
from chalicelib.domain.parcours import ParcoursStatus
from chalicelib.domain.people import Account, Act, may, role_on
from chalicelib.domain.turns import Turn
from chalicelib.domain.values import Role
from chalicelib.errors import NotFound
from chalicelib.stores import items, parcours, relay


@dataclass(frozen=True)
class Row:
    """One line of the list, and whose turn it is on it now."""

    fields: items.Plain
    turn: Turn | None
    yours: bool


@dataclass(frozen=True)
class Sheet:
    """One parcours, as this person may see it."""

    page: parcours.Page
    turn: Turn | None
    yours: bool
    may_send: bool
    sees_contacts: bool
    deposit: Deposit | None
    """The last one of this attempt, live or not."""
    role: Role | None
    awaited: Account | None
    """The agent whose turn it is, when it is a known one."""
    buyer: Account | None


def listing(
    agent: Account, *, now: datetime, status: ParcoursStatus = ParcoursStatus.IN_PREPARATION
) -> tuple[list[Row], bool]:
    """The parcours of this agent in one status, oldest notification first; and whether some are left out."""
    found, truncated = parcours.rows(_scopes(agent), status)
    rows = [
        Row(fields, turn := _turn_of(fields, now), _is_hers(agent, turn, fields.get("tutor")))
        for fields in found
    ]
    return rows, truncated


def _turn_of(fields: items.Plain, now: datetime) -> Turn | None:
    points = tuple((datetime.fromisoformat(at), Role(role)) for at, role in fields["turn"])
    return turns.read_turn(points, now)


def _scopes(agent: Account) -> list[str]:
    if agent.is_team:
        return [items.EVERYTHING]
    scopes = []
    if Role.TUTOR in agent.roles:
        scopes.append(items.tutor_scope(agent.id))
    if Role.COORDINATOR in agent.roles and agent.academie:
        scopes.append(items.academie_scope(agent.academie))
    if agent.roles & {Role.BUYER, Role.PRESCRIBER} and agent.organisation:
        scopes.append(items.organisation_scope(agent.organisation))
    return scopes


def _is_hers(agent: Account, turn: Turn | None, tutor: str | None) -> bool:
    if turn is None:
        return False
    if turn.role is Role.TUTOR:
        return tutor == agent.id
    return turn.role in agent.roles


def sheet(agent: Account, parcours_id: str, *, now: datetime) -> Sheet:
    """Everything that stands on one parcours, for one agent.

    Raises:
        NotFound: it does not exist, or is another's: both look the same.
    """
    page = parcours.page(parcours_id)
    head = page.parcours
    if not may(agent, Act.VIEW, head):
        raise NotFound
    sees = may(agent, Act.SEE_CONTACTS, head)
    turn = turns.whose_turn(head, now)
    awaited = {Role.TUTOR: head.tutor, Role.BUYER: head.buyer}.get(turn.role) if turn else None
    return Sheet(
        page=page,
        turn=turn,
        yours=_is_hers(agent, turn, head.tutor),
        may_send=may(agent, Act.SEND, head) and head.live_deposit is None,
        sees_contacts=sees,
        deposit=relay.deposit(head.last_deposit) if head.last_deposit and sees else None,
        role=role_on(agent, head),
        awaited=parcours.account(awaited) if awaited else None,
        buyer=parcours.account(head.buyer) if head.buyer and sees else None,
    )
