"""What the sending page writes is what inspection reads: the browser's modules, in node, against the grammar and the rules."""

import zlib
from io import BytesIO
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from chalicelib.pdf import grammar
from tests.support import pdf_hostile, pdf_samples
from tests.support.canonical import is_accepted
from tests.support.pdf_samples import EXTRA, Sample
from tests.support.rewriting import rewrite, rewrite_and_tell

HONEST = sorted((Path(__file__).parents[1] / "pdf").glob("*.pdf"))
BLANK = "written_by_pypdf"
"""A page on which nothing shows."""
LONG = b"<</Type/Font/Subtype/Type1/Widths[%b]>>" % (b"0 " * (grammar.MAX_STRUCTURE_BYTES // 2))


def rewritten(*documents: bytes) -> list[bytes]:
    """Return each document as the page writes it, which inspection must accept."""
    made = rewrite(documents)
    written = [document for document in made if isinstance(document, bytes)]
    assert len(written) == len(made), made
    assert [document for document in written if not is_accepted(document)] == []
    return written


def test_every_honest_document_is_written_anew_and_the_same_when_written_again() -> None:
    shown = {name: made for name, made in pdf_samples.FRIENDLY.items() if name != BLANK}
    samples = [path.read_bytes() for path in HONEST] + [made() for made in shown.values()]
    once = rewritten(*samples)

    assert rewritten(*once) == once


REFUSED: dict[str, tuple[str, Sample]] = {
    "a blank page": ("empty", pdf_samples.FRIENDLY[BLANK]),
    "no page": ("broken", lambda: pdf_samples.file_of({1: b"<</Type/Catalog>>"})),
    "nothing that shows": ("empty", lambda: pdf_samples.document(content=pdf_samples.stream(b"q Q"))),
    "a form for one program alone": ("form", lambda: pdf_samples.document(catalog=b"/NeedsRendering true")),
    "31 pages": ("pages", lambda: pdf_samples.document(pages=31)),
    "one long array": ("heavy", lambda: pdf_samples.document(more={4: LONG})),
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_cannot_be_shown_to_another_is_refused(why: str) -> None:
    code, made = REFUSED[why]
    assert rewrite([made()]) == [code]


def test_whatever_a_stranger_writes_comes_out_harmless_or_not_at_all() -> None:
    actions = pdf_samples.REFUSED_ACTIONS.values()
    placed = [place(action) for place in pdf_hostile.PLACES.values() for action in actions]
    made = rewrite(placed + [sample() for sample in pdf_hostile.HOSTILE.values()])

    assert [document for document in made if isinstance(document, bytes) and not is_accepted(document)] == []
    refusals = {document for document in made if isinstance(document, str)}
    assert refusals <= {"password", "broken", "pages", "empty", "heavy", "form"}


def test_links_lead_out_by_four_schemes_and_to_places_within() -> None:
    def link(action: bytes) -> bytes:
        return b"<</Type/Annot/Subtype/Link/Rect[0 0 9 9]%b>>" % action

    addresses = (
        b"https://a.example/",
        b"mailto:a@b.example",
        b"tel:+33 (0)1 00-00.00 00",
        b"www.c.example",
        b"mailto:a@b.example?attach=/etc/passwd",
        b"https://bank.example@d.example",
        b"tel:*21*#",
        b"file:///etc",
    )
    links = [link(b"/A<</S/URI/URI(%b)>>" % address) for address in addresses]
    links += [link(b"/Dest(here)"), link(b"/A<</S/GoTo/D/there>>"), link(b"/A<</S/Launch/F(cmd.exe)>>")]
    chosen = pdf_samples.document(
        page=b"/Annots[%b]" % b"".join(links),
        catalog=b"/Dests<</there[10 0 R/Fit]>>/Names<</Dests<</Names[(here)[10 0 R/XYZ null 700 null]]>>>>",
    )
    ((document, told),) = rewrite_and_tell([chosen])
    assert isinstance(document, bytes) and is_accepted(document) and "link" in told
    kept = [bytes.fromhex(part.partition(b">")[0].decode()) for part in document.split(b"/URI <")[1:]]
    assert kept == [
        b"https://a.example/",
        b"mailto:a@b.example",
        b"tel:+33100000000",
        b"http://www.c.example/",
    ]
    assert document.count(b"/Fit]") == 1 and b"/XYZ null 700 null]" in document


def test_a_field_shows_what_it_holds_and_hidden_ones_do_not() -> None:
    def field(flags: int, value: bytes) -> bytes:
        return b"<</Subtype/Widget/FT/Tx/F %d/V(%b)/DA(/Helv 10 Tf 0 g)/Rect[50 50 250 70]>>" % (flags, value)

    shown, hidden = (
        rewritten(
            pdf_samples.document(page=b"/Annots[%b]" % field(flags, b"Lina"), catalog=b"/AcroForm<<>>")
        )[0]
        for flags in (4, 2)
    )
    assert b"/Drawn0 " in shown and b"/Annots" not in shown
    assert b"/Drawn0 " not in hidden


def test_what_is_not_reached_is_not_written() -> None:
    """An object to which nothing leads is left out, and so is a page that was taken out though a link still leads to it."""
    secret = pdf_samples.stream(b"BT (an earlier draft) Tj ET")
    gone = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Resources<<>>/Contents %d 0 R>>" % (EXTRA + 1)
    leading = b"/Annots[<</Subtype/Link/Rect[0 0 9 9]/Dest[%d 0 R/Fit]>>]" % EXTRA
    plain, leads = rewritten(
        pdf_samples.document(more={EXTRA + 1: secret}),
        pdf_samples.document(page=leading, more={EXTRA: gone, EXTRA + 1: secret}),
    )
    assert len(grammar.parse(plain)) == len(grammar.parse(rewritten(pdf_samples.document())[0]))
    assert sum(item.get("Type") == "Page" for item in grammar.parse(leads)) == 1


def photo() -> bytes:
    """Return a JPEG that says in five places who took it, and that it knows where."""
    notes = Image.Exif()
    notes[ExifTags.Base.Artist] = "Exemple"
    notes.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSMapDatum] = "Exemple"
    out = BytesIO()
    Image.new("RGB", (8, 8)).save(out, "JPEG", exif=notes, comment=b"Exemple", icc_profile=b"Exemple")
    jfif = slice(2, 20)
    begin, header, rest = out.getvalue()[:2], out.getvalue()[jfif], out.getvalue()[20:]
    adobe = b"\xff\xee\0\x15Adobe\0\x64\0\0\0\0\1Exemple"
    return begin + header[:2] + b"\0\x17" + header[4:] + b"Exemple" + adobe + rest


def with_resources(resources: bytes, more: dict[int, bytes], content: bytes) -> bytes:
    """Return a document whose page draws by these resources."""
    entry = b"/Resources<<%b>>" % resources
    return pdf_samples.document(page=entry, more=more, content=pdf_samples.stream(content))


def with_picture(data: bytes, filter_name: bytes = b"DCTDecode") -> bytes:
    """Return a document that has a picture of these bytes."""
    entries = b"/Subtype/Image/Width 8/Height 8/BitsPerComponent 8/ColorSpace/DeviceRGB/Filter/" + filter_name
    return with_resources(b"/XObject<</P %d 0 R>>" % EXTRA, {EXTRA: pdf_samples.stream(data, entries)}, b"f")


WITHIN = b"BI /W 8 /H 8 /BPC 8 /CS /RGB /F /DCT ID %b\nEI"
PICTURES: dict[str, tuple[str, bytes]] = {
    "within a content": ("place", pdf_samples.document(content=pdf_samples.stream(WITHIN % photo()))),
    "whole": ("place", with_picture(photo())),
    "without an end": ("place", with_picture(photo()[:-2])),
    "after a line end": ("place", with_picture(b"\r\n" + photo())),
    "with more behind": ("place", with_picture(photo() + b"Exemple")),
    "a wrong length": ("picture", with_picture(photo().replace(b"\xff\xe1\0", b"\xff\xe1\1"))),
    "after a text": ("picture", with_picture(b"Exemple" + photo())),
    "notes alone": ("picture", with_picture(b"\xff\xd8\xff\xe1\0\x09Exemple\xff\xd9")),
    "no JPEG 2000": ("picture", with_picture(b"\n\0\0\0\x0cjP  \r\n\x87\nExemple", b"JPXDecode")),
    "JPEG 2000 without its picture": ("picture", with_picture(b"\0\0\0\x0cjP  Exem", b"JPXDecode")),
    "not coded as it says": ("picture", with_picture(b"Exemple", b"Brew")),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_loses_what_was_noted_of_it_or_does_not_leave(name: str) -> None:
    told, chosen = PICTURES[name]
    ((document, removed),) = rewrite_and_tell([chosen])

    assert isinstance(document, bytes) and is_accepted(document)
    assert b"Exem" in chosen and b"Exem" not in document and b"Exif" not in document
    assert removed == [told] and (b"/Subtype /Image" in document) == (told == "place")


def test_profiles_and_marks_tell_of_nobody() -> None:
    marks = b"/Properties<</A<</MCID 7/ActualText(Exemple)>>/B<</Alt(Exemple)>>>>"
    spaces = b"/ColorSpace<</A[/ICCBased %d 0 R]/B[/Indexed[/ICCBased %d 0 R]0<FF>]>>" % (EXTRA, EXTRA + 1)
    profiles = {EXTRA: pdf_samples.stream(b"", b"/N 3"), EXTRA + 1: pdf_samples.stream(b"", b"/N 1")}
    chosen = pdf_samples.document(page=b"/Resources<<%b%b>>" % (marks, spaces), more=profiles)
    (document,) = rewritten(chosen)

    assert b"/ColorSpace <</A /DeviceRGB/B [/Indexed /DeviceGray 0 <FF>]>>" in document
    assert b"/Properties <</A <</MCID 7>>>>" in document


def drawn(document: bytes | str) -> bytes:
    """Return what the first page draws."""
    assert isinstance(document, bytes) and is_accepted(document), document
    objects = grammar.parse(document)
    [content, *_] = (page["Contents"] for page in objects if page.get("Type") == "Page")
    assert isinstance(content, grammar.Reference)
    stream = objects[content.number - 1]
    assert isinstance(stream, grammar.Stream)
    return zlib.decompress(stream.data)


@pytest.mark.parametrize(
    ("content", "written"),
    [
        (b"0 .50 m%x\r+9 -0 l S", b"0 0.5 m\n9 0 l\nS\n"),
        (b"f/F1 12.Tf", b"f\n"),
        (
            b"(\\(a(b)\\051\\\n\\53\r\n)Tj<4 1 4>Tj[(a)-1]TJ",
            b"<2861286229292B0A> Tj\n<4140> Tj\n[<61> -1] TJ\n",
        ),
        (b"Q q BT BT f", b"q\nBT\nET\nBT\nf\nET\nQ\n"),
        (
            b"/P<</MCID 1/ActualText(a)>>BDC EMC/OC/gone BDC f EMC",
            b"/P <</MCID 1>> BDC\nEMC\n/OC BMC\nf\nEMC\n",
        ),
        (b"BX/A/B DP f EX", b"f\n"),
    ],
)
def test_what_draws_is_written_in_one_way(content: bytes, written: bytes) -> None:
    ((document, _),) = rewrite_and_tell([pdf_samples.document(content=pdf_samples.stream(content))])

    assert drawn(document) == written


@pytest.mark.parametrize(
    ("content", "written"),
    [
        *(
            (b"f " + unclear, b"f\n")
            for unclear in (
                b"0 700-20 m",
                b"0 0 9 m",
                b"9 curve",
                b"(a Tj",
                b"[/a] TJ",
                b"<4Z> Tj",
                b"{",
            )
        ),
        *((b"f /gone " + named, b"f\n") for named in (b"Do", b"gs", b"sh", b"9 Tf")),
        (b"/gone cs 1 1 1 1 1 scn f", b"0 g\nf\n"),
        (b"/Pattern CS /gone SCN S", b"/Pattern CS\n0 G\nS\n"),
        (b"f BI /W 9 /H 9 ID never ended", b"f\n"),
    ],
)
def test_what_viewers_draw_each_in_another_way_is_taken_out_and_told(content: bytes, written: bytes) -> None:
    ((document, removed),) = rewrite_and_tell([pdf_samples.document(content=pdf_samples.stream(content))])

    assert (drawn(document), removed) == (written, ["unlike"])


def test_contents_become_one_whose_tokens_none_cuts() -> None:
    more = {EXTRA: pdf_samples.stream(b"f (a) T"), EXTRA + 1: pdf_samples.stream(b"j 9 w")}
    entry = b"/Contents[%d 0 R null %d 0 R]" % (EXTRA, EXTRA + 1)
    ((document, removed),) = rewrite_and_tell([pdf_samples.document(page=entry, more=more)])

    assert (drawn(document), removed) == (b"f\n9 w\n", ["unlike"])


@pytest.mark.parametrize(
    ("entries", "data"),
    [
        (b"/W 4 /H 1 /BPC 8 /CS /G", b" EI "),
        (b"/W 4 /H 1 /BPC 8 /CS [/I /RGB 0 <000000>] /F /Fl", zlib.compress(b"abcd")),
        (b"/W 4 /H 1 /IM true /F [/AHx]", b"F0>"),
    ],
)
def test_a_picture_within_a_content_becomes_one_of_its_own(entries: bytes, data: bytes) -> None:
    content = b"q BI %b ID %b\nEI Q" % (entries, data)
    ((document, removed),) = rewrite_and_tell([pdf_samples.document(content=pdf_samples.stream(content))])

    assert isinstance(document, bytes)
    assert (drawn(document), removed) == (b"q\n/Picture0 Do\nQ\n", [])
    [picture] = (item for item in grammar.parse(document) if item.get("Subtype") == "Image")
    assert isinstance(picture, grammar.Stream)
    assert zlib.decompress(picture.data) in (b" EI ", b"abcd", b"\xf0")


def chain(holder: bytes, deepest: int) -> bytes:
    """Return a document of forms that draw one another; the last one draws the first."""
    forms = {
        number: pdf_samples.stream(
            b"/X Do " * 10, b"/Subtype/Form/BBox[0 0 9 9]/Resources<<%b>>" % (holder % after)
        )
        for number, after in (
            (at, EXTRA + (at - EXTRA + 1) % deepest) for at in range(EXTRA, EXTRA + deepest)
        )
    }
    return with_resources(holder % EXTRA, forms, b"/X Do f")


TILES = b"/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 9 9]/XStep .001/YStep 9/Resources<<>>"
SAMPLED = b"/FunctionType 0/BitsPerSample 8/Range[0 1]/Size[%b]/Domain[%b]" % (b"1 " * 5, b"0 1 " * 5)
DIFFERING = {
    "transfer function": with_resources(
        b"/ExtGState<</G<</TR 100 0 R>>>>", {EXTRA: b"<</FunctionType 2/Domain[0 1]/N 1>>"}, b"/G gs f"
    ),
    "another layer for print": with_resources(
        b"/Properties<</P 100 0 R>>",
        {EXTRA: b"<</Type/OCG/Name()/Usage<</Print<</PrintState/OFF>>>>>>"},
        b"/OC /P BDC f EMC",
    ),
    "layers of which all are needed": with_resources(
        b"/Properties<</P<</Type/OCMD/P/AllOn/OCGs 100 0 R>>>>",
        {EXTRA: b"<</Type/OCG/Name()>>"},
        b"/OC /P BDC f EMC",
    ),
    "45 degrees": pdf_samples.document(page=b"/Rotate 45"),
    "form that draws itself": chain(b"/XObject<</X %d 0 R>>", 1),
    "forms without end": chain(b"/XObject<</X %d 0 R>>", 10),
    "mask of itself": chain(b"/ExtGState<</X<</SMask<</S/Alpha/G %d 0 R>>>>>>", 1).replace(
        b"/X Do", b"/X gs"
    ),
    "tiles without number": with_resources(
        b"/Pattern<</P 100 0 R>>", {EXTRA: pdf_samples.stream(b"f", TILES)}, b"/Pattern cs /P scn f"
    ),
    "function of five inputs": with_resources(
        b"/ColorSpace<</C[/Separation/A/DeviceGray 100 0 R]>>",
        {EXTRA: pdf_samples.stream(b"x", SAMPLED)},
        b"/C cs f",
    ),
    "other greys": with_resources(b"/ColorSpace<</DefaultGray[/DeviceRGB]>>", {}, b"f"),
}


@pytest.mark.parametrize("kind", DIFFERING)
def test_what_viewers_show_each_in_another_way_or_late_is_taken_out_and_told(kind: str) -> None:
    ((document, removed),) = rewrite_and_tell([DIFFERING[kind]])

    assert isinstance(document, bytes) and is_accepted(document)
    assert removed == ["unlike"]
    assert not any(
        word in document
        for word in (b"/TR ", b"/Usage ", b"/AllOn", b"/Rotate 45", b"/DefaultGray", b"/XStep 0.001", b"/C ")
    )


def test_the_words_of_a_refusal_and_of_a_removal_are_all_there() -> None:
    """Each code that the modules may return has its French words."""
    static = Path(__file__).parents[2] / "templates" / "static" / "rewrite"
    words = (static / "words.js").read_text()
    code = "\n".join(path.read_text() for path in static.glob("*.js"))
    told = {
        *(part.partition('"')[0] for part in code.split('Unwritable("')[1:]),
        *(part.partition('"')[0] for part in code.split('removed.add("')[1:]),
    }
    assert len(told) > 12 and [reason for reason in sorted(told) if f"  {reason}: " not in words] == []
