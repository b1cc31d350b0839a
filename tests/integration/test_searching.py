"""Words and people are looked for in every status, a reference when its passage has ended too; within rights."""

import csv
import html
import io
import re
from dataclasses import replace
from datetime import date
from urllib.parse import urlencode

import pytest

from chalicelib import clock
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.parcours import Company, CompanyContact, ContactRole, Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import Event, EventKind
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.kernel.values import ParcoursStatus, Role
from chalicelib.stores import aws, items, parcours_table, rows, transactions
from chalicelib.stories import lists as lists_stories
from chalicelib.web import lists as lists_pages
from tests.support import crowds, factories, people, relays
from tests.support.http import Client, signed_in
from tests.support.listings import companies, under, under_way
from tests.support.people import read_account
from tests.support.relays import Relay
from tests.support.worlds import World
from tests.support.writing import add_records, change_record, remove_record

PLACED = [
    replace(under_way("Alpha Dorure", factories.account(), contract=under("A", date(2026, 1, n))), status=status, step=None)
    for n, status in enumerate(ParcoursStatus, start=1)
]  # fmt: skip


def read_page(client: Client, path: str) -> str:
    """Return the text of a page, with plain spaces."""
    answer = client.get(path)
    assert answer.status == 200
    return html.unescape(answer.text).replace("\u00a0", " ")


def find_companies(account: Account, path: str) -> list[str]:
    """Return the companies that a list shows to this account."""
    return companies(signed_in(account).get(path).text)


@pytest.fixture
def team(world: World) -> Account:
    """Somebody of the team."""
    account = factories.account(Role.TEAM)
    people.stand(account)
    return account


def test_a_search_shows_every_status_and_each_says_its_own(team: Account) -> None:
    for offer in PLACED:
        add_records(offer)
    agent = signed_in(team)

    text = read_page(agent, "/parcours?q=dorure")
    assert len(companies(text)) == 6 and "<h1>Parcours, tous les statuts</h1>" in text
    for label in ("Disponible", "En réalisation", "Réalisé", "Marché terminé", "Offre retirée"):
        assert f"<span>{label}</span></span></td>" in text
    assert '<option value="" selected>Tous les statuts</option>' in text.partition('name="statut"')[2]
    plain = read_page(agent, "/parcours?tri=retard")
    assert '<option value="" selected>En cours</option>' in plain
    assert len(companies(plain)) == 2, "those under way"
    assert len(companies(read_page(agent, "/parcours?statut=tous"))) == 6
    for slug in ("disponible", "en-preparation", "echu"):
        chosen = read_page(agent, f"/parcours?q=dorure&statut={slug}")
        assert len(companies(chosen)) == 1 and f'<option value="{slug}" selected>' in chosen
    assert len(companies(read_page(agent, "/parcours?q=dorure&tri=retard"))) == 6


def test_the_searched_view_lives_on_in_the_export_and_the_pages(team: Account) -> None:
    for number in range(30):
        status = ParcoursStatus.IN_PROGRESS if number % 2 else ParcoursStatus.IN_PREPARATION
        record = replace(under_way(f"N{number:02d} Dorure", factories.account()), status=status)
        add_records(record)
    agent = signed_in(team)
    first = read_page(agent, "/parcours?q=dorure&statut=")
    (following,) = re.findall(r'href="([^"]*)">Page suivante', first)
    (export,) = re.findall(r'href="([^"]*)">Exporter', first)
    begun = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', first))

    assert "30 parcours" in first and len(companies(read_page(agent, following))) == 5
    saved = agent.get(export)
    assert len(list(csv.reader(io.StringIO(saved.text), delimiter=";"))) == 33
    assert 'filename="parcours-tous-statuts-' in saved.headers["content-disposition"]
    assert (
        len(
            lists_stories.list_parcours(
                team, lists_pages.parse_parameters(begun).filter, now=clock.utc_now()
            ).lines
        )
        == 30
    )


def test_a_search_that_is_cut_in_one_status_says_so(team: Account) -> None:
    crowds.generate(536, clock.utc_now(), scopes=("all",))
    text = read_page(signed_in(team), "/parcours?q=ateliers")

    assert "Plus de 400 parcours : affinez" in text
    assert "Seuls les 400 premiers de chaque statut ont été lus" in text
    assert "affinez" not in read_page(signed_in(team), "/parcours?q=ateliers&statut=disponible")


def end_passage(relay: Relay) -> str:
    """End the passage by a withdrawal; return the reference that it had."""
    reference = str(parcours_table.read_parcours(relay.parcours_id).reference)
    today = day_of(clock.utc_now()).isoformat()
    end = {"fin": "young_person_withdrew", "motif": "too_long", "survenu_le": today, "jours": "", "suite": ""}
    assert signed_in(relay.tutor).post_form(f"/parcours/{relay.parcours_id}/fin", end).status == 303
    return reference


def test_the_reference_of_an_ended_passage_leads_to_its_parcours(world: World, team: Account) -> None:
    relay = relays.started(world, offer=factories.offer())
    coordinator, buyer, stranger = (
        factories.account(Role.COORDINATOR),
        factories.account(Role.BUYER),
        factories.account(),
    )
    people.stand(coordinator, buyer, stranger)
    path = f"/parcours?q={end_passage(relay)}"

    for who in (team, coordinator, buyer, relay.tutor):
        assert find_companies(who, path) == [relay.head().company.name]
    assert "la référence cherchée est celle d’un parcours terminé" in read_page(signed_in(team), path)
    assert not find_companies(team, f"{path}&statut=en-preparation")
    assert not find_companies(stranger, path), "a free offer tells no tutor of another's passage"
    assert find_companies(stranger, "/parcours?statut=disponible") == [relay.head().company.name]


def test_a_tutor_learns_nothing_of_the_passage_after_hers(world: World, team: Account) -> None:
    first = relays.started(world, offer=factories.offer())
    reference = end_passage(first)
    next_tutor = factories.account()
    people.stand(next_tutor)
    taken = signed_in(next_tutor).post_form(f"/parcours/{first.parcours_id}/passage", {})
    second = Relay(world, next_tutor, first.parcours_id)
    assert taken.status == 303
    for tutor in (first.tutor, next_tutor):
        assert not find_companies(tutor, f"/parcours?q={reference}")
    assert find_companies(team, f"/parcours?q={reference}")
    assert find_companies(next_tutor, f"/parcours?q={second.head().reference}")

    end_passage(second)

    assert not find_companies(first.tutor, f"/parcours?q={reference}"), "the last fact is of another passage"
    assert not find_companies(next_tutor, f"/parcours?q={reference}"), "it is not of hers"

    signed_in(first.tutor).post_form(f"/parcours/{first.parcours_id}/passage", {})

    assert find_companies(first.tutor, f"/parcours?q={reference}"), (
        "she follows it, and that passage was hers"
    )
    assert find_companies(team, f"/parcours?q={reference}")


ROUTES = (
    "benali",
    "KARIM BENALI",
    "Bénali Karim",
    "01 99 00 77 38",
    "+33 (0)1 99 00 77",
    "0199007",
    "val-d’ajol",
    "ouvrages",
    "K@scierie.example",
    "k@sci",
    "verts scierie lot 1",
    "benali k@scierie.example entretien",
)
"""A contact, with the accents that people put or leave out, her number however it is written, a town, an organisation; an address
or its beginning; words of company and market in any order, with the lot."""


@pytest.fixture
def benali() -> Parcours:
    """A parcours whose company answers through Karim Benali; everybody's other contact has another name and number."""
    contact = CompanyContact(
        role=ContactRole.WELCOMES, name="Karim Benali", address="k@scierie.example", phone="01 99 00 77 38"
    )
    tutor = replace(factories.account(name="Solène Quéméner"), departement="88", phone="02 61 91 11 22")
    people.stand(tutor)
    place = replace(factories.offer().placement, town="Le Val-d’Ajol")
    record = replace(
        under_way(
            "Scierie",
            tutor,
            placement=place,
            contract=replace(under("Ministère des Ouvrages", date(2026, 6, 1)), lot="1"),
        ),
        company=Company(name="Scierie", contacts=(contact,)),
    )
    add_records(record)
    return record


def search(text: str) -> str:
    """Return the path of the list that searches for this text."""
    return f"/parcours?{urlencode({'q': text})}"


def test_people_numbers_towns_and_organisations_lead_to_their_parcours(
    team: Account, benali: Parcours
) -> None:
    for text in (*ROUTES, "Quemener", "quéméner scierie", "+33 2 61 91 11 22"):
        assert find_companies(team, search(text)) == ["Scierie"], text
    for text in (
        "be",
        "enali",
        "benali absente",
        "0199",
        "03 99 00 77 38",
        "scierie.example@",
        "k@a",
        "verts lot 2",
    ):
        assert not find_companies(team, search(text)), text
    page = signed_in(team).get(search("benali")).text
    assert '<a class="lien" href="tel:0199007738">01 99 00 77 38</a>' in page
    assert 'Suivi par Solène Quéméner <a class="lien" href="tel:0261911122">' in read_page(
        signed_in(team), search("quemener")
    )
    assert "tel:" not in signed_in(team).get(search("scierie")).text, "nobody was asked for"


def test_a_search_that_finds_nothing_says_what_was_searched(team: Account, benali: Parcours) -> None:
    assert "Ont été cherchés : entreprise" in read_page(signed_in(team), search("scierie lot 2 zinc"))


def test_a_search_finds_only_what_the_agent_may_see(world: World, benali: Parcours) -> None:
    buyer = factories.account(Role.BUYER)
    other_buyer, coordinator, stranger = (
        factories.account(Role.BUYER, organisation="Métropole"),
        factories.account(Role.COORDINATOR),
        factories.account(),
    )
    people.stand(buyer, other_buyer, coordinator, stranger)
    for text in (*ROUTES, "quemener"):
        assert (
            find_companies(buyer, search(text)) == find_companies(coordinator, search(text)) == ["Scierie"]
        ), text
        assert not find_companies(other_buyer, search(text)) and not find_companies(stranger, search(text)), (
            text
        )


def test_a_free_offer_is_not_found_by_its_contacts_by_those_who_may_take_it(world: World) -> None:
    tutor, offer = factories.account(), factories.offer()
    people.stand(tutor)
    add_records(offer)
    contact = offer.company.contacts[0]

    assert find_companies(
        tutor, f"/parcours?{urlencode({'statut': 'disponible', 'q': offer.placement.town})}"
    ) == [offer.company.name]
    for text in (contact.name, contact.phone or "", contact.name.split()[-1]):
        assert not find_companies(tutor, f"{search(text)}&statut=disponible"), text
        assert not find_companies(tutor, search(text))


def test_beyond_what_a_list_reads_words_lead_to_what_one_may_see(team: Account, benali: Parcours) -> None:
    """The crowd is notified before: 400 older parcours hide this one from a list."""
    stranger = factories.account(academie="Lille")
    people.stand(stranger)
    scopes = ("all", rows.tutor_scope(stranger.id))
    crowds.generate(560, clock.utc_now(), tutor=stranger.id, scopes=scopes)

    assert "Scierie" not in find_companies(team, "/parcours?statut=en-preparation&page=99")
    for text in (
        "benali",
        "01 99 00 77 38",
        "ajol",
        "ouvrages",
        "quemener",
        "scierie",
        "k@scierie.example",
        str(benali.reference)[4:8],
        "espaces lot 1 scierie",
    ):
        assert "Scierie" in find_companies(team, f"{search(text)}&statut=en-preparation"), text
        page = read_page(signed_in(stranger), search(text))
        assert "Plus de 400 parcours" in page and "Scierie" not in companies(page), text
    assert not find_companies(team, f"{search('benali')}&statut=disponible")


def test_a_removed_contact_is_no_longer_found_by_search(world: World, benali: Parcours) -> None:
    def words() -> set[str]:
        kept = world.table(items.PARCOURS)
        return {item["sk"].partition("#")[0] for item in kept if item["pk"].startswith("word#")}

    lasting = {"ajol", "val", "ministere", "ouvrages", "scierie", "scie22", "espaces", "entretien"}
    assert words() == lasting | {"benali", "karim", "0199007738", "k@scierie.example"}
    before = parcours_table.read_parcours(benali.id)
    nobody = replace(before, company=replace(before.company, contacts=()))
    change_record(before, nobody)

    assert words() == lasting
    assert "benali" not in world.everything().lower()
    before = parcours_table.read_parcours(benali.id)
    remove_record(before)
    assert not words()


def test_a_parcours_has_23_words_at_most_and_a_transaction_that_is_full_holds_those_that_go(
    world: World, benali: Parcours
) -> None:
    """A record that changes altogether while many events are erased still fits into one transaction, and lists find its new
    words.
    """

    def words() -> set[str]:
        return {
            item["sk"].partition("#")[0]
            for item in world.table(items.PARCOURS)
            if item["pk"].startswith("word#")
        }

    def contact(role: ContactRole, letter: str) -> CompanyContact:
        name = " ".join(letter * length for length in range(3, 11))
        return CompanyContact(
            role=role, name=name, address="a@a.example", phone=f"01 99 00 77 3{ord(letter) % 10}"
        )

    events = tuple(
        Event(
            parcours=benali.id,
            id=f"{number:032x}",
            attempt=None,
            kind=EventKind.OFFER_EDITED,
            at=clock.utc_now(),
            actor=Role.TEAM,
        )
        for number in range(78)
    )
    transactions.commit(Transition(events=events))
    before = parcours_table.read_parcours(benali.id)
    contacts = (contact(ContactRole.ANSWERS_TENDER, "x"), contact(ContactRole.WELCOMES, "y"))
    after = replace(
        before,
        company=Company(name="Autre", contacts=contacts),
        placement=replace(before.placement, town="Zzzz-sur-Zzzzz les Zzzzzz"),
        contract=replace(before.contract, organisation="Wwww Wwwww Wwwwww"),
    )
    step = Transition(changes=(Change(before, after),), erased=events)
    assert (
        len(rows.build_word_rows(after)) <= 23 and transactions.count_writes(step) > transactions.MOST_WRITES
    )

    transactions.commit(step)

    stored = parcours_table.read_parcours(benali.id)
    assert stored.company.name == "Autre"
    assert not words() & {"benali", "karim", "0199007738", "ajol", "ministere"}, "what goes is gone"
    assert len(words()) < len(rows.build_word_rows(stored))

    change_record(stored, stored)

    assert len(words()) == len(rows.build_word_rows(stored)), "the next commit writes those that did not fit"


def list_words(world: World, prefix: str) -> set[str]:
    """Return the words of which rows are stored."""
    stored_items = world.table(items.PARCOURS)
    return {item["sk"].partition("#")[0] for item in stored_items if item["pk"].startswith(prefix)}


def write_as_before(world: World, record: Parcours | Account, removed_words: set[str]) -> None:
    """Write a record as a version does that makes fewer words of it: it removes these, and keeps the field it does not know."""
    head = items.encode_item({**items.to_item(record), "revision": record.revision + 1})
    table = world.environment[items.PARCOURS]
    aws.dynamodb().put_item(TableName=table, Item=head)
    for item in world.table(items.PARCOURS):
        if item["sk"].partition("#")[0] in removed_words:
            aws.dynamodb().delete_item(TableName=table, Key=items.encode_key((item["pk"], item["sk"])))


def test_words_that_an_older_version_does_not_know_go_once_it_has_erased_what_they_are_of(
    world: World, benali: Parcours
) -> None:
    before = parcours_table.read_parcours(benali.id)
    erased = replace(before, company=replace(before.company, contacts=()))
    write_as_before(world, erased, {"benali", "karim", "0199007738"})
    assert "k@scierie.example" in list_words(world, "word#")

    stored = parcours_table.read_parcours(benali.id)
    change_record(stored, stored)

    assert "k@scierie.example" not in world.everything()
    remove_record(parcours_table.read_parcours(benali.id))
    assert not list_words(world, "word#")


@pytest.mark.parametrize("is_remembered", [False, True], ids=["never written", "removed meanwhile"])
def test_a_commit_writes_every_word_of_a_record_that_an_older_version_wrote_last(
    world: World, benali: Parcours, is_remembered: bool
) -> None:
    """« Scierie » was a contact's name too, for example: the older version removed it with them."""
    every_word = list_words(world, "word#")
    before = parcours_table.read_parcours(benali.id)
    kept = before if is_remembered else replace(before, words_written=None)
    write_as_before(world, kept, {"scierie", "espaces", "k@scierie.example"})
    assert list_words(world, "word#") < every_word

    stored = parcours_table.read_parcours(benali.id)
    change_record(stored, stored)

    assert list_words(world, "word#") == every_word


def test_a_tutor_is_shown_as_their_account_is_though_an_older_version_wrote_it_last(world: World) -> None:
    tutor = replace(factories.account(name="Solène Quéméner"), phone="02 61 91 11 22")
    people.stand(tutor)
    before = read_account(tutor)
    write_as_before(world, replace(before, phone="02 61 91 33 44"), set())

    stored = read_account(tutor)
    change_record(stored, stored)

    people_found = [item for item in world.table(items.PARCOURS) if item["pk"].startswith("name#")]
    assert {item["phone"] for item in people_found if item["account"] == tutor.id} == {"02 61 91 33 44"}
    assert "0261911122" not in list_words(world, "name#")
    remove_record(read_account(tutor))
    assert not list_words(world, "name#")


def test_a_change_of_anything_else_writes_no_word(world: World, benali: Parcours) -> None:
    before = parcours_table.read_parcours(benali.id)
    after = replace(before, promised_on=date(2026, 12, 24))

    assert rows.find_word_changes(before, after) == ([], [])
