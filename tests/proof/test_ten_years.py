"""Ten simulated years leave only what the register allows. Run with ``-s`` to read what is left, by type, year after year."""

from tests.conftest import Clock
from tests.faults.snapshots import QuickWorld
from tests.support.worlds import World
from tests.support.years import Life, assert_only_what_is_allowed, lives


def test_ten_years_leave_only_what_the_register_allows(world: World, time: Clock) -> None:
    life = Life(QuickWorld(world.environment, world.mails), time)
    lives(life, 10)
    assert_only_what_is_allowed(life)
