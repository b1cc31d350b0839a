"""Keep the items that suites really store, as many as it takes to have every shape once (a plugin for pytest).

    .venv/bin/python -m pytest -q -p tests.frozen.freeze tests/integration tests/faults

writes ``tests/frozen/items-<version>.json`` at the end, with the version of ``pyproject.toml``. Done once for each version
that is released; its commit goes into ``tests/frozen/previous``, the file of the version before stays, older ones go.
"""

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
CODE = re.compile("[a-z_]{1,30}")
SUFFIX = {"-parcours": items.PARCOURS, "-relay": items.RELAY}

_seen: dict[frozenset[tuple[str, ...]], tuple[str, items.Plain]] = {}
_outlines: set[Any] = set()
_known: set[tuple[str, ...]] = set()


def _outline(value: Any) -> Any:
    """What two items of one shape have in common; quickly, since each write is looked at."""
    match value:
        case {"S": str(text)}:
            return text if CODE.fullmatch(text) else "S"
        case {"M": inner}:
            return _outline(inner)
        case {"L": [*inner]}:
            return tuple({_outline(one) for one in inner})
        case dict():
            return tuple((name, _outline(inner)) for name, inner in sorted(value.items()))
    return ""


def _keep(name: str, wire: items.Wire) -> None:
    table = next((one for suffix, one in SUFFIX.items() if name.endswith(suffix)), None)
    outline = (wire["pk"]["S"].partition("#")[0], _outline(wire))
    if table is None or outline in _outlines:
        return
    _outlines.add(outline)
    item = items.plain(wire)
    try:
        made = shapes.shape(table, item)
    except ValidationError:
        return  # a test broke it on purpose
    if not made <= _known:
        _known.update(made)
        _seen[made] = (table, item)


@pytest.fixture(autouse=True, scope="session")
def _watched() -> Iterator[None]:
    asked = BaseClient._make_api_call  # type: ignore[attr-defined]

    def watch(self: Any, operation: str, given: dict[str, Any]) -> Any:
        answer = asked(self, operation, given)
        if operation == "TransactWriteItems":
            for one in given["TransactItems"]:
                if "Put" in one:
                    _keep(one["Put"]["TableName"], one["Put"]["Item"])
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
    """The fewest of them that still hold every shape, the richest first."""
    left, chosen = set(_known), []
    rest = sorted(_seen.items(), key=lambda one: (-len(one[0]), str(one[1][1]["pk"])))
    while left:
        made, found = max(rest, key=lambda one: len(one[0] & left))
        chosen.append(found)
        left -= made
    chosen.sort(key=lambda one: (one[0], shapes.row_name(*one), str(one[1]["pk"]), str(one[1]["sk"])))
    lines = [json.dumps([table, item], ensure_ascii=False, sort_keys=True) for table, item in chosen]
    (HERE / f"items-{VERSION}.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")
