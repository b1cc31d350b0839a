"""Delays in pieces: what a person may know of how long things take, in a group and a period."""

from dataclasses import dataclass

from chalicelib.domain import delays
from chalicelib.domain.delays import EVERYTHING, Group, Piece, Spread
from chalicelib.domain.people import Account
from chalicelib.stores import delays as counts


@dataclass(frozen=True)
class Report:
    """What is told, and of whom."""

    group: Group | None
    """None: everything together, or nothing when ``spreads`` is empty."""
    refused: bool
    """Whether another group was asked for, which she may not look at."""
    spreads: dict[Piece, Spread]


def report(agent: Account, asked: Group | None, *, first: str, last: str) -> Report:
    """The spread of each piece over the months from ``first`` to ``last`` (« 2026-01 »), both counted.

    What she may not look at is as if not asked for: she gets her own group, and ``refused`` says so. An agent of the field
    without académie nor organisation gets no spread at all.
    """
    allowed = delays.groups_of(agent)
    if allowed is None:
        group, refused = asked, False
    else:
        own = next((one for one in allowed if asked is not None and one.scope == asked.scope), None)
        group, refused = own or next(iter(allowed), None), asked is not None and own is None
    if allowed is not None and group is None:
        return Report(None, refused, {})
    found = counts.counts(group.scope if group else EVERYTHING, first, last)
    return Report(group, refused, {piece: delays.spread(some) for piece, some in found.items()})
