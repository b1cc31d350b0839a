"""The largest documents pass whole, and a slow line shows how far they are."""

import hashlib
from pathlib import Path

import pytest

from tests.browser import samples
from tests.browser.lines import between, slow_down, watch
from tests.browser.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.cloud, pytest.mark.proof]

SLOW = 60_000
"""Bytes per second of the slow line."""


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_two_documents_of_ten_megabytes_arrive_as_they_left(stage: Stage, tmp_path: Path) -> None:
    cv, letter = samples.heavy_pdf(tmp_path, "cv.pdf"), samples.heavy_pdf(tmp_path, "lettre.pdf")
    tutor = stage.tutor()
    tutor.starts_sending()
    tutor.chooses_contact("Nadia Bellanger")
    tutor.chooses_file(cv, "cv")
    tutor.chooses_file(letter, "lettre")
    tutor.sends()
    tutor.sees_link_left(within=90)

    company = stage.company()
    company.clicks_the_link_in(stage.link_mail())
    company.answers_and_opens(stage.recipient)
    assert company.saves_all(2) == [sha256(cv), sha256(letter)]


def test_one_byte_more_than_the_limit_never_leaves(stage: Stage, tmp_path: Path) -> None:
    tutor = stage.tutor()
    tutor.starts_sending()
    tutor.chooses_contact("Nadia Bellanger")
    tutor.chooses_file(samples.heavy_pdf(tmp_path, "cv.pdf", samples.LARGEST + 1))
    assert "dépasse 10 Mo" in tutor.error_beside("cv")
    assert tutor.page.locator("#envoyer").get_attribute("aria-disabled") == "true"


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
    assert company.saves_all(1) == [sha256(cv)]
