"""What of an item makes its shape: the paths of what it holds, and the codes that stand there."""

from collections.abc import Iterator
from dataclasses import Field, fields
from typing import Any, get_args

from chalicelib.domain.kernel.timeline import Event
from chalicelib.domain.kernel.values import Code, Stored, Value
from chalicelib.domain.retention import BY_NAME, Row
from chalicelib.stores import items
from tests.support.registered import row_of

Path = tuple[str | int, ...]
"""Where something lies in an item: names and places."""


def row_name(table: str, item: items.Plain) -> str:
    """The row of the register that an item belongs to."""
    row = row_of(table, item)
    assert row is not None, f"the register has no row for {item['pk']}, {item['sk']}"
    return row.name


def record_of(table: str, item: items.Plain) -> Value | None:
    """What the stores read from an item; None: they take it as it is."""
    row = BY_NAME[row_name(table, item)]
    if row.name in {"event", "fact"}:
        return items.from_event_item(item)
    return items.from_item(row.record, item) if row.record else None


def rewritten(table: str, item: items.Plain) -> items.Plain:
    """The same item as this code writes it, once it has read it."""
    record = record_of(table, item)
    if record is None:
        return item
    if isinstance(record, Event):
        return items.to_event_item(record)
    return items.to_item(record)  # type: ignore[arg-type]


def parts(value: Any, path: Path = ()) -> Iterator[tuple[Path, Stored]]:
    """Every stored value within a record, itself among them, with its place."""
    if isinstance(value, Stored):
        yield path, value
    for name, inner in _within(value):
        yield from parts(inner, (*path, name))


def codes(value: Any, path: Path = ()) -> Iterator[tuple[Path, Code]]:
    """Every code of a closed list within a record, with its place."""
    if isinstance(value, Code):
        yield path, value
    for name, inner in _within(value):
        yield from codes(inner, (*path, name))


def _within(value: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(value, Value):
        yield from ((field.name, getattr(value, field.name)) for field in known_fields(type(value)))
    elif isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, tuple | list | frozenset):
        yield from enumerate(sorted(value) if isinstance(value, frozenset) else value)


def model_of(row: Row) -> type[Value] | None:
    """The class of the records that a row of the register is about; None: its items have none."""
    return Event if row.name in {"event", "fact"} else row.record


def known_fields(model: type[Value]) -> list["Field[Any]"]:
    """The fields of a class that its version knows."""
    return [field for field in fields(model) if field.name != "unknown"]


def fields_of(model: type[Value]) -> Iterator[tuple[str, ...]]:
    """Every field that a record can hold, down to those of the values within it."""
    for field in known_fields(model):
        yield (field.name,)
        for inner in _classes(field.type):
            if issubclass(inner, Value):
                yield from ((field.name, *path) for path in fields_of(inner))


def lists_of(model: type[Value]) -> Iterator[type[Code]]:
    """Every closed list whose codes a record can hold, those of the values within it too."""
    for field in known_fields(model):
        for inner in _classes(field.type):
            if issubclass(inner, Code):
                yield inner
            elif issubclass(inner, Value):
                yield from lists_of(inner)


def _classes(annotation: Any) -> Iterator[type]:
    if isinstance(annotation, type):
        yield annotation
    for inner in get_args(annotation):
        yield from _classes(inner)


def shape(table: str, item: items.Plain) -> frozenset[tuple[str, ...]]:
    """The row, the fields that are there, and the codes that stand in them; places in lists and keys of maps left aside."""
    row = row_name(table, item)
    shapes_found = {(row, *path) for path in _paths(item)}
    record = record_of(table, item)
    shapes_found |= {(row, *_names(path), f"={code}") for path, code in codes(record)}
    return frozenset(shapes_found)


def _paths(value: Any) -> Iterator[tuple[str, ...]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if inner is not None:  # within a record, what is not known is written as such
                yield (name,)
                yield from ((name, *path) for path in _paths(inner))
    elif isinstance(value, list):
        for inner in value:
            yield from _paths(inner)


def _names(path: Path) -> tuple[str, ...]:
    return tuple(step for step in path if isinstance(step, str))
