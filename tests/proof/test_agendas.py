"""Every calendar comes to hold what is true, whatever becomes of a meeting and however late the mails leave.

Two minutes long: ``make proof`` runs it. ``AGENDA_DEPTH=4`` goes further, for an hour.
"""

import os

import pytest

from tests.conftest import Clock
from tests.faults.snapshots import QuickWorld
from tests.support import agendas
from tests.support.agendas import Stage
from tests.support.worlds import World

DEPTH = int(os.environ.get("AGENDA_DEPTH", "3"))
"""How many changes of a meeting follow one another."""


@pytest.mark.parametrize(
    ("holder", "depth", "late"),
    [
        (agendas.HOLDER, DEPTH - 1, True),
        (agendas.HOLDER, DEPTH, False),
        (agendas.CONTACTS[0], DEPTH - 1, True),
    ],
)
def test_after_every_sequence_of_changes_every_calendar_holds_what_is_true(
    world: World, time: Clock, holder: str, depth: int, late: bool
) -> None:
    """After each sequence of ``depth`` changes, every sort of calendar of every person holds the truth; ``late``: mails may
    leave after the next change.
    """
    stage = Stage.begun(QuickWorld(world.environment, world.mails), time, holder)
    tried = 0
    for path, wrong in agendas.walk(stage, depth, late=late):
        assert not wrong, f"{', '.join(path)}: {wrong}"
        tried += 1

    print(f"{tried} sequences")
