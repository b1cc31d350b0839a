"""Call the other functions of the service, and the mail service.

A mail's address and text are known here and to the mail service; nothing of them is logged.
"""

import json
import os
import uuid
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError

from chalicelib import config, log
from chalicelib.clock import iso
from chalicelib.domain.kernel.delivery import derive_tag
from chalicelib.domain.kernel.link import Pointer
from chalicelib.errors import TryAgain
from chalicelib.stores import aws, values


def unseal(token: str, browser: str, pointer: Pointer) -> dict[str, Any]:
    """Call the unseal function, the only one that may decrypt, to open a link.

    Args:
        token: the secret of the link; ``pointer``: its entry in the index of tokens.
        browser: digest of the cookie of the browser that asks.
    Returns:
        The documents, or ``{"refusal": {"code", "facts"}}``: see ``jobs.unseal``.
    Raises:
        TryAgain: the function did not answer, or failed.
    """
    return _call_function(
        "UNSEAL_FUNCTION", {"token": token, "browser": browser, "pointer": values.write(pointer)}
    )


def unseal_pass(token: str, browser: str, pointer: Pointer, colleague: dict[str, Any]) -> dict[str, Any]:
    """Call the unseal function to pass a link on to a colleague of its holder.

    Args:
        colleague: the fields of ``stories.documents.passing.Named``; the others as in ``unseal``.
    Returns:
        ``{"etat", "mails"}``: ``parti`` or ``a_accorder``, and the keys of the mails to send; or the refusal, as in ``unseal``.
    Raises:
        TryAgain: the function did not answer, or failed.
    """
    payload = {"token": token, "browser": browser, "pointer": values.write(pointer)}
    return _call_function("UNSEAL_FUNCTION", payload | {"action": "pass", "colleague": colleague})


def begin_identification(state: str, nonce: str, challenge: str) -> dict[str, Any]:
    """Call the identify function, the only one that knows ProConnect, for the address of its sign-in.

    Args: see ``stories.accounts.identifying.build_entrance``.
    Returns:
        ``{"address"}``, or ``{"refusal": {"code", "facts"}}``: see ``jobs.identify``.
    Raises:
        TryAgain: the function did not answer, or failed.
    """
    payload = {"state": state, "nonce": nonce, "challenge": challenge}
    return _call_function("IDENTIFY_FUNCTION", payload | {"action": "begin"})


def identify(code: str, nonce: str, verifier: str, leave_state: str) -> dict[str, Any]:
    """Call the identify function to ask ProConnect who came back with this code.

    Args: see ``stories.accounts.identifying.identify``.
    Returns:
        The fields of ``Proven``, or the refusal, as in ``begin_identification``.
    Raises:
        TryAgain: the function did not answer, or failed.
    """
    payload = {"code": code, "nonce": nonce, "verifier": verifier, "leave_state": leave_state}
    return _call_function("IDENTIFY_FUNCTION", payload | {"action": "identify"})


LIVE = "live"
"""The alias that leads to the version of a function that is in service."""


def _resolve_function(function: str) -> str:
    """Return the name by which to call a function, given the variable that holds it.

    A published version calls what is in service; a function that is tried before it is published (« $LATEST ») calls those that
    are tried with it. So an upgrade is tried whole while the former version serves.
    """
    name = config.resource(function)
    is_published = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION", "").isdigit()
    return f"{name}:{LIVE}" if is_published else name


def _call_function(function: str, payload: dict[str, Any]) -> dict[str, Any]:
    """Call a function and return its answer. Raises TryAgain when it did not answer, or failed."""
    with aws.calling():
        answer = aws.lambda_().invoke(
            FunctionName=_resolve_function(function), Payload=_write_payload(payload)
        )
        body = answer["Payload"].read()
    if answer.get("FunctionError"):
        raise TryAgain
    result: dict[str, Any] = json.loads(body)
    return result


def _write_payload(payload: dict[str, Any]) -> bytes:
    """Return the payload of a call as JSON, with the id of the request under which both functions log."""
    return json.dumps(payload | {"request": log.read_request_id()}).encode()


MAILS_AT_ONCE = 200
"""Mails handed to one mailer: what it can send in its time."""
MOST_MAILERS = 40
"""Mailers that one call starts: the others of their places (``infra.alarms.PLACES``) are for codes and links meanwhile."""


def wake_mailer(keys: list[str]) -> None:
    """Start mailers on the mails with these keys: on the first ones, as many as the mail service takes in a minute.

    The minute function wakes mailers for the others, and for all of them if this call is lost: what cannot leave before needs no
    function that waits for it.
    """
    leaving = keys[: min(config.settings().mails_per_second * 60, MOST_MAILERS * MAILS_AT_ONCE)]
    for start in range(0, len(leaving), MAILS_AT_ONCE):
        batch = leaving[start : start + MAILS_AT_ONCE]
        try:
            _start_function(_resolve_function("MAILER_FUNCTION"), {"mails": batch})
        except TryAgain:
            log.line("mailer_not_woken", mails=len(batch))


AGAIN = "Again"
"""The ``reason`` of an event that we repeat; in its own events S3 names an operation there."""


def wake_inspect(object_key: str, *, now: datetime) -> None:
    """Start the inspection of an uploaded object whose S3 event was lost.

    Raises TryAgain when it could not be started.
    """
    bucket = {"name": config.resource("DOCUMENT_BUCKET")}
    detail = {"bucket": bucket, "object": {"key": object_key}, "reason": AGAIN}
    _start_function(
        _resolve_function("INSPECT_FUNCTION"), _build_event("aws.s3", "Object Created", detail, now)
    )


def start_page(work: str, keys: list[str], *, now: datetime) -> None:
    """Start this same function again, beside this run, for one page of its work. Raises TryAgain when it could not be started.

    The page is the detail of the event that the other run is given: ``{"work": work, "keys": keys}``. Lambda may give an event
    twice, so that doing a page again has to change nothing. The other run is of this run's version, whatever is deployed
    meanwhile. A page starts no page: Lambda ends a function that keeps starting itself.
    """
    event = _build_event("passe-plat", "Page", {"work": work, "keys": keys}, now)
    name, version = (config.resource(f"AWS_LAMBDA_FUNCTION_{part}") for part in ("NAME", "VERSION"))
    _start_function(f"{name}:{version}", event)


def _build_event(source: str, kind: str, detail: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Build an event with every part of an EventBridge event, since Chalice reads them all."""
    facts = {"version": "0", "id": str(uuid.uuid4()), "time": iso(now), "source": source, "detail-type": kind}
    return {**facts, "account": "", "region": "", "resources": [], "detail": detail}


def _start_function(name: str, payload: dict[str, Any]) -> None:
    """Start a function without waiting for its answer. Raises TryAgain when it could not be started."""
    with aws.calling():
        aws.lambda_().invoke(FunctionName=name, InvocationType="Event", Payload=_write_payload(payload))


MAIL_TAG = "mail"
"""Name of the tag by which reports say which mail they are about; its value says nothing to anybody else."""
REFUSALS = frozenset({"MessageRejected", "BadRequestException", "InvalidParameterValue"})
"""Answers about this very mail: its address or its content. Everything else (load, outage, an account that may not send) is
about the service, and passes."""


ABOVE_RATE = frozenset({"TooManyRequestsException", "ThrottlingException", "Throttling"})
"""Answers about the rate of the last second; of these, « Daily message quota exceeded » says that it will not pass in seconds."""


class TooFast(Exception):
    """The mail service was given more mails in a second than it takes; this one did not leave."""


class Refused(Exception):
    """The mail service does not take this mail; it did not leave."""


class Unanswered(Exception):
    """The mail service was reached and its answer was lost: the mail may have left."""


def send_mail(message: EmailMessage, *, key: str) -> None:
    """Hand one message over to SES.

    Args:
        key: of the mail in the outbox. Every try of it has the same « Message-ID », under which SES reports bounces, and the same
            tag, under which SES reports everything. The mail that arrives has an id of SES's.

    Raises:
        Unanswered: SES did not answer; the message may have been accepted all the same.
        TryAgain: SES was not reached, is down or has no quota left for the day; it did not leave.
        TooFast: it was one mail too many in this second.
        Refused: SES refuses this message.
    """
    name = derive_tag(key)
    message["Message-ID"] = f"<{name}@{config.public_host()}>"
    configuration = os.environ.get("MAIL_CONFIGURATION_SET", "")
    try:
        with aws.calling():
            aws.ses().send_email(
                # The sender is the message's own: SES wants a parameter in ASCII, and would put it in place of the header.
                Destination={"ToAddresses": [address.addr_spec for address in message["To"].addresses]},
                Content={"Raw": {"Data": message.as_bytes()}},
                EmailTags=[{"Name": MAIL_TAG, "Value": name}],
                **({"ConfigurationSetName": configuration} if configuration else {}),  # type: ignore[arg-type]
            )
    except TryAgain as error:
        # A connection that was never made is a ``ConnectionError`` of botocore's.
        if isinstance(error.__cause__, HTTPClientError):
            raise Unanswered from error
        if _is_above_rate(error.__cause__):
            raise TooFast from error
        raise
    except ClientError as error:
        if aws.read_error_code(error) in REFUSALS:
            raise Refused from error
        raise


def _is_above_rate(cause: BaseException | None) -> bool:
    """Whether an answer of SES says that a mail came above its rate, which the next second mends."""
    is_throttling = isinstance(cause, ClientError) and aws.read_error_code(cause) in ABOVE_RATE
    return is_throttling and "daily" not in str(cause).lower()
