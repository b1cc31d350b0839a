"""A year of use and five of silence leave only what the register allows; ``proof/test_ten_years.py`` takes ten."""

from chalicelib import clock
from tests.conftest import Clock
from tests.support.registered import list_items, list_overdue
from tests.support.worlds import World
from tests.support.years import Life, assert_only_what_is_allowed, lives


def test_a_year_leaves_only_what_the_register_allows(world: World, time: Clock) -> None:
    life = Life(world, time)
    lives(life, years=1)
    assert_only_what_is_allowed(life)


def test_an_item_kept_beyond_its_register_row_is_noticed(world: World, time: Clock) -> None:
    """Where the minute function does not run, the check of the years above finds what is kept too long."""
    life = Life(world, time)
    life.signs_in(life.team)
    time.passes(days=1)

    stays = {overdue_row.split(" ")[0] for overdue_row in list_overdue(list_items(world), clock.utc_now())}
    assert stays == {"session", "challenge"}
