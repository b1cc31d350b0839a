"""What a buying organisation chose for the sendings on its contracts."""

from chalicelib.domain import organisation as decisions
from chalicelib.domain.people import Account
from chalicelib.stores import parcours, transactions


def sends_by_buyer(name: str) -> bool:
    """Whether the sending page proposes the buyer first on this organisation's contracts."""
    found = parcours.organisation(name)
    return found is not None and found.by_buyer


def choice_of(person: Account) -> bool | None:
    """What her own organisation chose; None: it is not hers to choose."""
    return sends_by_buyer(person.organisation or "") if decisions.may_choose(person) else None


def choose(person: Account, *, by_buyer: bool) -> None:
    """Choose for one's own organisation.

    Raises:
        NotFound: this person buys for none.
    """
    name = person.organisation or ""
    transactions.settle(
        lambda: decisions.choose(person, parcours.organisation(name) if name else None, by_buyer=by_buyer)
    )
