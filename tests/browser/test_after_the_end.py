"""What comes afterwards: a history on a contract that is over, a colleague's copies once the company has declined."""

from dataclasses import replace
from datetime import date

import pytest
from playwright.sync_api import expect

from chalicelib.domain.kernel.values import ParcoursStatus, Role
from chalicelib.stores import parcours_table
from tests.browser.looks import look
from tests.browser.people import unfold, wait_for_mail
from tests.browser.stage import LINK_MAIL, Stage
from tests.browser.test_records import enters
from tests.support import factories
from tests.support.writing import add_records

pytestmark = [pytest.mark.browser, pytest.mark.cloud, pytest.mark.proof]


def test_the_history_of_a_contract_that_is_over_is_entered(stage: Stage) -> None:
    offer = factories.offer(status=ParcoursStatus.LAPSED)
    contract = replace(offer.contract, notified_on=date(2024, 2, 1), ends_on=date(2025, 12, 31))
    over, tutor = replace(offer, contract=contract), factories.account()
    add_records(over, tutor)
    page = enters(stage, factories.account(Role.COORDINATOR))
    page.goto(f"{stage.cloud.base_url}/parcours/{offer.id}")
    look(page, "parcours-echu")
    page.get_by_role("link", name="Désigner une tutrice ou un tuteur").click()
    page.get_by_label("Qui suivra le jeune").select_option(tutor.id)
    page.get_by_role("button", name="Désigner cette personne").click()
    expect(page.locator("#depuis-erreur")).to_be_visible()
    look(page, "tutrice-echue-erreur")
    page.get_by_label("Depuis le").fill("2024-05-02")
    page.get_by_role("button", name="Désigner cette personne").click()
    expect(page.get_by_text("L’offre est confiée")).to_be_visible()
    look(page, "parcours-histoire-ancienne")
    unfold(page, "Noter un appel")
    unfold(page, "Autre fait")
    asked = page.locator(".touches details", has_text="Documents envoyés autrement")
    asked.locator("summary").click()
    look(page, "parcours-transmis")
    asked.get_by_role("button", name="Noter").click()
    expect(page.get_by_text("proposer des dates").first).to_be_visible()
    look(page, "parcours-transmis-note")
    assert parcours_table.read_parcours(offer.id).tutor == tutor.id


def test_a_colleague_who_opened_sees_that_the_company_declined(stage: Stage) -> None:
    holder = stage.company()
    holder.clicks_the_link_in(stage.sends())
    holder.answers_and_opens(stage.recipient)
    expect(holder.page.locator("#lu")).to_be_visible()
    zoe, before = f"zoe@{stage.domain}", len(stage.cloud.mails())
    holder.names("Zoé Marchand", zoe)
    sealer = stage.signed_in(stage.tutor_account).new_page()
    sealer.goto(f"{stage.address}/collegue")
    sealer.get_by_role("button", name="Accepter cette adresse").click()
    colleague, mail = stage.company(), wait_for_mail(stage.cloud, zoe, LINK_MAIL, after=before)
    colleague.clicks_the_link_in(mail)
    colleague.answers_and_opens(zoe)
    expect(colleague.page.locator("#lu")).to_be_visible()
    holder.page.get_by_text("Nous ne pouvons pas accueillir").click()
    holder.page.get_by_role("radio", name="Personne n’est disponible").check()
    holder.page.get_by_role("button", name="Confirmer").click()
    expect(holder.page.get_by_role("heading", name="Votre réponse est partie")).to_be_visible()

    colleague.page.goto("about:blank")
    colleague.clicks_the_link_in(mail)

    expect(colleague.page.locator("#suite")).to_contain_text("refusé")
    look(colleague.page, "retrait-decline-ailleurs")
    colleague.page.get_by_role("button", name="C’est fait").click()
    expect(colleague.page.get_by_role("heading", name="Vos copies sont supprimées")).to_be_visible()
