"""Passages that began before the tool, entered afterwards: on an offer whose contract is over too, and nobody is told of them."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from chalicelib import french
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.values import ParcoursStatus, Role
from chalicelib.stores import parcours_table
from chalicelib.stories import outcomes
from tests.conftest import Clock
from tests.integration.test_outcomes import in_days
from tests.support import factories, mail_rules
from tests.support.http import Answer, Client
from tests.support.offers import list_lapsing_due, sign_in_new
from tests.support.people import send_waiting_mails
from tests.support.worlds import World
from tests.support.writing import add_records, change_record

NOTIFIED, OVER = date(2024, 2, 1), date(2025, 12, 31)
BEGAN, MET, ENDED = "2024-05-01", "2024-06-01", "2024-06-20"
TUTOR = factories.account()
BUYER = factories.account(Role.BUYER)


def offered(*, over: bool = True) -> str:
    """Add an offer notified long ago; `over`: its contract has ended."""
    offer = factories.offer(buyer=BUYER.id)
    ends_on = OVER if over else offer.contract.ends_on
    contract = replace(offer.contract, notified_on=NOTIFIED, ends_on=ends_on)
    add_records(TUTOR, BUYER, replace(offer, contract=contract))
    return offer.id


def a_minute_passes(identifier: str, time: Clock) -> ParcoursStatus:
    """Let the minute function do what is due on this offer; return its status then."""
    if identifier in list_lapsing_due(time.now):
        outcomes.let_lapse(identifier, now=time.now)
    return parcours_table.read_parcours(identifier).status


def gives(client: Client, identifier: str, since: str = "", who: str = TUTOR.id) -> Answer:
    """Send the form that gives the offer to a tutor, since a day in the past if one is named."""
    body = {"qui": who, "coordination": "", "depuis": since}
    return client.post_form(f"/parcours/{identifier}/tutrice", body)


def notes(client: Client, identifier: str, fait: str, **more: str) -> Answer:
    """Send the form that notes an outcome (``fait``) in the history."""
    fields = ("motif", "contact", "survenu_le", "prevu_le", "prevu_a")
    body = dict.fromkeys(fields, "") | {
        "suite": "histoire",
        "cle": factories.decision_inputs().draw_id(),
        "fait": fait,
    }
    return client.post_form(f"/parcours/{identifier}/faits", body | more)


def ends(client: Client, identifier: str, day: str = ENDED) -> Answer:
    """Send the form that ends the passage on this day."""
    body = {"fin": "young_person_withdrew", "motif": "other", "survenu_le": day, "jours": ""}
    return client.post_form(f"/parcours/{identifier}/fin", body | {"suite": "histoire"})


def takes_back(client: Client, identifier: str) -> Answer:
    """Send the form that corrects the end of the passage."""
    end = next(
        event
        for event in reversed(parcours_table.read_page(identifier).events)
        if event.kind is EventKind.YOUNG_PERSON_WITHDREW
    )
    return client.post_form(f"/parcours/{identifier}/faits/{end.id}/correction", {"suite": ""})


def test_the_whole_history_of_an_offer_whose_contract_is_over_is_entered(world: World, time: Clock) -> None:
    identifier, (_, team) = offered(), sign_in_new(Role.TEAM)
    assert a_minute_passes(identifier, time) is ParcoursStatus.LAPSED
    for page in (f"/parcours/{identifier}", f"/parcours/{identifier}/histoire"):
        assert f'href="/parcours/{identifier}/tutrice"' in team.get(page).text

    assert gives(team, identifier, BEGAN).headers["location"].endswith("?fait=designe")
    assert notes(team, identifier, "meeting_held", survenu_le=MET).status == 303
    assert a_minute_passes(identifier, time) is ParcoursStatus.IN_PREPARATION
    assert ends(team, identifier).status == 303

    assert parcours_table.read_parcours(identifier).status is ParcoursStatus.AVAILABLE
    assert a_minute_passes(identifier, time) is ParcoursStatus.LAPSED
    assert gives(team, identifier, MET).status == 303, "a second passage"
    assert parcours_table.read_parcours(identifier).attempt == 2


@pytest.mark.parametrize("since", ["", "today"])
def test_once_the_contract_is_over_a_passage_needs_the_day_on_which_it_began(
    world: World, time: Clock, since: str
) -> None:
    identifier, (_, team) = offered(), sign_in_new(Role.TEAM)
    a_minute_passes(identifier, time)
    assert "Seul un parcours commencé avant aujourd’hui" in team.get(f"/parcours/{identifier}/tutrice").words
    before = world.everything()

    answer = gives(team, identifier, in_days(0) if since else "")

    assert answer.status == 422 and 'id="depuis-erreur"' in answer.text
    assert "Ce marché est terminé : donnez le jour" in answer.words
    assert f'value="{TUTOR.id}" selected' in answer.text, "what was chosen stays"
    assert world.everything() == before


def test_whoever_may_not_assign_is_told_whom_to_ask(world: World, time: Clock) -> None:
    identifier = offered()
    a_minute_passes(identifier, time)
    _, prescriber = sign_in_new(Role.PRESCRIBER)

    page = prescriber.get(f"/parcours/{identifier}/histoire")

    assert "demandez à la coordination ou à l’équipe" in page.words and "/tutrice" not in page.text
    assert gives(prescriber, identifier, BEGAN).status == 403


@pytest.mark.parametrize("status", [ParcoursStatus.WITHDRAWN, ParcoursStatus.COMPLETED])
@pytest.mark.parametrize("attempt", [None, 1])
def test_nobody_is_assigned_once_all_is_over_and_the_page_says_so(
    world: World, time: Clock, status: ParcoursStatus, attempt: int | None
) -> None:
    identifier, (_, team) = offered(over=False), sign_in_new(Role.TEAM)
    if attempt:
        gives(team, identifier, BEGAN)
        ends(team, identifier)
    head = parcours_table.read_parcours(identifier)
    change_record(head, replace(head, status=status))

    answer = gives(team, identifier, BEGAN)

    assert answer.status == 409 and "pas possible à cette étape" in answer.words


def test_a_history_does_not_begin_before_its_contract(world: World, time: Clock) -> None:
    identifier, (_, team) = offered(over=False), sign_in_new(Role.TEAM)

    refused = gives(team, identifier, str(NOTIFIED - timedelta(days=1)))

    assert refused.status == 422 and "avant la notification du marché" in refused.words
    assert gives(team, identifier, str(NOTIFIED)).status == 303


def test_a_passage_ends_after_its_contract_and_its_beginning(world: World, time: Clock) -> None:
    identifier, (_, team) = offered(over=False), sign_in_new(Role.TEAM)
    gives(team, identifier, BEGAN)
    for day, said in (
        ("2024-01-31", "avant la notification du marché"),
        ("2024-04-30", "avant le début du parcours"),
    ):
        refused = ends(team, identifier, day)

        assert refused.status == 422 and said in refused.words and f'value="{day}"' in refused.text
    assert ends(team, identifier, BEGAN).status == 303


@pytest.mark.parametrize("day", [ENDED, "today"])
def test_the_end_of_a_history_whose_beginning_nobody_heard_is_told_to_nobody(
    world: World, time: Clock, day: str
) -> None:
    identifier, (_, team) = offered(over=False), sign_in_new(Role.TEAM)
    gives(team, identifier, BEGAN)
    assert "Personne ne reçoit de message." in team.get(f"/parcours/{identifier}/fin").words

    assert ends(team, identifier, in_days(0) if day == "today" else day).status == 303

    assert send_waiting_mails(world) == []


def test_a_history_that_changes_hands_is_told_to_tutors_alone(world: World, time: Clock) -> None:
    identifier, (_, team) = offered(over=False), sign_in_new(Role.TEAM)
    successor = factories.account(name="Samuel Aubry")
    add_records(successor)
    gives(team, identifier, BEGAN)
    page = team.get(f"/parcours/{identifier}/tutrice").words
    assert "Un message part à la personne choisie, et un autre à celle qui suivait le jeune." in page

    gives(team, identifier, who=successor.id)

    time.passes(hours=1)
    send_waiting_mails(world)
    assert {mail["To"] for mail in world.mails()} == {TUTOR.address, successor.address}


def test_a_day_of_another_year_is_shown_with_its_year(world: World, time: Clock) -> None:
    identifier, (_, team) = offered(over=False), sign_in_new(Role.TEAM)
    gives(team, identifier, BEGAN)
    notes(team, identifier, "call_noted.reached", contact="answers_tender", survenu_le=MET)

    pages = {
        "sheet": team.get(f"/parcours/{identifier}").words,
        "history": team.get(f"/parcours/{identifier}/histoire").words,
    }

    assert re.search(r"En retard depuis le \w+ \d+ \w+ 2024\b", pages["sheet"])
    today = " ".join(french.jour(time.now).split())
    for page in pages.values():
        assert re.search(rf"survenu le samedi 1er juin 2024, noté le {today}(?! 20)", page)
    assert "samedi 1er juin 2024" in pages["history"].split("Ce qui s’est passé")[1].split("survenu")[0]


def test_what_ends_today_is_told_and_says_nothing_of_documents_that_never_were(
    world: World, time: Clock
) -> None:
    identifier, (_, team) = offered(over=False), sign_in_new(Role.TEAM)
    gives(team, identifier)
    send_waiting_mails(world)

    ends(team, identifier, in_days(0))

    sent = send_waiting_mails(world)[-1]
    assert BUYER.address in sent and "offre de nouveau libre" in sent
    body = world.mails()[-1].as_string()
    assert "15 minutes" not in body and "Aucun document" in body


def test_no_offer_is_said_to_be_free_once_its_contract_is_over(world: World, time: Clock) -> None:
    identifier, (_, team) = offered(over=False), sign_in_new(Role.TEAM)
    gives(team, identifier)
    send_waiting_mails(world)
    head = parcours_table.read_parcours(identifier)
    change_record(head, replace(head, contract=replace(head.contract, ends_on=OVER)))
    assert "Le marché est terminé" in team.get(f"/parcours/{identifier}/fin").words

    ends(team, identifier, in_days(0))

    sent = send_waiting_mails(world)[-1]
    assert "Parcours terminé" in sent and "libre" not in sent
    assert "plus proposée" in mail_rules.read_body(world.mails()[-1], "plain")


def test_an_end_is_taken_back_after_the_contract_ended_too(world: World, time: Clock) -> None:
    identifier, (_, team) = offered(), sign_in_new(Role.TEAM)
    gives(team, identifier, BEGAN)
    ends(team, identifier)
    assert a_minute_passes(identifier, time) is ParcoursStatus.LAPSED
    assert "/correction" in team.get(f"/parcours/{identifier}").text

    assert takes_back(team, identifier).status == 303

    head = parcours_table.read_parcours(identifier)
    assert (head.status, head.tutor) == (ParcoursStatus.IN_PREPARATION, TUTOR.id)
    assert a_minute_passes(identifier, time) is ParcoursStatus.IN_PREPARATION
