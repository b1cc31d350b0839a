"""Sequences of acts of everybody who may want a document elsewhere, exhaustively: none leads it there.

The longer ones are ``tests/proof``'s.
"""

from tests.conftest import Clock
from tests.reach import search
from tests.reach.on_real_tables import Tables, walk
from tests.reach.state import key
from tests.support.worlds import World


def test_no_sequence_of_four_acts_leads_a_document_elsewhere_on_the_model() -> None:
    match = search.search(4)

    assert match.broken == ()
    assert len(match.states) > 1000, "a search that goes nowhere finds nothing"


def test_the_tables_come_to_the_very_states_of_the_model_after_two_acts(world: World, time: Clock) -> None:
    paths = search.search(2).states

    for path, state in walk(Tables.begun(world, time), list(paths.values())):
        assert paths.get(key(state)) == path, path
        assert search.broken(state) is None, path
