"""The convocation: the meeting to come on one page to print, for a young person who has no telephone."""

from html import unescape

import pytest

from chalicelib import clock, french
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.parcours import Absence
from chalicelib.domain.kernel.timeline import Reason
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.meetings.welcome import Entrance, Welcome
from chalicelib.stories import meetings as stories
from chalicelib.stories.accounts import managing
from chalicelib.stories.young import spell_follow_key
from tests.conftest import Clock
from tests.support import factories, http
from tests.support.meetings import Page, accepts, agreed_start
from tests.support.writing import add_records
from tests.support.young import find_attempt


def read(page: Page) -> str:
    """Return the convocation as its tutor prints it."""
    answer = http.signed_in(page.relay.tutor).get(f"/parcours/{page.relay.parcours_id}/convocation")
    assert answer.status == 200
    return unescape(answer.text).partition("<article")[2].partition("</article>")[0]


def test_it_says_when_and_where_to_meet_how_to_come_in_and_whom_to_call(page: Page) -> None:
    (slot,) = page.proposes_in_days(10, welcome=Welcome(entrance=Entrance.GATE, stop="bus 34"))
    accepts(page, slot)
    sheet = unescape(http.signed_in(page.relay.tutor).get(f"/parcours/{page.relay.parcours_id}").text)
    printed = read(page)

    assert f'href="/parcours/{page.relay.parcours_id}/convocation"' in sheet
    assert french.majuscule(french.rendez_vous(slot.start, slot.minutes)) in printed
    assert page.relay.head().placement.place in printed
    assert "<dt>Entrée</dt><dd>Par le portail</dd>" in printed
    assert "<dt>Ligne et arrêt</dt><dd>Bus 34</dd>" in printed
    assert page.relay.tutor.name in printed
    assert (page.relay.tutor.phone or page.relay.tutor.address) in printed
    assert "Votre rendez-vous" in printed and "écrivez" not in printed, (
        "what is said to the adult stands apart"
    )


def test_it_has_the_key_of_the_page_for_who_has_no_telephone(page: Page) -> None:
    (slot,) = page.proposes_in_days(10)
    accepts(page, slot)
    spelled = spell_follow_key(find_attempt(page.relay))
    printed = read(page)

    assert (
        spelled.letters in printed and 'class="qr"' in printed and str(page.relay.head().reference) in printed
    )


def test_it_names_nobody_of_the_company_by_number_or_address(page: Page) -> None:
    (slot,) = page.proposes_in_days(10)
    accepts(page, slot)
    printed = read(page)

    for contact in page.relay.head().named_contacts:
        assert contact.address not in printed
        assert not contact.phone or contact.phone not in printed


def test_while_the_tutor_is_away_on_the_day_it_says_to_call_who_stands_in(page: Page, time: Clock) -> None:
    (slot,) = page.proposes_in_days(10)
    accepts(page, slot)
    coordinator = factories.account(Role.COORDINATOR, academie=page.relay.tutor.academie, name="Odile Ramain")
    add_records(coordinator)
    absence = Absence(first=day_of(slot.start), last=day_of(slot.start))
    managing.announce_absence(page.relay.tutor, page.relay.tutor.id, absence, now=clock.utc_now())

    assert "Odile Ramain" in read(page)


def test_without_a_meeting_to_come_there_is_no_convocation(page: Page, time: Clock) -> None:
    client, path = http.signed_in(page.relay.tutor), f"/parcours/{page.relay.parcours_id}/convocation"
    (slot,) = page.proposes_in_days(10)

    assert client.get(path).status == 409
    accepts(page, slot)
    assert client.get(path).status == 200
    stories.cancel(
        page.relay.tutor,
        page.relay.parcours_id,
        Reason.PUT_OFF,
        clock.utc_now(),
        seen=agreed_start(page.relay),
    )
    assert client.get(path).status == 409


@pytest.mark.parametrize(
    ("role", "status"), [(Role.COORDINATOR, 200), (Role.TEAM, 403), (Role.BUYER, 403), (Role.PRESCRIBER, 403)]
)
def test_only_who_accompanies_prints_it(page: Page, role: Role, status: int) -> None:
    (slot,) = page.proposes_in_days(10)
    accepts(page, slot)
    person = factories.account(role)
    add_records(person)

    assert http.signed_in(person).get(f"/parcours/{page.relay.parcours_id}/convocation").status == status


def test_printing_it_writes_nothing(page: Page) -> None:
    (slot,) = page.proposes_in_days(10)
    accepts(page, slot)
    client = http.signed_in(page.relay.tutor)
    before = page.relay.world.everything()

    client.get(f"/parcours/{page.relay.parcours_id}/convocation")
    assert page.relay.world.everything() == before
