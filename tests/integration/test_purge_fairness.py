"""The minute function does a part of everything each minute: no kind of work hides or starves another."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib import config
from chalicelib.domain.kernel.deposit import Deposit, DepositState
from chalicelib.domain.kernel.link import Tries
from chalicelib.domain.kernel.transition import MailKind, OutboxMail
from chalicelib.domain.kernel.values import Kind, ParcoursStatus
from chalicelib.domain.retention import Pace
from chalicelib.stores import aws, items, objects, parcours_table
from chalicelib.stores import relay_table as stored
from chalicelib.stories import retention
from tests.conftest import Clock
from tests.faults.wire import Call, Mode, Tap, strike
from tests.support import crowds, factories, relays
from tests.support.relays import Browser, Relay
from tests.support.worlds import World
from tests.support.writing import change_record


def _mail(number: int, at: datetime) -> OutboxMail:
    """Return a mail that waits, as a request for a code writes it."""
    return OutboxMail(key=f"m{number}", kind=MailKind.SIGN_IN_CODE, created_at=at, challenge=f"c{number}")


def _erasure(number: int, parcours: str, at: datetime) -> Deposit:
    """Return a deposit whose documents were sent and must be erased at ``at``."""
    return Deposit(
        id=f"d{number}",
        parcours=parcours,
        attempt=1,
        kinds=(Kind.CV,),
        state=DepositState.LEFT,
        created_at=at,
        received_at=at,
        form_signed_at=at,
        erase_at=at,
    )


def _at_work(tap: Tap, time: Clock, **takes: float) -> list[tuple[datetime, list[str]]]:
    """Let every listing and deletion in the bucket take a while; return a list that fills with the instant at which each mailer
    is woken, and the mails that it is woken for.
    """
    woken: list[tuple[datetime, list[str]]] = []

    def act(call: Call, _: str, request: Any) -> None:
        if call.operation in {"ListObjectsV2", "DeleteObject"}:
            time.passes(**takes)
        elif call.operation == "Invoke":
            woken.append((time.now, json.loads(request.body).get("mails", [])))

    tap.act = act
    tap.every = True
    return woken


@pytest.fixture
def quick_mail_service(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A mail service that takes 6,000 mails a minute: no more are woken at once."""
    monkeypatch.setenv("MAILS_PER_SECOND", "100")
    config.settings.cache_clear()
    yield
    config.settings.cache_clear()


@pytest.mark.proof
@pytest.mark.usefixtures("quick_mail_service")
def test_erasures_and_mails_are_done_in_one_run_however_many_wait(relay: Relay, time: Clock) -> None:
    now = time.now
    crowds.write(*(_mail(number, now - timedelta(minutes=5)) for number in range(5_000)))
    crowds.write(*(_erasure(number, relay.parcours_id, now) for number in range(50)))

    with Tap().open() as tap:
        woken = _at_work(tap, time, seconds=0)
        report = retention.purge(now=now + timedelta(seconds=1))

    assert (report.erased, report.mails, report.left, report.failed) == (50, 5_000, 0, 0)
    assert sorted(key for _, keys in woken for key in keys) == sorted(f"m{number}" for number in range(5_000))


def test_mails_are_woken_first_and_a_run_ends_in_time_however_many_erasures_are_due(
    relay: Relay, world: World, time: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    now = time.now
    crowds.write(_mail(0, now))
    crowds.write(*(_erasure(number, relay.parcours_id, now) for number in range(3_500)))
    stray = objects.object_key("nobodys", Kind.CV)
    aws.s3().put_object(Bucket=world.environment["DOCUMENT_BUCKET"], Key=stray, Body=b"stray")
    contract = replace(relay.head().contract, ends_on=(now - timedelta(days=3)).date())
    over = factories.offer(contract=contract)
    crowds.write(over)
    stored.keep_cursor(objects.PREFIX)
    due = next(item["due"] for item in world.table(items.PARCOURS) if item["pk"] == f"parcours#{over.id}")
    while retention.ROUND[retention.choose_turn(time.now)] != (items.PARCOURS, due):
        time.passes(minutes=1)

    began = time.now
    with Tap().open() as tap:
        woken = _at_work(tap, time, seconds=0.5)
        relays.minute_event()
    took = time.now - began

    (line,) = [
        line for line in map(json.loads, capsys.readouterr().out.splitlines()) if line["event"] == "purge"
    ]
    assert woken[0][1] == ["m0"] and woken[0][0] - began < timedelta(seconds=1)
    assert timedelta(seconds=20) < took <= retention.BUDGET + timedelta(seconds=2)
    assert line["erased"] >= 30 and line["left"] == 3_500 - line["erased"]
    assert stray not in world.objects(), "the walk has its share"
    assert parcours_table.read_parcours(over.id).status is ParcoursStatus.LAPSED, (
        "and so has what ends by itself"
    )


@pytest.mark.proof
def test_an_object_whose_event_was_lost_is_inspected_however_many_erasures_are_due(
    relay: Relay, time: Clock
) -> None:
    relay.announces()
    relay.uploads()
    time.passes(minutes=3)
    crowds.write(*(_erasure(number, relay.parcours_id, time.now) for number in range(200)))
    with Tap().open() as tap:
        _at_work(tap, time, seconds=1)
        report = relay.purges()

    assert report.woken == 1 and report.left > 0


def test_the_purge_looks_at_everything_within_fifteen_minutes(world: World, time: Clock) -> None:
    asked = {retention.choose_turn(time.now + timedelta(minutes=minute)) for minute in range(15)}

    assert asked == set(range(len(retention.ROUND)))
    wanted = {partition for kind in items.Due for partition in items.list_partitions_of(kind)}
    by_morning = set(items.list_partitions(Pace.MORNING))
    assert {*retention.EACH_MINUTE, *retention.ROUND} | by_morning == wanted


@pytest.mark.parametrize("promised", [items.Due.DEPOSIT, items.Due.APPOINTMENT, items.Due.LINK])
def test_promised_erasures_share_no_partition_with_what_can_pile_up(
    promised: items.Due,
) -> None:
    """The purge looks at the oldest 50,000 items of a partition: promised erasures lie in partitions that nothing else can
    fill.
    """
    endless = (items.Due.MAIL, items.Due.CHALLENGE, items.Due.COUNT, items.Due.SESSION, items.Due.TRIES)
    heaped = {partition for kind in endless for partition in items.list_partitions_of(kind)}

    assert heaped.isdisjoint(items.list_partitions_of(promised))


def test_a_deposit_whose_parcours_is_gone_keeps_none_of_the_others(relay: Relay, time: Clock) -> None:
    crowds.write(*(_erasure(number, relay.parcours_id, time.now) for number in range(5)))
    crowds.write(_erasure(99, "gone", time.now - timedelta(seconds=1)))

    report = relay.purges()

    assert (report.erased, report.failed) == (5, 1)


def test_a_deposit_that_cannot_be_read_keeps_none_of_the_others(relay: Relay, time: Clock) -> None:
    crowds.write(*(_erasure(number, relay.parcours_id, time.now) for number in range(5)))
    aws.dynamodb().update_item(
        TableName=config.resource(items.RELAY),
        Key=items.encode_key(items.deposit_key("d1")),
        UpdateExpression="SET attempt = :no",
        ExpressionAttributeValues={":no": {"S": "?"}},
    )

    report = relay.purges()

    assert (report.erased, report.failed) == (4, 1)


def test_one_object_that_cannot_be_erased_stops_neither_the_walk_nor_the_others(
    relay: Relay, world: World
) -> None:
    first, second = (objects.object_key(name, Kind.CV) for name in ("a", "b"))
    for key in (first, second):
        aws.s3().put_object(Bucket=world.environment["DOCUMENT_BUCKET"], Key=key, Body=b"stray")

    def act(call: Call, event: str, request: Any) -> None:
        if call.operation == "DeleteObject" and "/a/" in request.url:
            strike(Mode.REFUSED)(call, event, request)

    with Tap(act=act, every=True).open():
        report = relay.purges()

    assert (report.orphans, report.failed) == (1, 1)
    assert set(world.objects()) == {first}


def test_a_mail_is_late_by_when_it_was_asked_for_however_often_it_was_tried(
    relay: Relay, time: Clock
) -> None:
    mail = _mail(0, time.now)
    crowds.write(mail)
    time.passes(minutes=20)
    tried = stored.read_mail(mail.key)
    assert tried is not None
    change_record(tried, replace(tried, lease_until=time.now))

    assert retention.purge(now=time.now).late == 1, "and no later than its lease"
    waits = stored.read_mail(mail.key)
    assert waits is not None
    again = replace(waits, lease_until=time.now + timedelta(minutes=2))
    change_record(waits, again)
    report = relay.purges()
    assert (report.late, report.mails) == (1, 0), "it is seen while it waits for its next try"


def test_wrong_answers_go_with_their_link_or_by_themselves(relay: Relay, world: World, time: Clock) -> None:
    token = relay.sends()
    with pytest.raises(Exception, match=r".*"):
        Browser().proves(token, "autre@entreprise.example")
    link = relay.link()
    tries = stored.read_tries(link.id)
    assert isinstance(tries, Tries)
    (item,) = [item for item in world.table("RELAY_TABLE") if item["sk"] == "tries"]
    assert item["ttl"] == int(link.closes_at.timestamp())

    relay.purges()
    assert stored.read_tries(link.id) == tries
    time.now = link.closes_at
    relay.purges()
    assert stored.read_tries(link.id) is None and stored.read_link(link.id) is None


def test_a_letter_is_late_after_hours_and_any_other_mail_after_minutes(relay: Relay, time: Clock) -> None:
    letter = factories.decision_inputs(time.now).build_mail(MailKind.DIGEST, account=relay.tutor.id)
    notice = factories.decision_inputs(time.now).build_mail(MailKind.SENDING_NOTICE)
    crowds.write(letter, notice)
    time.passes(hours=2)
    assert retention.purge(now=time.now).late == 1, "the notice"
    time.passes(hours=2)
    assert retention.purge(now=time.now).late == 2
