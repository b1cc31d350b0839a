"""B77, B78: a service that does not answer, and what nobody foresaw. Rien n'est perdu, and the log says no more than it may."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError
from chalice.app import Chalice, Response

from chalicelib import log
from chalicelib.stores import aws
from chalicelib.stories.documents import opening
from chalicelib.web.kit import calls
from chalicelib.web.kit.http import CHALLENGE_COOKIE, JSON, build_security_headers
from tests.bad_input.cases import CANARY, Case, Scene, assert_discreet, assert_refusal, check, each, hooked
from tests.support import factories, http
from tests.support.factories import COMPANY_ADDRESS
from tests.support.http import Answer, Client

PASSING = "Attendez une minute, puis recommencez."
FAULT = "La panne vient de nous"


@dataclass(frozen=True)
class Call:
    """Something that a person or a script asks for, and the first service that it needs."""

    ask: Callable[[Scene], Answer]
    service: Callable[[], Any]
    operation: str
    is_page: bool = False


def with_nonce(path: str, **fields: object) -> Callable[[Scene], Answer]:
    """Return the request that posts this from a browser that has loaded the page of links, in a process that has not read the
    token yet.
    """

    def ask(scene: Scene) -> Answer:
        opening.forget_entries()  # a process that has not met the token yet
        client = Client()
        client.get("/retrait")
        return client.post_json(path, {"token": scene.token, **fields})

    return ask


def announce(scene: Scene) -> Answer:
    """Announce an honest document."""
    return scene.agent.post_json(scene.deposits, factories.sealed().as_json())


def ask_code(scene: Scene) -> Answer:
    """Ask for a sign-in code."""
    return Client().post_form("/connexion", {"adresse": scene.tutor.address})


CALLS = {
    "list": Call(lambda s: s.agent.get("/parcours"), aws.dynamodb, "dynamodb.Query", True),
    "session": Call(lambda s: s.agent.get("/parcours"), aws.dynamodb, "dynamodb.BatchGetItem", True),
    "sheet": Call(
        lambda s: s.agent.get(f"/parcours/{s.empty.parcours_id}"), aws.dynamodb, "dynamodb.Query", True
    ),
    "sign-in": Call(ask_code, aws.dynamodb, "dynamodb.UpdateItem", True),
    "code": Call(
        lambda s: Client({CHALLENGE_COOKIE: "a"}).post_form("/connexion/code", {"code": "1"}),
        aws.dynamodb,
        "dynamodb.GetItem",
        True,
    ),
    "announcement": Call(announce, aws.dynamodb, "dynamodb.BatchGetItem"),
    "progress": Call(
        lambda s: s.agent.get(f"/depots/{s.sent.sent[-1].deposit}"), aws.dynamodb, "dynamodb.GetItem"
    ),
    "look": Call(with_nonce("/retrait/apercu"), aws.dynamodb, "dynamodb.GetItem"),
    "proof": Call(with_nonce("/retrait/preuve", adresse="a@a.fr"), aws.dynamodb, "dynamodb.GetItem"),
    "opening": Call(with_nonce("/retrait/ouverture"), aws.lambda_, "lambda.Invoke"),
    "opening, tables": Call(with_nonce("/retrait/ouverture"), aws.dynamodb, "dynamodb.GetItem"),
    "receipt": Call(with_nonce("/retrait/reception", lisible=True), aws.dynamodb, "dynamodb.GetItem"),
}


def unreachable() -> object:
    """Fail as a service that cannot be reached."""
    raise EndpointConnectionError(endpoint_url=f"https://{CANARY}.example")


def silent() -> object:
    """Fail as a service that does not answer in time."""
    raise ConnectTimeoutError(endpoint_url=f"https://{CANARY}.example")


def refusing(status: int, code: str) -> Callable[[], object]:
    """Return a failure: the service answers with this status and error code."""

    def react() -> object:
        error = {"Code": code, "Message": CANARY}
        parsed = {"Error": error, "ResponseMetadata": {"HTTPStatusCode": status}}
        return SimpleNamespace(status_code=status), parsed

    return react


def broken() -> object:
    """Fail as a bug would."""
    raise RuntimeError(CANARY)


PASSING_FAILURES = {
    "unreachable": unreachable,
    "time-out": silent,
    "throttled": refusing(400, "ThrottlingException"),
    "failing": refusing(500, "InternalServerError"),
    "unknown 503": refusing(503, "Whatever"),
}
LASTING_FAILURES = {"bug": broken, "right missing": refusing(400, "AccessDeniedException")}


def during(call: Call, failure: Callable[[], object]) -> Callable[[Scene], Answer]:
    """Return the request that asks for this while the service fails."""

    def ask(scene: Scene) -> Answer:
        with hooked(call.service(), f"before-call.{call.operation}", failure):
            return call.ask(scene)

    return ask


@each(
    [
        Case(f"B77 {name}, {why}", during(call, failure), 503, None if call.is_page else "try_again", PASSING)
        for name, call in CALLS.items()
        for why, failure in PASSING_FAILURES.items()
    ]
)
def test_a_service_that_fails_for_a_moment_loses_nothing(
    case: Case, scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = check(case, scene, capsys)

    assert answer.headers["retry-after"] == "60"


@pytest.mark.parametrize("why", PASSING_FAILURES)
def test_keys_that_cannot_be_wrapped_are_announced_again(afresh: Scene, why: str) -> None:
    """B77: while KMS fails the deposit is stored but gets no form; the same announcement gets its form as soon as KMS is back."""
    body = factories.sealed().as_json()
    call = Call(lambda scene: scene.agent.post_json(scene.deposits, body), aws.kms, "kms.Encrypt")

    answer = during(call, PASSING_FAILURES[why])(afresh)

    assert_refusal(answer, 503, "try_again", PASSING)
    assert call.ask(afresh).status == 201


@each(
    [
        Case(f"B78 {name}, {why}", during(call, failure), 500, None if call.is_page else "fault", FAULT)
        for name, call in CALLS.items()
        for why, failure in LASTING_FAILURES.items()
    ]
)
def test_what_nobody_foresaw_is_said_under_a_number(
    case: Case, scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    logged: list[str] = []

    def ask(scene: Scene) -> Answer:
        answer = case.ask(scene)
        logged.append(capsys.readouterr().out)
        print(logged[0], end="")
        return answer

    answer = check(Case(case.name, ask, case.status, case.code, case.says), scene, capsys)

    faults = [json.loads(line) for line in logged[0].splitlines() if '"fault"' in line]
    assert len(faults) == 1
    assert faults[0]["error_type"] in {"RuntimeError", "ClientError"}
    assert faults[0]["request"][: log.SHOWN_CHARACTERS] in answer.text
    assert ".py:" in faults[0]["error_places"]


@pytest.mark.parametrize("why", LASTING_FAILURES)
def test_a_function_that_dies_while_opening_is_tried_again(
    afresh: Scene, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """B77: when ``unseal`` fails as a whole, the page says to try again; the text of its failure reaches nobody."""
    client = Client()
    client.get("/retrait")
    proof = client.post_json("/retrait/preuve", {"token": afresh.token, "adresse": COMPANY_ADDRESS})
    assert proof.status == 204
    opening = Call(
        lambda scene: client.post_json("/retrait/ouverture", {"token": scene.token}), aws.kms, "kms.VerifyMac"
    )

    answer = during(opening, LASTING_FAILURES[why])(afresh)

    assert_refusal(answer, 503, "try_again", PASSING)
    assert_discreet(answer, capsys.readouterr().out)


def unguarded(fails: Callable[[], Response]) -> Chalice:
    """An app of which one view lacks the guard that turns failures into pages."""
    app = Chalice(app_name="unguarded")

    @app.route("/")
    def view() -> Response:
        return fails()

    calls.install(app)
    return app


def test_even_an_unguarded_failure_is_french_and_discreet(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    """B78: a failure past our guard is answered in French with our headers and its text is not logged, as Chalice itself would
    do.
    """

    def fails() -> Response:
        raise ValueError(CANARY)

    capsys.readouterr()
    answer = http.deliver(http.event("GET", "/", {}), unguarded(fails))

    assert_refusal(answer, 500, "fault", FAULT)
    captured = capsys.readouterr()
    assert_discreet(answer, captured.out)
    assert CANARY not in captured.err
    assert '"error_type": "Unguarded"' in captured.out
    for name, value in build_security_headers().items():
        assert answer.headers[name.lower()] == value
    assert answer.headers["content-type"] == JSON


def test_an_event_that_no_gateway_makes_is_a_fault_like_another(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    """B78: an event that is no request fails before any view is reached, and is answered as any fault."""
    capsys.readouterr()
    answer = http.deliver({**http.event("GET", "/parcours/{parcours_id}", {}), "pathParameters": None})

    assert_refusal(answer, 500, "fault", FAULT)
    assert_discreet(answer, capsys.readouterr().out)
