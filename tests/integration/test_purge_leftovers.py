"""What else the minute function does: forms posted again, orphans, old links, what was left on the way; twice or at once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import clock, config
from chalicelib.domain.kernel.deposit import DepositState
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.errors import CodeDead, LinkUnknown, ProofNeeded, SignedOut
from chalicelib.stores import aws, items, objects
from chalicelib.stores import relay_table as stored
from chalicelib.stories import retention
from chalicelib.stories.accounts import signing_in
from tests.conftest import Clock
from tests.faults.wire import Call, Crash, Mode, Tap, strike
from tests.support import relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.relays import Browser, Relay
from tests.support.worlds import World
from tests.support.writing import change_record


def _put(world: World, key: str) -> None:
    """Store an object that no deposit announced."""
    aws.s3().put_object(
        Bucket=world.environment["DOCUMENT_BUCKET"], Key=key, Body=b"x", Metadata={"key": "!"}
    )


def _received(relay: Relay, time: Clock) -> None:
    """Bring a document to its recipient, who confirms that it could be read."""
    browser, token = Browser(), relay.sends()
    browser.proves(token)
    browser.opens(token)
    browser.confirms(token)


@pytest.mark.parametrize(
    "key",
    [
        "sealed/00000000-0000-4000-8000-000000000000/cv",
        "sealed/stray",
        "sealed/a/b/c",
        "sealed/{deposit}/lettre",
        "sealed/{deposit}/cv/1",
    ],
)
def test_an_object_without_a_live_deposit_is_swept_and_no_other(relay: Relay, world: World, key: str) -> None:
    relay.sends()
    kept = world.objects()
    _put(world, key.format(deposit=relay.sent[0].deposit))

    report = relay.purges()

    assert (report.orphans, report.failed) == (1, 0)
    assert world.objects() == kept


def test_the_walk_over_the_bucket_resumes_where_it_stopped(relay: Relay, world: World, time: Clock) -> None:
    relay.sends()
    kept = world.objects()
    for number in range(objects.PAGE_OBJECTS + 1):
        _put(world, f"sealed/00000000-0000-4000-8000-{number:012}/cv")

    def takes_its_time(call: Call, _: str, __: object) -> None:
        if call.operation == "ListObjectsV2":
            time.passes(seconds=7)

    with Tap(act=takes_its_time, every=True).open():
        assert relay.purges().orphans == objects.PAGE_OBJECTS
        assert stored.read_cursor() is not None
        retention.purge(now=clock.utc_now(), turn=3)

    assert world.objects() == kept
    assert stored.read_cursor() is None


def test_a_pass_over_the_bucket_begins_once_in_a_round_and_reads_on_while_its_time_lasts(
    relay: Relay, world: World, time: Clock
) -> None:
    relay.sends()
    kept = world.objects()
    for number in range(objects.PAGE_OBJECTS + 1):
        _put(world, f"sealed/00000000-0000-4000-8000-{number:012}/cv")

    assert [retention.purge(now=time.now, turn=turn).orphans for turn in (3, 0)] == [
        0,
        objects.PAGE_OBJECTS + 1,
    ]
    assert world.objects() == kept
    assert stored.read_cursor() is None


def test_a_page_of_objects_that_cannot_be_judged_is_skipped(relay: Relay, world: World) -> None:
    relay.sends()
    last = f"sealed/{relay.sent[0].deposit}/cv"
    for number in range(objects.PAGE_OBJECTS):
        _put(world, f"sealed/ffffffff-0000-4000-8000-{number:012}/cv")
    aws.dynamodb().update_item(
        TableName=config.resource(items.RELAY),
        Key=items.encode_key(items.deposit_key(relay.sent[0].deposit)),
        UpdateExpression="SET attempt = :no",
        ExpressionAttributeValues={":no": {"S": "?"}},
    )

    report = relay.purges()

    assert report.failed == 1 and last in world.objects()
    assert 0 < report.orphans < objects.PAGE_OBJECTS
    assert stored.read_cursor() is None, "the pass came to its end"


def test_an_erasure_that_died_half_way_is_ended_by_the_next_run(
    relay: Relay, world: World, time: Clock
) -> None:
    relay.sends()
    time.now = relay.deposit().erase_at
    with Tap(act=strike(Mode.CRASH_BEFORE), operation="DeleteObject").open(), pytest.raises(Crash):
        relay.purges()
    assert relay.deposit().erasing_at is not None and world.objects() != {}

    assert relay.purges().erased == 1

    assert world.objects() == {}
    assert relay.event_kinds()[-2:] == [EventKind.LINK_EXPIRED, EventKind.DOCUMENTS_ERASED]


def test_a_bucket_that_does_not_answer_keeps_no_mail_waiting(relay: Relay) -> None:
    relay.announces()
    relay.uploads()
    relay.is_inspected()
    with Tap(act=strike(Mode.REFUSED), operation="ListObjectsV2").open():
        report = relay.purges()

    assert (report.failed, report.mails) == (1, 1)


def test_one_erasure_that_fails_keeps_none_of_the_others(world: World, time: Clock) -> None:
    first, second = relays.started(world), relays.started(world)
    for relay in (first, second):
        relay.sends()
    time.now = second.deposit().erase_at
    with Tap(act=strike(Mode.THROTTLED), operation="DeleteObject", times=1).open():
        report = first.purges()

    assert (report.erased, report.failed) == (1, 1)
    assert first.purges().erased == 1
    assert world.objects() == {}


def test_a_link_and_its_recipient_are_forgotten_after_sixty_days(
    relay: Relay, world: World, time: Clock
) -> None:
    browser, token = Browser(), relay.sends()
    with pytest.raises(Exception, match="proof_wrong"):
        browser.proves(token, "autre@entreprise.example")
    closes_at = relay.link().closes_at
    assert closes_at == relay.link().created_at + timedelta(days=60)
    time.passes(days=16)
    relay.purges()
    assert COMPANY_ADDRESS in str(world.table("RELAY_TABLE"))

    retention.purge(
        now=closes_at - timedelta(milliseconds=1)
    )  # what became of its mails, which is kept for a month
    assert relay.link().recipient == COMPANY_ADDRESS
    time.now = closes_at
    assert retention.purge(now=closes_at).removed == 4, (
        "the link, its two index entries and its wrong answers"
    )

    assert COMPANY_ADDRESS not in str(world.table("RELAY_TABLE"))
    assert not [item for item in world.table("RELAY_TABLE") if item["pk"].startswith("link#")]
    with pytest.raises(LinkUnknown):
        browser.looks(token)


def test_expired_items_are_not_read_even_before_they_are_deleted(
    relay: Relay, world: World, time: Clock
) -> None:
    """DynamoDB deletes expired items within days: until then they are stored, and count for nothing."""
    browser = Browser()
    token = relay.sends()
    browser.proves(token)
    challenge = relays.asks_code(relay.tutor.address)
    relay.mailer_runs()
    code = relay.codes()[-1]
    other = relays.asks_code(relay.tutor.address)
    relay.mailer_runs()
    session = relays.enters_code(other, relay.codes()[-1])
    stood = len(world.table("RELAY_TABLE"))

    time.passes(minutes=10)
    with pytest.raises(CodeDead):
        relays.enters_code(challenge, code)
    time.passes(hours=2)
    with pytest.raises(SignedOut):
        signing_in.authenticate(session, now=clock.utc_now())
    time.passes(hours=70)
    with pytest.raises(ProofNeeded):
        browser.opens(token)
    time.passes(days=57)
    with pytest.raises(LinkUnknown):
        browser.looks(token)
    assert len(world.table("RELAY_TABLE")) == stood


def test_a_second_purge_changes_nothing(relay: Relay, world: World, time: Clock) -> None:
    _received(relay, time)
    time.passes(seconds=1)
    relay.purges()
    before = world.everything()

    for _ in range(3):
        assert relay.purges().failed == 0
    assert world.everything() == before


@pytest.mark.cloud
def test_concurrent_purges_erase_and_record_once(cloud_world: World) -> None:
    relay = relays.started(cloud_world)
    relay.sends()
    deposit = relay.deposit()
    due = replace(deposit, erase_at=clock.utc_now())
    change_record(deposit, due)
    now = clock.utc_now()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: retention.purge(now=now), range(3)))
    retention.purge(now=now)

    assert cloud_world.objects() == {}
    assert relay.event_kinds()[-2:] == [EventKind.LINK_EXPIRED, EventKind.DOCUMENTS_ERASED]
    assert relay.event_kinds().count(EventKind.DOCUMENTS_ERASED) == 1
    assert relay.deposit().state is DepositState.EXPIRED
