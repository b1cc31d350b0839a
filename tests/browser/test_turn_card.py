"""Ten states of a parcours on the tutor's page and the company's: both say whose turn it is, who is awaited finds the act."""

from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from chalicelib import clock
from chalicelib.domain.kernel.parcours import Arriving, Parcours
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor, Outcome, Reason
from chalicelib.domain.kernel.values import ParcoursStatus, Setback, Step
from chalicelib.stores import parcours_table, relay_table
from chalicelib.stories import meetings, outcomes
from infra.local import reports
from tests.browser.looks import look
from tests.browser.people import Agent, unfold
from tests.browser.stage import PHONE, Stage
from tests.browser.test_company_meeting import goes_by
from tests.browser.test_company_page import in_days
from tests.support.writing import change_record

pytestmark = [pytest.mark.browser, pytest.mark.cloud]


def card(tutor: Agent, title: str, act: str = "") -> None:
    """Return what the tutor's page says now: the title of the turn, and the act in its card."""
    tutor.page.reload()
    expect(tutor.page.locator("#tour-titre")).to_contain_text(title)
    if act:
        expect(tutor.page.locator("#tour").get_by_text(act, exact=False).first).to_be_visible()


def theirs(page: Page, act: str) -> None:
    """Check that the company's page holds what is expected of the company now."""
    expect(
        page.get_by_role("button", name=act).or_(page.get_by_role("heading", name=act)).first
    ).to_be_visible()


@pytest.mark.proof
def test_both_sides_say_one_thing_in_ten_states(stage: Stage) -> None:
    tutor = stage.tutor()
    card(tutor, "À vous : envoyez les documents", "Envoyer les documents")
    mail = stage.sends()
    company = stage.company()
    company.clicks_the_link_in(mail)
    card(tutor, "À l’entreprise : ouvrir le lien")
    company.answers_and_opens(stage.recipient)
    theirs(company.page, "J’ai bien pu lire")
    card(tutor, "À l’entreprise : dire si les documents ont pu être lus")
    company.says_she_could_read()
    expect(company.page.locator("#creneaux-form")).to_be_visible()
    card(tutor, "À l’entreprise : proposer des dates")
    company.proposes(in_days(9))
    theirs(company.page, "Vos dates sont parties")
    card(tutor, "À vous : choisissez une date", "Accepter cette date")
    now, dates = clock.utc_now(), relay_table.read_appointment(stage.parcours_id, 1)
    assert dates is not None
    meetings.ask_others(
        stage.tutor_account, stage.parcours_id, Reason.DATES_UNSUITABLE, now, seen=dates.page_version
    )
    card(tutor, "À l’entreprise : proposer des dates")

    phone = stage.company(viewport=PHONE)
    phone.clicks_the_link_in(mail)
    phone.answers(stage.recipient)
    expect(phone.page.locator("#creneaux-form")).to_be_visible()
    phone.proposes(in_days(12))
    theirs(phone.page, "Vos dates sont parties")
    card(tutor, "À vous : choisissez une date")
    tutor.page.get_by_role("button", name="Accepter cette date").click()
    card(tutor, "Rendez-vous le", "Déplacer le rendez-vous")
    phone.page.reload()
    phone.clicks_the_link_in(mail)
    theirs(phone.page, "Rendez-vous le")

    goes_by(stage, clock.utc_now() - timedelta(hours=1))
    card(tutor, "À vous : notez si le rendez-vous a eu lieu", "Le rendez-vous a eu lieu")
    now = clock.utc_now()
    held = Outcome(kind=EventKind.MEETING_HELD, occurred_at=now)
    outcomes.note(stage.tutor_account, stage.parcours_id, held, now=now)
    card(tutor, "À vous : faites signer la convention de stage", "Convention signée")
    signed = Outcome(kind=EventKind.CONVENTION_SIGNED, occurred_at=now, planned_at=now + timedelta(days=90))
    outcomes.note(stage.tutor_account, stage.parcours_id, signed, now=now)
    card(tutor, "Stage jusqu’au")


def test_a_refusal_is_said_on_both_sides_with_what_may_be_done(stage: Stage) -> None:
    mail = stage.sends()
    company = stage.company()
    company.clicks_the_link_in(mail)
    company.answers_and_opens(stage.recipient)
    now, by_phone = clock.utc_now(), Interlocutor.ANSWERS_TENDER
    said = Outcome(kind=EventKind.COMPANY_DECLINED, reason=Reason.OTHER, contact=by_phone, occurred_at=now)
    outcomes.note(stage.tutor_account, stage.parcours_id, said, now=now)
    tutor = stage.tutor()

    card(tutor, "À vous : appelez l’entreprise, elle a refusé", "Appeler Nadia Bellanger")
    unfold(tutor.page, "Arrêter")
    expect(tutor.page.get_by_role("link", name="Le jeune a renoncé")).to_be_visible()


def test_a_refused_address_is_said_on_both_sides_and_one_press_leads_on(stage: Stage) -> None:
    mail, tutor = stage.sends(), stage.tutor()
    stage.cloud.invoke("Feedback", reports.bounced(stage.posted(mail)))

    card(
        tutor,
        "À vous : vérifiez à qui envoyer, le lien n’a pas trouvé son destinataire",
        "Envoyer à Hugo Tissier",
    )
    expect(tutor.page.locator("#suivi")).to_contain_text("Adresse refusée le")
    look(tutor.page, "parcours-adresse-refusee")
    company = stage.company()
    company.clicks_the_link_in(mail)
    expect(company.page.get_by_role("heading", name="Ce lien ne marche plus")).to_be_visible()
    look(company.page, "retrait-message-refuse")
    tutor.page.get_by_role("button", name="Envoyer à Hugo Tissier").click()
    expect(tutor.page.get_by_role("radio", name="Hugo Tissier")).to_be_checked()


def build_states(parcours: Parcours) -> dict[str, Parcours]:
    """Return this parcours in each state that no other test looks at."""
    now = clock.utc_now()
    ready = replace(parcours, step=Step.DOCUMENTS_TO_SEND, since=now - timedelta(days=3), setback=None)
    opened, fixed = replace(ready, step=Step.OPENED), replace(ready, step=Step.MEETING_FIXED)
    going = replace(ready, status=ParcoursStatus.IN_PROGRESS, step=None)
    stopped = Arriving(since=now, form_signed_at=now - timedelta(hours=1))
    return {
        "arrete": replace(ready, arriving=stopped),
        "refus": replace(opened, setback=Setback.DECLINED),
        "illisible": replace(opened, setback=Setback.UNREADABLE),
        "non-parti": replace(ready, setback=Setback.MAIL_FAILED),
        "rendez-vous": replace(fixed, meeting_at=now + timedelta(days=11)),
        "rendez-vous-passe": replace(fixed, meeting_at=now - timedelta(hours=1)),
        "suite": replace(ready, step=Step.MEETING_HELD),
        "stage": going,
        "bilan": replace(going, placement_until=(now - timedelta(days=2)).date()),
    }


@pytest.mark.proof
def test_the_card_of_every_state_is_readable_and_fits(stage: Stage) -> None:
    tutor = stage.tutor()
    for name, state in build_states(parcours_table.read_parcours(stage.parcours_id)).items():
        head = parcours_table.read_parcours(stage.parcours_id)
        change_record(head, replace(state, revision=head.revision))
        tutor.page.reload()
        expect(tutor.page.locator("#tour-titre")).to_be_visible()
        look(tutor.page, f"parcours-{name}")
