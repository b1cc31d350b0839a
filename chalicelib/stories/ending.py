"""Ending a young person's passage, and beginning another one on a free offer."""

from datetime import datetime, timedelta

from chalicelib import config
from chalicelib.domain import attempt as attempts
from chalicelib.domain import ending
from chalicelib.domain.ending import End
from chalicelib.domain.people import Account, Act, acting_as
from chalicelib.domain.timeline import Event
from chalicelib.domain.transition import Transition
from chalicelib.errors import WrongStep
from chalicelib.stores import functions, parcours, relay, transactions
from chalicelib.stories import meeting
from chalicelib.stories.draws import draw


def finish(agent: Account, parcours_id: str, end: End, *, now: datetime) -> Event:
    """The passage ends: links die, documents go, company and buyer are told, the offer is free again. The fact that says so.

    Raises:
        NotFound, NotYours: not hers. WrongStep: there is no passage to end. FieldInvalid: see ``domain.ending.check``.
    """
    ending.check(end, now)
    step = transactions.settle(lambda: decided(agent, parcours_id, end, now=now))
    functions.wake_mailer([mail.key for mail in step.mails])
    return step.events[0]


def decided(agent: Account, parcours_id: str, end: End, *, now: datetime) -> Transition:
    """What ``finish`` commits, for stories that commit more with it."""
    head = parcours.head(parcours_id)
    role = acting_as(agent, Act.END, head)
    if head.attempt is None:
        raise WrongStep
    attempt = parcours.attempt(parcours_id, head.attempt)
    last = relay.deposit(head.last_deposit) if head.last_deposit else None
    links = relay.links(last) if last is not None else ()
    return meeting.along(ending.finish(head, attempt, last, links, end, by=role, draw=draw(now)), now)


def take(agent: Account, parcours_id: str, *, now: datetime) -> None:
    """A tutor takes a free offer; of two, one wins.

    Raises:
        NotFound: not an offer she may see. NotYours: tutors alone take offers. WrongStep: somebody was faster.
    """

    def decide() -> Transition:
        head = parcours.head(parcours_id)
        acting_as(agent, Act.TAKE, head)
        return attempts.take(head, agent, draw(now), reserved=reserved)

    reserved = timedelta(days=config.settings().reservation_days)
    functions.wake_mailer([mail.key for mail in transactions.settle(decide).mails])
