"""Take each protection away in turn and see who notices.

    python -m tests.teeth [parts of names…]

Two copies of the tree work side by side. First the tests must pass there as it is; then each patch is applied, its tests are run,
and it is taken back. Prints a line for each as it ends; fails when one goes unnoticed, or applies no more.
"""

import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.teeth import ROOT, AppliesNoMore, Tooth, teeth

WORKERS = 2
PATIENCE_SECONDS = 600
WHOLE_PATIENCE_SECONDS = 1_500
"""For every test that is named, at the start."""
LEFT_OUT = (".git", ".venv", "scratch", "__pycache__", ".*_cache", ".hypothesis", "pictures")
FAILED = re.compile(r"^FAILED (.+?)(?: - (.*))?$", re.MULTILINE)
BROKEN = re.compile(r"^(NameError|SyntaxError|ImportError|ModuleNotFoundError|IndentationError)\b")
"""How a patch fails that breaks the code instead of removing a protection."""


@dataclass
class Tree:
    """A copy of the tree, of one worker."""

    path: Path
    clock: float = field(default_factory=time.time)

    def run(
        self, tests: tuple[str, ...], *options: str, seconds: float = PATIENCE_SECONDS
    ) -> "subprocess.CompletedProcess[str]":
        """Run these tests here."""
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "--tb=line",
            *options,
            *tests,
        ]
        environment = {**os.environ, "HYPOTHESIS_STORAGE_DIRECTORY": str(self.path / ".hypothesis")}
        return subprocess.run(
            command,
            cwd=self.path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )

    @contextmanager
    def bitten(self, tooth: Tooth) -> Iterator[None]:
        """Without one protection for a while."""
        file = self.path / tooth.file
        whole = file.read_text()
        try:
            self._write(file, tooth.bite(whole))
            yield
        finally:
            self._write(file, whole)

    def _write(self, file: Path, text: str) -> None:
        # Compiled code is kept by its source's second and size: each writing gets a second of its own.
        self.clock += 2
        file.write_text(text)
        os.utime(file, (self.clock, self.clock))


def noticed(tree: Tree, tooth: Tooth) -> tuple[bool, str]:
    """Whether a test fails without this protection, and which; or what happened instead."""
    try:
        with tree.bitten(tooth):
            done = tree.run(tooth.tests, "-x")
    except AppliesNoMore as error:
        return False, str(error)
    except subprocess.TimeoutExpired:
        return False, f"no answer in {PATIENCE_SECONDS} seconds"
    found = FAILED.search(done.stdout)
    if done.returncode == 0:
        return False, "nobody noticed"
    if done.returncode != 1 or found is None:
        return False, f"no test failed, pytest did ({done.returncode}):\n{done.stdout}{done.stderr}"
    if found[2] and BROKEN.match(found[2]):
        return False, f"the patch breaks the code: {found[2]}"
    return True, found[1]


def prove(*wanted: str) -> int:
    """Try every tooth; 0 when each was noticed."""
    chosen = teeth(*wanted)
    with tempfile.TemporaryDirectory(prefix="teeth-") as folder:
        trees: queue.SimpleQueue[Tree] = queue.SimpleQueue()
        for number in range(WORKERS):
            copy = Path(folder) / str(number)
            shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*LEFT_OUT))
            trees.put(Tree(copy))
        with ThreadPoolExecutor(WORKERS) as pool:
            if not all(pool.map(lambda part: _whole(trees, part), _parts(chosen))):
                return 1
            results = list(pool.map(lambda tooth: _tried(trees, tooth), chosen))
    print(f"{sum(results)} of {len(results)} protections were noticed to be gone", flush=True)
    return 0 if all(results) else 1


def _parts(chosen: list[Tooth]) -> list[tuple[str, ...]]:
    tests = sorted({test for tooth in chosen for test in tooth.tests})
    files = {test for test in tests if "::" not in test}
    apart = [test for test in tests if test in files or test.partition("::")[0] not in files]
    return [part for number in range(WORKERS) if (part := tuple(apart[number::WORKERS]))]


def _whole(trees: "queue.SimpleQueue[Tree]", tests: tuple[str, ...]) -> bool:
    """Nothing is proved by a test that fails anyway."""
    tree = trees.get()
    done = tree.run(tests, seconds=WHOLE_PATIENCE_SECONDS)
    trees.put(tree)
    if done.returncode == 0:
        print(f"with every protection: {done.stdout.splitlines()[-1]}", flush=True)
    else:
        print(f"RED ALREADY, with every protection\n{done.stdout}{done.stderr}", flush=True)
    return done.returncode == 0


def _tried(trees: "queue.SimpleQueue[Tree]", tooth: Tooth) -> bool:
    tree, begun = trees.get(), time.monotonic()
    caught, by = noticed(tree, tooth)
    trees.put(tree)
    word = "caught" if caught else "MISSED"
    print(f"{word} {tooth.name:<34} {time.monotonic() - begun:4.0f} s  {by}", flush=True)
    return caught


if __name__ == "__main__":
    sys.exit(prove(*sys.argv[1:]))
