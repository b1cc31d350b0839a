"""What a PDF may hold that is passed on; ``test_pdf_grammar`` has how it is written, ``test_pdf_process`` who reads it."""

import json
import re
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from chalicelib import pdf
from chalicelib.pdf import rules
from chalicelib.pdf.grammar import Dictionary, Name, Reference, Stream, Value, parse, write
from tests.support.canonical import (
    TEXT,
    Node,
    address,
    deflated,
    document,
    draws,
    form_of,
    helvetica,
    is_accepted,
    link,
    number,
    raw,
    scanned,
    tree_of,
)

SCRIPT: Dictionary = {"S": Name("JavaScript"), "JS": b"app.alert(1)"}


def function_of(inputs: int) -> Stream:
    """Return a function given by samples."""
    shape: Dictionary = {"Domain": [0, 1] * inputs, "Range": [0, 1], "Size": [2] * inputs, "BitsPerSample": 8}
    return deflated(bytes(2**inputs), {"FunctionType": 0, **shape})


def tiles_of(
    size: float, *, step: float, matrix: list[Value] | None = None, resources: Dictionary | None = None
) -> Stream:
    """Return a pattern of square tiles."""
    shape: Dictionary = {
        "BBox": [0, 0, size, size],
        "XStep": step,
        "YStep": step,
        "Matrix": matrix or [1, 0, 0, 1, 0, 0],
    }
    kind: Dictionary = {"PatternType": 1, "PaintType": 1, "TilingType": 1, "Resources": resources or {}}
    return deflated(b"0 0 9 9 re\nf\n", {**kind, **shape})


NO_LINK: list[Dictionary] = [
    SCRIPT,
    {"S": Name("GoToR"), "F": b"other.pdf", "D": [0, Name("Fit")]},
    {"URI": b"https://x.example"},
    {"S": Name("GoTo"), "D": b"a name"},
]
CATALOG: list[Dictionary] = [
    {"PageMode": Name("UseAttachments")},
    {"PageMode": Name("FullScreen")},
    {"Outlines": Node({"First": Node({"Title": b"a", "Parent": Node({}), "A": SCRIPT})})},
]
PAGE: list[Dictionary] = [
    {"Rotate": 45},
    {"Contents": [deflated(TEXT)]},
    {"Annots": [Node({"Subtype": Name("Widget"), "Rect": [0, 0, 9, 9]})]},
    {"Annots": [Node({"Subtype": Name("Link"), "Rect": [0, 0, 9, 9], "Dest": b"a name"})]},
]
RESOURCES: list[Dictionary] = [
    {"XObject": {"X": deflated(b"(x) run", {"Subtype": Name("PS")})}},
    {"XObject": {"X": form_of({}, more={"Ref": {}})}},
    {"XObject": {"X": form_of({}, more={"F": b"\\\\host\\share"})}},
    {"XObject": {"X": raw(b"x", {**scanned(b""), "Filter": [Name("FlateDecode")]})}},
    {"XObject": {"X": raw(b"x", {**scanned(b""), "Filter": Name("LZWDecode")})}},
    {"XObject": {"X": raw(b"x", {**scanned(b""), "DecodeParms": {"Crypt": 1}})}},
    {"XObject": {"X": Node({"Subtype": Name("Form")})}},
    {"Font": {"F": helvetica({"FontMatrix": [1, 0, 0, 1, 0, b"0); alert(1)"]})}},
    {"Font": {"F": helvetica({"Widths": [b"1"]})}},
    {"Font": {"F": helvetica({"Widths": 1})}},
    {"Font": {"F": helvetica({"Widths": [True]})}},
    {"Font": {"F": helvetica({"FirstChar": 0.5})}},
    {"Font": {"F": helvetica({"Subtype": Name("Type4")})}},
    {"Font": {"F": {"Subtype": Name("Type3"), "CharProcs": {}, "FontMatrix": [1, 0, 0, 1, 0, b"0"]}}},
    {"Font": {"F": {"Subtype": Name("Type3"), "CharProcs": {}, "FontMatrix": [1, 0, 0, 1, 0]}}},
    {"Font": {"F": {"Subtype": Name("Type3"), "CharProcs": {}, "FontMatrix": [1, 0, 0, 1, 0, [0]]}}},
    {"Shading": {"S": {"ShadingType": 2, "Coords": [0, 0, 1, b"1"]}}},
    {"ColorSpace": {"A": [Name("ICCBased"), deflated(b"ICC", {"N": 3})]}},
    {"Properties": {"A": {"MCID": 0, "ActualText": b"x"}}},
    {"Properties": {"A": {"Lang": b"fr"}}},
    {"ExtGState": {"G": {"TR": Name("Identity")}}},
    {"ExtGState": {"G": {"SMask": {"S": Name("Alpha"), "G": form_of({}), "TR": Name("Identity")}}}},
    {"ColorSpace": {"DefaultGray": [Name("DeviceRGB")]}},
    {"ColorSpace": {"C": [Name("DeviceN"), [Name("A")], Name("DeviceGray"), function_of(5)]}},
    {"Properties": {"P": Node({"Type": Name("OCG"), "Name": b"a", "Usage": {}})}},
    {"Properties": {"P": Node({"Type": Name("OCMD"), "P": Name("AllOn")})}},
    {"Pattern": {"P": tiles_of(8, step=1)}},
    {"Pattern": {"P": tiles_of(0.1, step=0.1)}},
    {"Pattern": {"P": tiles_of(8, step=8, matrix=[0.01, 0, 0, 0.01, 0, 0])}},
    {"Encoding": {}},
    {"Font": [helvetica()]},
    {"Font": {"F": None}},
]
CONTENTS = [
    *(
        b"BT /F1 12 Tf ET\n",
        b"0 0 m",
        b"0 0 m\n\n",
        b"\n0 0 m\n",
        b"0  0 m\n",
        b"0 0 m 9 9 l\n",
        b"0 700-20 m\n",
        b"0 m\n",
    ),
    *(
        b"0 0 0 m\n",
        b"0 1e3 m\n",
        b"0 .5 m\n",
        b"0 1.50 m\n",
        b"0 00 m\n",
        b"0 +1 m\n",
        b"0 /A m\n",
        b"Curve\n",
        b"BX\nEX\n",
    ),
    *(
        b"BI /W 1 /H 1 ID x EI\n",
        b"[<41> /A] TJ\n",
        b"<4> Tj\n",
        b"(A) Tj\n",
        b"<41>Tj\n",
        b"%\n",
        b"\xee \xee m\n",
    ),
    *(
        b"q\n",
        b"Q\nq\n",
        b"Q\n",
        b"BT\n",
        b"BT\nBT\nET\nET\n",
        b"ET\n",
        b"/A BMC\n",
        b"EMC\n",
        b"/A <</ActualText <41>>> BDC\nEMC\n",
    ),
    *(
        b"/X Do\n",
        b"/X gs\n",
        b"/X 9 Tf\n",
        b"/X sh\n",
        b"/X cs\n",
        b"/X CS\n",
        b"/X scn\n",
        b"1 /X SCN\n",
        b"/A /X BDC\nEMC\n",
    ),
]
REFUSED: dict[str, Callable[[], bytes]] = {
    **{f"link {action}": partial(document, page=link(action)) for action in NO_LINK},
    **{f"catalog {entries}": partial(document, catalog=entries) for entries in CATALOG},
    **{f"page {entries}": partial(document, page=entries) for entries in PAGE},
    **{f"content {content!r}": partial(draws, content) for content in CONTENTS},
    **{f"resources {entries}": partial(document, resources=entries) for entries in RESOURCES},
}


def test_a_document_of_what_shows_is_accepted() -> None:
    assert is_accepted(document())
    assert is_accepted(document(pages=rules.MAX_PAGES))
    assert is_accepted(document(page=link({"S": Name("URI"), "URI": b"https://x.example"})))


@pytest.mark.parametrize("name", REFUSED, ids=range(len(REFUSED)))
def test_what_acts_tells_or_is_of_another_type_is_refused_in_canonical_spelling(name: str) -> None:
    made = REFUSED[name]()

    assert write(parse(made)) == made
    assert not is_accepted(made), name


@pytest.mark.parametrize(
    "written",
    [
        *(b"https://x.example/@a?b=c@d#e", b"http://x.example?b@c", b"mailto:zoe@x.example"),
        *(b"tel:+33612345678", b"tel:0612345678"),
    ],
)
def test_a_link_goes_to_a_page_a_mail_or_a_call(written: bytes) -> None:
    assert is_accepted(address(written))


@pytest.mark.parametrize(
    "written",
    [
        *(b"file:///C:/Windows/System32/calc.exe", b"javascript:alert(1)", b"search-ms:query=x", b"data:text/html,x"),
        *(b"\\\\host\\share", b"www.exemple.fr", b"#page=1", b"", b"HTTPS://x.example", b" https://x.example"),
        *(b"https:x", b"https://x.example\n", b"https://x example", b"https://x\\y", b"https://\xc3\xa9.example"),
        *(b"\xfe\xff\0h\0t\0t\0p", b"http://", b"https", b"ftp://x.example", b"x:https://y"),
        *(b"https://bank.example@x.example", b"http://a:b@x.example/", b"mailto:a@x.example?cc=b@x.example"),
        *(b"tel:*%2306%23", b"tel:06-12", b"tel:06+12", b"tel:+", b"tel:", b"mailto:", b"https:///x"),
    ],
)  # fmt: skip
def test_another_address_is_refused(written: bytes) -> None:
    assert not is_accepted(address(written))


# ---- Pages ---------------------------------------------------------------------------------------------------------


def pages_of(catalog: Dictionary) -> Dictionary:
    """Return the root of the page tree."""
    tree = catalog["Pages"]
    assert isinstance(tree, dict)
    return tree


def kids_of(catalog: Dictionary) -> list[Value]:
    """Return the entries of the root of the page tree."""
    kids = pages_of(catalog)["Kids"]
    assert isinstance(kids, list)
    return kids


@pytest.mark.parametrize("pages", [0, rules.MAX_PAGES + 1])
def test_no_page_and_too_many_are_refused(pages: int) -> None:
    assert not is_accepted(document(pages=pages))


@pytest.mark.parametrize("count", [0, 1, 3, -2])
def test_the_tree_counts_its_pages(count: int) -> None:
    catalog = tree_of(pages=2)
    assert is_accepted(number(catalog))
    pages_of(catalog)["Count"] = count

    assert not is_accepted(number(catalog))


def test_a_page_is_named_once() -> None:
    catalog = tree_of(pages=2)
    kids_of(catalog)[1] = kids_of(catalog)[0]

    for count in (1, 2):
        pages_of(catalog)["Count"] = count
        assert not is_accepted(number(catalog))


def test_a_page_names_a_link_once() -> None:
    page = link({"S": Name("URI"), "URI": b"https://x.example"})
    links = page["Annots"]
    assert isinstance(links, list) and is_accepted(document(page=page))
    links *= 2

    assert not is_accepted(document(page=page))


def test_a_page_is_an_object() -> None:
    catalog = tree_of()
    kids_of(catalog)[0] = dict(kids_of(catalog)[0])  # type: ignore[arg-type]

    assert not is_accepted(number(catalog))


def test_a_page_that_the_tree_does_not_name_is_refused_wherever_something_leads_to_it() -> None:
    catalog = tree_of(pages=2)
    gone = kids_of(catalog)[1]
    first = kids_of(catalog)[0]
    assert isinstance(first, dict)
    for page in (gone, dict(gone)):  # type: ignore[arg-type]
        first.update(link({"S": Name("GoTo"), "D": [page, Name("Fit")]}))
        if page is gone:
            assert is_accepted(number(catalog))
        pages_of(catalog).update({"Kids": [first], "Count": 1})
        assert not is_accepted(number(catalog))


def test_there_is_one_tree() -> None:
    catalog = tree_of(pages=2)
    second = kids_of(catalog)[1]
    assert isinstance(second, dict)
    second["Parent"] = Node(pages_of(catalog))

    assert not is_accepted(number(catalog))


# ---- Objects and streams -------------------------------------------------------------------------------------------


def test_an_object_is_of_one_kind() -> None:
    form = form_of({})

    assert is_accepted(document(resources={"XObject": {"A": form, "B": form}}))
    assert not is_accepted(document(resources={"XObject": {"A": form}}, page={"Contents": form}))


def test_a_dictionary_is_no_stream_and_a_stream_no_dictionary() -> None:
    assert not is_accepted(document(page={"Contents": Node({"Filter": Name("FlateDecode"), "Length": 0})}))
    assert not is_accepted(document(resources={"ExtGState": {"G": deflated(b"")}}))


def test_a_stream_that_is_no_picture_is_deflated_once_and_to_its_end() -> None:
    squeezed = zlib.compress(TEXT)
    plain: Dictionary = {"Filter": Name("FlateDecode")}

    def shown(data: bytes, entries: Dictionary) -> bool:
        return is_accepted(document(page={"Contents": raw(data, entries)}))

    assert shown(squeezed, plain)
    assert shown(zlib.compress(b""), plain)
    assert not shown(TEXT, {})
    assert not shown(squeezed[:-3], plain)
    assert not shown(squeezed + b"x", plain)
    assert not shown(b"damaged", plain)
    assert not shown(b"", plain)
    assert not shown(squeezed, {**plain, "DecodeParms": {"Predictor": 1}})
    assert not shown(squeezed, {"Filter": [Name("FlateDecode")]})
    assert not shown(squeezed, {"Filter": Name("DCTDecode")})


def picture_of(data: bytes, width: int = 8) -> Stream:
    """Return a picture of these samples, in one row of points."""
    return raw(
        zlib.compress(data), {**scanned(b""), "Filter": Name("FlateDecode"), "Width": width, "Height": 1}
    )


@pytest.mark.parametrize(("drawn", "passes"), [(2, True), (3, False)])
@pytest.mark.parametrize("picture", [picture_of(bytes(1_500_000)), picture_of(b"", 1_500_000)])
def test_what_a_viewer_reads_is_bounded_in_sum(
    monkeypatch: pytest.MonkeyPatch, picture: Stream, *, drawn: int, passes: bool
) -> None:
    """A picture counts by what it inflates to, or by the points that it says to have, each time that it is drawn."""
    monkeypatch.setattr(rules, "MAX_DRAWN", 3_100_000)

    assert is_accepted(draws(b"/X Do\n" * drawn, {"XObject": {"X": picture}})) is passes


def test_a_form_counts_as_often_as_it_is_drawn() -> None:
    form = form_of({})
    for _ in range(2):
        form = form_of({"XObject": {"X": form}}, b"/X Do\n" * 100)

    assert is_accepted(draws(b"/X Do\n", {"XObject": {"X": form}}))
    assert not is_accepted(draws(b"/X Do\n" * 100, {"XObject": {"X": form}}))


GLYPHS: Dictionary = {"Subtype": Name("Type3"), "CharProcs": {}, "FontMatrix": [1, 0, 0, 1, 0, 0]}
HOLDERS: list[Callable[[Dictionary], Dictionary]] = [
    lambda resources: {"XObject": {"X": form_of(resources)}},
    lambda resources: {"ExtGState": {"X": {"SMask": {"S": Name("Alpha"), "G": form_of(resources)}}}},
    lambda resources: {"Pattern": {"X": tiles_of(9, step=9, resources=resources)}},
    lambda resources: {"Font": {"X": Node({**GLYPHS, "Resources": resources})}},
]
"""Each gives resources with something that draws by the given ones."""


@pytest.mark.parametrize("hold", HOLDERS)
def test_what_draws_is_four_levels_deep_at_most(hold: Callable[[Dictionary], Dictionary]) -> None:
    deepest = hold(hold(hold(hold({}))))

    assert is_accepted(draws(b"", deepest))
    assert not is_accepted(draws(b"", hold(deepest)))


def test_what_draws_itself_is_refused() -> None:
    form = form_of({})
    form["Resources"] = {"XObject": {"X": form}}

    assert not is_accepted(document(resources={"XObject": {"X": form}}))


@pytest.mark.parametrize(
    "hidden",
    [
        *(
            b"7 0 obj<</S/JavaScript>>endobj",
            b"x7 0 obj",
            b"7\0\r\n0\tobj",
            b"7 %a\n0%b\r\n obj",
            b"0007 00 obj",
        ),
        b"trailer<</Root<<>>>>",
    ],
)
def test_no_stream_holds_what_a_repairing_viewer_takes_for_objects(hidden: bytes) -> None:
    picture = scanned(b"\xff\xd8" + hidden + b" \xff\xd9")

    assert not is_accepted(document(resources={"XObject": {"X": picture}}))
    assert not is_accepted(document(page={"Contents": deflated(hidden, level=0)}))


def test_bytes_of_a_picture_may_be_any_others() -> None:
    for data in (b"obj", b"0 obj", b"7 0obj x", b"endobj 7 0 R", b"/JavaScript", b"endstream"):
        assert is_accepted(document(resources={"XObject": {"X": scanned(data)}})), data


TABLES, SCAN, ADOBE = b"\xff\xdb\0\x03\0", b"\xff\xda\0\x02\0\xff\0\xff\xd0\xff", b"Adobe\0\x64\0\0\0\0\x01"
COLOURS = b"\xff\xee\0\x0e" + ADOBE
JPEG = b"\xff\xd8" + COLOURS + TABLES + SCAN + TABLES + SCAN + b"\xff\xd9"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        *((b"\xff\xd8", b"\n\xff\xd8"), (b"\xff\xd8", b""), (b"\xff\xd9", b""), (b"\xff\xd9", b"\xff\xd9\n")),
        *((TABLES, TABLES + b"\xff" + marker + b"\0\x03x") for marker in (b"\xe0", b"\xe1", b"\xe2", b"\xfe", b"\x01")),
        *((COLOURS, COLOURS + TABLES + COLOURS), (COLOURS, b"\xff\xee\0\x0f" + ADOBE + b"x")),
        *((TABLES, b"x" + TABLES), (b"\0\x03", b"\xff\x03"), (SCAN, SCAN + b"\xff\x02x"), (JPEG, b"")),
    ],
)  # fmt: skip
def test_a_jpeg_holds_its_picture_alone(before: bytes, after: bytes) -> None:
    def shown(data: bytes) -> bool:
        return is_accepted(document(resources={"XObject": {"X": scanned(data, kind="DCTDecode")}}))

    assert shown(JPEG) and shown(JPEG.replace(COLOURS, b""))
    assert not shown(JPEG.replace(before, after))


# ---- The table -----------------------------------------------------------------------------------------------------

TABLE = json.loads((Path(pdf.__file__).parent / "kinds.json").read_text())
SECTIONS = ("unions", "arrays", "dictionaries", "streams")
WRITTEN = [
    *(wanted for section in ("dictionaries", "streams") for keys in TABLE[section].values() for wanted in keys.values()),
    *(member for members in TABLE["arrays"].values() for member in members),
    *TABLE["unions"].values(),
]  # fmt: skip


def test_every_type_in_the_table_is_known_and_every_kind_is_used() -> None:
    kinds = {kind for section in SECTIONS for kind in TABLE[section]}
    atoms = {"integer", "number", "boolean", "string", "name", "null", "uri"}
    used = {name for wanted in WRITTEN for name in re.findall(r"(?<![/\w])[A-Za-z]\w*", wanted)}

    assert used - atoms == kinds - {"Catalog"}
    assert len(kinds) == sum(len(TABLE[section]) for section in SECTIONS), "a name means one thing"


def test_what_may_be_missing_in_a_tuple_is_at_its_end() -> None:
    for members in TABLE["arrays"].values():
        assert "?!" not in "".join("?" if member.endswith("?") else "!" for member in members)


ACTING = """JS AA PA OpenAction AcroForm XFA EF AF UF FFilter Collection Metadata PieceInfo OutputIntents Threads Perms DSS
Requirements Thumb OPI Alternates Subtype2 HT TR TR2 Usage VE OP op"""
"""Keys of what acts, tells, or is shown by some viewers alone."""


def test_only_two_actions_and_one_annotation_are_known() -> None:
    """The table of kinds knows two actions and one annotation, whoever adds a key to it."""
    literals = set(re.findall(r"/([A-Za-z0-9]+)", " ".join(WRITTEN)))
    keys = {
        key.rstrip("!")
        for keys in [*TABLE["dictionaries"].values(), *TABLE["streams"].values()]
        for key in keys
    }

    assert TABLE["unions"]["Action"] == "UriAction|GoToAction"
    assert TABLE["dictionaries"]["Page"]["Annots"] == "[LinkAnnotation]"
    assert literals.isdisjoint({"JavaScript", "Launch", "SubmitForm", "ImportData", "GoToR", "GoToE", "PS"})
    assert TABLE["dictionaries"]["UriAction"].keys() | TABLE["dictionaries"]["GoToAction"].keys() == {
        *("Type", "S!", "IsMap", "URI!", "D!")
    }
    assert TABLE["dictionaries"]["Catalog"].keys().isdisjoint({"Names", "URI"})
    assert not keys & set(ACTING.split())


def test_a_rich_document_is_accepted() -> None:
    """A document of nearly every kind passes: fonts, colours, shadings, patterns, masks, layers, tags, an outline."""
    assert is_accepted(number(rich()))


def rich() -> Dictionary:
    """Return the catalog of a document with nearly every kind of dictionary."""
    catalog = tree_of(pages=2)
    first, second = kids_of(catalog)
    assert isinstance(first, dict) and isinstance(second, dict)
    numbers: list[Value] = [0, 1]
    fade: Dictionary = {"FunctionType": 2, "Domain": numbers, "C0": [0], "C1": [1], "N": 1}
    stitched: Dictionary = {
        "FunctionType": 3,
        "Domain": numbers,
        "Functions": [fade, fade],
        "Bounds": [0.5],
        "Encode": [0, 1, 0, 1],
    }
    sampled = function_of(1)
    computed = deflated(b"{ 1 exch sub }", {"FunctionType": 4, "Domain": numbers, "Range": numbers})
    colours: Dictionary = {
        "B": [Name("Indexed"), Name("DeviceRGB"), 1, b"\0\0\0\xff\xff\xff"],
        "C": [Name("Separation"), Name("All"), Name("DeviceGray"), computed],
        "D": [Name("DeviceN"), [Name("Cyan")], Name("DeviceGray"), sampled, {"Subtype": Name("NChannel")}],
        "E": [Name("Pattern"), Name("DeviceRGB")],
        "F": [Name("Lab"), {"WhitePoint": [0.9505, 1, 1.089], "Range": [-100, 100, -100, 100]}],
        "G": [Name("CalRGB"), {"WhitePoint": [0.9505, 1, 1.089]}],
    }
    shadings: Dictionary = {
        "A": {**axial(), "Function": stitched, "Extend": [True, False]},
        "B": {"ShadingType": 3, "ColorSpace": Name("DeviceRGB"), "Coords": [0, 0, 0, 9, 9, 9], "Function": [fade]},
        "C": deflated(
            b"",
            {
                "ShadingType": 7, "ColorSpace": Name("DeviceRGB"), "BitsPerCoordinate": 8, "BitsPerFlag": 8,
                "BitsPerComponent": 8, "Decode": [0, 1, 0, 1, 0, 1],
            },
        ),
    }  # fmt: skip
    box: list[Value] = [0, 0, 9, 9]
    drawn: Dictionary = {"Font": {"F1": helvetica()}}
    form = form_of(drawn, TEXT, {"BBox": box, "Group": {"S": Name("Transparency")}})
    mask = scanned(b"mask")
    picture = raw(b"jpeg", {**scanned(b""), "SMask": mask, "Interpolate": True, "Decode": [0, 1]})
    fax = raw(
        b"fax",
        {
            "Subtype": Name("Image"),
            "Width": 8,
            "Height": 8,
            "ImageMask": True,
            "Filter": Name("CCITTFaxDecode"),
            "DecodeParms": {"K": -1, "Columns": 8, "BlackIs1": True},
        },
    )
    program = deflated(b"%!", {"Length1": 2, "Length2": 0, "Length3": 0})
    descriptor = Node(
        {"Type": Name("FontDescriptor"), "FontName": Name("X"), "Flags": 4, "FontFile": program}
    )
    composite: Dictionary = {
        "Type": Name("Font"),
        "Subtype": Name("CIDFontType2"),
        "FontDescriptor": descriptor,
        "CIDSystemInfo": {"Registry": b"Adobe", "Ordering": b"Identity", "Supplement": 0},
        "W": [3, [250, 333], 5, 9, 500],
        "DW": 1000,
        "CIDToGIDMap": Name("Identity"),
    }
    fonts: Dictionary = {
        "A": helvetica(
            {"Encoding": {"Type": Name("Encoding"), "Differences": [65, Name("A"), Name("eacute")]}}
        ),
        "B": {"Subtype": Name("Type0"), "Encoding": Name("Identity-H"), "DescendantFonts": [composite]},
        "C": {
            "Subtype": Name("Type3"),
            "FontMatrix": [0.001, 0, 0, 0.001, 0, 0],
            "FontBBox": box,
            "CharProcs": {"W": deflated(b"0 0 m\n")},
            "Resources": {},
            "Widths": [1],
            "FirstChar": 87,
            "LastChar": 87,
        },
        "D": {"Subtype": Name("TrueType"), "ToUnicode": deflated(b"begincmap", {"CMapName": Name("X")})},
    }
    layer = Node({"Type": Name("OCG"), "Name": b"calque"})
    second["Contents"] = deflated(b"/A gs\n/A Do\n")
    second["Resources"] = {
        "ColorSpace": colours, "Shading": shadings, "Font": fonts, "ProcSet": [Name("PDF")],
        "XObject": {"A": form, "B": picture, "C": fax},
        "Pattern": {"A": tiles_of(9, step=9), "B": {"PatternType": 2, "Shading": {**axial(), "Function": computed}}},
        "ExtGState": {"A": {"ca": 0.5, "BM": Name("Multiply"), "SMask": {"S": Name("Luminosity"), "G": form}, "D": [[3, 2], 0]}},
        "Properties": {"A": layer, "B": {"Type": Name("OCMD"), "OCGs": [layer]}, "C": {"MCID": 0}},
    }  # fmt: skip
    there: list[Value] = [first, Name("XYZ"), None, 700.5, None]
    goes = Node({"Subtype": Name("Link"), "Rect": box, "Dest": there, "Border": [0, 0, 1, [3]]})
    second.update({"Annots": [goes], "StructParents": 0, "Tabs": Name("S"), "Rotate": 90})
    root = Node({"Type": Name("StructTreeRoot"), "RoleMap": {"Titre": Name("H1")}})
    title = Node(
        {"S": Name("Titre"), "P": root, "Pg": second, "Alt": b"CV", "A": {"O": Name("Layout"), "BBox": box}}
    )
    reference: Dictionary = {"Type": Name("OBJR"), "Obj": goes, "Pg": second}
    title["K"] = [0, {"Type": Name("MCR"), "MCID": 1, "Pg": second}, reference]
    root.update({"K": [title], "ParentTree": {"Nums": [0, [title, None], 1, title]}, "ParentTreeNextKey": 2})
    outline = Node({"Type": Name("Outlines"), "Count": 1})
    entry = Node(
        {"Title": b"CV", "Parent": outline, "A": {"S": Name("GoTo"), "D": [second, Name("FitH"), 9]}}
    )
    outline.update({"First": entry, "Last": entry})
    layers: Dictionary = {"OCGs": [layer], "D": {"ON": [layer], "Order": [layer, [b"groupe", layer]]}}
    return {
        **catalog,
        "Outlines": outline,
        "StructTreeRoot": root,
        "MarkInfo": {"Marked": True},
        "Lang": b"fr-FR",
        "OCProperties": layers,
    }


def axial() -> Dictionary:
    """Return an axial shading."""
    return {"ShadingType": 2, "ColorSpace": Name("DeviceRGB"), "Coords": [0, 0, 1, 1]}


def dictionaries_of(document: bytes) -> Iterator[tuple[list[Dictionary], Dictionary]]:
    """Return every dictionary of a document with the objects that hold it, read anew each time."""
    count = sum(1 for _ in _nested(parse(document)))
    for place in range(count):
        objects = parse(document)
        yield objects, list(_nested(objects))[place]


def _nested(value: "Value | list[Dictionary]") -> Iterator[Dictionary]:
    """Give the dictionaries within a value, itself included."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _nested(inner)


def test_a_key_that_the_table_does_not_know_is_refused_in_every_dictionary() -> None:
    """An unknown key is refused in each dictionary, except those whose keys are names of what they hold."""
    named = 0
    for objects, entries in dictionaries_of(number(rich())):
        entries["Zz"] = SCRIPT
        named += is_accepted(write(objects))

    assert named == 0


def test_a_string_for_any_number_and_a_number_for_anything_else_is_refused() -> None:
    text: Value = b"0); alert(1)"
    for objects, entries in dictionaries_of(number(rich())):
        for key, value in list(entries.items()):
            if isinstance(value, Reference):
                continue
            entries[key] = 0.5 if isinstance(value, bytes | Name | bool | dict | list) else text
            assert not is_accepted(write(objects)), key
            entries[key] = value
