"""A look at a page as it stands, on a desk and on a phone: nothing sticks out in common and in large text, axe finds nothing,
nothing stands there that nobody may read; a picture when asked for."""

import os
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.support import readable

WIDTHS = {"bureau": (1280, 800), "telephone": (390, 844)}
PICTURES = Path(__file__).parents[2] / "build" / "pictures"
STICKS_OUT = """() => [...document.querySelectorAll("body *")]
  .filter((one) => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .map((one) => `${one.tagName}#${one.id}.${one.className}`).slice(0, 5)"""
UNDRAWN = """() => [...document.querySelectorAll("use")].map((one) => one.getAttribute("href"))
  .filter((one) => !document.querySelector(`symbol${one}`))"""
HANGS = """() => [...document.querySelectorAll("ol, ul")]
  .filter((one) => [...one.children].some((line) => getComputedStyle(line).display === "list-item"))
  .map((one) => [one, getComputedStyle(one)])
  .filter(([, style]) => style.listStyleType !== "none" && parseFloat(style.paddingLeft) < parseFloat(style.fontSize))
  .map(([one]) => `${one.tagName}#${one.id}.${one.className}: ${one.textContent.trim().slice(0, 60)}`)"""
"""Lists whose numbers or bullets stand outside their column; folded ones too."""
TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def look(page: Page, name: str) -> None:
    """Check the page at both widths; ``PICTURES=1`` keeps what was seen in ``build/pictures``.

    Raises:
        AssertionError: with every violation, or what sticks out, and the page's name.
    """
    page.wait_for_load_state()
    unfit = readable.faults([page.title(), *readable.lines(page.inner_text("body"))])
    assert not unfit, f"{name}: {unfit}"
    assert not page.evaluate(UNDRAWN), f"{name}: {page.evaluate(UNDRAWN)}"
    assert not page.evaluate(HANGS), f"{name}: {page.evaluate(HANGS)}"
    for device, (width, height) in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        for size in (125, 100):
            set_text(page, size)
            assert not page.evaluate(TOO_WIDE), f"{name}, {device}, {size} %: {page.evaluate(STICKS_OUT)}"
        results = Axe().run(page)
        assert not results.violations_count, f"{name}, {device}:\n{results.generate_report()}"
        if os.environ.get("PICTURES"):
            PICTURES.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=PICTURES / f"{name}-{device}.png", full_page=True)


def set_text(page: Page, size: int) -> None:
    """The size of text that a person asks her browser for, in hundredths of the common one."""
    session = page.context.new_cdp_session(page)
    session.send(
        "Page.setFontSizes", {"fontSizes": {"standard": 16 * size // 100, "fixed": 13 * size // 100}}
    )
    session.detach()
