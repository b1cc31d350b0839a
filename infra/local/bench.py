"""``make bench``: how long a start takes and how long pages take, on the local cloud with the deployed package.

Not a test: times depend on the machine. The first answer of a function is its cold start.
"""

import statistics
import sys
import time
import urllib.request

from infra import status_of
from infra.local import running

PAGES = ("/sante", "/", "/connexion", "/retrait")
WARM_CALLS = 50


def bench() -> None:
    """Print the times."""
    begun = time.perf_counter()
    with running() as local:
        print(f"{'local cloud ready':<24}{_milliseconds(begun):>8.0f} ms")
        for page in PAGES:
            first = _get(local.base_url + page)
            others = sorted(_get(local.base_url + page) for _ in range(WARM_CALLS))
            print(
                f"GET {page:<20}{first:>8.0f} ms first{statistics.median(others):>8.1f} ms median"
                f"{others[int(WARM_CALLS * 0.95)]:>8.1f} ms p95"
            )
        begun = time.perf_counter()
        local.purge()
        print(f"{'purge, nothing to do':<24}{_milliseconds(begun):>8.0f} ms")


def _get(address: str) -> float:
    begun = time.perf_counter()
    with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 (our own local address)
        answer.read()
    return _milliseconds(begun)


def _milliseconds(begun: float) -> float:
    return (time.perf_counter() - begun) * 1000


if __name__ == "__main__":
    sys.exit(status_of(bench))
