"""What the register says of one type of item, and the delays that its texts name."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from chalicelib.domain import appointment, declining, mailing, run, signing_in
from chalicelib.domain.delays import FEWEST
from chalicelib.domain.link import PROOF_LIFE
from chalicelib.domain.retention import LONGEST, RetentionPolicy
from chalicelib.domain.values import Aggregate

LOG_DAYS = 180
"""As the log groups of ``infra`` keep them,"""
BACKUP_DAYS = 7
"""as the recovery of the ``Parcours`` table reaches back,"""
QUEUE_DAYS = 14
"""and as the queue of failed events holds them (tests compare)."""
COUNTER_DAYS = 1
"""The longest window of a quota."""
LEASE_REMEMBERED = timedelta(hours=24)
"""How long a lease stays after its end: as long as a RUN that began before may come by."""


Ends = Callable[[Any, RetentionPolicy], datetime | None]


class Place(StrEnum):
    """Where it is stored."""

    PARCOURS = "parcours"
    RELAY = "relay"
    BUCKET = "bucket"
    LOGS = "logs"
    BACKUP = "backup"
    QUEUE = "queue"


class About(StrEnum):
    """Whom it is about; the headings of the data page, in order."""

    YOUNG = "Le jeune"
    AGENTS = "Les agents : tutrices, tuteurs, coordinatrices, coordinateurs, acheteuses, acheteurs, équipe"
    COMPANY = "Les personnes de l’entreprise"
    EVERYBODY = "Tout le monde"


@dataclass(frozen=True)
class Row:
    """One type of item: where, what of whom, why, how long, what erases it. What people read is French."""

    name: str
    place: Place
    pk: str
    """How its partition key begins (``BUCKET``: its object key),"""
    sk: str
    """and its sort key."""
    about: About
    holds: str
    why: str
    kept: tuple[str, ...]
    """How long; ``{figures}`` are those of ``figures``."""
    record: type[Aggregate] | None = None
    """Its class, when it has one."""
    ends: Ends | None = None
    """When the minute function looks at it: its own life is over, or its person is to be warned. None: it is in use."""
    follows: str | None = None
    """Name of the row that it is erased with."""
    called: str = ""
    """What those that follow it call it."""
    for_ever: bool = False
    """Nothing erases it: it says nothing of anybody."""
    on_page: bool = False
    """Whether the data page lists it by itself; the sheet lists every one."""
    notice: str = ""
    """What the notice says of it."""


def figures(keep: RetentionPolicy, erased_minutes: int) -> dict[str, int]:
    """The delays that texts name, from the settings and the constants of the rules.

    Args:
        erased_minutes: within which what is over is erased (``config.ERASED_MINUTES``).
    """
    hour, day = timedelta(hours=1), timedelta(days=1)
    reduced = keep.reduced_until(_ORIGIN) - _ORIGIN
    return {
        "erased_minutes": erased_minutes,
        "opened_hours": keep.opened_hours,
        "answer_days": keep.answer_days,
        "longest_days": LONGEST.days,
        "undo_hours": declining.UNDO // hour,
        "link_days": keep.link_days,
        "reduced_days": reduced // day,
        "retention_months": keep.retention_months,
        "idle_months": keep.idle_months,
        "meeting_days": appointment.AFTER // day,
        "cancelled_days": appointment.CANCELLED_KEPT // day,
        "session_idle_hours": signing_in.IDLE // hour,
        "session_hours": signing_in.WHOLE // hour,
        "browser_days": signing_in.BROWSER_LIFE // day,
        "code_minutes": signing_in.CODE_LIFE // timedelta(minutes=1),
        "proof_hours": PROOF_LIFE // hour,
        "run_hours": run.LIFE // hour,
        "lease_hours": (LEASE_REMEMBERED + run.LEASE) // hour + 1,
        "mail_hours": mailing.LIFE // hour,
        "counter_days": COUNTER_DAYS,
        "fewest": FEWEST,
        "log_days": LOG_DAYS,
        "queue_days": QUEUE_DAYS,
        "backup_days": BACKUP_DAYS,
    }


_ORIGIN = datetime(2026, 1, 1, tzinfo=UTC)


def said(text: str, figures: Mapping[str, int]) -> str:
    """A text of the register with its figures, and no line break where French has none."""
    return re.sub(r"(?<=[\d«]) | (?=[:;!?»])", "\u00a0", text.format(**figures))
