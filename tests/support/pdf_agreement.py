"""Whether what inspection accepts is read by others as by us: mutants of canonical documents, judged by it and by them."""

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from chalicelib.pdf import grammar
from tests.support.canonical import is_accepted
from tests.support.pdf_mutants import Original
from tests.support.pdf_readers import READERS, Reading, readings


class Judged(NamedTuple):
    """Some mutants of one document."""

    accepted: int
    """Of them, those that inspection accepts and that differ from the document."""
    disputed: tuple[tuple[str, bytes], ...]
    """What a reader said that does not agree, and the mutant of which it said it."""


def agreed(document: bytes) -> dict[str, Reading] | None:
    """What all readers should say of a document that inspection accepts: its pages, and nothing else. None: it is refused."""
    if not is_accepted(document):
        return None
    pages = sum(content.get("Type") == "Page" for content in grammar.parse(document))
    return dict.fromkeys(READERS, Reading(pages, frozenset()))


def judge(document: bytes, seed: str, mutants: int) -> Judged:
    """Make mutants of a document, and ask the readers about those that inspection accepts."""
    original = Original(document)
    random = Random(seed)  # noqa: S311 - the same mutants again
    disputed: list[tuple[str, bytes]] = []
    accepted = 0
    for _ in range(mutants):
        mutant = original.mutant(random)
        expected = agreed(mutant)
        if expected is not None and mutant != document:
            accepted += 1
            disputed += [(said, mutant) for said in _disputes(mutant, expected)]
    return Judged(accepted, tuple(disputed[:10]))


def _disputes(mutant: bytes, expected: dict[str, Reading]) -> Iterator[str]:
    """Give a sentence for each reader that reads a mutant in another way than expected."""
    for reader, reading in readings(mutant).items():
        if reading != expected[reader]:
            yield f"{reader}: {reading.pages} pages, not {expected[reader].pages}, {sorted(reading.acts)}"
