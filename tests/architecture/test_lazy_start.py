"""A start pays for what its call needs: the pages that everybody meets first load no model library and no AWS client."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import http

ROOT = Path(__file__).resolve().parent.parent.parent
HOST = {"Host": "localhost:8000"}
HEAVY = (
    "pydantic",
    "pydantic_core",
    "botocore",
    "boto3",
    "cryptography",
    "email_validator",
    "stdnum",
    "dateutil",
)
STARTED = """
import contextlib, io, json, sys
before = set(sys.modules)
from app import app
event = json.loads(sys.argv[1])
with contextlib.redirect_stdout(io.StringIO()):
    answer = app(event, None)
loaded = sorted({name.partition(".")[0] for name in set(sys.modules) - before})
print(json.dumps({"status": answer["statusCode"], "body": answer["body"][:200], "loaded": loaded}))
"""
JOB = """
import json, sys
import chalicelib.jobs
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""

DECISIONS = """
import importlib, json, pkgutil, sys
import chalicelib.domain
for module in pkgutil.walk_packages(chalicelib.domain.__path__, "chalicelib.domain."):
    importlib.import_module(module.name)
print(json.dumps(sorted(sys.modules)))
"""


def _run(program: str, *arguments: str) -> object:
    """Run a program in a new Python with the settings of the web function; return what it prints as JSON."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PUBLIC_BASE_URL": "http://localhost:8000",
        "STORAGE_ORIGIN": "http://127.0.0.1:4566",
    }
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("path", ["/", "/retrait", "/connexion", "/connexion/code"])
def test_the_first_pages_load_neither_models_nor_clients(path: str) -> None:
    """The pages that everybody meets first load none of HEAVY."""
    started = _run(STARTED, json.dumps(http.event("GET", path, HOST)))

    assert isinstance(started, dict)
    assert started["status"] == 200
    assert not set(HEAVY) & set(started["loaded"])


def test_what_distributes_requests_starts_as_little_as_can_be() -> None:
    """A call that renders no page (HEAD of the health call) loads neither models, clients nor templates."""
    started = _run(STARTED, json.dumps(http.event("HEAD", "/sante", HOST)))

    assert isinstance(started, dict)
    assert started["status"] == 200
    assert not {*HEAVY, "jinja2"} & set(started["loaded"])


def test_the_health_call_renders_nothing() -> None:
    started = _run(STARTED, json.dumps(http.event("GET", "/sante", HOST)))

    assert isinstance(started, dict)
    assert "jinja2" not in started["loaded"]


def test_a_page_that_needs_them_loads_them() -> None:
    """A page that reads a session loads models and clients, so that the measure is seen to find them."""
    with_session = HOST | {"cookie": "__Host-session=x"}

    started = _run(STARTED, json.dumps(http.event("GET", "/parcours", with_session)))

    assert isinstance(started, dict)
    assert {"pydantic_core", "botocore"} <= set(started["loaded"])


def test_a_function_that_is_no_page_starts_without_the_web_and_loads_its_story_when_called() -> None:
    loaded = _run(JOB)

    assert isinstance(loaded, list)
    assert "app" not in loaded
    assert not set(HEAVY) & set(loaded)


def test_decisions_build_no_model() -> None:
    """Importing the domain loads no pydantic."""
    loaded = _run(DECISIONS)

    assert isinstance(loaded, list)
    assert "chalicelib.domain.kernel.parcours" in loaded, "or this test sees nothing"
    assert not {"pydantic", "pydantic_core"} & set(loaded)
