"""Whether an address looks like a mistake. A doubt is told and confirmed, never a wall: small companies use free mail."""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from chalicelib.domain.address import domain, folded, mailbox
from chalicelib.domain.parcours import BuyerContact, CompanyContact, Parcours
from chalicelib.domain.people import Account
from chalicelib.domain.texts import same_name
from chalicelib.domain.values import Role

Contact = TypeVar("Contact", CompanyContact, BuyerContact)

FREE_MAIL = frozenset(
    {
        "aol.com", "bbox.fr", "free.fr", "gmail.com", "gmx.com", "gmx.fr", "googlemail.com", "hotmail.com", "hotmail.fr",
        "icloud.com", "laposte.net", "live.com", "live.fr", "mail.com", "me.com", "msn.com", "neuf.fr", "numericable.fr",
        "orange.fr", "outlook.com", "outlook.fr", "proton.me", "protonmail.com", "sfr.fr", "tutanota.com", "wanadoo.fr",
        "yahoo.com", "yahoo.fr", "ymail.com", "zoho.com",
    }
)  # fmt: skip
"""Providers that anybody can have an address at, the usual ones in France."""
SIMILAR = str.maketrans({"0": "o", "1": "l", "3": "e", "5": "s", "-": "", "_": ""})
NEAR = 2
"""At how many changed characters two domains still look alike."""


class Doubt(StrEnum):
    """What makes an address worth a second look."""

    FREE_MAIL = "free_mail"
    OTHER_DOMAIN = "other_domain"
    LOOK_ALIKE = "look_alike"
    CHANGED = "changed"
    CONTACT_CHANGED = "contact_changed"
    """Of a sending to the buyer: a contact of the company to whom she may pass it on."""


@dataclass(frozen=True)
class Known:
    """An address of the record, as one sealer knows it."""

    address: str
    side: Role
    """``COMPANY`` or ``BUYER``."""
    changed: bool
    """Changed by hand or by an import, and she has not sealed anything for it since."""


def is_changed(contact: CompanyContact | BuyerContact, sealer: str) -> bool:
    """Whether an account put this address there, her own included, for which this person has not sealed since."""
    return contact.changed_by is not None and contact.accepted_by != sealer


def known(head: Parcours, buyer: Account | None, sealer: str) -> tuple[Known, ...]:
    """The addresses of a record. ``buyer``: the account that follows for the buyer."""
    found = [Known(one.address, Role.COMPANY, is_changed(one, sealer)) for one in head.company.contacts]
    named = head.buyer_contact
    if named is not None:
        found.append(Known(named.address, Role.BUYER, is_changed(named, sealer)))
    if buyer is not None:
        changed = head.buyer_changed_at is not None and head.buyer_accepted_by != sealer
        found.append(Known(buyer.address, Role.BUYER, changed))
    return tuple(found)


def doubts(recipient: str, record: tuple[Known, ...]) -> tuple[Doubt, ...]:
    """What is doubtful about this recipient; nothing when it is one of the known addresses, unchanged."""
    same = [one for one in record if is_same(one.address, recipient)]
    if any(not one.changed for one in same):
        return ()
    sure = [one for one in record if not one.changed]
    sides = {one.side for one in same} or {Role.COMPANY, Role.BUYER}
    here, domains = domain_of(recipient), {domain_of(one.address) for one in sure}
    beside = {domain_of(one.address) for one in sure if one.side in sides}
    found = [Doubt.CHANGED] if same else []
    if here in FREE_MAIL:
        found.append(Doubt.FREE_MAIL)
    if beside and here not in beside:
        found.append(Doubt.OTHER_DOMAIN)
    if here not in FREE_MAIL and any(looks_like(here, other) for other in domains | FREE_MAIL):
        found.append(Doubt.LOOK_ALIKE)
    return tuple(found)


def of_sending(
    head: Parcours, buyer: Account | None, recipient: str, to: Role, sealer: str
) -> tuple[tuple[Doubt, ...], tuple[str, ...]]:
    """What is doubtful about a sending, and the changed addresses of the company to which its buyer may pass it on."""
    record = known(head, buyer, sealer)
    found = doubts(recipient, record)
    company = (one.address for one in record if one.side is Role.COMPANY and one.changed)
    passed = tuple(company) if to is Role.BUYER else ()
    return (*found, Doubt.CONTACT_CHANGED) if passed else found, passed


def side_of(head: Parcours, recipient: str, account: Account | None) -> Role:
    """Whether a link goes to the buyer, who passes it on, or to the company. ``account``: of this recipient, if any."""
    named = head.buyer_contact.address if head.buyer_contact else ""
    buys = account is not None and same_name(account.organisation, head.contract.organisation)
    return Role.BUYER if buys or mailbox(recipient) == mailbox(named) else Role.COMPANY


def is_same(one: str, other: str) -> bool:
    """Whether two spellings are one mailbox: capitals aside, and at the same domain to the letter."""
    return folded(one) == folded(other) and domain(one) == domain(other)


def accepted(head: Parcours, recipient: str, to: Role, sealer: str, buyer: str) -> dict[str, object]:
    """What a record remembers of a sealing: the changed addresses that this person was shown before she sealed.

    Args:
        to: ``BUYER``: every contact of the company was shown too, since she may pass the link on to it.
        buyer: address of the account that follows for the buyer, or empty.
    """

    def shown(contact: Contact, also: bool = False) -> Contact:
        mine = contact.changed_by is not None and (also or is_same(contact.address, recipient))
        return contact.model_copy(update={"accepted_by": sealer}) if mine else contact

    bought = to is Role.BUYER
    contacts = tuple(shown(one, bought) for one in head.company.contacts)
    named = head.buyer_contact
    by = sealer if head.buyer_changed_at is not None and is_same(buyer, recipient) else head.buyer_accepted_by
    return {
        "company": head.company.model_copy(update={"contacts": contacts}),
        "buyer_contact": shown(named) if named is not None else None,
        "buyer_accepted_by": by,
    }


def domain_of(address: str) -> str:
    """The domain part, folded."""
    return address.rpartition("@")[2].casefold()


def looks_like(domain: str, known: str) -> bool:
    """Whether a domain is not the known one and could be taken for it: accents, digits for letters, a letter too many."""
    if domain == known:
        return False
    one, other = _skeleton(domain), _skeleton(known)
    return one == other or (min(len(one), len(other)) > 2 * NEAR and _distance(one, other) <= NEAR)


def _skeleton(domain: str) -> str:
    plain = unicodedata.normalize("NFKD", domain.casefold())
    kept = "".join(character for character in plain if not unicodedata.combining(character))
    return kept.translate(SIMILAR).translate(CONFUSABLE)


CONFUSABLE = str.maketrans("аеорсхуіѕԁвмнткαορν", "aeopcxyisdbmhtkaopv")
"""Cyrillic and Greek letters that look like Latin ones."""


def _distance(one: str, other: str) -> int:
    """Levenshtein's, cut at what matters here."""
    if abs(len(one) - len(other)) > NEAR:
        return NEAR + 1
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, start=1):
        above, row[0] = row[0], i
        for j, right in enumerate(other, start=1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (left != right))
    return row[-1]
