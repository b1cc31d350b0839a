"""Erasing what has served, by the minute function. Running twice, or dying half-way, is harmless: the next run goes on."""

from collections.abc import Callable
from datetime import datetime

from chalicelib import terms
from chalicelib.domain import attempt as attempts
from chalicelib.domain import forgetting as decisions
from chalicelib.domain import lapsing
from chalicelib.domain.attempt import OfferKey, ReferenceKey
from chalicelib.domain.organisation import Organisation
from chalicelib.domain.parcours import ParcoursStatus
from chalicelib.domain.transition import Transition
from chalicelib.errors import NotFound, WrongStep
from chalicelib.stores import items, parcours, people, rows, tables, transactions
from chalicelib.stories import accounts, closing, meeting
from chalicelib.stories.draws import draw

MOST_BATCHES = 20
"""Transactions that one item may take in one run; the next minute goes on."""


def forget_parcours(parcours_id: str, *, now: datetime) -> list[str]:
    """A passage that went silent ends; contacts and contract go when their time is over. Keys of the mails that wait."""

    def decide() -> Transition:
        page = parcours.whole(parcours_id)
        key = tables.record(OfferKey, items.offer_key(attempts.offer_key(page.parcours)))
        owned = key if key and key.parcours == parcours_id else None
        return decisions.forget_parcours(
            page.parcours, page.attempts, page.events, owned, terms.retention(), now
        )

    try:
        mails = transactions.settle(lambda: _falls_silent(parcours_id, now)).mails
        _repeat(decide)
    except (NotFound, WrongStep):  # gone, or moved between two readings
        return []
    return [mail.key for mail in mails]


def _falls_silent(parcours_id: str, now: datetime) -> Transition:
    head, keep = parcours.head(parcours_id), terms.retention()
    at = decisions.parcours_at(head, keep)
    if head.status not in decisions.UNDER_WAY or at is None or now < at:
        return Transition.nothing()
    return meeting.along(
        lapsing.fall_silent(head, parcours.attempt(head.id, head.attempt or 0), draw(now)), now
    )


def forget_attempt(parcours_id: str, number: int, *, now: datetime) -> bool:
    """Hide a passage whose time is over, then erase its facts, its reference and itself; whether it is gone."""

    def marking() -> Transition:
        page = parcours.whole(parcours_id)
        others = tuple(one for one in page.events if one.attempt != number)
        stands = parcours.attempt(parcours_id, number)
        return decisions.mark_attempt(page.parcours, stands, others, terms.retention(), now)

    def erasing() -> Transition:
        stands = parcours.attempt(parcours_id, number)
        key = tables.record(ReferenceKey, items.reference_key(stands.reference))
        own = tuple(one for one in parcours.whole(parcours_id).events if one.attempt == number)
        return decisions.erase_attempt(stands, key, own)

    try:
        transactions.settle(marking)
        _repeat(erasing)
    except NotFound:
        return True
    return False


def _repeat(decide: Callable[[], Transition]) -> None:
    """Commit what is decided until nothing is left to do, a bounded number of times."""
    for _ in range(MOST_BATCHES):
        if not transactions.settle(decide):
            return


def forget_account(identifier: str, *, now: datetime) -> list[str]:
    """Warn the person of an account that nobody uses; erase it a month later, or a closed one. Keys of the mails that wait."""
    account = parcours.account(identifier)
    if account is None:
        return []
    accompanies = bool(accounts.accompanied(account))
    if decisions.is_warned(account) and not accompanies and closing.leave_records(account, now=now):
        return []  # more records name her than one run rewrites

    def decide() -> Transition:
        stands = parcours.account(identifier)
        if stands is None:
            return Transition.nothing()
        team = tuple(people.open_team()) if stands.is_team else ()
        accompanies = bool(accounts.accompanied(stands))
        return decisions.forget_account(stands, team, terms.retention(), draw(now), accompanies=accompanies)

    return [mail.key for mail in transactions.settle(decide).mails]


def forget_organisation(name: str, *, now: datetime) -> None:
    """The choice of an organisation that has neither account nor contract any more goes."""

    def decide() -> Transition:
        stands: Organisation | None = parcours.organisation(name)
        if stands is None:
            return Transition.nothing()
        return decisions.forget_organisation(stands, terms.retention(), now, in_use=_is_in_use(stands.name))

    transactions.settle(decide)


def _is_in_use(organisation: str) -> bool:
    scope = rows.organisation_scope(organisation)
    if people.of_organisation(organisation)[0]:
        return True
    return any(parcours.rows([scope], status, most=1)[0] for status in ParcoursStatus)
