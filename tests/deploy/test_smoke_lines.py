"""What single lines of the smoke test make of what they meet on AWS; logs and functions are moto's."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler

import boto3
import botocore
import pytest

from infra import smoke
from infra.deploy.stack import Deployed
from infra.local import demo
from infra.local.cloud import free_port
from infra.local.server import Server, serving
from infra.smoke import Line, Smoke, SmokeFailed
from tests.support.worlds import World

RUNS = {"python": "3.13.1", "boto3": boto3.__version__, "botocore": botocore.__version__}
BASE_URL = "https://passe-plat.example"


@pytest.fixture
def run(world: World) -> Iterator[Smoke]:
    """A run on a stack whose pages' function and trail write logs."""
    logs = boto3.client("logs")
    at = Deployed("passe-plat")
    vars(at)["resources"] = {
        "APIHandler": ("AWS::Lambda::Function", world.environment["MAILER_FUNCTION"]),
        "WebLogs": ("AWS::Logs::LogGroup", "web-lines"),
        "TrailLogs": ("AWS::Logs::LogGroup", "trail-lines"),
    }
    for group in at.of_type("AWS::Logs::LogGroup").values():
        logs.create_log_group(logGroupName=group)
    yield Smoke(BASE_URL, BASE_URL, at, say=lambda _: None)
    for group in at.of_type("AWS::Logs::LogGroup").values():
        logs.delete_log_group(logGroupName=group)


def log(group: str, stream: str, line: dict[str, str], *, ago: timedelta = timedelta(0)) -> None:
    """Write a line into a log group."""
    logs, at = boto3.client("logs"), datetime.now(UTC) - ago
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    event = {"timestamp": int(at.timestamp() * 1000), "message": json.dumps({"at": at.isoformat()} | line)}
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[event])


def result_of(run: Smoke) -> Line:
    """Return the line of the check of the SDK."""
    run._try("the SDK", run.check_sdk)
    return run.lines[-1]


def test_a_line_of_the_trail_that_names_an_sdk_says_no_versions(run: Smoke) -> None:
    log("web-lines", "2026/11/29/[7]a", {"event": "sdk"} | RUNS)
    log("trail-lines", "123456789012_CloudTrail", {"userAgent": "aws-sdk-java/2.0 sdk", "eventName": "x"})

    assert result_of(run).right, run.lines


def test_before_service_the_versions_are_those_of_what_was_deployed_last(run: Smoke) -> None:
    """Neither those that what serves has logged since, nor those of former code."""
    former = {"event": "sdk"} | RUNS | {"boto3": "1.0.0"}
    log("web-lines", "2026/11/28/[$LATEST]a", former, ago=timedelta(hours=20))
    log("web-lines", "2026/11/29/[$LATEST]b", {"event": "sdk"} | RUNS)
    log("web-lines", "2026/11/29/[7]c", former)

    assert not result_of(run).right
    assert result_of(replace(run, before_service=True)).right


@pytest.mark.parametrize(("before_service", "right"), [(True, None), (False, False)])
def test_what_depends_on_the_account_alone_keeps_no_version_out_of_service(
    run: Smoke, before_service: bool, right: bool | None
) -> None:
    def raises() -> str:
        raise SmokeFailed("Nobody has confirmed the alerts")

    tried = replace(run, before_service=before_service)
    tried._try("the alerts are confirmed", raises, of_account=True)
    tried._try("the purge", raises)

    assert [line.right for line in tried.lines] == [right, False]


class Page(BaseHTTPRequestHandler):
    """A page as the function makes it: API Gateway has not compressed it."""

    def do_GET(self) -> None:
        """Answer with the headers of a page."""
        self.send_response(200)
        self.send_header("Content-Security-Policy", "default-src 'none'; connect-src https://storage.example")
        self.send_header("Strict-Transport-Security", "max-age=1")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


@pytest.fixture
def page() -> Iterator[str]:
    """The address of a server on this machine."""
    server = Server(("127.0.0.1", 0), Page)
    with serving(server):
        yield f"http://localhost:{server.server_port}"


def test_pages_are_compressed_where_people_reach_them(
    run: Smoke, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before service no API Gateway stands before them, which compresses."""
    monkeypatch.setenv("STORAGE_ORIGIN", "https://storage.example")

    assert replace(run, tried_at=page).check_headers()
    with pytest.raises(SmokeFailed, match="not compressed"):
        replace(run, base_url=page, tried_at=page).check_headers()


def test_this_machine_is_asked_without_the_proxy_of_the_internet(
    page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")

    assert smoke._fetch(page).status == 200
    assert demo.post(page, b"", {}) == b""
