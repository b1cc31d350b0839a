"""Reports of the mail service about a mail, as events in the shape in which EventBridge delivers them.

No emulator reports anything: the mail page makes some of them when a button is pressed, and tests make all of them. Source: SES
developer guide, « Examples of event data », and EventBridge's « Amazon Simple Email Service events ».
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chalicelib import clock
from chalicelib.clock import iso

Event = dict[str, Any]
MESSAGE_ID = "0108019ab3c1d2e4-5f6a7b8c-9d0e-4f1a-8b2c-3d4e5f6a7b8c-000000"
SERVER = "b224-9.smtp-out.eu-west-3.amazonses.com"


@dataclass(frozen=True)
class Posted:
    """A mail that was handed over to the mail service, with what its reports repeat.

    ``account``: number of the AWS account; ``tag``: by which the product finds its mail again; ``to``, ``name``: the recipient.
    """

    account: str
    configuration_set: str
    tag: str | None
    to: str
    name: str = ""
    at: datetime | None = None
    """When what is reported happened; None: now."""

    @property
    def instant(self) -> datetime:
        """The time that the report states, in UTC."""
        return (self.at or clock.utc_now()).astimezone(UTC)

    def event(self, called: str, part: str, said: Event) -> Event:
        """Return one report about this mail.

        ``called``: the event's « detail-type »; ``part``: key of the detail under which ``said``, what the report says, stands.
        """
        domain = "passe-plat.example"
        tags = {
            "ses:source-tls-version": ["TLSv1.3"],
            "ses:operation": ["SendEmail"],
            "ses:configuration-set": [self.configuration_set],
            "ses:source-ip": ["203.0.113.7"],
            "ses:from-domain": [domain],
            "ses:caller-identity": ["MailerRole"],
        }
        arn = f"arn:aws:ses:eu-west-3:{self.account}"
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": called,
            "source": "aws.ses",
            "account": self.account,
            "time": self.instant.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": "eu-west-3",
            "resources": [f"{arn}:configuration-set/{self.configuration_set}"],
            "detail": {
                "eventType": part[:1].upper() + part[1:],
                "mail": {
                    "timestamp": iso(self.instant),
                    "source": f"ne-pas-repondre@{domain}",
                    "sourceArn": f"{arn}:identity/{domain}",
                    "sendingAccountId": self.account,
                    "messageId": MESSAGE_ID,
                    "destination": [self.to],
                    "headersTruncated": False,
                    "headers": [{"name": "To", "value": f'"{self.name}" <{self.to}>'}],
                    "commonHeaders": {"to": [f"{self.name} <{self.to}>"], "subject": "Un lien"},
                    "tags": tags | ({"mail": [self.tag]} if self.tag is not None else {}),
                },
                part: said,
            },
        }


def sent(mail: Posted) -> Event:
    """Return the report that the service has accepted the mail."""
    return mail.event("Email Sent", "send", {})


def delivered(mail: Posted) -> Event:
    """Return the report that the recipient's server has accepted the mail."""
    said = {
        "timestamp": iso(mail.instant),
        "processingTimeMillis": 1812,
        "recipients": [mail.to],
        "smtpResponse": "250 2.6.0 Message received",
        "remoteMtaIp": "198.51.100.9",
        "reportingMTA": SERVER,
    }
    return mail.event("Email Delivered", "delivery", said)


def delayed(mail: Posted) -> Event:
    """Return the report that delivery is late and tried again."""
    said = {
        "timestamp": iso(mail.instant),
        "delayType": "TransientCommunicationFailure",
        "expirationTime": "2026-12-03T10:00:00.000Z",
        "delayedRecipients": [{"emailAddress": mail.to, "status": "4.4.1", "diagnosticCode": "smtp; 421"}],
        "reportingMTA": SERVER,
    }
    return mail.event("Email Delivery Delayed", "deliveryDelay", said)


def bounced(mail: Posted, kind: str = "Permanent", below: str = "General") -> Event:
    """Return the report that delivery failed; by default for good, because there is no such mailbox.

    ``kind``, ``below``: SES's type and subtype of the bounce.
    """
    diagnosis = f"smtp; 550 5.1.1 <{mail.to}>: user unknown"
    said = {
        "feedbackId": "0108019ab3c1d3f5-11111111-2222-4333-8444-555555555555-000000",
        "bounceType": kind,
        "bounceSubType": below,
        "bouncedRecipients": [
            {"emailAddress": mail.to, "action": "failed", "status": "5.1.1", "diagnosticCode": diagnosis}
        ],
        "timestamp": iso(mail.instant),
        "remoteMtaIp": "198.51.100.9",
        "reportingMTA": f"dns; {SERVER}",
    }
    return mail.event("Email Bounced", "bounce", said)


def returned(mail: Posted) -> Event:
    """Return the report of a temporary failure: the mailbox stayed full for as long as delivery was tried."""
    return bounced(mail, "Transient", "MailboxFull")


def uncertain(mail: Posted) -> Event:
    """Return the report of a temporary failure without a reason, which an automatic reply also causes."""
    return bounced(mail, "Transient", "General")


def complained(mail: Posted, feedback: str = "abuse") -> Event:
    """Return the report that the recipient marked the mail as spam; ``feedback``: the kind of complaint."""
    said = {
        "feedbackId": "0108019ab3c1d4a6-11111111-2222-4333-8444-555555555555-000000",
        "complaintSubType": None,
        "complainedRecipients": [{"emailAddress": mail.to}],
        "timestamp": iso(mail.instant),
        "userAgent": "Mailbox/1.0",
        "complaintFeedbackType": feedback,
        "arrivalDate": "2026-12-01T10:00:00.000Z",
    }
    return mail.event("Email Complaint Received", "complaint", said)


def rejected(mail: Posted) -> Event:
    """Return the report that SES refused to send the mail because of its content."""
    return mail.event("Email Rejected", "reject", {"reason": "Bad content"})


REPORTS: dict[str, tuple[str, Callable[[Posted], Event]]] = {
    "remis": ("Remis", delivered),
    "retard": ("En retard", delayed),
    "refuse": ("Refusé, définitif", bounced),
    "plein": ("Refusé, temporaire", returned),
    "indesirable": ("Signalé comme indésirable", complained),
}
"""What the mail page can pretend: label of the button, and the report."""
