"""What stands where: the top level is fixed, nothing is left for later."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.architecture.sources import CODE, ROOT, name_of, tree_of

TOP = {
    "app.py", "chalicelib", "infra", "templates", "tests", ".chalice", "README.md", "CONTRIBUTING.md", "Makefile",
    "pyproject.toml", "requirements.txt", "requirements-dev.txt", "requirements.lock", "requirements-dev.lock", "RUNBOOK.md",
    ".ci", ".gitignore", "LICENSE", "CHANGELOG.md",
}  # fmt: skip
"""The product's own folders, and beside them only what tools insist on."""
LATER = re.compile(
    r"\b(TODO|FIXME|XXX|HACK|WIP|à compléter plus tard|not implemented)\b|NotImplementedError|\.\.\. +# later"
)
TEXT = {".py", ".html", ".txt", ".css", ".js", ".svg", ".md", ".yaml", ".json", ".toml", ""}


def kept() -> list[Path]:
    """Return every file that belongs to the repository, committed or about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


def test_the_top_level_is_what_was_agreed() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in kept()} <= TOP


def test_nothing_is_left_for_later() -> None:
    here = Path(__file__)
    left = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in kept()
        if path.suffix in TEXT and path != here and (match := LATER.search(path.read_text(errors="replace")))
    ]

    assert left == []


def test_files_are_text_and_end_with_one_line_break() -> None:
    for path in kept():
        if path.suffix in {".py", ".html", ".css", ".js", ".md", ".yaml", ".toml"}:
            text = path.read_bytes().decode()
            assert not text or (text.endswith("\n") and not text.endswith("\n\n")), path
            assert "\r" not in text and "\t" not in text.replace("\n\t", "\n"), path


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_every_module_says_what_it_is(path: Path) -> None:
    if path.name != "__init__.py":
        first = tree_of(path).body[0]
        assert getattr(getattr(first, "value", None), "value", ""), f"{path.name} has no docstring"


def test_templates_and_static_files_are_all_used() -> None:
    """A page or a script that nothing names is left over from something."""
    sources = "\n".join(path.read_text() for path in [*CODE, ROOT / "infra" / "bundle.py"])
    written = {path: path.read_text() for path in kept() if path.is_relative_to(ROOT / "templates")}
    for path in written:
        names = "\n".join([sources, *(text for other, text in written.items() if other != path)])
        wanted = path.parent.name if path.parent.parent.name == "emails" else path.name
        stem = path.stem if path.parent.name == "pages" else wanted

        assert wanted in names or f'"{stem}"' in names, f"nothing names {path.relative_to(ROOT)}"


def test_make_test_and_make_proof_run_every_test_once() -> None:
    from tests.__main__ import GROUPS, PROOF, places_of

    groups = [*GROUPS, (PROOF,)]
    places = [ROOT / place for group in groups for place in places_of(group)]
    run = [path for place in places for path in ([place] if place.is_file() else place.glob("test_*.py"))]

    assert sorted(run) == sorted((ROOT / "tests").glob("*/test_*.py"))


PATH = re.compile(r"`((?:[\w.<>-]+/)+[\w.<>{},-]*|[\w-]+\.(?:py|toml|yaml|json))(?:::\w+)?`")
DOTTED = re.compile(r"``((?:domain|stories|stores|web|mails|words)\.[\w.]+)``")


GUIDES = sorted(
    str(path.relative_to(ROOT))
    for path in kept()
    if path.name in {"README.md", "CONTRIBUTING.md", "RUNBOOK.md"}
)


@pytest.mark.parametrize("name", GUIDES)
def test_what_contributors_read_names_files_that_exist(name: str) -> None:
    places = [ROOT, ROOT / "chalicelib", ROOT / "tests", ROOT / "infra"]
    named = {
        mention
        for mention in PATH.findall((ROOT / name).read_text())
        if not re.search(r"[<{]|^build/", mention)
    }

    assert (
        sorted(mention for mention in named if not any((place / mention).exists() for place in places)) == []
    )


def test_docstrings_name_modules_that_exist() -> None:
    modules = {name_of(path) for path in CODE}
    named = {(path.name, mention) for path in CODE for mention in DOTTED.findall(path.read_text())}
    known = {f"chalicelib.{module_name}" for _, module_name in named} & modules

    assert known
    assert (
        sorted(
            (file, mention)
            for file, mention in named
            if f"chalicelib.{mention}" not in modules
            and f"chalicelib.{mention}".rpartition(".")[0] not in modules
        )
        == []
    )
