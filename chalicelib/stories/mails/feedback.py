"""Note what the mail service says of our mails, from its events as EventBridge brings them.

Of an event only its account, our configuration set, its kind and time, codes and our own tag are read: never an address.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from chalicelib import config, log
from chalicelib.domain import contacts
from chalicelib.domain.documents import delivering, mailing
from chalicelib.domain.documents.delivering import SentMail
from chalicelib.domain.kernel.delivery import Delivery, DeliveryState, Mailbox, Report, SetAside
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.texts import hash_text
from chalicelib.domain.kernel.timeline import Reason
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.rights import RightsRequest
from chalicelib.stores.unit_of_work import UnitOfWork, story
from chalicelib.stories.kit.deciding import decision_inputs

TAG, SET_TAG = "mail", "ses:configuration-set"
IDENTIFIER = re.compile(r"[0-9a-f]{32}")
CALLED = re.compile(r"[A-Za-z ]{1,40}")
UNREADABLE = "unreadable"

BOUNCES: dict[tuple[str, str], tuple[DeliveryState, Reason]] = {
    ("Permanent", "Suppressed"): (DeliveryState.REFUSED, Reason.MAILBOX_BLOCKED),
    ("Permanent", "OnAccountSuppressionList"): (DeliveryState.REFUSED, Reason.MAILBOX_BLOCKED),
    ("Transient", "MailboxFull"): (DeliveryState.RETURNED, Reason.MAILBOX_FULL),
    ("Transient", "MessageTooLarge"): (DeliveryState.RETURNED, Reason.MAIL_TOO_LARGE),
    ("Transient", "ContentRejected"): (DeliveryState.RETURNED, Reason.MAIL_CONTENT),
    ("Transient", "AttachmentRejected"): (DeliveryState.RETURNED, Reason.MAIL_CONTENT),
    ("Transient", "CustomTimeoutExceeded"): (DeliveryState.RETURNED, Reason.MAILBOX_FULL),
}
"""What the types of a bounce mean, where they say more than its first word. Source: SES developer guide, « Bounce object »."""
BY_TYPE = {
    "Permanent": (DeliveryState.REFUSED, Reason.NO_MAILBOX),
    "Transient": (DeliveryState.UNCERTAIN, Reason.MAIL_UNCERTAIN),
    "Undetermined": (DeliveryState.UNCERTAIN, Reason.MAIL_UNCERTAIN),
}


class Unknown(Exception):
    """An event that this version cannot read; its text is how the event is called."""


def receive(event: Mapping[str, Any], *, now: datetime) -> str:
    """Note one event of the mail service.

    Returns what came of it, for the log: ``forged``, ``set_aside`` (not understood), ``untagged``, ``unknown`` (no such mail),
    ``repeated``, or the state that the report brought.
    """
    if not _is_ours(event):
        return "forged"
    tag = _read_tag(event)
    try:
        report = _parse_report(event, now)
    except Unknown as unknown:
        _set_aside(event, str(unknown), tag, now)
        return "set_aside"
    if tag is None:
        return "untagged"
    return _note_report(tag, report, now)


def _is_ours(event: Mapping[str, Any]) -> bool:
    """Whether the event comes from SES, in our account, about a mail sent with our configuration set."""
    ours = event.get("source") == "aws.ses" and event.get("account") == config.resource("ACCOUNT")
    return ours and config.resource("MAIL_CONFIGURATION_SET") in _read_tags(event, SET_TAG)


def _read_tags(event: Mapping[str, Any], name: str) -> list[Any]:
    """Read the values of one tag of the mail; empty when the event has none in this place."""
    part: Any = event
    for key in ("detail", "mail", "tags", name):
        part = part.get(key) if isinstance(part, Mapping) else None
    return part if isinstance(part, list) else []


def _read_tag(event: Mapping[str, Any]) -> str | None:
    """Return our own tag, which names the mail; None when the event has none."""
    match _read_tags(event, TAG):
        case [str(tag)] if IDENTIFIER.fullmatch(tag):
            return tag
    return None


# ---- What an event says ---------------------------------------------------------------------------------------------
def _read_bounce(bounce: Mapping[str, Any]) -> tuple[DeliveryState, Reason | None]:
    """Return what a bounce means. Raises Unknown for a type that is not in the tables."""
    kind, sub_kind = str(bounce.get("bounceType")), str(bounce.get("bounceSubType"))
    meaning = BOUNCES.get((kind, sub_kind)) or BY_TYPE.get(kind)
    if meaning is None:
        raise Unknown("Bounce")
    return meaning


def _read_complaint(complaint: Mapping[str, Any]) -> tuple[DeliveryState, Reason | None]:
    """Return what a complaint means: a reader called the mail unwanted.

    « not-spam » says the contrary, of a mail that was delivered; a complaint by the suppression list is a refusal.
    """
    if complaint.get("complaintFeedbackType") == "not-spam":
        return DeliveryState.DELIVERED, None
    if complaint.get("complaintSubType") == "OnAccountSuppressionList":
        return DeliveryState.REFUSED, Reason.MAILBOX_BLOCKED
    return DeliveryState.COMPLAINED, Reason.MAIL_UNWANTED


Meaning = tuple[DeliveryState, Reason | None]
KINDS: dict[str, tuple[str, Meaning | Callable[[Mapping[str, Any]], Meaning]]] = {
    "Email Sent": ("send", (DeliveryState.SENT, None)),
    "Email Delivered": ("delivery", (DeliveryState.DELIVERED, None)),
    "Email Delivery Delayed": ("deliveryDelay", (DeliveryState.DELAYED, None)),
    "Email Bounced": ("bounce", _read_bounce),
    "Email Complaint Received": ("complaint", _read_complaint),
    "Email Rejected": ("reject", (DeliveryState.REJECTED, Reason.MAIL_VIRUS)),
}
"""Each kind of event, the part of it that says more, and what it means, or how that is read."""


def _parse_report(event: Mapping[str, Any], now: datetime) -> Report:
    """Parse an event into a report. Raises Unknown for a kind or shape that this version cannot read."""
    kind = str(event.get("detail-type"))
    if kind not in KINDS:
        raise Unknown(kind if CALLED.fullmatch(kind) else UNREADABLE)
    part_name, meaning = KINDS[kind]
    part = event["detail"].get(part_name)
    if not isinstance(part, Mapping):
        raise Unknown(kind)
    state, reason = meaning(part) if callable(meaning) else meaning
    return Report(
        state=state, at=_parse_instant(part.get("timestamp") or event.get("time"), now), reason=reason
    )


def _parse_instant(written: object, now: datetime) -> datetime:
    """Parse when the event happened, ``now`` at the latest; ``now`` where it cannot be read."""
    try:
        at = datetime.fromisoformat(str(written))
    except ValueError:
        return now
    return min(at if at.tzinfo else at.replace(tzinfo=UTC), now)


# ---- What follows ---------------------------------------------------------------------------------------------------
@story
def _note_report(work: UnitOfWork, tag: str, report: Report, now: datetime) -> str:
    """Decide what a report changes, and commit it; return its outcome, as in ``receive``."""
    delivery = work.get(Delivery, tag)
    if delivery is None:
        return "unknown"
    sent_mail = _load_sent_mail(work, delivery)
    step = delivering.note_report(sent_mail, report, decision_inputs(now))
    work.commit(contacts.note_contacts(step, sent_mail.link) if sent_mail.link else step)
    request = sent_mail.request
    if request is not None and step.result_for(request).has_come_back and not request.has_come_back:
        log.line("request_returned")
    return report.state.value if step else "repeated"


def _load_sent_mail(work: UnitOfWork, delivery: Delivery) -> SentMail:
    """Load the delivery's mail with everything that its report may change."""
    mail = delivery.mail
    link = work.get(Link, mail.link)
    lines = mailing.split_reminder(mail, work.get_all(Link, mail.links))
    return SentMail(
        delivery,
        mailbox=work.get(Mailbox, delivery.mailbox),
        owner=work.get(Account, delivery.owner),
        link=link,
        deposit=work.get(Deposit, link.deposit) if link else None,
        parcours=work.get(Parcours, mail.parcours or (link.parcours if link else None)),
        request=work.get(RightsRequest, mail.request),
        lines=tuple(_load_sent_mail(work, replace(delivery, mail=line)) for line in lines),
    )


def _set_aside(event: Mapping[str, Any], code: str, tag: str | None, now: datetime) -> None:
    """Note that an event that we cannot read came, once, with its kind (``code``) and nothing else of it."""
    identifier = hash_text(str(event.get("id")))[:32]
    _keep(SetAside(id=identifier, code=code, mail=tag, at=now))
    log.line("report_set_aside", kind=code)


@story
def _keep(work: UnitOfWork, report: SetAside) -> None:
    """Store the note about an unread event, unless it is there."""
    if work.get(SetAside, report.id) is None:
        work.commit(Transition(changes=(Change(None, report),)))
