"""Run the checks and the suites, a few processes at a time, so that no core waits until the last of them begins.

    python -m tests [proof | check]

``make test``: the checks of form and types, and every suite but what is the long one's. ``make proof``: the long suite
(``tests/proof`` and what is marked ``proof`` elsewhere), the teeth (``tests/teeth``), and once more what needs no deployed
product, at another instant (``tests/instants.py``): the one that ``INSTANT`` names, else one that is drawn.

Says what begins, what fails and what ends as it happens, and gives each group's whole output when it has ended; fails when any
of them does.
"""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import groupby
from pathlib import Path

from tests.as_they_fail import MARK
from tests.instants import ELSEWHERE
from tests.teeth import Tooth, teeth

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
Group = Sequence[str]
Job = Callable[[], int]
"""Something to run to its end; gives its exit status."""

CHECKS: tuple[tuple[str, ...], ...] = (
    ("ruff", "format", "--check", "."),
    ("ruff", "check", "."),
    ("mypy",),
    ("python", "-m", "infra.bundle"),
)
GROUPS: tuple[Group, ...] = (
    ("tests/integration/test_[!a-m]*.py",),
    ("tests/security",),
    ("tests/integration/test_[a-m]*.py",),
    ("tests/browser/test_[!a-h]*.py",),
    ("tests/architecture",),
    ("tests/browser/test_[a-h]*.py",),
    ("tests/faults", "tests/properties"),
    ("tests/bad_input", "tests/deploy"),
    ("tests/unit",),
    ("tests/races", "tests/oracle"),
)
"""Folders and files of one process of pytest each, the longest first. Each starts its own local cloud where it needs one, which
takes 5 seconds of a processor."""
IN_PROCESS = ("integration", "faults", "properties", "bad_input", "unit", "oracle")
"""Folders whose tests need no deployed product, but those marked ``cloud``."""
PROOF = "tests/proof/test_*.py"
AT_ONCE = 3
"""Processes at a time, on two cores: one of them waits for a browser or for the cloud most of the time."""
AT_ONCE_IN_PROOF = 2
FAILURES: list[str] = []
"""The lines of what failed, said again at the end: a log of which only the end is kept names them."""
PATIENCE = ("--reruns", "1", "--only-rerun", r"Timeout \d+ms exceeded")
"""A browser that did not answer in time on a busy machine is asked once more; a wrong answer is not."""


def main(asked: str = "") -> int:
    """Run what is asked; the worst exit status."""
    begun = time.monotonic()
    status = {"": test, "proof": prove, "check": check}[asked]()
    if asked != "check":
        print(f"{time.monotonic() - begun:.0f} seconds in all", flush=True)
    print("".join(FAILURES), end="", flush=True)
    return status


def test() -> int:
    """The checks, and every suite without what is marked ``proof``."""
    return _side_by_side([check, *(partial(_run, group, "not proof") for group in GROUPS)], AT_ONCE)


def prove() -> int:
    """The long suite, the suites at another instant (``INSTANT``, else one that is drawn), and the teeth, of one queue."""
    from tests.teeth.__main__ import at_work

    instant = os.environ.pop("INSTANT", "") or random.choice(list(ELSEWHERE))  # noqa: S311 - any of them will do
    print(f"INSTANT={instant!r}\n", end="", flush=True)
    elsewhere = [
        partial(_run, group, "not proof and not cloud", INSTANT=instant)
        for group in GROUPS
        if any(name in group[0] for name in IN_PROCESS)
    ]
    # The simulated years, which take longest, come last by name: first.
    long = [partial(_run, (place,)) for place in reversed(places_of((PROOF,)))]
    marked = [partial(_run, group, "proof") for group in list_marked()]
    with at_work() as is_noticed:
        taken_away = [partial(_take_away, tooth, is_noticed) for tooth in teeth()]
        return _side_by_side([*long[:1], *elsewhere, *marked, *long[1:], *taken_away], AT_ONCE_IN_PROOF)


def _take_away(tooth: Tooth, is_noticed: Callable[[Tooth], bool]) -> int:
    if is_noticed(tooth):
        return 0
    FAILURES.append(f"{MARK}{tooth.name}\n")
    return 1


def list_marked() -> list[Group]:
    """The files in which tests are marked ``proof``, a group for each folder."""
    files = [path for path in places_of(("tests/*/test_*.py",)) if "mark.proof" in (ROOT / path).read_text()]
    return [list(group) for _, group in groupby(files, key=lambda path: Path(path).parent)]


def check() -> int:
    """Form, lint and types."""
    return max(_run_command(" ".join(command), [str(BIN / command[0]), *command[1:]]) for command in CHECKS)


def places_of(group: Group) -> list[str]:
    """The folders and files of a group, from the project's root."""
    return sorted(str(path.relative_to(ROOT)) for pattern in group for path in ROOT.glob(pattern))


def _side_by_side(jobs: Sequence[Job], most: int) -> int:
    with ThreadPoolExecutor(most) as pool:
        return max(pool.map(lambda job: job(), jobs), default=0)


def _run(group: Group, marks: str = "", **environment: str) -> int:
    """Run the tests of a group that bear these marks; their exit status."""
    places = places_of(group)
    # Each group keeps no cache: two of them would write it at once.
    options = ["-q", "-p", "no:cacheprovider", "-p", "tests.as_they_fail", "-m", marks, *PATIENCE]
    return _run_command(" ".join(group), [sys.executable, "-m", "pytest", *options, *places], **environment)


def _run_command(name: str, command: Sequence[str], **environment: str) -> int:
    """Run a command to its end, passing on failures as they come; its exit status."""
    begun = time.monotonic()
    print(f"begins: {name}\n", end="", flush=True)
    kept: list[str] = []
    # What one process compiles, the next need not.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", **environment}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as run:
        assert run.stdout is not None
        for line in run.stdout:
            if line.startswith(MARK):
                FAILURES.append(line)
                print(line, end="", flush=True)
            else:
                kept.append(line)
    # One write each, its line break within: the output of two groups at once must not mix.
    ended = f"ends: {name} ({time.monotonic() - begun:.0f} s, status {run.returncode})"
    print(f"{''.join(kept)}{ended}\n", end="", flush=True)
    return abs(int(run.returncode))  # negative where a signal ended it


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
