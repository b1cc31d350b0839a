"""Handing the notice over: a sender says so before the first sending of a passage."""

from datetime import datetime

from chalicelib.domain import notice
from chalicelib.domain.people import Account, Act, may, role_on
from chalicelib.domain.transition import Transition
from chalicelib.errors import NotFound, WrongStep
from chalicelib.stores import parcours, transactions
from chalicelib.stories.draws import draw


def hand_over(sender: Account, parcours_id: str, *, now: datetime) -> None:
    """Note it, once.

    Raises:
        NotFound: the parcours does not exist, or not for this person.
        WrongStep: it is not hers to send on it, or nothing is sent on it now.
    """

    def decide() -> Transition:
        head = parcours.head(parcours_id)
        role = role_on(sender, head)
        if role is None or not may(sender, Act.VIEW, head):
            raise NotFound
        if not may(sender, Act.SEND, head) or head.attempt is None:
            raise WrongStep
        return notice.hand_over(head, parcours.attempt(head.id, head.attempt), by=role, draw=draw(now))

    transactions.settle(decide)
