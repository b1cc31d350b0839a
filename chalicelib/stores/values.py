"""Values of the domain as plain ones and back: items of the tables, what one function sends to another.

Pydantic's core does it, by schemas that are made here from the dataclasses: pydantic would make the same ones, but loading it and
letting it look at every class takes longer than all that a function does before its first answer.
"""

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property, partial
from typing import Any, TypeVar, get_args, get_origin

from pydantic_core import CoreSchema, SchemaSerializer, SchemaValidator, core_schema

from chalicelib.clock import iso
from chalicelib.domain.kernel.values import Code, Stored

T = TypeVar("T")
AS_STORED = object()
"""The context in which items are read: codes that this version does not know are kept."""


def read_value(kind: type[T], plain: Mapping[str, object]) -> T:
    """Read a value that another function of this version wrote. Raises ``ValueError`` where it does not fit its class."""
    value: T = _build_adapter(kind).reader.validate_python(plain)
    return value


def read_stored(kind: type[T], plain: Mapping[str, object]) -> T:
    """Read a value that any version stored: codes and fields that this one does not know are kept."""
    value: T = _build_adapter(kind).reader.validate_python(plain, context=AS_STORED)
    return value


def write(
    value: object, *, exclude: frozenset[str] = frozenset(), defaults: bool = True, nones: bool = True
) -> dict[str, Any]:
    """Write a dataclass as a dict of plain values (strings, numbers, lists, dicts).

    Args:
        exclude: names of fields to leave out.
        defaults: whether fields that equal their default are written; ``nones``: whether fields that are None are.
    """
    plain: dict[str, Any] = _build_adapter(type(value)).writer.to_python(
        value, mode="json", exclude=set(exclude), exclude_defaults=not defaults, exclude_none=not nones
    )
    return plain


class _Adapter:
    """The reader and the writer of one class, each made on first use: making them takes time at every start."""

    def __init__(self, kind: type) -> None:
        self._schema = _build_dataclass_schema(kind)

    @cached_property
    def reader(self) -> SchemaValidator:
        """Make what reads plain values into the class."""
        return SchemaValidator(self._schema)

    @cached_property
    def writer(self) -> SchemaSerializer:
        """Make what writes the class as plain values."""
        return SchemaSerializer(self._schema)


_adapters: dict[type, _Adapter] = {}


def _build_adapter(kind: type) -> _Adapter:
    """Return the adapter of a class, made once in this process."""
    if kind not in _adapters:
        _adapters[kind] = _Adapter(kind)
    return _adapters[kind]


NO_UNKNOWN_FIELDS = core_schema.CoreConfig(extra_fields_behavior="forbid")
"""Of classes that are not ``Stored``: a field that the class does not have is an error."""
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


def _build_type_schema(hint: Any) -> CoreSchema:
    """Return the pydantic schema of a type that fields of stored classes have."""
    arguments, origin = get_args(hint), get_origin(hint)
    if type(None) in arguments:
        (other,) = (argument for argument in arguments if argument is not type(None))
        return core_schema.nullable_schema(_build_type_schema(other))
    if origin is tuple:
        return core_schema.tuple_variable_schema(_build_type_schema(arguments[0]))
    if origin is frozenset:
        return core_schema.frozenset_schema(_build_type_schema(arguments[0]))
    if origin is dict:
        return core_schema.dict_schema(_build_type_schema(arguments[0]), _build_type_schema(arguments[1]))
    if hint in _PLAIN:
        return _PLAIN[hint]
    if issubclass(hint, StrEnum):
        return _build_code_schema(hint)
    return _build_named_tuple_schema(hint) if issubclass(hint, tuple) else _build_dataclass_schema(hint)


def _build_code_schema(kind: type[StrEnum]) -> CoreSchema:
    """Return the schema of an enumeration of codes, each stored as its text."""
    return core_schema.with_info_plain_validator_function(
        partial(_read_code, kind), serialization=core_schema.simple_ser_schema("str")
    )


def _read_code(kind: type[StrEnum], plain: Any, info: core_schema.ValidationInfo[object]) -> StrEnum:
    """Read a code; one that this version does not know is kept when it comes from the tables, else refused (``ValueError``)."""
    if info.context is AS_STORED and isinstance(plain, str) and issubclass(kind, Code):
        return kind.from_stored(plain)
    return kind(plain)


def _build_named_tuple_schema(kind: Any) -> CoreSchema:
    """Return the schema of a named tuple, stored as the list of its values in order."""
    values = [_build_type_schema(hint) for hint in kind.__annotations__.values()]
    return core_schema.no_info_after_validator_function(kind._make, core_schema.tuple_schema(values))


def _build_dataclass_schema(kind: type[Any]) -> CoreSchema:
    """Return the schema of a dataclass; a ``Stored`` one keeps the fields of a newer version in its ``unknown``."""
    arguments = [
        core_schema.dataclass_field(field.name, _build_field_schema(field), kw_only=True)
        for field in fields(kind)
    ]
    schema: CoreSchema = core_schema.dataclass_args_schema(kind.__name__, arguments)
    names = [field.name for field in fields(kind)]
    if not issubclass(kind, Stored):
        return core_schema.dataclass_schema(
            kind, schema, names, slots=True, post_init=True, config=NO_UNKNOWN_FIELDS
        )
    known = frozenset(names) - {"unknown"}
    return core_schema.dataclass_schema(
        kind,
        core_schema.no_info_before_validator_function(partial(_with_unknown, known), schema),
        names,
        slots=True,
        post_init=True,
        serialization=core_schema.wrap_serializer_function_ser_schema(_without_unknown),
    )


def _build_field_schema(field: "Field[Any]") -> CoreSchema:
    """Return the schema of a dataclass's field, with its default."""
    schema = _build_type_schema(field.type)
    if field.default is not MISSING:
        return core_schema.with_default_schema(schema, default=field.default)
    if field.default_factory is not MISSING:
        return core_schema.with_default_schema(schema, default_factory=field.default_factory)
    return schema


def _with_unknown(known: frozenset[str], item: object) -> object:
    """Move the attributes of a stored item that its class has no field for into ``unknown``, before it is read."""
    if not isinstance(item, dict):
        return item
    known_fields = {name: value for name, value in item.items() if name in known}
    unknown_fields = {name: value for name, value in item.items() if name not in known}
    return known_fields | {"unknown": unknown_fields}


def _without_unknown(
    record: Stored, write_fields: core_schema.SerializerFunctionWrapHandler
) -> dict[str, object]:
    """Write a record as an item; the attributes kept in ``unknown`` are written among the others, as they were read."""
    item: dict[str, object] = write_fields(record)
    item.pop("unknown", None)
    return item | record.unknown
