"""The lists in a real browser: one address for three people, filters by keyboard and without scripts, looks, paper."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from chalicelib import clock
from chalicelib.domain.kernel.parcours import Company, CompanyContact, ContactRole, Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Step
from tests.browser.keyboard import Keyboard
from tests.browser.looks import TOO_WIDE, look, set_text
from tests.browser.stage import PHONE, Stage
from tests.support import factories
from tests.support.writing import add_records

pytestmark = [pytest.mark.browser, pytest.mark.cloud]


WIDE = {"width": 1280, "height": 800}
BENALI = CompanyContact(
    role=ContactRole.WELCOMES, name="Karim Benali", address="k@scierie.example", phone="01 99 00 77 38"
)


@dataclass(frozen=True)
class Cast:
    """A tutor, a buyer and the team, and three parcours: one of the tutor and the buyer, one of the tutor and another buyer,
    one of the buyer and another tutor.
    """

    tutor: Account
    buyer: Account
    team: Account
    coordinator: Account
    mark: str
    """Stands in the names of these parcours and of no others."""

    def page(self, stage: Stage, account: Account, path: str, **options: object) -> Page:
        """Return a page in the browser of this account."""
        page = stage.signed_in(account, **options).new_page()
        page.goto(stage.cloud.base_url + path)
        return page


@pytest.fixture
def cast(stage: Stage) -> Cast:
    """The cast, whose parcours have one mark in their names."""
    mark = factories.mark()
    tutor, other = replace(factories.account(), departement="21"), factories.account(academie="Lyon")
    buyer = factories.account(Role.BUYER, organisation=f"Ville de {mark}")
    team, coordinator = factories.account(Role.TEAM), factories.account(Role.COORDINATOR)
    ours, theirs = str(buyer.organisation), f"Autre ville {mark}"
    late = clock.utc_now() - timedelta(days=40)
    arvel = under_way(f"Arvel {mark}", tutor, ours, Step.LINK_SENT)
    cuisines = under_way(f"Cuisines {mark}", other, ours, Step.MEETING_FIXED)
    stand = (
        replace(arvel, since=late, last_sent_at=late),
        under_way(f"Bennes {mark}", tutor, theirs, Step.DOCUMENTS_TO_SEND),
        replace(cuisines, meeting_at=clock.utc_now()),
    )
    for record in (tutor, other, buyer, team, coordinator, *stand):
        add_records(record)
    return Cast(tutor, buyer, team, coordinator, mark)


def under_way(name: str, tutor: Account, organisation: str, step: Step) -> Parcours:
    """Return a parcours at this step since now; a company whose name begins with an A has another contact than the usual one."""
    now = clock.utc_now()
    base = factories.offer(status=ParcoursStatus.IN_PREPARATION)
    notified_on = date(2026, 1, ord(name[0]) - 60)
    return replace(
        base,
        company=Company(name=name, contacts=(BENALI,) if name[0] == "A" else base.company.contacts),
        contract=factories.bought_by(organisation, replace(base.contract, notified_on=notified_on)),
        step=step,
        reference="CSF-7K3Q-92",
        tutor=tutor.id,
        tutor_academie=tutor.academie,
        since=now,
        last_at=now,
    )


def names(page: Page) -> list[str]:
    """Return the listed companies, without their mark."""
    page.wait_for_load_state()
    return [text.split()[0] for text in page.locator(".liste .nom").all_inner_texts()]


def test_one_address_shows_the_team_a_buyer_and_a_tutor_each_her_own_rows(stage: Stage, cast: Cast) -> None:
    path = f"/parcours?q={cast.mark}"
    assert names(cast.page(stage, cast.team, path)) == ["Arvel", "Bennes", "Cuisines"]
    assert names(cast.page(stage, cast.buyer, path)) == ["Arvel", "Cuisines"]
    assert names(cast.page(stage, cast.tutor, path)) == ["Bennes", "Arvel"]


@pytest.mark.proof
def test_a_view_is_made_by_keyboard_without_scripts_and_stays_in_the_address(
    stage: Stage, cast: Cast
) -> None:
    page = cast.page(stage, cast.team, "/parcours", java_script_enabled=False)
    bar = page.locator(".filtres")
    assert bar.get_attribute("open") is None
    page.locator(".filtres summary").press("Enter")
    page.get_by_role("searchbox").fill(cast.mark)
    page.get_by_label("En retard de plus de").select_option("2\u00a0semaines")
    page.get_by_role("button", name="Filtrer").press("Enter")

    page.wait_for_url("**retard=2**")
    assert names(page) == ["Arvel"]
    chips = page.get_by_role("list", name="Filtres actifs")
    expect(chips.get_by_role("listitem")).to_have_count(2)
    chips.get_by_role("link", name="En retard de plus de 2 semaines").press("Enter")
    expect(chips.get_by_role("listitem")).to_have_count(1)
    assert names(page) == ["Arvel", "Bennes", "Cuisines"]


@pytest.mark.proof
def test_filters_are_folded_until_they_are_used_and_reached_by_keyboard(stage: Stage, cast: Cast) -> None:
    page = cast.page(stage, cast.team, f"/parcours?q={cast.mark}&retard=2")
    expect(page.locator(".filtres")).not_to_have_attribute("open", "")
    expect(page.get_by_text("Filtrer (1 filtre actif)")).to_be_visible()
    assert names(page) == ["Arvel"]
    expect(page.get_by_text("En retard de").first).to_be_visible()
    keys = Keyboard(page)
    keys.presses("Filtrer (1 filtre actif)")
    keys.presses("En retard de plus de", "Home")
    keys.presses("Filtrer")
    page.wait_for_url("**retard=&**")
    assert names(page) == ["Arvel", "Bennes", "Cuisines"]


IN_SIGHT = """() => {
  const { top, bottom } = document.querySelector(".liste .nom").getBoundingClientRect();
  return top >= 0 && bottom <= innerHeight;
}"""


def test_the_first_parcours_is_on_the_first_screen_for_everybody(stage: Stage, cast: Cast) -> None:
    for viewport in (WIDE, PHONE):
        for who in (cast.tutor, cast.buyer, cast.team, cast.coordinator):
            page = cast.page(stage, who, "/parcours", viewport=viewport)
            page.wait_for_load_state()
            assert page.evaluate(IN_SIGHT), (who.function, viewport)
            page.context.close()


def test_somebody_is_called_by_her_name_in_three_gestures(stage: Stage, cast: Cast) -> None:
    """From the page to which signing in leads: a click into the search, her name and « Entrée » show her number on the first
    screen.
    """
    for viewport in (WIDE, PHONE):
        page = cast.page(stage, cast.buyer, "/parcours", viewport=viewport)
        page.get_by_role("searchbox").click()
        page.keyboard.type("benali")
        page.keyboard.press("Enter")
        call = page.locator(".liste a[href^='tel:']")
        expect(call).to_have_text("01 99 00 77 38")
        expect(call).to_be_in_viewport()
        look(page, "liste-personne")


@pytest.mark.proof
def test_the_lists_have_no_fault(stage: Stage, cast: Cast) -> None:
    look(cast.page(stage, cast.team, "/parcours"), "liste-equipe")
    look(cast.page(stage, cast.team, "/parcours?statut=disponible&echeance=1"), "liste-disponible")
    look(cast.page(stage, cast.team, "/parcours?retard=4&tour=achat"), "liste-rien")
    look(cast.page(stage, cast.buyer, "/parcours"), "liste-acheteuse")
    look(cast.page(stage, cast.tutor, "/parcours"), "liste-tutrice")
    look(cast.page(stage, cast.tutor, "/parcours?statut=disponible"), "offres")
    narrow = cast.page(stage, cast.team, "/parcours", viewport={"width": 320, "height": 640})
    assert not narrow.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


LONG = "Société coopérative d’intérêt collectif des jardins et ateliers du Val"
COVERED = """() => [...document.querySelectorAll(".liste .nom")].filter((one) => {
  const lines = document.createRange();
  lines.selectNodeContents(one);
  const next = document.createRange();
  next.selectNodeContents(one.nextElementSibling);
  return next.getBoundingClientRect().top < lines.getBoundingClientRect().bottom - 4;  // letters reach no further
}).map((one) => one.innerText)"""
BROKEN = """() => [...document.querySelectorAll(".liste .mono")].filter((one) => one.getClientRects().length > 1)
  .map((one) => one.innerText)"""


@pytest.mark.parametrize(("media", "widths"), [("screen", (1280, 390, 320)), ("print", (1000, 718))])
def test_a_long_name_covers_no_line_and_no_reference_breaks(
    stage: Stage, cast: Cast, media: str, widths: tuple[int, ...]
) -> None:
    long_ones = under_way(f"{LONG} {cast.mark}", cast.tutor, str(cast.buyer.organisation), Step.LINK_SENT)
    add_records(long_ones)
    page = cast.page(stage, cast.team, f"/parcours?q={cast.mark}")
    page.emulate_media(media=media)  # type: ignore[arg-type]
    for width in widths:
        page.set_viewport_size({"width": width, "height": 800})
        assert names(page), width
        assert page.evaluate(COVERED) == [], width
        assert page.evaluate(BROKEN) == [], width
        if width == PHONE["width"]:
            set_text(page, 200)
            assert not page.evaluate(TOO_WIDE), "on a phone with text of twice the size"
            set_text(page, 100)
        assert not page.evaluate(TOO_WIDE), width


@pytest.mark.proof
def test_the_printed_view_is_a_table_without_bars(stage: Stage, cast: Cast) -> None:
    page = cast.page(stage, cast.team, f"/parcours?q={cast.mark}&tri=retard")
    page.emulate_media(media="print")

    expect(page.locator("table.liste")).to_be_visible()
    expect(page.get_by_role("row")).to_have_count(4)
    for hidden in ("Traiter un par un", "Exporter (CSV)", "Se déconnecter"):
        expect(page.get_by_text(hidden)).to_be_hidden()
