"""B43 to B51: codes, sessions, cookies and origins that are not what they should be."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import clock
from chalicelib.stores import parcours_table
from chalicelib.web.kit.http import CHALLENGE_COOKIE, SESSION_COOKIE
from tests.bad_input.cases import CANARY, Case, Scene, assert_discreet, assert_refusal, check, each
from tests.conftest import Clock
from tests.support import factories, http
from tests.support.http import Answer, Client
from tests.support.worlds import BASE_URL
from tests.support.writing import change_record

DEAD = "Ce code n’est pas le bon, ou n’est plus valable"
ELSEWHERE = "Saisissez le code dans la fenêtre où vous l’avez demandé"
SIGNED_OUT = "Ce qui était enregistré est gardé : reconnectez-vous."


def code_for(scene: Scene, client: Client) -> str:
    """Ask for a code in this browser and return the code that was mailed to the tutor."""
    asked = client.post_form("/connexion", {"adresse": scene.tutor.address})
    assert (asked.status, asked.headers["location"]) == (303, "/connexion/code")
    scene.empty.mailer_runs()
    return scene.empty.codes()[-1]


def enter(client: Client, code: str) -> Answer:
    """Post this code from this browser."""
    return client.post_form("/connexion/code", {"code": code})


def signed_in(scene: Scene, client: Client) -> str:
    """Sign in with a mailed code in this browser; return its session cookie."""
    assert enter(client, code_for(scene, client)).status == 303
    return client.cookies[SESSION_COOKIE]


def test_a_code_opens_only_in_the_browser_that_asked(afresh: Scene) -> None:
    """B43: a code is refused in every browser but the one that asked for it, and stays good there."""
    asking, other = Client(), Client()
    code = code_for(afresh, asking)

    assert_refusal(enter(Client(), code), 403, None, ELSEWHERE)
    assert_refusal(enter(Client({CHALLENGE_COOKIE: "chosen"}), code), 410, None, DEAD)
    other.post_form("/connexion", {"adresse": "somebody@else.example"})
    assert_refusal(enter(other, code), 410, None, DEAD)
    assert enter(asking, f" {code[:2]} {code[2:]} ").status == 303


WRONG_CODES = [
    "",
    "abcdef",
    "123456789",
    "1234567890123",
    "000000000000 ",
    "١٢٣٤٥٦٧٨٩٠١٢",
    "１２３４５６７８９０１２",
    "1" * 5000,
    "12\0456789012",
    CANARY,
    "🎓",
]


@pytest.mark.parametrize("typed", WRONG_CODES, ids=[ascii(code[:12]) for code in WRONG_CODES])
def test_a_wrong_code_is_dead_and_said_so(
    afresh: Scene, typed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """B44: whatever is typed instead of the code gets one answer, opens no session and is not logged."""
    client = Client()
    code_for(afresh, client)
    capsys.readouterr()

    answer = enter(client, typed)

    assert_refusal(answer, 410, None, DEAD)
    assert SESSION_COOKIE not in client.cookies
    assert_discreet(answer, capsys.readouterr().out)


def test_a_code_serves_once(afresh: Scene) -> None:
    """B44: a code opens one session: the same browser may repeat its request, but after signing out the code is dead."""
    client = Client()
    code = code_for(afresh, client)
    challenge = client.cookies[CHALLENGE_COOKIE]
    assert enter(client, code).status == 303
    assert CHALLENGE_COOKIE not in client.cookies

    unanswered = Client({CHALLENGE_COOKIE: challenge})
    assert enter(unanswered, code).status == 303
    assert unanswered.cookies == client.cookies, "her own request again: nothing is begun anew"
    client.post_form("/deconnexion", {})
    assert_refusal(enter(Client({CHALLENGE_COOKIE: challenge}), code), 410, None, DEAD)


def test_a_code_lives_ten_minutes(afresh: Scene, time: Clock) -> None:
    """B44: a code opens until ten minutes after it was asked for."""
    prompt, late = Client(), Client()
    right = code_for(afresh, prompt)
    time.passes(minutes=9)
    assert enter(prompt, right).status == 303
    right = code_for(afresh, late)
    time.passes(minutes=10)

    assert_refusal(enter(late, right), 410, None, DEAD)


def test_five_wrong_codes_kill_the_right_one(afresh: Scene) -> None:
    """B44: after four wrong codes the right one still opens; after five it no longer does."""
    patient, hasty = Client(), Client()
    right = code_for(afresh, patient)
    wrong = f"{(int(right) + 1) % 10**12:012d}"
    for _ in range(4):
        assert enter(patient, wrong).status == 410
    assert enter(patient, right).status == 303
    right = code_for(afresh, hasty)
    wrong = f"{(int(right) + 1) % 10**12:012d}"
    for _ in range(5):
        assert enter(hasty, wrong).status == 410

    assert_refusal(enter(hasty, right), 410, None, DEAD)


def test_a_session_id_chosen_beforehand_is_worth_nothing(afresh: Scene) -> None:
    """B45: signing in draws a new session id; an id that was planted in the browser never works, and a former session ends."""
    client = Client({SESSION_COOKIE: "chosen-by-somebody"})
    first = signed_in(afresh, client)
    assert first != "chosen-by-somebody"
    assert Client({SESSION_COOKIE: "chosen-by-somebody"}).get("/parcours").status == 401

    second = signed_in(afresh, client)

    assert second != first
    assert Client({SESSION_COOKIE: first}).get("/parcours").status == 401
    assert Client({SESSION_COOKIE: second}).get("/parcours").status == 200


@pytest.mark.parametrize("end", ["signed out", "account closed"])
def test_a_cookie_replayed_after_the_end_is_refused(
    afresh: Scene, end: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """B46: the cookie of a session that was signed out, or whose account was closed, is refused on a page and for a script."""
    if end == "signed out":
        assert afresh.agent.post_form("/deconnexion", "").status == 303
    else:
        account = parcours_table.read_account(afresh.tutor.id)
        assert account
        closed = replace(account, closed_at=clock.utc_now())
        change_record(account, closed)
    capsys.readouterr()

    page = afresh.agent.get("/parcours")
    script = afresh.agent.post_json(afresh.deposits, factories.sealed().as_json())

    assert_refusal(page, 401, None, SIGNED_OUT)
    assert_refusal(script, 401, "signed_out", SIGNED_OUT)
    logged = capsys.readouterr().out
    for answer in (page, script):
        assert answer.headers["clear-site-data"] == '"cache", "storage"'
        assert_discreet(answer, logged)


def test_a_session_ends_after_two_idle_hours(afresh: Scene, time: Clock) -> None:
    """B47: a session ends two hours after its last use."""
    client = http.signed_in(afresh.tutor)
    time.passes(minutes=119)
    assert client.get("/parcours").status == 200
    time.passes(minutes=119)
    assert client.get("/parcours").status == 200, "she was active"
    time.passes(minutes=121)

    assert_refusal(client.get("/parcours"), 401, None, "Votre session a expiré.")


def test_a_session_ends_after_eight_hours_in_all(afresh: Scene, time: Clock) -> None:
    """B47: a session ends eight hours after it began, however often it is used."""
    client = http.signed_in(afresh.tutor)
    for _ in range(15):
        time.passes(minutes=31)
        assert client.get("/parcours").status == 200
    time.passes(minutes=16)

    answer = client.post_json(afresh.deposits, factories.sealed().as_json())

    assert_refusal(answer, 401, "signed_out", "Votre session a expiré.")


POSTS: dict[str, tuple[str, str]] = {
    "connexion": ("/connexion", f"adresse={CANARY}%40a.fr"),
    "code": ("/connexion/code", "code=1234567890"),
    "deconnexion": ("/deconnexion", ""),
    "depots": ("/parcours/{parcours}/depots", "{}"),
    "apercu": ("/retrait/apercu", '{"token":"{token}"}'),
    "preuve": ("/retrait/preuve", '{"token":"{token}","adresse":"a@a.fr"}'),
    "ouverture": ("/retrait/ouverture", '{"token":"{token}"}'),
    "reception": ("/retrait/reception", '{"token":"{token}","lisible":true}'),
}
ORIGINS = {
    "absent": None,
    "null": "null",
    "evil": "https://evil.example",
    "other port": "http://localhost:8001",
    "other scheme": "https://localhost:8000",
    "our name as a beginning": f"{BASE_URL}.evil.example",
    "with a path": f"{BASE_URL}/",
    "capitals": BASE_URL.upper(),
    "twice": f"{BASE_URL}, {BASE_URL}",
}


def crosses(name: str, origin: str | None) -> Callable[[Scene], Answer]:
    """Return the request that posts one of the forms with this Origin header."""
    return lambda scene: crossing(scene, name, origin)


def crossing(scene: Scene, name: str, origin: str | None) -> Answer:
    """Post one of the forms with this Origin header; None sends the request without it."""
    path, body = POSTS[name]
    path = path.replace("{parcours}", scene.empty.parcours_id)
    content_type = "application/json" if body.startswith("{") else http.FORM
    client = scene.agent
    return client.send(
        "POST", path, body.replace("{token}", scene.token), content_type=content_type, origin=origin
    )


@each(
    [
        Case(
            f"B50 {name}, {why}",
            crosses(name, origin),
            403,
            "origin" if POSTS[name][1].startswith("{") else None,
            "elle ne vient pas de ce service",
        )
        for name in POSTS
        for why, origin in ORIGINS.items()
    ]
)
def test_what_another_site_posts_is_refused(
    case: Case, scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    check(case, scene, capsys)


EVIL = {
    "Host": "evil.example",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "ftp",
    "Forwarded": "host=evil.example",
}


def test_no_header_says_where_we_are(afresh: Scene) -> None:
    """B51: our own address comes from the template alone, in pages, in redirects and in the mail."""
    client = afresh.agent
    document = factories.sealed()
    assert "evil" not in client.get("/", headers=EVIL).text
    assert client.get("/", headers=EVIL).status == 200
    asked = client.post_form("/connexion", {"adresse": afresh.tutor.address}, headers=EVIL)
    assert asked.headers["location"] == "/connexion/code"

    answer = client.post_json(afresh.deposits, document.as_json(), headers=EVIL)
    assert answer.status == 201
    afresh.empty.sent.append(document)
    afresh.empty.forms.append(answer.json["documents"][0]["form"])
    afresh.empty.uploads()
    assert afresh.empty.is_inspected() == "verified"
    afresh.empty.mailer_runs()

    links = [mail for mail in afresh.world.mails() if "Un jeune attend votre réponse" in str(mail["Subject"])]
    text = links[-1].as_string() + str(links[-1].get_body(("plain",)))
    assert f"{BASE_URL}/retrait/#" in text
    assert "evil" not in text


def test_a_session_is_at_most_written_every_five_minutes(afresh: Scene, time: Clock) -> None:
    """Reading pages is no reason to write: the time of the last visit moves by steps."""
    client = http.signed_in(afresh.tutor)
    before = afresh.world.everything()
    time.passes(minutes=4)
    client.get("/parcours")
    assert afresh.world.everything() == before
    time.now += timedelta(minutes=2)

    client.get("/parcours")

    assert afresh.world.everything() != before
