"""The import in a browser, from the file on her disk to the offers; and the page on a mailed CV."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from chalicelib.domain.kernel.values import Role
from infra.local import LocalCloud
from tests.browser.looks import look
from tests.browser.stage import Stage
from tests.support import csv_samples, factories
from tests.support.csv_samples import FAULTS, SECRET
from tests.support.writing import add_records

pytestmark = [pytest.mark.browser, pytest.mark.cloud]


def team(stage: Stage, **options: object) -> Page:
    """A page of somebody of the team, signed in."""
    stage.tutor_account = factories.account(Role.TEAM)
    add_records(stage.tutor_account)
    return stage.tutor(**options).page


def chosen(page: Page, cloud: LocalCloud, path: Path, content: str | bytes) -> None:
    """Choose this file, text or a workbook, and have it tried."""
    path.write_bytes(content.encode("utf-8-sig") if isinstance(content, str) else content)
    page.goto(f"{cloud.base_url}/import")
    page.get_by_label("Fichier .xlsx ou CSV").set_input_files(path)
    page.get_by_role("button", name="Essayer, sans rien écrire").click()
    page.wait_for_load_state()


def unfolds(page: Page) -> None:
    """Unfold everything that the page folds."""
    page.wait_for_load_state()
    for folded in page.locator("main details > summary").all():
        folded.click()


def lines(page: Page, selector: str) -> list[str]:
    """Return the text of each element of this selector, on one line each."""
    page.wait_for_load_state()
    return [" ".join(text.split()) for text in page.locator(selector).all_inner_texts()]


@pytest.mark.proof
def test_of_140_lines_three_wait_and_are_corrected_on_the_page(
    stage: Stage, cloud: LocalCloud, tmp_path: Path
) -> None:
    page = team(stage)
    chosen(page, cloud, tmp_path / "tableau.csv", csv_samples.three_faults())

    expect(page.get_by_role("heading", name="À corriger")).to_be_visible()
    assert lines(page, "#corriger ~ fieldset legend") == [" ".join(fault.split()) for fault in FAULTS]
    expect(page.get_by_role("button", name="Importer les lignes prêtes")).to_be_visible()
    look(page, "import-fautes")
    page.get_by_label("« hugo.tissier(at)brevent »").fill("hugo.tissier@brevent.entreprise.example")
    page.get_by_label("« trois cents »").fill("300")
    page.get_by_role("button", name="Corriger et essayer de nouveau").click()

    expect(page.get_by_text("1 ligne attend une correction.")).to_be_visible()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Télécharger les lignes qui attendent").click()
    assert "30/02/2025" in waiting.value.path().read_text(encoding="utf-8-sig")


def test_a_file_is_tried_imported_and_found_unchanged_the_next_time(
    stage: Stage, cloud: LocalCloud, tmp_path: Path
) -> None:
    mark = stage.company_name
    rows = csv_samples.rows(12, {3: {"Commentaires": SECRET}})
    for number, row in enumerate(rows):
        row["Entreprise"] = f"{mark} {number}"
    content = csv_samples.as_workbook(csv_samples.text(rows).encode("cp1252"))
    page = team(stage)
    page.goto(f"{cloud.base_url}/import")
    look(page, "import")
    page.get_by_role("button", name="Essayer, sans rien écrire").click()
    expect(page.locator("#csv-erreur")).to_have_text("Choisissez d’abord le fichier.")

    chosen(page, cloud, tmp_path / "tableau.xlsx", content)
    expect(page.get_by_role("heading", level=1)).to_have_text("Essai de l’import")
    unfolds(page)
    look(page, "import-essai")
    page.get_by_role("button", name="Importer ce fichier").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("L’import est fait")
    unfolds(page)
    look(page, "import-fait")
    expect(page.get_by_role("link", name="noter ce qui s’est passé")).to_have_count(1)
    assert SECRET not in page.content()

    rows[0]["Heures"] = "900"
    chosen(page, cloud, tmp_path / "tableau.csv", csv_samples.text(rows))
    expect(page.get_by_text("1 à mettre à jour")).to_be_visible()
    page.locator("main details > summary").first.click()
    look(page, "import-mise-a-jour")
    page.get_by_role("button", name="Importer ce fichier").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("L’import est fait")
    page.locator("main details > summary").first.click()
    page.get_by_role("link", name=f"{mark} 0").click()
    expect(page.get_by_text("900 heures").first).to_be_visible()


@pytest.mark.proof
def test_a_file_that_is_none_or_too_long_is_said_beside_the_field(
    stage: Stage, cloud: LocalCloud, tmp_path: Path
) -> None:
    page = team(stage)
    chosen(page, cloud, tmp_path / "tableau.csv", "PK")
    expect(page.locator("#csv-erreur")).to_contain_text("Aucun titre connu")
    look(page, "import-refus")
    chosen(page, cloud, tmp_path / "tableau.csv", "x" * 1_000_001)
    expect(page.locator("#csv-erreur")).to_contain_text("500 lignes et 1")


@pytest.mark.proof
def test_a_mailed_cv_has_its_page_with_a_text_to_copy(stage: Stage, cloud: LocalCloud) -> None:
    page = team(stage, permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"{cloud.base_url}/aide/cv-par-mail")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Un CV est arrivé par mail")
    page.get_by_role("button", name="Copier le texte").click()
    expect(page.get_by_role("button", name="Texte copié")).to_be_visible()

    assert "/connexion" in page.evaluate("navigator.clipboard.readText()")
    href = page.get_by_role("link", name="Répondre avec ce texte").get_attribute("href")
    assert href and href.startswith("mailto:?subject=") and "%0D%0A" in href
    look(page, "cv-par-mail")
