"""The mails about a meeting: dates proposed, asked for again, and every version of what is agreed, with its invitation.

None carries a link to the documents. The address of a meeting at a distance is the company's own, and then the only one.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from email.message import EmailMessage
from urllib.parse import urlsplit

from chalicelib import clock, config, french, invitations, letters, meeting_words, words
from chalicelib.domain.appointment import Appointment, AppointmentState
from chalicelib.domain.parcours import Parcours
from chalicelib.domain.people import Account
from chalicelib.domain.slots import Slot
from chalicelib.domain.timeline import Reason
from chalicelib.domain.transition import MailKind
from chalicelib.domain.values import Role
from chalicelib.invitations import Attendee, Invitation, Method

FILE_NAME = "rendez-vous.ics"


@dataclass(frozen=True)
class Meeting:
    """One agreed meeting and who is concerned."""

    parcours: Parcours
    reference: str
    """Of its passage, which may be over."""
    appointment: Appointment
    slot: Slot
    tutor: Account
    attendees: dict[Role, Attendee]
    beside: Attendee | None = None
    """One more of the company."""


def slots_notice(tutor: Account, parcours: Parcours, appointment: Appointment) -> EmailMessage:
    """To the tutor: the dates that the company proposes, and the page where she chooses."""
    return letters.message(
        "dates",
        to=tutor.address,
        dates=[_when(one) for one in appointment.slots],
        place=_place(parcours, appointment.slots[0], short=True),
        parcours=words.market_facts(parcours),
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
        why=meeting_words.OTHER_DATES[reason],
        parcours=words.market_facts(parcours),
    )


def meeting(kind: MailKind, told: Meeting, to: Role, *, anew: bool = False) -> EmailMessage:
    """To one side: the meeting is fixed, moved, cancelled, or tomorrow; with what her calendar needs, but on the eve.

    Args:
        anew: she takes somebody's place, and has heard of no earlier version.
    """
    left = kind is MailKind.MEETING_CANCELLED and told.appointment.state is AppointmentState.FIXED
    told_as = (
        meeting_words.LEFT if left else meeting_words.title_of(kind, 0 if anew else told.appointment.sequence)
    )
    title, lead = meeting_words.MEETINGS[told_as]
    hers = to is Role.TUTOR
    message = letters.message(
        "rendez-vous",
        to=told.attendees[to].address,
        from_name=letters.SERVICE_NAME if hers else letters.shown(told.tutor),
        reply_to=None if hers else told.tutor.address,
        sender=None if hers else letters.presented(told.tutor),
        title=title,
        lead=lead,
        when=None if left else _when(told.slot),
        place=_place(told.parcours, told.slot, short=True),
        video=letters.Exact(told.slot.place) if told.slot.place else None,
        cancelled=kind is MailKind.MEETING_CANCELLED,
        parcours=words.market_facts(told.parcours) | {"reference": told.reference},
        parcours_url=letters.page_of(told.parcours) if hers and told.slot.place is None else None,
    )
    if kind is not MailKind.EVE_REMINDER:
        method = Method.CANCEL if kind is MailKind.MEETING_CANCELLED else Method.REQUEST
        _invite(message, method, told, clock.utc_now())
    return message


def _invite(message: EmailMessage, method: Method, told: Meeting, now: datetime) -> None:
    """As a further way to read the mail, which calendars act on, and as a file, for those that do not."""
    host = urlsplit(config.public_base_url()).hostname
    organizer = Attendee(config.resource("MAIL_FROM"), told.tutor.name)
    attendees = (*told.attendees.values(), *((told.beside,) if told.beside else ()))
    text = invitations.text_of(
        Invitation(
            method=method,
            uid=f"{told.appointment.uid}@{host}",
            sequence=told.appointment.sequence,
            slot=told.slot,
            summary=meeting_words.SUMMARY.format(reference=told.reference),
            place=letters.unlinked(_place(told.parcours, told.slot, short=False)),
            organizer=_plain(organizer),
            attendees=tuple(_plain(one) for one in attendees),
        ),
        now,
    )
    params = {"method": method.value, "charset": "utf-8"}
    message.add_alternative(text, maintype="text", subtype="calendar", params=params)
    message.add_attachment(text, maintype="text", subtype="calendar", params=params, filename=FILE_NAME)


def _plain(person: Attendee) -> Attendee:
    return replace(person, name=letters.unlinked(person.name))


def _when(slot: Slot) -> str:
    return f"{french.moment(slot.start)}, {french.duree(slot.minutes)}"


def _place(parcours: Parcours, slot: Slot, *, short: bool) -> str:
    if slot.place is not None:
        at = meeting_words.AT_A_DISTANCE
        return at if short else letters.Exact(f"{at}\u00a0: {slot.place}")
    return french.une_ligne(f"{parcours.placement.place}, {parcours.placement.town}")
