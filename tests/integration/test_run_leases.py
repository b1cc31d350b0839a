"""Two people in two RUNs: a lease keeps a parcours for one of them, lapses, and never hides what was noted."""

import secrets
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import pytest

from chalicelib import clock
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.lists import Sort
from chalicelib.domain.running import Offered, Run
from chalicelib.errors import ChangedMeanwhile, LeaseLost
from chalicelib.stores import items, parcours_table
from chalicelib.stories import lists, running
from chalicelib.web import outcomes
from chalicelib.web.kit.forms import draw_idempotency_key
from tests.conftest import Clock
from tests.integration.test_outcomes import notes
from tests.integration.test_run import begin_run, current_parcours, go_on, team, three_parcours
from tests.support import factories, http, people, relays
from tests.support.relays import Relay
from tests.support.worlds import World


@pytest.fixture
def three(world: World, time: Clock) -> list[Relay]:
    """Three parcours, oldest notification first."""
    return three_parcours(world)


def note_call(person: Account, run: Run) -> None:
    """Note a call on the parcours that this RUN shows."""
    asked = dict.fromkeys(("motif", "survenu_le", "prevu_le", "prevu_a"), "")
    now = clock.utc_now()
    outcome = outcomes.parse_outcome(asked | {"fait": "clause_explained", "contact": "buyer"}, now)
    running.note(person, run.id, str(run.current), replace(outcome, key=secrets.token_hex(16)), now=now)


def test_two_people_treat_different_parcours_and_each_once(three: list[Relay], world: World) -> None:
    first, other = (http.signed_in(team(world)) for _ in range(2))
    runs = {begin_run(first): first, begin_run(other): other}
    treated: list[str] = []
    places = dict.fromkeys(runs, "")

    while len(places) > 0:
        for run in list(places):
            page = runs[run].get(run)
            if page.status == 303:
                del places[run]
                continue
            shown = current_parcours(page)
            treated.append(shown)
            (relay,) = (relay for relay in three if relay.parcours_id == shown)
            notes(runs[run], relay, "call_noted.no_answer", contact="welcomes", run=run)
            if go_on(runs[run], run, shown).endswith("resume"):
                del places[run]

    assert sorted(treated) == sorted(relay.parcours_id for relay in three)


def test_a_parcours_that_somebody_leaves_untreated_comes_back_to_the_other(
    three: list[Relay], world: World, time: Clock
) -> None:
    agent, other = (http.signed_in(team(world)) for _ in range(2))
    first, second = begin_run(agent), begin_run(other)
    assert current_parcours(other.get(second)) == three[1].parcours_id
    agent.post_form(f"{first}/fin", {})

    go_on(other, second, three[1].parcours_id)
    assert current_parcours(other.get(second)) == three[2].parcours_id
    go_on(other, second, three[2].parcours_id)

    assert current_parcours(other.get(second)) == three[0].parcours_id


def test_a_lease_lapses_and_whoever_comes_back_is_told_yet_nothing_she_noted_is_lost(
    three: list[Relay], world: World, time: Clock
) -> None:
    agent, other = (http.signed_in(team(world)) for _ in range(2))
    first = begin_run(agent)
    time.passes(minutes=21)
    second = begin_run(other)
    assert current_parcours(other.get(second)) == three[0].parcours_id

    answer = notes(agent, three[0], "call_noted.reached", contact="welcomes", run=first)

    assert answer.headers["location"] == first
    assert three[0].event_kinds()[-1] is EventKind.CALL_NOTED
    page = agent.get(first)
    assert "Quelqu’un d’autre traite ce parcours" in page.words
    assert "Ce que vous avez noté est gardé" in page.words
    assert 'name="fait"' not in page.text
    go_on(agent, first, three[0].parcours_id)
    assert current_parcours(agent.get(first)) == three[1].parcours_id


def test_what_somebody_only_looked_at_is_still_to_be_treated_by_the_other(
    three: list[Relay], world: World, time: Clock
) -> None:
    agent, other = (http.signed_in(team(world)) for _ in range(2))
    first, second = begin_run(agent), begin_run(other)
    go_on(agent, first, three[0].parcours_id)
    go_on(other, second, three[1].parcours_id)

    assert current_parcours(other.get(second)) == three[0].parcours_id


def test_each_act_keeps_the_parcours_longer(three: list[Relay], world: World, time: Clock) -> None:
    agent, other = (http.signed_in(team(world)) for _ in range(2))
    first = begin_run(agent)
    for _ in range(3):
        time.passes(minutes=15)
        notes(agent, three[0], "call_noted.no_answer", contact="welcomes", run=first)

    assert current_parcours(other.get(begin_run(other))) == three[1].parcours_id


def test_two_who_reach_for_the_same_parcours_at_once_never_both_get_it(
    cloud_world: World,
) -> None:
    """Runs on the local cloud, whose tables check conditions correctly under threads."""
    first = relays.started(cloud_world)
    everything = [first, *(relays.takes(cloud_world, first.tutor) for _ in range(7))]
    ids = tuple(relay.parcours_id for relay in everything)
    people = [team(cloud_world) for _ in range(3)]
    treated: list[str] = []

    def walks(person: Account) -> None:
        run = running.start(person, draw_idempotency_key(), Offered(ids), now=clock.utc_now())
        while run.current is not None:
            treated.append(run.current)
            note_call(person, run)
            run = running.go_on(person, run.id, run.current, now=clock.utc_now())

    with ThreadPoolExecutor(len(people)) as pool:
        list(pool.map(walks, people))  # which raises what any of them met

    assert Counter(treated) == Counter(ids)


def test_noting_after_a_lost_lease_is_refused(three: list[Relay], world: World, time: Clock) -> None:
    agent, other = team(world), team(world)
    first = running.start(
        agent, draw_idempotency_key(), Offered((three[0].parcours_id,)), now=clock.utc_now()
    )
    time.passes(minutes=21)
    running.start(other, draw_idempotency_key(), Offered((three[0].parcours_id,)), now=clock.utc_now())

    with pytest.raises(LeaseLost):
        note_call(agent, first)

    assert parcours_table.read_page(three[0].parcours_id).events[-1].kind is EventKind.CLAUSE_EXPLAINED


def list_held(world: World, account: Account) -> list[str]:
    """The ids of the parcours that this account keeps from other RUNs now."""
    kept = (item for item in world.table(items.RELAY) if str(item["pk"]).startswith("lease#"))
    now = clock.iso(clock.utc_now())
    return [
        str(item["parcours"]).partition("#")[0]
        for item in kept
        if item["account"] == account.id and item["until"] > now
    ]


def open_run(person: Account, three: list[Relay], *, at: int = 0) -> Run:
    """Open a RUN over three parcours, beginning with this one."""
    ids = tuple(relay.parcours_id for relay in three)
    return running.start(person, draw_idempotency_key(), Offered(ids[at:] + ids[:at]), now=clock.utc_now())


def test_a_second_run_of_an_account_gives_back_what_the_first_one_held(
    three: list[Relay], world: World
) -> None:
    first, other = team(world), team(world)

    for at in range(3):
        assert open_run(first, three, at=at).current == three[at].parcours_id
        assert list_held(world, first) == [three[at].parcours_id]

    assert open_run(other, three).current == three[0].parcours_id


def test_continuing_a_first_run_after_a_second_holds_only_one_parcours(
    three: list[Relay], world: World
) -> None:
    agent = team(world)
    first = open_run(agent, three)
    open_run(agent, three, at=1)

    note_call(agent, first)
    running.renew(agent, first.id, str(first.current), now=clock.utc_now())
    assert list_held(world, agent) == [three[1].parcours_id]
    moved = running.go_on(agent, first.id, str(first.current), now=clock.utc_now())

    assert list_held(world, agent) == [moved.current]


def test_a_buyer_keeps_the_team_from_no_parcours(three: list[Relay], world: World) -> None:
    """The RUN of a buyer keeps no parcours from the RUN of the team, not even one treated today."""
    buyer = factories.account(Role.BUYER)
    people.stand(buyer)
    lines = [lists.build_line(team(world), relay.head(), now=clock.utc_now()) for relay in three]
    for at in range(3):
        run = open_run(buyer, three, at=at)
        note_call(buyer, run)
    running.go_on(buyer, run.id, str(run.current), now=clock.utc_now())
    hers = running.choose_offered(buyer, lines, Sort.NOTIFIED, now=clock.utc_now())
    agent = team(world)

    offered = running.choose_offered(agent, lines, Sort.NOTIFIED, now=clock.utc_now())

    assert len(hers.parcours) == 2 and len(offered.parcours) == 3
    for at in range(3):
        assert open_run(agent, three, at=at).current == three[at].parcours_id


def test_of_eight_runs_at_once_one_parcours_is_held(cloud_world: World) -> None:
    """Runs on the local cloud, whose tables check conditions correctly under threads."""
    first = relays.started(cloud_world)
    everything = [first, *(relays.takes(cloud_world, first.tutor) for _ in range(7))]
    person = team(cloud_world)

    def begins_at(at: int) -> None:
        with suppress(ChangedMeanwhile):
            open_run(person, everything, at=at)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(begins_at, range(8)))

    assert len(list_held(cloud_world, person)) == 1
