"""The only clock. Everything that depends on the time receives ``now`` from here, through a parameter."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The present instant, aware, in UTC, cut to the millisecond (what the tables store)."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def iso(instant: datetime) -> str:
    """``2026-12-02T13:12:00.000Z``: the stored form of an instant, sortable as text."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
