"""The delays of this deployment, as the domain wants them, and the calendar they are counted with."""

import json
from functools import cache
from pathlib import Path

from chalicelib import config
from chalicelib.domain.kernel.calendar import Calendar
from chalicelib.domain.kernel.retention import RetentionPolicy
from chalicelib.domain.parcours.reminding import ReminderPolicy
from chalicelib.domain.parcours.turns import TurnPolicy


@cache
def calendar() -> Calendar:
    """Public and school holidays, read once from ``calendars.json`` (written by ``infra/calendars.py``)."""
    return Calendar(**json.loads((Path(__file__).parent / "calendars.json").read_text("utf-8")))


@cache
def turns() -> TurnPolicy:
    """How long each is waited for."""
    chosen = config.settings()
    return TurnPolicy(**{name: getattr(chosen, name) for name in TurnPolicy.model_fields})


@cache
def reminders() -> ReminderPolicy:
    """When each who is awaited is reminded."""
    chosen = config.settings()
    return ReminderPolicy(**{name: getattr(chosen, name) for name in ReminderPolicy.model_fields})


@cache
def retention() -> RetentionPolicy:
    """How long each thing is kept."""
    chosen = config.settings()
    return RetentionPolicy(**{name: getattr(chosen, name) for name in RetentionPolicy.model_fields})
