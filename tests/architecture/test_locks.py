"""What is installed and what is shipped is what was looked at: every package pinned, transitive ones too, by its hash."""

import json
import re
from pathlib import Path

import pytest

from infra import CommandFailed, bundle, package
from tests.architecture.sources import ROOT

LOCKS = {"requirements.txt": "requirements.lock", "requirements-dev.txt": "requirements-dev.lock"}
ENTRY = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s\\]+)((?:.*\\\n)*.*)$", re.MULTILINE)
SHA512 = re.compile(r"sha512-[A-Za-z0-9+/]{86}==")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}\b")


def plain(name: str) -> str:
    """Return a package's name in the form in which registries compare names."""
    return re.sub(r"[-_.]+", "-", name).lower()


def entries(lock: str) -> dict[str, tuple[str, int]]:
    """Return for each package of a lock its version and how many hashes it has; one more entry for each of several versions."""
    listed = ENTRY.findall((ROOT / lock).read_text())
    return {plain(name): (version, len(HASH.findall(rest))) for name, version, rest in listed}


def asked(requirements: str) -> dict[str, str]:
    """Return the packages that we name ourselves, with their versions."""
    text = (ROOT / requirements).read_text()
    return {plain(name): version for name, version, _ in ENTRY.findall(text)}


@pytest.mark.parametrize("requirements", LOCKS)
def test_every_package_of_a_lock_has_its_hashes(requirements: str) -> None:
    packages = entries(LOCKS[requirements])
    lines = [
        line for line in (ROOT / LOCKS[requirements]).read_text().splitlines() if line and line[0] not in " #"
    ]

    assert len(packages) == len({line.partition("==")[0].partition("[")[0] for line in lines})
    assert [name for name, (_, hashes) in packages.items() if not hashes] == []


@pytest.mark.parametrize("requirements", LOCKS)
def test_a_lock_holds_what_we_ask_for_as_we_ask_for_it(requirements: str) -> None:
    """The lock has each requirement in its version; this fails when a requirement was changed and the lock was not made again
    (its first lines say how).
    """
    locked = {name: version for name, (version, _) in entries(LOCKS[requirements]).items()}

    assert asked(requirements).items() <= locked.items()


def test_what_is_shipped_is_what_was_tested() -> None:
    shipped, tested = entries(LOCKS["requirements.txt"]), entries(LOCKS["requirements-dev.txt"])

    assert {name: tested.get(name, ("", 0))[0] for name in shipped} == {
        name: version for name, (version, _) in shipped.items()
    }


def test_npm_fetches_what_the_lock_names_by_its_hash() -> None:
    folder = ROOT / "infra" / "npm"
    locked = json.loads((folder / "package-lock.json").read_text())["packages"]
    wanted = json.loads((folder / "package.json").read_text())["devDependencies"]
    fetched = {name: package for name, package in locked.items() if name}

    assert locked[""]["devDependencies"] == wanted
    assert {name: fetched[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert [name for name, package in fetched.items() if not SHA512.fullmatch(package["integrity"])] == []
    assert [name for name, package in fetched.items() if "resolved" in package] == [], (
        "whatever registry is set up"
    )


def test_only_the_locks_are_installed() -> None:
    makefile = (ROOT / "Makefile").read_text()

    assert re.findall(r"pip install .* -r (\S+)", makefile) == ["requirements-dev.lock"]
    assert "--require-hashes" in makefile


@pytest.mark.parametrize("known_by", [f" --hash=sha256:{'0' * 64}", ""], ids=["another hash", "no hash"])
def test_a_package_that_is_not_what_the_lock_says_is_not_shipped(tmp_path: Path, known_by: str) -> None:
    lock = tmp_path / package.LOCK
    lock.write_text(f"typing-inspection==0.4.5{known_by}\n")

    with pytest.raises(CommandFailed, match="cannot be had as"):
        package._dependencies(lock, tmp_path / "cache", package.for_here())
    assert not list((tmp_path / "cache").iterdir())


@pytest.mark.parametrize(
    "here", [{"resolved": "file:missing.tgz"}, {"os": ["none"]}], ids=["it does not come", "there is none"]
)
def test_esbuild_is_not_kept_without_its_program_for_this_machine(
    tmp_path: Path, here: dict[str, object]
) -> None:
    """npm succeeds without an optional package and installs the rest; an esbuild without its program must not be kept then."""
    wanted = {"dependencies": {"esbuild": "file:esbuild"}, "optionalDependencies": {"@esbuild/here": "1.0.0"}}
    locked = {
        "": wanted,
        "esbuild": {"version": "1.0.0"},
        "node_modules/esbuild": {"resolved": "esbuild", "link": True},
        "node_modules/@esbuild/here": {"version": "1.0.0", "optional": True, **here},
    }
    named, tools = tmp_path / "npm", tmp_path / "tools"
    (named / "esbuild").mkdir(parents=True)
    (named / "esbuild" / "package.json").write_text('{"name": "esbuild", "version": "1.0.0"}')
    (named / "package.json").write_text(json.dumps(wanted))
    (named / "package-lock.json").write_text(json.dumps({"lockfileVersion": 3, "packages": locked}))

    with pytest.raises(CommandFailed, match="cannot be had for this machine"):
        bundle._packages(tools, named)
    assert not list(tools.iterdir())
