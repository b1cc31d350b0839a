"""What a company may type on its page, and what is posted past it. Nothing changes, nothing is echoed."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.domain.kernel.calendar import PARIS, day_of
from chalicelib.domain.kernel.timeline import DECLINES, EventKind, Reason
from chalicelib.domain.meetings import appointment
from chalicelib.domain.parcours import outcomes
from chalicelib.stores import relay_table
from chalicelib.web import public
from chalicelib.web.kit.http import NONCE_COOKIE
from tests.bad_input.cases import (
    CANARY,
    Case,
    Scene,
    answer_question,
    assert_refusal,
    check,
    each,
    held,
    open_retrieval_page,
)
from tests.support.http import Answer, Client
from tests.support.writing import change_record

UNKNOWN = "Ce lien ne marche plus, ou il est incomplet. Copiez-le en entier."


def in_days(days: int, hour: str = "10:00") -> str:
    """Return a date and an hour of Paris so many days ahead."""
    return f"{day_of(clock.utc_now()) + timedelta(days=days)}T{hour}"


def slot(**other: Any) -> dict[str, Any]:
    """Return an honest proposed date in the form's JSON, with some fields changed."""
    return {"debut": in_days(20), "minutes": 45, "lieu": "fiche", **other}


BODIES: dict[str, Callable[[], dict[str, Any]]] = {
    "creneaux": lambda: {"creneaux": [slot()]},
    "rendez-vous": lambda: {"geste": "tenu"},
    "refus": lambda: {"motif": "other", "confirme": True},
    "refus/annulation": dict,
    "copies": dict,
    "transmission": lambda: {
        "nom": "Hugo Tissier",
        "adresse": "hugo@morvenne.example",
        "mode": "remplace",
    },
    "ouverture": dict,
    "reception": lambda: {"lisible": True},
    "demande": dict,
}
"""Every route of the page that changes something, and a body that could."""


def posted(scene: Scene, path: str, body: dict[str, Any]) -> Answer:
    """Post this to the company's page from a browser that has answered the question before: answering writes, and is not part
    of what is compared.
    """
    client = Client({NONCE_COOKIE: PASSED[scene.token]})
    return client.post_json(f"/retrait/{path}", {"token": scene.token, **body})


PASSED: dict[str, str] = {}
"""Token → nonce of the browser that has answered its question."""


@pytest.fixture(autouse=True)
def _somebody_has_answered(scene: Scene) -> None:
    """Answer the link's question once per token; the browser's nonce is kept in PASSED for later requests."""
    if scene.token not in PASSED:
        PASSED[scene.token] = answer_question(scene.token).cookies[NONCE_COOKIE]


def dates(*starts: str, **other: Any) -> Callable[[Scene], Answer]:
    """Return the request that proposes dates with these starts."""
    return lambda scene: posted(
        scene, "creneaux", {"creneaux": [slot(debut=start, **other) for start in starts]}
    )


def place(written: str) -> Callable[[Scene], Answer]:
    """Return the request that proposes one date at this place, as typed."""
    return lambda scene: posted(scene, "creneaux", {"creneaux": [slot(lieu=written)]})


def welcome(**typed: Any) -> Callable[[Scene], Answer]:
    """Return the request that proposes one date and says this of the day."""
    return lambda scene: posted(scene, "creneaux", {"creneaux": [slot()], "accueil": typed})


def colleague(**other: Any) -> Callable[[Scene], Answer]:
    """Return the request that passes the link on, with some of the colleague's fields changed."""
    return lambda scene: posted(scene, "transmission", BODIES["transmission"]() | other)


def next_change_of_hour(month: int) -> date:
    """Return the next last Sunday of March or of October, after today."""
    today = day_of(clock.utc_now())
    sundays = (
        date(year, month, 31 - (date(year, month, 31).weekday() + 1) % 7)
        for year in itertools.count(today.year)
    )
    return next(sunday for sunday in sundays if sunday > today)


INVALID = (422, "field_invalid")
CASES = [
    Case("past", dates("2020-01-06T10:00"), *INVALID, "passé"),
    Case("last week", dates(in_days(-9)), *INVALID, "passé"),
    Case("year 9999", dates("9999-12-31T23:59"), *INVALID, "an"),
    Case("year 1", dates("0001-01-01T00:00"), *INVALID, "passé"),
    Case("30 February", dates("2027-02-30T10:00"), *INVALID, "date"),
    Case("no hour", dates(in_days(20)[:10]), *INVALID, "date"),
    Case("seconds", dates(in_days(20) + ":00"), *INVALID, "date"),
    Case("a zone", dates(in_days(20) + "+02:00"), *INVALID, "date"),
    Case("24:00", dates(in_days(20, "24:00")), *INVALID, "date"),
    Case("02:30 on the spring night", dates(f"{next_change_of_hour(3)}T02:30"), *INVALID, "n’existe pas"),
    Case("02:30 on the autumn night", dates(f"{next_change_of_hour(10)}T02:30"), *INVALID, "deux fois"),
    Case("none", lambda s: posted(s, "creneaux", {"creneaux": []}), *INVALID, "cinq"),
    Case("six", dates(*(in_days(20 + n) for n in range(6))), *INVALID, "cinq"),
    Case("twice the same", dates(in_days(20), in_days(20)), *INVALID, "cinq"),
    Case("no length", dates(in_days(20), minutes=0), *INVALID, "durée"),
    Case("a week long", dates(in_days(20), minutes=10_080), *INVALID, "durée"),
    Case("length as text", dates(in_days(20), minutes="45"), *INVALID, "Un champ"),
    Case("half a minute", dates(in_days(20), minutes=44.5), *INVALID, "Un champ"),
    Case("a list too deep", lambda s: posted(s, "creneaux", {"creneaux": [[slot()]]}), *INVALID, "Un champ"),
    Case("an entrance of no list", welcome(entree=CANARY), *INVALID, "liste"),
    Case("a lunch that is an entrance", welcome(repas="gate"), *INVALID, "liste"),
    Case("somebody whom no record names", welcome(demander=CANARY), *INVALID, "pas dans la fiche"),
    Case("HTML for a name", welcome(demander=f"<b>{CANARY}</b>"), *INVALID, "pas dans la fiche"),
    Case("a stop that is a link", welcome(arret=f"https://{CANARY}.example/"), *INVALID, "adresse de site"),
    Case("a stop that is a number", welcome(arret="06 99 00 12 34"), *INVALID, "téléphone"),
    Case("a stop that is a page", welcome(arret="x" * 10**6), 413, "too_large", "trop longue"),
    Case("a stop of a thousand signs", welcome(arret="x" * 1_000), *INVALID, "60 signes"),
    Case("a stop that is a list", welcome(arret=[CANARY]), *INVALID, "Un champ"),
    Case("a question of no form", welcome(age="16"), 400, "unknown_field", "champ"),
    Case("plain http", place("http://visio.example/salle"), *INVALID, "https"),
    Case("a script", place(f"javascript:alert('{CANARY}')"), *INVALID, "https"),
    Case("a name before the host", place("https://nom:mot@visio.example/"), *INVALID, "https"),
    Case("an address of numbers", place("https://127.0.0.1/salle"), *INVALID, "https"),
    Case("a line break in the place", place("https://visio.example/\r\nBcc: x@y.example"), *INVALID, "https"),
    Case("a long place", place("https://visio.example/" + "a" * 900), *INVALID, "https"),
    Case("a street", place("12 rue des Lilas"), *INVALID, "https"),
    Case("a field too many", lambda s: posted(s, "creneaux", {"creneaux": [slot(note=CANARY)]}), 400, "unknown_field", "champ"),
    Case("unknown reason", lambda s: posted(s, "refus", {"motif": CANARY, "confirme": True}), *INVALID, "motif"),
    Case("reason of something else", lambda s: posted(s, "refus", {"motif": "reached", "confirme": True}), *INVALID, "motif"),
    Case("not confirmed", lambda s: posted(s, "refus", {"motif": "other"}), *INVALID, "champ"),
    Case("confirmed by no", lambda s: posted(s, "refus", {"motif": "other", "confirme": False}), *INVALID, "champ"),
    Case("confirmed by text", lambda s: posted(s, "refus", {"motif": "other", "confirme": "oui"}), *INVALID, "champ"),
    Case("unknown gesture", lambda s: posted(s, "rendez-vous", {"geste": CANARY}), *INVALID, "champ"),
    Case("missed without reason", lambda s: posted(s, "rendez-vous", {"geste": "manque"}), *INVALID, "motif"),
    Case("held for a reason", lambda s: posted(s, "rendez-vous", {"geste": "tenu", "motif": "other"}), *INVALID, "motif"),
    Case("no meeting is fixed", lambda s: posted(s, "rendez-vous", {"geste": "tenu"}), 409, "wrong_step", "Le parcours a avancé"),
    Case("nothing was declined", lambda s: posted(s, "refus/annulation", {}), 409, "wrong_step", "Le parcours a avancé"),
    Case("no copies were asked for", lambda s: posted(s, "copies", {}), 409, "wrong_step", "Le parcours a avancé"),
    Case("no name", colleague(nom=""), *INVALID, ""),
    Case("a name of marks", colleague(nom="<>"), *INVALID, ""),
    Case("a line break in the name", colleague(nom="Hugo\r\nBcc: x@y.example"), *INVALID, ""),
    Case("a long name", colleague(nom="a" * 900), *INVALID, "long"),
    Case("B55 no address", colleague(adresse=""), *INVALID, "adresse"),
    Case("B55 a line break in the address", colleague(adresse="hugo@morvenne.example\r\nBcc: x@y.example"), *INVALID, "adresse"),
    Case("B55 two addresses", colleague(adresse="a@morvenne.example,b@morvenne.example"), *INVALID, "adresse"),
    Case("an address as list", colleague(adresse=[CANARY]), *INVALID, "champ"),
    Case("unknown mode", colleague(mode="partout"), *INVALID, "champ"),
    Case("a contact of the record", colleague(contact=0), *INVALID, ""),
    Case("a contact as truth", colleague(contact=True), *INVALID, "champ"),
]  # fmt: skip


@each(CASES)
def test_an_answer_that_cannot_be_taken_is_refused(
    case: Case, scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    check(case, scene, capsys)


def test_the_date_that_is_wrong_is_told_by_its_place(scene: Scene) -> None:
    answer = dates(in_days(20), in_days(-3))(scene)

    assert (answer.status, answer.json["field"], answer.json["rang"]) == (422, "debut", 1)


@pytest.mark.parametrize("path", BODIES)
def test_a_second_browser_with_the_right_token_is_refused_until_it_passes_the_proof(
    scene: Scene, path: str
) -> None:
    stranger = open_retrieval_page()
    before = held(scene.world)

    answer = stranger.post_json(f"/retrait/{path}", {"token": scene.token, **BODIES[path]()})

    assert_refusal(answer, 403, "proof_needed", "Dites d’abord")
    assert held(scene.world) == before


@pytest.mark.parametrize("path", BODIES)
def test_a_browser_without_the_cookie_is_told_what_to_allow(scene: Scene, path: str) -> None:
    before = held(scene.world)

    answer = Client().post_json(f"/retrait/{path}", {"token": scene.token, **BODIES[path]()})

    assert_refusal(answer, 400, "cookies_blocked", "Autorisez les cookies")
    assert held(scene.world) == before


@pytest.mark.parametrize("path", BODIES)
def test_an_answer_to_no_link_is_refused(scene: Scene, path: str) -> None:
    for token in ("", "A" * 43, scene.token[:-1]):
        answer = open_retrieval_page().post_json(f"/retrait/{path}", {"token": token, **BODIES[path]()})
        assert_refusal(answer, 410, "link_unknown", UNKNOWN)


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_nothing_is_answered_by_following_a_link(scene: Scene, path: str, method: str) -> None:
    before = held(scene.world)

    assert open_retrieval_page().send(method, f"/retrait/{path}").status in {404, 405}
    assert held(scene.world) == before


def test_before_the_proof_the_page_learns_nothing_but_that_there_is_something_to_answer(scene: Scene) -> None:
    shown = open_retrieval_page().post_json("/retrait/apercu", {"token": scene.token}).json

    assert (shown["actions"], shown["repond"], shown["prouve"]) == ([], True, False)
    assert (shown["adresse_fiche"], shown["contacts"], shown["feries"]) == ("", [], [])


def test_what_is_open_follows_from_what_was_answered(afresh: Scene) -> None:
    def look() -> dict[str, Any]:
        shown: dict[str, Any] = posted(afresh, "apercu", {}).json
        return shown

    PASSED[afresh.token] = answer_question(afresh.token).cookies[NONCE_COOKIE]
    assert set(look()["actions"]) == {"creneaux", "refus", "remplace", "aussi"}

    for _ in range(2):  # a double click proposes once
        assert posted(afresh, "creneaux", BODIES["creneaux"]()).status == 204
    shown = look()
    assert [slot["minutes"] for slot in shown["creneaux"]] == [45]
    assert shown["creneaux"][0]["lieu"] == "fiche"
    assert afresh.sent.event_kinds().count(EventKind.SLOTS_PROPOSED) == 1

    for _ in range(2):
        assert posted(afresh, "refus", BODIES["refus"]()).status == 204
    assert look()["actions"] == [], "nobody opened the documents"
    link = afresh.sent.link()
    change_record(link, replace(link, opened_at=clock.utc_now(), opened_by="a" * 64))
    shown = look()
    assert set(shown["actions"]) == {"copies"}
    assert (shown["refus"]["motif"], shown["refus"]["annulable"]) == ("other", True)

    for _ in range(2):
        assert posted(afresh, "copies", {}).status == 204
    assert look()["copies"]

    for _ in range(2):
        assert posted(afresh, "refus/annulation", {}).status == 204
    shown = look()
    assert shown["refus"] is None
    assert {"creneaux", "refus"} <= set(shown["actions"])


def test_the_lists_of_the_page_are_those_of_the_rules() -> None:
    def codes(items: tuple[tuple[str, str], ...]) -> tuple[Reason, ...]:
        return tuple(Reason(code) for code, _ in items)

    assert codes(public.DECLINES) == DECLINES
    assert set(codes(public.CANCELS)) == set(appointment.CANCELS)
    assert set(codes(public.MISSES)) == set(outcomes.MOVES[EventKind.MEETING_MISSED].reasons)


def test_hours_are_those_of_paris(afresh: Scene) -> None:
    PASSED[afresh.token] = answer_question(afresh.token).cookies[NONCE_COOKIE]
    assert posted(afresh, "creneaux", {"creneaux": [slot(debut=in_days(20, "14:00"))]}).status == 204

    stands = relay_table.read_appointment(afresh.sent.parcours_id, 1)
    assert stands is not None
    assert stands.slots[0].start.astimezone(PARIS).hour == 14
