"""The product's infrastructure: one template, its packaging, and the same template on a local cloud.

Here is what its commands share: how they end, print, wait, and read the pages of an answer of AWS.
"""

import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.config import ConfigurationError

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
    """Run a command and return its exit status.

    The status is what ``command`` returns (None counts as 0), or 1 when it raises CommandFailed, ConfigurationError or an
    error of boto3; the error's message is then printed on the error output.
    """
    try:
        return command() or 0
    except (CommandFailed, ConfigurationError, BotoCoreError, ClientError) as failure:
        print(failure, file=sys.stderr)
        return 1


def poll(seconds: float, *, longest_pause: float = 1.0) -> Iterator[None]:
    """Yield once for each attempt of a wait, and sleep between attempts, until ``seconds`` have passed.

    The caller leaves the loop when what it waits for is there; when the loop ends by itself, the time is over. It yields at least
    once. Pauses grow from 0.05 s up to ``longest_pause`` seconds.
    """
    end, pause = time.monotonic() + seconds, 0.05
    while True:
        yield
        if time.monotonic() > end:
            return
        time.sleep(pause)
        pause = min(pause * 1.3, longest_pause)


def paginate(client: Any, operation: str, key: str, **asked: Any) -> Iterator[Any]:
    """Yield the items that a listing operation of boto3 returns under ``key``, from all its pages.

    ``operation``: name of the client's method, such as « list_tables »; ``asked``: its parameters.
    """
    for page in client.get_paginator(operation).paginate(**asked):
        yield from page.get(key, [])
