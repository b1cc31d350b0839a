"""The weekly letter to each agent who has something to do: written in the morning, read anew when it leaves, stopped at will."""

import hmac
from dataclasses import dataclass
from datetime import datetime

from chalicelib import config
from chalicelib.domain import weekly
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.values import ParcoursStatus
from chalicelib.domain.lists import Distance, Filter, Sort
from chalicelib.domain.weekly import Letter, Sources
from chalicelib.errors import LetterUnknown, PersonRemindedToday
from chalicelib.stores import keys, parcours_table, relay_table
from chalicelib.stores.unit_of_work import UnitOfWork, story
from chalicelib.stories import lists
from chalicelib.stories.kit import quotas
from chalicelib.stories.kit.batches import Batch
from chalicelib.stories.kit.deciding import decision_inputs


@dataclass(frozen=True)
class Written:
    """What one run wrote."""

    mails: list[str]
    """Keys of the letters that wait; the minute function wakes the mailer for them."""
    left: int
    """Accounts that were not reached, or failed, and that the next run takes up."""


LETTERS = "letters"
"""What pages of accounts, by id, are for."""


def write(*, now: datetime, until: datetime) -> Written:
    """Write this week's letters that are not written yet; where they are many, start other runs for a part of them.

    To be run on working mornings, as often as one likes. Each account is one transaction, so that a run that dies, or comes
    twice, gives nobody two.
    Args:
        until: no account is begun from this instant on.
    """
    due = weekly.list_due(parcours_table.list_open_accounts(), now)
    batch = Batch(until=until)
    page = batch.share(LETTERS, [account.id for account in due], now=now)
    return _write_page(batch, page, now)


def write_page(identifiers: list[str], *, now: datetime, until: datetime) -> Written:
    """Write the letters of these accounts, as ``write`` does; not those that were written meanwhile."""
    return _write_page(Batch(until=until), identifiers, now)


def _write_page(batch: Batch, identifiers: list[str], now: datetime) -> Written:
    """Write the letters of these accounts that are still due, those in front first."""
    due = weekly.list_due(parcours_table.list_accounts(identifiers), now)
    mails = list[str]()
    batch.each(due, lambda account: mails.extend(_write_letter(account, now)))
    return Written(mails, batch.left + batch.failed)


def _write_letter(account: Account, now: datetime) -> list[str]:
    """Decide whether a letter is worth sending, and queue it; return its key in a list, empty when it is not.

    A letter is the one reminder of the day: whoever had one gets it on the next working morning.
    """
    something = read_letter(account, now=now).is_worth(now)
    try:
        return _queue_letter(account.id, something, now)
    except PersonRemindedToday:
        return []


@story
def _queue_letter(work: UnitOfWork, account_id: str, something: bool, now: datetime) -> list[str]:
    """Note that the letter was considered, and queue it if it says ``something``; nothing if it is due no more.

    Returns its key in a list.
    """
    account = work.get(Account, account_id)
    if account is None:
        return []
    step = weekly.queue_letter(account, decision_inputs(now), something=something)
    if step.mails:
        step += quotas.use_reminder(account.address, now)
    return work.commit(step).mail_keys


def read_letter(agent: Account, *, now: datetime) -> Letter:
    """Read what an agent's letter says now, from the rows of their own lists."""
    mine = lists.list_parcours(agent, Filter(sort=Sort.MINE), now=now)
    sent = relay_table.read_deposits(
        line.deposit for line in mine.lines if line.deposit and line.tutor == agent.id
    )
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
    """Sign the address that stops this account's letter: 64 hex characters, always the same."""
    return keys.compute_code_mac(weekly.signed_message(account)).hex()


def stop(account: str, given: str, *, now: datetime) -> None:
    """Stop the letter of an account by a signed link, without a session. Nothing when it is stopped, or the account is gone.

    ``account``: its id; ``given``: the signature in the link.
    Raises:
        LetterUnknown: the signature is not this account's.
    """
    if not hmac.compare_digest(sign(account), given):
        raise LetterUnknown
    choose(account, wanted=False, now=now)


@story
def choose(work: UnitOfWork, account_id: str, *, wanted: bool, now: datetime) -> None:
    """Stop the letter of an account (``wanted`` False), or begin it again."""
    account = work.get(Account, account_id)
    if account is not None:
        work.commit(weekly.set_letters(account, now, wanted=wanted))
