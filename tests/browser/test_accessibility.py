"""What an audit by RGAA 4.1 found wrong, each held by its criterion (tests/browser/rgaa.md has the audit)."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from infra.local import LocalCloud
from tests.browser import samples
from tests.browser.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.cloud]


def test_all_faults_of_the_rights_form_are_listed_at_once_and_the_list_has_the_focus(
    stage: Stage, cloud: LocalCloud
) -> None:
    """Criteria 11.10.1 and 11.10.4: required fields say so; each line of the list leads to its field."""
    page = stage.browser().new_page()
    page.goto(f"{cloud.base_url}/donnees-personnelles/demande")
    assert page.locator("[required]").count() == 4
    page.get_by_role("button", name="Envoyer la demande").click()

    faults = page.get_by_role("group", name="4 saisies sont à corriger")
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
    tutor.chooses_contact("Nadia Bellanger")
    tutor.page.locator("#envoyer").click(force=True)
    expect(tutor.page.locator("#notice")).to_be_focused()
    expect(faults).to_be_hidden()
