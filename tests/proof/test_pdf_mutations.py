"""Whatever is changed of a canonical document: it is refused, or three other readers find what we find, and nothing that acts.

Each document of ``tests/pdf`` as it leaves the browser: whole, and with its streams emptied, which makes it small and leaves its
structure, so that many changes take little time. ``-s`` prints how many mutants there were; ``SEED=<any>`` draws others.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from tests.support.pdf_agreement import Judged, judge
from tests.support.pdf_mutants import without_streams
from tests.unit.test_pdf_honest import HONEST, read_rewritten

MANY, FEWER, WHOLE = 100_000, 2_500, 500
SMALL_BYTES = 700
"""An emptied document up to this size has ``MANY`` mutants; a larger one, whose each mutant takes longer, ``FEWER``."""
PIECE = 2_500
"""Mutants that a process makes in one go."""
SEED = os.environ.get("SEED", "passe-plat")


def test_mutants_are_refused_or_read_alike_by_all() -> None:
    pieces = [(document, f"{SEED} {name} {number}", mutants) for name, document, number, mutants in _pieces()]

    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        judged = list(pool.map(_judge, pieces))

    accepted = sum(verdict.accepted for verdict in judged)
    made = sum(mutants for *_, mutants in pieces)
    print(f"\nSEED={SEED}: {made:,} mutants of {len(HONEST)} documents, {accepted:,} accepted")
    disputed = [
        (seed, *dispute)
        for (_, seed, _), verdict in zip(pieces, judged, strict=True)
        for dispute in verdict.disputed
    ]
    assert disputed == [], f"SEED={SEED}"
    assert accepted > len(pieces), "so few that hardly anything was compared"


def _pieces() -> Iterator[tuple[str, bytes, int, int]]:
    """Give for each piece of work the document's name and bytes, the number of the piece, and how many mutants to make."""
    for name in HONEST:
        emptied = without_streams(read_rewritten(name))
        for number in range((MANY if len(emptied) <= SMALL_BYTES else FEWER) // PIECE):
            yield name, emptied, number, PIECE
        yield name, read_rewritten(name), -1, WHOLE


def _judge(piece: tuple[bytes, str, int]) -> Judged:
    return judge(*piece)
