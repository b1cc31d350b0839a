"""What is already as she asked is answered as done; what somebody else made otherwise meanwhile is not."""

import re

import pytest

from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.stores import parcours_table
from tests.conftest import Clock
from tests.integration.test_passage_end import ends
from tests.support import factories, http, people, relays
from tests.support.http import Answer, Client
from tests.support.people import Cast
from tests.support.worlds import World


@pytest.fixture
def cast(world: World, time: Clock) -> Cast:
    """One account of each kind."""
    return people.cast()


def withdraws(client: Client, offer: str, reason: str) -> Answer:
    """Send the form that withdraws an offer for this reason."""
    return client.post_form(f"/parcours/{offer}/retrait", {"geste": "retirer", "motif": reason})


def free_offer(world: World, cast: Cast) -> str:
    """An offer that its tutor has given back."""
    taken = relays.takes(world, cast.tutor, factories.offer(buyer=cast.buyer.id))
    assert ends(http.signed_in(cast.tutor), taken, fin="offer_given_back", motif="").status == 303
    return taken.parcours_id


def test_an_offer_that_a_colleague_took_is_taken(world: World, cast: Cast) -> None:
    offer = free_offer(world, cast)
    first, second = http.signed_in(cast.tutor), http.signed_in(cast.colleague)
    assert first.post_form(f"/parcours/{offer}/passage", {}).status == 303

    assert second.post_form(f"/parcours/{offer}/passage", {}).status in {404, 409}
    assert first.post_form(f"/parcours/{offer}/passage", {}).status == 303
    assert parcours_table.read_parcours(offer).tutor == cast.tutor.id


def test_a_passage_that_ended_in_another_way_is_not_ended_as_she_says(world: World, cast: Cast) -> None:
    taken = relays.takes(world, cast.tutor)
    tutor, boss = http.signed_in(cast.tutor), http.signed_in(cast.coordinator)
    assert ends(boss, taken, motif="too_long").status == 303

    assert ends(tutor, taken, motif="other").status == 409
    assert ends(tutor, taken, fin="offer_given_back", motif="").status == 409
    assert ends(tutor, taken, motif="too_long").status == 303, "it is as she says"
    assert ends(http.signed_in(cast.colleague), taken, motif="too_long").status == 409, "it was never hers"
    assert taken.event_kinds().count(EventKind.YOUNG_PERSON_WITHDREW) == 1


def test_an_end_said_again_ends_no_later_passage(world: World, cast: Cast) -> None:
    """A form that ended one passage is sent again after the offer was taken anew: the new passage goes on."""
    taken = relays.takes(world, cast.tutor)
    boss = http.signed_in(cast.coordinator)
    page = boss.get(f"/parcours/{taken.parcours_id}/fin").text
    shown = re.search(r'name="passage" value="(\d+)"', page)
    assert shown is not None
    assert ends(boss, taken, passage=shown[1]).status == 303
    http.signed_in(cast.colleague).post_form(f"/parcours/{taken.parcours_id}/passage", {})

    assert ends(boss, taken, passage=shown[1]).status == 303, "it is as she says"
    assert ends(boss, taken, passage=shown[1], motif="too_long").status == 409
    assert parcours_table.read_parcours(taken.parcours_id).tutor == cast.colleague.id
    assert taken.event_kinds().count(EventKind.YOUNG_PERSON_WITHDREW) == 1


def test_an_offer_that_was_withdrawn_for_another_reason_is_not_withdrawn_for_hers(
    world: World, cast: Cast
) -> None:
    offer = free_offer(world, cast)
    buyer, team = http.signed_in(cast.buyer), http.signed_in(cast.team)
    assert withdraws(buyer, offer, "other").status == 303

    assert withdraws(team, offer, "activity_stopped").status == 409
    assert withdraws(buyer, offer, "other").status == 303
    facts = [event.kind for event in parcours_table.read_page(offer).events]
    assert facts.count(EventKind.PARCOURS_WITHDRAWN) == 1
