"""The mail service fails for some seconds: what surely did not leave is tried again at once, links and codes before all else.

The mailer is woken as a mail is made, the minute function comes at its worst instant; seconds are those of the held clock.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib import clock
from chalicelib.domain.documents.mailing import LEASE
from chalicelib.stores import relay_table as stored
from chalicelib.stories.mails import mailing
from tests.conftest import Clock
from tests.faults.wire import Call, Mode, Tap, reject, strike
from tests.integration.test_outbox_retries import WAITING
from tests.support import http, relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.relays import Relay
from tests.support.worlds import World
from tests.support.writing import remove_record

HICCUP = timedelta(seconds=12)
Act = Callable[[Call, str, Any], None]


def unavailable(call: Call, event_name: str, request: Any) -> None:
    """Fail as the SDK does when the mail service answers 503."""
    answer = {"Error": {"Code": "InternalFailure", "Message": "injected"}}
    busy: Any = {**answer, "ResponseMetadata": {"HTTPStatusCode": 503}}
    raise ClientError(busy, call.operation)


SURELY_NOT: dict[str, Act] = {
    "not reached": strike(Mode.REFUSED),
    "too busy": strike(Mode.THROTTLED),
    "down": unavailable,
    "refused": reject,
}


def _link(relay: Relay) -> str:
    relay.announces()
    relay.uploads()
    relay.is_inspected()
    return COMPANY_ADDRESS


def _code(relay: Relay) -> str:
    relays.asks_code(relay.tutor.address)
    return relay.tutor.address


@pytest.mark.parametrize("made", [_link, _code])
@pytest.mark.parametrize("fault", SURELY_NOT)
def test_twelve_seconds_without_mail_delay_a_link_or_a_code_by_less_than_half_a_minute(
    relay: Relay, time: Clock, made: Callable[[Relay], str], fault: str
) -> None:
    reader, began = made(relay), time.now

    def act(*call: Any) -> None:
        if time.now < began + HICCUP:
            SURELY_NOT[fault](*call)

    with Tap(act=act, operation="SendEmail").open():
        relay.mailer_runs()
        while reader not in relay.mailed_to():
            time.passes(minutes=1)
            mailing.send_all(relay.purges().waiting, now=clock.utc_now())

    delay = time.now - began
    print(
        f"{HICCUP.seconds} s of errors ({fault}): {made.__name__[1:]} mailed after {delay.total_seconds():.0f} s"
    )
    assert delay <= timedelta(seconds=25)
    assert relay.mailed_to().count(reader) == 1


def test_a_mailer_that_dies_while_it_waits_leaves_the_rest_to_the_minute_function(
    relay: Relay, time: Clock
) -> None:
    """The mailer stores the time of the next try before it waits for it."""
    _link(relay)
    with Tap(act=strike(Mode.REFUSED), operation="SendEmail").open():
        relay.mailer_runs()

    (waiting,) = relay.outbox()
    mail = stored.read_mail(waiting)
    assert mail is not None and mail.lease_until is not None
    assert mail.outages == mail.tries == 3 and mail.lease_until > time.now
    time.passes(minutes=1)
    assert relay.purges().waiting == [waiting]


def test_a_mail_that_cannot_be_read_keeps_no_other_from_leaving(relay: Relay, time: Clock) -> None:
    """Its lease lapsed with an earlier try: nothing says when the next one comes, so this run, whose calls cost time, tries
    it once.
    """
    _link(relay)
    with Tap(act=strike(Mode.REFUSED), operation="SendEmail").open():
        relay.mailer_runs()
    time.passes(minutes=1)
    (unreadable,) = relay.outbox()
    gone = relay.head()
    remove_record(gone)
    reader = _code(relay)

    def takes_half_a_second(*_: object) -> None:
        time.passes(seconds=0.5)

    begun = clock.utc_now()
    with Tap(act=takes_half_a_second, every=True).open():
        handled = mailing.send_all([unreadable, *relay.outbox()], now=begun)

    assert (handled, relay.mailed_to()) == (1, [reader])
    assert clock.utc_now() - begun < mailing.BUDGET / 2


def test_a_mail_whose_answer_is_lost_is_not_tried_again_before_its_lease_lapses(relay: Relay) -> None:
    """It may have left, so no second try is made, even after earlier tries that surely failed."""
    _link(relay)
    faults = iter([Mode.REFUSED, Mode.LOST])
    with Tap(act=lambda *call: strike(next(faults))(*call), operation="SendEmail", times=2).open():
        relay.mailer_runs()

    assert relay.mailed_to() == [COMPANY_ADDRESS]
    (waiting,) = relay.outbox()
    mail = stored.read_mail(waiting)
    assert mail is not None and mail.tried_at is not None
    assert mail.lease_until == mail.tried_at + LEASE


def test_links_and_codes_leave_before_whatever_else_waits(relay: Relay, world: World, time: Clock) -> None:
    invited = WAITING["an invitation"](relay)
    time.passes(seconds=1)
    code, link = _code(relay), _link(relay)
    time.passes(minutes=1)

    with http.mails_woken():
        waiting = relay.purges().waiting
    mailing.send_all(waiting, now=clock.utc_now())

    assert {str(mail["To"]) for mail in world.mails()[:2]} == {code, link}
    assert invited in relay.mailed_to()
