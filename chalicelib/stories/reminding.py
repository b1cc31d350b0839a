"""Remind each working morning those who are awaited, until somebody acts."""

from dataclasses import dataclass
from datetime import datetime


@dataclass
class Report:
    """What one run did, for the log."""

    mails: int = 0
    failed: int = 0
    left: int = 0
    """What is left for the next run, for want of time."""


def run(*, now: datetime) -> Report:
    """One run."""
    return Report()
