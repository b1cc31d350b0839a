"""B32 to B42: the recipient's browser that cannot, or says too much; addresses that ask for a code and have no account."""

import pytest

from chalicelib import config
from chalicelib.web.kit.http import CHALLENGE_COOKIE, NONCE_COOKIE, SESSION_COOKIE
from tests.bad_input.cases import (
    CANARY,
    Scene,
    answer_question,
    assert_refusal,
    open_retrieval_page,
    read_message,
)
from tests.conftest import Clock
from tests.faults.wire import Tap
from tests.support.http import Answer, Client

BESIDE: dict[str, dict[str, object]] = {
    "preuve": {"adresse": "a@a.fr"},
    "ouverture": {},
    "reception": {"lisible": True},
    "demande": {},
}


@pytest.mark.parametrize("action", BESIDE)
@pytest.mark.parametrize("cookies", [{}, {NONCE_COOKIE: "a b\u00e9"}, {NONCE_COOKIE: ""}])
def test_a_browser_without_cookies_is_told_what_to_allow(
    scene: Scene, action: str, cookies: dict[str, str]
) -> None:
    """B32: a recipient whose browser keeps no cookies reads what to allow."""
    before = scene.world.everything()
    answer = Client(dict(cookies)).post_json(f"/retrait/{action}", {"token": scene.token, **BESIDE[action]})
    assert_refusal(answer, 400, "cookies_blocked", "Autorisez les cookies de ce site")
    assert "Le lien n’a pas été utilisé" in read_message(answer)
    assert scene.world.everything() == before


def test_a_browser_without_scripts_reads_what_to_do() -> None:
    """B33: a recipient whose browser runs no scripts reads what to do."""
    answer = Client().get("/retrait")
    without = answer.text.partition("<noscript>")[2].partition("</noscript>")[0]
    assert answer.status == 200
    assert "Ce navigateur ne peut pas ouvrir les documents" in without
    assert "dans un autre navigateur" in " ".join(without.split())


@pytest.mark.parametrize("first", ["open", "revoke"])
def test_of_an_opening_and_a_revocation_both_are_told_which_won(afresh: Scene, first: str) -> None:
    """B36: whichever of an opening and a revocation comes first wins, and both people read which; every order of calls is tried
    in ``tests/faults/test_sending_change_interleavings.py``.
    """
    browser, path = answer_question(afresh.token), f"/depots/{afresh.sent.sent[-1].deposit}/revocation"

    def opens() -> Answer:
        return browser.post_json("/retrait/ouverture", {"token": afresh.token})

    def revokes() -> Answer:
        return afresh.agent.post_form(path, {"vu": "ferme", "suite": ""})

    if first == "open":
        assert opens().status == 200
        assert_refusal(revokes(), 409, None, "Le lien a été ouvert le ")
    else:
        assert revokes().status == 303
        assert_refusal(opens(), 410, "link_revoked", "Ce lien a été retiré le ")


@pytest.mark.parametrize("field", ["deposit", "depot", "parcours", "version", "kind"])
def test_a_right_token_opens_nothing_else(scene: Scene, field: str) -> None:
    """B38: no call takes the id of a document beside a token."""
    before = scene.world.everything()
    body = {"token": scene.token, field: scene.others.parcours_id}
    answer = open_retrieval_page().post_json("/retrait/ouverture", body)
    assert_refusal(answer, 400, "unknown_field", "un champ que cette page n’a pas")
    assert scene.world.everything() == before


@pytest.mark.parametrize(
    "header", [{"Range": "bytes=0-9"}, {"If-None-Match": "*"}, {"If-Modified-Since": CANARY}]
)
def test_an_opening_is_whole_and_kept_nowhere(afresh: Scene, header: dict[str, str]) -> None:
    """B39: the answer of an opening holds everything that is needed, and no cache may keep it."""
    answer = answer_question(afresh.token).post_json(
        "/retrait/ouverture", {"token": afresh.token}, headers=header
    )
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    assert not {"etag", "content-range", "accept-ranges", "last-modified"} & answer.headers.keys()
    assert [document["kind"] for document in answer.json["documents"]] == ["cv"]


def asks(address: str) -> tuple[Client, Answer, list[str]]:
    """Ask for a code for this address; return the browser, the answer and the AWS calls that it cost."""
    client = Client()
    with Tap().open() as tap:
        answer = client.post_form("/connexion", {"adresse": address})
    return client, answer, [f"{call.service}:{call.operation}" for call in tap.calls]


def test_an_unknown_address_looks_and_costs_the_same(afresh: Scene) -> None:
    """B41: asking for a code answers alike and makes the same AWS calls whether or not the address has an account; the mailer
    decides.
    """
    known, unknown = asks(afresh.tutor.address), asks("personne@nulle-part.example")
    assert (known[1].status, known[1].headers["location"], known[1].text) == (
        unknown[1].status, unknown[1].headers["location"], unknown[1].text,
    )  # fmt: skip
    assert known[2] == unknown[2] != []
    pages = {client.get("/connexion/code").text for client in (known[0], unknown[0])}
    assert len(pages) == 1
    before = len(afresh.world.mails())
    afresh.empty.mailer_runs()
    assert [str(mail["To"]) for mail in afresh.world.mails()[before:]] == [afresh.tutor.address]


def test_too_many_requests_mail_no_more_and_leave_the_live_codes(afresh: Scene, time: Clock) -> None:
    """B42: when somebody asks again and again for codes of my address, no more leave than the hourly limit, and the code that I
    asked for before still opens.
    """
    mine = asks(afresh.tutor.address)[0]
    afresh.empty.mailer_runs()
    code = afresh.empty.codes()[-1]
    answers = [asks(afresh.tutor.address)[1] for _ in range(config.settings().codes_per_hour + 3)]
    afresh.empty.mailer_runs()

    assert {answer.status for answer in answers} == {303}
    assert {answer.headers["location"] for answer in answers} == {"/connexion/code"}
    assert len(afresh.empty.codes()) <= config.settings().codes_per_hour
    assert CHALLENGE_COOKIE in mine.cookies
    assert mine.post_form("/connexion/code", {"code": code}).status == 303
    assert SESSION_COOKIE in mine.cookies
