"""A young person scans the key of the notice with a telephone, reads where it stands, and leaves nothing behind."""

import re

import pytest
from playwright.sync_api import Page, expect

from chalicelib.stores import parcours_table
from chalicelib.stories.young import spell_follow_key
from tests.browser.looks import look
from tests.browser.people import wait_for_mail
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

    expect(page.get_by_text("Ta notice est lue")).to_be_visible()
    expect(page.get_by_label("Ta clé")).to_be_hidden()
    assert page.url == form, "the key stands in the address no longer"
    look(page, "suivi")
    stays_within(page, SMALL)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("button", name="Voir où ça en est").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Ton parcours avec")
    expect(page.get_by_text("doit lire tes documents")).to_be_visible()
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


def test_what_is_pressed_is_asked_before_and_noted_after_and_the_tutor_reads_it(stage: Stage) -> None:
    stage.sends()
    attempt = parcours_table.read_attempt(stage.parcours_id, 1)
    page = stage.browser(viewport=PHONE).new_page()
    page.goto(f"{stage.cloud.base_url}/suivi#{attempt.reference}.{spell_follow_key(attempt).secret}")
    page.get_by_role("button", name="Voir où ça en est").click()
    tutor = stage.tutor_account
    expect(page.get_by_text(tutor.address)).to_be_visible()

    entries = page.evaluate("history.length")
    page.get_by_text("Je ne veux plus").click()
    expect(page.get_by_text("Le lien déjà parti ne marche plus.")).to_be_visible()
    page.get_by_role("button", name="Oui, j’arrête").click()

    receipt = page.get_by_role("status")
    expect(receipt).to_contain_text(f"{tutor.name} reçoit un message pour t’en parler.")
    expect(receipt).to_be_focused()
    expect(page.get_by_text("Je ne veux plus")).to_have_count(0)
    look(page, "suivi-jeune-arrete")
    stays_within(page, SMALL)
    assert page.evaluate("history.length") == entries, "a press leaves no page to go back to"

    wait_for_mail(stage.cloud, tutor.address, "Le jeune ne veut plus")
    sheet = stage.tutor().page
    expect(sheet.get_by_role("button", name="J’en ai parlé, le parcours continue")).to_be_visible()
