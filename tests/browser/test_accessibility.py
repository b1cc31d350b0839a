"""What an audit by RGAA 4.1 found wrong, each held by its criterion (tests/browser/rgaa.md has the audit)."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from chalicelib import clock
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor, Outcome
from chalicelib.stores import parcours_table
from chalicelib.stories import outcomes
from chalicelib.stories.young import spell_follow_key
from infra.local import LocalCloud
from infra.local.demo import TEAM
from tests.browser import samples
from tests.browser.looks import look
from tests.browser.stage import Stage
from tests.support.meetings import slot_in_days
from tests.support.worlds import World

pytestmark = [pytest.mark.browser, pytest.mark.cloud]

FORMS = {
    "nobody": (
        "/suivi",
        "/donnees-personnelles/demande",
        "/aide/entreprise",
    ),
    "team": (
        "/parcours/ensemble",
        "/comptes/plusieurs",
        "/import",
        "/aide",
        "/aide/cv-par-mail",
    ),
}
"""By reader, the pages that no journey of another test looks at."""


def test_all_faults_of_the_rights_form_are_listed_at_once_and_the_list_has_the_focus(
    stage: Stage, cloud: LocalCloud
) -> None:
    """Criteria 11.10.1 and 11.10.4: required fields say so; each line of the list leads to its field."""
    page = stage.browser().new_page()
    page.goto(f"{cloud.base_url}/donnees-personnelles/demande")
    assert page.locator("[required]").count() == 3
    page.get_by_role("button", name="Envoyer la demande").click()

    faults = page.get_by_role("group", name="3 saisies sont à corriger")
    expect(faults).to_be_focused()
    faults.get_by_role("link", name="Dites qui fait la demande").click()
    expect(page.get_by_label("Qui fait la demande")).to_be_focused()


def test_all_that_a_sending_lacks_is_listed_at_once_and_the_list_has_the_focus(
    stage: Stage, tmp_path: Path
) -> None:
    """Criteria 11.10.1 and 11.10.4; a single fault is its field's, which has the focus (tests/browser/test_notice.py)."""
    tutor = stage.tutor()
    tutor.starts_sending()
    tutor.page.get_by_role("radio", name="Une autre adresse").check()
    tutor.page.locator("#envoyer").click(force=True)

    faults = tutor.page.get_by_role("group", name="3 saisies sont à corriger")
    expect(faults).to_be_focused()
    faults.get_by_role("link", name="Écrivez une adresse entière").click()
    expect(tutor.page.get_by_label("Adresse électronique")).to_be_focused()
    tutor.chooses_file(samples.pdf(tmp_path, "cv.pdf"))
    expect(tutor.page.locator("#cv-choisi")).to_be_visible()
    tutor.chooses_contact("Nadia Bellanger")
    tutor.page.locator("#envoyer").click(force=True)
    expect(tutor.page.locator("#notice")).to_be_focused()
    expect(faults).to_be_hidden()


def test_a_document_that_assistive_tools_cannot_read_is_said_by_one_press(stage: Stage) -> None:
    """Criterion 13.3.1: a PDF may have no text; the press makes it the tutor's turn, with that reason on the page."""
    company = stage.company()
    company.clicks_the_link_in(stage.sends())
    company.answers_and_opens(stage.recipient)
    company.page.get_by_role("button", name="avec mes outils").click()
    company.sees_title("C’est noté")

    tutor = stage.tutor()
    tutor.opens_parcours(stage.company_name)
    expect(tutor.page.get_by_text("Ses outils, un lecteur d’écran par exemple")).to_be_visible()


def test_the_views_of_the_list_need_no_scrolling_aside_at_320_by_256(stage: Stage, deployed: World) -> None:
    """Criterion 10.11.1."""
    page = stage.signed_in(TEAM, viewport={"width": 320, "height": 256}).new_page()
    page.goto(f"{stage.cloud.base_url}/parcours")
    views = page.locator(".vues").first
    assert views.evaluate("list => list.scrollWidth <= list.clientWidth")


def test_each_time_limit_is_said_before_it_runs(stage: Stage, cloud: LocalCloud) -> None:
    """Criterion 13.1.4: the code's and the session's before signing in, the documents' before they are opened."""
    page = stage.browser().new_page()
    page.goto(f"{cloud.base_url}/connexion")
    expect(page.get_by_text("valable 10 minutes")).to_contain_text("8 heures en tout")

    company = stage.company()
    company.clicks_the_link_in(stage.sends())
    company.answers(stage.recipient)
    expect(company.page.locator("#ouvrir-carte")).to_contain_text("72 heures au plus")


@pytest.mark.parametrize("reader", FORMS)
def test_forms_that_no_journey_passes_have_no_fault(stage: Stage, deployed: World, reader: str) -> None:
    context = stage.signed_in(TEAM) if reader == "team" else stage.browser()
    page = context.new_page()
    for path in FORMS[reader]:
        answer = page.goto(f"{stage.cloud.base_url}{path}")
        assert answer is not None and answer.ok, path
        look(page, path[1:].replace("/", "-"))


def test_what_a_young_person_and_the_tutor_read_of_a_meeting_has_no_fault(stage: Stage) -> None:
    stage.sends()
    now = clock.utc_now()
    fixed = Outcome(
        kind=EventKind.MEETING_FIXED,
        contact=Interlocutor.ANSWERS_TENDER,
        occurred_at=now,
        planned_at=slot_in_days(9).start,
    )
    outcomes.note(stage.tutor_account, stage.parcours_id, fixed, now=now)
    tutor = stage.tutor()
    tutor.page.goto(f"{stage.address}/convocation")
    expect(tutor.page.get_by_role("img", name="Code QR de ta page").locator("svg")).to_be_visible()
    look(tutor.page, "convocation")

    attempt = parcours_table.read_attempt(stage.parcours_id, 1)
    page = stage.browser().new_page()
    page.goto(f"{stage.cloud.base_url}/suivi#{attempt.reference}.{spell_follow_key(attempt).secret}")
    page.get_by_role("button", name="Voir où ça en est").click()
    expect(page.get_by_role("heading", name="Ton rendez-vous")).to_be_visible()
    for folded in page.locator("main details > summary").all():
        folded.click()
    look(page, "suivi-rendez-vous")
