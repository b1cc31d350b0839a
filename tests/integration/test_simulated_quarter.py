"""A simulated quarter: people who act or do not, mails, reminders, two outages (``-s`` shows its totals)."""

from tests.conftest import Clock
from tests.faults.snapshots import QuickWorld
from tests.simulation.watch import ASSUMED, Watch
from tests.simulation.year import Scenario, Simulation
from tests.support import mail_rules
from tests.support.worlds import World


def test_without_reminders_the_same_look_finds_what_waits_unseen_and_nothing_else(
    world: World, time: Clock
) -> None:
    """With the reminders switched off, ``Watch`` finds parcours that wait without anybody being told, and nothing else: so its
    silence below proves something.
    """
    quick = QuickWorld(world.environment, world.mails)
    sim = Simulation(
        quick, time, Scenario(parcours=10, days=50, outages=((20, 0.5), (41, 20)), reminds=False)
    )
    watch = Watch(sim)
    sim.run()
    print(ASSUMED, watch.report(), sep="\n")
    assert watch.wrong
    assert [complaint for complaint in watch.wrong if not complaint.endswith("unseen")] == []


def test_nothing_waits_unseen_and_nobody_is_pestered(world: World, time: Clock) -> None:
    """With the reminders, ``Watch`` finds nothing wrong in a quarter that meets every kind of reminder and report."""
    quick = QuickWorld(world.environment, world.mails)
    sim = Simulation(quick, time, Scenario(parcours=18, days=92, seed=58, outages=((20, 0.5), (41, 20))))
    watch = Watch(sim)
    sim.run()
    print(ASSUMED, watch.report(), sep="\n")
    assert not watch.wrong, "\n".join(watch.wrong)
    mail_rules.assert_all_keep_rules(world)
    # Or this quarter met too little.
    assert {"reminder", "digest", "expiry_notice"} <= watch.mails.keys()
    assert {"delivered", "delayed", "returned", "refused"} <= sim.reported.keys()
    assert len(watch.followed) >= 5, watch.followed
    assert sim.wire.in_outage and watch.waits and watch.to_first_meeting()
