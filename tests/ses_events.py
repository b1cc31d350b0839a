"""What the mail service reports, in the shape in which EventBridge brings it: one function per type of event, addresses included.

Source: SES developer guide, « Examples of event data », and EventBridge's « Amazon Simple Email Service events ».
"""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from chalicelib import clock
from chalicelib.clock import iso
from tests import worlds

Event = dict[str, Any]
NAME, ADDRESS = "Marcelline Ortolan", "marcelline.ortolan@canari.example"
"""Whom the events name: neither may be found anywhere."""
MESSAGE_ID = "0108019ab3c1d2e4-5f6a7b8c-9d0e-4f1a-8b2c-3d4e5f6a7b8c-000000"


def event(called: str, part: str, said: Event, *, tag: str | None, at: datetime | None = None) -> Event:
    """One event; ``called`` its detail type, ``part`` what its detail calls what it says."""
    now = at or clock.utc_now()
    kind = part[:1].upper() + part[1:]
    tags = {
        "ses:source-tls-version": ["TLSv1.3"],
        "ses:operation": ["SendEmail"],
        "ses:configuration-set": [worlds.MAIL_SET],
        "ses:source-ip": ["203.0.113.7"],
        "ses:from-domain": ["passe-plat.example"],
        "ses:caller-identity": ["MailerRole"],
    }
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": called,
        "source": "aws.ses",
        "account": worlds.ACCOUNT,
        "time": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": "eu-west-3",
        "resources": [f"arn:aws:ses:eu-west-3:{worlds.ACCOUNT}:configuration-set/{worlds.MAIL_SET}"],
        "detail": {
            "eventType": kind,
            "mail": {
                "timestamp": iso(now),
                "source": worlds.MAIL_FROM,
                "sourceArn": f"arn:aws:ses:eu-west-3:{worlds.ACCOUNT}:identity/passe-plat.example",
                "sendingAccountId": worlds.ACCOUNT,
                "messageId": MESSAGE_ID,
                "destination": [ADDRESS],
                "headersTruncated": False,
                "headers": [{"name": "To", "value": f'"{NAME}" <{ADDRESS}>'}],
                "commonHeaders": {"to": [f"{NAME} <{ADDRESS}>"], "subject": f"Un lien pour {NAME}"},
                "tags": tags | ({"mail": [tag]} if tag is not None else {}),
            },
            part: said,
        },
    }


def sent(tag: str | None, **more: Any) -> Event:
    return event("Email Sent", "send", {}, tag=tag, **more)


def delivered(tag: str | None, **more: Any) -> Event:
    said = {
        "timestamp": iso(more.get("at") or clock.utc_now()),
        "processingTimeMillis": 1812,
        "recipients": [ADDRESS],
        "smtpResponse": "250 2.6.0 Message received",
        "remoteMtaIp": "198.51.100.9",
        "reportingMTA": "b224-9.smtp-out.eu-west-3.amazonses.com",
    }
    return event("Email Delivered", "delivery", said, tag=tag, **more)


def delayed(tag: str | None, **more: Any) -> Event:
    said = {
        "timestamp": iso(more.get("at") or clock.utc_now()),
        "delayType": "TransientCommunicationFailure",
        "expirationTime": "2026-12-03T10:00:00.000Z",
        "delayedRecipients": [{"emailAddress": ADDRESS, "status": "4.4.1", "diagnosticCode": "smtp; 421"}],
        "reportingMTA": "b224-9.smtp-out.eu-west-3.amazonses.com",
    }
    return event("Email Delivery Delayed", "deliveryDelay", said, tag=tag, **more)


def bounced(tag: str | None, kind: str = "Permanent", below: str = "General", **more: Any) -> Event:
    diagnosis = f"smtp; 550 5.1.1 <{ADDRESS}>: user unknown"
    said = {
        "feedbackId": "0108019ab3c1d3f5-11111111-2222-4333-8444-555555555555-000000",
        "bounceType": kind,
        "bounceSubType": below,
        "bouncedRecipients": [
            {"emailAddress": ADDRESS, "action": "failed", "status": "5.1.1", "diagnosticCode": diagnosis}
        ],
        "timestamp": iso(more.get("at") or clock.utc_now()),
        "remoteMtaIp": "198.51.100.9",
        "reportingMTA": "dns; b224-9.smtp-out.eu-west-3.amazonses.com",
    }
    return event("Email Bounced", "bounce", said, tag=tag, **more)


def returned(tag: str | None, **more: Any) -> Event:
    """A soft bounce: the mailbox was full for as long as it was tried."""
    return bounced(tag, "Transient", "MailboxFull", **more)


def uncertain(tag: str | None, **more: Any) -> Event:
    """What an automatic reply looks like, among others."""
    return bounced(tag, "Transient", "General", **more)


def complained(tag: str | None, feedback: str = "abuse", **more: Any) -> Event:
    said = {
        "feedbackId": "0108019ab3c1d4a6-11111111-2222-4333-8444-555555555555-000000",
        "complaintSubType": None,
        "complainedRecipients": [{"emailAddress": ADDRESS}],
        "timestamp": iso(more.get("at") or clock.utc_now()),
        "userAgent": "Mailbox/1.0",
        "complaintFeedbackType": feedback,
        "arrivalDate": "2026-12-01T10:00:00.000Z",
    }
    return event("Email Complaint Received", "complaint", said, tag=tag, **more)


def rejected(tag: str | None, **more: Any) -> Event:
    return event("Email Rejected", "reject", {"reason": "Bad content"}, tag=tag, **more)


EVENTS: dict[str, Callable[..., Event]] = {
    "sent": sent,
    "delayed": delayed,
    "uncertain": uncertain,
    "delivered": delivered,
    "returned": returned,
    "refused": bounced,
    "rejected": rejected,
    "complained": complained,
}
"""By the state that each leads to."""


def unknown(tag: str | None, **more: Any) -> list[Event]:
    """Events that the service sends and nobody asked for, or whose shape changed."""
    opened = {"ipAddress": "203.0.113.7", "timestamp": iso(clock.utc_now()), "userAgent": "Mailbox/1.0"}
    shapeless = bounced(tag, **more)
    del shapeless["detail"]["bounce"]
    return [
        event("Email Opened", "open", opened, tag=tag, **more),
        event(
            "Email Clicked", "click", opened | {"link": f"https://passe-plat.example/{NAME}"}, tag=tag, **more
        ),
        event(
            "Email Rendering Failed", "failure", {"errorMessage": NAME, "templateName": "x"}, tag=tag, **more
        ),
        event("Email Subscribed", "subscription", {"contactList": "x"}, tag=tag, **more),
        event(f"Courriel lu par {ADDRESS} !", "read", {}, tag=tag, **more),
        bounced(tag, "Temporary", "Weather", **more),
        shapeless,
    ]
