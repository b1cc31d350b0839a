"""The *fiche*: what is known of an offer, declared and kept right by those entitled. Nothing in it is about a young person."""

from collections.abc import Mapping
from datetime import date, datetime

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
from chalicelib.domain.transition import Change, Draw, Transition
from chalicelib.domain.values import Role, Value
from chalicelib.errors import ChangedMeanwhile, NotFound, OfferExists

ACCOMPANY = frozenset({Role.TUTOR, Role.COORDINATOR})
"""Whose word on a contact lets a buyer pass a link on to it."""


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
        Change(one.before, one.after.but(buyer=buyers[one.after.id]))
        if isinstance(one.after, Parcours) and one.after.id in buyers
        else one
        for one in step.changes
    )
    return Transition(changes=changes, events=step.events, mails=step.mails)


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
    """The record as corrected. A live link stays where it went; nothing when nothing differs.

    Args:
        seen: ``edited`` of the record that was on the page; ``mine``: the key that stands for it now.
        taken: what stands at its new key; ``person``: id of the account that edits. ``draw``: one id.
    Raises:
        ChangedMeanwhile: somebody edited it since, and it does not stand as this record says.
        OfferExists: another offer is the same.
    """
    company = record.company.model_copy(
        update={
            "contacts": tuple(
                followed(parcours.company, one, person, draw) for one in record.company.contacts
            )
        }
    )
    buyer_contact = _buyer_followed(parcours.buyer_contact, record.buyer_contact)
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
    return Transition(changes=(head, *_key_moved(parcours, record, mine, taken)), events=(event,))


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


def followed(company: Company, contact: CompanyContact, person: str, draw: Draw) -> CompanyContact:
    """A contact as it shall stand: a new or changed address says since when and by whom, a changed one's « vérifié le » is void.

    A day of checking that was typed anew stays: whoever typed it checked the new address.
    """
    before = contact_of(company, contact.role)
    if before is not None and before.address == contact.address:
        kept = {name: getattr(before, name) for name in ("changed_at", "changed_by", "confirmed_by")}
        return contact.model_copy(update=kept)
    typed = contact.verified_on if before is None or contact.verified_on != before.verified_on else None
    put = {"verified_on": typed, "changed_at": draw.now, "changed_by": person, "confirmed_by": None}
    return contact.model_copy(update=put)


def _buyer_followed(before: BuyerContact | None, contact: BuyerContact | None) -> BuyerContact | None:
    if before is None or contact is None or before.address == contact.address:
        return contact
    verified = contact.verified_on if contact.verified_on != before.verified_on else None
    return contact.model_copy(update={"verified_on": verified})


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
        draw: one id.
    Raises:
        ChangedMeanwhile: somebody edited it since, or there is nobody to confirm.
    """
    if contact is None and seen != parcours.edited and not _confirmed_since(parcours, about, seen):
        raise ChangedMeanwhile  # what is confirmed was not on the page
    changes: dict[str, object]
    if about is Interlocutor.BUYER:
        changes = {"buyer_contact": _buyer_set(parcours, contact, reached_on)}
    else:
        company = _company_set(parcours, about, contact, reached_on, person, draw)
        if reached_on and by in ACCOMPANY:
            company = _confirmed(company, ContactRole(about.value), person)
        changes = {"company": company}
    if all(getattr(parcours, name) == value for name, value in changes.items()):
        return Transition.nothing()  # the second press of one who was the first
    if seen != parcours.edited:
        raise ChangedMeanwhile
    kind = EventKind.CONTACTS_CONFIRMED if reached_on else EventKind.OFFER_EDITED
    event = _event(parcours, kind, by, draw, about)
    head = parcours.telling(event, **changes, edited=parcours.edited + 1)
    return Transition(changes=(head,), events=(event,))


def _confirmed_since(parcours: Parcours, about: Interlocutor, seen: int) -> bool:
    """Whether the one edit since this page was shown is a press on the same button: the address is the one that was shown."""
    stands = None if about is Interlocutor.BUYER else contact_of(parcours.company, ContactRole(about.value))
    pressed = parcours.edited == seen + 1 and parcours.last_kind is EventKind.CONTACTS_CONFIRMED
    return pressed and stands is not None and stands.changed_at != parcours.last_at


def _buyer_set(
    parcours: Parcours, contact: CompanyContact | BuyerContact | None, reached_on: date | None
) -> BuyerContact:
    stands = contact if isinstance(contact, BuyerContact) else parcours.buyer_contact
    if stands is None:
        raise ChangedMeanwhile
    same = parcours.buyer_contact is not None and parcours.buyer_contact.address == stands.address
    kept = parcours.buyer_contact.verified_on if same and parcours.buyer_contact else None
    return stands.model_copy(update={"verified_on": reached_on or kept})


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
    stands = contact if isinstance(contact, CompanyContact) else before
    if stands is None:
        raise ChangedMeanwhile
    kept = before.verified_on if before else None
    stands = followed(parcours.company, stands.model_copy(update={"verified_on": kept}), person, draw)
    if reached_on:
        stands = stands.model_copy(update={"verified_on": reached_on})
    by_role = {one.role: one for one in parcours.company.contacts} | {role: stands}
    contacts = tuple(by_role[one] for one in ContactRole if one in by_role)
    return parcours.company.model_copy(update={"contacts": contacts})


def _confirmed(company: Company, role: ContactRole, person: str) -> Company:
    contacts = tuple(
        one.model_copy(update={"confirmed_by": person}) if one.role is role else one
        for one in company.contacts
    )
    return company.model_copy(update={"contacts": contacts})


def _event(
    parcours: Parcours, kind: EventKind, by: Role, draw: Draw, about: Interlocutor | None = None
) -> Event:
    return Event(
        parcours=parcours.id, id=draw.id(), attempt=None, kind=kind, at=draw.now, actor=by, contact=about
    )
