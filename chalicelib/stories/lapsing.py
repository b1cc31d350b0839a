"""What ends by itself on a parcours: reservations are warned of, then lapse; a free offer ends with its contract."""

from datetime import datetime

from chalicelib.domain import ending, lapsing
from chalicelib.domain.parcours import ParcoursStatus
from chalicelib.domain.transition import Transition
from chalicelib.errors import NotFound, WrongStep
from chalicelib.stores import parcours, transactions
from chalicelib.stories import meeting
from chalicelib.stories.draws import draw


def let_lapse(parcours_id: str, *, now: datetime) -> list[str]:
    """What is due on one parcours happens, once; the keys of the mails that wait for it."""

    def decide() -> Transition:
        head = parcours.head(parcours_id)
        at = lapsing.due_at(head)
        if at is None or now < at:
            return Transition.nothing()
        if head.status is ParcoursStatus.AVAILABLE:
            return lapsing.contract_over(head, draw(now))
        if head.warned_at is None:
            return lapsing.warn(head, draw(now))
        if head.live_deposit is not None:  # on its way: it ends by itself, then the reservation does
            return Transition.nothing()
        return meeting.along(ending.lapse(head, parcours.attempt(head.id, head.attempt or 0), draw(now)), now)

    try:
        return [mail.key for mail in transactions.settle(decide).mails]
    except (NotFound, WrongStep):  # gone, or moved between two readings
        return []
