"""The product's infrastructure: one template, its packaging, and the same template on a local cloud.

Here is what its commands share: how they end, print, wait, and read the pages of an answer of AWS.
"""

import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

BY_SCHEDULE = dict.fromkeys(("version", "id", "account", "time", "region"), "") | {
    "source": "aws.events",
    "detail-type": "Scheduled Event",
    "resources": [],
    "detail": {},
}
"""The event with which the schedule starts the purge."""


class CommandFailed(Exception):
    """A command ends here; the message says what happened and what to do.

    Whatever in ``infra`` cannot go on raises it; only ``status_of`` catches it.
    """


def say(line: str) -> None:
    """Print a line at once, also into a pipe."""
    print(line, flush=True)


def status_of(command: Callable[[], int | None]) -> int:
    """Run a command; its exit status: 1, with the message on the error output, when it fails or AWS refuses."""
    try:
        return command() or 0
    except (CommandFailed, BotoCoreError, ClientError) as failure:
        print(failure, file=sys.stderr)
        return 1


def poll(seconds: float, *, longest_pause: float = 1.0) -> Iterator[None]:
    """Yield for each try of a wait: once at least, with growing pauses, until the time is over."""
    end, pause = time.monotonic() + seconds, 0.05
    while True:
        yield
        if time.monotonic() > end:
            return
        time.sleep(pause)
        pause = min(pause * 1.3, longest_pause)


def paginate(client: Any, operation: str, key: str, **asked: Any) -> Iterator[Any]:
    """Yield what an operation of boto3 lists under ``key``, page after page; ``asked``: its parameters."""
    for page in client.get_paginator(operation).paginate(**asked):
        yield from page.get(key, [])
