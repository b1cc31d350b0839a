"""Read every object of a PDF, and guess nothing.

It ignores the cross-reference table: earlier revisions and objects that nothing reaches are read too, because
viewers do not agree on which revision to show, each rebuilds a damaged table in its own way, and whatever is in
the file is handed over with it. No library reads here, because they repair: of two equal keys pypdf keeps
the first, after a ``null`` key it drops the rest, where viewers read on. What has no single reading is
``Unverifiable``. Pages and fonts are not decoded: their inflated size is measured, and the bytes thrown away.
"""

import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

MAX_DEPTH: Final = 64
"""Dictionaries and arrays written inside one another; honest files stay below 20."""
OBJECTS_BYTES: Final = 64_000_000
"""Largest sum of the inflated object streams, which are kept and read."""
INFLATED_BYTES: Final = 200_000_000
"""Largest sum of what a viewer would inflate beside pictures, whose honest size is large and declared."""
_CHUNK_BYTES: Final = 16_384

_SPACE = rb"[\0\t\n\f\r ]"
_BLANK = rb"(?:" + _SPACE + rb"++|%[^\r\n]*+)*+"
_END = rb"(?![^\0\t\n\f\r ()<>\[\]{}/%])"
_SKIP: Final = re.compile(_BLANK)
_NAME = rb"/[^\0\t\n\f\r ()<>\[\]{}/%\x80\xff]*+"  # bytes 80 and FF end a name for PDFium, and for it alone
_TOKEN: Final = re.compile(
    (_BLANK + rb"(?:(?P<name>" + _NAME + rb")" + _END)
    + (rb"|(?P<ref>(?P<target>\d{1,10})" + _SPACE + rb"+\d{1,5}" + _SPACE + rb"+R)" + _END)
    + (rb"|(?P<number>[+\-.\d]++)" + _END + rb"|(?P<word>true|false|null)" + _END)
    + rb"|(?P<open><<|\[)|(?P<close>>>|\])|(?P<text>\()|<(?P<hex>[\dA-Fa-f\0\t\n\f\r ]*+)>)"
)
_OBJECT: Final = re.compile(rb"obj(?<!endobj)")  # what may not precede is looked at last: ten times faster
_NUMBERS: Final = re.compile(rb"(?<!\d)(\d{1,10})%b+\d{1,5}%b*\Z" % (_SPACE, _SPACE))
_ODD_OBJECT: Final = re.compile(rb"(?<=[\0\t\n\f\r \d.+\-])obj" + _BLANK + rb"[<(\[/]")
_NOTHING: Final = re.compile(_BLANK + rb"endobj")
_STREAM: Final = re.compile(_BLANK + rb"stream(?P<line> *(?:\r\n|\n|\r))?")
_ENDSTREAM: Final = re.compile(_BLANK + rb"endstream")
_TRAILER: Final = re.compile(rb"trailer(?=" + _BLANK + rb"<<)")
_CODE: Final = re.compile(rb"#([\dA-Fa-f]{2})")
_PARENTHESIS: Final = re.compile(rb"\\.|[()]", re.DOTALL)
_ESCAPE: Final = re.compile(rb"\\(?:([0-7]{1,3})|(\r\n|.))", re.DOTALL)
_ESCAPED: Final = dict(zip(b"nrtbf\n\r", (b"\n", b"\r", b"\t", b"\b", b"\f", b"", b""), strict=True))
_FLATE: Final = (["FlateDecode"], ["Fl"])
_SQUEEZING: Final = frozenset(
    {"FlateDecode", "Fl", "LZWDecode", "LZW", "RunLengthDecode", "RL", "BrotliDecode"}
)


class Unverifiable(Exception):
    """The bytes have no single reading, or too large a one."""


class Name(str):
    """A name without its slash, its ``#xx`` resolved, each byte one character."""

    __slots__ = ()


class Ref(NamedTuple):
    """A reference to an object; its generation does not matter, since every one is read."""

    number: int


class Dictionary:
    """A dictionary that keeps every value of a repeated key, and where its stream begins when it has one."""

    __slots__ = ("entries", "repeated", "stream_at")

    def __init__(self, items: "list[Value]") -> None:
        self.entries: dict[str, Value] = {}
        self.repeated: list[tuple[str, Value]] = []
        self.stream_at: int | None = None
        for key, value in zip(items[::2], items[1::2], strict=True):
            if not isinstance(key, Name):
                raise Unverifiable
            if key in self.entries:
                self.repeated.append((key, value))
            else:
                self.entries[key] = value

    def values(self, key: str) -> "list[Value]":
        """What is written at ``key``, more than once when the key is repeated, but not ``null``."""
        written = [self.entries.get(key), *(value for other, value in self.repeated if other == key)]
        return [value for value in written if value is not None]


Value: TypeAlias = "bool | int | float | bytes | Name | Ref | list[Value] | Dictionary | None"


class Contents:
    """Every object of a file, wherever it is; ``dictionaries`` lists the nested ones too."""

    def __init__(self, document: bytes) -> None:
        self.document = document
        self.dictionaries: list[Dictionary] = []
        self.numbered: dict[int, list[Value]] = {}
        self._scalars: list[Value] = []
        self._objects_left = OBJECTS_BYTES

    def read(self) -> None:
        """Read the whole file; what was read before an ``Unverifiable`` stays."""
        for found in _OBJECT.finditer(self.document):
            numbers = _NUMBERS.search(self.document[max(0, found.start() - 40) : found.start()])
            if numbers is None and _ODD_OBJECT.match(self.document, found.start()):
                raise Unverifiable  # a header that a lenient viewer might take
            if numbers is not None and not _NOTHING.match(self.document, found.end()):
                value, end = self._value(self.document, found.end())
                self._keep(int(numbers[1]), value)
                self._note_stream(value, end)
        for trailer in _TRAILER.finditer(self.document):
            self._value(self.document, trailer.end())
        self._inflate()

    def has(self, holder: Dictionary, *keys: str) -> bool:
        """Whether one of the keys has a value; an empty array is none."""
        return any(value != [] for key in keys for value in holder.values(key))

    def texts(self, holder: Dictionary, key: str) -> list[bytes]:
        """The strings at ``key``, or names, which some viewers take for strings.

        A reference there may mean any string or name of the file: which number an object has is for the
        cross-reference table to say, and a table can lie.
        """
        found = [one for v in holder.values(key) for one in (self._scalars if isinstance(v, Ref) else [v])]
        written = [value.encode("latin-1") if isinstance(value, Name) else value for value in found]
        return [text for text in written if isinstance(text, bytes)]

    def words(self, holder: Dictionary, key: str) -> set[str]:
        """What ``texts`` gives, as names: each byte one character."""
        return {text.decode("latin-1") for text in self.texts(holder, key)}

    def inner(self, holder: Dictionary, key: str) -> list[Dictionary]:
        """The dictionaries at ``key``, alone or in an array, in every revision."""
        return [one for one in self._all(holder, key) if isinstance(one, Dictionary)]

    def _all(self, holder: Dictionary, key: str) -> "list[Value]":
        values = [one for value in holder.values(key) for one in self.resolved(value)]
        items = [item for value in values for item in (value if isinstance(value, list) else [value])]
        return [one for item in items for one in self.resolved(item)]

    def resolved(self, value: "Value") -> "list[Value]":
        return self.numbered.get(value.number, []) if isinstance(value, Ref) else [value]

    def _keep(self, number: int, value: "Value") -> None:
        self.numbered.setdefault(number, []).append(value)
        if isinstance(value, Name | bytes):
            self._scalars.append(value)

    def _note_stream(self, value: "Value", end: int) -> None:
        stream = _STREAM.match(self.document, end)
        if stream is None or not isinstance(value, Dictionary):
            return
        if stream["line"] is None:
            raise Unverifiable  # viewers differ on where it begins
        value.stream_at = stream.end()

    def _value(self, data: bytes, at: int) -> "tuple[Value, int]":
        return self._value_of(_TOKEN.match(data, at), data, 0)

    def _value_of(self, token: re.Match[bytes] | None, data: bytes, depth: int) -> "tuple[Value, int]":
        """The value that ``token`` begins, and where it ends. ``depth``: how many containers it is in."""
        if token is None or depth > MAX_DEPTH:
            raise Unverifiable
        written = token[token.lastgroup or 0]
        match token.lastgroup:
            case "name":
                return _name(written), token.end()
            case "ref":
                return Ref(int(token["target"])), token.end()
            case "number":  # no rule reads a fraction
                return int(written) if written.isdigit() else 0.0, token.end()
            case "text":
                return _text(data, token.end())
            case "hex":
                digits = written.translate(None, b"\0\t\n\f\r ").decode()
                return bytes.fromhex(digits + "0" * (len(digits) % 2)), token.end()
            case "word":
                return {b"true": True, b"false": False}.get(written), token.end()
            case "open":
                return self._container(token, data, depth + 1)
        raise Unverifiable  # it closes what was not open

    def _container(self, opening: re.Match[bytes], data: bytes, depth: int) -> "tuple[Value, int]":
        items: list[Value] = []
        at = opening.end()
        while (token := _TOKEN.match(data, at)) and token.lastgroup != "close":
            value, at = self._value_of(token, data, depth)
            items.append(value)
        if token is None or token["close"] != {b"[": b"]", b"<<": b">>"}[opening["open"]]:
            raise Unverifiable
        if opening["open"] == b"[":
            return items, token.end()
        self.dictionaries.append(Dictionary(items))
        return self.dictionaries[-1], token.end()

    def _inflate(self) -> None:
        """Read the objects that are in streams, and measure what the other streams inflate to."""
        left = INFLATED_BYTES
        for holder in [one for one in self.dictionaries if one.stream_at is not None]:
            filters = [name for name in self._all(holder, "Filter") if isinstance(name, Name)]
            if sum(name in _SQUEEZING for name in filters) > 1:
                raise Unverifiable  # squeezed twice: what only a bomb gains from
            if holder.entries.keys() >= {"N", "First"}:  # an object stream: viewers do not ask for its type
                self._read_object_stream(holder, self._object_bytes(holder))
            elif filters in _FLATE and "Image" not in self.words(holder, "Subtype"):
                with suppress(zlib.error):  # damaged, it shows less and does nothing
                    for piece in _inflated(self.document, holder.stream_at or 0):
                        left -= len(piece)
                        if left < 0:
                            raise Unverifiable

    def _read_object_stream(self, holder: Dictionary, data: bytes) -> None:
        """Read every object in it, provided that reading by offset and reading in sequence agree."""
        match holder.values("N"), holder.values("First"):
            case [int(count)], [int(first)]:
                pass
            case _:
                raise Unverifiable
        numbers = [int(digits) for digits in data[:first].translate(None, b"\0").split()]
        if len(numbers) != 2 * count:
            raise Unverifiable
        at = _after_blank(data, first)
        for number, offset in zip(numbers[::2], numbers[1::2], strict=True):
            if _after_blank(data, first + offset) != at:
                raise Unverifiable
            value, at = self._value(data, at)
            self._keep(number, value)
            at = _after_blank(data, at)

    def _object_bytes(self, holder: Dictionary) -> bytes:
        """Its inflated bytes. Only what the dictionary itself says, once, is believed."""
        at = holder.stream_at or 0
        if self.has(holder, "DecodeParms", "DP", "F"):
            raise Unverifiable  # no writer needs them here, and readers differ on them
        match holder.values("Filter"), holder.values("Length"):
            case [], [int(length)] if _ENDSTREAM.match(self.document, at + length):
                return self.document[at : at + length]
            case ["FlateDecode" | "Fl" | ["FlateDecode" | "Fl"]], _:
                pass
            case _:
                raise Unverifiable
        data = bytearray()
        for piece in _inflated(self.document, at):
            data += piece
            self._objects_left -= len(piece)
            if self._objects_left < 0:
                raise Unverifiable
        return bytes(data)


def _after_blank(data: bytes, at: int) -> int:
    blank = _SKIP.match(data, at)
    return blank.end() if blank else at


def _inflated(document: bytes, at: int) -> Iterator[bytes]:
    """Inflate what begins at ``at``, in pieces of at most 1 MB. Raises zlib.error when it is damaged or has no end."""
    inflater = zlib.decompressobj()
    for start in range(at, len(document), _CHUNK_BYTES):
        squeezed = document[start : start + _CHUNK_BYTES]
        while squeezed:
            yield inflater.decompress(squeezed, 1_000_000)
            if inflater.eof:
                return
            squeezed = inflater.unconsumed_tail
    raise zlib.error


@lru_cache(maxsize=4096)
def _name(written: bytes) -> Name:
    resolved = _CODE.sub(lambda code: bytes.fromhex(code[1].decode()), written[1:])
    if b"\0" in resolved:
        raise Unverifiable  # some viewers end the name there
    return Name(resolved.decode("latin-1"))


def _text(data: bytes, start: int) -> tuple[bytes, int]:
    """The string whose first byte is at ``start``, without its escapes, and where its parenthesis closes."""
    depth = 1
    for mark in _PARENTHESIS.finditer(data, start):
        depth += {b"(": 1, b")": -1}.get(mark[0], 0)
        if depth == 0:
            written = data[start : mark.start()]
            return (_ESCAPE.sub(_unescaped, written) if b"\\" in written else written), mark.end()
    raise Unverifiable


def _unescaped(escape: re.Match[bytes]) -> bytes:
    return bytes([int(escape[1], 8) & 0xFF]) if escape[1] else _ESCAPED.get(escape[2][0], escape[2])
