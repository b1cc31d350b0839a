"""Handing the notice over: a sender says so before the first sending of a passage."""

from datetime import datetime

from chalicelib.domain import notice
from chalicelib.domain.people import Account, Act, acting_as
from chalicelib.domain.transition import Transition
from chalicelib.errors import WrongStep
from chalicelib.stores import parcours, transactions
from chalicelib.stories.draws import draw


def hand_over(sender: Account, parcours_id: str, *, now: datetime) -> None:
    """Note it, once.

    Raises:
        NotFound: the parcours does not exist, or not for this person. NotYours: it is for others to send on it.
        WrongStep: nothing is sent on it now.
    """

    def decide() -> Transition:
        head = parcours.head(parcours_id)
        role = acting_as(sender, Act.SEND, head)
        if head.attempt is None:
            raise WrongStep
        return notice.hand_over(head, parcours.attempt(head.id, head.attempt), by=role, draw=draw(now))

    transactions.settle(decide)
