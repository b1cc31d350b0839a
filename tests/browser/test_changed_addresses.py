"""An address that somebody changed: shown before the sending, doubted at it, refused after it; and who agrees to another."""

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

from chalicelib import clock
from chalicelib.domain.kernel.parcours import BuyerContact
from chalicelib.domain.kernel.timeline import Interlocutor
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.record import ContactAnswer
from chalicelib.stores import parcours_table
from chalicelib.stories import parcours as parcours_stories
from chalicelib.stories import record
from chalicelib.stories.documents import sending
from chalicelib.stories.parcours import Assignment
from tests.browser import samples
from tests.browser.looks import look
from tests.browser.people import wait_for_mail
from tests.browser.stage import LINK_MAIL, Stage
from tests.support import factories
from tests.support.writing import add_records, change_record

pytestmark = [pytest.mark.browser, pytest.mark.cloud]


def changes(stage: Stage, about: Interlocutor, to: str) -> None:
    """Let somebody of the team correct the address of a contact."""
    team = factories.account(Role.TEAM)
    add_records(team)
    head = parcours_table.read_parcours(stage.parcours_id)
    given = (
        BuyerContact(name="Odile Ramain", address=to)
        if about is Interlocutor.BUYER
        else replace(head.company.contacts[0], address=to)
    )
    record.set_contact(
        team, head.id, ContactAnswer(about, given, seen=head.edited, reached=False), now=clock.utc_now()
    )


def has_buyer(stage: Stage) -> str:
    """Let the record name a buyer from the start; return her address."""
    head, address = parcours_table.read_parcours(stage.parcours_id), f"o.ramain@achats-{stage.domain}"
    named = replace(head, buyer_contact=BuyerContact(name="Odile Ramain", address=address))
    change_record(head, named)
    return address


def test_changed_addresses_are_shown_before_and_doubted_at_the_sending(stage: Stage, tmp_path: Path) -> None:
    changed = f"nadia@atelier-nouveau-{stage.domain}"
    changes(stage, Interlocutor.ANSWERS_TENDER, changed)
    changes(stage, Interlocutor.BUYER, f"o.ramain@nouveau-{stage.domain}")
    tutor = stage.tutor()
    tutor.starts_sending()
    expect(tutor.page.get_by_text("Corrigée par l’équipe").first).to_be_visible()
    expect(tutor.page.get_by_text("Déclarée avec l’offre").first).to_be_visible()
    look(tutor.page, "envoi-change")
    expect(
        tutor.page.get_by_text("Sans votre accord, la personne qui reçoit le lien ne pourra")
    ).to_be_visible()
    tutor.page.get_by_role("radio", name="Par l’acheteur, Odile").check()
    tutor.chooses_file(samples.pdf(tmp_path, "cv.pdf"))
    expect(tutor.page.locator("#cv-choisi")).to_be_visible()
    tutor.sends()
    tutor.sees_title("Vérifiez l’adresse")
    expect(tutor.page.locator("#doutes")).to_contain_text(
        "n’était pas dans la fiche quand l’offre a été déclarée"
    )
    look(tutor.page, "envoi-doute-change")
    tutor.page.get_by_role("button", name="C’est la bonne adresse, envoyer").click()
    tutor.sees_link_left()


def test_an_address_is_asked_about_once_in_a_browser_until_it_is_withdrawn(
    stage: Stage, tmp_path: Path
) -> None:
    changed = f"nadia@atelier-nouveau-{stage.domain}"
    changes(stage, Interlocutor.ANSWERS_TENDER, changed)
    tutor = stage.tutor()
    for asked, is_withdrawn in ((True, False), (False, True), (True, True)):
        tutor.page.goto(f"{stage.address}/envoi")
        tutor.page.get_by_role("radio", name=changed).check()
        tutor.chooses_file(samples.pdf(tmp_path, "cv.pdf"))
        tutor.sends()
        if asked:
            tutor.sees_title("Vérifiez l’adresse")
            tutor.page.get_by_role("button", name="C’est la bonne adresse, envoyer").click()
        tutor.sees_link_left()
        head = parcours_table.read_parcours(stage.parcours_id)
        deposit, now = head.live_deposit or "", clock.utc_now()
        if is_withdrawn:
            sending.revoke(stage.tutor_account, deposit, seen_opened=False, now=now)
        else:
            sending.erase_on_request(stage.tutor_account, deposit, now=now)


@pytest.mark.proof
def test_a_buyer_is_not_offered_a_contact_that_changed_since_the_sending(stage: Stage) -> None:
    buyer = has_buyer(stage)
    mail = stage.sends(buyer)
    changes(stage, Interlocutor.ANSWERS_TENDER, f"nadia@ailleurs-{stage.domain}")
    holder = stage.company()
    holder.clicks_the_link_in(mail)
    holder.answers(buyer)
    holder.page.get_by_text("Nommer une autre personne").click()
    assert not holder.page.get_by_role("radio", name="Nadia Bellanger").count()
    look(holder.page, "retrait-contact-change")


@pytest.mark.proof
def test_who_sealed_agrees_on_a_page_of_her_own_after_a_handover(stage: Stage) -> None:
    team, successor = factories.account(Role.TEAM), factories.account(name="Wassila Ferrand")
    add_records(team, successor)
    mail, elsewhere = stage.sends(), f"h.tissier@chantier-{stage.domain}"
    before = len(stage.cloud.mails())
    holder = stage.company()
    holder.clicks_the_link_in(mail)
    holder.answers(stage.recipient)
    holder.names("Hugo Tissier", elsewhere)
    question = wait_for_mail(stage.cloud, stage.tutor_account.address, "autre adresse", after=before)
    parcours_stories.assign(team, stage.parcours_id, Assignment(successor.id), now=clock.utc_now())

    theirs = stage.signed_in(successor).new_page()
    theirs.goto(stage.address)
    expect(theirs.get_by_text("Seule la personne qui a envoyé les documents")).to_be_visible()
    expect(theirs.get_by_role("button", name="Accepter cette adresse")).to_have_count(0)
    look(theirs, "parcours-accord-d-une-autre")

    sealer = stage.signed_in(stage.tutor_account).new_page()
    sealer.goto(f"{stage.address}/collegue")
    assert f"{stage.address}/collegue" in question.body("plain")
    look(sealer, "collegue")
    sealer.get_by_role("button", name="Accepter cette adresse").click()
    expect(sealer.get_by_text("Le lien part")).to_be_visible()
    look(sealer, "collegue-fait")
    wait_for_mail(stage.cloud, elsewhere, LINK_MAIL, after=before)


@pytest.mark.proof
def test_a_buyer_gets_the_link_again_from_her_card_and_passes_it_on(stage: Stage) -> None:
    head, buyer = parcours_table.read_parcours(stage.parcours_id), has_buyer(stage)
    account = factories.account(Role.BUYER, address=buyer, organisation=head.contract.organisation)
    add_records(account)
    stage.sends(buyer)
    before = len(stage.cloud.mails())

    page = stage.signed_in(account).new_page()
    page.goto(stage.address)
    look(page, "parcours-acheteuse")
    page.get_by_role("button", name="Envoyer de nouveau ce message").click()
    expect(page.get_by_text("La relance part")).to_be_visible()
    again = wait_for_mail(stage.cloud, buyer, "Rappel", after=before)

    holder = stage.company()
    holder.clicks_the_link_in(again)
    holder.answers(buyer)
    look(holder.page, "retrait-acheteuse-passer")
    holder.page.get_by_role("radio", name="Nadia Bellanger").check()
    holder.page.locator("#passer-form").get_by_role("button").click()
    expect(holder.page.get_by_role("heading", level=1)).to_have_text("Le lien est passé à une autre personne")
    expect(holder.page.locator("#scene")).to_contain_text("à Nadia Bellanger")
    look(holder.page, "retrait-acheteuse-passe")
    wait_for_mail(stage.cloud, stage.recipient, LINK_MAIL, after=before)
