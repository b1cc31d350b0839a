"""The weekly letter to each agent who has something to do: written in the morning, read anew when it leaves, stopped at will."""

import hmac
from dataclasses import dataclass
from datetime import datetime

from chalicelib import clock, config, log, terms
from chalicelib.domain import weekly
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.values import ParcoursStatus
from chalicelib.domain.lists import Distance, Filter, Sort
from chalicelib.domain.weekly import Letter, Sources
from chalicelib.errors import LetterUnknown
from chalicelib.stores import keys, parcours, relay
from chalicelib.stores.unit_of_work import UnitOfWork, story
from chalicelib.stories import lists
from chalicelib.stories.kit.deciding import decision_inputs


@dataclass(frozen=True)
class Written:
    """What one run wrote."""

    mails: list[str]
    """Keys of the letters that wait; to be woken by the caller."""
    left: int
    """Accounts that were not reached, or failed, and that the next run takes up."""


def write(*, now: datetime, until: datetime) -> Written:
    """Write this week's letters that are not written yet. To be run on working mornings, as often as one likes.

    Each account is one transaction, so that a run that dies, or comes twice, gives nobody two.
    Args:
        until: no account is begun from this instant on.
    """
    accounts = parcours.open_accounts()
    due = [account for account in accounts if weekly.is_due(account, now, terms.calendar())]
    mails: list[str] = []
    left = len(due)
    for account in due:
        if clock.utc_now() >= until:
            break
        try:
            mails += _write_letter(account.id, read_letter(account, now=now).is_worth(now), now)
            left -= 1
        except Exception as error:
            log.fault(error)
    return Written(mails, left)


@story
def _write_letter(work: UnitOfWork, account_id: str, something: bool, now: datetime) -> list[str]:
    """Keys of the letter that waits, if one is due still."""
    account = work.get(Account, account_id)
    if account is None:
        return []
    step = weekly.queue_letter(account, decision_inputs(now), terms.calendar(), something=something)
    return [mail.key for mail in work.commit(step).mails]


def read_letter(agent: Account, *, now: datetime) -> Letter:
    """What an agent's letter says now, from the rows of their own lists."""
    mine = lists.list_parcours(agent, Filter(sort=Sort.MINE), now=now)
    sent = relay.deposits(line.deposit for line in mine.lines if line.deposit and line.tutor == agent.id)
    distances = lists.list_distances(agent)
    free = Filter(status=ParcoursStatus.AVAILABLE)
    if Distance.ACADEMIE in distances:
        free_offers = lists.list_offers(agent, free, Distance.ACADEMIE, now=now)
    else:
        free_offers = lists.list_parcours(agent, free, now=now)
    sources = Sources(
        lines=tuple(mine.lines),
        offers=tuple(free_offers.lines),
        deposits=tuple(sent.values()),
        is_cut=mine.truncated or free_offers.truncated,
    )
    months = config.settings().closing_months
    return weekly.choose_contents(sources, now, months=months, confirms=not distances)


def sign(account: str) -> str:
    """The signature of the address that stops this account's letter: 64 hex characters, always the same."""
    return keys.code_mac(weekly.signed_message(account)).hex()


def stop(account: str, given: str, *, now: datetime) -> None:
    """Stop the letter of an account; who holds the signature needs no session. Repeated, or the account gone, it is nothing.

    Raises:
        LetterUnknown: the signature is not this account's.
    """
    if not hmac.compare_digest(sign(account), given):
        raise LetterUnknown
    _choose(account, wanted=False, now=now)


def choose(agent: Account, *, wanted: bool, now: datetime) -> None:
    """Stop one's own letter, or begin it again."""
    _choose(agent.id, wanted=wanted, now=now)


@story
def _choose(work: UnitOfWork, account_id: str, *, wanted: bool, now: datetime) -> None:
    account = work.get(Account, account_id)
    if account is not None:
        work.commit(weekly.set_letters(account, now, wanted=wanted))
