"""B78 behind the other door: a job that fails is given its event again, and says nothing of what it held."""

import json
import traceback
from typing import Any

import pytest

from chalicelib.jobs import JobFailed, PurgeIncomplete
from chalicelib.stores import aws, objects, values
from chalicelib.stories.documents import opening
from tests.bad_input.cases import CANARY, Scene, held, hooked

ENVELOPE = {
    "version": "0",
    "id": "1",
    "source": "aws.s3",
    "account": "1",
    "time": "2026-12-01T11:00:00Z",
    "region": "eu-west-3",
    "resources": [],
    "detail-type": "Object Created",
}


def invoked(name: str, event: dict[str, Any]) -> Any:
    """Call a function as Lambda would."""
    from app import app

    return app.handler_map[name](event, None)


def created(bucket: str, key: str) -> dict[str, Any]:
    """Return the event of EventBridge that says that this object was created in this bucket."""
    return {**ENVELOPE, "detail": {"bucket": {"name": bucket}, "object": {"key": key}}}


def broken() -> object:
    """Fail with an error whose text is a canary, which nothing may log."""
    raise RuntimeError(CANARY)


def test_a_failing_job_says_a_number_and_no_more(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """A job that fails logs the number of its fault, and nothing of the error's text or of the event."""
    bucket = scene.world.environment["DOCUMENT_BUCKET"]
    document = scene.sent.sent[-1]
    events: dict[str, dict[str, Any]] = {
        "inspect": created(bucket, objects.object_key(document.deposit, document.kind)),
        "unseal": {
            "token": scene.token,
            "browser": "b" * 64,
            "pointer": values.write(opening.find_pointer(scene.token)),
        },
    }
    for name, event in events.items():
        capsys.readouterr()

        with hooked(aws.dynamodb(), "before-call.dynamodb", broken), pytest.raises(JobFailed) as failed:
            invoked(name, event)

        shown = "".join(traceback.format_exception(failed.value))
        logged = capsys.readouterr().out
        assert CANARY not in shown + logged
        assert str(failed.value) in logged
        assert "RuntimeError" in logged


def test_a_purge_that_could_not_do_everything_says_what_it_did_and_fails(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    """A purge with work left over logs what it did and then fails, since its failure moves the metric that wakes somebody."""
    capsys.readouterr()

    with hooked(aws.dynamodb(), "before-call.dynamodb", broken), pytest.raises(PurgeIncomplete):
        invoked("purge", {**ENVELOPE, "detail": {}})

    logged = capsys.readouterr().out
    (line,) = [told for printed in logged.splitlines() if (told := json.loads(printed))["event"] == "purge"]
    assert line["failed"] >= 1 and CANARY not in logged
    assert invoked("purge", {**ENVELOPE, "detail": {}})["failed"] == 0


@pytest.mark.parametrize(
    "event", [{}, {"token": 1}, {"browser": None}, {"token": CANARY}], ids=["empty", "number", "null", "half"]
)
def test_a_misshapen_invocation_is_a_failure_like_another(
    scene: Scene, event: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(JobFailed) as failed:
        invoked("unseal", event)

    assert CANARY not in "".join(traceback.format_exception(failed.value)) + capsys.readouterr().out


@pytest.mark.parametrize(
    ("key", "outcome"),
    [
        ("elsewhere/x", "foreign"),
        ("sealed/", "foreign"),
        ("sealed/a/b/c", "foreign"),
        ("sealed//cv", "foreign"),
        (f"sealed/{CANARY}/cv", "missing"),
        ("sealed/11111111-1111-4111-8111-111111111111/photo", "missing"),
    ],
)
def test_an_object_that_nobody_announced_is_not_inspected(
    scene: Scene, key: str, outcome: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = held(scene.world)
    capsys.readouterr()

    invoked("inspect", created(scene.world.environment["DOCUMENT_BUCKET"], key))

    logged = capsys.readouterr().out
    assert f'"outcome": "{outcome}"' in logged
    assert CANARY not in logged
    assert held(scene.world) == before


def test_an_event_of_another_bucket_is_not_believed(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    document = scene.sent.sent[-1]

    invoked("inspect", created("another-bucket", objects.object_key(document.deposit, document.kind)))

    assert '"outcome": "foreign"' in capsys.readouterr().out


def test_the_mailer_passes_over_keys_that_stand_for_nothing(scene: Scene) -> None:
    before = held(scene.world)

    assert invoked("mailer", {"mails": ["nothing", f"{CANARY}#1"]}) == {"handled": 2}

    assert held(scene.world) == before
