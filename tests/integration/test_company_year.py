"""A simulated year of companies, small: it runs, and two years of the same scenario have the same people."""

from tests.bench.company import ASSUMED, NO_WAYS, Story, Ways, describe, describe_years, live
from tests.simulation.year import Scenario

SMALL = Scenario(parcours=4, days=75, seed=26)


def _read_people(story: Story) -> tuple[object, ...]:
    return story.number, story.reader, story.contact, story.right, story.hosts


def test_the_same_people_live_with_the_ways_and_without_and_each_year_is_the_same_again() -> None:
    without, once_more, given = live(NO_WAYS, SMALL), live(NO_WAYS, SMALL), live(Ways(), SMALL)

    assert describe(without) == describe(once_more)
    people = [[_read_people(story) for story in year.list_stories()] for year in (without, given)]
    assert people[0] == people[1]
    assert len(people[0]) == SMALL.parcours
    assert any(story.answered_at for story in given.list_stories())
    table = "\n".join(describe_years([without, given]))
    assert all(odds.what in table for odds in ASSUMED)


def test_a_way_makes_nothing_less_likely_that_it_is_for() -> None:
    assert all(odds.without <= odds.given for odds in ASSUMED)
