"""What is stored of a contact or an agent, by their address: found in the tables, copied in French, erased.

Each item in which the address, its hash or the id of its account stands is of that person, so that no type of item is forgotten.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import boto3

from chalicelib import french
from chalicelib.domain.kernel.address import fold, hash_folded
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import CompanyContact, Contact, Parcours
from chalicelib.domain.kernel.people import Account, Passkey
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.retention import BY_NAME, ROWS, Place, Row
from chalicelib.domain.rights import RightsRequest
from chalicelib.stores import cases, items
from chalicelib.stores.parcours_table import Roster, read_account
from chalicelib.stores.unit_of_work import UnitOfWork
from chalicelib.stories import record, subjects
from chalicelib.stories.accounts import closing
from chalicelib.stories.auditing import REFUSED
from chalicelib.words import codes
from chalicelib.words.timeline import FACTS
from infra import CommandFailed, paginate
from infra.deploy.stack import Deployed
from infra.subject_copy import describe_deposit, describe_event, describe_link, describe_request, list_times

TABLES = {Place.PARCOURS: "ParcoursTable", Place.RELAY: "RelayTable", Place.AUDIT: "AuditTable"}
SAID = ("name", "function", "address", "phone", "company", "contract", "reference", "used")
"""What is copied of an item that has no sentence of its own: of the part of it in which the person stands,"""
TECHNICAL = {"due_at"}
"""beside its instants but these."""
ROUTE_ACTS = {"GET": "page consultée", "POST": "formulaire envoyé", REFUSED: "accès refusé"}
"""What the first word of an act of the audit trail says, where no fact was noted."""
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")


@dataclass(frozen=True, slots=True)
class Person:
    """What is stored of who has an address."""

    address: str
    accounts: tuple[Account, ...]
    items: dict[str, list[items.Plain]]
    """By the name of their row of the register, in its order."""

    @property
    def names(self) -> frozenset[str]:
        """Return what items name the person by: the address, its hash, the id of an account."""
        ids = (account.id for account in self.accounts)
        return frozenset({self.address.casefold(), fold(self.address), hash_folded(self.address), *ids})

    @property
    def links(self) -> list[Link]:
        """Return the links in which the address or the account stands, without what is counted beside them."""
        return [items.from_item(Link, item) for item in self.items.get("link", []) if item["sk"] == "0"]


def find_person(at: Deployed, address: str) -> Person:
    """Find everything that is stored of who has this address. The tables are read whole."""
    dynamodb = boto3.client("dynamodb")
    accounts = tuple(
        account
        for account in cases.load_owners(UnitOfWork(), address)
        if fold(account.address) == fold(address)
    )
    by_row: dict[str, list[items.Plain]] = {row.name: [] for row in ROWS}
    person = Person(address, accounts, by_row)
    for place, table in TABLES.items():
        for wire in paginate(dynamodb, "scan", "Items", TableName=at.physical_id(table)):
            item = items.decode_item(wire)
            if not person.names.isdisjoint(_list_texts(item)):
                by_row[_find_row(place, item).name].append(item)
    return replace(person, items={name: own for name, own in by_row.items() if own})


def _list_texts(value: Any) -> Iterator[str]:
    """Yield every text in an item, keys of maps and parts of its own key included."""
    if isinstance(value, str):
        yield from value.casefold().split("#")
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from (name, *_list_texts(inner))
    elif isinstance(value, list):
        for inner in value:
            yield from _list_texts(inner)


def _find_row(place: Place, item: items.Plain) -> Row:
    """Return the row of the register that an item belongs to."""
    pk, sk = str(item["pk"]), str(item["sk"])
    return next(row for row in ROWS if row.place is place and pk.startswith(row.pk) and sk.startswith(row.sk))


def stop_mails(person: Person, now: datetime, *, forgets: bool) -> None:
    """Let no link of who has an address open any more, and none, nor list or letter, go there. Again, it goes on.

    ``forgets``: whether the links lose the address too.
    """
    subjects.stop_mails(person.address, now=now)
    for link in person.links:
        subjects.close_links(link.deposit, person.address, forgets=forgets, now=now)


def erase_person(person: Person, now: datetime) -> None:
    """Stop mails, remove who has an address from records and links, and close their account. Again, it goes on.

    Raises CommandFailed: the account accompanies young people, and who takes over is for the team to say.
    """
    for account in person.accounts:
        _close(account, now)
    stop_mails(person, now, forgets=True)
    for item in person.items.get("parcours", []):
        record.remove_contact(str(item["pk"]).removeprefix("parcours#"), person.address, now=now)


def _close(account: Account, now: datetime) -> None:
    """Close an account as a member of the team does; nothing where it is closed. Raises CommandFailed."""
    if account.closed_at is not None:
        return
    closer = next((read_account(other) for other in Roster().list_team() if other != account.id), None)
    if closer is None:
        raise CommandFailed("Nobody else is of the team: invite somebody on « Comptes », then ask again.")
    closing.close(closer, account.id, now=now)


def list_copied(person: Person) -> dict[str, list[str]]:
    """List what the copy says of each row of the register, in French."""
    return {name: _describe_items(person, BY_NAME[name], own) for name, own in person.items.items()}


def _describe_items(person: Person, row: Row, own: list[items.Plain]) -> list[str]:
    """Return a line for each item, but one for those that say the same."""
    lines = (_describe_item(person, row, item) for item in own)
    return [*dict.fromkeys(line for line in lines if line)]


def _describe_item(person: Person, row: Row, item: items.Plain) -> str:
    """Return what an item says of the person, and of nobody else."""
    match row.name:
        case "parcours":
            return _describe_parcours(person, items.from_item(Parcours, item))
        case "account":
            return _describe_account(items.from_item(Account, item))
        case "link" if item["sk"] == "0":
            return describe_link(items.from_item(Link, item), person.address)
        case "request":
            return describe_request(items.from_item(RightsRequest, item))
        case "event" | "fact":
            return describe_event(items.from_event_item(item))
        case "deposit":
            return describe_deposit(items.from_item(Deposit, item))
        case "audit":
            at = datetime.fromisoformat(item["sk"].partition("#")[0])
            return f"{french.moment(at)} : {_describe_act(str(item['act']))}"
    said = [str(own[name]) for own in _list_own(person, item) for name in SAID if own.get(name)]
    times = dict.fromkeys(french.moment(at) for at in sorted(_list_instants(item)))
    return ", ".join([*said, *times]) or "Votre adresse, le numéro de votre compte ou leur empreinte"


def _describe_act(act: str) -> str:
    """Return an act of the audit trail in words: the facts that were noted, else which page was used, and how."""
    first, *rest = act.split(" ")
    if first in ROUTE_ACTS:
        return f"{ROUTE_ACTS[first]} : {rest[-1]}"
    return ", ".join(FACTS[EventKind.from_stored(code)].last for code in (first, *rest))


def _list_own(person: Person, value: Any) -> Iterator[items.Plain]:
    """Yield the maps of an item in which the person stands."""
    if isinstance(value, dict):
        if not person.names.isdisjoint(
            _list_texts([text for text in value.values() if isinstance(text, str)])
        ):
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _list_own(person, inner)


def _list_instants(value: Any) -> Iterator[datetime]:
    """Yield the instants in an item."""
    if isinstance(value, dict):
        value = [inner for name, inner in value.items() if name not in TECHNICAL]
    if isinstance(value, list):
        for inner in value:
            yield from _list_instants(inner)
    if isinstance(value, str) and INSTANT.fullmatch(value):
        yield datetime.fromisoformat(value)


def _describe_parcours(person: Person, parcours: Parcours) -> str:
    """Return what the record of a parcours says of the person: as its contact, or that the account is named there."""
    own = [contact for contact in parcours.named_contacts if fold(contact.address) == fold(person.address)]
    said = [_describe_contact(parcours, contact) for contact in own] or ["votre compte y est nommé"]
    return f"{parcours.company.name}, {parcours.contract.object} : {' ; '.join(said)}"


def _describe_contact(parcours: Parcours, contact: Contact) -> str:
    """Return everything that a record says of a contact."""
    role = "Contact de l’acheteur"
    if isinstance(contact, CompanyContact):
        role = codes.format_contact_role(parcours.company, contact)
    times = [
        ("lien envoyé", contact.written_at),
        ("réponse", contact.answered_at),
        *(("échange noté", at) for at in contact.noted.values()),
    ]
    verified = [f"vérifié le {french.jour(contact.verified_on)}"] if contact.verified_on else []
    whence = f"adresse {french.minuscule(codes.describe_origin(contact.origin))}"
    facts = (
        role,
        contact.name,
        contact.function,
        contact.address,
        contact.phone or "",
        whence,
        *verified,
        *list_times(*times),
    )
    return ", ".join(filter(None, facts))


def _describe_account(account: Account) -> str:
    """Return everything that an account says of its person."""
    times = (
        ("invité", account.invited_at),
        ("invitation non partie", account.invitation_lost_at),
        ("dernière connexion", account.seen_at),
        ("déconnecté partout", account.signed_out_at),
        ("clé d’accès demandée", account.passkey_asked_at),
        ("message refusé", account.mail_refused_at),
        ("prévenu de l’effacement", account.warned_at),
        ("adresse d’agenda ouverte", account.feed_opened_at),
        ("rouvert", account.reopened_at),
        ("fermé", account.closed_at),
    )
    facts = (
        account.name,
        account.function,
        account.address,
        account.phone or "",
        codes.format_roles(account.roles),
        account.academie or "",
        account.departement or "",
        account.organisation or "",
        account.siren or "",
        codes.CALL_HOURS[account.call_hours] if account.call_hours else "",
        f"absence du {french.jour(account.absence.first)} au {french.jour(account.absence.last)}"
        if account.absence
        else "",
        *(f"liste « {view.name} »" for view in account.views),
        *map(_describe_passkey, account.passkeys),
        *_describe_sign_in(account),
        *list_times(*times),
    )
    return ", ".join(filter(None, facts))


def _describe_passkey(key: Passkey) -> str:
    """Return what an account says of a passkey, without what opens something."""
    times = list_times(("ajoutée", key.created_at), ("utilisée en dernier", key.used_at))
    copied = ["copiée par le fabricant de l’appareil"] if key.backed_up else []
    return ", ".join(
        [f"clé d’accès « {key.name} »", f"utilisée {key.counter} fois selon elle", *copied, *times]
    )


def _describe_sign_in(account: Account) -> Iterator[str]:
    """Yield what ProConnect says of the person."""
    if account.identity is not None:
        known = account.identity
        times = list_times(("lié", known.linked_at), ("dit ainsi depuis", known.said_at))
        yield ", ".join(filter(None, ("ProConnect", known.name, known.address, known.siret, *times)))
