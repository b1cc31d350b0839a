"""``make bench``, or ``python -m tests.bench [--growth 100000]``: every row with its spread and goal; ``build/bench.json``.

Some four minutes on two cores that do nothing else. ``--growth`` reads lists of so many rows: minutes more.
"""

import argparse
import json
import os
import platform
import sys
import time
import zipfile
from datetime import date

from infra import package, status_of
from infra.local import running
from tests.bench import calls, cold, growth, money, relay, rewriting, rows
from tests.browser import visits

RESULTS = package.BUILD / "bench.json"
"""What is made is not committed: the README holds the table."""
RELAYS = (100, 10_000, 1_000_000)
COLD_PAGES = 5
"""The first of the scenes of ``tests/bench/cold.py``: pages that start no client."""


def bench(most_rows: int) -> None:
    """Measure, print, write."""
    begun, built = time.monotonic(), package.build()
    steps = calls.of_one_relay()
    lists, sizes = growth.measured(most_rows)
    with running() as cloud:
        relayed, times = relay.measured(cloud)
        visited = visits.measured(cloud)
        rewritten = rewriting.measured(cloud)
        starts = cold.measured(cloud, built.zip)
    with zipfile.ZipFile(built.zip) as zipped:
        unpacked = sum(entry.file_size for entry in zipped.infolist())
    reported = rows.report(
        relayed
        | visited
        | rewritten
        | lists
        | _cold(starts)
        | {
            "calls": [
                [count] for count in (*calls.whole(steps), calls.whole(calls.of_one_relay(cold=True))[0])
            ],
            "zip": [[built.zip.stat().st_size / 1e6], [unpacked / 1e6]],
            "idle": [[money.dollars(paid)] for paid in (money.idle(steps), money.month(steps, 0))],
        }
    )
    where = f"{date.today().isoformat()}, {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    print(where, rows.table(reported), "", "AWS calls, by step:", *calls.describe_steps(steps), sep="\n")
    print("What a page of a list reads, by the rows of its scope:", *sizes, sep="\n")
    print(
        "Milliseconds, by step:",
        *(f"  {name:<10}{rows.spread(milliseconds)}" for name, milliseconds in times.items()),
        sep="\n",
    )
    print(
        "A month of list prices:",
        f"  idle, without alarms: {money.describe_cost(money.idle(steps))}",
        sep="\n",
    )
    print(
        *(f"  {number:>9,} relays: {money.describe_cost(money.month(steps, number))}" for number in RELAYS),
        sep="\n",
    )
    print(f"{time.monotonic() - begun:.0f} s")
    written = {"where": where, "rows": reported, "milliseconds": times}
    RESULTS.write_text(json.dumps(written, ensure_ascii=False, indent=1) + "\n")


def _cold(starts: dict[str, cold.Start]) -> dict[str, list[list[float]]]:
    """Processor time over that of the bare one of the same round, of what the rows name, in their order."""
    bare = starts[cold.BARE].cpu_ms
    ratios = {
        name: [taken / least for taken, least in zip(start.cpu_ms, bare, strict=True)]
        for name, start in starts.items()
    }
    ours = [ratio for name, ratio in ratios.items() if name != cold.BARE]
    return {"cold_pages": ours[:COLD_PAGES], "cold_acts": ours[COLD_PAGES:]}


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--growth",
        type=int,
        default=10_000,
        metavar="ROWS",
        help="largest list that is read (10000, at least)",
    )
    asked = parser.parse_args()
    return status_of(lambda: bench(max(asked.growth, 10_000)))


if __name__ == "__main__":
    sys.exit(main())
