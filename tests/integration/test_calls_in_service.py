"""Which version of another function is called: the one in service, or the one that is tried with the caller."""

from typing import Any
from urllib.parse import unquote

import pytest

from chalicelib.stores import aws, functions
from tests.support.worlds import World


@pytest.mark.parametrize(
    ("own_version", "qualifier"),
    [("7", ":live"), ("$LATEST", "")],
)
def test_what_is_in_service_calls_what_is_in_service_and_what_is_tried_calls_what_is_tried_with_it(
    world: World, monkeypatch: pytest.MonkeyPatch, own_version: str, qualifier: str
) -> None:
    called: list[str] = []

    def note(params: dict[str, Any], **_: object) -> None:
        called.append(unquote(params["url_path"]))

    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_VERSION", own_version)
    events = aws.lambda_().meta.events
    events.register_first("before-call.lambda.Invoke", note)
    try:
        functions.wake_mailer(["mail#1"])
    finally:
        events.unregister("before-call.lambda.Invoke", note)

    mailer = world.environment["MAILER_FUNCTION"]
    assert called == [f"/2015-03-31/functions/{mailer}{qualifier}/invocations"]
