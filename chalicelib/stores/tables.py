"""Read items by key, by partition, or by what is due."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from math import isqrt
from typing import Any, NamedTuple

from chalicelib import config
from chalicelib.clock import iso
from chalicelib.domain.accounts.managing import Organisation
from chalicelib.domain.accounts.signing_in import Challenge, KnownBrowsers, Session
from chalicelib.domain.kernel.attempt import Attempt, OfferKey, ReferenceKey
from chalicelib.domain.kernel.delivery import BookedRate, Delivery, Mailbox, SetAside
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.link import Addressee, Link, Pointer, Proof, Tries
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account, AddressKey, IdentityKey
from chalicelib.domain.kernel.transition import OutboxMail
from chalicelib.domain.kernel.values import Aggregate
from chalicelib.domain.meetings.appointment import Appointment
from chalicelib.domain.proving import PurgeProof
from chalicelib.domain.rights import RightsRequest
from chalicelib.errors import TryAgain
from chalicelib.stores import aws, items

KEYS: Mapping[type[Aggregate], Callable[..., items.Key]] = {
    Parcours: items.parcours_key,
    Attempt: items.attempt_key,
    ReferenceKey: items.reference_key,
    OfferKey: items.offer_key,
    Account: items.account_key,
    AddressKey: items.address_key,
    IdentityKey: items.identity_key,
    Organisation: items.organisation_key,
    Deposit: items.deposit_key,
    Link: items.link_key,
    Pointer: items.pointer_key,
    Addressee: items.addressee_key,
    Proof: items.proof_key,
    Tries: items.tries_key,
    Appointment: items.appointment_key,
    OutboxMail: items.mail_key,
    Delivery: items.delivery_key,
    Mailbox: items.mailbox_key,
    SetAside: items.aside_key,
    RightsRequest: items.request_key,
    Challenge: items.challenge_key,
    Session: items.session_key,
    KnownBrowsers: items.browsers_key,
    PurgeProof: lambda: items.PURGE_PROOF,
    BookedRate: lambda: items.BOOKED_RATE,
}
"""The key of a record of each kind, made of what names it: an id, or several parts."""
MOST_IN_A_BATCH = 100
"""Keys in one BatchGetItem. Source: DynamoDB, API reference."""
MOST_CALLS_FOR_A_BATCH = 8
"""An answer holds 16 MB at most, and less when the table is busy: the rest is asked for again, after pauses
of two seconds in all at most."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of one partition of a table, or of an index."""

    table: str
    condition: str
    values: dict[str, str]
    index: str | None = None
    """Which index instead of the table; none is ever read strongly."""


def read_item(table: str, key: items.Key) -> items.Plain | None:
    """Return one item, read strongly; None when there is none."""
    with aws.calling():
        answer = aws.dynamodb().get_item(
            TableName=config.resource(table), Key=items.encode_key(key), ConsistentRead=True
        )
    return items.decode_item(answer["Item"]) if "Item" in answer else None


def read_record(kind: type[items.Record], key: items.Key) -> items.Record | None:
    """Return one record, read strongly; None when there is none."""
    item = read_item(items.SHAPES[kind].table, key)
    return items.from_item(kind, item) if item else None


def read_records(kind: type[items.Record], keys: list[items.Key]) -> dict[items.Key, items.Record]:
    """Return the records of one kind at these keys, by key: see ``read_batch``."""
    stored = read_batch(dict.fromkeys(keys, kind))
    return {key: record for key, record in stored.items() if isinstance(record, kind)}


def read_batch(kinds: Mapping[items.Key, type[Aggregate]]) -> dict[items.Key, Aggregate]:
    """Return the records at these keys of both tables, by key, read strongly, 100 a call; missing ones are left out.

    Raises:
        TryAgain: the tables are too busy to answer for all of them.
    """
    records: dict[items.Key, Aggregate] = {}
    keys = list(kinds)
    for start in range(0, len(keys), MOST_IN_A_BATCH):
        wanted = {key: kinds[key] for key in keys[start : start + MOST_IN_A_BATCH]}
        for item in _batch_items(_group_by_table(wanted)):
            key = (item["pk"], item["sk"])
            records[key] = items.from_item(kinds[key], item)
    return records


def _batch_items(wanted: dict[str, list[items.Wire]]) -> Iterator[items.Plain]:
    """Yield the items at these keys (table → keys), asking again for what an answer leaves out. Raises TryAgain at last."""
    for attempt in range(MOST_CALLS_FOR_A_BATCH):
        if attempt:
            aws.back_off(attempt - 1)
        asked: Any = {table: {"Keys": keys, "ConsistentRead": True} for table, keys in wanted.items()}
        with aws.calling():
            answer = aws.dynamodb().batch_get_item(RequestItems=asked)
        yield from map(items.decode_item, chain.from_iterable(answer["Responses"].values()))
        unprocessed: dict[str, Any] = dict(answer.get("UnprocessedKeys") or {})
        wanted = {table: left["Keys"] for table, left in unprocessed.items()}
        if not wanted:
            return
    raise TryAgain


def _group_by_table(kinds: Mapping[items.Key, type[Aggregate]]) -> dict[str, list[items.Wire]]:
    """Return name of the table → its keys. ``kinds``: key → kind of its record, which says the table."""
    wanted: dict[str, list[items.Wire]] = {}
    for key, kind in kinds.items():
        wanted.setdefault(config.resource(items.SHAPES[kind].table), []).append(items.encode_key(key))
    return wanted


def query(table: str, pk: str, limit: int | None = None) -> list[items.Plain]:
    """Return every item under one partition key, in the order of ``sk``; with ``limit`` the first ones."""
    return _read(Query(table, "pk = :pk", {":pk": pk}), limit)


def query_from(table: str, pks: list[str], first: str, limit: int) -> list[items.Plain]:
    """Return the first ``limit`` items of these partitions together, by ``sk``, from ``first`` on."""
    queries = [Query(table, "pk = :pk AND sk >= :first", {":pk": pk, ":first": first}) for pk in pks]
    return merge([Shard(query) for query in queries], "sk", limit)


def query_beginning(table: str, pk: str, letters: str, limit: int) -> list[items.Plain]:
    """Return the first ``limit`` items under one partition key whose ``sk`` begins with ``letters``."""
    values = {":pk": pk, ":letters": letters}
    return _read(Query(table, "pk = :pk AND begins_with(sk, :letters)", values), limit)


def query_between(table: str, pk: str, first: str, last: str) -> list[items.Plain]:
    """Return the items under one partition key whose ``sk`` lies from ``first`` to ``last``, both counted."""
    values = {":pk": pk, ":first": first, ":last": last}
    return _read(Query(table, "pk = :pk AND sk BETWEEN :first AND :last", values))


def query_late(table: str, pks: list[str], now: datetime, limit: int) -> list[items.Plain]:
    """Return the first ``limit`` items of these partitions together that are late at ``now``, the longest late first.

    The index may lag by a moment: what was just done may still be shown as late.
    """
    condition = "pk = :pk AND late_at <= :now"
    queries = [Query(table, condition, {":pk": pk, ":now": iso(now)}, index="by_late") for pk in pks]
    return merge([Shard(query) for query in queries], "late_at", limit)


class Shard:
    """One of several partitions that are read together, page by page as needed."""

    read: list[items.Plain]
    ended: bool

    def __init__(self, query: Query) -> None:
        self.read, self.ended = [], False
        self._query = query
        self._last: Any = None

    def go_on(self, limit: int) -> None:
        """Read up to ``limit`` further items."""
        page, self._last = _read_page(self._query, limit, self._last)
        self.read += page
        self.ended = self._last is None


def merge(shards: list[Shard], by: str, limit: int) -> list[items.Plain]:
    """Return the first ``limit`` items of all shards together, in the order of the attribute ``by``.

    From each shard its share is read, and twice the square root of it more: enough for nearly every spread, and cheaper than a
    second call. A shard that may still hold one of the first items is read further.
    """
    share = -(-limit // len(shards))
    step = limit if len(shards) == 1 else share + 2 * isqrt(share)
    behind = shards
    while behind:
        for shard in behind:
            shard.go_on(step)
        read = chain.from_iterable(shard.read for shard in shards)
        first = sorted(read, key=lambda item: str(item[by]))[:limit]
        last = first[-1][by] if len(first) == limit else None
        behind = [
            shard for shard in shards if not shard.ended and (last is None or shard.read[-1][by] < last)
        ]
        step = max(isqrt(share), -(-(limit - len(first)) // max(1, len(behind))))
    return first


class Waiting(NamedTuple):
    """One entry of the index ``due``."""

    kind: str
    """``items.Due``, or what another version looks at."""
    key: items.Key
    since: datetime
    """Since when it has been due, however often it was tried."""
    free_at: datetime
    """When it may be tried next."""


def query_due(partition: items.Partition, now: datetime, limit: int) -> list[Waiting]:
    """Return the first ``limit`` due entries of one partition, the longest due first. The index may lag: callers check again."""
    values = {":due": partition.due, ":now": iso(now)}
    query = Query(partition.table, "due = :due AND due_at <= :now", values, index="due")
    return [_read_waiting(entry) for entry in _read(query, limit)]


def query_due_kind(kind: items.Due, now: datetime, limit: int) -> list[Waiting]:
    """Return the due entries of one kind, the longest due first.

    Only the first ``limit`` entries of its partitions are looked at, where other kinds lie too.
    """
    waiting = [
        entry for partition in items.list_partitions_of(kind) for entry in query_due(partition, now, limit)
    ]
    first = sorted(waiting, key=lambda entry: entry.since)[:limit]
    return [entry for entry in first if entry.kind == kind]


def _read_waiting(entry: items.Plain) -> Waiting:
    """Read an entry of the index ``due``."""
    since = datetime.fromisoformat(str(entry["due_at"]))
    free_at = datetime.fromisoformat(str(entry["due_from"])) if "due_from" in entry else since
    return Waiting(str(entry["due_kind"]), (str(entry["pk"]), str(entry["sk"])), since, free_at)


def remove_due(kind: str, key: items.Key, now: datetime) -> bool:
    """Delete an item whose time is over, unless a newer write moved that; return whether it was deleted.

    For items without list rows: a record with rows goes through a transaction.
    """
    return aws.write_if(
        aws.dynamodb().delete_item,
        TableName=config.resource(items.table_of(kind)),
        Key=items.encode_key(key),
        ConditionExpression="due_kind = :kind AND due_at <= :now",
        ExpressionAttributeValues=items.encode_item({":kind": str(kind), ":now": iso(now)}),
    )


def query_due_at(kind: items.Due, at: datetime) -> list[items.Key]:
    """Return the keys of what is due of one kind at exactly this instant. The index may lag: callers check again."""
    condition = "due = :due AND due_at = :at"
    return [
        (entry["pk"], entry["sk"])
        for table, due in items.list_partitions_of(kind)
        for entry in _read(Query(table, condition, {":due": due, ":at": iso(at)}, index="due"))
        if entry["due_kind"] == kind
    ]


def query_pages(kind: items.Due) -> Iterator[list[items.Key]]:
    """Yield the keys of everything of one kind, page by page, due or not. The index may lag: callers check again."""
    for table, due in items.list_partitions_of(kind):
        for page in _read_pages(Query(table, "due = :due", {":due": due}, index="due")):
            yield [(entry["pk"], entry["sk"]) for entry in page if entry["due_kind"] == kind]


def _read(query: Query, limit: int | None = None) -> list[items.Plain]:
    """Return the items of a query; with ``limit`` the first ones."""
    return list(chain.from_iterable(_read_pages(query, limit)))


def _read_pages(query: Query, limit: int | None = None) -> Iterator[list[items.Plain]]:
    """Yield the items of a query page by page; with ``limit`` the first ones."""
    count = 0
    last: Any = None
    while limit is None or count < limit:
        page, last = _read_page(query, None if limit is None else limit - count, last)
        yield page
        count += len(page)
        if last is None:
            break


def _read_page(query: Query, limit: int | None, after: Any) -> tuple[list[items.Plain], Any]:
    """Return one page of a query, and the key after which the next one begins (None: it was the last)."""
    asked: dict[str, Any] = {
        "TableName": config.resource(query.table),
        "KeyConditionExpression": query.condition,
        "ExpressionAttributeValues": items.encode_item(query.values),
        "ConsistentRead": query.index is None,
    }
    if query.index is not None:
        asked["IndexName"] = query.index
    if limit is not None:
        asked["Limit"] = limit
    if after is not None:
        asked["ExclusiveStartKey"] = after
    with aws.calling():
        answer = aws.dynamodb().query(**asked)
    return [items.decode_item(item) for item in answer["Items"]], answer.get("LastEvaluatedKey")
