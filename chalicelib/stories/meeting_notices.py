"""The mails about a meeting, each written from what stands when it leaves."""

from email.message import EmailMessage

from chalicelib import meeting_emails
from chalicelib.domain import recipients
from chalicelib.domain.appointment import CONTACT, Appointment, AppointmentState
from chalicelib.domain.link import Link
from chalicelib.domain.parcours import Parcours
from chalicelib.domain.people import Account
from chalicelib.domain.transition import MailKind, OutboxMail
from chalicelib.domain.values import Role
from chalicelib.errors import NotFound
from chalicelib.invitations import Attendee
from chalicelib.meeting_emails import Meeting
from chalicelib.stores import parcours, relay
from chalicelib.stories import accompanying, inviting

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
    cancelled = waiting.kind is MailKind.MEETING_CANCELLED
    second = _second(head, link, invited=cancelled)
    sides = {
        Role.TUTOR: Attendee(tutor.address, tutor.name),
        Role.COMPANY: _company(head, link, invited=cancelled),
        Role.BUYER: _buyer(head) if stands.buyer_invited or waiting.to is Role.BUYER else None,
    }
    hers = second is not None and waiting.about == second.id
    agreed = stands.state is AppointmentState.FIXED
    gone = waiting.to is Role.COMPANY and waiting.about not in {None, waiting.link}
    if (hers and cancelled and agreed) or (gone and not hers and not cancelled):
        return None  # invited anew since, or no more
    beside = _holder(head, second) if second is not None else None
    if hers:
        sides[Role.COMPANY], beside = beside, sides[Role.COMPANY]
    elif cancelled and waiting.about is not None:
        sides[waiting.to], beside = _leaver(head, waiting, stands), None
    told = Meeting(
        parcours=head,
        reference=_reference(stands),
        appointment=stands,
        slot=stands.slot,
        tutor=tutor,
        attendees={role: one for role, one in sides.items() if one is not None},
        beside=beside,
    )
    if waiting.to not in told.attendees:
        return None
    joined = waiting.about is not None and waiting.created_at != stands.changed_at
    return meeting_emails.meeting(waiting.kind, told, waiting.to, anew=joined)


def _appointment(waiting: OutboxMail) -> Appointment | None:
    return relay.appointment(waiting.parcours or "", waiting.attempt or 0)


def _leaves(waiting: OutboxMail, stands: Appointment) -> bool:
    """One person is invited no more to what stands: only her own calendar is told that it is cancelled."""
    uninvited = waiting.to is Role.BUYER and not stands.buyer_invited
    return waiting.kind is MailKind.MEETING_CANCELLED and (uninvited or waiting.about is not None)


def _leaver(head: Parcours, waiting: OutboxMail, stands: Appointment) -> Attendee | None:
    """Who is invited no more, as she was; None once she is anew."""
    if waiting.to is Role.TUTOR:
        tutor = accompanying.open_account(waiting.about)
        return Attendee(tutor.address, tutor.name) if tutor and not tutor.is_team else None
    if waiting.about == CONTACT:
        return _company(head, None, invited=True)
    link = relay.link(waiting.about or "")
    back = stands.state is AppointmentState.FIXED and waiting.about == stands.link
    return _holder(head, link) if link is not None and link.recipient and not back else None


def _second(head: Parcours, link: Link | None, *, invited: bool) -> Link | None:
    """The link of the colleague beside whoever of the company is invited: see ``_company``."""
    if invited:
        return inviting.beside(inviting.followed(link))
    return inviting.living(inviting.beside(inviting.holder(head, link)))


def _reference(stands: Appointment) -> str:
    try:
        return parcours.attempt(stands.parcours, stands.attempt).reference
    except NotFound:
        return ""


def _accompanies(head: Parcours, waiting: OutboxMail, link: Link | None) -> Account | None:
    """Who gets the answers, with the tutor as she was when it was decided."""
    return accompanying.accompanies(head, link, waiting.account)


def _company(head: Parcours, link: Link | None, *, invited: bool = False) -> Attendee | None:
    """Whoever of the company holds a link that still acts, else the contact who welcomes, else who answers the tender.

    Looked up when the mail leaves: a link that was passed on, withdrawn or replaced since invites nobody any more, and the
    buyer's never does.

    Args:
        invited: who was so by this link, or as the contact if by none, even though it is dead now: her calendar is to be told.
    """
    held = inviting.followed(link) if invited else inviting.holder(head, link)
    if held is not None:
        return _holder(head, held)
    somebody = inviting.contact(head)
    return Attendee(somebody.address, somebody.name) if somebody else None


def _holder(head: Parcours, link: Link) -> Attendee:
    """By her name where the record knows it."""
    same = (one.name for one in head.company.contacts if recipients.is_same(one.address, link.recipient))
    return Attendee(link.recipient, link.holder or next(same, "") or head.company.name)


def _buyer(head: Parcours) -> Attendee | None:
    """The buyer's account, else the buyer whom the record names; her seat is optional."""
    somebody = _open(head.buyer) or head.buyer_contact
    return Attendee(somebody.address, somebody.name, optional=True) if somebody else None


def _open(identifier: str | None) -> Account | None:
    found = parcours.account(identifier) if identifier else None
    return found if found is not None and found.closed_at is None else None
