"""``make test``: every suite, in groups side by side: first those that only need the processor, then those with browsers.
``make proof``: the long suite, one file beside another, then the teeth (``tests/teeth``).

    python -m tests [proof]

Says what begins, what fails and what ends as it happens, and gives each group's whole output when it has ended; fails when any of
them does.
"""

import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.as_they_fail import MARK

ROOT = Path(__file__).resolve().parent.parent
Group = Sequence[str]
TOGETHER: tuple[tuple[Group, ...], ...] = (
    (
        ("tests/faults", "tests/properties", "tests/architecture", "tests/bad_input", "tests/unit"),
        ("tests/integration", "tests/deploy"),
    ),
    (("tests/browser/test_[a-h]*.py",), ("tests/browser/test_[!a-h]*.py",), ("tests/security",)),
    (("tests/races",),),
)
"""Groups of folders and files that run side by side, then the next ones; races fill the machine, so they come alone."""
PROOF = "tests/proof/test_*.py"
TWO = 2
"""Files of the long suite at a time."""
PATIENCE = ("--reruns", "1", "--only-rerun", "TimeoutError")
"""A browser that did not answer in time on a busy machine is asked once more; a wrong answer is not."""


def main(asked: str = "") -> int:
    """Run what is asked; the worst exit status."""
    begun = time.monotonic()
    status = prove() if asked == "proof" else max(_side_by_side(groups, len(groups)) for groups in TOGETHER)
    print(f"{time.monotonic() - begun:.0f} seconds in all", flush=True)
    return status


def prove() -> int:
    """The long suite and the teeth."""
    from tests.teeth.__main__ import prove as take_each_away

    long = [(place,) for place in places_of((PROOF,))]
    return max(_side_by_side(long, TWO), take_each_away())


def places_of(group: Group) -> list[str]:
    """The folders and files of a group, from the project's root."""
    return sorted(str(found.relative_to(ROOT)) for pattern in group for found in ROOT.glob(pattern))


def _side_by_side(groups: Sequence[Group], most: int) -> int:
    with ThreadPoolExecutor(max(most, 1)) as pool:
        return max(pool.map(_run, groups), default=0)


def _run(group: Group) -> int:
    """Run one group to its end, telling failures as they come; its exit status."""
    places, name, begun = places_of(group), " ".join(group), time.monotonic()
    # Each group keeps no cache: two of them would write it at once.
    options = PATIENCE if places[0].startswith("tests/browser") else ()
    quiet = ["-q", "-p", "no:cacheprovider", "-p", "tests.as_they_fail"]
    command = [sys.executable, "-m", "pytest", *quiet, *options, *places]
    print(f"begins: {name}\n", end="", flush=True)
    kept: list[str] = []
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as run:
        assert run.stdout is not None
        for line in run.stdout:
            if line.startswith(MARK):
                print(line, end="", flush=True)
            else:
                kept.append(line)
    # One write each, its line break within: the output of two groups at once must not mix.
    ended = f"ends: {name} ({time.monotonic() - begun:.0f} s, status {run.returncode})"
    print(f"{''.join(kept)}{ended}\n", end="", flush=True)
    return run.returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
