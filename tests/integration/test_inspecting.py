"""Inspecting: events come twice, late, in any order or not at all; what is not as declared goes, and only its sender is told."""

import json
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.domain.kernel.deposit import DepositState
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.errors import TryAgain
from chalicelib.stores import aws, functions
from chalicelib.stories.documents import inspecting
from tests.conftest import Clock
from tests.faults.wire import Crash, Mode, Tap, strike
from tests.support import factories, relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.relays import Browser, Relay
from tests.support.worlds import World

AT_ONCE = 4


def _links(world: World) -> int:
    """Return how many links are stored."""
    return sum(item["pk"].startswith("link#") and item["sk"] == "0" for item in world.table("RELAY_TABLE"))


@pytest.mark.cloud
def test_inspections_of_one_object_at_once_make_one_link_and_one_mail(cloud_world: World) -> None:
    relay = relays.started(cloud_world)
    relay.announces()
    key = relay.uploads()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        done = list(pool.map(lambda _: inspecting.inspect(key, now=clock.utc_now()), range(AT_ONCE)))

    assert set(done) <= {"verified", "done"}
    assert _links(cloud_world) == 1
    assert len(relay.outbox()) == 1
    assert relay.event_kinds()[3:] == [EventKind.DOCUMENTS_RECEIVED, EventKind.DOCUMENTS_VERIFIED]
    relay.mailer_runs()
    assert relay.mailed_to() == sorted([COMPANY_ADDRESS, relay.tutor.address])


def test_an_object_whose_event_was_lost_is_found_by_the_next_purge(relay: Relay, time: Clock) -> None:
    relay.announces()
    relay.uploads()
    time.passes(minutes=1)
    assert relay.purges().woken == 0, "its event may be on its way"
    time.passes(minutes=1)

    assert relay.purges().woken == 1
    assert relay.is_inspected() == "verified"
    assert relay.purges().woken == 0


def test_five_events_in_any_order_make_one_link_and_one_mail(world: World, time: Clock) -> None:
    first, second = relays.started(world), relays.started(world)
    for relay in (first, second):
        relay.announces()
        relay.uploads()
    events = [first, second, second, first, first, second, first, second, first, second]

    heard = [relay.is_inspected() for relay in events]
    for relay in (first, second):
        relay.mailer_runs()
    heard += [relay.is_inspected() for relay in events]

    assert sorted(heard) == ["done"] * 18 + ["verified"] * 2
    assert _links(world) == 2
    assert first.mailed_to().count(COMPANY_ADDRESS) == 2
    assert first.event_kinds()[3:] == [
        EventKind.DOCUMENTS_RECEIVED,
        EventKind.DOCUMENTS_VERIFIED,
        EventKind.LINK_SENT,
    ]


def _refused(relay: Relay) -> None:
    """Upload a changed document, which inspection refuses."""
    relay.uploads(blob=factories.turn_last_bit(relay.sent[-1].blob))
    assert relay.is_inspected() == "refused"


def _erased(relay: Relay) -> None:
    """Bring the document the whole way to its erasure."""
    relay.uploads()
    relay.is_inspected()
    relay.mailer_runs()
    browser, token = Browser(), relay.tokens()[-1]
    browser.proves(token)
    browser.opens(token)
    browser.confirms(token)
    relay.purges()


@pytest.mark.parametrize("end", [_refused, _erased], ids=["refused", "erased"])
def test_an_event_that_comes_after_the_end_erases_and_tells_nothing(
    relay: Relay, world: World, end: Callable[[Relay], None]
) -> None:
    relay.announces()
    end(relay)
    relay.mailer_runs()  # the notices that waited
    kinds, mailed = relay.event_kinds(), len(world.mails())
    relay.uploads()  # the form, posted once more

    assert relay.is_inspected() == "orphan"

    assert world.objects() == {}
    assert relay.event_kinds() == kinds
    relay.mailer_runs()
    assert len(world.mails()) == mailed


@pytest.mark.parametrize(
    ("key", "outcome"),
    [
        ("other/00000000-0000-4000-8000-000000000000/cv", "foreign"),
        ("sealed/cv", "foreign"),
        ("sealed/a/b/cv", "foreign"),
        ("sealed/00000000-0000-4000-8000-000000000000/cv", "missing"),
        ("sealed/00000000-0000-4000-8000-000000000000/photo", "missing"),
    ],
)
def test_a_key_that_is_no_announced_document_is_never_opened(
    world: World, time: Clock, key: str, outcome: str
) -> None:
    assert inspecting.inspect(key, now=clock.utc_now()) == outcome
    assert world.table("RELAY_TABLE") == []


@pytest.mark.parametrize("kind", ["cv", "photo"])
def test_an_object_that_nobody_announced_is_not_read(world: World, time: Clock, kind: str) -> None:
    key = f"sealed/00000000-0000-4000-8000-000000000000/{kind}"
    aws.s3().put_object(Bucket=world.environment["DOCUMENT_BUCKET"], Key=key, Body=b"x")

    assert inspecting.inspect(key, now=clock.utc_now(), reason=functions.AGAIN) == "orphan"

    assert world.objects() == {} and world.table("RELAY_TABLE") == []


@pytest.mark.parametrize("operation", ["GetObject", "BatchGetItem", "Decrypt"])
def test_an_inspection_that_fails_notes_the_arrival(world: World, time: Clock, operation: str) -> None:
    relay = _uploaded(world)

    with Tap(act=strike(Mode.REFUSED), operation=operation).open(), pytest.raises(TryAgain):
        relay.is_inspected()

    assert relay.deposit().state is DepositState.RECEIVED
    assert relay.is_inspected() == "verified"
    assert relay.event_kinds()[3:] == [EventKind.DOCUMENTS_RECEIVED, EventKind.DOCUMENTS_VERIFIED]


def test_an_inspection_whose_process_does_not_start_notes_the_arrival(
    world: World, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = _uploaded(world)
    monkeypatch.setattr(sys, "executable", "/nowhere")

    with pytest.raises(OSError):
        relay.is_inspected()

    assert relay.deposit().state is DepositState.RECEIVED


def test_documents_whose_inspection_is_cut_each_time_live_as_long_as_unopened_ones(
    world: World, time: Clock
) -> None:
    """A first try notes nothing before its end; the event that the purge repeats notes the arrival before anything else."""
    relay, cut = _uploaded(world), strike(Mode.CRASH_BEFORE)
    with Tap(act=cut, operation="Decrypt").open(), pytest.raises(Crash):
        relay.is_inspected()
    assert relay.deposit().state is DepositState.EXPECTED
    time.passes(minutes=2)

    with woken() as events:
        relay.purges()
    with Tap(act=cut, operation="Decrypt").open(), pytest.raises(Crash):
        _function(events[0])

    time.passes(days=10)
    assert relay.purges().erased == 0
    assert relay.is_inspected() == "verified"


def test_what_the_metadata_says_of_the_parcours_is_where_to_look_and_no_more(
    world: World, time: Clock
) -> None:
    relay, other = _uploaded(world), relays.takes(world, relays.started(world).tutor)
    place = {"Bucket": world.environment["DOCUMENT_BUCKET"], "Key": str(relay.forms[0]["fields"]["key"])}
    stored_object = aws.s3().get_object(**place)  # type: ignore[arg-type]
    elsewhere = stored_object["Metadata"] | {"parcours": other.parcours_id}
    aws.s3().put_object(**place, Body=stored_object["Body"].read(), Metadata=elsewhere)  # type: ignore[arg-type]

    assert relay.is_inspected() == "verified"

    assert relay.event_kinds()[3:] == [EventKind.DOCUMENTS_RECEIVED, EventKind.DOCUMENTS_VERIFIED]
    assert EventKind.DOCUMENTS_VERIFIED not in other.event_kinds()


def _uploaded(world: World) -> Relay:
    """Return a parcours whose document was uploaded and not inspected."""
    relay = relays.started(world)
    relay.announces()
    relay.uploads()
    return relay


def test_an_event_of_another_bucket_is_ignored(relay: Relay, world: World, time: Clock) -> None:
    relay.announces()
    relay.uploads()
    time.passes(minutes=2)
    with woken() as events:
        relay.purges()
    (event,) = events
    before = world.everything()

    _function({**event, "detail": {**event["detail"], "bucket": {"name": "another"}}})
    assert world.everything() == before

    _function(event)
    assert relay.deposit().state is DepositState.VERIFIED


def _function(event: dict[str, Any]) -> None:
    """Invoke the deployed function with the event that the purge sends in place of a lost one."""
    from app import app

    app.handler_map["inspect"](event, None)


@contextmanager
def woken() -> Iterator[list[dict[str, Any]]]:
    """The list of events with which the product invokes `inspect` during the test."""
    heard: list[dict[str, Any]] = []

    def hear(params: dict[str, Any], **_: object) -> None:
        if "INSPECT" in params["url_path"]:
            heard.append(json.loads(params["body"]))

    events = aws.lambda_().meta.events
    events.register("before-call.lambda.Invoke", hear)
    try:
        yield heard
    finally:
        events.unregister("before-call.lambda.Invoke", hear)
