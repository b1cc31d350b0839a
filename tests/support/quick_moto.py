"""What moto and botocore do again and again with items, done once. For speed alone: what they answer stays the same.

Neither can be spared it openly. Two files of meetings take 13.6 s of processor time with it, three times as much without.
Each function says what it spares.
"""

import base64
import copy
import json
import re
import secrets
from collections import deque
from collections.abc import Callable, Iterator
from functools import cache
from types import SimpleNamespace
from typing import Any
from weakref import WeakValueDictionary

from botocore import xform_name
from botocore.handlers import BUILTIN_HANDLERS, REGISTER_LAST
from botocore.parsers import BaseJSONParser
from botocore.regions import EndpointRulesetResolver
from botocore.serialize import JSONSerializer
from botocore.signers import RequestSigner
from moto.backend_index import backend_url_patterns
from moto.core import responses
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.models import DEFAULT_ACCOUNT_ID, MockAWS, botocore_stubber, responses_mock
from moto.core.parse import BaseJSONParser as RequestParser
from moto.core.responses import ActionResult
from moto.core.utils import method_names_from_class
from moto.dynamodb.comparisons import ConditionExpressionParser
from moto.dynamodb.exceptions import ItemSizeTooLarge
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler
from werkzeug.exceptions import HTTPException

DYNAMODB = re.compile(r"https://dynamodb\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/")
"""Where a client that was given no other place would call; only moto ever answers there."""
CALLS_FOR_ITEMS = {
    "BatchGetItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "TransactWriteItems", "UpdateItem",
}  # fmt: skip
"""Whose answers hold texts, numbers and items alone."""
CALLED = {"kms", "s3", "sesv2", "sns", "awslambda", "logs", "events", "cloudwatch"}
"""Moto looks for the service of a call in the order of its list: these come first."""
LARGEST_ITEM_BYTES = 405_000
"""Moto's own figure, between what was seen to pass and what was not."""
_handle_structure = BaseJSONParser._handle_structure  # type: ignore[attr-defined]
_parse_structure: Callable[[Any, Any, Any], Any] = RequestParser._parse_structure
_query = Table.query
_transact_write_items = DynamoDBBackend.transact_write_items
_process_request = BotocoreStubber.process_request
_serialize_shape = JSONSerializer._serialize  # type: ignore[attr-defined]
_enable_patching = MockAWS._enable_patching
_lex_condition = ConditionExpressionParser._lex_condition_expression
_sign = RequestSigner.sign
_construct_endpoint = EndpointRulesetResolver.construct_endpoint
_item_size = Item.size
_update_item = DynamoDBBackend.update_item
_copies: dict[str, Any] = {}
"""Of the tables of the transaction under way,"""
_touched: list[tuple[str, dict[str, Any]]] = []
"""and the tables and keys that it writes."""
_due: dict[str, WeakValueDictionary[int, Item]] = {}
"""By kind, the items that bear ``due``, of whatever table, and of tables that are no more."""


def spare_work() -> None:
    """Put the functions below in the place of moto's and botocore's own, for the life of this process."""
    backend_url_patterns.sort(key=lambda row: row[0] not in CALLED)
    MockAWS._enable_patching = _enable_patching_once  # type: ignore[method-assign]
    BUILTIN_HANDLERS.append(("before-call", _answer_at_once, REGISTER_LAST))
    ConditionExpressionParser._lex_condition_expression = lambda self: deque(_lex(self.condition_expression))  # type: ignore[method-assign]
    JSONSerializer._serialize = _serialize  # type: ignore[attr-defined]
    BotocoreStubber.process_request = _answer  # type: ignore[method-assign]
    RequestSigner.sign = _sign_elsewhere  # type: ignore[method-assign]
    EndpointRulesetResolver.construct_endpoint = _find_endpoint  # type: ignore[assignment, method-assign]
    responses.method_names_from_class = cache(method_names_from_class)  # type: ignore[attr-defined]
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


def _enable_patching_once(self: MockAWS, reset: bool = True) -> None:
    """Start to answer; moto would add a thousand rules of its ``responses`` at each start, and take none away."""
    if not responses_mock.registered():
        _enable_patching(self, reset)
    botocore_stubber.enabled = True
    responses_mock.start()


@cache
def _lex(expression: str) -> deque[Any]:
    """Return the words of a condition, read once: the values are no part of it."""
    return _lex_condition(ConditionExpressionParser(expression, None, None))


def _serialize(self: Any, serialized: Any, value: Any, shape: Any, key: Any = None) -> None:
    """Write an attribute's value as it is; botocore would look for each type of it."""
    if shape.name == "AttributeValue" and type(value) is dict:
        serialized[key] = _each_binary(value, lambda binary: base64.b64encode(binary).decode())
    else:
        _serialize_shape(self, serialized, value, shape, key)


def _answer(self: BotocoreStubber, request: Any) -> Any:
    """Answer a call of DynamoDB; moto would first look for its service among all, and make a web request of it."""
    place = DYNAMODB.match(request.url)
    if place is None:
        return _process_request(self, request)
    headers = {name: _text(request.headers[name]) for name in ("X-Amz-Target", "Content-Type")}
    handler = _Handler()
    handler.region, handler.current_account, handler.headers = place["region"], DEFAULT_ACCOUNT_ID, headers
    handler.querystring, handler.uri_match, handler.response_headers = {}, {}, {}
    asked = SimpleNamespace(
        method="POST",
        path="/",
        headers=headers,
        content_type=headers["Content-Type"],
        data=request.body,
        values={},
    )
    handler.parse_parameters(asked)  # type: ignore[arg-type]
    return handler.call_action()


def _text(header: str | bytes) -> str:
    """Return a header as text; signing leaves some of them as bytes."""
    return header.decode() if isinstance(header, bytes) else header


def _sign_elsewhere(self: Any, operation_name: str, request: Any, *args: Any, **kwargs: Any) -> None:
    """Sign a request, unless it goes to moto's DynamoDB, which looks at no signature."""
    if not DYNAMODB.match(request.url):
        _sign(self, operation_name, request, *args, **kwargs)


def _find_endpoint(self: Any, operation_model: Any, **asked: Any) -> Any:
    """Return where a call goes; a client of DynamoDB that knows no account calls one place only."""
    if operation_model.service_model.service_name != "dynamodb":
        return _construct_endpoint(self, operation_model, **asked)
    if "only_endpoint" not in vars(self):
        self.only_endpoint = _construct_endpoint(self, operation_model, **asked)
    return self.only_endpoint


class _Handler(DynamoHandler):
    """Moto's, which writes the answers to calls for items at once; moto would look for each type of a value in its models."""

    def serialized(self, action_result: ActionResult) -> Any:
        if self._get_action() not in CALLS_FOR_ITEMS or not isinstance(action_result.result, dict):
            return super().serialized(action_result)
        body = json.dumps(action_result.result, default=lambda value: base64.b64encode(value).decode())
        return 200, {}, body

    @staticmethod
    def _enrich_response(headers: dict[str, str], body: Any) -> tuple[dict[str, str], Any]:
        names = {name: str(value) for name, value in headers.items()}
        return {**names, "x-amzn-requestid": secrets.token_hex(26)}, body


def _read(self: Any, shape: Any, value: Any) -> Any:
    """Read a value of a request as it is; moto would look for each type of it under a dozen names."""
    if shape.name == "AttributeValue" and type(value) is dict:
        return _each_binary(value, self._blob_parser)
    return _parse_structure(self, shape, value)


def _parse(self: Any, shape: Any, value: Any) -> Any:
    """Read a value of an answer as it is; botocore would look for each type of it."""
    if shape.name == "AttributeValue" and type(value) is dict:
        return _each_binary(value, base64.b64decode)
    return _handle_structure(self, shape, value)


def _each_binary(value: dict[str, Any], change: Any) -> dict[str, Any]:
    """Return an attribute's value with ``change`` applied to each binary value in it."""
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
    """Compare two values as moto does; texts, the usual case, without converting them."""
    if self.type == other.type == "S":
        return bool(self.value == other.value)
    return self.type == other.type and self.cast_value == other.cast_value


def _bears_due(item: Item) -> None:
    """Note an item that has a due time, so that ``due_items`` finds it without a scan."""
    if "due" in item.attrs:
        _due.setdefault(item.attrs["due"].value, WeakValueDictionary())[id(item)] = item


def _update(self: Any, *args: Any, **kwargs: Any) -> Item:
    """Update an item as moto does, forget its measured size and note its due time."""
    item = _update_item(self, *args, **kwargs)
    vars(item).pop("measured", None)
    _bears_due(item)
    return item


def _make_item(self: Any, hash_key: DynamoType, range_key: DynamoType | None, attrs: dict[str, Any]) -> None:
    """Make an item without measuring it anew at each attribute and without keeping it for ever, as moto does."""
    self.hash_key, self.range_key = hash_key, range_key
    self.attrs = _limited({name: DynamoType(value) for name, value in attrs.items()})
    _bears_due(self)
    if 4 * len(str(attrs)) > LARGEST_ITEM_BYTES < self.size():  # a character is four bytes at most
        raise ItemSizeTooLarge


def _size(self: Item) -> int:
    """Return the size of an item, measured once; moto measures it each time that the item is read."""
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
    """Return a copy of an item whose attributes are a dictionary of its own."""
    copied = copy.copy(item)
    copied.attrs = _limited(item.attrs)
    _bears_due(copied)
    return copied


def _limited(attrs: dict[str, Any]) -> LimitedSizeDict:
    """Return a copy of attributes in moto's own dictionary type, without measuring their size again."""
    made = LimitedSizeDict()
    dict.update(made, attrs)
    return made


def _answer_at_once(
    model: Any, params: dict[str, Any], request_signer: Any, context: dict[str, Any], **_: object
) -> Any:
    """Let moto’s tables answer a call before a request is made of it; None where it goes the whole way.

    That is where they refuse, which is then said in the service's own form; and where a test listens to what is sent.
    """
    if not (botocore_stubber.enabled and DYNAMODB.match(params["url"])) or _is_listened_to(
        request_signer, model
    ):
        return None
    handler = DynamoHandler()
    handler.body = json.loads(params["body"], object_hook=_decode_binary)
    handler.current_account, handler.region = DEFAULT_ACCOUNT_ID, context["client_region"]
    try:
        result = getattr(handler, xform_name(model.name))().result
    except HTTPException:
        return None
    return SimpleNamespace(status_code=200), {**result, "ResponseMetadata": {"HTTPStatusCode": 200}}


def _is_listened_to(signer: Any, model: Any) -> bool:
    """Return whether more than moto hears of a request that is sent, and more than botocore of its first answer."""
    handlers = signer._event_emitter._emitter._handlers
    events = (f"{event}.dynamodb.{model.name}" for event in ("before-send", "needs-retry"))
    return any(len(handlers.prefix_search(event)) > 1 for event in events)


def _decode_binary(value: dict[str, Any]) -> dict[str, Any]:
    """Return a part of a request with its binary value decoded, if it is one."""
    return {"B": base64.b64decode(value["B"])} if type(value.get("B")) is str else value
