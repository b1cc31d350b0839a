"""Reminding: anyone on a parcours presses « relancer l’entreprise », one mail leaves, at most one a day."""

from datetime import datetime

from chalicelib.domain import reminding as decisions
from chalicelib.domain.people import Account, Act, acting_as
from chalicelib.domain.transition import Transition
from chalicelib.stores import functions, parcours, relay, transactions
from chalicelib.stories.draws import draw


def remind(agent: Account, parcours_id: str, *, now: datetime) -> None:
    """The same link again to its own recipient, or a word that asks for dates.

    Raises:
        NotFound: not hers. WrongStep, NothingSent, RemindedToday: see ``domain.reminding``.
    """

    def decide() -> Transition:
        head = parcours.head(parcours_id)
        role = acting_as(agent, Act.REMIND, head)
        deposit = relay.deposit(head.last_deposit) if head.last_deposit else None
        link = relay.link(deposit.link) if deposit is not None and deposit.link else None
        return decisions.remind(head, link, deposit, by=role, draw=draw(now))

    functions.wake_mailer([mail.key for mail in transactions.settle(decide).mails])
