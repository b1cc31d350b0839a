"""Every calendar comes to hold what is true, a strict client's and a lenient one's, whatever becomes of a meeting."""

import pytest

from tests.conftest import Clock
from tests.faults.snapshots import QuickWorld
from tests.support import agendas, calendar_readers
from tests.support.agendas import Stage
from tests.support.worlds import World


@pytest.mark.proof
@pytest.mark.parametrize("holder", [agendas.HOLDER, agendas.CONTACTS[0]], ids=["another", "the contact"])
def test_after_every_two_changes_of_a_meeting_every_calendar_holds_what_is_true(
    world: World, time: Clock, holder: str
) -> None:
    stage = Stage.begun(QuickWorld(world.environment, world.mails), time, holder)

    wrong_calendars = {path: wrong for path, wrong in agendas.walk(stage, 2, late=False) if wrong}

    assert not wrong_calendars, "\n".join(
        f"{', '.join(path)}: {wrong}" for path, wrong in wrong_calendars.items()
    )
    calendar_readers.assert_read_alike(sorted(stage.texts))
