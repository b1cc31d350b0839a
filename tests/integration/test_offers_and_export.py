"""Free offers near, without contacts; the export of a view."""

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from chalicelib import clock, french
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.parcours.ending import End
from chalicelib.stores import parcours_table, rows
from chalicelib.stories import outcomes
from chalicelib.web import lists as lists_pages
from tests.conftest import on_moto
from tests.support import crowds, factories, listings, relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.http import signed_in
from tests.support.listings import Scene, companies, under_way
from tests.support.worlds import World
from tests.support.writing import add_records

FREE = "/parcours?statut=disponible"


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    """One set of parcours and offers that every test of this file reads and none changes."""
    with listings.set_up() as made:
        yield made


@pytest.mark.parametrize(
    ("who", "filters", "names"),
    [
        ("tutor", "", ["Ici", "Académie", "Région", "Loin"]),
        ("tutor", "academie=Dijon", ["Ici", "Académie"]),
        ("tutor", "q=transport", ["Loin"]),
        ("tutor", "q=ailleurs", []),
        ("tutor", "q=71000", ["Loin", "Ici", "Région", "Académie"]),
        ("tutor", "q=Nevers", ["Académie", "Ici", "Loin", "Région"]),
        ("tutor", "q=beaune", ["Ici"]),
        ("tutor of Lyon", "q=Doubs", ["Région", "Ici", "Loin", "Académie"]),
        ("tutor of Lyon", "academie=Lyon", ["Loin"]),
    ],
)
def test_free_offers_come_the_nearest_first_to_oneself_or_to_the_place_that_is_searched(
    scene: Scene, who: str, filters: str, names: list[str]
) -> None:
    answer = scene.clients[who].get(f"{FREE}&{filters}")

    assert companies(answer.text) == [f"Libre {name}" for name in names]
    assert COMPANY_ADDRESS not in answer.text and "Nadia" not in answer.text, "no contact before it is taken"


def test_the_page_says_from_where_the_nearest_offers_come_first(scene: Scene) -> None:
    assert "les plus proches de vous d’abord" in scene.clients["tutor"].get(FREE).text
    assert "depuis Côte-d’Or (21)" in scene.clients["tutor"].get(f"{FREE}&q=dijon").text


def test_the_departements_around_a_place_are_read_whatever_the_number_of_offers_elsewhere() -> None:
    """The offer stands in the list of its département alone, as if everybody's held more than are read."""
    with on_moto():
        tutor = replace(factories.account(academie="Lille"), departement="59")
        add_records(tutor)
        crowds.generate(1, clock.utc_now(), first=3, scopes=(rows.free_scope("departement", "35"),))
        client = signed_in(tutor)

        assert companies(client.get(f"{FREE}&q=Laval").text) == ["Ateliers numéro 3"]
        assert companies(client.get(FREE).text) == []


def test_each_listed_offer_may_be_opened(scene: Scene) -> None:
    for who in ("tutor", "tutor of Lyon", "coordinator"):
        for href in re.findall(r'class="nom" href="([^"]*)"', scene.clients[who].get(FREE).text):
            assert scene.clients[who].get(href).status == 200


@pytest.mark.parametrize(
    ("asked", "to"),
    [
        ("", "tri=a-faire"),
        ("?pres=Dole&ou=academie", "q=Dole&tri=a-faire"),
        ("?q=bois", "q=bois&tri=a-faire"),
    ],
)
def test_the_address_of_before_leads_to_the_free_offers(scene: Scene, asked: str, to: str) -> None:
    for who in ("tutor", "coordinator", "buyer", "team"):
        answer = scene.clients[who].get(f"/offres{asked}")

        assert (answer.status, answer.headers["location"]) == (303, f"{FREE}&{to}")


def test_a_tutor_whose_place_is_not_known_looks_everywhere(scene: Scene) -> None:
    stranger = replace(factories.account(), academie=None)
    add_records(stranger)
    text = signed_in(stranger).get(FREE).text

    assert len(companies(text)) == 4


def read_export(text: str) -> tuple[str, list[dict[str, str]], str]:
    """Return the first line of an export, its rows by heading, and its last line."""
    (first,), headings, *rows, (last,) = csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";")
    return first, [dict(zip(headings, row, strict=True)) for row in rows], last


def test_the_export_holds_the_view_with_the_people_whom_its_reader_may_see(scene: Scene) -> None:
    answer = scene.clients["team"].get("/parcours/export?academie=Lyon")
    _, table, _ = read_export(answer.text)

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert re.fullmatch(
        r'attachment; filename="parcours-en-cours-\d{4}-\d\d-\d\d\.csv"',
        answer.headers["content-disposition"],
    )
    assert answer.text.startswith("\ufeff") and answer.text.count("\r\n") == 5
    assert [row["Entreprise"] for row in table] == ["Bennes", "Dorures"]
    assert table[0]["Notifié le"] == "12/05/2026" and table[0]["Heures"] == "300"
    assert {row["Tutrice ou tuteur"] for row in table} == {scene.accounts["tutor of Lyon"].name}
    assert table[0]["Contacts"] == f"Nadia Bellanger 01 99 00 41 27 {COMPANY_ADDRESS}"
    assert "Peupliers" not in answer.text
    assert "Bennes" not in scene.clients["tutor"].get("/parcours/export").text, "each their own"


def test_an_export_says_first_and_last_what_it_holds(scene: Scene) -> None:
    today = french.jour_court(clock.utc_now()).replace(french.NO_BREAK, " ")
    for path, title, count in (
        ("?academie=Lyon", "Parcours en cours, Lyon", 2),
        ("?statut=disponible&q=libre", "Offres disponibles, « libre »", 4),
        ("?statut=realise", "Parcours réalisés", 0),
    ):
        first, table, last = read_export(scene.clients["team"].get(f"/parcours/export{path}").text)

        assert first.startswith(f"{title}. Export complet du {today} : {count} parcours. "), first
        assert (len(table), last) == (count, f"Fin de l’export : {count} parcours, complet.")


def test_an_export_holds_more_than_a_page_reads() -> None:
    with on_moto():
        team = factories.account(Role.TEAM)
        add_records(team)
        crowds.generate(parcours_table.MOST_ROWS + 1, clock.utc_now(), scopes=(rows.EVERYTHING,))

        text = signed_in(team).get("/parcours/export?statut=tous").text

        first, table, _ = read_export(text)
        assert "Export complet" in first and len(table) == parcours_table.MOST_ROWS + 1


def test_an_export_that_one_answer_cannot_hold_says_so_first_and_last() -> None:
    with on_moto():
        team = factories.account(Role.TEAM)
        add_records(team)
        for number in range(1 + lists_pages.MOST_EXPORTED_BYTES // 120_000):
            offer = under_way(f"Longue {number}", factories.account())
            add_records(replace(offer, contract=replace(offer.contract, object="x" * 120_000)))

        answer = signed_in(team).get("/parcours/export")

        first, table, last = read_export(answer.text)
        assert (
            f"Export incomplet du {french.jour_court(clock.utc_now())}".replace(french.NO_BREAK, " ") in first
        )
        assert "exportez de nouveau" in first and last.endswith(f"{len(table)} parcours, incomplet.")
        assert "-incomplet.csv" in answer.headers["content-disposition"]
        assert len(json.dumps(answer.text)) < lists_pages.MOST_EXPORTED_BYTES + 10_000


def test_an_export_names_nobody_of_an_offer_that_its_reader_has_no_longer(world: World) -> None:
    relay = relays.started(world)
    reference = relay.head().reference
    end = End(kind=EventKind.OFFER_GIVEN_BACK, occurred_at=clock.utc_now())
    outcomes.finish_passage(relay.tutor, relay.parcours_id, end, now=clock.utc_now())

    _, (row,), _ = read_export(signed_in(relay.tutor).get(f"/parcours/export?q={reference}").text)

    assert (row["Entreprise"], row["Contacts"]) == (relay.head().company.name, "")


def test_an_export_runs_nothing_in_a_spreadsheet() -> None:
    with on_moto():
        team = factories.account(Role.TEAM)
        hostile = under_way('=HYPERLINK("http://x.example")', factories.account())
        contract = replace(hostile.contract, object="@SUM(A1)", number="+33", lot="-1")
        hostile = replace(hostile, contract=contract)
        for record in (team, hostile):
            add_records(record)
        text = signed_in(team).get("/parcours/export").text
        _, (row,), _ = read_export(text)

        assert row["Entreprise"] == '\'=HYPERLINK("http://x.example")'
        assert (row["Marché"], row["Numéro du marché"], row["Lot"]) == ("'@SUM(A1)", "'+33", "'-1")
