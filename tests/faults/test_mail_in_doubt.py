"""A mailer that dies between the mail service's answer and its own commit, and what people do before the next try.

The link may have left: the timeline says « envoyé » when it was used, « a pu partir » when nobody knows, and nothing is left
under way: neither the mail, nor the deposit's mailing, nor the reservation.
"""

from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.domain.kernel.deposit import Mailing
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.stores import parcours_table
from chalicelib.stores import relay_table as stored
from chalicelib.stories import outcomes
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.faults.recovery import minutes_pass
from tests.faults.wire import Crash, Mode, Tap, strike
from tests.support import relays
from tests.support.passings import COLLEAGUE, adds, answers_question, passes
from tests.support.relays import Relay
from tests.support.worlds import World

SENT, PERHAPS = EventKind.LINK_SENT, EventKind.LINK_MAY_HAVE_LEFT


def _dies(relay: Relay) -> str:
    """Let the mailer die after the mail service took the mail; return the token that arrived."""
    with Tap(act=strike(Mode.CRASH_AFTER), operation="SendEmail").open(), pytest.raises(Crash):
        relay.mailer_runs()
    return relay.tokens()[-1]


def _mailed_in_doubt(world: World) -> tuple[Relay, str]:
    relay = relays.started(world)
    relay.announces()
    relay.uploads()
    relay.is_inspected()
    return relay, _dies(relay)


def _nothing_is_under_way(relay: Relay) -> None:
    assert relay.outbox() == []
    assert relay.deposit().mailing is not Mailing.UNDER_WAY
    assert relay.head().reservation_until is None
    assert relay.head().last_sent_at is not None


def _confirms(relay: Relay, token: str) -> None:
    holder = answers_question(token)
    holder.opens(token)
    holder.confirms(token)


def _opened_then_revoked(relay: Relay, token: str) -> None:
    answers_question(token).opens(token)
    sending_changes.revokes(relay, seen_opened=True)


def _passes(relay: Relay, token: str) -> None:
    passes(answers_question(token), token)


USED: dict[str, Callable[[Relay, str], object]] = {
    "confirmed": _confirms,
    "opened, then revoked": _opened_then_revoked,
}
UNUSED: dict[str, Callable[[Relay, str], object]] = {
    "revoked": lambda relay, token: sending_changes.revokes(relay),
    "erased on request": lambda relay, token: sending_changes.erases(relay),
}


@pytest.mark.parametrize("meanwhile", USED)
def test_a_link_that_was_used_was_sent_whatever_became_of_the_mailer(
    world: World, time: Clock, meanwhile: str
) -> None:
    relay, token = _mailed_in_doubt(world)
    USED[meanwhile](relay, token)
    minutes_pass(relay, time)

    assert (relay.event_kinds().count(SENT), relay.event_kinds().count(PERHAPS)) == (1, 0)
    assert relay.deposit().mailing is Mailing.ACCEPTED and relay.deposit().left_at is not None
    _nothing_is_under_way(relay)
    assert relay.tutor.address in relay.mailed_to(), "the notice of each sending"


@pytest.mark.parametrize("meanwhile", UNUSED)
def test_a_link_that_nobody_used_may_have_left(world: World, time: Clock, meanwhile: str) -> None:
    relay, token = _mailed_in_doubt(world)
    UNUSED[meanwhile](relay, token)
    minutes_pass(relay, time)

    assert (relay.event_kinds().count(SENT), relay.event_kinds().count(PERHAPS)) == (0, 1)
    assert relay.deposit().mailing is None
    _nothing_is_under_way(relay)
    assert len(relay.tokens()) == 1, "the dead link is not mailed again"


def test_a_mail_that_never_was_tried_has_not_left_and_is_not_under_way(relay: Relay, time: Clock) -> None:
    relay.announces()
    relay.uploads()
    relay.is_inspected()
    sending_changes.revokes(relay)
    minutes_pass(relay, time)

    assert not {SENT, PERHAPS} & set(relay.event_kinds())
    assert relay.outbox() == [] and relay.deposit().mailing is None
    assert relay.head().reservation_until is not None, "nothing was sent"


def test_the_doubt_about_a_passage_that_ended_leaves_the_next_one_alone(world: World, time: Clock) -> None:
    relay, _ = _mailed_in_doubt(world)
    sending_changes.ends(relay)
    outcomes.take_offer(relay.tutor, relay.parcours_id, now=time.now)
    reserved = relay.head().reservation_until
    minutes_pass(relay, time)

    page = parcours_table.read_page(relay.parcours_id)
    assert [event.attempt for event in page.events if event.kind is PERHAPS] == [1]
    assert reserved is not None and relay.head().reservation_until == reserved
    assert relay.head().last_sent_at is None
    assert relay.deposit().mailing is None and relay.outbox() == []


@pytest.mark.parametrize(("opened", "told"), [(False, [PERHAPS, SENT]), (True, [SENT, SENT])])
def test_a_link_that_was_sent_again_meanwhile_is_told_beside_the_new_one(
    world: World, time: Clock, opened: bool, told: list[EventKind]
) -> None:
    relay, token = _mailed_in_doubt(world)
    if opened:
        answers_question(token).opens(token)
    sending_changes.resends(relay, seen_opened=opened)
    minutes_pass(relay, time)

    assert sorted(kind for kind in relay.event_kinds() if kind in {SENT, PERHAPS}) == sorted(told)
    assert relay.deposit().mailing is Mailing.ACCEPTED
    _nothing_is_under_way(relay)
    sending_changes.only_the_last_opens(relay)


def test_a_link_that_was_passed_on_had_been_sent(world: World, time: Clock) -> None:
    relay, token = _mailed_in_doubt(world)
    _passes(relay, token)
    minutes_pass(relay, time)

    assert (relay.event_kinds().count(SENT), relay.event_kinds().count(PERHAPS)) == (2, 0)
    assert relay.mailed_to().count(COLLEAGUE) == 1
    _nothing_is_under_way(relay)


@pytest.mark.parametrize("opened", [False, True])
def test_a_second_link_is_told_like_the_first(relay: Relay, time: Clock, opened: bool) -> None:
    token = relay.sends()
    holder = answers_question(token)
    holder.opens(token)
    adds(holder, token)
    second = _dies(relay)
    assert second != token
    if opened:
        answers_question(second, COLLEAGUE).opens(second)
    sending_changes.revokes(relay, seen_opened=True)
    minutes_pass(relay, time)

    assert (relay.event_kinds().count(SENT), relay.event_kinds().count(PERHAPS)) == (
        (2, 0) if opened else (1, 1)
    )
    assert relay.deposit().mailing is Mailing.ACCEPTED
    _nothing_is_under_way(relay)


def test_a_link_that_left_while_it_was_sent_again_is_told(relay: Relay, time: Clock) -> None:
    """The tutor sends again after the mail service took the first mail and before the mailer recorded it: both have left."""
    relay.announces()
    relay.uploads()
    relay.is_inspected()

    def act(call: object, event: str, request: object) -> None:
        tap.asleep = True
        sending_changes.resends(relay)
        tap.asleep = False

    with Tap(act=act, operation="SendEmail", times=1).open() as tap:
        relay.mailer_runs()
    minutes_pass(relay, time)

    assert (relay.event_kinds().count(SENT), relay.event_kinds().count(PERHAPS)) == (2, 0)
    assert stored.read_mail(replace(relay.link(), version=1).mail_key) is None
    _nothing_is_under_way(relay)
    sending_changes.only_the_last_opens(relay)


def test_a_later_version_that_was_opened_says_nothing_of_an_older_one(world: World, time: Clock) -> None:
    relay, _ = _mailed_in_doubt(world)
    sending_changes.resends(relay)
    relay.mailer_runs()
    second = relay.tokens()[-1]
    answers_question(second).opens(second)
    sending_changes.resends(relay, seen_opened=True)
    minutes_pass(relay, time)

    assert (relay.event_kinds().count(SENT), relay.event_kinds().count(PERHAPS)) == (2, 1)
    _nothing_is_under_way(relay)


def test_what_was_done_with_an_older_version_says_nothing_of_a_later_one(relay: Relay, time: Clock) -> None:
    token = relay.sends()
    holder = answers_question(token)
    holder.opens(token)
    adds(holder, token)
    relay.mailer_runs()
    sent = relay.event_kinds().count(SENT)
    sending_changes.resends(relay, seen_opened=True)
    _dies(relay)
    sending_changes.revokes(relay)
    minutes_pass(relay, time)

    assert (relay.event_kinds().count(SENT), relay.event_kinds().count(PERHAPS)) == (sent, 1)
    _nothing_is_under_way(relay)


@pytest.mark.parametrize("mode", [Mode.REFUSED, Mode.THROTTLED])
def test_a_mail_that_the_mail_service_never_took_has_not_left(relay: Relay, time: Clock, mode: Mode) -> None:
    relay.announces()
    relay.uploads()
    relay.is_inspected()
    with Tap(act=strike(mode), operation="SendEmail").open():
        relay.mailer_runs()
    sending_changes.revokes(relay)
    minutes_pass(relay, time)

    assert not {SENT, PERHAPS} & set(relay.event_kinds())
    assert relay.outbox() == [] and relay.deposit().mailing is None
