"""Whatever is changed of a canonical document: it is refused, or three other readers find what we find, and nothing that acts.

Each document of ``tests/pdf`` as it leaves the browser, small enough by its streams being emptied: their bytes are no part of
what is judged here, but for pictures and fonts, which nobody judges. ``-s`` prints how many mutants each had, and the seed.
"""

import os
import secrets
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from tests.pdf_agreement import Judged, judge
from tests.pdf_mutants import without_streams
from tests.unit.test_pdf_honest import HONEST, left

MANY, FEWER = 100_000, 5_000
SMALL_BYTES = 1_300
"""A document up to this size has ``MANY`` mutants; a larger one, whose each mutant takes longer, ``FEWER``."""
PIECE = 5_000
SEED = os.environ.get("SEED") or secrets.token_hex(4)


def test_mutants_are_refused_or_read_alike_by_all():
    documents = {name: without_streams(left(name)) for name in HONEST}
    pieces = [
        (name, document, f"{SEED} {name} {number}")
        for name, document in documents.items()
        for number in range((MANY if len(document) <= SMALL_BYTES else FEWER) // PIECE)
    ]

    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        judged = list(pool.map(_judge, pieces))

    said = [
        (name, text, mutant)
        for (name, *_), one in zip(pieces, judged, strict=True)
        for text, mutant in one.disputed
    ]
    accepted = sum(one.accepted for one in judged)
    print(
        f"\nSEED={SEED}: {len(pieces) * PIECE:,} mutants of {len(documents)} documents, {accepted:,} accepted"
    )
    assert said == [], f"SEED={SEED}"
    assert accepted > len(pieces), "so few that hardly anything was compared"


def _judge(piece: tuple[str, bytes, str]) -> Judged:
    _, document, seed = piece
    return judge(document, seed, PIECE)
