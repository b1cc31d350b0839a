"""One web and one unseal function stay warm: a schedule starts them with events that change nothing."""

import json
import subprocess
import sys
from typing import Any

import pytest

from app import app
from chalicelib import jobs
from infra import package
from tests.support.worlds import World

PRINT_LOADED = """
import json, sys
from chalicelib import jobs
jobs.unseal(json.loads(sys.argv[1]), None)
before = set(sys.modules)
from chalicelib.stories.documents import passing, unsealing
print(json.dumps(["botocore" in before, sorted(set(sys.modules) - before)]))
"""


@pytest.fixture(scope="module")
def schedules() -> dict[str, dict[str, Any]]:
    """The schedules of the template that keep a function warm, by the function."""
    resources = package.merged_template()["Resources"]
    return {
        name: resource["Properties"]["Events"]["KeepWarm"]["Properties"]
        for name, resource in resources.items()
        if "KeepWarm" in resource.get("Properties", {}).get("Events", {})
    }


def test_web_and_unseal_alone_are_kept_warm_unless_the_parameter_says_no(
    schedules: dict[str, dict[str, Any]],
) -> None:
    assert set(schedules) == {"APIHandler", "Unseal"}
    for schedule in schedules.values():
        assert schedule["Schedule"] == "rate(4 minutes)", "Lambda drops what is not called for five"
        assert schedule["State"] == {"Fn::If": ["KeptWarm", "ENABLED", "DISABLED"]}


def test_web_answers_what_keeps_it_warm_as_a_health_call(
    world: World, schedules: dict[str, dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    stored = world.everything()

    answer = app(json.loads(schedules["APIHandler"]["Input"]), None)

    assert answer["statusCode"] == 200
    assert '"fault"' not in capsys.readouterr().out
    assert world.everything() == stored


def test_unseal_opens_nothing_for_what_keeps_it_warm(
    world: World, schedules: dict[str, dict[str, Any]]
) -> None:
    assert jobs.unseal(json.loads(schedules["Unseal"]["Input"]), None) == {}


def test_what_keeps_unseal_warm_loads_what_an_opening_needs(schedules: dict[str, dict[str, Any]]) -> None:
    environment = {
        "PYTHONPATH": str(package.ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PUBLIC_BASE_URL": "http://localhost:8000",
        "AWS_DEFAULT_REGION": package.REGION,
    }
    done = subprocess.run(
        [sys.executable, "-c", PRINT_LOADED, schedules["Unseal"]["Input"]],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    loaded, loaded_later = json.loads(done.stdout.splitlines()[-1])
    assert loaded
    assert [name for name in loaded_later if not name.startswith("chalicelib.")] == []
