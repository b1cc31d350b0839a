"""The tutor asks for an SMS on her page, it leaves on a working morning, and whoever answers STOP gets no other."""

from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from chalicelib import clock, config, terms
from chalicelib.domain.parcours import reminding
from chalicelib.stores import parcours_table, tables
from chalicelib.stores.items import Due, identifier_of
from chalicelib.stories.mails import mailing
from tests.browser.looks import look
from tests.browser.people import unfold
from tests.browser.stage import Stage
from tests.support.writing import change_record

pytestmark = [pytest.mark.browser, pytest.mark.cloud]
NUMBER = "+33639980021"


def has_a_mobile_number(stage: Stage) -> None:
    """Let the offer have been declared with a mobile number of the contact, and the tutor have a number."""
    head = parcours_table.read_parcours(stage.parcours_id)
    first, *others = head.company.contacts
    reached = replace(first, phone="06 39 98 00 21", phone_untouched=True)
    change_record(head, replace(head, company=replace(head.company, contacts=(reached, *others))))
    tutor = parcours_table.read_account(stage.tutor_account.id)
    assert tutor is not None
    change_record(tutor, replace(tutor, phone="03 80 00 00 00"))


def sends_what_waits_in_the_morning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a mailer run at the next working morning, in this process."""
    morning = reminding.find_next_morning(clock.utc_now(), terms.calendar()) + timedelta(minutes=1)
    keys = [identifier_of(entry.key) for entry in tables.query_due_kind(Due.MAIL, morning, 1000)]
    with monkeypatch.context() as patch:
        patch.setattr(clock, "utc_now", lambda: morning)
        mailing.send_all(keys, now=morning)


def test_an_sms_is_asked_for_by_a_press_and_stopped_by_its_reader(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.settings.cache_clear()
    has_a_mobile_number(stage)
    stage.sends()
    tutor = stage.tutor()
    unfold(tutor.page, "L’envoi")
    expect(tutor.page.get_by_text("Au 06 •• •• •• 21, sans lien")).to_be_visible()
    look(tutor.page, "parcours-sms")
    tutor.page.get_by_role("button", name="Relancer par SMS").click()
    expect(tutor.page.get_by_text("Le SMS est demandé")).to_be_visible()

    sends_what_waits_in_the_morning(monkeypatch)

    [text] = [text for text in stage.cloud.texts() if text.number == NUMBER]
    assert "vous a écrit" in text.text and "://" not in text.text
    reader = stage.browser().new_page()
    reader.goto(f"{stage.cloud.mail_url}/sms")
    expect(reader.get_by_text(text.text)).to_be_visible()
    reader.locator(f"button[value='{NUMBER}']").click()
    expect(reader.get_by_text("Cette personne a répondu STOP")).to_be_visible()
    tutor.page.goto(stage.address)
    expect(tutor.page.get_by_text("Vous avez envoyé une relance par SMS").first).to_be_attached()
