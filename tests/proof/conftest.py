"""Fixtures of the long suite."""

from collections.abc import Iterator

import pytest

from chalicelib.stores import aws
from tests.faults.snapshots import QuickWorld
from tests.support.quick_moto import tables_answer_at_once
from tests.support.worlds import World


@pytest.fixture
def quick_world(world: World) -> Iterator[QuickWorld]:
    """An empty world on moto, of which much is asked: its tables answer at once."""
    with tables_answer_at_once(aws.dynamodb()):
        yield QuickWorld(world.environment, world.mails)
