"""The page of delays in a real browser: read with eyes, with a screen reader's table, on a phone, on paper."""

import hashlib

import pytest
from playwright.sync_api import Page, expect

from chalicelib import clock
from chalicelib.domain.accounts.signing_in import Session
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.values import Role
from chalicelib.stories.kit.deciding import draw_session_cookie
from chalicelib.web.kit.http import SESSION_COOKIE
from tests.browser.looks import look
from tests.browser.stage import Stage
from tests.support import factories
from tests.support.writing import add_records

pytestmark = [pytest.mark.browser, pytest.mark.cloud]


def visits(stage: Stage, account: Account, query: str = "", **options: object) -> Page:
    """Return this agent, who signed in a minute ago, on the page; the invented passages of the past year are counted there."""
    token, now = draw_session_cookie(account.id), clock.utc_now()
    session = Session(
        id=hashlib.sha256(token.encode()).hexdigest(), account=account.id, created_at=now, seen_at=now
    )
    add_records(account, session)
    context = stage.browser(**options)
    host = stage.cloud.base_url.replace("http:", "https:")
    context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": host, "secure": True}])
    page = context.new_page()
    page.goto(f"{stage.cloud.base_url}/delais{query}")
    return page


def test_bars_and_table_say_the_same_on_every_width(stage: Stage) -> None:
    page = visits(stage, factories.account(Role.TEAM))
    whole = page.get_by_role("row").filter(has_text="De l’envoi à la première rencontre")

    expect(whole).to_contain_text("jours")
    expect(page.locator("svg.barre")).to_have_count(7)
    median = whole.get_by_role("cell").nth(1).inner_text()
    expect(page.locator(".barres")).to_contain_text(median)
    look(page, "delais")


@pytest.mark.proof
def test_a_filter_is_chosen_by_keyboard_without_scripts_and_stays_in_the_address(stage: Stage) -> None:
    page = visits(stage, factories.account(Role.TEAM), java_script_enabled=False)
    page.get_by_label("Académie").select_option("Dijon")
    page.get_by_role("button", name="Montrer").press("Enter")

    page.wait_for_url("**academie=Dijon**")
    expect(page.locator("main")).to_contain_text("académie de Dijon")
    expect(page.get_by_label("Académie")).to_have_value("Dijon")


@pytest.mark.proof
def test_a_coordinator_finds_her_academie_without_filters(stage: Stage) -> None:
    page = visits(stage, factories.account(Role.COORDINATOR), "?du=hier")

    expect(page.locator("main")).to_contain_text("académie de Dijon")
    expect(page.get_by_label("Région académique")).to_have_count(0)
    expect(page.get_by_label("Du mois")).to_have_value("hier")
    look(page, "delais-periode-refusee")


@pytest.mark.proof
def test_an_academie_without_passages_is_said(stage: Stage) -> None:
    page = visits(stage, factories.account(Role.TUTOR, academie="Lille"))

    expect(page.get_by_role("heading", name="Pas encore assez de parcours")).to_be_visible()
    look(page, "delais-vide")


@pytest.mark.proof
def test_paper_keeps_the_bars_and_the_table_and_leaves_the_form(stage: Stage) -> None:
    page = visits(stage, factories.account(Role.TEAM))
    page.emulate_media(media="print")

    expect(page.locator("svg.barre").first).to_be_visible()
    expect(page.get_by_role("table")).to_be_visible()
    expect(page.get_by_role("button", name="Montrer")).to_be_hidden()
