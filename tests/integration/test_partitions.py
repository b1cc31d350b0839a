"""Lists and counts that everybody writes lie in several partitions, always the same, and are read as if in one."""

from collections.abc import Callable
from datetime import date

import pytest

from chalicelib import clock, config
from chalicelib.clock import iso
from chalicelib.domain.kernel.values import ParcoursStatus
from chalicelib.stores import aws, items, parcours_table, rows, tables
from chalicelib.stories import lists
from tests.conftest import Clock, on_moto
from tests.support import crowds, writing
from tests.support.worlds import World, template

MOST = (1, 3, 20, 75, 149, 150, 200)
STATUS = ParcoursStatus.IN_PREPARATION


def test_an_id_maps_to_the_same_partitions_for_ever() -> None:
    """If the spread changed, list rows written before would no longer be found."""
    ids = [f"{number:032x}" for number in (0, 1, 2, 3)]

    assert [rows.view_key("all", "available", identifier) for identifier in ids] == [
        "view#all#available#0",
        "view#all#available#2",
        "view#all#available#0",
        "view#all#available#2",
    ]
    assert rows.view_key("tutor#ab", "available", ids[0]) == "view#tutor#ab#available"
    assert [rows.delays_key("all", "2027-03", "open", identifier)[1] for identifier in ids] == [
        "2027-03#open#0",
        "2027-03#open#6",
        "2027-03#open#4",
        "2027-03#open#2",
    ]


def test_the_row_of_a_regions_list_goes_with_the_next_change(world: World) -> None:
    """The version before wrote one, with contacts, and no version reads it."""
    parcours = crowds.parcours(0, clock.utc_now())
    writing.add_records(parcours)
    before = parcours_table.read_parcours(parcours.id)
    row = rows.build_rows(parcours)[0]
    pk = f"view#region#{parcours.placement.region}#{parcours.status}"
    aws.dynamodb().put_item(
        TableName=config.resource(items.PARCOURS), Item=items.encode_item({**row, "pk": pk})
    )

    writing.change_record(before, before)

    assert not [item for item in world.table(items.PARCOURS) if item["pk"] == pk]


def _expected(world: World, by: str, holds: Callable[[items.Plain], bool]) -> list[str]:
    """Return the ids of the rows of a status that ``holds`` is true of, sorted by the attribute ``by``."""
    keys = rows.view_keys(rows.EVERYTHING, STATUS)
    held = [item for item in world.table(items.PARCOURS) if item["pk"] in keys and holds(item)]
    return [str(row["id"]) for row in sorted(held, key=lambda row: str(row[by]))]


@pytest.mark.parametrize("skew", [False, True], ids=["even", "skewed"])
def test_a_list_of_several_partitions_is_read_in_order(world: World, time: Clock, skew: bool) -> None:
    crowds.generate(200, time.now, scopes=(rows.EVERYTHING,))
    if skew:  # nearly all of it lies in one of them
        for key in rows.view_keys(rows.EVERYTHING, STATUS)[1:]:
            for row in tables.query(items.PARCOURS, key)[4:]:
                gone = items.encode_key((row["pk"], row["sk"]))
                aws.dynamodb().delete_item(TableName=config.resource(items.PARCOURS), Key=gone)
    since = date(2024, 1, 4)
    everything = _expected(world, "sk", lambda _: True)
    later = _expected(world, "sk", lambda row: str(row["notified_on"]) >= since.isoformat())
    assert 0 < len(later) < len(everything)

    for most in MOST:
        lines, more = parcours_table.list_lines([rows.EVERYTHING], STATUS, most=most)
        assert (list(lines), more) == (everything[:most], most < len(everything))
        lines, more = parcours_table.list_lines([rows.EVERYTHING], STATUS, since=since, most=most)
        assert (list(lines), more) == (later[:most], most < len(later))
    assert sorted(line.id for line in parcours_table.list_every_line(rows.EVERYTHING, STATUS)) == sorted(
        everything
    )


def test_late_ones_of_several_partitions_are_read_the_longest_late_first(world: World, time: Clock) -> None:
    crowds.generate(200, time.now, scopes=(rows.EVERYTHING,))
    now, keys = time.now, rows.view_keys(rows.EVERYTHING, STATUS)
    late = {
        str(row["id"]): str(row["late_at"])
        for row in world.table(items.PARCOURS)
        if row["pk"] in keys and row.get("late_at", "9") <= iso(now)
    }

    for most in MOST:
        late_rows = tables.query_late(items.PARCOURS, keys, now, most)
        read = {str(row["id"]): str(row["late_at"]) for row in late_rows}
        assert read.items() <= late.items()
        assert list(read.values()) == sorted(late.values())[:most]  # several fall due with one day
    assert len(late) > 20


@pytest.mark.parametrize("many", [100_000, pytest.param(1_000_000, marks=pytest.mark.proof)])
def test_what_a_list_reads_stays_the_same_however_long_it_is(many: int) -> None:
    few, reads = (crowds.computed(count, lists.MOST_READ) for count in (1_000, many))

    assert (len(reads.calls), reads.units) == (len(few.calls), few.units)
    in_one_partition = -(-(lists.MOST_READ + 1) * crowds.ROW_BYTES // 4096)
    assert reads.units < 1.4 * in_one_partition and len(reads.calls) <= rows.SHARDS + 1


def test_the_partitions_read_are_those_that_are_written() -> None:
    with on_moto():
        now = clock.utc_now()
        for stand, more in ((0, 100), (100, 900)):
            crowds.generate(more, now, first=stand, scopes=(rows.EVERYTHING,))
            with crowds.counted() as read:
                parcours_table.list_lines([rows.EVERYTHING], STATUS)
            computed = crowds.computed(stand + more, lists.MOST_READ)
            assert abs(len(read.calls) - len(computed.calls)) <= 1
            assert abs(read.units - computed.units) <= 0.1 * read.units


def test_no_table_has_an_index_that_bounds_a_partition() -> None:
    tables = [
        resource["Properties"]
        for resource in template().values()
        if resource["Type"] == "AWS::DynamoDB::Table"
    ]
    assert len(tables) == 3 and not any("LocalSecondaryIndexes" in table for table in tables)
