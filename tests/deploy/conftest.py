"""The account that commands meet: the emulator's, which says what a test wants it to say."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from infra import package as packaging
from infra.deploy.stage import Target, connect, read_stage
from infra.package import Package
from tests.deploy.place import Place, empty


class Raw:
    """The body of an answer."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def stream(self, **_: object) -> Iterator[bytes]:
        """Give the whole body at once."""
        yield self.content


class Account:
    """The emulator's account, whose services answer what a test says in AWS's own form, below the SDK."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._answers: dict[tuple[str, str], tuple[int, bytes]] = {}

    def says(self, service: str, operation: str, answer: dict[str, Any] | str, status: int = 200) -> None:
        """Answer ``operation`` so from now on: a dict becomes JSON, a text is the XML of older services."""
        key = (service, operation)

        def reply(request: Any, **_: object) -> AWSResponse:
            status, content = self._answers[key]
            return AWSResponse(request.url, status, HTTPHeaders(), Raw(content))

        if key not in self._answers:
            self.target.client(service).meta.events.register(f"before-send.{service}.{operation}", reply)
        self._answers[key] = (status, (answer if isinstance(answer, str) else json.dumps(answer)).encode())


@dataclass(frozen=True)
class Deployed:
    """A place where the first deployment has been done, and what it printed."""

    place: Place
    said: str


@pytest.fixture(scope="session")
def deployed_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """A local cloud of this folder's own, on which ``deploy`` was typed once."""
    with empty(tmp_path_factory.mktemp("stages")) as place:
        status, said = place.types("deploy", "--yes", typed="")
        assert status == 0, said
        yield Deployed(place, said)


@pytest.fixture
def account(deployed_place: Deployed, monkeypatch: pytest.MonkeyPatch) -> Account:
    """The account of that local cloud, with the deployed stage."""
    for name in ("AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ENDPOINT_URL_SESV2"):
        monkeypatch.delenv(name, raising=False)
    for name, value in deployed_place.place.environment.items():
        monkeypatch.setenv(name, value)
    return Account(connect(read_stage("essai", deployed_place.place.folder)))


@pytest.fixture(scope="session")
def package() -> Package:
    """The product as this machine's emulator runs it."""
    return packaging.build_for_here()
