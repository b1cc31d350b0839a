"""Items against the register (``domain.register``): which row is an item's, and whether it may still be there."""

from datetime import datetime
from typing import Any

from chalicelib import terms
from chalicelib.domain.register import ROWS
from chalicelib.domain.register_row import Place, Row
from chalicelib.stores import items
from tests.worlds import World

Found = tuple[str, dict[str, Any]]
"""The name of its table, and an item."""
TABLES = {items.PARCOURS: Place.PARCOURS, items.RELAY: Place.RELAY}


def row_of(table: str, item: dict[str, Any]) -> Row | None:
    """The row of an item; None: the register does not know it."""
    pk, sk, place = str(item["pk"]), str(item["sk"]), TABLES[table]
    found = [one for one in ROWS if one.place is place and pk.startswith(one.pk) and sk.startswith(one.sk)]
    if len(found) > 1:  # a fact is a passage's, or the offer's own
        found = [one for one in found if (one.name == "event") == (item.get("attempt") is not None)]
    return found[0] if len(found) == 1 else None


def everything(world: World) -> list[Found]:
    """Every item of both tables, with the name of its table."""
    return [(table, item) for table in TABLES for item in world.table(table)]


def assert_all_registered(world: World) -> None:
    """Each item has its row, and is due as that row says."""
    for table, item in everything(world):
        row = row_of(table, item)
        assert row is not None, f"the register has no row for {item['pk']}, {item['sk']}"
        assert item.get("due") in {None, row.name}, f"{row.name} is due as {item.get('due')}"


def overdue(found: list[Found], now: datetime) -> list[str]:
    """Names of the rows whose items are still there though their own life is over."""
    keep, late = terms.retention(), []
    for table, item in found:
        row = row_of(table, item)
        if row is not None and row.record is not None and row.ends is not None:
            ends = row.ends(items.of_item(row.record, item), keep)
            if ends is not None and ends <= now:
                late.append(f"{row.name} since {ends}")
    return late
