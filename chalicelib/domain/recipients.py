"""Whether an address looks like a mistake. A doubt is told and confirmed, never a wall: small companies use free mail."""

import unicodedata
from datetime import datetime
from enum import StrEnum

from chalicelib.domain.parcours import CompanyContact

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


def doubts(
    recipient: str,
    contacts: tuple[CompanyContact, ...],
    *,
    others: tuple[str, ...] = (),
    sender: str = "",
    last_sent_at: datetime | None = None,
) -> tuple[Doubt, ...]:
    """What is doubtful about this recipient; nothing when it is one of the known addresses, unchanged.

    Args:
        contacts: of the company; ``others``: further known addresses (the buyer's).
        sender: account id; ``last_sent_at``: of this parcours' last sending, for a contact that somebody else changed since.
    """
    for contact in contacts:
        if contact.address.casefold() == recipient.casefold():
            return _changed(contact, sender, last_sent_at)
    if recipient.casefold() in {address.casefold() for address in others}:
        return ()
    domain = domain_of(recipient)
    known = {domain_of(contact.address) for contact in contacts} | {domain_of(address) for address in others}
    found = [Doubt.FREE_MAIL] if domain in FREE_MAIL else []
    if known and domain not in known:
        found.append(Doubt.OTHER_DOMAIN)
    if domain not in FREE_MAIL and any(looks_like(domain, other) for other in known | FREE_MAIL):
        found.append(Doubt.LOOK_ALIKE)
    return tuple(found)


def _changed(contact: CompanyContact, sender: str, last_sent_at: datetime | None) -> tuple[Doubt, ...]:
    by_another = contact.changed_by is not None and contact.changed_by != sender
    since = contact.changed_at is not None and (last_sent_at is None or contact.changed_at > last_sent_at)
    return (Doubt.CHANGED,) if by_another and since else ()


def domain_of(address: str) -> str:
    """What stands behind the @, in lower case."""
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
