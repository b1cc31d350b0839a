"""Look up the people around a parcours: who accompanies, who sealed, buyers, how an organisation sends."""

from collections.abc import Sequence
from datetime import datetime

from chalicelib import clock
from chalicelib.domain import record
from chalicelib.domain.accounts import managing
from chalicelib.domain.kernel import address
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.transition import OutboxMail, Transition
from chalicelib.domain.kernel.values import Role
from chalicelib.errors import FieldInvalid, NotFound, RecipientRefused
from chalicelib.stores import parcours, relay, transactions
from chalicelib.stores.tables import NOTHING_READ, Read


def accompanies(
    head: Parcours, link: Link | None, *then: str | None, read: Read = NOTHING_READ
) -> Account | None:
    """Whose turn it is and who gets the answers, open and never of the team; None: nobody is left.

    The tutor, those of ``then`` (account ids), the tutor of the link's own passage once that is over, the link's sender, the
    coordinator: the first whom there still is. ``read``: what need not be read again, here as below.
    """
    tutor = head.tutor if link is None or head.attempt == link.attempt else None
    sender = link.sender if link else None
    return _first_field(tutor, *then, read=read) or _first_field(
        None if tutor else _tutor_then(link, read), sender, head.coordinator, read=read
    )


def sends(head: Parcours, link: Link | None, read: Read = NOTHING_READ) -> Account | None:
    """In whose name a link goes: the account that sent it, else who accompanies; None: nobody is left."""
    return _first_field(link.sender if link else None, read=read) or accompanies(head, link, read=read)


def sealed(deposit: Deposit, read: Read = NOTHING_READ) -> Account | None:
    """The person who sealed, who alone consents to a further recipient; None: she is gone, or the documents are."""
    found = open_account(deposit.contents.sealed_by, read) if deposit.contents is not None else None
    return found if found is not None and not found.is_team else None


def notified(waiting: OutboxMail, head: Parcours, link: Link, read: Read = NOTHING_READ) -> Account | None:
    """Whom a mail about a link is for: who accompanies; with ``to`` ``COORDINATOR``, who else sent it, still apart."""
    somebody = accompanies(head, link, read=read)
    if waiting.to is not Role.COORDINATOR:
        return stands_in(head, clock.utc_now(), read) or somebody
    sender = _first_field(waiting.account, read=read)
    return sender if sender is not None and somebody is not None and sender.id != somebody.id else None


def is_away(head: Parcours, now: datetime) -> bool:
    """Whether its tutor announced an absence of today."""
    absence = head.tutor_absence
    return absence is not None and absence.first <= day_of(now) <= absence.last


def stands_in(head: Parcours, now: datetime, read: Read = NOTHING_READ) -> Account | None:
    """Its coordinator, while the tutor is away: whose turn it is, hears of it."""
    return _first_field(head.coordinator, read=read) if is_away(head, now) else None


def open_account(identifier: str | None, read: Read = NOTHING_READ) -> Account | None:
    """The account of this id, unless it is closed: then nothing is sent to it any more."""
    found = parcours.account(identifier, read) if identifier else None
    return found if found is not None and found.closed_at is None else None


def account_at(recipient: str, field: str, read: Read = NOTHING_READ) -> Account | None:
    """The account that owns this address, a tag after « + » ignored. Raises FieldInvalid for one of the team: it gets no link."""
    return not_of_team(owner_of(recipient, read), field)


def not_of_team(owner: Account | None, field: str) -> Account | None:
    """The owner of an address to which a link may go. Raises FieldInvalid for one of the team."""
    if owner is not None and owner.is_team:
        raise FieldInvalid(field, "team_address")
    return owner


def check_takes_mails(recipient: str, field: str, read: Read = NOTHING_READ) -> None:
    """Refuse an address that refused our mails: what is sent there is lost. Raises RecipientRefused."""
    if not takes_mails(recipient, read):
        raise RecipientRefused(field)


def takes_mails(recipient: str, read: Read = NOTHING_READ) -> bool:
    """Whether this address did not refuse our mails, or took one since."""
    return not relay.mailboxes([recipient], read)


def owner_of(recipient: str, read: Read = NOTHING_READ) -> Account | None:
    """Whose address it is now, whatever it was when a link was made for it: a team account, if any is reached by it."""
    return owner_among(parcours.accounts_at(address.spellings(recipient), read))


def owner_among(found: Sequence[Account]) -> Account | None:
    """Of the accounts that an address reaches, the team's if there is one, else the first."""
    return next((one for one in found if one.is_team), next(iter(found), None))


def is_teams(recipient: str, read: Read = NOTHING_READ) -> bool:
    owner = owner_of(recipient, read)
    return owner is not None and owner.is_team


def _first_field(*known: str | None, read: Read = NOTHING_READ) -> Account | None:
    people = (open_account(one, read) for one in known)
    return next((one for one in people if one is not None and not one.is_team), None)


def _tutor_then(link: Link | None, read: Read = NOTHING_READ) -> str | None:
    """A parcours that is free again, or another young person's, does not say any more who accompanied this one."""
    if link is None:
        return None
    try:
        return parcours.attempt(link.parcours, link.attempt, read).tutor
    except NotFound:
        return None


def buyers_followed(step: Transition) -> Transition:
    """The same transition, in which each offer whose contact at the buyer's has an account is followed by that account."""
    offers = [change.after for change in step.changes if isinstance(change.after, Parcours)]
    accounts = {offer.id: _of_contact(offer) for offer in offers}
    return record.followed_by(step, {key: one.id for key, one in accounts.items() if one is not None})


def account_of(head: Parcours, read: Read = NOTHING_READ) -> Account | None:
    """The open account that follows this parcours for the buyer, be it younger than the record; None: there is none."""
    return open_account(head.buyer, read) or _of_contact(head)


def _of_contact(offer: Parcours) -> Account | None:
    if offer.buyer_contact is None:
        return None
    account = parcours.account_of(address.folded(offer.buyer_contact.address))
    return account if account is not None and record.buys(account, offer) else None


def sends_by_buyer(name: str) -> bool:
    """Whether the sending page proposes the buyer first on this organisation's contracts."""
    found = parcours.organisation(name)
    return found is not None and found.by_buyer


def choice_of(person: Account) -> bool | None:
    """What her own organisation chose; None: she may not choose."""
    return sends_by_buyer(person.organisation or "") if managing.may_choose_way(person) else None


def choose_way(person: Account, *, by_buyer: bool, now: datetime) -> None:
    """Choose for one's own organisation. Raises NotFound when this person buys for none."""
    name = person.organisation or ""

    def decide() -> Transition:
        current = parcours.organisation(name) if name else None
        return managing.choose_way(person, current, by_buyer=by_buyer, now=now)

    transactions.settle(decide)
