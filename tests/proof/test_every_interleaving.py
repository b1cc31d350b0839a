"""Something else happens before each call of the flows of ``tests/faults``, whole."""

import pytest

from tests.faults import (
    test_interleavings,
    test_meeting_interleavings,
    test_sending_change_interleavings,
)
from tests.faults.conftest import log_is_discreet, world
from tests.faults.machinery import Explorer

__all__ = ["log_is_discreet", "world"]


@pytest.fixture(autouse=True)
def every(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave nothing out."""
    monkeypatch.setattr(Explorer, "every", True)


for module in (test_sending_change_interleavings, test_interleavings, test_meeting_interleavings):
    globals().update({name: value for name, value in vars(module).items() if name.startswith("test_")})
