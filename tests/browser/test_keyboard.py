"""On a phone's screen with a keyboard alone: the company retrieves, the tutor sends."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import samples
from tests.browser.keyboard import Keyboard
from tests.browser.stage import PHONE, Stage

pytestmark = [pytest.mark.browser, pytest.mark.cloud]


def test_the_company_reads_and_answers_by_keyboard_alone(stage: Stage) -> None:
    company = stage.company(viewport=PHONE)
    company.clicks_the_link_in(stage.sends())
    keys = Keyboard(company.page)
    company.sees_title("Un jeune attend votre réponse")
    keys.writes("Quelle adresse a reçu le message", stage.recipient)
    expect(company.page.locator("#lu")).to_be_visible()
    with company.page.expect_download() as saving:
        keys.presses("Enregistrer le CV")
    assert saving.value.suggested_filename.endswith(".pdf")
    keys.presses("J’ai bien pu lire")
    company.sees_title("C’est noté")
    focused = company.page.evaluate("document.activeElement.tagName")
    assert focused == "H1"  # and a screen reader is taken there


def test_the_tutor_sends_by_keyboard_alone_in_few_interactions(stage: Stage, tmp_path: Path) -> None:
    tutor = stage.tutor(viewport=PHONE)
    # Listening from the start: Playwright takes over the dialog only some time after it is first asked to.
    tutor.page.on("filechooser", lambda _: None)
    keys = Keyboard(tutor.page)
    keys.presses("Envoyer les documents")
    expect(tutor.page.locator("#choix")).to_be_visible()
    keys.presses("Nadia Bellanger", "Space")
    keys.goes_to("Choisir le CV")
    with tutor.page.expect_file_chooser() as choosing:
        tutor.page.keyboard.press("Space")
    choosing.value.set_files(samples.pdf(tmp_path))
    expect(tutor.page.locator("#cv-choisi")).to_be_visible()
    keys.presses("J’ai remis la notice", "Space")
    keys.presses("Envoyer le CV")
    tutor.sees_link_left()
    keys.presses("Revenir au parcours")
    tutor.sees_title(stage.company_name)


@pytest.mark.proof
def test_a_dead_link_is_left_by_keyboard_with_a_new_sending_asked(stage: Stage) -> None:
    mail = stage.sends()
    first = stage.company()
    first.clicks_the_link_in(mail)
    first.answers_and_opens(stage.recipient)
    colleague = stage.company(viewport=PHONE)
    colleague.clicks_the_link_in(mail)
    colleague.sees_title("Où en est le stage")
    keys = Keyboard(colleague.page)
    keys.writes("Quelle adresse a reçu le message", stage.recipient)
    expect(colleague.page.locator("#creneaux-form")).to_be_visible()
    keys.presses("Demander un nouvel envoi")
    keys.presses("Demander un nouvel envoi", "Enter")
    expect(colleague.page.get_by_role("heading", name="La demande est partie")).to_be_visible()
