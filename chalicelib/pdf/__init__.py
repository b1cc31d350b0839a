"""What an acceptable PDF is, and the confined process that decides.

A PDF is refused by what it *can do*, wherever that hangs and however it is written, never by a word: everything
that LibreOffice writes has an ``/OpenAction`` (it only sets the first view), and a CV may well speak of
JavaScript. The rules are the lists below. ``worker`` applies them in a process of its own, because hostile
bytes are best read where no credential can be read, no file or socket opened, and no time wasted.

Not promised: this is no antivirus. What is inside a stream is not judged, and may harm a viewer that is old or careless: font
programs (TrueType, Type 1, CFF), pictures (JBIG2, JPEG 2000, JPEG, which scanners write), colour profiles, what a page draws, and
PostScript calculators. Nor is whether drawing never ends: a pattern may paint itself.
"""

import ctypes
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Final

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
"""The confined process's whole address space; an honest CV takes 40 million bytes of it."""

_ANSWER_BYTES: Final = 200
_CHUNK_BYTES: Final = 65_536
PR_SET_DUMPABLE: Final = 4
_WORKER: Final = "from chalicelib.pdf.worker import main; main()"


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


@dataclass(frozen=True)
class PdfReport:
    """What the inspection says: ``refusal`` is None for a document that may be passed on."""

    refusal: PdfRefusal | None
    pages: int
    """Pages counted; 0 when the document was refused before its pages were counted."""
    hidden_details: bool
    """It names its author, says where a picture was taken, or keeps an earlier version. Accepted and said."""


def inspect(document: bytes) -> PdfReport:
    """Judge one document in a confined process: 0.1 s for an honest CV, ``WALL_SECONDS`` + 1 at most.

    The calling process is not dumpable any more afterwards.
    Raises:
        OSError: the process could not be started: a fault to retry, which says nothing of the document.
    """
    if not document.startswith(HEADER):
        return PdfReport(PdfRefusal.NOT_A_PDF, pages=0, hidden_details=False)
    return report_of(_WORKER, document, seconds=WALL_SECONDS)


def report_of(program: str, document: bytes, *, seconds: float) -> PdfReport:
    """Run a Python program that reads ``document`` on standard input and prints one report.

    Whatever happens to it (crash, limit, nonsense, silence for ``seconds``), the report is a refusal: a document is
    acceptable only when the program says so clearly.
    Raises:
        OSError: it could not be started.
    """
    # From here on, no process of our user can read our memory or /proc/<pid>/environ, which hold credentials.
    set_process(PR_SET_DUMPABLE, 0)
    child = _start(program)
    try:
        answer = _exchange(child, document, seconds)
        with suppress(subprocess.TimeoutExpired):
            child.wait(timeout=1)
    finally:
        exit_code = _stop(child)
    return _believed(answer, exit_code)


def set_process(option: int, value: int) -> None:
    """Call Linux's ``prctl``. Raises OSError when the kernel refuses."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl.argtypes = (ctypes.c_int, *[ctypes.c_ulong] * 4)
    if prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option}, {value}) was refused")


def _start(program: str) -> subprocess.Popen[bytes]:
    """Start Python alone: ``-I -S`` sees neither packages nor variables, so the folders are arguments."""
    pypdf = find_spec("pypdf")  # found, not loaded: only the child parses
    if pypdf is None or pypdf.origin is None:
        raise FileNotFoundError("pypdf is not installed")
    folders = (Path(__file__).parents[2], Path(pypdf.origin).parent.parent)
    alone = [sys.executable, "-I", "-S", "-B", "-c", f"import sys; sys.path += sys.argv[1:]\n{program}"]
    needed = {"LD_LIBRARY_PATH"}  # Lambda's Python finds its own library by it
    return subprocess.Popen(
        alone + [str(folder) for folder in folders],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # a parser's complaints quote the document
        env={name: value for name, value in os.environ.items() if name in needed},
        cwd="/",
        close_fds=True,
        start_new_session=True,
        bufsize=0,
    )


def _exchange(child: subprocess.Popen[bytes], document: bytes, seconds: float) -> bytes:
    """Feed the document and listen at once, in bounded time and memory. Empty: no answer to believe."""
    deadline = time.monotonic() + seconds
    unsent, answer = memoryview(document), b""
    assert child.stdin is not None and child.stdout is not None  # both are pipes
    os.set_blocking(child.stdin.fileno(), False)
    with selectors.DefaultSelector() as ready:
        ready.register(child.stdin, selectors.EVENT_WRITE)
        ready.register(child.stdout, selectors.EVENT_READ)
        while len(answer) <= _ANSWER_BYTES and (left := deadline - time.monotonic()) > 0:
            for pipe, _ in ready.select(left):
                if pipe.fileobj is child.stdout:
                    heard = os.read(pipe.fd, _CHUNK_BYTES)
                    if not heard:
                        return answer
                    answer += heard
                else:
                    unsent = _send(pipe.fd, unsent)
                    if not unsent:
                        ready.unregister(child.stdin)
                        child.stdin.close()
    return b""


def _send(pipe: int, unsent: memoryview) -> memoryview:
    """Write what the pipe takes now; to a child that reads no more, nothing is left to send."""
    try:
        return unsent[os.write(pipe, unsent[:_CHUNK_BYTES]) :]
    except BrokenPipeError:
        return unsent[:0]


def _stop(child: subprocess.Popen[bytes]) -> int:
    """End the child and whatever it may have started, and give its exit code (negative: the signal)."""
    with child:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)  # its own session, hence its own group
    return child.returncode


def _believed(answer: bytes, exit_code: int) -> PdfReport:
    """Read the child's one line as if an attacker had written it."""
    doubt = PdfReport(PdfRefusal.UNVERIFIABLE, pages=0, hidden_details=False)
    try:
        written = json.loads(answer)
        refusal = None if written["refusal"] is None else PdfRefusal(written["refusal"])
        report = PdfReport(**{**written, "refusal": refusal})
    except (ValueError, TypeError, KeyError):
        return doubt
    if exit_code != 0 or type(report.pages) is not int or type(report.hidden_details) is not bool:
        return doubt
    if refusal is None and not 1 <= report.pages <= MAX_PAGES:
        return doubt
    return report
