"""Whoever opened holds copies: she is told when the company declines, and may say that they are deleted."""

import pytest

from chalicelib import clock
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor, Reason
from chalicelib.domain.parcours.ending import End
from chalicelib.stories import outcomes
from chalicelib.web import recipient
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.integration.test_link_notifications import texts_leaving
from tests.support import relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.passings import COLLEAGUE, adds, answers_question
from tests.support.relays import Browser, Relay
from tests.support.worlds import World


def with_a_second_reader(world: World, *, opens: bool = True) -> tuple[Relay, Browser, str, Browser, str]:
    """Send documents, open them and pass a second link to a colleague, who opens it too unless told otherwise.

    Return the parcours, browser and token of the holder, browser and token of the colleague.
    """
    relay = relays.started(world)
    token = relay.sends()
    holder = answers_question(token)
    holder.opens(token)
    adds(holder, token)
    texts_leaving(relay)
    second = relay.tokens()[-1]
    colleague = answers_question(second, COLLEAGUE)
    if opens:
        colleague.opens(second)
    return relay, holder, token, colleague, second


def test_whoever_else_opened_is_told_of_the_refusal_and_says_that_her_copies_are_deleted(
    world: World, time: Clock
) -> None:
    relay, holder, token, colleague, second = with_a_second_reader(world)

    holder.declines(token, Reason.NO_HOST_AVAILABLE)
    texts = texts_leaving(relay)

    assert (
        "Votre entreprise a refusé" in texts[COLLEAGUE] and "supprimez toutes les copies" in texts[COLLEAGUE]
    )
    assert "Vous avez refusé" in texts[COMPANY_ADDRESS]
    view = recipient.build_answers(colleague.looks(second), clock.utc_now())
    assert (view["attendu"], view["actions"]) == ("refuse_ailleurs", ["copies"])
    colleague.says_copies_deleted(second)
    assert relay.event_kinds()[-1] is EventKind.COPIES_DELETED
    mine = recipient.build_answers(holder.looks(token), clock.utc_now())
    assert mine["refus"] and mine["attendu"] == "refuse"


def test_whoever_never_opened_has_nothing_to_delete(world: World, time: Clock) -> None:
    relay, holder, token, colleague, second = with_a_second_reader(world, opens=False)

    holder.declines(token, Reason.NO_HOST_AVAILABLE)

    assert "copies" not in texts_leaving(relay)[COLLEAGUE]
    view = recipient.build_answers(colleague.looks(second), clock.utc_now())
    assert (view["attendu"], view["actions"]) == ("refuse_ailleurs", [])


def test_whoever_opened_a_sending_that_is_withdrawn_is_asked_at_once_to_delete_her_copies(
    relay: Relay,
) -> None:
    token = relay.sends()
    holder = answers_question(token)
    holder.opens(token)

    sending_changes.revokes(relay, seen_opened=True)

    view = recipient.build_answers(holder.looks(token), clock.utc_now())
    assert view["actions"] == ["copies"]
    holder.says_copies_deleted(token)
    assert relay.event_kinds()[-1] is EventKind.COPIES_DELETED


def test_a_refusal_by_telephone_asks_the_reader_to_delete_her_copies(relay: Relay) -> None:
    token = relay.sends()
    holder = answers_question(token)
    holder.opens(token)
    relay.notes(
        EventKind.COMPANY_DECLINED, reason=Reason.NO_HOST_AVAILABLE, contact=Interlocutor.ANSWERS_TENDER
    )

    view = recipient.build_answers(holder.looks(token), clock.utc_now())
    assert (view["attendu"], view["actions"]) == ("refuse_ailleurs", ["copies"])


def test_a_refusal_that_is_undone_thanks_nobody_for_deleting_copies_and_another_asks_again(
    relay: Relay,
) -> None:
    token = relay.sends()
    holder = answers_question(token)
    holder.opens(token)
    holder.declines(token)
    holder.says_copies_deleted(token)
    assert recipient.build_answers(holder.looks(token), clock.utc_now())["copies"] is not None

    holder.withdraws_refusal(token)

    assert recipient.build_answers(holder.looks(token), clock.utc_now())["copies"] is None
    holder.declines(token)
    assert "copies" in recipient.build_answers(holder.looks(token), clock.utc_now())["actions"]


@pytest.mark.parametrize("then", ["declines", "ends"])
def test_who_never_opened_is_asked_neither_by_page_nor_by_mail_to_delete_copies(
    relay: Relay, then: str
) -> None:
    token = relay.sends()
    holder = answers_question(token)
    if then == "declines":
        holder.declines(token)
    else:
        end = End(kind=EventKind.YOUNG_PERSON_WITHDREW, reason=Reason.OTHER, occurred_at=clock.utc_now())
        outcomes.finish_passage(relay.tutor, relay.parcours_id, end, now=clock.utc_now())

    text = texts_leaving(relay)[COMPANY_ADDRESS]
    assert "copies" not in text
    answers = recipient.build_answers(holder.looks(token), clock.utc_now())
    assert "copies" not in answers["actions"]
