"""What a page of the team's list reads as the table grows: calls, and units of 4 kB."""

from datetime import datetime

from chalicelib import clock
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.lists import Filter, Sort
from chalicelib.stores import rows
from chalicelib.stories import lists as lists_stories
from tests import crowds, factories
from tests.moto_worlds import on_moto

VIEWS = {"all": Filter(), "late ones": Filter(late=True), "late first": Filter(sort=Sort.LATE)}
ALREADY_LONG = 1_000
"""Rows of a list that is longer than what is read of it: from there on nothing may grow."""


def measured(most: int) -> tuple[list[list[float]], list[str]]:
    """How many times the calls and the units of a list of 10³ a list of ``most`` rows takes, and a line for each size."""
    with on_moto():
        now, sizes, stand = clock.utc_now(), [100], 0
        while sizes[-1] < most:
            sizes.append(sizes[-1] * 10)
        read: dict[int, list[tuple[int, int]]] = {}
        for size in sizes:
            crowds.generate(size - stand, now, first=stand, scopes=(rows.EVERYTHING,))
            stand, read[size] = size, [_read(view, now) for view in VIEWS.values()]
    growth = [
        [now[part] / before[part] for now, before in zip(read[sizes[-1]], read[ALREADY_LONG], strict=True)]
        for part in (0, 1)
    ]
    return growth, [f"  {size:>9,} rows: {_told(of)}" for size, of in read.items()]


def _read(view: Filter, now: datetime) -> tuple[int, int]:
    with crowds.counted() as reads:
        lists_stories.listing(factories.account(Role.TEAM), view, now=now)
    return len(reads.calls), reads.units


def _told(read: list[tuple[int, int]]) -> str:
    return ", ".join(
        f"{name} {calls} calls {units} units" for name, (calls, units) in zip(VIEWS, read, strict=True)
    )
