"""Every page of the relay, in each of its states: no accessibility violation, nothing out of the screen, wide or narrow."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from chalicelib import clock
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.proving import PurgeProof
from chalicelib.stores import relay_table, transactions
from infra.local import LocalCloud
from infra.local.demo import TEAM
from tests.browser import samples
from tests.browser.looks import look
from tests.browser.stage import Stage
from tests.support.worlds import World

pytestmark = [pytest.mark.browser, pytest.mark.cloud, pytest.mark.proof]

PUBLIC = {
    "accueil": "/",
    "connexion": "/connexion",
    "code-sans-cookie": "/connexion/code",
    "mentions-legales": "/mentions-legales",
    "donnees-personnelles": "/donnees-personnelles",
    "registre": "/donnees-personnelles/registre",
    "accessibilite": "/accessibilite",
    "plan": "/plan",
    "message-perdu": "/retrait?perdu=1",
    "message-perdu-demande": "/retrait?fait=demande",
    "erreur": "/rien-de-tel",
    "retrait-coller": "/retrait",
    "retrait-inconnu": f"/retrait/#{'A' * 43}",
}


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_page_has_no_fault(stage: Stage, cloud: LocalCloud, name: str) -> None:
    page = stage.browser().new_page()
    page.goto(cloud.base_url + PUBLIC[name])
    if name == "retrait-inconnu":
        expect(page.get_by_role("heading", level=1)).to_have_text("Nous ne reconnaissons pas ce lien")
    look(page, name)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_foot_of_the_teams_list_has_no_fault(stage: Stage, deployed: World, scheme: str) -> None:
    now, hour = clock.utc_now(), timedelta(hours=1)
    failed = PurgeProof(proved_at=now - 27 * hour, swept_at=now - 3 * hour, failed_at=now - 3 * hour)
    strays_found = replace(failed, proved_at=now, strays=2, missing=1)
    page = stage.signed_in(TEAM, color_scheme=scheme).new_page()
    for name, proof in {
        "echec": failed,
        "ecart": strays_found,
        "prouve": replace(strays_found, strays=0, missing=0),
    }.items():
        before = relay_table.read_purge_proof()
        after = replace(proof, revision=before.revision) if before else proof
        transactions.commit(Transition(changes=(Change(before, after),)))
        page.goto(f"{stage.cloud.base_url}/parcours")
        expect(page.get_by_text("L’effacement est à vérifier")).to_be_visible(visible=name != "prouve")
        look(page, f"liste-{name}-{scheme}")
    transactions.commit(Transition(changes=(Change(relay_table.read_purge_proof(), None),)))


def test_the_code_page_has_no_fault(stage: Stage, cloud: LocalCloud) -> None:
    page = stage.browser().new_page()
    page.goto(f"{cloud.base_url}/connexion")
    page.get_by_label("Adresse").fill(stage.tutor_account.address)
    page.locator("main form button").click()
    page.wait_for_url("**/connexion/code")
    look(page, "code")
    page.get_by_label("Code").fill("0000 0000 0000")
    look(page, "code-saisi")
    page.locator("main form button").click()
    look(page, "code-faux")


def test_the_tutors_pages_have_no_fault_from_the_offer_to_the_end(stage: Stage, tmp_path: Path) -> None:
    tutor = stage.tutor()
    page = tutor.page
    look(page, "parcours-avant")
    page.goto(f"{stage.cloud.base_url}/parcours")
    look(page, "liste")
    page.goto(f"{stage.cloud.base_url}/parcours/{'0' * 32}")
    look(page, "parcours-inconnu")
    page.goto(stage.address)
    tutor.starts_sending()
    look(page, "envoi-vide")
    page.locator("#envoyer").click(force=True)
    assert tutor.error_beside("cv")
    look(page, "envoi-manque")
    tutor.chooses_file(samples.word_file(tmp_path))
    assert tutor.error_beside("cv")
    look(page, "envoi-refus")
    tutor.chooses_other_address(f"nadia@autre-{stage.domain}")
    tutor.chooses_file(samples.pdf(tmp_path, "cv.pdf"), "cv")
    tutor.chooses_file(samples.pdf(tmp_path, "lettre.pdf"), "lettre")
    expect(page.locator("#lettre-choisi")).to_be_visible()
    look(page, "envoi-pret")
    tutor.sends()
    tutor.sees_title("Vérifiez l’adresse")
    look(page, "envoi-doute")
    page.get_by_role("button", name="Corriger l’adresse").click()
    tutor.chooses_contact("Nadia Bellanger")
    page.context.set_offline(True)
    tutor.sends()
    expect(page.locator("#reprendre")).to_be_visible()
    look(page, "envoi-coupe")
    page.context.set_offline(False)
    page.locator("#reprendre").click()
    tutor.sees_link_left()
    look(page, "envoi-parti")
    page.get_by_role("link", name="Revenir au parcours").click()
    for line in page.locator("main details > summary").all():
        line.click()
    look(page, "parcours-envoye")
    page.goto(f"{stage.address}/fin")
    look(page, "fin")
    page.get_by_role("radio", name="Le jeune a renoncé").check()
    look(page, "fin-motifs")
    page.locator("main form button").last.click()
    expect(page.locator("#fin-erreur")).to_be_visible()
    look(page, "fin-erreur")
    page.locator("main form").get_by_role("radio", name="L’attente a été trop longue").first.check()
    page.locator("main form button").last.click()
    expect(page.get_by_text("Le parcours est terminé")).to_be_visible()
    look(page, "parcours-apres")


def test_the_recipients_page_has_no_fault_from_the_link_to_the_answer(stage: Stage) -> None:
    mail = stage.sends()
    company = stage.company()
    company.clicks_the_link_in(mail)
    company.sees_title("Un jeune attend votre réponse")
    look(company.page, "retrait-question")
    company.answers("autre@x.example")
    expect(company.page.locator("#adresse-erreur")).to_be_visible()
    look(company.page, "retrait-question-fausse")
    company.answers(stage.recipient)
    expect(company.page.locator("#ouvrir")).to_be_visible()
    look(company.page, "retrait-prouve")
    company.opens()
    expect(company.page.locator("#lu")).to_be_visible()
    look(company.page, "retrait-ouvert")

    colleague = stage.company()
    colleague.clicks_the_link_in(mail)
    colleague.sees_title("Où en est le stage")
    look(colleague.page, "retrait-ailleurs-question")
    colleague.page.locator("#adresse").fill(stage.recipient)
    colleague.page.get_by_role("button", name="Continuer").click()
    expect(colleague.page.locator("#creneaux-form")).to_be_visible()
    look(colleague.page, "retrait-ailleurs")
    colleague.asks_for_a_new_sending()
    expect(colleague.page.get_by_role("heading", name="La demande est partie")).to_be_visible()
    look(colleague.page, "retrait-demande")

    company.page.get_by_role("button", name="Je n’ai pas pu lire").click()
    company.sees_title("C’est noté")
    look(company.page, "retrait-illisible")
    company.says_she_could_read()
    company.sees_title("C’est noté")
    look(company.page, "retrait-merci")

    tutor = stage.tutor()
    look(tutor.page, "parcours-demande")
