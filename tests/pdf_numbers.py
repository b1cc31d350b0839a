"""PDFs in which something else stands where the standard wants numbers: what old viewers have pasted into code of their own."""

from tests.pdf_samples import (
    EXTRA,
    PAGE,
    Sample,
    append_to,
    document,
    file_of,
    objects_of,
    stream,
    with_object_stream,
)

SCRIPT = b"(0\\); alert\\(origin)"
"""What an old viewer pastes between two numbers of its own code (CVE-2024-4367)."""


def holding(entry: bytes) -> Sample:
    """A document with an object that has ``entry``, which nothing leads to."""
    return lambda: document(more={EXTRA: b"<<%b>>" % entry})


def _font(entries: bytes, program: bytes = b"") -> Sample:
    """A font of the page, with a program of its own, has these entries."""
    font = b"<</Type/Font/Subtype/Type1/BaseFont/X/FontDescriptor 101 0 R%b>>" % entries
    described = {
        101: b"<</Type/FontDescriptor/FontFile 102 0 R%b>>" % program,
        102: stream(b"%!PS-AdobeFont-1.0"),
    }
    return lambda: file_of(objects_of(more=described) | {4: font})


ODD_NUMBERS: dict[str, Sample] = {
    "font matrix with a script": _font(b"/FontMatrix[1 2 3 4 5 %b]" % SCRIPT),
    "font matrix, all strings": _font(b"/FontMatrix[(1)(2)(3)(4)(5)(6)]"),
    "font matrix in hexadecimal": _font(b"/FontMatrix[.001 0 0 .001 0 <616C65727428>]"),
    "font matrix, inside another": _font(b"/FontMatrix[.001 0 0 .001 0[[%b]]]" % SCRIPT),
    "font matrix with a name": _font(b"/FontMatrix[.001 0 0 .001 0/alert]"),
    "font matrix with a dictionary": _font(b"/FontMatrix[.001 0 0 .001 0<</x 1>>]"),
    "font matrix with true": _font(b"/FontMatrix[.001 0 0 .001 0 true]"),
    "font matrix that is a string": _font(b"/FontMatrix(.001 0 0 .001 0 0)"),
    "font matrix with escapes": _font(b"/F#6fntMatrix[.001 0 0 .001 0 %b]" % SCRIPT),
    "font matrix, repeated": _font(b"/FontMatrix[.001 0 0 .001 0 0]/FontMatrix[.001 0 0 .001 0 %b]" % SCRIPT),
    "font matrix elsewhere": lambda: file_of(
        objects_of(more={EXTRA: b"[.001 0 0 .001 0 101 0 R]", 101: SCRIPT})
        | {4: b"<</Type/Font/Subtype/Type1/FontMatrix 100 0 R>>"}
    ),
    "font matrix elsewhere, under another number": lambda: file_of(
        objects_of(more={EXTRA: b"[.001 0 0 .001 0 0]", 7101: b"[.001 0 0 .001 0 %b]" % SCRIPT})
        | {4: b"<</Type/Font/Subtype/Type1/FontMatrix 101 0 R>>"}
    ),
    "number of a font matrix elsewhere, under another number": lambda: file_of(
        objects_of(more={7101: SCRIPT}) | {4: b"<</Type/Font/FontMatrix[.001 0 0 .001 0 101 0 R]>>"}
    ),
    "font matrix elsewhere, under another number, with a name": lambda: file_of(
        objects_of(more={EXTRA: b"[.001 0 0 .001 0 0]", 7101: b"[.001 0 0 .001 %b/x]" % SCRIPT})
        | {4: b"<</Type/Font/Subtype/Type1/FontMatrix 101 0 R>>"}
    ),
    "font that is the document's information": lambda: file_of(
        objects_of() | {4: b"<</Title(CV)/FontMatrix(.001 0 0 .001 0 0)>>"}, trailer=b"/Info 4 0 R"
    ),
    "function that is the document's information": lambda: document(
        more={EXTRA: b"<</FunctionType 4/Domain(0 1)/Range(0 1)>>"}, trailer=b"/Info 100 0 R"
    ),
    "domain of the document's information with a script": lambda: document(
        more={EXTRA: b"<</Title(CV)/Domain[0 %b]>>" % SCRIPT}, trailer=b"/Info 100 0 R"
    ),
    "domain that is a string, of no information": holding(b"/Title(CV)/Domain(0 1)"),
    "font matrix in an object stream": lambda: with_object_stream(
        objects_of() | {4: b"<</Type/Font/Subtype/Type3/FontMatrix[1 0 0 1 0 %b]>>" % SCRIPT}, (1, 2, 4, PAGE)
    ),
    "font matrix in an earlier revision": lambda: append_to(
        _font(b"/FontMatrix[.001 0 0 .001 0 %b]" % SCRIPT)(),
        {4: objects_of()[4]},
        trailer=b"/Prev %d" % _font(b"")().rindex(b"xref\n0 1"),
    ),
    "font matrix that nothing leads to": holding(b"/FontMatrix[.001 0 0 .001 0 %b]" % SCRIPT),
    "arrays of a font matrix in a circle": lambda: document(
        more={EXTRA: b"[101 0 R]", 101: b"[100 0 R %b]" % SCRIPT, 102: b"<</FontMatrix 100 0 R>>"}
    ),
    "box of a font": _font(b"", b"/FontBBox[0 0 0 %b]" % SCRIPT),
    "widths": _font(b"/FirstChar 32/LastChar 33/Widths[500 %b]" % SCRIPT),
    "widths elsewhere": lambda: document(more={EXTRA: b"<</Widths 101 0 R>>", 101: b"[500 %b]" % SCRIPT}),
    "widths of a composite font": holding(b"/CIDSystemInfo<<>>/W[1[500 %b]]" % SCRIPT),
    "first character": _font(b"/FirstChar%b" % SCRIPT),
    "page's box": lambda: document(page=b"/CropBox[0 0 595 %b]" % SCRIPT),
    "matrix of a pattern": holding(b"/PatternType 1/Matrix[1 0 0 1 0 %b]" % SCRIPT),
    "box of a form": lambda: document(more={EXTRA: stream(b"", b"/Subtype/Form/BBox[0 0 9 %b]" % SCRIPT)}),
    "step of a pattern": holding(b"/PatternType 1/XStep%b" % SCRIPT),
    "coordinates of a shading": holding(b"/ShadingType 2/Coords[0 0 1 %b]" % SCRIPT),
    "background of a shading": holding(b"/ShadingType 2/Background[%b]" % SCRIPT),
    "domain of a function": lambda: document(
        more={EXTRA: stream(b"{}", b"/FunctionType 4/Domain[0 %b]/Range[0 1]" % SCRIPT)}
    ),
    "range of a function": lambda: document(
        more={EXTRA: stream(b"{}", b"/FunctionType 4/Domain[0 1]/Range[0 %b]" % SCRIPT)}
    ),
    "colour of a function": holding(b"/FunctionType 2/Domain[0 1]/N 1/C0[0]/C1[%b]" % SCRIPT),
    "bounds of functions": holding(b"/FunctionType 3/Domain[0 1]/Bounds[%b]" % SCRIPT),
    "values of a picture": lambda: document(
        more={EXTRA: stream(b"", b"/Subtype/Image/Decode[0 %b]" % SCRIPT)}
    ),
    "place of an annotation": lambda: document(page=b"/Annots[<</Subtype/Link/Rect[0 0 99 %b]>>]" % SCRIPT),
    "colour of an annotation": holding(b"/Subtype/Square/Rect[0 0 9 9]/C[1 0 %b]" % SCRIPT),
    "white of a colour space": holding(b"/X[/CalRGB<</WhitePoint[1 1 %b]>>]" % SCRIPT),
}
