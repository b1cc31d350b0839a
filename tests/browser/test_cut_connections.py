"""A line that cuts costs one click: nothing is chosen again, and it stays the same sending."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import samples
from tests.browser.connections import Cut, announced
from tests.browser.people import Agent
from tests.browser.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.cloud]

CUT = "La connexion s’est coupée"
SCRIPT = "text/javascript"
AS_IT_IS = "self.onmessage = ({ data }) => self.postMessage({ bytes: data.document, removed: '' });"
"""A worker that writes nothing anew: only so can something leave that inspection refuses."""


def ready(stage: Stage, folder: Path) -> Agent:
    """Return the tutor on the sending page, a CV and a letter chosen, about to send."""
    tutor = stage.tutor()
    tutor.starts_sending()
    tutor.chooses_contact("Nadia Bellanger")
    tutor.chooses_file(samples.pdf(folder, "cv.pdf"), "cv")
    tutor.chooses_file(samples.pdf(folder, "lettre.pdf"), "lettre")
    return tutor


def test_a_cut_upload_is_resumed_in_one_click_as_the_same_sending(stage: Stage, tmp_path: Path) -> None:
    tutor = ready(stage, tmp_path)
    deposits = announced(tutor.page)
    Cut(tutor.page, stage.cloud.aws_url)
    tutor.sends()
    expect(tutor.page.get_by_role("heading", name=CUT)).to_be_visible()
    expect(tutor.page.locator("#etape-texte")).to_contain_text("gardés dans cette page")
    tutor.page.get_by_role("button", name="Reprendre l’envoi").click()
    tutor.sees_link_left()
    assert len(deposits) == 2 and len(set(deposits)) == 1  # announced twice, the same


@pytest.mark.proof
def test_a_line_cut_before_anything_was_announced_is_resumed_too(stage: Stage, tmp_path: Path) -> None:
    tutor = ready(stage, tmp_path)
    tutor.page.context.set_offline(True)
    tutor.sends()
    expect(tutor.page.get_by_role("heading", name=CUT)).to_be_visible()
    tutor.page.context.set_offline(False)
    tutor.page.get_by_role("button", name="Reprendre l’envoi").click()
    tutor.sees_link_left()


@pytest.mark.proof
def test_a_network_that_blocks_the_storage_is_told_from_a_cut_line(stage: Stage, tmp_path: Path) -> None:
    tutor = ready(stage, tmp_path)
    storage = f"{stage.cloud.aws_url}/**"
    tutor.page.route(storage, lambda route: route.abort())
    tutor.sends()
    expect(tutor.page.get_by_role("heading", name="Votre réseau bloque l’envoi")).to_be_visible()
    expect(tutor.page.locator("#blocage")).to_contain_text(stage.cloud.aws_url.removeprefix("http://"))
    tutor.page.unroute(storage)
    tutor.page.get_by_role("button", name="Reprendre l’envoi").click()
    tutor.sees_link_left()


@pytest.mark.proof
def test_a_session_that_ended_keeps_the_files_until_she_is_back(stage: Stage, tmp_path: Path) -> None:
    tutor = ready(stage, tmp_path)
    signed_in = tutor.page.context.storage_state()
    tutor.page.context.clear_cookies()
    tutor.sends()
    expect(tutor.page.get_by_role("heading", name="Votre session a expiré")).to_be_visible()
    tutor.page.context.set_storage_state(signed_in)  # signed in again, in another tab
    tutor.page.get_by_role("button", name="Reprendre l’envoi").click()
    tutor.sees_link_left()


@pytest.mark.proof
def test_a_refused_document_is_chosen_again_alone(stage: Stage, tmp_path: Path) -> None:
    tutor = ready(stage, tmp_path)
    broken = tmp_path / "casse.pdf"
    broken.write_bytes(b"%PDF-1.7\nnothing of a PDF")
    tutor.page.get_by_role("button", name="Retirer le CV").click()
    tutor.page.route("**/rewriter.js", lambda route: route.fulfill(body=AS_IT_IS, content_type=SCRIPT))
    tutor.chooses_file(broken, "cv")
    expect(tutor.page.locator("#cv-nom")).to_have_text("casse.pdf")
    tutor.page.unroute("**/rewriter.js")
    tutor.sends()
    again = tutor.page.get_by_role("button", name="Choisir un autre CV")
    expect(again).to_be_visible(timeout=90_000)
    again.click()
    assert tutor.error_beside("cv")
    expect(tutor.page.locator("#lettre-nom")).to_have_text("lettre.pdf")  # kept, as the recipient is
    tutor.chooses_file(samples.pdf(tmp_path, "cv2.pdf"), "cv")
    tutor.sends()
    tutor.sees_link_left()


@pytest.mark.proof
def test_a_cut_download_is_fetched_again_in_the_same_browser(stage: Stage, tmp_path: Path) -> None:
    tutor = ready(stage, tmp_path)
    tutor.sends()
    tutor.sees_link_left()
    company = stage.company()
    company.clicks_the_link_in(stage.link_mail())
    company.answers(stage.recipient)
    Cut(company.page, stage.cloud.aws_url)
    company.opens()
    again = company.page.get_by_role("button", name="Réessayer")
    expect(again).to_be_visible()
    expect(company.page.locator("#lu")).to_be_hidden()  # nothing is asked about what did not come
    again.click()
    expect(company.page.locator("#lu")).to_be_visible()
    expected = [samples.sha256_as_it_leaves(tmp_path / name) for name in ("cv.pdf", "lettre.pdf")]
    assert company.saves_all(len(expected)) == expected
