"""What the tests' emulator is spared changes nothing of what it answers."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib import config
from chalicelib.stores import aws, items
from tests.support.worlds import World


def _put(key: str, **more: Any) -> dict[str, Any]:
    """Return the put of a counter of this key."""
    return {
        "TableName": config.resource(items.RELAY),
        "Item": items.encode_item({"pk": f"count#{key}", "sk": "0", **more}),
    }


def test_a_transaction_that_fails_takes_back_its_puts_its_deletes_and_its_counts(world: World) -> None:
    database, table = aws.dynamodb(), config.resource(items.RELAY)
    for key in ("counted", "deleted", "replaced", "there"):
        database.put_item(**_put(key, count=1, kept={"deep": [1]}))
    before = world.table("RELAY_TABLE")
    counted: Any = {
        "TableName": table,
        "Key": items.encode_key(("count#counted", "0")),
        "UpdateExpression": "ADD #count :one, #new :one",
        "ExpressionAttributeNames": {"#count": "count", "#new": "new"},
        "ExpressionAttributeValues": items.encode_item({":one": 1}),
    }
    deleted: Any = {"TableName": table, "Key": items.encode_key(("count#deleted", "0"))}
    writes: list[Any] = [
        {"Update": counted},
        {"Delete": deleted},
        {"Put": _put("replaced", count=2)},
        {"Put": _put("added")},
    ]
    refused: Any = {"Put": {**_put("there"), "ConditionExpression": "attribute_not_exists(pk)"}}

    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        database.transact_write_items(TransactItems=[*writes, refused])
    assert world.table("RELAY_TABLE") == before

    database.transact_write_items(TransactItems=writes)
    after = {item["pk"].removeprefix("count#"): item for item in world.table("RELAY_TABLE")}
    assert sorted(after) == ["added", "counted", "replaced", "there"]
    assert (after["counted"]["count"], after["counted"]["new"], after["replaced"]["count"]) == (2, 1, 2)


def test_an_item_of_more_than_400_kilobytes_is_refused(world: World) -> None:
    aws.dynamodb().put_item(**_put("fits", text="x" * 404_000))

    with pytest.raises(ClientError, match="exceeded"):
        aws.dynamodb().put_item(**_put("too large", text="x" * 405_000))
