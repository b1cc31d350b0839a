"""Nobody is signed in: a form typed past the end of a session waits on its page, and the link of a mail leads to its own."""

import re

import pytest
from playwright.sync_api import expect

from chalicelib.domain.kernel.values import Role
from tests.browser.looks import look
from tests.browser.people import wait_for_mail
from tests.browser.stage import Stage
from tests.support import factories
from tests.support.relays import CODE
from tests.support.writing import add_records

pytestmark = [pytest.mark.browser, pytest.mark.cloud]


@pytest.mark.parametrize(
    "scripts", [True, pytest.param(False, marks=pytest.mark.proof)], ids=["scripts", "no scripts"]
)
def test_a_form_typed_past_the_end_of_the_session_is_sent_again(stage: Stage, scripts: bool) -> None:
    buyer = factories.account(Role.BUYER, organisation=f"Mairie {factories.mark()}")
    add_records(buyer)
    context = stage.signed_in(buyer, java_script_enabled=scripts)
    page = context.new_page()
    page.goto(f"{stage.cloud.base_url}/offres/nouvelle")
    typed = {"Nom de l’entreprise": stage.company_name, "Objet du marché": 'Parcs "du nord" & <sud>'}
    typed |= {"Notifié le": "2026-05-12", "Fin du marché": "2028-05-12", "Nombre d’heures": "300"}
    typed |= {"Adresse du stage": "4 rue des Peupliers", "Commune": "Besançon", "Tâches": "Tonte, taille"}
    for label, text in typed.items():
        page.get_by_label(label).fill(text)
    page.get_by_label("Département").select_option("25")
    page.get_by_label("Domaine").select_option("Logistique")
    page.locator("#repond_nom").fill("Nadia Bellanger")
    page.locator("#repond_courriel").fill(stage.recipient)
    context.clear_cookies()
    page.get_by_role("button", name="Déclarer cette offre").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Connectez-vous de nouveau")
    if scripts:
        look(page, "session-terminee")
    with context.expect_page() as opened:
        page.get_by_role("link", name="Se connecter").click()
    expect(opened.value.get_by_label("Adresse électronique")).to_be_visible()
    context.add_cookies(stage.signed_in(buyer).cookies())  # type: ignore[arg-type]
    page.get_by_role("button", name="Renvoyer").click()

    expect(page.get_by_text("L’offre est déclarée")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text(stage.company_name)
    page.get_by_role("link", name="Modifier la fiche").click()
    expect(page.get_by_label("Tâches")).to_have_value("Tonte, taille")
    expect(page.get_by_label("Objet du marché")).to_have_value('Parcs "du nord" & <sud>')


def test_the_link_of_a_mail_leads_to_its_page_through_the_sign_in(stage: Stage) -> None:
    stage.sends()
    mail = wait_for_mail(stage.cloud, stage.tutor_account.address, "")
    link = re.search(rf"{re.escape(stage.address)}\S*", mail.body("plain"))
    assert link
    page = stage.browser().new_page()
    page.goto(link[0])
    look(page, "connexion-vers")
    before = len(stage.cloud.mails())

    page.get_by_label("Adresse électronique").fill(stage.tutor_account.address)
    page.get_by_role("button", name="Recevoir le code").click()
    expect(page.get_by_label("Code de connexion")).to_be_visible()
    code = CODE.search(
        wait_for_mail(stage.cloud, stage.tutor_account.address, "code", after=before).body("plain")
    )
    assert code
    page.get_by_label("Code de connexion").fill(code[1])
    page.get_by_role("button", name="Se connecter").click()

    expect(page.get_by_role("heading", level=1)).to_have_text(stage.company_name)
    assert page.url == stage.address
