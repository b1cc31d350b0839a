"""Items of one version, read and written by the next and by the one before: a deployment may be rolled back at any time.

``tests/frozen/items-<version>.json`` holds items that suites really stored, of every type (``tests/frozen/freeze``).
"""

import copy
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.retention import ROWS, Place
from chalicelib.stores import items, values
from tests.frozen import shapes
from tests.support import factories

FROZEN = Path(__file__).resolve().parents[1] / "frozen"
ITEMS: list[tuple[str, items.Plain]] = [
    (table, item)
    for path in sorted(FROZEN.glob("items-*.json"))
    for table, item in json.loads(path.read_text())
]
TOMORROW = {"of_tomorrow": {"more": ["and", 1, True]}}
"""What another version may add: text, whole numbers, truths, lists and maps."""
STRANGER = "code_of_tomorrow"
STORED = [row for row in ROWS if row.place in {Place.PARCOURS, Place.RELAY}]
MODELS = [(row, model) for row in STORED if (model := shapes.model_of(row)) is not None]
NEVER_REWRITTEN = {"event", "fact"}
IN_ITS_KEY = {("Event", "parcours")}
"""What only the key of an item says."""


def holds(now: Any, before: Any) -> bool:
    """Return whether everything that was there is there, beside what a newer version may have added."""
    if isinstance(before, dict):
        return isinstance(now, dict) and all(
            name in now and holds(now[name], value) for name, value in before.items()
        )
    if isinstance(before, list):
        return isinstance(now, list) and len(now) == len(before) and all(map(holds, now, before))
    return bool(now == before)


def own(item: items.Plain) -> items.Plain:
    """Return an item without what the stores write beside its record, which is reckoned anew at each write."""
    return {name: value for name, value in item.items() if name not in items.BESIDE - {"pk", "sk"}}


def value_at(item: Any, path: shapes.Path) -> Any:
    """Return what lies at this path."""
    for name in path:
        item = item[name]
    return item


def grown(table: str, item: items.Plain) -> items.Plain:
    """Return the item with a field that only another version knows, in the record and in every value within it."""
    other = copy.deepcopy(item)
    for path, _ in shapes.parts(shapes.record_of(table, item)):
        value_at(other, path).update(TOMORROW)
    return other


def estranged(table: str, item: items.Plain) -> items.Plain:
    """Return the item with each of its codes replaced by one that only another version knows."""
    other = copy.deepcopy(item)
    for path, _ in shapes.codes(shapes.record_of(table, item)):
        value_at(other, path[:-1])[path[-1]] = STRANGER
    return other


def test_every_type_of_item_is_frozen() -> None:
    tables = {row.name for row in STORED}
    frozen = {shapes.row_name(*item) for item in ITEMS}

    assert tables - frozen == set(), "keep some: tests/frozen/freeze.py says how"
    assert frozen <= tables, "what is stored must be read for one version more"


def test_every_field_that_is_stored_is_frozen() -> None:
    known = {row.name: model.__name__ for row, model in MODELS}
    frozen = {(known[row], *path) for item in ITEMS for row, *path in shapes.shape(*item) if row in known}
    stored = {(model.__name__, *path) for _, model in MODELS for path in shapes.fields_of(model)}

    assert stored - frozen - IN_ITS_KEY == set(), "keep some: tests/frozen/freeze.py says how"


def test_every_code_that_is_stored_is_frozen() -> None:
    frozen = {
        (type(code).__name__, code.value)
        for item in ITEMS
        for _, code in shapes.codes(shapes.record_of(*item))
    }
    stored = {
        (closed.__name__, code.value)
        for _, model in MODELS
        for closed in shapes.lists_of(model)
        for code in closed
    }

    assert stored - frozen == set(), "keep some: tests/frozen/freeze.py says how"


def test_what_was_stored_is_read_and_loses_nothing() -> None:
    for table, item in ITEMS:
        assert holds(shapes.rewritten(table, item), own(item)), (item["pk"], item["sk"])


def test_what_another_version_added_survives_a_rewrite() -> None:
    for table, item in ITEMS:
        if shapes.row_name(table, item) not in NEVER_REWRITTEN:
            other = grown(table, item)
            assert holds(shapes.rewritten(table, other), own(other)), (item["pk"], item["sk"])


def test_a_code_of_another_version_is_read_and_survives_a_rewrite() -> None:
    for table, item in ITEMS:
        other = estranged(table, item)
        assert holds(shapes.rewritten(table, other), own(other)), (item["pk"], item["sk"])


def test_a_code_of_another_version_is_refused_everywhere_else() -> None:
    account = factories.account()

    with pytest.raises(ValueError, match=STRANGER):
        Role(STRANGER)
    with pytest.raises(ValueError, match="roles"):
        values.read_value(Account, values.write(account) | {"roles": [STRANGER]})


def test_a_change_keeps_what_another_version_added_and_adds_nothing_by_itself() -> None:
    table, item = next(row for row in ITEMS if shapes.row_name(*row) == "account")
    account = shapes.record_of(table, grown(table, item))
    assert isinstance(account, Account)

    assert replace(account, name="Une Autre").unknown == account.unknown
    with pytest.raises(TypeError, match="nmae"):
        replace(account, nmae="Une Autre")  # type: ignore[call-arg]


def _has_its_history(root: Path) -> bool:
    """Return whether this is a clone with every commit, not an unpacked archive or a shallow clone."""
    asked = ["git", "-C", str(root), "rev-parse", "--is-shallow-repository"]
    return subprocess.run(asked, capture_output=True, check=False).stdout.strip() == b"false"


@pytest.fixture(scope="module")
def previous(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code of the version before, from the history of this repository."""
    commit = (FROZEN / "previous").read_text().strip()
    root = FROZEN.parents[1]
    archived = subprocess.run(
        ["git", "-C", root, "archive", commit, "app.py", "chalicelib", "infra", "tests", "pyproject.toml"],
        capture_output=True,
        check=False,
    )
    if archived.returncode and os.environ.get("CI") != "true" and not _has_its_history(root):
        pytest.skip(f"the commit {commit} is not in this copy: git fetch --unshallow")
    assert archived.returncode == 0, archived.stderr.decode()
    place = tmp_path_factory.mktemp("previous")
    subprocess.run(["tar", "-x", "-C", place], input=archived.stdout, check=True)
    return place


def test_the_version_before_reads_what_this_one_writes_and_keeps_what_it_does_not_know(
    previous: Path,
) -> None:
    """A rollback: the former code finds what the new one wrote, works on it, and the new one comes back.

    Rows without a record are made anew from it; those of a kind that the former code does not know are read by none of its keys.
    """
    known = _run(previous, "-c", "from tests.frozen.shapes import BY_NAME; print(*BY_NAME)").split()
    read = [row for row in ITEMS if shapes.record_of(*row) is not None and shapes.row_name(*row) in known]
    written = [(table, grown(table, shapes.rewritten(table, item))) for table, item in read]

    answered = json.loads(_run(previous, "-m", "tests.frozen.reader", given=json.dumps(written)))

    for (table, before), (_, after) in zip(written, answered, strict=True):
        if shapes.row_name(table, before) not in NEVER_REWRITTEN:
            assert holds(after, own(before)), (before["pk"], before["sk"])


def _run(place: Path, *command: str, given: str = "") -> str:
    """Return what another version's checkout answers."""
    done = subprocess.run(
        [sys.executable, *command], cwd=place, input=given, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout
