"""Importing over offers that live: other decisions than the rehearsed ones, and offers whose delays are counted."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.domain.kernel.timeline import Milestone
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.parcours import delays
from chalicelib.domain.parcours.delays import Phase
from chalicelib.stores import aws, parcours_table, transactions
from tests.conftest import Clock
from tests.integration.test_importing import TEN, add_account, list_heads, page_words
from tests.support import csv_samples, factories, http
from tests.support.csv_samples import confirmed, form, report_form
from tests.support.http import Client
from tests.support.worlds import World
from tests.support.writing import add_records, change_record

OTHER_HOURS = csv_samples.text(csv_samples.rows(10, {line: {"Heures": "600"} for line in range(2, 12)}))


@pytest.fixture
def team(world: World) -> Client:
    """The browser of an agent of the team."""
    return http.signed_in(add_account(factories.account(Role.TEAM)))


def changes_hours(identifier: str, hours: int) -> None:
    """A colleague changes the hours of the offer."""
    head = parcours_table.read_parcours(identifier)
    after = replace(head, placement=replace(head.placement, hours=hours), edited=head.edited + 1)
    change_record(head, after)


def goes_all_the_way(identifier: str, days: int, time: Clock) -> None:
    """Pass every milestone of the parcours, so many days apart, within one month."""
    head = parcours_table.read_parcours(identifier)
    begun = replace(head, reference=f"CSF-{identifier[:4]}-00", attempt=1)
    change_record(head, begun)
    first = time.now.replace(day=2)
    reached = {
        milestone.value: first + timedelta(days=place * days) for place, milestone in enumerate(Milestone)
    }
    head = parcours_table.read_parcours(identifier)
    change_record(head, replace(head, reached=reached))


def test_an_import_that_differs_from_its_rehearsal_writes_nothing(
    world: World, time: Clock, team: Client
) -> None:
    team.post_form("/import", confirmed(TEN))
    rehearsed = report_form(team.post_form("/import", form(OTHER_HOURS)))
    identifier = list_heads(world)[3]["id"]
    changes_hours(identifier, hours=700)
    everything_before = world.everything()

    answer = team.post_form("/import", rehearsed)

    assert answer.status == 409
    assert "Des offres ont changé depuis l’essai" in page_words(answer)
    assert "heures : 700 → 600" in page_words(answer)
    assert world.everything() == everything_before
    done = team.post_form("/import", report_form(answer))
    assert done.status == 200 and "10 mises à jour" in page_words(done)
    assert parcours_table.read_parcours(identifier).placement.hours == 600


def test_an_import_that_somebody_crosses_says_what_is_written_already(
    world: World, time: Clock, team: Client
) -> None:
    team.post_form("/import", confirmed(TEN))
    rehearsed = report_form(team.post_form("/import", form(OTHER_HOURS)))
    last_offer = max(list_heads(world), key=lambda head: int(head["company"]["name"].rpartition(" ")[2]))[
        "id"
    ]
    events = aws.dynamodb().meta.events

    def cross(**_: object) -> None:
        events.unregister("after-call.dynamodb.TransactWriteItems", cross)
        changes_hours(last_offer, hours=700)

    events.register("after-call.dynamodb.TransactWriteItems", cross)
    answer = team.post_form("/import", rehearsed)

    assert answer.status == 409
    assert "L’import n’est pas fini" in page_words(answer)
    assert "9 lignes sont déjà reprises, et le restent." in page_words(answer)
    done = team.post_form("/import", report_form(answer))
    assert "10 mises à jour, 0 sans changement" in page_words(done)


def test_an_import_without_a_rehearsal_is_rehearsed(world: World, team: Client) -> None:
    for essai in ("", "00000000 " * 10, "x"):
        answer = team.post_form("/import", confirmed(TEN, essai=essai))

        assert answer.status == 409 and "10 offres à créer" in page_words(answer)
    assert list_heads(world) == []


def test_offers_whose_delays_are_counted_move_to_another_group_together(
    world: World, time: Clock, team: Client
) -> None:
    """Each takes two counts per phase, of the group that it leaves and of the one where it comes."""
    team.post_form("/import", confirmed(TEN))
    for place, head in enumerate(list_heads(world)):
        goes_all_the_way(head["id"], 1 + place % 3, time)
    whole = {
        phase: dict(days)
        for phase, days in parcours_table.read_delay_counts("all", "2000-01", "9999-12").items()
    }
    moved = csv_samples.text(
        csv_samples.rows(
            10,
            {
                line: {"Heures": "600", "Domaine": "Transport", "Département": "21", "Académie": "Dijon"}
                for line in range(2, 12)
            },
        )
    )

    answer = team.post_form("/import", report_form(team.post_form("/import", form(moved))))

    assert answer.status == 200, page_words(answer)
    for scope in ("all", "academie#Dijon"):
        counts = parcours_table.read_delay_counts(scope, "2000-01", "9999-12")
        assert {phase: dict(days) for phase, days in counts.items()} == whole, scope
    assert sum(whole[Phase.MEET].values()) == 10


def test_a_milestone_moved_within_its_month_is_counted_where_it_is_now(world: World, time: Clock) -> None:
    """One write takes the milestone from its former count and adds it to the new one."""
    head = factories.offer()
    add_records(head)
    goes_all_the_way(head.id, 1, time)
    stored_head = parcours_table.read_parcours(head.id)
    later = stored_head.reached | {
        Milestone.SIGNED: stored_head.reached[Milestone.SIGNED] + timedelta(days=2)
    }

    step = Transition(changes=(Change(stored_head, replace(stored_head, reached=later)),))
    transactions.commit(step)

    assert dict(parcours_table.read_delay_counts("all", "2000-01", "9999-12")[Phase.SIGN]) == {5 + 2: 1}
    assert len(delays.count_tallies(stored_head, step.changes[0].after)) == 6  # type: ignore[arg-type]
