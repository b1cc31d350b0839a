"""Make build/deployment.zip and build/sam.yaml: what AWS receives, and what the local cloud runs.

Chalice writes the functions and the API; resources.yaml and overlay.yaml say the rest. The zip is the same for every function
and the same byte for byte from the same sources: sorted, dated 1980, with compiled code that Python loads without looking
at dates. Nothing is rebuilt while no source changed, and dependencies are fetched once per lock, each by its hash.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import chalice
from chalice.package import TemplateDeepMerger, YAMLTemplateSerializer

if __package__ in (None, ""):  # run as a file: make « infra » importable
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from infra import alarms, gateway

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
INFRA = Path(__file__).resolve().parent
PYTHON = f"cp{sys.version_info.major}{sys.version_info.minor}"
LOCK = "requirements.lock"
NEWEST_GLIBC = 26 if sys.version_info < (3, 12) else 34
"""Minor version of the C library under Lambda's Python, for which wheels are chosen: Amazon Linux 2, then 2023."""
OLD_NAMES = ("manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64", "linux_x86_64")
REGION = "eu-west-3"
TASK_ROOT = "/var/task"
"""Where Lambda unpacks the zip; compiled code names its source there, wherever it was compiled."""


class PackagingFailed(Exception):
    """The package cannot be made; the message is the one sentence to show."""


@dataclass(frozen=True)
class Package:
    """What a build made."""

    zip: Path
    template: Path
    rebuilt: bool


def build(project: Path = ROOT, out: Path = BUILD) -> Package:
    """Make the zip and the template of ``project`` in ``out``, unless they are there and up to date.

    Raises:
        PackagingFailed: a dependency cannot be fetched, or Chalice refuses the application.
    """
    out.mkdir(parents=True, exist_ok=True)
    package = Package(out / "deployment.zip", out / "sam.yaml", rebuilt=True)
    stamp = out / "package.stamp"
    with _only_one(out / "package.lock"):
        wanted = fingerprint(project)
        made = package.zip.exists() and package.template.exists() and stamp.exists()
        if made and stamp.read_text() == wanted:
            return Package(package.zip, package.template, rebuilt=False)
        stamp.unlink(missing_ok=True)
        dependencies = _dependencies(project / LOCK, out / "dependencies")
        scratch = out / "scratch"
        shutil.rmtree(scratch, ignore_errors=True)  # of a build that was killed
        tree, template = _generate(project, scratch)
        _write_zip(package.zip, tree, dependencies)
        _replace(package.template, template.read_bytes())
        shutil.rmtree(scratch)
        stamp.write_text(wanted)
    return package


def fingerprint(project: Path) -> str:
    """SHA-256 of everything the package depends on, in hexadecimal."""
    sources = [project / "app.py", project / LOCK, project / ".chalice" / "config.json"]
    sources += [path for folder in ("chalicelib", "templates") for path in _files(project / folder)]
    sources += [*INFRA.glob("*.yaml"), *INFRA.glob("*.py")]
    digest = hashlib.sha256(f"{sys.version} chalice {chalice.__version__}".encode())
    for path in sorted(sources):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(
            f"\0{path.relative_to(project if path.is_relative_to(project) else ROOT)}\0{content}".encode()
        )
    return digest.hexdigest()


def merged_template() -> dict[str, Any]:
    """Our own files, the alarms and the gateway's answers as one: what is laid over Chalice's own template."""
    load = YAMLTemplateSerializer().load_template
    written = (
        load((INFRA / name).read_text(), name)
        for name in ("resources.yaml", "overlay.yaml", "detection.yaml")
    )
    merged: dict[str, Any] = {}
    for part in (*written, alarms.template(), gateway.template()):
        merged = TemplateDeepMerger().merge(part, merged)
    return merged


def _generate(project: Path, scratch: Path) -> tuple[Path, Path]:
    """Run ``chalice package`` on a copy of the sources: the code's tree, as the zip holds it, and the template."""
    stage, tree = scratch / "stage", scratch / "tree"
    stage.mkdir(parents=True)
    for name in ("app.py", "chalicelib", "templates", ".chalice/config.json"):
        _copy(project / name, stage / name)
    # Dependencies are added from their own cache; Chalice would fetch them at every change of the code.
    (stage / "requirements.txt").touch()
    (stage / "merge.yaml").write_text(YAMLTemplateSerializer().serialize_template(merged_template()))
    _run(
        "import sys; from chalice.cli import main; sys.exit(main())",
        "package",
        "--merge-template",
        "merge.yaml",
        str(scratch / "out"),
        cwd=stage,
    )
    with zipfile.ZipFile(scratch / "out" / "deployment.zip") as archive:
        archive.extractall(tree)
    _copy(project / "templates", tree / "templates")
    _compile(tree)
    return tree, scratch / "out" / "sam.yaml"


def _dependencies(lock: Path, cache: Path) -> Path:
    """The folder of what the lock names, as Lambda's Python wants it; fetched once.

    Raises:
        PackagingFailed: a package is out of reach, is not what the lock says, or has no wheel for that Python.
    """
    recipe = "3"  # raise it when what is kept below changes
    key = hashlib.sha256(f"{recipe} {PYTHON} ".encode() + lock.read_bytes()).hexdigest()[:16]
    folder = cache / key
    if folder.exists():
        return folder
    shutil.rmtree(cache, ignore_errors=True)  # of another lock
    cache.mkdir(parents=True)
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        site = Path(scratch) / "site"
        _fetch(lock, site)
        for path in [*site.glob("*.dist-info/*"), *site.glob("bin")]:
            if path.name != "METADATA":  # pydantic reads the version of email-validator there
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        _compile(site)
        site.rename(folder)
    return folder


def _fetch(lock: Path, site: Path) -> None:
    """Install what the lock names, and nothing that does not hash to what it says."""
    platforms = [f"manylinux_2_{minor}_x86_64" for minor in range(NEWEST_GLIBC, 4, -1)]
    asked = ["--require-hashes", "--no-deps", "--only-binary=:all:", "--implementation", "cp"]
    asked += ["--python-version", PYTHON.removeprefix("cp"), "--target", str(site), "-r", str(lock)]
    asked += [word for platform in (*platforms, *OLD_NAMES) for word in ("--platform", platform)]
    quiet = ["--quiet", "--disable-pip-version-check", "--no-compile", "--retries", "2"]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", *quiet, *asked], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise PackagingFailed(f"A dependency cannot be had as {lock.name} names it:\n{done.stderr.strip()}")


def _compile(tree: Path) -> None:
    """Add the compiled form of every module, identical from any folder and trusted without a look at the source."""
    code = "import sys, compileall; sys.exit(not compileall.main())"
    _run(
        code,
        "-q",
        "-s",
        str(tree),
        "-p",
        TASK_ROOT,
        "--invalidation-mode",
        "unchecked-hash",
        str(tree),
        cwd=tree,
    )


def _write_zip(target: Path, *trees: Path) -> None:
    members = {
        path.relative_to(tree).as_posix(): path for tree in trees for path in _files(tree, compiled=True)
    }
    partial = target.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(members):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, whose permissions follow
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, members[name].read_bytes())
    partial.replace(target)


def _run(code: str, *arguments: str, cwd: Path) -> None:
    """Run Python on ``code`` in a process of its own, without this one's settings or credentials."""
    environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(cwd), "AWS_DEFAULT_REGION": REGION}
    # Sets must come in one order in compiled code; sources must not leave __pycache__ behind.
    environment |= {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise PackagingFailed(f"Packaging failed at « {arguments[0]} »:\n{done.stderr or done.stdout}")


def _files(folder: Path, *, compiled: bool = False) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and (compiled or "__pycache__" not in path.parts):
            yield path


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copyfile(source, target)


def _replace(target: Path, content: bytes) -> None:
    partial = target.with_suffix(".partial")
    partial.write_bytes(content)
    partial.replace(target)


@contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    """Let one build at a time use the folder: tests and ``make run`` may start together."""
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def main() -> int:
    """Build and say what was made."""
    try:
        package = build()
    except PackagingFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    size = package.zip.stat().st_size / 1_000_000
    print(f"{package.zip.relative_to(ROOT)} {size:.1f} MB, {package.template.relative_to(ROOT)}: ", end="")
    print("made" if package.rebuilt else "up to date")
    return 0


if __name__ == "__main__":
    sys.exit(main())
