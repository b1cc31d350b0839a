"""What a page of everybody's list reads as the table grows: calls, and units of 4 kB; and how its changes spread."""

import secrets
from collections import Counter
from datetime import datetime

from chalicelib import clock
from chalicelib.domain.kernel.values import ParcoursStatus, Role
from chalicelib.domain.lists import Filter, Sort
from chalicelib.stores import rows
from chalicelib.stories import lists as lists_stories
from tests.support import crowds, factories
from tests.support.moto_worlds import on_moto

VIEWS = {
    "all": Filter(sort=Sort.LAST_FACT),
    "late ones": Filter(late_weeks=1),
    "late first": Filter(sort=Sort.LATE),
}
LONG, LONGEST = 1_000, 1_000_000
"""Rows of a list that is longer than what is read of it: from there on nothing may grow. What is only computed."""
Read = list[tuple[int, int]]
"""Calls and units, of each view."""


def measured(most: int) -> tuple[dict[str, list[list[float]]], list[str]]:
    """The rows of lists of ``most`` parcours, read, and of 10⁶, computed; and a line for each size."""
    with on_moto():
        now, sizes, stand = clock.utc_now(), [100], 0
        while sizes[-1] < most:
            sizes.append(sizes[-1] * 10)
        read: dict[int, Read] = {}
        for size in sizes:
            crowds.generate(size - stand, now, first=stand, scopes=(rows.EVERYTHING,))
            stand, read[size] = size, [_read(view, now) for view in VIEWS.values()]
    grown = _growth(read[sizes[-1]], read[LONG])
    far, near = ([_computed(size)] for size in (LONGEST, LONG))
    further = _growth(far, near)
    lines = [f"  {size:>9,} rows: {_describe(views)}" for size, views in read.items()]
    lines.append(f"  {LONGEST:>9,} rows: computed, one status: {far[0][0]} calls {far[0][1]} units")
    return {"lists": [grown[0], further[0], grown[1], further[1]], "shards": [[_busiest()]]}, lines


def _growth(now: Read, before: Read) -> tuple[list[float], list[float]]:
    """How many times the calls, and the units, of each view."""
    pairs = list(zip(now, before, strict=True))
    calls = [after[0] / earlier[0] for after, earlier in pairs]
    return calls, [after[1] / earlier[1] for after, earlier in pairs]


def _computed(size: int) -> tuple[int, int]:
    reads = crowds.computed(size, lists_stories.MOST_READ)
    return len(reads.calls), reads.units


def _busiest(count: int = 100_000) -> float:
    """The share of the busiest partition; an id here is what ids are, 128 random bits."""
    ids = (secrets.token_hex(16) for _ in range(count))
    spread = Counter(
        rows.view_key(rows.EVERYTHING, ParcoursStatus.IN_PREPARATION, identifier) for identifier in ids
    )
    return max(spread.values()) / count


def _read(view: Filter, now: datetime) -> tuple[int, int]:
    with crowds.counted() as reads:
        lists_stories.list_parcours(factories.account(Role.TEAM), view, now=now)
    return len(reads.calls), reads.units


def _describe(read: Read) -> str:
    return ", ".join(
        f"{name} {calls} calls {units} units" for name, (calls, units) in zip(VIEWS, read, strict=True)
    )
