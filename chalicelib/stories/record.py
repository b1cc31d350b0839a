"""Declare an offer, correct its record, confirm its contacts, withdraw it and propose it again."""

from collections.abc import Callable
from datetime import datetime

from chalicelib.domain import record as decisions
from chalicelib.domain.fields import Record
from chalicelib.domain.kernel.attempt import OfferKey, offer_key
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.parcours import BuyerContact, CompanyContact, Parcours
from chalicelib.domain.kernel.people import Account, Act, acting_as, may
from chalicelib.domain.kernel.texts import plainly
from chalicelib.domain.kernel.timeline import Interlocutor, Reason
from chalicelib.domain.kernel.transition import Transition
from chalicelib.domain.kernel.values import Role
from chalicelib.errors import ChangedMeanwhile
from chalicelib.stores import items, parcours, tables, transactions
from chalicelib.stories.kit import accompanying, inviting
from chalicelib.stories.kit.deciding import commit_and_wake, draw


def organisations(agent: Account) -> tuple[str, ...]:
    """The buying organisations of the accounts, as they are spelt there, for the team, which types one."""
    found = parcours.everybody()[0] if agent.is_team else []
    spelt = {str(row["organisation"]) for row in found if "organisation" in row}
    return tuple(sorted(spelt, key=plainly))


def declare(agent: Account, parcours_id: str, record: Record, *, now: datetime) -> None:
    """Declare a new offer, under the id that the page drew: pressing twice declares once.

    Raises:
        NotFound: this agent declares none. OfferExists: the same offer exists already.
        ChangedMeanwhile: this page has declared another offer already.
    """
    by = decisions.declares_as(agent)

    def decide() -> Transition:
        current = _head(parcours_id)
        if current is not None:
            acting_as(agent, Act.EDIT, current)
            if decisions.key_of(record) != offer_key(current):
                raise ChangedMeanwhile
            return Transition.nothing()
        offer = decisions.offer_of(parcours_id, record, agent, now)
        step = decisions.create(offer, _key(offer_key(offer)), by=by, draw=draw(now))
        return accompanying.buyers_followed(step)

    transactions.settle(decide)


def to_edit(agent: Account, parcours_id: str) -> Parcours:
    """The parcours, for an agent who may edit its record."""
    return _open_for(agent, Act.EDIT, parcours_id)[0]


def to_confirm(agent: Account, parcours_id: str) -> Parcours:
    """The parcours, for an agent who may confirm its contacts."""
    return _open_for(agent, Act.CONFIRM_CONTACTS, parcours_id)[0]


def to_assign(agent: Account, parcours_id: str) -> Parcours:
    """The parcours, for an agent who may choose its tutor."""
    return _open_for(agent, Act.ASSIGN, parcours_id)[0]


def to_withdraw(agent: Account, parcours_id: str) -> Parcours:
    """The parcours, for an agent who may withdraw its offer."""
    return _open_for(agent, Act.WITHDRAW, parcours_id)[0]


def _open_for(agent: Account, act: Act, parcours_id: str) -> tuple[Parcours, Role]:
    """The parcours, and the role in which this agent does this with it. Raises NotFound, NotYours."""
    head = parcours.head(parcours_id)
    return head, acting_as(agent, act, head)


def edit(agent: Account, parcours_id: str, record: Record, *, seen: int, now: datetime) -> None:
    """Correct the record; ``seen``: ``edited`` of what was on the page.

    Raises:
        NotFound, NotYours. ChangedMeanwhile, OfferExists: see ``domain.record.edit``.
    """

    def decide(head: Parcours, by: Role) -> Transition:
        mine, taken = _key(offer_key(head)), _key(decisions.key_of(record))
        return decisions.edit(
            head, record, seen=seen, mine=mine, taken=taken, person=agent.id, by=by, draw=draw(now)
        )

    _change(agent, parcours_id, Act.EDIT, decide, now)


def set_contact(
    agent: Account,
    parcours_id: str,
    about: Interlocutor,
    contact: CompanyContact | BuyerContact | None,
    *,
    seen: int,
    reached: bool,
    now: datetime,
) -> None:
    """Confirm a contact (None: as it is), or correct it. A live link keeps its recipient.

    Raises:
        NotFound, NotYours. ChangedMeanwhile: somebody edited it since.
    """
    reached_on = day_of(now) if reached else None

    def decide(head: Parcours, by: Role) -> Transition:
        return decisions.set_contact(
            head, about, contact, seen=seen, reached_on=reached_on, person=agent.id, by=by, draw=draw(now)
        )

    _change(agent, parcours_id, Act.CONFIRM_CONTACTS, decide, now)


def _change(
    agent: Account,
    parcours_id: str,
    act: Act,
    decide: Callable[[Parcours, Role], Transition],
    now: datetime,
) -> None:
    """Commit an edit of the record, with what follows from it for the buyer's account and an appointment."""

    def whole() -> Transition:
        step = decide(*_open_for(agent, act, parcours_id))
        return inviting.with_invitations(accompanying.buyers_followed(step), now)

    commit_and_wake(whole)


def withdraw(agent: Account, parcours_id: str, reason: Reason, *, now: datetime) -> None:
    """Withdraw the offer: nobody can take it any more.

    Raises:
        NotFound, NotYours. FieldInvalid, WrongStep: see ``domain.record.withdraw``.
    """

    def decide() -> Transition:
        page = parcours.page(parcours_id)
        role = acting_as(agent, Act.WITHDRAW, page.parcours)
        return decisions.withdraw(page.parcours, reason, page.events, by=role, draw=draw(now))

    transactions.settle(decide)


def offer_again(agent: Account, parcours_id: str, *, now: datetime) -> None:
    """Propose the offer again.

    Raises:
        NotFound, NotYours. WrongStep: it is not withdrawn, or its contract is over.
    """

    def decide() -> Transition:
        head, role = _open_for(agent, Act.WITHDRAW, parcours_id)
        return decisions.offer_again(head, day_of(now), by=role, draw=draw(now))

    transactions.settle(decide)


def may_see(agent: Account, parcours_id: str) -> bool:
    """Whether this agent may open this parcours."""
    found = _head(parcours_id)
    return found is not None and may(agent, Act.VIEW, found)


def _head(parcours_id: str) -> Parcours | None:
    return tables.record(Parcours, items.parcours_key(parcours_id))


def _key(key: str) -> OfferKey | None:
    return tables.record(OfferKey, items.offer_key(key))
