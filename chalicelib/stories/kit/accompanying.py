"""Look up the people around a parcours: whose turn it is, who accompanies, who sealed, buyers, how an organisation sends."""

from datetime import datetime

from chalicelib import clock, config, terms
from chalicelib.domain import fields, record
from chalicelib.domain.accounts import managing
from chalicelib.domain.accounts.managing import Organisation
from chalicelib.domain.case import Case
from chalicelib.domain.kernel import address
from chalicelib.domain.kernel.attempt import Attempt, find_side_to_notify
from chalicelib.domain.kernel.delivery import Mailbox
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import Contact, OfOrganisation, Parcours
from chalicelib.domain.kernel.people import Account, AddressKey, role_on
from chalicelib.domain.kernel.timeline import Interlocutor
from chalicelib.domain.kernel.transition import OutboxMail, Transition
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.parcours import texting, turns
from chalicelib.domain.parcours.texting import Reader
from chalicelib.domain.parcours.turns import Turn
from chalicelib.errors import FieldInvalid, RecipientRefused
from chalicelib.stores import cases, parcours_table
from chalicelib.stores.parcours_table import Roster
from chalicelib.stores.unit_of_work import UnitOfWork, story


def find_turn(parcours: Parcours, now: datetime, roster: Roster) -> Turn | None:
    """Return whose turn it is at ``now``, by the delays of this deployment; a role that nobody fills has none."""
    turn = turns.whose_turn(parcours, now, terms.calendar(), terms.turns())
    return turns.pass_to_somebody(turn, parcours, roster)


def find_accompanying(
    work: UnitOfWork, parcours: Parcours, link: Link | None, *successors: str | None
) -> Account | None:
    """Return the open account that accompanies a passage and gets the answers, never of the team; None: nobody is left.

    The first open one of: the tutor (not if the ``link`` is of a former passage), the ``successors`` by their ids, the tutor of
    the link's own passage, the link's sender, the coordinator, who else has the turns of coordination.
    """
    tutor = parcours.tutor if link is None or parcours.attempt == link.attempt else None
    sender = link.sender if link else None
    former = None if tutor else _find_tutor_then(work, link)
    known = _find_first_outside_team(work, tutor, *successors, former, sender, parcours.coordinator)
    return known or _find_first_outside_team(work, *Roster().list_coordinating(parcours))


def find_sender(work: UnitOfWork, parcours: Parcours, link: Link | None) -> Account | None:
    """Find in whose name a link goes: the account that answers for it, while it follows the parcours, else who accompanies.

    None: nobody is left.
    """
    sender = _find_first_outside_team(work, link.sender if link else None)
    follows = sender is not None and role_on(sender, parcours) is not None
    return sender if follows else find_accompanying(work, parcours, link)


def find_texting(work: UnitOfWork, case: Case, now: datetime) -> tuple[Reader, Account] | None:
    """Return whom an SMS may go to now, and the account that it names, whose number it says.

    None: nobody, the owner has not turned them on, or it could not be answered.
    """
    reader = texting.find_reader(case, now) if config.settings().sms_number else None
    sender = find_sender(work, case.parcours, reader.link) if reader is not None else None
    if reader is None or sender is None or sender.id != reader.link.sender or not sender.phone:
        return None
    return reader, sender


def find_sealer(work: UnitOfWork, deposit: Deposit) -> Account | None:
    """Find the person who sealed, who alone consents to another recipient; None: that account, or the documents, are gone."""
    return (
        _find_first_outside_team(work, deposit.contents.sealed_by) if deposit.contents is not None else None
    )


def find_notified(work: UnitOfWork, waiting: OutboxMail, parcours: Parcours, link: Link) -> Account | None:
    """Return the account that a mail about a link is for; None: nobody.

    That is who accompanies, or who stands in for an absent tutor; with ``to`` ``COORDINATOR`` the other account that sent the
    link and follows the parcours, unless it is the same.
    """
    awaited = find_stand_in(work, parcours, clock.utc_now()) or find_accompanying(work, parcours, link)
    if waiting.to is not Role.COORDINATOR:
        return awaited
    sender = _find_first_outside_team(work, waiting.account)
    if sender is None or awaited is None or role_on(sender, parcours) is None:
        return None
    return sender if sender.id != awaited.id else None


def find_stand_in(work: UnitOfWork, parcours: Parcours, now: datetime) -> Account | None:
    """Return the coordinator who has the tutor's turns while the tutor is away; None when the tutor is there, or nobody has."""
    if not parcours.is_tutor_away(now):
        return None
    return _find_first_outside_team(work, *Roster().list_coordinating(parcours))


def find_open_account(work: UnitOfWork, identifier: str | None) -> Account | None:
    """Return the account with this id if it is open: a closed one is mailed nothing."""
    account = work.get(Account, identifier)
    return account if account is not None and account.closed_at is None else None


def find_account_at(work: UnitOfWork, recipient: str, field: str) -> Account | None:
    """Find the account that owns an address, tags after « + » ignored. Raises FieldInvalid for the team's, which gets no link."""
    owner = find_owner(work, recipient)
    if owner is not None and owner.is_team:
        raise FieldInvalid(field, "team_address")
    return owner


def check_takes_mails(work: UnitOfWork, recipient: str, field: str) -> None:
    """Refuse an address that refused our mails: what is sent there is lost. Raises RecipientRefused."""
    if not takes_mails(work, recipient):
        raise RecipientRefused(field)


def objects(work: UnitOfWork, reader: str) -> bool:
    """Check whether an address without an account wants no mail of ours."""
    mailbox = work.get(Mailbox, address.hash_folded(reader))
    return mailbox is not None and mailbox.is_unwanted and find_owner(work, reader) is None


def takes_mails(work: UnitOfWork, recipient: str) -> bool:
    """Check whether an address did not refuse our mails, or took one since."""
    return not recipient or work.get(Mailbox, address.hash_folded(recipient)) is None


def find_owner(work: UnitOfWork, recipient: str) -> Account | None:
    """Return the account that an address reaches now; the team's first, if it reaches several.

    Whose it was when a link was made for it does not matter.
    """
    owners = cases.load_owners(work, recipient)
    return next((owner for owner in owners if owner.is_team), next(iter(owners), None))


def is_team_address(work: UnitOfWork, recipient: str) -> bool:
    """Whether this address reaches an account of the team."""
    owner = find_owner(work, recipient)
    return owner is not None and owner.is_team


def _find_first_outside_team(work: UnitOfWork, *identifiers: str | None) -> Account | None:
    """Find the first of these accounts that is open and not of the team."""
    accounts = (find_open_account(work, identifier) for identifier in identifiers)
    return next((account for account in accounts if account is not None and not account.is_team), None)


def _find_tutor_then(work: UnitOfWork, link: Link | None) -> str | None:
    """Return the account id of the tutor of a link's own passage: a free parcours no longer says who it was."""
    attempt = work.get(Attempt, link.parcours, link.attempt) if link is not None else None
    return attempt.tutor if attempt is not None else None


def with_buyers_followed(work: UnitOfWork, step: Transition) -> Transition:
    """Make the buyer's account follow each changed offer whose buyer contact has an account; other offers stay."""
    offers = [change.after for change in step.changes if isinstance(change.after, Parcours)]
    accounts = {offer.id: _find_contact_account(work, offer) for offer in offers}
    buyers = {offer: account.id for offer, account in accounts.items() if account is not None}
    return record.with_buyers(step, buyers)


def find_buyer_account(work: UnitOfWork, parcours: Parcours) -> Account | None:
    """Return the open account that follows a parcours for the buyer, else the account of its buyer contact; None: none."""
    return find_open_account(work, parcours.buyer) or _find_contact_account(work, parcours)


def find_person_to_notify(work: UnitOfWork, parcours: Parcours) -> Account | Contact | None:
    """Return the person who is mailed if a passage begins on this offer now; None: nobody."""
    return _find_person(work, parcours, find_side_to_notify(parcours))


def find_notified_person(
    work: UnitOfWork, parcours: Parcours, number: int | None
) -> Account | Contact | None:
    """Return the person who was mailed that a passage, by its number, began; None: nobody, or the passage is erased."""
    attempt = work.get(Attempt, parcours.id, number)
    return _find_person(work, parcours, attempt.notified_side if attempt is not None else None)


def _find_person(work: UnitOfWork, parcours: Parcours, side: Interlocutor | None) -> Account | Contact | None:
    """Return the account of the buyer's side, else the contact whom the record names for this side; None: nobody."""
    if side is None:
        return None
    account = find_buyer_account(work, parcours) if side is Interlocutor.BUYER else None
    return account or fields.find_named_contact(parcours, side)


def _find_contact_account(work: UnitOfWork, offer: Parcours) -> Account | None:
    """Return the account of the record's buyer contact, if it is an open buyer's account of the offer's organisation."""
    if offer.buyer_contact is None:
        return None
    key = work.get(AddressKey, address.fold(offer.buyer_contact.address))
    account = work.get(Account, key.account) if key is not None else None
    return account if account is not None and record.is_buyer_of(account, offer) else None


def sends_by_buyer(named: OfOrganisation) -> bool:
    """Check whether the sending page proposes the buyer first on this organisation's contracts."""
    organisation = parcours_table.read_organisation(named)
    return organisation is not None and organisation.by_buyer


def read_sending_choice(person: Account) -> bool | None:
    """Read what a person's organisation chose; None: this person may not choose."""
    if not managing.may_set_default_sending_route(person):
        return None
    return sends_by_buyer(person)


@story
def set_default_sending_route(work: UnitOfWork, person: Account, *, by_buyer: bool, now: datetime) -> None:
    """Set the sending preference of this person's organisation. Raises NotFound when they buy for none."""
    identifier = person.siren or person.organisation
    organisation = work.get(Organisation, identifier) if identifier else None
    work.commit(managing.set_default_sending_route(person, organisation, by_buyer=by_buyer, now=now))
