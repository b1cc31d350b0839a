"""JSON lines from an allow-list of fields: what is not named here cannot reach a log.

Every function prints at least one line per call. No exception text, path, address, token or name: an exception's text may hold
any of them, so a fault is logged by its type, the places in our code and a number that the person is shown.
"""

import json
import secrets
import traceback
from datetime import UTC, datetime
from pathlib import Path

FIELDS = frozenset(
    {"kind", "outcome", "refusal", "method", "route", "status", "duration_ms"}
    | {"error_number", "error_places", "error_type"}
    | {"erased", "failed", "late", "left", "mails", "orphans", "removed", "woken"}
    | {"missing", "proved", "seconds", "strays"}
)


def line(event: str, **fields: str | int | float | bool | None) -> None:
    """Print one line. ``event`` is a constant of the code.

    Raises:
        ValueError: a field is not on the allow-list, so that a leak is a bug found by the first test that passes there.
    """
    unknown = fields.keys() - FIELDS
    if unknown:
        raise ValueError(f"not a log field: {', '.join(sorted(unknown))}")
    print(
        json.dumps({"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **fields}),
        flush=True,
    )


def fault(error: BaseException) -> str:
    """Log an unforeseen exception without its text; return the number to show to the person."""
    number = secrets.token_hex(4)
    places = " < ".join(
        f"{Path(frame.filename).name}:{frame.lineno}"
        for frame in reversed(traceback.extract_tb(error.__traceback__)[-6:])
    )
    line("fault", error_type=type(error).__name__, error_number=number, error_places=places)
    return number
