"""A simulated quarter: people who act or do not, mails, reminders, two outages (``-s`` shows its totals)."""

from tests.conftest import Clock
from tests.faults.snapshots import QuickWorld
from tests.simulation.watch import ASSUMED, Watch
from tests.simulation.year import Simulation
from tests.worlds import World


def test_nothing_waits_unseen_and_nobody_is_pestered_in_a_quarter(world: World, time: Clock) -> None:
    quick = QuickWorld(world.environment, world.mails)
    sim = Simulation(quick, time, parcours=36, days=92, outages=((20, 0.5), (41, 20)))
    watch = Watch(sim)
    sim.run()
    print(ASSUMED, watch.report(), sep="\n")
    assert not watch.wrong, "\n".join(watch.wrong)
