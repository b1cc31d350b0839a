"""Do one act to several subjects, each in its own transaction, so that repeating it does what is left and nothing twice."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TypeVar

from chalicelib import clock
from chalicelib.errors import RelayError, TooMany, TryAgain

Subject = TypeVar("Subject")
TIME = timedelta(seconds=15)
"""In which acts are begun: web has 25 seconds."""
ENDING = (TooMany, TryAgain)
"""Refusals that what follows would meet as well."""


def act_on_each(
    subjects: Iterable[Subject], act: Callable[[Subject], object]
) -> dict[Subject, RelayError | None]:
    """Call ``act`` with one subject after the other; return subject → why it was refused, None where it is done.

    What is not begun, for want of time or after a refusal that ends it, is refused as that (``TryAgain`` for time).
    """
    until, refusals = clock.utc_now() + TIME, dict[Subject, RelayError | None]()
    end: RelayError | None = None
    for subject in subjects:
        if end is None and clock.utc_now() >= until:
            end = TryAgain()
        refusals[subject] = end
        if end is not None:
            continue
        try:
            act(subject)
        except RelayError as refusal:
            refusals[subject] = refusal
            end = refusal if isinstance(refusal, ENDING) else None
    return refusals
