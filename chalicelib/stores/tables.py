"""Reading items: by key, by partition, by what is due."""

from datetime import datetime
from typing import Any

from chalicelib.clock import iso
from chalicelib.stores import aws, items


def get(table: str, key: items.Key) -> items.Plain | None:
    """One item, read strongly; None when there is none."""
    with aws.calling():
        answer = aws.dynamodb().get_item(
            TableName=items.table_name(table), Key=items.wire_key(key), ConsistentRead=True
        )
    return items.plain(answer["Item"]) if "Item" in answer else None


def record(kind: type[items.Record], key: items.Key) -> items.Record | None:
    """One record, read strongly; None when there is none."""
    found = get(items.SHAPES[kind].table, key)
    return items.of_item(kind, found) if found else None


def query(table: str, pk: str, limit: int | None = None) -> list[items.Plain]:
    """Every item under one partition key in the order of ``sk``, or the first ``limit``."""
    asked: dict[str, Any] = {
        "TableName": items.table_name(table),
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": items.wire({":pk": pk}),
        "ConsistentRead": True,
    }
    return _pages(asked, limit)


def due(table: str, now: datetime, limit: int) -> list[tuple[items.Key, datetime]]:
    """Keys of what is due at ``now`` and since when, the longest due first. The index may lag: readers check again."""
    asked = {
        "TableName": items.table_name(table),
        "IndexName": "due",
        "KeyConditionExpression": "due = :due AND due_at <= :now",
        "ExpressionAttributeValues": items.wire({":due": "d", ":now": iso(now)}),
    }
    return [
        ((str(found["pk"]), str(found["sk"])), datetime.fromisoformat(str(found["due_at"])))
        for found in _pages(asked, limit)
    ]


def _pages(asked: dict[str, Any], limit: int | None) -> list[items.Plain]:
    found: list[items.Plain] = []
    start: dict[str, Any] = {}
    while limit is None or len(found) < limit:
        bound: dict[str, Any] = {} if limit is None else {"Limit": limit - len(found)}
        with aws.calling():
            answer = aws.dynamodb().query(**asked, **bound, **start)
        found += [items.plain(item) for item in answer["Items"]]
        if "LastEvaluatedKey" not in answer:
            break
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
    return found
