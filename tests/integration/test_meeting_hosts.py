"""The tutor sees at which host a meeting at a distance is before she accepts it, and confirms one that nobody expects."""

import html

import pytest

from chalicelib.clock import iso
from chalicelib.domain.meetings.slots import Slot
from tests.support import http, mail_rules
from tests.support.http import Answer
from tests.support.meetings import Page, mails_leaving, shown_dates, slot_in_days

ELSEWHERE = "https://connexion-academie.example/compte?suite=1"
BOLD = "https://<b>connexion-academie.example</b>/compte?suite=1"


def card(page: Page) -> str:
    """Return the page of the parcours as its tutor reads it."""
    answer = http.signed_in(page.relay.tutor).get(f"/parcours/{page.relay.parcours_id}")
    return html.unescape(answer.text).replace("\u00a0", " ")


def accepts(page: Page, slot: Slot, **more: str) -> Answer:
    """Send the form that accepts this date, with further fields."""
    form = {"geste": "accepter", "vu": shown_dates(page.relay), "date": iso(slot.start), **more}
    return http.signed_in(page.relay.tutor).post_form(f"/parcours/{page.relay.parcours_id}/rendez-vous", form)


def test_a_host_that_nobody_expects_is_shown_before_and_confirmed(page: Page) -> None:
    [slot] = page.proposes_in_days(10, place=ELSEWHERE)
    [notice] = [mail for mail in mails_leaving(page) if "propose" in str(mail["Subject"])]

    plain = mail_rules.read_body(notice, "plain").replace("\u2060", "")
    assert "chez connexion-academie.example" in plain.replace("\u00a0", " ")
    assert "<strong>connexion" in mail_rules.read_body(notice, "html") and ELSEWHERE not in str(notice)
    before = card(page)
    assert BOLD in before and "Ce n’est pas un service de visio connu : à vérifier" in before

    refused = accepts(page, slot)

    assert refused.status == 409
    assert 'name="hote_vu" value="connexion-academie.example"' in refused.text
    assert page.relay.head().meeting_at is None
    assert accepts(page, slot, hote_vu="autre.example").status == 409
    assert accepts(page, slot, hote_vu="connexion-academie.example").status == 303


def test_nobody_gets_what_a_holder_typed_as_a_link(page: Page) -> None:
    [slot] = page.proposes_in_days(10, place=ELSEWHERE)
    mails_leaving(page)
    assert accepts(page, slot, hote_vu="connexion-academie.example").status == 303

    confirmations = mails_leaving(page)
    assert len(confirmations) >= 2
    for mail in confirmations:
        body = mail_rules.read_body(mail, "html")
        assert "https://<strong>connexion-academie.example</strong>/compte?suite=1" in body
        assert 'href="https://connexion' not in body and ELSEWHERE not in body, "nothing to make a link of"
        assert ELSEWHERE in mail_rules.read_body(mail, "plain"), "to be copied"
    assert BOLD in card(page) and f'href="{ELSEWHERE}"' not in card(page)


@pytest.mark.parametrize(
    "place",
    [
        "https://meet.google.com/abc-defg-hij",
        "https://Entreprise.webex.com/meet/nadia",
    ],
)
def test_a_known_service_asks_nothing(page: Page, place: str) -> None:
    [slot] = page.proposes_in_days(10, place=place)

    assert "service de visio connu" not in card(page)
    assert accepts(page, slot).status == 303


@pytest.mark.parametrize(
    "place",
    [
        "https://meet.google.com.voleur.example/a",
        "https://xzoom.us/j/1",
        "https://visio.jardins.entreprise.example/a",
    ],
)
def test_any_other_host_is_asked_about(page: Page, place: str) -> None:
    [slot] = page.proposes_in_days(10, place=place)

    assert accepts(page, slot).status == 409


def test_a_meeting_in_the_place_of_the_record_asks_nothing(page: Page) -> None:
    [slot] = page.proposes_in_days(10)

    assert accepts(page, slot).status == 303
    assert slot_in_days(10).video is None
