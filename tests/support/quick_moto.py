"""What botocore and moto do again and again, done once. For speed alone: what they answer stays the same.

Most tests spend most of their time in there; each function says what it spares.
"""

import base64
import copy
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

import botocore.session
import moto.core.responses
import moto.kms.models
from botocore.auth import SigV4Auth
from botocore.loaders import create_loader
from botocore.parsers import BaseJSONParser
from botocore.useragent import UserAgentString
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.models import DEFAULT_ACCOUNT_ID, MockAWS, botocore_stubber
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.parse import BaseJSONParser as RequestParser
from moto.core.serialize import BaseJSONSerializer
from moto.core.utils import get_service_model, method_names_from_class
from moto.dynamodb.exceptions import ItemSizeTooLarge
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler
from moto.kms.utils import generate_private_key
from werkzeug.exceptions import HTTPException

LARGEST_ITEM_BYTES = 405_000
"""Moto's own figure, between what was seen to pass and what was not."""
_serialize_structure = BaseJSONSerializer._serialize_type_structure
_handle_structure = BaseJSONParser._handle_structure  # type: ignore[attr-defined]
_parse_structure = RequestParser._parse_structure
_add_auth = SigV4Auth.add_auth
_process_request = BotocoreStubber.process_request
_query = Table.query
_transact_write_items = DynamoDBBackend.transact_write_items
_item_size = Item.size
_update_item = DynamoDBBackend.update_item
_copies: dict[str, Any] = {}
"""Of the tables of the transaction under way,"""
_touched: list[tuple[str, dict[str, Any]]] = []
"""and the tables and keys that it writes."""
_due: dict[str, WeakValueDictionary[int, Item]] = {}
"""By kind, the items that bear ``due``, of whatever table, and of tables that are no more."""


def spare_work() -> None:
    """Replace them, for the life of this process."""
    botocore.session.create_loader = cache(create_loader)  # reading what services look like, for each session
    # An RSA key for each KMS key, which ours, of other kinds, never use.
    moto.kms.models.generate_private_key = cache(generate_private_key)  # type: ignore[attr-defined]
    moto.core.responses.method_names_from_class = cache(method_names_from_class)  # type: ignore[attr-defined]
    UserAgentString.to_string = lambda self: "botocore"  # type: ignore[method-assign]
    SigV4Auth.add_auth = _sign  # type: ignore[method-assign]
    MockAWS._enable_patching = _enable  # type: ignore[method-assign]
    MockAWS._disable_patching = _disable  # type: ignore[method-assign]
    BotocoreStubber.process_request = _process  # type: ignore[method-assign]
    BaseJSONSerializer._serialize_type_structure = _serialize  # type: ignore[method-assign]
    RequestParser._parse_structure = _read  # type: ignore[method-assign]
    BaseJSONParser._handle_structure = _parse  # type: ignore[attr-defined]
    Item.__new__ = lambda cls, *_, **__: object.__new__(cls)  # type: ignore[method-assign]
    Item.__init__ = _make_item  # type: ignore[method-assign]
    Item.size = _size  # type: ignore[method-assign]
    Item.__getstate__ = _state  # type: ignore[assignment, method-assign]
    Item.__deepcopy__ = lambda self, memo: _copied(self)  # type: ignore[method-assign]
    DynamoType.__hash__ = lambda self: hash(self.value if self.type == "S" else self.cast_value)  # type: ignore[method-assign]
    DynamoType.__eq__ = _is_equal  # type: ignore[method-assign]
    Table.__deepcopy__ = _snapshot  # type: ignore[attr-defined]
    Table.query = _query_narrowed  # type: ignore[method-assign]
    DynamoDBBackend.transact_write_items = _transact  # type: ignore[method-assign]
    DynamoDBBackend.update_item = _update  # type: ignore[method-assign]


def _enable(self: Any, reset: bool = True) -> None:
    """Moto also answers the library ``requests``, pattern by pattern; nobody here calls AWS by that."""
    botocore_stubber.enabled = True
    if reset:
        self.reset()


def _disable(self: Any, remove_data: bool) -> None:
    botocore_stubber.enabled = False
    if remove_data:
        self.reset()


def _sign(self: Any, request: Any) -> None:
    """Moto reads the access key and the region of an ``Authorization`` header, and checks no signature."""
    on_moto = str(urlsplit(request.url).hostname).endswith(".amazonaws.com")
    if (
        not on_moto or self.credentials is None or type(self) is not SigV4Auth
    ):  # S3's requests, signed URLs and forms stay as they are
        _add_auth(self, request)
        return
    day = "20260101T000000Z"
    request.context["timestamp"] = request.headers["X-Amz-Date"] = day
    scope = f"{self.credentials.access_key}/{self.credential_scope(request)}"
    request.headers["Authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none"
    )


def _process(self: Any, request: Any) -> Any:
    """Moto rebuilds the request twice and matches it with every service's addresses: a call of DynamoDB's needs neither."""
    host = str(urlsplit(request.url).hostname).split(".")
    if host[0] != "dynamodb" or host[-2:] != ["amazonaws", "com"]:
        return _process_request(self, request)
    handler = DynamoHandler()
    handler.headers = {
        name: value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()
    }
    handler.region, handler.current_account = host[1], DEFAULT_ACCOUNT_ID
    handler.querystring, handler.uri_match, handler.response_headers = {}, {}, {"server": "amazon.com"}
    operation = get_service_model("dynamodb").operation_model(handler._get_action())
    asked = {
        "body": request.body,
        "values": {},
        "headers": handler.headers,
        "method": "POST",
        "url_path": "/",
    }
    handler.params = PROTOCOL_PARSERS["json"](operation, map_type=handler.PROTOCOL_PARSER_MAP_TYPE).parse(
        asked
    )
    try:
        return handler.call_action()
    except HTTPException as error:
        return error.code, error.get_headers(), error.get_body()


def _serialize(self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
    """Moto looks for each type of a value under a dozen names."""
    if shape.name == "AttributeValue" and type(value) is dict:
        serialized[key] = _each_binary(value, lambda binary: base64.b64encode(binary).decode())
    else:
        _serialize_structure(self, serialized, value, shape, key)


def _read(self: Any, shape: Any, value: Any) -> Any:
    """Where it reads what it is asked, likewise."""
    if shape.name == "AttributeValue" and type(value) is dict:
        return _each_binary(value, self._blob_parser)
    return _parse_structure(self, shape, value)


def _parse(self: Any, shape: Any, value: Any) -> Any:
    """Botocore too."""
    if shape.name == "AttributeValue" and type(value) is dict:
        return _each_binary(value, base64.b64decode)
    return _handle_structure(self, shape, value)


def _each_binary(value: dict[str, Any], change: Any) -> dict[str, Any]:
    """An attribute's value in which each binary one is changed."""
    ((kind, content),) = value.items()
    if kind == "B":
        content = change(content)
    elif kind == "BS":
        content = [change(value) for value in content]
    elif kind == "L":
        content = [_each_binary(inner, change) for inner in content]
    elif kind == "M":
        content = {name: _each_binary(inner, change) for name, inner in content.items()}
    return {kind: content}


def _query_narrowed(self: Any, hash_key: Any, *args: Any, **kwargs: Any) -> Any:
    """Moto looks at the whole table, and sorts it, before it looks for the partition that is asked for."""
    narrowed = copy.copy(self)
    *_, index, _, _ = args  # the last ones before what moto gives by name: index, consistent read, filter
    conditions = dict(kwargs["hash_key_conditions"] or ())
    if index == "due" and conditions.keys() == {"due"}:
        narrowed.items = {}
        _, _, (until,) = (kwargs["range_key_conditions"] or [("", "", [None])])[-1]
        for item in due_items(self, conditions["due"].value, until.value if until else None):
            narrowed.items.setdefault(item.hash_key, {})[item.range_key] = item
    elif index is None or conditions.keys() == {self.hash_key_attr}:
        wanted = hash_key if index is None else conditions[self.hash_key_attr]
        narrowed.items = {wanted: self.items[wanted]} if wanted in self.items else {}
    return _query(narrowed, hash_key, *args, **kwargs)


def due_items(table: Any, kind: str, until: str | None = None) -> Iterator[Item]:
    """The items of this table that bear this ``due`` now; ``until``: those alone that are due by then."""
    for item in list(_due.get(kind, {}).values()):
        if until is None or item.attrs["due_at"].value <= until:
            there = table.items.get(item.hash_key, {}).get(item.range_key)
            if there is item and item.attrs["due"].value == kind:
                yield item


def _is_equal(self: DynamoType, other: DynamoType) -> bool:
    if self.type == other.type == "S":
        return bool(self.value == other.value)
    return self.type == other.type and self.cast_value == other.cast_value


def _bears_due(item: Item) -> None:
    if "due" in item.attrs:
        _due.setdefault(item.attrs["due"].value, WeakValueDictionary())[id(item)] = item


def _update(self: Any, *args: Any, **kwargs: Any) -> Item:
    """Attributes of an item are set in place."""
    item = _update_item(self, *args, **kwargs)
    vars(item).pop("measured", None)
    _bears_due(item)
    return item


def _make_item(self: Any, hash_key: DynamoType, range_key: DynamoType | None, attrs: dict[str, Any]) -> None:
    """Moto measures the whole item anew at each attribute that it adds, and keeps every item that it ever made."""
    self.hash_key, self.range_key = hash_key, range_key
    self.attrs = _limited({name: DynamoType(value) for name, value in attrs.items()})
    _bears_due(self)
    if 4 * len(str(attrs)) > LARGEST_ITEM_BYTES < self.size():  # a character is four bytes at most
        raise ItemSizeTooLarge


def _size(self: Item) -> int:
    """Moto measures an item each time that it is read."""
    if "measured" not in vars(self):
        self.measured = _item_size(self)  # type: ignore[attr-defined]
    return int(self.measured)  # type: ignore[attr-defined]


def _state(self: Item) -> dict[str, Any]:
    """What an item holds, for copies and for tests that compare tables: having been measured makes it no other one."""
    return {name: value for name, value in vars(self).items() if name != "measured"}


def _transact(self: Any, transact_items: list[dict[str, Any]]) -> None:
    """Before a transaction, moto copies each table once for each item that goes there: once is enough, of what is written."""
    for item in transact_items:
        (op,) = item.values()
        _touched.append((op["TableName"], op.get("Key") or op["Item"]))
    try:
        _transact_write_items(self, transact_items)
    finally:
        _copies.clear()
        _touched.clear()


def _snapshot(self: Any, memo: dict[int, Any]) -> Any:
    """The copy that moto keeps of a table for the length of a transaction: what it writes is copied, the rest is the same.

    Items are replaced by puts, and updates of ours set attributes as wholes: copying down to these undoes the same.
    """
    if self.name not in _copies:
        _copies[self.name] = taken = copy.copy(self)
        taken.items = self.items.copy() if _touched else items_copied(self.items)
        for table, key in _touched:
            pk, sk = DynamoType(key[self.hash_key_attr]), DynamoType(key[self.range_key_attr])
            if table == self.name and pk in self.items:
                partition = taken.items[pk] = dict(taken.items[pk])
                if sk in partition:
                    partition[sk] = _copied(partition[sk])
    return _copies[self.name]


def items_copied(items: Any) -> Any:
    """The items of a table, down to their attributes."""
    taken = items.copy()
    for key, partition in items.items():
        taken[key] = {sk: _copied(item) for sk, item in partition.items()}
    return taken


def _copied(item: Item) -> Item:
    copied = copy.copy(item)
    copied.attrs = _limited(item.attrs)
    _bears_due(copied)
    return copied


def _limited(attrs: dict[str, Any]) -> LimitedSizeDict:
    made = LimitedSizeDict()
    dict.update(made, attrs)
    return made
