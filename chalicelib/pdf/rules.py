"""What a canonical document may hold: from the catalog on, each value is of a type that ``kinds.json`` knows.

The table says of each kind of dictionary and stream which keys it may have, and of which types; its source is ISO 32000-2. What
it does not know, the browser drops and this refuses. Of a type's alternatives, the first that has the value's shape is taken: a
dictionary or stream has the required keys of its kind, and the names and numbers that tell it from others.
"""

import json
import os
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import chain, cycle
from typing import Final

from chalicelib.pdf import contents
from chalicelib.pdf.contents import Drawing
from chalicelib.pdf.grammar import Dictionary, Name, NotCanonical, Reference, Stream, Value

MAX_PAGES: Final = 30
MAX_DRAWN: Final = 300_000_000
"""Largest sum of bytes that a viewer inflates, those of drawings as often as they are drawn; of a picture, its points too."""
_PIECE_BYTES: Final = 1_000_000
_DEFLATED_HEADER_BYTES: Final = 2
_DEFLATED_SUM_BYTES: Final = 4
_PICTURES: Final = ("Image", "MaskImage")
_CONTENTS: Final = ("Content", "Form", "TilingPattern")
_ATOMS: Final[dict[str, tuple[type, ...]]] = {
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "string": (bytes,),
    "name": (Name,),
    "null": (type(None),),
}
_LITERAL: Final = re.compile(r"[/\d]")
_LINK: Final = re.compile(
    rb"https?://[!\"$-.0->A-\[\]-~]+(?:[/?#][!-\[\]-~]*)?|mailto:[!->@-\[\]-~]+|tel:\+?[0-9]+"
)
"""Another scheme starts a program (``file:`` and ``search-ms:`` among them); before an ``@``, a host that is not the one."""
_JPEG_START: Final = re.compile(rb"\xff\xd8(?:\xff\xee\0\x0eAdobe\0\x64\0{4}.)?+", re.DOTALL)
_JPEG_SEGMENT: Final = re.compile(rb"\xff([\xc0-\xcf\xda-\xdd])(..)", re.DOTALL)
_JPEG_MARKER: Final = re.compile(rb"\xff[^\0\xff\xd0-\xd7]|\Z")
_JPEG_SCAN, _JPEG_END = b"\xda", b"\xff\xd9"
_KEYWORD: Final = re.compile(rb"obj(?<=[\0\t\n\f\r ]obj)")  # found ten times faster than what may precede it
_BLANK_BACKWARDS: Final = rb"(?:[\0\t\n\f\r ]|[\r\n][^\r\n]*?%(?=[\0\t\n\f\r \d]))+"
_OBJECT_BACKWARDS: Final = re.compile(rb"jbo" + _BLANK_BACKWARDS + rb"\d++" + _BLANK_BACKWARDS + rb"\d")
"""What a viewer that repairs a document takes for an object of it, though it is within a stream's bytes. Forwards, each digit
may begin a comment that ends far away."""


with open(os.path.join(os.path.dirname(__file__), "kinds.json")) as file:
    _table = json.load(file)
_UNIONS: Final[dict[str, str]] = _table["unions"]
_ARRAYS: Final[dict[str, list[str]]] = _table["arrays"]
_TUPLES: Final = {kind: [member.rstrip("?") for member in members] for kind, members in _ARRAYS.items()}
_READER: Final = contents.Reader(_table["operators"])
_STREAMS: Final[dict[str, dict[str, str]]] = _table["streams"]
_KINDS: Final[dict[str, dict[str, str]]] = _table["dictionaries"] | _STREAMS
_KEYS: Final = {kind: {key.rstrip("!"): keys[key] for key in keys} for kind, keys in _KINDS.items()}
_REQUIRED: Final = {kind: [key[:-1] for key in keys if key[-1] == "!"] for kind, keys in _KINDS.items()}


def check(objects: Sequence[Dictionary]) -> None:
    """Look at every value that the catalog leads to, and at the bytes of streams.

    Raises:
        NotCanonical: a key or value that the table does not know, or an object of two kinds; a page that the tree of pages does
            not name, or names twice, or that names a link twice; no page, or too many; bytes that inflate to too much, or look
            like objects; a JPEG with more than its picture; a content that ``contents`` does not know.
        zlib.error: damaged bytes.
    """
    by_kind = _walk(objects)
    _check_pages(by_kind)
    drawings: dict[int, Drawing] = {}
    inflated_bytes = 0
    for kind, found in by_kind.items():
        for stream in (content for content in found if isinstance(content, Stream)):
            data = stream.data
            if stream["Filter"] == "DCTDecode":
                _check_jpeg(data)
            if b"trailer" in data or (_KEYWORD.search(data) and _OBJECT_BACKWARDS.search(data[::-1])):
                raise NotCanonical
            drawing = _read_drawing(stream, kind, MAX_DRAWN - inflated_bytes)
            inflated_bytes += drawing.size
            drawings[id(stream)] = drawing
    if contents.count_drawn(objects, by_kind, drawings) > MAX_DRAWN:
        raise NotCanonical


def _read_drawing(stream: Stream, kind: str, most_bytes: int) -> Drawing:
    """Return the size of a stream, and by which names it draws; a picture that is coded in its own way is not opened."""
    if stream["Filter"] != "FlateDecode":
        return Drawing(0, Counter())
    pieces = _inflate(stream.data, most_bytes, is_alone=kind not in _PICTURES)
    return _READER.read(b"".join(pieces)) if kind in _CONTENTS else Drawing(sum(map(len, pieces)), Counter())


def _walk(objects: Sequence[Dictionary]) -> dict[str, list[Dictionary]]:
    """Return the dictionaries and streams that the catalog leads to, by kind. Raises NotCanonical for any other value."""
    kinds: dict[int, str] = {}
    by_kind: dict[str, list[Dictionary]] = defaultdict(list)
    waiting: list[tuple[Value, str]] = [(Reference(1), "Catalog")]
    while waiting:
        value, wanted = waiting.pop()
        content = objects[value.number - 1] if isinstance(value, Reference) else value
        kind = next((kind for kind in _list_alternatives(wanted) if _has_shape(content, kind)), None)
        if kind is None:
            raise NotCanonical
        if isinstance(value, Reference):
            if kinds.get(value.number, kind) != kind:
                raise NotCanonical
            if value.number in kinds:
                continue
            kinds[value.number] = kind
        if isinstance(content, dict):
            by_kind[kind].append(content)
        waiting += _list_parts(content, kind)
    return by_kind


def _has_shape(content: Value, kind: str) -> bool:
    """Whether a value looks like one of this kind, whatever is wrong within it."""
    if kind in _ATOMS:
        return type(content) in _ATOMS[kind]
    if kind == "uri":
        return isinstance(content, bytes) and _LINK.fullmatch(content) is not None
    if _LITERAL.match(kind):
        return type(content) in (int, Name) and content == (kind[1:] if kind[0] == "/" else int(kind))
    if kind[0] == "{" or kind in _KEYS:
        return isinstance(content, dict) and _has_required(content, kind)
    return isinstance(content, list) and _has_length(content, kind)


def _has_required(content: Dictionary, kind: str) -> bool:
    """Whether a dictionary or stream has the keys without which it is not of this kind."""
    if isinstance(content, Stream) != (kind in _STREAMS):
        return False
    required = _REQUIRED.get(kind, ())
    return all(key in content and _may_be(content[key], _KEYS[kind][key]) for key in required)


def _has_length(content: list[Value], kind: str) -> bool:
    """Whether an array has as many elements as this kind; in a tuple, those that tell it from others are the right ones."""
    if kind in _TUPLES:
        least = sum(member[-1] != "?" for member in _ARRAYS[kind])
        return least <= len(content) <= len(_ARRAYS[kind]) and all(map(_may_be, content, _TUPLES[kind]))
    member, _, count = kind[1:-1].partition("*")
    return len(content) == int(count) if count else len(content) % len(_split_type(member, ",")) == 0


def _may_be(value: Value, wanted: str) -> bool:
    """Whether a value fits a type that lists names and numbers; every value may be of another type, which is checked later."""
    kinds = _list_alternatives(wanted)
    return not all(map(_LITERAL.match, kinds)) or any(_has_shape(value, kind) for kind in kinds)


def _list_parts(content: Value, kind: str) -> Iterable[tuple[Value, str]]:
    """List the values within a value of this kind, with the type that is wanted of each.

    ``kind``: ``[number*]`` for a list of numbers, ``[number,name*]`` for pairs; ``{number}`` for a dictionary of numbers under
    any keys; else the name of a tuple or of a dictionary with known keys.
    """
    if isinstance(content, list):
        members = _TUPLES.get(kind) or _split_type(kind[1:-1].partition("*")[0], ",")
        return zip(content, cycle(members), strict=False)
    if not isinstance(content, dict):
        return ()
    if kind[0] == "{":
        return ((value, kind[1:-1]) for value in content.values())
    if not content.keys() <= _KEYS[kind].keys():
        raise NotCanonical
    return ((value, _KEYS[kind][key]) for key, value in content.items())


@cache
def _list_alternatives(wanted: str) -> list[str]:
    """List the kinds of which a value of this type may be."""
    names = _split_type(wanted, "|")
    return list(chain(*(_list_alternatives(_UNIONS[name]) if name in _UNIONS else [name] for name in names)))


@cache
def _split_type(written: str, separator: str) -> list[str]:
    """Split a type at the separators outside its brackets."""
    pieces, depth = [""], 0
    for letter in written:
        depth += (letter in "[{") - (letter in "]}")
        if letter == separator and depth == 0:
            pieces.append("")
        else:
            pieces[-1] += letter
    return pieces


def _check_pages(by_kind: dict[str, list[Dictionary]]) -> None:
    """Check that one node names and counts all pages, each once, and that a page names each of its links once."""
    trees, pages = by_kind["Pages"], by_kind["Page"]
    kids = _list_references(trees[0]["Kids"])
    if len(trees) > 1 or not 1 <= len(kids) <= MAX_PAGES or {len(pages), trees[0]["Count"]} != {len(kids)}:
        raise NotCanonical
    for named in (kids, *(_list_references(page.get("Annots", [])) for page in pages)):
        if len(set(named)) < len(named):
            raise NotCanonical


def _list_references(array: Value) -> list[Reference]:
    """List the references of an array."""
    assert isinstance(array, list)  # the table says so
    return [member for member in array if isinstance(member, Reference)]


def _check_jpeg(data: bytes) -> None:
    """Check that a JPEG holds its picture alone. Raises NotCanonical for what cameras and programs write beside it."""
    start = _JPEG_START.match(data)
    at = start.end() if start else len(data)
    while segment := _JPEG_SEGMENT.match(data, at):
        at += 2 + int.from_bytes(segment[2])
        if segment[1] == _JPEG_SCAN and (marker := _JPEG_MARKER.search(data, at)):
            at = marker.start()
    if data[at:] != _JPEG_END:
        raise NotCanonical


def _inflate(data: bytes, most: int, *, is_alone: bool) -> Iterator[bytes]:
    """Give inflated data in pieces. Raises NotCanonical: more than ``most`` bytes, cut, or not alone as it should be."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)  # a picture may have another sum than its own
    data = data[_DEFLATED_HEADER_BYTES:]
    while not inflater.eof:
        piece = inflater.decompress(data, _PIECE_BYTES)
        data = inflater.unconsumed_tail
        most -= len(piece)
        if most < 0 or not (piece or inflater.eof):
            raise NotCanonical
        yield piece
    if is_alone and len(inflater.unused_data) != _DEFLATED_SUM_BYTES:
        raise NotCanonical
