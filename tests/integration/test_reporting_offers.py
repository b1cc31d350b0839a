"""« Signaler cette offre »: a tutor says what is wrong with an offer, to the buyer and the team, once a day."""

from dataclasses import replace
from itertools import product

import pytest

from chalicelib import clock
from chalicelib.domain import record as rules
from chalicelib.domain.kernel.texts import hash_text
from chalicelib.domain.kernel.timeline import EventKind, Reason
from chalicelib.domain.kernel.values import Role
from chalicelib.errors import TooMany
from chalicelib.stores import items, parcours_table
from chalicelib.stories import record
from chalicelib.stories.kit import quotas
from tests.conftest import Clock
from tests.support import factories, mail_rules, people
from tests.support.http import Answer, Client, signed_in
from tests.support.offers import MINISTRY, declare_offer, event_kinds, sign_in_new
from tests.support.relays import Relay
from tests.support.worlds import World
from tests.support.writing import add_records


def report(client: Client, key: str, reason: str = "offer_inexact") -> Answer:
    """Press « Signaler »."""
    return client.post_form(f"/parcours/{key}/signalement", {"motif": reason})


def list_mailed(world: World) -> list[str]:
    """Send the waiting mails, and return to whom those of a report went."""
    people.send_waiting_mails(world)
    return sorted(
        str(mail["To"]) for mail in world.mails() if "Une offre vous est signalée" in str(mail["Subject"])
    )


def test_the_buyer_and_the_team_learn_why_and_from_whom_and_nobody_is_awaited(world: World) -> None:
    buyer, client = sign_in_new(Role.BUYER, organisation=MINISTRY)
    team, _ = sign_in_new(Role.TEAM)
    tutor, asker = sign_in_new(Role.TUTOR, academie="Lyon", name="Samuel Aubry")
    _, key = declare_offer(client)

    page = asker.get(f"/parcours/{key}").text
    answer = report(asker, key)

    assert f'action="/parcours/{key}/signalement"' in page
    assert answer.headers["location"] == f"/parcours/{key}?fait=signalee"
    event = parcours_table.read_page(key).events[-1]
    assert (event.kind, event.reason, event.actor, event.attempt) == (
        EventKind.OFFER_REPORTED,
        Reason.OFFER_INEXACT,
        Role.TUTOR,
        None,
    )
    assert list_mailed(world) == sorted([buyer.address, team.address])
    (mail, _) = [mail for mail in world.mails() if "signalée" in str(mail["Subject"])]
    assert "Le lieu, les heures ou les tâches ne sont pas justes." in mail_rules.read_body(mail, "plain")
    assert str(mail["Reply-To"]) == tutor.address
    shown = client.get(f"/parcours/{key}").text
    assert "a signalé l’offre" in shown and tutor.name not in shown, "the history names nobody"
    assert "À vous" not in shown


def test_the_same_person_reports_an_offer_once_a_day_and_another_one_still_may(world: World) -> None:
    _, client = sign_in_new(Role.BUYER, organisation=MINISTRY)
    _, first = sign_in_new(Role.TUTOR, academie="Dijon")
    _, second = sign_in_new(Role.TUTOR, academie="Dijon", name="Samuel Aubry")
    _, key = declare_offer(client)

    assert [report(first, key).status, report(first, key, "offer_twice").status] == [303, 303]
    assert report(second, key).status == 303
    assert event_kinds(key).count(EventKind.OFFER_REPORTED) == 2
    assert len(list_mailed(world)) == 2, "to the buyer, of each"


def test_an_offer_that_is_still_wrong_is_reported_again_on_another_day(world: World, time: Clock) -> None:
    _, buyer = sign_in_new(Role.BUYER, organisation=MINISTRY)
    tutor, asker = sign_in_new(Role.TUTOR, academie="Dijon")
    _, key = declare_offer(buyer)
    report(asker, key)
    time.passes(days=1)

    record.report(tutor, key, rules.REPORTS[0], now=clock.utc_now())

    assert event_kinds(key).count(EventKind.OFFER_REPORTED) == 2


def test_no_table_tells_who_reported_an_offer(world: World, time: Clock) -> None:
    accounts = [replace(factories.account(), departement="21") for _ in range(2)]
    offers = [factories.offer(), factories.offer()]
    add_records(*accounts, *offers)

    for account in accounts:
        record.report(account, offers[0].id, rules.REPORTS[0], now=clock.utc_now())
        record.report(account, offers[1].id, rules.REPORTS[0], now=clock.utc_now())

    people.send_waiting_mails(world)
    ids = [event.id for offer in offers for event in parcours_table.read_page(offer.id).events]
    counters = {str(item["pk"]) for item in world.table(items.RELAY) if "reported-offer" in str(item["pk"])}
    assert len(set(ids)) == 4 and len(counters) == 4
    for account, offer in product(accounts, offers):
        for told in (f"{account.id}|{offer.id}", f"offer_reported|{offer.id}|{account.id}"):
            assert hash_text(told)[:32] not in "".join([*ids, *counters])
        assert account.id not in "".join(counters)


def test_the_team_learns_of_a_report_beside_any_number_of_buyers(world: World) -> None:
    team, client = sign_in_new(Role.TEAM)
    _, asker = sign_in_new(Role.TUTOR, academie="Dijon")
    _, key = declare_offer(client, organisme=MINISTRY)
    add_records(*(factories.account(Role.BUYER, organisation=MINISTRY) for _ in range(12)))

    report(asker, key)

    mailed = list_mailed(world)
    assert team.address in mailed and len(mailed) == 1 + record.MOST_TOLD


def test_a_report_promises_nothing_that_a_passage_under_way_refuses(relay: Relay) -> None:
    team = factories.account(Role.TEAM)
    add_records(team)
    report(signed_in(relay.tutor), relay.parcours_id, "offer_unknown")

    people.send_waiting_mails(relay.world)

    (mail,) = [mail for mail in relay.world.mails() if str(mail["To"]) == team.address]
    assert "retirer tant qu’elle est libre" in mail_rules.read_body(mail, "plain").replace("\n", " ")
    refused = signed_in(team).post_form(f"/parcours/{relay.parcours_id}/retrait", {"motif": "ended_contract"})
    assert refused.status in {409, 422}


def test_every_buyer_of_the_organisation_learns_where_none_follows_the_offer(world: World) -> None:
    _, team = sign_in_new(Role.TEAM)
    buyers = [
        sign_in_new(Role.BUYER, organisation=MINISTRY, name=name)[0].address
        for name in ("Inès Vau", "Paul Ro")
    ]
    _, asker = sign_in_new(Role.TUTOR, academie="Dijon")
    _, key = declare_offer(team, organisme=MINISTRY)

    report(asker, key)

    assert set(buyers) < set(list_mailed(world))


def test_a_tutor_reports_an_offer_that_is_followed_and_nobody_elses(relay: Relay) -> None:
    stranger = factories.account(academie="Lyon")
    add_records(stranger)

    assert report(signed_in(stranger), relay.parcours_id).status == 404
    assert report(signed_in(relay.tutor), relay.parcours_id, "offer_unknown").status == 303
    assert event_kinds(relay.parcours_id)[-1] is EventKind.OFFER_REPORTED
    turn_before = signed_in(relay.tutor).get(f"/parcours/{relay.parcours_id}").text
    assert "À vous" in turn_before, "the turn stays"


@pytest.mark.parametrize("role", [Role.BUYER, Role.PRESCRIBER, Role.TEAM])
def test_who_may_put_the_offer_right_has_no_need_to_report_it(world: World, role: Role) -> None:
    _, client = sign_in_new(Role.BUYER, organisation=MINISTRY)
    _, key = declare_offer(client)
    _, other = sign_in_new(role, organisation=MINISTRY if role is not Role.TEAM else None, name="Odile Brun")

    assert "/signalement" not in other.get(f"/parcours/{key}").text
    assert report(other, key).status == 403


@pytest.mark.parametrize("reason", ["", "other", "reached", "Nadia", "\x00"])
def test_only_a_reason_of_the_list_reports(world: World, reason: str) -> None:
    _, client = sign_in_new(Role.BUYER, organisation=MINISTRY)
    _, asker = sign_in_new(Role.TUTOR, academie="Dijon")
    _, key = declare_offer(client)

    assert report(asker, key, reason).status in {400, 422}
    assert event_kinds(key) == [EventKind.OFFER_DECLARED]


def test_an_account_reports_ten_offers_a_day(world: World) -> None:
    tutor = replace(factories.account(), departement="21")
    offers = [factories.offer() for _ in range(quotas.REPORT.most + 1)]
    add_records(tutor)
    for offer in offers:
        add_records(offer)
    for offer in offers[:-1]:
        record.report(tutor, offer.id, rules.REPORTS[0], now=clock.utc_now())
    record.report(tutor, offers[0].id, rules.REPORTS[0], now=clock.utc_now())

    with pytest.raises(TooMany):
        record.report(tutor, offers[-1].id, rules.REPORTS[0], now=clock.utc_now())
