"""The holder of a link, or its thief, mails nobody without end: a dozen acts a day, and of what waits only the last is said."""

import html
from datetime import timedelta

import pytest

from chalicelib import french
from chalicelib.domain.kernel.timeline import EventKind, Reason
from chalicelib.errors import TooMany, WrongStep
from chalicelib.stories.kit import quotas
from tests.conftest import Clock
from tests.support import meetings, relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.http import Answer, Client
from tests.support.meetings import Page
from tests.support.passings import answers_question
from tests.support.relays import Browser
from tests.support.worlds import World

MOST = quotas.LINK_ACT.most


@pytest.fixture
def page(world: World, time: Clock) -> Page:
    """The company's page at eight in the morning, so that the day does not end during a test."""
    time.now = time.now.replace(hour=8)
    return Page(relays.started(world))


def use_up_limit(page: Page) -> None:
    """Propose dates as often as one link may act in one day."""
    for day in range(MOST):
        page.proposes_in_days(5 + day)


def test_a_link_proposes_dates_a_dozen_times_a_day_and_says_whom_to_call(world: World, time: Clock) -> None:
    time.now = time.now.replace(hour=8)
    relay = relays.started(world)
    token, client = relay.sends(), Client()
    client.get("/retrait")
    Browser(nonce=client.cookies["__Host-lien"]).proves(token)
    relay.mailer_runs()
    mailed = len(world.mails())

    answers = [_proposes(client, token, day) for day in range(120)]

    assert [answer.status for answer in answers] == [204] * MOST + [429] * (120 - MOST)
    refused = answers[-1]
    text = html.unescape(refused.json["message"])
    assert refused.json["code"] == "too_many" and int(refused.headers["retry-after"]) > 0
    assert "Appelez" in text and "demain" in text and "gardé" in text
    assert relay.event_kinds().count(EventKind.SLOTS_PROPOSED) == MOST
    relay.mailer_runs()
    assert len(world.mails()) <= mailed + MOST
    time.now += timedelta(days=1)
    Browser(nonce=client.cookies["__Host-lien"]).proves(token)
    assert _proposes(client, token, 1).status == 204


def _proposes(client: Client, token: str, day: int) -> Answer:
    """Propose one date over HTTP."""
    start = meetings.slot_in_days(3 + day).start.strftime("%Y-%m-%dT%H:%M")
    dates = [{"debut": start, "minutes": 45, "lieu": "fiche"}]
    return client.post_json("/retrait/creneaux", {"token": token, "creneaux": dates, "feries_vus": True})


def test_everything_that_a_link_mails_is_counted_together(page: Page) -> None:
    for day in range(MOST // 3):
        page.proposes_in_days(5 + day)
        page.browser.declines(page.token)
        page.browser.withdraws_refusal(page.token)

    for act in (lambda: page.proposes_in_days(40), lambda: page.browser.declines(page.token)):
        with pytest.raises(TooMany):
            act()


def test_unreadable_documents_count_against_the_daily_limit_of_a_link(page: Page) -> None:
    page.browser.opens(page.token)
    use_up_limit(page)

    with pytest.raises(TooMany):
        page.browser.confirms(page.token, readable=False)


def test_a_refusal_is_accepted_beyond_the_daily_limit_of_a_link(page: Page) -> None:
    use_up_limit(page)

    page.browser.opens(page.token)
    page.browser.confirms(page.token)

    assert EventKind.DOCUMENTS_CONFIRMED in page.relay.event_kinds()


def test_repeated_and_refused_acts_do_not_count_against_the_limit_of_a_link(page: Page) -> None:
    dates = page.proposes_in_days(5)
    for _ in range(2 * MOST):
        page.gives(dates)
        with pytest.raises(WrongStep):
            page.browser.withdraws_refusal(page.token)

    for day in range(MOST - 1):
        page.proposes_in_days(6 + day)


def test_each_link_has_its_own_daily_limit(page: Page, world: World) -> None:
    use_up_limit(page)
    other = relays.started(world)
    token = other.sends()
    browser = answers_question(token)

    browser.declines(token, Reason.NO_HOST_AVAILABLE)

    assert EventKind.COMPANY_DECLINED in other.event_kinds()


def test_only_the_last_proposed_dates_are_mailed_when_several_wait(page: Page, time: Clock) -> None:
    page.relay.mailer_runs()
    for day in (5, 6, 7):
        page.proposes_in_days(day)
        time.passes(seconds=1)

    mails = meetings.mails_leaving(page)

    assert [str(mail["To"]) for mail in mails] == [page.relay.tutor.address]
    assert french.moment(meetings.slot_in_days(7).start) in meetings.text_of(mails[0])


def test_only_the_last_refusal_is_mailed_when_several_wait(page: Page, time: Clock) -> None:
    page.relay.mailer_runs()
    for _ in range(2):
        page.browser.declines(page.token)
        time.passes(seconds=1)
        page.browser.withdraws_refusal(page.token)
        time.passes(seconds=1)
    page.browser.declines(page.token)

    recipients = sorted(str(mail["To"]) for mail in meetings.mails_leaving(page))

    assert recipients == sorted({COMPANY_ADDRESS, page.relay.tutor.address})


def test_a_notice_already_being_sent_is_neither_lost_nor_changed(page: Page, time: Clock) -> None:
    """Each notice waits under a key of its own, so that a later one does not touch what a mailer is sending."""
    page.relay.mailer_runs()
    page.proposes_in_days(5)
    first = meetings.mails_leaving(page)
    time.passes(seconds=1)
    page.proposes_in_days(6)

    assert len(first) == 1 and len(meetings.mails_leaving(page)) == 1
