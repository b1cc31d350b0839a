"""``python -m infra.local.pictures``: the pictures of README.md, taken from the product with its invented data.

A tutor chooses, a tutor follows, the company is asked, the company reads: four pages of one local cloud, side by side.
"""

import base64
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from chalicelib import clock
from infra import CommandFailed, say, status_of
from infra.local import LocalCloud, running
from infra.local.demo import CV, FOR_REAL, MORVENNE, RECIPIENT_FOR_REAL, TUTOR, one_page, signed_in

JOURNEY = Path(__file__).resolve().parent.parent / "pictures" / "journey.png"
DESK, PHONE = (1180, 1500), (400, 1500)
"""Width and height of what is shown of a page."""
HEIGHT = 620
"""Of the picture."""
MAIL_SECONDS = 60
STRIP = """<!doctype html><style>
body{{margin:0;padding:8px;display:inline-flex;gap:20px;background:#dfe9e0}}
img{{height:{height}px;display:block}}
</style>{images}"""


def main() -> int:
    return status_of(_take)


def _take() -> None:
    """Take the four screenshots on a local cloud and write them, side by side, to ``JOURNEY``."""
    with running(demo=True, say=say) as local, sync_playwright() as playwright:
        say("Taking the pictures…")
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        shots = [*_tutor(browser, local), *_company(browser, local)]
        JOURNEY.write_bytes(_beside(browser, shots))
        browser.close()
    say(f"{JOURNEY}: written. Look at it.")


def _page(browser: Browser, size: tuple[int, int]) -> Page:
    """Open an empty page in a French browser context; ``size``: width and height in pixels."""
    width, height = size
    context = browser.new_context(
        locale="fr-FR", timezone_id="Europe/Paris", viewport={"width": width, "height": height}
    )
    return context.new_page()


def _tutor(browser: Browser, local: LocalCloud) -> list[bytes]:
    """Take two pictures as a tutor: the form of a sending with both files chosen, and a parcours whose link was sent."""
    page = _page(browser, DESK)
    name, _, value = signed_in(TUTOR, clock.utc_now()).partition("=")
    over_tls = local.base_url.replace("http:", "https:")  # only there may a cookie of this name be set
    page.context.add_cookies([{"name": name, "value": value, "url": over_tls, "secure": True}])
    page.goto(f"{local.base_url}/parcours/{MORVENNE.id}/envoi")
    page.get_by_role("radio", name="Nadia Bellanger").check()
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("cv", "lettre"):
            file = Path(folder) / f"{kind}.pdf"
            file.write_bytes(one_page(CV))
            page.locator(f"#{kind}").set_input_files(file)
            page.locator(f"#{kind}-choisi").wait_for()
    chosen = page.screenshot()
    _link(local)
    page.goto(f"{local.base_url}/parcours/{FOR_REAL}")
    while (
        "ouvrir le lien" not in page.locator("#tour-titre").inner_text()
    ):  # the fact is written after the mail
        time.sleep(0.5)
        page.reload()
    return [chosen, page.screenshot()]


def _company(browser: Browser, local: LocalCloud) -> list[bytes]:
    """Take two pictures as the recipient of the document sent for real: the question for the address, then the page to read."""
    page = _page(browser, PHONE)
    page.goto(_link(local))
    page.locator("#adresse").wait_for()
    asked = page.screenshot()
    page.locator("#adresse").fill(RECIPIENT_FOR_REAL)
    page.get_by_role("button", name="Continuer").click()
    page.get_by_role("button", name="Ouvrir le CV").click()
    page.get_by_role("button", name="J’ai bien pu lire").wait_for()
    page.evaluate("scrollTo(0, 0)")
    return [asked, page.screenshot()]


def _link(local: LocalCloud) -> str:
    """Return the link from the mail to the recipient, once the mail has been sent. Raises CommandFailed after a minute."""
    end = time.monotonic() + MAIL_SECONDS
    while time.monotonic() < end:
        texts = [mail.body("plain") for mail in local.mails() if RECIPIENT_FOR_REAL in mail.recipients]
        links = [word for text in texts for word in text.split() if "/retrait/#" in word]
        if links:
            return links[0]
        time.sleep(0.5)
    raise CommandFailed(
        "The link did not leave within a minute: run « python -m infra.local » and look at its mail page."
    )


def _beside(browser: Browser, shots: list[bytes]) -> bytes:
    """Return one picture (PNG) with these pictures side by side."""
    sources = (f"data:image/png;base64,{base64.b64encode(shot).decode()}" for shot in shots)
    page = browser.new_page(viewport={"width": 1600, "height": HEIGHT + 16})
    page.set_content(
        STRIP.format(height=HEIGHT, images="".join(f'<img src="{source}" alt="">' for source in sources))
    )
    return page.locator("body").screenshot()


if __name__ == "__main__":
    sys.exit(main())
