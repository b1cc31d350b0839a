"""Which addresses are trusted. Any other is shown with its origin and confirmed, never a wall: small companies use free mail."""

import hashlib
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.kernel.address import domain, folded, mailbox
from chalicelib.domain.kernel.parcours import Contact, How, Origin, Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.texts import same_name
from chalicelib.domain.kernel.values import Role

FREE_MAIL = frozenset(
    {
        "126.com", "163.com", "9online.fr", "alice.fr", "aliceadsl.fr", "arcor.de", "bbox.fr", "bk.ru", "bluewin.ch",
        "caramail.fr", "cegetel.net", "club-internet.fr", "dartybox.com", "dbmail.com", "disroot.org", "duck.com",
        "email.com", "email.it", "estvideo.fr", "fastmail.com", "fastmail.fm", "free.fr", "freenet.de", "freesbee.fr",
        "gmail.com", "googlemail.com", "guerrillamail.com", "hey.com", "hushmail.com", "icloud.com", "ik.me",
        "inbox.ru", "infonie.fr", "keemail.me", "laposte.net", "libero.it", "libertysurf.fr", "lilo.org", "list.ru",
        "luxweb.com", "mac.com", "mail.com", "mail.fr", "mail.ru", "mailfence.com", "mailinator.com", "me.com",
        "mozmail.com", "msn.com", "murena.io", "naver.com", "net-c.fr", "netc.fr", "netcourrier.com", "neuf.fr",
        "noos.fr", "numericable.com", "numericable.fr", "o2.pl", "orange.com", "orange.fr", "passmail.net",
        "passport.com", "pm.me", "qq.com", "riseup.net", "rocketmail.com", "runbox.com", "sapo.pt", "seznam.cz",
        "sfr.fr", "simplelogin.com", "skynet.be", "t-online.de", "tele2.fr", "telenet.be", "temp-mail.org",
        "tiscali.fr", "tiscali.it", "tuta.io", "tutamail.com", "uol.com.br", "virgilio.it", "vivaldi.net", "voila.fr",
        "wanadoo.fr", "web.de", "worldonline.fr", "wp.pl", "ya.ru", "yandex.ru", "ymail.com", "yopmail.com",
        "zaclys.net", "zohomail.com",
    }
)  # fmt: skip
"""Providers that anybody can have an address at, the usual ones in France."""
FREE_FAMILIES = frozenset(
    {
        "aol", "gmx", "hotmail", "live", "mailo", "outlook", "posteo", "proton", "protonmail", "tuta", "tutanota",
        "yahoo", "yandex", "yopmail", "zoho",
    }
)  # fmt: skip
"""Providers that are free under every ending: ``outlook.be``, ``yahoo.co.uk``."""
SECOND_LEVEL = frozenset({"ac", "co", "com", "edu", "gov", "net", "org"})
"""What stands before a country's code in its domains."""
SIMILAR = str.maketrans({"0": "o", "1": "l", "3": "e", "5": "s", "-": "", "_": ""})
NEAR = 2
"""At how many changed characters two domains still look alike."""


class Doubt(StrEnum):
    """What is said against an address that is not trusted."""

    UNDECLARED = "undeclared"
    FREE_MAIL = "free_mail"
    OTHER_DOMAIN = "other_domain"
    LOOK_ALIKE = "look_alike"


@dataclass(frozen=True)
class Known:
    """An address of the record."""

    address: str
    side: Role
    """``COMPANY`` or ``BUYER``."""
    origin: Origin | None

    @property
    def is_declared(self) -> bool:
        """Whether it came with the offer, and nobody has touched it since."""
        return self.origin is not None and self.origin.how is How.DECLARED


def is_trusted(address: str, record: tuple[Known, ...]) -> bool:
    """Whether an address goes without a question: declared with the offer, untouched since, and no free mail.

    Any other is shown to the sealer each time that it is sealed for, and she confirms it. No confirmation is stored: a thief
    of her session would confirm in her name. Her own browser remembers what she confirmed (``static/deposit.js``).
    """
    declared = any(one.is_declared and is_same(one.address, address) for one in record)
    return declared and not is_free_mail(domain(address))


def is_free_mail(domain: str) -> bool:
    """Whether anybody can have an address at this domain."""
    name, *ending = domain.casefold().split(".")
    of_a_country = len(ending) == 2 and ending[0] in SECOND_LEVEL
    return domain.casefold() in FREE_MAIL or (name in FREE_FAMILIES and (len(ending) == 1 or of_a_country))


def trusted_domains(head: Parcours) -> frozenset[str]:
    """The domains within which a link of the company passes without a question: those of its trusted contacts."""
    record = known(head, None)
    company = (one.address for one in record if one.side is Role.COMPANY)
    return frozenset(domain(one) for one in company if is_trusted(one, record))


def known(head: Parcours, buyer: Account | None) -> tuple[Known, ...]:
    """The addresses of a record. ``buyer``: the account that follows for the buyer."""
    found = [Known(contact.address, Role.COMPANY, contact.origin) for contact in head.company.contacts]
    named = head.buyer_contact
    if named is not None:
        found.append(Known(named.address, Role.BUYER, named.origin))
    if buyer is not None:
        found.append(Known(buyer.address, Role.BUYER, head.buyer_origin))
    return tuple(found)


def entry_of(address: str, record: tuple[Known, ...]) -> Known | None:
    """What the record knows of an address, its declaration before anything else; None: it is not in the record."""
    same = [one for one in record if is_same(one.address, address)]
    return next((one for one in same if one.is_declared), next(iter(same), None))


def contact_at(head: Parcours, recipient: str) -> Contact | None:
    """The person whom the record names at this address."""
    named = (*head.company.contacts, *((head.buyer_contact,) if head.buyer_contact else ()))
    return next((one for one in named if is_same(one.address, recipient)), None)


def doubts(recipient: str, record: tuple[Known, ...]) -> tuple[Doubt, ...]:
    """What is said against this recipient; nothing when she is trusted."""
    if is_trusted(recipient, record):
        return ()
    declared = [one for one in record if one.is_declared]
    same = entry_of(recipient, record)
    here, domains = domain(recipient), {domain(one.address) for one in declared}
    beside = {domain(one.address) for one in declared if same is None or one.side is same.side}
    found = [] if same is not None and same.is_declared else [Doubt.UNDECLARED]
    if is_free_mail(here):
        found.append(Doubt.FREE_MAIL)
    if beside and here not in beside:
        found.append(Doubt.OTHER_DOMAIN)
    if not is_free_mail(here) and any(looks_like(here, other) for other in domains | FREE_MAIL):
        found.append(Doubt.LOOK_ALIKE)
    return tuple(found)


@dataclass(frozen=True)
class Question:
    """What the sealer is shown before a sending that may reach an address that is not trusted."""

    doubts: tuple[Doubt, ...]
    """About its recipient,"""
    known: Known | None
    """and what the record knows of her address; None: it is not in the record."""
    passed_to: tuple[Known, ...]
    """Contacts of the company that are not trusted, to whom a buyer may pass the link on."""
    shown: str
    """What her confirmation repeats, 16 hex characters: another record, sealer or parcours asks anew."""


def question(head: Parcours, buyer: Account | None, recipient: str, to: Role, sealer: str) -> Question | None:
    """What is asked before this sending; None: nothing. ``sealer``: her account id."""
    record = known(head, buyer)
    found, passed_to = doubts(recipient, record), untrusted_contacts(record) if to is Role.BUYER else ()
    if not found and not passed_to:
        return None
    same = entry_of(recipient, record)
    said = [same, *sorted(passed_to, key=lambda one: one.address)]
    parts = [sealer, head.id, recipient, *found, *(repr(one) for one in said)]
    return Question(found, same, passed_to, hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16])


def untrusted_contacts(record: tuple[Known, ...]) -> tuple[Known, ...]:
    """The addresses of the company that are not trusted, each once."""
    company = {one.address: one for one in reversed(record) if one.side is Role.COMPANY}
    return tuple(one for one in company.values() if not is_trusted(one.address, record))


def side_of(head: Parcours, recipient: str, account: Account | None) -> Role:
    """Whether a link goes to the buyer, who passes it on, or to the company. ``account``: of this recipient, if any."""
    named = head.buyer_contact.address if head.buyer_contact else ""
    buys = account is not None and same_name(account.organisation, head.contract.organisation)
    return Role.BUYER if buys or mailbox(recipient) == mailbox(named) else Role.COMPANY


def is_same(one: str, other: str) -> bool:
    """Whether two spellings are one mailbox: capitals aside."""
    return folded(one) == folded(other)


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
