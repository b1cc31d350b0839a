"""Calling the other functions of the service."""

import json
import uuid
from datetime import datetime
from typing import Any

from chalicelib import config, log
from chalicelib.clock import iso
from chalicelib.errors import TryAgain
from chalicelib.stores import aws


def unseal(token: str, browser: str) -> dict[str, Any]:
    """Ask the only function that may decrypt to open a link; its answer (``jobs.unseal``).

    Raises:
        TryAgain: it did not answer, or failed.
    """
    return _unseal({"token": token, "browser": browser})


def unseal_pass(token: str, browser: str, colleague: dict[str, Any]) -> dict[str, Any]:
    """Ask the same function to pass a link on to a colleague (``stories.passing.Named``); its answer.

    Raises:
        TryAgain: it did not answer, or failed.
    """
    return _unseal({"action": "pass", "token": token, "browser": browser, "colleague": colleague})


def _unseal(asked: dict[str, Any]) -> dict[str, Any]:
    payload = json.dumps(asked).encode()
    with aws.calling():
        answer = aws.lambda_().invoke(FunctionName=config.resource("UNSEAL_FUNCTION"), Payload=payload)
        body = answer["Payload"].read()
    if answer.get("FunctionError"):
        raise TryAgain
    opened: dict[str, Any] = json.loads(body)
    return opened


def mail_rights_request(given: dict[str, str]) -> None:
    """Have the mailer send a request about personal data, and wait: it is written nowhere in between.

    Raises:
        TryAgain: it did not answer, or the mail was not accepted.
    """
    with aws.calling():
        answer = aws.lambda_().invoke(
            FunctionName=config.resource("MAILER_FUNCTION"), Payload=json.dumps({"rights": given}).encode()
        )
    if answer.get("FunctionError"):
        raise TryAgain


MAILS_AT_ONCE = 100
"""Mails of which one mailer is told: what it can send in its time."""


def wake_mailer(keys: list[str]) -> None:
    """Tell the mailer that these mails wait. Losing this only makes them wait for the next minute."""
    for start in range(0, len(keys), MAILS_AT_ONCE):
        batch = keys[start : start + MAILS_AT_ONCE]
        try:
            _wake("MAILER_FUNCTION", {"mails": batch})
        except TryAgain:
            log.line(
                "mailer_not_woken", mails=len(batch)
            )  # what was asked is written; the minute function wakes it


def wake_inspect(object_key: str, *, now: datetime) -> None:
    """Repeat an S3 event that was lost, whole, as EventBridge would have brought it: Chalice reads every part of it."""
    facts = {
        "version": "0",
        "id": str(uuid.uuid4()),
        "time": iso(now),
        "account": "",
        "region": "",
        "resources": [],
    }
    detail = {"bucket": {"name": config.resource("DOCUMENT_BUCKET")}, "object": {"key": object_key}}
    kind = {"source": "aws.s3", "detail-type": "Object Created"}
    _wake("INSPECT_FUNCTION", {**facts, **kind, "detail": detail})


def _wake(function: str, payload: dict[str, Any]) -> None:
    with aws.calling():
        aws.lambda_().invoke(
            FunctionName=config.resource(function),
            InvocationType="Event",
            Payload=json.dumps(payload).encode(),
        )
