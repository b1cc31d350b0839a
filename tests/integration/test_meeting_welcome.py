"""What the company says of the day with its dates: on the tutor's page, in invitations, in calendars, on the eve."""

from dataclasses import replace
from html import unescape

import pytest

from chalicelib import clock
from chalicelib.domain.meetings.appointment import find_eve
from chalicelib.domain.meetings.slots import Slot
from chalicelib.domain.meetings.welcome import Clothes, Entrance, Lunch, Shoes, StepFree, Welcome
from chalicelib.errors import FieldInvalid
from chalicelib.stories import meetings as meetings_stories
from chalicelib.stories.meetings import Move
from tests.conftest import Clock
from tests.support.http import signed_in
from tests.support.meetings import (
    Page,
    accepts,
    calendar_of,
    invitations,
    mails_leaving,
    slot_in_days,
    text_of,
)

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
    "Accès sans marche\u00a0: oui",
    "Ligne et arrêt\u00a0: Bus 34, arrêt Mairie",
]


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
    assert "Entrée" not in text_of(mail) + sheet_of(page)


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
