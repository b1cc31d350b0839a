"""Delays in phases, as decisions: what a change counts, what may be said of a group, who may look at which."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import SIGNATURES, Milestone
from chalicelib.domain.kernel.values import ParcoursStatus, Role
from chalicelib.domain.parcours import delays
from chalicelib.domain.parcours.delays import (
    Group,
    Grouping,
    Phase,
    Spread,
    compute_spread,
    count_tallies,
    find_group,
    find_period,
)
from tests.support import factories

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def taken(**reached: int) -> Parcours:
    """Return a parcours whose attempt reached these milestones so many days after the start."""
    at = {name: START + timedelta(days=days) for name, days in reached.items()}
    return replace(
        factories.offer(status=ParcoursStatus.IN_PREPARATION), attempt=1, reference="CSF-AAAA-11", reached=at
    )


def reaching(before: Parcours, **reached: int) -> Parcours:
    """Return the parcours once its attempt reached these milestones, so many days after the start."""
    return replace(before, reached=taken(**reached).reached)


def totals(before: Parcours | None, after: Parcours | None) -> dict[str, tuple[int, int]]:
    """Return what a change adds over all groups, by phase: days taken, and number of attempts."""
    return {
        tally.phase.value: (tally.days, tally.amount)
        for tally in count_tallies(before, after)
        if tally.scope == "all"
    }


def test_a_milestone_counts_the_pieces_that_it_ends() -> None:
    before = taken(taken=0, announced=30, sent=31, opened=33, answered=40)
    after = reaching(before, taken=0, announced=30, sent=31, opened=33, answered=40, met=50)

    assert totals(before, after) == {"meet": (10, 1)}
    assert {tally.scope for tally in count_tallies(before, after)} == set(delays.list_scopes(after))


def test_every_milestone_but_the_first_and_those_of_one_convention_ends_a_piece() -> None:
    convention = {Milestone.CONVENTION_SENT, *SIGNATURES}
    assert {last for _, last in delays.BETWEEN.values()} == set(Milestone) - {Milestone.TAKEN} - convention
    assert set(delays.BETWEEN) == set(Phase)


def test_a_milestone_taken_back_is_counted_back() -> None:
    before = taken(sent=0, answered=4, met=10)

    assert totals(before, reaching(before, sent=0, answered=4)) == {"meet": (6, -1)}


def test_what_changes_nothing_counts_nothing() -> None:
    before = taken(sent=0, opened=4)

    assert count_tallies(before, replace(before, setback=None)) == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, taken(sent=0, opened=4)),
        (taken(sent=0, opened=4), None),
        (taken(sent=0, opened=4), replace(taken(), reference=None)),
        (replace(taken(), reference=None), taken(sent=0, opened=4)),
        (taken(sent=0, opened=4), replace(taken(), attempt=2, reference="CSF-BBBB-22")),
    ],
    ids=["new", "gone", "ended", "resumed", "next passage"],
)
def test_another_passage_neither_adds_nor_takes_back(before: Parcours | None, after: Parcours | None) -> None:
    assert count_tallies(before, after) == ()


def test_a_milestone_before_the_one_it_follows_measures_nothing() -> None:
    """A milestone that lies before the one it follows is not counted: a history entered afterwards may say that they met before
    anything was sent.
    """
    before = taken(sent=10)

    assert totals(before, reaching(before, sent=10, met=3)) == {}


def test_the_month_is_that_of_the_later_milestone_in_paris() -> None:
    night = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
    before = taken(sent=0)
    after = replace(before, reached={**before.reached, "opened": night})

    assert {tally.month for tally in count_tallies(before, after)} == {"2026-02"}


def test_two_years_are_the_longest_that_is_told_apart() -> None:
    before = taken(sent=0)

    assert totals(before, reaching(before, sent=0, opened=3_000)) == {"open": (730, 1)}


def test_an_edited_record_moves_its_counts_between_the_groups_that_differ() -> None:
    before = taken(sent=0, opened=4)
    after = replace(before, placement=replace(before.placement, academie="Lyon"))

    moved = {
        (tally.scope, tally.phase.value, tally.days, tally.amount) for tally in count_tallies(before, after)
    }
    assert moved == {("academie#Dijon", "open", 4, -1), ("academie#Lyon", "open", 4, 1)}


ORDER = list(Milestone)


@given(
    st.lists(
        st.dictionaries(st.sampled_from([phase.value for phase in ORDER]), st.integers(0, 900)),
        min_size=1,
        max_size=6,
    ),
    st.lists(st.sampled_from(["Dijon", "Lyon", "Lille"]), min_size=6, max_size=6),
)
def test_counts_always_stand_for_the_milestones_that_stand(
    stands: list[dict[str, int]], academies: list[str]
) -> None:
    """However milestones are added, removed and moved between groups, the counts equal what the present milestones give."""
    place = factories.offer().placement
    history = [taken()] + [
        replace(taken(**reached), placement=replace(place, academie=academie))
        for reached, academie in zip(stands, academies, strict=False)
    ]
    counted: dict[tuple[str, str, str, int], int] = {}
    for before, after in pairwise(history):
        for tally in count_tallies(before, after):
            key = (tally.scope, tally.month, tally.phase.value, tally.days)
            counted[key] = counted.get(key, 0) + tally.amount

    wanted = {
        (tally.scope, tally.month, tally.phase.value, tally.days): 1
        for tally in count_tallies(replace(history[-1], reached={}), history[-1])
    }
    assert {key: count for key, count in counted.items() if count} == wanted


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({}, Spread(0, None, None)),
        ({3: 4}, Spread(4, None, None)),
        ({3: 5}, Spread(5, 3.0, 3)),
        ({1: 2, 4: 1, 90: 2}, Spread(5, 4.0, 90)),
        ({1: 3, 4: 3}, Spread(6, 2.5, 4)),
    ],
)
def test_median_and_worst_are_told_from_five_cases_on(counts: dict[int, int], expected: Spread) -> None:
    assert compute_spread(counts) == expected


@pytest.mark.parametrize(
    ("account", "group"),
    [
        (factories.account(Role.TEAM), Group(Grouping.EVERYTHING)),
        (factories.account(Role.TUTOR), Group(Grouping.ACADEMIE, "Dijon")),
        (factories.account(Role.COORDINATOR), Group(Grouping.ACADEMIE, "Dijon")),
        (
            factories.account(Role.BUYER),
            Group(Grouping.ORGANISATION, factories.siren("Ministère des Ouvrages")),
        ),
        (
            factories.account(Role.PRESCRIBER),
            Group(Grouping.ORGANISATION, factories.siren("Ministère des Ouvrages")),
        ),
        (replace(factories.account(Role.TUTOR), academie=None), None),
    ],
)
def test_an_agent_sees_the_delays_of_her_own_group(account: Account, group: Group | None) -> None:
    assert find_group(account) == group


def test_the_period_is_twelve_months_with_the_present_one_in_paris() -> None:
    assert find_period(datetime(2026, 12, 31, 23, 30, tzinfo=UTC)) == ("2026-02", "2027-01")
