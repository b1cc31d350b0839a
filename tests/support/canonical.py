"""Canonical PDFs made here: what the sealer's browser writes, and what a stranger could write as well in the same form.

Objects are given as they hang together; ``number`` gives them the numbers that the form asks for.
"""

import zlib

from chalicelib.pdf import rules
from chalicelib.pdf.grammar import Dictionary, Name, NotCanonical, Reference, Stream, Value, parse, write

TEXT = b"BT\n/F1 12 Tf\n72 720 Td\n<437572726963756C756D207669746165> Tj\nET\n"


class Node(dict[str, Value]):
    """A dictionary that is an object of its own; wherever the same one is used, a reference to it is written."""


def number(catalog: Dictionary) -> bytes:
    """Return the document of a catalog and everything that it leads to."""
    numbered, numbers = [catalog], {id(catalog): 1}

    def placed(value: Value) -> Value:
        if isinstance(value, Node | Stream):
            if id(value) not in numbers:
                numbered.append(value)
                numbers[id(value)] = len(numbered)
            return Reference(numbers[id(value)])
        if isinstance(value, dict):
            return {key: placed(value[key]) for key in sorted(value)}
        return [placed(item) for item in value] if isinstance(value, list) else value

    objects: list[Dictionary] = []
    for content in numbered:  # which grows meanwhile
        entries: Dictionary = {key: placed(content[key]) for key in sorted(content)}
        objects.append(Stream(entries, content.data) if isinstance(content, Stream) else entries)
    return write(objects)


def deflated(content: bytes, entries: Dictionary | None = None, *, level: int = -1) -> Stream:
    """Return a compressed stream."""
    return raw(zlib.compress(content, level), {"Filter": Name("FlateDecode"), **(entries or {})})


def raw(data: bytes, entries: Dictionary) -> Stream:
    """Return a stream of these bytes as they are."""
    return Stream({**entries, "Length": len(data)}, data)


def scanned(data: bytes, *, kind: str = "JPXDecode") -> Stream:
    """Return a picture of 8 × 8 points, whatever its bytes are."""
    entries: Dictionary = {"Type": Name("XObject"), "Subtype": Name("Image"), "Width": 8, "Height": 8}
    return raw(
        data, {**entries, "ColorSpace": Name("DeviceRGB"), "BitsPerComponent": 8, "Filter": Name(kind)}
    )


def form_of(resources: Dictionary, content: bytes = b"", more: Dictionary | None = None) -> Stream:
    """Return a form that draws this content, with further entries."""
    return deflated(content, {"Subtype": Name("Form"), "Resources": resources, **(more or {})})


def draws(content: bytes, resources: Dictionary | None = None) -> bytes:
    """Return a document whose page draws this content."""
    return document(page={"Contents": deflated(content)}, resources=resources)


def helvetica(more: Dictionary | None = None) -> Node:
    """Return the font dictionary of Helvetica, with further entries."""
    return Node(
        {"Type": Name("Font"), "Subtype": Name("Type1"), "BaseFont": Name("Helvetica"), **(more or {})}
    )


def tree_of(
    *,
    pages: int = 1,
    catalog: Dictionary | None = None,
    page: Dictionary | None = None,
    resources: Dictionary | None = None,
) -> Dictionary:
    """Return the catalog of a small document; the arguments' entries join those dictionaries."""
    tree = Node({"Type": Name("Pages")})
    shown: Dictionary = {
        "Type": Name("Page"),
        "Parent": tree,
        "MediaBox": [0, 0, 595, 842],
        "Contents": deflated(TEXT),
        "Resources": {"Font": {"F1": helvetica()}, **(resources or {})},
    }
    kids: list[Value] = [Node({**shown, **(page or {})}) for _ in range(pages)]
    tree.update({"Count": pages, "Kids": kids})
    return {"Type": Name("Catalog"), "Pages": tree, **(catalog or {})}


def document(
    *,
    pages: int = 1,
    catalog: Dictionary | None = None,
    page: Dictionary | None = None,
    resources: Dictionary | None = None,
) -> bytes:
    """Return a small document in canonical form; the arguments' entries join its dictionaries."""
    return number(tree_of(pages=pages, catalog=catalog, page=page, resources=resources))


def link(action: Dictionary) -> Dictionary:
    """Return the entry of a page with a link that starts ``action``."""
    return {"Annots": [Node({"Subtype": Name("Link"), "Rect": [0, 0, 99, 99], "A": action})]}


def address(written: bytes) -> bytes:
    """Return a document whose only link goes to ``written``."""
    return document(page=link({"S": Name("URI"), "URI": written}))


def is_accepted(document: bytes) -> bool:
    """Return whether inspection accepts the document, asked without the process that confines it."""
    try:
        rules.check(parse(document))
    except (NotCanonical, zlib.error):
        return False
    return True
