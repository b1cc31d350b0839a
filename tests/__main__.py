"""``make test``: every suite, in groups side by side: first those that only need the processor, then those with browsers.

    python -m tests

Prints each group's whole output, one group after the other; fails when any of them does.
"""

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOGETHER = (
    (
        ("tests/faults", "tests/properties", "tests/architecture", "tests/bad_input", "tests/unit"),
        ("tests/integration",),
    ),
    (("tests/browser/test_[a-h]*.py",), ("tests/browser/test_[!a-h]*.py",), ("tests/security",)),
    (("tests/races",),),
)
"""Groups of folders and files that run side by side, then the next ones; races fill the machine, so they come alone."""
PATIENCE = ("--reruns", "1", "--only-rerun", "TimeoutError")
"""A browser that did not answer in time on a busy machine is asked once more; a wrong answer is not."""


def main() -> int:
    """Run the groups; the worst exit status."""
    begun = time.monotonic()
    status = 0
    for groups in TOGETHER:
        for one in [_start(places_of(group)) for group in groups]:
            output, _ = one.communicate()
            print(output, flush=True)
            status = max(status, one.returncode)
    print(f"{time.monotonic() - begun:.0f} seconds in all", flush=True)
    return status


def places_of(group: Sequence[str]) -> list[str]:
    """The folders and files of a group, from the project's root."""
    return sorted(str(found.relative_to(ROOT)) for pattern in group for found in ROOT.glob(pattern))


def _start(places: Sequence[str]) -> "subprocess.Popen[str]":
    # Each group keeps no cache: two of them would write it at once.
    options = PATIENCE if places[0].startswith("tests/browser") else ()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, *places]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


if __name__ == "__main__":
    sys.exit(main())
