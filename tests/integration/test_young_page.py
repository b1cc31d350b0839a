"""The page of a young person: the key on the notice opens it, and it says what everybody reads of the passage."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
import vobject

from chalicelib import clock, french
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor, Reason
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.parcours.delays import CONCLUSIVE, Phase
from chalicelib.domain.parcours.ending import End
from chalicelib.stories import meetings as stories
from chalicelib.stories import outcomes, rights
from chalicelib.stories.documents import sending
from chalicelib.stories.young import forget_spreads, spell_follow_key
from tests.bench.calls import counted
from tests.conftest import Clock
from tests.integration.test_delays_page import count_attempts
from tests.support import factories, http, meetings, passings, relays, young
from tests.support.relays import Browser, Relay
from tests.support.worlds import World
from tests.support.writing import add_records, change_record

UNKNOWN = "Cette référence et cette clé ne vont pas ensemble"


def ends(relay: Relay) -> None:
    """End the passage, since the young person stopped."""
    end = End(
        kind=EventKind.YOUNG_PERSON_WITHDREW, reason=Reason.OTHER, occurred_at=clock.utc_now(), days=None
    )
    outcomes.finish_passage(relay.tutor, relay.parcours_id, end, now=clock.utc_now())


def test_the_notice_has_the_key_in_both_spellings_and_each_opens_the_page(relay: Relay) -> None:
    notice = unescape(http.signed_in(relay.tutor).get(f"/parcours/{relay.parcours_id}/notice").text)
    key = spell_follow_key(young.find_attempt(relay))

    assert key.letters in notice and "localhost:8000/suivi" in notice and 'class="qr"' in notice
    assert key.secret not in notice, "drawn, not written: what is copied from the page opens nothing"
    for typed in (
        key.secret,
        key.letters,
        key.letters.lower().replace("-", " "),
        f" {key.letters.replace('-', '')} ",
    ):
        answer = young.looks(relay, key=typed)
        assert answer.status == 200 and "Ton parcours avec Jardins Morvenne" in answer.text


@pytest.mark.parametrize("role", [Role.TEAM, Role.BUYER])
def test_nobody_prints_the_key_who_may_not_send(relay: Relay, role: Role) -> None:
    person = factories.account(role)
    add_records(person)
    answer = http.signed_in(person).get(f"/parcours/{relay.parcours_id}/notice")

    assert answer.status == 200 and 'class="qr"' not in answer.text


def test_a_blank_notice_has_no_key(world: World) -> None:
    assert 'class="qr"' not in http.Client().get("/notice").text


@pytest.mark.parametrize(
    "wrong",
    ["", "K7QP-3MNA-9XYY", "0" * 32, "xyxy", "é" * 22, "'; --", "a" * 30_000],
    ids=lambda text: text[:14],
)
def test_another_key_opens_nothing(relay: Relay, wrong: str) -> None:
    answer = young.looks(relay, key=wrong or "-")

    assert answer.status == 404 and UNKNOWN in answer.text
    assert "Jardins Morvenne" not in answer.text and (not wrong or wrong not in answer.text)


def test_the_key_of_a_passage_opens_no_other(world: World) -> None:
    relay, other = relays.started(world), relays.started(world)

    assert young.looks(relay, reference=young.find_attempt(other).reference).status == 404


def test_a_reference_that_leads_nowhere_gets_the_same_answer(relay: Relay) -> None:
    unknown, wrong = young.looks(relay, reference="CSF-2222-22"), young.looks(relay, key="0" * 32)

    assert unknown.status == wrong.status == 404
    assert unknown.text.replace("CSF-2222-22", "") == wrong.text.replace(
        young.find_attempt(relay).reference, ""
    )


def test_a_new_version_makes_every_key_before_void(relay: Relay) -> None:
    attempt = young.find_attempt(relay)
    change_record(attempt, replace(attempt, follow_key=2))

    assert young.looks(relay, key=spell_follow_key(attempt).secret).status == 404
    assert young.looks(relay, key=spell_follow_key(attempt).letters).status == 404
    assert young.looks(relay).status == 200


def test_a_robot_that_asks_for_the_page_learns_and_notes_nothing(relay: Relay) -> None:
    before = relay.world.everything()
    answer = http.Client().get("/suivi")

    assert (
        answer.status == 200 and not answer.cookies and answer.headers["x-robots-tag"] == "noindex, nofollow"
    )
    assert answer.headers["cache-control"] == "no-store"
    assert relay.world.everything() == before


def test_a_look_is_noted_once_a_day_and_a_wrong_key_is_not(relay: Relay) -> None:
    young.looks(relay, key="0" * 32)
    assert young.find_attempt(relay).followed_on is None

    young.looks(relay)
    noted = young.find_attempt(relay)
    young.looks(relay)

    assert noted.followed_on is not None and young.find_attempt(relay) == noted


def test_a_page_takes_three_calls(relay: Relay) -> None:
    relay.sends()
    young.looks(relay)  # the first of the day, which is noted
    attempt = young.find_attempt(relay)

    with counted() as asked:
        young.looks(relay, attempt=attempt)

    assert asked.calls == {"dynamodb:GetItem": 1, "dynamodb:Query": 1, "dynamodb:BatchGetItem": 1}


def test_it_says_what_left_and_what_became_of_it(relay: Relay) -> None:
    token, browser = relay.sends(), Browser()
    sent = young.looks(relay).words

    assert "On attend l’entreprise" in sent and "doit lire tes documents" in sent
    assert re.search(r"Partis le .*pour Jardins Morvenne", sent) and "Ouverts pas encore" in sent
    assert "Lus pas encore dit" in sent and "C’est normal" not in sent

    browser.proves(token)
    browser.opens(token)
    browser.confirms(token)
    read = young.looks(relay).words

    assert "proposer des dates de rendez-vous" in read
    assert re.search(r"Ouverts oui, le", read) and re.search(r"Lus oui, le", read)


def test_an_end_is_first_said_by_who_accompanies_then_by_the_page(relay: Relay, time: Clock) -> None:
    attempt = young.find_attempt(relay)
    ends(relay)

    assert f"{relay.tutor.name} va te donner des nouvelles" in young.looks(relay, attempt=attempt).words
    assert "terminé" not in young.looks(relay, attempt=attempt).words

    time.now += timedelta(days=1)
    assert "Ce parcours est terminé" in young.looks(relay, attempt=attempt).words


def test_the_next_young_person_is_not_shown_to_the_one_before(relay: Relay) -> None:
    before = young.find_attempt(relay)
    ends(relay)
    outcomes.take_offer(relay.tutor, relay.parcours_id, now=clock.utc_now())
    relay.sends()

    assert "lire tes documents" not in young.looks(relay, attempt=before).words
    assert "lire tes documents" in young.looks(relay).words


def test_a_refusal_waits_a_day_and_its_reason_for_ever(relay: Relay, time: Clock) -> None:
    token, browser = relay.sends(), Browser()
    browser.proves(token)
    browser.opens(token)
    browser.declines(token, Reason.PROFILE_MISMATCH)
    first = young.looks(relay).words

    assert f"{relay.tutor.name} va te donner des nouvelles" in first and "ne peut pas" not in first
    assert "Tes documents" not in first.partition("Ce que tu peux faire")[0], "its dates give a refusal away"

    time.passes(days=1)
    later = young.looks(relay).words

    assert later.count("Cette entreprise ne peut pas t’accueillir") == 2, "on the card, and in what happened"
    assert f"Parles-en avec {relay.tutor.name}" in later and f"On attend {relay.tutor.name} pour" in later
    assert "profil" not in later and "pas encore" not in later


def test_a_refusal_waits_its_day_whatever_else_is_asked_meanwhile(relay: Relay) -> None:
    relay.sends()
    declines(relay)
    rights.warn_of_rights_request(str(relay.head().reference), now=clock.utc_now())

    read = young.looks(relay).words

    assert f"{relay.tutor.name} va te donner des nouvelles" in read and "ne peut pas" not in read


def fixes_meeting(relay: Relay) -> None:
    """Have a meeting agreed in eight days."""
    page = meetings.Page(relay)
    dates = meetings.slot_in_days(8), meetings.slot_in_days(9)
    page.gives(dates)
    meetings.accepts(page, dates[0])


def test_a_meeting_is_told_with_its_place_a_map_and_a_file_that_names_nobody(relay: Relay) -> None:
    fixes_meeting(relay)
    answer = young.looks(relay)
    place = relay.head().placement.place

    assert re.search(r"Ton rendez-vous \w+ .*, de \d+ h(?: \d\d)? à \d+ h", answer.words)
    assert "Tu as un rendez-vous" in answer.words and place in answer.words
    assert "https://www.openstreetmap.org/search?query=" in answer.text

    calendar = young.looks(relay, path="/suivi/agenda")

    assert calendar.status == 200 and calendar.headers["content-type"].startswith("text/calendar")
    events = vobject.readOne(calendar.text)
    assert events.vevent.dtstart.value == relay.head().meeting_at
    names = [relay.tutor.name, "Morvenne", young.find_attempt(relay).reference]
    assert not [name for name in (*names, "mailto") if name in calendar.text]


def declines(relay: Relay) -> None:
    """Note that the company declined by telephone."""
    relay.notes(EventKind.COMPANY_DECLINED, reason=Reason.OTHER, contact=Interlocutor.WELCOMES)


def cancels(relay: Relay) -> None:
    """Cancel the meeting that is to come."""
    seen = meetings.agreed_start(relay)
    stories.cancel(relay.tutor, relay.parcours_id, Reason.PUT_OFF, clock.utc_now(), seen=seen)


def stops(relay: Relay) -> None:
    """Press « Je ne veux plus »."""
    assert young.looks(relay, geste="arret").status == 200


@pytest.mark.parametrize("falls", [declines, ends, cancels, stops], ids=lambda falls: str(falls.__name__))
def test_a_meeting_that_falls_is_said_at_once_and_until_its_day_is_over(
    relay: Relay, time: Clock, falls: Callable[[Relay], None]
) -> None:
    fixes_meeting(relay)
    attempt, meeting_at = young.find_attempt(relay), relay.head().meeting_at
    assert meeting_at is not None
    sentence = f"Le rendez-vous du {french.jour(meeting_at)} n’a pas lieu"
    assert sentence not in young.looks(relay, attempt=attempt).text

    falls(relay)

    page = young.looks(relay, attempt=attempt)
    assert sentence in page.text and "Mettre dans mon agenda" not in page.text
    time.now = meeting_at + timedelta(hours=1)
    assert sentence in young.looks(relay, attempt=attempt).text
    time.now = meeting_at + timedelta(days=1)
    assert sentence not in young.looks(relay, attempt=attempt).text


def test_a_meeting_that_took_place_is_not_said_to_have_fallen(relay: Relay, time: Clock) -> None:
    fixes_meeting(relay)
    meeting_at = relay.head().meeting_at
    assert meeting_at is not None
    time.now = meeting_at + timedelta(hours=1)

    declines(relay)

    assert "n’a pas lieu" not in young.looks(relay).words


def test_documents_that_were_erased_unread_are_said_so_and_not_beside_a_refusal(
    relay: Relay, time: Clock
) -> None:
    relay.sends()
    assert "Ouverts pas encore" in young.looks(relay).words
    time.passes(days=20)
    relay.purges()
    unread = young.looks(relay).words
    assert "Ouverts non" in unread and "doit s’occuper de l’envoi de tes documents" in unread

    declines(relay)
    time.passes(days=1)
    assert (
        "Effacés de ce service oui" in young.looks(relay).words and "Ouverts" not in young.looks(relay).words
    )


def test_a_colleagues_link_takes_nothing_back_of_what_was_read(relay: Relay) -> None:
    token, browser = relay.sends(), Browser()
    browser.proves(token)
    browser.opens(token)
    passings.adds(browser, token)
    relay.mailer_runs()
    browser.confirms(token)

    read = young.looks(relay).words
    assert "Ouverts oui" in read and "Lus oui" in read
    assert "L’entreprise peut avoir une copie" in young.looks(relay, geste="arret").words


def test_what_is_sent_anew_is_unopened_and_a_copy_of_the_first_may_remain(relay: Relay) -> None:
    token, browser = relay.sends(), Browser()
    browser.proves(token)
    browser.opens(token)
    sending.revoke(relay.tutor, relay.sent[-1].deposit, seen_opened=True, now=clock.utc_now())
    relay.sends()
    relay.purges()

    assert "Ouverts pas encore" in young.looks(relay).words
    assert "Effacés de ce service au plus tard" in young.looks(relay).words
    assert "L’entreprise peut avoir une copie" in young.looks(relay, geste="arret").words


def test_a_stop_is_said_with_what_becomes_of_the_documents(relay: Relay) -> None:
    token, browser = relay.sends(), Browser()
    browser.proves(token)
    browser.opens(token)

    receipt = young.looks(relay, geste="arret").words
    assert (
        "C’est arrêté Tes documents seront effacés de ce service dans 15 minutes au plus. L’entr" in receipt
    )
    assert "Effacés de ce service dans 15 minutes au plus" in receipt and "pas encore" not in receipt

    relay.purges()
    page = young.looks(relay).words
    copied = "L’entreprise peut avoir une copie de tes documents."
    assert (
        f"C’est arrêté Tes documents sont effacés de ce service. {copied} {relay.tutor.name} va t’en" in page
    )
    assert "Quelqu’un a arrêté avec ta notice." in page


def test_documents_of_an_end_are_said_to_be_on_the_site_until_they_are_erased(
    relay: Relay, time: Clock
) -> None:
    attempt = young.find_attempt(relay)
    relay.sends()
    ends(relay)
    time.now += timedelta(days=1)

    assert "Effacés de ce service dans 15 minutes au plus" in young.looks(relay, attempt=attempt).words
    relay.purges()
    assert "Effacés de ce service oui, le" in young.looks(relay, attempt=attempt).words


def test_without_a_meeting_there_is_no_file(relay: Relay) -> None:
    assert young.looks(relay, path="/suivi/agenda").status == 404
    assert young.looks(relay, path="/suivi/agenda", key="0" * 32).status == 404


def test_how_long_it_takes_is_said_once_enough_have_been_through_it(relay: Relay) -> None:
    relay.sends()
    usual = "Souvent, "
    for days, count in ((2, CONCLUSIVE - 1), (9, 1)):
        assert usual not in young.looks(relay).words
        forget_spreads()
        count_attempts(Phase.OPEN, days, count)

    forget_spreads()
    assert "cette étape prend moins de 3 jours" in young.looks(relay).words
