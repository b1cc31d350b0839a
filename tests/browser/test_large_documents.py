"""The largest documents pass whole, a slow line shows how far they are, and nothing leaves while a file is being read."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import samples
from tests.browser.connections import between, slow_down, watch
from tests.browser.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.cloud]

SLOW = 60_000
"""Bytes per second of the slow line."""

HOLD = """() => {
  const read = Blob.prototype.arrayBuffer;
  const released = new Promise((release) => (window.release = release));
  Blob.prototype.arrayBuffer = async function () { await released; return read.call(this); };
}"""
"""From now on, files are read once ``release`` was called."""


@pytest.mark.proof
def test_two_documents_of_ten_megabytes_arrive_as_they_left(stage: Stage, tmp_path: Path) -> None:
    cv, letter = samples.heavy_pdf(tmp_path, "cv.pdf"), samples.heavy_pdf(tmp_path, "lettre.pdf")
    tutor = stage.tutor()
    tutor.starts_sending()
    tutor.chooses_contact("Nadia Bellanger")
    tutor.chooses_file(cv, "cv")
    tutor.chooses_file(letter, "lettre")
    tutor.sends()
    tutor.sees_link_left()

    company = stage.company()
    company.clicks_the_link_in(stage.link_mail())
    company.answers_and_opens(stage.recipient)
    assert company.saves_all(2) == [samples.sha256_as_it_leaves(cv), samples.sha256_as_it_leaves(letter)]


@pytest.mark.proof
def test_one_byte_more_than_the_limit_never_leaves(stage: Stage, tmp_path: Path) -> None:
    tutor = stage.tutor()
    tutor.starts_sending()
    tutor.chooses_contact("Nadia Bellanger")
    tutor.chooses_file(samples.heavy_pdf(tmp_path, "cv.pdf", samples.LARGEST + 1))
    assert "dépasse 10 Mo" in tutor.error_beside("cv")
    assert tutor.page.locator("#envoyer").get_attribute("aria-disabled") == "true"


@pytest.mark.proof
def test_a_slow_line_shows_its_progress_both_ways(stage: Stage, tmp_path: Path) -> None:
    cv = samples.heavy_pdf(tmp_path, "cv.pdf", 200_000)
    tutor = stage.tutor()
    tutor.starts_sending()
    tutor.chooses_contact("Nadia Bellanger")
    tutor.chooses_file(cv)
    watch(tutor.page, "#total")
    slow_down(tutor.page, upload=SLOW)
    tutor.sends()
    assert between(tutor.page)
    slow_down(tutor.page)
    tutor.sees_link_left()

    company = stage.company()
    company.clicks_the_link_in(stage.link_mail())
    company.answers(stage.recipient)
    slow_down(company.page, download=SLOW)
    company.opens()
    watch(company.page, "#papiers progress")
    assert between(company.page)
    assert company.saves_all(1) == [samples.sha256_as_it_leaves(cv)]


def test_a_document_that_is_being_replaced_does_not_leave(stage: Stage, tmp_path: Path) -> None:
    tutor = stage.tutor()
    page, row = tutor.page, tutor.page.locator("#cv-ligne")
    new = samples.pdf(tmp_path, "nouveau.pdf")
    tutor.starts_sending()
    tutor.chooses_contact("Nadia Bellanger")
    tutor.chooses_file(samples.pdf(tmp_path, "ancien.pdf"))
    page.locator("#notice").check()
    expect(page.locator("#envoyer")).not_to_have_attribute("aria-disabled", "true")

    page.evaluate(HOLD)
    tutor.chooses_file(new)
    expect(row).to_contain_text("Préparation du document…")
    expect(row).not_to_contain_text("ancien.pdf")
    expect(page.locator("#reste")).to_have_text("Préparation du document…")
    expect(page.locator("#envoyer")).to_have_attribute("aria-disabled", "true")
    page.locator("#envoyer").press("Enter")
    expect(page.locator("#envoyer-erreur")).to_contain_text("pas encore prêt")

    page.evaluate("release()")
    expect(row).to_contain_text("nouveau.pdf")
    expect(page.locator("#envoyer-erreur")).to_be_hidden()
    tutor.sends()
    tutor.sees_link_left()
    company = stage.company()
    company.clicks_the_link_in(stage.link_mail())
    company.answers_and_opens(stage.recipient)
    assert company.saves_all(1) == [samples.sha256_as_it_leaves(new)]


def test_one_document_does_not_leave_while_the_other_is_being_read(stage: Stage, tmp_path: Path) -> None:
    tutor = stage.tutor()
    send = tutor.page.locator("#envoyer")
    tutor.starts_sending()
    tutor.chooses_contact("Nadia Bellanger")
    tutor.chooses_file(samples.pdf(tmp_path, "lettre.pdf"), "lettre")
    tutor.page.locator("#notice").check()
    expect(send).not_to_have_attribute("aria-disabled", "true")

    tutor.page.evaluate(HOLD)
    tutor.chooses_file(samples.word_file(tmp_path), "cv")
    expect(tutor.page.locator("#cv-zone")).to_contain_text("Préparation du document…")
    expect(send).to_have_attribute("aria-disabled", "true")

    tutor.page.evaluate("release()")
    assert "n’est pas un PDF" in tutor.error_beside("cv")
    expect(tutor.page.locator("#cv-zone")).to_contain_text("Glissez le fichier ici, ou")
    expect(send).not_to_have_attribute("aria-disabled", "true")
