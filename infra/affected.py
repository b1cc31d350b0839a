"""Whom a breach of personal data may have reached: counts, references and accounts between two instants, for its register.

From what is still stored, since what was erased meanwhile can no longer be read. No address and no document is shown.
"""

import argparse
import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import boto3

from chalicelib.clock import iso
from chalicelib.domain.kernel.address import fold
from chalicelib.domain.kernel.attempt import Attempt
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.values import Aggregate
from chalicelib.domain.rights import RightsRequest
from chalicelib.stores import items
from infra import auditing, paginate
from infra.auditing import AuditRow
from infra.deploy.stack import Deployed
from infra.restore import Backup, read_table

REGISTER = (
    *(
        "numéro",
        "constatée le",
        "du",
        "au",
        "nature (confidentialité, intégrité, disponibilité)",
        "ce qui s’est passé",
    ),
    *("parcours dont les documents étaient là", "parcours où quelque chose a été noté", "parcours gardés"),
    *(
        "comptes",
        "contacts et destinataires",
        "demandes sur les données en cours",
        "conséquences probables",
        "mesures prises",
        "notifiée à la CNIL le",
        "personnes informées le",
    ),
    "sinon, pourquoi",
)
"""Columns of the register of breaches (GDPR, article 33.5), which the data protection officer keeps outside of the product."""

RELAYED: dict[str, type[Aggregate]] = {"deposit": Deposit, "link": Link, "request": RightsRequest}
"""How the keys of what is counted of the table of relays begin."""


@dataclass(frozen=True, slots=True)
class Affected:
    """Who has data that lay in the tables, or that moved, between two instants."""

    readable: tuple[str, ...]
    """References of the passages whose documents were in store,"""
    touched: tuple[str, ...]
    """and of those of which something was noted."""
    passages: int
    accounts: tuple[str, ...]
    """Ids of those stored now: when one was made is not kept."""
    contacts: int
    """People whom records name now, and to whom links are addressed."""
    requests: int
    """Requests about personal data that are not answered: each holds an address."""
    acting: tuple[str, ...]
    """Ids of the accounts under which something was done or contacts were shown,"""
    shown: tuple[str, ...]
    """and of the parcours that it was about."""


def find_affected(
    backup: Backup, relayed: Backup, acts: Sequence[AuditRow], begins: datetime, ends: datetime
) -> Affected:
    """Return who has data that lay there or moved from ``begins`` to ``ends``, both included.

    ``relayed``: what the table of relays holds; ``acts``: the rows of the audit trail between them.
    """
    passages = {
        (attempt.parcours, attempt.number): attempt.reference
        for attempt in backup.records_of(Attempt)
        if attempt.opened_at <= ends
    }
    readable = {
        passages.get((deposit.parcours, deposit.attempt))
        for deposit in relayed.records_of(Deposit)
        if deposit.created_at <= ends and (deposit.erased_at is None or deposit.erased_at >= begins)
    }
    touched = {
        passages.get((event.parcours, event.attempt))
        for event in backup.events
        if event.attempt is not None and begins <= event.at <= ends
    }
    named = [
        contact.address for parcours in backup.records_of(Parcours) for contact in parcours.named_contacts
    ]
    recipients = [link.recipient for link in relayed.records_of(Link) if link.recipient]
    requests = relayed.records_of(RightsRequest)
    return Affected(
        readable=tuple(sorted(reference for reference in readable if reference)),
        touched=tuple(sorted(reference for reference in touched if reference)),
        passages=len(passages),
        accounts=tuple(sorted(account.id for account in backup.records_of(Account))),
        contacts=len({fold(address) for address in (*named, *recipients)}),
        requests=sum(request.answered_at is None for request in requests),
        acting=tuple(sorted({row.account for row in acts})),
        shown=tuple(sorted({row.parcours for row in acts if row.parcours and not row.is_refused})),
    )


def show_affected(at: Deployed, asked: argparse.Namespace) -> int:
    """Whose data lay there or moved between two instants, and a line for the register of breaches."""
    begins, ends = auditing.read_period(asked)
    dynamodb = boto3.client("dynamodb")
    affected = find_affected(
        read_table(dynamodb, at.physical_id("ParcoursTable")),
        read_relayed(dynamodb, at.physical_id("RelayTable")),
        auditing.scan_rows(dynamodb, at.physical_id("AuditTable"), begins, ends),
        begins,
        ends,
    )
    print(f"From {iso(begins)} to {iso(ends)}, of what is still stored:")
    print(f"passages with documents in store: {_list(affected.readable)}")
    print(f"passages of which something was noted: {_list(affected.touched)}")
    print(f"passages in the table: {affected.passages}")
    print(f"accounts in the table: {_list(affected.accounts)}")
    print(f"contacts of companies and buyers, and recipients of links, in the tables: {affected.contacts}")
    print(f"open requests about personal data, each with an address: {affected.requests}")
    print(f"accounts that acted or were shown contacts: {_list(affected.acting)}")
    print(f"parcours that they changed or looked at: {_list(affected.shown)}")
    print("For the register of breaches, a header and a line to fill in:")
    print(write_register(affected, begins, ends), end="")
    return 0


def read_relayed(dynamodb: Any, table: str) -> Backup:
    """Read the sendings, links and requests that the table of relays holds, sendings without documents left included."""
    relayed = Backup()
    for item in map(items.decode_item, paginate(dynamodb, "scan", "Items", TableName=table)):
        kind = RELAYED.get(str(item["pk"]).partition("#")[0])
        if kind is not None and item["sk"] == "0":
            relayed.records.append(items.from_item(kind, item))
    return relayed


def write_register(affected: Affected, begins: datetime, ends: datetime) -> str:
    """Return the register's header and the line of this breach as CSV, with what only people know left blank."""
    written = io.StringIO()
    rows = csv.writer(written, delimiter=";")
    rows.writerow(REGISTER)
    passages = (len(affected.readable), len(affected.touched), affected.passages)
    people = (len(affected.accounts), affected.contacts, affected.requests)
    known = ("", "", iso(begins), iso(ends), "", "", *passages, *people)
    rows.writerow([*known, *[""] * (len(REGISTER) - len(known))])
    return written.getvalue()


def _list(names: tuple[str, ...]) -> str:
    """Write how many there are, and which."""
    return f"{len(names)} ({', '.join(names)})" if names else "0"
