"""Keep the items that suites really store, as many as it takes to have every shape once (a plugin for pytest).

    .venv/bin/python -m pytest -q -p tests.frozen.freeze tests/integration/test_record_round_trip.py

adds to ``tests/frozen/items-<version>.json``, with the version of ``pyproject.toml``, what these tests store of any shape that it
lacks. That is enough after a change of what is stored. Once for each version that is released the file is removed and begun anew,
from what people do first, then by the command above:

    .venv/bin/python -m pytest -q -p tests.frozen.freeze tests/integration tests/faults \\
        --ignore tests/integration/test_record_round_trip.py

The version's commit goes into ``tests/frozen/previous``, the file of the version before stays, older ones go.
"""

import contextlib
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient
from pydantic import ValidationError

from chalicelib.stores import items
from tests.frozen import shapes

HERE = Path(__file__).resolve().parent
VERSION = tomllib.loads((HERE.parent.parent / "pyproject.toml").read_text())["project"]["version"]
FILE = HERE / f"items-{VERSION}.json"
CODE = re.compile("[a-z_]{1,30}")
SUFFIX = {"-parcours": items.PARCOURS, "-relay": items.RELAY}

_seen: dict[frozenset[tuple[str, ...]], tuple[str, items.Plain]] = {}
_outlines: set[Any] = set()
_known: set[tuple[str, ...]] = set()


def _kept() -> list[tuple[str, items.Plain]]:
    return [(table, item) for table, item in json.loads(FILE.read_text())] if FILE.exists() else []


def _fresh(table: str, item: items.Plain) -> None:
    made = shapes.shape(table, item)
    if not made <= _known:
        _known.update(made)
        _seen[made] = (table, item)


def _outline(value: Any) -> Any:
    """What two items of one shape have in common; quickly, since each write is looked at."""
    match value:
        case {"S": str(text)}:
            return text if CODE.fullmatch(text) else "S"
        case {"M": inner}:
            return _outline(inner)
        case {"L": [*inner]}:
            return tuple({_outline(inner_value) for inner_value in inner})
        case dict():
            return tuple((name, _outline(inner)) for name, inner in sorted(value.items()))
    return ""


def _keep(name: str, wire: items.Wire) -> None:
    table = next((name_in_table for suffix, name_in_table in SUFFIX.items() if name.endswith(suffix)), None)
    outline = (wire["pk"]["S"].partition("#")[0], _outline(wire))
    if table is None or outline in _outlines:
        return
    _outlines.add(outline)
    with contextlib.suppress(ValidationError):  # a test broke it on purpose
        _fresh(table, items.decode_item(wire))


@pytest.fixture(autouse=True, scope="session")
def _watched() -> Iterator[None]:
    for table, item in _kept():
        _fresh(table, item)
    asked = BaseClient._make_api_call  # type: ignore[attr-defined]

    def watch(self: Any, operation: str, given: dict[str, Any]) -> Any:
        answer = asked(self, operation, given)
        if operation == "TransactWriteItems":
            for write in given["TransactItems"]:
                if "Put" in write:
                    _keep(write["Put"]["TableName"], write["Put"]["Item"])
        elif operation == "PutItem":
            _keep(given["TableName"], given["Item"])
        elif operation in {"Query", "Scan"}:  # what grows by updates is never put
            for item in answer["Items"]:
                if {"pk", "sk"} <= item.keys() and "IndexName" not in given:
                    _keep(given["TableName"], item)
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", watch)
        yield


def pytest_sessionfinish() -> None:
    """What was kept already, and the fewest of the others that hold the shapes it lacks, the richest first."""
    chosen = _kept()
    left = _known.difference(*(shapes.shape(*chosen_item) for chosen_item in chosen))
    rest = sorted(_seen.items(), key=lambda candidate: -len(candidate[0]))
    while left:
        made, found_item = max(rest, key=lambda candidate: len(candidate[0] & left))
        chosen.append(found_item)
        left -= made
    chosen.sort(
        key=lambda chosen_item: (
            chosen_item[0],
            shapes.row_name(*chosen_item),
            str(chosen_item[1]["pk"]),
            str(chosen_item[1]["sk"]),
        )
    )
    lines = [json.dumps([table, item], ensure_ascii=False, sort_keys=True) for table, item in chosen]
    FILE.write_text("[\n" + ",\n".join(lines) + "\n]\n")
