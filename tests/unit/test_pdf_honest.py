"""What people choose, rewritten as the sending page does, by its own modules: it passes inspection and stays what it was.

And what acts in viewers, by bytes that can be read in two ways, comes out harmless or not at all.
"""

from functools import cache
from pathlib import Path

import pytest

from tests.support.canonical import is_accepted
from tests.support.pdf_agreement import agreed
from tests.support.pdf_ambiguous import AMBIGUOUS
from tests.support.pdf_likeness import compare
from tests.support.pdf_readers import readings
from tests.support.pdf_samples import EXTRA
from tests.support.pdf_samples import document as sample
from tests.support.rewriting import rewrite

HONEST = {
    path.name: path.read_bytes() for path in sorted(Path(__file__).parents[1].joinpath("pdf").glob("*.pdf"))
}
SAME = 0.001
"""Most pixels that may differ of a page: rounded numbers move an edge by a hair."""
NEARLY = {
    "fpdf2-annotated.pdf": 0.003,  # the icon of a note goes; of an ink line, PDFium draws a part
    "libreoffice-form.pdf": 0.004,  # nor is a list's arrow drawn, since nobody can open it any more
    "pypdf-annotated-later.pdf": 0.004,  # a text that PDFium leaves out, as it has no appearance
    "shape-form-without-appearances.pdf": 0.013,  # a ticked box that it shows empty, a list's arrow
}
"""The same where what is drawn differs, and should."""


@cache
def rewritten() -> dict[str, bytes | str]:
    """Rewrite every document in one run; return each as it leaves, or why it does not."""
    documents = HONEST | {name: sample() for name, sample in AMBIGUOUS.items()}
    return dict(zip(documents, rewrite(list(documents.values())), strict=True))


def read_rewritten(name: str) -> bytes:
    """Return a document as it leaves; it must not be refused."""
    document = rewritten()[name]
    assert isinstance(document, bytes), f"refused: {document}"
    return document


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_document_is_accepted_and_read_alike_by_others(name: str) -> None:
    assert readings(read_rewritten(name)) == agreed(read_rewritten(name))


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_document_looks_reads_and_is_tagged_as_before(name: str) -> None:
    likeness = compare(HONEST[name], read_rewritten(name))

    assert likeness.pixels <= NEARLY.get(name, SAME)
    assert (likeness.lost_words, likeness.lost_tags) == ((), ())


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_a_document_of_two_readings_leaves_harmless_or_not_at_all(name: str) -> None:
    document = rewritten()[name]

    assert isinstance(document, str) or readings(document) == agreed(document)


def test_a_link_that_a_page_names_twice_leaves_once() -> None:
    more = {EXTRA: b"<</Type/Annot/Subtype/Link/Rect[0 0 99 99]/A<</S/URI/URI(https://x.example)>>>>"}
    entry = b"/Annots[%d 0 R %d 0 R]" % (EXTRA, EXTRA)

    [document] = rewrite([sample(page=entry, more=more)])

    assert isinstance(document, bytes)
    assert is_accepted(document)


def test_what_tells_of_people_does_not_leave() -> None:
    told = (b"Author", b"Exemple", b"GPS", b"dc:creator", b"Exif")

    assert [(name, word) for name in HONEST for word in told if word in read_rewritten(name)] == []
