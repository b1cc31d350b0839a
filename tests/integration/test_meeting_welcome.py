"""What the company says of the day with its dates: on the tutor's page, in invitations, in calendars, on the eve."""

import re
from dataclasses import replace
from html import unescape

import pytest

from chalicelib import clock
from chalicelib.clock import iso
from chalicelib.domain.meetings.appointment import find_eve
from chalicelib.domain.meetings.slots import Slot
from chalicelib.domain.meetings.welcome import Clothes, Entrance, Lunch, Shoes, StepFree, Welcome
from chalicelib.errors import FieldInvalid
from chalicelib.stories import meetings as meetings_stories
from chalicelib.stories.meetings import Move
from chalicelib.web import recipient
from chalicelib.web.kit.http import NONCE_COOKIE
from tests.conftest import Clock
from tests.support import pages
from tests.support.http import Client, signed_in
from tests.support.meetings import (
    Page,
    accepts,
    calendar_of,
    invitations,
    mails_leaving,
    slot_in_days,
    text_of,
)
from tests.support.relays import Browser
from tests.support.young import looks

WELCOME = Welcome(
    entrance=Entrance.GATE,
    ask_for="Nadia Bellanger",
    lunch=Lunch.CANTEEN,
    clothes=Clothes.EVERYDAY,
    shoes=Shoes.SAFETY_LENT,
    step_free=StepFree.YES,
    stop="Bus 34, arrêt Mairie",
)
LINES = [
    "Entrée\u00a0: par le portail",
    "Personne à demander\u00a0: Nadia Bellanger",
    "Repas\u00a0: à la cantine",
    "Tenue\u00a0: de tous les jours",
    "Chaussures\u00a0: de sécurité, prêtées sur place",
    "Sans escalier\u00a0: oui",
    "Ligne et arrêt\u00a0: Bus 34, arrêt Mairie",
]
FOLDED = [line.casefold() for line in LINES]


def convocation_of(page: Page) -> str:
    """Return the convocation that the tutor prints."""
    return signed_in(page.relay.tutor).get(f"/parcours/{page.relay.parcours_id}/convocation").text


def sheet_of(page: Page) -> str:
    """Return the tutor's page of the parcours."""
    return unescape(signed_in(page.relay.tutor).get(f"/parcours/{page.relay.parcours_id}").text)


def test_what_is_said_of_the_day_reaches_everybody_who_comes(page: Page, time: Clock) -> None:
    [slot] = page.proposes_in_days(10, welcome=WELCOME)
    assert all(line in sheet_of(page) for line in LINES)
    accepts(page, slot, buyer_invited=True)

    mails = invitations(page)

    assert len(mails) == 3
    for mail in mails:
        assert all(line in text_of(mail) for line in LINES)
        assert calendar_of(mail).vevent.description.value.startswith("\n".join([*LINES, "Répondre dans"]))
    assert all(line in sheet_of(page) for line in LINES)
    for printed in (looks(page.relay).text, convocation_of(page)):
        terms = re.findall("<dt>(.+?)</dt><dd>(.+?)</dd>", unescape(printed))
        read = [f"{label}\u00a0: {text}".casefold() for label, text in terms]
        assert [line for line in read if line in FOLDED] == FOLDED
    time.now = find_eve(slot)
    meetings_stories.remind_or_erase(
        f"{page.relay.parcours_id}#{page.relay.head().attempt}", now=clock.utc_now()
    )
    reminders = mails_leaving(page)
    assert len(reminders) == 3
    assert all(line in text_of(mail) for mail in reminders for line in LINES)


def test_nothing_is_said_where_nothing_was(page: Page) -> None:
    [slot] = page.proposes_in_days(10)
    accepts(page, slot)

    [mail, *_] = invitations(page)

    assert calendar_of(mail).vevent.description.value.startswith("Répondre dans")
    assert "Entrée\u00a0" not in text_of(mail) + sheet_of(page)


def test_another_welcome_alone_is_another_version_of_the_invitation(page: Page) -> None:
    [slot] = page.proposes_in_days(10, welcome=WELCOME)
    accepts(page, slot)
    invitations(page)
    changed = replace(slot, welcome=replace(WELCOME, entrance=Entrance.RECEPTION))

    _move(page, changed, slot)

    mails = invitations(page)
    assert {str(calendar_of(mail).vevent.sequence.value) for mail in mails} == {"1"}
    assert all(
        "Entrée\u00a0: à l’accueil" in text_of(mail) and "modifié" in mail["Subject"] for mail in mails
    )


def test_who_comes_no_more_is_told_nothing_of_the_day(page: Page) -> None:
    [slot] = page.proposes_in_days(10, welcome=WELCOME)
    accepts(page, slot, buyer_invited=True)
    invitations(page)
    [other] = page.proposes_in_days(12, welcome=replace(WELCOME, stop="Tram T9, arrêt Gare"))

    accepts(page, other)

    left = [mail for mail in invitations(page) if calendar_of(mail).method.value == "CANCEL"]
    assert len(left) == 1
    assert "Bus 34" not in str(left[0]) and "T9" not in text_of(left[0]) + str(calendar_of(left[0]))


@pytest.mark.parametrize("gesture", ["propose", "move"])
def test_a_person_whom_this_record_does_not_name_is_not_asked_for(page: Page, gesture: str) -> None:
    [slot] = page.proposes_in_days(10)
    accepts(page, slot)
    before = page.relay.world.everything()
    strange = slot_in_days(12, welcome=Welcome(ask_for="Jeanne Roy"))

    with pytest.raises(FieldInvalid) as refusal:
        if gesture == "propose":
            page.gives((strange,))
        else:
            _move(page, strange, slot)

    assert refusal.value.facts == {"field": "demander", "reason": "not_in_record"}
    assert page.relay.world.everything() == before


def _move(page: Page, to: Slot, before: Slot) -> None:
    """Move the meeting as the tutor, whose page showed ``before``."""
    moved = Move(to, seen=before.start)
    meetings_stories.move(page.relay.tutor, page.relay.parcours_id, moved, clock.utc_now())


def _read_move_form(text: str) -> dict[str, str]:
    """Return what the form that moves the meeting sends if nobody touches it."""
    form = next(
        form for form in pages.Page(text).forms if any(field.name == "heure" for field in form.fields)
    )
    return {
        field.name: next(
            (value for value, chosen in field.options if chosen), field.attributes.get("value", "")
        )
        for field in form.fields
        if field.name
    }


def answers_on(page: Page) -> recipient.Answers:
    """Return what the company's page learns of what may be answered."""
    return recipient.build_answers(page.browser.looks(page.token), clock.utc_now())


def post_dates(page: Page, *, place: str = "fiche", **typed: str) -> int:
    """Propose a date from the company's page, with what is typed of the day; return the status."""
    day = slot_in_days(10).start.date().isoformat()
    dates = [{"debut": f"{day}T10:00", "minutes": 45, "lieu": place}]
    client = Client({NONCE_COOKIE: page.browser.nonce})
    body = {"token": page.token, "creneaux": dates, "accueil": typed, "feries_vus": True}
    return client.post_json("/retrait/creneaux", body).status


def test_the_companys_form_offers_closed_choices_and_the_names_of_its_own_record(page: Page) -> None:
    fields = {field["nom"]: field for field in answers_on(page)["accueil"]}

    assert list(fields) == ["entree", "demander", "repas", "tenue", "chaussures", "plain_pied", "arret"]
    names = page.relay.head().names_to_ask_for
    assert names and [label for _, label in fields["demander"]["choix"]] == list(names)
    assert not fields["arret"]["choix"]
    assert {field["valeur"] for field in fields.values()} == {""}


def test_the_companys_page_reads_back_what_it_said_and_begins_with_it_again(page: Page) -> None:
    assert post_dates(page, entree="gate", demander="Nadia Bellanger", arret="Bus 34") == 204

    answers = answers_on(page)
    assert answers["creneaux"][0]["accueil"] == (
        "Entrée\u00a0: par le portail. Personne à demander\u00a0: Nadia Bellanger. Ligne et arrêt\u00a0: Bus 34."
    )
    said = {field["nom"]: field["valeur"] for field in answers["accueil"] if field["valeur"]}
    assert said == {"entree": "gate", "demander": "Nadia Bellanger", "arret": "Bus 34"}


def test_at_a_distance_nothing_of_the_place_is_kept(page: Page) -> None:
    assert post_dates(page, place="https://whereby.com/salle", entree="gate") == 204

    [slot] = answers_on(page)["creneaux"]
    assert slot["accueil"] == ""


def test_before_the_proof_and_without_dates_to_give_no_contact_is_named(page: Page) -> None:
    stranger = recipient.build_answers(Browser().looks(page.token), clock.utc_now())
    assert stranger["accueil"] == []

    page.browser.declines(page.token)

    assert answers_on(page)["accueil"] == []


def test_a_move_keeps_what_is_said_of_the_day_until_somebody_changes_it(page: Page) -> None:
    [slot] = page.proposes_in_days(10, welcome=WELCOME)
    accepts(page, slot)
    client, here = signed_in(page.relay.tutor), f"/parcours/{page.relay.parcours_id}"
    day = slot_in_days(11).start.date().isoformat()
    typed = _read_move_form(client.get(here).text) | {"jour": day, "heure": "15:00"}

    assert client.post_form(f"{here}/rendez-vous", typed).status == 303

    moved = meetings_stories.load_appointment(page.relay.head())
    assert moved is not None and moved.slot is not None and moved.slot.welcome == WELCOME
    after = typed | {"vu": iso(moved.slot.start), "heure": "16:00", "repas": "", "chaussures": "closed"}
    assert client.post_form(f"{here}/rendez-vous", after).status == 303
    changed = meetings_stories.load_appointment(page.relay.head())
    assert changed is not None and changed.slot is not None
    assert changed.slot.welcome == replace(WELCOME, lunch=None, shoes=Shoes.CLOSED)
