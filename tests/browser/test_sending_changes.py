"""The detours of real days, on the deployed product: each has a way out that a tired person finds alone."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from infra.local import LocalCloud
from infra.local.demo import one_page
from tests.browser.people import Agent, Recipient, unfold, wait_for_mail

pytestmark = [pytest.mark.browser, pytest.mark.cloud]

TUTOR = "tutrice@academie.example"
RECIPIENT = "p.vernay@imprimerie-saulx.entreprise.example"
COMPANY = "Imprimerie Saulx"


def a_pdf(folder: Path, name: str) -> Path:
    """Write a document of one page; return its path."""
    path = folder / name
    path.write_bytes(one_page([name]))
    return path


def test_both_documents_leave_are_sent_again_refused_by_the_old_link_then_the_passage_ends(
    cloud: LocalCloud, person: BrowserContext, chromium: Browser, tmp_path: Path
) -> None:
    tutor = Agent(person, cloud, TUTOR)
    tutor.signs_in()
    tutor.opens_parcours(COMPANY)
    tutor.starts_sending()
    tutor.chooses_contact("Paul Vernay")
    tutor.chooses_file(a_pdf(tmp_path, "cv.pdf"), "cv")
    tutor.chooses_file(a_pdf(tmp_path, "lettre.pdf"), "lettre")
    tutor.sends()
    tutor.sees_link_left()
    first = wait_for_mail(cloud, RECIPIENT, "Un jeune attend votre réponse")

    tutor.opens_parcours(COMPANY)
    sent_before = len(cloud.mails())
    unfold(tutor.page, "L’envoi")
    unfold(tutor.page, "Renvoyer le lien")
    tutor.page.get_by_role("button", name="Renvoyer le lien à la même adresse").click()
    expect(tutor.page.get_by_text("Un nouveau lien part", exact=True)).to_be_visible()
    second = wait_for_mail(cloud, RECIPIENT, "Nouveau lien", after=sent_before)

    old = Recipient(chromium.new_context(locale="fr-FR"), cloud)
    old.clicks_the_link_in(first)
    expect(old.page.get_by_role("heading", level=1)).to_have_text("Ce lien a été remplacé")

    company = Recipient(chromium.new_context(locale="fr-FR"), cloud)
    company.clicks_the_link_in(second)
    company.answers(RECIPIENT)
    company.opens()
    expect(company.page.locator("[data-enregistrer]")).to_have_count(2)

    tutor.opens_parcours(COMPANY)
    unfold(tutor.page, "Arrêter")
    tutor.page.get_by_role("link", name="Le jeune a renoncé").click()
    tutor.page.get_by_role("radio", name="Le jeune a renoncé").check()
    tutor.page.locator("main form").get_by_role("radio", name="L’attente a été trop longue").first.check()
    sent_before = len(cloud.mails())
    tutor.page.locator("main form button").last.click()
    expect(tutor.page.get_by_text("Le parcours est terminé")).to_be_visible()
    wait_for_mail(cloud, RECIPIENT, "", after=sent_before)

    gone = Recipient(chromium.new_context(locale="fr-FR"), cloud)
    gone.clicks_the_link_in(second)
    expect(gone.page.get_by_role("heading", level=1)).to_contain_text("ne marche plus")
