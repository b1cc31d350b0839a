"""B53, B54, B69 to B74: bodies, paths, methods and headers that no page of ours sends."""

import json
from collections.abc import Callable

import pytest

from chalicelib.stores import aws
from chalicelib.web.kit.http import NONCE_COOKIE, SESSION_COOKIE
from tests.bad_input.cases import CANARY, Case, Scene, assert_discreet, assert_refusal, check, held, hooked
from tests.support import factories, http
from tests.support.http import Answer, Client

UNREADABLE = "Nous n’avons pas pu lire votre demande"
NOT_FOUND = "Il n’y a rien à cette adresse"
WANTS_JSON = {"Accept": "application/json"}
RANDOM = "0123456789abcdef" * 2


# ---- B53: another's parcours, and one that never was ------------------------------------------------------------

ASKING: dict[str, Callable[[Client, str], Answer]] = {
    "sheet": lambda client, id: client.get(f"/parcours/{id}"),
    "form": lambda client, id: client.get(f"/parcours/{id}/envoi"),
    "announcement": lambda client, id: client.post_json(
        f"/parcours/{id}/depots", factories.sealed().as_json()
    ),
    "progress": lambda client, id: client.get(f"/depots/{id}"),
}


@pytest.mark.parametrize("what", ASKING)
def test_anothers_looks_like_what_never_was(
    scene: Scene, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """B53: what belongs to somebody else is answered with the same status, words and headers, byte for byte but the number of the
    error, as what does not exist.
    """
    theirs = scene.others.parcours_id
    if what == "progress":
        theirs = (
            http.signed_in(scene.other_tutor)
            .post_json(f"/parcours/{theirs}/depots", (sent := factories.sealed()).as_json())
            .json["deposit"]
        )
        assert theirs == sent.deposit
    code = None if what in {"sheet", "form"} else "not_found"
    said = "Cette page n’est pas ouverte à votre compte" if what == "sheet" else NOT_FOUND

    other = check(Case("B53", lambda s: ASKING[what](s.agent, theirs), 404, code, said), scene, capsys)
    random = check(Case("B53", lambda s: ASKING[what](s.agent, RANDOM), 404, code, said), scene, capsys)

    assert other.unnumbered == random.unnumbered


STRANGE_IDS = {
    "3000 characters": "a" * 3000,
    "null": f"%00{CANARY}",
    "emoji": "%F0%9F%98%80",
    "no UTF-8": "%FF%FE",
    "climbing": "..%2F..%2Fetc",
    "key separator": f"x%23{CANARY}",
    "line break": "a%0d%0aSet-Cookie:%20a=b",
    "template": "%7B%7B7*7%7D%7D",
    "script": "%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    "braces": "{parcours_id}",
}


SESSION_READS = 1
"""The session and its account, read together with every request of an agent."""


@pytest.mark.parametrize("what", ASKING)
@pytest.mark.parametrize("why", STRANGE_IDS)
def test_a_strange_id_is_one_that_never_was(
    scene: Scene, what: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is looked for: a longer key than the tables take would be a fault there."""
    code = None if what in {"sheet", "form"} else "not_found"
    reads: list[None] = []

    def ask(scene: Scene) -> Answer:
        reads.clear()
        with hooked(aws.dynamodb(), "before-call.dynamodb", lambda: reads.append(None)):
            return ASKING[what](scene.agent, STRANGE_IDS[why])

    answer = check(Case("B53", ask, 404, code, NOT_FOUND), scene, capsys)

    assert len(reads) == SESSION_READS
    never = ASKING[what](scene.agent, RANDOM if what != "sheet" else "A" * 32)
    assert answer.unnumbered == never.unnumbered
    assert "set-cookie" not in answer.headers


# ---- B74: methods; B75: headers ---------------------------------------------------------------------------------


def test_every_path_answers_every_method(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """B74: a method that a path does not have is refused by us, not by the gateway, and the answer names those that it has."""
    from app import app

    refused = 0
    before = held(scene.world)
    for path, entries in app.routes.items():
        known = [method for method, entry in entries.items() if entry.view_name != "refuse_method"]
        assert len(entries) == 7
        for method in entries.keys() - known:
            capsys.readouterr()
            asked = (
                path.replace("{", "").replace("}", "") if path != "/static/{digest}/{name}" else "/static/a/b"
            )

            answer = scene.agent.send(
                method, asked, "{}", content_type="application/json", headers=WANTS_JSON
            )

            assert_refusal(answer, 405, "method", "ne permet pas cette action")
            assert answer.headers["allow"] == ", ".join(known)
            assert_discreet(answer, capsys.readouterr().out)
            refused += 1
    assert refused > 80
    assert held(scene.world) == before


def test_a_wrong_method_of_a_person_gets_a_page(scene: Scene) -> None:
    assert_refusal(Client().send("PUT", "/connexion"), 405, None, "ne permet pas cette action")


COOKIES = {
    "20 kB": f"{SESSION_COOKIE}=" + "a" * 20_000,
    "200 cookies": "; ".join(f"c{n}={CANARY}" for n in range(200)),
    "backslashes": f'{SESSION_COOKIE}="' + "\\" * 20_000 + '"',
    "no cookie at all": f";;;={CANARY};,",
    "not ASCII": f"{SESSION_COOKIE}=é🎓",
    "quoted": f'{SESSION_COOKIE}="{CANARY}"',
    "null": f"{SESSION_COOKIE}=a\0b",
}


@pytest.mark.parametrize("why", COOKIES)
def test_strange_cookies_are_nobodys(scene: Scene, why: str, capsys: pytest.CaptureFixture[str]) -> None:
    """B75: a cookie that we never set is answered as if nobody were signed in."""
    headers = {"Cookie": COOKIES[why]}

    check(
        Case(
            "B75",
            lambda _: Client().get("/parcours", headers=headers),
            401,
            None,
            "Nous y envoyons un code",
        ),
        scene,
        capsys,
    )

    assert (
        Client()
        .get("/retrait", headers={"Cookie": COOKIES[why].replace(SESSION_COOKIE, NONCE_COOKIE)})
        .status
        == 200
    )


def test_a_good_cookie_counts_whatever_stands_beside_it(scene: Scene) -> None:
    beside = f'a={{"x": 1}} y; {SESSION_COOKIE}={scene.session};b="'

    assert Client().get("/parcours", headers={"Cookie": beside}).status == 200


def test_a_refused_request_is_a_line_with_its_route_and_status(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    """The log line of a refused request holds the route as it is declared, never the path that was asked for."""
    for client, path in (
        (scene.agent, f"/parcours/{scene.others.parcours_id}"),
        (Client(), f"/parcours/{CANARY}"),
    ):
        capsys.readouterr()
        status = client.get(path).status
        (line,) = [json.loads(printed) for printed in capsys.readouterr().out.splitlines()]

        assert (line["event"], line["method"], line["route"]) == ("web", "GET", "/parcours/{parcours_id}")
        assert line["status"] == status in {401, 404}
        assert CANARY not in repr(line) and scene.others.parcours_id not in repr(line)
