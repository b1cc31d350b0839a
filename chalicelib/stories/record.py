"""Declare an offer, correct its record, confirm its contacts, withdraw it and propose it again."""

from contextlib import suppress
from datetime import datetime

from chalicelib.domain import lists
from chalicelib.domain import record as decisions
from chalicelib.domain.accounts.managing import name_organisations
from chalicelib.domain.fields import Record
from chalicelib.domain.kernel.attempt import OfferKey, offer_key
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.parcours import Parcours, is_same_organisation
from chalicelib.domain.kernel.people import Account, Act, acting_as, may
from chalicelib.domain.kernel.timeline import ONGOING, Reason
from chalicelib.domain.kernel.transition import Transition
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.lists import Line
from chalicelib.domain.record import ContactAnswer, OfferKeys, RecordAnswer, Report
from chalicelib.errors import ChangedMeanwhile, KeyUsed
from chalicelib.stores import parcours_table, rows
from chalicelib.stores.parcours_table import Roster
from chalicelib.stores.unit_of_work import UnitOfWork, story
from chalicelib.stories.kit import accompanying, inviting, quotas
from chalicelib.stories.kit.deciding import decision_inputs

MOST_TOLD = 7
"""Accounts that are mailed of one report on each side: the ids of one decision suffice for both."""


def list_organisations(agent: Account) -> dict[str, str]:
    """List the buying organisations that have accounts, SIREN → name, for the team, which types one; none for others."""
    return name_organisations(parcours_table.list_all_account_lines()[0]) if agent.is_team else {}


@story
def declare(
    work: UnitOfWork,
    agent: Account,
    parcours_id: str,
    record: Record,
    *,
    seen: frozenset[str] = frozenset(),
    now: datetime,
) -> list[Line]:
    """Declare a new offer, under the id that the page drew. Repeating it is harmless.

    ``seen``: ids of the offers of this company that the page has shown. Where there are others at near dates, they are returned
    and nothing is declared.

    Raises:
        NotFound: this agent may not declare offers. OfferExists: the same offer exists already.
        ChangedMeanwhile: this page has declared another offer already.
    """
    by = decisions.find_declaring_role(agent)
    current = work.get(Parcours, parcours_id)
    if current is not None:
        acting_as(agent, Act.EDIT, current)
        if decisions.derive_offer_key(record) != offer_key(current):
            raise ChangedMeanwhile
        return []
    offer = decisions.build_offer(parcours_id, record, agent, now)
    step = decisions.create(offer, work.get(OfferKey, offer_key(offer)), by=by, inputs=decision_inputs(now))
    alike = [line for line in _list_alike(record) if line.id not in seen]
    if not alike:
        work.commit(accompanying.with_buyers_followed(work, step))
    return alike


def _list_alike(record: Record) -> list[Line]:
    """List the offers of the record's company, free or under way, in its organisation's lists around its notification."""
    contract = record.contract
    scopes = rows.list_organisation_scopes(contract.siren, contract.organisation)
    since = contract.notified_on - lists.ALIKE
    read = [parcours_table.list_lines(scopes, status, since=since)[0] for status in ONGOING]
    own = (line for lines in read for line in lines.values() if is_same_organisation(line, contract))
    return lists.list_alike(own, record.company.name, contract.notified_on)


def read_for(agent: Account, act: Act, parcours_id: str) -> Parcours:
    """Read a parcours with which this agent may do ``act``. Raises NotFound, NotYours, WrongStep."""
    return _load_for(UnitOfWork(), agent, act, parcours_id)[0]


def _load_for(work: UnitOfWork, agent: Account, act: Act, parcours_id: str) -> tuple[Parcours, Role]:
    """Load a parcours, and the role in which this agent may do ``act`` with it. Raises NotFound, NotYours, WrongStep."""
    parcours = work.get_one(Parcours, parcours_id)
    return parcours, acting_as(agent, act, parcours)


@story
def edit(
    work: UnitOfWork, agent: Account, parcours_id: str, record: Record, *, seen: int, now: datetime
) -> None:
    """Correct the record; ``seen``: ``edited`` of what was on the page.

    Raises:
        NotFound, NotYours. ChangedMeanwhile, OfferExists: see ``domain.record.edit``.
    """
    parcours, by = _load_for(work, agent, Act.EDIT, parcours_id)
    keys = OfferKeys(
        work.get(OfferKey, offer_key(parcours)), work.get(OfferKey, decisions.derive_offer_key(record))
    )
    step = decisions.edit(
        parcours, RecordAnswer(record, seen), keys, person=agent.id, by=by, inputs=decision_inputs(now)
    )
    _commit_edit(work, step, now)


@story
def set_contact(
    work: UnitOfWork, agent: Account, parcours_id: str, answer: ContactAnswer, *, now: datetime
) -> None:
    """Confirm a contact, or correct it. A live link keeps its recipient.

    Raises:
        NotFound, NotYours. ChangedMeanwhile: somebody edited it since.
    """
    parcours, by = _load_for(work, agent, Act.CONFIRM_CONTACTS, parcours_id)
    step = decisions.set_contact(parcours, answer, person=agent.id, by=by, inputs=decision_inputs(now))
    _commit_edit(work, step, now)


@story
def remove_contact(work: UnitOfWork, parcours_id: str, address: str, *, now: datetime) -> None:
    """Remove who has this address from the record of a parcours, on request."""
    parcours = work.get_one(Parcours, parcours_id)
    _commit_edit(work, decisions.remove_contact(parcours, address, decision_inputs(now)), now)


def _commit_edit(work: UnitOfWork, step: Transition, now: datetime) -> None:
    """Commit an edit of the record, with what follows from it for the buyer's account and an appointment."""
    work.commit_and_wake(inviting.with_invitations(work, accompanying.with_buyers_followed(work, step), now))


@story
def withdraw(
    work: UnitOfWork,
    agent: Account,
    parcours_id: str,
    reason: Reason,
    *,
    seen: int | None = None,
    now: datetime,
) -> None:
    """Withdraw the offer: nobody can take it any more. ``seen``: the revision that was shown; None: any.

    Raises:
        NotFound, NotYours. FieldInvalid, WrongStep: see ``domain.record.withdraw``. ChangedMeanwhile: it is neither as it was
            shown nor as asked.
    """
    page = parcours_table.read_page(parcours_id)
    role = acting_as(agent, Act.WITHDRAW, page.parcours)
    step = decisions.withdraw(page.parcours, reason, page.events, by=role, inputs=decision_inputs(now))
    if step and seen not in {None, page.parcours.revision}:
        raise ChangedMeanwhile
    work.commit(step)


@story
def offer_again(work: UnitOfWork, agent: Account, parcours_id: str, *, now: datetime) -> None:
    """Propose the offer again.

    Raises:
        NotFound, NotYours. WrongStep: it is not withdrawn, or its contract is over.
    """
    parcours, role = _load_for(work, agent, Act.WITHDRAW, parcours_id)
    work.commit(decisions.offer_again(parcours, day_of(now), by=role, inputs=decision_inputs(now)))


@story
def report(work: UnitOfWork, agent: Account, parcours_id: str, reason: Reason, *, now: datetime) -> None:
    """Report the offer to those who follow it for the buyer and to the team; nothing when this agent did so today.

    Raises:
        NotFound, NotYours, WrongStep. FieldInvalid: see ``domain.record.report``. TooMany: ten others were reported today.
    """
    parcours, roster = work.get_one(Parcours, parcours_id), Roster()
    answer = Report(reason, agent.id, acting_as(agent, Act.REPORT, parcours))
    buyers = [parcours.buyer] if parcours.buyer else roster.list_buyers(parcours.contract)
    to = [*buyers[:MOST_TOLD], *roster.list_team()[:MOST_TOLD]]
    step = decisions.report(parcours, answer, to, decision_inputs(now))
    counted = quotas.use_report(agent.id, parcours_id, now)
    with suppress(KeyUsed):
        work.commit_and_wake(counted + step + quotas.use(quotas.REPORT, agent.id, now))


def may_see(agent: Account, parcours_id: str) -> bool:
    """Whether this agent may open this parcours."""
    parcours = UnitOfWork().get(Parcours, parcours_id)
    return parcours is not None and may(agent, Act.VIEW, parcours)
