"""Who did what: an operator reads the audit trail, by account or by parcours. What is read here is itself in CloudTrail."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import boto3

from chalicelib.clock import iso
from chalicelib.stores import items
from chalicelib.stories.auditing import REFUSED
from infra import CommandFailed, paginate
from infra.deploy.stack import Deployed

AFTER = "~"
"""Sorts after what follows an instant in a row's key."""
SESSION_CHARACTERS = 12
"""Enough to tell sessions apart."""


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One row: who, what, about which parcours, when, in which session (its hash)."""

    account: str
    at: str
    act: str
    parcours: str | None
    session: str

    @property
    def is_refused(self) -> bool:
        """Whether what was asked for was refused."""
        return self.act.startswith(f"{REFUSED} ")

    @classmethod
    def from_item(cls, item: items.Plain) -> "AuditRow":
        """Read the item of a row."""
        return cls(
            item["pk"], item["sk"].partition("#")[0], item["act"], item.get("parcours"), item["session"]
        )


def show_audit(at: Deployed, asked: argparse.Namespace) -> int:
    """Who did what between two instants, by account or by parcours, oldest first. Whoever runs it stands in CloudTrail."""
    begins, ends = read_period(asked)
    index, key, value = (
        ("by_parcours", "parcours", asked.parcours) if asked.parcours else (None, "pk", asked.account)
    )
    table = asked.copy or at.physical_id("AuditTable")
    rows = list(query_rows(boto3.client("dynamodb"), table, (index, key, value), begins, ends))
    for row in rows:
        facts = (row.at, row.account, row.session[:SESSION_CHARACTERS], row.parcours or "-", row.act)
        print("  ".join(facts))
    print(f"{len(rows)} acts from {iso(begins)} to {iso(ends)}.")
    return 0


def query_rows(
    dynamodb: Any, table: str, about: tuple[str | None, str, str], begins: datetime, ends: datetime
) -> Iterator[AuditRow]:
    """Yield the rows from ``begins`` to ``ends``, both included; ``about``: index, its key, and the id that is looked for."""
    index, key, value = about
    stored = paginate(
        dynamodb,
        "query",
        "Items",
        TableName=table,
        KeyConditionExpression=f"{key} = :about AND sk BETWEEN :begins AND :ends",
        ExpressionAttributeValues=_between(begins, ends) | {":about": {"S": value}},
        **({"IndexName": index} if index else {"ConsistentRead": True}),
    )
    yield from map(AuditRow.from_item, map(items.decode_item, stored))


def scan_rows(dynamodb: Any, table: str, begins: datetime, ends: datetime) -> list[AuditRow]:
    """Return the rows of everybody from ``begins`` to ``ends``, both included."""
    stored = paginate(
        dynamodb,
        "scan",
        "Items",
        TableName=table,
        FilterExpression="sk BETWEEN :begins AND :ends",
        ExpressionAttributeValues=_between(begins, ends),
    )
    return [AuditRow.from_item(items.decode_item(item)) for item in stored]


def _between(begins: datetime, ends: datetime) -> dict[str, Any]:
    """Return the values that two instants have in a condition on keys."""
    return {":begins": {"S": iso(begins)}, ":ends": {"S": f"{iso(ends)}{AFTER}"}}


def read_period(asked: argparse.Namespace) -> tuple[datetime, datetime]:
    """Return the two instants of a command. Raises CommandFailed: they are none, or in the wrong order."""
    begins, ends = _read_instant(asked.begins), _read_instant(asked.ends)
    if ends < begins:
        raise CommandFailed("« --to » is before « --from ».")
    return begins, ends


def _read_instant(text: str) -> datetime:
    """Read an instant with its time zone. Raises CommandFailed: it is none."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise CommandFailed("Give each instant with its time zone, as in 2026-11-26T09:00:00+00:00.")
    return instant
