"""Delays in phases, as decisions: what a change counts, what may be said of a group, who may look at which."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.timeline import SIGNATURES, Milestone
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Setback
from chalicelib.domain.parcours import delays
from chalicelib.domain.parcours.delays import (
    Fate,
    Group,
    Grouping,
    Phase,
    Spread,
    compute_spread,
    count_tallies,
    list_groups,
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
        tally.phase.value: (tally.counted, tally.amount)
        for tally in count_tallies(before, after)
        if tally.scope == "all" and not isinstance(tally.counted, Fate)
    }


def test_a_milestone_counts_the_pieces_that_it_ends() -> None:
    before = taken(taken=0, announced=30, sent=31, opened=33, answered=40)
    after = reaching(before, taken=0, announced=30, sent=31, opened=33, answered=40, met=50)

    assert totals(before, after) == {"meet": (10, 1), "whole": (19, 1)}
    assert {tally.scope for tally in count_tallies(before, after)} == set(delays.list_scopes(after))


def test_every_milestone_but_the_first_and_those_of_one_convention_ends_a_piece() -> None:
    convention = {Milestone.CONVENTION_SENT, *SIGNATURES}
    assert {last for _, last in delays.BETWEEN.values()} == set(Milestone) - {Milestone.TAKEN} - convention
    assert set(delays.BETWEEN) == set(Phase)


def test_a_milestone_taken_back_is_counted_back() -> None:
    before = taken(sent=0, answered=4, met=10)

    assert totals(before, reaching(before, sent=0, answered=4)) == {"meet": (6, -1), "whole": (10, -1)}


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

    tallies = [tally for tally in count_tallies(before, after) if not isinstance(tally.counted, Fate)]
    assert {tally.month for tally in tallies} == {"2026-02"}


def test_two_years_are_the_longest_that_is_told_apart() -> None:
    before = taken(sent=0)

    assert totals(before, reaching(before, sent=0, opened=3_000)) == {"open": (730, 1)}


def test_an_edited_record_moves_its_counts_between_the_groups_that_differ() -> None:
    before = taken(sent=0, opened=4)
    after = replace(before, placement=replace(before.placement, hours=450))

    moved = {
        (tally.scope, tally.phase.value, tally.counted, tally.amount)
        for tally in count_tallies(before, after)
    }
    still_open = {("hours#300", "send", Fate.OPEN, -1), ("hours#450", "send", Fate.OPEN, 1)}
    assert moved == {("hours#300", "open", 4, -1), ("hours#450", "open", 4, 1)} | still_open


ORDER = list(Milestone)


@given(
    st.lists(
        st.dictionaries(st.sampled_from([phase.value for phase in ORDER]), st.integers(0, 900)),
        min_size=1,
        max_size=6,
    ),
    st.lists(st.sampled_from([150, 300, 450]), min_size=6, max_size=6),
)
def test_counts_always_stand_for_the_milestones_that_stand(
    stands: list[dict[str, int]], hours: list[int]
) -> None:
    """However milestones are added, removed and moved between groups, the counts equal what the present milestones give."""
    place = factories.offer().placement
    history = [taken()] + [
        replace(taken(**reached), placement=replace(place, hours=hour))
        for reached, hour in zip(stands, hours, strict=False)
    ]
    counted: dict[tuple[str, str, str, int | Fate], int] = {}
    for before, after in pairwise(history):
        for tally in count_tallies(before, after):
            key = (tally.scope, tally.month, tally.phase.value, tally.counted)
            counted[key] = counted.get(key, 0) + tally.amount

    wanted = {
        (tally.scope, tally.month, tally.phase.value, tally.counted): 1
        for tally in count_tallies(replace(history[-1], reached={}), history[-1])
    }
    assert {key: count for key, count in counted.items() if count} == wanted


@given(
    st.lists(
        st.tuples(
            st.dictionaries(st.sampled_from([phase.value for phase in ORDER]), st.integers(0, 900)),
            st.sampled_from([None, *Setback]),
            st.booleans(),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_fates_sum_to_the_passages_whose_documents_left(
    stands: list[tuple[dict[str, int], Setback | None, bool]],
) -> None:
    """Whatever a passage goes through, it stands under one fate if its documents left, and under none otherwise."""
    history = [taken()] + [
        replace(taken(**reached), setback=setback, live_deposit="d" if is_live else None)
        for reached, setback, is_live in stands
    ]
    tallies = [
        tally
        for before, after in pairwise(history)
        for tally in count_tallies(before, after)
        if tally.scope == "all" and isinstance(tally.counted, Fate)
    ]

    assert sum(tally.amount for tally in tallies) == (Milestone.SENT in history[-1].reached)
    assert {fate for fate in Fate if sum(tally.amount for tally in tallies if tally.counted is fate)} == {
        fate for fate in (delays.find_fate(history[-1]),) if fate is not None
    }


@pytest.mark.parametrize(
    ("stand", "fate"),
    [
        (taken(taken=0), None),
        (replace(taken(sent=0), live_deposit="d"), Fate.OPEN),
        (replace(taken(sent=0), outside_at=START), Fate.OPEN),
        (taken(sent=0), Fate.UNREAD),
        (taken(sent=0, opened=3), Fate.OPEN),
        (replace(taken(sent=0), setback=Setback.DECLINED), Fate.DECLINED),
        (replace(taken(sent=0, met=4), setback=Setback.MEETING_MISSED), Fate.MET),
    ],
)
def test_the_fate_of_a_sending_follows_from_where_its_passage_stands(
    stand: Parcours, fate: Fate | None
) -> None:
    assert delays.find_fate(stand) is fate


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


def test_the_field_sees_its_own_group_and_the_team_all() -> None:
    dijon, ministry = (
        Group(Grouping.ACADEMIE, "Dijon"),
        Group(Grouping.ORGANISATION, "Ministère des Ouvrages"),
    )

    assert list_groups(factories.account(Role.TEAM)) is None
    assert list_groups(factories.account(Role.TUTOR)) == (dijon,)
    assert list_groups(factories.account(Role.COORDINATOR)) == (dijon,)
    assert list_groups(factories.account(Role.BUYER)) == (ministry,)
    assert list_groups(factories.account(Role.PRESCRIBER)) == (ministry,)
    assert list_groups(replace(factories.account(Role.TUTOR), academie=None)) == ()


def test_an_organisation_is_the_same_however_it_is_typed() -> None:
    assert (
        Group(Grouping.ORGANISATION, "MINISTERE des  Ouvrages").scope == "organisation#ministere des ouvrages"
    )
