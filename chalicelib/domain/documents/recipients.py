"""Which addresses are trusted. Any other is shown with its origin and confirmed, never a wall: small companies use free mail."""

import hashlib
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.kernel.address import fold, fold_mailbox, read_domain
from chalicelib.domain.kernel.parcours import Contact, How, Origin, Parcours, is_same_organisation
from chalicelib.domain.kernel.people import Account
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
    """What is said against an address before something is sent there."""

    GONE = "gone"
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
    is_gone: bool = False
    """Whether its person is noted to have left."""

    @property
    def is_declared(self) -> bool:
        """Whether it came with the offer, and nobody has touched it since."""
        return self.origin is not None and self.origin.how is How.DECLARED


def is_trusted(address: str, record: tuple[Known, ...]) -> bool:
    """Whether the link may go to this address without a question: declared with the offer, untouched since, no free mail.

    Any other is shown to the sealer at each sealing, to be confirmed. No confirmation is stored on the server: a thief of the
    session would confirm in the sealer's name. The browser remembers what was confirmed (``static/deposit.js``).
    """
    declared = any(entry.is_declared and is_same(entry.address, address) for entry in record)
    return declared and not is_free_mail(read_domain(address))


def is_free_mail(domain: str) -> bool:
    """Whether anybody can have an address at this domain."""
    name, *ending = domain.casefold().split(".")
    of_a_country = len(ending) == 2 and ending[0] in SECOND_LEVEL
    return domain.casefold() in FREE_MAIL or (name in FREE_FAMILIES and (len(ending) == 1 or of_a_country))


def list_trusted_domains(parcours: Parcours) -> frozenset[str]:
    """Return the domains of the company's trusted contacts, within which its link passes on without a question."""
    record = list_known_addresses(parcours, None)
    company = (entry.address for entry in record if entry.side is Role.COMPANY)
    return frozenset(read_domain(address) for address in company if is_trusted(address, record))


def list_known_addresses(parcours: Parcours, buyer: Account | None) -> tuple[Known, ...]:
    """Return the addresses of a record with their origins. ``buyer``: the account that follows for the buyer."""
    record = [
        Known(contact.address, Role.COMPANY, contact.origin, contact.is_gone)
        for contact in parcours.company.contacts
    ]
    named = parcours.buyer_contact
    if named is not None:
        record.append(Known(named.address, Role.BUYER, named.origin, named.is_gone))
    if buyer is not None:
        record.append(Known(buyer.address, Role.BUYER, parcours.buyer_origin))
    return tuple(record)


def find_known_address(address: str, record: tuple[Known, ...]) -> Known | None:
    """Return what the record knows of an address, its declaration before anything else; None: it is not in the record."""
    entries = [entry for entry in record if is_same(entry.address, address)]
    return next((entry for entry in entries if entry.is_declared), next(iter(entries), None))


def find_contact(parcours: Parcours, recipient: str) -> Contact | None:
    """Return the contact that the record names at this address; None: there is none."""
    return next((entry for entry in parcours.named_contacts if is_same(entry.address, recipient)), None)


def find_doubts(recipient: str, record: tuple[Known, ...]) -> tuple[Doubt, ...]:
    """Return the doubts about this recipient; about a trusted one, only that the person has left."""
    is_gone = _is_gone(recipient, record)
    if is_trusted(recipient, record):
        return (Doubt.GONE,) if is_gone else ()
    known, domain = find_known_address(recipient, record), read_domain(recipient)
    declared = [entry for entry in record if entry.is_declared]
    known_domains = FREE_MAIL | {read_domain(entry.address) for entry in declared}
    doubts = {
        Doubt.GONE: is_gone,
        Doubt.UNDECLARED: known is None or not known.is_declared,
        Doubt.FREE_MAIL: is_free_mail(domain),
        Doubt.OTHER_DOMAIN: _is_other_domain(domain, known, declared),
        Doubt.LOOK_ALIKE: _looks_like_any(domain, known_domains),
    }
    return tuple(doubt for doubt, is_raised in doubts.items() if is_raised)


def _is_gone(recipient: str, record: tuple[Known, ...]) -> bool:
    """Whether it is noted that the person with this address has left."""
    return any(entry.is_gone and is_same(entry.address, recipient) for entry in record)


def _is_other_domain(domain: str, known: Known | None, declared: list[Known]) -> bool:
    """Whether no address declared for the recipient's side has this domain; of an unknown side, every declared address counts.

    Where none was declared, there is nothing to differ from.
    """
    of_side = {read_domain(entry.address) for entry in declared if known is None or entry.side is known.side}
    return bool(of_side) and domain not in of_side


def _looks_like_any(domain: str, known: frozenset[str]) -> bool:
    """Whether a domain could be taken for one of these; a free mail's own domain cannot."""
    return not is_free_mail(domain) and any(looks_like(domain, other) for other in known)


@dataclass(frozen=True)
class Question:
    """What the sealer is shown before a sending that may reach an address that is not trusted."""

    doubts: tuple[Doubt, ...]
    """About its recipient,"""
    known: Known | None
    """and what the record knows of the address; None: it is not in the record."""
    passed_to: tuple[Known, ...]
    """Contacts of the company that are not trusted, to whom a buyer may pass the link on."""
    shown: str
    """What the confirmation repeats, 16 hex characters: another record, sealer or parcours asks anew."""


def build_question(
    parcours: Parcours, buyer: Account | None, recipient: str, to: Role, sealer: str
) -> Question | None:
    """Build the question to confirm before this sending; None: there is none. ``sealer``: account id of the person who seals."""
    record = list_known_addresses(parcours, buyer)
    raised = find_doubts(recipient, record)
    passed_to = list_untrusted_contacts(record) if to is Role.BUYER else ()
    if not raised and not passed_to:
        return None
    known = find_known_address(recipient, record)
    entries = [known, *sorted(passed_to, key=lambda entry: entry.address)]
    parts = [sealer, parcours.id, recipient, *raised, *(repr(entry) for entry in entries)]
    return Question(raised, known, passed_to, hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16])


def list_untrusted_contacts(record: tuple[Known, ...]) -> tuple[Known, ...]:
    """Return the addresses of the company that are not trusted, each once; not of those who have left: no link passes to them."""
    company = {
        entry.address: entry for entry in reversed(record) if entry.side is Role.COMPANY and not entry.is_gone
    }
    return tuple(entry for entry in company.values() if not is_trusted(entry.address, record))


def find_side(parcours: Parcours, recipient: str, account: Account | None) -> Role:
    """Return whether a link to this recipient goes to the buyer, who passes it on, or to the company.

    ``account``: of this recipient, if any.
    """
    named = parcours.buyer_contact.address if parcours.buyer_contact else ""
    buys = account is not None and is_same_organisation(account, parcours.contract)
    return Role.BUYER if buys or fold_mailbox(recipient) == fold_mailbox(named) else Role.COMPANY


def is_same(address: str, other: str) -> bool:
    """Whether two spellings are one address: capitals do not count."""
    return fold(address) == fold(other)


def looks_like(domain: str, known: str) -> bool:
    """Whether a domain could be taken for the known one: accents, look-alike letters and digits, a letter more or less."""
    if domain == known:
        return False
    skeleton, other = _fold_look_alikes(domain), _fold_look_alikes(known)
    is_long = min(len(skeleton), len(other)) > 2 * NEAR
    return skeleton == other or (is_long and _measure_distance(skeleton, other) <= NEAR)


def _fold_look_alikes(domain: str) -> str:
    """Return a domain as an eye reads it: without accents, look-alike letters and digits as plain letters."""
    plain = unicodedata.normalize("NFKD", domain.casefold())
    without_accents = "".join(character for character in plain if not unicodedata.combining(character))
    return without_accents.translate(SIMILAR).translate(CONFUSABLE)


CONFUSABLE = str.maketrans("аеорсхуіѕԁвмнткαορν", "aeopcxyisdbmhtkaopv")
"""Cyrillic and Greek letters that look like Latin ones."""


def _measure_distance(text: str, other: str) -> int:
    """Return the Levenshtein distance of two texts, or some number above ``NEAR`` where it is more than that."""
    if abs(len(text) - len(other)) > NEAR:
        return NEAR + 1
    row = list(range(len(other) + 1))
    for i, letter in enumerate(text, start=1):
        above, row[0] = row[0], i
        for j, right in enumerate(other, start=1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (letter != right))
    return row[-1]
