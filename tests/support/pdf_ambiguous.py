"""PDFs of some 900 bytes that can be read in two ways: one reader meets nothing that acts, another runs what it meets.

What acts is told to viewers alone: by an offset in an object stream that readers of numbers cut differently, by a header or a
table that numbers an object otherwise, by a reference where a value is looked for. ``AMBIGUOUS`` maps a name to a sample. An
inspection that reads as it believes viewers to read accepts each of them; one that accepts a single way of writing, none.
"""

from collections.abc import Callable
from functools import partial

from tests.support.pdf_samples import (
    EXTRA,
    OBJECT_STREAM,
    REFUSED_ACTIONS,
    Sample,
    document,
    link,
    newer_file,
    objects_of,
    stream,
)

HIDDEN, DECOY = 101, 102
_NOTHING_MORE = b" null null "
"""After a value, for viewers that read ahead."""
JAVASCRIPT = REFUSED_ACTIONS["JavaScript"]
CODE = b"(0\\); globalThis.acted=1; void\\(0)"
"""What pdf.js pasted into a function of its own when a font's matrix held it (CVE-2024-4367)."""
FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/FontMatrix %b>>"
MATRIX = b"[0.001 0 0 0.001 0 101 0 R]"


def _offset(separator: bytes) -> Callable[[bytes], tuple[bytes, bytes]]:
    """Object ``HIDDEN`` is at offset 1, within the string ``DECOY``, or at that of the null after it, if the number goes on."""

    def hide(value: bytes) -> tuple[bytes, bytes]:
        opening, closing = (b"[", b"]") if value.startswith(b"(") else (b"(", b")")
        decoy = opening + value + _NOTHING_MORE + closing + b" "
        whole = max(100, len(decoy))
        head = b"%d 0 %d 1%b%02d " % (DECOY, HIDDEN, separator, whole - 100)
        return b"/First %d" % len(head), head + decoy.ljust(whole) + b"null"

    return hide


def _cut_by_first(value: bytes) -> tuple[bytes, bytes]:
    """The last digit of an offset, 32, stands beyond the header's end: within the header it is 3, where a string begins."""
    head = b"%d 0 %d 3" % (DECOY, HIDDEN)
    return b"/First %d" % len(head), head + b"2  (" + b" " * 28 + value + _NOTHING_MORE + b")"


def _without_first(value: bytes) -> tuple[bytes, bytes]:
    """An object stream that does not say where its objects begin: from its start on, for who reads it at all."""
    head = b"%d 20 %d 25 " % (DECOY, HIDDEN)
    return b"", head.ljust(20) + b"null " + value + _NOTHING_MORE


HIDINGS: dict[str, Callable[[bytes], tuple[bytes, bytes]]] = {
    "offset with a null": _offset(b"\0"),
    "offset with an underscore": _offset(b"_"),
    "offset cut by /First": _cut_by_first,
    "no /First": _without_first,
}
"""Each gives an object stream's entries, and its content, which holds a value."""


def _hidden(hide: Callable[[bytes], tuple[bytes, bytes]], value: bytes, objects: dict[int, bytes]) -> bytes:
    entries, content = hide(value)
    object_stream = stream(content, b"/Type/ObjStm/N 2" + entries)
    return newer_file(objects | {OBJECT_STREAM: object_stream}, (DECOY, HIDDEN))


ATTACHED = b"<</EmbeddedFiles<</Names[(a.exe)<</Type/Filespec/F(a.exe)/EF<</F 100 0 R>>>>]>>>>"
ACTS: dict[str, tuple[bytes, dict[int, bytes]]] = {
    "script at opening": (JAVASCRIPT, objects_of(catalog=b"/OpenAction 101 0 R")),
    "script of the document": (
        b"<</JavaScript<</Names[(a)%b]>>>>" % JAVASCRIPT,
        objects_of(catalog=b"/Names 101 0 R"),
    ),
    "attachment": (ATTACHED, objects_of(catalog=b"/Names 101 0 R", more={EXTRA: stream(b"MZ")})),
    "launch": (REFUSED_ACTIONS["Launch"], objects_of(page=link(b"101 0 R"))),
}
"""What is hidden, and the objects of a document that leads to it."""


def _numbered_with_a_fraction() -> bytes:
    """A font's matrix is object 7, whose header says ``7.0``."""
    return _FONT_OF_ITS_OWN.replace(b"\n7 0 obj\n  ", b"\n7.0 0 obj\n")


def _numbered_by_the_table() -> bytes:
    """The same, whose header says ``17``, while the table leads to the second digit."""
    return _FONT_OF_ITS_OWN.replace(b"\nendobj\n7 0 obj", b"endobj\n17 0 obj")


_FONT_OF_ITS_OWN = document(more={4: FONT % b"7 0 R", 7: b"  " + MATRIX, HIDDEN: CODE})


def _matrix_of_a_hidden_string() -> bytes:
    return _hidden(HIDINGS["offset with a null"], CODE, objects_of(more={4: FONT % MATRIX}))


def _file_by_reference() -> bytes:
    """A link to an article of another file, whose name is an object of its own."""
    thread = b"<</S/Thread/D 0/F 100 0 R>>"
    return document(page=link(thread), more={EXTRA: b"(\\\\\\\\host\\\\share\\\\x.pdf)"})


AMBIGUOUS: dict[str, Sample] = {
    **{
        f"{hiding}, {act}": partial(_hidden, hide, value, objects)
        for hiding, hide in HIDINGS.items()
        for act, (value, objects) in ACTS.items()
    },
    "header with a fraction, matrix of a font": _numbered_with_a_fraction,
    "table with another number, matrix of a font": _numbered_by_the_table,
    "reference to a hidden string, matrix of a font": _matrix_of_a_hidden_string,
    "file by reference": _file_by_reference,
}
