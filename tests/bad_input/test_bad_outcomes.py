"""Bad input of outcomes, corrections and RUNs: days, hours, codes, keys, doors. Never a fault, nothing changed."""

import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from chalicelib import clock
from chalicelib.web.kit.http import SESSION_COOKIE
from tests.bad_input.cases import CANARY, Case, Scene, assert_refusal, check, each, held
from tests.bad_input.test_bad_sending_changes import BAD_DAYS, closed, in_days, nobody, own
from tests.conftest import Clock
from tests.support import http
from tests.support.http import FORM, Answer, Client
from tests.support.offers import today

DAY = "Donnez le jour où c’est arrivé"
PLANNED = "Donnez la date prévue"
HOUR = "Donnez l’heure, comme 14:30"
CALL = {"fait": "call_noted.reached", "contact": "welcomes"}
MEETING = {"fait": "meeting_fixed", "contact": "welcomes", "prevu_le": in_days(40), "prevu_a": "14:30"}
BACK = {"fait": "call_back_planned", "contact": "welcomes", "prevu_le": in_days(40)}


def post_outcome(scene: Scene, **fields: str) -> Answer:
    """The form of an outcome on the sent parcours."""
    body = {"cle": secrets.token_hex(16), "suite": "", **fields}
    return scene.agent.post_form(f"/parcours/{scene.sent.parcours_id}/faits", body)


def refused_outcome(name: str, says: str, base: dict[str, str], **changes: str) -> Case:
    """Return the case of an outcome that is refused with this sentence; ``changes``: fields that differ from ``base``."""
    return Case(name, lambda scene: post_outcome(scene, **{**base, **changes}), 422, None, says)


BAD_HOURS = {
    "none": "", "24": "24:00", "60": "14:60", "one digit": "9:30", "seconds": "14:30:00", "French": "14h30",
    "Arabic-Indic": "١٤:٣٠", "full-width": "１４:３０", "text": CANARY, "zone": "14:30Z", "decimal": "14.5",
    "negative": "-1:30", "blank": " 14:30", "endless": "1" * 5_000,
}  # fmt: skip
FACTS = [
    *(refused_outcome(f"B58 {why}", DAY, CALL, survenu_le=day) for why, day in BAD_DAYS.items() if day),
    refused_outcome("B58 tomorrow", DAY, CALL, survenu_le=in_days(1)),
    refused_outcome("B58 eleven years ago", DAY, CALL, survenu_le=in_days(-11 * 366)),
    *(refused_outcome(f"B58 planned {why}", PLANNED, BACK, prevu_le=day) for why, day in BAD_DAYS.items()),
    refused_outcome("B58 planned long before", PLANNED, BACK, prevu_le=in_days(-9)),
    refused_outcome("B58 planned in three years", PLANNED, BACK, prevu_le=in_days(3 * 366)),
    *(refused_outcome(f"B62 hour {why}", HOUR, MEETING, prevu_a=hour) for why, hour in BAD_HOURS.items()),
    refused_outcome("a day planned for a call", "n’a pas de date prévue", CALL, prevu_le=in_days(3)),
    refused_outcome("an hour planned for a call back", "n’a pas de date prévue", BACK, prevu_a="10:00"),
    *(
        refused_outcome(f"unknown fact {code[:20] or 'none'}", "Choisissez ce qui s’est passé", CALL, fait=code)
        for code in ("", CANARY, "link_sent", "corrected", "CALL_NOTED.reached", ".reached", "young_person_withdrew")
    ),
    *(
        refused_outcome(f"unknown reason {code[:20] or 'none'}", "Choisissez un motif", CALL, fait=f"call_noted.{code}")
        for code in ("", CANARY, "other", "REACHED", "reached.reached")
    ),
    *(
        refused_outcome(f"unknown contact {code[:20] or 'none'}", "Dites avec qui", CALL, contact=code)
        for code in ("", CANARY, "company", "WELCOMES", "Nadia Bellanger")
    ),
]  # fmt: skip


@each(FACTS)
def test_a_fact_that_cannot_be_taken_is_said_in_its_form(
    case: Case, scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    """A refused outcome gets its sentence, logs nothing of what was typed and changes nothing; unlike in ``check``, the form
    holds what was typed.
    """
    before = held(scene.world)
    capsys.readouterr()

    answer = case.ask(scene)

    assert_refusal(answer, case.status, case.code, case.says)
    assert CANARY not in capsys.readouterr().out
    assert held(scene.world) == before


@pytest.fixture
def spring(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """Let the clock stand before a night in which clocks go forward, and within reach of one in which they go back."""
    now = Clock(datetime(2026, 12, 1, 9, tzinfo=UTC))
    monkeypatch.setattr(clock, "utc_now", now.read)
    yield now


@pytest.mark.parametrize(
    ("day", "hour", "says"),
    [
        ("2027-03-28", "02:00", "Cette heure n’existe pas"),
        ("2027-03-28", "02:30", "Cette heure n’existe pas"),
        ("2027-03-28", "02:59", "Cette heure n’existe pas"),
        ("2027-10-31", "02:00", "à cause du changement d’heure"),
        ("2027-10-31", "02:59", "à cause du changement d’heure"),
    ],
)
def test_an_hour_that_does_not_exist_or_exists_twice_is_asked_again(
    scene: Scene, spring: Clock, day: str, hour: str, says: str
) -> None:
    """B59: an hour that a change of clocks skips or repeats is refused and asked for again."""
    before = held(scene.world)
    client = http.signed_in(scene.tutor)
    body = {**MEETING, "prevu_le": day, "prevu_a": hour, "cle": secrets.token_hex(16), "suite": ""}

    answer = client.post_form(f"/parcours/{scene.sent.parcours_id}/faits", body)

    assert_refusal(answer, 422, None, says)
    assert f'value="{day}"' in answer.text and f'value="{hour}"' in answer.text
    assert len(held(scene.world)[0]) == len(before[0])


KEYS = ["", "0", "g" * 32, "A" * 32, "0" * 31, "0" * 33, "0" * 32 + "\n", CANARY, "é" * 32]


@pytest.mark.parametrize("key", KEYS, ids=range(len(KEYS)))
def test_a_key_that_no_page_drew_is_unreadable(
    scene: Scene, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    check(
        Case(
            "B61",
            lambda s: post_outcome(s, **CALL, cle=key),
            400,
            None,
            "Nous n’avons pas pu lire votre demande",
        ),
        scene,
        capsys,
    )


Door = Callable[[Scene], str]
FORMS: dict[str, tuple[Door, dict[str, str]]] = {
    "faits": (lambda s: f"/parcours/{s.sent.parcours_id}/faits", {**CALL, "cle": "0" * 32, "suite": ""}),
    "correction": (lambda s: f"/parcours/{s.sent.parcours_id}/faits/{'0' * 32}/correction", {"suite": ""}),
}


def posted(
    name: str, client: Callable[[Scene], Client], more: str = "", **asked: object
) -> Callable[[Scene], Answer]:
    """Return the request that sends one of the forms from some browser; ``more`` is added to its body."""

    def ask(scene: Scene) -> Answer:
        door, fields = FORMS[name]
        body = "&".join([*(f"{key}={value}" for key, value in fields.items()), *([more] if more else [])])
        return client(scene).send("POST", door(scene), body, **{"content_type": FORM, **asked})  # type: ignore[arg-type]

    return ask


DOORS = [
    case
    for name in FORMS
    for case in (
        Case(f"B50 {name}, another site", posted(name, own, origin="https://evil.example"), 403, None, "La demande est refusée"),
        Case(f"B50 {name}, no origin", posted(name, own, origin=None), 403, None, "La demande est refusée"),
        Case(f"B46 {name}, signed out", posted(name, nobody), 401, None, "reconnectez-vous"),
        Case(f"B46 {name}, no session", posted(name, closed), 401, None, "reconnectez-vous"),
        Case(f"B54 {name}, a field more", posted(name, own, f"role={CANARY}"), 400, None, "un champ que cette page n’a pas"),
        Case(f"B69 {name}, JSON", posted(name, own, content_type="application/json"), 415, "media_type", "pas ce format"),
        Case(f"B70 {name}, no UTF-8", posted(name, own, "suite=%FF"), 400, None, "Nous n’avons pas pu lire votre demande"),
        Case(f"B72 {name}, too long", posted(name, own, "suite=" + "a" * 33_000), 413, None, "trop longue"),
    )
]  # fmt: skip


@each(DOORS)
def test_the_forms_take_what_our_pages_send(
    case: Case, scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    check(case, scene, capsys)


def test_facts_of_another_tutor_are_none_of_hers(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """B53: a tutor can neither note nor correct outcomes on the parcours of another tutor."""
    session = http.signed_in(scene.other_tutor).cookies[SESSION_COOKIE]
    for name in ("faits", "correction"):
        case = Case(
            "B53", posted(name, lambda _: Client({SESSION_COOKIE: session})), 404, None, "introuvable"
        )
        check(case, scene, capsys)


def test_a_fact_that_is_no_outcome_is_not_corrected(scene: Scene) -> None:
    from chalicelib.stores import parcours_table

    before = held(scene.world)
    for event in parcours_table.read_page(scene.sent.parcours_id).events:
        door = f"/parcours/{scene.sent.parcours_id}/faits/{event.id}/correction"
        answer = scene.agent.post_form(door, {"suite": ""})
        assert answer.status in {404, 409}, event.kind
    assert held(scene.world) == before


def test_a_fact_of_today_is_taken(afresh: Scene) -> None:
    """An honest outcome of today is accepted; otherwise the refusals above would prove nothing."""
    assert post_outcome(afresh, **CALL, survenu_le=today()).status == 303
    assert post_outcome(afresh, **MEETING).status == 303
