"""What is chosen is written anew in the browser: only what shows leaves, and the page says what was taken out."""

import hashlib
import random
import zlib
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from chalicelib.pdf import grammar
from tests.browser import samples
from tests.browser.people import Agent
from tests.browser.stage import PHONE, Stage
from tests.support import pdf_hostile, pdf_samples
from tests.support.canonical import is_accepted

pytestmark = [pytest.mark.browser, pytest.mark.cloud]

SCRIPT = "**/rewriter.js"
BYTES = "async ({ href }) => Array.from(new Uint8Array(await (await fetch(href)).arrayBuffer()))"


@pytest.fixture
def tutor(stage: Stage) -> Agent:
    """The tutor on the sending page; the test may read what its links lead to."""
    tutor = stage.tutor(bypass_csp=True)
    tutor.starts_sending()
    tutor.chooses_contact("Nadia Bellanger")
    return tutor


def what_leaves(page: Page, kind: str = "cv") -> bytes:
    """Return the bytes behind « Voir ce qui part »."""
    return bytes(page.locator(f"#{kind}-voir").evaluate(BYTES))


def pages_of(document: bytes) -> list[grammar.Dictionary]:
    """Return the dictionaries of a document's pages, once inspection's own rules have passed it."""
    assert is_accepted(document)
    return [item for item in grammar.parse(document) if item.get("Type") == "Page"]


def read_line_of_the_cv(tutor: Agent) -> str:
    """Return what the page says beside the CV, with plain spaces."""
    expect(tutor.page.locator("#cv-voir")).to_be_visible()
    return " ".join(tutor.page.locator("#cv-ligne").inner_text().split())


def test_the_page_says_what_it_took_out_and_shows_the_very_bytes_that_leave(
    stage: Stage, tutor: Agent
) -> None:
    tutor.chooses_file(samples.HONEST / "reportlab-form.pdf")
    told = read_line_of_the_cv(tutor)
    assert "Retiré : le nom de l’auteur, un formulaire actif" in told
    seen = what_leaves(tutor.page)
    assert seen == samples.leaving(samples.HONEST / "reportlab-form.pdf")
    assert len(pages_of(seen)) == 1
    tutor.sends()
    tutor.sees_link_left()

    company = stage.company()
    company.clicks_the_link_in(stage.link_mail())
    company.answers_and_opens(stage.recipient)
    assert company.saves_all(1) == [hashlib.sha256(seen).hexdigest()]


def test_what_leaves_opens_in_a_tab_of_its_own(viewing_stage: Stage, tmp_path: Path) -> None:
    tutor = viewing_stage.tutor()
    tutor.starts_sending()
    tutor.chooses_file(samples.pdf(tmp_path))
    link = tutor.page.get_by_role("link", name="Voir ce qui part")
    address = link.get_attribute("href")
    assert address and address.startswith("blob:")
    with tutor.page.context.expect_page() as tab:
        link.click()
    assert tab.value.url == address


def test_several_photos_become_one_document_in_order_turned_and_without_a_place(
    tutor: Agent, tmp_path: Path
) -> None:
    page = tutor.page
    pictures = [
        samples.photo(tmp_path, page.context, kind, named=f"page {number}")
        for number, kind in ((10, "png"), (2, "jpeg"), (1, "jpeg"))
    ]
    page.locator("#cv").set_input_files(pictures)
    assert "3 photos devenues un PDF" in read_line_of_the_cv(tutor)
    assert [page_item.get("Rotate") for page_item in pages_of(what_leaves(page))] == [0, 0, 0]
    first, second, third = (pictures_of(what_leaves(page))[place] for place in range(3))
    assert third not in (first, second)

    page.get_by_role("button", name="Tourner : page 3").click()
    read_line_of_the_cv(tutor)
    page.get_by_role("button", name="Monter : page 3").click()
    read_line_of_the_cv(tutor)
    assert [page_item.get("Rotate") for page_item in pages_of(what_leaves(page))] == [0, 90, 0]
    assert pictures_of(what_leaves(page)) == [first, third, second]

    page.get_by_role("button", name="Enlever : page 1").click()
    read_line_of_the_cv(tutor)
    page.locator("#cv-ajouter").set_input_files(samples.photo_with_its_place(tmp_path))
    assert "le lieu de la photo" in read_line_of_the_cv(tutor)
    assert len(pages_of(what_leaves(page))) == 3
    tutor.sends()
    tutor.sees_link_left()


def pictures_of(document: bytes) -> list[bytes]:
    """Return the pictures that a document's pages show, in their order."""
    return [
        item.data
        for item in grammar.parse(document)
        if isinstance(item, grammar.Stream) and item.get("Subtype") == "Image"
    ]


REFUSED = {
    "password": ("mot de passe", pdf_hostile.PROTECTED["password"]),
    "broken": ("abîmé", lambda: b"%PDF-1.7\nnothing of a PDF"),
    "pages": ("plus de 30 pages", lambda: pdf_samples.document(pages=31)),
    "empty": ("Rien ne se voit", lambda: pdf_samples.document(content=pdf_samples.stream(b" "))),
    "no PDF": ("ni un PDF, ni une photo", lambda: b"GIF89a" + bytes(100)),
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_cannot_be_written_anew_is_refused_at_once_and_the_page_goes_on(
    tutor: Agent, tmp_path: Path, why: str
) -> None:
    sentence, made = REFUSED[why]
    path = tmp_path / "cv.pdf"
    path.write_bytes(made())
    tutor.chooses_file(path)
    assert sentence in tutor.error_beside("cv")
    expect(tutor.page.locator("#envoyer")).to_have_attribute("aria-disabled", "true")
    tutor.chooses_file(samples.pdf(tmp_path))
    expect(tutor.page.locator("#cv-erreur")).to_be_hidden()
    assert "Prêt" in read_line_of_the_cv(tutor)


def test_a_document_that_takes_too_long_is_given_up(stage: Stage, tmp_path: Path) -> None:
    tutor = stage.tutor()
    tutor.page.clock.install()
    tutor.page.route(SCRIPT, lambda route: route.fulfill(body="for (;;);", content_type="text/javascript"))
    tutor.starts_sending()
    tutor.chooses_file(samples.pdf(tmp_path))
    expect(tutor.page.locator("#cv-zone")).to_contain_text("Préparation du document…")
    tutor.page.clock.run_for(61_000)
    assert "prend trop de temps" in tutor.error_beside("cv")
    tutor.page.unroute(SCRIPT)
    tutor.chooses_file(samples.pdf(tmp_path))
    assert "Prêt" in read_line_of_the_cv(tutor)


def test_the_library_is_fetched_when_a_file_is_chosen_and_its_absence_is_said(
    stage: Stage, tmp_path: Path
) -> None:
    tutor = stage.tutor()
    fetched: list[str] = []
    tutor.page.context.on("request", lambda request: fetched.append(request.url))
    tutor.starts_sending()
    tutor.page.wait_for_load_state("networkidle")
    assert not [address for address in fetched if "rewriter" in address]
    tutor.page.route(SCRIPT, lambda route: route.abort())
    tutor.chooses_file(samples.pdf(tmp_path))
    assert "La préparation n’a pas pu commencer" in tutor.error_beside("cv")
    tutor.page.unroute(SCRIPT)
    tutor.chooses_file(samples.pdf(tmp_path))
    assert "Prêt" in read_line_of_the_cv(tutor)


def test_a_heavy_scan_is_made_smaller_and_the_page_says_so(tutor: Agent, tmp_path: Path) -> None:
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(heavy_scan())
    tutor.chooses_file(scan)
    assert "Allégé : de" in read_line_of_the_cv(tutor)
    made = what_leaves(tutor.page)
    assert len(pages_of(made)) == 1 and len(made) < scan.stat().st_size / 4


def heavy_scan(wide: int = 1800, high: int = 2500) -> bytes:
    """Return a scanned page of colours with the noise of a scanner, as deflated samples."""
    noise = random.Random(1).randbytes(3 * wide * high)  # noqa: S311 - any bytes will do
    samples_of = zlib.compress(noise.translate(bytes(220 + (byte >> 4) for byte in range(256))), 1)
    entries = b"/Type/XObject/Subtype/Image/BitsPerComponent 8/ColorSpace/DeviceRGB/Filter/FlateDecode"
    return pdf_samples.document(
        page=b"/Resources<</XObject<</I %d 0 R>>>>" % pdf_samples.EXTRA,
        content=pdf_samples.stream(b"q 595 0 0 842 0 0 cm /I Do Q"),
        more={
            pdf_samples.EXTRA: pdf_samples.stream(samples_of, entries + b"/Width %d/Height %d" % (wide, high))
        },
    )


@pytest.mark.proof
def test_on_a_phone_the_photos_of_a_document_can_be_handled(stage: Stage, tmp_path: Path) -> None:
    tutor = stage.tutor(viewport=PHONE)
    tutor.starts_sending()
    tutor.page.locator("#cv").set_input_files(
        [samples.photo(tmp_path, tutor.page.context, "jpeg", named=f"{number}") for number in (1, 2)]
    )
    assert "2 photos devenues un PDF" in read_line_of_the_cv(tutor)
    assert tutor.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
