"""A flood of tokens that nobody was mailed stops at one read: the function that decrypts is not started for them."""

from collections.abc import Iterator

import pytest

from chalicelib.stores import aws
from tests.support import http, relays
from tests.support.http import Client
from tests.support.worlds import World

UNKNOWN = ["x" * 43, "too short", "", "A" * 12_000]


@pytest.fixture
def invoked() -> Iterator[list[str]]:
    """The list of functions that the product starts during the test."""
    heard: list[str] = []

    def hear(params: dict[str, str], **_: object) -> None:
        heard.append(params["url_path"])

    events = aws.lambda_().meta.events
    events.register("before-call.lambda.Invoke", hear)
    yield heard
    events.unregister("before-call.lambda.Invoke", hear)


def _pressing(path: str, token: str) -> dict[str, object]:
    """Return the body that the recipient's page posts to this path."""
    colleague = {"mode": "remplace", "nom": "Une Autre", "adresse": "b@entreprise.example"}
    return {"token": token, **(colleague if path.endswith("transmission") else {})}


@pytest.mark.parametrize("token", UNKNOWN, ids=["unknown", "short", "empty", "long"])
@pytest.mark.parametrize("path", ["/retrait/ouverture", "/retrait/transmission"])
def test_a_token_that_nobody_was_mailed_starts_no_unsealing(
    world: World, invoked: list[str], path: str, token: str
) -> None:
    browser = Client()
    browser.get("/retrait")

    answer = browser.post_json(path, _pressing(path, token))

    assert answer.status in {400, 410}
    assert invoked == []


def test_a_known_token_is_asked_of_unseal(world: World, invoked: list[str]) -> None:
    token, browser = relays.started(world).sends(), Client()
    browser.get("/retrait")
    invoked.clear()
    with http.functions_answer():
        answer = browser.post_json("/retrait/ouverture", {"token": token})

    assert answer.status == 403  # its question first
    assert len(invoked) <= 1
