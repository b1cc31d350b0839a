"""Each rule of the oracle notices a sentence that was rendered and is then made false on purpose."""

import pytest

from tests.oracle.falsehoods import FALSEHOODS, PLAYED, Moment
from tests.oracle.life import BEGINNINGS
from tests.oracle.lives import staged
from tests.oracle.rules import RULES

FEWEST = 40


@pytest.fixture(scope="module")
def moments() -> list[Moment]:
    """Everything that is shown in the lives ``PLAYED``."""
    seen: list[Moment] = []
    with staged(lambda shown, known: seen.append((shown, known))) as lives:
        for names in PLAYED:
            lives.again(BEGINNINGS[0], names)
    return seen


def test_every_rule_has_a_sentence_that_it_must_notice() -> None:
    assert FALSEHOODS.keys() == RULES.keys()
    assert len(RULES) >= FEWEST


@pytest.mark.parametrize("rule", RULES)
def test_a_sentence_made_false_is_noticed_by_its_rule_and_only_then(moments: list[Moment], rule: str) -> None:
    noticed = [line for moment in moments for line in RULES[rule](*moment)]
    noticed_of_lie = [line for moment in moments for line in RULES[rule](*FALSEHOODS[rule](*moment))]

    assert noticed == []
    assert noticed_of_lie
