"""The patches of ``tests/teeth`` fit the code as it is; whether each is noticed is ``make proof``'s affair."""

import ast
from collections import Counter

import pytest
from chalice.package import YAMLTemplateSerializer

from tests.teeth import ROOT, AppliesNoMore, Tooth, teeth

EVERY = teeth()


@pytest.mark.parametrize("tooth", EVERY, ids=lambda one: one.name)
def test_a_patch_takes_one_line_away_and_leaves_code_that_reads(tooth: Tooth) -> None:
    bitten = tooth.bite((ROOT / tooth.file).read_text())

    assert len(tooth.removed) <= 1 and len(tooth.added) <= 1
    assert tooth.removed != tooth.added
    if tooth.file.endswith(".py"):
        ast.parse(bitten)
    if tooth.file.endswith(".yaml"):
        YAMLTemplateSerializer().load_template(bitten, tooth.file)


@pytest.mark.parametrize("tooth", EVERY, ids=lambda one: one.name)
def test_a_patch_names_its_promise_and_tests_that_exist(tooth: Tooth) -> None:
    assert tooth.promise.endswith(".") and tooth.tests
    for test in tooth.tests:
        file, _, name = test.partition("::")
        assert (ROOT / file).is_file(), test
        assert f"def {name.partition('[')[0]}" in (ROOT / file).read_text(), test


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
