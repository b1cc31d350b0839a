"""Whether an address looks like a mistake. A doubt is shown and confirmed, never a wall: small companies use free mail."""

import hashlib
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.kernel.address import domain, folded, mailbox
from chalicelib.domain.kernel.parcours import BuyerContact, CompanyContact, Contact, Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.texts import same_name
from chalicelib.domain.kernel.values import Role

FREE_MAIL = frozenset(
    {
        "aliceadsl.fr", "aol.com", "bbox.fr", "cegetel.net", "club-internet.fr", "free.fr", "gmail.com", "gmx.com",
        "gmx.fr", "googlemail.com", "hotmail.be", "hotmail.com", "hotmail.fr", "icloud.com", "laposte.net",
        "live.com", "live.fr", "mail.com", "mailo.com", "me.com", "msn.com", "neuf.fr", "numericable.fr", "orange.fr",
        "outlook.com", "outlook.fr", "pm.me", "proton.me", "protonmail.com", "sfr.fr", "tuta.com", "tutanota.com",
        "voila.fr", "wanadoo.fr", "yahoo.com", "yahoo.fr", "ymail.com", "zoho.com",
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


OF_RECORD = frozenset({Doubt.CHANGED, Doubt.CONTACT_CHANGED})
"""Doubts that another edit of the record adds to: what is confirmed is what was shown."""


@dataclass(frozen=True)
class Known:
    """An address of the record."""

    address: str
    side: Role
    """``COMPANY`` or ``BUYER``."""
    changed: bool
    """Added or changed by an account since the offer was declared."""


def is_changed(contact: CompanyContact | BuyerContact) -> bool:
    """Whether an account put this address there, the sealer's own included: a thief of her session acts in her name.

    No sealing ends the doubt, since the thief may seal something of his own: each one is confirmed.
    """
    return contact.changed_by is not None


def known(head: Parcours, buyer: Account | None) -> tuple[Known, ...]:
    """The addresses of a record. ``buyer``: the account that follows for the buyer."""
    found = [Known(one.address, Role.COMPANY, is_changed(one)) for one in head.company.contacts]
    named = head.buyer_contact
    if named is not None:
        found.append(Known(named.address, Role.BUYER, is_changed(named)))
    if buyer is not None:
        found.append(Known(buyer.address, Role.BUYER, head.buyer_changed_at is not None))
    return tuple(found)


def contact_at(head: Parcours, recipient: str) -> Contact | None:
    """The person whom the record names at this address."""
    named = (*head.company.contacts, *((head.buyer_contact,) if head.buyer_contact else ()))
    return next((one for one in named if is_same(one.address, recipient)), None)


def doubts(recipient: str, record: tuple[Known, ...]) -> tuple[Doubt, ...]:
    """What is doubtful about this recipient; nothing when it is one of the known addresses, unchanged."""
    same = [one for one in record if is_same(one.address, recipient)]
    if any(not one.changed for one in same):
        return ()
    sure = [one for one in record if not one.changed]
    sides = {one.side for one in same} or {Role.COMPANY, Role.BUYER}
    here, domains = domain(recipient), {domain(one.address) for one in sure}
    beside = {domain(one.address) for one in sure if one.side in sides}
    found = [Doubt.CHANGED] if same else []
    if here in FREE_MAIL:
        found.append(Doubt.FREE_MAIL)
    if beside and here not in beside:
        found.append(Doubt.OTHER_DOMAIN)
    if here not in FREE_MAIL and any(looks_like(here, other) for other in domains | FREE_MAIL):
        found.append(Doubt.LOOK_ALIKE)
    return tuple(found)


def of_sending(
    head: Parcours, buyer: Account | None, recipient: str, to: Role
) -> tuple[tuple[Doubt, ...], tuple[str, ...]]:
    """What is doubtful about a sending, and the changed addresses of the company to which its buyer may pass it on."""
    record = known(head, buyer)
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
    """Whether two spellings are one mailbox: capitals aside."""
    return folded(one) == folded(other)


def shown(recipient: str, doubts: tuple[Doubt, ...], contacts: tuple[str, ...]) -> str:
    """What a confirmation repeats of the doubts that were shown, 16 hex characters: another record asks anew."""
    text = "\n".join((recipient, *doubts, "", *sorted(contacts)))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


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
