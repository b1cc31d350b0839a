"""Items against the register (``domain.retention.ROWS``): which row is an item's, and whether it may still be there."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zlib import crc32

from chalicelib import terms
from chalicelib.domain.retention import BY_NAME, ROWS, Place, Row
from chalicelib.stores import items
from chalicelib.stores.items import Due
from tests.support.worlds import World

Found = tuple[str, dict[str, Any]]
"""The name of its table, and an item."""
TABLES = {items.PARCOURS: Place.PARCOURS, items.RELAY: Place.RELAY}


def row_of(table: str, item: dict[str, Any]) -> Row | None:
    """Return the row of the register for an item; None when there is none."""
    pk, sk, place = str(item["pk"]), str(item["sk"]), TABLES[table]
    rows = [row for row in ROWS if row.place is place and pk.startswith(row.pk) and sk.startswith(row.sk)]
    if len(rows) > 1:  # a fact is a passage's, or the offer's own
        rows = [row for row in rows if (row.name == "event") == (item.get("attempt") is not None)]
    return rows[0] if len(rows) == 1 else None


def list_items(world: World) -> list[Found]:
    """Every item of both tables, with the name of its table."""
    return [(table, item) for table in TABLES for item in world.table(table)]


def assert_all_registered(world: World) -> None:
    """Each item has its row, and is due as that row says."""
    for table, item in list_items(world):
        row = row_of(table, item)
        assert row is not None, f"the register has no row for {item['pk']}, {item['sk']}"
        assert item.get("due_kind") in {None, row.name}, f"{row.name} is due as {item.get('due_kind')}"
        assert ("due" in item) == ("due_kind" in item) == ("due_at" in item)
        if "due" in item:
            assert item["due"] == partition(Due(row.name), item["pk"]), f"{row.name} is due as {item['due']}"


def partition(due: Due, pk: str) -> str:
    """Return the partition in which an item is due, reckoned here: its pace, and a shard by the checksum of its key."""
    pace = BY_NAME[due].pace
    shards = {"urgent": 1, "mail": 1, "morning": 4, "round": 4, "trace": 2}[pace]
    return f"{pace}#{crc32(pk.encode()) % shards}"


def list_overdue(everything: list[Found], now: datetime) -> list[str]:
    """Names of the rows whose items are still there though their own life is over, or what is promised is past."""
    keep = terms.retention()
    late = [f"{name} promised for {until}" for name, until in list_promised_ends(everything) if until < now]
    for table, item in everything:
        row = row_of(table, item)
        if row is not None and row.record is not None and row.ends is not None:
            ends = row.ends(items.from_item(row.record, item), keep)
            if ends is not None and ends <= now:
                late.append(f"{row.name} since {ends}")
    return late


A_YEAR = timedelta(days=366 + 1)
"""Twelve months, whatever the hour of the day."""


def list_promised_ends(items: list[Found]) -> Iterator[tuple[str, datetime]]:
    """Give the ends that the data page promises for each contract, passage and closed account, reckoned here from what is
    stored.
    """
    for table, item in items:
        row = row_of(table, item)
        if row is not None and row.name in LAST:
            until = LAST[row.name](item, items)
            if until is not None:
                yield row.name, until


def _of_contract(item: dict[str, Any], items: list[Found]) -> datetime | None:
    """Return the end of a contract's data, a year after the contract or the last of its passages ended; None while its offer is
    free or under way.
    """
    if item["status"] in {"available", "in_preparation", "in_progress"}:
        return None
    contract = item["contract"]
    over_on = date.fromisoformat(contract.get("renewal_ends_on") or contract["ends_on"])
    over = datetime.fromisoformat(f"{over_on}T00:00:00+00:00") + timedelta(days=1)
    ended = [_instant_of(other, "ended_at") for _, other in items if other["pk"] == item["pk"]]
    return max([over, *(day for day in ended if day)]) + A_YEAR


def _of_silent(item: dict[str, Any], items: list[Found]) -> datetime | None:
    """Return the end of a passage's history: a year after its last own event while it is under way, else after its end."""
    if ended := _instant_of(item, "ended_at"):
        return ended + A_YEAR
    own = [
        other for _, other in items if other["pk"] == item["pk"] and other.get("attempt") == item["number"]
    ]
    return max(datetime.fromisoformat(moment["at"]) for moment in own if "at" in moment) + A_YEAR


def _instant_of(item: dict[str, Any], name: str) -> datetime | None:
    """Return the instant that this attribute of an item holds, if it has one."""
    return datetime.fromisoformat(item[name]) if name in item else None


def _of_closed(item: dict[str, Any], items: list[Found]) -> datetime | None:
    """Return the end of a closed account's life; None while it is open."""
    closed = _instant_of(item, "closed_at")
    return closed + A_YEAR if closed else None


LAST: dict[str, Callable[[dict[str, Any], list[Found]], datetime | None]] = {
    "parcours": _of_contract,
    "attempt": _of_silent,
    "account": _of_closed,
}
