"""What a bad input is made of, and what is true of every answer to one."""

import html
import json
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from chalicelib import log
from chalicelib.domain.kernel.people import Account
from chalicelib.stores import items
from chalicelib.web.kit.http import NONCE_COOKIE, SESSION_COOKIE
from tests.conftest import REGION
from tests.support.http import Answer, Client
from tests.support.relays import Browser, Relay
from tests.support.worlds import World

CANARY = "CANARI"
"""Stands in the inputs; must stand in no answer and no log line."""


@dataclass(frozen=True)
class Scene:
    """One world for the inputs of a module; since bad input changes nothing, all of them share it."""

    world: World
    tutor: Account
    other_tutor: Account
    team: Account
    empty: Relay
    """A parcours of the tutor on which nothing was sent."""
    others: Relay
    """A parcours of the other tutor."""
    sent: Relay
    """A parcours of the tutor whose link has left."""
    token: str
    session: str
    """The tutor's session cookie."""

    @property
    def agent(self) -> Client:
        """The tutor's browser."""
        return Client({SESSION_COOKIE: self.session})

    @property
    def deposits(self) -> str:
        """Where the tutor announces documents."""
        return f"/parcours/{self.empty.parcours_id}/depots"


@dataclass(frozen=True)
class Case:
    """One bad input and its answer."""

    name: str
    """Begins with its number in the list of bad inputs: « B70 NaN »."""
    ask: Callable[[Scene], Answer]
    status: int
    code: str | None
    """None: the answer is a page."""
    says: str
    """A piece of the French sentence."""

    @property
    def number(self) -> str:
        """The number of the bad input, « B29 », with which its name begins."""
        return self.name.split()[0]


def each(cases: list[Case]) -> pytest.MarkDecorator:
    """Run a test once for each of these."""
    return pytest.mark.parametrize("case", cases, ids=[case.name for case in cases])


def check(case: Case, scene: Scene, capsys: pytest.CaptureFixture[str]) -> Answer:
    """Check that the input gets its answer and that nothing is echoed, logged, written or lost."""
    before = held(scene.world)
    capsys.readouterr()

    answer = case.ask(scene)

    assert_refusal(answer, case.status, case.code, case.says)
    assert_discreet(answer, capsys.readouterr().out)
    assert held(scene.world) == before
    return answer


def held(world: World) -> list[bytes]:
    """Return what both tables hold, read inside moto: its API would take longer than everything else here."""
    tables = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables
    partitions = (tables[world.environment[name]].items for name in (items.PARCOURS, items.RELAY))
    # Looking for what is not there leaves an empty partition behind.
    return [pickle.dumps([partition for partition in table.items() if partition[1]]) for table in partitions]


def assert_refusal(answer: Answer, status: int, code: str | None, says: str) -> None:
    """Check the status, the code and the sentence of a refusal; ``code`` is None for a page, which has none."""
    assert answer.status == status, read_message(answer)
    assert says in read_message(answer)
    if code is None:
        assert answer.is_page
        assert '<html lang="fr">' in answer.text
    else:
        assert answer.json["code"] == code
        assert set(answer.json) <= {"code", "message", "field", "rang", "restants", "numero"}
        if status >= 500:
            assert f"écrivez à aide@passe-plat.example. Donnez le n° {answer.json['numero']}" in read_message(
                answer
            )


def open_retrieval_page() -> Client:
    """Return a browser that has loaded the page of links, hence holds a nonce."""
    client = Client()
    assert client.get("/retrait").status == 200
    return client


def answer_question(token: str) -> Client:
    """Return a browser that has answered the question of a link."""
    client = open_retrieval_page()
    Browser(nonce=client.cookies[NONCE_COOKIE]).proves(token)
    return client


def assert_discreet(answer: Answer, logged: str) -> None:
    """Nothing of the input stands in the answer or in the log, whose lines hold allowed fields only."""
    assert CANARY not in answer.text + repr(answer.headers) + repr(answer.cookies)
    assert CANARY not in logged
    lines = [json.loads(line) for line in logged.splitlines()]  # a traceback would be no JSON
    assert lines, "a call that prints nothing"
    for line in lines:
        assert line.keys() <= log.FIELDS | {"at", "event", "request"}


def read_message(answer: Answer) -> str:
    """Return the sentence of a JSON answer, or the whole text of a page, with ordinary spaces."""
    text = html.unescape(answer.text) if answer.is_page else str(answer.json.get("message", answer.text))
    return text.replace("\u00a0", " ")


@contextmanager
def hooked(client: Any, event: str, react: Callable[[], object]) -> Iterator[None]:
    """Call ``react`` instead of the service whenever botocore is about to emit ``event``; None lets the call go on."""

    def reacting(**_: object) -> object:
        return react()

    client.meta.events.register_first(event, reacting)
    try:
        yield
    finally:
        client.meta.events.unregister(event, reacting)
