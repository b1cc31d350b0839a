"""Read what one decision is about: records of both tables, in as few calls as their keys allow."""

from dataclasses import dataclass

from chalicelib.domain.kernel import address
from chalicelib.domain.kernel.attempt import Attempt
from chalicelib.domain.kernel.delivery import Mailbox
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account, AddressKey
from chalicelib.errors import NotFound
from chalicelib.stores import items, tables


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


def of_sending(parcours: str, deposit: str, recipient: str) -> Sending:
    """The parcours and the deposit of these ids and who has this address, then what they name; two calls. Raises NotFound."""
    mailbox = items.mailbox_key(address.digest(recipient))
    spellings = [items.address_key(one) for one in address.spellings(recipient)]
    found = tables.several(
        {
            items.parcours_key(parcours): Parcours,
            items.deposit_key(deposit): Deposit,
            mailbox: Mailbox,
            **dict.fromkeys(spellings, AddressKey),
        }
    )
    head = found.one(Parcours, items.parcours_key(parcours))
    if head is None:
        raise NotFound
    owners = [items.account_key(key.account) for one in spellings if (key := found.one(AddressKey, one))]
    buyer, live, attempt = (
        items.account_key(head.buyer or ""),
        items.deposit_key(head.live_deposit or ""),
        items.attempt_key(head.id, head.attempt or 0),
    )
    named = tables.several({attempt: Attempt, live: Deposit, **dict.fromkeys((buyer, *owners), Account)})
    return Sending(
        head,
        found.one(Deposit, items.deposit_key(deposit)),
        named.one(Deposit, live),
        named.one(Attempt, attempt),
        named.one(Account, buyer),
        tuple(one for key in owners if (one := named.one(Account, key))),
        mailbox in found,
    )
