"""A silent contact gives way to another one on the sending page, and erased documents are stated on one printed page."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from chalicelib import clock
from chalicelib.stores import parcours_table
from chalicelib.stories.documents import sending
from tests.browser.looks import look
from tests.browser.stage import Stage
from tests.browser.test_notice import printed_pages
from tests.support.writing import change_record

pytestmark = [pytest.mark.browser, pytest.mark.cloud]


def never_answered(stage: Stage) -> None:
    """Let the first contact have got a link forty days ago and never have answered."""
    head = parcours_table.read_parcours(stage.parcours_id)
    first, *others = head.company.contacts
    silent = replace(first, written_at=clock.utc_now() - timedelta(days=40))
    company = replace(head.company, contacts=(silent, *others))
    change_record(head, replace(head, company=company))


def test_another_contact_is_proposed_and_the_choice_stays_the_tutors(stage: Stage) -> None:
    never_answered(stage)
    tutor = stage.tutor()
    expect(tutor.page.get_by_text("n’a pas répondu sur ce parcours")).to_have_count(1)
    look(tutor.page, "parcours-contact-silencieux")
    tutor.page.goto(f"{stage.address}/contacts")
    look(tutor.page, "contacts-silencieux")
    tutor.page.goto(stage.address)
    tutor.starts_sending()
    expect(tutor.page.get_by_role("radio", name="Hugo Tissier")).to_be_checked()
    expect(tutor.page.get_by_text("nous proposons d’abord Hugo Tissier")).to_be_visible()
    look(tutor.page, "envoi-contact-silencieux")
    tutor.chooses_contact("Nadia Bellanger")
    expect(tutor.page.get_by_role("radio", name="Nadia Bellanger")).to_be_checked()


def test_an_erasure_is_stated_on_one_page_to_print(stage: Stage, tmp_path: Path) -> None:
    stage.sends()
    deposit = parcours_table.read_parcours(stage.parcours_id).live_deposit
    assert deposit is not None
    sending.revoke(stage.tutor_account, deposit, seen_opened=False, now=clock.utc_now())
    stage.cloud.purge()
    tutor = stage.tutor()
    link = tutor.page.get_by_role("link", name="Attestation d’effacement").first
    expect(link).to_be_visible()
    look(tutor.page, "parcours-efface")
    link.click()
    tutor.sees_title("Attestation d’effacement")
    expect(tutor.page.get_by_text("L’envoi a été retiré.")).to_be_visible()
    look(tutor.page, "effacement")
    assert printed_pages(tutor.page, tmp_path) == 1
