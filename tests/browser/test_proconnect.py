"""Signing in with ProConnect, from the button to the sign-out, with a certified provider on another site of this machine."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from chalicelib.stores import aws
from infra.local import LocalCloud, running
from tests.browser.looks import look

pytestmark = [pytest.mark.browser, pytest.mark.cloud]


@pytest.fixture
def local() -> Iterator[LocalCloud]:
    """The product as ``make run PROCONNECT=1`` deploys it."""
    before = dict(os.environ)
    aws.forget_clients()
    with running(demo=True, with_proconnect=True) as made:
        os.environ.clear()
        os.environ.update(before)
        aws.forget_clients()
        yield made


def signs_in(page: Page, local: LocalCloud, name: str) -> int:
    """Go from the sign-in page to ProConnect and back as this person; return the gestures that it took."""
    page.goto(f"{local.base_url}/connexion?vers=/compte")
    page.get_by_role("button", name="S’identifier avec ProConnect").click()
    page.get_by_role("link", name=name).click()
    return 2


def test_an_invited_person_signs_in_with_proconnect_and_out_in_three_gestures_at_most(
    local: LocalCloud, person: BrowserContext
) -> None:
    page = person.new_page()
    page.goto(f"{local.base_url}/connexion")
    look(page, "connexion-proconnect")
    assert signs_in(page, local, "Sans Invitation") <= 3
    expect(page.get_by_role("heading", name="Aucun compte à cette adresse")).to_be_visible()
    person.clear_cookies()

    assert signs_in(page, local, "Marie-Laure") <= 3
    expect(page.get_by_text("Ce compte est lié à ProConnect depuis le")).to_be_visible()
    assert page.url == f"{local.base_url}/compte"
    look(page, "mon-compte-proconnect")
    for _ in range(100):
        if any("Votre compte est lié à ProConnect" in str(mail.message["Subject"]) for mail in local.mails()):
            break
        page.wait_for_timeout(200)
    else:
        pytest.fail("no mail says that the account is linked")

    page.set_viewport_size({"width": 1280, "height": 900})  # wide again: the button is not in a menu
    page.get_by_role("button", name="Se déconnecter", exact=True).click()
    page.wait_for_url(f"{local.base_url}/connexion?state=*")
    page.goto(f"{local.base_url}/connexion")
    page.get_by_role("button", name="S’identifier avec ProConnect").click()
    expect(page.get_by_role("heading", name="ProConnect d’essai")).to_be_visible()  # its session is over, too
