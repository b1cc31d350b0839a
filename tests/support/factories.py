"""Plain functions that make people, parcours and documents: valid, invented, one thing changed at a time."""

import base64
import hashlib
import secrets
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from chalicelib import seal
from chalicelib.domain.accounts.managing import Profile
from chalicelib.domain.fields import Record
from chalicelib.domain.kernel.parcours import (
    Company,
    CompanyContact,
    ContactRole,
    Contract,
    How,
    Origin,
    Parcours,
    Placement,
)
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.transition import DecisionInputs
from chalicelib.domain.kernel.values import Kind, ParcoursStatus, Role
from chalicelib.stories.documents.sending import Announcement, SealedDocument
from infra.local.demo import one_page

NOON = datetime(2026, 12, 1, 11, 0, tzinfo=UTC)
DECLARED = datetime(2026, 5, 20, 9, 0, tzinfo=UTC)
COMPANY_ADDRESS = "n.bellanger@jardins.entreprise.example"


def mark() -> str:
    """Eight letters that no other test has drawn; no digits, which may look like a telephone number."""
    return "".join(secrets.choice("bcdfghjkmnpqrstv") for _ in range(8))


def decision_inputs(now: datetime = NOON) -> DecisionInputs:
    """Return inputs with fresh ids, at this instant."""
    return DecisionInputs(now=now, random=secrets.token_bytes(256))


def account(role: Role = Role.TUTOR, **changes: Any) -> Account:
    """An agent of this role."""
    identifier = secrets.token_hex(16)
    fields: dict[str, Any] = {
        "id": identifier,
        "address": f"{role.value}.{identifier[:8]}@agents.example",
        "name": "Marie-Laure Estève",
        "function": "tutrice MLDS",
        "roles": frozenset({role}),
        "academie": "Dijon" if role in {Role.TUTOR, Role.COORDINATOR} else None,
        "organisation": "Ministère des Ouvrages" if role in {Role.BUYER, Role.PRESCRIBER} else None,
    }
    return Account(**fields | changes)


def offer(**changes: Any) -> Parcours:
    """A free offer."""
    contact = CompanyContact(
        role=ContactRole.ANSWERS_TENDER,
        name="Nadia Bellanger",
        function="ressources humaines",
        address=COMPANY_ADDRESS,
        phone="01 99 00 41 27",
        verified_on=date(2026, 11, 20),
    )
    fields: dict[str, Any] = {
        "id": secrets.token_hex(16),
        "status": ParcoursStatus.AVAILABLE,
        "company": Company(name="Jardins Morvenne", contacts=(contact,)),
        "contract": Contract(
            object="Entretien des espaces verts",
            detail=secrets.token_hex(4),  # no two are the same offer
            lot="2",
            organisation="Ministère des Ouvrages",
            notified_on=date(2026, 5, 12),
            ends_on=date(2028, 5, 12),
        ),
        "placement": Placement(
            hours=300,
            place="4 rue des Peupliers",
            town="Brévannes-le-Lac",
            departement="21",
            academie="Dijon",
            region="Bourgogne-Franche-Comté",
            domain="Autre",
            tasks="Tonte, taille, plantation",
        ),
        "since": DECLARED,
        "last_kind": EventKind.OFFER_DECLARED,
        "last_at": DECLARED,
    }
    return declared(Parcours(**fields | changes))


def record(head: Parcours) -> Record:
    """What the form of this offer holds."""
    return Record(
        company=head.company,
        contract=head.contract,
        placement=head.placement,
        buyer_contact=head.buyer_contact,
    )


def profile(person: Account) -> Profile:
    """What those who manage this account may change of it, as it is."""
    return Profile(
        name=person.name,
        function=person.function,
        phone=person.phone,
        departement=person.departement,
        roles=person.roles,
        academie=person.academie,
        organisation=person.organisation,
    )


def declared(head: Parcours) -> Parcours:
    """The same record, each address of which is declared with the offer, but those that say otherwise."""
    origin = Origin(how=How.DECLARED, at=DECLARED, by=Role.BUYER, person="d" * 32)
    stated: dict[str, Any] = {"origin": origin}
    contacts = tuple(
        contact if contact.origin else replace(contact, **stated) for contact in head.company.contacts
    )
    named = head.buyer_contact
    return replace(
        head,
        company=replace(head.company, contacts=contacts),
        buyer_contact=replace(named, **stated) if named and not named.origin else named,
        buyer_origin=head.buyer_origin or (origin if head.buyer else None),
    )


@dataclass(frozen=True)
class Sealed:
    """A document as its sender's browser holds it."""

    deposit: str
    kind: Kind
    plain: bytes
    blob: bytes
    key: bytes

    @property
    def declared(self) -> SealedDocument:
        """What is announced of it."""
        sha256 = base64.b64encode(hashlib.sha256(self.blob).digest()).decode()
        return SealedDocument(self.kind, len(self.blob), sha256, self.key)

    def announcement(self, recipient: str = COMPANY_ADDRESS, *, confirmed: bool = False) -> Announcement:
        """The deposit of this one document; ``confirmed``: its sender has looked at a doubtful address."""
        return Announcement(self.deposit, recipient, (self.declared,), confirmed, notice=True)

    def as_json(self, recipient: str = COMPANY_ADDRESS) -> dict[str, Any]:
        """The body of ``POST /parcours/{id}/depots``."""
        one = self.declared
        document = {
            "kind": one.kind.value,
            "bytes": one.sealed_bytes,
            "sha256": one.sha256,
            "key": base64.b64encode(one.key).decode(),
        }
        return {
            "deposit": self.deposit,
            "destinataire": recipient,
            "notice": True,
            "documents": [document],
        }


def sealed(plain: bytes | None = None, *, kind: Kind = Kind.CV, deposit: str | None = None) -> Sealed:
    """A document sealed for a deposit of its own; by default, a PDF of one page."""
    deposit = deposit or str(uuid.uuid4())
    content = plain if plain is not None else one_page(["Curriculum vitae", "Invented"])
    key = secrets.token_bytes(32)
    blob = seal.seal(content, key=key, nonce=secrets.token_bytes(12), aad=f"{deposit}/{kind}")
    return Sealed(deposit, kind, content, blob, key)
