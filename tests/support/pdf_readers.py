"""What three readers that are not ours find in a PDF: qpdf (through pikepdf), pypdf, and PDFium (through pypdfium2).

``readings`` gives, by reader, how many pages it counts and what it finds that acts, carries or asks: for an acceptable document
all say the same number, and nothing.
"""

import ctypes
import io
import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final, NamedTuple

import pikepdf
import pypdf
import pypdfium2
from pypdfium2 import raw as pdfium

for library in ("pypdf", "pikepdf"):
    logging.getLogger(library).setLevel(logging.CRITICAL + 1)

CATALOG_ACTS: Final = {"/OpenAction", "/AA", "/Names", "/AcroForm", "/URI", "/Collection", "/AF", "/Perms"}
ANNOTATION_ACTS: Final = {"/AA", "/PA", "/AP", "/FS", "/AF"}
MOST_ITEMS: Final = 1000
"""Of an outline that are looked at."""
LINK_SCHEMES: Final = ("http://", "https://", "mailto:", "tel:")
PDFIUM_ACTIONS: Final = {0, pdfium.PDFACTION_GOTO, pdfium.PDFACTION_URI}
"""0: the link has a destination, and no action."""


class Reading(NamedTuple):
    """What one reader says of a document."""

    pages: int
    acts: frozenset[str]
    """What it could start, carries, asks for, or had to repair; empty for a document that only shows itself."""


def readings(document: bytes) -> dict[str, Reading]:
    """What each reader says of a document, by its name."""
    return {name: _read(reader, document) for name, reader in READERS.items()}


def _read(reader: Callable[[bytes], Reading], document: bytes) -> Reading:
    """Return what a reader finds; a document that it cannot read has no page and one entry that names its error."""
    try:
        return reader(document)
    except Exception as refusal:  # each has its own kinds of them
        return Reading(0, frozenset({f"unreadable: {type(refusal).__name__}"}))


def _by_qpdf(document: bytes) -> Reading:
    """Read a document by qpdf; a repair that it has to make counts as a finding."""
    with pikepdf.open(io.BytesIO(document), suppress_warnings=True) as pdf:
        acts = set(_acts(pdf.Root, [page.obj for page in pdf.pages]))
        acts |= {f"in {where}" for where in set(pdf.trailer) - {"/Root", "/Size"}}
        acts |= {"attachment"} if len(pdf.attachments) else set()
        acts |= {"repaired"} if pdf.get_warnings() else set()
        return Reading(len(pdf.pages), frozenset(acts))


def _by_pypdf(document: bytes) -> Reading:
    """Read a document by pypdf, in its strict mode."""
    pdf = pypdf.PdfReader(io.BytesIO(document), strict=True)
    acts = set(_acts(pdf.root_object, list(pdf.pages)))
    acts |= {"attachment"} if pdf.attachments else set()
    return Reading(len(pdf.pages), frozenset(acts))


def _by_pdfium(document: bytes) -> Reading:
    """Read a document by PDFium, and count its scripts, attachments, forms and signatures."""
    with pypdfium2.PdfDocument(document) as pdf:
        counts = {
            "script": pdfium.FPDFDoc_GetJavaScriptActionCount(pdf.raw),
            "attachment": pdfium.FPDFDoc_GetAttachmentCount(pdf.raw),
            "form": pdfium.FPDF_GetFormType(pdf.raw),
            "signature": pdfium.FPDF_GetSignatureCount(pdf.raw),
        }
        acts = {name for name, count in counts.items() if count > 0}
        for page in pdf:
            acts.update(_acts_of_page(page.raw))
            page.close()
        return Reading(len(pdf), frozenset(acts))


READERS: Final = {"qpdf": _by_qpdf, "pypdf": _by_pypdf, "PDFium": _by_pdfium}


def _acts(catalog: Any, pages: list[Any]) -> Iterator[str]:
    """What the dictionaries that viewers look at hold: of the document, its pages, their annotations, its outline."""
    yield from (f"{key} of the document" for key in CATALOG_ACTS if key in catalog)
    for page in pages:
        yield from (f"{key} of a page" for key in ("/AA", "/AF") if key in page)
        for annotation in _value_of_key(page, "/Annots") or []:
            annotation = _resolved(annotation)
            if annotation["/Subtype"] != "/Link":
                yield f"annotation {annotation['/Subtype']}"
            yield from (f"{key} of an annotation" for key in ANNOTATION_ACTS if key in annotation)
            yield from _action(annotation)
    for item in _outline(catalog):
        yield from _action(item)


def _outline(catalog: Any) -> Iterator[Any]:
    """Give the entries of the outline, a limited number of them."""
    waiting = [_value_of_key(catalog, "/Outlines")]
    for _ in range(MOST_ITEMS):  # it may go round in circles
        item = waiting.pop() if waiting else None
        if item is not None:
            yield item
            waiting += [_value_of_key(item, "/Next"), _value_of_key(item, "/First")]


def _action(holder: Any) -> Iterator[str]:
    """Give what an entry's action does that only a plain link may not do."""
    if "/A" not in holder:
        return
    action = holder["/A"]
    if action["/S"] not in ("/URI", "/GoTo"):
        yield f"action {action['/S']}"
    if "/Next" in action:
        yield "action after another"
    if "/URI" in action and not str(action["/URI"]).startswith(LINK_SCHEMES):
        yield "address"


def _value_of_key(holder: Any, key: str) -> Any:
    """The value of a key, wherever it is kept; None if there is none. pypdf's ``get`` gives the reference."""
    with suppress(KeyError):
        return holder[key]
    return None


def _resolved(value: Any) -> Any:
    """Return the object that a reference of pypdf leads to; anything else as it is."""
    return value.get_object() if isinstance(value, pypdf.generic.IndirectObject) else value


def _acts_of_page(page: Any) -> Iterator[str]:
    """Give the annotations of a page that are no links, and what its links do, as PDFium sees them."""
    for number in range(pdfium.FPDFPage_GetAnnotCount(page)):
        annotation = pdfium.FPDFPage_GetAnnot(page, number)
        kind = pdfium.FPDFAnnot_GetSubtype(annotation)
        pdfium.FPDFPage_CloseAnnot(annotation)
        if kind != pdfium.FPDF_ANNOT_LINK:
            yield f"annotation {kind}"
    at, link = ctypes.c_int(0), pdfium.FPDF_LINK()
    while pdfium.FPDFLink_Enumerate(page, at, link):
        action = pdfium.FPDFLink_GetAction(link)
        kind = pdfium.FPDFAction_GetType(action) if action else 0
        if kind not in PDFIUM_ACTIONS:
            yield f"action {kind}"
