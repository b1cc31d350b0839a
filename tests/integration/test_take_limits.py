"""Nobody takes all the offers of the country: so many a day, so many without a sending, and who coordinates hears of it."""

import html
from datetime import timedelta

import pytest

from chalicelib import clock
from chalicelib.domain.kernel import attempt
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.transition import MailKind
from chalicelib.domain.kernel.values import ParcoursStatus, Role
from chalicelib.stores import parcours_table
from chalicelib.stories import outcomes
from chalicelib.stories.kit import quotas
from tests.conftest import Clock
from tests.support import factories, relays
from tests.support.http import Answer, Client, signed_in
from tests.support.worlds import World
from tests.support.writing import add_records

MOST = quotas.TAKING.most


@pytest.fixture
def tutor(world: World, time: Clock) -> Account:
    """A tutor with a coordinator, at eight in the morning, so that the day does not end during a test."""
    time.now = time.now.replace(hour=8)
    account = factories.account()
    add_records(account, factories.account(Role.COORDINATOR))
    return account


def offers(count: int) -> list[str]:
    """Store so many free offers; return their ids."""
    made = [factories.offer() for _ in range(count)]
    for offer in made:
        add_records(offer)
    return [offer.id for offer in made]


def takes(client: Client, free: list[str]) -> list[Answer]:
    """Take these offers one after another; return the answers."""
    return [client.post_form(f"/parcours/{offer}/passage", {}) for offer in free]


def mails(world: World) -> list[str]:
    """Return the accounts that a waiting mail tells of a tutor who was stopped."""
    waiting = (item for item in world.table("RELAY_TABLE") if str(item["pk"]).startswith("mail#"))
    return [str(item["account"]) for item in waiting if item["kind"] == MailKind.TAKINGS_STOPPED]


def test_a_tutor_takes_ten_offers_a_day_and_who_coordinates_hears_of_more_once(
    world: World, time: Clock, tutor: Account
) -> None:
    free = offers(MOST + 2)

    answers = takes(signed_in(tutor), free)

    assert [answer.status for answer in answers] == [303] * MOST + [429, 429]
    text = html.unescape(answers[-1].text)
    assert "coordination" in text and "demain" in text
    assert [parcours_table.read_parcours(offer).status for offer in free[MOST:]] == [
        ParcoursStatus.AVAILABLE
    ] * 2
    (coordinator,) = mails(world)
    assert coordinator != tutor.id
    time.now += timedelta(days=1)
    assert takes(signed_in(tutor), free[MOST:])[0].status == 303


def test_a_tutor_without_a_coordinator_reads_that_the_team_hears_of_more(world: World, time: Clock) -> None:
    time.now = time.now.replace(hour=8)
    alone, team = factories.account(), factories.account(Role.TEAM)
    add_records(alone, team)

    refused = takes(signed_in(alone), offers(MOST + 1))[-1]

    assert "L’équipe en est prévenue" in refused.words and "coordination" not in refused.words
    assert mails(world) == [team.id]


def test_the_mail_about_a_tutor_over_the_limit_names_no_offer(world: World, tutor: Account) -> None:
    takes(signed_in(tutor), offers(MOST + 1))
    relay = relays.Relay(world, tutor, "")
    relay.mailer_runs()

    (mail,) = [mail for mail in world.mails() if "offres prises" in str(mail["Subject"])]
    assert str(mail["Reply-To"]) == tutor.address and tutor.name in str(mail["Subject"])


def test_an_offer_taken_by_another_does_not_count_against_the_limit(world: World, tutor: Account) -> None:
    (taken,), other = offers(1), factories.account()
    add_records(other)
    outcomes.take_offer(other, taken, now=clock.utc_now())
    client = signed_in(tutor)
    for _ in range(MOST + 1):
        assert takes(client, [taken])[0].status in {404, 409}

    assert takes(client, offers(1))[0].status == 303


def test_a_tutor_holds_so_many_offers_without_a_sending(world: World, time: Clock, tutor: Account) -> None:
    free = offers(attempt.MOST_HELD + 1)
    for offer in free[:-1]:
        outcomes.take_offer(tutor, offer, now=clock.utc_now())
        time.now += timedelta(hours=8)

    (refused,) = takes(signed_in(tutor), free[-1:])

    assert refused.status == 409
    assert f"{attempt.MOST_HELD} offres" in html.unescape(refused.text)
    assert len(mails(world)) == 1
    sent = relays.Relay(world, tutor, free[0])
    sent.sends()
    assert takes(signed_in(tutor), free[-1:])[0].status == 303
    assert EventKind.OFFER_TAKEN in [event.kind for event in parcours_table.read_page(free[-1]).events]
