"""Whatever Python is at hand makes the same package, and runs the product on the local cloud."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from infra import package
from infra.package import ROOT

KNOWN = [f"python3.{minor}" for minor in range(11, 16)]
OWN = f"python3.{sys.version_info.minor}"
OTHERS = [
    version for version in KNOWN if version != OWN and package.python_at(version)[0].startswith(version[6:])
] or [sys.executable]
"""The supported Pythons of this machine but the one of the environment; where there is none, that one anew."""
SERVES = """
import requests
from infra.local import running
with running() as local:
    for path in ("/", "/retrait/", "/sante"):
        answer = requests.get(local.base_url + path, timeout=60)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
    posted = requests.post(
        local.base_url + "/retrait/apercu",
        json={"token": "x" * 43},
        headers={"Origin": local.base_url},
        timeout=60,
    )
    assert posted.status_code == 410, (posted.status_code, posted.text)
"""
"""Pages, and a call that loads the records, the tables and their wheels."""


@pytest.fixture(scope="module", params=OTHERS)
def other(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that another Python made, as ``make`` makes ours."""
    place = tmp_path_factory.mktemp("other") / "venv"
    subprocess.run([request.param, "-m", "venv", place], check=True)
    lock = ["--require-hashes", "-r", str(ROOT / "requirements-dev.lock")]
    quiet = ["--quiet", "--disable-pip-version-check", "--no-compile"]
    subprocess.run([place / "bin" / "python", "-m", "pip", "install", *quiet, *lock], check=True)
    return place / "bin" / "python"


@pytest.fixture(scope="module")
def tree(other: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources in a folder of their own, where nothing was built."""
    place = tmp_path_factory.mktemp("tree") / "passe-plat"
    for name in (
        "app.py",
        "chalicelib",
        "templates",
        "infra",
        ".chalice",
        "requirements.lock",
        "requirements-dev.lock",
        "pyproject.toml",
    ):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            place.mkdir(exist_ok=True)
            shutil.copyfile(ROOT / name, place / name)
    return place


def _run(other: Path, tree: Path, *arguments: str) -> None:
    """Run the other Python with these arguments in this tree; it must succeed."""
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [other, *arguments], cwd=tree, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


def _digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_every_dependency_has_wheels_of_lambdas_python_for_both_its_machines(
    machine: str, tmp_path: Path
) -> None:
    wheels = [wheel.replace("x86_64", machine) for wheel in package.for_lambda().wheels]
    asked = ["--require-hashes", "--no-deps", "--only-binary=:all:", *wheels, "-r", str(ROOT / package.LOCK)]

    subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", *asked, "-d", tmp_path], check=True)

    assert sum(machine in path.name for path in tmp_path.iterdir()) >= 4


def test_another_python_makes_the_same_bytes(other: Path, tree: Path) -> None:
    ours = package.build()

    _run(other, tree, "infra/package.py")

    assert _digest(tree / "build" / "sam.yaml") == _digest(ours.template)
    assert _digest(tree / "build" / "deployment.zip") == _digest(ours.zip)


def test_another_python_runs_the_product(other: Path, tree: Path) -> None:
    _run(other, tree, "-c", SERVES)
