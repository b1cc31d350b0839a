"""A buyer declares an offer and corrects it while a colleague does; a coordinator says who accompanies."""

import hashlib
import re
import secrets
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from chalicelib import clock
from chalicelib.domain.accounts.signing_in import Session
from chalicelib.domain.kernel import attempt
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.values import Role
from chalicelib.stores import transactions
from chalicelib.stories.kit.deciding import draw_session_cookie
from chalicelib.web.kit.http import SESSION_COOKIE
from tests.browser.looks import look
from tests.browser.people import unfold
from tests.browser.stage import Stage
from tests.support import factories
from tests.support.writing import add_records

pytestmark = [pytest.mark.browser, pytest.mark.cloud]


def enters(stage: Stage, account: Account) -> Page:
    """Return a page of somebody who signed in a minute ago."""
    context, token, now = stage.browser(), draw_session_cookie(account.id), clock.utc_now()
    identifier = hashlib.sha256(token.encode()).hexdigest()
    session = Session(id=identifier, account=account.id, created_at=now, seen_at=now)
    add_records(account, session)
    host = stage.cloud.base_url.replace("http:", "https:")
    context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": host, "secure": True}])
    return context.new_page()


def test_an_offer_is_declared_corrected_by_two_and_given_to_a_tutor(stage: Stage) -> None:
    organisation, academie = f"Mairie {factories.mark()}", "Besançon"
    buyer, colleague = (
        enters(
            stage,
            replace(factories.account(Role.BUYER, name=name, organisation=organisation), function="achats"),
        )
        for name in ("Inès Vauquelin", "Paul Autre")
    )
    tutor = factories.account(name="Samuel Aubry", academie=academie)
    add_records(tutor)
    coordinator = enters(stage, factories.account(Role.COORDINATOR, name="Léa Brun", academie=academie))

    buyer.goto(f"{stage.cloud.base_url}/offres/nouvelle")
    look(buyer, "fiche-nouvelle")
    buyer.get_by_label("Nom de l’entreprise").fill(stage.company_name)
    buyer.get_by_label("Objet du marché").fill("Entretien des parcs")
    buyer.get_by_label("Notifié le").fill("2026-05-12")
    buyer.get_by_label("Fin du marché").fill("2026-02-01")
    buyer.get_by_label("Nombre d’heures").fill("trois cents")
    buyer.get_by_label("Adresse du stage").fill("4 rue des Peupliers")
    buyer.get_by_label("Commune").fill("Besançon")
    buyer.get_by_label("Département").select_option("25")
    buyer.get_by_label("Domaine").select_option("Logistique")
    buyer.get_by_label("Tâches").fill("Tonte, taille")
    buyer.locator("#repond_nom").fill("Nadia Bellanger")
    buyer.locator("#repond_courriel").fill(stage.recipient)
    buyer.get_by_role("button", name="Déclarer cette offre").click()
    expect(buyer.get_by_text("2 champs sont à corriger")).to_be_visible()
    expect(buyer.get_by_label("Commune")).to_have_value("Besançon")
    look(buyer, "fiche-erreurs")
    buyer.get_by_label("Fin du marché").fill("2028-05-12")
    buyer.get_by_label("Nombre d’heures").fill("300")
    buyer.get_by_role("button", name="Déclarer cette offre").click()
    expect(buyer.get_by_text("L’offre est déclarée")).to_be_visible()
    expect(buyer.get_by_role("heading", level=1)).to_have_text(stage.company_name)
    address = buyer.url.partition("?")[0]
    look(buyer, "fiche-declaree")

    buyer.get_by_role("link", name="Modifier la fiche").click()
    colleague.goto(f"{address}/fiche")
    colleague.get_by_label("Commune").fill("Vesoul")
    colleague.get_by_role("button", name="Enregistrer").click()
    expect(colleague.get_by_text("La fiche est enregistrée")).to_be_visible()
    buyer.get_by_label("Commune").fill("Dole")
    buyer.get_by_label("Tâches").fill("Taille seule")
    buyer.get_by_role("button", name="Enregistrer").click()
    expect(buyer.get_by_text("Modifié entre-temps")).to_be_visible()
    expect(buyer.get_by_label("Tâches")).to_have_value("Taille seule")
    expect(buyer.locator("#commune-aide")).to_have_text(re.compile("Maintenant.*Vesoul"))
    look(buyer, "fiche-entre-temps")
    buyer.get_by_role("button", name="Enregistrer malgré tout").click()
    expect(buyer.get_by_text("La fiche est enregistrée")).to_be_visible()

    coordinator.goto(address)
    coordinator.get_by_role("link", name="Désigner une tutrice ou un tuteur").click()
    look(coordinator, "tutrice")
    coordinator.get_by_label("Qui suivra le jeune").select_option(tutor.id)
    coordinator.get_by_role("button", name="Désigner cette personne").click()
    expect(coordinator.get_by_text("L’offre est confiée")).to_be_visible()
    unfold(coordinator, "La fiche")
    expect(coordinator.get_by_text("Sans envoi d’ici là")).to_be_visible()
    look(coordinator, "parcours-reserve")

    buyer.goto(f"{address}/contacts")
    look(buyer, "contacts")
    buyer.get_by_role("button", name="J’ai joint cette personne").first.click()
    expect(buyer.get_by_text("Le contact est vérifié")).to_be_visible()


@pytest.mark.proof
def test_an_offer_is_withdrawn_and_proposed_again(stage: Stage) -> None:
    organisation = f"Mairie {factories.mark()}"
    contract = factories.bought_by(organisation, factories.offer().contract)
    offer = factories.offer(contract=contract)
    transactions.commit(attempt.declare(offer, secrets.token_hex(16)))
    buyer = enters(stage, factories.account(Role.BUYER, organisation=organisation))

    buyer.goto(f"{stage.cloud.base_url}/parcours/{offer.id}")
    buyer.get_by_role("link", name="Retirer l’offre").click()
    look(buyer, "retirer")
    buyer.get_by_role("radio", name="Activité arrêtée").check()
    buyer.get_by_role("button", name="Retirer cette offre").click()
    expect(buyer.get_by_text("L’offre est retirée")).to_be_visible()
    buyer.get_by_role("link", name="Remettre l’offre").click()
    buyer.get_by_role("button", name="Remettre cette offre").click()
    expect(buyer.get_by_text("L’offre est remise")).to_be_visible()
