"""Plain functions that make people, parcours and documents: valid, invented, one thing changed at a time."""

import base64
import hashlib
import secrets
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TypeVar

from stdnum import luhn

from chalicelib import clock, seal
from chalicelib.domain import rights
from chalicelib.domain.accounts.managing import Profile
from chalicelib.domain.fields import Record
from chalicelib.domain.kernel.parcours import (
    BuyerContact,
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
from chalicelib.domain.kernel.transition import DecisionInputs, Transition
from chalicelib.domain.kernel.values import Aggregate, Kind, ParcoursStatus, Role
from chalicelib.domain.rights import RightsRequest
from chalicelib.stories.documents.sending import Announcement, SealedDocument
from infra.local.demo import SIRENS, one_page

NOON = datetime(2026, 12, 1, 11, 0, tzinfo=UTC)
DECLARED = datetime(2026, 5, 20, 9, 0, tzinfo=UTC)
DECLARED_ORIGIN = Origin(how=How.DECLARED, at=DECLARED, by=Role.BUYER, person="d" * 32)
COMPANY_ADDRESS = "n.bellanger@jardins.entreprise.example"


def mark() -> str:
    """Return eight letters that no other test has drawn; no digits, which may look like a telephone number."""
    return "".join(secrets.choice("bcdfghjkmnpqrstv") for _ in range(8))


def decision_inputs(now: datetime = NOON) -> DecisionInputs:
    """Return inputs with fresh ids, at this instant."""
    return DecisionInputs(now=now, random=secrets.token_bytes(256))


Written = TypeVar("Written", bound=Aggregate)


def written(transition: Transition, kind: type[Written]) -> Written:
    """Return the one item of this type that a transition writes."""
    [item] = [change.after for change in transition.changes if isinstance(change.after, kind)]
    return item


def account(
    role: Role = Role.TUTOR,
    *,
    id: str | None = None,
    address: str | None = None,
    name: str = "Marie-Laure Estève",
    academie: str | None = None,
    organisation: str | None = None,
) -> Account:
    """Return an agent of this role, with the académie or organisation that the role needs unless one is given."""
    identifier = secrets.token_hex(16)
    if role in {Role.TUTOR, Role.COORDINATOR}:
        academie = academie or "Dijon"
    if role in {Role.BUYER, Role.PRESCRIBER}:
        organisation = organisation or "Ministère des Ouvrages"
    return Account(
        id=id or identifier,
        address=address or f"{role.value}.{identifier[:8]}@agents.example",
        name=name,
        function="tutrice MLDS",
        roles=frozenset({role}),
        academie=academie,
        organisation=organisation,
        siren=siren(organisation) if organisation else None,
    )


def siren(organisation: str) -> str:
    """Return the SIREN of an invented organisation, always the same of the same name."""
    digits = f"9{int(hashlib.sha256(organisation.encode()).hexdigest(), 16) % 10**7:07d}"
    return SIRENS.get(organisation) or digits + luhn.calc_check_digit(digits)


ANSWERING = CompanyContact(
    role=ContactRole.ANSWERS_TENDER,
    name="Nadia Bellanger",
    function="ressources humaines",
    address=COMPANY_ADDRESS,
    phone="01 99 00 41 27",
    verified_on=date(2026, 11, 20),
)
COMPANY = Company(name="Jardins Morvenne", contacts=(ANSWERING,))
PLACEMENT = Placement(
    hours=300,
    place="4 rue des Peupliers",
    town="Brévannes-le-Lac",
    departement="21",
    academie="Dijon",
    region="Bourgogne-Franche-Comté",
    domain="Autre",
    tasks="Tonte, taille, plantation",
)


def unique_contract() -> Contract:
    """Return a contract that is like no other, and has more than a year to run."""
    return Contract(
        object="Entretien des espaces verts",
        detail=secrets.token_hex(4),
        lot="2",
        organisation="Ministère des Ouvrages",
        siren=siren("Ministère des Ouvrages"),
        notified_on=date(2026, 5, 12),
        ends_on=date(clock.utc_now().year + 2, 5, 12),
    )


def bought_by(organisation: str, contract: Contract) -> Contract:
    """Return the contract as another organisation's."""
    return replace(contract, organisation=organisation, siren=siren(organisation))


def offer(
    *,
    status: ParcoursStatus = ParcoursStatus.AVAILABLE,
    company: Company = COMPANY,
    contract: Contract | None = None,
    placement: Placement = PLACEMENT,
    buyer: str | None = None,
    buyer_contact: BuyerContact | None = None,
) -> Parcours:
    """Return an offer, free by default, whose addresses were all declared with it unless they say otherwise."""
    return declared(
        Parcours(
            id=secrets.token_hex(16),
            status=status,
            company=company,
            contract=contract or unique_contract(),
            placement=placement,
            buyer=buyer,
            buyer_contact=buyer_contact,
            since=DECLARED,
            last_kind=EventKind.OFFER_DECLARED,
            last_at=DECLARED,
        )
    )


def record(parcours: Parcours) -> Record:
    """Return the record of a parcours, as its form holds it."""
    return Record(
        company=parcours.company,
        contract=parcours.contract,
        placement=parcours.placement,
        buyer_contact=parcours.buyer_contact,
    )


def profile(account: Account) -> Profile:
    """Return what those who manage an account may change of it, as it is."""
    return Profile(
        name=account.name,
        function=account.function,
        phone=account.phone,
        departement=account.departement,
        roles=account.roles,
        academie=account.academie,
        organisation=account.organisation,
        siren=account.siren,
    )


def declared(parcours: Parcours) -> Parcours:
    """Return the parcours with each address marked as declared with the offer, unless it has another origin."""
    origin = DECLARED_ORIGIN
    contacts = tuple(
        replace(contact, origin=contact.origin or origin, phone_untouched=True)
        for contact in parcours.company.contacts
    )
    buyer_contact = parcours.buyer_contact
    if buyer_contact is not None:
        buyer_contact = replace(buyer_contact, origin=buyer_contact.origin or origin)
    return replace(
        parcours,
        company=replace(parcours.company, contacts=contacts),
        buyer_contact=buyer_contact,
        buyer_origin=parcours.buyer_origin or (origin if parcours.buyer else None),
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
        """Return what is announced of it."""
        sha256 = base64.b64encode(hashlib.sha256(self.blob).digest()).decode()
        return SealedDocument(self.kind, len(self.blob), sha256, self.key)

    def build_announcement(
        self, recipient: str = COMPANY_ADDRESS, *, confirmed: bool = False
    ) -> Announcement:
        """Return the deposit of this document alone; ``confirmed``: its sender has looked at a doubtful address."""
        return Announcement(self.deposit, recipient, (self.declared,), confirmed, notice=True)

    def document_json(self) -> dict[str, object]:
        """Return the document as the body of an announcement names it."""
        announced = self.declared
        return {
            "kind": announced.kind.value,
            "bytes": announced.sealed_bytes,
            "sha256": announced.sha256,
            "key": base64.b64encode(announced.key).decode(),
        }

    def as_json(self, recipient: str = COMPANY_ADDRESS) -> dict[str, object]:
        """Return the body of ``POST /parcours/{id}/depots``, which announces this document alone."""
        return {
            "deposit": self.deposit,
            "destinataire": recipient,
            "notice": True,
            "documents": [self.document_json()],
        }


def turn_last_bit(blob: bytes) -> bytes:
    """Return bytes that are another document for certain: their last bit is changed."""
    return blob[:-1] + bytes([blob[-1] ^ 1])


def sealed(plain: bytes | None = None, *, kind: Kind = Kind.CV, deposit: str | None = None) -> Sealed:
    """Seal a document for a deposit of its own; by default, a PDF of one page."""
    deposit = deposit or str(uuid.uuid4())
    content = plain if plain is not None else one_page(["Curriculum vitae", "Invented"])
    key = secrets.token_bytes(32)
    blob = seal.seal(content, key=key, nonce=secrets.token_bytes(12), aad=f"{deposit}/{kind}")
    return Sealed(deposit, kind, content, blob, key)


def rights_request() -> RightsRequest:
    """Return a request of a parent about personal data, as it was just kept."""
    now = clock.utc_now()
    number = rights.build_request_number(now, secrets.token_bytes(rights.NUMBER_BYTES))
    return rights.read_rights_request(
        "parent", "CSF-7K3Q-92", "effacement", "parent@messagerie.example", number=number, now=now
    )
