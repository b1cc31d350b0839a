"""Bad input of the detours' forms: sent again, withdrawn, erased, ended, taken, asked for. Never a fault, nothing changed."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib import clock
from chalicelib.domain.kernel.timeline import OLDEST
from chalicelib.french import PARIS
from chalicelib.web.kit.http import SESSION_COOKIE
from tests.bad_input.cases import CANARY, Case, Scene, assert_refusal, check, each, open_retrieval_page
from tests.support import http
from tests.support.http import FORM, UNSAID, Answer, Client
from tests.support.offers import today
from tests.support.relays import Browser

DAY = "Donnez le jour où c’est arrivé"
DAYS = "Donnez le nombre de jours, de 1 à 365"
REASON = "Choisissez un motif de la liste"
WITHDREW = {"fin": "young_person_withdrew", "motif": "other", "jours": ""}
STOPPED = {"fin": "attempt_stopped", "motif": "other", "jours": "3"}


def in_days(days: int) -> str:
    """Return the day so many days from today, as a date field writes it."""
    return (clock.utc_now().astimezone(PARIS) + timedelta(days=days)).date().isoformat()


def ended(scene: Scene, **changes: str) -> Answer:
    """End the sent parcours' passage by an honest form in which something is changed."""
    body = {**WITHDREW, "survenu_le": today(), **changes}
    return scene.agent.post_form(f"/parcours/{scene.sent.parcours_id}/fin", body)


def an_end(name: str, says: str, **changes: str) -> Case:
    """Return the case of an end that is refused with this sentence; ``changes``: fields that differ from an honest end."""
    return Case(name, lambda scene: ended(scene, **changes), 422, None, says)


BAD_DAYS = {
    "30 February": "2026-02-30", "29 February of no leap year": "2026-02-29", "month 13": "2026-13-01",
    "year 0001": "0001-01-01", "year 0000": "0000-01-01", "year 9999": "9999-12-31", "one digit": "2026-1-5",
    "no dashes": "20260105", "a week": "2026-W01-1", "French": "05/01/2026", "an instant": "2026-01-05T10:00:00",
    "with a zone": "2026-01-05Z", "Arabic-Indic": "٢٠٢٦-٠١-٠٥", "full-width": "２０２６-０１-０５", "nothing": "",
    "text": CANARY, "null": "2026-01-05\0", "blanks": " 2026-01-05", "minus": "-026-01-05", "endless": "2" * 9_000,
}  # fmt: skip
BAD_COUNTS = {
    "none": "", "zero": "0", "negative": "-1", "366": "366", "huge": "9" * 4_000, "zeros and more": "03650000000",
    "decimal": "1.5", "exponent": "1e3", "Arabic-Indic": "٣", "superscript": "²", "full-width": "３",
    "text": CANARY, "hexadecimal": "0x3", "underscore": "1_0", "plus": "+3",
}  # fmt: skip
ENDS = [
    *(an_end(f"B58 {why}", DAY, survenu_le=day) for why, day in BAD_DAYS.items()),
    an_end("B58 tomorrow", DAY, survenu_le=in_days(1)),
    an_end("B58 in two years", DAY, survenu_le=in_days(730)),
    an_end("B58 too long ago", DAY, survenu_le=in_days(-OLDEST.days - 2)),
    *(an_end(f"B62 {why}", DAYS, **{**STOPPED, "jours": days}) for why, days in BAD_COUNTS.items()),
    *(
        an_end(f"unknown end: {kind or 'none'}", "Dites comment le parcours s’est terminé", fin=kind)
        for kind in ("", CANARY, "link_sent", "documents_erased", "YOUNG_PERSON_WITHDREW")
    ),
    *(an_end(f"unknown reason: {reason or 'none'}", REASON, motif=reason) for reason in ("", CANARY, "OTHER")),
    an_end("a reason of another end", REASON, motif="company_choice"),
    an_end("a reason of the machine", REASON, motif="never_opened"),
]  # fmt: skip


@each(ENDS)
def test_an_end_that_cannot_be_taken_is_said_on_its_page(
    case: Case, scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    """A refused end gets its sentence and changes nothing; unlike in ``check``, the form holds what was typed."""
    before = scene.world.everything()
    capsys.readouterr()

    answer = case.ask(scene)

    assert_refusal(answer, case.status, case.code, case.says)
    assert CANARY not in capsys.readouterr().out
    assert scene.world.everything() == before


Door = Callable[[Scene], str]
FORMS: dict[str, tuple[Door, dict[str, str]]] = {
    "renvoi": (lambda s: f"/depots/{s.sent.sent[-1].deposit}/renvoi", {"vu": "ferme", "version": "1"}),
    "revocation": (lambda s: f"/depots/{s.sent.sent[-1].deposit}/revocation", {"vu": "ferme", "suite": ""}),
    "effacement": (lambda s: f"/depots/{s.sent.sent[-1].deposit}/effacement", {}),
    "fin": (lambda s: f"/parcours/{s.sent.parcours_id}/fin", {**WITHDREW, "survenu_le": "2026-01-05"}),
    "passage": (lambda s: f"/parcours/{s.sent.parcours_id}/passage", {}),
}


def posted(
    name: str,
    client: Callable[[Scene], Client],
    more: str = "",
    *,
    content_type: str | None = FORM,
    origin: str | None = UNSAID,
) -> Callable[[Scene], Answer]:
    """Return the request that sends one of the forms from some browser; ``more`` is added to its body."""

    def ask(scene: Scene) -> Answer:
        door, fields = FORMS[name]
        body = "&".join([*(f"{key}={value}" for key, value in fields.items()), *([more] if more else [])])
        return client(scene).send("POST", door(scene), body, content_type=content_type, origin=origin)

    return ask


def own(scene: Scene) -> Client:
    """Return the browser of the tutor herself."""
    return scene.agent


def nobody(scene: Scene) -> Client:
    """Return a browser in which nobody is signed in."""
    return Client()


def closed(scene: Scene) -> Client:
    """Return a browser whose session does not exist."""
    return Client({SESSION_COOKIE: "chosen-by-somebody"})


DOORS = [
    case
    for name in FORMS
    for case in (
        Case(f"B50 {name}, another site", posted(name, own, origin="https://evil.example"), 403, None, "La demande est refusée"),
        Case(f"B50 {name}, no origin", posted(name, own, origin=None), 403, None, "La demande est refusée"),
        Case(f"B50 {name}, origin null", posted(name, own, origin="null"), 403, None, "La demande est refusée"),
        Case(f"B46 {name}, signed out", posted(name, nobody), 401, None, "reconnectez-vous"),
        Case(f"B46 {name}, no session", posted(name, closed), 401, None, "reconnectez-vous"),
        Case(f"B54 {name}, a field more", posted(name, own, f"role={CANARY}"), 400, None, "un champ que cette page n’a pas"),
        Case(f"B69 {name}, JSON", posted(name, own, content_type="application/json"), 415, "media_type", "pas ce format"),
        Case(f"B70 {name}, no UTF-8", posted(name, own, "vu=%FF"), 400, None, "Nous n’avons pas pu lire votre demande"),
        Case(f"B72 {name}, too long", posted(name, own, "suite=" + "a" * 33_000), 413, None, "trop longue"),
    )
]  # fmt: skip


@each(DOORS)
def test_the_forms_of_the_detours_take_what_our_pages_send(
    case: Case, scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    check(case, scene, capsys)


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_looking_at_a_detour_does_nothing(scene: Scene, name: str, method: str) -> None:
    before = scene.world.everything()
    door, _ = FORMS[name]

    answer = scene.agent.send(method, door(scene))

    assert answer.status == (200 if name == "fin" and method in {"GET", "HEAD"} else 405)
    assert scene.world.everything() == before


@pytest.mark.parametrize("name", FORMS)
def test_a_detour_of_another_tutor_is_one_that_never_was(
    scene: Scene, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """B53: the sending of another tutor is answered as one that does not exist, and trying uses up none of the day's sendings."""
    stranger = http.signed_in(scene.other_tutor)
    said = "Cette offre n’est plus libre" if name == "passage" else "introuvable"
    check(Case("B53", posted(name, lambda _: stranger), 404, None, said), scene, capsys)


REQUEST = "/retrait/demande"
REQUESTS: dict[str, tuple[Callable[[Scene], Answer], int, str | None]] = {
    "no nonce": (lambda s: Client().post_json(REQUEST, {"token": s.token}), 400, "cookies_blocked"),
    "no proof": (lambda s: open_retrieval_page().post_json(REQUEST, {"token": s.token}), 403, "proof_needed"),
    "unknown": (lambda s: open_retrieval_page().post_json(REQUEST, {"token": "A" * 43}), 410, "link_unknown"),
    "field more": (lambda s: open_retrieval_page().post_json(REQUEST, {"token": s.token, "depot": "x"}), 400, "unknown_field"),
    "list": (lambda s: open_retrieval_page().post_json(REQUEST, {"token": [CANARY]}), 400, "unreadable"),
    "twice": (lambda s: open_retrieval_page().post_json(REQUEST, '{"token":"a","token":"b"}'), 400, "unreadable"),
    "origin": (lambda s: open_retrieval_page().post_json(REQUEST, {"token": s.token}, origin="null"), 403, "origin"),
    "form": (lambda s: open_retrieval_page().post_form(REQUEST, {"token": s.token}), 415, None),
    "still opens": (lambda s: browser_of_recipient(s).post_json(REQUEST, {"token": s.token}), 409, "wrong_step"),
}  # fmt: skip


def browser_of_recipient(scene: Scene) -> Client:
    """Return the browser in which the link's question will be answered: the same one for each request."""
    return PROVEN.setdefault(scene.token, open_retrieval_page())


PROVEN: dict[str, Client] = {}


@pytest.mark.parametrize("why", REQUESTS)
def test_a_request_for_a_new_sending_that_makes_no_sense_changes_nothing(scene: Scene, why: str) -> None:
    ask, status, code = REQUESTS[why]
    Browser(nonce=browser_of_recipient(scene).cookies["__Host-lien"]).proves(scene.token)
    before = scene.world.everything()

    answer = ask(scene)

    assert answer.status == status, answer.text
    assert CANARY not in answer.text
    assert code is None or answer.json["code"] == code
    assert scene.world.everything() == before
