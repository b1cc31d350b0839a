"""Values of the domain as plain ones and back: items of the tables, what one function sends to another."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import TypeAdapter

from chalicelib.domain.kernel.values import AS_STORED

T = TypeVar("T")


_adapters: dict[type, TypeAdapter[Any]] = {}


def _adapter(kind: type) -> TypeAdapter[Any]:
    """What reads and writes a class; built on first use, since a start pays for each."""
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def read(kind: type[T], plain: Mapping[str, object]) -> T:
    """Read a value that another function of this version wrote. Raises ``ValueError`` where it does not fit its class."""
    value: T = _adapter(kind).validate_python(plain)
    return value


def read_stored(kind: type[T], plain: Mapping[str, object]) -> T:
    """Read a value that any version stored: codes and fields that this one does not know are kept."""
    value: T = _adapter(kind).validate_python(plain, context=AS_STORED)
    return value


def write(value: object, *, exclude: frozenset[str] = frozenset(), defaults: bool = True) -> dict[str, Any]:
    """Write a value as plain ones. ``defaults``: whether those of its fields that are as the class makes them are written."""
    plain: dict[str, Any] = _adapter(type(value)).dump_python(
        value, mode="json", exclude=set(exclude), exclude_defaults=not defaults
    )
    return plain
