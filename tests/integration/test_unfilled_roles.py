"""No turn is given to a role that nobody fills: it is the team's, and pages, lists and mails say so."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import clock
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.parcours import Absence, BuyerContact, Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Step
from chalicelib.domain.parcours import turns
from chalicelib.domain.parcours.turns import State
from chalicelib.stores import aws, items, parcours_table, rows
from chalicelib.stories import parcours as parcours_stories
from chalicelib.stories.accounts import managing
from tests.conftest import Clock
from tests.support import factories, http, people, writing
from tests.support.people import Cast, page_text
from tests.support.waiting import paris
from tests.support.worlds import World
from tests.unit.test_frozen import ITEMS


@pytest.fixture
def cast(world: World, time: Clock) -> Cast:
    """One account of each kind, on a day after weeks of school."""
    time.now = paris("2026-11-30 09:00")
    return people.cast()


def put(step: Step, tutor: Account, *, days_ago: int, buyer: bool = False) -> Parcours:
    """Store a parcours of this tutor that has been at this step for so many days."""
    since = clock.utc_now() - timedelta(days=days_ago)
    offer = factories.offer(status=ParcoursStatus.IN_PREPARATION)
    parcours = replace(
        offer,
        step=step,
        since=since,
        tutor=tutor.id,
        tutor_academie=tutor.academie,
        attempt=1,
        buyer_contact=BuyerContact(name="Odile Ramain", address="o.ramain@ouvrages.example")
        if buyer
        else None,
    )
    writing.add_records(parcours)
    return parcours


def close(account: Account) -> None:
    """Close an account."""
    stored = people.read_account(account)
    writing.change_record(stored, replace(stored, closed_at=clock.utc_now()))


def find_turn(agent: Account, parcours: Parcours) -> tuple[Role | None, State, bool]:
    """Return whose turn the page says it is, what is awaited, and whether it is this agent's."""
    sheet = parcours_stories.read_sheet(agent, parcours.id, now=clock.utc_now())
    assert sheet.turn is not None
    return sheet.turn.role, sheet.turn.state, sheet.yours


def test_a_late_tutors_turn_is_the_teams_once_the_last_coordinator_has_left(cast: Cast) -> None:
    late = put(Step.SLOTS_PROPOSED, cast.tutor, days_ago=20)
    team = http.signed_in(cast.team)
    assert find_turn(cast.coordinator, late) == (Role.COORDINATOR, State.TO_CHOOSE, True)

    close(cast.coordinator)

    assert find_turn(cast.team, late) == (Role.TEAM, State.TO_CHOOSE, True)
    page = page_text(team.get(f"/parcours/{late.id}"))
    assert "À vous : voyez qui peut s’en charger, l’académie n’a pas de coordination" in page
    assert "Confier à une autre personne" in page
    listed = page_text(team.get("/parcours?tour=equipe"))
    assert late.company.name in listed and "Voyez qui peut s’en charger" in listed
    assert late.company.name not in page_text(team.get("/parcours?tour=coordination"))
    tutors = page_text(http.signed_in(cast.tutor).get(f"/parcours/{late.id}"))
    assert "À l’équipe : voir qui peut s’en charger, l’académie n’a pas de coordination" in tutors

    writing.add_records(factories.account(Role.COORDINATOR))
    assert find_turn(cast.team, late) == (Role.COORDINATOR, State.TO_CHOOSE, False), (
        "somebody coordinates again"
    )


def test_a_coordinator_of_the_internships_own_academie_has_the_turn_too(cast: Cast) -> None:
    late = put(Step.SLOTS_PROPOSED, replace(cast.tutor, academie="Lyon"), days_ago=20)

    assert find_turn(cast.coordinator, late) == (Role.COORDINATOR, State.TO_CHOOSE, True)


def test_nobody_of_an_academie_without_coordination_stands_in_for_an_absent_tutor_but_the_team(
    cast: Cast,
) -> None:
    to_send, today = put(Step.DOCUMENTS_TO_SEND, cast.tutor, days_ago=1), day_of(clock.utc_now())
    close(cast.coordinator)
    away = Absence(first=today, last=today + timedelta(days=2))

    managing.announce_absence(cast.tutor, cast.tutor.id, away, now=clock.utc_now())

    assert find_turn(cast.team, to_send)[::2] == (Role.TEAM, True)


@pytest.mark.parametrize(
    "accounts, contact, role",
    [
        pytest.param(True, True, Role.BUYER, id="an account and a contact"),
        pytest.param(True, False, Role.BUYER, id="an account of the organisation"),
        pytest.param(False, True, Role.BUYER, id="a contact without account"),
        pytest.param(False, False, Role.TEAM, id="nobody"),
    ],
)
def test_a_silent_companys_turn_is_the_buyers_only_if_there_is_one(
    cast: Cast, accounts: bool, contact: bool, role: Role
) -> None:
    silent = put(Step.RECEIVED, cast.tutor, days_ago=17, buyer=contact)
    if not accounts:
        close(cast.buyer)

    assert find_turn(cast.team, silent) == (role, State.COMPANY_SILENT, role is Role.TEAM)


def test_page_and_mail_agree_on_who_coordinates_where_only_the_internships_academie_has_somebody(
    cast: Cast, world: World
) -> None:
    tutor = factories.account(academie="Lyon")
    writing.add_records(tutor)
    put(Step.DOCUMENTS_TO_SEND, tutor, days_ago=1)
    today = day_of(clock.utc_now())

    cover = managing.read_cover(tutor, None, now=clock.utc_now())
    managing.announce_absence(
        tutor, tutor.id, Absence(first=today, last=today + timedelta(days=2)), now=clock.utc_now()
    )
    people.send_waiting_mails(world)

    assert (cover.stand_ins, cover.with_team) == ((cast.coordinator.name,), False)
    assert cast.coordinator.address in {mail["To"] for mail in world.mails()}


def test_the_team_follows_a_passage_where_nobody_coordinates(cast: Cast) -> None:
    parcours = put(Step.DOCUMENTS_TO_SEND, cast.tutor, days_ago=1)
    close(cast.coordinator)

    assert {account.id for account in managing.list_following(parcours)} == {cast.tutor.id, cast.team.id}


def test_an_account_that_an_earlier_version_stored_fills_its_role(world: World) -> None:
    buyer = next(item for _, item in ITEMS if item["pk"] == "people#all" and "buyer" in item["roles"])
    aws.dynamodb().put_item(TableName=world.environment[items.PARCOURS], Item=items.encode_item(buyer))

    assert parcours_table.Roster().list_buyers(rows.read_account_line(buyer)) == [buyer["account"]]


def test_a_list_row_of_an_earlier_version_keeps_its_turn_until_it_is_written_again(cast: Cast) -> None:
    silent = put(Step.RECEIVED, replace(cast.tutor, academie="Lyon"), days_ago=17, buyer=True)
    (row, *_) = [row for row in rows.build_rows(silent) if row["pk"].startswith("view#")]
    written = rows.read_line(row)
    earlier = rows.read_line({name: row[name] for name in row.keys() - {"names_buyer", "tutor_academie"}})
    close(cast.buyer)

    for line in (written, earlier):
        turn = turns.read_turn(line.breakpoints, clock.utc_now())
        assert turns.pass_to_somebody(turn, line, parcours_table.Roster()) == turn
