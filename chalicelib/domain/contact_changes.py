"""What changed about the people whom a record names, and the mail by which its tutor learns it, whoever changed it."""

import hashlib
from collections.abc import Iterable

from chalicelib.domain.parcours import Contact, Parcours
from chalicelib.domain.timeline import Interlocutor
from chalicelib.domain.transition import Draw, MailKind, OutboxMail

ADDED, REMOVED = "added", "removed"
PARTS = ("address", "phone")
"""What leads to a person: who writes or telephones to the wrong one is misled."""


def changes(before: Parcours, after: Parcours) -> tuple[str, ...]:
    """``<interlocutor>.<part>`` for each address or telephone that is another, ``….added``, ``….removed``."""
    old, new = _people(before), _people(after)
    found = []
    for about in Interlocutor:
        was, stands = old.get(about), new.get(about)
        if was is None or stands is None:
            parts = [] if was is stands else [ADDED if stands else REMOVED]
        else:
            parts = [part for part in PARTS if getattr(was, part) != getattr(stands, part)]
        found += [f"{about.value}.{part}" for part in parts]
    return tuple(found)


def notice(before: Parcours, after: Parcours, person: str, key: str, draw: Draw) -> tuple[OutboxMail, ...]:
    """The mail to the tutor of a passage under way; none when nobody accompanies, or nothing leads elsewhere.

    Args:
        person: account id of who changed it: the tutor too is told of what her own session did.
    """
    changed = changes(before, after)
    if after.tutor is None or not changed:
        return ()
    mail = OutboxMail(
        key=key,
        kind=MailKind.CONTACTS_CHANGED,
        created_at=draw.now,
        account=after.tutor,
        about=person,
        contacts={after.id: changed},
    )
    return (mail,)


def grouped(mails: Iterable[OutboxMail], source: str) -> tuple[OutboxMail, ...]:
    """One mail for each tutor instead of one for each parcours, under a key derived from what changed them all.

    Args:
        source: of one import, the same for each of its parts.
    """
    found: dict[str, OutboxMail] = {}
    for mail in mails:
        key = hashlib.sha256(f"{source}|{mail.account}".encode()).hexdigest()[:32]
        found[key] = merged(found[key], mail) if key in found else mail.but(key=key)
    return tuple(found.values())


def merged(waiting: OutboxMail, more: OutboxMail) -> OutboxMail:
    """The mail that waits, telling this too."""
    said = dict(waiting.contacts)
    for parcours, codes in more.contacts.items():
        said[parcours] = tuple(dict.fromkeys((*said.get(parcours, ()), *codes)))
    return waiting.but(contacts=said)


def named(head: Parcours, about: Interlocutor) -> Contact | None:
    """Whom the record names for this interlocutor."""
    return _people(head).get(about)


def _people(head: Parcours) -> dict[Interlocutor, Contact]:
    contacts = head.company.contacts
    found: dict[Interlocutor, Contact] = {
        Interlocutor(one.role.value): one for one in contacts if one.role.is_known
    }
    if head.buyer_contact is not None:
        found[Interlocutor.BUYER] = head.buyer_contact
    return found
