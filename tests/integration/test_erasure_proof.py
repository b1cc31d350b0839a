"""The daily proof of erasure: what it proves, what it notices, and that it leaves nothing behind, however it ends."""

import json
import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import clock
from chalicelib.domain import proving
from chalicelib.domain.proving import Verdict
from chalicelib.stores import aws, objects, relay_table
from chalicelib.stories import proof, reminding
from infra import BY_SCHEDULE
from infra.local import LocalCloud
from tests.conftest import Clock
from tests.support import nights, relays
from tests.support.nights import PROOF_ADDRESS, Night
from tests.support.worlds import World
from tests.support.writing import change_record

A_MINUTE = timedelta(minutes=1)


@pytest.fixture
def night(world: World, time: Clock) -> Iterator[Night]:
    """A night in which proofs of erasure are run."""
    with nights.begin_night(world, time) as begun:
        yield begun


def count_differences(swept: proving.Swept | None) -> tuple[int, int] | None:
    """Return the objects too many and too few of a comparison; None: it was not finished."""
    return (swept.strays, swept.missing) if swept is not None else None


def put(world: World, key: str) -> None:
    """Store an object that no deposit announced."""
    aws.s3().put_object(Bucket=world.environment["DOCUMENT_BUCKET"], Key=key, Body=b"x")


def test_a_synthetic_deposit_is_sent_opened_and_erased_in_time(night: Night) -> None:
    """A proof sends, opens and erases a deposit of its own, finds no stray object (``swept``) and leaves no deposit behind
    (``played``).
    """
    report = night.run()

    assert report.outcome == "proved"
    assert count_differences(report.swept) == (0, 0)
    known = night.read_proof()
    assert known.took_seconds == report.took_seconds
    assert 0 < (report.took_seconds or 0) <= proof.PROMISED.total_seconds()
    assert (known.played, known.busy_until, night.health()) == (None, None, Verdict.PROVED)


def test_a_proof_of_erasure_leaves_no_item_and_sends_one_mail_to_its_own_mailbox(night: Night) -> None:
    night.run()
    night.run()

    assert night.list_stored() == []
    assert [str(mail["To"]) for mail in night.world.mails()] == [PROOF_ADDRESS] * 2


def test_a_purge_that_stands_still_is_noticed_and_what_is_left_goes_with_the_next_proof(night: Night) -> None:
    night.stopped = {"purge"}
    failed = night.run()

    assert (failed.outcome, failed.took_seconds, night.health()) == ("not_erased", None, Verdict.FAILED)
    left = night.read_proof().played
    assert left is not None and relay_table.read_deposit(left.deposit) is not None

    night.stopped = set()
    assert night.run().outcome == "proved"
    assert night.list_stored() == []
    assert night.health() is Verdict.PROVED


def test_as_long_as_the_purge_stands_still_no_more_is_invented(night: Night) -> None:
    """While the deposit of a failed proof is still stored, the next proof makes no further one."""
    night.stopped = {"purge"}
    night.run()
    stored = len(night.list_stored())

    assert night.run().outcome == "left_behind"
    assert len(night.list_stored()) == stored
    assert night.health() is Verdict.FAILED


def test_an_erasure_that_came_too_late_was_noticed_and_stops_no_later_proof(night: Night) -> None:
    night.stopped = {"purge"}
    assert night.run().outcome == "not_erased"
    night.time.passes(hours=5)
    night.purges()
    night.stopped = set()

    assert night.run().outcome == "proved"
    assert night.list_stored() == []


def test_an_erasure_within_the_run_and_later_than_promised_proves_nothing(night: Night) -> None:
    """A proof measures by the instants that the functions noted: an erasure too long after its due time fails, though the run
    itself was short.
    """
    passes = night.passes

    def slow() -> None:
        left = night.read_proof().played
        there = relay_table.read_deposit(left.deposit) if left else None
        if there is not None and there.erase_at <= clock.utc_now():  # ended: as if it had been so for long
            earlier = replace(there, erase_at=there.erase_at - proof.PROMISED)
            change_record(there, earlier)
        passes()

    assert proof.run(now=clock.utc_now(), pause=slow).outcome == "not_erased"


@pytest.mark.parametrize("stopped", ["inspect", "mailer"])
def test_documents_whose_link_does_not_leave_prove_nothing(night: Night, stopped: str) -> None:
    """A proof whose documents are not inspected or whose link is not mailed fails as « not_sent »; what it left goes with the
    next one.
    """
    night.stopped = {stopped}
    assert night.run().outcome == "not_sent"

    night.stopped = set()
    assert night.run().outcome == "proved"
    assert night.list_stored() == []


def test_a_site_that_refuses_proves_nothing(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proof whose site cannot be reached fails as « not_taken », and leaves nothing behind."""
    with monkeypatch.context() as patch:
        patch.setenv("PUBLIC_BASE_URL", "http://127.0.0.1:9")
        assert night.run().outcome == "not_taken"

    assert night.run().outcome == "proved"
    assert night.list_stored() == []


def test_a_form_that_leads_elsewhere_is_not_followed(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proof does not upload to another host than the storage's, as the policy of our pages would keep a browser from doing."""
    monkeypatch.setenv("STORAGE_ORIGIN", "https://ailleurs.example")

    assert night.run().outcome == "not_taken"


class Dies(BaseException):
    """Raised to end the function's process."""


def test_leftovers_of_a_failed_proof_remind_nobody(night: Night) -> None:
    """The link of a failed proof has left and no later proof comes: nobody is reminded of it."""

    def dies() -> None:
        night.passes()
        left = night.read_proof().played
        if left is not None and proving.has_left(relay_table.read_deposit(left.deposit)):
            raise Dies

    with pytest.raises(Dies):
        proof.run(now=clock.utc_now(), pause=dies)
    mailed = len(night.world.mails())
    night.time.now = night.time.now.replace(hour=7, minute=45)  # 08:45 in Paris, in winter
    for _ in range(20):
        night.time.passes(days=1)
        reminding.run(now=clock.utc_now())
        night.passes()

    assert len(night.world.mails()) == mailed == 1


def test_a_second_run_at_once_leaves_the_first_alone(night: Night) -> None:
    heard: list[str] = []
    passes = night.passes

    def meanwhile() -> None:
        if not heard:
            heard.append(proof.run(now=clock.utc_now(), pause=passes).outcome)
        passes()

    assert proof.run(now=clock.utc_now(), pause=meanwhile).outcome == "proved"
    assert heard == ["busy"]
    assert night.list_stored() == []


def test_an_object_that_stays_after_its_erasure_is_noticed(night: Night) -> None:
    """The deposit is marked as erased while an object still lies under its name."""
    passes = night.passes

    def forgetful() -> None:
        passes()
        left = night.read_proof().played
        if (
            left is not None
            and (there := relay_table.read_deposit(left.deposit)) is not None
            and there.erased_at
        ):
            put(night.world, objects.object_key(left.deposit, "cv"))

    assert proof.run(now=clock.utc_now(), pause=forgetful).outcome == "not_erased"
    assert night.health() is Verdict.FAILED


def test_the_comparison_finds_what_nobody_awaits_once_the_purge_had_its_time(night: Night) -> None:
    for key in (f"sealed/{uuid.uuid4()}/cv", "sealed/stray"):
        put(night.world, key)
    night.stopped = {"purge", "inspect"}

    assert count_differences(proof._sweep(clock.utc_now() + A_MINUTE)) == (0, 0), "a moment ago"
    night.time.passes(minutes=15)
    assert count_differences(night.run().swept) == (2, 0)


def test_the_comparison_finds_an_object_that_is_gone_before_its_time(night: Night) -> None:
    relay_of_somebody = relays.started(night.world)
    token = relay_of_somebody.sends()
    assert token
    assert count_differences(night.run().swept) == (0, 0)

    objects.erase([str(relay_of_somebody.forms[-1]["fields"]["key"])])

    report = night.run()
    assert report.outcome == "proved"
    assert count_differences(report.swept) == (0, 1)
    assert night.health() is Verdict.FOUND


def test_documents_ending_during_the_comparison_are_not_reported(night: Night) -> None:
    """Objects are listed before deposits are read: whatever does not fit is looked at once more."""
    relay_of_somebody = relays.started(night.world)
    relay_of_somebody.sends()
    other = relays.started(night.world)
    other.announces()
    other.uploads()
    night.stopped = {"inspect"}  # arrived, and not yet looked at

    assert count_differences(proof._sweep(clock.utc_now() + A_MINUTE)) == (0, 0)


def test_a_comparison_without_time_says_nothing(night: Night) -> None:
    assert night.run().swept is not None
    swept_at = night.read_proof().swept_at

    assert proof._sweep(clock.utc_now()) is None
    assert night.read_proof().swept_at == swept_at


@pytest.mark.cloud
def test_the_deployed_functions_prove_it_by_themselves(cloud: LocalCloud) -> None:
    """As the schedule starts it, by its own role: the deposit goes through the deployed site, inspection, mailer and purge."""
    reports: list[dict[str, int]] = []
    before = len(cloud.mails())
    run = threading.Thread(target=lambda: reports.append(cloud.invoke("Prove", BY_SCHEDULE)))
    run.start()
    while run.is_alive():
        cloud.purge()
        run.join(timeout=1)

    assert reports and reports[0]["proved"] == 1 and reports[0]["strays"] == 0, reports
    assert PROOF_ADDRESS in [recipient for mail in cloud.mails()[before:] for recipient in mail.recipients]
    printed = [json.loads(line) for line in cloud.logs().splitlines() if line.startswith('{"at"')]
    assert "proved" in [line["outcome"] for line in printed if line["event"] == "prove"]
