"""Reading the form of an outcome: days and hours of Paris as browsers write them, and nothing else."""

import re
import secrets
from datetime import datetime, time
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from chalicelib.domain import texts
from chalicelib.domain.ending import ENDS
from chalicelib.domain.moves import MOVES, Planned
from chalicelib.domain.noting import Outcome
from chalicelib.domain.slots import instant
from chalicelib.domain.timeline import EventKind, Interlocutor, Reason
from chalicelib.errors import FieldInvalid, Unreadable
from chalicelib.french import PARIS
from chalicelib.web.bodies import run_of

if TYPE_CHECKING:
    from chalicelib.domain.people import Account

HOUR = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
KEY = re.compile(r"[0-9a-f]{32}")
NOON = time(12)
END = "fin."
"""Before the code of an end, where a list offers outcomes and ends."""


def new_key() -> str:
    """The id of the fact that a form will tell: drawn with the page, so that sending it twice tells it once."""
    return secrets.token_hex(16)


def key_of(asked: dict[str, str]) -> str:
    """Read the key under which a form notes an outcome once.

    Raises:
        Unreadable: the form did not come from one of our pages.
    """
    if not KEY.fullmatch(asked["cle"]):
        raise Unreadable
    return asked["cle"]


def suite_of(person: "Account", suite: str, now: datetime) -> str:
    """Where a form goes back to: empty for the parcours' page, where it also goes once its RUN is over.

    Raises:
        NotFound: no such place.
    """
    from chalicelib.stories import running

    run = run_of(suite)
    return "" if run and running.is_over(person, run, now=now) else suite


def end_path(parcours_id: str, asked: dict[str, str]) -> str | None:
    """Where an end of the list is noted, its day and its kind already chosen; None for an outcome, noted at once."""
    kind = asked["fait"].removeprefix(END)
    if kind == asked["fait"] or kind not in {one.value for one in ENDS}:
        return None
    chosen = {"fin": kind, "survenu_le": asked["survenu_le"], "suite": asked["suite"]}
    return f"/parcours/{parcours_id}/fin?{urlencode(chosen)}"


def outcome_of(asked: dict[str, str], now: datetime) -> Outcome:
    """The outcome that a form tells. ``fait`` is a kind, or a kind and its reason: « call_noted.reached ».

    Raises:
        FieldInvalid: naming the field, with its sentence.
    """
    kind_code, _, reason_code = asked["fait"].partition(".")
    if kind_code not in {kind.value for kind in MOVES}:
        raise FieldInvalid("fait", "outcome")
    kind = EventKind(kind_code)
    move = MOVES[kind]
    reason = _reason(reason_code or asked["motif"]) if move.reasons else None
    if move.reasons and reason not in move.reasons:
        raise FieldInvalid("motif", "reason")
    return Outcome(
        kind=kind,
        reason=reason,
        contact=_contact(asked["contact"]) if move.contact else None,
        occurred_at=_occurred_at(asked["survenu_le"], now),
        planned_at=_planned_at(move.planned, asked["prevu_le"], asked["prevu_a"]),
    )


def _reason(code: str) -> Reason:
    try:
        return Reason(code)
    except ValueError:
        raise FieldInvalid("motif", "reason") from None


def _contact(code: str) -> Interlocutor:
    try:
        return Interlocutor(code)
    except ValueError:
        raise FieldInvalid("contact", "contact") from None


def _occurred_at(typed: str, now: datetime) -> datetime:
    """A day as its noon in Paris; today, or nothing typed, as now."""
    if not typed:
        return now
    day = texts.day(typed)
    if day is None:
        raise FieldInvalid("survenu_le", "day")
    return now if day == now.astimezone(PARIS).date() else instant(day, NOON, "survenu_le")


def _planned_at(planned: Planned, day_typed: str, hour_typed: str) -> datetime | None:
    if planned is Planned.NOTHING:
        if day_typed:
            raise FieldInvalid("prevu_le", "not_planned")
        if hour_typed:
            raise FieldInvalid("prevu_a", "not_planned")
        return None
    day = texts.day(day_typed)
    if day is None:
        raise FieldInvalid("prevu_le", "planned")
    if planned is Planned.DAY:
        if hour_typed:
            raise FieldInvalid("prevu_a", "not_planned")
        return instant(day, NOON, "prevu_le")
    if not HOUR.fullmatch(hour_typed):
        raise FieldInvalid("prevu_a", "hour")
    return instant(day, time.fromisoformat(hour_typed), "prevu_a")
