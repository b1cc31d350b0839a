"""Following: where a parcours stands, for everyone entitled and nobody else."""

from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib import terms
from chalicelib.domain import turns
from chalicelib.domain.deposit import Deposit
from chalicelib.domain.link import Link
from chalicelib.domain.noting import corrected
from chalicelib.domain.people import Account, Act, acting_as, may, role_on
from chalicelib.domain.timeline import EventKind
from chalicelib.domain.turns import Progress, Turn
from chalicelib.domain.values import Role
from chalicelib.errors import NotFound, WrongStep
from chalicelib.stores import parcours, relay
from chalicelib.stories import accompanying


@dataclass(frozen=True)
class Sheet:
    """One parcours, as this person may see it."""

    page: parcours.Page
    turn: Turn | None
    progress: Progress | None
    """How far the turn's clock is."""
    yours: bool
    may_send: bool
    sees_contacts: bool
    deposit: Deposit | None
    """The last one of this attempt, live or not."""
    links: tuple[Link, ...]
    """Every link to its documents, the present recipient's first."""
    role: Role | None
    awaited: Account | None
    """The agent whose turn it is, when it is a known one."""
    buyer: Account | None
    sealer: Account | None
    """Who sealed, where an address waits for her consent; None: her account is closed."""


def is_hers(agent: Account, turn: Turn | None, tutor: str | None) -> bool:
    """Whether this agent is the one who is awaited; ``tutor``: account id of the parcours' tutor."""
    if turn is None:
        return False
    if turn.role is Role.TUTOR:
        return tutor == agent.id
    if turn.role is Role.BUYER:  # the service that the buyer buys for follows beside her
        return bool(agent.roles & {Role.BUYER, Role.PRESCRIBER})
    return turn.role in agent.roles


def to_send(agent: Account, parcours_id: str, *, now: datetime) -> Sheet:
    """The sheet, for whoever sends documents on it now.

    Raises:
        NotFound: see ``sheet``. NotYours: it is for others to send. WrongStep: a sending lives already, or it is not the time.
    """
    found = sheet(agent, parcours_id, now=now)
    acting_as(agent, Act.SEND, found.page.parcours)
    if not found.may_send:
        raise WrongStep
    return found


def sheet(agent: Account, parcours_id: str, *, now: datetime) -> Sheet:
    """Everything that stands on one parcours, for one agent.

    Raises:
        NotFound: it does not exist, or is another's: both look the same.
    """
    page = parcours.page(parcours_id)
    head = page.parcours
    if not may(agent, Act.VIEW, head):
        raise NotFound
    role, sees = role_on(agent, head), may(agent, Act.SEE_CONTACTS, head)
    deposit = relay.deposit(head.last_deposit) if head.last_deposit and sees else None
    turn = turns.whose_turn(head, now, terms.calendar(), terms.turns())
    known = {Role.TUTOR: head.tutor, Role.COORDINATOR: head.coordinator, Role.BUYER: head.buyer}
    awaited = known.get(turn.role) if turn else None
    links = relay.links(deposit) if deposit is not None else ()
    asked = deposit is not None and bool(links) and links[0].asked is not None
    return Sheet(
        page=_seen(agent, role, page),
        turn=turn,
        progress=turns.progress(head, now, terms.calendar(), terms.turns()),
        yours=is_hers(agent, turn, head.tutor),
        may_send=may(agent, Act.SEND, head) and head.live_deposit is None,
        sees_contacts=sees,
        deposit=deposit,
        links=links,
        role=role,
        awaited=parcours.account(awaited) if awaited else None,
        buyer=parcours.account(head.buyer) if head.buyer and sees else None,
        sealer=accompanying.sealed(deposit) if asked and deposit is not None else None,
    )


def _seen(agent: Account, role: Role | None, page: parcours.Page) -> parcours.Page:
    """What of it is hers to read: earlier passages are other young people's, whom a tutor did not follow."""
    if role is None:
        return _without_others(agent, page)
    if role is not Role.TUTOR:
        return page
    others = {one.number for one in page.attempts if one.ended_at is not None and one.tutor != agent.id}
    return replace(
        page,
        events=tuple(one for one in page.events if one.attempt not in others),
        attempts=tuple(one for one in page.attempts if one.number not in others),
    )


def _without_others(agent: Account, page: parcours.Page) -> parcours.Page:
    """A free offer as any tutor sees it: what belongs to nobody's passage, and her own; never another young person's."""
    hers = {one.number for one in page.attempts if one.tutor == agent.id}
    gone = corrected(page.events)
    kept = tuple(
        one
        for one in page.events
        if one.attempt in hers
        or (one.attempt is None and one.kind is not EventKind.CORRECTED and one.id not in gone)
    )
    return replace(page, events=kept)
