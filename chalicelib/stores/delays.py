"""Reading the counts of delays. ``transactions`` alone writes them, beside the milestone that they count."""

import re
from collections import defaultdict

from chalicelib.domain.parcours.delays import Piece
from chalicelib.stores import items, tables

DAYS = re.compile(r"d[0-9]+")


def delays_key(scope: str, month: str, piece: str) -> items.Key:
    """Months of one scope lie together, in order."""
    return f"delays#{scope}", f"{month}#{piece}"


def delays_between(scope: str, first: str, last: str) -> tuple[str, str, str]:
    """Partition, and the first and last sort keys, of the months of a period."""
    return f"delays#{scope}", f"{first}#", f"{last}#~"


def days_name(days: int) -> str:
    """The attribute that counts the attempts of so many days."""
    return f"d{days}"


def days_of(item: items.Plain) -> dict[int, int]:
    """How many attempts took how many days, of one item of the counts."""
    return {int(name[1:]): int(count) for name, count in item.items() if DAYS.fullmatch(name)}


def counts(scope: str, first: str, last: str) -> dict[Piece, dict[int, int]]:
    """How many attempts took how many days, by piece, over the months of a period; one Query, whatever their number.

    Args:
        first, last: months, « 2026-01 », both counted.
    """
    found: dict[Piece, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    found |= {piece: defaultdict(int) for piece in Piece}
    for item in tables.between(items.PARCOURS, *delays_between(scope, first, last)):
        piece = Piece.read(str(item["sk"]).partition("#")[2])
        for days, count in days_of(item).items():
            if count > 0:  # none left, or fewer than none: nobody
                found[piece][days] += count
    return {piece: counted for piece, counted in found.items() if piece.is_known}
