"""The RUN as somebody walks it with a keyboard alone, and how it looks."""

import hashlib
from dataclasses import replace
from datetime import date, timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from chalicelib import clock, french
from chalicelib.domain.accounts.signing_in import Session
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.values import Role
from chalicelib.stores import parcours_table
from chalicelib.stories.kit.deciding import draw_session_cookie
from chalicelib.web.kit.http import SESSION_COOKIE
from infra.local import LocalCloud
from tests.browser.inside import Inside
from tests.browser.looks import STICKS_OUT, TOO_WIDE, look, set_text
from tests.browser.stage import PHONE, Stage, make_company
from tests.conftest import Clock
from tests.support import factories, http, relays
from tests.support.waiting import paris
from tests.support.worlds import BASE_URL, World
from tests.support.writing import add_records

SEEN = """() => [...document.querySelectorAll("[data-touche]")].filter((one) => {
  const { left, right, top, bottom } = one.getBoundingClientRect();
  return bottom > innerHeight || !one.contains(document.elementFromPoint((left + right) / 2, (top + bottom) / 2));
}).map((one) => one.innerText)"""
"""The keys that somebody who does not scroll misses: below the fold, or behind something else."""


@pytest.fixture
def organisation() -> str:
    """A buyer's organisation that no other test knows, so that a RUN over hers walks six parcours."""
    return f"Métropole {factories.mark()}"


@pytest.fixture
def six(stage: Stage, deployed: World, organisation: str) -> list[str]:
    """Six parcours « en préparation » of one buyer, oldest notification first."""
    return take_several(stage, deployed, organisation, 6)


def take_several(stage: Stage, deployed: World, organisation: str, several: int) -> list[str]:
    """Take offers of one buyer, oldest notification first; return the ids of their parcours."""
    base = parcours_table.read_parcours(stage.parcours_id)
    ids = []
    for place in range(several):
        offer = factories.offer(company=replace(base.company, name=f"Atelier {place + 1}"))
        notified_on = offer.contract.notified_on.replace(month=place + 1)
        contract = factories.bought_by(organisation, replace(offer.contract, notified_on=notified_on))
        ids.append(relays.takes(deployed, stage.tutor_account, replace(offer, contract=contract)).parcours_id)
    return ids


def signed_in(context: BrowserContext, account: Account, cloud: LocalCloud) -> Page:
    """Return a page of somebody whose account and session are made here."""
    add_records(account)
    token, now = draw_session_cookie(account.id), clock.utc_now()
    session = Session(
        id=hashlib.sha256(token.encode()).hexdigest(), account=account.id, created_at=now, seen_at=now
    )
    add_records(session)
    host = cloud.base_url.replace("http:", "https:")
    context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": host, "secure": True}])
    return context.new_page()


class Fingers:
    """Counts every key but those of a name, an address or a day that is written."""

    def __init__(self, page: Page) -> None:
        self.page, self.strokes = page, 0

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.strokes += 1

    def acts(self, key: str) -> None:
        """Press a key after which the page comes back."""
        with self.page.expect_navigation(wait_until="load"):
            self.press(key)


ONE_SCREEN = """() => {
  const [run, bar] = [".run", ".suite"].map((part) => document.querySelector(part).getBoundingClientRect());
  return scrollY === 0 && run.bottom <= bar.top && bar.bottom <= innerHeight;
}"""
"""Whether the whole parcours is seen without scrolling, and nothing of it lies behind the bar."""
MOST_KEYS_OF_TEN = 25


def test_a_parcours_of_the_run_is_one_screen_on_the_widest_day(
    world: World, time: Clock, chromium: Browser, organisation: str
) -> None:
    """« Depuis le mercredi 16 décembre, 10 h 05. Attendu avant le samedi 30 janvier 2027. »"""
    time.now = paris("2026-12-16 10:05")
    offer = factories.offer(company=make_company("Atelier 1", "atelier-bcdfghjk.entreprise.example"))
    relays.takes(
        world,
        factories.account(),
        replace(offer, contract=factories.bought_by(organisation, offer.contract)),
    )
    buyer = replace(
        factories.account(Role.BUYER, organisation=organisation, name="Odile Ramain"), function="achats"
    )
    add_records(buyer)
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    page = Inside(context, time, http.signed_in(buyer)).page
    page.goto(f"{BASE_URL}/run")
    page.get_by_role("button", name="Tous les parcours en préparation").click()

    for answer in ("Message laissé", None):
        expect(page.get_by_role("heading", level=1)).to_have_text(offer.company.name)
        set_text(page, 125)
        assert page.evaluate(SEEN) == [], "keys below the fold in large text"
        set_text(page, 100)
        assert page.evaluate(SEEN) == [], "keys below the fold"
        assert page.evaluate(ONE_SCREEN)
        if answer:
            page.get_by_role("button", name=answer).click()
            expect(page.locator(".suite [role=status]")).to_contain_text("message laissé")


def test_ten_parcours_take_twenty_five_keys_with_a_contact_replaced_and_a_day_mistyped(
    stage: Stage, deployed: World, organisation: str
) -> None:
    ten = take_several(stage, deployed, organisation, 10)
    buyer = replace(
        factories.account(Role.BUYER, organisation=organisation, name="Odile Ramain"), function="achats"
    )
    page = signed_in(stage.browser(viewport={"width": 1280, "height": 800}), buyer, stage.cloud)
    page.goto(f"{stage.cloud.base_url}/run")
    look(page, "run-entree")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.get_by_role("button", name="Tous les parcours en préparation").focus()
    fingers, heading = Fingers(page), page.get_by_role("heading", level=1)
    fingers.acts("Enter")
    expect(heading).to_have_text("Atelier 1")
    look(page, "run")
    page.set_viewport_size({"width": 1280, "height": 800})
    fingers.acts("l")
    expect(page.locator(".suite [role=status]")).to_contain_text("message laissé")
    fingers.acts("s")
    assert fingers.strokes == 3

    expect(heading).to_have_text("Atelier 2")
    fingers.acts("p")
    expect(page.get_by_text("Qui remplace")).to_be_visible()
    expect(page.locator("details[open] input[name=contact_nom]")).to_be_focused()
    page.keyboard.type("Awa Diop")
    fingers.press("Tab")
    page.keyboard.type("a.diop@atelier.example")
    fingers.acts("Enter")
    expect(page.get_by_text("Le contact est enregistré")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Awa Diop")
    fingers.acts("s")

    expect(heading).to_have_text("Atelier 3")
    fingers.press("a")
    expect(page.locator("#call-back-planned-le")).to_be_focused()
    look(page, "run-question")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.locator("#call-back-planned-le").focus()
    page.keyboard.type("01012020")
    fingers.acts("Enter")
    expect(heading).to_have_text("Atelier 3")
    expect(page.get_by_role("alert")).to_contain_text("Donnez la date prévue")
    expect(page.locator("#call-back-planned-le")).to_be_focused()
    look(page, "run-refus")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.locator("#call-back-planned-le").focus()
    new_year = date(
        day_of(clock.utc_now()).year + 1, 1, 1
    )  # whichever of day and month the browser asks for first
    page.keyboard.type(f"{new_year:%d%m%Y}")
    fingers.acts("Enter")
    expect(page.locator(".suite [role=status]")).to_contain_text(
        f"à rappeler, le {french.jour_court(new_year)}"
    )
    fingers.acts("s")

    for place, key in enumerate("jcrfmlj"):
        expect(heading).to_have_text(f"Atelier {place + 4}")
        fingers.acts(key)
        fingers.acts("s")

    assert fingers.strokes <= MOST_KEYS_OF_TEN
    expect(heading).to_have_text("Résumé des parcours traités")
    expect(page.locator("main")).to_contain_text("10 parcours traités")
    look(page, "run-resume")
    kinds = [[event.kind for event in parcours_table.read_page(identifier).events[-2:]] for identifier in ten]
    assert kinds[1] == [EventKind.CALL_NOTED, EventKind.OFFER_EDITED]
    assert [noted[-1] for noted in kinds[2:5]] == [
        EventKind.CALL_BACK_PLANNED,
        EventKind.CALL_NOTED,
        EventKind.CLAUSE_EXPLAINED,
    ]


MOST_KEYS = 10
BAR_IN_VIEW = """() => {
  const bar = document.querySelector(".suite").getBoundingClientRect(), next = document.querySelector(".suite .btn");
  const { left, right, top, bottom } = next.getBoundingClientRect();
  return bar.bottom <= innerHeight + 1 && next.contains(document.elementFromPoint((left + right) / 2, (top + bottom) / 2));
}"""


def test_four_parcours_take_ten_keys_and_what_is_noted_stays_in_view(
    stage: Stage, six: list[str], organisation: str
) -> None:
    buyer = factories.account(Role.BUYER, organisation=organisation)
    page = signed_in(stage.browser(viewport=PHONE), buyer, stage.cloud)
    page.goto(f"{stage.cloud.base_url}/parcours")  # where signing in leads
    begin = page.get_by_role("button", name="Traiter un par un")
    begin.focus()
    fingers = Fingers(page)
    fingers.acts("Enter")
    for place in range(4):
        expect(page.get_by_role("heading", level=1)).to_have_text(f"Atelier {place + 1}")
        expect(page.locator(".suite")).to_contain_text("Rien n’est encore noté ici")
        fingers.acts("l")
        for where in (0, 400, 100_000):
            page.evaluate(f"scrollTo(0, {where})")
            assert page.evaluate(BAR_IN_VIEW), where
        expect(page.locator(".suite [role=status]")).to_contain_text("message laissé")
        assert page.locator("kbd:visible").count() == 0, "a telephone has no keys to hint at"
        set_text(page, 200)
        assert not page.evaluate(TOO_WIDE), (
            f"on a phone with text of twice the size: {page.evaluate(STICKS_OUT)}"
        )
        set_text(page, 100)
        fingers.acts("s")
    assert fingers.strokes <= MOST_KEYS


def test_escape_closes_a_question_even_from_its_fields(
    stage: Stage, six: list[str], organisation: str
) -> None:
    buyer = factories.account(Role.BUYER, organisation=organisation)
    page = signed_in(stage.browser(), buyer, stage.cloud)
    page.goto(f"{stage.cloud.base_url}/run")
    page.get_by_role("button", name="Tous les parcours en préparation").click()
    expect(page.get_by_label("Touches du clavier")).to_be_checked()  # the script runs
    page.keyboard.press("v")
    expect(page.locator("#meeting-fixed-le")).to_be_focused()

    page.keyboard.press("Escape")

    expect(page.locator("#meeting-fixed-le")).to_be_hidden()
    expect(page.locator("#meeting-fixed summary")).to_be_focused()
    page.keyboard.press("l")
    expect(page.locator(".suite [role=status]")).to_contain_text("message laissé")


@pytest.mark.proof
def test_keys_are_dead_in_a_field_with_a_modifier_and_when_turned_off(
    stage: Stage, six: list[str], organisation: str
) -> None:
    buyer = factories.account(Role.BUYER, organisation=organisation)
    page = signed_in(stage.browser(), buyer, stage.cloud)
    page.goto(f"{stage.cloud.base_url}/run")
    page.get_by_role("button", name="Tous les parcours en préparation").click()
    expect(page.get_by_label("Touches du clavier")).to_be_checked()  # the script runs

    page.keyboard.press("Control+l")
    page.locator("#call-back-planned summary").click()
    page.locator("#call-back-planned-avec").focus()
    page.keyboard.press("l")
    page.locator("h1 a").focus()
    page.get_by_label("Touches du clavier").uncheck()
    page.keyboard.press("l")
    assert page.evaluate("localStorage.getItem('touches-du-run')") == "non"
    page.reload()
    expect(page.get_by_label("Touches du clavier")).not_to_be_checked()
    page.keyboard.press("l")

    assert page.locator("kbd:visible").count() == 0
    assert page.locator("[aria-keyshortcuts]").count() == 0
    assert EventKind.CALL_NOTED not in [event.kind for event in parcours_table.read_page(six[0]).events]


@pytest.mark.proof
def test_the_run_works_without_scripts(stage: Stage, six: list[str], organisation: str) -> None:
    buyer = factories.account(Role.BUYER, organisation=organisation)
    page = signed_in(stage.browser(java_script_enabled=False), buyer, stage.cloud)
    page.goto(f"{stage.cloud.base_url}/run")
    page.get_by_role("button", name="Tous les parcours en préparation").click()

    page.get_by_role("button", name="Pas de réponse").click()
    expect(page.locator(".suite [role=status]")).to_contain_text("pas de réponse")
    page.locator("#call-back-planned summary").click()
    later = day_of(clock.utc_now()) + timedelta(days=30)
    page.locator("#call-back-planned-le").fill(later.isoformat())
    page.locator("#call-back-planned").get_by_role("button", name="Noter").click()
    expect(page.locator(".suite [role=status]")).to_contain_text(f"à rappeler, le {french.jour_court(later)}")
    page.get_by_role("button", name="Corriger").click()
    expect(page.get_by_text("C’est corrigé")).to_be_visible()
    page.get_by_role("button", name="Passer au suivant").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Atelier 2")
