"""The mails about a meeting, each written from what stands when it leaves."""

from email.message import EmailMessage

from chalicelib import meeting_emails
from chalicelib.domain.appointment import Appointment, AppointmentState
from chalicelib.domain.link import Link
from chalicelib.domain.parcours import ContactRole, Parcours
from chalicelib.domain.passing import MOST_MOVES
from chalicelib.domain.people import Account
from chalicelib.domain.record import contact_of
from chalicelib.domain.transition import MailKind, OutboxMail
from chalicelib.domain.values import Role
from chalicelib.errors import NotFound
from chalicelib.invitations import Attendee
from chalicelib.meeting_emails import Meeting
from chalicelib.stores import parcours, relay

TOLD_OF = {
    MailKind.MEETING_INVITATION: AppointmentState.FIXED,
    MailKind.EVE_REMINDER: AppointmentState.FIXED,
    MailKind.MEETING_CANCELLED: AppointmentState.CANCELLED,
}
"""What an appointment must still be for a mail to be true: fixed again since, only the newer one leaves."""


def about_dates(waiting: OutboxMail, link: Link | None) -> EmailMessage | None:
    """Dates are proposed, or asked for again; None when that is no longer so."""
    head = parcours.head(waiting.parcours or "")
    stands, tutor = _appointment(waiting), _accompanies(head, waiting, link)
    if head.attempt != waiting.attempt or tutor is None:
        return None
    if waiting.kind is MailKind.SLOTS_NOTICE:
        return meeting_emails.slots_notice(tutor, head, stands) if stands and stands.slots else None
    company = _company(head, link)
    if company is None or waiting.reason is None or (stands and stands.slots):
        return None
    return meeting_emails.other_slots(tutor, head, company.address, waiting.reason)


def about_meeting(waiting: OutboxMail, link: Link | None) -> EmailMessage | None:
    """The meeting is fixed, moved, cancelled or tomorrow; None when it stands otherwise now, or nobody is left on that side."""
    stands = _appointment(waiting)
    if (
        stands is None
        or stands.slot is None
        or waiting.to is None
        or not (_leaves(waiting, stands) or stands.state is TOLD_OF[waiting.kind])
    ):
        return None
    head = parcours.head(stands.parcours)
    tutor = _accompanies(head, waiting, link)
    if tutor is None:
        return None
    sides = {
        Role.TUTOR: Attendee(tutor.address, tutor.name),
        Role.COMPANY: _company(head, link),
        Role.BUYER: _buyer(head) if stands.buyer_invited or _leaves(waiting, stands) else None,
    }
    told = Meeting(
        parcours=head,
        reference=_reference(stands),
        appointment=stands,
        slot=stands.slot,
        tutor=tutor,
        attendees={role: one for role, one in sides.items() if one is not None},
    )
    return meeting_emails.meeting(waiting.kind, told, waiting.to) if waiting.to in told.attendees else None


def _appointment(waiting: OutboxMail) -> Appointment | None:
    return relay.appointment(waiting.parcours or "", waiting.attempt or 0)


def _leaves(waiting: OutboxMail, stands: Appointment) -> bool:
    """The buyer is invited no more to what was agreed anew: only her own calendar is told that it is cancelled."""
    return (waiting.kind, waiting.to, stands.buyer_invited) == (MailKind.MEETING_CANCELLED, Role.BUYER, False)


def _reference(stands: Appointment) -> str:
    try:
        return parcours.attempt(stands.parcours, stands.attempt).reference
    except NotFound:
        return ""


def _accompanies(head: Parcours, waiting: OutboxMail, link: Link | None) -> Account | None:
    """Who gets the answers: the tutor as she was when it was decided, the sender, else the coordinator; never the team."""
    known = (head.tutor, waiting.account, link.sender if link else None, head.coordinator)
    people = (_open(one) for one in known)
    return next((one for one in people if one is not None and not one.is_team), None)


def _company(head: Parcours, link: Link | None) -> Attendee | None:
    """Whoever of the company holds a link that still acts, else the contact who welcomes, else who answers the tender.

    Looked up when the mail leaves: a link that was passed on, withdrawn or replaced since invites nobody any more, and the
    buyer's never does.
    """
    for found in (link, relay.link(head.live_link) if head.live_link else None):
        held = _living(found)
        if held is not None:
            return _holder(head, held)
    welcomes = contact_of(head.company, ContactRole.WELCOMES)
    somebody = welcomes or contact_of(head.company, ContactRole.ANSWERS_TENDER)
    return Attendee(somebody.address, somebody.name) if somebody else None


def _living(link: Link | None) -> Link | None:
    """The link to which this one has come, if the company holds it and it still acts."""
    for _ in range(MOST_MOVES + 1):  # the buyer's own move, then those within the company
        if link is None or link.moved_to is None:
            break
        link = relay.link(link.moved_to)
    acts = link is not None and link.to is Role.COMPANY and link.recipient and not link.waiting
    return link if acts and link is not None and link.revoked_at is None and link.closed_at is None else None


def _holder(head: Parcours, link: Link) -> Attendee:
    """By her name where the record knows it."""
    same = (one.name for one in head.company.contacts if one.address.casefold() == link.recipient.casefold())
    return Attendee(link.recipient, link.holder or next(same, "") or head.company.name)


def _buyer(head: Parcours) -> Attendee | None:
    """The buyer's account, else the buyer whom the record names; her seat is optional."""
    somebody = _open(head.buyer) or head.buyer_contact
    return Attendee(somebody.address, somebody.name, optional=True) if somebody else None


def _open(identifier: str | None) -> Account | None:
    found = parcours.account(identifier) if identifier else None
    return found if found is not None and found.closed_at is None else None
