"""What an acceptable PDF is, and what its inspection says. ``process`` starts the confined process that decides.

A PDF is refused by what it *can do*, wherever that hangs and however it is written, never by a word: everything
that LibreOffice writes has an ``/OpenAction`` (it only sets the first view), and a CV may well speak of
JavaScript. The rules are the lists below. ``worker`` applies them in a process of its own, because hostile
bytes are best read where no credential can be read, no file or socket opened, and no time wasted.

Not promised: this is no antivirus. What is inside a stream is not judged, and may harm a viewer that is old or careless: font
programs (TrueType, Type 1, CFF), pictures (JBIG2, JPEG 2000, JPEG, which scanners write), colour profiles, what a page draws, and
PostScript calculators. Nor is whether drawing never ends: a pattern may paint itself.
"""

import ctypes
from enum import StrEnum
from typing import Final, NamedTuple

HEADER: Final = b"%PDF-"
"""Wanted at byte 0: further down, the same bytes can also be a web page or an archive (a polyglot)."""
MAX_PAGES: Final = 30

VIEW_ACTIONS: Final = frozenset(
    {"GoTo", "GoToDp", "Named", "Thread", "Hide", "SetOCGState", "ResetForm", "Trans"}
)
"""Actions that move, show, hide or reset within the document: they may run by themselves, as at opening."""
CLICK_ACTIONS: Final = VIEW_ACTIONS | {"URI"}
"""What may wait for a click. A type in neither list is refused: unknown is not harmless."""
REFUSED_ACTIONS: Final = frozenset(
    {"JavaScript", "Launch", "SubmitForm", "ImportData", "GoToR", "GoToE"}
    | {"Rendition", "Movie", "Sound", "RichMediaExecute", "GoTo3DView"}
)
"""Actions that compute, start, send, fetch or play: refused even where nothing seems to lead to them."""
VIEW_COMMANDS: Final = frozenset(
    {"NextPage", "PrevPage", "FirstPage", "LastPage", "GoBack", "GoForward", "Print"}
)
"""Commands of a ``Named`` action. Others reach a viewer's menus (save, send, quit). Some CV sites write Print."""
LINK_SCHEMES: Final = frozenset({"http", "https", "mailto", "tel"})
"""Any other scheme starts a program (``file:`` and ``search-ms:`` among them)."""
ATTACHED_KINDS: Final = frozenset(
    {"EmbeddedFile", "FileAttachment", "RichMedia", "Screen", "Movie", "Sound", "3D", "U3D", "PRC"}
)
"""Types of streams and annotations that carry another file, or play one."""
ATTACHED_TREES: Final = ("EmbeddedFiles", "AlternatePresentations", "Renditions")
"""Trees of names that lead to files, slide shows, films."""
ATTACHED_KEYS: Final = ("EF", "AF", "Collection", "AdditionalStreams")
"""A file specification's content, associated files, a portfolio, LibreOffice's « hybrid » file (source inside)."""

COMPUTED_KEYS: Final = frozenset({"FontMatrix", "Domain", "Range"})
"""Arrays of numbers that viewers have pasted into code of theirs (CVE-2024-4367, CVE-2018-5158)."""
NUMBER_KEYS: Final = (
    COMPUTED_KEYS
    | {"Matrix", "BBox", "FontBBox", "Rect", "MediaBox", "CropBox", "BleedBox", "TrimBox", "ArtBox"}
    | {"QuadPoints", "InkList", "Vertices", "Border", "RD"}
    | {"Widths", "W2", "DW2", "DW", "FirstChar", "LastChar", "MissingWidth", "AvgWidth", "MaxWidth"}
    | {"ItalicAngle"}
    | {"Ascent", "Descent", "CapHeight", "XHeight", "StemV", "StemH", "Leading", "UserUnit"}
    | {"Encode", "Decode", "Bounds", "Coords", "WhitePoint", "BlackPoint", "Gamma", "XStep", "YStep"}
    | {"PaintType", "TilingType"}
    | {"PatternType", "ShadingType", "FunctionType", "BitsPerSample", "BitsPerCoordinate", "BitsPerFlag"}
    | {"BitsPerComponent"}
)
"""Where the standard wants numbers, or arrays of them, whatever dictionary has them. Source: ISO 32000-2, 7.10, 8, 9, 12.5."""
NUMBER_KEYS_BESIDE: Final = {
    "FunctionType": frozenset({"C0", "C1", "N", "Size", "Order"}),
    "ShadingType": frozenset({"Background"}),
    "CIDSystemInfo": frozenset({"W"}),
    "Rect": frozenset({"C", "IC", "CL"}),
}
"""The same of keys that mean numbers beside another one only, and elsewhere name anything (a colour space « C0 »)."""

CPU_SECONDS: Final = 10
WALL_SECONDS: Final = 15
MEMORY_BYTES: Final = 700_000_000
"""The confined process's whole address space; an honest CV takes 20 million bytes of it."""

PR_SET_DUMPABLE: Final = 4


class PdfRefusal(StrEnum):
    """Why a document is not passed on. Each has its French sentence elsewhere."""

    NOT_A_PDF = "not_a_pdf"
    """Another format under a PDF's name, or a PDF that does not begin at byte 0."""
    PROTECTED = "protected"
    """Encrypted: by a password, or by restrictions with an empty one."""
    ACTIVE = "active"
    """It can compute, start, send or fetch something, or holds an XFA form."""
    ATTACHMENTS = "attachments"
    """It carries other files: attached, a portfolio, sound, video, 3D."""
    PAGE_COUNT = "page_count"
    """No page, or more than ``MAX_PAGES``."""
    UNVERIFIABLE = "unverifiable"
    """Damaged, ambiguous, too long or too large to be judged."""


class PdfReport(NamedTuple):
    """What the inspection says: ``refusal`` is None for a document that may be passed on."""

    refusal: PdfRefusal | None
    pages: int
    """Pages counted; 0 when the document was refused before its pages were counted."""
    hidden_details: bool
    """It names its author, says where a picture was taken, or keeps an earlier version. Accepted and said."""


def set_process(option: int, value: int) -> None:
    """Call Linux's ``prctl``. Raises OSError when the kernel refuses."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl.argtypes = (ctypes.c_int, *[ctypes.c_ulong] * 4)
    if prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option}, {value}) was refused")
