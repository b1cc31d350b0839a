"""The page of a parcours of ten facts: one act, the number to call and the last facts on the first screen; the rest is folded."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from chalicelib.domain.kernel.parcours import Company, CompanyContact, ContactRole
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor, Reason
from chalicelib.domain.kernel.values import Role
from chalicelib.stores import parcours_table
from tests.browser.inside import Inside
from tests.browser.looks import TOO_WIDE
from tests.browser.people import unfold
from tests.conftest import Clock
from tests.support import factories, http, passings, relays
from tests.support.http import signed_in
from tests.support.meetings import Page as CompanyPage
from tests.support.relays import Relay
from tests.support.worlds import BASE_URL, World
from tests.support.writing import change_record

pytestmark = pytest.mark.browser

DESK: ViewportSize = {"width": 1280, "height": 800}
SMALL_DESK: ViewportSize = {"width": 1024, "height": 768}
PHONE: ViewportSize = {"width": 390, "height": 844}
NARROW: ViewportSize = {"width": 320, "height": 640}
MOST_HEIGHT = 1600
HOST = CompanyContact(
    role=ContactRole.WELCOMES,
    name="Hugo Tissier",
    function="chef d’équipe",
    address="hugo.tissier-responsable-travaux@jardins.entreprise.example",
    phone="06 39 98 12 50",
    verified_on=None,
)
TEAM = factories.account(Role.TEAM, name="Camille Roche")
HEADER_LINES = """() => new Set([...document.querySelectorAll(".tete a, .tete button")]
  .filter((link) => link.offsetParent).map((link) => Math.round(link.getBoundingClientRect().bottom / 20))).size"""
"""Links on one line end within twenty pixels of one another."""
SPACE_OUT = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }
    p { margin-bottom: 2em !important; }`);
  document.adoptedStyleSheets = [sheet];
  for (const folded of document.querySelectorAll("details")) folded.open = true;
}"""
"""The spacing of text that a reader may ask for (RGAA 4.1, criterion 10.12); what is folded is opened."""
CUT_TEXTS = """() => [...document.querySelectorAll("body *")]
  .filter((shown) => getComputedStyle(shown).overflowX !== "visible" && getComputedStyle(shown).clipPath === "none")
  .filter((shown) => shown.scrollWidth > shown.clientWidth || shown.scrollHeight > shown.clientHeight)
  .map((shown) => shown.textContent)"""
"""Texts whose end is hidden, but those that are hidden from all eyes."""
CUT_YEARS = """() => {
  const cut = [], texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (const folded of document.querySelectorAll("details")) folded.open = true;
  while (texts.nextNode()) {
    for (const { index } of texts.currentNode.data.matchAll(/\\b20\\d\\d\\b/g)) {
      const year = new Range();
      year.setStart(texts.currentNode, index);
      year.setEnd(texts.currentNode, index + 4);
      if (year.getClientRects().length > 1) cut.push(texts.currentNode.data);
    }
  }
  return cut;
}"""
"""Texts with a year that stands on two lines, folded ones too."""


@pytest.fixture
def started(world: World) -> Iterator[Relay]:
    """A parcours that the tutor has taken, after which she reached the company by telephone."""
    company = Company(name="Jardins Morvenne", contacts=(factories.ANSWERING, HOST))
    buyer = factories.account(Role.BUYER, name="Sophie Marchandeau")
    offer = factories.offer(company=company, buyer=buyer.id)
    relay = relays.started(world, offer=offer, also=(TEAM, buyer))
    relay.notes(EventKind.CALL_NOTED, reason=Reason.REACHED, contact=Interlocutor.ANSWERS_TENDER)
    with http.functions_answer():
        yield relay


@pytest.fixture
def ten_facts(started: Relay, time: Clock) -> Relay:
    """A parcours whose company has read the CV and is to propose dates."""
    read_documents(started, time)
    assert len(started.event_kinds()) == 10
    return started


def read_documents(relay: Relay, time: Clock) -> CompanyPage:
    """Send the CV and let the company read it; return its page."""
    time.passes(hours=20)
    page = CompanyPage(relay)
    time.passes(days=2)
    page.browser.opens(page.token)
    page.browser.confirms(page.token)
    time.passes(minutes=2)
    relay.purges()
    return page


def propose_dates(relay: Relay, time: Clock) -> None:
    """Let the company propose three dates."""
    read_documents(relay, time).proposes_in_days(9, 10, 12)


def decline(relay: Relay, time: Clock) -> None:
    """Let the company decline after it read the documents."""
    page = read_documents(relay, time)
    page.browser.declines(page.token)


def name_somebody_elsewhere(relay: Relay, time: Clock) -> None:
    """Let the company name a colleague at another domain, which the tutor is to accept."""
    time.passes(hours=20)
    page = CompanyPage(relay)
    passings.passes(page.browser, page.token, passings.colleague_named(passings.OTHER))


def shows(chromium: Browser, time: Clock, relay: Relay, account: Account) -> Page:
    """Return the page of this parcours in this person's browser."""
    context = chromium.new_context(locale="fr-FR", timezone_id="Europe/Paris", viewport=DESK)
    page = Inside(context, time, signed_in(account)).page
    page.goto(f"{BASE_URL}/parcours/{relay.parcours_id}")
    page.wait_for_load_state("networkidle")
    return page


def is_on_first_screen(shown: Locator) -> bool:
    """Return whether the first line of an element is seen without scrolling."""
    return bool(
        shown.evaluate(
            "(one) => one.getClientRects().length > 0 && one.getClientRects()[0].bottom <= innerHeight"
        )
    )


@pytest.mark.parametrize(
    ("happens", "expected_act"),
    [
        (read_documents, "Relancer l’entreprise"),
        (propose_dates, "Choisir une date"),
        (decline, "Annuler le refus"),
        (name_somebody_elsewhere, "Voir l’adresse et répondre"),
    ],
)
def test_the_first_screen_shows_the_act_the_number_to_call_and_the_last_three_facts(
    started: Relay,
    chromium: Browser,
    time: Clock,
    happens: Callable[[Relay, Clock], object],
    expected_act: str,
) -> None:
    happens(started, time)
    page = shows(chromium, time, started, started.tutor)

    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        act = page.locator("#tour .btn", has_text=expected_act).first
        call = page.locator("a[href='tel:0199004127']:visible").first
        facts = page.locator(".fil li li > p:first-of-type").all()[:3]
        unseen = [shown.inner_text() for shown in (act, call, *facts) if not is_on_first_screen(shown)]
        assert not unseen, (size, unseen)


@pytest.mark.parametrize("team", [False, True], ids=["tutor", "team"])
def test_a_parcours_of_ten_facts_is_a_short_page_that_fits_every_width(
    ten_facts: Relay, chromium: Browser, time: Clock, team: bool
) -> None:
    page = shows(chromium, time, ten_facts, TEAM if team else ten_facts.tutor)

    assert page.evaluate("document.documentElement.scrollHeight") <= MOST_HEIGHT
    for size in (PHONE, NARROW):
        page.set_viewport_size(size)
        assert not page.evaluate(TOO_WIDE), size
        assert not page.evaluate(CUT_YEARS), size


def test_the_teams_header_stays_on_one_line_from_1024_pixels_on(
    ten_facts: Relay, chromium: Browser, time: Clock
) -> None:
    page = shows(chromium, time, ten_facts, TEAM)

    for width in (1024, 1280):
        page.set_viewport_size({"width": width, "height": 768})
        assert page.evaluate(HEADER_LINES) == 1, width


def test_no_text_is_cut_when_it_is_spaced_out(ten_facts: Relay, chromium: Browser, time: Clock) -> None:
    """Criterion 10.12.1: the long name of who is signed in wraps, in the team's header too, which has most links."""
    stored = parcours_table.read_account(TEAM.id)
    assert stored is not None
    change_record(stored, replace(stored, name="Marie-Antoinette Bellegarde-Montrichard"))
    page = shows(chromium, time, ten_facts, TEAM)
    page.evaluate(SPACE_OUT)

    for size in (DESK, SMALL_DESK, PHONE, NARROW):
        page.set_viewport_size(size)
        assert not page.evaluate(CUT_TEXTS), size
        assert not page.evaluate(TOO_WIDE), size


def test_on_a_phone_the_menu_opens_and_closes_by_keyboard(
    ten_facts: Relay, chromium: Browser, time: Clock
) -> None:
    page = shows(chromium, time, ten_facts, ten_facts.tutor)
    page.set_viewport_size(PHONE)
    menu, leaving = (page.get_by_role("button", name=name) for name in ("Menu", "Se déconnecter"))
    expect(leaving).not_to_be_visible()

    menu.press("Enter")
    expect(leaving).to_be_visible()
    page.keyboard.press("Escape")

    expect(leaving).not_to_be_visible()
    expect(menu).to_be_focused()


def test_what_is_folded_opens_at_a_press_and_the_other_address_is_whole(
    ten_facts: Relay, chromium: Browser, time: Clock
) -> None:
    page = shows(chromium, time, ten_facts, ten_facts.tutor)
    expect(page.get_by_role("button", name="Message laissé")).not_to_be_visible()

    unfold(page, "Noter un appel")
    expect(page.get_by_role("button", name="Message laissé")).to_be_visible()
    unfold(page, "Hugo Tissier")
    expect(page.get_by_role("link", name=HOST.address)).to_be_visible()
    unfold(page, "Arrêter")
    expect(page.get_by_role("link", name="Le jeune a renoncé")).to_be_visible()
