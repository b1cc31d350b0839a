"""Closing an account: its parcours are whose coordinates, sessions end, live sendings stay where they go."""

import html
import re
from dataclasses import replace

import pytest
from botocore.exceptions import ConnectTimeoutError

from chalicelib import clock
from chalicelib.domain.documents.sending import LinkOnPage
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import Reason
from chalicelib.domain.kernel.values import Role
from chalicelib.errors import NotFound, TryAgain
from chalicelib.stores import aws, parcours_table, relay_table
from chalicelib.stories import parcours as parcours_stories
from chalicelib.stories.accounts import closing, managing
from chalicelib.stories.documents import sending
from chalicelib.stories.parcours import Assignment
from tests.bad_input.cases import hooked
from tests.conftest import Clock
from tests.support import factories, http, mail_rules, people, relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.http import Answer, Client
from tests.support.people import Cast, page_text, read_account, send_waiting_mails, stand
from tests.support.worlds import World


@pytest.fixture
def cast(world: World, time: Clock) -> Cast:
    """One account of each kind."""
    return people.cast()


def close(client: Client, account: Account) -> Answer:
    """Close an account as this browser's agent."""
    return client.post_form(f"/comptes/{account.id}/fermeture", {})


@pytest.mark.parametrize("coordinated", [True, False])
def test_the_parcours_of_a_closed_account_are_whose_coordinates_or_the_teams(
    world: World, cast: Cast, time: Clock, coordinated: bool
) -> None:
    taken = [relays.takes(world, cast.tutor) for _ in range(3)]
    tutor, team = http.signed_in(cast.tutor), http.signed_in(cast.team)
    if not coordinated:
        close(team, cast.coordinator)
    heir = cast.coordinator if coordinated else cast.team

    assert [close(team, cast.tutor).status for _ in range(2)] == [303, 303]

    assert tutor.get("/parcours").status == 401
    told = dict(sent.split(": ", 1) for sent in send_waiting_mails(world))
    assert told == {
        cast.tutor.address: "Votre compte est fermé",
        heir.address: f"Compte fermé\u00a0: les parcours de {cast.tutor.name} sont à vous",
    }
    for relay in taken:
        sheet = parcours_stories.read_sheet(heir, relay.parcours_id, now=time.now)
        assert sheet.yours and sheet.page.events[-1].reason is Reason.TUTOR_GONE
    page = page_text(http.signed_in(heir).get(f"/parcours/{taken[0].parcours_id}"))
    assert "La personne qui suivait ce parcours n’a plus de compte" in page and "9999" not in page
    assert "a fermé le compte de la personne qui suivait le jeune" in page and "absence" not in page
    listed = page_text(http.signed_in(heir).get("/parcours"))
    assert "9999" not in listed and "Suivi par" not in listed


@pytest.mark.parametrize("closed", [False, True])
def test_the_page_of_a_closing_leads_to_its_parcours_to_give(world: World, cast: Cast, closed: bool) -> None:
    taken, boss = [relays.takes(world, cast.tutor) for _ in range(2)], http.signed_in(cast.coordinator)
    relays.takes(world, cast.colleague)
    (link,) = re.findall(r'"(/parcours/ensemble[^"]*)"', boss.get(f"/comptes/{cast.tutor.id}/fermeture").text)
    if closed:
        close(boss, cast.tutor)

    page = boss.get(html.unescape(link)).text

    assert page.count(" checked") == 2 and all(relay.parcours_id in page for relay in taken)


def test_a_reopened_account_has_its_parcours_again(world: World, cast: Cast, time: Clock) -> None:
    kept, given = (relays.takes(world, cast.tutor) for _ in range(2))
    close(http.signed_in(cast.team), cast.tutor)
    parcours_stories.assign(
        cast.coordinator, given.parcours_id, Assignment(cast.colleague.id), now=clock.utc_now()
    )

    managing.reopen(cast.team, cast.tutor.id, now=clock.utc_now())

    turns = [parcours_stories.read_sheet(cast.tutor, kept.parcours_id, now=time.now)]
    turns.append(parcours_stories.read_sheet(cast.colleague, given.parcours_id, now=time.now))
    assert [sheet.yours for sheet in turns] == [True, True]


def test_a_live_sending_stays_revocable_by_who_coordinates_and_goes_nowhere_else(
    world: World, cast: Cast
) -> None:
    sent = relays.takes(world, cast.tutor)
    sent.sends()

    close(http.signed_in(cast.team), cast.tutor)
    version_shown = LinkOnPage(sent.link().id, 1, False)
    sending.resend(cast.coordinator, sent.sent[-1].deposit, version_shown, now=clock.utc_now())
    sent.mailer_runs()

    links = [mail for mail in world.mails() if "/retrait/#" in mail_rules.read_body(mail, "plain")]
    assert [str(mail["To"]) for mail in links] == [COMPANY_ADDRESS] * 2
    assert str(links[-1]["Reply-To"]) == cast.coordinator.address
    with pytest.raises(NotFound):
        sending.revoke(
            read_account(cast.tutor), sent.sent[-1].deposit, seen_opened=False, now=clock.utc_now()
        )
    sending.revoke(cast.coordinator, sent.sent[-1].deposit, seen_opened=False, now=clock.utc_now())
    deposit = relay_table.read_deposit(sent.sent[-1].deposit)
    assert deposit is not None and deposit.state.value == "revoked"


def test_a_closing_that_stopped_half_way_goes_on(world: World, cast: Cast) -> None:
    taken = [relays.takes(world, cast.tutor) for _ in range(3)]
    asked: list[None] = []

    def dies_after_two() -> None:
        """Let the tables fail after two requests: the account, and one parcours."""
        asked.append(None)
        if len(asked) > 2:
            raise ConnectTimeoutError(endpoint_url="dynamodb")

    with (
        hooked(aws.dynamodb(), "before-call.dynamodb.TransactWriteItems", dies_after_two),
        pytest.raises(TryAgain),
    ):
        closing.close(cast.team, cast.tutor.id, now=clock.utc_now())
    assert [relay.head().tutor_absence is None for relay in taken].count(True) == 2

    closing.close(cast.team, cast.tutor.id, now=clock.utc_now())
    assert all(relay.head().tutor_absence for relay in taken)


def test_the_offers_of_a_buyer_who_left_name_a_colleague_or_nobody(world: World, cast: Cast) -> None:
    other = factories.account(Role.BUYER, name="Zoé Lambert")
    stand(other)
    relays.takes(world, cast.tutor, offer := factories.offer(buyer=cast.buyer.id))
    team = http.signed_in(cast.team)

    assert close(team, cast.buyer).status == 303
    assert parcours_table.read_parcours(offer.id).buyer == other.id
    assert close(team, other).status == 303
    assert parcours_table.read_parcours(offer.id).buyer is None


def test_who_is_named_costs_no_read_of_the_records_that_name_another(world: World, cast: Cast) -> None:
    for _ in range(3):
        relays.takes(
            world, cast.tutor, replace(factories.offer(buyer=cast.buyer.id), coordinator=cast.coordinator.id)
        )
        relays.takes(world, cast.tutor)
    read: list[None] = []

    with hooked(aws.dynamodb(), "before-call.dynamodb.GetItem", lambda: read.append(None)):
        successors = [managing.list_naming(account) for account in (cast.buyer, cast.coordinator)]

    assert [len(rows) for rows in successors] == [3, 3]
    assert read == []


def test_nobody_closes_herself_nor_the_last_of_the_team(cast: Cast) -> None:
    other = factories.account(Role.TEAM)
    stand(other)
    first, second = http.signed_in(cast.team), http.signed_in(other)

    assert close(first, cast.team).status == 404
    assert close(first, other).status == 303
    assert close(second, cast.team).status == 401
    assert read_account(cast.team).closed_at is None


def test_the_team_reopens_what_a_coordinator_cannot(world: World, cast: Cast) -> None:
    boss, team = http.signed_in(cast.coordinator), http.signed_in(cast.team)
    colleague = http.signed_in(cast.colleague)
    close(boss, cast.colleague)

    assert boss.post_form(f"/comptes/{cast.colleague.id}/reouverture", {}).status == 404
    assert team.post_form(f"/comptes/{cast.colleague.id}/reouverture", {}).status == 303
    assert read_account(cast.colleague).closed_at is None
    assert colleague.get("/parcours").status == 401, "a session from before does not come back"
    assert http.signed_in(cast.colleague).get("/parcours").status == 200
    assert len(send_waiting_mails(world)) == 1
