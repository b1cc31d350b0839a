"""Whatever a record can hold is stored by the one commit and read back the same.

Each class with every field set, and with each code of the closed lists that it holds: shapes that only rare flows store are
frozen from here (``tests/frozen/freeze``).
"""

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import date, datetime
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import pytest

from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.timeline import Event
from chalicelib.domain.kernel.transition import Change, OutboxMail, Transition
from chalicelib.domain.kernel.values import Aggregate, Code, Value
from chalicelib.domain.lists import OF_AN_AGENT, Line
from chalicelib.domain.retention import ROWS, Place
from chalicelib.stores import items, transactions
from tests.frozen import shapes
from tests.support import factories
from tests.support.factories import NOON
from tests.support.worlds import World
from tests.support.writing import change_record

MODELS = list(
    dict.fromkeys(
        model
        for row in ROWS
        if row.place in {Place.PARCOURS, Place.RELAY} and (model := shapes.model_of(row)) is not None
    )
)
LISTS = {model: set(shapes.lists_of(model)) for model in MODELS}
SMALLEST = {
    closed: min(
        (model for model in MODELS if closed in LISTS[model]),
        key=lambda model: len(list(shapes.fields_of(model))),
    )
    for closed in set().union(*LISTS.values())
}
"""Which class shows each code of a closed list: one is enough, since all read it in the same way."""
PLAIN: dict[type, Any] = {
    bool: True,
    int: 42,
    datetime: NOON,
    date: date(2026, 12, 1),
}


def fill(model: type[Value], place: int) -> Any:
    """A record with every field set; each code is the `place`-th of its list, from the start again past the end."""
    fields = {
        field.name: _value(field.type, field.name, place)
        for field in shapes.known_fields(model)
        if field.name not in {"revision", "synthetic"}  # what is invented has no list rows
    }
    if "id" in fields:
        fields["id"] = f"{place:032x}"
    return model(**fields)


def _value(annotation: Any, name: str, place: int) -> Any:
    """Return a value of this type, made of the field's name; a code is the ``place``-th of its list."""
    held = [argument for argument in get_args(annotation) if argument not in {type(None), Ellipsis}]
    origin = get_origin(annotation)
    if origin in {Union, UnionType, Annotated}:
        return _value(held[0], name, place)
    if origin is dict:
        return {"taken": _value(held[1], name, place)}
    if origin in {tuple, frozenset}:
        return origin([_value(held[0], name, place)])
    if issubclass(annotation, Code):
        return list(annotation)[place % len(annotation)]
    if issubclass(annotation, Value):
        return fill(annotation, place)
    return PLAIN.get(annotation, f"{name}-{place}")


def records(model: type[Value]) -> Iterator[Any]:
    """Return as many records of a class as it takes to show each of its codes."""
    shown = [len(closed) for closed, smallest in SMALLEST.items() if smallest is model]
    return (fill(model, place) for place in range(max(shown, default=1)))


def storing(record: Any) -> Transition:
    """Return the transition that stores this record, as stories write it."""
    if isinstance(record, Event):
        return Transition(events=(record,))
    if isinstance(record, OutboxMail):
        return Transition(mails=(record,))
    return Transition(changes=(Change(None, record),))


def key_of(record: Any) -> items.Key:
    """Return the key under which this record is stored."""
    item = items.to_event_item(record) if isinstance(record, Event) else items.to_item(record)
    return item["pk"], item["sk"]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_record_is_read_as_it_was_stored_with_every_field_and_each_code(
    world: World, model: type[Value]
) -> None:
    singles: dict[items.Key, Any] = {}
    for record in records(model):
        place, before = key_of(record), singles.get(key_of(record))
        step = storing(record)
        if before is not None:  # the only one of its kind: written anew
            step = Transition(changes=(Change(before, replace(record, revision=before.revision)),))
        transactions.commit(step)

        stored_items = {
            (item["pk"], item["sk"]): item
            for name in (items.PARCOURS, items.RELAY)
            for item in world.table(name)
        }
        if issubclass(model, Aggregate):
            singles[place] = items.from_item(model, stored_items[place])
            assert singles[place] == replace(record, revision=singles[place].revision)
        else:
            assert model is Event and items.from_event_item(stored_items[place]) == record


def test_a_list_row_holds_each_field_of_a_line(world: World) -> None:
    transactions.commit(storing(fill(Parcours, 0)))

    held = [item for item in world.table(items.PARCOURS) if item["pk"].startswith("view#")]
    assert held
    for item in held:
        hidden = {"people"} if item["pk"].startswith("view#free#") else set()
        kept = {field.name for field in fields(Line)} - OF_AN_AGENT - {"breakpoints"} | {"turn"}
        assert kept - hidden <= item.keys()
        assert not hidden & item.keys()


def test_the_name_of_a_tutor_leads_to_her_even_when_her_account_is_closed(world: World) -> None:
    def leading() -> list[str]:
        kept = [item for item in world.table(items.PARCOURS) if item["pk"].startswith("name#")]
        return sorted(item["sk"].partition("#")[0] for item in kept if item["name"] == tutor.name)

    tutor = replace(factories.account(name="Solène Quéméner-Roux"), phone="01 99 00 77 38")
    transactions.commit(storing(tutor))
    words = leading()
    assert words == sorted(["0199007738", "quemener", "solene", tutor.address])

    there = replace(tutor, revision=1)
    change_record(there, replace(there, closed_at=NOON))
    assert leading() == words
