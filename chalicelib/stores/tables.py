"""Read items by key, by partition, or by what is due."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import chain
from math import isqrt
from typing import Any, NamedTuple

from chalicelib import config
from chalicelib.clock import iso
from chalicelib.domain.accounts.managing import Organisation
from chalicelib.domain.accounts.signing_in import Challenge, KnownBrowsers, Session
from chalicelib.domain.kernel.attempt import Attempt, OfferKey, ReferenceKey
from chalicelib.domain.kernel.delivery import Delivery, Mailbox, SetAside
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.link import Link, Pointer, Proof, Tries
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account, AddressKey
from chalicelib.domain.kernel.transition import OutboxMail
from chalicelib.domain.kernel.values import Aggregate
from chalicelib.domain.meetings.appointment import Appointment
from chalicelib.domain.proving import PurgeProof
from chalicelib.domain.running import Held, Lease, Run
from chalicelib.errors import TryAgain
from chalicelib.stores import aws, items

KEYS: Mapping[type[Aggregate], Callable[..., items.Key]] = {
    Parcours: items.parcours_key,
    Attempt: items.attempt_key,
    ReferenceKey: items.reference_key,
    OfferKey: items.offer_key,
    Account: items.account_key,
    AddressKey: items.address_key,
    Organisation: items.organisation_key,
    Deposit: items.deposit_key,
    Link: items.link_key,
    Pointer: items.pointer_key,
    Proof: items.proof_key,
    Tries: items.tries_key,
    Appointment: items.appointment_key,
    OutboxMail: items.mail_key,
    Delivery: items.delivery_key,
    Mailbox: items.mailbox_key,
    SetAside: items.aside_key,
    Challenge: items.challenge_key,
    Session: items.session_key,
    KnownBrowsers: items.browsers_key,
    Run: items.run_key,
    Lease: items.lease_key,
    Held: items.held_key,
    PurgeProof: lambda: items.PURGE_PROOF,
}
"""The key of a record of each kind, made of what names it: an id, or several parts."""
MOST_IN_A_BATCH = 100
"""Keys in one BatchGetItem. Source: DynamoDB, API reference."""
MOST_CALLS_FOR_A_BATCH = 8
"""An answer holds 16 MB at most, and less when the table is busy: the rest is asked for again, after pauses
of two seconds in all at most."""


BY_DUE: Mapping[str, Any] = {"IndexName": "due", "ConsistentRead": False}
"""An index of the whole table is never read strongly."""


def get(table: str, key: items.Key) -> items.Plain | None:
    """One item, read strongly; None when there is none."""
    with aws.calling():
        answer = aws.dynamodb().get_item(
            TableName=config.resource(table), Key=items.wire_key(key), ConsistentRead=True
        )
    return items.plain(answer["Item"]) if "Item" in answer else None


def record(kind: type[items.Record], key: items.Key) -> items.Record | None:
    """One record, read strongly; None when there is none."""
    item = get(items.SHAPES[kind].table, key)
    return items.of_item(kind, item) if item else None


def records(kind: type[items.Record], keys: list[items.Key]) -> dict[items.Key, items.Record]:
    """The records of one kind at these keys: see ``several``."""
    found = several(dict.fromkeys(keys, kind))
    return {key: record for key, record in found.items() if isinstance(record, kind)}


def several(kinds: Mapping[items.Key, type[Aggregate]]) -> dict[items.Key, Aggregate]:
    """The records at these keys of both tables, by key, read strongly, 100 a call; missing ones are left out.

    Raises:
        TryAgain: the tables are too busy to answer for all of them.
    """
    found: dict[items.Key, Aggregate] = {}
    keys = list(kinds)
    for start in range(0, len(keys), MOST_IN_A_BATCH):
        wanted = _by_table({key: kinds[key] for key in keys[start : start + MOST_IN_A_BATCH]})
        for attempt in range(MOST_CALLS_FOR_A_BATCH):
            if attempt:
                aws.back_off(attempt - 1)
            asked: Any = {name: {"Keys": keys, "ConsistentRead": True} for name, keys in wanted.items()}
            with aws.calling():
                answer = aws.dynamodb().batch_get_item(RequestItems=asked)
            for item in map(items.plain, chain.from_iterable(answer["Responses"].values())):
                key = (item["pk"], item["sk"])
                found[key] = items.of_item(kinds[key], item)
            left: dict[str, Any] = dict(answer.get("UnprocessedKeys") or {})
            wanted = {name: one["Keys"] for name, one in left.items()}
            if not wanted:
                break
        else:
            raise TryAgain
    return found


def _by_table(kinds: Mapping[items.Key, type[Aggregate]]) -> dict[str, list[items.Wire]]:
    """Name of a table → the keys that are asked of it; no key is one of both."""
    wanted: dict[str, list[items.Wire]] = {}
    for key, kind in kinds.items():
        wanted.setdefault(config.resource(items.SHAPES[kind].table), []).append(items.wire_key(key))
    return wanted


def query(table: str, pk: str, limit: int | None = None) -> list[items.Plain]:
    """Every item under one partition key in the order of ``sk``, or the first ``limit``."""
    return _read(table, "pk = :pk", {":pk": pk}, limit)


def from_on(table: str, pks: list[str], first: str, limit: int) -> list[items.Plain]:
    """The first ``limit`` items of these partitions together whose ``sk`` is ``first`` or comes after, in its order."""
    shards = [Shard(table, "pk = :pk AND sk >= :first", {":pk": pk, ":first": first}) for pk in pks]
    return together(shards, "sk", limit)


def beginning(table: str, pk: str, letters: str, limit: int) -> list[items.Plain]:
    """The first ``limit`` items under one partition key whose ``sk`` begins with these letters, in its order."""
    return _read(table, "pk = :pk AND begins_with(sk, :letters)", {":pk": pk, ":letters": letters}, limit)


def between(table: str, pk: str, first: str, last: str) -> list[items.Plain]:
    """The items under one partition key whose ``sk`` lies from ``first`` to ``last``, in its order."""
    values = {":pk": pk, ":first": first, ":last": last}
    return _read(table, "pk = :pk AND sk BETWEEN :first AND :last", values)


def late(table: str, pks: list[str], now: datetime, limit: int) -> list[items.Plain]:
    """The first ``limit`` items of these partitions together that are late at ``now``, the longest late first.

    The index may lag by a moment: what was just done may still be shown as late.
    """
    asked = {"IndexName": "by_late", "ConsistentRead": False}
    values = [{":pk": pk, ":now": iso(now)} for pk in pks]
    shards = [Shard(table, "pk = :pk AND late_at <= :now", value, asked) for value in values]
    return together(shards, "late_at", limit)


class Shard:
    """One of several partitions that are read together, as far as was needed yet."""

    read: list[items.Plain]
    ended: bool

    def __init__(
        self, table: str, condition: str, values: dict[str, str], more: Mapping[str, Any] | None = None
    ) -> None:
        self.read, self.ended = [], False
        self._table, self._condition, self._values = table, condition, values
        self._more: dict[str, Any] = dict(more or {})

    def go_on(self, limit: int) -> None:
        """Read up to ``limit`` items more."""
        found, last = _page(self._table, self._condition, self._values, self._more | {"Limit": limit})
        self.read += found
        self.ended = last is None
        self._more["ExclusiveStartKey"] = last


def together(shards: list[Shard], by: str, limit: int) -> list[items.Plain]:
    """The first ``limit`` items of all of them in the order of ``by``.

    An even spread gives each its share; twice the square root more is enough for nearly all others, and costs less than to
    ask again. Who still may hold one of the first is asked again.
    """
    share = -(-limit // len(shards))
    step = limit if len(shards) == 1 else share + 2 * isqrt(share)
    behind = shards
    while behind:
        for one in behind:
            one.go_on(step)
        found = sorted(chain.from_iterable(shard.read for shard in shards), key=lambda one: str(one[by]))[
            :limit
        ]
        last = found[-1][by] if len(found) == limit else None
        behind = [
            shard for shard in shards if not shard.ended and (last is None or shard.read[-1][by] < last)
        ]
        step = max(isqrt(share), -(-(limit - len(found)) // max(1, len(behind))))
    return found


class Waiting(NamedTuple):
    """One entry of the index ``due``."""

    kind: str
    """``items.Due``, or what another version looks at."""
    key: items.Key
    since: datetime
    """Since when it has been due, however often it was tried."""
    free_at: datetime
    """When it may be tried next."""


def due(partition: items.Partition, now: datetime, limit: int) -> list[Waiting]:
    """The first ``limit`` due entries of one partition, the longest due first. The index may lag: readers check again."""
    values = {":due": partition.due, ":now": iso(now)}
    found = _read(partition.table, "due = :due AND due_at <= :now", values, limit, **BY_DUE)
    return [_waiting(one) for one in found]


def due_of(kind: items.Due, now: datetime, limit: int) -> list[Waiting]:
    """What is due of one kind, the longest due first, of the first ``limit`` entries of the partitions where it lies."""
    found = [one for shard in items.partitions_of(kind) for one in due(shard, now, limit)]
    return [one for one in sorted(found, key=lambda one: one.since)[:limit] if one.kind == kind]


def _waiting(found: items.Plain) -> Waiting:
    since = datetime.fromisoformat(str(found["due_at"]))
    free_at = datetime.fromisoformat(str(found["due_from"])) if "due_from" in found else since
    return Waiting(str(found["due_kind"]), (str(found["pk"]), str(found["sk"])), since, free_at)


def remove_due(kind: items.Due, key: items.Key, now: datetime) -> bool:
    """Delete an item whose own life is over, unless it says otherwise by now; whether it was there.

    For what no list row follows: a record with rows goes through a transaction.
    """
    return aws.holds(
        aws.dynamodb().delete_item,
        TableName=config.resource(items.table_of(kind)),
        Key=items.wire_key(key),
        ConditionExpression="due_kind = :kind AND due_at <= :now",
        ExpressionAttributeValues=items.wire({":kind": str(kind), ":now": iso(now)}),
    )


def ending(kind: items.Due, at: datetime) -> list[items.Key]:
    """Keys of what is due of one kind at exactly this instant. The index may lag: readers check again."""
    wanted = "due = :due AND due_at = :at"
    return [
        (one["pk"], one["sk"])
        for shard in items.partitions_of(kind)
        for one in _read(shard.table, wanted, {":due": shard.due, ":at": iso(at)}, **BY_DUE)
        if one["due_kind"] == kind
    ]


def pages(kind: items.Due) -> Iterator[list[items.Key]]:
    """The keys of everything of one kind, page after page, however much there is. The index may lag: readers check again."""
    for shard in items.partitions_of(kind):
        for page in _pages(shard.table, "due = :due", {":due": shard.due}, **BY_DUE):
            yield [(one["pk"], one["sk"]) for one in page if one["due_kind"] == kind]


def _read(
    table: str, condition: str, values: dict[str, str], limit: int | None = None, **more: Any
) -> list[items.Plain]:
    """What a Query gives, strongly unless ``more`` says otherwise."""
    return [one for page in _pages(table, condition, values, limit, **more) for one in page]


def _pages(
    table: str, condition: str, values: dict[str, str], limit: int | None = None, **more: Any
) -> Iterator[list[items.Plain]]:
    """The same, page after page."""
    found = 0
    while limit is None or found < limit:
        bound: dict[str, Any] = {} if limit is None else {"Limit": limit - found}
        page, last = _page(table, condition, values, more | bound)
        yield page
        found += len(page)
        if last is None:
            break
        more["ExclusiveStartKey"] = last


def _page(
    table: str, condition: str, values: dict[str, str], more: dict[str, Any]
) -> tuple[list[items.Plain], Any]:
    """One page of a Query, and from where it goes on; None: it is the last."""
    asked: dict[str, Any] = {
        "TableName": config.resource(table),
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": items.wire(values),
        "ConsistentRead": True,
        **more,
    }
    with aws.calling():
        answer = aws.dynamodb().query(**asked)
    return [items.plain(item) for item in answer["Items"]], answer.get("LastEvaluatedKey")
