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
    payload = json.dumps({"token": token, "browser": browser}).encode()
    with aws.calling():
        answer = aws.lambda_().invoke(FunctionName=config.resource("UNSEAL_FUNCTION"), Payload=payload)
        body = answer["Payload"].read()
    if answer.get("FunctionError"):
        raise TryAgain
    opened: dict[str, Any] = json.loads(body)
    return opened


def wake_mailer(keys: list[str]) -> None:
    """Tell the mailer that these mails wait. Losing this only makes them wait for the next minute."""
    if not keys:
        return
    try:
        _wake("MAILER_FUNCTION", {"mails": keys})
    except TryAgain:
        log.line(
            "mailer_not_woken", mails=len(keys)
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
