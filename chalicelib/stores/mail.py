"""Sending mail. The address and the text are known here and to the mail service; nothing of them is logged."""

import os
from email.message import EmailMessage

from chalicelib.stores import aws


def send(message: EmailMessage) -> None:
    """Hand one message over to SES.

    Raises:
        TryAgain: SES did not answer, or asks to slow down; the message may have been accepted all the same.
    """
    configuration = os.environ.get("MAIL_CONFIGURATION_SET", "")
    with aws.calling():
        aws.ses().send_email(
            FromEmailAddress=str(message["From"]),
            Destination={"ToAddresses": [str(message["To"])]},
            Content={"Raw": {"Data": message.as_bytes()}},
            **({"ConfigurationSetName": configuration} if configuration else {}),  # type: ignore[arg-type]
        )
