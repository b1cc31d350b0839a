"""Load what one decision is about into a unit of work: records of both tables, in as few calls as their keys allow."""

from collections.abc import Iterable
from typing import NamedTuple

from chalicelib.domain.accounts.signing_in import KnownBrowsers
from chalicelib.domain.kernel import address, delivery
from chalicelib.domain.kernel.attempt import Attempt
from chalicelib.domain.kernel.delivery import BookedRate, Delivery, Mailbox
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.link import Addressee, Link, Pointer, Proof, Tries
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account, AddressKey
from chalicelib.domain.kernel.transition import OutboxMail
from chalicelib.domain.meetings.appointment import Appointment
from chalicelib.domain.rights import RightsRequest
from chalicelib.errors import LinkUnknown
from chalicelib.stores import keys, relay_table
from chalicelib.stores.unit_of_work import UnitOfWork, Wanted


def load_sending(work: UnitOfWork, parcours_id: str, deposit_id: str, recipient: str) -> Parcours:
    """Load what the sending of documents to an address is decided on, in two calls; return the parcours. Raises NotFound.

    That is: the parcours and what it names, the deposit if it is stored already, whose address ``recipient`` is, and whether it
    refused our mails. One call where the parcours was read before and the address is no account's.
    """
    about: tuple[Wanted, ...] = ((Deposit, deposit_id), *_list_address_records(recipient))
    if not work.has_read(Parcours, parcours_id):
        work.load((Parcours, parcours_id), *about)
    parcours = work.get_one(Parcours, parcours_id)
    named: tuple[Wanted, ...] = (
        (Attempt, parcours.id, parcours.attempt),
        (Deposit, parcours.live_deposit),
        (Account, parcours.buyer),
    )
    owners: list[Wanted] = [(Account, key.account) for key in work.list_loaded(AddressKey)]
    work.load(*named, *about, *owners)
    return parcours


def _list_address_records(recipient: str) -> tuple[Wanted, ...]:
    """List the keys of the records that say whether an address refused our mails, and which account it belongs to."""
    return (Mailbox, address.hash_folded(recipient)), *(
        (AddressKey, spelling) for spelling in address.list_spellings(recipient)
    )


def load_owners(work: UnitOfWork, recipient: str) -> tuple[Account, ...]:
    """Return the accounts that an address reaches, tags after « + » ignored; two calls, or one when there are none."""
    spellings = address.list_spellings(recipient)
    work.load(*((AddressKey, spelling) for spelling in spellings))
    keys = (work.get(AddressKey, spelling) for spelling in spellings)
    return tuple(work.get_all(Account, (key.account for key in keys if key is not None)))


def load_mailboxes(work: UnitOfWork, addresses: Iterable[str]) -> dict[str, Mailbox]:
    """Return address → mailbox for those of these addresses that refused our mails; one call."""
    wanted = list(dict.fromkeys(recipient for recipient in addresses if recipient))
    return delivery.find_refusing_mailboxes(work.get_all(Mailbox, map(address.hash_folded, wanted)), wanted)


def load_sign_in(work: UnitOfWork, asked_for: str) -> tuple[Account | None, KnownBrowsers | None]:
    """Return the account that signs in with this address, and the browsers that it knows.

    It takes two calls whether there is an account or not, so that the time of the answer tells nothing.
    """
    owner = work.get(AddressKey, asked_for)
    account = owner.account if owner is not None else "none"
    work.load((Account, account), (KnownBrowsers, account))
    return work.get(Account, account), work.get(KnownBrowsers, account)


def load_links(work: UnitOfWork, deposit: Deposit | None) -> tuple[Link, ...]:
    """Return every stored link to these documents, the present recipient's first; one call. Empty without a deposit."""
    return tuple(work.get_all(Link, relay_table.list_link_ids(deposit))) if deposit is not None else ()


def load_links_at(work: UnitOfWork, address_mac: str) -> list[Link]:
    """Return the links that were mailed to an address (``keys.compute_address_mac``); two calls.

    The index says where to look, no more: what counts is the link's own address.
    """
    entries = relay_table.list_addressees(address_mac)
    links = work.get_all(Link, (entry.link for entry in entries))
    return [link for link in links if keys.compute_address_mac(link.recipient) == address_mac]


def load_deposit(work: UnitOfWork, deposit: Deposit) -> None:
    """Load what a deposit names, its parcours, links and meeting, in one call."""
    work.load(*_list_deposit_records(deposit))


def load_resending(work: UnitOfWork, deposit: Deposit) -> None:
    """Load what a new link for a deposit is decided on: what the deposit names, its attempt and its recipient; in one call."""
    recipient = deposit.contents.recipient if deposit.link and deposit.contents is not None else None
    about = _list_address_records(recipient) if recipient is not None else ()
    passage: Wanted = (Attempt, deposit.parcours, deposit.attempt)
    work.load(*_list_deposit_records(deposit), passage, (Tries, deposit.link), *about)


def _list_deposit_records(deposit: Deposit) -> list[Wanted]:
    """List the keys of the parcours, meeting and links of a deposit."""
    return [
        (Parcours, deposit.parcours),
        (Appointment, deposit.parcours, deposit.attempt),
        *((Link, identifier) for identifier in relay_table.list_link_ids(deposit)),
    ]


def load_passage(work: UnitOfWork, parcours: Parcours) -> None:
    """Load the present or last attempt of a parcours, its last deposit and its meeting; in one call."""
    work.load(
        *_list_passage_records(parcours),
        (Deposit, parcours.live_deposit),
        (Attempt, parcours.id, parcours.attempt),
    )


def load_sheet(work: UnitOfWork, parcours: Parcours, *people: str | None) -> None:
    """Load what the page of a parcours shows: the last deposit, its meeting, people, and what contacts refuse; in one call.

    ``people``: ids of accounts.
    """
    contacts = (*parcours.company.contacts, *([parcours.buyer_contact] if parcours.buyer_contact else []))
    refusals: list[Wanted] = [
        (Mailbox, address.hash_folded(contact.address)) for contact in contacts if contact.address
    ]
    work.load(*_list_passage_records(parcours), *refusals, *((Account, person) for person in people))


def _list_passage_records(parcours: Parcours) -> list[Wanted]:
    """List the keys of the last deposit, the live link and the meeting of a parcours."""
    return [
        (Deposit, parcours.last_deposit),
        (Link, parcours.live_link),
        (Appointment, parcours.id, parcours.attempt),
    ]


def load_arrival(work: UnitOfWork, deposit: str, parcours: str) -> tuple[Deposit, Parcours] | None:
    """Return a deposit and its parcours, in one call if ``parcours`` is its id; None when the deposit is gone."""
    work.load((Deposit, deposit), (Parcours, parcours))
    stored = work.get(Deposit, deposit)
    return (stored, work.get_one(Parcours, stored.parcours)) if stored is not None else None


def load_addressees(work: UnitOfWork, links: Iterable[Link]) -> list[Addressee]:
    """Return the index entries that lead to these links from their recipients' addresses; one call."""
    names = [(keys.compute_address_mac(link.recipient), link.id) for link in links if link.recipient]
    work.load(*((Addressee, *name) for name in names))
    entries = (work.get(Addressee, *name) for name in names)
    return [entry for entry in entries if entry is not None]


class Visit(NamedTuple):
    """A link that a browser visits by one of its tokens, with what lies around it; the link may be dead."""

    pointer: Pointer
    link: Link
    deposit: Deposit | None
    parcours: Parcours
    proof: Proof | None
    """That this browser has answered the question of the version that the token names."""
    tries: Tries | None

    @property
    def version(self) -> int:
        """The version that the token names."""
        return self.pointer.version


def load_visit(work: UnitOfWork, pointer: Pointer, browser: str | None) -> Visit:
    """Read the link of an index entry and what a browser's request on it may need, in one call.

    The entry says where to look, no more: what the link itself does not name is not read.

    Raises:
        LinkUnknown: the link is gone.
    """
    work.load(
        (Link, pointer.link),
        (Deposit, pointer.deposit),
        (Parcours, pointer.parcours),
        (Appointment, pointer.parcours, pointer.attempt),
        (Account, pointer.sender),
        (Tries, pointer.link),
        (Proof, pointer.link, pointer.version, browser),
    )
    link = work.get(Link, pointer.link)
    parcours = work.get(Parcours, pointer.parcours)
    if link is None or link.parcours != pointer.parcours or parcours is None:
        raise LinkUnknown
    return Visit(
        pointer,
        link,
        deposit=work.get(Deposit, link.deposit) if link.deposit == pointer.deposit else None,
        parcours=parcours,
        proof=work.get(Proof, pointer.link, pointer.version, browser),
        tries=work.get(Tries, link.id),
    )


def load_outbox_mail(work: UnitOfWork, key: str) -> tuple[OutboxMail | None, Delivery | None]:
    """Return a mail of the outbox, and what is noted of its earlier tries (None: not there); in one call.

    The same call reads how far the mail service's rate is booked.
    """
    work.load((OutboxMail, key), (Delivery, delivery.derive_tag(key)), (BookedRate,))
    return work.get(OutboxMail, key), work.get(Delivery, delivery.derive_tag(key))


def load_records_of_mail(work: UnitOfWork, mail: OutboxMail) -> None:
    """Load the records that a waiting mail names; in one call, and one more for what several links are about."""
    work.load(
        (RightsRequest, mail.request),
        (Deposit, mail.deposit),
        (Link, mail.link),
        (Parcours, mail.parcours),
        (Account, mail.account),
        (Account, mail.about),
        (Appointment, mail.parcours, mail.attempt),
        (Attempt, mail.parcours, mail.attempt),
        *((Link, identifier) for identifier in mail.links),
    )
    links = work.get_all(Link, mail.links)
    work.load(*((Parcours, link.parcours) for link in links), *((Deposit, link.deposit) for link in links))


def load_people_of_mail(work: UnitOfWork, *entries: Wanted) -> None:
    """Load the accounts of everybody named in the records that were read for a mail, in one more call.

    ``entries``: of the index, which are read too.
    """
    wanted: list[Wanted] = [*entries]
    for parcours in work.list_loaded(Parcours):
        wanted += [(Account, parcours.tutor), (Account, parcours.coordinator), (Account, parcours.buyer)]
    for deposit in work.list_loaded(Deposit):
        wanted += [(Account, deposit.contents.sealed_by)] if deposit.contents is not None else []
    for link in work.list_loaded(Link):
        wanted += [
            (Account, link.sender),
            *((AddressKey, spelling) for spelling in address.list_spellings(link.recipient)),
        ]
    work.load(*wanted)
