"""The patches of ``tests/teeth`` fit the code as it is; whether each is noticed is ``make proof``'s affair."""

import ast
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import yaml

from tests.teeth import ROOT, Tooth, teeth
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
