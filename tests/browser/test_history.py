"""A parcours that began a year ago, on paper: entered quickly, read rightly."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from chalicelib.domain.kernel.values import ParcoursStatus
from chalicelib.stores import parcours_table
from tests.browser.looks import look
from tests.browser.people import unfold
from tests.browser.stage import Stage

MOST_SECONDS = 120
STARTED = datetime.now(UTC) - timedelta(days=366)


def day(after: int) -> str:
    """Return the day so many days after the parcours began, as a date field writes it."""
    return (STARTED + timedelta(days=after)).date().isoformat()


def enters(page: Page, when: str, what: str, contact: str = "", planned: str = "", hour: str = "") -> None:
    """Enter an outcome as quickly as somebody who reads it from her mails."""
    expect(page.locator("#survenu_le")).to_be_focused()
    page.locator("#survenu_le").fill(when)
    page.get_by_label("Que s’est-il passé").select_option(label=what)
    if contact:
        page.get_by_label("Avec qui").select_option(label=contact)
    if planned:
        page.get_by_label("Prévu pour quel jour").fill(planned)
    if hour:
        page.get_by_label("À quelle heure").fill(hour)
    page.get_by_role("button", name="Noter").click()
    expect(page.get_by_text("Ajouté", exact=True)).to_be_visible()


def test_six_facts_of_a_year_ago_are_entered_in_two_minutes_and_read_in_their_order(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    page = stage.tutor(viewport={"width": 1280, "height": 800}).page
    look(page, "parcours-faits")
    unfold(page, "Noter un appel")
    page.get_by_role("link", name="Notez-le avec sa date").click()
    look(page, "histoire-vide")
    page.reload()
    started = time.monotonic()

    enters(page, day(0), "J’ai appelé : joint", "Nadia Bellanger")
    enters(page, day(2), "Clause expliquée", "Nadia Bellanger")
    enters(page, day(9), "Message envoyé", "Hugo Tissier")
    enters(page, day(20), "Rendez-vous fixé le", "Hugo Tissier", day(27), "14:00")
    enters(page, day(27), "Le rendez-vous a eu lieu")
    enters(page, day(40), "Convention signée par les trois parties", planned=day(60))

    seconds = time.monotonic() - started
    with capsys.disabled():
        print(f"\nhistory: six facts of a year ago entered in {seconds:.1f} s of script")
    assert seconds < MOST_SECONDS
    look(page, "histoire-six")
    page.get_by_role("link", name="Revenir au parcours").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(stage.company_name)
    look(page, "parcours-histoire")
    facts = page.locator(".fil li li").all_inner_texts()
    told = ["convention", "a eu lieu", "avez fixé", "hors de Passe-plat", "expliqué", "un appel"]
    places = [next(place for place, fact in enumerate(facts) if word in fact) for word in told]
    assert places == sorted(places)
    assert all("survenu le" in facts[place] and "noté le" in facts[place] for place in places)
    head = parcours_table.read_parcours(stage.parcours_id)
    assert head.status is ParcoursStatus.IN_PROGRESS
    assert head.since == datetime.fromisoformat(day(40)).replace(hour=head.since.hour, tzinfo=UTC)


@pytest.mark.proof
def test_a_wrong_fact_is_corrected_where_it_is_entered(stage: Stage) -> None:
    page = stage.tutor().page
    page.goto(f"{stage.address}/histoire")
    enters(page, day(0), "J’ai appelé : numéro faux", "Hugo Tissier")

    page.get_by_role("button", name="Corriger").click()

    expect(page.get_by_text("C’est corrigé")).to_be_visible()
    expect(page.locator("s")).to_contain_text("avez noté un appel")
    expect(page.locator("#survenu_le")).to_be_focused()


@pytest.mark.proof
def test_a_refused_fact_keeps_what_was_typed(stage: Stage) -> None:
    page = stage.tutor().page
    page.goto(f"{stage.address}/histoire")
    page.locator("#survenu_le").fill(day(0))
    page.get_by_label("Que s’est-il passé").select_option(label="Rendez-vous fixé le")
    page.get_by_label("Avec qui").select_option(label="Hugo Tissier")
    page.get_by_label("Prévu pour quel jour").fill(day(5))

    page.get_by_role("button", name="Noter").click()

    expect(page.locator("#prevu_a-erreur")).to_contain_text("Donnez l’heure")
    expect(page.locator("#prevu_le")).to_have_value(day(5))
    expect(page.locator("#survenu_le")).to_have_value(day(0))
    look(page, "histoire-refus")
