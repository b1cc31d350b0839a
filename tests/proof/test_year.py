"""A simulated year, with and without reminders. Run with ``-s`` to read its totals."""

import pytest

from tests.conftest import Clock
from tests.faults.snapshots import QuickWorld
from tests.simulation.watch import ASSUMED, Watch
from tests.simulation.year import Scenario, Simulation
from tests.support import mail_rules
from tests.support.worlds import World

PARCOURS, DAYS = 100, 365
OUTAGES = ((62, 0.5), (133, 20))
"""Days on which the mail service fails, and for how many hours."""


@pytest.mark.parametrize("reminds", [True, False], ids=["reminded", "not reminded"])
def test_nothing_waits_unseen_and_nobody_is_pestered_in_a_year(
    world: World, time: Clock, reminds: bool
) -> None:
    """``Watch`` finds nothing wrong in a year with reminders; without them, nothing but parcours that wait unseen."""
    quick = QuickWorld(world.environment, world.mails)
    sim = Simulation(quick, time, Scenario(parcours=PARCOURS, days=DAYS, outages=OUTAGES, reminds=reminds))
    watch = Watch(sim)
    sim.run()
    print("", ASSUMED, watch.report(), sep="\n")
    wrong = watch.wrong if reminds else [line for line in watch.wrong if not line.endswith("unseen")]
    assert not wrong, "\n".join(wrong)
    mail_rules.assert_all_keep_rules(world)
