"""Somebody of each kind of account, and what tests of accounts do with them."""

import html
from dataclasses import dataclass

from chalicelib import clock
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.values import Role
from chalicelib.stores import parcours_table
from chalicelib.stories.mails import mailing
from tests.support import factories
from tests.support.http import Answer, Client
from tests.support.worlds import World
from tests.support.writing import add_records

KEY = "c" * 32
NEW = {"cle": KEY, "adresse": "a.roumegas@academie.example", "nom": "Anaïs Roumégas", "fonction": "MLDS"}
LIST = {"cle": KEY, "personnes": "<b>Rose</b>\nPaul Roy p.roy@academie.example", "fonction": "MLDS"}


@dataclass
class Cast:
    """One account of each kind."""

    team: Account
    coordinator: Account
    tutor: Account
    colleague: Account
    buyer: Account


def cast() -> Cast:
    """Return one stored account of each kind."""
    everybody = Cast(
        factories.account(Role.TEAM, name="Karim Solenne"),
        factories.account(Role.COORDINATOR, name="Hélène Vautrin"),
        factories.account(name="Marie-Laure Estève"),
        factories.account(name="Wassila Ferrand"),
        factories.account(Role.BUYER, name="Odile Ramain"),
    )
    stand(*vars(everybody).values())
    return everybody


def stand(*people: Account) -> None:
    """Store these accounts."""
    for person in people:
        add_records(person)


def page_text(answer: Answer) -> str:
    """Return the text of an answer, unescaped and with plain spaces."""
    return html.unescape(answer.text).replace("\u00a0", " ")


def invite(client: Client, **changes: str) -> Answer:
    """Send the form of an invitation, with some of its fields changed; an ``organisation`` comes with its SIREN."""
    siren = {"siren": factories.siren(changes["organisation"])} if "organisation" in changes else {}
    return client.post_form("/comptes/nouveau", NEW | siren | changes)


def send_waiting_mails(world: World) -> list[str]:
    """Run the mailer; return recipient and subject of each mail that leaves."""
    waiting = [item["key"] for item in world.table("RELAY_TABLE") if str(item["pk"]).startswith("mail#")]
    mailing.send_all(waiting, now=clock.utc_now())
    return [f"{mail['To']}: {mail['Subject']}" for mail in world.mails()]


def find_account(address: str) -> Account:
    """Return the account of this address, which must exist."""
    account = parcours_table.find_account(address)
    assert account is not None
    return account


def read_account(account: Account) -> Account:
    """Return this account as it is stored now."""
    stored = parcours_table.read_account(account.id)
    assert stored is not None
    return stored
