"""Passkeys in a real Chromium, the whole one, with its virtual authenticator: what its own dialogue makes is what is checked."""

from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import APIResponse, Browser, CDPSession, Page, expect

from chalicelib.domain.kernel.values import Role
from chalicelib.stores import parcours_table
from chalicelib.web.kit.http import SESSION_COOKIE
from tests.browser.inside import Inside
from tests.browser.looks import look
from tests.browser.people import Agent
from tests.browser.stage import Stage
from tests.conftest import Clock
from tests.support import factories, people
from tests.support.authenticator import Authenticator, adds_passkey, signed_in_by_passkey, signs_in_by_passkey
from tests.support.http import Client, signed_in
from tests.support.worlds import BASE_URL, World
from tests.support.writing import add_records, change_record

pytestmark = pytest.mark.browser

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


SIGN = """async (asked) => {
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  try {
    const made = await navigator.credentials.get({ publicKey: { ...asked, challenge: bytes(asked.challenge) } });
    const { userHandle, clientDataJSON, authenticatorData, signature } = made.response;
    return { id: made.id, compte: new TextDecoder().decode(userHandle), client: text(clientDataJSON),
      authentificateur: text(authenticatorData), signature: text(signature) };
  } catch (error) {
    return error.name;
  }
}"""
"""What a page does to get a signature: what it posts to sign in, else the name of the browser's refusal."""


def plugs_in(cdp: CDPSession) -> str:
    """Give the browser a device with its own unlocking; return its id."""
    return str(cdp.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})["authenticatorId"])


def posts(page: Page, site: str, path: str, body: dict[str, str]) -> APIResponse:
    """Post JSON as a script of the site does, with the cookies of this browser."""
    return page.context.request.post(f"{site}{path}", data=body, headers={"Origin": site})


def signs_on_a_page_of(page: Page, origin: str, site: str) -> Any:
    """Let the device answer a challenge that the site has just given, on a page of this origin."""
    asked = posts(page, site, "/connexion/cle/defi", {}).json()
    page.goto(f"{origin}/connexion")
    return page.evaluate(SIGN, asked)


def has_session(page: Page) -> bool:
    """Return whether somebody is signed in in this browser."""
    return any(cookie.get("name") == SESSION_COOKIE for cookie in page.context.cookies())


def credentials(cdp: CDPSession, device: str) -> list[dict[str, Any]]:
    """Return the passkeys that a device holds."""
    return list(cdp.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"])


@pytest.mark.cloud
def test_a_passkey_signs_in_by_a_press_here_alone_until_it_is_removed(viewing_stage: Stage) -> None:
    coordinator, site = factories.account(Role.COORDINATOR), viewing_stage.cloud.base_url
    add_records(coordinator)
    agent = Agent(viewing_stage.signed_in(coordinator), viewing_stage.cloud, coordinator.address)
    page = agent.page
    page.context.route(
        "**:4443/*", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html")
    )
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    first = plugs_in(cdp)

    page.goto(f"{site}/compte")
    page.get_by_label("Nom de la clé").fill("Ordinateur du bureau")
    page.get_by_role("button", name="Ajouter une clé d’accès").click()
    expect(page.get_by_role("status")).to_contain_text("La clé d’accès est ajoutée")
    page.get_by_role("button", name="Se connecter avec une clé d’accès").click()
    page.wait_for_url("**/parcours")
    page.goto(f"{site}/compte")
    page.get_by_role("button", name="Ajouter une clé d’accès").click()
    expect(page.locator("#nom-cle-erreur")).to_contain_text("a déjà une clé d’accès")
    (made,) = credentials(cdp, first)

    # Another device: two keys. The first one comes back below.
    cdp.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": first})
    second = plugs_in(cdp)
    page.get_by_label("Nom de la clé").fill("Téléphone")
    page.get_by_role("button", name="Ajouter une clé d’accès").click()
    expect(page.get_by_role("listitem").filter(has_text="Téléphone")).to_be_visible()
    stored = parcours_table.read_account(coordinator.id)
    assert stored is not None and [key.name for key in stored.passkeys] == [
        "Ordinateur du bureau",
        "Téléphone",
    ]

    # Signing in: one press, and the device's gesture.
    page.context.clear_cookies()
    page.goto(f"{site}/connexion")
    page.get_by_role("button", name="Se connecter avec une clé d’accès").click()
    page.wait_for_url("**/parcours")

    # A page elsewhere asks for a signature of our challenge: on another host it gets none, on another port one for itself.
    assert signs_on_a_page_of(page, "http://127.0.0.1:4443", site) == "SecurityError"
    stolen = signs_on_a_page_of(page, "http://localhost:4443", site)
    refused = posts(page, site, "/connexion/cle", stolen)
    assert refused.status == 403 and refused.json()["code"] == "passkey_refused"
    own = signs_on_a_page_of(page, site, site)
    assert posts(page, site, "/connexion/cle", own).status == 200

    # No key: the code alone leads to the page that asks for one.
    cdp.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": second})
    page.context.clear_cookies()
    agent.enters_code()
    expect(page.get_by_role("heading", level=1)).to_have_text("Utilisez votre clé d’accès")
    assert not has_session(page)

    # A copy of the first key, whose counter is behind: refused.
    copied = plugs_in(cdp)
    cdp.send("WebAuthn.addCredential", {"authenticatorId": copied, "credential": made | {"signCount": 0}})
    _counts(coordinator.id, 40)
    page.get_by_role("button", name="Se connecter avec une clé d’accès").click()
    expect(page.locator("#cle-erreur")).to_contain_text("Une autre copie de cette clé")

    # Removed: refused.
    _forgets(coordinator.id)
    page.get_by_role("button", name="Se connecter avec une clé d’accès").click()
    expect(page.locator("#cle-erreur")).to_contain_text("n’a pas pu être vérifiée")
    assert not has_session(page)


def test_the_pages_of_passkeys_are_as_the_others(time: Clock, world: World, chromium: Browser) -> None:
    team, lost = factories.account(Role.TEAM), factories.account(Role.TEAM)
    people.stand(team, lost)
    signed_in_by_passkey(lost)
    inside = Inside(chromium.new_context(), time, signed_in(team))
    page = inside.page
    page.goto(f"{BASE_URL}/compte")
    look(page, "mon-compte-sans-cle")
    device = Authenticator(team.id)
    assert adds_passkey(inside.client, device).status == 200
    assert signs_in_by_passkey(inside.client, device).status == 200
    page.goto(f"{BASE_URL}/compte?fait=cle-ajoutee")
    look(page, "mon-compte-cles")
    page.goto(f"{BASE_URL}/comptes/{lost.id}")
    look(page, "compte-cle-perdue")
    page.get_by_role("button", name="C’est bien cette personne").click()
    expect(page.get_by_text("Ses clés d’accès sont retirées")).to_be_visible()
    look(page, "compte-cles-retirees")
    page.goto(f"{BASE_URL}/connexion/cle")
    page.locator("summary").click()
    look(page, "connexion-cle")
    page.goto(f"{BASE_URL}/connexion")
    look(page, "connexion-cle-proposee")
    page.context.close()


def test_a_browser_that_has_no_passkeys_shows_no_button_for_them(
    time: Clock, world: World, viewing_chromium: Browser
) -> None:
    tutor = factories.account()
    people.stand(tutor)
    inside = Inside(viewing_chromium.new_context(), time, Client())
    page = inside.page
    page.add_init_script("delete window.PublicKeyCredential")
    page.goto(f"{BASE_URL}/connexion")
    expect(page.get_by_role("button", name="Recevoir le code")).to_be_visible()
    expect(page.get_by_role("button", name="Se connecter avec une clé d’accès")).to_have_count(0)
    page.context.close()


def _counts(account: str, counter: int) -> None:
    """Let the stored counters of an account's passkeys be this one."""
    stored = parcours_table.read_account(account)
    assert stored is not None
    keys = tuple(replace(key, counter=counter) for key in stored.passkeys)
    change_record(stored, replace(stored, passkeys=keys))


def _forgets(account: str) -> None:
    """Remove every passkey of an account."""
    stored = parcours_table.read_account(account)
    assert stored is not None
    change_record(stored, replace(stored, passkeys=()))
