"""Values of the domain as plain ones and back: items of the tables, what one function sends to another.

Pydantic's core alone does it, by schemas that are made here from the dataclasses: the rest of pydantic makes the same ones, but
loading it and letting it look at every class takes longer than all that a function does before its first answer.
"""

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from datetime import date, datetime
from enum import StrEnum
from functools import partial
from typing import Any, NamedTuple, TypeVar, get_args, get_origin

from pydantic_core import CoreSchema, SchemaSerializer, SchemaValidator, core_schema

from chalicelib.clock import iso
from chalicelib.domain.kernel.values import Code, Stored

T = TypeVar("T")
AS_STORED = object()
"""The context in which items are read: codes that this version does not know are kept."""


def read(kind: type[T], plain: Mapping[str, object]) -> T:
    """Read a value that another function of this version wrote. Raises ``ValueError`` where it does not fit its class."""
    value: T = _adapter(kind).reader.validate_python(plain)
    return value


def read_stored(kind: type[T], plain: Mapping[str, object]) -> T:
    """Read a value that any version stored: codes and fields that this one does not know are kept."""
    value: T = _adapter(kind).reader.validate_python(plain, context=AS_STORED)
    return value


def write(
    value: object, *, exclude: frozenset[str] = frozenset(), defaults: bool = True, nones: bool = True
) -> dict[str, Any]:
    """Write a value as plain ones.

    Args:
        defaults: whether fields that are as the class makes them are written; ``nones``: whether those that are None are.
    """
    plain: dict[str, Any] = _adapter(type(value)).writer.to_python(
        value, mode="json", exclude=set(exclude), exclude_defaults=not defaults, exclude_none=not nones
    )
    return plain


class _Adapter(NamedTuple):
    reader: SchemaValidator
    writer: SchemaSerializer


_adapters: dict[type, _Adapter] = {}


def _adapter(kind: type) -> _Adapter:
    """What reads and writes a class; made on first use, since a start pays for each."""
    if kind not in _adapters:
        schema = _of_dataclass(kind)
        _adapters[kind] = _Adapter(SchemaValidator(schema), SchemaSerializer(schema))
    return _adapters[kind]


STRANGERS = core_schema.CoreConfig(extra_fields_behavior="forbid")
"""What is not stored has no fields but its own."""
_PLAIN: dict[object, CoreSchema] = {
    str: core_schema.str_schema(),
    int: core_schema.int_schema(),
    bool: core_schema.bool_schema(),
    object: core_schema.any_schema(),
    date: core_schema.date_schema(),
    datetime: core_schema.datetime_schema(
        tz_constraint="aware",
        serialization=core_schema.plain_serializer_function_ser_schema(iso, when_used="json"),
    ),
}


def _of_type(hint: Any) -> CoreSchema:
    """The schema of a type that fields of stored classes have."""
    held, origin = get_args(hint), get_origin(hint)
    if type(None) in held:
        (known,) = (one for one in held if one is not type(None))
        return core_schema.nullable_schema(_of_type(known))
    if origin is tuple:
        return core_schema.tuple_variable_schema(_of_type(held[0]))
    if origin is frozenset:
        return core_schema.frozenset_schema(_of_type(held[0]))
    if origin is dict:
        return core_schema.dict_schema(_of_type(held[0]), _of_type(held[1]))
    if hint in _PLAIN:
        return _PLAIN[hint]
    if issubclass(hint, StrEnum):
        return _of_codes(hint)
    return _of_named_tuple(hint) if issubclass(hint, tuple) else _of_dataclass(hint)


def _of_codes(kind: type[StrEnum]) -> CoreSchema:
    return core_schema.with_info_plain_validator_function(
        partial(_code, kind), serialization=core_schema.simple_ser_schema("str")
    )


def _code(kind: type[StrEnum], plain: Any, info: core_schema.ValidationInfo[object]) -> StrEnum:
    if info.context is AS_STORED and isinstance(plain, str) and issubclass(kind, Code):
        return kind.read(plain)
    return kind(plain)


def _of_named_tuple(kind: Any) -> CoreSchema:
    """As a list of its values, in order."""
    held = [_of_type(hint) for hint in kind.__annotations__.values()]
    return core_schema.no_info_after_validator_function(kind._make, core_schema.tuple_schema(held))


def _of_dataclass(kind: type[Any]) -> CoreSchema:
    held = [core_schema.dataclass_field(field.name, _of_field(field), kw_only=True) for field in fields(kind)]
    schema: CoreSchema = core_schema.dataclass_args_schema(kind.__name__, held)
    names = [field.name for field in fields(kind)]
    if not issubclass(kind, Stored):
        return core_schema.dataclass_schema(kind, schema, names, slots=True, post_init=True, config=STRANGERS)
    known = frozenset(names) - {"unknown"}
    return core_schema.dataclass_schema(
        kind,
        core_schema.no_info_before_validator_function(partial(_with_unknown, known), schema),
        names,
        slots=True,
        post_init=True,
        serialization=core_schema.wrap_serializer_function_ser_schema(_without_unknown),
    )


def _of_field(one: "Field[Any]") -> CoreSchema:
    schema = _of_type(one.type)
    if one.default is not MISSING:
        return core_schema.with_default_schema(schema, default=one.default)
    if one.default_factory is not MISSING:
        return core_schema.with_default_schema(schema, default_factory=one.default_factory)
    return schema


def _with_unknown(known: frozenset[str], item: object) -> object:
    """An item, with what no field of its class holds as ``unknown``."""
    if not isinstance(item, dict):
        return item
    fields_of_item = {name: held for name, held in item.items() if name in known}
    return fields_of_item | {"unknown": {name: held for name, held in item.items() if name not in known}}


def _without_unknown(
    record: Stored, write_fields: core_schema.SerializerFunctionWrapHandler
) -> dict[str, object]:
    """A record as its item, with what is ``unknown`` beside the rest."""
    item: dict[str, object] = write_fields(record)
    item.pop("unknown", None)
    return item | record.unknown
