"""Read and write the canonical form of a PDF: the only one that leaves, since it has one reading.

Objects are numbered in the order in which the file first mentions them, and stand in that order. Only dictionaries and streams
are objects. One cross-reference table names them all. What is read is written again and compared, so that a byte which the
reader passes over, a key that stands twice or a number written another way is refused. The browser writes the same form;
``rules`` says what may be in it.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

MAX_DEPTH: Final = 16
"""Dictionaries and arrays written inside one another within an object."""
MAX_STRUCTURE_BYTES: Final = 2_000_000
"""All that is not within a stream: every two bytes of it may be a value to read, which takes about 2 µs."""
_HEADER: Final = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
_STREAM: Final = b"\nstream\n"
_ENDSTREAM: Final = b"\nendstream"
_OBJECT: Final = re.compile(rb"(?:\nendobj\n)?\d+ 0 obj\n")
_TOKEN: Final = re.compile(
    rb" ?(?:(?P<name>/[A-Za-z0-9._+#-]*)|(?P<reference>[1-9]\d{0,5}) 0 R|(?P<real>-?\d{1,9}\.\d{1,10})"
    rb"|(?P<integer>-?\d{1,9})|(?P<word>true|false|null)|(?P<open><<|\[)|<(?P<string>(?:[0-9A-F]{2})*)>)"
)
_CLOSING: Final = re.compile(rb">>|\]")
_ESCAPED: Final = re.compile(rb"#([0-9A-F]{2})")
_UNSAFE: Final = re.compile(rb"[^A-Za-z0-9._+-]")


class NotCanonical(Exception):
    """The bytes are not the canonical form, or hold what it does not know."""


class Name(str):
    """A name without its slash and escapes, each byte one character."""

    __slots__ = ()


class Reference(NamedTuple):
    """Stands for an object wherever a dictionary or stream may stand."""

    number: int


Value: TypeAlias = "bool | int | float | bytes | Name | Reference | list[Value] | Dictionary | None"
Dictionary: TypeAlias = dict[str, "Value"]


class Stream(dict[str, Value]):
    """A dictionary that bytes follow, as they are in the file."""

    def __init__(self, entries: Dictionary, data: bytes) -> None:
        super().__init__(entries)
        self.data = data


def parse(document: bytes) -> list[Dictionary]:
    """Return the objects of a document, the catalog first. Raises NotCanonical unless writing them gives the same bytes."""
    objects = _Reader(document).read_objects()
    if write(objects) != document:
        raise NotCanonical
    return objects


def write(objects: Sequence[Dictionary]) -> bytes:
    """Return the bytes of a document. Objects are numbered by their places, from 1: in the order of their first mention."""
    parts, places, at = [_HEADER], [], len(_HEADER)
    for number, content in enumerate(objects, 1):
        bytes_after = (_STREAM, content.data, _ENDSTREAM) if isinstance(content, Stream) else ()
        written = b"".join((b"%d 0 obj\n" % number, _format_value(content), *bytes_after, b"\nendobj\n"))
        places.append(b"%010d 00000 n \n" % at)
        parts.append(written)
        at += len(written)
    size = len(objects) + 1
    table = b"xref\n0 %d\n0000000000 65535 f \n%b" % (size, b"".join(places))
    trailer = b"trailer\n<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF\n" % (size, at)
    return b"".join([*parts, table, trailer])


class _Reader:
    """One pass over a document. It may read too much: what is not written as it should be, ``write`` shows."""

    def __init__(self, document: bytes) -> None:
        self._document = document
        self._at = len(_HEADER)
        self._end = MAX_STRUCTURE_BYTES
        self._highest_mentioned = 1

    def read_objects(self) -> list[Dictionary]:
        """Read objects until all those that were mentioned are read."""
        objects: list[Dictionary] = []
        while len(objects) < self._highest_mentioned:
            header = _OBJECT.match(self._document, self._at)
            if header is None:
                raise NotCanonical
            self._at = header.end()
            objects.append(self._read_object())
        return objects

    def _read_object(self) -> Dictionary:
        """Read the next object: a dictionary, or a stream."""
        entries = self._read_value(0)
        if not isinstance(entries, dict):
            raise NotCanonical
        if not self._document.startswith(_STREAM, self._at):
            return entries
        start, length = self._at + len(_STREAM), entries.get("Length")
        if type(length) is not int or length < 0:
            raise NotCanonical
        self._at = start + length + len(_ENDSTREAM)
        self._end += length
        return Stream(entries, self._document[start : start + length])

    def _read_value(self, depth: int) -> Value:
        """Read the next value; ``depth``: how many dictionaries and arrays it is in."""
        token = _TOKEN.match(self._document, self._at, self._end)
        if token is None or depth > MAX_DEPTH:
            raise NotCanonical
        self._at = token.end()
        kind = token.lastgroup or ""
        if kind == "reference":
            return self._read_reference(int(token[kind]))
        return self._read_container(token[kind], depth + 1) if kind == "open" else _SCALARS[kind](token[kind])

    def _read_reference(self, number: int) -> Reference:
        """Return a reference. Raises NotCanonical for a number above the next new one."""
        if number > self._highest_mentioned + 1:
            raise NotCanonical
        self._highest_mentioned = max(self._highest_mentioned, number)
        return Reference(number)

    def _read_container(self, opening: bytes, depth: int) -> "list[Value] | Dictionary":
        """Read the values up to the closing bracket, and return them as an array or a dictionary."""
        values: list[Value] = []
        while not (closing := _CLOSING.match(self._document, self._at)):
            values.append(self._read_value(depth))
        self._at = closing.end()
        if opening == b"[":
            return values
        keys = [key for key in values[::2] if isinstance(key, Name)]
        if len(values) != 2 * len(keys):
            raise NotCanonical
        return dict(zip(keys, values[1::2], strict=True))


@lru_cache(maxsize=4096)
def read_name(written: bytes) -> Name:
    """Decode a name of the file, such as ``/Type`` or ``/A#20B``."""
    name = _ESCAPED.sub(lambda escape: bytes.fromhex(escape[1].decode()), written[1:])
    if b"\0" in name:
        raise NotCanonical  # some viewers end the name there
    return Name(name.decode("latin-1"))


_SCALARS: Final[dict[str, Callable[[bytes], Value]]] = {
    "name": read_name,
    "real": float,
    "integer": int,
    "word": {b"true": True, b"false": False, b"null": None}.__getitem__,
    "string": lambda digits: bytes.fromhex(digits.decode()),
}


def _format_value(value: Value) -> bytes:
    """Return a value in its one canonical form."""
    match value:
        case None:
            return b"null"
        case bool():
            return b"true" if value else b"false"
        case int():
            return b"%d" % value
        case float():
            return f"{value:.10f}".rstrip("0").rstrip(".").encode()
        case bytes():
            return b"<%b>" % value.hex().upper().encode()
        case Name():
            return _format_name(value)
        case Reference():
            return b"%d 0 R" % value.number
        case list():
            return b"[%b]" % b" ".join(map(_format_value, value))
        case dict():
            entries = sorted((_format_name(key), _format_value(item)) for key, item in value.items())
            return b"<<%b>>" % b"".join(b"%b %b" % entry for entry in entries)


@lru_cache(maxsize=4096)
def _format_name(name: str) -> bytes:
    """Return a name in its one canonical form, unsafe characters as ``#20``."""
    return b"/" + _UNSAFE.sub(lambda byte: b"#%02X" % byte[0][0], name.encode("latin-1"))
