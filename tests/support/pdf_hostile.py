"""PDFs that a stranger writes: none is canonical, so inspection refuses all. ``HOSTILE`` maps a name to a sample.

``PLACES`` says everywhere an action can hang, and every way to write it that readers have been seen to miss; the page writes
each action in each place anew, without it.
"""

import re
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from io import BytesIO

from pypdf import PdfWriter

from tests.support.pdf_samples import (
    EXTRA,
    PAGE,
    Sample,
    append_to,
    document,
    file_of,
    link,
    objects_of,
    stream,
    with_object_stream,
    written,
)


def _previous(before: bytes) -> bytes:
    """Return the trailer entry that leads to the cross-reference table of an earlier revision."""
    return b"/Prev %d" % before.rindex(b"xref\n0 1")


def _escaped(action: bytes) -> bytes:
    """Return the action with every letter of its names written as a hexadecimal escape."""
    return re.sub(rb"/(\w+)", lambda name: b"/" + b"".join(b"#%02x" % byte for byte in name[1]), action)


def _type_elsewhere(action: bytes) -> bytes:
    """The action's type is an object of its own, under a number that the table gives and the header does not."""
    kind = re.search(rb"/S(/\w+)", action)
    assert kind is not None
    elsewhere = action.replace(b"/S" + kind[1], b"/S 101 0 R", 1)
    return document(catalog=b"/OpenAction 100 0 R", more={100: elsewhere, 7101: kind[1], 101: b"/GoTo"})


def _earlier_revision(action: bytes) -> bytes:
    """Return a document whose action stands in a first revision, which a later one replaces."""
    before = document(catalog=b"/OpenAction " + action)
    return append_to(before, {1: objects_of()[1]}, trailer=_previous(before))


PLACES: dict[str, Callable[[bytes], bytes]] = {
    "at opening": lambda action: document(catalog=b"/OpenAction " + action),
    "at opening, elsewhere": lambda action: document(catalog=b"/OpenAction 100 0 R", more={EXTRA: action}),
    "catalog trigger": lambda action: document(catalog=b"/AA<</WC %b>>" % action),
    "page trigger": lambda action: document(page=b"/AA 100 0 R", more={EXTRA: b"<</O %b>>" % action}),
    "link": lambda action: document(page=link(action)),
    "link, previous action": lambda action: document(page=link(b"null/PA " + action)),
    "annotation trigger": lambda action: document(page=link(b"null/AA<</E %b>>" % action)),
    "field trigger": lambda action: document(
        catalog=b"/AcroForm<</Fields[100 0 R]>>", more={EXTRA: b"<</FT/Tx/T(a)/AA<</K %b>>>>" % action}
    ),
    "outline": lambda action: document(
        catalog=b"/Outlines<</First 100 0 R>>", more={EXTRA: b"<</Title(a)/A %b>>" % action}
    ),
    "after another": lambda action: document(page=link(b"<</S/GoTo/D[10 0 R/Fit]/Next %b>>" % action)),
    "after another, in an array": lambda action: document(page=link(b"<</S/GoTo/Next[null %b]>>" % action)),
    "name tree": lambda action: document(catalog=b"/Names<</JavaScript<</Names[(a)%b]>>>>" % action),
    "nothing leads to it": lambda action: document(more={EXTRA: action}),
    "earlier revision": _earlier_revision,
    "later revision": lambda action: append_to(
        document(), {1: objects_of(catalog=b"/OpenAction " + action)[1]}, trailer=_previous(document())
    ),
    "object stream": lambda action: with_object_stream(
        objects_of(catalog=b"/OpenAction 100 0 R", more={EXTRA: action}), (1, 2, PAGE, EXTRA)
    ),
    "object stream, not squeezed": lambda action: with_object_stream(
        objects_of(catalog=b"/OpenAction 100 0 R", more={EXTRA: action}), (1, EXTRA), squeeze=False
    ),
    "dictionary of a stream": lambda action: document(more={EXTRA: stream(b"x", action[2:-2])}),
    "written inside a stream": lambda action: document(content=stream(b"100 0 obj\n%b\nendobj" % action)),
    "trailer": lambda action: document(trailer=b"/Root<</OpenAction %b>>" % action),
    "escaped names": lambda action: document(catalog=b"/Open#41ction " + _escaped(action)),
    "repeated key, last": lambda action: document(page=link(b"<</S/GoTo" + action[2:])),
    "repeated key, first": lambda action: document(page=link(action[:-2] + b"/S/GoTo>>")),
    "type elsewhere": _type_elsewhere,
    "type as a string": lambda action: document(page=link(re.sub(rb"/S/(\w+)", rb"/S(\1)", action, count=1))),
    "remarks and blanks": lambda action: document(
        more={EXTRA: b"%x >>\r" + action.replace(b"/S/", b"\0/S%>>\n\f/", 1)}
    ).replace(b"100 0 obj", b"100\0\r\n 0\t\fobj"),
}


def holding(entry: bytes) -> Sample:
    """A document with an object that has ``entry``, which nothing leads to."""
    return lambda: document(more={EXTRA: b"<<%b>>" % entry})


def _catalog(entries: bytes) -> Sample:
    """Return the sample whose catalog has these entries."""
    return lambda: document(catalog=entries)


@cache
def _bomb() -> bytes:
    """Return a document with 600 MB of zeros in 600 kB."""
    squeezer = zlib.compressobj()
    return b"".join(squeezer.compress(bytes(1_000_000)) for _ in range(600)) + squeezer.flush()


def _nested_bomb() -> bytes:
    """Return a document with 600 MB of zeros in 2 kB, compressed twice."""
    twice = zlib.compress(_bomb())
    return document(content=stream(twice, b"/Filter[/FlateDecode/FlateDecode]"))


def _locked(user: str, owner: str) -> Sample:
    """Return the sample that is encrypted under these passwords."""

    def lock(writer: PdfWriter) -> None:
        writer.encrypt(user, owner, algorithm="RC4-128")

    return lambda: written(lock)


PROTECTED: dict[str, Sample] = {
    "password": _locked("secret", "secret"),
    "restrictions without a password": _locked("", "owner"),
    "trailer says so": lambda: document(trailer=b"/Encrypt 100 0 R"),
    "older trailer says so": lambda: append_to(
        document(trailer=b"/Encrypt<<>>"), {}, trailer=_previous(document())
    ),
}
ACTIVE: dict[str, Sample] = {
    "XFA form": _catalog(b"/AcroForm<</Fields[]/XFA[(template)3 0 R]>>"),
    "script tree": _catalog(b"/Names<</JavaScript<</Kids[100 0 R]>>>>"),
    "stream kept outside": lambda: document(content=stream(b"", b"/F(\\\\\\\\host\\\\share\\\\x)")),
    "PostScript in a form": lambda: document(
        more={EXTRA: stream(b"", b"/Subtype/Form/Subtype2/PS/BBox[0 0 9 9]")}
    ),
}
ATTACHMENTS: dict[str, Sample] = {
    "attached by pypdf": lambda: written(lambda writer: writer.add_attachment("x.exe", b"MZ")),
    "tree of files": _catalog(b"/Names<</EmbeddedFiles<</Names[(x)100 0 R]>>>>"),
    "file nobody names": lambda: document(more={EXTRA: stream(b"MZ", b"/Type/EmbeddedFile")}),
    "portfolio": _catalog(b"/Collection<</View/D>>"),
    "RichMedia annotation": holding(b"/Type/Annot/Subtype/RichMedia"),
}
UNVERIFIABLE: dict[str, Sample] = {
    "nothing but a header": lambda: b"%PDF-1.7\n",
    "cut in the middle": lambda: document(pages=5)[:700],
    "cut before its table": lambda: document().partition(b"xref\n0 1")[0],
    "table taken away": lambda: re.sub(rb"xref\n0 1.*?(?=trailer)", b"", document(), flags=re.DOTALL),
    "far more after its end": lambda: document() + b"PK\3\4" + b"x" * 2_000,
    "page tree in a circle": lambda: file_of(objects_of() | {2: b"<</Type/Pages/Kids[2 0 R]/Count 1>>"}),
    "actions in a circle": lambda: document(
        page=link(b"100 0 R"),
        more={EXTRA: b"<</S/GoTo/Next[101 0 R]>>", 101: b"<</S/GoTo/Next 100 0 R>>"},
    ),
    "10 000 dictionaries in one another": holding(b"/A" + b"<</A" * 10_000 + b" 1" + b">>" * 10_000),
    "100 dictionaries in one another": holding(b"/A" + b"<</A" * 100 + b" 1" + b">>" * 100),
    "10 000 arrays never closed": holding(b"/A" + b"[" * 10_000),
    "page tree of 10 000 levels": lambda: file_of(
        objects_of(more={n: b"<</Type/Pages/Kids[%d 0 R]>>" % (n + 1) for n in range(1_000, 11_000)})
        | {2: b"<</Type/Pages/Kids[1000 0 R]/Count 1>>"}
    ),
    "table of a billion entries": lambda: document().replace(b"xref\n0 1\n", b"xref\n0 999999999\n"),
    "page squeezed too far": lambda: document(content=stream(_bomb(), b"/Filter/FlateDecode")),
    "page squeezed twice": _nested_bomb,
    "null key": holding(b"/A<</S/GoTo null/S/GoTo>>"),
    "dictionary never closed": lambda: document(more={EXTRA: b"<</S/GoTo/JS[(x)]"}),
    "array closed as a dictionary": holding(b"/A[1>>"),
    "keyword for a value": holding(b"/A oops/B 1"),
    "value without a key": holding(b"/A 1 2"),
    "odd hexadecimal": holding(b"/A<4Z>"),
    "string never closed": holding(b"/A(\\)"),
    "name that a viewer cuts": holding(b"/A/Java\x80Script"),
    "name with a null": holding(b"/A/JavaScript#00"),
    "header with a fraction": lambda: document(more={EXTRA: b"<<>>"}).replace(b"100 0 obj", b"100 0.0 obj"),
    "header with a remark": lambda: document(more={EXTRA: b"/GoTo"}).replace(b"100 0 obj", b"100 0%\nobj"),
    "stream that begins oddly": lambda: document().replace(b"stream\n", b"stream x\n", 1),
}
PAGE_COUNT: dict[str, Sample] = {
    "no page": lambda: document(pages=0),
    "31 pages": lambda: document(pages=31),
}


def _polyglot() -> bytes:
    """Return a document that is an HTML page as well."""
    return b"<!doctype html><script>alert(1)</script>" + document()


def _word_document() -> bytes:
    """Return a zip that looks like a file of Word."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", "<w:document/>")
    return out.getvalue()


NOT_A_PDF: dict[str, Sample] = {
    "nothing": lambda: b"",
    "word document": _word_document,
    "web page": lambda: b"<!doctype html><title>CV</title>",
    "photograph": lambda: b"\xff\xd8\xff\xe0\0\x10JFIF\0",
    "form data": lambda: b"%FDF-1.2\n",
    "polyglot": _polyglot,
    "header one byte too far": lambda: b"\n" + document(),
}
HOSTILE: dict[str, Sample] = NOT_A_PDF | PROTECTED | ACTIVE | ATTACHMENTS | UNVERIFIABLE | PAGE_COUNT
