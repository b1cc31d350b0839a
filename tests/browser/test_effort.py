"""How many times a hurried person must press: at most nine, from signed in to « parti », with both documents.

Eight, and one by which she says that the young person has the notice: nobody can know it in her place.
"""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import samples
from tests.browser.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.cloud, pytest.mark.proof]

MOST = 9
COUNT = "addEventListener('pointerdown', () => window.pressed(), true)"


def choose(page: Page, what: str, path: Path) -> None:
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
