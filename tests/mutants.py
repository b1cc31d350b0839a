"""Change the product in many small ways, one at a time, and see whether a test notices.

    python -m tests.mutants [--seed N] [--count N] [--tests files…] [parts of file names…]

A mutant is one comparison (``<`` for ``<=``, ``!=`` for ``==``…), one ``and`` or ``or``, or one number or truth value, changed in
the body of a function of the domain or of the stories. A sample of them is drawn by a seed, which is printed. All are compiled
into the product at once, each behind a switch. The quick suites run once with every switch off, which tells what tests reach
which mutant (for ``<``, what tests would compare otherwise). Then a process is forked for each mutant: it turns the switch and
runs these tests, the quickest first, until one fails.

Not mutmut or cosmic-ray: they start pytest anew for each mutant, which takes longer here than all else.
"""

import argparse
import ast
import builtins
import copy
import importlib.abc
import importlib.machinery
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

ROOT = Path(__file__).resolve().parent.parent
MUTATED = ("chalicelib/domain", "chalicelib/stories")
SUITES = ("tests/unit", "tests/properties", "tests/integration", "tests/bad_input")
ON_THE_CLOUD = {"cloud", "chromium", "playwright"}
"""Fixtures of tests that do not run in this process, or not quickly."""
WORKERS = 2
COUNT = 200
WANTED_SHARE = 0.9
MOST_SECONDS = 30
"""Of tests for one mutant, by the time that they took without it."""
PATIENCE_SECONDS = 120
"""For one mutant: one that never ends is noticed."""
OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
NO_RULE = {"strict", "frozen", "slots"}
"""Keywords whose truth value guards against mistakes of ours, and decides nothing."""
FORKED = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Mutant:
    """One change of one file."""

    file: str
    place: int
    """Which change of the file, counted from 0 in the order in which ``Mutator`` meets them."""
    line: int
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}  {self.before}  →  {self.after}"


class Mutator(ast.NodeTransformer):
    """Finds every change that can be made in a file, and puts those that are wanted behind switches."""

    def __init__(self, file: str, switches: dict[int, int]) -> None:
        self.file, self.switches = file, switches
        self.mutants: list[Mutant] = []
        self.in_function = False

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        outside, self.in_function = self.in_function, True
        node.body = [self.visit(statement) for statement in node.body]
        self.in_function = outside
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        outside, self.in_function = self.in_function, True
        node.body = self.visit(node.body)
        self.in_function = outside
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.value = self.visit(node.value) if node.value else None
        return node

    def visit_match_case(self, node: ast.match_case) -> ast.AST:
        node.guard = self.visit(node.guard) if node.guard else None
        node.body = [self.visit(statement) for statement in node.body]
        return node

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        return node if node.arg in NO_RULE else self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        return node  # words of people

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        changed: ast.expr = node
        for index, operator in enumerate(node.ops):
            mutant = copy.deepcopy(node)
            mutant.ops[index] = OPPOSITE[type(operator)]()
            changed = self._switched(node, mutant, changed)
        return changed

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        self.generic_visit(node)
        mutant = copy.deepcopy(node)
        mutant.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        return self._switched(node, mutant, node)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, bool):
            return self._switched(node, ast.Constant(not node.value), node)
        if isinstance(node.value, (int, float)):
            return self._switched(node, ast.Constant(node.value + 1), node)
        return node

    def _switched(self, node: ast.expr, mutant: ast.expr, otherwise: ast.expr) -> ast.expr:
        if not self.in_function:
            return otherwise
        place = len(self.mutants)
        self.mutants.append(Mutant(self.file, place, node.lineno, ast.unparse(node), ast.unparse(mutant)))
        if place not in self.switches:
            return otherwise
        number = ast.Constant(self.switches[place])
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            name = ast.Constant(type(node.ops[0]).__name__)
            call = ast.Call(
                ast.Name("__compare__", ast.Load()), [number, name, node.left, *node.comparators], []
            )
            return ast.copy_location(call, node)
        switch = ast.Call(ast.Name("__mutant__", ast.Load()), [number], [])
        return ast.copy_location(ast.IfExp(switch, mutant, otherwise), node)


class Switches:
    """Which mutant is on, and which were reached."""

    on: int | None = None

    def __init__(self) -> None:
        self.reached: set[int] = set()

    def reach(self, number: int) -> bool:
        """Whether this mutant is on; notes that its place was reached."""
        self.reached.add(number)
        return self.on == number

    def compare(self, number: int, operator: str, left: Any, right: Any) -> Any:
        """The comparison, or its opposite where this mutant is on; notes whether they differ."""
        answer, other = COMPARED[operator](left, right)
        if bool(answer) != bool(other):
            self.reached.add(number)
        return other if self.on == number else answer


COMPARED: dict[str, Callable[[Any, Any], tuple[Any, Any]]] = {
    "Lt": lambda left, right: (left < right, left <= right),
    "LtE": lambda left, right: (left <= right, left < right),
    "Gt": lambda left, right: (left > right, left >= right),
    "GtE": lambda left, right: (left >= right, left > right),
    "Eq": lambda left, right: ((same := left == right), not same),
    "NotEq": lambda left, right: ((differ := left != right), not differ),
    "Is": lambda left, right: (left is right, left is not right),
    "IsNot": lambda left, right: (left is not right, left is right),
    "In": lambda left, right: ((held := left in right), not held),
    "NotIn": lambda left, right: ((missing := left not in right), not missing),
}
SWITCHES = Switches()


class MutatedLoader(importlib.machinery.SourceFileLoader):
    """Compiles a file with its switches, and keeps nothing of it on disk."""

    def __init__(self, fullname: str, path: str, switches: dict[int, int]) -> None:
        super().__init__(fullname, path)
        self.switches = switches

    def get_code(self, fullname: str) -> CodeType:
        path = Path(self.get_filename(fullname))
        tree = ast.parse(path.read_text())
        mutated = Mutator(str(path.relative_to(ROOT)), self.switches).visit(tree)
        code: CodeType = compile(ast.fix_missing_locations(mutated), path, "exec", dont_inherit=True)
        return code


class MutatedFinder(importlib.abc.MetaPathFinder):
    """Finds the files that hold a mutant of the sample."""

    def __init__(self, sample: Sequence[Mutant]) -> None:
        self.switches: dict[str, dict[int, int]] = {}
        for number, mutant in enumerate(sample):
            self.switches.setdefault(mutant.file, {})[mutant.place] = number

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if not fullname.startswith("chalicelib."):
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin is None:
            return spec
        switches = self.switches.get(os.path.relpath(spec.origin, ROOT))
        if switches:
            spec.loader = MutatedLoader(fullname, spec.origin, switches)
        return spec


@dataclass(frozen=True)
class Reached:
    """What one test reached, and how long it took; nothing where it fails by itself."""

    test: int
    seconds: float
    mutants: frozenset[int]
    passes: bool


class Trial:
    """A plugin of pytest that tries the sample instead of running the tests once."""

    def __init__(self, sample: Sequence[Mutant]) -> None:
        self.sample = sample
        self.items: list[pytest.Item] = []
        self.tests_of: dict[int, list[int]] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if not ON_THE_CLOUD & set(getattr(item, "fixturenames", ()))]

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        global _trial
        _trial = self
        self.items = session.items
        begun = time.monotonic()
        with FORKED.Pool(WORKERS, _silent) as pool:
            reached = [test for part in pool.map(_survey, range(WORKERS), 1) for test in part]
        for test in sorted(reached, key=lambda test: test.seconds):
            for number in test.mutants if test.passes else ():
                self.tests_of.setdefault(number, []).append(test.test)
        self.seconds = {test.test: test.seconds for test in reached}
        for test in reached:
            if not test.passes:
                print(f"left out, fails by itself: {self.items[test.test].nodeid}", flush=True)
        print(f"{len(reached)} tests without mutants: {time.monotonic() - begun:.0f} s", flush=True)
        with FORKED.Pool(WORKERS, _silent, maxtasksperchild=1) as pool:
            noticed = pool.map(_try, range(len(self.sample)), 1)
        session.testsfailed = _report(self.sample, noticed)
        return True

    def chosen(self, number: int) -> Iterator[pytest.Item]:
        """The tests for one mutant, the quickest first."""
        seconds = 0.0
        for test in self.tests_of.get(number, []):
            seconds += self.seconds[test]
            if seconds > MOST_SECONDS:
                return
            yield self.items[test]


_trial: Trial
"""The one of this process and of those that are forked from it."""


def _silent() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def _survey(part: int) -> list[Reached]:
    files = sorted({item.path for item in _trial.items})[part::WORKERS]
    mine = [(number, item) for number, item in enumerate(_trial.items) if item.path in files]
    reached = []
    for (number, item), following in zip(mine, [*(item for _, item in mine[1:]), None], strict=True):
        SWITCHES.reached.clear()
        begun = time.monotonic()
        passes = _passes(item, following)
        reached.append(Reached(number, time.monotonic() - begun, frozenset(SWITCHES.reached), passes))
    return reached


def _try(number: int) -> str | None:
    """What notices a mutant: a test's name; nothing where none does."""
    SWITCHES.on = number
    signal.signal(signal.SIGALRM, _too_late)
    signal.alarm(PATIENCE_SECONDS)
    chosen = list(_trial.chosen(number))
    for item, following in zip(chosen, [*chosen[1:], None], strict=False):
        try:
            if not _passes(item, following):
                return item.nodeid
        except TimeoutError:
            return "it never ends"
    return None


def _too_late(*_: object) -> None:
    raise TimeoutError


def _passes(item: pytest.Item, following: pytest.Item | None) -> bool:
    return not any(report.failed for report in runtestprotocol(item, log=False, nextitem=following))


def _report(sample: Sequence[Mutant], noticed: Sequence[str | None]) -> int:
    """Print the survivors; how many too many they are."""
    survivors = [(number, mutant) for number, mutant in enumerate(sample) if noticed[number] is None]
    for number, mutant in sorted(survivors, key=lambda pair: str(pair[1])):
        tests = len(list(_trial.chosen(number)))
        print(f"SURVIVES {mutant}  ({tests} tests reach it)" if tests else f"UNREACHED {mutant}", flush=True)
    killed = len(sample) - len(survivors)
    print(f"{killed} of {len(sample)} mutants were noticed ({killed / max(len(sample), 1):.0%})", flush=True)
    return 0 if killed >= WANTED_SHARE * len(sample) else len(survivors)


def mutants(*parts: str) -> list[Mutant]:
    """Every mutant of the files whose names hold one of these parts."""
    paths = sorted(path for folder in MUTATED for path in (ROOT / folder).rglob("*.py"))
    every = []
    for path in paths:
        file = str(path.relative_to(ROOT))
        if not parts or any(part in file for part in parts):
            mutator = Mutator(file, {})
            mutator.visit(ast.parse(path.read_text()))
            every += mutator.mutants
    return every


def prove(seed: int | None, count: int, tests: Sequence[str], parts: Sequence[str]) -> int:
    """Try a sample on these tests; 0 when enough of it was noticed."""
    begun = time.monotonic()
    seed = random.randrange(1_000_000) if seed is None else seed  # noqa: S311
    every = mutants(*parts)
    sample = random.Random(seed).sample(every, min(count, len(every)))  # noqa: S311
    print(
        f"{len(sample)} mutants of {len(every)}, seed {seed} (python -m tests.mutants --seed {seed})",
        flush=True,
    )
    builtins.__mutant__ = SWITCHES.reach  # type: ignore[attr-defined]
    builtins.__compare__ = SWITCHES.compare  # type: ignore[attr-defined]
    sys.meta_path.insert(0, MutatedFinder(sample))
    with tempfile.TemporaryDirectory() as kept:
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = kept
        options = ["-qq", "-s", "--no-header", "--no-summary", "-p", "no:cacheprovider", "-m", "not proof"]
        status = pytest.main([*options, *tests], plugins=[Trial(sample)])
    print(f"mutants: {time.monotonic() - begun:.0f} s", flush=True)
    return int(status)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--tests", nargs="+", default=SUITES)
    parser.add_argument("parts", nargs="*")
    asked = parser.parse_args()
    return prove(asked.seed, asked.count, asked.tests, asked.parts)


if __name__ == "__main__":
    # Not as __main__: forked processes and pytest must find this module under its name.
    from tests import mutants as this

    sys.exit(this.main())
