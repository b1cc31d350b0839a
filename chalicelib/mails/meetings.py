"""The mails about a meeting: dates proposed, asked for again, and every version of what is agreed, with its invitation.

None carries a link to the documents. The address of a meeting at a distance is the company's own, and then the only one.
"""

from dataclasses import dataclass, replace
from email.message import EmailMessage
from urllib.parse import urlsplit

from chalicelib import clock, config, french
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import Reason
from chalicelib.domain.kernel.transition import MailKind
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.meetings.appointment import Appointment, Seat
from chalicelib.domain.meetings.slots import Slot
from chalicelib.mails import invitations, letters
from chalicelib.mails.invitations import Attendee, Invitation, Method, Status
from chalicelib.words import codes
from chalicelib.words import mails as words

FILE_NAME = "rendez-vous.ics"


@dataclass(frozen=True)
class Meeting:
    """One agreed meeting, who is notified of it, and who else is invited."""

    parcours: Parcours
    reference: str
    """Of its passage, which may be over."""
    appointment: Appointment
    slot: Slot
    """To somebody who is invited no more, the one of her invitation."""
    tutor: Account
    seat: Seat
    to: Attendee
    attendees: tuple[Attendee, ...]

    @property
    def leaves(self) -> bool:
        """Whether she alone is invited no more."""
        return self.appointment.leaves_alone(self.seat)

    @property
    def is_first(self) -> bool:
        """Whether it may be the first mail that she ever gets: she wonders why."""
        return self.occasion == words.FIXED

    @property
    def occasion(self) -> str:
        """The row of ``MEETINGS``; an earlier mail may not have arrived, so this one says all."""
        if self.seat.left:
            return words.LEFT if self.leaves else words.CANCELLED
        if self.seat.since == self.seat.sequence:
            return words.FIXED
        return words.MOVED if self.appointment.agreed == self.seat.sequence else words.PEOPLE


def slots_notice(tutor: Account, parcours: Parcours, appointment: Appointment) -> EmailMessage:
    """To the tutor: the dates that the company proposes, and the page where she chooses."""
    return letters.about(
        "dates",
        parcours,
        to=tutor.address,
        dates=[_when(one) for one in appointment.slots],
        place=_place(parcours, appointment.slots[0], short=True),
    )


def other_slots(tutor: Account, parcours: Parcours, to: str, reason: Reason) -> EmailMessage:
    """To the company: please propose other dates, and why. Answers go to the tutor."""
    return letters.signed(
        "autres-dates",
        tutor,
        parcours,
        to=to,
        why=codes.REASONS[reason].to_company,
        greeted=letters.greeted(parcours, to),
    )


def meeting(kind: MailKind, agreed: Meeting) -> EmailMessage:
    """To one person: the meeting is fixed, moved, cancelled, or tomorrow; with what her calendar needs, but on the eve."""
    eve, left = kind is MailKind.EVE_REMINDER, agreed.leaves
    title, lead = words.MEETINGS[words.TOMORROW if eve else agreed.occasion]
    to_tutor = agreed.seat.to is Role.TUTOR
    message = letters.message(
        "rendez-vous",
        to=agreed.to.address,
        from_name=letters.SERVICE_NAME if to_tutor else letters.shown(agreed.tutor),
        reply_to=None if to_tutor else agreed.tutor.address,
        sender=None if to_tutor else letters.presented(agreed.tutor),
        greeted=_greeted(agreed),
        title=title,
        lead=lead,
        first={"buys": agreed.seat.to is Role.BUYER}
        if agreed.is_first and not eve and not to_tutor
        else None,
        when=None if left else _when(agreed.slot),
        place=_place(agreed.parcours, agreed.slot, short=True),
        video=letters.Exact(agreed.slot.place) if agreed.slot.place else None,
        cancelled=agreed.seat.left,
        parcours=codes.market_facts(agreed.parcours) | {"reference": agreed.reference},
        parcours_url=letters.page_of(agreed.parcours)
        if to_tutor and not left and agreed.slot.place is None
        else None,
    )
    if not eve:
        _invite(message, agreed)
    return message


def _invite(message: EmailMessage, agreed: Meeting) -> None:
    """As a further way to read the mail, which calendars act on, and as a file for those that do not.

    The file bears no calendar's type: some would read it as a second invitation.
    """
    host = urlsplit(config.public_base_url()).hostname
    organizer = Attendee(config.resource("MAIL_FROM"), agreed.tutor.name)
    method = Method.CANCEL if agreed.seat.left else Method.REQUEST
    status = Status.CANCELLED if agreed.seat.left else Status.CONFIRMED
    place = letters.unlinked(_place(agreed.parcours, agreed.slot, short=False))
    text = invitations.text_of(
        Invitation(
            method=method,
            status=None if agreed.leaves else status,
            uid=f"{agreed.appointment.uid}@{host}",
            sequence=agreed.seat.sequence,
            slot=agreed.slot,
            summary=words.SUMMARY.format(reference=agreed.reference),
            place=None if agreed.leaves else place,
            description=(words.LEFT_DESCRIPTION if agreed.leaves else words.DESCRIPTION).format(
                name=letters.unlinked(agreed.tutor.name), address=agreed.tutor.address
            ),
            organizer=_plain(organizer),
            attendees=tuple(_plain(one) for one in agreed.attendees),
        ),
        clock.utc_now(),
    )
    params = {"method": method.value, "charset": "utf-8"}
    message.add_alternative(text, maintype="text", subtype="calendar", params=params)
    message.add_attachment(
        text, maintype="application", subtype="ics", params={"name": FILE_NAME}, filename=FILE_NAME
    )


def _greeted(agreed: Meeting) -> str:
    """By the name of her account or of the record, never by one that a recipient typed."""
    account = agreed.seat.to is not Role.COMPANY and not agreed.seat.address
    return agreed.to.name if account else letters.greeted(agreed.parcours, agreed.to.address)


def _plain(person: Attendee) -> Attendee:
    return replace(person, name=letters.unlinked(person.name))


def _when(slot: Slot) -> str:
    return f"{french.moment(slot.start)}, {french.duree(slot.minutes)}"


def _place(parcours: Parcours, slot: Slot, *, short: bool) -> str:
    if slot.place is not None:
        at = words.AT_A_DISTANCE
        return at if short else letters.Exact(f"{at}\u00a0: {slot.place}")
    return french.une_ligne(f"{parcours.placement.place}, {parcours.placement.town}")
