"""Several parcours given to one tutor, or several offers withdrawn, at once: each once, in one mail to each person."""

import html
import re

import pytest

from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.values import ParcoursStatus, Role
from chalicelib.stores import parcours_table
from chalicelib.web import together
from tests.conftest import Clock
from tests.support import factories, relays, worlds
from tests.support.http import Answer, Client, signed_in
from tests.support.mail_rules import read_body
from tests.support.moto_worlds import raws
from tests.support.offers import sign_in_new
from tests.support.people import page_text
from tests.support.worlds import World
from tests.support.writing import add_records

FIELD = re.compile(r'<input type="(?:hidden|checkbox)" name="([^"]*)" value="([^"]*)"')


def boxes(page: Answer) -> dict[str, str]:
    """Return the parcours that a page offers, by their boxes."""
    return {name: value for name, value in FIELD.findall(page.text) if name.startswith("parcours")}


def ask(client: Client, ticked: dict[str, str], **asked: str) -> Answer:
    """Press a button of the page with these boxes ticked."""
    return client.post_form("/parcours/ensemble", ticked | asked)


def confirm(client: Client, shown: Answer) -> Answer:
    """Press the button under what would be done."""
    fields = {name: html.unescape(value) for name, value in FIELD.findall(shown.text)}
    return client.post_form("/parcours/ensemble", fields)


def statuses(ids: list[str]) -> list[ParcoursStatus]:
    """Return the status of each parcours."""
    return [parcours_table.read_parcours(identifier).status for identifier in ids]


@pytest.fixture
def tutor(world: World, time: Clock) -> Account:
    """A tutor to whom parcours are given."""
    account = factories.account(name="Samuel Aubry")
    add_records(account)
    return account


@pytest.fixture
def offers(world: World, time: Clock) -> list[str]:
    """Three free offers of the ministry."""
    declared = [factories.offer(contract=factories.unique_contract()) for _ in range(3)]
    add_records(*declared)
    return [offer.id for offer in declared]


def test_free_offers_and_parcours_under_way_go_to_one_tutor_with_one_mail_to_each(
    world: World, time: Clock, tutor: Account, offers: list[str]
) -> None:
    relay = relays.started(world)
    _, client = sign_in_new(Role.COORDINATOR)
    page = client.get("/parcours/ensemble?statut=tous&tri=retard")
    assert page_text(page).count(f"suivi par {relay.tutor.name}") == 1, "of what is ticked, who follows it"
    assert set(boxes(page).values()) == {*offers, relay.parcours_id}

    shown = ask(client, boxes(page), geste="confier", qui=tutor.id)
    assert f"en cours, suivi par {relay.tutor.name}, changera de mains" in page_text(shown)
    assert "Samuel Aubry" in page_text(shown) and "Confier ces 4 parcours" in page_text(shown)
    assert statuses(offers) == [ParcoursStatus.AVAILABLE] * 3, "nothing is done before it is confirmed"
    done = confirm(client, shown)
    again = confirm(client, shown)

    assert "4 parcours confiés à Samuel Aubry" in page_text(done)
    assert "4 parcours confiés à Samuel Aubry" in page_text(again)
    assert {parcours_table.read_parcours(key).tutor for key in boxes(page).values()} == {tutor.id}
    waiting = [item for item in world.table("RELAY_TABLE") if str(item["pk"]).startswith("mail#")]
    told = [item for item in waiting if item.get("kind") == "assigned"]
    assert [len(item["several"]) for item in told] == [4], "one mail says all of them, once"
    checks = [item for item in waiting if item.get("kind") == "contact_check" and item.get("several")]
    assert [len(item["several"]) for item in checks] == [3], "and one to their contact says which begin"
    time.passes(minutes=6)
    relay.mailer_runs()
    [mail] = [mail for mail in map(worlds.parsed, raws()) if "Vérifiez les contacts de" in mail["Subject"]]
    assert (mail["To"], mail["Reply-To"]) == (factories.COMPANY_ADDRESS, tutor.address)
    assert read_body(mail, "plain").count("Chez Jardins Morvenne") == 3


def test_offers_are_withdrawn_together_and_what_is_not_free_stays(
    world: World, tutor: Account, offers: list[str]
) -> None:
    _, team = sign_in_new(Role.TEAM)
    page = team.get("/parcours/ensemble?statut=disponible")
    shown = ask(team, boxes(page), geste="retirer", motif="contract_ended")
    assert "Retirer ces 3 offres" in page_text(shown)
    team.post_form(f"/parcours/{offers[0]}/tutrice", {"qui": tutor.id})

    done, again = confirm(team, shown), confirm(team, shown)

    taken, *others = statuses(offers)
    assert taken is ParcoursStatus.IN_PREPARATION and set(others) == {ParcoursStatus.WITHDRAWN}
    assert "2 offres retirées" in page_text(done)
    assert "En préparation : laissé comme il est" in page_text(done)
    assert [len(parcours_table.read_page(key).events) for key in offers[1:]] == [1, 1]
    assert again.status == 200


def test_parcours_of_others_are_left_out_whatever_is_posted(offers: list[str]) -> None:
    _, buyer = sign_in_new(Role.BUYER, organisation="Autre organisme")
    free, *_ = offers

    shown = ask(buyer, {"parcours0": free}, geste="retirer", motif="other", confirme="1")

    assert shown.status == 404 and free not in shown.text
    assert statuses([free]) == [ParcoursStatus.AVAILABLE]


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"geste": "confier", "qui": "x" * 5_000}, "Choisissez dans la liste"),
        ({"geste": "confier"}, "Choisissez dans la liste"),
        ({"geste": "retirer", "motif": "rien"}, "motif"),
        ({"geste": "autre"}, "Ce n’est pas fait"),
        ({}, "Ce n’est pas fait"),
    ],
)
def test_what_cannot_be_done_is_said_and_the_ticks_stay(
    offers: list[str], asked: dict[str, str], says: str
) -> None:
    _, team = sign_in_new(Role.TEAM)

    answer = ask(team, {"parcours0": offers[0]}, **asked)

    assert answer.status == 422 and says in page_text(answer)
    assert [ticked.partition(".")[0] for ticked in boxes(answer).values()] == offers[:1]


def test_a_tutor_acts_on_one_at_a_time(tutor: Account) -> None:
    client = signed_in(tutor)

    assert client.get("/parcours/ensemble").status == 404
    assert "/parcours/ensemble" not in client.get("/parcours").text


def test_a_page_shows_as_many_as_one_request_does(world: World) -> None:
    assert len(together.BOXES) == together.MOST == 100


def test_a_confirmation_does_what_was_shown_and_takes_nothing_back(
    world: World, tutor: Account, offers: list[str]
) -> None:
    other = factories.account(name="Lina Ferrand")
    add_records(other)
    _, team = sign_in_new(Role.TEAM)
    taken, given, *_ = offers
    shown = ask(team, {"parcours0": taken, "parcours1": given}, geste="confier", qui=tutor.id)
    assert page_text(shown).count("offre libre, le tutorat sera désigné") == 2
    signed_in(other).post_form(f"/parcours/{taken}/passage", {})
    assert parcours_table.read_parcours(taken).tutor == other.id, "another tutor takes it meanwhile"

    done = confirm(team, shown)

    assert parcours_table.read_parcours(taken).tutor == other.id
    assert parcours_table.read_parcours(given).tutor == tutor.id
    assert "1 parcours confié à Samuel Aubry" in page_text(done) and "modifié entre-temps" in page_text(done)
    again = confirm(team, done)
    assert "Ce qui sera fait" in page_text(
        again
    ) and "en cours, suivi par Lina Ferrand, changera" in page_text(again)
    team.post_form(f"/parcours/{given}/tutrice", {"qui": other.id})
    confirm(team, shown)
    assert parcours_table.read_parcours(given).tutor == other.id, "sent once more, it takes nothing back"


def test_an_offer_proposed_again_is_not_withdrawn_by_a_confirmation_sent_once_more(offers: list[str]) -> None:
    _, team = sign_in_new(Role.TEAM)
    shown = ask(team, {"parcours0": offers[0]}, geste="retirer", motif="contract_ended")
    confirm(team, shown)
    team.post_form(f"/parcours/{offers[0]}/retrait", {"geste": "remettre"})
    assert statuses(offers[:1]) == [ParcoursStatus.AVAILABLE]

    confirm(team, shown)

    assert statuses(offers[:1]) == [ParcoursStatus.AVAILABLE]


def test_pages_hold_every_parcours_of_a_long_list_once_even_when_some_change_hands(
    world: World, tutor: Account, time: Clock
) -> None:
    declared = [factories.offer(contract=factories.unique_contract()) for _ in range(together.MOST + 2)]
    for offer in declared:
        add_records(offer)
    _, team = sign_in_new(Role.TEAM)
    first = team.get("/parcours/ensemble?statut=tous")
    ticked = dict(list(boxes(first).items())[:2])
    confirm(team, ask(team, ticked, geste="confier", qui=tutor.id))

    second = team.get("/parcours/ensemble?statut=tous&page=2")

    assert "Page suivante" in first.text and "Page suivante" not in second.text
    assert sorted([*boxes(first).values(), *boxes(second).values()]) == sorted(offer.id for offer in declared)


def test_a_choice_of_tutors_that_is_cut_says_so(tutor: Account, offers: list[str]) -> None:
    _, team = sign_in_new(Role.TEAM)
    whole = team.get("/parcours/ensemble?statut=disponible")
    for place in range(parcours_table.MOST_PEOPLE):
        add_records(factories.account(name=f"Aa {place:03}"))
    cut = team.get("/parcours/ensemble?statut=disponible")

    assert "la liste s’arrête ici" not in page_text(whole)
    assert "la liste s’arrête ici" in page_text(cut)
