"""The mails about a meeting, each written from what stands when it leaves."""

from email.message import EmailMessage

from chalicelib import meeting_emails
from chalicelib.domain import recipients
from chalicelib.domain.appointment import CONTACT, Appointment, Seat
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

ABOUT_MEETING = frozenset({MailKind.MEETING_INVITATION, MailKind.MEETING_CANCELLED, MailKind.EVE_REMINDER})


def about_dates(waiting: OutboxMail, link: Link | None) -> EmailMessage | None:
    """Dates are proposed, or asked for again; None when that is no longer so."""
    head = parcours.head(waiting.parcours or "")
    stands, tutor = _appointment(waiting), _accompanies(head, waiting, link)
    if head.attempt != waiting.attempt or tutor is None:
        return None
    if waiting.kind is MailKind.SLOTS_NOTICE:
        return meeting_emails.slots_notice(tutor, head, stands) if stands and stands.slots else None
    held = inviting.Guests(head, waiting.link).holder()
    company = _holder(head, held) if held is not None else _contact(head, None)
    if company is None or waiting.reason is None or (stands and stands.slots):
        return None
    return meeting_emails.other_slots(tutor, head, company.address, waiting.reason)


def is_overtaken(waiting: OutboxMail) -> bool:
    """Whether a mail about a meeting need not be told any more: a later one says otherwise."""
    if waiting.kind not in ABOUT_MEETING:
        return False
    stands = _appointment(waiting)
    return stands is None or stands.concerned(waiting) is None


def about_meeting(waiting: OutboxMail, link: Link | None) -> EmailMessage | None:
    """The meeting is fixed, moved, cancelled or tomorrow; None when a later mail says otherwise, or nobody is left to read it."""
    stands = _appointment(waiting)
    seat = stands.concerned(waiting) if stands is not None else None
    if stands is None or stands.slot is None or seat is None:
        return None
    head = parcours.head(stands.parcours)
    tutor, to = _accompanies(head, waiting, link), _attendee(head, seat, waiting)
    if tutor is None or to is None:
        return None
    leaves, slot = stands.leaves_alone(seat), stands.slot
    if leaves:
        slot = seat.slot or slot.model_copy(update={"place": None})
    listed = (_attendee(head, one, waiting) for one in stands.reached)
    told = Meeting(
        parcours=head,
        reference=_reference(stands),
        appointment=stands,
        slot=slot,
        tutor=tutor,
        seat=seat,
        to=to,
        attendees=(to,) if leaves else tuple(one for one in listed if one is not None),
    )
    return meeting_emails.meeting(waiting.kind, told)


def _appointment(waiting: OutboxMail) -> Appointment | None:
    return relay.appointment(waiting.parcours or "", waiting.attempt or 0)


def _reference(stands: Appointment) -> str:
    try:
        return parcours.attempt(stands.parcours, stands.attempt).reference
    except NotFound:
        return ""


def _accompanies(head: Parcours, waiting: OutboxMail, link: Link | None) -> Account | None:
    """Who gets the answers, with the tutor as she was when it was decided."""
    return accompanying.accompanies(head, link, waiting.account)


def _attendee(head: Parcours, seat: Seat, waiting: OutboxMail) -> Attendee | None:
    """Somebody who is invited, or is so no more; None where her address is erased, or her account closed."""
    match seat.to:
        case Role.TUTOR:
            tutor = accompanying.open_account(seat.id) if seat.id else _accompanies(head, waiting, None)
            return Attendee(tutor.address, tutor.name) if tutor is not None and not tutor.is_team else None
        case Role.BUYER:
            return _buyer(head, seat)
        case _ if seat.address or seat.id == CONTACT:
            return _contact(head, seat.address)
    link = relay.link(seat.id)
    if link is None or not link.recipient:  # withdrawn or not: the seats say who is invited
        return None
    return _holder(head, link)


def _contact(head: Parcours, invited: str | None) -> Attendee | None:
    """The contact of the record; ``invited``: the address that she had."""
    somebody = inviting.contact(head)
    if invited and (somebody is None or somebody.address != invited):
        return Attendee(invited, head.company.name)
    return Attendee(somebody.address, somebody.name) if somebody is not None else None


def _holder(head: Parcours, link: Link) -> Attendee:
    """By her name where the record knows it."""
    same = (one.name for one in head.company.contacts if recipients.is_same(one.address, link.recipient))
    return Attendee(link.recipient, link.holder or next(same, "") or head.company.name)


def _buyer(head: Parcours, seat: Seat) -> Attendee | None:
    """The buyer's account, else the buyer whom the record names; her seat is optional."""
    if seat.address:
        same = head.buyer_contact is not None and head.buyer_contact.address == seat.address
        name = head.buyer_contact.name if same and head.buyer_contact else head.contract.organisation
        return Attendee(seat.address, name, optional=True)
    somebody = accompanying.open_account(seat.id or head.buyer) or (None if seat.id else head.buyer_contact)
    return Attendee(somebody.address, somebody.name, optional=True) if somebody else None
