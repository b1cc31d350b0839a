"""A simulated quarter."""

from tests.conftest import Clock
from tests.faults.snapshots import QuickWorld
from tests.simulation.year import Simulation
from tests.worlds import World


def test_a_quarter(world: World, time: Clock) -> None:
    import time as t
    b = t.time()
    sim = Simulation(QuickWorld(world.environment, world.mails), time, parcours=60, days=92, outages=((20, 0.5), (41, 20)))
    sim.run()
    from collections import Counter
    print(t.time() - b, sim.runs, sim.did, len(sim.wire.letters), sim.refused)
    print(Counter(one.kind.value for one in sim.wire.letters))
    print(Counter(one.kind.value for one in sim.wire.facts))
