"""Lists longer than what is read at once: the rest is reached by words, one parcours by its reference."""

import html
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from chalicelib import clock
from chalicelib.domain.kernel.attempt import ReferenceKey, parse_reference
from chalicelib.domain.kernel.values import Role
from tests.conftest import on_moto
from tests.support import crowds, factories
from tests.support.http import Client, signed_in
from tests.support.listings import companies, under, under_way
from tests.support.writing import add_records

LAST = "CSF-7K3Q-92"
MORE = "Plus de 400 parcours : affinez"


@pytest.fixture(scope="module")
def people() -> Iterator[dict[str, Client]]:
    """Clients of a tutor with 451 parcours, of the team and of a stranger; the last parcours notified has a known reference."""
    with on_moto():
        tutor, team, other = factories.account(), factories.account(Role.TEAM), factories.account()
        last = replace(under_way("Zinguerie", tutor, contract=under("A", date(2026, 6, 1))), reference=LAST)
        key = ReferenceKey(reference=LAST, parcours=last.id)
        for record in (tutor, team, other, last, key):
            add_records(record)
        crowds.generate(600, clock.utc_now(), tutor=tutor.id)
        yield {"tutor": signed_in(tutor), "team": signed_in(team), "other": signed_in(other)}


def read_page(client: Client, path: str) -> str:
    """Return the text of a page, with plain spaces."""
    answer = client.get(path)
    assert answer.status == 200
    return html.unescape(answer.text).replace("\u00a0", " ")


def test_a_list_that_is_cut_says_so_and_words_lead_to_the_rest(people: dict[str, Client]) -> None:
    for who, how in (
        ("team", "Choisissez une académie, ou cherchez des mots"),
        ("tutor", "Cherchez des mots"),
    ):
        whole = read_page(people[who], "/parcours?statut=en-preparation&page=99")

        assert MORE in whole and f"{how} pour lire les autres" in whole
        assert "Zinguerie" not in companies(whole)
        assert companies(read_page(people[who], "/parcours?q=zinguerie")) == ["Zinguerie"]


@pytest.mark.parametrize("typed", [LAST, "csf7k3q92", "CSF 7K3Q 92", "csf-7k3q-92 "])
def test_a_reference_finds_its_parcours_wherever_it_stands(people: dict[str, Client], typed: str) -> None:
    for who in ("tutor", "team"):
        assert companies(read_page(people[who], f"/parcours?q={typed.replace(' ', '+')}")) == ["Zinguerie"]


def test_a_reference_shows_nobody_what_is_not_hers(people: dict[str, Client]) -> None:
    assert companies(read_page(people["other"], f"/parcours?q={LAST}&statut=en-preparation")) == []


@pytest.mark.parametrize("typed", ["", "CSF", "CSF-7K3Q-9", "CSF-1K3Q-92", "XSF-7K3Q-92", "CSF-7K3Q-923"])
def test_a_search_that_is_no_reference_looks_for_words(typed: str) -> None:
    assert parse_reference(typed) is None
