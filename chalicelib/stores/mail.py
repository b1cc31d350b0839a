"""Sending mail. The address and the text are known here and to the mail service; nothing of them is logged."""

import hashlib
import os
from email.message import EmailMessage

from botocore.exceptions import ClientError, HTTPClientError

from chalicelib import config
from chalicelib.errors import TryAgain
from chalicelib.stores import aws

REFUSALS = frozenset({"MessageRejected", "BadRequestException", "InvalidParameterValue"})
"""Answers about this very mail: its address or its content. Everything else (load, outage, an account that may not send) is
about the service, and passes."""


class Refused(Exception):
    """The mail service does not take this mail; it did not leave."""


class Unanswered(Exception):
    """The mail service was reached and its answer was lost: the mail may have left."""


def send(message: EmailMessage, *, key: str) -> None:
    """Hand one message over to SES.

    Args:
        key: of what is sent: its next try has the same « Message-ID », under which SES tells of bounces. What arrives has SES's.

    Raises:
        Unanswered: SES did not answer; the message may have been accepted all the same.
        TryAgain: SES was not reached, is down or asks to slow down; it did not leave.
        Refused: SES refuses this message.
    """
    message["Message-ID"] = f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{config.public_host()}>"
    configuration = os.environ.get("MAIL_CONFIGURATION_SET", "")
    try:
        with aws.calling():
            aws.ses().send_email(
                # The sender is the message's own: SES wants a parameter in ASCII, and would put it in place of the header.
                Destination={"ToAddresses": [one.addr_spec for one in message["To"].addresses]},
                Content={"Raw": {"Data": message.as_bytes()}},
                **({"ConfigurationSetName": configuration} if configuration else {}),  # type: ignore[arg-type]
            )
    except TryAgain as error:
        # A connection that was never made is a ``ConnectionError`` of botocore's.
        if isinstance(error.__cause__, HTTPClientError):
            raise Unanswered from error
        raise
    except ClientError as error:
        if aws.code_of(error) in REFUSALS:
            raise Refused from error
        raise
