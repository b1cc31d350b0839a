"""The *fiche* of an offer: create and edit it, read it from typed fields, report changed contacts, withdraw it.

Nothing in it is about a young person.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import TypeVar

from chalicelib.domain.kernel import address, territory, texts
from chalicelib.domain.kernel.attempt import OfferKey, declare, offer_key
from chalicelib.domain.kernel.parcours import (
    BuyerContact,
    Company,
    CompanyContact,
    Contact,
    ContactRole,
    Contract,
    Parcours,
    ParcoursStatus,
    Placement,
)
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.retention import RetentionPolicy
from chalicelib.domain.kernel.texts import same_name
from chalicelib.domain.kernel.timeline import Event, EventKind, Interlocutor, Reason
from chalicelib.domain.kernel.transition import Change, Draw, MailKind, OutboxMail, Transition
from chalicelib.domain.kernel.values import Aggregate, Role, Value
from chalicelib.errors import ChangedMeanwhile, FieldInvalid, NotFound, OfferExists, WrongStep

ADDED, REMOVED = "added", "removed"
PARTS = ("address", "phone")
"""What leads to a person: who writes or telephones to the wrong one is misled."""


def contact_changes(before: Parcours, after: Parcours) -> tuple[str, ...]:
    """``<interlocutor>.<part>`` for each address or telephone that is another, ``….added``, ``….removed``."""
    old, new = _people(before), _people(after)
    found = []
    for about in Interlocutor:
        was, stands = old.get(about), new.get(about)
        if was is None or stands is None:
            parts = [] if was is stands else [ADDED if stands else REMOVED]
        else:
            parts = [part for part in PARTS if getattr(was, part) != getattr(stands, part)]
        found += [f"{about.value}.{part}" for part in parts]
    return tuple(found)


def contacts_notice(
    before: Parcours, after: Parcours, person: str, key: str, draw: Draw
) -> tuple[OutboxMail, ...]:
    """The mail to the tutor of a passage under way; none when nobody accompanies, or nothing leads elsewhere.

    Args:
        person: account id of who changed it: the tutor too is told of what her own session did.
    """
    changed = contact_changes(before, after)
    if after.tutor is None or not changed:
        return ()
    mail = OutboxMail(
        key=key,
        kind=MailKind.CONTACTS_CHANGED,
        created_at=draw.now,
        account=after.tutor,
        about=person,
        contacts={after.id: changed},
    )
    return (mail,)


def grouped(mails: Iterable[OutboxMail], source: str) -> tuple[OutboxMail, ...]:
    """One mail for each tutor instead of one for each parcours, under a key derived from what changed them all.

    Args:
        source: of one import, the same for each of its parts.
    """
    found: dict[str, OutboxMail] = {}
    for mail in mails:
        key = hashlib.sha256(f"{source}|{mail.account}".encode()).hexdigest()[:32]
        found[key] = merged(found[key], mail) if key in found else mail.but(key=key)
    return tuple(found.values())


def merged(waiting: OutboxMail, more: OutboxMail) -> OutboxMail:
    """The mail that waits, telling this too."""
    said = dict(waiting.contacts)
    for parcours, codes in more.contacts.items():
        said[parcours] = tuple(dict.fromkeys((*said.get(parcours, ()), *codes)))
    return waiting.but(contacts=said)


def named_contacts(head: Parcours, about: Interlocutor) -> Contact | None:
    """Whom the record names for this interlocutor."""
    return _people(head).get(about)


def _people(head: Parcours) -> dict[Interlocutor, Contact]:
    contacts = head.company.contacts
    found: dict[Interlocutor, Contact] = {
        Interlocutor(one.role.value): one for one in contacts if one.role.is_known
    }
    if head.buyer_contact is not None:
        found[Interlocutor.BUYER] = head.buyer_contact
    return found


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
    return contacts_notice(head.before, head.after, person, draw.id(), draw)


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


HOURS = re.compile(r"[0-9]{1,4}")
MOST_HOURS = 2000
MOST_OBJECT = 200
MOST_TASKS = 500
MOST_SHORT = 40
WEBSITE = re.compile(r"(?:https?://)?[^\s/@:]+\.[^\s/@:]{2,}(?:/\S*)?")

CONTACT_PREFIXES = {ContactRole.ANSWERS_TENDER: "repond", ContactRole.WELCOMES: "accueille"}
BUYER_PREFIX = "acheteur"
CONTACT_PARTS = ("nom", "fonction", "courriel", "tel", "verifie")
_PLAIN = (
    "entreprise", "siret", "secteur", "site", "service", "objet", "detail", "numero", "lot", "notifie_le", "fin_le",
    "reconduction_le", "heures", "adresse", "commune", "departement", "domaine", "taches",
)  # fmt: skip
FIELDS = frozenset(_PLAIN) | {
    f"{prefix}_{part}" for prefix in (*CONTACT_PREFIXES.values(), BUYER_PREFIX) for part in CONTACT_PARTS
}
"""Every field of the form but the organisation, which only some may type."""

Read = TypeVar("Read")


class Reading:
    """One form being read: what is wrong is kept by field, and reading goes on."""

    def __init__(self, typed: Mapping[str, str]) -> None:
        self.typed = typed
        self.wrong: dict[str, str] = {}
        """Field → reason, a code that has its sentence."""

    def take(self, read: Callable[[], Read], instead: Read) -> Read:
        """What ``read`` gives, or ``instead`` when the field cannot be taken."""
        try:
            return read()
        except FieldInvalid as refusal:
            self.refuse(refusal)
            return instead

    def refuse(self, refusal: FieldInvalid) -> None:
        """Say what is wrong with a field; the first reason stays."""
        self.wrong.setdefault(str(refusal.facts["field"]), str(refusal.facts["reason"]))

    def line(self, field: str, most: int, *, required: bool = True, breaks: bool = False) -> str:
        return self.take(
            lambda: texts.one_line(self.typed[field], field, most=most, required=required, breaks=breaks), ""
        )

    def optional(self, field: str, most: int) -> str | None:
        return self.line(field, most, required=False) or None

    def trade_name(self, field: str) -> str:
        return self.take(lambda: texts.trade_name(self.typed[field], field), "")

    def day(self, field: str, *, required: bool = True) -> date | None:
        return self.take(lambda: typed_day(self.typed[field], field, required=required), None)


def typed_day(typed: str, field: str, *, required: bool = True) -> date | None:
    """A day as browsers send it: ``2026-05-12`` and nothing else.

    Raises:
        FieldInvalid: ``record_day``: no such day; ``missing_text``: none where one is needed.
    """
    if not typed:
        if required:
            raise FieldInvalid(field, "missing_text")
        return None
    day = texts.day(typed)
    if day is None:
        raise FieldInvalid(field, "record_day")
    return day


def hours_of(typed: str, field: str) -> int:
    """A whole number of hours, 1 to 2 000.

    Raises:
        FieldInvalid: ``hours``.
    """
    if not HOURS.fullmatch(typed) or not 1 <= int(typed) <= MOST_HOURS:
        raise FieldInvalid(field, "hours")
    return int(typed)


def website_of(typed: str, field: str) -> str | None:
    """A web address without spaces; None when there is none.

    Raises:
        FieldInvalid: ``website``.
    """
    text = texts.one_line(typed, field, most=MOST_OBJECT, required=False, links=True)
    if text and not WEBSITE.fullmatch(text):
        raise FieldInvalid(field, "website")
    return text or None


def read_record(
    typed: Mapping[str, str],
    organisation: str | None,
    stands: Parcours | None,
    today: date,
    keep: RetentionPolicy,
) -> tuple[Record | None, dict[str, str]]:
    """The record that a form tells, or what is wrong with it.

    Args:
        organisation: the buying organisation; None: typed in ``organisme``.
        stands: the record being edited, whose unseen facts are kept; ``today``: in Paris.
        keep: how long a contract that is over is kept: one past that is refused rather than lost.
    Returns:
        The record and nothing wrong, or None and field → reason.
    """
    form = Reading(typed)
    contract = _contract(form, organisation or form.trade_name("organisme"), stands)
    placement = _placement(form)
    company = Company(
        name=form.trade_name("entreprise"),
        siret=form.take(lambda: texts.siret(typed["siret"], "siret"), None),
        sector=form.optional("secteur", texts.MOST_NAME),
        website=form.take(lambda: website_of(typed["site"], "site"), None),
        contacts=tuple(
            contact
            for role, prefix in CONTACT_PREFIXES.items()
            if (contact := company_contact(form, prefix, role, today))
        ),
    )
    buyer_contact = buyer(form, BUYER_PREFIX, today)
    if contract is not None and not keep.keeps_contract(contract.renewal_ends_on or contract.ends_on, today):
        last = "reconduction_le" if contract.renewal_ends_on else "fin_le"
        form.refuse(FieldInvalid(last, "contract_not_kept"))
    if form.wrong or contract is None or placement is None:
        return None, form.wrong
    found = Record(company=company, contract=contract, placement=placement, buyer_contact=buyer_contact)
    return found, {}


def _contract(form: Reading, organisation: str, stands: Parcours | None) -> Contract | None:
    same = stands is not None and texts.same_name(stands.contract.organisation, organisation)
    before = stands.contract if stands and same else None
    notified, ends = form.day("notifie_le"), form.day("fin_le")
    renewal = form.day("reconduction_le", required=False)
    name = form.line("objet", MOST_OBJECT)
    detail = form.optional("detail", MOST_OBJECT)
    number, lot = form.optional("numero", MOST_SHORT), form.optional("lot", MOST_SHORT)
    service = form.optional("service", texts.MOST_NAME)
    if notified and ends and ends < notified:
        form.refuse(FieldInvalid("fin_le", "end_before_start"))
    if ends and renewal and renewal < ends:
        form.refuse(FieldInvalid("reconduction_le", "renewal_before_end"))
    if form.wrong or notified is None or ends is None:
        return None
    return Contract(
        object=name,
        detail=detail,
        number=number,
        lot=lot,
        organisation=organisation,
        organisation_kind=before.organisation_kind if before else None,
        organisation_siret=before.organisation_siret if before else None,
        prescriber_service=service,
        notified_on=notified,
        ends_on=ends,
        renewal_ends_on=renewal,
    )


def _placement(form: Reading) -> Placement | None:
    code, domain = form.typed["departement"], form.typed["domaine"]
    if code not in territory.DEPARTEMENTS:
        form.refuse(FieldInvalid("departement", "which_departement"))
    if domain not in territory.DOMAINES:
        form.refuse(FieldInvalid("domaine", "which_domaine"))
    hours = form.take(lambda: hours_of(form.typed["heures"], "heures"), 0)
    place, town = form.line("adresse", MOST_OBJECT), form.line("commune", texts.MOST_NAME)
    tasks = form.line("taches", MOST_TASKS, breaks=True)
    if form.wrong:
        return None
    academie = territory.academie_of(code)
    return Placement(
        hours=hours,
        place=place,
        town=town,
        departement=code,
        academie=academie,
        region=territory.region_of(academie),
        domain=domain,
        tasks=tasks,
    )


def company_contact(form: Reading, prefix: str, role: ContactRole, today: date) -> CompanyContact | None:
    """One contact of the company; None when nothing of it is typed, or something is wrong."""
    found = _contact(form, prefix, today)
    return CompanyContact(role=role, **found) if found else None  # type: ignore[arg-type]


def buyer(form: Reading, prefix: str, today: date) -> BuyerContact | None:
    """The buyer's contact; None when nothing of it is typed, or something is wrong."""
    found = _contact(form, prefix, today)
    return BuyerContact(**found) if found else None  # type: ignore[arg-type]


def _contact(form: Reading, prefix: str, today: date) -> dict[str, object] | None:
    typed = {part: form.typed.get(f"{prefix}_{part}", "") for part in CONTACT_PARTS}
    if not any(one.strip() for one in typed.values()):
        return None
    verified = form.take(lambda: typed_day(typed["verifie"], f"{prefix}_verifie", required=False), None)
    if verified and verified > today:
        form.refuse(FieldInvalid(f"{prefix}_verifie", "future_day"))
    return {
        "name": form.take(lambda: texts.name(typed["nom"], f"{prefix}_nom"), "?"),
        "function": form.take(lambda: texts.function(typed["fonction"], f"{prefix}_fonction"), ""),
        "address": form.take(lambda: address.normalise(typed["courriel"], f"{prefix}_courriel"), "?"),
        "phone": form.take(lambda: texts.phone(typed["tel"], f"{prefix}_tel"), None),
        "verified_on": verified,
    }


def typed_of(head: Parcours) -> dict[str, str]:
    """The record as its form shows it: the fields of ``FIELDS``, and ``organisme``."""
    contract, place = head.contract, head.placement
    plain: dict[str, object] = {
        "entreprise": head.company.name,
        "siret": head.company.siret,
        "secteur": head.company.sector,
        "site": head.company.website,
        "organisme": contract.organisation,
        "service": contract.prescriber_service,
        "objet": contract.object,
        "detail": contract.detail,
        "numero": contract.number,
        "lot": contract.lot,
        "notifie_le": contract.notified_on,
        "fin_le": contract.ends_on,
        "reconduction_le": contract.renewal_ends_on,
        "heures": place.hours,
        "adresse": place.place,
        "commune": place.town,
        "departement": place.departement,
        "domaine": place.domain,
        "taches": place.tasks,
    }
    for role, prefix in CONTACT_PREFIXES.items():
        plain |= _typed_contact(prefix, contact_of(head.company, role))
    plain |= _typed_contact(BUYER_PREFIX, head.buyer_contact)
    return {name: "" if value is None else str(value) for name, value in plain.items()}


def _typed_contact(prefix: str, contact: CompanyContact | BuyerContact | None) -> dict[str, object]:
    names = ("name", "function", "address", "phone", "verified_on")
    return {
        f"{prefix}_{part}": getattr(contact, name) if contact else None
        for part, name in zip(CONTACT_PARTS, names, strict=True)
    }


REASONS = (Reason.CONTRACT_ENDED, Reason.ACTIVITY_STOPPED, Reason.COMPANY_CHOICE, Reason.OTHER)
GONE = frozenset({ParcoursStatus.WITHDRAWN, ParcoursStatus.LAPSED})


def withdraw(parcours: Parcours, reason: Reason, *, by: Role, draw: Draw) -> Transition:
    """Nobody can take it any more; its history stays. ``draw``: one id.

    Raises:
        FieldInvalid: not one of ``REASONS``. WrongStep: it is not free.
    """
    if reason not in REASONS:
        raise FieldInvalid("motif", "reason")
    if parcours.status is not ParcoursStatus.AVAILABLE:
        raise WrongStep
    event = _offer_event(parcours, EventKind.PARCOURS_WITHDRAWN, by, draw, reason)
    head = parcours.telling(event, status=ParcoursStatus.WITHDRAWN, since=draw.now, moved=())
    return Transition(changes=(head,), events=(event,))


def can_offer_again(parcours: Parcours, today: date) -> bool:
    """Withdrawn or *échue*, and its contract runs (again, once its end was corrected)."""
    return parcours.status in GONE and today <= parcours.over_on


def offer_again(parcours: Parcours, today: date, *, by: Role, draw: Draw) -> Transition:
    """It is free again. ``draw``: one id.

    Raises:
        WrongStep: it is not withdrawn, or its contract is over.
    """
    if not can_offer_again(parcours, today):
        raise WrongStep
    event = _offer_event(parcours, EventKind.OFFER_DECLARED, by, draw, None)
    head = parcours.telling(event, status=ParcoursStatus.AVAILABLE, since=draw.now, moved=())
    return Transition(changes=(head,), events=(event,))


def _offer_event(parcours: Parcours, kind: EventKind, by: Role, draw: Draw, reason: Reason | None) -> Event:
    return Event(
        parcours=parcours.id,
        id=draw.id(),
        attempt=None,
        kind=kind,
        at=draw.now,
        actor=by,
        reason=reason,
    )
