"""Work that one run cannot do: the function starts itself for pages of it."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.clock import utc_now
from chalicelib.stories.kit import batches
from chalicelib.stories.kit.batches import Batch
from tests.faults.wire import Call, Mode, Tap, reject, strike
from tests.support.http import pages_started
from tests.support.worlds import World


@pytest.mark.parametrize(
    ("count", "sizes"),
    [
        (0, []),
        (1, [1]),
        (batches.LEAST_ON_A_PAGE, [200]),
        (batches.LEAST_ON_A_PAGE + 1, [101, 100]),
        (30_000, [7_500] * 4),
    ],
)
def test_few_keys_are_one_page_and_many_are_four(count: int, sizes: list[int]) -> None:
    pages = batches.split_into_pages([str(key) for key in range(count)])

    assert [len(page) for page in pages] == sizes
    assert sorted(int(key) for page in pages for key in page) == list(range(count))


def test_the_first_keys_are_the_first_of_each_page() -> None:
    pages = batches.split_into_pages([str(key) for key in range(1_000)])

    assert [page[0] for page in pages] == ["0", "1", "2", "3"]


def test_a_run_does_one_page_and_starts_the_others(world: World) -> None:
    batch, keys = Batch(), [f"{key:032x}" for key in range(1_000)]
    with pages_started() as events:
        mine = batch.share("letters", keys, now=utc_now())

    assert batch.left == 0
    assert {event["detail"]["work"] for event in events} == {"letters"}
    assert sorted(mine + [key for event in events for key in event["detail"]["keys"]]) == keys


def test_what_one_run_can_do_starts_no_other(world: World) -> None:
    with pages_started() as events:
        assert Batch().share("letters", ["a", "b"], now=utc_now()) == ["a", "b"]

    assert not events


@pytest.mark.parametrize("failure", [strike(Mode.REFUSED), reject], ids=["passing", "lasting"])
def test_a_page_for_which_no_run_starts_is_done_by_this_run(
    world: World, failure: Callable[[Call, str, Any], None]
) -> None:
    batch, keys = Batch(), [f"{key:032x}" for key in range(1_000)]
    with pages_started(), Tap(act=failure, operation="Invoke").open():
        own = batch.share("letters", keys, now=utc_now())

    assert (sorted(own), batch.left) == (keys, 0)
