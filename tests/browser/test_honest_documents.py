"""What a real Chromium writes of a chosen PDF, by the worker that the page loads: the same bytes as node, which others try."""

import base64
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, expect

from tests.browser import samples
from tests.browser.stage import Stage
from tests.support.rewriting import rewrite
from tests.unit.test_pdf_honest import HONEST

FEW = ("chromium-print.pdf", "img2pdf-scan-ccitt.pdf", "libreoffice-form.pdf", "shape-word.pdf")
WRITTEN = """async ({ script, texts }) => {
  const written = [];
  for (const text of texts) {
    const document = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const { bytes } = await new Promise((resolve, reject) => {
      const worker = new Worker(script);
      worker.onmessage = ({ data }) => resolve(data) || worker.terminate();
      worker.onerror = reject;
      worker.postMessage({ document }, [document.buffer]);
    });
    written.push(btoa(bytes.reduce((letters, byte) => letters + String.fromCharCode(byte), "")));
  }
  return written;
}"""


@pytest.mark.parametrize(
    "names", [FEW, pytest.param(tuple(HONEST), marks=pytest.mark.proof)], ids=["few", "all"]
)
def test_chromium_writes_what_node_writes(stage: Stage, names: tuple[str, ...]) -> None:
    page = stage.signed_in(stage.tutor_account).new_page()
    page.goto(f"{stage.address}/envoi")
    chosen = [HONEST[name] for name in names]
    asked = {
        "script": page.locator("[data-rewriter]").get_attribute("data-rewriter"),
        "texts": [base64.b64encode(document).decode() for document in chosen],
    }

    written = [base64.b64decode(text) for text in page.evaluate(WRITTEN, asked)]

    assert [
        name for name, *both in zip(names, written, rewrite(chosen), strict=True) if both[0] != both[1]
    ] == []


def test_the_sending_page_holds_its_files_back_and_refuses_one_twice(stage: Stage, tmp_path: Path) -> None:
    page, asked = stage.signed_in(stage.tutor_account).new_page(), list[str]()
    page.goto(f"{stage.address}/envoi")
    page.get_by_role("button", name="Envoyer").click(force=True)
    expect(page.locator("#qui-erreur")).to_be_visible()
    page.locator("input[name=destinataire]").first.check()
    expect(page.locator("#qui-erreur")).to_be_hidden()

    page.locator("#cv").set_input_files(samples.pdf(tmp_path))
    expect(page.locator("#cv-ligne")).to_contain_text("Prêt")
    page.locator("#lettre").set_input_files(samples.pdf(tmp_path))

    expect(page.locator("#lettre-erreur")).to_contain_text(
        "C’est le même fichier que le CV. Choisissez la lettre."
    )

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.close(run_before_unload=True)
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
