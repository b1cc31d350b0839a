"""The notice, the rights form and the choices of a sending, as people meet them in a browser."""

import re
from dataclasses import replace
from pathlib import Path

import pypdf
import pytest
from playwright.sync_api import Page, expect

from chalicelib.domain.kernel.parcours import BuyerContact
from chalicelib.stores import parcours_table
from infra.local import LocalCloud
from tests.browser import samples
from tests.browser.looks import PICTURES, look
from tests.browser.people import unfold, wait_for_mail
from tests.browser.stage import Stage
from tests.support.writing import change_record

pytestmark = [pytest.mark.browser, pytest.mark.cloud]

DPO = "dpo@passe-plat.example"


def printed_pages(page: Page, tmp_path: Path) -> int:
    """Return how many A4 pages the page takes on paper."""
    path = tmp_path / "page.pdf"
    page.pdf(path=path, format="A4", prefer_css_page_size=True)
    return len(pypdf.PdfReader(path).pages)


@pytest.mark.proof
def test_the_notice_is_one_printed_sheet_with_the_law_overleaf(stage: Stage, tmp_path: Path) -> None:
    tutor = stage.tutor()
    unfold(tutor.page, "La fiche")
    tutor.page.get_by_role("link", name="Voir et imprimer la notice").click()
    tutor.sees_title("Ton CV et ta lettre")
    look(tutor.page, "notice")
    tutor.page.evaluate("() => { window.print = () => { document.title = 'printed' } }")
    tutor.page.get_by_role("button", name="Imprimer").click()
    expect(tutor.page).to_have_title("printed")
    assert printed_pages(tutor.page, tmp_path) == 2
    keep_paper(tutor.page)

    anybody = stage.browser().new_page()
    anybody.goto(f"{stage.cloud.base_url}/notice")
    look(anybody, "notice-publique")
    assert printed_pages(anybody, tmp_path) == 2


def keep_paper(page: Page) -> None:
    """Keep a picture of the page on paper, when pictures are asked for."""
    if PICTURES.exists():
        page.emulate_media(media="print")
        page.set_viewport_size({"width": 794, "height": 1123})
        page.screenshot(path=PICTURES / "notice-papier.png", full_page=True)
        page.emulate_media(media="screen")


def test_nothing_leaves_before_the_notice_is_said_to_be_handed_over(stage: Stage, tmp_path: Path) -> None:
    tutor = stage.tutor()
    tutor.starts_sending()
    tutor.chooses_contact("Nadia Bellanger")
    tutor.chooses_file(samples.pdf(tmp_path, "cv.pdf"))
    expect(tutor.page.locator("#cv-choisi")).to_be_visible()
    tutor.page.locator("#envoyer").click(force=True)
    assert tutor.error_beside("notice") == "Remettez la notice au jeune, puis cochez cette case."
    expect(tutor.page.locator("#notice")).to_be_focused()
    with tutor.page.expect_popup() as sheet:
        tutor.page.get_by_role("link", name="Imprimer la notice").click()
    expect(sheet.value.get_by_role("heading", level=1)).to_contain_text("Ton CV et ta lettre")
    look(tutor.page, "envoi-notice")
    tutor.sends()
    tutor.sees_link_left()
    assert any("avez remis la notice au jeune" in fact for fact in tutor_timeline(stage))


def tutor_timeline(stage: Stage) -> list[str]:
    """Return the lines of the timeline that the tutor reads."""
    return stage.tutor().timeline()


@pytest.mark.proof
def test_by_the_buyer_no_other_recipient_is_asked_for(stage: Stage, tmp_path: Path) -> None:
    head = parcours_table.read_parcours(stage.parcours_id)
    declared = head.company.contacts[0].origin
    buyer = BuyerContact(name="Odile Ramain", address=f"o.ramain@achats-{stage.domain}", origin=declared)
    change_record(head, replace(head, buyer_contact=buyer))
    tutor = stage.tutor()
    tutor.starts_sending()
    expect(tutor.page.get_by_role("radio", name="Directement à l’entreprise")).to_be_checked()
    tutor.page.get_by_role("radio", name="Par l’acheteur, Odile").check()
    expect(tutor.page.locator("#qui-champ")).to_be_hidden()
    look(tutor.page, "envoi-acheteuse")
    tutor.chooses_file(samples.pdf(tmp_path, "cv.pdf"))
    expect(tutor.page.locator("#cv-choisi")).to_be_visible()
    tutor.sends()
    tutor.sees_link_left()
    wait_for_mail(stage.cloud, buyer.address, "Un jeune attend votre réponse")


@pytest.mark.proof
def test_a_code_to_telephone_is_shown_large_and_again_on_the_page_of_the_parcours(
    stage: Stage, tmp_path: Path
) -> None:
    tutor = stage.tutor()
    tutor.starts_sending()
    tutor.chooses_contact("Nadia Bellanger")
    tutor.chooses_file(samples.pdf(tmp_path, "cv.pdf"))
    expect(tutor.page.locator("#cv-choisi")).to_be_visible()
    tutor.page.get_by_label("Demander un code, que vous donnerez par téléphone").check()
    look(tutor.page, "envoi-code-demande")
    tutor.sends()
    expect(tutor.page.locator("#code-dit")).to_have_text(re.compile(r"^\d{3}\u00a0\d{3}$"))
    tutor.sees_link_left()
    expect(tutor.page.get_by_text("jamais par message")).to_be_visible()
    look(tutor.page, "envoi-code")
    digits = str(tutor.page.locator("#code-dit").text_content())
    tutor.page.get_by_role("link", name="Revenir au parcours").click()
    expect(tutor.page.get_by_role("heading", level=1)).to_have_text(stage.company_name)
    expect(tutor.page.locator(".chiffres")).to_have_text(digits)
    look(tutor.page, "parcours-code")


def test_a_request_about_ones_data_reaches_the_officer(stage: Stage, cloud: LocalCloud) -> None:
    page = stage.browser().new_page()
    page.goto(f"{cloud.base_url}/donnees-personnelles")
    page.get_by_role("link", name="le formulaire de demande").click()
    look(page, "demande")
    page.get_by_role("button", name="Envoyer la demande").click()
    expect(page.locator("#demande-erreur")).to_be_visible()
    look(page, "demande-erreur")
    page.get_by_label("Référence").fill("csf-7k3q-92")
    page.get_by_label("Que demandez-vous").select_option(label="Faire effacer (effacement)")
    page.get_by_label("Qui fait la demande").select_option(label="Le jeune")
    page.get_by_label("Adresse électronique").fill(f"j@{stage.domain}")
    before = len(cloud.mails())
    page.get_by_role("button", name="Envoyer la demande").click()
    expect(page.get_by_text("Votre demande est enregistrée")).to_be_visible()
    look(page, "demande-partie")
    mail = wait_for_mail(cloud, DPO, "Données personnelles", after=before)
    assert str(mail.message["Reply-To"]) == f"j@{stage.domain}"


@pytest.mark.proof
def test_every_message_is_shown_with_sample_data_as_wide_as_a_phone(stage: Stage, cloud: LocalCloud) -> None:
    page = stage.browser().new_page()
    page.goto(cloud.mail_url)
    page.get_by_role("link", name=re.compile("Tous les messages")).click()
    page.wait_for_url("**/modeles")  # loaded, with all its frames
    assert page.locator(".modele iframe").count() >= 13
    look(page, "messages")
    for frame in page.frames[1:]:
        width = frame.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, frame.url
