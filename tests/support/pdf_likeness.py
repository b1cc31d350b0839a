"""How alike two PDFs are, for PDFium: as they are drawn, read and tagged."""

import ctypes
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import pypdfium2
from PIL import Image, ImageChops
from pypdfium2 import raw as pdfium

SCALE: Final = 0.5
"""Of a point: an A4 page is drawn on 298 by 421 pixels."""
VISIBLE: Final = 32
"""Of 255: how far a colour must be from another to count as different."""


FIELDS_OF_TEXT: Final = {
    pdfium.FPDF_FORMFIELD_TEXTFIELD,
    pdfium.FPDF_FORMFIELD_COMBOBOX,
    pdfium.FPDF_FORMFIELD_LISTBOX,
}


class Likeness(NamedTuple):
    """What differs between two documents."""

    pixels: float
    """Share of the pixels that differ visibly, of the page where most do; 1 where a page has another size or is missing."""
    lost_words: tuple[str, ...]
    """Words that can be selected and searched in the first one alone, or stand in its form."""
    lost_tags: tuple[tuple[str, ...], ...]
    """Elements of structure with their type, language, alternative and actual text, that the first one alone has."""


def compare(before: bytes, after: bytes) -> Likeness:
    """Compare a document with what became of it."""
    with pypdfium2.PdfDocument(before) as old, pypdfium2.PdfDocument(after) as new:
        old.init_forms()
        return Likeness(
            _pixels(old, new),
            tuple(((_words(old) + _filled_in(old)) - _words(new)).elements()),
            tuple((Counter(tags(old)) - Counter(tags(new))).elements()),
        )


def _pixels(old: pypdfium2.PdfDocument, new: pypdfium2.PdfDocument) -> float:
    """Return the largest share of points that differ on any page; 1.0 when the numbers of pages differ."""
    if len(old) != len(new):
        return 1.0
    return max(_different(*pages) for pages in zip(map(_drawn, old), map(_drawn, new), strict=True))


def _drawn(page: pypdfium2.PdfPage) -> Image.Image:
    """Return the picture of a page."""
    drawn: Image.Image = page.render(scale=SCALE).to_pil()
    return drawn.convert("RGB")


def _different(old: Image.Image, new: Image.Image) -> float:
    """Return the share of points whose colour differs visibly; 1.0 when the sizes differ."""
    if old.size != new.size:
        return 1.0
    bands = ImageChops.difference(old, new).split()
    furthest = ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2])
    return sum(furthest.histogram()[VISIBLE:]) / (old.width * old.height)


def _words(document: pypdfium2.PdfDocument) -> Counter[str]:
    """Return how often each word stands in the text of the document."""
    return Counter(word for page in document for word in page.get_textpage().get_text_range().split())


def _filled_in(document: pypdfium2.PdfDocument) -> Counter[str]:
    """Return the words in the fields of a form, which are not yet part of a page's text."""
    words: Counter[str] = Counter()
    for page in document if document.formenv else ():
        for at in range(pdfium.FPDFPage_GetAnnotCount(page.raw)):
            field = pdfium.FPDFPage_GetAnnot(page.raw, at)
            if pdfium.FPDFAnnot_GetFormFieldType(document.formenv.raw, field) in FIELDS_OF_TEXT:
                words.update(
                    _text_of_tag(pdfium.FPDFAnnot_GetFormFieldValue, document.formenv.raw, field).split()
                )
            pdfium.FPDFPage_CloseAnnot(field)
    return words


def tags(document: pypdfium2.PdfDocument) -> Iterator[tuple[str, ...]]:
    """Each element of structure that a page has something of: type, language, alternative text, actual text."""
    for page in document:
        tree = pdfium.FPDF_StructTree_GetForPage(page.raw)
        if tree:
            for at in range(pdfium.FPDF_StructTree_CountChildren(tree)):
                yield from _elements(pdfium.FPDF_StructTree_GetChildAtIndex(tree, at))
            pdfium.FPDF_StructTree_Close(tree)


def _elements(element: Any) -> Iterator[tuple[str, ...]]:
    """Give the tags of an element of structure, then of everything below it."""
    if not element:
        return
    yield tuple(_text_of_tag(question, element) for question in QUESTIONS)
    for at in range(pdfium.FPDF_StructElement_CountChildren(element)):
        yield from _elements(pdfium.FPDF_StructElement_GetChildAtIndex(element, at))


QUESTIONS: Final = (
    pdfium.FPDF_StructElement_GetType,
    pdfium.FPDF_StructElement_GetLang,
    pdfium.FPDF_StructElement_GetAltText,
    pdfium.FPDF_StructElement_GetActualText,
)


def _text_of_tag(question: Callable[..., int], *about: Any) -> str:
    """Ask PDFium for a text: once for its size, once for its content."""
    size = question(*about, None, 0)
    written = (ctypes.c_ushort * (size // 2))()
    question(*about, written, size)
    return bytes(written).decode("utf-16-le").rstrip("\0")
