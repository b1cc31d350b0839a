"""Free offers near, without contacts; the export of a view."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from chalicelib.domain.kernel.values import Role
from tests.conftest import on_moto
from tests.support import factories, listings
from tests.support.factories import COMPANY_ADDRESS
from tests.support.http import signed_in
from tests.support.listings import Scene, companies, under_way
from tests.support.writing import add_records


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    """One set of parcours and offers that every test of this file reads and none changes."""
    with listings.set_up() as made:
        yield made


@pytest.mark.parametrize(
    ("who", "path", "names"),
    [
        ("tutor", "/offres", ["Ici", "Académie", "Région", "Loin"]),
        ("tutor", "/offres?ou=departement", ["Ici"]),
        ("tutor", "/offres?ou=academie", ["Ici", "Académie"]),
        ("tutor", "/offres?ou=region", ["Ici", "Académie", "Région"]),
        ("tutor", "/offres?domaine=Transport", ["Loin"]),
        ("tutor", "/offres?q=loin&heures=300", ["Loin"]),
        ("tutor", "/offres?heures=150", []),
        ("tutor of Lyon", "/offres?ou=academie", ["Loin"]),
        ("coordinator", "/offres", ["Ici", "Académie"]),
        ("coordinator", "/offres?ou=partout", ["Ici", "Académie"]),
    ],
)
def test_offers_come_the_nearest_first_and_no_further_than_asked(
    scene: Scene, who: str, path: str, names: list[str]
) -> None:
    answer = scene.clients[who].get(path)

    assert companies(answer.text) == [f"Libre {name}" for name in names]
    assert COMPANY_ADDRESS not in answer.text and "Nadia" not in answer.text, "no contact before it is taken"


def test_each_listed_offer_may_be_opened(scene: Scene) -> None:
    for who in ("tutor", "tutor of Lyon", "coordinator"):
        for href in re.findall(r'class="nom" href="([^"]*)"', scene.clients[who].get("/offres").text):
            assert scene.clients[who].get(href).status == 200


@pytest.mark.parametrize("who", ["buyer", "prescriber", "team"])
def test_whoever_takes_no_offer_is_shown_her_own_free_ones(scene: Scene, who: str) -> None:
    answer = scene.clients[who].get("/offres")

    assert (answer.status, answer.headers["location"]) == (303, "/parcours?statut=disponible")


def test_a_tutor_whose_place_is_not_known_looks_everywhere(scene: Scene) -> None:
    stranger = replace(factories.account(), academie=None)
    add_records(stranger)
    text = signed_in(stranger).get("/offres").text

    assert len(companies(text)) == 4
    assert "Votre académie" not in text


def test_the_export_holds_the_view_and_no_person(scene: Scene) -> None:
    answer = scene.clients["team"].get("/parcours/export?academie=Lyon")
    table = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"), newline=""), delimiter=";"))

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert re.fullmatch(
        r'attachment; filename="parcours-en-cours-\d{4}-\d\d-\d\d\.csv"',
        answer.headers["content-disposition"],
    )
    assert answer.text.startswith("\ufeff") and answer.text.count("\r\n") == 3
    assert [row["Entreprise"] for row in table] == ["Bennes", "Dorures"]
    assert table[0]["Notifié le"] == "12/05/2026" and table[0]["Heures"] == "300"
    for secret in ("Bellanger", COMPANY_ADDRESS, "01 99", scene.accounts["tutor of Lyon"].name, "Peupliers"):
        assert secret not in answer.text
    assert "Bennes" not in scene.clients["tutor"].get("/parcours/export").text, "each her own"


def test_an_export_runs_nothing_in_a_spreadsheet() -> None:
    with on_moto():
        team = factories.account(Role.TEAM)
        hostile = under_way('=HYPERLINK("http://x.example")', factories.account())
        contract = replace(hostile.contract, object="@SUM(A1)", number="+33", lot="-1")
        hostile = replace(hostile, contract=contract)
        for record in (team, hostile):
            add_records(record)
        text = signed_in(team).get("/parcours/export").text
        (row,) = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=";")

        assert row["Entreprise"] == '\'=HYPERLINK("http://x.example")'
        assert (row["Marché"], row["Numéro du marché"], row["Lot"]) == ("'@SUM(A1)", "'+33", "'-1")
