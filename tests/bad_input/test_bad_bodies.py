"""B54, B69 to B73: bodies that no page of ours sends, and paths that stand nowhere."""

import json
from collections.abc import Callable

import pytest

from chalicelib.web.kit.http import MOST_BYTES, MOST_DEPTH
from tests.bad_input.cases import CANARY, Case, Scene, assert_discreet, assert_refusal, check, each
from tests.support import factories, http
from tests.support.http import FORM, Answer, Client
from tests.support.worlds import BASE_URL

UNREADABLE = "Nous n’avons pas pu lire votre demande"
UNEXPECTED = "un champ que cette page n’a pas"
WANTS_JSON = {"Accept": "application/json"}
RANDOM = "0123456789abcdef" * 2


def apercu(body: str | bytes | None, *, content_type: str | None = "application/json") -> Answer:
    """Post this body to the glimpse, as a script asks for it."""
    client = Client()
    return client.send("POST", "/retrait/apercu", body, content_type=content_type, headers=WANTS_JSON)


def posts_apercu(
    body: str | bytes | None, *, content_type: str | None = "application/json"
) -> Callable[[Scene], Answer]:
    """Return the request that posts this body to the glimpse."""
    return lambda _: apercu(body, content_type=content_type)


def posts_connexion(
    body: str | bytes | None, *, content_type: str | None = FORM
) -> Callable[[Scene], Answer]:
    """Return the request that asks for a sign-in code with this body."""
    return lambda _: Client().send("POST", "/connexion", body, content_type=content_type)


def announces(field: str, value: object) -> Callable[[Scene], Answer]:
    """Return the request that sends an honest announcement but for one of its fields."""
    body = {**factories.sealed().as_json(), field: value}
    return lambda scene: scene.agent.post_json(scene.deposits, body)


EXTRA = ("role", "statut", "proprietaire", "revision", "__proto__", "constructor", CANARY)
JSON_TYPES = {
    "none": None,
    "text": "text/plain",
    "a form": FORM,
    "XML": "application/xml",
    "almost": "application/jsonp",
    "another character set": "application/json; charset=utf-16",
    "smuggled": f"text/plain; x=*/*; y={CANARY}",
    "two types": "application/json, text/plain",
    "behind a comma": "text/plain, application/json",
}
FORM_TYPES = {
    "none": None,
    "JSON": "application/json",
    "multipart": f"multipart/form-data; boundary={CANARY}",
}
BROKEN: dict[str, str | bytes | None] = {
    "nothing": "",
    "absent": None,
    "null": "null",
    "array": "[]",
    "string": f'"{CANARY}"',
    "number": "1",
    "cut": '{"token":"',
    "single quotes": "{'token':'a'}",
    "comma": '{"token":"a",}',
    "remark": '{"token":"a"}//',
    "two values": '{"token":"a"}{}',
    "NaN": '{"token":NaN}',
    "Infinity": '{"token":-Infinity}',
    "number without end": '{"token":' + "9" * 5000 + "}",
    "half a character": '{"token":"\\ud800"}',
    "half a character as a key": '{"\\udc00":"a"}',
    "half a character, raw": '{"token":"\ud800"}',
    "control character": '{"token":"a\nb"}',
    "byte order mark": '\ufeff{"token":"a"}',
    "UTF-16": '{"token":"a"}'.encode("utf-16"),
    "UTF-32": '{"token":"a"}'.encode("utf-32-be"),
    "Latin-1": '{"token":"é"}'.encode("latin-1"),
    "overlong": b'{"token":"\xc0\xaf"}',
    "brackets": "[" * 30_000,
    "braces": '{"a":' * 5_000,
    "deeper than anything of ours": '{"token":' + "[" * MOST_DEPTH + "]" * MOST_DEPTH + "}",
}
BROKEN_FORMS: dict[str, str | bytes] = {
    "no UTF-8": "adresse=%FF%FE",
    "twice": f"adresse={CANARY}%40a.fr&adresse=b%40a.fr",
    "far too many": "&".join(f"a{n}=1" for n in range(50)),
    "raw bytes": b"adresse=\xff\xfe",
}
CASES = [
    *(
        Case(
            f"B54 {name}, apercu",
            posts_apercu(json.dumps({"token": "a", name: 1})),
            400,
            "unknown_field",
            UNEXPECTED,
        )
        for name in EXTRA
    ),
    *(
        Case(
            f"B54 {name}, depots",
            announces(name, "équipe"),
            400,
            "unknown_field",
            UNEXPECTED,
        )
        for name in EXTRA
    ),
    Case("B54 role, connexion", posts_connexion(f"adresse=a%40a.fr&role={CANARY}"), 400, None, UNEXPECTED),
    *(
        Case(
            f"B69 {why}",
            posts_apercu('{"token":"a"}', content_type=kind),
            415,
            "media_type",
            "pas ce format",
        )
        for why, kind in JSON_TYPES.items()
    ),
    *(
        Case(
            f"B69 form, {why}",
            posts_connexion("adresse=a", content_type=kind),
            415,
            None,
            "pas ce format",
        )
        for why, kind in FORM_TYPES.items()
        if why != "JSON"
    ),
    *(Case(f"B70 {why}", posts_apercu(body), 400, "unreadable", UNREADABLE) for why, body in BROKEN.items()),
    Case(
        "B71 deep in a field of ours",
        announces("documents", json.loads("[" * 30 + "]" * 30)),
        400,
        "unreadable",
        UNREADABLE,
    ),
    *(
        Case(f"B70 form, {why}", posts_connexion(body), 400, None, UNREADABLE)
        for why, body in BROKEN_FORMS.items()
    ),
    Case("B71 [ × 100 000", posts_apercu("[" * 100_000), 413, "too_large", "Votre demande est trop longue"),
    Case(
        "B72 one byte more",
        posts_apercu(" " * (MOST_BYTES + 1)),
        413,
        "too_large",
        "Votre demande est trop longue",
    ),
    Case(
        "B72 in characters of 3 bytes",
        posts_apercu("€" * (MOST_BYTES // 3 + 1)),
        413,
        "too_large",
        "trop longue",
    ),
    Case(
        "B72 bytes",
        posts_apercu(b"\xff" * (MOST_BYTES + 1)),
        413,
        "too_large",
        "Votre demande est trop longue",
    ),
    Case(
        "B72 form", posts_connexion("adresse=" + "a" * MOST_BYTES), 413, None, "Votre demande est trop longue"
    ),
    Case("B73 unknown path", lambda _: Client().get(f"/{CANARY}"), 404, None, "Page introuvable"),
    Case(
        "B73 deeper",
        lambda s: s.agent.get(f"/parcours/{RANDOM}/envoi/{CANARY}"),
        404,
        None,
        "Page introuvable",
    ),
]


@each([case for case in CASES if not case.name.startswith("B73")])
def test_a_body_that_is_not_ours_is_refused(
    case: Case, scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    check(case, scene, capsys)


@each([case for case in CASES if case.name.startswith("B73")])
def test_an_unknown_path_is_answered_by_the_gateway_in_french(case: Case, scene: Scene) -> None:
    """A path that the app does not declare is answered by the gateway itself, in French."""
    answer = case.ask(scene)

    assert_refusal(answer, case.status, case.code, case.says)
    assert CANARY not in answer.text


def test_a_body_of_exactly_32_kb_is_read(scene: Scene) -> None:
    """B72: a body of exactly the limit, 32 kB, is still read."""
    body = json.dumps({"token": "a"})

    assert apercu(body + " " * (MOST_BYTES - len(body))).status == 410


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"']
)
def test_an_honest_content_type_is_taken(scene: Scene, kind: str) -> None:
    assert apercu(json.dumps({"token": scene.token}), content_type=kind).status == 200


def test_what_is_announced_as_base64_and_is_not_is_unreadable(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    """B70: a body that the gateway marks as base64 and is none is answered as unreadable, not as a fault."""
    capsys.readouterr()
    for body in (f"%{CANARY}%é", "a", "\ud800"):
        event = http.event(
            "POST", "/retrait/apercu", {"Content-Type": "application/json", "Origin": BASE_URL}
        )

        answer = http.deliver({**event, "body": body, "isBase64Encoded": True})

        assert_refusal(answer, 400, "unreadable", UNREADABLE)
        assert_discreet(answer, capsys.readouterr().out)


def test_a_request_without_headers_or_body_is_refused(scene: Scene) -> None:
    event = http.event("POST", "/retrait/apercu", {})

    assert_refusal(http.deliver({**event, "headers": None}), 403, "origin", "ne vient pas de ce service")
    assert http.deliver({**http.event("GET", "/parcours", {}), "headers": None}).status == 401
