"""Which addresses are trusted: a link goes and passes to these without a question. Any other is shown with its origin."""

import hashlib
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.kernel.address import fold, read_domain
from chalicelib.domain.kernel.parcours import Contact, How, Origin, Parcours, is_same_organisation
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.values import Role

SIMILAR = str.maketrans({"0": "o", "1": "l", "3": "e", "5": "s", "-": "", "_": ""})
NEAR = 2
"""At how many changed characters two domains still look alike."""


class Doubt(StrEnum):
    """What is said against an address before something is sent there."""

    GONE = "gone"
    UNDECLARED = "undeclared"
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
    """Whether something may go to this address without a question.

    That is: declared with the offer, untouched since, and nobody noted that its person has left. No confirmation is stored on
    the server: a thief of the session would confirm in the sealer's name. The browser remembers what was confirmed
    (``static/deposit.js``).
    """
    entries = [entry for entry in record if is_same(entry.address, address)]
    return any(entry.is_declared for entry in entries) and not any(entry.is_gone for entry in entries)


def list_passable(parcours: Parcours) -> tuple[str, ...]:
    """Return the addresses to which a link passes without asking who sealed: the trusted contacts of the company.

    They are shown to the sealer, and kept with the deposit (``Contents.known``), with its recipient.
    """
    record = list_known_addresses(parcours, None)
    company = (entry.address for entry in record if entry.side is Role.COMPANY)
    return tuple(dict.fromkeys(address for address in company if is_trusted(address, record)))


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
    """Return the doubts about this recipient; none about a trusted one."""
    if is_trusted(recipient, record):
        return ()
    known, domain = find_known_address(recipient, record), read_domain(recipient)
    declared = [entry for entry in record if entry.is_declared]
    doubts = {
        Doubt.GONE: any(entry.is_gone and is_same(entry.address, recipient) for entry in record),
        Doubt.UNDECLARED: known is None or not known.is_declared,
        Doubt.OTHER_DOMAIN: _is_other_domain(domain, known, declared),
        Doubt.LOOK_ALIKE: any(looks_like(domain, read_domain(entry.address)) for entry in declared),
    }
    return tuple(doubt for doubt, is_raised in doubts.items() if is_raised)


def _is_other_domain(domain: str, known: Known | None, declared: list[Known]) -> bool:
    """Whether no address declared for the recipient's side has this domain; of an unknown side, every declared address counts.

    Where none was declared, there is nothing to differ from.
    """
    of_side = {read_domain(entry.address) for entry in declared if known is None or entry.side is known.side}
    return bool(of_side) and domain not in of_side


@dataclass(frozen=True)
class Question:
    """What the sealer is shown before a sending to an address that is not trusted."""

    doubts: tuple[Doubt, ...]
    known: Known | None
    """What the record knows of the address; None: it is not in the record."""
    shown: str
    """What the confirmation repeats, 16 hex characters: another record, sealer or parcours, or a withdrawal, asks anew."""


def build_question(parcours: Parcours, buyer: Account | None, recipient: str, sealer: str) -> Question | None:
    """Build the question to confirm before this sending; None: there is none. ``sealer``: account id of the person who seals."""
    record = list_known_addresses(parcours, buyer)
    raised = find_doubts(recipient, record)
    if not raised:
        return None
    known = find_known_address(recipient, record)
    parts = [sealer, parcours.id, str(parcours.withdrawn_at), recipient, *raised, repr(known)]
    return Question(raised, known, hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16])


def find_side(parcours: Parcours, recipient: str, account: Account | None) -> Role:
    """Return whether a sealer who sends to this recipient sends to the buyer, who passes the link on, or to the company.

    Decided when documents are sealed, and kept with them. ``account``: of this recipient, if any.
    """
    known = find_known_address(recipient, list_known_addresses(parcours, None))
    buys = account is not None and is_same_organisation(account, parcours.contract)
    return Role.BUYER if buys or (known is not None and known.side is Role.BUYER) else Role.COMPANY


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
