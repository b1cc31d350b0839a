"""The question of a link: what stands before the « @ », or the six digits; and what needs neither."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, expect

from chalicelib.domain.kernel.parcours import BuyerContact
from chalicelib.domain.kernel.values import Setback
from tests.browser.inside import Inside
from tests.browser.looks import look
from tests.conftest import Clock
from tests.support import factories, http, relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.passings import announces_with_code, sends_announced
from tests.support.worlds import BASE_URL, World

pytestmark = pytest.mark.browser
BUYER = BuyerContact(name="Odile Ramain", address="achats@acheteur.example")


@pytest.fixture(autouse=True)
def answering(world: World) -> Iterator[None]:
    """Let the functions that the pages invoke answer in this process."""
    with http.functions_answer():
        yield


def test_what_stands_before_the_at_is_enough_and_the_domain_stands_beside(
    world: World, time: Clock, chromium: Browser
) -> None:
    token = relays.started(world).sends()
    inside = Inside(chromium.new_context(), time)
    local, _, domain = COMPANY_ADDRESS.partition("@")

    inside.follows(token)
    expect(inside.page.locator("#adresse-domaine")).to_have_text(f"@{domain}")
    expect(inside.page.locator("#ouvrir")).to_have_count(0)
    look(inside.page, "question")
    inside.page.locator("#adresse").fill(f" {local.capitalize()} ")
    inside.page.get_by_role("button", name="Continuer sans ouvrir").click()

    expect(inside.page.get_by_role("button", name="Ouvrir le CV")).to_be_visible()
    look(inside.page, "question-ouvrir")
    inside.page.context.close()


def test_who_was_given_no_code_is_told_whom_to_call_and_asks_for_a_new_sending(
    world: World, time: Clock, chromium: Browser
) -> None:
    relay = relays.started(world, replace(factories.account(), phone="03 81 55 00 12"))
    announces_with_code(relay)
    token = sends_announced(relay)
    inside = Inside(chromium.new_context(), time)

    inside.follows(token)
    expect(inside.page.get_by_role("link", name="03 81 55 00 12")).to_have_attribute("href", "tel:0381550012")
    look(inside.page, "question-code")
    inside.page.get_by_role("button", name="Demander un nouvel envoi").click()

    expect(inside.page.locator("#preuve")).to_contain_text("Un nouvel envoi a été demandé")
    expect(inside.page.locator("#chiffres")).to_be_visible()
    look(inside.page, "question-code-demande")
    assert relay.head().setback is Setback.SENDING_REQUESTED
    inside.page.context.close()


def test_no_list_of_faults_stays_above_a_sending_by_the_buyer(
    world: World, time: Clock, chromium: Browser
) -> None:
    relay = relays.started(world, offer=factories.offer(buyer_contact=BUYER))
    page = Inside(chromium.new_context(), time, http.signed_in(relay.tutor)).page
    page.goto(f"{BASE_URL}/parcours/{relay.parcours_id}/envoi")
    page.locator("#envoyer").click(force=True)
    expect(page.locator("#fautes")).to_contain_text("Choisissez à qui envoyer")

    page.locator("#chemin input").last.check()
    page.locator("#cv").set_input_files(
        {"name": "cv.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
    )

    expect(page.locator("#fautes")).to_be_hidden()
    page.context.close()
