"""The zip that AWS receives, with nothing but it: every function runs, from an empty Python."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from chalicelib.domain.kernel.deposit import DepositState
from chalicelib.stores import values
from chalicelib.stories.documents import opening
from infra import package
from tests.bench import cold
from tests.support import factories, http, relays
from tests.support.relays import Browser
from tests.support.worlds import World

pytestmark = [pytest.mark.cloud, pytest.mark.proof]

HANDLER = """
import json, sys
sys.path.insert(0, sys.argv[1])
module, name = sys.argv[2].rsplit(".", 1)
handler = getattr(__import__(module, fromlist=[name]), name)
answers = [handler(event, None) for event in json.load(sys.stdin)]
places = {getattr(one, "__file__", None) or "" for one in sys.modules.values()}
strangers = [one for one in places if "site-packages" in one]
print(json.dumps({"answers": answers, "strangers": strangers}))
"""


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the unpacked package."""
    return cold.unpacked(package.build().zip, tmp_path_factory.mktemp("zip"))


def _call(unpacked: Path, world: World, handler: str, *events: Any) -> list[Any]:
    """What a function answers to these events, in a Python that knows no site-packages and no PYTHON* variable."""
    done = subprocess.run(
        [package.for_lambda().compiler, "-S", "-E", "-B", "-c", HANDLER, str(unpacked), handler],
        input=json.dumps(events),
        env=world.environment,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-2000:]
    told = json.loads(done.stdout.strip().splitlines()[-1])
    assert told["strangers"] == []
    answers: list[Any] = told["answers"]
    return answers


def _event(source: str, kind: str, detail: dict[str, Any]) -> dict[str, Any]:
    """Build the event as EventBridge delivers it."""
    facts = {"version": "0", "id": "1", "account": "0" * 12, "region": "eu-west-3", "resources": []}
    return {**facts, "time": "2026-12-01T11:00:00Z", "source": source, "detail-type": kind, "detail": detail}


def _created(world: World, key: str) -> dict[str, Any]:
    """Return the event of an object that was created in the bucket."""
    place = {"bucket": {"name": world.environment["DOCUMENT_BUCKET"]}, "object": {"key": key}}
    return _event("aws.s3", "Object Created", place)


def test_the_packaged_web_function_serves_pages(unpacked: Path, cloud_world: World) -> None:
    asked = [http.event("GET", path, {"Host": "localhost:8000"}) for path in ("/", "/retrait", "/connexion")]

    answers = _call(unpacked, cloud_world, "app.app", *asked)

    for answer in answers:
        assert answer["statusCode"] == 200
        assert answer["body"].lstrip().startswith("<!doctype html>")


def test_a_relay_goes_through_the_functions_of_the_zip(unpacked: Path, cloud_world: World) -> None:
    good, bad = relays.started(cloud_world), relays.started(cloud_world)
    good.announces()
    bad.announces(factories.sealed(b"%PDF-1.7\nnothing that is a document"))
    keys = [relay.uploads() for relay in (good, bad)]

    _call(
        unpacked,
        cloud_world,
        "chalicelib.jobs.inspect",
        *(_created(cloud_world, key) for key in [*keys, *keys]),
    )
    assert (good.deposit().state, bad.deposit().state) == (DepositState.VERIFIED, DepositState.REFUSED)
    assert list(cloud_world.objects()) == keys[:1]

    _call(unpacked, cloud_world, "chalicelib.jobs.mailer", {"mails": good.outbox()})
    assert good.deposit().state is DepositState.LEFT
    (token,) = good.tokens()
    assert len(cloud_world.mails()) == 3  # the link, the depositor's notice, the refusal

    browser = Browser()
    asked = {
        "token": token,
        "browser": browser.digest,
        "pointer": values.write(opening.find_pointer(token)),
    }
    (refused,) = _call(unpacked, cloud_world, "chalicelib.jobs.unseal", asked)
    assert refused["refusal"]["code"] == "proof_needed"
    browser.proves(token)
    (opened,) = _call(unpacked, cloud_world, "chalicelib.jobs.unseal", asked)
    assert browser.reads(opened, cloud_world) == good.sent[0].plain

    browser.confirms(token)
    (report,) = _call(
        unpacked, cloud_world, "chalicelib.jobs.purge", _event("aws.events", "Scheduled Event", {})
    )
    assert (report["erased"], report["failed"]) == (2, 0)
    assert cloud_world.objects() == {}
