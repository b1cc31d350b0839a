"""Whom a record means at the buyer's: the account of the contact that it names, if she has one."""

from chalicelib.domain import record as decisions
from chalicelib.domain.address import folded
from chalicelib.domain.parcours import Parcours
from chalicelib.domain.people import Account
from chalicelib.domain.transition import Transition
from chalicelib.stores import parcours


def followed(step: Transition) -> Transition:
    """The same transition, in which each offer whose contact at the buyer's has an account is followed by that account."""
    found = {}
    for change in step.changes:
        account = _of_contact(change.after) if isinstance(change.after, Parcours) else None
        if account is not None and isinstance(change.after, Parcours):
            found[change.after.id] = account.id
    return decisions.followed_by(step, found)


def account_of(head: Parcours) -> Account | None:
    """The open account that follows this parcours for the buyer, be it younger than the record; None: there is none."""
    known = parcours.account(head.buyer) if head.buyer else None
    return known if known is not None and known.closed_at is None else _of_contact(head)


def _of_contact(offer: Parcours) -> Account | None:
    if offer.buyer_contact is None:
        return None
    account = parcours.account_of(folded(offer.buyer_contact.address))
    return account if account is not None and decisions.buys(account, offer) else None
