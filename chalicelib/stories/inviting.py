"""Whom a meeting invites: looked up when it is agreed on, and again when a link, a parcours or a contact changes hands."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from chalicelib.domain import address
from chalicelib.domain.appointment import CONTACT, Appointment, Seat, invited, mails_of
from chalicelib.domain.link import Link
from chalicelib.domain.parcours import BuyerContact, CompanyContact, ContactRole, Parcours
from chalicelib.domain.passing import MOST_MOVES
from chalicelib.domain.record import contact_of
from chalicelib.domain.transition import Change, Transition
from chalicelib.domain.values import Role
from chalicelib.stores import relay
from chalicelib.stories import accompanying


def told(step: Transition, now: datetime, head: Parcours | None = None) -> Transition:
    """The same decision, with whom it invites to what is agreed on: everybody has the newest version, whoever leaves is told.

    Args:
        head: the parcours, where the decision does not change it.
    """
    head = next((one.after for one in step.changes if isinstance(one.after, Parcours)), head)
    found = next((one for one in step.changes if Appointment in {type(one.before), type(one.after)}), None)
    if not step or head is None or (found is None and head.attempt is None):
        return step
    change = found or _standing(head)
    before, after = change.before, change.after
    if not isinstance(after, Appointment) or after.stands(now) is None:
        return step
    wanted = Guests(head, after.link, after.buyer_invited, step)
    seated = invited(before if isinstance(before, Appointment) else None, after, wanted.seats(), wanted.at)
    if seated is None:
        return step
    seated = seated.but(link=next((one.id for one in seated.seats if _is_links(one)), None))
    others = tuple(one for one in step.changes if one is not found)
    return replace(
        step,
        changes=(*others, Change(before, seated)),
        mails=(*step.mails, *mails_of(head, seated, now)),
    )


def _standing(head: Parcours) -> Change:
    stands = relay.appointment(head.id, head.attempt or 0)
    return Change(stands, stands)


def _is_links(seat: Seat) -> bool:
    return seat.to is Role.COMPANY and seat.id != CONTACT and not seat.left


@dataclass(frozen=True)
class Guests:
    """Whom a meeting invites as things stand, once a decision is taken if one is given."""

    head: Parcours
    known: str | None
    """Id of the link whose recipient is the company's side, if she still holds it."""
    buyer: bool = False
    """Whether she is invited."""
    step: Transition = field(default_factory=Transition)

    def seats(self) -> tuple[Seat, ...]:
        """Who accompanies; whoever of the company holds a link, and the colleague beside her, else its contact; the buyer."""
        tutor, holder = accompanying.accompanies(self.head, self._link(self.known)), self.holder()
        beside = self._living(holder.added) if holder is not None else None
        sides = (
            Seat(to=Role.TUTOR, id=tutor.id) if tutor is not None else None,
            Seat(to=Role.COMPANY, id=holder.id) if holder is not None else _seated(contact(self.head)),
            Seat(to=Role.COMPANY, id=beside.id) if beside is not None else None,
            self._buyer() if self.buyer else None,
        )
        return tuple(one for one in sides if one is not None)

    def holder(self) -> Link | None:
        """Of the known link and the live one, the first that somebody of the company can still act with; never the buyer's."""
        return self._living(self.known) or self._living(self.head.live_link)

    def at(self, seat: Seat) -> str:
        """The address of a seat, folded; empty once it is erased."""
        if seat.address:
            return address.folded(seat.address)
        if seat.to is Role.COMPANY:
            link = self._link(seat.id) if seat.id != CONTACT else None
            somebody = contact(self.head) if seat.id == CONTACT else None
            return address.folded(link.recipient if link else somebody.address if somebody else "")
        if not seat.id:  # stored without its seats: each side is who it is now
            same = next((one for one in self.seats() if one.to is seat.to), None)
            return self.at(same) if same is not None else ""
        account = accompanying.open_account(seat.id)
        return address.folded(account.address) if account is not None else ""

    def _buyer(self) -> Seat | None:
        """The buyer's account, else the buyer whom the record names."""
        account = accompanying.open_account(self.head.buyer)
        return Seat(to=Role.BUYER, id=account.id) if account is not None else _seated(self.head.buyer_contact)

    def _link(self, identifier: str | None) -> Link | None:
        """As the decision leaves it."""
        after = (one.after for one in self.step.changes if isinstance(one.after, Link))
        made = next((one for one in after if one.id == identifier), None)
        return made or (relay.link(identifier) if identifier else None)

    def _living(self, identifier: str | None) -> Link | None:
        """The link to which this one has come, if somebody of the company holds it and it acts."""
        link = self._link(identifier)
        for _ in range(MOST_MOVES + 1):  # the buyer's own move, then those within the company
            if link is None or link.moved_to is None:
                break
            link = self._link(link.moved_to)
        if link is None or link.to is not Role.COMPANY or not link.recipient or link.waiting:
            return None
        return link if link.revoked_at is None and link.closed_at is None else None


def contact(head: Parcours) -> CompanyContact | None:
    """Who is invited where nobody of the company holds a link: who welcomes, else who answers the tender."""
    welcomes = contact_of(head.company, ContactRole.WELCOMES)
    return welcomes or contact_of(head.company, ContactRole.ANSWERS_TENDER)


def _seated(somebody: CompanyContact | BuyerContact | None) -> Seat | None:
    if somebody is None:
        return None
    side = Role.COMPANY if isinstance(somebody, CompanyContact) else Role.BUYER
    return Seat(to=side, id=CONTACT, address=somebody.address)
