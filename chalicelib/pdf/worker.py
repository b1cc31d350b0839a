"""The confined half of ``pdf``: reads one PDF on standard input, says one JSON line, and can do nothing else.

``reader`` says what the file holds, ``refusals`` judges each dictionary of it, whatever leads there. It is loaded while the
document is still on its way, so that it loads little: each import here is waited for by everybody whose documents are sent.
"""

import codecs
import os
import re
import resource
import signal
import sys
from collections.abc import Iterator
from typing import Final, Literal

from chalicelib import pdf
from chalicelib.pdf import PdfRefusal, PdfReport
from chalicelib.pdf.reader import MAX_DEPTH, Contents, Dictionary, Name, Ref, Unverifiable, Value

_TAIL_BYTES: Final = 1_024
"""How far from its end a whole file has its end mark, as viewers look for it."""
_TABLE: Final = re.compile(rb"xref(?<!startxref)")
_SECTION: Final = re.compile(rb"[\0\t\n\f\r ]*\d+ +(\d+)[\0\t\n\f\r ]+")
_ENTRY_BYTES: Final = 20
"""Of a cross-reference table."""
_EXIF: Final = re.compile(rb"Exif\0\0(II\*\0|MM\0\*)")
_CONTROLS: Final = re.compile(r"[\x00-\x20\x7f-\xa0]")
_SCHEME: Final = re.compile(r"([^/?#]*?):")
_OF_NO_INFORMATION: Final = frozenset(
    {"Type", "Subtype", "FunctionType", "ShadingType", "PatternType"}
    | {"FontMatrix", "FontFile", "Filter", "Length"}
)
"""Keys of what viewers draw or compute with: no document's information has one."""
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NO_NEW_PRIVS: Final = 38
_STANDARD_STREAMS: Final = 3
_LIMITS: Final = (
    (resource.RLIMIT_CPU, pdf.CPU_SECONDS),
    (resource.RLIMIT_AS, pdf.MEMORY_BYTES),
    (resource.RLIMIT_FSIZE, 0),
    (resource.RLIMIT_NPROC, 0),
    (resource.RLIMIT_CORE, 0),
    (resource.RLIMIT_NOFILE, 16),
)


def examine(document: bytes) -> PdfReport:
    """Judge a document that begins as a PDF. A reason that helps is preferred to « unverifiable »."""
    contents = Contents(document)
    reasons: set[PdfRefusal] = set()
    pages = 0
    try:
        contents.read()
    except Exception:  # whatever it is, nothing can be said for this document
        reasons.add(PdfRefusal.UNVERIFIABLE)
    try:
        for dictionary in contents.dictionaries:
            reasons.update(refusals(contents, dictionary))
        if not reasons:
            pages = _count_pages(contents)
            reasons.update([] if 1 <= pages <= pdf.MAX_PAGES else [PdfRefusal.PAGE_COUNT])
    except Exception:
        reasons.add(PdfRefusal.UNVERIFIABLE)
    return PdfReport(
        refusal=next((reason for reason in PdfRefusal if reason in reasons), None),
        pages=pages,
        hidden_details=not reasons and _tells_more(contents),
    )


def refusals(contents: Contents, one: Dictionary) -> Iterator[PdfRefusal]:
    """Say what one dictionary can make a viewer do. Each is judged, so that no way to it needs to be known."""
    if contents.has(one, "Encrypt"):
        yield PdfRefusal.PROTECTED
    if _acts(contents, one) or _reaches_out(contents, one):
        yield PdfRefusal.ACTIVE
    kinds = contents.words(one, "Type") | contents.words(one, "Subtype")
    if kinds & pdf.ATTACHED_KINDS or contents.has(one, *pdf.ATTACHED_KEYS):
        yield PdfRefusal.ATTACHMENTS
    if any(_has_tree(contents, one, name) for name in pdf.ATTACHED_TREES):
        yield PdfRefusal.ATTACHMENTS
    keys = _number_keys(one)
    if _describes(contents, one):
        keys = {key for key in keys if not _is_plain_text(one, key)}
    if any(_is_odd_number(contents, one, key) for key in keys):
        yield PdfRefusal.UNVERIFIABLE


def _acts(contents: Contents, one: Dictionary) -> bool:
    """Whether it is a refused action, wherever it hangs, or leads to one that is not an allowed one there."""
    kinds = contents.words(one, "S")
    if kinds & pdf.REFUSED_ACTIONS or _strings(one, "JS"):
        return True
    if "Named" in kinds and not contents.words(one, "N") <= pdf.VIEW_COMMANDS:
        return True
    if contents.has(one, "XFA") or _has_tree(contents, one, "JavaScript"):
        return True
    if "PS" in contents.words(one, "Subtype") | contents.words(one, "Subtype2"):
        return True  # a program for the printer, which some run when they show it
    clicked = contents.inner(one, "A") + contents.inner(one, "PA")
    return not (
        all(_may(contents, action, pdf.CLICK_ACTIONS) for action in clicked)
        and all(_may(contents, action, pdf.VIEW_ACTIONS) for action in _automatic(contents, one))
    )


def _reaches_out(contents: Contents, one: Dictionary) -> bool:
    """Whether it names a file that is not in the document, or an address that is not a plain link."""
    if _strings(one, "F", "UF") and not contents.has(one, "EF"):
        return True
    bases = [text for catalog in contents.inner(one, "URI") for text in contents.texts(catalog, "Base")]
    return not (
        all(_is_link(text) for text in contents.texts(one, "URI"))
        and all(_is_link(text, base=True) for text in bases)
    )


def _number_keys(one: Dictionary) -> set[str]:
    """The keys of this dictionary at which numbers are wanted."""
    present = one.entries.keys()
    beside = (keys for holder, keys in pdf.NUMBER_KEYS_BESIDE.items() if holder in present)
    return present & pdf.NUMBER_KEYS.union(*beside)


def _describes(contents: Contents, one: Dictionary) -> bool:
    """Whether it is the document's information and nothing else: anybody names its keys (« Range » of a spreadsheet)."""
    if not one.entries.keys().isdisjoint(_OF_NO_INFORMATION):
        return False
    values = [value for key in one.entries for value in one.values(key)]
    if any(isinstance(value, list | Dictionary) for value in values):
        return False
    return any(one is each for holder in contents.dictionaries for each in contents.inner(holder, "Info"))


def _is_plain_text(one: Dictionary, key: str) -> bool:
    return all(isinstance(value, bytes) for value in one.values(key))


def _is_odd_number(contents: Contents, one: Dictionary, key: str) -> bool:
    """Whether the key holds something else than numbers, in an array or in those inside it.

    A name or a dictionary alone is none of our business: the key is then a name of somebody's choice (a glyph « W »). Where
    viewers compute with it, a reference may mean any array or string of the file (see ``Contents.texts``).
    """
    seen: set[int] = set()
    waiting: list[tuple[Value, bool]] = [(value, False) for value in one.values(key)]
    while waiting:
        value, inside = waiting.pop()
        if isinstance(value, Ref):
            waiting += [(found, inside) for found in contents.resolved(value)]
            if key in pdf.COMPUTED_KEYS:
                waiting += [(text, inside) for text in _loose_texts(contents, arrays=not inside)]
        elif isinstance(value, list):
            if id(value) not in seen:
                seen.add(id(value))
                waiting += [(item, True) for item in value]
        elif isinstance(value, bytes) or (inside and isinstance(value, Name | Dictionary | bool)):
            return True
    return False


def _loose_texts(contents: Contents, *, arrays: bool) -> list[Value]:
    """The strings that are objects of their own, or the arrays that are and hold one.

    A palette, ``[/Indexed /DeviceRGB 1 <...>]``, is none: it begins with a name, and no code begins so.
    """
    kept = [value for found in contents.numbered.values() for value in found]
    if arrays:
        lists = [one for one in kept if isinstance(one, list) and not isinstance((one or [None])[0], Name)]
        return [one for one in lists if any(isinstance(text, bytes) for text in one)]
    return [one for one in kept if isinstance(one, bytes)]


def _strings(one: Dictionary, *keys: str) -> list[bytes]:
    return [value for key in keys for value in one.values(key) if isinstance(value, bytes)]


def _has_tree(contents: Contents, one: Dictionary, name: str) -> bool:
    """Whether the catalog ``one`` has a name tree ``name`` with something in it."""
    trees = [tree for names in contents.inner(one, "Names") for tree in contents.inner(names, name)]
    return any(contents.has(tree, "Names", "Kids") for tree in trees)


def _automatic(contents: Contents, one: Dictionary) -> list[Dictionary]:
    """The actions that ``one`` starts without a click: at opening, on showing a page, on entering a field."""
    triggers = contents.inner(one, "AA")
    return contents.inner(one, "OpenAction") + [
        action for each in triggers for trigger in each.entries for action in contents.inner(each, trigger)
    ]


def _may(contents: Contents, first: Dictionary, allowed: frozenset[str]) -> bool:
    """Whether an action, and those that follow it, are of allowed types. Raises Unverifiable when they go round in circles."""
    seen: set[int] = set()
    waiting = [first]
    while waiting:
        action = waiting.pop()
        if id(action) in seen:
            raise Unverifiable
        seen.add(id(action))
        kinds = contents.words(action, "S")
        if not kinds <= allowed:
            return False
        if kinds:  # an outline entry, which has no type, has a next one as well
            waiting += contents.inner(action, "Next")
    return True


def _is_link(written: bytes, *, base: bool = False) -> bool:
    """Whether an address opens a page, a mail or a call.

    One without a scheme (« www.exemple.fr ») passes too, unless it reads like a path. A ``base``, which viewers put
    before those, must have its scheme.
    """
    coding = {b"\xfe\xff": "utf-16-be", b"\xff\xfe": "utf-16-le"}.get(written[:2], "latin-1")
    text = written.decode(coding, "replace").lstrip("\ufeffï»¿")
    address = _CONTROLS.sub("", text)  # viewers drop them: « fi\nle: » is « file: »
    scheme = _SCHEME.match(address)
    if scheme or base:
        return scheme is not None and scheme[1].lower() in pdf.LINK_SCHEMES
    return not address.startswith("/") and "\\" not in address and ".." not in address


def _count_pages(contents: Contents) -> int:
    """Count the pages that a catalog leads to: of several catalogs, revisions or readings, of the one with most.

    Raises:
        Unverifiable: the file has no end or no table, which is not repaired, since pages may be lost; or no true table.
    """
    document, dictionaries = contents.document, contents.dictionaries
    tables = list(_TABLE.finditer(document))
    streams = ("XRef" in contents.words(one, "Type") for one in dictionaries)
    ended = b"%%EOF" in document.rstrip(b"\0\t\n\f\r ")[-_TAIL_BYTES:]
    if not ended or not (tables or any(streams)) or any(_is_too_long(document, one.end()) for one in tables):
        raise Unverifiable
    catalogs = [root for one in dictionaries for root in contents.inner(one, "Root")]
    catalogs += [one for one in dictionaries if "Catalog" in contents.words(one, "Type")]
    trees = [tree for catalog in catalogs for tree in contents.inner(catalog, "Pages")]
    counted: dict[int, int] = {}
    return max((_leaves(contents, tree, counted, 0) for tree in trees), default=0)


def _is_too_long(document: bytes, at: int) -> bool:
    """Whether a table has a section of more entries than the file has room for: some readers go through them all."""
    while section := _SECTION.match(document, at):
        entries = int(section[1]) * _ENTRY_BYTES
        if entries > len(document):
            return True
        at = section.end() + entries
    return False


def _leaves(contents: Contents, node: Dictionary, counted: dict[int, int], depth: int) -> int:
    """The pages below a node of the page tree, a page being one itself. ``counted``: what is known, by a node's identity.

    Raises:
        Unverifiable: it goes round in circles, or too deep.
    """
    if depth > MAX_DEPTH:
        raise Unverifiable
    if id(node) not in counted:
        lists = [
            kids for one in node.values("Kids") for kids in contents.resolved(one) if isinstance(kids, list)
        ]
        leaf = 0 if "Pages" in contents.words(node, "Type") else 1
        counted[id(node)] = max(
            (sum(_most(contents, kid, counted, depth + 1) for kid in kids) for kids in lists), default=leaf
        )
    return counted[id(node)]


def _most(contents: Contents, kid: Value, counted: dict[int, int], depth: int) -> int:
    found = [one for one in contents.resolved(kid) if isinstance(one, Dictionary)]
    return max((_leaves(contents, one, counted, depth) for one in found), default=0)


def _tells_more(contents: Contents) -> bool:
    """Whether the file names its author, says where a picture was taken, or keeps an earlier version."""
    document, dictionaries = contents.document, contents.dictionaries
    endings = 2 if any("Linearized" in one.entries for one in dictionaries) else 1
    return (
        document.count(b"startxref") > endings
        or b"<dc:creator" in document
        or any(text.strip(b"\0 \xfe\xff") for one in dictionaries for text in contents.texts(one, "Author"))
        or b"GPSLatitude" in document
        or any(_is_located(document[found.start(1) :][:_TAIL_BYTES]) for found in _EXIF.finditer(document))
    )


def _is_located(tiff: bytes) -> bool:
    """Whether a picture's first directory of EXIF entries (12 bytes each) points to a GPS directory."""
    order: Literal["little", "big"] = "little" if tiff.startswith(b"II") else "big"
    at = int.from_bytes(tiff[4:8], order)
    entries = tiff[at + 2 :][: 12 * int.from_bytes(tiff[at : at + 2], order)]
    return any(int.from_bytes(entries[i : i + 2], order) == 0x8825 for i in range(0, len(entries), 12))


def confine() -> None:
    """Give up what this process could do, before the first byte of the document is read."""
    pdf.set_process(_PR_SET_PDEATHSIG, signal.SIGKILL)
    pdf.set_process(_PR_SET_NO_NEW_PRIVS, 1)
    pdf.set_process(pdf.PR_SET_DUMPABLE, 0)
    for limit, most in _LIMITS:
        resource.setrlimit(limit, (most, most))


def load_rest() -> None:
    """Load what reading asks for by name only, then give up opening anything more: neither file nor socket."""
    for encoding in ("utf-16-be", "utf-16-le"):
        codecs.lookup(encoding)
    resource.setrlimit(resource.RLIMIT_NOFILE, (_STANDARD_STREAMS, _STANDARD_STREAMS))


def main() -> None:
    """Standard input: the document. Standard output: the ``PdfReport`` as one line of JSON."""
    confine()
    load_rest()
    report = examine(sys.stdin.buffer.read())
    refusal = f'"{report.refusal}"' if report.refusal else "null"
    hidden = "true" if report.hidden_details else "false"
    print(f'{{"refusal": {refusal}, "pages": {report.pages}, "hidden_details": {hidden}}}', flush=True)
    os._exit(0)  # nothing of this process needs tidying, which takes longer than the system's own end of it
