"""The mails that tell a tutor what was changed on her parcours, whoever changed it: a thief of her session among them."""

from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage

from chalicelib import config, letters, words
from chalicelib.domain import address
from chalicelib.domain.parcours import Contact, Parcours
from chalicelib.domain.people import Account

WHO = {
    "answers_tender": "le contact « répond au marché »",
    "welcomes": "le contact « accueille »",
    "buyer": "le contact chez l’acheteur",
}
WHAT = {
    "address": "a changé d’adresse",
    "phone": "a changé de téléphone",
    "added": "est nouveau",
    "removed": "a été retiré",
}
SHOWN = frozenset({"address", "added"})
"""Changes of which the new address is shown."""


@dataclass(frozen=True)
class Changed:
    """One thing that changed about a contact: a code of ``contact_changes``, and the contact as it is now."""

    parcours: Parcours
    code: str
    contact: Contact | None

    @property
    def sentence(self) -> str:
        """In role terms, with a hint of the new address."""
        about, _, what = self.code.partition(".")
        new = f" : {address.hint(self.contact.address)}" if self.contact and what in SHOWN else ""
        return f"{WHO[about]} {WHAT[what]}{new}"


def contacts_changed(tutor: Account, person: Account | None, changed: Sequence[Changed]) -> EmailMessage:
    """To the tutor: which contacts lead elsewhere now, who changed them, and what to do if she did not expect it."""
    heads = list({one.parcours.id: one.parcours for one in changed}.values())
    several = len(heads) > 1
    return letters.message(
        "contacts-changes",
        to=tutor.address,
        by={"name": person.name, "function": person.function} if person and person.id != tutor.id else None,
        parcours=[
            words.market_facts(head)
            | {"changes": [one.sentence for one in changed if one.parcours.id == head.id]}
            for head in heads
        ],
        url=f"{config.public_base_url()}/parcours" if several else letters.page_of(heads[0]),
    )


def handed_away(former: Account, successor: Account, parcours: Parcours | None) -> EmailMessage:
    """To the tutor who followed it: who does now; ``parcours``: None: everything, as her account is closed."""
    return letters.message(
        "passe-a",
        to=former.address,
        successor={"name": successor.name, "function": successor.function},
        parcours=words.market_facts(parcours) if parcours else None,
    )
