"""The notice to the young person: handed over before her first sending, noted once per passage."""

import html
from dataclasses import replace

import pytest

from chalicelib import clock
from chalicelib.domain.kernel.timeline import EventKind, Reason
from chalicelib.domain.parcours.ending import End
from chalicelib.errors import NoticeNeeded
from chalicelib.stores import parcours_table
from chalicelib.stories import outcomes
from chalicelib.stories.documents import sending
from tests.support import factories, http, relays
from tests.support.relays import Relay
from tests.support.worlds import World
from tests.support.writing import change_record

NOTED = EventKind.NOTICE_HANDED_OVER


@pytest.fixture
def relay(world: World) -> Relay:
    """A passage whose young person has no notice yet."""
    relay = relays.started(world)
    attempt = parcours_table.read_attempt(relay.parcours_id, number=1)
    change_record(attempt, replace(attempt, notice_at=None))
    return relay


def announce(relay: Relay, *, notice: bool) -> None:
    """Announce a document; ``notice``: the form says that the notice was handed over."""
    announcement = replace(factories.sealed().build_announcement(), notice=notice)
    sending.open_deposit(relay.tutor, relay.parcours_id, announcement, now=clock.utc_now())


def test_nothing_is_sent_before_the_notice(relay: Relay) -> None:
    before = relay.world.everything()

    with pytest.raises(NoticeNeeded):
        announce(relay, notice=False)
    assert relay.world.everything() == before


def test_a_notice_declared_in_the_form_of_sending_is_recorded_before_the_documents(relay: Relay) -> None:
    announce(relay, notice=True)

    assert relay.event_kinds()[-2:] == [NOTED, EventKind.DEPOSIT_OPENED]
    assert parcours_table.read_attempt(relay.parcours_id, number=1).notice_at is not None


def test_a_repeated_announcement_asks_nothing_more(relay: Relay) -> None:
    document = factories.sealed()
    for said in (True, False):
        asked = replace(document.build_announcement(), notice=said)
        sending.open_deposit(relay.tutor, relay.parcours_id, asked, now=clock.utc_now())

    assert relay.event_kinds().count(NOTED) == 1


def test_the_next_young_person_gets_her_own(relay: Relay) -> None:
    """After the end of a passage, the next one needs its own notice before documents are sent."""
    announce(relay, notice=True)
    end = End(
        kind=EventKind.YOUNG_PERSON_WITHDREW, reason=Reason.OTHER, occurred_at=clock.utc_now(), days=None
    )
    outcomes.finish_passage(relay.tutor, relay.parcours_id, end, now=clock.utc_now())
    outcomes.take_offer(relay.tutor, relay.parcours_id, now=clock.utc_now())

    with pytest.raises(NoticeNeeded):
        announce(relay, notice=False)


def test_a_sending_without_it_is_told_what_to_do(relay: Relay) -> None:
    """An announcement without the notice is refused with a sentence that says what to do."""
    body = factories.sealed().as_json() | {"notice": False}

    answer = http.signed_in(relay.tutor).post_json(f"/parcours/{relay.parcours_id}/depots", body)

    assert (answer.status, answer.json["code"]) == (409, "notice_needed")
    assert "Remettez d’abord la notice au jeune" in answer.json["message"]


def test_the_sending_page_alone_prints_the_notice_and_notes_it(relay: Relay) -> None:
    browser = http.signed_in(relay.tutor)
    sheet = browser.get(f"/parcours/{relay.parcours_id}/notice").text

    assert str(relay.head().reference) in sheet and "Jardins Morvenne" in sheet
    assert "<form" not in sheet.partition("<main")[2]
    asked = browser.get(f"/parcours/{relay.parcours_id}/envoi").text
    assert f'href="/parcours/{relay.parcours_id}/notice#imprimer"' in asked

    announce(relay, notice=True)

    assert "Notice remise" in browser.get(f"/parcours/{relay.parcours_id}/notice").text
    assert 'id="notice"' not in browser.get(f"/parcours/{relay.parcours_id}/envoi").text


def test_everybody_may_read_it_without_a_reference(world: World) -> None:
    sheet = http.Client().get("/notice")

    assert sheet.status == 200
    assert "http://localhost:8000/donnees-personnelles/demande" in sheet.text
    assert "CSF-</span>" in sheet.text


def test_it_names_who_follows_the_young_person_and_how_to_reach_her(relay: Relay) -> None:
    text = html.unescape(http.signed_in(relay.tutor).get(f"/parcours/{relay.parcours_id}/notice").text)

    assert relay.tutor.name in text.partition("<article")[2]
    assert (relay.tutor.phone or relay.tutor.address) in text.partition("<article")[2]
    assert "parler à la personne qui te suit" in html.unescape(http.Client().get("/notice").text)
