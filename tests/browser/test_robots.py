"""Robots run scripts and press buttons, and second browsers hold the right token: neither answers for a company."""

from typing import Any

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from chalicelib.stories.mails.subject import TO_DECLINE
from infra.local import LocalCloud
from tests.bad_input.test_bad_answers import BODIES
from tests.browser.stage import Stage
from tests.browser.test_recipients import token_of
from tests.security import deployed as deployed_relay
from tests.security.test_inert_links import Robot, nothing_changes
from tests.security.visitor import visitor_with_nonce
from tests.support.relays import Browser
from tests.support.worlds import World

pytestmark = [pytest.mark.browser, pytest.mark.cloud]

ASKED = """async ([path, body]) => (await fetch(path, {
  method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) })).status"""


def opened(cloud: LocalCloud, token: str, winner: Browser) -> None:
    """Open the link in the browser that won it."""
    assert (
        visitor_with_nonce(cloud.base_url, winner.nonce).posts("/retrait/ouverture", {"token": token}).status
        == 200
    )


def proposed(cloud: LocalCloud, token: str, winner: Browser) -> None:
    """Propose a date in the browser that won the link."""
    body = {"token": token, **BODIES["creneaux"]()}
    assert visitor_with_nonce(cloud.base_url, winner.nonce).posts("/retrait/creneaux", body).status == 204


def declined(cloud: LocalCloud, token: str, winner: Browser) -> None:
    """Refuse in the browser that won the link."""
    body = {"token": token, **BODIES["refus"]()}
    assert visitor_with_nonce(cloud.base_url, winner.nonce).posts("/retrait/refus", body).status == 204


@pytest.mark.proof
@pytest.mark.parametrize("intent", ["", TO_DECLINE])
@pytest.mark.parametrize("stands", [None, opened, proposed, declined])
def test_a_robot_that_presses_everything_without_typing_changes_nothing(
    cloud: LocalCloud, deployed: World, chromium: Chromium, stands: Any, intent: str
) -> None:
    """A robot that presses every button of the recipient's page changes no stored item, whatever a person did before."""
    _, token, address = deployed_relay.sent(deployed, cloud)
    if stands is not None:
        winner = Browser(address)
        winner.proves(token)
        stands(cloud, token, winner)
    robot = Robot(chromium.new_context(locale="fr-FR"), cloud.base_url)
    link = f"/retrait/#{token}{intent}"

    with nothing_changes(deployed, cloud):
        robot.presses_everything_on(link, once_there="#preuve-form")

    robot.context.close()
    assert robot.pressed[link] > 3


def test_a_second_browser_is_refused_on_each_route_until_it_passes_the_proof(stage: Stage) -> None:
    """A second browser is refused by every route until it answers the question; then it may do everything but open the
    documents.
    """
    mail = stage.sends()
    token = token_of(mail)
    first = stage.company()
    first.clicks_the_link_in(mail)
    first.answers_and_opens(stage.recipient)
    second = stage.company()
    second.clicks_the_link_in(mail)
    second.sees_title("Où en est le stage")

    for path, body in BODIES.items():
        assert asks(second.page, path, token, body()) == 403, path
    second.page.locator("#adresse").fill(stage.recipient)
    second.page.get_by_role("button", name="Continuer").click()
    expect(second.page.locator("#creneaux-form")).to_be_visible()
    assert asks(second.page, "creneaux", token, BODIES["creneaux"]()) == 204
    assert asks(second.page, "refus", token, BODIES["refus"]()) == 204
    assert asks(second.page, "copies", token, {}) == 204
    assert asks(second.page, "refus/annulation", token, {}) == 204
    assert asks(second.page, "ouverture", token, {}) == 410  # the documents are the first one's, all the same


def asks(page: Page, path: str, token: str, body: dict[str, Any]) -> int:
    """Return the status of a POST that the page's own script could make."""
    return int(page.evaluate(ASKED, [f"/retrait/{path}", {"token": token, **body}]))
