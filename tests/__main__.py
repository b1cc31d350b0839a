"""``make test``: every suite. Those that only need the processor run two at a time, then those with threads and browsers.

    python -m tests

Prints each group's whole output, one group after the other; fails when any of them does.
"""

import subprocess
import sys
import time
from collections.abc import Sequence

TOGETHER = (
    ("tests/faults", "tests/properties", "tests/architecture"),
    ("tests/unit", "tests/bad_input", "tests/integration"),
)
ALONE = ("tests/races", "tests/security", "tests/browser")
PATIENCE = ("--reruns", "1", "--only-rerun", "TimeoutError")
"""A browser that did not answer in time on a busy machine is asked once more; a wrong answer is not."""


def main() -> int:
    """Run the groups; the worst exit status."""
    begun = time.monotonic()
    running = [_start(folders, stdout=subprocess.PIPE) for folders in TOGETHER]
    status = 0
    for one in running:
        output, _ = one.communicate()
        print(output, flush=True)
        status = max(status, one.returncode)
    status = max(status, _start(ALONE, PATIENCE).wait())
    print(f"{time.monotonic() - begun:.0f} seconds in all", flush=True)
    return status


def _start(
    folders: Sequence[str], options: Sequence[str] = (), stdout: int | None = None
) -> "subprocess.Popen[str]":
    # Each group keeps no cache: two of them would write it at once.
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, *folders]
    return subprocess.Popen(command, stdout=stdout, stderr=subprocess.STDOUT if stdout else None, text=True)


if __name__ == "__main__":
    sys.exit(main())
