"""The meeting on the tutor's page: one gesture, and what was typed wrong comes back with its sentence."""

import re
from datetime import timedelta
from html import unescape

import pytest

from chalicelib import french
from chalicelib.clock import iso
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.meetings.slots import Slot
from tests.conftest import Clock
from tests.support import http, meetings
from tests.support.meetings import Page, accepts


def test_the_tutors_page_shows_the_dates_and_takes_her_choice(page: Page) -> None:
    dates = page.proposes_in_days(10, 12)
    client = http.signed_in(page.relay.tutor)
    here = f"/parcours/{page.relay.parcours_id}"

    answer = client.get(here)
    assert answer.text.count('name="date"') == 2
    assert "a proposé 2\u00a0dates" in unescape(answer.text)
    assert answer.text.count('class="btn"') == 2, (
        "one filled button for each date, and none chosen beforehand"
    )
    assert 'type="radio" name="date"' not in answer.text
    done = client.post_form(f"{here}/rendez-vous", accepting(page, dates[1]))

    assert (done.status, done.headers["location"]) == (303, f"{here}?fait=date-acceptee")
    after = unescape(client.get(done.headers["location"]).text)
    assert "Le rendez-vous est fixé" in after
    assert "Déplacer le rendez-vous" in after
    again = client.post_form(f"{here}/rendez-vous", accepting(page, dates[0]))
    assert again.status == 409
    assert "Cette date n’est plus proposée" in unescape(again.text)


def test_an_absence_that_meets_a_meeting_is_announced_once_its_dates_were_shown(
    page: Page, time: Clock
) -> None:
    agreed, proposed = page.proposes_in_days(10, 12)
    client, here = http.signed_in(page.relay.tutor), f"/parcours/{page.relay.parcours_id}"
    day = day_of(time.now)
    days = {"du": (day + timedelta(9)).isoformat(), "au": (day + timedelta(14)).isoformat()}

    answer = client.post_form("/compte/absence", days)
    text = unescape(answer.text)
    assert (answer.status, page.relay.head().tutor_absence) == (409, None)
    assert french.moment(agreed.start) in text and french.moment(proposed.start) in text
    assert text.count("date proposée par l’entreprise") == 2 and f'href="{here}"' in text
    accepts(page, agreed)
    meanwhile = client.post_form("/compte/absence", {**days, "vu": _vu(text)})
    text = unescape(meanwhile.text)
    assert (meanwhile.status, "rendez-vous fixé" in text) == (409, True)
    assert "date proposée" not in text
    done = client.post_form("/compte/absence", {**days, "vu": _vu(text)})

    assert done.status == 303 and page.relay.head().tutor_absence is not None
    after = unescape(client.get(done.headers["location"]).text)
    assert french.moment(agreed.start) in after and "rendez-vous fixé" in after
    page.proposes_in_days(13)
    assert "Pendant l’absence annoncée" in unescape(client.get(here).text)
    free = {"du": (day + timedelta(1)).isoformat(), "au": (day + timedelta(2)).isoformat()}
    assert client.post_form("/compte/absence", free).status == 303


def _vu(text: str) -> str:
    """Return the version of the meeting that the page's form holds."""
    match = re.search(r'name="vu" value="([0-9a-f]+)"', text)
    assert match is not None
    return match[1]


def accepting(page: Page, slot: Slot) -> dict[str, str]:
    """Return the form that accepts this date."""
    return {"geste": "accepter", "vu": meetings.shown_dates(page.relay), "date": iso(slot.start)}


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"geste": "accepter", "date": ""}, "Choisissez une des dates proposées."),
        ({"geste": "accepter", "date": "2027-03-09"}, "Choisissez une des dates proposées."),
        ({"geste": "autres", "motif": "no_answer"}, "Choisissez un motif de la liste."),
        ({"geste": "autres", "motif": "x"}, "Choisissez un motif de la liste."),
        ({"geste": "deplacer", "jour": "9999-12-31", "heure": "10:00", "minutes": "45"}, "trop loin"),
        ({"geste": "deplacer", "jour": "2020-01-01", "heure": "10:00", "minutes": "45"}, "passée"),
        ({"geste": "deplacer", "jour": "demain", "heure": "10:00", "minutes": "45"}, "Donnez la date"),
        ({"geste": "deplacer", "jour": "2027-03-28", "heure": "02:30", "minutes": "45"}, "n’existe pas"),
        ({"geste": "deplacer", "jour": "2027-03-29", "heure": "25:00", "minutes": "45"}, "Donnez l’heure"),
        ({"geste": "deplacer", "jour": "2027-03-29", "heure": "10:00", "minutes": "٤٥"}, "15 à 240"),
        ({"geste": "deplacer", "jour": "2027-03-29", "heure": "10:00", "minutes": "999"}, "15 à 240"),
        (
            {
                "geste": "deplacer",
                "jour": "2027-03-29",
                "heure": "10:00",
                "minutes": "45",
                "lieu": "http://a.fr",
            },
            "https://",
        ),
        (
            {"geste": "deplacer", "jour": "2027-03-29", "heure": "10:00", "minutes": "45", "repas": "x"},
            "liste, ou aucune",
        ),
        (
            {"geste": "deplacer", "jour": "2027-03-29", "heure": "10:00", "minutes": "45", "arret": "a" * 61},
            "60 signes",
        ),
        ({"geste": "danser"}, "n’est pas valable"),
    ],
)
def test_an_invalid_meeting_form_comes_back_as_typed_with_its_error(
    page: Page, time: Clock, form: dict[str, str], sentence: str
) -> None:
    [slot] = page.proposes_in_days(10)
    accepts(page, slot)
    page.proposes_in_days(12)
    client = http.signed_in(page.relay.tutor)
    before = page.relay.world.everything()

    answer = client.post_form(f"/parcours/{page.relay.parcours_id}/rendez-vous", form)

    assert answer.status == 422
    assert sentence in unescape(answer.text)
    for typed in form.values():
        assert typed in {"", "x", "no_answer", "danser", "2027-03-09"} or typed in unescape(answer.text)
    assert page.relay.world.everything() == before
