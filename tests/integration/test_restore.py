"""A lost table is put back from its backup, and nothing that was erased comes back with it."""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import clock, terms
from chalicelib.domain import proving, retention
from chalicelib.domain.accounts.managing import Organisation
from chalicelib.domain.kernel.attempt import OfferKey, offer_key
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.kernel.values import ParcoursStatus, Step
from chalicelib.stores import aws, items, tables, transactions
from chalicelib.stores import parcours_table as stored
from chalicelib.stores import relay_table as retained
from chalicelib.stories import outcomes, subjects
from chalicelib.stories.kit.deciding import decision_inputs
from infra import restore
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.support import relays
from tests.support.http import Client, signed_in
from tests.support.relays import Relay
from tests.support.worlds import World


def make_backup(world: World) -> restore.Backup:
    """Copy the table of parcours, and read the copy as a backup."""
    name = world.environment[items.PARCOURS]
    dynamodb = aws.dynamodb()
    copy = restore.make_copy(dynamodb, name, clock.utc_now())
    return restore.read_table(dynamodb, copy)


def restore_from(world: World, backup: restore.Backup, erased: Collection[str] = ()) -> restore.Plan:
    """Run the command's work on a restored copy."""
    name = world.environment[items.PARCOURS]
    backup = restore.mark_erased(backup, erased, clock.utc_now())
    made = restore.plan_restore(backup, restore.read_table(aws.dynamodb(), name), clock.utc_now())
    restore.put_back(aws.dynamodb(), name, made)
    return made


def lose_everything(world: World) -> None:
    """Delete every item of the table of parcours."""
    for item in world.table(items.PARCOURS):
        aws.dynamodb().delete_item(
            TableName=world.environment[items.PARCOURS], Key=items.encode_key((item["pk"], item["sk"]))
        )
    assert world.table(items.PARCOURS) == []


def lose_the_region(world: World) -> None:
    """Leave both tables and the storage empty, as in a stack that was just deployed elsewhere."""
    lose_everything(world)
    for item in world.table(items.RELAY):
        aws.dynamodb().delete_item(
            TableName=world.environment[items.RELAY], Key=items.encode_key((item["pk"], item["sk"]))
        )
    for key in world.objects():
        aws.s3().delete_object(Bucket=world.environment["DOCUMENT_BUCKET"], Key=key)


def without_marks(world: World) -> list[str]:
    """The items of the table without the values drawn or counted at each write."""
    passing = {"mark", "revision", "words_written"}
    return sorted(
        repr(sorted((name, value) for name, value in item.items() if name not in passing))
        for item in world.table(items.PARCOURS)
    )


@pytest.fixture
def relay(world: World, time: Clock) -> Relay:
    """A parcours whose link was sent."""
    relay = relays.started(world)
    relay.sends()
    return relay


def test_what_a_proof_of_erasure_had_invented_does_not_come_back(relay: Relay) -> None:
    """The backup may have been made while a proof of erasure was running."""
    world, now = relay.world, clock.utc_now()
    transactions.commit(proving.begin(None, now))
    known = retained.read_purge_proof()
    assert known is not None
    transactions.commit(
        proving.play(known, "preuve@passe-plat.example", "0" * 32, "0" * 64, "0" * 32, decision_inputs(now))
    )
    backup = make_backup(world)
    lose_everything(world)

    restore_from(world, backup)

    assert stored.read_parcours(relay.parcours_id)
    assert not [item for item in world.table(items.PARCOURS) if item.get("synthetic")]


def test_all_that_was_lost_comes_back_with_its_lists(relay: Relay) -> None:
    world, backup = relay.world, make_backup(relay.world)
    stood = without_marks(world)
    lose_everything(world)

    restore_from(world, backup)

    assert without_marks(world) == stood
    assert restore_from(world, backup).counts() == {"Event": 0, "delays": 0}, (
        "run again, it finds nothing lost"
    )


def test_after_a_lost_region_the_timeline_is_back_and_the_tutor_sends_anew(relay: Relay) -> None:
    """Documents, links and sessions are lost with the region; where each passage was is not, and nothing stands in its way."""
    world, backup, link = relay.world, make_backup(relay.world), relay.tokens()[0]
    facts = relay.event_kinds()
    lose_the_region(world)

    restore_from(world, backup)

    assert relay.event_kinds() == facts
    assert relay.head().step is Step.DOCUMENTS_TO_SEND
    assert signed_in(relay.tutor).get(f"/parcours/{relay.parcours_id}").status == 200
    assert Client().post_json("/retrait/apercu", {"token": link}).status == 410, "the link of before"
    assert relay.purges().failed == 0
    assert relay.sends() != link


def _assert_nothing_is_left_of(attempt: int, restored: list[items.Plain]) -> None:
    """Check that neither this passage nor its events nor its reference stand in the table."""
    assert not [item for item in restored if item["sk"] == f"attempt#{attempt}"]
    assert not [
        item for item in restored if item["sk"].startswith("event#") and item.get("attempt") == attempt
    ]
    assert not [item for item in restored if item["pk"].startswith("ref#")]


def test_a_restore_brings_back_nothing_erased_since_the_backup(relay: Relay, time: Clock) -> None:
    """The history had one day left to live when the backup was made."""
    sending_changes.ends(relay)
    world, attempt = relay.world, relay.head().attempt or 0
    time.passes(days=360)
    backup = make_backup(world)
    time.passes(days=7)
    for _ in range(3):
        relay.purges()
    erased = {item["sk"] for item in world.table(items.PARCOURS)}
    assert f"attempt#{attempt}" not in erased
    stood = without_marks(world)
    assert relay.head().reference is None
    lose_everything(world)

    made = restore_from(world, backup)

    assert made.kept_erased >= 1
    _assert_nothing_is_left_of(attempt, world.table(items.PARCOURS))
    assert without_marks(world) == stood, "nor does the parcours tell of its last passage"


@pytest.mark.parametrize("is_region_lost", [False, True], ids=["passage lost", "region lost"])
def test_a_restore_leaves_out_what_was_erased_on_request(
    relay: Relay, time: Clock, is_region_lost: bool
) -> None:
    """The passage was under way in the copy: its offer comes back free, or stays with the next young person."""
    world, head = relay.world, relay.head()
    backup, reference = make_backup(world), str(head.reference)
    subjects.begin_erasure(reference, now=clock.utc_now())
    for _ in range(3):
        time.passes(minutes=2)
        relay.purges()
        relay.mailer_runs()
    if is_region_lost:
        lose_the_region(world)

    restore_from(world, backup, {reference})

    _assert_nothing_is_left_of(head.attempt or 0, world.table(items.PARCOURS))
    assert (relay.head().status, relay.head().reference) == (ParcoursStatus.AVAILABLE, None)
    outcomes.take_offer(relay.tutor, relay.parcours_id, now=clock.utc_now())
    assert relay.purges().failed == 0
    assert signed_in(relay.tutor).get(f"/parcours/{relay.parcours_id}").status == 200


def test_nothing_is_put_back_until_the_command_is_told_what_was_erased(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = ["--stack", "x", "--from", "a-copy", "--put-back"]

    for erased, answer in (([], "Say which passages"), (["--erased", "CSF-7K3"], "No reference: CSF-7K3")):
        assert restore.main([*asked, *erased]) != 0
        assert answer in capsys.readouterr().err


def test_a_restore_does_not_complete_a_half_erased_history(relay: Relay, time: Clock) -> None:
    """A history goes sixty facts at a time: what has gone of it does not come back."""
    sending_changes.ends(relay)
    world, head = relay.world, relay.head()
    time.passes(days=360)
    backup = make_backup(world)
    time.passes(days=7)
    attempt = stored.read_attempt(head.id, head.attempt or 0)
    transactions.commit(retention.mark_attempt(attempt, terms.retention(), clock.utc_now()))
    first, *_ = [event for event in stored.read_whole_page(head.id).events if event.attempt == attempt.number]
    transactions.commit(Transition(erased=(first,)))
    stood = without_marks(world)

    restore_from(world, backup)

    assert without_marks(world) == stood


def test_a_restore_never_overwrites_existing_items(relay: Relay) -> None:
    world, backup = relay.world, make_backup(relay.world)
    sending_changes.ends(relay)
    stood = without_marks(world)

    restore_from(world, backup)

    assert without_marks(world) == stood


def test_a_copy_is_of_the_instant_that_is_asked_for_and_none_is_left(relay: Relay, time: Clock) -> None:
    name, dynamodb = relay.world.environment[items.PARCOURS], aws.dynamodb()
    first = restore.make_copy(dynamodb, name, clock.utc_now())
    sending_changes.ends(relay)
    later = clock.utc_now() + timedelta(seconds=1)

    second = restore.make_copy(dynamodb, name, later)

    assert restore.read_table(dynamodb, first).parcours[relay.parcours_id] != relay.head()
    assert restore.read_table(dynamodb, second).parcours[relay.parcours_id] == relay.head()
    assert restore.make_copy(dynamodb, name, later) == second, "it is not made twice"
    assert sorted(restore.drop_copies(dynamodb, name)) == sorted((first, second))
    assert not [table for table in dynamodb.list_tables()["TableNames"] if restore.COPY in table]


def test_the_key_of_an_offer_that_was_edited_since_stays_free(relay: Relay) -> None:
    """Another buyer may enter the offer that this one was."""
    world, head = relay.world, relay.head()
    backup = make_backup(world)
    edited = replace(head, contract=replace(head.contract, lot="Lot 99"))
    assert edited.contract != head.contract
    before = tables.read_record(OfferKey, items.offer_key(offer_key(head)))
    after = OfferKey(key=offer_key(edited), parcours=head.id)
    sending_changes.commit(Change(head, edited), Change(before, None), Change(None, after))
    stood = without_marks(world)

    restore_from(world, backup)

    assert without_marks(world) == stood


def test_the_choice_of_an_organisation_comes_back_while_it_is_in_use_or_young(
    relay: Relay, time: Clock
) -> None:
    world = relay.world
    chosen = Organisation(name=relay.head().contract.organisation, by_buyer=True, checked_at=clock.utc_now())
    nobodys = replace(chosen, name="Ministère que personne ne connaît")
    sending_changes.commit(Change(None, chosen), Change(None, nobodys))
    backup = make_backup(world)
    lose_everything(world)
    young = restore_from(world, backup)
    assert {record.name for record in young.records if isinstance(record, Organisation)} == {
        chosen.name,
        nobodys.name,
    }

    time.passes(days=367)
    lose_everything(world)
    old = restore_from(world, backup)

    assert [record.name for record in old.records if isinstance(record, Organisation)] == [chosen.name]
    assert old.kept_erased == 1


def test_a_closed_account_whose_time_is_over_does_not_come_back(relay: Relay, time: Clock) -> None:
    world = relay.world
    before = stored.read_account(relay.tutor.id)
    assert before is not None
    backup = make_backup(world)
    closed = replace(before, closed_at=clock.utc_now())
    backup.records = [closed]
    time.passes(days=400)
    lose_everything(world)

    assert restore_from(world, backup).kept_erased >= 1
    assert stored.read_account(relay.tutor.id) is None
