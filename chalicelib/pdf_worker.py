"""The confined half of ``pdf``: reads one PDF on standard input, says one JSON line, and can do nothing else.

``pdf_reader`` says what stands in the file, ``refusals`` judges each dictionary of it, whatever leads there, and
pypdf follows the cross-reference table as a viewer does, to count the pages.
"""

import codecs
import json
import re
import resource
import signal
import sys
from collections.abc import Iterator
from dataclasses import asdict
from io import BytesIO
from typing import Final, Literal

from chalicelib import pdf
from chalicelib.pdf import PdfRefusal, PdfReport
from chalicelib.pdf_reader import Contents, Dictionary, Unverifiable

_TAIL_BYTES: Final = 1_024
"""How far from its end a whole file has its end mark, as viewers look for it."""
_TABLE: Final = re.compile(rb"(?<!start)xref")
_EXIF: Final = re.compile(rb"Exif\0\0(II\*\0|MM\0\*)")
_CONTROLS: Final = re.compile(r"[\x00-\x20\x7f-\xa0]")
_SCHEME: Final = re.compile(r"([^/?#]*?):")
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NO_NEW_PRIVS: Final = 38
_LIMITS: Final = (
    (resource.RLIMIT_CPU, pdf.CPU_SECONDS),
    (resource.RLIMIT_AS, pdf.MEMORY_BYTES),
    (resource.RLIMIT_FSIZE, 0),
    (resource.RLIMIT_NPROC, 0),
    (resource.RLIMIT_CORE, 0),
    (resource.RLIMIT_NOFILE, 16),
)


def examine(document: bytes) -> PdfReport:
    """Judge a document that begins as a PDF. A reason that helps is preferred to « unverifiable »."""
    contents = Contents(document)
    reasons: set[PdfRefusal] = set()
    pages = 0
    try:
        contents.read()
    except Exception:  # whatever it is, nothing can be said for this document
        reasons.add(PdfRefusal.UNVERIFIABLE)
    try:
        for dictionary in contents.dictionaries:
            reasons.update(refusals(contents, dictionary))
        if not reasons:
            pages = _count_pages(contents)
            reasons.update([] if 1 <= pages <= pdf.MAX_PAGES else [PdfRefusal.PAGE_COUNT])
    except Exception:
        reasons.add(PdfRefusal.UNVERIFIABLE)
    return PdfReport(
        refusal=next((reason for reason in PdfRefusal if reason in reasons), None),
        pages=pages,
        hidden_details=not reasons and _tells_more(contents),
    )


def refusals(contents: Contents, one: Dictionary) -> Iterator[PdfRefusal]:
    """Say what one dictionary can make a viewer do. Each is judged, so that no way to it needs to be known."""
    if contents.has(one, "Encrypt"):
        yield PdfRefusal.PROTECTED
    if _acts(contents, one):
        yield PdfRefusal.ACTIVE
    kinds = contents.words(one, "Type") | contents.words(one, "Subtype")
    if (
        kinds & pdf.ATTACHED_KINDS
        or contents.has(one, *pdf.ATTACHED_KEYS)
        or _has_tree(contents, one, "EmbeddedFiles")
    ):
        yield PdfRefusal.ATTACHMENTS


def _acts(contents: Contents, one: Dictionary) -> bool:
    return (
        not pdf.REFUSED_ACTIONS.isdisjoint(contents.words(one, "S"))
        or bool(contents.strings(one, "JS"))
        or contents.has(one, "XFA")
        or _has_tree(contents, one, "JavaScript")
        or _points_outside(contents, one)
        or not all(_is_link(text) for text in contents.texts(one, "URI"))
        or not all(
            _is_link(text, base=True)
            for holder in contents.inner(one, "URI")
            for text in contents.texts(holder, "Base")
        )
        or not all(
            _may(contents, action, pdf.CLICK_ACTIONS)
            for key in ("A", "PA")
            for action in contents.inner(one, key)
        )
        or not all(_may(contents, action, pdf.VIEW_ACTIONS) for action in _automatic(contents, one))
    )


def _has_tree(contents: Contents, one: Dictionary, name: str) -> bool:
    """Whether the catalog ``one`` has a name tree ``name`` with something in it."""
    trees = [tree for names in contents.inner(one, "Names") for tree in contents.inner(names, name)]
    return any(contents.has(tree, "Names", "Kids") for tree in trees)


def _points_outside(contents: Contents, one: Dictionary) -> bool:
    """Whether it names a file, as a target or as a stream's data, that is not in the document."""
    return bool(contents.strings(one, "F") or contents.strings(one, "UF")) and not contents.has(one, "EF")


def _automatic(contents: Contents, one: Dictionary) -> list[Dictionary]:
    """The actions that ``one`` starts without a click: at opening, on showing a page, on entering a field."""
    triggers = contents.inner(one, "AA")
    started = [
        action for each in triggers for trigger in each.entries for action in contents.inner(each, trigger)
    ]
    return contents.inner(one, "OpenAction") + started


def _may(contents: Contents, first: Dictionary, allowed: frozenset[str]) -> bool:
    """Whether an action, and those that follow it, are of allowed types.

    Raises:
        Unverifiable: they go round in circles.
    """
    seen: set[int] = set()
    waiting = [first]
    while waiting:
        action = waiting.pop()
        if id(action) in seen:
            raise Unverifiable
        seen.add(id(action))
        kinds = contents.words(action, "S")
        if not kinds <= allowed or (
            "Named" in kinds and not contents.words(action, "N") <= pdf.VIEW_COMMANDS
        ):
            return False
        if kinds:
            waiting += contents.inner(action, "Next")
    return True


def _is_link(written: bytes, *, base: bool = False) -> bool:
    """Whether an address opens a page, a mail or a call.

    One without a scheme (« www.exemple.fr ») passes too, unless it reads like a path. A ``base``, which viewers put
    before those, must have its scheme.
    """
    coding = {b"\xfe\xff": "utf-16-be", b"\xff\xfe": "utf-16-le"}.get(written[:2], "latin-1")
    address = _CONTROLS.sub(
        "", written.decode(coding, "replace").lstrip("\ufeffï»¿")
    )  # viewers drop them, « fi\nle: » too
    scheme = _SCHEME.match(address)
    if scheme or base:
        return scheme is not None and scheme[1].lower() in pdf.LINK_SCHEMES
    return not address.startswith("/") and "\\" not in address and ".." not in address


def _count_pages(contents: Contents) -> int:
    """Count pages as a viewer would. A file without its end or its table is not repaired: pages may be lost."""
    from pypdf import PdfReader

    document = contents.document
    if b"%%EOF" not in document.rstrip(b"\0\t\n\f\r ")[-_TAIL_BYTES:]:
        raise Unverifiable
    if not _TABLE.search(document) and not any(
        "XRef" in contents.words(one, "Type") for one in contents.dictionaries
    ):
        raise Unverifiable
    return len(PdfReader(BytesIO(document)).pages)


def _tells_more(contents: Contents) -> bool:
    """Whether the file names its author, tells where a picture was taken, or keeps an earlier version."""
    document, dictionaries = contents.document, contents.dictionaries
    endings = 2 if any("Linearized" in one.entries for one in dictionaries) else 1
    return (
        document.count(b"startxref") > endings
        or b"<dc:creator" in document
        or any(text.strip(b"\0 \xfe\xff") for one in dictionaries for text in contents.strings(one, "Author"))
        or b"GPSLatitude" in document
        or any(_is_located(document[found.start(1) :][:_TAIL_BYTES]) for found in _EXIF.finditer(document))
    )


def _is_located(tiff: bytes) -> bool:
    """Whether a picture's first directory of EXIF entries (12 bytes each) points to a GPS directory."""
    order: Literal["little", "big"] = "little" if tiff.startswith(b"II") else "big"
    at = int.from_bytes(tiff[4:8], order)
    entries = tiff[at + 2 :][: 12 * int.from_bytes(tiff[at : at + 2], order)]
    return any(int.from_bytes(entries[i : i + 2], order) == 0x8825 for i in range(0, len(entries), 12))


def _confine() -> None:
    """Give up what this process could do, before the first byte of the document is read."""
    for option, value in (
        (_PR_SET_PDEATHSIG, signal.SIGKILL),
        (_PR_SET_NO_NEW_PRIVS, 1),
        (pdf.PR_SET_DUMPABLE, 0),
    ):
        pdf.set_process(option, value)
    for limit, most in _LIMITS:
        resource.setrlimit(limit, (most, most))


def _load_parser() -> None:
    """Load all that reading needs, then forbid to open anything more: neither file nor socket."""
    for unneeded in (
        "cryptography",
        "Crypto",
        "PIL",
    ):  # 30 MB of C that only encrypted files and pictures ask for
        sys.modules[unneeded] = None  # type: ignore[assignment]
    import pypdf.filters

    for encoding in (*pypdf.generic.NameObject.CHARSETS, "charmap", "utf-16", "utf-16-be", "utf-16-le"):
        codecs.lookup(encoding)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))


def main() -> None:
    """Standard input: the document. Standard output: the ``PdfReport`` as one line of JSON."""
    _confine()
    _load_parser()
    print(json.dumps(asdict(examine(sys.stdin.buffer.read()))))
