"""Closing an account: parcours go to a colleague, sessions end, live sendings stay where they go."""

from dataclasses import replace

import pytest
from botocore.exceptions import ConnectTimeoutError

from chalicelib import clock
from chalicelib.domain.documents.sending import LinkOnPage
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import EventKind, Reason
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.parcours import assigning
from chalicelib.errors import NotFound, TryAgain
from chalicelib.stores import aws, parcours_table, relay_table
from chalicelib.stories.accounts import closing, managing
from chalicelib.stories.documents import sending
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


def close(client: Client, account: Account, successor: Account | None = None) -> Answer:
    """Close an account as this browser's agent, and hand its parcours over to a successor, if one is named."""
    return client.post_form(
        f"/comptes/{account.id}/fermeture", {"reprise": successor.id if successor else ""}
    )


def leaving_mails(world: World) -> tuple[list[str], list[str]]:
    """Send the waiting mails; return those to agents, and those that tell a company who follows the young person now."""
    sent = send_waiting_mails(world)
    to_companies = [
        mail for mail in sent if mail.startswith(COMPANY_ADDRESS) and "– Une autre personne suit" in mail
    ]
    return [mail for mail in sent if mail not in to_companies], to_companies


def test_closing_hands_every_parcours_over_ends_sessions_and_tells_once(
    world: World, cast: Cast, time: Clock
) -> None:
    taken = [relays.takes(world, cast.tutor) for _ in range(3)]
    tutor, boss = http.signed_in(cast.tutor), http.signed_in(cast.coordinator)

    page = boss.get(f"/comptes/{cast.tutor.id}/fermeture")
    nobody = close(boss, cast.tutor)
    stranger = close(boss, cast.tutor, cast.buyer)
    done = close(boss, cast.tutor, cast.colleague)
    close(boss, cast.tutor, cast.colleague)

    assert "Qui reprend ses 3 parcours" in page_text(page) and cast.colleague.address in page_text(page)
    assert (nobody.status, stranger.status, done.status) == (422, 422, 303)
    assert {relay.head().tutor for relay in taken} == {cast.colleague.id}
    event = parcours_table.read_page(taken[0].parcours_id).events[-1]
    assert (event.kind, event.reason) == (EventKind.TUTOR_ASSIGNED, Reason.TUTOR_GONE)
    assert tutor.get("/parcours").status == 401
    time.now += assigning.GATHERING
    told = [f"{cast.tutor.address}: Vos parcours passent à {cast.colleague.name}"]
    to_agents, to_companies = leaving_mails(world)
    assert sorted(to_agents) == sorted(
        [*told, f"{cast.colleague.address}: Vous reprenez des parcours, {cast.tutor.name}"]
    )
    assert len(to_companies) == 1, "one mail of all three"


def hands_over(client: Client, account: Account, successor: Account | None, *chosen: str) -> Answer:
    """Hand the chosen parcours of an account over to a successor."""
    boxes = {f"parcours{number}": identifier for number, identifier in enumerate(chosen)}
    return client.post_form(
        f"/comptes/{account.id}/parcours", boxes | {"reprise": successor.id if successor else ""}
    )


def test_handing_over_needs_a_parcours_and_a_tutor_to_take_it(world: World, cast: Cast) -> None:
    ids = [relays.takes(world, cast.tutor).parcours_id for _ in range(3)]
    boss = http.signed_in(cast.coordinator)

    page = boss.get(f"/comptes/{cast.tutor.id}/parcours")
    assert page.text.count(" checked") == 3 and all(identifier in page.text for identifier in ids)
    none = hands_over(boss, cast.tutor, cast.colleague)
    nobody = hands_over(boss, cast.tutor, None, ids[0])
    buyer = hands_over(boss, cast.tutor, cast.buyer, ids[0])
    assert [answer.status for answer in (none, nobody, buyer)] == [422, 422, 422]
    assert "Cochez au moins un parcours." in page_text(none) and nobody.text.count(" checked") == 1


def test_chosen_parcours_go_to_a_colleague_together_and_each_is_told_once(
    world: World, cast: Cast, time: Clock
) -> None:
    taken = [relays.takes(world, cast.tutor) for _ in range(3)]
    ids, boss = [relay.parcours_id for relay in taken], http.signed_in(cast.coordinator)

    done = hands_over(boss, cast.tutor, cast.colleague, *ids[:2])
    again = hands_over(boss, cast.tutor, cast.colleague, *ids[:2])

    assert (done.status, again.status) == (303, 303)
    assert [relay.head().tutor for relay in taken] == [cast.colleague.id, cast.colleague.id, cast.tutor.id]
    assert [relay.head().coordinator for relay in taken[:2]] == [cast.coordinator.id] * 2
    assert [relay.event_kinds().count(EventKind.TUTOR_ASSIGNED) for relay in taken] == [1, 1, 0]
    time.now += assigning.GATHERING
    left, to_companies = leaving_mails(world)
    recipients_and_subjects = [
        (to, text.partition(" – ")[2]) for to, text in (sent.split(": ", 1) for sent in left)
    ]
    assert sorted(recipients_and_subjects) == sorted(
        [
            (cast.colleague.address, "2 parcours vous sont confiés"),
            (cast.tutor.address, "2 parcours ne sont plus les vôtres"),
        ]
    )
    (mail,) = [mail for mail in world.mails() if mail["To"] == COMPANY_ADDRESS]
    text = mail_rules.one_line(mail)
    assert len(to_companies) == 1
    assert (
        f"Les jeunes pour qui nous vous avons écrit sont maintenant suivis par {cast.colleague.name}" in text
    )
    assert [str(relay.head().reference) in text for relay in taken] == [True, True, False]


def test_only_who_manages_a_tutor_hands_her_parcours_over_and_only_hers(world: World, cast: Cast) -> None:
    taken, another = relays.takes(world, cast.tutor), relays.takes(world, cast.colleague)
    far = factories.account(Role.COORDINATOR, academie="Lyon")
    stand(far)
    for person in (cast.tutor, cast.colleague, cast.buyer, far):
        client = http.signed_in(person)
        assert client.get(f"/comptes/{cast.tutor.id}/parcours").status == 404
        assert hands_over(client, cast.tutor, cast.colleague, taken.parcours_id).status == 404
    third = factories.account()
    stand(third)

    assert hands_over(http.signed_in(cast.team), cast.tutor, third, another.parcours_id).status == 303

    assert (taken.head().tutor, another.head().tutor) == (cast.tutor.id, cast.colleague.id)
    assert http.signed_in(cast.team).get(f"/comptes/{cast.buyer.id}/parcours").status == 409


def test_a_live_sending_stays_revocable_by_the_successor_and_goes_nowhere_else(
    world: World, cast: Cast
) -> None:
    sent = relays.takes(world, cast.tutor)
    sent.sends()

    close(http.signed_in(cast.team), cast.tutor, cast.colleague)
    version_shown = LinkOnPage(sent.link().id, 1, False)
    sending.resend(cast.colleague, sent.sent[-1].deposit, version_shown, now=clock.utc_now())
    sent.mailer_runs()

    assert sent.link().recipient == COMPANY_ADDRESS
    links = [mail for mail in world.mails() if "/retrait/#" in mail_rules.read_body(mail, "plain")]
    assert [str(mail["To"]) for mail in links] == [COMPANY_ADDRESS] * 2
    assert str(links[-1]["Reply-To"]) == cast.colleague.address
    with pytest.raises(NotFound):
        sending.revoke(
            read_account(cast.tutor), sent.sent[-1].deposit, seen_opened=False, now=clock.utc_now()
        )
    sending.revoke(cast.colleague, sent.sent[-1].deposit, seen_opened=False, now=clock.utc_now())
    deposit = relay_table.read_deposit(sent.sent[-1].deposit)
    assert deposit is not None and deposit.state.value == "revoked"


def test_a_closing_that_stopped_half_way_goes_on_to_the_same_person(
    world: World, cast: Cast, time: Clock
) -> None:
    taken = [relays.takes(world, cast.tutor) for _ in range(3)]
    asked: list[None] = []

    def dies_after_two() -> None:
        """Let the tables fail after two requests: the account that takes over, and one parcours."""
        asked.append(None)
        if len(asked) > 2:
            raise ConnectTimeoutError(endpoint_url="dynamodb")

    with (
        hooked(aws.dynamodb(), "before-call.dynamodb.TransactWriteItems", dies_after_two),
        pytest.raises(TryAgain),
    ):
        closing.close(cast.team, cast.tutor.id, cast.colleague.id, now=clock.utc_now())
    assert read_account(cast.tutor).closed_at is None
    assert read_account(cast.tutor).successor == cast.colleague.id
    assert [relay.head().tutor for relay in taken].count(cast.colleague.id) == 1

    assert closing.close(cast.team, cast.tutor.id, "", now=clock.utc_now()) == 0
    assert {relay.head().tutor for relay in taken} == {cast.colleague.id}
    time.now += assigning.GATHERING
    to_agents, to_companies = leaving_mails(world)
    assert len(to_agents) == 2, "one to each of the two"
    assert len(to_companies) == 1, "one mail of all three"


def test_many_parcours_are_handed_over_by_several_presses(world: World, cast: Cast) -> None:
    for _ in range(3):
        relays.takes(world, cast.tutor)

    def press() -> int:
        return closing.close(cast.team, cast.tutor.id, cast.colleague.id, most=2, now=clock.utc_now())

    assert press() == 1
    assert read_account(cast.tutor).closed_at is None
    assert press() == 0
    assert read_account(cast.tutor).closed_at is not None


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


def test_naming_anew_is_counted_and_goes_on_with_the_next_press(world: World, cast: Cast) -> None:
    for _ in range(3):
        relays.takes(world, cast.tutor, factories.offer(buyer=cast.buyer.id))

    left = [closing.close(cast.team, cast.buyer.id, "", most=2, now=clock.utc_now()) for _ in range(2)]

    assert left == [1, 0]
    assert read_account(cast.buyer).closed_at is not None
    assert managing.list_naming(cast.buyer) == []


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
