"""The lists in a real browser: one address for three people, filters by keyboard and without scripts, looks, paper."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from chalicelib import clock
from chalicelib.domain.kernel.parcours import Company, Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Step
from chalicelib.stores import transactions
from tests import factories
from tests.browser.keyboard import Keyboard
from tests.browser.looks import look
from tests.browser.stage import PHONE, Stage

pytestmark = [pytest.mark.browser, pytest.mark.cloud]


@dataclass(frozen=True)
class Cast:
    """A tutor, a buyer and the team; of three parcours, two are of each: one of both, one of another buyer, of another tutor."""

    tutor: Account
    buyer: Account
    team: Account
    mark: str
    """Stands in the names of these parcours and of no others."""

    def page(self, stage: Stage, account: Account, path: str, **options: object) -> Page:
        """Somebody's browser, on a page."""
        page = stage.signed_in(account, **options).new_page()
        page.goto(stage.cloud.base_url + path)
        return page


@pytest.fixture
def cast(stage: Stage) -> Cast:
    mark = factories.mark()
    tutor, other = factories.account(departement="21"), factories.account(academie="Lyon")
    buyer = factories.account(Role.BUYER, organisation=f"Ville de {mark}")
    team = factories.account(Role.TEAM)
    ours, theirs = str(buyer.organisation), f"Autre ville {mark}"
    late = clock.utc_now() - timedelta(days=40)
    stand = (
        under_way(f"Arvel {mark}", tutor, ours, step=Step.LINK_SENT, since=late, last_sent_at=late),
        under_way(f"Bennes {mark}", tutor, theirs, step=Step.DOCUMENTS_TO_SEND),
        under_way(f"Cuisines {mark}", other, ours, step=Step.MEETING_FIXED, meeting_at=clock.utc_now()),
    )
    for record in (tutor, other, buyer, team, *stand):
        transactions.commit(Transition(changes=(Change(None, record),)))
    return Cast(tutor, buyer, team, mark)


def under_way(name: str, tutor: Account, organisation: str, **changes: object) -> Parcours:
    now = clock.utc_now()
    base = factories.offer()
    fields: dict[str, object] = {
        "company": Company(name=name, contacts=base.company.contacts),
        "contract": base.contract.model_copy(
            update={"organisation": organisation, "notified_on": date(2026, 1, ord(name[0]) - 60)}
        ),
        "status": ParcoursStatus.IN_PREPARATION,
        "reference": "CSF-7K3Q-92",
        "tutor": tutor.id,
        "tutor_academie": tutor.academie,
        "since": now,
        "last_at": now,
    }
    return base.but(**fields | changes)


def names(page: Page) -> list[str]:
    """The companies listed, without what marks them."""
    page.wait_for_load_state()
    return [text.split()[0] for text in page.locator(".liste .nom").all_inner_texts()]


def test_one_address_shows_the_team_a_buyer_and_a_tutor_each_her_own_rows(stage: Stage, cast: Cast) -> None:
    team = cast.page(stage, cast.team, f"/parcours?q={cast.mark}")
    team.context.grant_permissions(["clipboard-read", "clipboard-write"])
    team.get_by_text("Copier le lien de cette vue").click()
    expect(team.locator("#copie")).to_contain_text("Lien copié")
    address = str(team.evaluate("navigator.clipboard.readText()"))
    assert names(team) == ["Arvel", "Bennes", "Cuisines"]
    path = address.removeprefix(stage.cloud.base_url)
    assert path.startswith("/parcours?"), address

    assert names(cast.page(stage, cast.buyer, path)) == ["Arvel", "Cuisines"]
    assert names(cast.page(stage, cast.tutor, path)) == ["Arvel", "Bennes"]


@pytest.mark.proof
def test_a_view_is_made_by_keyboard_without_scripts_and_stays_in_the_address(
    stage: Stage, cast: Cast
) -> None:
    page = cast.page(stage, cast.team, "/parcours", java_script_enabled=False)
    bar = page.locator(".filtres")
    assert bar.get_attribute("open") is None
    page.locator(".filtres summary").press("Enter")
    page.get_by_label("Entreprise, marché ou référence").fill(cast.mark)
    page.get_by_label("Étape").select_option("Rendez-vous fixé")
    page.get_by_role("button", name="Filtrer").press("Enter")

    page.wait_for_url("**etape=rendez-vous-fixe**")
    assert names(page) == ["Cuisines"]
    chips = page.get_by_role("list", name="Filtres actifs")
    expect(chips.get_by_role("listitem")).to_have_count(2)
    chips.get_by_role("link", name="Rendez-vous fixé").press("Enter")
    expect(chips.get_by_role("listitem")).to_have_count(1)
    assert names(page) == ["Arvel", "Bennes", "Cuisines"]


@pytest.mark.proof
def test_the_bar_is_open_where_there_is_room_and_reached_by_keyboard(stage: Stage, cast: Cast) -> None:
    wide = cast.page(stage, cast.team, f"/parcours?q={cast.mark}&retard=1")
    expect(wide.locator(".filtres")).to_have_attribute("open", "")
    assert names(wide) == ["Arvel"]
    expect(wide.get_by_text("En retard de").first).to_be_visible()
    keys = Keyboard(wide)
    keys.presses("En retard", "Space")
    keys.presses("Filtrer")
    wide.wait_for_url(lambda url: "retard" not in url)
    assert names(wide) == ["Arvel", "Bennes", "Cuisines"]

    phone = cast.page(stage, cast.team, f"/parcours?q={cast.mark}", viewport=PHONE)
    expect(phone.locator(".filtres")).not_to_have_attribute("open", "")
    expect(phone.get_by_text("Filtrer (1 filtre actif)")).to_be_visible()


@pytest.mark.proof
def test_the_lists_have_no_fault(stage: Stage, cast: Cast) -> None:
    look(cast.page(stage, cast.team, "/parcours"), "liste-equipe")
    look(cast.page(stage, cast.team, "/parcours?statut=disponible&echeance=1"), "liste-disponible")
    look(cast.page(stage, cast.team, "/parcours?heures=1&etape=rien"), "liste-rien")
    look(cast.page(stage, cast.buyer, "/parcours"), "liste-acheteuse")
    look(cast.page(stage, cast.tutor, "/parcours"), "liste-tutrice")
    look(cast.page(stage, cast.tutor, "/offres"), "offres")
    narrow = cast.page(stage, cast.team, "/parcours", viewport={"width": 320, "height": 640})
    assert not narrow.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


@pytest.mark.proof
def test_the_printed_view_is_a_table_without_bars(stage: Stage, cast: Cast) -> None:
    page = cast.page(stage, cast.team, f"/parcours?q={cast.mark}&imprimer=1")
    page.emulate_media(media="print")

    expect(page.locator("table.liste")).to_be_visible()
    expect(page.get_by_role("row")).to_have_count(4)
    for hidden in ("Commencer le RUN", "Exporter (CSV)", "Se déconnecter"):
        expect(page.get_by_text(hidden)).to_be_hidden()
