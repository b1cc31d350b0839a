"""What the PDF inspection accepts and refuses; ``test_pdf_process`` tests the process that confines it."""

from functools import cache
from io import BytesIO

import pytest
from pypdf import PdfReader

from chalicelib.pdf import MAX_PAGES, PdfRefusal, PdfReport, process, worker
from tests.pdf_hostile import HOSTILE, PLACES
from tests.pdf_samples import (
    FRIENDLY,
    REFUSED_ACTIONS,
    address,
    append_to,
    document,
    file_of,
    objects_of,
    stream,
)

READ = set(PdfRefusal) - {PdfRefusal.NOT_A_PDF}


Answers = dict[str, PdfRefusal | None]
"""What each sample of a corpus is refused for."""


@cache
def friendly() -> Answers:
    """What word processors write."""
    return {name: worker.examine(made()).refusal for name, made in FRIENDLY.items()}


@cache
def hostile(reason: PdfRefusal) -> Answers:
    """What is to be refused for a reason."""
    return {name: worker.examine(made()).refusal for name, made in HOSTILE[reason].items()}


@cache
def hung(place: str) -> Answers:
    """Every refused action, where one place holds it."""
    return {name: worker.examine(PLACES[place](action)).refusal for name, action in REFUSED_ACTIONS.items()}


def test_what_word_processors_write_passes():
    assert friendly() == dict.fromkeys(FRIENDLY)


@pytest.mark.parametrize("reason", sorted(READ))
def test_what_is_hostile_or_damaged_is_refused_for_its_reason(reason):
    assert hostile(reason) == dict.fromkeys(HOSTILE[reason], reason)


@pytest.mark.parametrize("place", PLACES)
def test_a_refused_action_is_found_wherever_it_hangs_and_however_it_is_written(place):
    assert hung(place) == dict.fromkeys(REFUSED_ACTIONS, PdfRefusal.ACTIVE)


@pytest.mark.parametrize("name", FRIENDLY)
def test_pages_are_counted_as_another_reader_counts_them(name):
    sample = FRIENDLY[name]()

    assert worker.examine(sample).pages == len(PdfReader(BytesIO(sample)).pages)


def test_of_several_revisions_the_one_with_most_pages_counts():
    longer = document(pages=MAX_PAGES + 1)
    shorter = append_to(longer, {2: b"<</Type/Pages/Kids[10 0 R]/Count 1>>"}, trailer=b"/Prev 0")

    assert worker.examine(shorter).refusal is PdfRefusal.PAGE_COUNT


def test_a_page_that_is_shown_many_times_counts_as_many():
    kids = b"10 0 R " * (MAX_PAGES + 1)

    assert (
        worker.examine(file_of(objects_of() | {2: b"<</Type/Pages/Kids[%b]/Count 1>>" % kids})).refusal
        is PdfRefusal.PAGE_COUNT
    )


def test_no_honest_file_is_refused_and_no_hostile_one_passes(capsys):
    """Both error rates are printed with the size of each corpus; ``test_pdf_process`` shows that the process says the same."""
    bad = [one for answers in (*map(hostile, READ), *map(hung, PLACES)) for one in answers.values()]
    refused, passed = len(FRIENDLY) - list(friendly().values()).count(None), bad.count(None)

    with capsys.disabled():
        print(f"\ninspection: honest files refused {refused} of {len(FRIENDLY)},", end=" ")
        print(f"hostile files passed {passed} of {len(bad)}")
    assert (refused, passed) == (0, 0)


@pytest.mark.parametrize(
    "kind",
    [
        *("JavaScript", "Launch", "SubmitForm", "ImportData", "GoToR", "GoToE"),
        *("Rendition", "Movie", "Sound", "RichMediaExecute", "GoTo3DView"),
    ],
)
def test_an_action_that_computes_starts_sends_or_fetches_is_refused_where_nothing_leads_to_it(kind):
    assert worker.examine(document(more={20: f"<</S/{kind}>>".encode()})).refusal is PdfRefusal.ACTIVE


@pytest.mark.parametrize("place", sorted(PLACES.keys() - {"name tree", "object stream without its type"}))
def test_those_places_are_harmless_in_themselves(place):
    assert worker.examine(PLACES[place](b"<</S/GoTo/D[10 0 R/Fit]>>")).refusal is None


@pytest.mark.parametrize("name", HOSTILE[PdfRefusal.NOT_A_PDF])
def test_another_format_or_a_header_that_is_not_at_byte_0_is_no_pdf(name):
    report = process.inspect(HOSTILE[PdfRefusal.NOT_A_PDF][name]())

    assert report == PdfReport(PdfRefusal.NOT_A_PDF, pages=0, hidden_details=False)


def test_every_refusal_has_a_sample():
    assert HOSTILE.keys() == set(PdfRefusal)


@pytest.mark.parametrize(
    "written",
    [
        b"(file:///etc/passwd)",
        b"(FILE:///etc/passwd)",
        b"( \\tfi\\nle:///etc/passwd)",
        b"(\\146ile:x)",
        b"<66696C653A78>",
        b"<FEFF00660069006C0065003A0078>",
        b"<FFFE660069006C0065003A007800>",
        b"(\xef\xbb\xbffile:x)",
        b"/file:x",
        b"(\\\\\\\\host\\\\share)",
        b"(//host/share)",
        b"(\\t//host/share)",
        b"(/bin/sh)",
        b"(../../bin/sh)",
        b"(C:\\\\Windows)",
        b"(javascript:alert\\(1\\))",
        b"(data:text/html,x)",
        b"(search-ms:query=x)",
        b"(smb://host/share)",
        b"(x.example:file)",
    ],
)
def test_an_address_that_is_not_a_page_a_mail_or_a_call_is_refused(written):
    assert worker.examine(address(written)).refusal is PdfRefusal.ACTIVE


@pytest.mark.parametrize(
    ("pages", "refusal"), [(1, None), (MAX_PAGES, None), (MAX_PAGES + 1, PdfRefusal.PAGE_COUNT)]
)
def test_a_document_has_from_1_to_30_pages(pages, refusal):
    assert worker.examine(document(pages=pages)) == PdfReport(refusal, pages=pages, hidden_details=False)


def test_a_reason_that_helps_is_preferred_to_unverifiable():
    damaged = document(catalog=b"/OpenAction<</S/Launch>>", more={100: b"<<"})

    assert worker.examine(damaged).refusal is PdfRefusal.ACTIVE


def gps_picture(order: str) -> bytes:
    """A JPEG's beginning: EXIF data with two entries, the second of which points to a GPS directory."""
    mark = b"II*\0" if order == "little" else b"MM\0*"
    entries = [0x0112.to_bytes(2, order) + bytes(10), 0x8825.to_bytes(2, order) + bytes(10)]
    exif = mark + (8).to_bytes(4, order) + (2).to_bytes(2, order) + b"".join(entries)
    return stream(b"\xff\xd8\xff\xe1\0\x40Exif\0\0" + exif, b"/Subtype/Image/Filter/DCTDecode")


@pytest.mark.parametrize(
    "told",
    [
        document(trailer=b"/Info<</Author(Zo\\351 Martin)>>"),
        document(trailer=b"/Info 100 0 R", more={100: b"<</Author 101 0 R>>", 101: b"<FEFF005A>"}),
        document(more={100: stream(b"<dc:creator>Zoe</dc:creator>", b"/Type/Metadata")}),
        document(more={100: gps_picture("little")}),
        document(more={100: gps_picture("big")}),
        FRIENDLY["updated"](),
    ],
    ids=["author", "author elsewhere", "creator", "place", "place, big end", "earlier version"],
)
def test_hidden_details_are_accepted_and_said(told):
    assert worker.examine(told) == PdfReport(None, pages=1, hidden_details=True)


@pytest.mark.parametrize("author", [b"()", b"( )", b"<FEFF>"])
def test_an_empty_author_is_no_detail(author):
    assert not worker.examine(document(trailer=b"/Info<</Author %b>>" % author)).hidden_details


def test_a_file_made_for_the_web_has_two_endings_and_one_version():
    linearized = append_to(document(), {200: b"<</Linearized 1>>"}, trailer=b"/Prev 0")

    assert linearized.count(b"startxref") == 2
    assert not worker.examine(linearized).hidden_details
