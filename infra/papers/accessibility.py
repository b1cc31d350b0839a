"""The accessibility statement: the page of the product, and the audit on which it rests (tests/browser/rgaa.md)."""

import re
from typing import NamedTuple

from chalicelib.web import public
from infra.papers.measures import TESTS
from infra.papers.rendering import Edition, render_page_content

AUDIT = TESTS / "browser" / "rgaa.md"
ROW = re.compile(r"^\| ([0-9]+\.[0-9]+) \| (met|\*\*not met\*\*|—) \|", re.MULTILINE)
STATES = {"met": "respecté", "**not met**": "non respecté", "—": "sans objet"}


class Statement(NamedTuple):
    """The page of the product, and each criterion with its state."""

    content: str
    """HTML."""
    criteria: dict[str, list[tuple[str, str]]]
    """By theme, the number before the point."""
    counts: dict[str, int]
    """How many criteria are in each state."""
    percent: str


def build(edition: Edition) -> Statement:
    """Build what the accessibility statement reads."""
    content = render_page_content(public.AccessibilityPage(public.read_site_facts()))
    rows = [(number, STATES[state]) for number, state in ROW.findall(AUDIT.read_text())]
    counts = {state: sum(found == state for _, found in rows) for state in STATES.values()}
    applying = counts["respecté"] + counts["non respecté"]
    percent = f"{100 * counts['respecté'] / applying:.1f}".replace(".", ",")
    themes: dict[str, list[tuple[str, str]]] = {}
    for number, state in rows:
        themes.setdefault(number.partition(".")[0], []).append((number, state))
    return Statement(content, themes, counts, percent)
