"""What botocore and moto do again and again, done once. For speed alone: what they answer stays the same.

Most tests spend most of their time in there; each function says what it spares.
"""

import copy
from functools import cache
from typing import Any

import botocore.session
import moto.kms.models
from botocore.loaders import create_loader
from moto.core.serialize import ResponseSerializer
from moto.dynamodb.exceptions import ItemSizeTooLarge
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import Table

LARGEST_ITEM_BYTES = 405_000
"""Moto's own figure, between what was seen to pass and what was not."""
_get_value = ResponseSerializer.get_value
_transact_write_items = DynamoDBBackend.transact_write_items
_copies: dict[str, Any] = {}
"""Of the tables of the transaction under way."""


def spare_work() -> None:
    """Replace them, for the life of this process."""
    botocore.session.create_loader = cache(create_loader)  # reading what services look like, for each session
    # An RSA key for each KMS key, which ours, of other kinds, never use.
    moto.kms.models.generate_private_key = cache(moto.kms.models.generate_private_key)
    ResponseSerializer.get_value = _value  # type: ignore[method-assign]
    Item.__init__ = _make_item  # type: ignore[method-assign]
    Table.__deepcopy__ = _snapshot  # type: ignore[attr-defined]
    DynamoDBBackend.transact_write_items = _transact  # type: ignore[method-assign]


def _value(self: Any, value: Any, key: str, shape: Any) -> Any:
    """Moto looks for each type of a value under a dozen names."""
    typed = type(value) is dict and getattr(getattr(shape, "parent", None), "name", "") == "AttributeValue"
    return value.get(key) if typed else _get_value(self, value, key, shape)


def _make_item(self: Any, hash_key: DynamoType, range_key: DynamoType | None, attrs: dict[str, Any]) -> None:
    """Moto measures the whole item anew at each attribute that it adds."""
    self.hash_key, self.range_key = hash_key, range_key
    self.attrs = _limited({name: DynamoType(value) for name, value in attrs.items()})
    if self.size() > LARGEST_ITEM_BYTES:
        raise ItemSizeTooLarge


def _transact(self: Any, transact_items: list[dict[str, Any]]) -> None:
    """Before a transaction, moto copies each table once for each item that goes there: once is enough."""
    try:
        _transact_write_items(self, transact_items)
    finally:
        _copies.clear()


def _snapshot(self: Any, memo: dict[int, Any]) -> Any:
    """The copy that moto keeps of a table for the length of a transaction, with all that it holds.

    Items are replaced by puts, and updates of ours set attributes as wholes: copying down to these undoes the same.
    """
    if self.name not in _copies:
        _copies[self.name] = taken = copy.copy(self)
        taken.items = items_copied(self.items)
    return _copies[self.name]


def items_copied(items: Any) -> Any:
    """The items of a table, down to their attributes."""
    taken = items.copy()
    for key, found in items.items():
        taken[key] = {one: _copied(item) for one, item in found.items()}
    return taken


def _copied(item: Item) -> Item:
    copied = copy.copy(item)
    copied.attrs = _limited(item.attrs)
    return copied


def _limited(attrs: dict[str, Any]) -> LimitedSizeDict:
    made = LimitedSizeDict()
    dict.update(made, attrs)
    return made
