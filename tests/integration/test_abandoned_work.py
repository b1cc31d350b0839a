"""Resuming: whatever was left on the way is ended by the minute function, told in the timeline, and counted when it waited long.

``test_purge_leftovers`` says what becomes of objects; here is what becomes of people's waiting.
"""

import json
from datetime import timedelta

import pytest

from chalicelib import clock
from chalicelib.domain.documents.mailing import LEASE
from chalicelib.domain.kernel.deposit import DepositState, Mailing
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.values import Step
from chalicelib.stories import retention
from chalicelib.stories.documents import inspecting
from chalicelib.stories.mails import mailing
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.faults.recovery import minutes_pass
from tests.faults.wire import Crash, Mode, Tap, strike
from tests.support import relays, woken
from tests.support.relays import Relay
from tests.support.worlds import World

LATE = retention.LATE + timedelta(minutes=1)


def _uploaded(world: World) -> Relay:
    """Return a parcours whose document was uploaded and not inspected."""
    relay = relays.started(world)
    relay.announces()
    relay.uploads()
    return relay


@pytest.mark.parametrize("arrived", [0, 1], ids=["nothing arrived", "one of two arrived"])
def test_an_upload_that_was_never_finished_is_ended_told_and_frees_its_parcours(
    relay: Relay, world: World, time: Clock, arrived: int
) -> None:
    (cv, letter) = sending_changes.both()
    sending_changes.announces_both(relay, cv, letter)
    for place in range(arrived):
        relay.uploads(place)
        relay.is_inspected(place)
    time.now = relay.deposit().erase_at

    report = relay.purges()

    assert (report.erased, report.failed) == (1, 0)
    assert world.objects() == {}
    sending_changes.told_once(relay, EventKind.DEPOSIT_ABANDONED)
    assert relay.deposit().state is DepositState.EXPIRED
    assert (relay.head().live_deposit, relay.head().step) == (None, Step.DOCUMENTS_TO_SEND)
    relay.sends()


def test_an_inspection_that_died_is_woken_and_counted_when_it_waited_long(world: World, time: Clock) -> None:
    relay = _uploaded(world)
    with Tap(act=strike(Mode.CRASH_BEFORE), operation="GetObject").open(), pytest.raises(Crash):
        relay.is_inspected()

    time.passes(minutes=3)
    soon = relay.purges()
    time.now += LATE
    later = relay.purges()
    relay.is_inspected()  # as the wake does
    relay.mailer_runs()

    assert (soon.woken, soon.late) == (1, 0)
    assert (later.woken, later.late) == (1, 1)
    assert relay.event_kinds()[3:] == [
        EventKind.DOCUMENTS_RECEIVED,
        EventKind.DOCUMENTS_VERIFIED,
        EventKind.LINK_SENT,
    ]
    assert relay.purges().woken == 0, "what is done is woken no more"


def test_an_event_that_never_came_is_made_up_for(world: World, time: Clock) -> None:
    relay = _uploaded(world)
    time.passes(minutes=2)
    assert relay.purges().woken == 1
    minutes_pass(relay, time)
    sending_changes.told_once(relay, EventKind.DOCUMENTS_RECEIVED, EventKind.LINK_SENT)


@pytest.mark.parametrize("died", ["before it was taken", "under its lease"])
def test_a_mail_left_in_the_outbox_leaves_and_is_counted_when_it_waited_long(
    world: World, time: Clock, died: str
) -> None:
    relay = _uploaded(world)
    relay.is_inspected()
    if died == "under its lease":
        with Tap(act=strike(Mode.CRASH_BEFORE), operation="SendEmail").open(), pytest.raises(Crash):
            relay.mailer_runs()
        assert mailing.send_all(relay.outbox(), now=clock.utc_now()) == 1 and relay.tokens() == []
    waiting = relay.outbox()
    time.now += LEASE + timedelta(minutes=1)
    soon = relay.purges()
    time.now += LATE
    later = relay.purges()

    assert (soon.waiting, soon.late) == (waiting, 0)
    assert (later.waiting, later.late) == (waiting, 1)
    relay.mailer_runs()
    sending_changes.told_once(relay, EventKind.LINK_SENT)
    assert relay.deposit().mailing is Mailing.ACCEPTED
    assert len(relay.tokens()) == 1
    relay.mailer_runs()
    assert relay.purges().waiting == relay.outbox() == []


@pytest.mark.parametrize("operation", ["ListObjectsV2", "DeleteObject", "TransactWriteItems"])
@pytest.mark.parametrize(
    ("mode", "asked"),
    [(Mode.CRASH_BEFORE, "erased on request"), (Mode.CRASH_AFTER, "ended"), (Mode.CRASH_AFTER, "revoked")],
)
def test_an_erasure_cut_in_the_middle_is_ended_and_told_once(
    relay: Relay, world: World, time: Clock, operation: str, mode: Mode, asked: str
) -> None:
    relay.sends()
    {
        "revoked": sending_changes.revokes,
        "erased on request": sending_changes.erases,
        "ended": sending_changes.ends,
    }[asked](relay)
    time.passes(seconds=1)
    with Tap(act=strike(mode), operation=operation, times=1).open(), pytest.raises(Crash):
        relay.purges()

    time.passes(minutes=1)
    assert relay.purges().failed == 0

    assert world.objects() == {}
    sending_changes.told_once(relay, EventKind.DOCUMENTS_ERASED)
    assert relay.deposit().contents is None


def test_an_erasure_that_waits_is_counted_every_minute(relay: Relay, time: Clock) -> None:
    relay.sends()
    sending_changes.revokes(relay)
    late = []
    for _ in range(2):
        time.now += LATE
        with Tap(act=strike(Mode.REFUSED), operation="DeleteObject").open():
            late.append((relay.purges().late, relay.purges().failed > 0))
    assert late == [(1, True), (1, True)]
    assert relay.purges().failed == 0
    assert relay.purges().late == 0


def test_what_was_sent_again_and_not_mailed_is_mailed_by_the_minute_function(
    relay: Relay, time: Clock
) -> None:
    old = relay.sends()
    with Tap(act=strike(Mode.REFUSED), operation="Invoke").open():
        sending_changes.resends(relay)
    assert relay.deposit().mailing is Mailing.UNDER_WAY
    minutes_pass(relay, time)
    assert relay.tokens()[-1] != old
    sending_changes.only_the_last_opens(relay)


def test_the_late_are_told_in_the_log_and_become_the_alarms_metric(
    world: World, time: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    relay = _uploaded(world)
    relay.is_inspected()
    time.now += LATE
    capsys.readouterr()
    relays.minute_event()
    printed = capsys.readouterr().out
    (line,) = [
        printed_line
        for printed_line in map(json.loads, printed.splitlines())
        if printed_line["event"] == "purge"
    ]
    assert line["late"] == 1
    assert woken.woken_by(printed, "PurgeLogs") == {"Late"}


def test_an_inspection_after_the_end_erases_what_arrived(world: World, time: Clock) -> None:
    relay = _uploaded(world)
    sending_changes.ends(relay)
    assert inspecting.inspect(str(relay.forms[0]["fields"]["key"]), now=clock.utc_now()) == "orphan"
    assert world.objects() == {}
    relay.purges()
    assert relay.deposit(0).contents is None
    assert EventKind.LINK_SENT not in relay.event_kinds()
