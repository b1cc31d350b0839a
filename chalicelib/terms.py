"""The delays of this deployment, as the domain wants them, and the calendar they are counted with."""

import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import TypedDict

from chalicelib import config
from chalicelib.domain.kernel.calendar import Calendar
from chalicelib.domain.kernel.retention import RetentionPolicy
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.parcours.reminding import ReminderPolicy
from chalicelib.domain.parcours.turns import TurnPolicy


class CalendarFile(TypedDict):
    """``calendars.json``, as ``infra/calendars.py`` writes it."""

    source: str
    covered_from: str
    covered_until: str
    common_holidays: list[str]
    own_holidays: dict[str, list[str]]
    """By territory."""
    school_holidays: dict[str, list[list[str]]]
    """First and last days, by zone."""


@cache
def calendar() -> Calendar:
    """Return the public and school holidays, read once from ``calendars.json``."""
    stored: CalendarFile = json.loads((Path(__file__).parent / "calendars.json").read_text("utf-8"))
    return Calendar(
        source=stored["source"],
        covered_from=date.fromisoformat(stored["covered_from"]),
        covered_until=date.fromisoformat(stored["covered_until"]),
        common_holidays=_days(stored["common_holidays"]),
        own_holidays={territory: _days(days) for territory, days in stored["own_holidays"].items()},
        school_holidays={
            zone: tuple((date.fromisoformat(first), date.fromisoformat(last)) for first, last in holidays)
            for zone, holidays in stored["school_holidays"].items()
        },
    )


def _days(stored: list[str]) -> frozenset[date]:
    return frozenset(map(date.fromisoformat, stored))


@cache
def turns() -> TurnPolicy:
    """Return how long each person may take before the turn passes on, from the settings."""
    chosen = config.settings()
    return TurnPolicy(
        company_answer_days=chosen.company_answer_days,
        buyer_working_days=chosen.buyer_working_days,
        buyer_link_working_days=chosen.buyer_link_working_days,
        tutor_working_days=chosen.tutor_working_days,
    )


@cache
def reminders() -> ReminderPolicy:
    """Return when the person who is awaited is reminded, from the settings."""
    chosen = config.settings()
    return ReminderPolicy(
        first_reminder_working_days=chosen.first_reminder_working_days,
        second_reminder_working_days=chosen.second_reminder_working_days,
        buyer_call_days=chosen.buyer_call_days,
        tutor_reminder_working_days=chosen.tutor_reminder_working_days,
        sending_reminder_days=chosen.sending_reminder_days,
        repeat_reminder_working_days=chosen.repeat_reminder_working_days,
        expiry_warning_days=chosen.expiry_warning_days,
    )


@cache
def retention() -> RetentionPolicy:
    """Return how long each thing is kept, from the settings."""
    chosen = config.settings()
    return RetentionPolicy(
        answer_days=chosen.answer_days,
        opened_hours=chosen.opened_hours,
        link_days=chosen.link_days,
        retention_months=chosen.retention_months,
        idle_months=chosen.idle_months,
    )


@cache
def mail_code_roles() -> frozenset[Role]:
    """Return the roles that a mailed code signs in."""
    chosen = config.settings().mail_code_roles.split()
    return frozenset(role for role in Role if role.value in chosen)
