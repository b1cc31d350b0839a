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
from chalicelib.words import codes, meetings

FILE_NAME = "rendez-vous.ics"


@dataclass(frozen=True)
class Meeting:
    """One agreed meeting, who is told of it, and who is invited with her."""

    parcours: Parcours
    reference: str
    """Of its passage, which may be over."""
    appointment: Appointment
    slot: Slot
    """To whoever leaves, the one to which she was invited."""
    tutor: Account
    seat: Seat
    to: Attendee
    attendees: tuple[Attendee, ...]

    @property
    def leaves(self) -> bool:
        """She alone is invited no more."""
        return self.appointment.leaves_alone(self.seat)

    @property
    def is_first(self) -> bool:
        """Whether it may be the first mail that she ever gets: she wonders why."""
        return self.told_as == meetings.FIXED

    @property
    def told_as(self) -> str:
        """Which of ``MEETINGS`` she is told; an earlier mail may not have reached her, and this one says all."""
        if self.seat.left:
            return meetings.LEFT if self.leaves else meetings.CANCELLED
        if self.seat.since == self.seat.sequence:
            return meetings.FIXED
        return meetings.MOVED if self.appointment.agreed == self.seat.sequence else meetings.PEOPLE


def slots_notice(tutor: Account, parcours: Parcours, appointment: Appointment) -> EmailMessage:
    """To the tutor: the dates that the company proposes, and the page where she chooses."""
    return letters.message(
        "dates",
        to=tutor.address,
        dates=[_when(one) for one in appointment.slots],
        place=_place(parcours, appointment.slots[0], short=True),
        parcours=codes.market_facts(parcours),
        parcours_url=letters.page_of(parcours),
    )


def other_slots(tutor: Account, parcours: Parcours, to: str, reason: Reason) -> EmailMessage:
    """To the company: please propose other dates, and why. Answers go to the tutor."""
    return letters.message(
        "autres-dates",
        to=to,
        from_name=letters.shown(tutor),
        reply_to=tutor.address,
        sender=letters.presented(tutor),
        why=meetings.OTHER_DATES[reason],
        greeted=letters.greeted(parcours, to),
        parcours=codes.market_facts(parcours),
    )


def meeting(kind: MailKind, told: Meeting) -> EmailMessage:
    """To one person: the meeting is fixed, moved, cancelled, or tomorrow; with what her calendar needs, but on the eve."""
    eve, left = kind is MailKind.EVE_REMINDER, told.leaves
    title, lead = meetings.MEETINGS[meetings.TOMORROW if eve else told.told_as]
    hers = told.seat.to is Role.TUTOR
    message = letters.message(
        "rendez-vous",
        to=told.to.address,
        from_name=letters.SERVICE_NAME if hers else letters.shown(told.tutor),
        reply_to=None if hers else told.tutor.address,
        sender=None if hers else letters.presented(told.tutor),
        greeted=_greeted(told),
        title=title,
        lead=lead,
        first={"buys": told.seat.to is Role.BUYER} if told.is_first and not eve and not hers else None,
        when=None if left else _when(told.slot),
        place=_place(told.parcours, told.slot, short=True),
        video=letters.Exact(told.slot.place) if told.slot.place else None,
        cancelled=told.seat.left,
        parcours=codes.market_facts(told.parcours) | {"reference": told.reference},
        parcours_url=letters.page_of(told.parcours)
        if hers and not left and told.slot.place is None
        else None,
    )
    if not eve:
        _invite(message, told)
    return message


def _invite(message: EmailMessage, told: Meeting) -> None:
    """As a further way to read the mail, which calendars act on, and as a file for those that do not.

    The file bears no calendar's type: some would read it as a second invitation.
    """
    host = urlsplit(config.public_base_url()).hostname
    organizer = Attendee(config.resource("MAIL_FROM"), told.tutor.name)
    method = Method.CANCEL if told.seat.left else Method.REQUEST
    status = Status.CANCELLED if told.seat.left else Status.CONFIRMED
    text = invitations.text_of(
        Invitation(
            method=method,
            status=None if told.leaves else status,
            uid=f"{told.appointment.uid}@{host}",
            sequence=told.seat.sequence,
            slot=told.slot,
            summary=meetings.SUMMARY.format(reference=told.reference),
            place=None if told.leaves else letters.unlinked(_place(told.parcours, told.slot, short=False)),
            description=(meetings.LEFT_DESCRIPTION if told.leaves else meetings.DESCRIPTION).format(
                name=letters.unlinked(told.tutor.name), address=told.tutor.address
            ),
            organizer=_plain(organizer),
            attendees=tuple(_plain(one) for one in told.attendees),
        ),
        clock.utc_now(),
    )
    params = {"method": method.value, "charset": "utf-8"}
    message.add_alternative(text, maintype="text", subtype="calendar", params=params)
    message.add_attachment(
        text, maintype="application", subtype="ics", params={"name": FILE_NAME}, filename=FILE_NAME
    )


def _greeted(told: Meeting) -> str:
    """By the name of her account or of the record, never by one that a recipient typed."""
    account = told.seat.to is not Role.COMPANY and not told.seat.address
    return told.to.name if account else letters.greeted(told.parcours, told.to.address)


def _plain(person: Attendee) -> Attendee:
    return replace(person, name=letters.unlinked(person.name))


def _when(slot: Slot) -> str:
    return f"{french.moment(slot.start)}, {french.duree(slot.minutes)}"


def _place(parcours: Parcours, slot: Slot, *, short: bool) -> str:
    if slot.place is not None:
        at = meetings.AT_A_DISTANCE
        return at if short else letters.Exact(f"{at}\u00a0: {slot.place}")
    return french.une_ligne(f"{parcours.placement.place}, {parcours.placement.town}")
