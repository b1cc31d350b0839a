"""PDFs made here, byte by byte, so that a fresh clone needs no file from elsewhere.

``FRIENDLY`` maps the names of what word processors and CV sites write, which must pass, to the functions that make it.
``pdf_hostile`` has what must not.
"""

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from io import BytesIO

from pypdf import PdfWriter
from pypdf.generic import RectangleObject

Sample = Callable[[], bytes]

PAGE = 10
"""Number of the first page's object; the following pages follow."""
EXTRA = 100
"""First number free for a sample's own objects."""
OBJECT_STREAM, TABLE_STREAM = 200, 201
"""Numbers of the two streams of a file of the newer kind."""

JAVASCRIPT = b"<</S/JavaScript/JS(app.alert\\(1\\))>>"
REFUSED_ACTIONS = {
    "JavaScript": JAVASCRIPT,
    "Launch": b"<</S/Launch/F(cmd.exe)>>",
    "SubmitForm": b"<</S/SubmitForm/F<</FS/URL/F(https://x.example)>>>>",
    "ImportData": b"<</S/ImportData/F(x.fdf)>>",
    "GoToR": b"<</S/GoToR/F(other.pdf)/D[0/Fit]>>",
    "GoToE": b"<</S/GoToE/T<</R/C/N(x)>>/D[0/Fit]>>",
    "Rendition": b"<</S/Rendition/OP 0/R 1 0 R>>",
    "Movie": b"<</S/Movie/T(film)>>",
    "Sound": b"<</S/Sound/Sound 1 0 R>>",
    "RichMediaExecute": b"<</S/RichMediaExecute/TI 1 0 R>>",
    "GoTo3DView": b"<</S/GoTo3DView/V/F>>",
    "a file address": b"<</S/URI/URI(file:///C:/Windows/System32/calc.exe)>>",
    "a UNC address": b"<</S/URI/URI(\\\\\\\\host\\\\share)>>",
}


def stream(content: bytes, entries: bytes = b"") -> bytes:
    """A stream object's bytes; ``entries`` join its dictionary."""
    return b"<<%b/Length %d>>\nstream\n%b\nendstream" % (entries, len(content), content)


def file_of(objects: Mapping[int, bytes], *, trailer: bytes = b"", start: bytes = b"%PDF-1.7\n") -> bytes:
    """A whole file with a classical cross-reference table; object 1 is the catalog."""
    return append_to(start, objects, trailer=trailer)


def append_to(before: bytes, objects: Mapping[int, bytes], *, trailer: bytes = b"") -> bytes:
    """``before``, and a revision that sets ``objects`` after it."""
    out, entries = bytearray(before), bytearray()
    for number, content in sorted(objects.items()):
        entries += b"%d 1\n%010d 00000 n \n" % (number, len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = len(out)
    out += b"xref\n0 1\n0000000000 65535 f \n" + entries
    out += b"trailer\n<</Root 1 0 R/Size 1000%b>>\nstartxref\n%d\n%%%%EOF\n" % (trailer, table)
    return bytes(out)


def objects_of(
    *,
    catalog: bytes = b"",
    page: bytes = b"",
    pages: int = 1,
    content: bytes | None = None,
    more: Mapping[int, bytes] | None = None,
) -> dict[int, bytes]:
    """Objects of a small document; ``catalog`` and ``page`` are entries that join those dictionaries."""
    text = b"BT /F1 12 Tf 72 720 Td (Curriculum vitae) Tj ET"
    kids = b" ".join(b"%d 0 R" % number for number in range(PAGE, PAGE + pages))
    leaf = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 4 0 R>>>>/Contents 3 0 R"
    return {
        1: b"<</Type/Catalog/Pages 2 0 R%b>>" % catalog,
        2: b"<</Type/Pages/Kids[%b]/Count %d>>" % (kids, pages),
        3: stream(text) if content is None else content,
        4: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        **dict.fromkeys(range(PAGE, PAGE + pages), leaf + page + b">>"),
        **(more or {}),
    }


def document(
    *,
    catalog: bytes = b"",
    page: bytes = b"",
    pages: int = 1,
    content: bytes | None = None,
    more: Mapping[int, bytes] | None = None,
    trailer: bytes = b"",
) -> bytes:
    """Return a file of a small document; the arguments are entries that join its dictionaries, further pages and further
    objects.
    """
    return file_of(
        objects_of(catalog=catalog, page=page, pages=pages, content=content, more=more), trailer=trailer
    )


def with_object_stream(objects: Mapping[int, bytes], inside: Iterable[int], *, squeeze: bool = True) -> bytes:
    """A file of the newer kind: objects ``inside`` stand in an object stream, and the table is a stream too."""
    held = list(inside)
    offsets, body = [], b""
    for number in held:
        offsets.append(b"%d %d" % (number, len(body)))
        body += objects[number] + b"\n"
    first = b" ".join(offsets) + b"\n"
    entries = b"/Type/ObjStm/N %d/First %d" % (len(held), len(first))
    packed = zlib.compress(first + body) if squeeze else first + body
    outside = {number: content for number, content in objects.items() if number not in held}
    object_stream = stream(packed, entries + (b"/Filter/FlateDecode" if squeeze else b""))
    return newer_file(outside | {OBJECT_STREAM: object_stream}, held)


def newer_file(objects: Mapping[int, bytes], held: Sequence[int]) -> bytes:
    """A file whose table is a stream, which says that the objects ``held`` stand in object stream ``OBJECT_STREAM``."""
    out = bytearray(b"%PDF-1.7\n")
    places = {number: (2, OBJECT_STREAM, index) for index, number in enumerate(held)}
    for number, content in objects.items():
        places[number] = (1, len(out), 0)
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    return bytes(out) + _table_stream(TABLE_STREAM, places, len(out))


def _table_stream(number: int, places: dict[int, tuple[int, int, int]], at: int) -> bytes:
    """Return a cross-reference stream, object ``number``, that says where each object lies; ``at``: its own offset."""
    rows = {0: (0, 0, 65535), **places, number: (1, at, 0)}
    index = b" ".join(b"%d 1" % row for row in sorted(rows))
    table = b"".join(
        bytes([kind]) + place.to_bytes(4, "big") + last.to_bytes(2, "big")
        for _, (kind, place, last) in sorted(rows.items())
    )
    entries = b"/Type/XRef/W[1 4 2]/Index[%b]/Size 1000/Root 1 0 R/Filter/FlateDecode" % index
    return b"%d 0 obj\n%b\nendobj\nstartxref\n%d\n%%%%EOF\n" % (
        number,
        stream(zlib.compress(table), entries),
        at,
    )


def link(action: bytes) -> bytes:
    """A page entry: one link that starts ``action``."""
    return b"/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 99 99]/A %b>>]" % action


def address(written: bytes) -> bytes:
    """A document whose only link goes to ``written``, a PDF string with its parentheses or angle brackets."""
    return document(page=link(b"<</S/URI/URI %b>>" % written))


def written(change: Callable[[PdfWriter], object]) -> bytes:
    """Return a file written by pypdf: one blank A4 page, changed by ``change``."""
    writer = PdfWriter()
    writer.add_blank_page(595, 842)
    change(writer)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


# ---- what must pass ---------------------------------------------------------------------------------------------


def as_libreoffice_writes() -> bytes:
    """The first view set by an ``/OpenAction``, an outline, tags, a language: nothing that acts."""
    return document(
        catalog=b"/OpenAction[10 0 R/XYZ null null 0]/Outlines 100 0 R/Lang(fr-FR)/MarkInfo<</Marked true>>"
        b"/StructTreeRoot 102 0 R/ViewerPreferences<</DisplayDocTitle true>>",
        page=b"/StructParents 0/Tabs/S/Group<</S/Transparency/CS/DeviceRGB/I true>>",
        more={
            100: b"<</Type/Outlines/First 101 0 R/Last 101 0 R/Count 1>>",
            101: b"<</Title<FEFF00C9>/Dest[10 0 R/XYZ 56.7 785.2 0]/Parent 100 0 R>>",
            102: b"<</Type/StructTreeRoot/RoleMap<</JavaScript/Code/Standard/P>>/K[103 0 R]>>",
            103: b"<</Type/StructElem/S/Standard/P 102 0 R/Pg 10 0 R/A<</O/Layout/Placement/Block>>/K[0]>>",
        },
        trailer=b"/Info<</Producer(LibreOffice 24.2)/Title(CV de developpeur JavaScript \\(Launch\\))>>",
    )


def plain_form() -> bytes:
    """Fields, a box whose ticked state bears a refused action's name, and a button that clears them."""
    return document(
        catalog=b"/AcroForm<</Fields[100 0 R 101 0 R 102 0 R]/DA(/F1 12 Tf 0 g)/NeedAppearances true/XFA null>>",
        page=b"/Annots[100 0 R 101 0 R 102 0 R]",
        more={
            100: b"<</Subtype/Widget/FT/Tx/T(nom)/V(Zo\\351)/Rect[0 0 9 9]/F 4/P 10 0 R>>",
            101: b"<</Subtype/Widget/FT/Btn/T(b)/AS/JavaScript/V/JavaScript/Rect[0 0 9 9]/F 4"
            b"/AP<</N<</JavaScript 103 0 R/JS 103 0 R/Off 103 0 R>>>>>>",
            102: b"<</Subtype/Widget/FT/Btn/Ff 65536/T(c)/Rect[0 0 9 9]/A<</S/ResetForm>>>>",
            103: stream(b"", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]"),
        },
    )


def links() -> bytes:
    """Return a document with links of every kind that people write in a CV."""
    addresses = (
        b"(https://www.linkedin.com/in/zoe)",
        b"(HTTP://x.example)",
        b"(mailto:zoe@x.example?subject=CV)",
        b"(tel:+33612345678)",
        b"(www.exemple.fr/cv)",
        b"(zoe@x.example)",
        b"()",
        b"(#page=1)",
        b"(\\nhttps://x.example )",
        b"<FEFF00680074007400700073003A002F002F0078>",
        b"<FFFE680074007400700073003A002F002F007800>",
    )
    shown = b"".join(
        b"<</Subtype/Link/Rect[0 0 9 9]/A<</Type/Action/S/URI/URI %b>>>>" % address for address in addresses
    )
    return document(page=b"/Annots[%b<</Subtype/Link/Rect[0 0 9 9]/Dest[10 0 R/Fit]>>]" % shown)


def moves_within() -> bytes:
    """Actions that stay in the document, by themselves and on a click, one after another."""
    return document(
        catalog=b"/OpenAction<</S/GoTo/D[10 0 R/Fit]/Next[<</S/SetOCGState/State[]>>]>>",
        page=b"/AA<</O<</S/Hide/T(x)>>>>" + link(b"<</S/Named/N/NextPage/Next<</S/Thread/D 0>>>>"),
    )


def object_stream() -> bytes:
    """Return a document whose objects lie in a compressed object stream."""
    return with_object_stream(objects_of(page=link(b"<</S/URI/URI(https://x)>>")), (1, 2, 4, PAGE))


def updated() -> bytes:
    """A second revision of the page, as an annotating program appends it."""
    before = document()
    page = objects_of(page=b"/Rotate 90")[PAGE]
    return append_to(before, {PAGE: page}, trailer=b"/Prev %d" % before.rindex(b"xref\n0 1"))


def loosely_written() -> bytes:
    """Escapes, comments, blanks, an empty object, empty trees: unusual and clear."""
    return document(
        catalog=b"/N#61mes<</EmbeddedFiles<</Names[]>>/JavaScript<</Names[]>>/Dests<</Names[]>>>>/AA<<>>",
        page=b"% a remark >> ]\n/UserUnit\0 1.0/Contents[3 0 R]/Trans<</S/R>>",
        more={
            100: b"",
            101: b"(a \\(b\\) (c) \\\\)",
            102: b"<4 1 4>",
            103: b"[[1 -.5 +2 .0][true false null]]",
        },
    )


def large_picture() -> bytes:
    """A blank page scanned with care: 210 MB once inflated, which no page or font is."""
    picture = zlib.compress(bytes(210_000_000), level=1)
    entries = (
        b"/Subtype/Image/Width 10000/Height 7000/BitsPerComponent 8/ColorSpace/DeviceRGB/Filter/FlateDecode"
    )
    return document(more={EXTRA: stream(picture, entries)})


def written_by_pypdf() -> bytes:
    """Return a document with one link, as pypdf writes it."""
    return written(lambda writer: writer.add_uri(0, "https://x.example", RectangleObject((0, 0, 9, 9))))


FRIENDLY: dict[str, Sample] = {
    each.__name__: each
    for each in (
        document,
        as_libreoffice_writes,
        plain_form,
        links,
        moves_within,
        object_stream,
        updated,
        loosely_written,
        large_picture,
        written_by_pypdf,
    )
}
