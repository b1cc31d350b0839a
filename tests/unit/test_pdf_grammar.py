"""The canonical form of a PDF: what has one reading is read, and written again as it was."""

import zlib

import pytest

from chalicelib.pdf.grammar import (
    MAX_STRUCTURE_BYTES,
    Dictionary,
    Name,
    NotCanonical,
    Reference,
    Stream,
    parse,
    write,
)
from tests.support.canonical import document, helvetica, scanned

TEXT = zlib.compress(b"BT ET")
OBJECTS: list[Dictionary] = [
    {"Lang": b"fr-FR", "Pages": Reference(2), "Type": Name("Catalog")},
    {"Count": 1, "Kids": [Reference(3)], "Type": Name("Pages")},
    {
        "Contents": Reference(4),
        "MediaBox": [0, -0.5, 595.25, 842],
        "Parent": Reference(2),
        "Resources": {"Font": {}, "Pattern": {"é/#": [True, False, None, []]}},
        "Type": Name("Page"),
    },
    Stream({"Filter": Name("FlateDecode"), "Length": len(TEXT)}, TEXT),
]
CANONICAL = write(OBJECTS)


def test_what_is_written_is_read_and_written_again() -> None:
    assert parse(CANONICAL) == OBJECTS
    assert b"/Pattern <</#E9#2F#23 [true false null []]>>" in CANONICAL
    assert b"[0 -0.5 595.25 842]" in CANONICAL


OTHERWISE = {
    "another header": (b"%PDF-1.7", b"%PDF-1.4"),
    "bytes before": (b"%PDF-1.7", b" %PDF-1.7"),
    "bytes after": (b"%%EOF\n", b"%%EOF\n\n"),
    "no end": (b"%%EOF\n", b""),
    "a comment": (b"/Lang <", b"/Lang %\n<"),
    "two blanks": (b"/Lang <", b"/Lang  <"),
    "no blank": (b"/Lang <", b"/Lang<"),
    "a key twice": (b"/Count 1", b"/Count 1/Count 1"),
    "keys in another order": (b"/Count 1/Kids [3 0 R]", b"/Kids [3 0 R]/Count 1"),
    "a needless escape": (b"/Type /Page>", b"/Type /P#61ge>"),
    "a lower-case escape": (b"#E9", b"#e9"),
    "an unescaped byte": (b"#E9", b"\xe9"),
    "a null in a name": (b"#E9", b"#00"),
    "a string in parentheses": (b"<66722D4652>", b"(fr-FR)"),
    "lower-case hexadecimal": (b"<66722D4652>", b"<66722d4652>"),
    "half a byte": (b"<66722D4652>", b"<66722D465>"),
    "a plus sign": (b"842]", b"+842]"),
    "a leading zero": (b"842]", b"0842]"),
    "a trailing zero": (b"595.25", b"595.250"),
    "a real without fraction": (b"842]", b"842.0]"),
    "a real without integer part": (b"-0.5", b"-.5"),
    "minus zero": (b"[0 -0.5", b"[-0 -0.5"),
    "an exponent": (b"842]", b"8.42e2]"),
    "ten digits": (b"842]", b"1234567890]"),
    "seven decimals": (b"595.25", b"595.1234567"),
    "another generation": (b"[3 0 R]", b"[3 1 R]"),
    "a generation of an object": (b"\n2 0 obj", b"\n2 1 obj"),
    "a real as number": (b"\n2 0 obj", b"\n2.0 0 obj"),
    "an object that is an array": (b"\n2 0 obj\n", b"\n2 0 obj\n[]\nendobj\n2 0 obj\n"),
    "a number not yet due": (b"[3 0 R]", b"[4 0 R]"),
    "an object before it is named": (b"[3 0 R]", b"[2 0 R]"),
    "an object nobody names": (b"/Contents 4 0 R", b"/Contents 1 0 R"),
    "an object that is not there": (b"true", b"5 0 R"),
    "a wrong offset": (b"0000000015", b"0000000016"),
    "a shifted table": (b"xref\n0 5", b"xref\n1 5"),
    "another root": (b"/Root 1 0 R", b"/Root 2 0 R"),
    "encryption": (b"<</Root", b"<</Encrypt 2 0 R/Root"),
    "an earlier revision": (b"/Size 5", b"/Prev 15/Size 5"),
    "a length too small": (b"/Length 13", b"/Length 12"),
    "a length too large": (b"/Length 13", b"/Length 14"),
    "a length by reference": (b"/Length 13", b"/Length 4 0 R"),
    "a negative length": (b"/Length 13", b"/Length -1"),
    "another line end": (b"stream\n", b"stream\r\n"),
    "too deep": (b"[]", b"[" * 16 + b"]" * 16),
}


@pytest.mark.parametrize("name", OTHERWISE)
def test_another_spelling_is_refused(name: str) -> None:
    before, after = OTHERWISE[name]
    assert before in CANONICAL
    with pytest.raises(NotCanonical):
        parse(CANONICAL.replace(before, after, 1))


def test_nothing_and_half_a_document_are_refused() -> None:
    for end in range(0, len(CANONICAL), 7):
        with pytest.raises(NotCanonical):
            parse(CANONICAL[:end])


def test_what_is_no_stream_is_bounded() -> None:
    widths = helvetica({"Widths": [0] * (MAX_STRUCTURE_BYTES // 2)})

    with pytest.raises(NotCanonical):
        parse(document(resources={"Font": {"F": widths}}))
    assert parse(document(resources={"XObject": {"X": scanned(b"%" * (MAX_STRUCTURE_BYTES + 1))}}))
