"""Every event of the mail service about a mail of ours, those included that nobody asked for."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from chalicelib.clock import iso
from infra.local import reports
from infra.local.reports import Event, Posted
from tests.support import worlds

NAME, ADDRESS = "Marcelline Ortolan", "marcelline.ortolan@canari.example"
"""Whom the events name: neither may be found anywhere."""


def mail_with_tag(tag: str | None, at: datetime | None = None) -> Posted:
    """Return the mail that bears this tag."""
    return Posted(worlds.ACCOUNT, worlds.MAIL_SET, tag, ADDRESS, NAME, at)


def _made(report: Callable[[Posted], Event]) -> Callable[..., Event]:
    """Return a function that makes this report of the mail that bears a tag."""
    return lambda tag, at=None: report(mail_with_tag(tag, at))


EVENTS: dict[str, Callable[..., Event]] = {
    "sent": _made(reports.sent),
    "delayed": _made(reports.delayed),
    "uncertain": _made(reports.uncertain),
    "delivered": _made(reports.delivered),
    "returned": _made(reports.returned),
    "refused": _made(reports.bounced),
    "rejected": _made(reports.rejected),
    "complained": _made(reports.complained),
}
"""By the state that each leads to."""


def bounce(tag: str | None, kind: str, below: str) -> Event:
    """Return the report that the mail bounced; ``kind``, ``below``: SES's type and subtype of the bounce."""
    return reports.bounced(mail_with_tag(tag), kind, below)


def complaint(tag: str | None, feedback: str) -> Event:
    """Return the report that the recipient complained of the mail."""
    return reports.complained(mail_with_tag(tag), feedback)


def unknown(tag: str | None) -> list[Event]:
    """Return events that SES may send and nobody asked for, or whose shape is unknown."""
    mail = mail_with_tag(tag)
    opened: dict[str, Any] = {"ipAddress": "203.0.113.7", "timestamp": iso(mail.instant), "userAgent": "x"}
    shapeless = reports.bounced(mail)
    del shapeless["detail"]["bounce"]
    return [
        mail.event("Email Opened", "open", opened),
        mail.event("Email Clicked", "click", opened | {"link": f"https://passe-plat.example/{NAME}"}),
        mail.event("Email Rendering Failed", "failure", {"errorMessage": NAME, "templateName": "x"}),
        mail.event("Email Subscribed", "subscription", {"contactList": "x"}),
        mail.event(f"Courriel lu par {ADDRESS}", "read", {}),
        reports.bounced(mail, "Temporary", "Weather"),
        shapeless,
    ]
