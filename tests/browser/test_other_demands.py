"""« Vos autres demandes » on the page of a link: after its question alone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.inside import Inside
from tests.browser.looks import look
from tests.conftest import Clock
from tests.support import factories, http, relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.worlds import World

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def answering(world: World) -> Iterator[None]:
    """Let the functions that the pages invoke answer in this process."""
    with http.functions_answer():
        yield


def test_other_demands_stand_below_the_answers_once_the_question_is_answered(
    world: World, time: Clock, chromium: Browser
) -> None:
    token = relays.started(world).sends()
    anais = factories.account(name="Anaïs Roumégas", address="a.roumegas@academie.example")
    relays.started(world, anais).sends()
    inside = Inside(chromium.new_context(), time)

    inside.follows(token)
    title = inside.page.get_by_role("heading", name="Vos autres demandes")
    expect(title).to_have_count(0)
    inside.page.locator("#adresse").fill(COMPANY_ADDRESS.partition("@")[0])
    inside.page.get_by_role("button", name="Continuer sans ouvrir").click()

    demands = title.locator("xpath=..").get_by_role("listitem")
    expect(demands).to_have_count(1)
    expect(demands).to_contain_text("suivie par Anaïs Roumégas")
    expect(demands).to_contain_text("Lire les documents")
    expect(demands.get_by_role("link")).to_have_count(0)
    lost = title.locator("xpath=..").get_by_role("link", name="Je ne retrouve plus le message")
    expect(lost).to_have_attribute("href", "/retrait?perdu=1")
    look(inside.page, "autres-demandes")
    inside.page.context.close()
