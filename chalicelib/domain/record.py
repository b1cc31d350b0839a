"""The *fiche*: what is known of an offer, declared and kept right by those entitled. Nothing in it is about a young person."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import TypeVar

from chalicelib.domain import contact_changes
from chalicelib.domain.attempt import OfferKey, declare, offer_key
from chalicelib.domain.parcours import (
    BuyerContact,
    Company,
    CompanyContact,
    ContactRole,
    Contract,
    Parcours,
    ParcoursStatus,
    Placement,
)
from chalicelib.domain.people import Account
from chalicelib.domain.texts import same_name
from chalicelib.domain.timeline import Event, EventKind, Interlocutor
from chalicelib.domain.transition import Change, Draw, OutboxMail, Transition
from chalicelib.domain.values import Aggregate, Role, Value
from chalicelib.errors import ChangedMeanwhile, NotFound, OfferExists

Named = TypeVar("Named", CompanyContact, BuyerContact)


class Record(Value):
    """All that the form holds."""

    company: Company
    contract: Contract
    placement: Placement
    buyer_contact: BuyerContact | None = None


def declares_as(person: Account) -> Role:
    """The role in which this person declares offers.

    Raises:
        NotFound: she declares none.
    """
    if person.is_team and person.closed_at is None:
        return Role.TEAM
    for role in (Role.BUYER, Role.PRESCRIBER):
        if role in person.roles and person.organisation and person.closed_at is None:
            return role
    raise NotFound


def buys(account: Account, offer: Parcours) -> bool:
    """Whether this is the open account of a buyer of this offer's organisation."""
    hers = same_name(account.organisation, offer.contract.organisation)
    return account.closed_at is None and Role.BUYER in account.roles and hers


def followed_by(step: Transition, buyers: Mapping[str, str]) -> Transition:
    """The same transition, in which these accounts follow its offers for the buyer: id of the parcours → of the account."""
    changes = tuple(
        Change(one.before, _bought_by(one.before, one.after, buyers[one.after.id]))
        if isinstance(one.after, Parcours) and one.after.id in buyers
        else one
        for one in step.changes
    )
    return Transition(changes=changes, events=step.events, mails=step.mails)


def _bought_by(before: Aggregate | None, after: Parcours, buyer: str) -> Parcours:
    was = before.buyer if isinstance(before, Parcours) else buyer
    return after.but(buyer=buyer) if was == buyer else followed_anew(after, buyer, after.last_at)


def followed_anew(head: Parcours, buyer: str | None, at: datetime) -> Parcours:
    """The same parcours, followed for the buyer by another account than at its declaration: a sealer is warned of it."""
    return head.but(buyer=buyer, buyer_changed_at=at)


def offer_of(parcours_id: str, record: Record, person: Account, now: datetime) -> Parcours:
    """The free offer that this record tells, followed by the buyer who declares it.

    Raises:
        NotFound: she declares none.
    """
    return Parcours(
        id=parcours_id,
        status=ParcoursStatus.AVAILABLE,
        company=record.company,
        contract=record.contract,
        placement=record.placement,
        buyer_contact=record.buyer_contact,
        buyer=person.id if declares_as(person) is Role.BUYER else None,
        since=now,
        last_kind=EventKind.OFFER_DECLARED,
        last_at=now,
    )


def create(offer: Parcours, taken: OfferKey | None, *, by: Role, draw: Draw) -> Transition:
    """A new offer, unique by its key. ``taken``: what stands at that key; ``draw``: one id.

    Raises:
        OfferExists: the same offer stands already, under another id.
    """
    if taken is not None:
        raise OfferExists(parcours=taken.parcours)
    return declare(offer, draw.id(), by=by)


def key_of(record: Record, parcours: Parcours) -> str:
    """The key under which an offer with this record is unique."""
    return offer_key(parcours.but(company=record.company, contract=record.contract))


def edit(
    parcours: Parcours,
    record: Record,
    *,
    seen: int,
    mine: OfferKey | None,
    taken: OfferKey | None,
    person: str,
    by: Role,
    draw: Draw,
) -> Transition:
    """The record as corrected, its tutor told of changed contacts. A live link stays where it went; nothing when nothing differs.

    Args:
        seen: ``edited`` of the record that was on the page; ``mine``: the key that stands for it now.
        taken: what stands at its new key; ``person``: id of the account that edits. ``draw``: two ids.
    Raises:
        ChangedMeanwhile: somebody edited it since, and it does not stand as this record says.
        OfferExists: another offer is the same.
    """
    company = record.company.model_copy(
        update={
            "contacts": tuple(
                followed(contact_of(parcours.company, one.role), one, person, draw)
                for one in record.company.contacts
            )
        }
    )
    named = record.buyer_contact
    buyer_contact = followed(parcours.buyer_contact, named, person, draw) if named else None
    after = {
        "company": company,
        "contract": record.contract,
        "placement": record.placement,
        "buyer_contact": buyer_contact,
    }
    if all(getattr(parcours, name) == value for name, value in after.items()):
        return Transition.nothing()
    if seen != parcours.edited:
        raise ChangedMeanwhile
    moved = not same_name(record.contract.organisation, parcours.contract.organisation)
    event = _event(parcours, EventKind.OFFER_EDITED, by, draw)
    head = parcours.telling(
        event, **after, edited=parcours.edited + 1, buyer=None if moved else parcours.buyer
    )
    return Transition(
        changes=(head, *_key_moved(parcours, record, mine, taken)),
        events=(event,),
        mails=_notice(head, person, draw),
    )


def _notice(head: Change, person: str, draw: Draw) -> tuple[OutboxMail, ...]:
    assert isinstance(head.before, Parcours) and isinstance(head.after, Parcours)
    return contact_changes.notice(head.before, head.after, person, draw.id(1), draw)


def _key_moved(
    parcours: Parcours, record: Record, mine: OfferKey | None, taken: OfferKey | None
) -> tuple[Change, ...]:
    key = key_of(record, parcours)
    if taken is not None and taken.parcours != parcours.id:
        raise OfferExists(parcours=taken.parcours)
    if mine is not None and mine.key == key:
        return ()
    freed = (Change(mine, None),) if mine is not None and mine.parcours == parcours.id else ()
    return (*freed, *(() if taken else (Change(None, OfferKey(key=key, parcours=parcours.id)),)))


def followed(before: Named | None, contact: Named, person: str, draw: Draw) -> Named:
    """A contact as it shall stand: a new or changed address says since when and by whom, a changed one's « vérifié le » is void.

    A day of checking that was typed anew stays: whoever typed it checked the new address.
    """
    if before is not None and before.address == contact.address:
        kept = {name: getattr(before, name) for name in ("changed_at", "changed_by")}
        return contact.model_copy(update=kept)
    typed = contact.verified_on if before is None or contact.verified_on != before.verified_on else None
    put = {"verified_on": typed, "changed_at": draw.now, "changed_by": person}
    return contact.model_copy(update=put)


def contact_of(company: Company, role: ContactRole) -> CompanyContact | None:
    """The company's contact in this role."""
    return next((one for one in company.contacts if one.role is role), None)


def set_contact(
    parcours: Parcours,
    about: Interlocutor,
    contact: CompanyContact | BuyerContact | None,
    *,
    seen: int,
    reached_on: date | None,
    person: str,
    by: Role,
    draw: Draw,
) -> Transition:
    """One contact is confirmed (``contact`` None: as it stands), or corrected; a live link stays where it went.

    Args:
        seen: ``edited`` of what was on the page; ``reached_on``: the day somebody reached the person, else None.
        draw: two ids.
    Raises:
        ChangedMeanwhile: somebody edited it since, or there is nobody to confirm.
    """
    if contact is None and seen != parcours.edited and not _confirmed_since(parcours, about, seen):
        raise ChangedMeanwhile  # what is confirmed was not on the page
    changes: dict[str, object]
    if about is Interlocutor.BUYER:
        before = parcours.buyer_contact
        given = contact if isinstance(contact, BuyerContact) else before
        changes = {"buyer_contact": _set(before, given, reached_on, person, draw)}
    else:
        changes = {"company": _company_set(parcours, about, contact, reached_on, person, draw)}
    if all(getattr(parcours, name) == value for name, value in changes.items()):
        return Transition.nothing()  # the second press of one who was the first
    if seen != parcours.edited:
        raise ChangedMeanwhile
    kind = EventKind.CONTACTS_CONFIRMED if reached_on else EventKind.OFFER_EDITED
    event = _event(parcours, kind, by, draw, about)
    head = parcours.telling(event, **changes, edited=parcours.edited + 1)
    return Transition(changes=(head,), events=(event,), mails=_notice(head, person, draw))


def _confirmed_since(parcours: Parcours, about: Interlocutor, seen: int) -> bool:
    """Whether the one edit since this page was shown is a press on the same button: the address is the one that was shown."""
    stands = None if about is Interlocutor.BUYER else contact_of(parcours.company, ContactRole(about.value))
    pressed = parcours.edited == seen + 1 and parcours.last_kind is EventKind.CONTACTS_CONFIRMED
    return pressed and stands is not None and stands.changed_at != parcours.last_at


def _set(
    before: Named | None, contact: Named | None, reached_on: date | None, person: str, draw: Draw
) -> Named:
    if contact is None:
        raise ChangedMeanwhile
    kept = before.verified_on if before else None
    stands = followed(before, contact.model_copy(update={"verified_on": kept}), person, draw)
    return stands.model_copy(update={"verified_on": reached_on}) if reached_on else stands


def _company_set(
    parcours: Parcours,
    about: Interlocutor,
    contact: CompanyContact | BuyerContact | None,
    reached_on: date | None,
    person: str,
    draw: Draw,
) -> Company:
    role = ContactRole(about.value)
    before = contact_of(parcours.company, role)
    given = contact if isinstance(contact, CompanyContact) else before
    stands = _set(before, given, reached_on, person, draw)
    by_role = {one.role: one for one in parcours.company.contacts} | {role: stands}
    contacts = tuple(by_role[one] for one in ContactRole if one in by_role)
    return parcours.company.model_copy(update={"contacts": contacts})


def _event(
    parcours: Parcours, kind: EventKind, by: Role, draw: Draw, about: Interlocutor | None = None
) -> Event:
    return Event(
        parcours=parcours.id, id=draw.id(), attempt=None, kind=kind, at=draw.now, actor=by, contact=about
    )
