"""Read what one decision is about: records of both tables, in as few calls as their keys allow."""

from dataclasses import dataclass

from chalicelib.domain.accounts.signing_in import Challenge, KnownBrowsers, Session
from chalicelib.domain.kernel import address
from chalicelib.domain.kernel.attempt import Attempt
from chalicelib.domain.kernel.delivery import Delivery, Mailbox, identifier
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.link import Link, Pointer, Tries
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account, AddressKey
from chalicelib.domain.kernel.transition import OutboxMail
from chalicelib.domain.kernel.values import Aggregate
from chalicelib.domain.meetings.appointment import Appointment
from chalicelib.errors import NotFound
from chalicelib.stores import items, tables
from chalicelib.stores import parcours as heads
from chalicelib.stores.tables import NOTHING_READ, Read


@dataclass(frozen=True)
class Sending:
    """What the sending of documents to an address is decided on."""

    head: Parcours
    deposit: Deposit | None
    """The one that is announced, if it is not new."""
    live: Deposit | None
    """The one that lives on the parcours."""
    attempt: Attempt | None
    buyer: Account | None
    owners: tuple[Account, ...]
    """Whose address that is, a tag after « + » ignored."""
    refused: bool
    """Whether that address refused our mails."""


def of_address(asked_for: str) -> tuple[Account | None, KnownBrowsers | None]:
    """The account that signs in with this address, and the browsers that it knows; two calls, whether there is one or not."""
    owner = heads.owner_at(asked_for) or "none"
    account, browsers = items.account_key(owner), items.browsers_key(owner)
    found = tables.several({account: Account, browsers: KnownBrowsers})
    return found.one(Account, account), found.one(KnownBrowsers, browsers)


def of_sign_in(challenge: str, account: str, session: str | None) -> Read:
    """What a new session takes the place of, and its account; in one call."""
    kinds: dict[items.Key, type[Aggregate]] = {
        items.challenge_key(challenge): Challenge,
        items.browsers_key(account): KnownBrowsers,
        items.account_key(account): Account,
    }
    kinds |= {items.session_key(session): Session} if session else {}
    return tables.also_read(kinds)


def of_sending(parcours: str, deposit: str, recipient: str, read: Read = NOTHING_READ) -> Sending:
    """The parcours and the deposit of these ids, what they name, and who has this address. Raises NotFound.

    Two calls; one where the parcours is read already and the address is no account's.
    """
    head_key, mine, to = items.parcours_key(parcours), items.deposit_key(deposit), _of_address(recipient)
    read = tables.also_read({head_key: Parcours} | ({} if head_key in read else {mine: Deposit} | to), read)
    head = tables.record(Parcours, head_key, read)
    if head is None:
        raise NotFound
    attempt = items.attempt_key(head.id, head.attempt or 0)
    live, buyer = items.deposit_key(head.live_deposit or ""), items.account_key(head.buyer or "")
    owners = {items.account_key(one.account): Account for one in read.values() if isinstance(one, AddressKey)}
    kinds: dict[items.Key, type[Aggregate]] = {attempt: Attempt, live: Deposit, buyer: Account, mine: Deposit}
    read = tables.also_read(kinds | to | owners, read)
    return Sending(
        head,
        tables.record(Deposit, mine, read),
        tables.record(Deposit, live, read),
        tables.record(Attempt, attempt, read),
        tables.record(Account, buyer, read),
        heads.accounts_at(address.spellings(recipient), read),
        read[items.mailbox_key(address.digest(recipient))] is not None,
    )


def _of_address(recipient: str) -> dict[items.Key, type[Aggregate]]:
    """Whether an address refused our mails, and whose it is."""
    spellings = map(items.address_key, address.spellings(recipient))
    return {items.mailbox_key(address.digest(recipient)): Mailbox, **dict.fromkeys(spellings, AddressKey)}


def of_deposit(deposit: Deposit, *, anew: bool = False) -> Read:
    """A deposit's parcours, links and meeting, and what a link sent ``anew`` is decided on; in one call."""
    links = [one for one in (deposit.link, *deposit.other_links) if one]
    kinds: dict[items.Key, type[Aggregate]] = {
        items.parcours_key(deposit.parcours): Parcours,
        items.appointment_key(deposit.parcours, deposit.attempt): Appointment,
        **dict.fromkeys(map(items.link_key, links), Link),
    }
    if anew and deposit.link and deposit.contents is not None:
        kinds |= _of_address(deposit.contents.recipient)
        kinds[items.attempt_key(deposit.parcours, deposit.attempt)] = Attempt
        kinds[items.tries_key(deposit.link)] = Tries
    return tables.also_read(kinds)


def of_passage(head: Parcours) -> Read:
    """The passage under way, or the last one, its last sending and its meeting; in one call."""
    kinds = _of_passage(head)
    kinds |= {items.deposit_key(head.live_deposit): Deposit} if head.live_deposit else {}
    kinds |= {items.attempt_key(head.id, head.attempt): Attempt} if head.attempt is not None else {}
    return tables.also_read(kinds)


def of_sheet(head: Parcours, *people: str | None) -> Read:
    """What a parcours' page shows beside it: the last sending, its meeting, its people, what its contacts refused; in one call.

    ``people``: ids of accounts.
    """
    named = (*head.company.contacts, *([head.buyer_contact] if head.buyer_contact else []))
    refusals = {items.mailbox_key(address.digest(one.address)): Mailbox for one in named if one.address}
    accounts = {items.account_key(one): Account for one in people if one}
    return tables.also_read(_of_passage(head) | refusals | accounts)


def _of_passage(head: Parcours) -> dict[items.Key, type[Aggregate]]:
    kinds: dict[items.Key, type[Aggregate]] = {}
    kinds |= {items.deposit_key(head.last_deposit): Deposit} if head.last_deposit else {}
    kinds |= {items.link_key(head.live_link): Link} if head.live_link else {}
    kinds |= {items.appointment_key(head.id, head.attempt): Appointment} if head.attempt is not None else {}
    return kinds


def of_arrival(deposit: str, parcours: str) -> tuple[Deposit, Parcours] | None:
    """A deposit and its parcours, in one call where ``parcours`` names it; None when the deposit is gone."""
    key, head_key = items.deposit_key(deposit), items.parcours_key(parcours)
    found = tables.several({key: Deposit, head_key: Parcours})
    there, head = found.one(Deposit, key), found.one(Parcours, head_key)
    if there is None:
        return None
    return there, head if head is not None and head.id == there.parcours else heads.head(there.parcours)


def waiting(key: str) -> tuple[OutboxMail | None, Delivery | None]:
    """A mail of the outbox, and what is known of its earlier tries; in one call."""
    mail, delivery = items.mail_key(key), items.delivery_key(identifier(key))
    found = tables.several({mail: OutboxMail, delivery: Delivery})
    return found.one(OutboxMail, mail), found.one(Delivery, delivery)


def of_mail(mail: OutboxMail) -> Read:
    """What a waiting mail names, by key; in one call."""
    kinds: dict[items.Key, type[Aggregate]] = {}
    kinds |= {items.deposit_key(mail.deposit): Deposit} if mail.deposit else {}
    kinds |= {items.link_key(mail.link): Link} if mail.link else {}
    kinds |= {items.parcours_key(mail.parcours): Parcours} if mail.parcours else {}
    kinds |= {items.account_key(one): Account for one in (mail.account, mail.about) if one}
    if mail.parcours and mail.attempt is not None:
        kinds[items.appointment_key(mail.parcours, mail.attempt)] = Appointment
    return tables.also_read(kinds)


def around_mail(read: Read, *beside: items.Key) -> Read:
    """The same with the people around it, and who has the address of its link; in one call more. ``beside``: index entries."""
    kinds: dict[items.Key, type[Aggregate]] = dict.fromkeys(beside, Pointer)
    people: list[str | None] = []
    for one in read.values():
        match one:
            case Parcours():
                people += [one.tutor, one.coordinator, one.buyer]
            case Deposit(contents=contents) if contents is not None:
                people.append(contents.sealed_by)
            case Link():
                people.append(one.sender)
                kinds |= dict.fromkeys(map(items.address_key, address.spellings(one.recipient)), AddressKey)
    kinds |= {items.account_key(one): Account for one in people if one}
    return tables.also_read(kinds, read)
