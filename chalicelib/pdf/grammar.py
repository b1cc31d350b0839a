"""Read and write the canonical form of a PDF: the only one that leaves, since it has one reading.

Objects are numbered in the order in which the file first mentions them, and stand in that order. Only dictionaries and streams
are objects. One cross-reference table names them all. What is read is written again and compared, so that a byte which the
reader passes over, a key that stands twice or a number written another way is refused. The browser writes the same form;
``rules`` says what may be in it.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

MAX_DEPTH: Final = 16
"""Dictionaries and arrays written inside one another within an object."""
_HEADER: Final = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
_TOKEN: Final = re.compile(
    rb"(?P<name>/(?:[A-Za-z0-9._+-]|#[0-9A-F]{2})*)|(?P<reference>[1-9]\d{0,5}) 0 R"
    rb"|(?P<real>-?\d{1,9}\.\d{1,6})|(?P<integer>-?\d{1,9})|(?P<word>true|false|null)"
    rb"|(?P<dictionary><<)|<(?P<string>(?:[0-9A-F]{2})*)>|(?P<array>\[)"
)
_OBJECT: Final = re.compile(rb"([1-9]\d{0,5}) 0 obj\n(?=<<)")
_ESCAPED: Final = re.compile(rb"#([0-9A-F]{2})")
_UNSAFE: Final = re.compile(rb"[^A-Za-z0-9._+-]")
_WORDS: Final = {b"true": True, b"false": False, b"null": None}


class NotCanonical(Exception):
    """The bytes are not the canonical form, or hold what it does not know."""


class Name(str):
    """A name without its slash and escapes, each byte one character."""

    __slots__ = ()


class Reference(NamedTuple):
    """Stands for an object wherever a dictionary or stream may stand."""

    number: int


Value: TypeAlias = "bool | int | float | bytes | Name | Reference | list[Value] | Dictionary | None"
Dictionary: TypeAlias = "dict[str, Value]"


class Stream(NamedTuple):
    """A dictionary, and the bytes that follow it as they are in the file."""

    entries: Dictionary
    data: bytes


Object: TypeAlias = "Dictionary | Stream"


def read(document: bytes) -> list[Object]:
    """Give the objects of a canonical document, the first being number 1, the catalog.

    Raises:
        NotCanonical: written anew, it would not be the same bytes; or an object is named by none before it.
    """
    objects = _Reader(document).objects()
    if write(objects) != document:
        raise NotCanonical
    return objects


def write(objects: Sequence[Object]) -> bytes:
    """Write the document of these objects, numbered by their places from 1: in the order in which they mention one another."""
    parts, places, at = [_HEADER], [], len(_HEADER)
    for number, content in enumerate(objects, 1):
        if isinstance(content, Stream):
            body = b"%b\nstream\n%b\nendstream" % (_written(content.entries), content.data)
        else:
            body = _written(content)
        written = b"%d 0 obj\n%b\nendobj\n" % (number, body)
        places.append(b"%010d 00000 n \n" % at)
        parts.append(written)
        at += len(written)
    size = len(objects) + 1
    table = b"xref\n0 %d\n0000000000 65535 f \n%b" % (size, b"".join(places))
    return b"".join(
        [*parts, table, b"trailer\n<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF\n" % (size, at)]
    )


class _Reader:
    """One pass over a document. What it skips, and whether it is written as it should be, ``write`` shows."""

    def __init__(self, document: bytes) -> None:
        self._document = document
        self._at = len(_HEADER)
        self._named = 1

    def objects(self) -> list[Object]:
        objects: list[Object] = []
        while header := _OBJECT.match(self._document, self._at):
            self._at = header.end()
            if not int(header[1]) == len(objects) + 1 <= self._named:
                raise NotCanonical
            objects.append(self._object())
            self._pass(b"\nendobj\n")
        if len(objects) != self._named:
            raise NotCanonical
        return objects

    def _object(self) -> Object:
        entries = self._value(0)
        assert isinstance(entries, dict)  # its header looks ahead
        if not self._document.startswith(b"\nstream\n", self._at):
            return entries
        self._pass(b"\nstream\n")
        length = entries.get("Length")
        if type(length) is not int or length < 0:
            raise NotCanonical
        data = self._document[self._at : self._at + length]
        self._at += length
        self._pass(b"\nendstream")
        return Stream(entries, data)

    def _value(self, depth: int) -> Value:
        """The value that begins here. ``depth``: how many dictionaries and arrays it is in."""
        token = _TOKEN.match(self._document, self._at)
        if token is None or depth > MAX_DEPTH:
            raise NotCanonical
        self._at = token.end()
        written = token[token.lastgroup or 0]
        match token.lastgroup:
            case "name":
                return _read_name(written)
            case "reference":
                return self._reference(int(written))
            case "real":
                return float(written)
            case "integer":
                return int(written)
            case "string":
                return bytes.fromhex(written.decode())
            case "word":
                return _WORDS[written]
            case "array":
                return self._array(depth + 1)
            case _:
                return self._dictionary(depth + 1)

    def _reference(self, number: int) -> Reference:
        if number > self._named + 1:
            raise NotCanonical
        self._named = max(self._named, number)
        return Reference(number)

    def _array(self, depth: int) -> list[Value]:
        items: list[Value] = []
        while not self._passes(b"]"):
            if items:
                self._pass(b" ")
            items.append(self._value(depth))
        return items

    def _dictionary(self, depth: int) -> Dictionary:
        entries: Dictionary = {}
        while not self._passes(b">>"):
            key = self._value(depth)
            self._pass(b" ")
            if not isinstance(key, Name):
                raise NotCanonical
            entries[key] = self._value(depth)
        return entries

    def _passes(self, literal: bytes) -> bool:
        """Go on behind ``literal`` where it comes next."""
        if not self._document.startswith(literal, self._at):
            return False
        self._at += len(literal)
        return True

    def _pass(self, literal: bytes) -> None:
        if not self._passes(literal):
            raise NotCanonical


@lru_cache(maxsize=4096)
def _read_name(written: bytes) -> Name:
    name = _ESCAPED.sub(lambda escape: bytes.fromhex(escape[1].decode()), written[1:])
    if b"\0" in name:
        raise NotCanonical  # some viewers end the name there
    return Name(name.decode("latin-1"))


def _written(value: Value) -> bytes:
    match value:
        case None:
            return b"null"
        case bool():
            return b"true" if value else b"false"
        case int():
            return b"%d" % value
        case float():
            return f"{value:.6f}".rstrip("0").rstrip(".").encode()
        case bytes():
            return b"<%b>" % value.hex().upper().encode()
        case Name():
            return _written_name(value)
        case Reference():
            return b"%d 0 R" % value.number
        case list():
            return b"[%b]" % b" ".join(map(_written, value))
        case dict():
            entries = sorted((_written_name(key), _written(item)) for key, item in value.items())
            return b"<<%b>>" % b"".join(b"%b %b" % entry for entry in entries)


@lru_cache(maxsize=4096)
def _written_name(name: str) -> bytes:
    return b"/" + _UNSAFE.sub(lambda byte: b"#%02X" % byte[0][0], name.encode("latin-1"))
