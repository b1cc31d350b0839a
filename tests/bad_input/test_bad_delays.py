"""B58, B62, B80 on the page of delays: whatever stands in its address, a page in French with something to do."""

import html
import re

import pytest

from chalicelib import clock
from tests.bad_input.cases import CANARY, Scene, assert_discreet
from tests.support.http import Client, signed_in

MONTH, REVERSED, LONG = "Donnez un mois comme 2026-01", "Ce mois vient avant le premier", "60 mois au plus"


@pytest.fixture(scope="module")
def team(scene: Scene) -> Client:
    """Return a browser signed in as somebody of the team."""
    return signed_in(scene.team)


def read_text(text: str) -> str:
    """Return what a page says: without tags, with plain spaces."""
    return html.unescape(re.sub(r"<[^>]*>", " ", text)).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("du=hier", MONTH),
        ("au=2026-13", MONTH),
        ("au=2026-00", MONTH),
        ("du=2026-1", MONTH),
        ("du=2026-01-05", MONTH),
        ("du=%D9%A2%D9%A0%D9%A2%D9%A6-%D9%A0%D9%A1", MONTH),
        ("au=9999-12", MONTH),
        ("du=0001-01", MONTH),
        ("du=0000-00", MONTH),
        ("du=-026-01", MONTH),
        ("du=1e3", MONTH),
        ("du=" + "9" * 5_000, MONTH),
        ("du=%00", MONTH),
        ("du=%ED%A0%80", MONTH),
        ("du=2026-05&au=2026-04", REVERSED),
        ("du=2019-01&au=2026-04", LONG),
        (f"du={CANARY}&au={CANARY}", MONTH),
    ],
)
def test_a_period_that_is_none_is_said_at_its_field_and_kept(team: Client, query: str, says: str) -> None:
    answer = team.get(f"/delais?{query}")

    assert answer.status == 422
    assert answer.is_page
    assert says in read_text(answer.text)
    assert 'aria-invalid="true"' in answer.text
    assert "voici les douze derniers mois" in read_text(answer.text)


def test_what_was_typed_stays_in_its_field_as_text(team: Client) -> None:
    answer = team.get("/delais?du=%22%3E%3Cscript%3E&acheteur=%3Cb%3E%7B%7B7*7%7D%7D")

    assert answer.status == 422
    assert 'value="&#34;&gt;&lt;script&gt;"' in answer.text
    assert 'value="&lt;b&gt;{{7*7}}"' in answer.text
    assert "<b>{{" not in answer.text


@pytest.mark.parametrize(
    "query",
    [
        "academie=Narnia",
        "academie=dijon%00",
        "region=Bourgogne",
        "domaine=" + "x" * 3_000,
        "heures=-1",
        "heures=0",
        "heures=1e3",
        "heures=99999",
        "heures=%D9%A3%D9%A0%D9%A0",
        "heures=3.5",
        "acheteur=" + "x" * 5_000,
        "acheteur=%F0%9F%98%80",
        "acheteur=%E2%80%8B",
        "acheteur=%ED%A0%80",
    ],
)
def test_a_filter_that_can_match_nothing_is_left_aside_and_said(team: Client, query: str) -> None:
    answer = team.get(f"/delais?{query}")

    assert answer.status == 200
    assert "Ce filtre ne correspond à rien" in read_text(answer.text)


@pytest.mark.parametrize(
    "query",
    [
        "acheteur=%27%20OR%201=1%20--%20pk%20%23all",
        "acheteur=" + "%C3%A9" * 200,
        "acheteur=Nguy%E1%BB%85n",
        "acheteur=d%E2%80%99%C3%89t%C3%A9",
        "du=&au=&academie=",
        "du=2026-01&du=2026-02",
        "rien=1",
        "academie",
        "&&&",
        "%",
    ],
)
def test_anything_else_is_a_page(team: Client, query: str) -> None:
    assert team.get(f"/delais?{query}").status == 200


def test_two_filters_are_one_and_it_is_said(team: Client) -> None:
    answer = team.get("/delais?academie=Lille&heures=300")

    assert answer.status == 200
    assert "Un seul filtre à la fois" in read_text(answer.text)
    assert "académie de Lille" in read_text(answer.text) or "Pas encore assez" in read_text(answer.text)


def test_the_longest_period_is_five_years(team: Client) -> None:
    year = clock.utc_now().year

    assert team.get(f"/delais?du={year - 5}-02&au={year}-01").status == 200
    assert team.get(f"/delais?du={year - 5}-01&au={year}-01").status == 422


def test_nothing_of_the_address_is_logged(team: Client, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    answer = team.get(f"/delais?domaine={CANARY}")

    assert_discreet(answer, capsys.readouterr().out)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_it_is_only_read(team: Client, method: str) -> None:
    answer = team.send(method, "/delais")

    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD"
