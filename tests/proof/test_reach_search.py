"""Every life of an offer of six acts, on the model; and on real tables, each state that four acts come to.

Minutes long: ``make proof`` runs it.
"""

import os

from tests.conftest import Clock
from tests.faults.snapshots import QuickWorld
from tests.reach import search
from tests.reach.on_real_tables import Tables, walk
from tests.reach.state import beginning, key
from tests.support.worlds import World

DEPTH = int(os.environ.get("REACH_DEPTH", "4"))
"""Acts of a sequence on the tables; the model goes two further."""


def test_no_life_of_six_acts_leads_a_document_elsewhere() -> None:
    """Sendings by insiders, colleagues named from them, ends, the offer taken anew, two passages, two tutors."""
    searched = search.search(DEPTH + 2)

    assert searched.broken == ()
    print(f"{searched.tried} acts tried, {len(searched.states)} states")


def test_real_tables_come_to_every_state_of_the_model_and_to_no_other(world: World, time: Clock) -> None:
    expected = search.search(DEPTH).states

    for path, state in walk(
        Tables.begun(QuickWorld(world.environment, world.mails), time), list(expected.values())
    ):
        assert expected.get(key(state)) == path, path
        assert search.broken(state) is None, path


def test_real_tables_refuse_what_the_model_refuses(world: World, time: Clock) -> None:
    """Every act, in each state that two acts come to, has the very outcome of the model."""
    tables = Tables.begun(QuickWorld(world.environment, world.mails), time)
    for path in search.search(2).states.values():
        with tables.apart():
            model = beginning()
            for act in path:
                assert tables.does(act), path
                model = search.after(model, act) or model
            tables.state()
            again = tables.kept()
            for act in search.ACTS:
                tables.does(act)
                assert key(tables.state()) == key(search.after(model, act) or model), (*path, act)
                again()
