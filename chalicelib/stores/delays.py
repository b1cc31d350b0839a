"""Reading the counts of delays. ``transactions`` alone writes them, beside the milestone that they count."""

from collections import defaultdict

from chalicelib.domain.delays import Piece
from chalicelib.stores import items, tables


def counts(scope: str, first: str, last: str) -> dict[Piece, dict[int, int]]:
    """How many attempts took how many days, by piece, over the months of a period; one Query, whatever their number.

    Args:
        first, last: months, « 2026-01 », both counted.
    """
    found: dict[Piece, dict[int, int]] = {piece: defaultdict(int) for piece in Piece}
    for item in tables.between(items.PARCOURS, *items.delays_between(scope, first, last)):
        piece = Piece(str(item["sk"]).partition("#")[2])
        for days, count in items.days_of(item).items():
            if count > 0:  # none left, or fewer than none: nobody
                found[piece][days] += count
    return found
