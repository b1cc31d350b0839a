"""What a tutor is told that others did to her parcours: contacts changed, a passage handed to somebody else."""

from email.message import EmailMessage

from chalicelib import record_emails
from chalicelib.domain import contact_changes
from chalicelib.domain.parcours import Parcours
from chalicelib.domain.timeline import Interlocutor
from chalicelib.domain.transition import MailKind, OutboxMail
from chalicelib.record_emails import Changed
from chalicelib.stores import items, parcours, tables
from chalicelib.stories import accompanying


def write(waiting: OutboxMail) -> EmailMessage | None:
    """The message; None when there is nobody to tell."""
    return _contacts(waiting) if waiting.kind is MailKind.CONTACTS_CHANGED else _handed_away(waiting)


def _contacts(waiting: OutboxMail) -> EmailMessage | None:
    """To the tutor of that moment, even if somebody else has the parcours by now: a handover hides no change."""
    tutor, person = accompanying.open_account(waiting.account), parcours.account(waiting.about or "none")
    heads = tables.records(Parcours, [items.parcours_key(one) for one in waiting.contacts])
    if tutor is None or not heads:
        return None
    changed = [
        Changed(head, code, contact_changes.named(head, Interlocutor(code.partition(".")[0])))
        for head in heads.values()
        for code in waiting.contacts[head.id]
    ]
    return record_emails.contacts_changed(tutor, person, changed)


def _handed_away(waiting: OutboxMail) -> EmailMessage | None:
    """To the former tutor, whose account may be closed by now, or may be again what it was."""
    former = parcours.account(waiting.account) if waiting.account else None
    successor = parcours.account(waiting.about) if waiting.about else None
    if former is None or successor is None:
        return None
    head = parcours.head(waiting.parcours) if waiting.parcours else None
    return record_emails.handed_away(former, successor, head)
