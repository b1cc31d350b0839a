"""Work through what a clock finds due: within a time, and so that a piece that fails keeps none of the others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar

from chalicelib import clock, log

Piece = TypeVar("Piece")


@dataclass(kw_only=True)
class Batch:
    """What one run did, for the log and the alarms."""

    failed: int = 0
    left: int = 0
    """What was found and is left for the next run, for want of time."""
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
