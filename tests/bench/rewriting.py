"""What writing a document anew costs: in Chromium beside sealing the same bytes, on the wire, and to inspection."""

import base64
import io
import time
import urllib.request
from pathlib import Path

import pikepdf
from PIL import Image, ImageDraw
from playwright.sync_api import Page, sync_playwright

from chalicelib.pdf import grammar, rules
from infra.local import LocalCloud
from tests.browser.stage import Stage
from tests.conftest import launched, on_deployed
from tests.support.rewriting import rewrite

ROUNDS = 7
PDFS = Path(__file__).parents[1] / "pdf"
OF_TEXT = ("chromium-print.pdf", "typst-cv.pdf")
"""Together 100 kB of fonts, tags and drawings."""
A4 = (2480, 3508)
"""Points of a page at 300 dpi."""
TIMED = """async ({ script, text, rounds }) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const times = [];
  for (let round = 0; round < rounds; round++) {
    const [rewritten, sealed] = [bytes.slice(), bytes.slice()];
    const begun = performance.now();
    const made = await new Promise((resolve, reject) => {
      const worker = new Worker(script);
      worker.onmessage = ({ data }) => resolve(data) || worker.terminate();
      worker.onerror = reject;
      worker.postMessage({ document: rewritten }, [rewritten.buffer]);
    });
    if (made.refusal) throw new Error(made.refusal);
    const between = performance.now();
    const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt"]);
    for (let again = 0; again < 10; again++) {
      const blob = await crypto.subtle.encrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, key, sealed);
      await crypto.subtle.digest("SHA-256", blob);
    }
    times.push([between - begun, (performance.now() - between) / 10]);
  }
  return times;
}"""
"""In the sending page, with its own worker: milliseconds to write anew, and to encrypt and hash as ``seal.js`` does.

The latter ten times, since the clock is coarse.
"""


def measured(cloud: LocalCloud) -> dict[str, list[list[float]]]:
    """The rows of writing anew."""
    documents = [_documents(), _documents(_picture((1240, 1754))), _scan()]
    with (
        on_deployed(cloud),
        sync_playwright() as driver,
        launched(driver, "chromium-headless-shell", "chromium") as chromium,
    ):
        stage = Stage(cloud, chromium)
        page = stage.signed_in(stage.tutor_account).new_page()
        page.goto(f"{stage.address}/envoi")
        script = page.locator("[data-rewriter]").get_attribute("data-rewriter")
        assert script
        times = [_timed(page, script, document) for document in documents]
    return {
        "rewriter": [[_weight(cloud.base_url + script) / 1000]],
        "rewriting": [[rewriting for rewriting, _ in rounds] for rounds in times],
        "rewriting_sealing": [[rewriting / sealing for rewriting, sealing in rounds] for rounds in times],
        "inspection": _inspected(documents[-1]),
    }


def _timed(page: Page, script: str, document: bytes) -> list[tuple[float, float]]:
    """Of each round but the first, which warms: milliseconds of both."""
    asked = {"script": script, "text": base64.b64encode(document).decode(), "rounds": ROUNDS + 1}
    return [(rewriting, sealing) for rewriting, sealing in page.evaluate(TIMED, asked)[1:]]


def _weight(address: str) -> int:
    asked = urllib.request.Request(address, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(asked) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        return len(answer.read())


def _inspected(scan: bytes) -> list[list[float]]:
    """Milliseconds of processor time for a MB: of the honest documents together, each as it is written anew, and of a scan."""
    honest = [path.read_bytes() for path in sorted(PDFS.glob("*.pdf"))]
    *written, scanned = [document for document in rewrite([*honest, scan]) if isinstance(document, bytes)]
    return [[_per_megabyte(documents) for _ in range(ROUNDS)] for documents in (written, [scanned])]


def _per_megabyte(documents: list[bytes]) -> float:
    begun = time.process_time()
    for document in documents:
        rules.check(grammar.parse(document))
    return (time.process_time() - begun) * 1000 / (sum(map(len, documents)) / 1e6)


def _documents(*pictures: bytes) -> bytes:
    """Documents of text in one, and a page for each picture."""
    out = io.BytesIO()
    with pikepdf.new() as whole:
        for name in OF_TEXT:
            with pikepdf.open(PDFS / name) as part:
                whole.add_pages_from(part)
        for picture in pictures:
            with pikepdf.open(io.BytesIO(picture)) as part:
                whole.add_pages_from(part)
        whole.save(out)
    return out.getvalue()


def _scan() -> bytes:
    """Three pages as a careless scanner writes them: 10 MB."""
    pages = io.BytesIO()
    first, *others = [_photograph(A4) for _ in range(3)]
    first.save(pages, "PDF", save_all=True, append_images=others, quality=55)
    return pages.getvalue()


def _picture(size: tuple[int, int]) -> bytes:
    page = io.BytesIO()
    _photograph(size).save(page, "PDF", quality=70)
    return page.getvalue()


def _photograph(size: tuple[int, int]) -> Image.Image:
    """Paper with its grain, and something written."""
    paper = Image.effect_noise(size, 60).convert("RGB")
    ImageDraw.Draw(paper).multiline_text((200, 200), "Curriculum vitae\nStage en cuisine", fill="black")
    return paper
