"""What pages, forms, patterns and glyphs draw: written in one way, by operators and names that are there, and soon drawn.

An operation stands on a line: its operands as the grammar writes values, a space after each, and an operator that
``kinds.json`` knows. So nothing is left to how a viewer cuts a content into tokens, or mends it.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from typing import Final, NamedTuple, TypeAlias

from chalicelib.pdf.grammar import Dictionary, NotCanonical, Reference, Stream, Value, read_name

MAX_DEPTH: Final = 4
"""Forms, patterns, masks and fonts of drawn glyphs within one another; what draws itself is deeper than any."""
MAX_TILES: Final = 16
"""Tiles of a pattern over one another."""
MIN_TILE: Final = 0.25
"""Square points of a tile: smaller ones take viewers long."""
MIN_DRAWN_BYTES: Final = 3_000
"""What drawing one thing counts at least: viewers begin it anew each time."""
_OPERANDS: Final = {
    "P": rb"<</MCID \d{1,9}>>",
    "s": rb"<(?:[0-9A-F]{2})*>",
    "N": rb"/(?:[A-Za-z0-9._+-]|#[0-9A-F]{2})*",
    "n": rb"(?<![a-z])-?(?:0|[1-9]\d{0,8})(?:\.\d{0,9}[1-9])?",
    "A": rb"\[(?:\xee(?: \xee)*)?\]",
    "T": rb"\[[\xee\xf3](?: [\xee\xf3])*\]",
}
"""In the order in which they are found, each then replaced by its letter as a byte above ASCII (0xEE for ``n``)."""
_LETTERS: Final = {letter: bytes([ord(letter) | 0x80]) for letter in _OPERANDS}
_REPLACED: Final = [(re.compile(written), _LETTERS[letter]) for letter, written in _OPERANDS.items()]
_RESOURCES: Final = {
    "Do": "XObject", "gs": "ExtGState", "Tf": "Font", "sh": "Shading", "cs": "ColorSpace", "CS": "ColorSpace",
    "scn": "Pattern", "SCN": "Pattern", "BDC": "Properties",
}  # fmt: skip
_NAMES: Final = re.compile(rb"(/\S*) (?:[\d.-]+ )?(%b)\n" % "|".join(_RESOURCES).encode())
_BRACKETS: Final = re.compile(rb"(?<![!-~])(?:(q|BT|BMC|BDC)|(Q|ET|EMC))\n")
_CLOSING: Final = {b"q": b"Q", b"BT": b"ET", b"BMC": b"EMC", b"BDC": b"EMC"}
_PLAIN_SPACES: Final = {"DeviceGray", "DeviceRGB", "DeviceCMYK", "Pattern"}
_OVERRIDING_SPACES: Final = {"DefaultGray", "DefaultRGB", "DefaultCMYK"}
"""They replace plain ones, in some viewers."""


Uses: TypeAlias = Counter[tuple[str, str]]
"""How often each name is used, with the category of resources in which a viewer looks for it."""


class Drawing(NamedTuple):
    """Of what is drawn: its bytes, inflated, and the names by which it draws something else."""

    size: int
    uses: Uses


class Reader:
    """Reads contents by the operators that the table knows, by the types of what they take."""

    def __init__(self, operators: Mapping[str, str]) -> None:
        shapes = (
            b"%b(?:%b)" % (_translate(shape), b"|".join(map(re.escape, names.encode().split())))
            for shape, names in operators.items()
        )
        self._operation = re.compile(b"|".join(shapes))

    def read(self, content: bytes) -> Drawing:
        """Return what a content draws. Raises NotCanonical unless each operation is known, and each bracket closed."""
        shapes = reduce(lambda text, operand: operand[0].sub(operand[1], text), _REPLACED, content)
        lines = set(shapes.split(b"\n"))
        if content and not (content.isascii() and content.endswith(b"\n") and b"\n\n" not in b"\n" + content):
            raise NotCanonical
        if not all(map(self._operation.fullmatch, lines - {b""})):
            raise NotCanonical
        _check_brackets(content)
        names = (
            (_RESOURCES[operator.decode()], read_name(name)) for name, operator in _NAMES.findall(content)
        )
        return Drawing(len(content), Counter(names))


def _translate(shape: str) -> bytes:
    """Return the pattern of operands, with a space after each, as they stand once replaced."""
    return b"(?:%b)" % b"".join(
        b"(?:%b )" % _LETTERS[letter] if letter in _LETTERS else letter.encode() for letter in shape
    )


def _check_brackets(content: bytes) -> None:
    """Raise NotCanonical unless states, texts and marks are closed after they are opened, and no text is within another."""
    opened: Counter[bytes] = Counter()
    for opening, closing in _BRACKETS.findall(content):
        opened[_CLOSING.get(opening, closing)] += 1 if opening else -1
        if min(opened.values()) < 0 or opened[b"ET"] > 1:
            raise NotCanonical
    if any(opened.values()):
        raise NotCanonical


def count_drawn(
    objects: Sequence[Dictionary],
    by_kind: Mapping[str, Sequence[Dictionary]],
    drawings: Mapping[int, Drawing],
) -> int:
    """Count bytes and points that a viewer reads to draw all pages, each as often as it is drawn.

    ``drawings``: of streams, by their identity. Raises NotCanonical: a name that leads nowhere, too deep, too many tiles.
    """
    if any(map(_is_dense, by_kind["TilingPattern"])):
        raise NotCanonical
    total = depth = 0
    drawn = {id(page): (page, 1) for page in by_kind["Page"]}
    while drawn:
        within: dict[int, tuple[Dictionary, int]] = {}
        for content, times in drawn.values():
            size, uses = _read_drawn(objects, content, drawings)
            if depth > MAX_DEPTH and content.get("Subtype") != "Image":
                raise NotCanonical
            total += times * max(size, MIN_DRAWN_BYTES)
            for inner, often in _list_drawn(objects, content, uses):
                within[id(inner)] = (inner, within.get(id(inner), (inner, 0))[1] + times * often)
        drawn, depth = within, depth + 1
    return total


def _read_drawn(
    objects: Sequence[Dictionary], content: Dictionary, drawings: Mapping[int, Drawing]
) -> Drawing:
    """Return the size of what is drawn, and by which names it draws itself; of a picture, its points where they are more."""
    if content.get("Subtype") == "Image":
        wide, high = _list_numbers([content["Width"], content["Height"]])
        return Drawing(max(int(abs(wide * high)), drawings[id(content)].size), Counter())
    if isinstance(content, Stream):
        return drawings[id(content)]
    parts = [content.get("Contents"), *_entries(objects, content.get("CharProcs")).values()]
    drawn = [drawings[id(_entries(objects, part))] for part in parts if part is not None]
    return Drawing(sum(part.size for part in drawn), sum((part.uses for part in drawn), Counter()))


def _list_drawn(
    objects: Sequence[Dictionary], content: Dictionary, uses: Uses
) -> Iterator[tuple[Dictionary, int]]:
    """List what a content draws through its resources, and how often."""
    given = _entries(objects, content.get("Resources"))
    resources = defaultdict(dict, {category: _entries(objects, named) for category, named in given.items()})
    if _OVERRIDING_SPACES & resources["ColorSpace"].keys():
        raise NotCanonical
    for category, name in uses:
        if name not in resources[category] and not (category == "ColorSpace" and name in _PLAIN_SPACES):
            raise NotCanonical
    for category in ("XObject", "Pattern", "Font", "ExtGState"):
        for name, value in resources[category].items():
            resource = _entries(objects, value)
            if category == "ExtGState":
                resource = _entries(objects, _entries(objects, resource.get("SMask")).get("G"))
            if resource.get("Subtype") in ("Form", "Image", "Type3") or resource.get("PatternType") == 1:
                yield resource, max(1, uses[category, name])
    for mask in (content.get("Mask"), content.get("SMask")):
        if isinstance(mask, Reference):
            yield _entries(objects, mask), 1


def _entries(objects: Sequence[Dictionary], value: Value) -> Dictionary:
    """Return the dictionary that a value is or refers to; an empty one when it is none."""
    resolved = objects[value.number - 1] if isinstance(value, Reference) else value
    return resolved if isinstance(resolved, dict) else {}


def _is_dense(pattern: Dictionary) -> bool:
    """Whether the tiles of a pattern are so many that viewers take long."""
    left, bottom, right, top = _list_numbers(pattern["BBox"])
    a, b, c, d, *_ = _list_numbers(pattern.get("Matrix", [1, 0, 0, 1]))
    wide, high = _list_numbers([pattern["XStep"], pattern["YStep"]])
    tile, covered = abs(wide * high), abs((right - left) * (top - bottom))
    return not (tile * MAX_TILES >= covered and tile * abs(a * d - b * c) >= MIN_TILE)


def _list_numbers(array: Value) -> list[float]:
    """List the numbers of an array, which the table says to have nothing else."""
    assert isinstance(array, list)
    return [number for number in array if isinstance(number, int | float)]
