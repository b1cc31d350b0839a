"""The patches of ``tests/teeth`` fit the code as it is; whether each is noticed is ``make proof``'s affair."""

import ast
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
import yaml

from tests.teeth import ROOT, AppliesNoMore, teeth

EVERY = teeth()
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def text_of(file: str) -> str:
    return (ROOT / file).read_text()


def test_a_patch_takes_one_line_away_and_leaves_code_that_reads() -> None:
    for tooth in EVERY:
        bitten = tooth.bite(text_of(tooth.file))
        assert len(tooth.removed) <= 1 and len(tooth.added) <= 1, tooth.name
        assert tooth.removed != tooth.added, tooth.name
        if tooth.file.endswith(".py"):
            compile(bitten, tooth.name, "exec", ast.PyCF_ONLY_AST)
        if tooth.file.endswith(".yaml"):
            yaml.compose(bitten, Loader=LOADER)


def test_what_a_patch_writes_instead_names_what_exists(tmp_path: Path) -> None:
    """Else the tests fail for a name and not for the protection."""
    for tooth in EVERY:
        if tooth.file.endswith(".py"):
            (tmp_path / f"{tooth.name.replace('-', '_')}.py").write_text(tooth.bite(text_of(tooth.file)))

    found = subprocess.run(
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

    assert found.stdout == ""


def test_a_patch_names_its_promise_and_tests_that_exist() -> None:
    for tooth in EVERY:
        assert tooth.promise.endswith(".") and tooth.tests, tooth.name
        for test in tooth.tests:
            file, _, name = test.partition("::")
            assert (ROOT / file).is_file(), (tooth.name, test)
            assert f"def {name.partition('[')[0]}" in text_of(file), (tooth.name, test)


def test_there_are_at_least_forty_and_no_two_alike() -> None:
    alike = Counter((one.file, one.before, one.after) for one in EVERY)

    assert len(EVERY) >= 40
    assert max(alike.values()) == 1


def test_a_patch_whose_lines_moved_still_applies_and_one_whose_lines_changed_says_so() -> None:
    one = EVERY[0]
    text = (ROOT / one.file).read_text()

    assert one.bite(f"# above\n\n{text}") == f"# above\n\n{one.bite(text)}"
    with pytest.raises(AppliesNoMore, match=one.name):
        one.bite(text.replace(one.before, ""))
    with pytest.raises(AppliesNoMore, match="2 times"):
        one.bite(f"{text}\n{one.before}")
