"""The zip that every function runs: what is packed, and always the same."""

import dataclasses
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from jinja2 import ModuleLoader

from chalicelib import config
from infra import models, package
from tests.architecture.sources import CODE, ROOT, imports, name_of
from tests.architecture.templates import ENVIRONMENT
from tests.bench import cold

IMPORT = """
import json, pkgutil, sys
sys.path[0] = sys.argv[1]
for name in json.load(sys.stdin):
    pkgutil.resolve_name(name)
print(json.dumps([str(module) for module in sys.modules.values() if "-packages" in str(module)]))
"""
"""Prints the modules that come from elsewhere."""
COMPARE = """
import json, marshal, pathlib, sys
sys.path[0] = sys.argv[1]
from chalicelib.templating import COMPILED, build_environment
from jinja2 import ModuleLoader
environment, folder = build_environment(), pathlib.Path(sys.argv[2])
def differs(name):
    generated = environment.compile((folder / name).read_text("utf-8"), name, raw=True, defer_init=True)
    packed = marshal.loads((COMPILED / f"{ModuleLoader.get_module_filename(name)}c").read_bytes()[16:])
    return packed != compile(generated, name, "exec")
print(json.dumps([name for name in json.load(sys.stdin) if differs(name)]))
"""
"""Prints the templates of which the zip holds something else than what the sources say."""


@pytest.fixture(scope="module")
def names(built: package.Package) -> set[str]:
    """Return the names of the files in the package."""
    with zipfile.ZipFile(built.zip) as archive:
        assert archive.testzip() is None
        return set(archive.namelist())


@pytest.fixture(scope="module")
def task(built: package.Package, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the unpacked package."""
    return cold.unpacked(built.zip, tmp_path_factory.mktemp("zip"))


def test_the_zip_holds_the_product_compiled_once_and_no_tools(names: set[str]) -> None:
    data = {"chalicelib/calendars.json", "tzdata/zoneinfo/Europe/Paris"}
    services = {
        name.split("/")[2] for name in names if name.startswith("botocore/data/") and name.count("/") > 2
    }

    assert data | {"templates/static/app.css"} <= names
    assert [name for name in names if name.endswith(".py") or "__pycache__" in name] == []
    assert not {"infra", "tests", "pip", "bin", "dns", "cffi"} & {name.partition("/")[0] for name in names}
    assert services == set(models.OPERATIONS)


def run_from_zip(task: Path, program: str, names: set[str]) -> Any:
    """Return what a program prints as JSON of these names, run by Lambda's Python with nothing but the unpacked zip."""
    done = subprocess.run(
        [package.for_lambda().compiler, "-S", "-E", "-B", "-c", program, str(task), str(ROOT / "templates")],
        input=json.dumps(sorted(names)),
        env={},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_lambdas_python_imports_from_the_zip_whatever_a_function_may_import(task: Path) -> None:
    names = {name_of(path) for path in CODE} | {import_.what for path in CODE for import_ in imports(path)}

    assert "fido2.server.Fido2Server" in names
    assert run_from_zip(task, IMPORT, names) == []


def test_a_packaged_template_is_what_its_source_says(names: set[str], task: Path) -> None:
    sources = {
        path.relative_to(ROOT / "templates").as_posix()
        for path in (ROOT / "templates").rglob("*.*")
        if path.suffix in {".html", ".txt"} and "static" not in path.parts
    }
    compiled = {f"templates/compiled/{ModuleLoader.get_module_filename(name)}c" for name in sources}

    assert len(compiled) > 100
    assert compiled == {name for name in names if name.startswith("templates/") and "/static/" not in name}
    assert run_from_zip(task, COMPARE, sources) == []


def test_a_script_is_whole_and_nothing_else_is_served(built: package.Package) -> None:
    """Each script of a page is one request: modules that no page names are bundled into one that a page names."""
    with zipfile.ZipFile(built.zip) as archive:
        static = [name for name in archive.namelist() if name.startswith("templates/static/")]
        texts = {Path(name).name: archive.read(name).decode() for name in static}
    pages = "".join(path.read_text() for path in (ROOT / "templates").rglob("*.html"))
    scripts = {name for name in texts if name.endswith(".js")}

    assert {Path(name).suffix for name in static} == {".js", ".css"}, "no settings of the type checker"
    assert scripts == set(re.findall(r"/?([\w-]+\.js)\b", re.sub(r"\{#.*?#\}", "", pages, flags=re.DOTALL)))
    assert [
        name
        for name in texts
        if re.search(r"\bimport[{*]|\b(?:import|from)\"\.|@import|sourceMappingURL", texts[name])
    ] == []
    assert "deposit" in texts["deposit.js"] and "/retrait/ouverture" in texts["retrieve.js"]


def test_what_is_native_is_for_the_python_and_the_machine_that_the_template_asks_for(
    names: set[str], template: dict[str, Any]
) -> None:
    functions = [
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Serverless::Function"
    ]
    natives = {name for name in names if ".so" in name}
    version = package.LAMBDA_PYTHON.replace(".", "")

    assert {function["Runtime"] for function in functions} == {f"python{package.LAMBDA_PYTHON}"}
    assert template["Globals"]["Function"]["Architectures"] == ["x86_64"]
    assert natives and all(
        name.endswith((f".cpython-{version}-x86_64-linux-gnu.so", ".abi3.so")) for name in natives
    )


def test_the_zip_is_dated_1980_and_sorted(built: package.Package) -> None:
    with zipfile.ZipFile(built.zip) as archive:
        entries = archive.infolist()

    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)
    assert sum(entry.file_size for entry in entries) < 40_300_000
    assert built.zip.stat().st_size < 15_400_000


def test_nothing_is_rebuilt_while_nothing_changes(built: package.Package) -> None:
    assert not package.build().rebuilt


def test_every_setting_that_the_template_passes_is_one_the_product_reads() -> None:
    known = {field.name.upper() for field in dataclasses.fields(config.Settings)}
    resources = {"PARCOURS_TABLE", "RELAY_TABLE", "DOCUMENT_BUCKET", "PUBLIC_BASE_URL", "STORAGE_ORIGIN"}

    assert ENVIRONMENT["Globals"] - resources <= known


@pytest.mark.parametrize("command", [["local", "--port", "0"], ["package", "nowhere"]])
def test_chalices_own_commands_end_and_say_what_to_run(command: list[str], tmp_path: Path) -> None:
    words = [str(Path(sys.executable).with_name("chalice")), "--project-dir", str(ROOT), *command]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)

    assert "« make run », « make package » or « make deploy STAGE=<name> »" in done.stderr
    assert not list(tmp_path.iterdir())
