"""Sending again, revoking, erasing on request, ending a passage, asking again, two documents, notices: broken at each call.

Whatever was refused, lost or done twice, the same person who does it again and two more minutes make it right: one live token
at most, the older ones dead, storage empty where it must, one fact each, the company told once more than asked at most.
"""

from typing import Any

from chalicelib import clock
from chalicelib.domain.kernel.deposit import DepositState
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.values import ParcoursStatus, Setback, Step
from chalicelib.errors import WrongStep
from chalicelib.stores import parcours_table
from chalicelib.stories import outcomes
from chalicelib.stories.documents import inspecting, opening
from chalicelib.stories.mails import mailing
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.faults.machinery import Broken, Explorer
from tests.faults.recovery import again, minutes_pass
from tests.support.factories import COMPANY_ADDRESS
from tests.support.relays import Browser, Relay
from tests.support.worlds import World


def _again_or_done(broken: Broken, act: Any) -> None:
    """What was done already may be refused the second time, when the page is reloaded: it says where things stand."""
    try:
        again(broken, act)
    except WrongStep:
        assert broken.reached("TransactWriteItems"), "refused, though nothing was done"


def test_a_link_sent_again_lives_alone_whatever_breaks(relay: Relay, world: World, time: Clock) -> None:
    relay.sends()

    def check(broken: Broken) -> None:
        again(broken, lambda: sending_changes.resends(relay, version=1))  # from the page as it was
        minutes_pass(relay, time)
        assert relay.event_kinds().count(EventKind.LINK_RESENT) == 1
        assert relay.event_kinds().count(EventKind.LINK_SENT) == 2
        assert sending_changes.mails_to(relay, COMPANY_ADDRESS) == 2, "the first one and one more"
        assert relay.deposit().state is DepositState.LEFT and relay.head().step is Step.LINK_SENT
        assert relay.head().live_deposit == relay.sent[0].deposit
        assert relay.outbox() == []
        sending_changes.only_the_last_opens(relay)

    Explorer("re-sending", world, time).explore(lambda: sending_changes.resends(relay), check)


def test_a_revoked_link_is_dead_and_gone_whatever_breaks(relay: Relay, world: World, time: Clock) -> None:
    relay.sends()

    def check(broken: Broken) -> None:
        _again_or_done(broken, lambda: sending_changes.revokes(relay))
        sending_changes.nothing_opens(relay)
        minutes_pass(relay, time)
        sending_changes.told_once(relay, EventKind.LINK_REVOKED, EventKind.DOCUMENTS_ERASED)
        sending_changes.is_erased(relay)
        assert relay.deposit().state is DepositState.REVOKED
        assert (relay.head().step, relay.head().live_deposit) == (Step.DOCUMENTS_TO_SEND, None)
        assert sending_changes.mails_to(relay, COMPANY_ADDRESS) == 1

    Explorer("revoking", world, time).explore(lambda: sending_changes.revokes(relay), check)


def test_what_is_erased_on_request_leaves_nothing_whatever_breaks(
    relay: Relay, world: World, time: Clock
) -> None:
    relay.sends()

    def check(broken: Broken) -> None:
        again(broken, lambda: sending_changes.erases(relay))
        sending_changes.nothing_opens(relay)
        minutes_pass(relay, time)
        sending_changes.told_once(relay, EventKind.ERASURE_REQUESTED, EventKind.DOCUMENTS_ERASED)
        sending_changes.is_erased(relay)
        assert relay.deposit().state is DepositState.ERASED
        assert COMPANY_ADDRESS not in repr(world.table("RELAY_TABLE"))
        assert relay.head().live_deposit is None

    Explorer("erasing on request", world, time).explore(lambda: sending_changes.erases(relay), check)


def test_an_ended_passage_is_told_once_and_frees_its_parcours_once_whatever_breaks(
    world: World, time: Clock
) -> None:
    relay, buyer = sending_changes.with_buyer(world)
    relay.sends()

    def check(broken: Broken) -> None:
        _again_or_done(broken, lambda: sending_changes.ends(relay))
        sending_changes.nothing_opens(relay)
        minutes_pass(relay, time)
        sending_changes.told_once(relay, EventKind.YOUNG_PERSON_WITHDREW, EventKind.DOCUMENTS_ERASED)
        sending_changes.is_erased(relay)
        head, attempt = relay.head(), parcours_table.read_attempt(relay.parcours_id, number=1)
        assert (head.status, head.tutor, head.reference, head.step) == (
            ParcoursStatus.AVAILABLE, None, None, None,
        )  # fmt: skip
        assert attempt.end is EventKind.YOUNG_PERSON_WITHDREW
        assert sending_changes.mails_to(relay, COMPANY_ADDRESS) == 2, "the link, then the end"
        assert sending_changes.mails_to(relay, buyer) == 1
        outcomes.take_offer(relay.tutor, relay.parcours_id, now=clock.utc_now())
        outcomes.take_offer(relay.tutor, relay.parcours_id, now=clock.utc_now())
        assert relay.head().attempt == 2, "taken twice is taken once"

    Explorer("ending a passage", world, time).explore(lambda: sending_changes.ends(relay), check)


def test_the_free_offer_is_taken_once_whatever_breaks(relay: Relay, world: World, time: Clock) -> None:
    sending_changes.ends(relay)

    def flow() -> None:
        outcomes.take_offer(relay.tutor, relay.parcours_id, now=clock.utc_now())

    def check(broken: Broken) -> None:
        _again_or_done(broken, flow)
        assert relay.event_kinds().count(EventKind.OFFER_TAKEN) == 2, "the first passage and this one"
        assert (relay.head().attempt, relay.head().tutor) == (2, relay.tutor.id)
        assert sum(str(item["pk"]).startswith("ref#") for item in world.table("PARCOURS_TABLE")) in {0, 2}

    Explorer("taking a free offer", world, time).explore(flow, check)


def test_a_new_sending_is_asked_for_once_whatever_breaks(relay: Relay, world: World, time: Clock) -> None:
    browser = Browser()
    token = relay.sends()
    sending_changes.revokes(relay)
    browser.proves(token)
    mailed = sending_changes.mails_to(relay, relay.tutor.address)

    def flow() -> None:
        opening.ask_again(token, browser=browser.digest, now=clock.utc_now())

    def check(broken: Broken) -> None:
        again(broken, flow)
        minutes_pass(relay, time)
        sending_changes.told_once(relay, EventKind.SENDING_REQUESTED)
        assert relay.head().setback is Setback.SENDING_REQUESTED
        assert sending_changes.mails_to(relay, relay.tutor.address) == mailed + 1
        assert sending_changes.mails_to(relay, COMPANY_ADDRESS) == 1

    Explorer("asking again", world, time).explore(flow, check)


def test_two_announced_documents_stand_in_one_deposit_whatever_breaks(
    relay: Relay, world: World, time: Clock
) -> None:
    (cv, letter) = sending_changes.both()

    def flow() -> Any:
        return sending_changes.announces_both(relay, cv, letter)

    def check(broken: Broken) -> None:
        signed = again(broken, flow)
        assert [document["kind"] for document in signed] == ["cv", "lettre"]
        sending_changes.told_once(relay, EventKind.DEPOSIT_OPENED)
        sending_changes.uploads_both(relay)
        minutes_pass(relay, time)
        sending_changes.told_once(relay, EventKind.DOCUMENTS_RECEIVED, EventKind.LINK_SENT)
        sending_changes.only_the_last_opens(relay)

    Explorer("sending two documents", world, time).explore(flow, check)


def test_two_inspected_documents_leave_together_once_whatever_breaks(
    relay: Relay, world: World, time: Clock
) -> None:
    """The second one is inspected, which makes the link; the first one's event is still on its way."""
    (cv, letter) = sending_changes.both()
    sending_changes.announces_both(relay, cv, letter)
    keys = sending_changes.uploads_both(relay)
    inspecting.inspect(keys[0], now=clock.utc_now())

    def check(broken: Broken) -> None:
        minutes_pass(relay, time)
        kinds = (EventKind.DOCUMENTS_RECEIVED, EventKind.DOCUMENTS_VERIFIED, EventKind.LINK_SENT)
        assert relay.event_kinds()[3:] == list(kinds)
        assert sending_changes.mails_to(relay, COMPANY_ADDRESS) == 1
        assert set(world.objects()) == set(keys)

    Explorer("inspecting the second of two", world, time).explore(
        lambda: inspecting.inspect(keys[1], now=clock.utc_now()), check
    )


def test_the_notice_of_an_end_reaches_the_company_once_more_than_asked_at_most_whatever_breaks(
    relay: Relay, world: World, time: Clock
) -> None:
    relay.sends()
    sending_changes.ends(relay)
    (waiting,) = relay.outbox()

    def check(broken: Broken) -> None:
        minutes_pass(relay, time)
        assert relay.outbox() == []
        left = sending_changes.mails_to(relay, COMPANY_ADDRESS) - 1
        assert 1 <= left <= (2 if broken.reached("SendEmail") else 1)

    Explorer("mailing the end", world, time).explore(
        lambda: mailing.send_all([waiting], now=clock.utc_now()), check
    )
