"""Make build/deployment.zip and build/sam.yaml: what AWS receives.

Chalice writes the functions and the API; resources.yaml and overlay.yaml say the rest. The zip is the same for every function
and the same byte for byte from the same sources, whatever Python runs this: made for one Python of Lambda and compiled by that
very one, sorted, dated 1980, with compiled code that Python loads without looking at dates. Nothing is rebuilt while no source
changed, and dependencies are fetched once per lock, each by its hash.

The local cloud runs functions with the Python that runs it. Where that is not Lambda's, it gets a twin of the zip: the same code,
with the same dependencies as that Python wants them.
"""

import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore
import chalice
from chalice.package import TemplateDeepMerger, YAMLTemplateSerializer

if __package__ in (None, ""):  # run as a file: make « infra » importable
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from chalicelib.stores.functions import LIVE
from infra import CommandFailed, alarms, bundle, dashboard, gateway, models, rights, status_of

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
INFRA = Path(__file__).resolve().parent
LOCK = "requirements.lock"
LAMBDA_PYTHON = "3.13"
"""Lambda mends it until June 2029, every dependency has wheels for it, and Debian 13 has it."""
LAMBDA_PLATFORM = "linux-x86_64"
NEWEST_GLIBC = 34
"""Minor version of the C library under Lambda's Python, for which wheels are chosen: Amazon Linux 2023."""
OLD_NAMES = ("manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64", "linux_x86_64")
REGION = "eu-west-3"
CHALICE = "import sys; from chalice.cli import main; sys.exit(main())"
COMPILE = "import sys, compileall; sys.exit(not compileall.main())"
RENDERED = "html", "txt"
"""Endings of templates; what lies in « static » is served as it is."""
COMPILE_TEMPLATES = """
import sys
from chalicelib import templating
environment = templating.build_environment()
names = environment.list_templates(filter_func=lambda name: not name.startswith("static/") and name.endswith(tuple(sys.argv[2:])))
environment.compile_templates(sys.argv[1], filter_func=lambda name: name in names, zip=None, ignore_errors=False)
"""
UNUSED = (
    "bin", "share",  # commands and their manuals
    "*.dist-info/RECORD", "*.dist-info/licenses", "*.dist-info/sboms",
    "cffi", "pycparser", "dns",  # whole: cryptography asks for « _cffi_backend » alone, nobody asks about a domain here
    "icalendar/tests", "**/*.pyi",
    "boto3/data", "boto3/examples", "botocore/data",  # models.py writes what the product calls
    "dateutil/zoneinfo/dateutil-zoneinfo.tar.gz",  # tzdata has the zones
    "tzdata/zoneinfo/Africa", "tzdata/zoneinfo/America", "tzdata/zoneinfo/Antarctica", "tzdata/zoneinfo/Asia",
    "tzdata/zoneinfo/Atlantic", "tzdata/zoneinfo/Australia", "tzdata/zoneinfo/Etc", "tzdata/zoneinfo/Indian",
    "tzdata/zoneinfo/Pacific", "tzdata/zoneinfo/US", "tzdata/zoneinfo/tzdata.zi",
    "stdnum/oui.dat", "stdnum/imsi.dat", "stdnum/cn/loc.dat", "stdnum/at/postleitzahl.dat", "stdnum/nz/banks.dat",
    "stdnum/eu/nace20.dat", "stdnum/eu/nace21.dat",
)  # fmt: skip
"""What dependencies bring and no call reaches. Of a package that is kept: tests, stubs and data alone, each named whole, since
what opens a file or loads a module says so nowhere.
"""
TASK_ROOT = "/var/task"
"""Where Lambda unpacks the zip; compiled code names its source there, wherever it was compiled."""


@dataclass(frozen=True)
class Package:
    """The files that a build made; ``rebuilt``: False when they were up to date already."""

    zip: Path
    template: Path
    rebuilt: bool


@dataclass(frozen=True)
class Target:
    """The Python interpreter that will run the zip."""

    name: str
    """Version and machine: of what is kept for one, nothing serves another."""
    compiler: str
    """Path of the Python that compiles: the one that loads what it compiled."""
    wheels: tuple[str, ...]
    """How pip is asked for wheels of it; empty for the Python that runs pip."""


def for_lambda() -> Target:
    """Return the target for AWS Lambda. Raises CommandFailed: no Python of Lambda's version is installed here to compile."""
    names = (*(f"manylinux_2_{minor}_x86_64" for minor in range(NEWEST_GLIBC, 4, -1)), *OLD_NAMES)
    wheels = ["--implementation", "cp", "--python-version", LAMBDA_PYTHON]
    wheels += [word for name in names for word in ("--platform", name)]
    compiler, version = _lambdas_python()
    return Target(f"{version} {LAMBDA_PLATFORM}", compiler, tuple(wheels))


def for_here() -> Target:
    """Return the target for the local cloud, whose functions run with this Python; Lambda's own where both are the same."""
    version, machine = platform.python_version(), sysconfig.get_platform()
    if version.startswith(f"{LAMBDA_PYTHON}.") and machine == LAMBDA_PLATFORM:
        return for_lambda()
    return Target(f"{version} {machine}", sys.executable, ())


def build_for_here(project: Path = ROOT, out: Path = BUILD) -> Package:
    """Build what the local cloud runs: the package for Lambda, or its twin for this Python, in the subfolder « here »."""
    target = for_here()
    return build(project, out / "here" if not target.wheels else out, target)


def build(project: Path = ROOT, out: Path = BUILD, target: Target | None = None) -> Package:
    """Build the zip and the template of ``project`` in ``out``, unless they are there and up to date.

    Args:
        target: the Python that will run it; Lambda's when none is given.
    Raises:
        CommandFailed: a dependency cannot be fetched, or a step of the build fails.
    """
    target = target or for_lambda()
    package = Package(out / "deployment.zip", out / "sam.yaml", rebuilt=True)
    stamp = out / "package.stamp"
    with _only_one(out / "package.lock"):
        wanted = fingerprint(project, target)
        made = package.zip.exists() and package.template.exists() and stamp.exists()
        if made and stamp.read_text() == wanted:
            return Package(package.zip, package.template, rebuilt=False)
        stamp.unlink(missing_ok=True)
        dependencies = _dependencies(project / LOCK, out / "dependencies", target)
        scratch = out / "scratch"
        shutil.rmtree(scratch, ignore_errors=True)  # of a build that was killed
        tree, template = _generate(project, scratch, target)
        _write_zip(package.zip, tree, dependencies)
        template.replace(package.template)
        shutil.rmtree(scratch)
        stamp.write_text(wanted)
    return package


def fingerprint(project: Path, target: Target) -> str:
    """Return the SHA-256, in hexadecimal, of everything on which the package depends: sources, templates, locks and versions."""
    sources = [project / "app.py", project / LOCK, project / ".chalice" / "config.json"]
    sources += [path for folder in ("chalicelib", "templates") for path in _files(project / folder)]
    sources += [*INFRA.glob("*.yaml"), *INFRA.glob("*.py"), bundle.LOCK]
    digest = hashlib.sha256(
        f"{target.name} chalice {chalice.__version__} botocore {botocore.__version__}".encode()
    )
    for path in sorted(sources):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        name = path.relative_to(project if path.is_relative_to(project) else ROOT)
        digest.update(f"\0{name}\0{content}".encode())
    return digest.hexdigest()


def merged_template() -> dict[str, Any]:
    """Return what is merged into Chalice's template: our YAML files, rights, alarms, dashboard, the gateway's answers."""
    load, names = YAMLTemplateSerializer().load_template, ("resources.yaml", "overlay.yaml", "detection.yaml")
    written = (load((INFRA / name).read_text(), name) for name in names)
    merged: dict[str, Any] = {}
    for part in (*written, rights.template(), alarms.template(), dashboard.template(), gateway.template()):
        merged = TemplateDeepMerger().merge(part, merged)
    return merged


def _generate(project: Path, scratch: Path, target: Target) -> tuple[Path, Path]:
    """Run ``chalice package`` on a copy of the sources; return the folder of the code, as the zip holds it, and the template.

    ``scratch``: folder of this build, which the caller removes.
    """
    stage, tree = scratch / "stage", scratch / "tree"
    stage.mkdir(parents=True)
    for name in ("app.py", "chalicelib", "templates", ".chalice/config.json"):
        _copy(project / name, stage / name)
    # Dependencies are added from their own cache; Chalice would fetch them at every change of the code.
    (stage / "requirements.txt").touch()
    (stage / "merge.yaml").write_text(YAMLTemplateSerializer().serialize_template(merged_template()))
    _run(CHALICE, "package", "--merge-template", "merge.yaml", str(scratch / "out"), cwd=stage)
    with zipfile.ZipFile(scratch / "out" / "deployment.zip") as archive:
        archive.extractall(tree)
    _copy(project / "templates", tree / "templates")
    models.write(tree / "botocore" / "data")
    with _only_one(BUILD / "npm.lock"):
        bundle.put_together(
            tree / "templates", scratch / "modules", tools=BUILD / "npm", maps=scratch.parent / "maps"
        )
    _generate_templates(tree)
    _compile(tree, target)
    template = scratch / "out" / "sam.yaml"
    # Chalice names the Python that runs it.
    named = re.sub(r"(?m)^( +Runtime: )python\S+$", rf"\1python{LAMBDA_PYTHON}", template.read_text())
    # Chalice leads requests to the function itself, not to what is in service of it.
    in_service = f"${{APIHandler.Arn}}:{LIVE}/invocations"
    template.write_text(named.replace("${APIHandler.Arn}/invocations", in_service))
    return tree, template


def _dependencies(lock: Path, cache: Path, target: Target) -> Path:
    """Return the folder of the locked dependencies as the target needs them; it is made once for each lock and target."""
    recipe = "10"  # raise it when what is kept below changes
    key = hashlib.sha256(f"{recipe} {target.name} ".encode() + lock.read_bytes()).hexdigest()[:16]
    folder = cache / key
    if folder.exists():
        return folder
    shutil.rmtree(cache, ignore_errors=True)  # of another lock
    cache.mkdir(parents=True)
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        site = Path(scratch) / "site"
        _fetch(lock, site, target)
        for path in [path for pattern in UNUSED for path in site.glob(pattern)]:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        _compile(site, target)
        site.rename(folder)
    return folder


def _fetch(lock: Path, site: Path, target: Target) -> None:
    """Install the locked dependencies into the folder ``site``. Raises CommandFailed: one is missing or its hash differs."""
    asked = ["--require-hashes", "--no-deps", "--only-binary=:all:", *target.wheels]
    asked += ["--target", str(site), "-r", str(lock)]
    quiet = ["--quiet", "--disable-pip-version-check", "--no-compile", "--retries", "2"]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", *quiet, *asked], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CommandFailed(f"A dependency cannot be had as {lock.name} names it:\n{done.stderr.strip()}")


def _lambdas_python() -> tuple[str, str]:
    """Return the path and version of an interpreter of Lambda's Python version: this one, or ``python3.x`` on the PATH.

    Raises CommandFailed: there is none.
    """
    for name in (sys.executable, f"python{LAMBDA_PYTHON}"):
        version, path = python_at(name)
        if version.startswith(f"{LAMBDA_PYTHON}."):
            return path, version
    raise CommandFailed(
        f"Python {LAMBDA_PYTHON}, which Lambda runs, compiles the package and was not found: install it (Debian: "
        f"apt-get install python{LAMBDA_PYTHON}; elsewhere: uv python install {LAMBDA_PYTHON}) and put it on the PATH."
    )


def python_at(name: str) -> tuple[str, str]:
    """Return the version and the real path of the interpreter at a path or of a name; two empty texts when it does not run."""
    if name == sys.executable:
        return platform.python_version(), sys.executable
    if shutil.which(name) is None:
        return "", ""
    code = "import platform, sys; print(platform.python_version(), sys.executable)"
    answer = subprocess.run([name, "-c", code], capture_output=True, text=True, check=False).stdout
    version, _, path = answer.strip().partition(" ")
    return version, path


def _compile(tree: Path, target: Target) -> None:
    """Replace every module of a folder by what the target's Python compiles of it, which is the same from any folder."""
    options = ["-q", "-b", "-s", str(tree), "-p", TASK_ROOT, "--invalidation-mode", "unchecked-hash"]
    _run(COMPILE, *options, str(tree), cwd=tree, python=target.compiler)
    for path in tree.rglob("*.py"):
        path.unlink()


def _generate_templates(tree: Path) -> None:
    """Replace each template by the Python module that Jinja makes of it, in the folder « compiled »."""
    _run(COMPILE_TEMPLATES, "templates/compiled", *RENDERED, cwd=tree)
    for path in _files(tree / "templates"):
        if path.suffix[1:] in RENDERED and "static" not in path.parts:
            path.unlink()


def _write_zip(target: Path, *trees: Path) -> None:
    """Write the files of these folders into one zip, sorted and of one date, so that its bytes depend on content alone."""
    members = {path.relative_to(tree).as_posix(): path for tree in trees for path in _files(tree)}
    partial = target.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(members):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, whose permissions follow
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, members[name].read_bytes(), compresslevel=9)
    partial.replace(target)


def _run(code: str, *arguments: str, cwd: Path, python: str = sys.executable) -> None:
    """Run the Python code ``code`` in a process of its own, without the settings and credentials of this one.

    ``python``: the interpreter. Raises CommandFailed: it fails.
    """
    environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(cwd), "AWS_DEFAULT_REGION": REGION}
    # Sets must come in one order in compiled code; sources must not leave __pycache__ behind.
    environment |= {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [python, "-c", code, *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CommandFailed(f"Packaging failed at « {arguments[0]} »:\n{done.stderr or done.stdout}")


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder, sorted, without those of « __pycache__ »."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path


def _copy(source: Path, target: Path) -> None:
    """Copy a file, or a folder without its compiled files and its Markdown."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.md"))
    else:
        shutil.copyfile(source, target)


@contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    """Hold a lock file while the context lasts, so that one build at a time uses the folder, which is made when absent.

    Tests and ``make run`` may start a build at the same time.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def build_and_say() -> None:
    """Build the package for Lambda, and its inventory; print its size, and whether it was made or up to date."""
    from infra.papers import sbom  # whoever only builds the zip needs no library of inventories

    package = build()
    inventory = sbom.write_inventory(BUILD)
    size, made = package.zip.stat().st_size / 1_000_000, "made" if package.rebuilt else "up to date"
    others = f"{package.template.relative_to(ROOT)}, {inventory.relative_to(ROOT)}"
    print(f"{package.zip.relative_to(ROOT)} {size:.1f} MB, {others}: {made}")


if __name__ == "__main__":
    sys.exit(status_of(build_and_say))
