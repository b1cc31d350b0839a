"""Whoever holds the link: strange browsers, second browsers, second thoughts. Nothing is lost and nothing stays."""

import re

import pytest
import requests
from playwright.sync_api import Route, expect

from infra.local import Mail
from tests.browser.people import Recipient
from tests.browser.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.cloud]

OUTLOOK_PHONE = (
    "Mozilla/5.0 (Linux; Android 13; Pixel 7; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
    "Chrome/124.0 Mobile Safari/537.36 Outlook-Android/4.2415"
)


def opened(stage: Stage, mail: Mail, **options: object) -> Recipient:
    """Return the company once it has opened the link of this mail."""
    company = stage.company(**options)
    company.clicks_the_link_in(mail)
    company.answers_and_opens(stage.recipient)
    return company


def token_of(mail: Mail) -> str:
    """Return the token in the text of a link's mail."""
    match = re.search(r"/retrait/#([A-Za-z0-9_-]{43})", mail.body("plain"))
    assert match
    return match[1]


@pytest.mark.proof
def test_where_downloads_are_denied_the_document_still_reads(viewing_stage: Stage) -> None:
    stage = viewing_stage
    company = opened(stage, stage.sends(), accept_downloads=False, bypass_csp=True)
    read = company.page.get_by_role("link", name="Lire le CV")
    address = read.get_attribute("href")
    assert address and address.startswith("blob:")
    with company.context.expect_page() as tab:
        read.click()
    assert tab.value.url == address
    assert company.holds(address)
    company.page.bring_to_front()
    company.says_she_could_read()
    company.sees_title("C’est noté")


@pytest.mark.proof
def test_a_mail_programs_own_browser_is_told_so_before_anything_opens(stage: Stage) -> None:
    mail = stage.sends()
    inside = stage.company(user_agent=OUTLOOK_PHONE)
    inside.clicks_the_link_in(mail)
    expect(inside.page.locator("#appli")).to_contain_text("Outlook")
    expect(inside.page.locator("#appli")).to_contain_text("Le lien n’a pas été utilisé")
    assert inside.page.url.endswith(f"/retrait#{token_of(mail)}")  # « open in the browser » takes it along
    outside = stage.company()
    outside.page.goto(inside.page.url)
    expect(outside.page.locator("#appli")).to_be_hidden()
    outside.answers_and_opens(stage.recipient)


@pytest.mark.proof
def test_an_ordinary_browser_is_warned_of_nothing(stage: Stage) -> None:
    company = stage.company()
    company.clicks_the_link_in(stage.sends())
    company.sees_title("Un jeune attend votre réponse")
    expect(company.page.locator("#appli")).to_be_hidden()


def test_a_second_browser_is_refused_and_told_whom_to_ask(stage: Stage) -> None:
    mail = stage.sends()
    opened(stage, mail)
    colleague = stage.company()
    colleague.clicks_the_link_in(mail)
    colleague.sees_title("Où en est le stage")
    expect(colleague.page.locator("#envoyes")).to_contain_text("Ce lien a déjà servi")
    expect(colleague.page.locator("#envoyes")).to_contain_text("peut-être par une ou un collègue")
    expect(colleague.page.locator("#scene")).to_contain_text("Marie-Laure Estève")
    assert not colleague.page.locator("[data-lire], #ouvrir").count()


def test_back_after_closing_shows_no_document(stage: Stage) -> None:
    company = opened(stage, stage.sends(), bypass_csp=True)
    document = company.page.get_by_role("link", name="Lire le CV").get_attribute("href") or ""
    assert company.holds(document)
    company.page.goto(f"{stage.cloud.base_url}/")
    company.page.go_back()
    company.sees_title("Ouvert dans ce navigateur")
    assert not company.page.locator("[data-lire]").count()
    assert not company.holds(document)
    assert company.keeps() == ["lien-ouvert"]


@pytest.mark.proof
def test_a_page_that_the_browser_keeps_for_back_keeps_no_document(stage: Stage) -> None:
    company = opened(stage, stage.sends(), bypass_csp=True)
    document = company.page.get_by_role("link", name="Lire le CV").get_attribute("href") or ""
    leaves = """(name) => dispatchEvent(new PageTransitionEvent(name, { persisted: true }))"""
    company.page.evaluate(
        leaves, "pagehide"
    )  # automated Chromium has no such memory: its two events are what a page gets
    assert not company.holds(document)
    expect(company.page.locator("#scene")).to_be_empty()
    company.page.evaluate(leaves, "pageshow")
    expect(company.page.locator("h1")).to_be_visible()
    assert not company.page.locator("[data-lire]").count()


@pytest.mark.proof
def test_whoever_could_not_read_tells_it_and_tries_again(stage: Stage) -> None:
    company = opened(stage, stage.sends())
    company.page.get_by_role("button", name="Je n’ai pas pu lire").click()
    company.sees_title("C’est noté")
    tutor = stage.tutor()
    assert any("n’ai pas pu lire" in fact or "n’a pas pu" in fact for fact in tutor.timeline())
    expect(company.page.get_by_role("link", name="Lire le CV")).to_be_visible()


@pytest.mark.proof
@pytest.mark.parametrize(
    "manner",
    [
        "{site}/retrait/%23{token}",
        "{site}/retrait/%2523{token}",
        "https://safe.example/?url={site}%2Fretrait%2F%23{token}&data=05%7C01",
        "{token}",
    ],
)
def test_a_link_that_a_gateway_or_a_hand_changed_is_found(stage: Stage, manner: str) -> None:
    written = manner.format(site=stage.cloud.base_url, token=token_of(stage.sends()))
    company = stage.company()
    if written.startswith(stage.cloud.base_url):
        company.page.goto(written)
    else:
        company.page.goto(f"{stage.cloud.base_url}/retrait")
        company.pastes(written)
    company.sees_title("Un jeune attend votre réponse")


@pytest.mark.proof
def test_three_wrong_addresses_lock_nobody_out(stage: Stage) -> None:
    company = stage.company()
    company.clicks_the_link_in(stage.sends())
    for wrong in ("a@x.example", "b@x.example", "c@x.example"):
        company.answers(wrong)
        expect(company.page.locator("#adresse-erreur")).to_be_visible()
        expect(company.page.locator("#adresse")).to_have_value(wrong)  # what was typed stays
        expect(company.page.locator("#preuve-form button[data-t=envoi]")).not_to_have_attribute(
            "aria-busy", "true"
        )
    company.answers_and_opens(stage.recipient.upper())


def test_where_cookies_are_refused_the_link_is_not_used(stage: Stage) -> None:
    def lose_cookies(route: Route) -> None:
        if route.request.resource_type != "document":
            route.continue_()
            return
        page = requests.get(route.request.url, timeout=30)
        kept = {name: value for name, value in page.headers.items() if name.lower() != "set-cookie"}
        route.fulfill(status=page.status_code, headers=kept, body=page.content)

    company = stage.company()
    company.context.route("**/retrait/**", lose_cookies)
    company.page.goto(f"{stage.cloud.base_url}/retrait/#{token_of(stage.sends())}")
    company.answers(stage.recipient)
    company.sees_title("Ce navigateur refuse les cookies")
    company.page.get_by_role("button", name="Recommencer").click()
    company.answers(stage.recipient)
    expect(company.page.locator("#ouvrir")).to_be_visible()
