"""How many times a hurried person must press, or fill a field, to do what she came for."""

import secrets
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from chalicelib import clock
from chalicelib.domain.kernel import attempt
from chalicelib.domain.kernel.timeline import EventKind, Reason
from chalicelib.domain.kernel.values import Role
from chalicelib.stores import parcours_table, relay_table, transactions
from chalicelib.stories import meetings
from chalicelib.stories.mails.subject import TO_DECLINE
from infra.local import Mail
from tests.browser import samples
from tests.browser.people import Agent, Recipient, wait_for_mail
from tests.browser.stage import PHONE, Stage
from tests.browser.test_accounts import ACADEMIE, takes
from tests.browser.test_company_page import in_days
from tests.support import factories
from tests.support.offers import event_kinds
from tests.support.writing import add_records

pytestmark = [pytest.mark.browser, pytest.mark.cloud, pytest.mark.proof]

MOST = 9
"""Eight, and one by which she says that the young person has the notice: nobody can know it in her place."""
MOST_TO_FIRST_DATES = 9
MOST_TO_NEW_DATES = 6
MOST_TO_DECLINE = 4
"""The link, a reason, what stands before the « @ », and the press that confirms."""
MOST_TO_DECLARE = 9
MOST_TO_SENT = 8
COUNT = "addEventListener('pointerdown', () => window.pressed(), true)"


def choose(page: Page, what: str, path: Path) -> None:
    """Choose a file by the visible text of its field."""
    with page.expect_file_chooser() as choosing:
        page.get_by_text(what, exact=True).click()
    choosing.value.set_files(path)


def test_both_documents_leave_in_few_presses(stage: Stage, tmp_path: Path) -> None:
    tutor = stage.tutor()
    presses: list[int] = []
    tutor.page.context.expose_function("pressed", lambda: presses.append(1))
    tutor.page.add_init_script(COUNT)
    tutor.page.goto(f"{stage.cloud.base_url}/parcours")  # where signing in leads

    tutor.page.get_by_role("link", name=stage.company_name).click()
    tutor.starts_sending()
    tutor.page.get_by_text("Nadia Bellanger").first.click()
    choose(tutor.page, "Choisir le CV", samples.pdf(tmp_path, "cv.pdf"))
    choose(tutor.page, "Choisir la lettre", samples.pdf(tmp_path, "lettre.pdf"))
    expect(tutor.page.locator("#lettre-choisi")).to_be_visible()
    tutor.sends()
    tutor.sees_link_left()
    files_in_dialogs = 2
    assert 6 <= len(presses) <= MOST - files_in_dialogs


class Hand:
    """Counts what a recipient does: each press, and each field that is filled."""

    def __init__(self, company: Recipient) -> None:
        self.company = company
        self.done: list[str] = []

    def opens_the_link_in(self, mail: Mail, intent: str = "") -> None:
        self.company.clicks_the_link_in(mail, intent)
        self.done.append("the link")

    def presses(self, name: str) -> None:
        self.company.page.get_by_role("button", name=name).click()
        self.done.append(name)

    def chooses(self, name: str) -> None:
        self.company.page.get_by_role("radio", name=name).check()
        self.done.append(name)

    def reads(self, name: str) -> None:
        with self.company.context.expect_page() as reading:
            self.company.page.get_by_role("link", name=name).click()
        reading.value.close()
        self.done.append(name)

    def fills(self, field: str, text: str) -> None:
        self.company.page.locator(f"#{field}").fill(text)
        self.done.append(field)


def test_a_company_reads_both_documents_and_proposes_two_dates_in_few_gestures(
    stage: Stage, tmp_path: Path
) -> None:
    tutor = stage.tutor()
    tutor.starts_sending()
    tutor.chooses_contact("Nadia Bellanger")
    for kind in ("cv", "lettre"):
        tutor.chooses_file(samples.pdf(tmp_path, f"{kind}.pdf"), kind)
    tutor.sends()
    hand = Hand(stage.company())

    hand.opens_the_link_in(stage.link_mail())
    hand.fills("adresse", stage.recipient.partition("@")[0])
    hand.presses("Ouvrir le CV et la lettre")
    hand.reads("Lire le CV")
    hand.reads("Lire la lettre")
    hand.presses("J’ai bien pu lire")
    hand.fills("jour-1", in_days(12)[:10])
    hand.fills("jour-2", in_days(14)[:10])
    hand.presses("Envoyer mes 2 dates")

    expect(hand.company.page.get_by_role("heading", name="Vos dates sont parties")).to_be_focused()
    assert len(hand.done) <= MOST_TO_FIRST_DATES, hand.done


def test_a_company_says_no_from_the_mail_in_few_gestures(stage: Stage) -> None:
    hand = Hand(stage.company(viewport=PHONE))

    hand.opens_the_link_in(stage.sends(), TO_DECLINE)
    hand.chooses("Personne n’est disponible")
    hand.fills("adresse", stage.recipient.partition("@")[0])
    hand.presses("Confirmer")

    expect(hand.company.page.get_by_role("heading", name="Votre réponse est partie")).to_be_focused()
    assert EventKind.COMPANY_DECLINED in event_kinds(stage.parcours_id)
    assert len(hand.done) <= MOST_TO_DECLINE, hand.done


def test_eight_parcours_are_handed_over_in_few_presses(stage: Stage) -> None:
    leaving, colleague = factories.account(academie=ACADEMIE), factories.account(academie=ACADEMIE)
    boss = factories.account(Role.COORDINATOR, academie=ACADEMIE)
    for account in (leaving, colleague, boss):
        add_records(account)
    eight = [takes(leaving) for _ in range(8)]
    page = stage.signed_in(boss).new_page()
    presses: list[int] = []
    page.expose_function("pressed", lambda: presses.append(1))
    page.add_init_script(COUNT)
    page.goto(f"{stage.cloud.base_url}/parcours")  # where signing in leads

    page.get_by_role("link", name="Comptes", exact=True).first.click()
    page.locator(f'a[href="/comptes/{leaving.id}"]').click()
    page.get_by_role("link", name="Confier ses parcours…").click()
    page.get_by_label("Qui suivra les jeunes").select_option(colleague.id)
    chosen_in_a_list = 1
    page.get_by_role("button", name="Relire, puis confier").click()
    page.get_by_role("button", name="Confier ces 8 parcours").click()

    expect(page.get_by_role("status")).to_contain_text(f"8 parcours confiés à {colleague.name}")
    assert {parcours_table.read_parcours(identifier).tutor for identifier in eight} == {colleague.id}
    assert len(presses) + chosen_in_a_list <= 6


def test_a_company_comes_back_on_another_device_and_proposes_new_dates_in_few_gestures(stage: Stage) -> None:
    mail = stage.sends()
    first = stage.company()
    first.clicks_the_link_in(mail)
    first.reads_and_says_so(stage.recipient)
    first.proposes(in_days(9))
    expect(first.page.get_by_role("heading", name="Vos dates sont parties")).to_be_visible()
    stands = relay_table.read_appointment(stage.parcours_id, 1)
    assert stands is not None
    now, why = clock.utc_now(), Reason.DATES_UNSUITABLE
    meetings.ask_others(stage.tutor_account, stage.parcours_id, why, now, seen=stands.page_version)
    hand = Hand(stage.company(viewport=PHONE))

    hand.opens_the_link_in(mail)
    hand.fills("adresse", stage.recipient)
    hand.presses("Continuer")
    hand.fills("jour-1", in_days(12)[:10])
    hand.fills("jour-2", in_days(14)[:10])
    hand.presses("Envoyer mes 2 dates")

    expect(hand.company.page.get_by_role("heading", name="Vos dates sont parties")).to_be_focused()
    assert len(hand.done) <= MOST_TO_NEW_DATES, hand.done


class Clerk:
    """Counts what an agent does: each press, each field that she fills and each choice in a list."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.done: list[str] = []

    def presses(self, role: Literal["link", "button", "checkbox"], name: str) -> None:
        self.page.get_by_role(role, name=name).first.click()
        self.done.append(name)

    def fills(self, label: str, text: str) -> None:
        field = self.page.get_by_label(label).first
        field.select_option(text) if field.evaluate("one => one.matches('select')") else field.fill(text)
        self.done.append(label)


def test_an_offer_is_declared_in_few_gestures(stage: Stage) -> None:
    buyer = factories.account(Role.BUYER, organisation=f"Mairie {factories.mark()}")
    add_records(buyer)
    clerk = Clerk(stage.signed_in(buyer).new_page())
    clerk.page.goto(f"{stage.cloud.base_url}/parcours")  # where signing in leads

    clerk.presses("link", "Nouvelle offre")
    clerk.fills("Nom de l’entreprise", stage.company_name)
    clerk.fills("Objet du marché", "Entretien des parcs")
    clerk.fills("Fin du marché", "2028-05-12")
    clerk.fills("Nombre d’heures", "300")
    clerk.fills("Adresse du stage", "4 rue des Peupliers, 25000 Besançon")
    clerk.fills("Domaine", "Logistique")
    clerk.fills("Adresse électronique", f"Nadia Bellanger <{stage.recipient}>")
    clerk.presses("button", "Déclarer cette offre")

    expect(clerk.page.get_by_text("L’offre est déclarée")).to_be_visible()
    expect(clerk.page.get_by_text("Besançon (25)")).to_be_visible()
    around = clerk.page.get_by_role("complementary", name="Autour du parcours")
    expect(around.get_by_text("Nadia Bellanger")).to_be_visible()
    assert len(clerk.done) <= MOST_TO_DECLARE, clerk.done


def test_an_offer_is_found_taken_and_a_cv_sent_in_few_gestures(stage: Stage, tmp_path: Path) -> None:
    placement = replace(factories.PLACEMENT, academie="Mayotte", departement="976", region="Mayotte")
    offer = factories.offer(placement=placement)
    tutor = replace(factories.account(academie="Mayotte"), departement="976")
    add_records(tutor)
    transactions.commit(attempt.declare(offer, secrets.token_hex(16)))
    agent = Agent(stage.signed_in(tutor), stage.cloud, tutor.address)
    clerk = Clerk(agent.page)
    clerk.page.goto(
        f"{stage.cloud.base_url}/parcours"
    )  # where signing in leads: the free offers near stand there

    clerk.page.locator(f'a[href="/parcours/{offer.id}"]').click()
    clerk.presses("button", "Prendre cette offre")
    clerk.presses("link", "Envoyer")
    clerk.page.get_by_text(offer.company.contacts[0].name).first.click()
    choose(clerk.page, "Choisir le CV", samples.pdf(tmp_path, "cv.pdf"))
    expect(clerk.page.locator("#cv-choisi")).to_be_visible()
    clerk.presses("checkbox", "J’ai remis la notice au jeune")
    clerk.page.locator("#envoyer").click()

    agent.sees_link_left()
    found_addressed_picked_in_a_dialog_and_sent = 5
    assert len(clerk.done) + found_addressed_picked_in_a_dialog_and_sent <= MOST_TO_SENT, clerk.done


def test_any_date_is_chosen_in_two_presses_from_the_mail(stage: Stage) -> None:
    company = stage.company()
    company.clicks_the_link_in(stage.sends())
    company.reads_and_says_so(stage.recipient)
    company.proposes(in_days(9), in_days(11))
    expect(company.page.get_by_role("heading", name="Vos dates sont parties")).to_be_visible()
    mail = wait_for_mail(stage.cloud, stage.tutor_account.address, "dates")
    context = stage.signed_in(stage.tutor_account)
    presses: list[int] = []
    context.expose_function("pressed", lambda: presses.append(1))
    context.add_init_script(COUNT)
    inbox = context.new_page()
    inbox.goto(f"{stage.cloud.mail_url}/mail/{mail.number}")

    with context.expect_page() as opened:
        inbox.locator('a[href*="#dates-proposees"]').first.click()
    opened.value.get_by_role("button", name="Accepter cette date").last.click()

    expect(opened.value.locator("#tour-titre")).to_contain_text("Rendez-vous le")
    assert len(presses) == 2
