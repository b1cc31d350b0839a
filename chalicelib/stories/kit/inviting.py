"""Whom a meeting invites: looked up when it is agreed on, and again when a link, a parcours or a contact changes hands."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.documents import recipients
from chalicelib.domain.documents.passing import MOST_MOVES
from chalicelib.domain.kernel import address
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import BuyerContact, CompanyContact, Parcours
from chalicelib.domain.kernel.transition import Transition
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.meetings.appointment import CONTACT, Appointment, Meeting, MovedLinks, Seat
from chalicelib.domain.record import find_present_contact
from chalicelib.stores.unit_of_work import UnitOfWork
from chalicelib.stories.kit import accompanying


def load_meeting(work: UnitOfWork, parcours: Parcours) -> Meeting:
    """Load the meeting of the attempt under way, or of the last one: its appointment, if any, and the look-up of its guests."""
    return Meeting(
        work.get(Appointment, parcours.id, parcours.attempt),
        lambda parcours, after, moved: Guests(work, parcours, after.link, after.buyer_invited, moved),
    )


def with_invitations(work: UnitOfWork, step: Transition, now: datetime) -> Transition:
    """Add to the edit of a record the changes that follow for the invitations to its meeting."""
    parcours = next((change.after for change in step.changes if isinstance(change.after, Parcours)), None)
    if parcours is None:
        return step
    return step + load_meeting(work, parcours).invite_anew(parcours, now)


def list_guest_names(work: UnitOfWork, parcours: Parcours) -> list[str]:
    """List the names of those who are mailed about the meeting, or would be of one agreed now: not who wants no mail of ours."""
    current = work.get(Appointment, parcours.id, parcours.attempt)
    guests = (
        Guests(work, parcours, current.link, current.buyer_invited)
        if current is not None
        else Guests(work, parcours, None)
    )
    written_to = (
        seat
        for seat in guests.list_seats()
        if seat.to is Role.TUTOR or not accompanying.objects(work, guests.address_of(seat))
    )
    return [guests.name_of(seat) for seat in written_to]


@dataclass(frozen=True)
class Guests:
    """Whom a meeting invites, after a decision if one is given."""

    work: UnitOfWork
    parcours: Parcours
    known: str | None
    """Id of the link whose recipient is the company's side, if it still acts."""
    buyer: bool = False
    """Whether the buyer is invited."""
    moved: MovedLinks = ()
    """The links that the decision changes."""

    def list_seats(self) -> tuple[Seat, ...]:
        """List who is invited: the person who accompanies, the company, a colleague with a second link, the buyer if invited.

        The company is the holder of a living link, else the contact of the record. A holder who is that contact is invited as the
        contact, and so stays invited when the link is withdrawn, erased or replaced.
        """
        tutor = accompanying.find_accompanying(self.work, self.parcours, self._find_link(self.known))
        holder = self.find_holder()
        seats: list[Seat | None] = []
        if tutor is not None:
            seats.append(Seat(to=Role.TUTOR, id=tutor.id))
        if holder is not None:
            seats.append(self._seat_holder(holder))
            colleague_link = self._find_living_link(holder.added)
            if colleague_link is not None:
                seats.append(self._seat_holder(colleague_link))
        else:
            seats.append(_seat_contact(find_present_contact(self.parcours.company)))
        if self.buyer:
            seats.append(self._seat_buyer())
        return tuple(seat for seat in seats if seat is not None)

    def find_holder(self) -> Link | None:
        """Return the link of the company with which somebody can still act, the known or the live one; never the buyer's.

        None where its holder is noted to have left.
        """
        link = self._find_living_link(self.known) or self._find_living_link(self.parcours.live_link)
        return None if link is not None and self.parcours.has_left(link.recipient) else link

    def address_of(self, seat: Seat) -> str:
        """Return the address of a seat, folded; empty once it is erased.

        Where the decision erases it, it is the address before that.
        """
        if seat.address:
            return address.fold(seat.address)
        if seat.to is Role.COMPANY and seat.id == CONTACT:
            contact = find_present_contact(self.parcours.company)
            return address.fold(contact.address) if contact is not None else ""
        if seat.to is Role.COMPANY:
            link = self._find_link(seat.id, before=True)
            return address.fold(link.recipient) if link is not None else ""
        if not seat.id:  # stored without its seats: each side is who it is now
            seat_of_side = next(
                (present_seat for present_seat in self.list_seats() if present_seat.to is seat.to), None
            )
            return self.address_of(seat_of_side) if seat_of_side is not None else ""
        account = accompanying.find_open_account(self.work, seat.id)
        return address.fold(account.address) if account is not None else ""

    def name_of(self, seat: Seat) -> str:
        """Return the name of the person in a seat of ``list_seats``; of a holder whom nobody names, the company's."""
        if seat.id == CONTACT:
            company = find_present_contact(self.parcours.company)
            contact = self.parcours.present_buyer_contact if seat.to is Role.BUYER else company
            return contact.name if contact is not None else ""
        account = accompanying.find_open_account(self.work, seat.id)
        if account is not None:
            return account.name
        link = self._find_link(seat.id)
        known = recipients.find_contact(self.parcours, link.recipient) if link is not None else None
        if known is not None:
            return known.name
        return (link.holder if link is not None else "") or self.parcours.company.name

    def _seat_holder(self, link: Link) -> Seat:
        """Return the seat of a link's holder: the contact's if it is the same mailbox, else the link's."""
        somebody = find_present_contact(self.parcours.company)
        if somebody is not None and recipients.is_same(somebody.address, link.recipient):
            return Seat(to=Role.COMPANY, id=CONTACT, address=somebody.address)
        return Seat(to=Role.COMPANY, id=link.id)

    def _seat_buyer(self) -> Seat | None:
        """Return the seat of the buyer's account, else of the record's contact; None: there is none."""
        account = accompanying.find_open_account(self.work, self.parcours.buyer)
        if account is not None:
            return Seat(to=Role.BUYER, id=account.id)
        return _seat_contact(self.parcours.present_buyer_contact)

    def _find_link(self, identifier: str | None, *, before: bool = False) -> Link | None:
        """Return a link as the decision leaves it, or (``before``) as it was; None: there is none."""
        for was, will_be in self.moved:
            link = (was or will_be) if before else will_be
            if link is not None and link.id == identifier:
                return link
        return self.work.get(Link, identifier)

    def _find_living_link(self, identifier: str | None) -> Link | None:
        """Follow a link to the one that took its place; None unless the company holds that one, and it is not dead or waiting."""
        link = self._find_link(identifier)
        for _ in range(MOST_MOVES + 1):  # the buyer's own move, then those within the company
            if link is None or link.moved_to is None:
                break
            link = self._find_link(link.moved_to)
        if link is None or link.to is not Role.COMPANY or not link.recipient or link.waiting:
            return None
        return None if link.is_dead else link


def _seat_contact(somebody: CompanyContact | BuyerContact | None) -> Seat | None:
    """Return the seat of a contact of the record, by its address; None without one."""
    if somebody is None:
        return None
    side = Role.COMPANY if isinstance(somebody, CompanyContact) else Role.BUYER
    return Seat(to=side, id=CONTACT, address=somebody.address)
