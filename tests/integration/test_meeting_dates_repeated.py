"""The company proposes dates that it proposed before: a repeated answer counts once, and none that is meant is lost."""

import pytest

from chalicelib import clock
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.timeline import EventKind, Reason
from chalicelib.domain.kernel.values import Step
from chalicelib.errors import ChangedMeanwhile
from chalicelib.stories import meetings as meetings_stories
from chalicelib.stories.meetings import Move, Proposal
from tests.support import meetings
from tests.support.meetings import Page, accepts, mails_leaving, shown_dates, slot_in_days


def moves(page: Page, days: int) -> None:
    """Move the meeting, as the tutor, to the date in so many days."""
    now, seen = clock.utc_now(), meetings.agreed_start(page.relay)
    meetings_stories.move(page.relay.tutor, page.relay.parcours_id, Move(slot_in_days(days), seen=seen), now)


def waits(page: Page) -> list[int]:
    """Check that the tutor alone was told of the dates; return in how many days they are."""
    assert page.relay.head().step is Step.SLOTS_PROPOSED
    assert [str(mail["To"]) for mail in mails_leaving(page)] == [page.relay.tutor.address]
    appointment = meetings_stories.load_appointment(page.relay.head())
    assert appointment is not None
    return [(day_of(slot.start) - day_of(clock.utc_now())).days for slot in appointment.slots]


@pytest.mark.parametrize("back", [(), (9,)], ids=["moved", "moved and back"])
def test_dates_proposed_before_a_move_may_be_proposed_after_it(page: Page, back: tuple[int, ...]) -> None:
    dates = page.proposes_in_days(9, 10)
    accepts(page, dates[0])
    for day in (20, *back):
        moves(page, day)
    mails_leaving(page)

    page.gives(dates)

    assert waits(page) == [9, 10]


@pytest.mark.parametrize("beside", [(10,), (9, 10)], ids=["without the agreed one", "with it"])
def test_dates_that_did_not_suit_may_be_proposed_again(page: Page, beside: tuple[int, ...]) -> None:
    [slot] = page.proposes_in_days(9)
    accepts(page, slot)
    dates, tutor, here = page.proposes_in_days(*beside), page.relay.tutor, page.relay.parcours_id
    meetings_stories.ask_others(tutor, here, Reason.OTHER, clock.utc_now(), seen=shown_dates(page.relay))
    mails_leaving(page)

    page.gives(dates)

    assert waits(page) == list(beside)


def test_the_same_dates_sent_twice_count_once_before_and_after_the_answer(page: Page) -> None:
    dates = page.proposes_in_days(9, 10)
    page.gives(dates)
    accepts(page, dates[1])
    page.gives(dates)

    assert page.relay.event_kinds().count(EventKind.SLOTS_PROPOSED) == 1
    assert page.relay.head().meeting_at == dates[1].start


def test_a_page_that_shows_no_dates_replaces_none_that_came_since(page: Page) -> None:
    """Of two devices of one company, the second, whose page shows no dates, does not replace those of the first."""
    page.proposes_in_days(9, 10)
    now, browser = clock.utc_now(), page.browser.digest

    with pytest.raises(ChangedMeanwhile):
        meetings_stories.propose(page.token, Proposal((slot_in_days(12),), True, frozenset()), browser, now)

    current = meetings_stories.load_appointment(page.relay.head())
    assert current is not None and [slot.start for slot in current.slots] == [
        slot_in_days(days).start for days in (9, 10)
    ]
    seen = frozenset(slot.start for slot in current.slots)
    meetings_stories.propose(page.token, Proposal((slot_in_days(12),), True, seen), browser, now)
    after = meetings_stories.load_appointment(page.relay.head())
    assert after is not None and [slot.start for slot in after.slots] == [slot_in_days(12).start]
