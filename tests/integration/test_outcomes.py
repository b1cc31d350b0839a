"""Outcomes through HTTP: one gesture notes one fact, once; a correction adds a fact and puts the board back."""

import re
import secrets
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from chalicelib import clock
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor, Reason
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Step
from chalicelib.french import PARIS
from chalicelib.stores import parcours_table
from tests.conftest import Clock
from tests.support import factories, http, relays
from tests.support.http import Answer, Client
from tests.support.relays import Relay
from tests.support.worlds import World

KEY = re.compile(r'name="cle" value="([0-9a-f]{32})"')


def notes(client: Client, relay: Relay, fait: str, **more: str) -> Answer:
    """Send the form of an outcome, under a key of its own unless one is given."""
    body = {"cle": secrets.token_hex(16), "fait": fait, **more}
    return client.post_form(f"/parcours/{relay.parcours_id}/faits", body)


def in_days(days: int) -> str:
    """Return the day so many days from today, as a date field writes it."""
    return (clock.utc_now().astimezone(PARIS) + timedelta(days=days)).date().isoformat()


@pytest.fixture
def tutor(relay: Relay) -> Client:
    """The tutor's signed-in browser."""
    return http.signed_in(relay.tutor)


def test_one_gesture_notes_a_call_with_the_contact_already_chosen(relay: Relay, tutor: Client) -> None:
    page = tutor.get(f"/parcours/{relay.parcours_id}")
    chosen = re.search(r'name="contact" value="(\w+)" checked', page.text)
    key = KEY.search(page.text)
    assert chosen and key

    answer = notes(tutor, relay, "call_noted.message_left", contact=chosen[1], cle=key[1])

    assert (answer.status, answer.headers["location"]) == (303, f"/parcours/{relay.parcours_id}?fait=note")
    last = parcours_table.read_page(relay.parcours_id).events[-1]
    assert (last.kind, last.reason, last.contact) == (
        EventKind.CALL_NOTED,
        Reason.MESSAGE_LEFT,
        Interlocutor.ANSWERS_TENDER,
    )
    assert last.id == key[1]
    text = tutor.get(answer.headers["location"]).words
    assert "C’est noté" in text
    assert "avez noté un appel Message laissé. Avec la personne qui répond au marché." in text


def test_a_page_offers_what_may_be_noted_now_and_nothing_else(relay: Relay, tutor: Client) -> None:
    before = tutor.get(f"/parcours/{relay.parcours_id}").text
    assert 'value="meeting_fixed"' in before
    assert 'value="convention_signed"' not in before
    assert "meeting_missed" not in before

    notes(tutor, relay, "meeting_fixed", contact="welcomes", prevu_le=in_days(3), prevu_a="14:30")

    after = tutor.get(f"/parcours/{relay.parcours_id}").text
    assert 'value="meeting_missed"' not in after, "before its hour a meeting is cancelled"
    assert 'value="convention_signed"' in after
    assert 'value="dates_promised"' not in after


def test_the_card_offers_the_last_signature_by_its_name_and_a_call_proposes_no_dates(
    relay: Relay, tutor: Client
) -> None:
    relay.notes(
        EventKind.MEETING_FIXED,
        contact=Interlocutor.WELCOMES,
        planned_at=clock.utc_now() + timedelta(minutes=5),
    )
    steps = re.findall(
        r"<li[^>]*>(?:(?!</li>).)*</li>", tutor.get(f"/parcours/{relay.parcours_id}").text, re.S
    )
    assert not [step for step in steps if "Dates proposées" in step and "fait" in step]
    for kind in (EventKind.MEETING_HELD, EventKind.SIGNED_BY_COMPANY, EventKind.SIGNED_BY_SCHOOL):
        relay.notes(kind)

    page = tutor.get(f"/parcours/{relay.parcours_id}")
    form = tutor.get(f"/parcours/{relay.parcours_id}/histoire")

    for shown in (page, form):
        assert "Le jeune ou sa famille a signé" in shown.words
        assert "Convention signée par les trois parties" not in shown.words


def test_sending_the_same_form_twice_notes_once(relay: Relay, tutor: Client) -> None:
    key = secrets.token_hex(16)

    answers = [notes(tutor, relay, "clause_explained", contact="welcomes", cle=key) for _ in range(3)]

    assert {(answer.status, answer.headers["location"]) for answer in answers} == {
        (303, f"/parcours/{relay.parcours_id}?fait=note")
    }
    assert relay.event_kinds().count(EventKind.CLAUSE_EXPLAINED) == 1


def test_a_key_that_served_for_something_else_is_refused_and_the_form_comes_back_with_another(
    relay: Relay, tutor: Client, world: World
) -> None:
    key = secrets.token_hex(16)
    notes(tutor, relay, "clause_explained", contact="welcomes", cle=key)
    before = world.everything()

    answer = notes(tutor, relay, "call_noted.reached", contact="welcomes", cle=key)

    assert answer.status == 409
    assert "a déjà servi" in answer.words
    assert '<option value="call_noted.reached" selected>' in answer.text
    match = KEY.search(answer.text)
    assert match and match[1] != key
    assert world.everything() == before


def test_a_meeting_is_at_an_hour_of_paris(relay: Relay, tutor: Client, time: Clock) -> None:
    time.now = datetime(2027, 3, 1, 9, tzinfo=UTC)
    tutor = http.signed_in(relay.tutor)

    notes(tutor, relay, "meeting_fixed", contact="welcomes", prevu_le="2027-03-29", prevu_a="10:00")

    head = relay.head()
    assert head.meeting_at == datetime(2027, 3, 29, 8, tzinfo=UTC)
    assert head.step is Step.MEETING_FIXED
    text = tutor.get(f"/parcours/{relay.parcours_id}").words
    assert "Prévu le 29 mars 2027 à 10 h 00." in text.replace("\u202f", " ")


@pytest.mark.parametrize(
    ("day", "hour", "says"),
    [
        ("2027-03-28", "02:30", "Cette heure n’existe pas"),
        ("2027-10-31", "02:30", "Cette heure existe deux fois"),
    ],
)
def test_hours_of_the_nights_when_clocks_change_are_asked_again(
    relay: Relay, time: Clock, day: str, hour: str, says: str
) -> None:
    time.now = datetime(2027, 3, 1, 9, tzinfo=UTC)
    client = http.signed_in(relay.tutor)

    answer = notes(client, relay, "meeting_fixed", contact="welcomes", prevu_le=day, prevu_a=hour)

    assert answer.status == 422
    assert says in answer.words
    for typed in (day, hour):
        assert f'value="{typed}"' in answer.text
    assert relay.head().step is Step.DOCUMENTS_TO_SEND


def test_an_impossible_outcome_is_refused_with_the_present_state(relay: Relay, tutor: Client) -> None:
    answer = notes(tutor, relay, "convention_signed", survenu_le=in_days(-1), prevu_le=in_days(30))

    assert answer.status == 409
    assert "la convention ne peut y être notée qu’après un rendez-vous" in answer.words


def test_a_correction_puts_the_board_back_and_leaves_the_wrong_fact_struck(
    relay: Relay, tutor: Client
) -> None:
    before = relay.head().board
    notes(tutor, relay, "meeting_fixed", contact="welcomes", prevu_le=in_days(3), prevu_a="14:30")
    wrong = parcours_table.read_page(relay.parcours_id).events[-1]
    page = tutor.get(f"/parcours/{relay.parcours_id}")
    door = f"/parcours/{relay.parcours_id}/faits/{wrong.id}/correction"
    assert f'action="{door}"' in page.text

    answers = [tutor.post_form(door, {"suite": "", "invites_vus": "1"}) for _ in range(2)]

    assert [answer.status for answer in answers] == [303, 303]
    assert relay.head().board == before
    assert relay.event_kinds()[-2:] == [EventKind.MEETING_FIXED, EventKind.CORRECTED]
    after = tutor.get(f"/parcours/{relay.parcours_id}?fait=corrige")
    assert re.search(r"<s><b>Vous</b> avez fixé le rendez-vous</s>", after.text)
    assert "corrigé le" in after.words
    assert "Corrige : « Vous avez fixé le rendez-vous »" in after.words.replace("\u00a0", " ")
    assert f'action="{door}"' not in after.text


def test_a_fact_is_corrected_only_after_the_facts_that_follow_from_it(
    relay: Relay, tutor: Client, world: World
) -> None:
    notes(tutor, relay, "meeting_fixed", contact="welcomes", prevu_le=in_days(0), prevu_a="14:30")
    first = parcours_table.read_page(relay.parcours_id).events[-1]
    notes(tutor, relay, "meeting_held", survenu_le=in_days(0))
    before = world.everything()
    door = f"/parcours/{relay.parcours_id}/faits/{first.id}/correction"

    answer = tutor.post_form(door, {"suite": ""})

    assert answer.status == 409
    assert "Une ligne plus récente en dépend" in answer.words
    assert world.everything() == before
    assert door not in tutor.get(f"/parcours/{relay.parcours_id}").text


def test_the_end_of_a_passage_is_corrected_by_whoever_noted_it(relay: Relay, tutor: Client) -> None:
    reference = relay.head().reference
    body = {"fin": "young_person_withdrew", "motif": "other", "survenu_le": in_days(0), "jours": ""}
    tutor.post_form(f"/parcours/{relay.parcours_id}/fin", body)
    end = parcours_table.read_page(relay.parcours_id).events[-1]
    door = f"/parcours/{relay.parcours_id}/faits/{end.id}/correction"
    assert door in tutor.get(f"/parcours/{relay.parcours_id}").text

    answer = tutor.post_form(door, {"suite": ""})

    assert answer.status == 303
    head = relay.head()
    assert (head.status, head.reference) == (ParcoursStatus.IN_PREPARATION, reference)


@pytest.mark.parametrize("role", [Role.BUYER, Role.PRESCRIBER, Role.TEAM, Role.COORDINATOR])
def test_everybody_on_a_parcours_may_note(world: World, time: Clock, role: Role) -> None:
    person = factories.account(role)
    relay = relays.started(world, also=(person,))

    answer = notes(http.signed_in(person), relay, "call_noted.no_answer", contact="welcomes")

    assert answer.status == 303
    assert parcours_table.read_page(relay.parcours_id).events[-1].actor is role


def test_whoever_does_not_follow_a_parcours_notes_no_outcome(relay: Relay, world: World) -> None:
    stranger = relays.started(world)
    client = http.signed_in(stranger.tutor)
    before = world.everything()

    assert notes(client, relay, "call_noted.no_answer", contact="welcomes").status == 404
    assert client.get(f"/parcours/{relay.parcours_id}/histoire").status == 404
    assert world.everything() == before


def test_an_old_history_is_entered_fact_by_fact_and_reads_in_its_order(world: World, time: Clock) -> None:
    offer = factories.offer()
    contract = replace(offer.contract, notified_on=date(2025, 6, 2))
    relay = relays.started(world, offer=replace(offer, contract=contract))
    tutor = http.signed_in(relay.tutor)
    facts = [
        ("2025-12-01", "call_noted.reached", {"contact": "answers_tender"}),
        ("2025-12-03", "clause_explained", {"contact": "answers_tender"}),
        ("2025-12-20", "mail_sent_outside", {"contact": "welcomes"}),
        (
            "2026-01-05",
            "meeting_fixed",
            {"contact": "welcomes", "prevu_le": "2026-01-12", "prevu_a": "14:00"},
        ),
        ("2026-01-12", "meeting_held", {}),
        ("2026-01-30", "convention_signed", {"prevu_le": "2026-03-30"}),
    ]
    for day, fait, more in facts:
        answer = notes(tutor, relay, fait, survenu_le=day, suite="histoire", **more)
        assert answer.status == 303
        page = tutor.get(answer.headers["location"])
        assert "Ajouté" in page.words
        assert re.search(r'name="survenu_le"[^>]*autofocus', page.text)

    assert relay.head().status is ParcoursStatus.IN_PROGRESS
    page_text = tutor.get(f"/parcours/{relay.parcours_id}").words
    order = ["signature", "a eu lieu", "avez fixé", "hors de Passe-plat", "expliqué la clause", "un appel"]
    places = [page_text.index(text, page_text.index("Ce qui s’est passé")) for text in order]
    assert places == sorted(places)
    assert "survenu le vendredi 30 janvier" in page_text.replace("\u00a0", " ")
