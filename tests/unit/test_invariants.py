"""What no value of the domain can be, however it is made."""

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date, datetime
from typing import Any

import pytest

from chalicelib.domain.kernel.board import Board
from chalicelib.domain.kernel.deposit import SEALING_BYTES, Document
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.values import Kind, ParcoursStatus, Setback, Step
from chalicelib.domain.meetings.slots import Slot
from chalicelib.domain.parcours.ending import End
from tests.support import factories
from tests.support.factories import NOON

NAIVE = datetime(2026, 12, 1, 11)
DOCUMENT = Document(kind=Kind.CV, sealed_bytes=1000, sha256="", key_sha256="")
END = End(kind=EventKind.ATTEMPT_STOPPED, occurred_at=NOON, days=3)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Slot(start=NOON, minutes=14),
        lambda: Slot(start=NOON, minutes=241),
        lambda: replace(factories.offer().placement, hours=0),
        lambda: replace(factories.offer().placement, hours=2001),
        lambda: replace(DOCUMENT, sealed_bytes=SEALING_BYTES),
        lambda: replace(END, days=0),
        lambda: replace(END, days=366),
        lambda: replace(factories.offer(), since=NAIVE),
        lambda: Slot(start=NAIVE, minutes=45),
    ],
)
def test_a_value_out_of_its_bounds_is_not_made(make: Callable[[], object]) -> None:
    with pytest.raises(ValueError):
        make()


BOARD: dict[str, Any] = {
    "status": ParcoursStatus.IN_PREPARATION,
    "step": Step.MEETING_FIXED,
    "documents_step": Step.OPENED,
    "since": NOON,
    "setback": Setback.UNREADABLE,
    "promised_on": date(2026, 12, 2),
    "call_back_on": date(2026, 12, 3),
    "call_back_since": NOON,
    "meeting_at": NOON,
    "outside_at": NOON,
    "placement_until": date(2026, 12, 4),
    "paused_since": NOON,
    "paused_until": date(2026, 12, 5),
    "reached": {"taken": NOON},
}


def test_a_board_is_put_back_whole_but_for_its_milestones() -> None:
    board, head = Board(**BOARD), factories.offer()
    assert BOARD.keys() == {field.name for field in fields(Board)} - {"unknown"}

    assert head.with_board(board).board == replace(board, reached=head.reached)
    assert replace(head.with_board(board), reached=board.reached).board == board
