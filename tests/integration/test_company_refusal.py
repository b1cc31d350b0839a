"""While a company's refusal stands: what is on its way ends, what the relay does moves nothing, and people go on from it."""

from datetime import timedelta

import pytest

from chalicelib import clock
from chalicelib.domain.kernel.deposit import DepositState
from chalicelib.domain.kernel.parcours import BuyerContact
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor, Reason
from chalicelib.domain.kernel.values import Setback, Step
from chalicelib.errors import DeadLink
from chalicelib.stories import outcomes
from chalicelib.stories.documents import opening
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.integration.test_link_notifications import texts_leaving
from tests.support import factories, relays
from tests.support.passings import answers_question
from tests.support.relays import Browser, Relay
from tests.support.worlds import World

DAY = timedelta(hours=24)
BUYER = "o.ramain@ouvrages.example"


def is_noted_as_declined(relay: Relay) -> str:
    """Note, as the tutor, that the company declined on the telephone; return the event's id."""
    return relay.notes(EventKind.COMPANY_DECLINED, contact=Interlocutor.WELCOMES, reason=Reason.OTHER)


def received(relay: Relay) -> tuple[Browser, str]:
    """A first sending that its recipient could read and whose page still works."""
    token = relay.sends()
    holder = answers_question(token)
    holder.opens(token)
    holder.confirms(token)
    return holder, token


def test_who_holds_a_link_is_told_that_a_refusal_by_telephone_closes_it_and_that_it_was_taken_back(
    relay: Relay,
) -> None:
    relay.sends()
    noted = is_noted_as_declined(relay)

    told = texts_leaving(relay)[factories.COMPANY_ADDRESS]
    assert "Votre lien n’ouvre plus les documents" in told
    assert "copies" not in told

    outcomes.correct(relay.tutor, relay.parcours_id, noted, now=clock.utc_now())

    assert "votre refus est annulé" in texts_leaving(relay)[factories.COMPANY_ADDRESS]


def test_a_refusal_that_is_corrected_before_its_mail_leaves_is_told_nobody(relay: Relay) -> None:
    relay.sends()
    outcomes.correct(relay.tutor, relay.parcours_id, is_noted_as_declined(relay), now=clock.utc_now())

    assert "a refusé" not in texts_leaving(relay).get(factories.COMPANY_ADDRESS, "")


@pytest.mark.parametrize("arrived", [False, True])
@pytest.mark.parametrize("on_page", [False, True])
def test_documents_on_their_way_end_with_a_refusal_whoever_notes_it(
    relay: Relay, world: World, time: Clock, arrived: bool, on_page: bool
) -> None:
    holder, token = received(relay)
    relay.announces()
    if arrived:
        relay.uploads()
        time.passes(seconds=1)

    holder.declines(token) if on_page else is_noted_as_declined(relay)

    assert relay.deposit().state is DepositState.REVOKED
    assert (relay.head().live_deposit, relay.head().arriving) == (None, None)
    if not arrived:
        relay.uploads()
    assert relay.is_inspected() != "verified"
    relay.purges()
    assert world.objects() == {}
    assert len(relay.tokens()) == 1


def test_a_refusal_on_an_older_page_shortens_what_lives_on_the_parcours(relay: Relay) -> None:
    holder, token = received(relay)
    relay.sends()
    former = relay.deposit().erase_at

    holder.declines(token)

    live = relay.deposit()
    assert timedelta() < live.erase_at - clock.utc_now() <= DAY
    assert live.erase_before == former
    with pytest.raises(DeadLink):
        answers_question(relay.tokens()[-1]).opens(relay.tokens()[-1])
    holder.withdraws_refusal(token)
    assert (relay.deposit().erase_at, relay.deposit().erase_before) == (former, None)


def test_a_link_that_had_not_left_waits_while_a_refusal_stands(relay: Relay, time: Clock) -> None:
    """The mail of an accepted sending does not leave while the company's refusal stands; it leaves once the refusal is taken
    back.
    """
    holder, token = received(relay)
    relay.announces()
    relay.uploads()
    assert relay.is_inspected() == "verified"
    holder.declines(token)

    relay.mailer_runs()
    time.passes(minutes=10)
    relay.mailer_runs()
    assert set(relay.tokens()) == {token}
    assert EventKind.MAIL_FAILED not in relay.event_kinds()

    holder.withdraws_refusal(token)
    time.passes(minutes=3)
    relay.purges()
    relay.mailer_runs()
    assert len(set(relay.tokens())) == 2
    assert (relay.head().step, relay.head().setback) == (Step.LINK_SENT, None)


def test_a_link_that_waited_goes_with_its_documents(relay: Relay, time: Clock) -> None:
    holder, token = received(relay)
    relay.announces()
    relay.uploads()
    relay.is_inspected()
    holder.declines(token)

    time.passes(hours=24)
    relay.purges()
    relay.mailer_runs()

    assert set(relay.tokens()) == {token}
    sending_changes.is_erased(relay)
    assert relay.head().setback is Setback.DECLINED


def test_neither_a_question_nor_a_reading_wipes_a_refusal(relay: Relay) -> None:
    """After its refusal a company may still say whether it could read, and ask for a new sending: the refusal stands until it
    is taken back.
    """
    token = relay.sends()
    holder = answers_question(token)
    holder.opens(token)
    holder.declines(token)

    holder.confirms(token, readable=False)
    assert relay.head().setback is Setback.DECLINED
    holder.confirms(token)
    opening.ask_again(token, browser=holder.digest, now=clock.utc_now())

    assert EventKind.SENDING_REQUESTED in relay.event_kinds()
    assert (relay.head().setback, relay.head().step) == (Setback.DECLINED, Step.RECEIVED)
    holder.withdraws_refusal(token)
    assert (relay.head().setback, relay.head().step) == (None, Step.RECEIVED)


def test_a_correction_of_a_refusal_comes_back_to_where_the_documents_are(relay: Relay) -> None:
    token = relay.sends()
    holder = answers_question(token)
    holder.opens(token)
    fact = is_noted_as_declined(relay)
    later = relay.notes(
        EventKind.CALL_BACK_PLANNED,
        contact=Interlocutor.WELCOMES,
        planned_at=clock.utc_now() + timedelta(days=2),
    )
    holder.confirms(token)

    outcomes.correct(relay.tutor, relay.parcours_id, later, now=clock.utc_now())
    assert relay.head().setback is Setback.DECLINED
    outcomes.correct(relay.tutor, relay.parcours_id, fact, now=clock.utc_now())

    assert (relay.head().setback, relay.head().step) == (None, Step.RECEIVED)


def test_documents_that_are_sent_anew_lift_a_refusal(relay: Relay, time: Clock) -> None:
    token = relay.sends()
    answers_question(token).declines(token)
    time.passes(hours=24)
    relay.purges()

    relay.announces()
    assert relay.head().setback is Setback.DECLINED
    relay.uploads()
    relay.is_inspected()
    relay.mailer_runs()

    assert (relay.head().setback, relay.head().step) == (None, Step.LINK_SENT)


@pytest.mark.parametrize(("kind", "planned"), [(EventKind.DATES_PROMISED, 4), (EventKind.MEETING_FIXED, 4)])
def test_once_an_agent_notes_what_the_company_promised_it_may_decline_again(
    relay: Relay, kind: EventKind, planned: int
) -> None:
    """An outcome that an agent notes after a refusal (dates promised, a meeting fixed) ends that refusal, so that the company
    may refuse anew.
    """
    token = relay.sends()
    holder = answers_question(token)
    holder.declines(token)

    relay.notes(kind, contact=Interlocutor.WELCOMES, planned_at=clock.utc_now() + timedelta(days=planned))

    link = relay.link()
    assert (link.declined_at, link.declined_for, relay.deposit().erase_before) == (None, None, None)
    holder.declines(token)
    assert relay.head().setback is Setback.DECLINED
    assert relay.event_kinds().count(EventKind.COMPANY_DECLINED) == 2


def test_a_buyer_without_an_account_is_told_and_answers_to_the_tutor(world: World, time: Clock) -> None:
    contact = BuyerContact(name="Odile Ramain", address=BUYER)
    relay = relays.started(world, offer=factories.offer(buyer_contact=contact))
    token = relay.sends()
    holder = answers_question(token)

    holder.declines(token)
    relay.mailer_runs()
    holder.withdraws_refusal(token)
    relay.mailer_runs()

    mails = [mail for mail in world.mails() if mail["To"] == BUYER]
    assert ["a refusé" in str(mail["Subject"]) for mail in mails] == [True, False]
    for notice in mails:
        assert notice["Reply-To"] == relay.tutor.address
        assert "/parcours/" not in notice.as_string()


def test_a_buyer_with_an_account_has_her_page_and_answers_to_the_tutor(world: World, time: Clock) -> None:
    relay, address = sending_changes.with_buyer(world)
    token = relay.sends()
    answers_question(token).declines(token)
    relay.mailer_runs()

    [notice] = [mail for mail in world.mails() if mail["To"] == address]
    assert notice["Reply-To"] == relay.tutor.address
    assert f"/parcours/{relay.parcours_id}" in notice.as_string()
