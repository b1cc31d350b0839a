"""The mails about a meeting: dates that are proposed or asked for, and what is agreed, with what calendars need."""

from dataclasses import dataclass, replace
from email.message import EmailMessage
from urllib.parse import urlsplit

from chalicelib import clock, config, french, terms
from chalicelib.domain import record
from chalicelib.domain.documents import recipients
from chalicelib.domain.kernel.attempt import Attempt
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import BuyerContact, Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.transition import MailKind
from chalicelib.domain.kernel.values import Role, Setback
from chalicelib.domain.meetings.appointment import CONTACT, Appointment, Seat, is_open
from chalicelib.domain.meetings.slots import Slot
from chalicelib.domain.parcours import turns
from chalicelib.mails import invitations, letters, views
from chalicelib.mails.invitations import Attendee, Invitation, Method, Status
from chalicelib.mails.views import OF_ACCOUNT, Exact, Place, ProposedDate, RecipientPage, VideoAddress
from chalicelib.stores.unit_of_work import UnitOfWork
from chalicelib.stories.kit import accompanying, inviting
from chalicelib.stories.mails.subject import Subject
from chalicelib.words import codes
from chalicelib.words import mails as words
from chalicelib.words.codes import build_market_facts
from chalicelib.words.turns import format_title
from chalicelib.words.welcome import describe_welcome

FILE_NAME = "rendez-vous.ics"


def build_slots(subject: Subject) -> EmailMessage | None:
    """Build the mail to who chooses among the dates that the company proposes, and where. None: it is no longer so."""
    parcours, proposed, chooser = subject.parcours, subject.appointment, subject.awaited
    if parcours.attempt != subject.mail.attempt or chooser is None:
        return None
    if proposed is None or not proposed.slots or subject.is_said_anew(proposed.offered_at):
        return None
    places = [_build_place(parcours, slot, _find_typed_video(slot)) for slot in proposed.slots]
    is_one_place = all(place == places[0] for place in places)
    holder = subject.build_holder(subject.work.get(Link, proposed.link))
    view = views.DatesView(
        parcours=build_market_facts(parcours),
        # Unfolded there (``agent.js``): from this mail a date is two presses away.
        parcours_url=Exact(f"{letters.build_parcours_url(parcours)}#dates-proposees"),
        who=holder,
        dates=tuple(
            ProposedDate(_format_when(slot), None if is_one_place else place)
            for slot, place in zip(proposed.slots, places, strict=True)
        ),
        place=places[0] if is_one_place else None,
    )
    return letters.build_message(view, to=chooser.address, reply_to=holder.address if holder else None)


def build_other_slots(subject: Subject) -> EmailMessage | None:
    """Build the mail to the company: please propose other dates, on which page, and why. Answers go to who asks.

    None once the company has proposed again, or nobody there can be asked.
    """
    parcours, reason, sender = subject.parcours, subject.mail.reason, subject.awaited
    if parcours.attempt != subject.mail.attempt or sender is None:
        return None
    link = inviting.Guests(subject.work, parcours, subject.mail.link).find_holder()
    company = _find_holder(parcours, link) if link is not None else _find_contact(parcours, None)
    if company is None or reason is None or (subject.appointment and subject.appointment.slots):
        return None
    view = views.OtherDatesView(
        source=subject.describe_source(company.address),
        sender=letters.build_agent(sender),
        parcours=build_market_facts(parcours),
        greeted=letters.find_name(parcours, company.address),
        why=codes.REASONS[reason].to_company,
        page=subject.build_page_again(link, company.address),
    )
    return letters.build_signed_message(view, to=company.address)


@dataclass(frozen=True)
class Notice:
    """What a mail about an agreed meeting is made of: the meeting, its reader (``seat``, ``to``), everybody who is invited."""

    parcours: Parcours
    agreed: Appointment
    slot: Slot
    """To somebody who is invited no more, the one of the invitation."""
    tutor: Account
    seat: Seat
    to: Attendee
    attendees: tuple[Attendee, ...]
    reference: str
    """Of its passage, which may be over."""

    @property
    def is_uninvited(self) -> bool:
        """Whether this person is no longer invited, while the meeting itself stays."""
        return self.agreed.is_uninvited_alone(self.seat)

    @property
    def is_joined_by_link(self) -> bool:
        """Whether the mail's link is the meeting's own: at a distance, and not cancelled."""
        return self.slot.place is not None and not self.seat.left

    @property
    def occasion(self) -> str:
        """Return the key in ``MEETINGS`` of what the mail says.

        An earlier mail may not have arrived: one who was never told of the meeting reads that it is fixed, not that it moved.
        """
        if self.seat.left:
            return words.LEFT if self.is_uninvited else words.CANCELLED
        if self.seat.since == self.seat.sequence:
            return words.FIXED
        if self.agreed.agreed != self.seat.sequence:
            return words.PEOPLE
        return words.CHANGED if self.agreed.moved_from in {None, self.slot.start} else words.MOVED


def build_meeting(subject: Subject) -> EmailMessage | None:
    """Build the mail that a meeting is fixed, moved, cancelled or tomorrow; None when a later mail says otherwise."""
    notice = _load_notice(subject)
    if notice is None:
        return None
    is_eve = subject.mail.kind is MailKind.EVE_REMINDER
    occasion = words.TOMORROW if is_eve else notice.occasion
    view = _build_view(subject, notice, occasion)
    if notice.seat.to is Role.TUTOR:
        holder = subject.build_holder(subject.work.get(Link, notice.agreed.link))
        # A mail has one button: the meeting's own, if it is at a distance.
        url = (
            letters.build_parcours_url(notice.parcours)
            if not notice.is_uninvited and not notice.is_joined_by_link
            else None
        )
        view = replace(view, who=holder, parcours_url=url)
        message = letters.build_message(
            view, to=notice.to.address, reply_to=holder.address if holder else None
        )
    elif occasion == words.CANCELLED and subject.mail.person not in {None, notice.tutor.id}:
        # Not in the name of the tutor, who did not cancel.
        view = replace(view, who=letters.build_person(notice.tutor))
        message = letters.build_message(view, to=notice.to.address, reply_to=notice.tutor.address)
    else:
        signature = subject.build_signature(notice.tutor)
        view = replace(
            view,
            sender=signature.sender,
            done_by=signature.done_by,
            in_place_of=signature.in_place_of,
            first=occasion == words.FIXED,
        )
        name = letters.format_signature_name(signature.sender, signature.done_by)
        message = letters.build_message(
            view, to=notice.to.address, from_name=name, reply_to=signature.sender.address
        )
    if not is_eve:
        _invite(message, notice)
    return message


def _build_view(subject: Subject, notice: Notice, occasion: str) -> views.MeetingView:
    """Build what the mail shows to any of its readers. ``occasion``: key in ``MEETINGS``."""
    parcours, lead = notice.parcours, words.MEETINGS[occasion][1]
    if occasion == words.PEOPLE:
        lead = lead.format(people=_format_people(subject, notice))
    is_cancelled = occasion == words.CANCELLED
    goes_on = parcours.prepares(notice.agreed.attempt) and parcours.setback is not Setback.DECLINED
    # Who is invited reads that it is stopped; whose word that was is for who accompanies.
    says_next = is_cancelled and goes_on and (not parcours.is_held or notice.seat.to is Role.TUTOR)
    return views.MeetingView(
        source=OF_ACCOUNT if notice.seat.to is Role.TUTOR else subject.describe_source(notice.to.address),
        parcours=replace(build_market_facts(parcours), reference=notice.reference),
        subject=words.format_meeting_subject(occasion, notice.slot),
        title=words.format_meeting_title(occasion, notice.slot, notice.agreed.moved_from),
        lead=lead,
        greeted=_find_greeting(notice),
        buys=notice.seat.to is Role.BUYER,
        accompanies=notice.seat.to is Role.TUTOR,
        when=None if notice.is_uninvited else _format_when(notice.slot),
        place=_build_place(
            parcours, notice.slot, _find_accepted_video(notice.slot) if notice.is_joined_by_link else None
        ),
        welcome=() if notice.seat.left else tuple(describe_welcome(parcours, notice.slot)),
        cancelled=notice.seat.left,
        why=_format_cancellation(subject, notice) if is_cancelled else "",
        awaited=_format_awaited(parcours, notice.seat.to) if says_next else "",
        goes_on=goes_on and is_open(parcours),
        page=_find_page(subject, notice),
    )


def _format_people(subject: Subject, notice: Notice) -> str:
    """Return who comes instead of whom by the version that this mail is about, side by side."""
    sentences = []
    for side in (Role.TUTOR, Role.COMPANY, Role.BUYER):
        seats = [
            seat
            for seat in notice.agreed.known_seats
            if seat.to is side and seat.sequence == notice.seat.sequence
        ]
        joined = [
            _name_seat(subject, seat, "une autre personne")
            for seat in seats
            if not seat.left and seat.since == seat.sequence
        ]
        left = [_name_seat(subject, seat, "la personne invitée avant") for seat in seats if seat.left]
        if joined or left:
            sentences.append(words.format_replacement(joined, left))
    return " ".join(sentences)


def _name_seat(subject: Subject, seat: Seat, unknown: str) -> str:
    """Return the name of who sits on a seat; ``unknown`` where the record, the account or the link names nobody any more."""
    attendee = _find_attendee(subject, seat)
    is_named = attendee is not None and attendee.name != subject.parcours.company.name
    return attendee.name if attendee is not None and is_named else unknown


def _format_cancellation(subject: Subject, notice: Notice) -> str:
    """Return who cancelled the meeting and why, or with what it fell; empty in a mail that an earlier version made."""
    mail = subject.mail
    if mail.fact is None:
        return ""
    if mail.fact is EventKind.MEETING_CANCELLED and mail.reason is not None:
        return words.format_cancellation(_format_canceller(subject, notice), mail.reason)
    is_by_other = mail.person not in {None, notice.tutor.id}
    ended_by = _format_canceller(subject, notice) if is_by_other else ""
    return words.format_fall(mail.fact, mail.reason, notice.seat.to, ended_by)


def _format_canceller(subject: Subject, notice: Notice) -> str:
    """Return who cancelled, for this reader: « Vous avez », « Nadia Bellanger (l’entreprise) a »."""
    canceller, side = _find_canceller(subject)
    if canceller is None:
        return words.format_canceller(codes.THE_ROLE[subject.mail.by or Role.SYSTEM], "")
    if recipients.is_same(canceller.address, notice.to.address):
        return words.YOU_HAVE
    is_colleague = subject.mail.by is Role.COMPANY and notice.seat.to is Role.COMPANY
    return words.format_canceller(canceller.name, words.YOUR_COMPANY if is_colleague else side)


def _find_canceller(subject: Subject) -> tuple[Attendee | None, str]:
    """Return who cancelled the meeting, and for which side or in which function; None: the account or the link is erased."""
    if subject.mail.by is Role.COMPANY:
        link = subject.work.get(Link, subject.mail.person)
        holder = _find_holder(subject.parcours, link) if link is not None and link.recipient else None
        return holder, french.minuscule(codes.THE_ROLE[Role.COMPANY])
    agent = subject.work.get(Account, subject.mail.person)
    return (Attendee(agent.address, agent.name), agent.function) if agent is not None else (None, "")


def _format_awaited(parcours: Parcours, reader: Role) -> str:
    """Return what is awaited of whom now, as the page of the parcours says it; empty: nothing."""
    turn = turns.whose_turn(parcours, clock.utc_now(), terms.calendar(), terms.turns())
    return format_title(turn, parcours, yours=turn.role is reader) if turn is not None else ""


def _load_notice(subject: Subject) -> Notice | None:
    """Load the meeting, its reader and the others who are invited; None when this mail has no seat any more, or no address."""
    agreed = subject.appointment
    seat = agreed.find_seat(subject.mail) if agreed is not None else None
    if agreed is None or agreed.slot is None or seat is None:
        return None
    to = _find_attendee(subject, seat)
    if subject.tutor is None or to is None:
        return None
    is_uninvited, slot = agreed.is_uninvited_alone(seat), agreed.slot
    if is_uninvited:
        slot = seat.slot or replace(slot, place=None)
    listed = (_find_attendee(subject, listed_seat) for listed_seat in agreed.listed_seats)
    return Notice(
        parcours=subject.parcours,
        agreed=agreed,
        slot=slot,
        tutor=subject.tutor,
        seat=seat,
        to=to,
        attendees=(to,) if is_uninvited else tuple(person for person in listed if person is not None),
        reference=_read_reference(subject.work, agreed),
    )


def _find_page(subject: Subject, notice: Notice) -> RecipientPage | None:
    """Return the company's own page, for its mail; None for others, and where the mail's button is the video link."""
    if notice.seat.to is not Role.COMPANY or notice.is_uninvited or notice.is_joined_by_link:
        return None
    holder = inviting.Guests(subject.work, subject.parcours, notice.agreed.link).find_holder()
    return subject.build_page_of_either_link(holder, notice.to.address)


def _read_reference(work: UnitOfWork, agreed: Appointment) -> str:
    """Return the reference of the meeting's passage; empty once it is erased."""
    attempt = work.get(Attempt, agreed.parcours, agreed.attempt)
    return attempt.reference if attempt is not None else ""


def _find_attendee(subject: Subject, seat: Seat) -> Attendee | None:
    """Return who sits on a seat, invited still or no longer; None where the address is erased, or the account closed."""
    match seat.to:
        case Role.TUTOR:
            tutor = subject.open_account(seat.id)
            if not seat.id:
                tutor = accompanying.find_accompanying(
                    subject.work, subject.parcours, None, subject.mail.account
                )
            return Attendee(tutor.address, tutor.name) if tutor is not None and not tutor.is_team else None
        case Role.BUYER:
            return _find_buyer(subject, seat)
        case _ if seat.address or seat.id == CONTACT:
            return _find_contact(subject.parcours, seat.address)
    link = subject.work.get(Link, seat.id)
    if link is None or not link.recipient:  # withdrawn or not: the seats say who is invited
        return None
    return _find_holder(subject.parcours, link)


def _find_contact(parcours: Parcours, invited: str | None) -> Attendee | None:
    """Return the company's contact who is invited.

    ``invited``: address of the invitation; one that the record names no more stays, under the company's name.
    """
    if invited:
        known = recipients.find_contact(parcours, invited)
        return Attendee(invited, known.name if known is not None else parcours.company.name)
    somebody = record.find_present_contact(parcours.company)
    return Attendee(somebody.address, somebody.name) if somebody is not None else None


def _find_holder(parcours: Parcours, link: Link) -> Attendee:
    """Return the holder of a link as an attendee, by the typed name, else the record's, else the company's."""
    names = (
        contact.name
        for contact in parcours.company.contacts
        if recipients.is_same(contact.address, link.recipient)
    )
    return Attendee(link.recipient, link.holder or next(names, "") or parcours.company.name)


def _find_buyer(subject: Subject, seat: Seat) -> Attendee | None:
    """Return the buyer as an optional attendee: the address of the seat, else the account, else the record's contact."""
    parcours, contact = subject.parcours, subject.parcours.buyer_contact
    if seat.address:
        is_contact = contact is not None and contact.address == seat.address
        name = contact.name if contact and is_contact else parcours.contract.organisation
        return Attendee(seat.address, name, optional=True)
    buyer: Account | BuyerContact | None = subject.open_account(seat.id or parcours.buyer)
    if buyer is None and not seat.id:
        buyer = contact
    return Attendee(buyer.address, buyer.name, optional=True) if buyer is not None else None


def _find_greeting(notice: Notice) -> str:
    """Return the name to greet: of an account or of the record, never one that a recipient typed."""
    is_account = notice.seat.to is not Role.COMPANY and not notice.seat.address
    return notice.to.name if is_account else letters.find_name(notice.parcours, notice.to.address)


def _format_when(slot: Slot) -> str:
    """Format date, hour and length of a meeting."""
    return f"{french.moment(slot.start)} ({french.duree(slot.minutes)})"


def _build_place(parcours: Parcours, slot: Slot, video: VideoAddress | None) -> Place:
    """Return where the meeting is: at a distance, with its link if there is one, or the address of the internship."""
    where = words.AT_A_DISTANCE if slot.place is not None else _format_address(parcours)
    return Place(where, video)


def _format_address(parcours: Parcours) -> str:
    """Format the address of the internship on one line."""
    return french.une_ligne(f"{parcours.placement.place}, {parcours.placement.town}")


def _find_typed_video(slot: Slot) -> VideoAddress | None:
    """Return the video address of proposed dates as somebody typed it: it is not yet a link to follow. None: on site."""
    return VideoAddress(slot.video.host, f"{slot.place}") if slot.video else None


def _find_accepted_video(slot: Slot) -> VideoAddress | None:
    """Return the video address of an agreed date as a link: the person who accompanies has accepted it. None: on site."""
    return VideoAddress(Exact(slot.video.host), Exact(slot.place)) if slot.video else None


def _invite(message: EmailMessage, notice: Notice) -> None:
    """Attach the calendar invitation, or its cancellation, twice.

    Once as an alternative to the mail's text, which calendars act on, and once as a file for those that do not. The file has no
    calendar's type: some programs would read it as a second invitation.
    """
    host = urlsplit(config.public_base_url()).hostname
    organizer = Attendee(config.resource("MAIL_FROM"), notice.tutor.name)
    method = Method.CANCEL if notice.seat.left else Method.REQUEST
    status = Status.CANCELLED if notice.seat.left else Status.CONFIRMED
    at = f"{words.AT_A_DISTANCE}\u00a0: {notice.slot.place}"
    place = at if notice.slot.place is not None else letters.break_links(_format_address(notice.parcours))
    description = words.LEFT_DESCRIPTION if notice.is_uninvited else words.DESCRIPTION
    welcome = () if notice.seat.left else describe_welcome(notice.parcours, notice.slot)
    told = [letters.break_links(f"{line.label}\u00a0: {line.text}") for line in welcome]
    text = invitations.write_calendar(
        Invitation(
            method=method,
            status=None if notice.is_uninvited else status,
            uid=f"{notice.agreed.uid}@{host}",
            sequence=notice.seat.sequence,
            slot=notice.slot,
            summary=words.SUMMARY.format(reference=notice.reference),
            place=None if notice.is_uninvited else place,
            description="\n".join(
                [
                    *told,
                    description.format(
                        name=letters.break_links(notice.tutor.name), address=notice.tutor.address
                    ),
                ]
            ),
            organizer=_without_links(organizer),
            attendees=tuple(_without_links(person) for person in notice.attendees),
        ),
        clock.utc_now(),
    )
    params = {"method": method.value, "charset": "utf-8"}
    message.add_alternative(text, maintype="text", subtype="calendar", params=params)
    message.add_attachment(
        text, maintype="application", subtype="ics", params={"name": FILE_NAME}, filename=FILE_NAME
    )


def _without_links(person: Attendee) -> Attendee:
    """Return the person under a name of which no mail program makes a link."""
    return replace(person, name=letters.break_links(person.name))
