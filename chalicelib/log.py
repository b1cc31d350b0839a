"""JSON lines from an allow-list of fields: what is not named here cannot reach a log.

Every function prints at least one line per call. No exception text, path, address, token or name: an exception's text may hold
any of them, so a fault is logged by its type and the places in our code. Each line has the id of the request that caused it,
which Lambda draws at random and functions hand on to those that they call; whoever meets an error is shown its beginning.
"""

import json
import re
import secrets
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path

FIELDS = frozenset(
    {"kind", "outcome", "refusal", "method", "route", "status", "duration_ms"}
    | {"error_places", "error_type"}
    | {"erased", "failed", "late", "left", "mails", "orphans", "removed", "woken"}
    | {"missing", "proved", "seconds", "strays"}
    | {"python", "boto3", "botocore"}
)

REQUEST_ID = re.compile(r"[0-9a-f-]{32,36}")
SHOWN_CHARACTERS = 8
_request_id: ContextVar[str] = ContextVar("request_id", default="")


def begin_request(request_id: object) -> None:
    """Set the id of the lines that follow; where this is no id, such as outside Lambda, a new one is drawn."""
    text_of_id = str(request_id)
    _request_id.set(text_of_id if REQUEST_ID.fullmatch(text_of_id) else secrets.token_hex(16))


def read_request_id() -> str:
    """Return the id of the request at work; one is drawn where none has begun."""
    if not _request_id.get():
        begin_request("")
    return _request_id.get()


def read_number() -> str:
    """Return the number to show to somebody who meets an error: the beginning of the request's id."""
    return read_request_id()[:SHOWN_CHARACTERS]


def line(event: str, **fields: str | int | float | bool | None) -> None:
    """Print one line. ``event`` is a constant of the code.

    Raises:
        ValueError: a field is not on the allow-list, so that a leak is a bug found by the first test that passes there.
    """
    unknown = fields.keys() - FIELDS
    if unknown:
        raise ValueError(f"not a log field: {', '.join(sorted(unknown))}")
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    print(json.dumps({"at": at, "event": event, "request": read_request_id(), **fields}), flush=True)


def fault(error: BaseException) -> str:
    """Log an unforeseen exception without its text; return the number to show to the person."""
    places = " < ".join(
        f"{Path(frame.filename).name}:{frame.lineno}"
        for frame in reversed(traceback.extract_tb(error.__traceback__)[-6:])
    )
    line("fault", error_type=type(error).__name__, error_places=places)
    return read_number()
