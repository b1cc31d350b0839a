"""What a canonical document may hold: from the catalog on, each value is of a type that ``kinds.json`` knows.

The table says of each kind of dictionary and stream which keys it may have, and of which types; its source is ISO 32000-2. What
it does not know, the browser drops and this refuses. Of a type's alternatives, the first that has the value's shape is taken: a
dictionary or stream has the required keys of its kind, and the names and numbers that tell it from others.
"""

import json
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from chalicelib.pdf.grammar import Dictionary, Name, NotCanonical, Object, Reference, Stream, Value

MAX_PAGES: Final = 30
INFLATED_BYTES: Final = 200_000_000
"""Largest sum of what a viewer would inflate beside pictures, whose honest size is large and declared."""
_PIECE_BYTES: Final = 1_000_000
_PICTURES: Final = frozenset({"Image", "MaskImage"})
_ATOMS: Final[dict[str, tuple[type, ...]]] = {
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "string": (bytes,),
    "name": (Name,),
    "null": (type(None),),
}
_LINK: Final = re.compile(rb"(?:https?://|mailto:|tel:)[!-\[\]-~]+")
"""Another scheme starts a program (``file:`` and ``search-ms:`` among them)."""
_BLANK: Final = rb"(?:[\0\t\n\f\r ]|%[^\r\n]*+[\r\n])++"
_OBJECT_INSIDE: Final = re.compile(rb"\d" + _BLANK + rb"\d+" + _BLANK + rb"obj|trailer")
"""What a viewer that repairs a document takes for a part of it, though it is within a stream's bytes."""

Content: TypeAlias = "Value | Stream"


class Keys(NamedTuple):
    """The keys of a kind of dictionary or stream, with the types of their values."""

    holder: type
    types: dict[str, str]
    required: frozenset[str]


_TABLE: Final = json.loads(Path(__file__).with_name("kinds.json").read_text())
_UNIONS: Final[dict[str, str]] = _TABLE["unions"]
_TUPLES: Final[dict[str, list[str]]] = _TABLE["arrays"]
_KEYS: Final = {
    kind: Keys(
        holder,
        {key.rstrip("!"): wanted for key, wanted in keys.items()},
        frozenset(key[:-1] for key in keys if key.endswith("!")),
    )
    for section, holder in (("dictionaries", dict), ("streams", Stream))
    for kind, keys in _TABLE[section].items()
}


def count_pages(objects: Sequence[Object]) -> int:
    """Check every value that the catalog leads to, and count the pages.

    Raises:
        NotCanonical: a key or value that the table does not know, or an object of two kinds; a page that the tree of pages does
            not name, or names twice; no page, or too many; bytes of streams that inflate to too much, or look like objects.
    """
    found = _walk(objects)
    if len(found["Pages"]) != 1:
        raise NotCanonical
    tree = _entries(found["Pages"][0])
    kids = tree["Kids"]
    assert isinstance(kids, list)  # the table says so
    pages = len({kid for kid in kids if isinstance(kid, Reference)})
    if not 1 <= pages <= MAX_PAGES or [pages, pages, pages] != [len(kids), len(found["Page"]), tree["Count"]]:
        raise NotCanonical
    _check_bytes(found)
    return pages


def _walk(objects: Sequence[Object]) -> dict[str, list[Content]]:
    """What the catalog leads to, by kind."""
    kinds: dict[int, str] = {}
    found: dict[str, list[Content]] = defaultdict(list)
    waiting: list[tuple[Value, str]] = [(Reference(1), "Catalog")]
    while waiting:
        value, wanted = waiting.pop()
        content = objects[value.number - 1] if isinstance(value, Reference) else value
        kind = next((kind for kind in _alternatives(wanted) if _has_shape(content, kind)), None)
        if kind is None:
            raise NotCanonical
        if isinstance(value, Reference):
            if value.number in kinds and kinds[value.number] != kind:
                raise NotCanonical
            if value.number in kinds:
                continue
            kinds[value.number] = kind
        found[kind].append(content)
        waiting += _parts(content, kind)
    return found


def _has_shape(content: Content, kind: str) -> bool:
    """Whether a value looks like one of this kind, whatever is wrong within it."""
    if kind in _ATOMS:
        return type(content) in _ATOMS[kind]
    if kind == "uri":
        return isinstance(content, bytes) and _LINK.fullmatch(content) is not None
    if _is_literal(kind):
        return (
            content == kind[1:]
            if isinstance(content, Name)
            else type(content) is int and str(content) == kind
        )
    if kind[0] == "{":
        return isinstance(content, dict)
    if kind[0] == "[":
        return isinstance(content, list) and _has_length(content, kind)
    if kind in _TUPLES:
        return isinstance(content, list) and _has_members(content, _TUPLES[kind])
    keys = _KEYS[kind]
    entries = _entries(content)
    return type(content) is keys.holder and all(
        key in entries and _tells(entries[key], keys.types[key]) for key in keys.required
    )


def _tells(value: Value, wanted: str) -> bool:
    """Whether a value is one of the names or numbers that are wanted, if those alone are."""
    kinds = _alternatives(wanted)
    return not all(map(_is_literal, kinds)) or any(_has_shape(value, kind) for kind in kinds)


def _is_literal(kind: str) -> bool:
    return kind[0] == "/" or kind.isdigit()


def _has_length(content: list[Value], kind: str) -> bool:
    members, _, count = kind[1:-1].partition("*")
    return len(content) == int(count) if count else len(content) % len(_cut(members, ",")) == 0


def _has_members(content: list[Value], members: list[str]) -> bool:
    least = sum(not member.endswith("?") for member in members)
    return least <= len(content) <= len(members) and all(map(_tells, content, members))


def _parts(content: Content, kind: str) -> Iterable[tuple[Value, str]]:
    """The values within a value of this kind, and which types are wanted of them."""
    if isinstance(content, list) and kind in _TUPLES:
        return zip(content, (member.rstrip("?") for member in _TUPLES[kind]), strict=False)
    if isinstance(content, list):
        return zip(content, cycle(_cut(kind[1:-1].partition("*")[0], ",")), strict=False)
    if kind[0] == "{":
        return [(value, kind[1:-1]) for value in _entries(content).values()]
    types = _KEYS[kind].types if kind in _KEYS else {}
    entries = _entries(content)
    if not entries.keys() <= types.keys():
        raise NotCanonical
    return [(value, types[key]) for key, value in entries.items()]


def _entries(content: Content) -> Dictionary:
    """The entries of a dictionary or stream; another value has none."""
    if isinstance(content, Stream):
        return content.entries
    return content if isinstance(content, dict) else {}


@cache
def _alternatives(wanted: str) -> list[str]:
    """The kinds of which a value of this type is one, each name of several replaced by them."""
    written = _cut(wanted, "|")
    return [
        kind for each in written for kind in (_alternatives(_UNIONS[each]) if each in _UNIONS else [each])
    ]


@cache
def _cut(written: str, separator: str) -> list[str]:
    """Cut a type at the separators that no bracket holds."""
    pieces, depth = [""], 0
    for letter in written:
        depth += (letter in "[{") - (letter in "]}")
        if letter == separator and depth == 0:
            pieces.append("")
        else:
            pieces[-1] += letter
    return pieces


def _check_bytes(found: dict[str, list[Content]]) -> None:
    """Inflate what is not a picture, within bounds, to the very end; and look for what a viewer could take for objects."""
    left = INFLATED_BYTES
    for kind, contents in found.items():
        for data in (content.data for content in contents if isinstance(content, Stream)):
            if (b"obj" in data or b"trailer" in data) and _OBJECT_INSIDE.search(data):
                raise NotCanonical
            if kind not in _PICTURES:
                left -= _inflated_bytes(data, left)


def _inflated_bytes(data: bytes, most: int) -> int:
    """How many bytes it inflates to. Raises NotCanonical: more than ``most``, or not exactly one deflated piece."""
    inflater = zlib.decompressobj()
    size = 0
    try:
        while not inflater.eof and size <= most:
            piece = inflater.decompress(data, _PIECE_BYTES)
            data = inflater.unconsumed_tail
            if not piece and not data:
                break
            size += len(piece)
    except zlib.error as damage:
        raise NotCanonical from damage
    if not inflater.eof or inflater.unused_data or size > most:
        raise NotCanonical
    return size
