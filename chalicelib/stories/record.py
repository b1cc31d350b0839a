"""The record of an offer: declared, corrected, its contacts confirmed, withdrawn and proposed again."""

from datetime import datetime

from chalicelib.domain import record as decisions
from chalicelib.domain import record as record_rules
from chalicelib.domain.kernel.attempt import OfferKey, offer_key
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.parcours import BuyerContact, CompanyContact, Parcours
from chalicelib.domain.kernel.people import Account, Act, acting_as, may, role_on
from chalicelib.domain.kernel.texts import plainly
from chalicelib.domain.kernel.timeline import Interlocutor, Reason
from chalicelib.domain.kernel.transition import Transition
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.record import Record
from chalicelib.errors import ChangedMeanwhile, NotFound
from chalicelib.stores import items, parcours, tables, transactions
from chalicelib.stories.kit import accompanying, inviting
from chalicelib.stories.kit.committing import commit
from chalicelib.stories.kit.draws import draw


def check_declaring(agent: Account) -> None:
    """Check that this agent may declare offers.

    Raises:
        NotFound: she declares no offers.
    """
    decisions.declares_as(agent)


def organisations(agent: Account) -> tuple[str, ...]:
    """The buying organisations of the accounts, as they are spelt there, for whoever types one: the team."""
    found = parcours.everybody()[0] if agent.is_team else []
    spelt = {str(row["organisation"]) for row in found if "organisation" in row}
    return tuple(sorted(spelt, key=plainly))


def declare(agent: Account, parcours_id: str, record: Record, *, now: datetime) -> None:
    """A new offer, under the id that the page drew: pressing twice declares once.

    Raises:
        NotFound: she declares none. OfferExists: the same offer stands already.
        ChangedMeanwhile: this page has declared another offer already.
    """
    by = decisions.declares_as(agent)

    def decide() -> Transition:
        stands = _head(parcours_id)
        if stands is not None:
            acting_as(agent, Act.EDIT, stands)
            if decisions.key_of(record, stands) != offer_key(stands):
                raise ChangedMeanwhile
            return Transition.nothing()
        offer = decisions.offer_of(parcours_id, record, agent, now)
        return accompanying.buyers_followed(
            decisions.create(offer, _key(offer_key(offer)), by=by, draw=draw(now))
        )

    transactions.settle(decide)


def to_edit(agent: Account, parcours_id: str) -> Parcours:
    """The parcours, for somebody who may edit its record.

    Raises:
        NotFound, NotYours: not hers to do; so for the three below.
    """
    return _open_for(agent, Act.EDIT, parcours_id)


def to_confirm(agent: Account, parcours_id: str) -> Parcours:
    """The parcours, for somebody who may confirm its contacts."""
    return _open_for(agent, Act.CONFIRM_CONTACTS, parcours_id)


def to_assign(agent: Account, parcours_id: str) -> Parcours:
    """The parcours, for somebody who may say who accompanies."""
    return _open_for(agent, Act.ASSIGN, parcours_id)


def to_withdraw(agent: Account, parcours_id: str) -> Parcours:
    """The parcours, for somebody who may withdraw its offer."""
    return _open_for(agent, Act.WITHDRAW, parcours_id)


def _open_for(agent: Account, act: Act, parcours_id: str) -> Parcours:
    head = parcours.head(parcours_id)
    acting_as(agent, act, head)
    return head


def edit(agent: Account, parcours_id: str, record: Record, *, seen: int, now: datetime) -> None:
    """The record as corrected; ``seen``: ``edited`` of what was on the page.

    Raises:
        NotFound: not hers. ChangedMeanwhile, OfferExists: see ``domain.record.edit``.
    """

    def decide() -> Transition:
        head = to_edit(agent, parcours_id)
        step = decisions.edit(
            head,
            record,
            seen=seen,
            mine=_key(offer_key(head)),
            taken=_key(decisions.key_of(record, head)),
            person=agent.id,
            by=_role(agent, head),
            draw=draw(now),
        )
        return inviting.with_invitations(accompanying.buyers_followed(step), now)

    commit(decide)


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
    """A contact is confirmed (None: as it stands), or corrected. A live link stays where it went.

    Raises:
        NotFound: not hers. ChangedMeanwhile: somebody edited it since.
    """

    def decide() -> Transition:
        head = to_confirm(agent, parcours_id)
        step = decisions.set_contact(
            head,
            about,
            contact,
            seen=seen,
            reached_on=day_of(now) if reached else None,
            person=agent.id,
            by=_role(agent, head),
            draw=draw(now),
        )
        return inviting.with_invitations(accompanying.buyers_followed(step), now)

    commit(decide)


def withdraw(agent: Account, parcours_id: str, reason: Reason, *, now: datetime) -> None:
    """Nobody can take the offer any more.

    Raises:
        NotFound: not hers. FieldInvalid, WrongStep: see ``domain.withdrawing``.
    """

    def decide() -> Transition:
        head = to_withdraw(agent, parcours_id)
        return record_rules.withdraw(head, reason, by=_role(agent, head), draw=draw(now))

    transactions.settle(decide)


def offer_again(agent: Account, parcours_id: str, *, now: datetime) -> None:
    """The offer is free again.

    Raises:
        NotFound: not hers. WrongStep: it is not withdrawn, or its contract is over.
    """

    def decide() -> Transition:
        head = to_withdraw(agent, parcours_id)
        return record_rules.offer_again(head, day_of(now), by=_role(agent, head), draw=draw(now))

    transactions.settle(decide)


def may_see(agent: Account, parcours_id: str) -> bool:
    """Whether this person may open this parcours."""
    found = _head(parcours_id)
    return found is not None and may(agent, Act.VIEW, found)


def _head(parcours_id: str) -> Parcours | None:
    return tables.record(Parcours, items.parcours_key(parcours_id))


def _key(key: str) -> OfferKey | None:
    return tables.record(OfferKey, items.offer_key(key))


def _role(agent: Account, head: Parcours) -> Role:
    role = role_on(agent, head)
    if role is None:
        raise NotFound
    return role
