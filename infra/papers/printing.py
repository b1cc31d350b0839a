"""Papers as PDF, by Chromium: tagged for screen readers, with an outline and page numbers."""

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome")
FOOTER = (
    '<div style="font-size:8px;width:100%;text-align:center;color:#444">'
    '<span class="title"></span>, page <span class="pageNumber"></span> sur <span class="totalPages"></span></div>'
)


def find_browser() -> str | None:
    """Return the path of a Chromium of this machine; None without one."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def print_papers(folder: Path, browser_path: str) -> list[Path]:
    """Print each HTML file of a folder as a PDF beside it; return those."""
    printed = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = browser.new_page()
        for html in sorted(folder.glob("*.html")):
            page.goto(html.as_uri())
            page.pdf(
                path=html.with_suffix(".pdf"), format="A4", tagged=True, outline=True, print_background=True,
                display_header_footer=True, header_template="<span></span>", footer_template=FOOTER,
                margin={"top": "18mm", "bottom": "20mm", "left": "16mm", "right": "16mm"},
            )  # fmt: skip
            printed.append(html.with_suffix(".pdf"))
        browser.close()
    return printed
