"""Work through what a clock finds due: within a time, and so that a piece that fails keeps none of the others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar

from chalicelib import clock, log
from chalicelib.stores import functions

Piece = TypeVar("Piece")


PAGES_AT_ONCE = 4
"""Runs of one work beside one another, this one included: they have places (``infra.alarms.PLACES``), and the tables keep up."""
MOST_LISTED = 100
"""Parcours that one mail lists: those of one batch read."""
LEAST_ON_A_PAGE = 200
"""What one run does in less than a minute: not worth another one."""
MOST_ON_A_PAGE = 8_000
"""Keys of 32 characters that the event which starts a run holds with ease: 280 KB of the 1 MB that it may have."""


def split_into_pages(keys: Sequence[str]) -> list[list[str]]:
    """Deal keys out to at most ``PAGES_AT_ONCE`` pages, those in front to the front of each; none where there is no key.

    Keys that find no place on a page (``MOST_ON_A_PAGE``) are left out.
    """
    count = min(PAGES_AT_ONCE, -(-len(keys) // LEAST_ON_A_PAGE))
    return [list(keys[place::count][:MOST_ON_A_PAGE]) for place in range(count)]


@dataclass(kw_only=True)
class Batch:
    """What one run did, for the log and the alarms."""

    failed: int = 0
    left: int = 0
    """What was found and is left for the next run, for want of time or of place."""
    until: datetime | None = None
    """When no other piece is begun."""

    def is_time_up(self) -> bool:
        """Whether no other piece may be begun."""
        return self.until is not None and clock.utc_now() >= self.until

    def attempt(self, handle: Callable[[], object]) -> None:
        """Handle one piece; a failure is logged and counted."""
        try:
            handle()
        except Exception as error:
            log.fault(error)
            self.failed += 1

    def each(self, pieces: Sequence[Piece], handle: Callable[[Piece], object]) -> int:
        """Handle one piece after the other while there is time; return how many were begun.

        A piece that fails is logged and counted, and the next one is handled.
        """
        for place, piece in enumerate(pieces):
            if self.is_time_up():
                self.left += len(pieces) - place
                return place
            self.attempt(partial(handle, piece))
        return len(pieces)

    def share(self, work: str, keys: Sequence[str], *, now: datetime) -> list[str]:
        """Start this function again for every page of ``keys`` but the first; return that one, which is for this run.

        ``work``: says to the other runs what the keys are of. A page for which no run starts, for whatever reason, is this run's
        too: that is logged, and what it finds no time for is counted as left.
        """
        pages = split_into_pages(keys)
        self.left += len(keys) - sum(map(len, pages))
        own = pages[0] if pages else []
        for page in pages[1:]:
            try:
                functions.start_page(work, page, now=now)
            except Exception as error:
                log.fault(error)
                own += page
        return own
