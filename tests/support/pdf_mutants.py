"""Canonical documents with random changes: of bytes, of tokens, of whole objects, of values that are written canonically again.

Changes of bytes and tokens show whether the grammar lets something through that is read in two ways; changes of values, which
pass the grammar, whether the table of kinds lets something through that acts.
"""

import copy
import re
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any, Final

from chalicelib.pdf import grammar
from chalicelib.pdf.grammar import Dictionary, Name, Reference, Stream

_TOKEN: Final = re.compile(rb"/[^\s/<>\[\]()]*|<<|>>|[\[\]]|<[0-9A-F]*>|-?[\d.]+|[A-Za-z]+|[ \n]")
_OBJECT: Final = re.compile(rb"\d+ 0 obj\n.*?\nendobj\n", re.DOTALL)
_STREAM: Final = re.compile(rb"\nstream\n(.*?)\nendstream\n", re.DOTALL)

SCRIPT: Final = {"S": Name("JavaScript"), "JS": b"app.alert(1)"}
VALUES: Final[tuple[Any, ...]] = (
    SCRIPT,
    {"S": Name("Launch"), "F": b"cmd.exe"},
    {"S": Name("GoToR"), "F": b"other.pdf", "D": [0, Name("Fit")]},
    {"S": Name("URI"), "URI": b"file:///C:/x.exe"},
    {"S": Name("URI"), "URI": b"javascript:alert(1)"},
    {"S": Name("URI"), "URI": b"https://x.example"},
    [Reference(3), Name("Fit")],
    {"S": Name("GoTo"), "D": b"name", "Next": SCRIPT},
    {"S": Name("SubmitForm"), "F": b"https://x.example"},
    {"JavaScript": {"Names": [b"a", SCRIPT]}},
    {"EmbeddedFiles": {"Names": [b"a", {"F": b"a.exe", "EF": {"F": Reference(1)}}]}},
    {"Fields": [], "XFA": b"<xdp/>"},
    {"Type": Name("Annot"), "Subtype": Name("Widget"), "Rect": [0, 0, 9, 9], "FT": Name("Tx")},
    {"Type": Name("Annot"), "Subtype": Name("FileAttachment"), "Rect": [0, 0, 9, 9], "FS": {"F": b"a.exe"}},
    {"Type": Name("Annot"), "Subtype": Name("Link"), "Rect": [0, 0, 9, 9], "A": SCRIPT},
    Stream({"Filter": Name("FlateDecode"), "Length": 8}, b"x\x9c\x03\0\0\0\0\1"),
    Stream({"Type": Name("ObjStm"), "N": 1, "First": 4, "Filter": Name("FlateDecode"), "Length": 8}, b"x\x9c\x03\0\0\0\0\1"),
    b"(0); alert(1); void(0)",
    b"https://x.example",
    [],
    [b"x"],
    {},
    None,
    True,
    0,
    1,
    -1,
    0.5,
    999999999,
    Name("JavaScript"),
    Name("Link"),
    Name("Widget"),
    Name("XRef"),
    Name("Page"),
    Name("Pages"),
    Name("URI"),
    Name("Crypt"),
    Name(""),
)  # fmt: skip
"""What is put at a place that was for something else."""
KEYS: Final = [
    "OpenAction", "AA", "A", "PA", "Next", "Names", "AcroForm", "JS", "JavaScript", "EF", "AF", "F", "FS", "URI", "XFA",
    "Metadata", "Encrypt", "Prev", "XRefStm", "Collection", "Linearized", "Type", "Subtype", "Subtype2", "PS", "Kids",
    "Count", "Parent", "Annots", "Dest", "Rect", "S", "N", "D", "First", "Last", "Length", "Filter", "DecodeParms", "DL",
    "FFilter", "Ref", "Extends",
]  # fmt: skip
TOKENS: Final[Sequence[bytes]] = (
    *b"/JavaScript /Launch /OpenAction /AA /Names /Type /Encrypt 0 00 1 +1 -0 1. .5 7.0 1_0 99999999999 null true R".split(),
    *b"obj endobj stream endstream xref trailer startxref << >> [ ] <> <4> <41> (a) %x {}".split(),
    *(b" ", b"\n", b"\r", b"\0", b""),
)


class Original:
    """A canonical document whose places are known, so that each change costs little."""

    def __init__(self, document: bytes) -> None:
        self.document = document
        self.objects: Sequence[Dictionary] = grammar.parse(document)
        streams = [match.span(1) for match in _STREAM.finditer(document)]
        self.tokens = [
            match.span()
            for match in _TOKEN.finditer(document)
            if not any(start <= match.start() < end for start, end in streams)
        ]
        self.spans = [match.span() for match in _OBJECT.finditer(document)]

    def mutant(self, random: Random) -> bytes:
        """A document that differs from this one by a few changes of one sort."""
        return random.choice(CHANGES)(self, random)


def without_streams(document: bytes) -> bytes:
    """The same document, each stream deflated from nothing: smaller, of the same structure."""
    nothing = b"x\x9c\x03\0\0\0\0\1"
    return grammar.write(
        [
            Stream(content | {"Length": len(nothing)}, nothing) if isinstance(content, Stream) else content
            for content in grammar.parse(document)
        ]
    )


def _bytes_changed(original: Original, random: Random) -> bytes:
    """Return the document with one to three changes of bytes: a byte, a deletion or a piece from elsewhere."""
    changed = bytearray(original.document)
    for _ in range(random.choice((1, 1, 2, 3))):
        at = random.randrange(len(changed))
        end = at + random.choice((0, 1, 1, 2, 8))
        other = random.randrange(len(changed))
        changed[at:end] = random.choice(
            (
                bytes([random.randrange(256)]),
                b"",
                bytes([changed[at] ^ 1 << random.randrange(8)]),
                bytes(changed[other : other + random.randrange(40)]),
            )
        )
    return bytes(changed)


def _tokens_changed(original: Original, random: Random) -> bytes:
    """Return the document with one token replaced or extended, or one number changed a little."""
    start, end = random.choice(original.tokens)
    other = random.choice(original.tokens)
    token = original.document[start:end]
    new = random.choice(
        (random.choice(TOKENS), original.document[slice(*other)], token + random.choice(TOKENS))
    )
    if token.isdigit() and random.random() < 0.5:
        new = b"%d" % abs(int(token) + random.choice((-1, 1, 10)))
    return original.document[:start] + new + original.document[end:]


def _objects_changed(original: Original, random: Random) -> bytes:
    """Objects swapped, repeated, left out, put elsewhere or under another number; mostly with a table that is true again."""
    objects = [original.document[slice(*span)] for span in original.spans]
    at, other = random.randrange(len(objects)), random.randrange(len(objects))
    match random.randrange(5):
        case 0:
            objects[at], objects[other] = objects[other], objects[at]
        case 1:
            objects.insert(other, objects[at])
        case 2:
            del objects[at]
        case 3:
            number = random.choice((b"%d" % (other + 1), b"0", b"01", b"7.0", b"%d" % (len(objects) + 1)))
            objects[at] = number + objects[at][objects[at].index(b" ") :]
        case _:
            objects[at] = b"%d 0 obj\n" % (at + 1) + objects[other].partition(b"obj\n")[2]
    head = original.document[: original.spans[0][0]]
    if random.random() < 0.2:
        return head + b"".join(objects) + original.document[original.spans[-1][1] :]
    return _with_table(head, objects, random)


def _with_table(head: bytes, objects: list[bytes], random: Random) -> bytes:
    """Return a file of these objects with a true cross-reference table; now and then the file twice in a row."""
    places, at = [], len(head)
    for content in objects:
        places.append(b"%010d 00000 n \n" % at)
        at += len(content)
    size = len(objects) + 1
    end = b"trailer\n<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF\n" % (size, at)
    whole = head + b"".join(objects) + b"xref\n0 %d\n0000000000 65535 f \n" % size + b"".join(places) + end
    return whole * 2 if random.random() < 0.05 else whole


def _values_changed(original: Original, random: Random) -> bytes:
    """Return the document, written canonically, with one to three of its values changed."""
    objects = list(original.objects)
    for _ in range(random.choice((1, 1, 2, 3))):
        at = random.randrange(len(objects))
        objects[at] = copy.deepcopy(objects[at])
        _change_value(objects, objects[at], random)
    return grammar.write(renumbered(objects))


def _change_value(objects: list[Dictionary], content: Dictionary, random: Random) -> None:
    """Change one value at random somewhere within an object: delete, add or replace it."""
    places = list(_places(content))
    if not places:
        return
    holder, key = random.choice(places)
    match random.randrange(6):
        case 0:
            del holder[key]
        case 1 if isinstance(holder, dict):
            holder[random.choice(KEYS)] = _placed(objects, random.choice(VALUES))
        case 2 if isinstance(holder[key], int | float):
            holder[key] = round(holder[key] + random.choice((-1, 1, 0.5, 1000)), 6)
        case 3 if isinstance(holder[key], Reference):
            holder[key] = Reference(random.randrange(len(objects)) + 1)
        case 4:
            taken = random.choice([each[name] for each, name in _places(random.choice(objects))] or [None])
            holder[key] = copy.deepcopy(taken)
        case _:
            holder[key] = _placed(objects, random.choice(VALUES))


def _placed(objects: list[Dictionary], value: Any) -> Any:
    """The value as it may stand in another one: a stream as a reference."""
    if not isinstance(value, Stream):
        return value
    objects.append(value)
    return Reference(len(objects))


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each dictionary or array within a value, and each key or index of it."""
    items = list(value.items() if isinstance(value, dict) else enumerate(value))
    for key, item in items:
        yield value, key
        if isinstance(item, dict | list):
            yield from _places(item)


def renumbered(objects: Sequence[Dictionary]) -> list[Dictionary]:
    """The objects that the first one leads to, in the order in which they are mentioned, with numbers to match."""
    numbers, order = {1: 1}, [1]

    def renamed(value: Any) -> Any:
        match value:
            case Reference() if value.number <= len(objects):
                if value.number not in numbers:
                    order.append(value.number)
                    numbers[value.number] = len(order)
                return Reference(numbers[value.number])
            case dict():
                return {key: renamed(value[key]) for key in sorted(value)}
            case list():
                return [renamed(item) for item in value]
        return value

    new: list[Dictionary] = []
    for number in order:  # which grows meanwhile
        content = objects[number - 1]
        entries = renamed(content)
        new.append(Stream(entries, content.data) if isinstance(content, Stream) else entries)
    return new


CHANGES: Final[tuple[Callable[[Original, Random], bytes], ...]] = (
    _bytes_changed,
    _tokens_changed,
    _objects_changed,
    _values_changed,
    _values_changed,
)
