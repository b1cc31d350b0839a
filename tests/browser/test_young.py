"""A young person scans the key of the notice with a telephone, reads where it stands, and leaves nothing behind."""

import re

import pytest
from playwright.sync_api import Page, expect

from chalicelib.stores import parcours_table
from chalicelib.stories.young import spell_follow_key
from tests.browser.looks import look
from tests.browser.stage import PHONE, Stage
from tests.browser.visits import visited

pytestmark = [pytest.mark.browser, pytest.mark.cloud]

SMALL = 320


def stays_within(page: Page, width: int) -> None:
    """Check that nothing sticks out on a telephone of this width."""
    page.set_viewport_size({"width": width, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_scanned_key_opens_the_page_by_a_press_and_leaves_nothing_behind(stage: Stage) -> None:
    stage.sends()
    attempt = parcours_table.read_attempt(stage.parcours_id, 1)
    secret = spell_follow_key(attempt).secret
    form = f"{stage.cloud.base_url}/suivi"
    visit = visited(stage.browser(viewport=PHONE), f"{form}#{attempt.reference}.{secret}")
    page = stage.browser(viewport=PHONE).new_page()

    page.goto(f"{form}#{attempt.reference}.{secret}")

    expect(page.get_by_text("Ta feuille est lue")).to_be_visible()
    expect(page.get_by_label("Ta clé")).to_be_hidden()
    assert page.url == form, "the key stands in the address no longer"
    look(page, "suivi")
    stays_within(page, SMALL)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("button", name="Voir où ça en est").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Ton parcours avec")
    expect(page.get_by_text("doit ouvrir tes documents")).to_be_visible()
    assert page.url == form and not page.context.cookies()
    assert visit.requests + len(asked) <= 4 and visit.bytes <= 20_000, (visit, asked)
    assert len(page.content().encode()) <= 30_000
    look(page, "suivi-jeune")
    page.get_by_text("Ce qui s’est passé").click()
    stays_within(page, SMALL)

    page.get_by_role("link", name="Fermer").click()
    expect(page.get_by_label("Ta clé")).to_have_value("")
    page.go_back()

    expect(page.get_by_role("heading", name=re.compile("Ton parcours avec"))).to_have_count(0)
    assert secret not in page.content()
