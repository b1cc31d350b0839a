"""What the company's page says of a meeting, of a telephoned code, and to a buyer who holds the link."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import expect

from chalicelib import clock
from chalicelib.domain.accounts.signing_in import code_digits
from chalicelib.domain.kernel import deposit as deposit_rules
from chalicelib.domain.kernel.parcours import BuyerContact
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.meetings.appointment import Acceptance
from chalicelib.domain.meetings.slots import Slot
from chalicelib.stores import keys, parcours_table, relay_table, transactions
from chalicelib.stories import meetings
from infra.local import Mail
from tests.browser.looks import look
from tests.browser.people import Recipient, wait_for_mail
from tests.browser.stage import LINK_MAIL, Stage
from tests.browser.test_company_page import in_days, opens_the_link
from tests.support.offers import event_kinds
from tests.support.writing import change_record

pytestmark = [pytest.mark.browser, pytest.mark.cloud]


def fixed(stage: Stage) -> tuple[Recipient, Mail]:
    """Bring a parcours to an agreed meeting; return the company and the mail of its link."""
    mail = stage.sends()
    company = stage.company()
    company.clicks_the_link_in(mail)
    company.reads_and_says_so(stage.recipient)
    company.proposes(in_days(9, "14:00"))
    expect(company.page.get_by_role("heading", name="Vos dates sont parties")).to_be_visible()
    stands = relay_table.read_appointment(stage.parcours_id, 1)
    assert stands is not None
    start, seen = stands.slots[0].start, stands.page_version
    meetings.accept(stage.tutor_account, stage.parcours_id, Acceptance(start, seen=seen), clock.utc_now())
    return company, mail


def comes_back(stage: Stage, company: Recipient, mail: Mail) -> Recipient:
    """Follow the link again in the same browser."""
    again = Recipient(company.context, stage.cloud)
    again.clicks_the_link_in(mail)
    again.sees_title("Où en est le stage")
    return again


def goes_by(stage: Stage, when: datetime) -> None:
    """Move the meeting to this hour, since deployed functions run in real time."""
    head, stands = (
        parcours_table.read_parcours(stage.parcours_id),
        relay_table.read_appointment(stage.parcours_id, 1),
    )
    assert stands is not None
    slot = Slot(start=when, minutes=45)
    moved = (
        Change(head, replace(head, meeting_at=when)),
        Change(stands, replace(stands, slot=slot, slots=())),
    )
    transactions.commit(Transition(changes=moved))


def test_a_meeting_that_is_fixed_is_said_moved_and_cancelled(stage: Stage) -> None:
    company, mail = fixed(stage)
    invitation = wait_for_mail(stage.cloud, stage.recipient, "Rendez-vous")
    assert "METHOD:REQUEST" in invitation.body("calendar")
    again = comes_back(stage, company, mail)
    page = again.page
    expect(page.locator("#rendez-vous-titre")).to_contain_text("à 14")
    expect(page.locator("#suite")).to_contain_text("4 rue des Peupliers")
    look(page, "retrait-rendez-vous")
    page.get_by_role("button", name="Proposer d’autres dates").click()
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_text("Pour bien accueillir le jeune (facultatif)").click()
    page.get_by_label("Entrée").select_option("par le portail")
    page.get_by_label("Ligne et arrêt").fill("06 99 00 12 34")
    again.proposes(in_days(11))
    assert "numéro de téléphone" in again.error_beside("accueil-6")
    expect(page.get_by_label("Ligne et arrêt")).to_be_focused()
    page.get_by_label("Ligne et arrêt").fill("Bus 34, arrêt Mairie")
    again.proposes(in_days(11))
    expect(page.get_by_role("heading", name="Vos dates sont parties")).to_be_visible()
    said = "Entrée : par le portail. Ligne et arrêt : Bus 34, arrêt Mairie."
    expect(page.locator("#proposees")).to_contain_text(said)
    expect(
        page.locator("#rendez-vous-titre")
    ).to_be_visible()  # what is fixed stays so until another is accepted
    page.get_by_text("Annuler le rendez-vous", exact=True).click()
    page.get_by_role("button", name="Confirmer").click()
    assert again.error_beside("annule") == "Choisissez un motif dans la liste."
    page.get_by_role("radio", name="Le rendez-vous est reporté").check()
    page.get_by_role("button", name="Confirmer").click()
    expect(page.locator("#suite")).to_contain_text("Le rendez-vous est annulé")
    assert event_kinds(stage.parcours_id)[-1] is EventKind.MEETING_CANCELLED
    # The date that was proposed beside it waits for its answer still.
    expect(page.get_by_role("heading", name="Vos dates sont parties")).to_be_visible()


@pytest.mark.proof
def test_a_meeting_at_a_host_that_nobody_expects_is_looked_at_and_confirmed(stage: Stage) -> None:
    company = stage.company()
    company.clicks_the_link_in(stage.sends())
    company.reads_and_says_so(stage.recipient)
    company.proposes(in_days(9, "14:00"))
    expect(company.page.get_by_role("heading", name="Vos dates sont parties")).to_be_visible()
    stands = relay_table.read_appointment(stage.parcours_id, 1)
    assert stands is not None
    far = tuple(replace(slot, place="https://connexion-academie.example/salle") for slot in stands.slots)
    change_record(stands, replace(stands, slots=far, offered=far))

    page = stage.signed_in(stage.tutor_account).new_page()
    page.goto(stage.address)
    expect(page.get_by_text("à vérifier par téléphone")).to_be_visible()
    look(page, "parcours-dates-a-distance")
    page.get_by_role("button", name="Accepter cette date").click()
    expect(page.locator("#hote-erreur")).to_contain_text("chez connexion-academie.example")
    look(page, "parcours-dates-hote")
    page.get_by_role("checkbox", name="J’ai vérifié l’adresse").check()
    page.get_by_role("button", name="Accepter cette date").click()
    expect(page.get_by_text("Le rendez-vous est fixé").first).to_be_visible()


@pytest.mark.proof
def test_after_the_meeting_the_company_says_that_it_was_held(stage: Stage) -> None:
    company, mail = fixed(stage)
    goes_by(stage, clock.utc_now() - timedelta(seconds=1))
    page = comes_back(stage, company, mail).page
    look(page, "retrait-apres-rendez-vous")
    assert not page.locator("#annuler-form").count()
    page.get_by_role("button", name="Il a eu lieu").click()
    expect(page.locator("#suite")).to_contain_text("Le rendez-vous a eu lieu")
    assert event_kinds(stage.parcours_id)[-1] is EventKind.MEETING_HELD


@pytest.mark.proof
def test_after_the_meeting_the_company_says_that_it_was_missed(stage: Stage) -> None:
    company, mail = fixed(stage)
    goes_by(stage, clock.utc_now() - timedelta(seconds=1))
    page = comes_back(stage, company, mail).page
    page.get_by_text("Il n’a pas eu lieu", exact=True).click()
    page.get_by_role("button", name="Dire qu’il n’a pas eu lieu").click()
    page.get_by_role("radio", name="Le jeune n’est pas venu").check()
    page.get_by_role("button", name="Dire qu’il n’a pas eu lieu").click()
    expect(page.locator("#suite")).to_contain_text("Le rendez-vous n’a pas eu lieu")
    assert event_kinds(stage.parcours_id)[-1] is EventKind.MEETING_MISSED


@pytest.mark.proof
def test_a_telephoned_code_is_asked_instead_of_the_address(stage: Stage) -> None:
    mail = stage.sends(code=True)
    company = stage.company()
    company.clicks_the_link_in(mail)
    company.sees_title("Un jeune attend votre réponse")
    page = company.page
    assert not page.locator("#adresse").count()
    expect(page.get_by_role("textbox", name="Quel code vous a-t-on donné par téléphone")).to_be_visible()
    page.locator("#chiffres").fill("12")
    page.get_by_role("button", name="Continuer").click()
    assert "six chiffres" in company.error_beside("chiffres")
    deposit = parcours_table.read_parcours(stage.parcours_id).live_deposit
    assert deposit
    digits = code_digits(
        keys.compute_code_mac(deposit_rules.build_code_message(deposit)), deposit_rules.DIGITS
    )
    wrong = "000000" if digits != "000000" else "111111"
    page.locator("#chiffres").fill(wrong)
    page.get_by_role("button", name="Continuer").click()
    expect(page.locator("#chiffres-erreur")).to_contain_text("Ce n’est pas le code")
    look(page, "retrait-code")
    page.locator("#chiffres").fill(f"{digits[:3]} {digits[3:]}")
    page.get_by_role("button", name="Continuer").click()
    company.opens()
    expect(page.locator("#lu")).to_be_visible()


def test_a_buyer_passes_the_link_to_the_company_without_opening_it(stage: Stage) -> None:
    buyer = f"odile.ramain@achats-{stage.domain}"
    head = parcours_table.read_parcours(stage.parcours_id)
    named = replace(head, buyer_contact=BuyerContact(name="Odile Ramain", address=buyer))
    change_record(head, named)
    mail = stage.sends(buyer)
    holder = stage.company()
    holder.clicks_the_link_in(mail)
    holder.answers(buyer)
    page = holder.page
    expect(page.locator("#passer-titre")).to_be_focused()
    expect(page.locator("#contacts")).to_contain_text("Nadia Bellanger")
    expect(page.locator("#contacts")).not_to_contain_text(stage.recipient)
    look(page, "retrait-acheteuse")
    page.get_by_role("button", name="Passer le lien").click()
    assert holder.error_beside("contact") == "Choisissez à qui passer le lien."
    before = len(stage.cloud.mails())
    page.get_by_role("radio", name="Nadia Bellanger").check()
    page.get_by_role("button", name="Passer le lien").click()
    holder.sees_title("Le lien est passé à une autre personne")
    stage.cloud.purge()  # who may decrypt may wake nobody: the minute function sends what waits
    company = stage.company()
    company.clicks_the_link_in(wait_for_mail(stage.cloud, stage.recipient, LINK_MAIL, after=before))
    company.answers_and_opens(stage.recipient)
    assert EventKind.LINK_PASSED_ON in event_kinds(stage.parcours_id)


@pytest.mark.proof
def test_a_dead_link_still_takes_answers_once_a_new_sending_was_asked(stage: Stage) -> None:
    first = opens_the_link(stage)
    first.answers_and_opens(stage.recipient)
    other = stage.company()
    other.clicks_the_link_in(stage.link_mail())
    other.answers(stage.recipient)
    other.asks_for_a_new_sending()
    expect(other.page.get_by_role("heading", name="La demande est partie")).to_be_focused()
    other.page.get_by_role("button", name="Proposer des dates").click()
    other.proposes(in_days(8))
    expect(other.page.get_by_role("heading", name="Vos dates sont parties")).to_be_focused()
