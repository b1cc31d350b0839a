"""People invite people: the team a coordinator, who signs in with the mailed code and invites a tutor; closing hands over."""

import re
import secrets

import pytest
from playwright.sync_api import Page, expect

from chalicelib import clock
from chalicelib.domain.kernel import attempt
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.transition import Transition
from chalicelib.domain.kernel.values import Role
from chalicelib.stores import parcours_table, transactions
from infra.local import LocalCloud
from infra.local.demo import TEAM
from tests.browser.looks import look
from tests.browser.people import Agent, wait_for_mail
from tests.browser.stage import Stage
from tests.support import factories

pytestmark = [pytest.mark.browser, pytest.mark.cloud]

ACADEMIE = "Reims"
"""Where no invented person works."""


def signed_in(stage: Stage, cloud: LocalCloud, address: str) -> Agent:
    """Return somebody who has signed in with a mailed code."""
    agent = Agent(stage.browser(), cloud, address)
    agent.signs_in()
    return agent


def invites(agent: Agent, address: str, name: str, **choices: str) -> None:
    """Fill in the form by its labels and send it."""
    page = agent.page
    page.get_by_role("link", name="Comptes", exact=True).first.click()
    page.get_by_role("link", name="Inviter une personne").click()
    page.get_by_label("Adresse professionnelle").fill(address)
    page.get_by_label("Nom", exact=True).fill(name)
    page.get_by_label("Fonction").fill("MLDS")
    for label in choices.get("roles", "").split("|"):
        if label:
            page.get_by_label(label).check()
    if "academie" in choices:
        page.get_by_label("Académie").select_option(choices["academie"])
    page.get_by_role("button", name="Envoyer l’invitation").click()
    expect(page.get_by_role("status")).to_contain_text("L’invitation est enregistrée")


def test_people_invite_people_and_a_departure_hands_over(stage: Stage, cloud: LocalCloud) -> None:
    mark = factories.mark()
    team = signed_in(stage, cloud, TEAM.address)
    boss, tutor = f"coordination.{mark}@reims.example", f"tutorat.{mark}@reims.example"
    before = len(cloud.mails())

    invites(team, boss, f"Rachida Colin {mark}", roles="Coordination", academie=ACADEMIE)

    mail = wait_for_mail(cloud, boss, "compte Passe-plat", after=before)
    assert TEAM.name in mail.body("plain")
    coordinator = signed_in(stage, cloud, boss)
    invites(coordinator, tutor, f"Basile Noiret {mark}")
    wait_for_mail(cloud, tutor, "compte Passe-plat", after=before)
    leaving = parcours_table.find_account(tutor)
    assert leaving is not None and leaving.roles == {Role.TUTOR} and leaving.academie == ACADEMIE
    followed = takes(leaving)

    her_page = signed_in(stage, cloud, tutor).page
    page = coordinator.page
    page.get_by_role("link", name="Comptes", exact=True).first.click()
    page.get_by_role("link", name=f"Basile Noiret {mark}").click()
    look(page, "compte")
    page.get_by_role("link", name="Fermer ce compte").click()
    look(page, "fermeture")
    page.get_by_role("button", name="Fermer ce compte").click()
    expect(page.get_by_role("status")).to_contain_text("Le compte est fermé")

    assert parcours_table.read_parcours(followed).tutor_absence is not None
    wait_for_mail(cloud, boss, "Compte fermé", after=before)
    her_page.reload()
    expect(her_page.get_by_role("heading", level=1)).to_have_text("Votre session est terminée")


def takes(tutor: Account) -> str:
    """Let the tutor take an offer; return its id."""
    offer = factories.offer()
    transactions.commit(attempt.declare(offer, secrets.token_hex(16)))
    taken = attempt.take(
        parcours_table.read_parcours(offer.id), tutor, factories.decision_inputs(clock.utc_now())
    )
    transactions.commit(Transition(changes=taken.changes, events=taken.events))
    return offer.id


@pytest.mark.proof
def test_a_refused_invitation_keeps_what_was_typed(stage: Stage, cloud: LocalCloud) -> None:
    page = signed_in(stage, cloud, TEAM.address).page
    page.goto(f"{cloud.base_url}/comptes")
    look(page, "comptes")
    page.goto(f"{cloud.base_url}/comptes/nouveau")
    look(page, "compte-nouveau")

    page.get_by_label("Adresse professionnelle").fill(f"a.{factories.mark()}@csf.example")
    page.get_by_label("Nom", exact=True).fill("Anaïs Roumégas")
    page.get_by_label("Fonction").fill("équipe")
    page.get_by_label("Équipe, sans autre rôle").check()
    page.get_by_label("Tutrice ou tuteur", exact=True).check()
    page.get_by_role("button", name="Envoyer l’invitation").click()

    expect(page.locator("#roles-erreur")).to_contain_text("jamais les deux")
    expect(page.get_by_label("Nom", exact=True)).to_have_value("Anaïs Roumégas")
    look(page, "compte-refuse")


@pytest.mark.proof
def test_a_tutor_announces_her_absence_and_her_return_by_keyboard(stage: Stage, cloud: LocalCloud) -> None:
    tutor = stage.tutor()
    page: Page = tutor.page
    page.get_by_role("link", name=re.compile(stage.tutor_account.name)).click()
    look(page, "mon-compte")
    day = day_of(clock.utc_now()).isoformat()
    page.get_by_label("Premier jour d’absence").fill(day)
    page.get_by_label("Dernier jour d’absence").fill(day)
    page.get_by_role("button", name="Annoncer l’absence").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_contain_text("L’absence est annoncée")
    assert parcours_table.read_parcours(stage.parcours_id).tutor_absence is not None
    look(page, "mon-compte-absence")
    page.get_by_role("button", name="Je suis de retour").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Le retour est noté")
    assert parcours_table.read_parcours(stage.parcours_id).tutor_absence is None


@pytest.mark.proof
def test_one_press_disconnects_a_lost_browser_and_this_one(stage: Stage, cloud: LocalCloud) -> None:
    lost = Agent(stage.browser(), cloud, stage.tutor_account.address)
    lost.signs_in()
    here = Agent(stage.browser(), cloud, stage.tutor_account.address)
    here.signs_in()
    page = here.page
    page.goto(f"{cloud.base_url}/compte")
    look(page, "mon-compte-navigateurs")
    page.get_by_role("button", name="Déconnecter partout").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Tous vos navigateurs sont déconnectés")
    look(page, "connexion-partout")
    lost.page.goto(f"{cloud.base_url}/parcours")
    expect(lost.page.get_by_role("heading", level=1)).to_have_text("Votre session est terminée")
    page.goto(f"{cloud.base_url}/parcours")
    expect(page.get_by_role("heading", level=1)).to_have_text("Se connecter")
    here.signs_in()
