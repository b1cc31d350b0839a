"""A proof of erasure that dies at any call, or whose functions do: the next one erases what it left, and proves it."""

from collections.abc import Iterator

import pytest

from chalicelib.domain import proving
from tests.conftest import Clock
from tests.faults.machinery import Broken, Explorer
from tests.support import nights
from tests.support.nights import Night
from tests.support.worlds import World


@pytest.fixture
def night(world: World, time: Clock) -> Iterator[Night]:
    with nights.begin_night(world, time) as begun:
        yield begun


def test_wherever_a_proof_breaks_the_next_one_erases_what_it_left(night: Night) -> None:
    def check(broken: Broken) -> None:
        night.time.now += proving.LIFE
        assert night.run().outcome == "proved"
        assert night.list_stored() == []

    Explorer("proof of erasure", night.world, night.time).explore(night.run, check)
