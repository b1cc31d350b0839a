"""``make test``: every suite, two groups at a time: first those that only need the processor, then those with browsers.

    python -m tests

Prints each group's whole output, one group after the other; fails when any of them does.
"""

import subprocess
import sys
import time
from collections.abc import Sequence

TOGETHER = (
    (
        ("tests/faults", "tests/properties", "tests/architecture", "tests/bad_input"),
        ("tests/unit", "tests/integration"),
    ),
    (("tests/races", "tests/security"), ("tests/browser",)),
)
"""Groups of folders that run side by side, pair after pair; each of the second pair has a local cloud of its own."""
PATIENCE = ("--reruns", "1", "--only-rerun", "TimeoutError")
"""A browser that did not answer in time on a busy machine is asked once more; a wrong answer is not."""


def main() -> int:
    """Run the groups; the worst exit status."""
    begun = time.monotonic()
    status = 0
    for pair in TOGETHER:
        for one in [_start(folders) for folders in pair]:
            output, _ = one.communicate()
            print(output, flush=True)
            status = max(status, one.returncode)
    print(f"{time.monotonic() - begun:.0f} seconds in all", flush=True)
    return status


def _start(folders: Sequence[str]) -> "subprocess.Popen[str]":
    # Each group keeps no cache: two of them would write it at once.
    options = PATIENCE if "tests/browser" in folders else ()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, *folders]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


if __name__ == "__main__":
    sys.exit(main())
