"""What a buying organisation chose for the sendings on its contracts."""

from datetime import datetime

from chalicelib.domain import organisation as decisions
from chalicelib.domain.people import Account
from chalicelib.domain.transition import Transition
from chalicelib.stores import parcours, transactions


def sends_by_buyer(name: str) -> bool:
    """Whether the sending page proposes the buyer first on this organisation's contracts."""
    found = parcours.organisation(name)
    return found is not None and found.by_buyer


def choice_of(person: Account) -> bool | None:
    """What her own organisation chose; None: it is not hers to choose."""
    return sends_by_buyer(person.organisation or "") if decisions.may_choose(person) else None


def choose(person: Account, *, by_buyer: bool, now: datetime) -> None:
    """Choose for one's own organisation.

    Raises:
        NotFound: this person buys for none.
    """
    name = person.organisation or ""

    def decide() -> Transition:
        stands = parcours.organisation(name) if name else None
        return decisions.choose(person, stands, by_buyer=by_buyer, now=now)

    transactions.settle(decide)
