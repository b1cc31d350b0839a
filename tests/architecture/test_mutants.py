"""The mutants of ``tests/mutants.py``: each is one change, behind a switch, and is told where it is."""

import ast
import builtins
from typing import Any

import pytest

from tests.mutants import SWITCHES, Mutant, Mutator

CODE = """
LIMIT: int = 3

def is_late(now, end, *, known: bool = True):
    return known and now > end or now == LIMIT + 1
"""
MUTANTS = [
    "now > end  →  now >= end",
    "known and now > end  →  known or now > end",
    "now == LIMIT + 1  →  now != LIMIT + 1",
    "known and now > end or now == LIMIT + 1  →  (known and now > end) and now == LIMIT + 1",
    "1  →  2",
]


def mutants() -> list[Mutant]:
    """The mutants of CODE."""
    mutator = Mutator("code.py", {})
    mutator.visit(ast.parse(CODE))
    return mutator.mutants


def with_mutant(after: str) -> Any:
    """The function of ``CODE`` with the mutant that writes this behind the switch 0."""
    (place,) = (mutant.place for mutant in mutants() if mutant.after == after)
    tree = ast.fix_missing_locations(Mutator("code.py", {place: 0}).visit(ast.parse(CODE)))
    names: dict[str, Any] = {}
    exec(compile(tree, "code.py", "exec"), names)  # noqa: S102
    return names["is_late"]


@pytest.fixture(autouse=True)
def switches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Switch every mutant off before a test."""
    monkeypatch.setattr(builtins, "__mutant__", SWITCHES.reach, raising=False)
    monkeypatch.setattr(builtins, "__compare__", SWITCHES.compare, raising=False)
    monkeypatch.setattr(SWITCHES, "on", None)
    monkeypatch.setattr(SWITCHES, "reached", set())


def test_what_functions_compare_join_and_count_has_a_mutant_and_nothing_else() -> None:
    assert sorted(f"{mutant.before}  →  {mutant.after}" for mutant in mutants()) == sorted(MUTANTS)


def test_a_mutant_changes_its_own_place_and_only_when_it_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    is_late = with_mutant("now >= end")

    assert [is_late(now, 2) for now in (1, 2, 3)] == [False, False, True]
    monkeypatch.setattr(SWITCHES, "on", 0)
    assert [is_late(now, 2) for now in (1, 2, 3)] == [False, True, True]


def test_a_comparison_is_reached_where_its_mutant_would_answer_otherwise() -> None:
    is_late = with_mutant("now >= end")

    assert not is_late(1, 2) and not SWITCHES.reached
    assert not is_late(2, 2) and SWITCHES.reached == {0}
