"""The table of this folder's README as tests read it."""

import re
from pathlib import Path

from tests.bench.rows import ROWS

README = (Path(__file__).parent / "README.md").read_text("utf-8")
MEDIAN = re.compile(r"[\d.]+")


def read_row(key: str) -> tuple[list[float], str]:
    """The medians that README shows in a row of ``ROWS``, and what it says of them."""
    title = next(row.what for row in ROWS if row.key == key)
    line = next(line for line in README.splitlines() if line.startswith(f"| {title} | "))
    _, _, now, _, verdict = line.strip("| ").split(" | ")
    medians = [MEDIAN.search(part) for part in now.split(" · ")]
    return [float(median[0]) if median else 0.0 for median in medians], verdict
