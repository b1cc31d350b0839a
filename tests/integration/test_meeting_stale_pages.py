"""A gesture is about the meeting, or the dates, that its page showed: a page left open, or an answer repeated, hits no other."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest

from chalicelib import clock
from chalicelib.clock import iso
from chalicelib.domain.kernel.timeline import EventKind, Reason
from chalicelib.domain.kernel.values import Step
from chalicelib.domain.meetings.appointment import Acceptance
from chalicelib.domain.meetings.slots import Slot
from chalicelib.errors import ChangedMeanwhile
from chalicelib.stories import meetings as meetings_stories
from chalicelib.stories.meetings import CompanyGesture, Move
from chalicelib.web.kit.http import NONCE_COOKIE
from tests.conftest import Clock
from tests.support import http
from tests.support.meetings import Page, accepts, mails_leaving, shown_dates, slot_in_days

FORMS = ("accepter", "autres", "deplacer", "annuler")


def company_acts(page: Page, gesture: str, seen: Slot, reason: Reason | None = None) -> None:
    """Say on the company's page what became of the meeting that the page shows."""
    meetings_stories.note_gesture(
        page.token, CompanyGesture(gesture, reason, seen=seen.start), page.browser.digest, clock.utc_now()
    )


def cancels(page: Page, seen: Slot) -> None:
    """Cancel, as the tutor, the meeting that her page shows (``seen``)."""
    meetings_stories.cancel(
        page.relay.tutor, page.relay.parcours_id, Reason.PUT_OFF, clock.utc_now(), seen=seen.start
    )


def moves(page: Page, to: Slot, seen: Slot) -> None:
    """Move, as the tutor, the meeting that her page shows (``seen``)."""
    meetings_stories.move(
        page.relay.tutor, page.relay.parcours_id, Move(to, seen=seen.start), clock.utc_now()
    )


def agree_on_meeting(page: Page, day: int) -> Slot:
    """Propose a date in so many days and accept it."""
    [slot] = page.proposes_in_days(day)
    accepts(page, slot)
    return slot


@pytest.mark.parametrize(
    "gesture",
    [
        cancels,
        lambda page, seen: company_acts(page, meetings_stories.CANCELS, seen, Reason.PUT_OFF),
        lambda page, seen: moves(page, slot_in_days(20), seen),
    ],
    ids=["the tutor cancels", "the company cancels", "the tutor moves"],
)
def test_no_other_meeting_is_cancelled_or_moved_than_the_one_that_was_shown(
    page: Page, gesture: Callable[[Page, Slot], None]
) -> None:
    first, second = agree_on_meeting(page, day=9), agree_on_meeting(page, day=12)
    before = page.relay.world.everything()

    with pytest.raises(ChangedMeanwhile):
        gesture(page, first)

    assert page.relay.world.everything() == before
    gesture(page, second)
    assert page.relay.head().meeting_at != second.start


def test_a_cancellation_that_is_sent_again_spares_the_next_meeting(page: Page) -> None:
    first = agree_on_meeting(page, day=9)
    cancels(page, first)
    [other] = page.proposes_in_days(12)
    cancels(page, first)
    assert page.relay.event_kinds().count(EventKind.MEETING_CANCELLED) == 1
    accepts(page, other)

    for again in (
        cancels,
        lambda page, seen: company_acts(page, meetings_stories.CANCELS, seen, Reason.PUT_OFF),
    ):
        with pytest.raises(ChangedMeanwhile):
            again(page, first)

    assert page.relay.head().meeting_at == other.start


def test_a_move_that_is_sent_again_spares_the_dates_proposed_since(page: Page) -> None:
    first, second = agree_on_meeting(page, day=9), slot_in_days(11)
    moves(page, second, first)
    moves(page, second, first)
    [other] = page.proposes_in_days(14)

    with pytest.raises(ChangedMeanwhile):
        moves(page, second, first)

    accepts(page, other)
    assert page.relay.event_kinds().count(EventKind.MEETING_MOVED) == 2


@pytest.mark.parametrize("other", [(15, 16), (14,)], ids=["others", "the same once more"])
def test_no_other_dates_are_sent_back_than_those_that_were_shown(page: Page, other: tuple[int, ...]) -> None:
    page.proposes_in_days(14)
    seen = shown_dates(page.relay)

    def asks() -> None:
        tutor, here = page.relay.tutor, page.relay.parcours_id
        meetings_stories.ask_others(tutor, here, Reason.DATES_UNSUITABLE, clock.utc_now(), seen=seen)

    for _ in range(2):
        asks()
    page.proposes_in_days(*other)
    with pytest.raises(ChangedMeanwhile):
        asks()

    assert page.relay.event_kinds().count(EventKind.OTHER_SLOTS_ASKED) == 1
    assert page.relay.head().step is Step.SLOTS_PROPOSED


def test_a_date_is_accepted_as_it_was_shown(page: Page) -> None:
    [slot] = page.proposes_in_days(14)
    seen = shown_dates(page.relay)
    page.gives((replace(slot, place="https://exemple.fr/salle-42"),))

    with pytest.raises(ChangedMeanwhile):
        meetings_stories.accept(
            page.relay.tutor, page.relay.parcours_id, Acceptance(slot.start, seen=seen), clock.utc_now()
        )

    assert page.relay.head().meeting_at is None


@pytest.mark.parametrize(
    ("gesture", "reason"),
    [(meetings_stories.HELD, None), (meetings_stories.MISSED, Reason.YOUNG_PERSON_ABSENT)],
)
def test_the_company_reports_only_on_the_meeting_that_its_page_showed(
    page: Page, time: Clock, gesture: str, reason: Reason | None
) -> None:
    first, second = agree_on_meeting(page, day=1), agree_on_meeting(page, day=2)
    time.now = second.end + timedelta(hours=1)

    with pytest.raises(ChangedMeanwhile):
        company_acts(page, gesture, first, reason)

    assert page.relay.head().step is Step.MEETING_FIXED
    for _ in range(2):
        company_acts(page, gesture, second, reason)
    assert page.relay.head().meeting_at is None


def test_every_form_of_the_tutors_page_carries_what_it_shows(page: Page) -> None:
    fixed = agree_on_meeting(page, day=9)
    page.proposes_in_days(12)

    text = http.signed_in(page.relay.tutor).get(f"/parcours/{page.relay.parcours_id}").text

    said = dict(
        re.findall(r'name="geste" value="(\w+)">\s*<input type="hidden" name="vu" value="([^"]*)"', text)
    )
    dates, at = shown_dates(page.relay), iso(fixed.start)
    assert said == {"accepter": dates, "autres": dates, "deplacer": at, "annuler": at}


@pytest.mark.parametrize("seen", [None, "", "hier", "2026-99-99T00:00:00.000Z", "0.1"])
@pytest.mark.parametrize("gesture", FORMS)
def test_a_form_that_does_not_say_what_it_showed_changes_nothing(
    page: Page, gesture: str, seen: str | None
) -> None:
    agree_on_meeting(page, day=9)
    [other] = page.proposes_in_days(12)
    mails_leaving(page)
    client, before = http.signed_in(page.relay.tutor), page.relay.world.everything()
    form = {
        "geste": gesture,
        "date": iso(other.start),
        "motif": Reason.DATES_UNSUITABLE.value,
        "jour": "2026-12-28",
        "heure": "10:00",
        "minutes": "45",
    } | ({} if seen is None else {"vu": seen})

    answer = client.post_form(f"/parcours/{page.relay.parcours_id}/rendez-vous", form)

    assert answer.status == 409
    assert "Quelqu’un l’a modifié entre-temps" in unescape(answer.text)
    assert f'name="vu" value="{shown_dates(page.relay)}"' in answer.text, "it shows what stands now"
    assert page.relay.world.everything() == before


def test_the_companys_page_gives_back_the_meeting_that_it_shows(page: Page) -> None:
    agree_on_meeting(page, day=9)
    company = http.Client({NONCE_COOKIE: page.browser.nonce})
    look = company.post_json("/retrait/apercu", {"token": page.token}).json["rendez_vous"]["debut"]
    said = {"token": page.token, "geste": meetings_stories.CANCELS, "motif": Reason.PUT_OFF.value}
    before = page.relay.world.everything()

    for seen in ({}, {"vu": ""}, {"vu": "hier"}, {"vu": iso(slot_in_days(12).start)}):
        refused = company.post_json("/retrait/rendez-vous", said | seen)
        assert (refused.status, refused.json["code"]) == (409, "changed_meanwhile")
    assert page.relay.world.everything() == before

    for _ in range(2):
        assert company.post_json("/retrait/rendez-vous", said | {"vu": look}).status == 204
    assert page.relay.head().meeting_at is None
