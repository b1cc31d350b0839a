"""A buying organisation (*organisme acheteur*): by which way it wants documents to reach its companies."""

from datetime import datetime

from chalicelib.domain.people import Account
from chalicelib.domain.transition import Change, Transition
from chalicelib.domain.values import Aggregate, Instant, Role
from chalicelib.errors import NotFound

BUYING = frozenset({Role.BUYER, Role.PRESCRIBER})


class Organisation(Aggregate):
    """What one organisation chose; without a record, documents go straight to the company."""

    name: str
    by_buyer: bool = False
    """Whether the sending page proposes the buyer first, who passes the link on."""
    checked_at: Instant | None = None
    """When it was chosen, or last seen to be of use."""


def may_choose(person: Account) -> bool:
    """A buyer, or the service she buys for, chooses for her own organisation."""
    return person.closed_at is None and bool(person.roles & BUYING) and bool(person.organisation)


def choose(person: Account, stands: Organisation | None, *, by_buyer: bool, now: datetime) -> Transition:
    """Decide by which way documents reach the organisation that this person buys for.

    Raises:
        NotFound: this person buys for no organisation.
    """
    if not may_choose(person) or person.organisation is None:
        raise NotFound
    if (stands.by_buyer if stands else False) == by_buyer:
        return Transition.nothing()
    before = stands or Organisation(name=person.organisation)
    return Transition(changes=(Change(stands, before.but(by_buyer=by_buyer, checked_at=now)),))
