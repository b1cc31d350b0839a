"""Parcours that are opened one by one with a keyboard alone, and how such a page looks."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect

from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.values import Role
from chalicelib.stores import parcours_table
from tests.browser.inside import Inside
from tests.browser.looks import look
from tests.browser.stage import make_company
from tests.conftest import Clock
from tests.support import factories, http, relays
from tests.support.waiting import paris
from tests.support.worlds import BASE_URL, World
from tests.support.writing import add_records

ORGANISATION = "Métropole du Val d’Orbe"
HIDDEN = """(parts) => parts.map((part) => document.querySelector(part)).filter((one) => {
  const { left, right, top, bottom } = one.getBoundingClientRect();
  return bottom > innerHeight || !one.contains(document.elementFromPoint((left + right) / 2, (top + bottom) / 2));
}).map((one) => one.innerText)"""
"""What somebody who does not scroll misses: below the fold, or behind something else."""
NEEDED = [
    *(
        f".un-par-un {part}"
        for part in ("ol:not(.fil) li:last-child", ".fil li li:last-child", "[data-touche]")
    ),
    *(f".gens li:nth-child({place}) > .nom" for place in (1, 2, 3, 4)),
]
"""While one telephones: what to say, the last facts, « Suivant », and the numbers of contacts, buyer and tutor."""
MOST_KEYS_OF_TEN = 25

Opened = Callable[[int], tuple[Page, list[str]]]


@pytest.fixture
def opened(world: World, time: Clock, chromium: Browser) -> Opened:
    """Sign a coordinator in, with so many parcours « en préparation » of one tutor and buyer, the oldest notification first."""
    time.now = paris("2026-12-16 10:05")

    def sign_in(several: int) -> tuple[Page, list[str]]:
        tutor = replace(factories.account(), phone="01 99 00 41 30")
        buyer = replace(
            factories.account(Role.BUYER, organisation=ORGANISATION, name="Odile Ramain"),
            phone="01 99 00 41 31",
        )
        coordinator = factories.account(Role.COORDINATOR)
        add_records(tutor, buyer, coordinator)
        ids = []
        for place in range(several):
            offer = factories.offer(
                company=make_company(f"Atelier {place + 1}", "atelier.example"), buyer=buyer.id
            )
            notified_on = offer.contract.notified_on.replace(month=place + 1)
            contract = factories.bought_by(ORGANISATION, replace(offer.contract, notified_on=notified_on))
            relay = relays.takes(world, tutor, replace(offer, contract=contract))
            ids.append(relay.parcours_id)
        context = chromium.new_context(viewport={"width": 1280, "height": 720})
        page = Inside(context, time, http.signed_in(coordinator)).page
        page.goto(f"{BASE_URL}/parcours?statut=en-preparation&tri=retard")
        return page, ids

    return sign_in


def press(page: Page, key: str) -> None:
    """Press a key after which the page comes back."""
    with page.expect_navigation(wait_until="load"):
        page.keyboard.press(key)


def test_what_a_call_needs_is_on_one_screen(opened: Opened) -> None:
    page, _ = opened(2)
    page.get_by_role("button", name="Traiter un par un").click()

    for _ in range(2):
        assert page.evaluate(HIDDEN, NEEDED) == []
        look(page, "un-par-un")
        page.set_viewport_size({"width": 1280, "height": 720})
        press(page, "3")


def test_ten_parcours_take_twenty_five_keys(opened: Opened) -> None:
    page, ids = opened(10)
    page.get_by_role("button", name="Traiter un par un").focus()
    keys = ["Enter", *(key for note in "312313213" for key in (note, "s"))]
    for key in keys:
        press(page, key)
    expect(page.get_by_role("heading", level=1)).to_have_text("Atelier 10")
    page.keyboard.press("6")
    expect(page.locator("#call-back-planned-le")).to_be_focused()
    page.keyboard.type("01012027")
    press(page, "Enter")
    press(page, "s")

    assert len([*keys, "6", "Enter", "s"]) <= MOST_KEYS_OF_TEN
    expect(page.locator("main")).to_contain_text("10 parcours")
    look(page, "un-par-un-resume")
    last = [parcours_table.read_page(identifier).events[-1].kind for identifier in ids]
    assert last.count(EventKind.CALL_NOTED) >= 4 and last[-1] is EventKind.CALL_BACK_PLANNED


def test_keys_are_dead_in_a_field_with_a_modifier_and_when_turned_off(opened: Opened) -> None:
    page, (identifier,) = opened(1)
    page.get_by_role("button", name="Traiter un par un").click()
    expect(page.get_by_label("Touches du clavier")).to_be_checked()  # the script runs

    page.keyboard.press("Control+3")
    page.locator("#call-back-planned summary").click()
    page.locator("#call-back-planned-avec").focus()
    page.keyboard.press("3")
    page.get_by_label("Touches du clavier").uncheck()
    page.keyboard.press("3")

    assert page.locator("kbd:visible, [aria-keyshortcuts]").count() == 0
    assert page.evaluate("localStorage.getItem('touches-du-run')") == "non"
    assert EventKind.CALL_NOTED not in [event.kind for event in parcours_table.read_page(identifier).events]
