"""Every call of every flow of ``tests/faults``, broken in every way."""

import pytest

from tests.faults import (
    test_audit_faults,
    test_colleague_faults,
    test_delivery_report_faults,
    test_erasure_proof_faults,
    test_mail_crash,
    test_relay_faults,
    test_reminder_faults,
    test_sending_change_faults,
    test_sign_in_faults,
)
from tests.faults.conftest import log_is_discreet, world
from tests.faults.machinery import Explorer
from tests.faults.test_erasure_proof_faults import night

__all__ = ["log_is_discreet", "night", "world"]


@pytest.fixture(autouse=True)
def every(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave nothing out."""
    monkeypatch.setattr(Explorer, "every", True)


for module in (
    test_audit_faults,
    test_colleague_faults,
    test_sending_change_faults,
    test_delivery_report_faults,
    test_mail_crash,
    test_erasure_proof_faults,
    test_relay_faults,
    test_reminder_faults,
    test_sign_in_faults,
):
    globals().update({name: value for name, value in vars(module).items() if name.startswith("test_")})
