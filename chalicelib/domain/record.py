"""The record of an offer as decisions: declare, edit, correct a contact, withdraw, propose again; what a tutor is notified of."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import NamedTuple, TypeVar

from chalicelib.domain.fields import (
    CONTACT_FIELDS,
    IN_FORM,
    NAMED,
    Record,
    find_named_contact,
    list_typed_values,
)
from chalicelib.domain.kernel.address import fold
from chalicelib.domain.kernel.attempt import OfferKey, declare, offer_key
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.parcours import (
    WITHDRAWN,
    BuyerContact,
    Company,
    CompanyContact,
    Contact,
    ContactRole,
    How,
    Origin,
    Parcours,
    is_same_organisation,
)
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import Event, EventKind, Interlocutor, Reason, name_result
from chalicelib.domain.kernel.transition import Change, DecisionInputs, MailKind, OutboxMail, Transition
from chalicelib.domain.kernel.values import Aggregate, ParcoursStatus, Role
from chalicelib.errors import ChangedMeanwhile, FieldInvalid, NotFound, OfferExists, WrongStep

ADDED, REMOVED = "added", "removed"
REASONS = (Reason.CONTRACT_ENDED, Reason.ACTIVITY_STOPPED, Reason.COMPANY_CHOICE, Reason.OTHER)
"""Why an offer may be withdrawn."""
REPORTS = (
    Reason.OFFER_UNKNOWN,
    Reason.OFFER_TWICE,
    Reason.OFFER_INEXACT,
    Reason.OFFER_UNSUITABLE,
    Reason.OFFER_TELLS,
    Reason.ACTIVITY_STOPPED,
)
"""Why an offer may be reported."""
GONE = frozenset({ParcoursStatus.WITHDRAWN, ParcoursStatus.LAPSED})
MISLEADING = tuple(field.attribute for field in CONTACT_FIELDS if field.misleads)

Named = TypeVar("Named", CompanyContact, BuyerContact)


def find_declaring_role(person: Account) -> Role:
    """Return the role in which this person declares offers. Raises NotFound for somebody who may declare none."""
    if person.closed_at is not None:
        raise NotFound
    if person.is_team:
        return Role.TEAM
    for role in (Role.BUYER, Role.PRESCRIBER):
        if role in person.roles and person.organisation:
            return role
    raise NotFound


def build_free_offer(
    parcours_id: str,
    record: Record,
    declared: Origin,
    kind: EventKind = EventKind.OFFER_DECLARED,
    buyer: str | None = None,
) -> Parcours:
    """Make the free offer of a record, each of whose addresses is ``declared`` with it.

    ``buyer``: id of the account that follows it for the buyer.
    """
    company, named = record.company, record.buyer_contact
    contacts = tuple(replace(contact, origin=declared, phone_untouched=True) for contact in company.contacts)
    return Parcours(
        id=parcours_id,
        status=ParcoursStatus.AVAILABLE,
        company=replace(company, contacts=contacts),
        contract=record.contract,
        placement=record.placement,
        buyer_contact=replace(named, origin=declared) if named else None,
        buyer=buyer,
        buyer_origin=declared if buyer else None,
        since=declared.at,
        last_kind=kind,
        last_at=declared.at,
    )


def build_offer(parcours_id: str, record: Record, person: Account, now: datetime) -> Parcours:
    """Make the free offer of a record, followed by the buyer who declares it."""
    role = find_declaring_role(person)
    declared = Origin(how=How.DECLARED, at=now, by=role, person=person.id)
    return build_free_offer(parcours_id, record, declared, buyer=person.id if role is Role.BUYER else None)


def create(offer: Parcours, taken: OfferKey | None, *, by: Role, inputs: DecisionInputs) -> Transition:
    """Declare a new offer. ``taken``: the stored offer key, if another offer has it. Raises OfferExists then."""
    if taken is not None:
        raise OfferExists(parcours=taken.parcours)
    return declare(offer, inputs.draw_id(), by=by)


def list_values_to_redo(offer: Parcours, person: str) -> dict[str, str]:
    """Return the values of an offer with which the form of another one of its contract begins: name of the field → text.

    ``detail`` is left out, by which two offers of one company and lot differ, and so is when contacts were verified: that is of
    the other offer. Of the contacts only those whose address this very
    account declared with the offer (``person``: its id): an address that somebody else put into the record would otherwise be
    declared anew, and trusted, by a person who never typed it.
    """
    left_out = {"detail", *(f"{named.prefix}_verifie" for named in NAMED)}
    for named in NAMED:
        contact = find_named_contact(offer, named.about)
        if contact is None or not _is_declared_by(contact, person):
            left_out |= {name for name, field in IN_FORM.items() if field.part == named.prefix}
        elif not contact.phone_untouched:
            left_out.add(f"{named.prefix}_tel")
    return {name: "" if name in left_out else value for name, value in list_typed_values(offer).items()}


def _is_declared_by(contact: Contact, person: str) -> bool:
    """Whether this account declared the contact's address with the offer, and nobody noted that its person has left."""
    origin = contact.origin
    is_own = origin is not None and origin.how is How.DECLARED and origin.person == person
    return is_own and not contact.is_gone


def derive_offer_key(record: Record) -> str:
    """Return the key under which an offer with this record is unique. The origin of contacts is no part of it."""
    nobody = Origin(how=How.DECLARED, at=datetime(2000, 1, 1, tzinfo=UTC), by=Role.SYSTEM)
    return offer_key(build_free_offer("", record, nobody))


class OfferKeys(NamedTuple):
    """The unique keys that matter to the edit of an offer, as they are stored."""

    current: OfferKey | None
    """Its present one,"""
    edited: OfferKey | None
    """and the one of the edited record, if this offer or another one has it."""


@dataclass(frozen=True, slots=True)
class RecordAnswer:
    """What the form of a record says."""

    record: Record
    seen: int
    """``edited`` of the record that was on the page."""


def edit(
    parcours: Parcours,
    answer: RecordAnswer,
    keys: OfferKeys,
    *,
    person: str,
    by: Role,
    inputs: DecisionInputs,
) -> Transition:
    """Correct the record, and notify the tutor of changed contacts; nothing when nothing differs.

    A live link keeps its recipient. When the organisation changes, the account that followed for the former buyer no longer does.

    Args:
        person: id of the account that edits; ``by``: its role.
    Raises:
        ChangedMeanwhile: the record was edited after the form was shown. OfferExists: another offer has the key of this record.
    """
    record, touched = answer.record, Origin(how=How.ADDED, at=inputs.now, by=by, person=person)
    company, named = record.company, record.buyer_contact
    contacts = (
        keep_contact_facts(find_contact(parcours.company, contact.role), contact, touched)
        for contact in company.contacts
        if contact not in company.further
    )
    after = replace(
        parcours,
        company=replace(company, contacts=parcours.company.contacts).with_first_contacts(*contacts),
        contract=record.contract,
        placement=record.placement,
        buyer_contact=keep_contact_facts(parcours.buyer_contact, named, touched) if named else None,
    )
    if after == parcours:
        return Transition.nothing()
    if answer.seen != parcours.edited:
        raise ChangedMeanwhile
    if not is_same_organisation(record.contract, parcours.contract):
        after = replace(after, buyer=None, buyer_origin=None)
    event = inputs.build_event(EventKind.OFFER_EDITED, parcours.id, None, by=by)
    step = _note_edit(parcours, after, event, person, inputs)
    return step + Transition(changes=_move_key(parcours, derive_offer_key(record), keys))


def remove_contact(parcours: Parcours, address: str, inputs: DecisionInputs) -> Transition:
    """Remove who has this address from the record: somebody asked for that. Nothing where nobody has it."""
    contacts = (contact for contact in parcours.company.contacts if fold(contact.address) != fold(address))
    buyer = parcours.buyer_contact
    after = replace(
        parcours,
        company=replace(parcours.company, contacts=tuple(contacts)),
        buyer_contact=None if buyer is not None and fold(buyer.address) == fold(address) else buyer,
    )
    if after == parcours:
        return Transition.nothing()
    event = inputs.build_event(EventKind.OFFER_EDITED, parcours.id, None, by=Role.SYSTEM)
    return _note_edit(parcours, after, event, None, inputs)


def _note_edit(
    parcours: Parcours, after: Parcours, event: Event, person: str | None, inputs: DecisionInputs
) -> Transition:
    """Return the transition that stores the edited parcours, with its event, its next ``edited``, and the tutor's notice.

    ``person``: id of the account that edits; None: a contact was removed on request.
    """
    after = replace(after.with_event(event), edited=parcours.edited + 1)
    mails = build_contacts_notice(parcours, after, person, inputs.draw_id(), inputs)
    return Transition.noting(event, Change(parcours, after), mails=mails)


def _move_key(parcours: Parcours, key: str, keys: OfferKeys) -> tuple[Change, ...]:
    """Return the changes that free the offer's former key and take ``key``. Raises OfferExists if another offer has that."""
    current, edited = keys
    if edited is not None and edited.parcours != parcours.id:
        raise OfferExists(parcours=edited.parcours)
    if current is not None and current.key == key:
        return ()
    freed = [Change(current, None)] if current is not None and current.parcours == parcours.id else []
    added = [Change(None, OfferKey(key=key, parcours=parcours.id))] if edited is None else []
    return (*freed, *added)


def keep_contact_facts(before: Named | None, contact: Named, touched: Origin) -> Named:
    """Carry over what is known of a contact while its address stays: when it was written to, its answer, its origin.

    At a new address all of that is dropped, with the former « vérifié le », and ``touched`` becomes its origin. A day of checking
    that was typed with the new address stays: it is the new address that was checked. Another name at the same address is
    somebody who has not left, but the number may be the former person's; another telephone number is not known to be wrong.
    """
    if before is not None and before.address == contact.address:
        is_unchanged = (contact.name, contact.phone) == (before.name, before.phone)
        return replace(
            contact,
            written_at=before.written_at,
            answered_at=before.answered_at,
            noted=_keep_results(before, contact),
            origin=before.origin,
            phone_untouched=before.phone_untouched and is_unchanged,
        )
    typed = contact.verified_on if before is None or contact.verified_on != before.verified_on else None
    how = How.CORRECTED if before is not None else How.ADDED
    contact = replace(contact, phone_untouched=False)
    origin = replace(touched, how=how)
    return replace(contact, written_at=None, answered_at=None, noted={}, verified_on=typed, origin=origin)


def _keep_results(before: Contact, contact: Contact) -> dict[str, datetime]:
    """Return the noted results that still hold for a contact whose address stayed."""
    outdated = set()
    if contact.name != before.name:
        outdated.add(Reason.CONTACT_GONE.value)
    if contact.phone != before.phone:
        outdated.add(Reason.WRONG_NUMBER.value)
    return {result: at for result, at in before.noted.items() if result not in outdated}


def note_result(parcours: Parcours, event: Event) -> Parcours:
    """Return the parcours whose contact bears the result that an event notes; unchanged where it speaks of nobody in the record.

    An event from before the address came into the record speaks of somebody else.
    """
    contact = find_named_contact(parcours, event.contact) if event.contact is not None else None
    if contact is None or not _is_about(event, contact):
        return parcours
    result = name_result(event)
    last_at = max(event.happened_at, contact.noted.get(result, event.happened_at))
    return _with_results(parcours, contact.address, contact.noted | {result: last_at})


def forget_result(parcours: Parcours, wrong: Event, others: Iterable[Event]) -> Parcours:
    """Return the parcours whose contact no longer bears the result of a wrong event; ``others``: the events that still hold."""
    result = name_result(wrong)
    contact = next(
        (contact for contact in parcours.named_contacts if contact.noted.get(result) == wrong.happened_at),
        None,
    )
    if contact is None:
        return parcours
    times = [
        event.happened_at
        for event in others
        if event.contact is wrong.contact and name_result(event) == result and _is_about(event, contact)
    ]
    kept = {code: at for code, at in contact.noted.items() if code != result}
    return _with_results(parcours, contact.address, kept | ({result: max(times)} if times else {}))


def note_withdrawal(parcours: Parcours, recipient: str, at: datetime) -> Parcours:
    """Return the parcours on which a sending to this recipient was withdrawn: it is not proposed again, nor gone to unasked."""
    parcours = replace(parcours, withdrawn_at=at)
    named = [contact for contact in parcours.named_contacts if fold(contact.address) == fold(recipient)]
    return _with_results(parcours, recipient, named[0].noted | {WITHDRAWN: at}) if named else parcours


def _is_about(event: Event, contact: Contact) -> bool:
    """Whether an event about this contact's role is about this contact: the address was in the record by then."""
    return contact.origin is None or day_of(contact.origin.at) <= day_of(event.happened_at)


def _with_results(parcours: Parcours, address: str, noted: dict[str, datetime]) -> Parcours:
    """Return the parcours in whose record every contact at this address, company's or buyer's, bears these results."""
    contacts = tuple(
        replace(contact, noted=noted) if fold(contact.address) == fold(address) else contact
        for contact in parcours.company.contacts
    )
    buyer = parcours.buyer_contact
    if buyer is not None and fold(buyer.address) == fold(address):
        buyer = replace(buyer, noted=noted)
    return replace(parcours, company=replace(parcours.company, contacts=contacts), buyer_contact=buyer)


def find_contact(company: Company, role: ContactRole) -> CompanyContact | None:
    """Return the company's contact in this role; None: there is none."""
    return next((contact for contact in company.contacts if contact.role is role), None)


def find_present_contact(company: Company) -> CompanyContact | None:
    """Return to whom to write where nobody of the company holds a link: who welcomes, else who answers the tender.

    None without such a contact, or where both are noted to have left.
    """
    in_order = (find_contact(company, role) for role in (ContactRole.WELCOMES, ContactRole.ANSWERS_TENDER))
    return next((contact for contact in in_order if contact is not None and not contact.is_gone), None)


@dataclass(frozen=True, slots=True)
class ContactAnswer:
    """What somebody says of one contact of the record."""

    about: Interlocutor
    contact: CompanyContact | BuyerContact | None
    """None: it is right as it is."""
    seen: int
    """``edited`` of what was on the page."""
    reached: bool
    """Whether this person was reached there today."""


def set_contact(
    parcours: Parcours, answer: ContactAnswer, *, person: str, by: Role, inputs: DecisionInputs
) -> Transition:
    """Confirm one contact, or correct it; nothing when that was done already. A live link keeps its recipient.

    ``person``: id of the account that answers; ``by``: its role.
    Raises:
        ChangedMeanwhile: the record was edited after the page was shown; or there is no such contact to confirm.
    """
    about, contact, seen = answer.about, answer.contact, answer.seen
    reached_on = day_of(inputs.now) if answer.reached else None
    current = find_named_contact(parcours, about)
    origin = Origin(how=How.CORRECTED, at=inputs.now, by=by, person=person)
    if contact is None and seen != parcours.edited and not _is_confirmed_since(parcours, current, seen):
        raise ChangedMeanwhile  # what is confirmed was not on the page
    if about is Interlocutor.BUYER:
        buyer_contact = contact if isinstance(contact, BuyerContact) else parcours.buyer_contact
        parcours_after = replace(
            parcours, buyer_contact=_apply_answer(parcours.buyer_contact, buyer_contact, reached_on, origin)
        )
    else:
        contact_before = find_contact(parcours.company, ContactRole(about.value))
        company_contact = contact if isinstance(contact, CompanyContact) else contact_before
        contact_after = _apply_answer(contact_before, company_contact, reached_on, origin)
        parcours_after = replace(parcours, company=parcours.company.with_contacts(contact_after))
    if parcours_after == parcours:
        return Transition.nothing()  # the second press of one who was the first
    if seen != parcours.edited:
        raise ChangedMeanwhile
    kind = EventKind.CONTACTS_CONFIRMED if reached_on else EventKind.OFFER_EDITED
    event = replace(inputs.build_event(kind, parcours.id, None, by=by), contact=about)
    return _note_edit(parcours, parcours_after, event, person, inputs)


def _is_confirmed_since(parcours: Parcours, current: Contact | None, seen: int) -> bool:
    """Whether the only edit since the page was shown confirmed a contact, and left this company contact's address untouched.

    ``seen``: ``edited`` of the record on the page; ``current``: the contact that is confirmed.
    """
    if parcours.edited != seen + 1 or parcours.last_kind is not EventKind.CONTACTS_CONFIRMED:
        return False
    touched_at = current.origin.at if current is not None and current.origin is not None else None
    return isinstance(current, CompanyContact) and touched_at != parcours.last_at


def _apply_answer(
    before: Named | None, contact: Named | None, reached_on: date | None, touched: Origin
) -> Named:
    """Return the contact as it is answered, verified on ``reached_on`` if somebody was reached.

    ``before``: as stored; ``contact``: as answered. Raises ChangedMeanwhile without a contact to confirm.
    """
    if contact is None:
        raise ChangedMeanwhile
    kept = before.verified_on if before else None
    after = keep_contact_facts(before, replace(contact, verified_on=kept), touched)
    if reached_on is None or (after == before and _is_confirmed(after, reached_on)):
        return after
    return replace(after, verified_on=reached_on, noted=after.noted | {Reason.REACHED.value: touched.at})


def _is_confirmed(contact: Contact, day: date) -> bool:
    """Whether this contact was confirmed on this day already, and nothing was noted against it since."""
    return contact.verified_on == day and not contact.is_gone and not contact.has_wrong_number


def withdraw(
    parcours: Parcours, reason: Reason, events: Sequence[Event], *, by: Role, inputs: DecisionInputs
) -> Transition:
    """Withdraw a free offer, for one of ``REASONS``; its history stays. Nothing when it was withdrawn for this very reason.

    ``events``: its timeline.
    Raises:
        FieldInvalid: another reason. WrongStep: the offer is not free.
    """
    if reason not in REASONS:
        raise FieldInvalid("motif", "reason")
    is_withdrawn = parcours.status is ParcoursStatus.WITHDRAWN
    if is_withdrawn and any(event.at == parcours.since and event.reason is reason for event in events):
        return Transition.nothing()
    if parcours.status is not ParcoursStatus.AVAILABLE:
        raise WrongStep
    event = inputs.build_event(EventKind.PARCOURS_WITHDRAWN, parcours.id, None, by=by, reason=reason)
    return _move_to(parcours, ParcoursStatus.WITHDRAWN, event)


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody says is wrong with an offer."""

    reason: Reason
    person: str
    """Account id of who says so,"""
    by: Role
    """and the role in which."""


def report(parcours: Parcours, answer: Report, to: Iterable[str], inputs: DecisionInputs) -> Transition:
    """Note that something is wrong with the offer, and mail who may put it right. No turn follows.

    ``to``: ids of the accounts that are mailed.
    Raises:
        FieldInvalid: another reason than ``REPORTS``.
    """
    if answer.reason not in REPORTS:
        raise FieldInvalid("motif", "reason")
    kind, reason = EventKind.OFFER_REPORTED, answer.reason
    event = inputs.build_event(kind, parcours.id, None, by=answer.by, reason=reason)
    mails = (
        inputs.build_mail(MailKind.OFFER_REPORTED, parcours=parcours.id, account=account) for account in to
    )
    return Transition.noting(
        event,
        Change(parcours, parcours.with_event(event)),
        mails=[replace(mail, about=answer.person, reason=reason) for mail in mails],
    )


def can_offer_again(parcours: Parcours, today: date) -> bool:
    """Whether the offer was withdrawn or has lapsed, and its contract is not over ``today``."""
    return parcours.status in GONE and today <= parcours.over_on


def offer_again(parcours: Parcours, today: date, *, by: Role, inputs: DecisionInputs) -> Transition:
    """Propose a withdrawn or lapsed offer again; nothing when it is free already. Raises WrongStep if it cannot be."""
    if parcours.status is ParcoursStatus.AVAILABLE:
        return Transition.nothing()
    if not can_offer_again(parcours, today):
        raise WrongStep
    event = inputs.build_event(EventKind.OFFER_DECLARED, parcours.id, None, by=by)
    return _move_to(parcours, ParcoursStatus.AVAILABLE, event)


def _move_to(parcours: Parcours, status: ParcoursStatus, event: Event) -> Transition:
    """Return the transition to a new status, with its event."""
    after = replace(parcours.with_event(event), status=status, since=event.at, moved=())
    return Transition.noting(event, Change(parcours, after))


def list_contact_changes(before: Parcours, after: Parcours) -> tuple[str, ...]:
    """List the changed contacts: ``<interlocutor>.<attribute>`` for another address or telephone, ``….added``, ``….removed``."""
    return tuple(
        f"{about.value}.{part}"
        for about in Interlocutor
        for part in _list_changed_parts(find_named_contact(before, about), find_named_contact(after, about))
    )


def _list_changed_parts(old: Contact | None, new: Contact | None) -> list[str]:
    """Return what differs between a contact before and after: ``added``, ``removed``, or the names of changed attributes."""
    if old is None and new is None:
        return []
    if old is None:
        return [ADDED]
    if new is None:
        return [REMOVED]
    return [part for part in MISLEADING if getattr(old, part) != getattr(new, part)]


def build_contacts_notice(
    before: Parcours, after: Parcours, person: str | None, key: str, inputs: DecisionInputs
) -> tuple[OutboxMail, ...]:
    """Build the mail that tells the tutor of changed contacts, in a tuple; empty without a tutor or such a change.

    ``person``: id of the account that made the change; a tutor is notified of changes from their own account too. None: a contact
    was removed on request. ``key``: of the mail.
    """
    changed = list_contact_changes(before, after)
    if after.tutor is None or not changed:
        return ()
    mail = inputs.build_mail(MailKind.CONTACTS_CHANGED, key=key, account=after.tutor)
    return (replace(mail, about=person, contacts={after.id: changed}),)


def is_buyer_of(account: Account, offer: Parcours) -> bool:
    """Whether this is an open buyer's account of the organisation of this offer."""
    is_buyer = account.closed_at is None and Role.BUYER in account.roles
    return is_buyer and is_same_organisation(account, offer.contract)


def with_buyers(step: Transition, buyers: Mapping[str, str]) -> Transition:
    """Return the transition with its offers followed by accounts of the buyer.

    ``buyers``: id of the parcours → id of the account; other parcours stay as they are.
    """
    changes = []
    for change in step.changes:
        offer = change.after
        if isinstance(offer, Parcours) and offer.id in buyers:
            change = Change(change.before, _follow_for_buyer(change.before, offer, buyers[offer.id]))
        changes.append(change)
    return replace(step, changes=tuple(changes))


def _follow_for_buyer(before: Aggregate | None, after: Parcours, buyer: str) -> Parcours:
    """Set the account that follows the offer; a new one gets the origin of the buyer's contact in the record."""
    if isinstance(before, Parcours) and before.buyer == buyer:
        return replace(after, buyer=buyer)
    origin = after.buyer_contact.origin if after.buyer_contact is not None else None
    return replace(after, buyer=buyer, buyer_origin=origin)


def hand_buyer_over(parcours: Parcours, buyer: str | None, at: datetime) -> Parcours:
    """Replace the account that follows for the buyer, which was closed, by ``buyer``; None: by nobody."""
    origin = Origin(how=How.INHERITED, at=at, by=Role.SYSTEM, person=buyer)
    return replace(parcours, buyer=buyer, buyer_origin=origin if buyer else None)
