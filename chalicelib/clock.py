"""The only clock. Everything that depends on the time receives ``now`` from here, through a parameter."""

import re
import time
from datetime import UTC, datetime

STORED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")


def utc_now() -> datetime:
    """Return the present instant, aware, in UTC, cut to the millisecond (what the tables store)."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def sleep_until(later: datetime) -> None:
    """Wait for an instant; nothing when it is over."""
    time.sleep(max(0.0, (later - utc_now()).total_seconds()))


def iso(instant: datetime) -> str:
    """Format an instant as it is stored, sortable as text: ``2026-12-02T13:12:00.000Z``."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_iso(written: str) -> datetime | None:
    """Return the instant that ``iso`` wrote and a page gives back; None for anything else."""
    try:
        return datetime.fromisoformat(written if STORED.fullmatch(written) else "")
    except ValueError:
        return None
