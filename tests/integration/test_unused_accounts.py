"""Accounts go when they have served: closed for a year, or unused for two, warned a month before; never the team's last one."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import clock, terms
from chalicelib.domain.documents import mailing as outbox
from chalicelib.domain.kernel.calendar import day_of, months_later
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import EventKind, Reason
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.parcours.ending import End
from chalicelib.stores import items, parcours_table
from chalicelib.stores import parcours_table as parcours_stores
from chalicelib.stories import outcomes, retention
from chalicelib.stories import parcours as parcours_stories
from chalicelib.stories.kit import accompanying
from chalicelib.stories.mails import mailing
from chalicelib.stories.parcours import Assignment
from tests.conftest import Clock
from tests.faults.wire import Mode, Tap, reject, strike
from tests.support import factories, relays, sign_in
from tests.support.http import Client, signed_in
from tests.support.people import stand
from tests.support.worlds import World
from tests.support.writing import change_record

A_MONTH, A_DAY = timedelta(days=32), timedelta(days=1)


@pytest.fixture
def buyer(world: World, time: Clock) -> Account:
    """A buyer who was invited and never signed in."""
    account = replace(factories.account(Role.BUYER), invited_at=time.now)
    stand(account)
    return account


def minute_passes(time: Clock) -> None:
    """Run the minute function, then the mailer that it wakes."""
    report = retention.purge(now=time.now)
    assert report.failed == 0
    mailing.send_all(report.waiting, now=clock.utc_now())


def warned_at(account: Account, time: Clock) -> None:
    """Let time pass until the holder of the account is warned."""
    time.now = terms.retention().warned_from(account.used_at or time.now)
    minute_passes(time)


def signs_in(world: World, account: Account) -> None:
    """Sign in to this account."""
    browser = Client()
    sign_in.asks_for_code(browser, account.address)
    assert sign_in.signs_in_with(browser, sign_in.derive_code(browser))
    relays.Relay(world, account, "").mailer_runs()


def test_nobody_is_warned_before_twenty_three_months(world: World, time: Clock, buyer: Account) -> None:
    time.now = terms.retention().warned_from(time.now) - A_DAY
    minute_passes(time)

    assert world.mails() == []


def test_an_account_that_nobody_uses_is_warned_once_then_gone_without_a_trace(
    world: World, time: Clock, buyer: Account
) -> None:
    warned_at(buyer, time)
    time.now += A_DAY
    minute_passes(time)
    assert [mail["To"] for mail in world.mails()] == [buyer.address]
    assert "sera effacé le" in str(world.mails()[0]["Subject"])
    assert parcours_table.read_account(buyer.id) is not None

    time.now += A_MONTH
    minute_passes(time)

    assert buyer.address not in world.everything() and buyer.id not in world.everything()
    assert len(world.mails()) == 1


def test_an_account_whose_warning_could_not_leave_is_warned_again_before_it_goes(
    world: World, time: Clock, buyer: Account
) -> None:
    with Tap(act=strike(Mode.REFUSED), operation="SendEmail").open():
        warned_at(buyer, time)
        first_warned_at = time.now
        time.now += outbox.LIFE
        minute_passes(time)
    assert world.mails() == []

    minute_passes(time)
    assert [mail["To"] for mail in world.mails()] == [buyer.address]
    time.now = months_later(first_warned_at, 1)  # nobody got that warning
    minute_passes(time)

    assert parcours_table.read_account(buyer.id) is not None


def test_signing_in_keeps_an_unused_account(world: World, time: Clock, buyer: Account) -> None:
    warned_at(buyer, time)
    signs_in(world, buyer)
    time.now += A_MONTH
    minute_passes(time)

    kept = parcours_table.read_account(buyer.id)
    assert kept is not None and kept.seen_at is not None


def test_a_late_warning_leaves_a_whole_month(world: World, time: Clock, buyer: Account) -> None:
    """The minute function was down for long, so the warning leaves late."""
    time.now += timedelta(days=800)
    minute_passes(time)
    minute_passes(time)

    assert parcours_table.read_account(buyer.id) is not None
    time.now += A_MONTH
    minute_passes(time)
    assert parcours_table.read_account(buyer.id) is None


def test_the_last_account_of_the_team_stays_and_of_two_one(world: World, time: Clock) -> None:
    team = [replace(factories.account(Role.TEAM), invited_at=time.now) for _ in range(2)]
    stand(*team)
    warned_at(team[0], time)
    for _ in range(40):
        time.now += A_MONTH
        minute_passes(time)

    assert len(parcours_stores.list_open_team_accounts()) == 1
    assert len(world.mails()) == 2, "nobody is warned of what does not happen"


def test_a_closed_account_is_not_warned(world: World, time: Clock) -> None:
    closed = replace(factories.account(Role.BUYER), invited_at=time.now, closed_at=time.now + A_DAY)
    stand(closed)
    time.now = terms.retention().closed_until(time.now + A_DAY) - A_DAY
    minute_passes(time)
    assert parcours_table.read_account(closed.id) is not None
    time.now += A_DAY
    minute_passes(time)

    assert parcours_table.read_account(closed.id) is None and world.mails() == []


def test_records_name_a_colleague_or_nobody_afterwards(world: World, time: Clock, buyer: Account) -> None:
    relay = relays.started(world, offer=factories.offer(buyer=buyer.id))
    assert relay.head().buyer == buyer.id
    end = End(
        kind=EventKind.YOUNG_PERSON_WITHDREW,
        reason=Reason.OTHER,
        occurred_at=clock.utc_now(),
    )
    outcomes.finish_passage(relay.tutor, relay.parcours_id, end, now=clock.utc_now())
    contract = replace(relay.head().contract, ends_on=day_of(time.now) + timedelta(days=1200))
    head = relay.head()
    change_record(head, replace(head, contract=contract))
    warned_at(buyer, time)
    time.now += A_MONTH
    minute_passes(time)

    assert parcours_table.read_account(buyer.id) is None
    assert relay.head().buyer is None
    assert signed_in(relay.tutor).get(f"/parcours/{relay.parcours_id}").status == 200


def test_a_tutor_who_accompanies_a_passage_stays_until_it_is_over_and_is_warned_once(
    world: World, time: Clock
) -> None:
    """Assigned after the warning: what the company answers must reach somebody."""
    tutor = replace(factories.account(), invited_at=time.now)
    boss, other = factories.account(Role.COORDINATOR), factories.account()
    relay = relays.started(world, other, also=(boss, tutor))
    relay.sends()
    head = relay.head()
    later = time.now + timedelta(days=800)
    change_record(head, replace(head, meeting_at=later))
    warned_at(tutor, time)
    parcours_stories.assign(boss, relay.parcours_id, Assignment(tutor.id), now=clock.utc_now())
    relay.mailer_runs()
    warnings = len(world.mails())
    for _ in range(2):
        time.now += A_MONTH
        minute_passes(time)
    assert parcours_table.read_account(tutor.id) is not None

    end = End(kind=EventKind.YOUNG_PERSON_WITHDREW, reason=Reason.OTHER, occurred_at=clock.utc_now())
    outcomes.finish_passage(boss, relay.parcours_id, end, now=clock.utc_now())
    time.now += A_MONTH
    minute_passes(time)

    assert parcours_table.read_account(tutor.id) is None
    assert not [mail for mail in world.mails()[warnings:] if "sera effacé le" in str(mail["Subject"])]
    assert signed_in(boss).get(f"/parcours/{relay.parcours_id}").status == 200


def test_a_warning_that_is_refused_for_good_keeps_no_account_for_ever(
    world: World, time: Clock, buyer: Account
) -> None:
    """The mailbox is gone: the account is closed all the same, and nobody is warned again and again."""
    with Tap(act=reject, operation="SendEmail").open() as tap:
        warned_at(buyer, time)
        for _ in range(3 * outbox.MOST_REFUSALS):
            time.now += outbox.LEASE * 2**outbox.LONGEST_DOUBLING
            minute_passes(time)
        tried = [call for call in tap.calls if call.operation == "SendEmail"]
        time.now += A_MONTH
        minute_passes(time)

    assert len(tried) == outbox.MOST_REFUSALS
    assert parcours_table.read_account(buyer.id) is None


def test_an_organisations_choice_goes_when_nobody_works_or_buys_there(
    world: World, time: Clock, buyer: Account
) -> None:
    accompanying.set_default_sending_route(buyer, by_buyer=True, now=time.now)
    for _ in range(3):
        time.now += timedelta(days=367)
        minute_passes(time)
        time.now += A_MONTH
        minute_passes(time)

    assert parcours_table.read_account(buyer.id) is None
    left = [item for item in world.table(items.PARCOURS) if str(item["pk"]).startswith("organisation#")]
    assert left == []
