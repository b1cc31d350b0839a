"""The patches of ``tests/teeth`` fit the code as it is; whether each is noticed is ``make proof``'s affair."""

import ast
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
import yaml

from tests.teeth import FOLDER, ROOT, AppliesNoMore, Tooth, teeth
from tests.teeth.rewrite import missing_tests

EVERY = teeth()
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def text_of(file: str) -> str:
    """Return the text of a file of the repository."""
    return (ROOT / file).read_text()


BROKEN = """
These patches of tests/teeth do not fit the code as it is:
    {}
Run `.venv/bin/python -m tests.teeth --rewrite` (with `old=new` for each word that you renamed), read what it wrote, run it, and
write by hand those that it names (tests/README.md, "Teeth")."""


def fits(tooth: Tooth) -> bool:
    """Return whether the file of a patch exists and holds its lines exactly once."""
    return (ROOT / tooth.file).is_file() and tooth.times(text_of(tooth.file)) == 1


FITTING = [tooth for tooth in EVERY if fits(tooth)]


def test_every_patch_applies_and_finds_its_tests() -> None:
    broken = [f"{tooth.name}: {tooth.file}" for tooth in EVERY if not fits(tooth)]
    broken += [f"{tooth.name}: {test} is not there" for tooth in EVERY for test in missing_tests(tooth)]

    assert not broken, BROKEN.format("\n    ".join(broken))


def test_a_patch_takes_one_line_away_and_leaves_code_that_reads() -> None:
    for tooth in FITTING:
        bitten = tooth.bite(text_of(tooth.file))
        assert len(tooth.removed) <= 1 and len(tooth.added) <= 1, tooth.name
        assert tooth.removed != tooth.added, tooth.name
        if tooth.file.endswith(".py"):
            compile(bitten, tooth.name, "exec", ast.PyCF_ONLY_AST)
        if tooth.file.endswith(".yaml"):
            yaml.compose(bitten, Loader=LOADER)


def test_what_a_patch_writes_instead_names_what_exists(tmp_path: Path) -> None:
    """The lines that a patch adds use names that exist; otherwise tests would fail for a name and not for the missing
    protection.
    """
    for tooth in FITTING:
        if tooth.file.endswith(".py"):
            (tmp_path / f"{tooth.name.replace('-', '_')}.py").write_text(tooth.bite(text_of(tooth.file)))

    listed = subprocess.run(
        [
            Path(sys.executable).parent / "ruff",
            "check",
            "--isolated",
            "--select",
            "F821",
            "--quiet",
            tmp_path,
        ],
        capture_output=True,
        text=True,
    )

    assert listed.stdout == ""


def test_a_patch_names_its_promise_and_a_test() -> None:
    for tooth in EVERY:
        assert tooth.promise.endswith(".") and tooth.tests, tooth.name


def test_there_are_at_least_forty_and_no_two_alike() -> None:
    alike = Counter((tooth.file, tooth.before, tooth.after) for tooth in EVERY)

    assert len(EVERY) >= 40
    assert max(alike.values()) == 1


def test_a_patch_whose_lines_moved_still_applies_and_one_whose_lines_changed_says_so() -> None:
    tooth = EVERY[0]
    text = (ROOT / tooth.file).read_text()

    assert tooth.bite(f"# above\n\n{text}") == f"# above\n\n{tooth.bite(text)}"
    with pytest.raises(AppliesNoMore, match=tooth.name):
        tooth.bite(text.replace(tooth.before, ""))
    with pytest.raises(AppliesNoMore, match="2 times"):
        tooth.bite(f"{text}\n{tooth.before}")


OLD_CODE = """\
def decide(draw, one):
    if draw.now >= one.end:
        raise Over
    return one.but(end=draw.now, holder=one.holder)


def passes(value, other):
    return value > other
"""
NEW_CODE = """\
def decide(inputs, deposit):
    if inputs.now >= deposit.end:
        raise Over
    return replace(
        deposit,
        end=inputs.now,
        holder=deposit.holder,
    )


def passes(value, other):
    return is_greater(other, value)
"""
HEAD = "Promise: 1. It ends.\nTest: tests/test_it.py::test_the_end\n--- a/kept/deciding.py\n+++ b/kept/deciding.py\n@@ -1 +1 @@\n"
PATCHES = {
    "101-one-word": "-    if draw.now >= one.end:\n+    if draw.now > one.end:\n",
    "102-one-less": "-    return one.but(end=draw.now, holder=one.holder)\n+    return one.but(end=draw.now)\n",
    "103-all-of-it": "-    return value > other\n+    return value >= other\n",
}


def in_project(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder."""
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small repository whose code was moved and renamed since its patches were written."""
    files = {
        "kept/deciding.py": OLD_CODE,
        "tests/__init__.py": "",
        "tests/test_it.py": "def test_the_end(): pass\n",
        **{f"tests/teeth/{name}.patch": f"{HEAD}{lines}" for name, lines in PATCHES.items()},
        **{f"tests/teeth/{path.name}": path.read_text() for path in FOLDER.glob("*.py")},
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    for arguments in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "."],
    ):
        in_project(tmp_path, "git", *arguments)
    (tmp_path / "kept/deciding.py").unlink()
    (tmp_path / "kept/deposits.py").write_text(NEW_CODE)
    (tmp_path / "tests/test_it.py").rename(tmp_path / "tests/test_deposits.py")
    return tmp_path


def test_rewriting_follows_code_that_moved_and_changed_and_tells_what_it_could_not_follow(
    project: Path,
) -> None:
    told = in_project(project, sys.executable, "-m", "tests.teeth", "--rewrite")

    one_word, one_less, all_of_it = ((project / f"tests/teeth/{name}.patch").read_text() for name in PATCHES)
    assert "-    if inputs.now >= deposit.end:\n+    if inputs.now > deposit.end:\n" in one_word
    assert "-        holder=deposit.holder,\n     )\n" in one_less
    assert all("Test: tests/test_deposits.py::test_the_end\n" in patch for patch in (one_word, one_less))
    assert all("+++ b/kept/deposits.py" in patch for patch in (one_word, one_less))
    assert told.returncode == 1 and all_of_it == HEAD + PATCHES["103-all-of-it"]
    assert re.findall("BY HAND (.*?):", told.stdout) == ["103-all-of-it"]


def test_rewriting_renames_what_the_patch_alone_writes(project: Path) -> None:
    (project / "tests/test_deposits.py").write_text("def test_it_ends(): pass\n")

    in_project(project, sys.executable, "-m", "tests.teeth", "--rewrite", "test_the_end=test_it_ends", "101-")

    assert (
        "Test: tests/test_deposits.py::test_it_ends\n"
        in (project / "tests/teeth/101-one-word.patch").read_text()
    )
