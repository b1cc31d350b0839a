"""What a RUN decides, without tables: whom a lease holds off, what passes over, what ends."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.domain import running as runs
from chalicelib.domain.kernel.transition import Transition
from chalicelib.domain.running import LEASE, MOST_PARCOURS, Lease, Offered, Run
from chalicelib.errors import LeaseLost
from tests.support.factories import NOON

SOON = NOON + timedelta(minutes=1)


def a_run(account: str = "ours", *waiting: str) -> Run:
    """Return a RUN of this account that has just begun."""
    return runs.start(f"run-of-{account}", account, Offered(waiting or ("a", "b", "c")), NOON)


def held(run: Run, parcours: str = "a") -> tuple[Run, Lease]:
    """Return a RUN that has taken this parcours, and its lease."""
    taken, change = runs.take(run, parcours, None, NOON)
    assert isinstance(change.after, Lease)
    return taken, change.after


def noted_on(run: Run, lease: Lease) -> Run:
    """Return the RUN once something is noted on its current parcours."""
    noted = runs.note(run, lease, str(run.current), "event", SOON)[0].after
    assert isinstance(noted, Run)
    return noted


def test_a_run_walks_at_most_what_a_list_reads() -> None:
    run = a_run("ours", *map(str, range(500)))

    assert (len(run.waiting), run.is_cut) == (MOST_PARCOURS, True)
    assert not a_run().is_cut
    assert runs.start("longer", "ours", Offered(("a",), is_cut=True), NOON).is_cut


def test_a_lease_holds_others_off_for_twenty_minutes_and_its_owner_never() -> None:
    _, lease = held(a_run())
    other = a_run("theirs")

    assert lease.until == NOON + LEASE
    with pytest.raises(LeaseLost):
        runs.take(other, "a", lease, NOON + LEASE - timedelta(milliseconds=1))
    assert runs.take(other, "a", lease, NOON + LEASE)[0].current == "a"
    assert not lease.is_held_against(runs.start("another", "ours", Offered(("a",)), SOON), SOON)


def test_a_treated_parcours_is_left_aside_by_runs_that_began_before_and_by_no_later_one() -> None:
    run, lease = held(a_run())
    left, change = runs.leave(noted_on(run, lease), lease, SOON)
    assert change is not None and isinstance(change.after, Lease)

    assert left.treated == ("a",)
    assert change.after.is_done_for(a_run("theirs"))
    assert not change.after.is_done_for(runs.start("later", "theirs", Offered(("a",)), SOON + LEASE))
    assert not change.after.is_held_against(a_run("theirs"), SOON)


def test_what_was_only_looked_at_is_free_for_others_and_not_treated() -> None:
    run, lease = held(a_run())
    left, change = runs.leave(run, lease, SOON)
    assert change is not None and isinstance(change.after, Lease)

    assert (left.current, left.treated) == (None, ("a",))
    assert not change.after.is_done_for(a_run("theirs"))
    assert not change.after.is_held_against(a_run("theirs"), SOON)


def test_what_is_held_waits_behind_the_others_and_what_is_done_goes() -> None:
    run = a_run()

    assert runs.pass_over(run, "a", done=False).waiting == ("b", "c", "a")
    gone = runs.pass_over(run, "a", done=True)
    assert (gone.waiting, gone.elsewhere, gone.total) == (("b", "c"), 1, 2)


def test_noting_renews_the_lease_and_is_remembered_once() -> None:
    run, lease = held(a_run())

    changes = runs.note(run, lease, "a", "event", SOON)

    noted, renewed = (change.after for change in changes)
    assert isinstance(noted, Run) and isinstance(renewed, Lease)
    assert renewed.until == SOON + LEASE
    assert runs.note(noted, renewed, "a", "event", SOON + LEASE / 2) == (), "the same form once more"


def test_a_lost_lease_is_not_renewed() -> None:
    run, lease = held(a_run())
    theirs = replace(lease, account="theirs", run="run-of-theirs")

    assert runs.renew(run, theirs, "a", SOON) == ()
    assert runs.renew(run, None, "a", SOON) == ()
    assert runs.renew(run, lease, "b", SOON) == ()
    assert runs.leave(run, theirs, SOON)[1] is None
    assert runs.leave(run, None, SOON)[1] is None


@pytest.mark.parametrize("has_noted", [True, False])
def test_ending_keeps_as_treated_what_something_was_noted_on(has_noted: bool) -> None:
    run, lease = held(a_run())
    if has_noted:
        changed = runs.note(run, lease, "a", "event", SOON)[0].after
        assert isinstance(changed, Run)
        run = changed

    over = runs.finish(run, lease, SOON)

    ended, released = (change.after for change in over.changes)
    assert isinstance(ended, Run) and isinstance(released, Lease)
    assert ended.current is None and ended.ended_at == SOON
    assert ended.treated == (("a",) if has_noted else ())
    assert ended.waiting == (("b", "c") if has_noted else ("a", "b", "c"))
    assert not released.is_held_against(a_run("theirs"), SOON)
    assert released.is_done_for(a_run("theirs")) is has_noted


def test_ending_an_ended_run_changes_nothing_it_says() -> None:
    run = runs.finish(a_run(), None, SOON).changes[0].after
    assert isinstance(run, Run)

    assert runs.finish(run, None, SOON + LEASE) == Transition.nothing()
