"""The import in a browser, from the file on her disk to the offers; and the page on a mailed CV."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from chalicelib.domain.kernel.values import Role
from infra.local import LocalCloud
from tests.browser.looks import look
from tests.browser.stage import Stage
from tests.support import csv_samples, factories
from tests.support.csv_samples import SECRET
from tests.support.writing import add_records

pytestmark = [pytest.mark.browser, pytest.mark.cloud]


def team(stage: Stage, **options: object) -> Page:
    """A page of somebody of the team, signed in."""
    stage.tutor_account = factories.account(Role.TEAM)
    add_records(stage.tutor_account)
    return stage.tutor(**options).page


def chosen(page: Page, cloud: LocalCloud, path: Path, content: str | bytes) -> None:
    """Choose this file, text or a workbook, and have it read."""
    path.write_bytes(content.encode("utf-8-sig") if isinstance(content, str) else content)
    page.goto(f"{cloud.base_url}/import")
    page.get_by_label("Fichier .xlsx ou CSV").set_input_files(path)
    page.get_by_role("button", name="Lire le fichier").click()
    page.wait_for_load_state()


def unfolds(page: Page) -> None:
    """Unfold everything that the page folds."""
    page.wait_for_load_state()
    for folded in page.locator("main details").all():
        if folded.get_attribute("open") is None:
            folded.locator("summary").click()


def test_a_table_is_read_asked_about_imported_and_corrected_in_a_file(
    stage: Stage, cloud: LocalCloud, tmp_path: Path
) -> None:
    changes = {
        3: {"Commentaires": f"CV envoyé le 12/01/2026. {SECRET}"},
        4: {"Heures": "trois cents", "E-mail_du_référent": "h.tissier"},
        5: {"Disponibilité": "Vendredi"},
        6: {"Disponibilité": "Abandonné"},
        7: {"Convention_signée": "oui"},
    }
    rows = csv_samples.rows(12, changes)
    for number, row in enumerate(rows):
        row["Entreprise"] = f"{stage.company_name} {number}"
    content = csv_samples.text(rows).replace("Secteur", "Couleur", 1)
    page = team(stage)
    page.goto(f"{cloud.base_url}/import")
    look(page, "import")
    page.get_by_role("button", name="Lire le fichier").click()
    expect(page.locator("#csv-erreur")).to_have_text("Choisissez d’abord le fichier.")

    chosen(page, cloud, tmp_path / "tableau.xlsx", csv_samples.as_workbook(content.encode("cp1252")))
    expect(page.get_by_text("8 offres à créer, 3 à corriger, 1 terminée.")).to_be_visible()
    look(page, "import-questions")
    page.get_by_label("« vendredi »").select_option("libre")
    page.get_by_role("button", name="Faire entrer les bonnes lignes").click()
    expect(page.get_by_text("9 offres créées, 2 à corriger")).to_be_visible()
    unfolds(page)
    look(page, "import-fait")
    expect(page.get_by_role("link", name="noter")).to_have_count(1)
    assert SECRET not in page.content()

    with page.expect_download() as waiting:
        page.get_by_role("button", name="Télécharger ces lignes").click()
    back = waiting.value.path().read_text(encoding="utf-8-sig")
    corrected = back.replace("trois cents", "300").replace("h.tissier", "h.tissier@brevent.example")
    chosen(page, cloud, tmp_path / "a-corriger.csv", corrected)
    expect(page.get_by_text("1 offre à créer, 1 à corriger")).to_be_visible()
    page.get_by_role("button", name="Faire entrer les bonnes lignes").click()
    unfolds(page)
    page.get_by_role("link", name=f"{stage.company_name} 2").click()
    expect(page.get_by_text("300 heures").first).to_be_visible()


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
    expect(page.get_by_role("heading", level=1)).to_contain_text("Un CV est arrivé par message")
    page.get_by_role("button", name="Copier le texte").click()
    expect(page.get_by_role("button", name="Texte copié")).to_be_visible()

    assert "/connexion" in page.evaluate("navigator.clipboard.readText()")
    href = page.get_by_role("link", name="Répondre avec ce texte").get_attribute("href")
    assert href and href.startswith("mailto:?subject=") and "%0D%0A" in href
    look(page, "cv-par-mail")
