"""What is stored of a contact or an agent, by their address: found in both tables, copied in French, erased.

Each item in which the address, its hash or the id of its account stands is of that person, so that no type of item is forgotten.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import boto3

from chalicelib import french
from chalicelib.domain.kernel.address import fold, hash_folded
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import CompanyContact, Contact, Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.retention import BY_NAME, ROWS, Place, Row
from chalicelib.domain.rights import RightsRequest
from chalicelib.stores import cases, items
from chalicelib.stores.parcours_table import Roster, read_account
from chalicelib.stores.unit_of_work import UnitOfWork
from chalicelib.stories import record, subjects
from chalicelib.stories.accounts import closing, managing
from chalicelib.words import codes
from infra import CommandFailed, paginate
from infra.deploy.stack import Deployed
from infra.subject_copy import describe_link, describe_request

TABLES = {Place.PARCOURS: "ParcoursTable", Place.RELAY: "RelayTable"}


@dataclass(frozen=True, slots=True)
class Person:
    """What is stored of who has an address."""

    address: str
    accounts: tuple[Account, ...]
    items: dict[str, list[items.Plain]]
    """By the name of their row of the register, in its order."""

    @property
    def links(self) -> list[Link]:
        """Return the links in which the address or the account stands, without what is counted beside them."""
        return [items.from_item(Link, item) for item in self.items.get("link", []) if item["sk"] == "0"]


def find_person(at: Deployed, address: str) -> Person:
    """Find everything that is stored of who has this address. Both tables are read whole."""
    dynamodb = boto3.client("dynamodb")
    accounts = tuple(
        account
        for account in cases.load_owners(UnitOfWork(), address)
        if fold(account.address) == fold(address)
    )
    wanted = {address.casefold(), fold(address), hash_folded(address), *(account.id for account in accounts)}
    by_row: dict[str, list[items.Plain]] = {row.name: [] for row in ROWS}
    for place, table in TABLES.items():
        for wire in paginate(dynamodb, "scan", "Items", TableName=at.physical_id(table)):
            item = items.decode_item(wire)
            if not wanted.isdisjoint(_list_texts(item)):
                by_row[_find_row(place, item).name].append(item)
    return Person(address, accounts, {name: own for name, own in by_row.items() if own})


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
    followed = len(managing.list_accompanied(account))
    if account.closed_at is not None and not followed:
        return
    closer = next((read_account(other) for other in Roster().list_team() if other != account.id), None)
    if closer is None:
        raise CommandFailed("Nobody else is of the team: invite somebody on « Comptes », then ask again.")
    if followed:
        raise CommandFailed(
            f"This account accompanies {followed} young people: the team closes it on « Comptes », and says who takes over."
        )
    while closing.close(closer, account.id, "", now=now):
        pass


def list_copied(person: Person) -> dict[str, list[str]]:
    """List what the copy says of each row of the register, in French."""
    return {name: _describe_items(person, BY_NAME[name], own) for name, own in person.items.items()}


def _describe_items(person: Person, row: Row, own: list[items.Plain]) -> list[str]:
    """Return a line for each item that says something of the person; else how many there are."""
    match row.name:
        case "parcours":
            return [_describe_parcours(person, items.from_item(Parcours, item)) for item in own]
        case "account":
            return [_describe_account(account) for account in person.accounts]
        case "link":
            return [describe_link(link) for link in person.links]
        case "request":
            return [describe_request(items.from_item(RightsRequest, item)) for item in own]
    return [f"{len(own)} {'élément' if len(own) == 1 else 'éléments'}"]


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
        ("adresse entrée", contact.origin.at if contact.origin else None),
        ("lien envoyé", contact.written_at),
        ("réponse", contact.answered_at),
        *(("échange noté", at) for at in contact.noted.values()),
    ]
    verified = [f"vérifié le {french.jour(contact.verified_on)}"] if contact.verified_on else []
    said = [f"{name} le {french.moment(at)}" for name, at in times if at is not None]
    facts = (role, contact.name, contact.function, contact.address, contact.phone or "", *verified, *said)
    return ", ".join(filter(None, facts))


def _describe_account(account: Account) -> str:
    """Return what an account says of its person."""
    times = (
        ("invité", account.invited_at),
        ("dernière connexion", account.seen_at),
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
        codes.CALL_HOURS[account.call_hours] if account.call_hours else "",
        f"{len(account.views)} listes gardées" if account.views else "",
        *(f"{name} le {french.moment(at)}" for name, at in times if at is not None),
    )
    return ", ".join(filter(None, facts))
