"""Contact health: what is known of the contacts of a record, whom a sending offers first, whom to confirm again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar

from chalicelib.domain.kernel.address import fold
from chalicelib.domain.kernel.calendar import Calendar, day_of, months_after
from chalicelib.domain.kernel.deposit import FOR_GOOD, Deposit, DepositState
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import BuyerContact, CompanyContact, Contact, Parcours
from chalicelib.domain.kernel.timeline import EventKind, Reason
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.kernel.values import ParcoursStatus
from chalicelib.domain.parcours import turns
from chalicelib.domain.parcours.turns import TurnPolicy

SERVING = frozenset({ParcoursStatus.AVAILABLE, ParcoursStatus.IN_PREPARATION})
"""Statuses in which somebody still writes to a contact for the first time."""

Named = TypeVar("Named", CompanyContact, BuyerContact)


class Sign(StrEnum):
    """What is known of a contact, the most urgent first. Each has its row in ``words/codes.py``."""

    GONE = "gone"
    REFUSED = "refused"
    WRONG_NUMBER = "wrong_number"
    SILENT = "silent"
    ANSWERED = "answered"
    VERIFIED = "verified"


DOUBTFUL = (Sign.GONE, Sign.REFUSED, Sign.SILENT)
"""What makes another contact a better choice for a sending, the worse first."""
UNREACHABLE = frozenset({Sign.GONE, Sign.REFUSED})
"""What is written there reaches nobody."""
AGAINST_CALLING = UNREACHABLE | {Sign.WRONG_NUMBER}
"""What makes another contact a better choice for a call."""
FAVOURABLE = frozenset({Sign.ANSWERED, Sign.VERIFIED})
"""What speaks for a contact."""


@dataclass(frozen=True)
class Health:
    """What is known of one contact."""

    signs: Mapping[Sign, date | None]
    """Sign → the day it speaks of, in the order of ``Sign``; None: it speaks of none."""

    @property
    def doubt(self) -> Sign | None:
        """The worst sign against writing to this contact."""
        return next((sign for sign in DOUBTFUL if sign in self.signs), None)

    @property
    def is_unreachable(self) -> bool:
        """Whether mails reach nobody here: the person has left, or the address refuses them."""
        return self.doubt in UNREACHABLE

    @property
    def is_called_last(self) -> bool:
        """Whether any other contact is called before this one."""
        return bool(AGAINST_CALLING & self.signs.keys())


UNKNOWN = Health({})


def note_contacts(step: Transition, link: Link) -> Transition:
    """Note in the record that the link's recipient was written to, or has answered, if a fact of the transition says so.

    The link left: the recipient was written to. Any act on its page is an answer. The step writes the record anyway.
    """
    written_at = answered_at = None
    for event in step.events:
        if event.kind is EventKind.LINK_SENT:
            written_at = event.happened_at
        elif event.actor is link.to:
            answered_at = event.at
    if not (written_at or answered_at) or not link.recipient:
        return step
    heard = _Heard(link.recipient, written_at, answered_at)
    changes = (
        Change(change.before, heard.with_contacts(change.after))
        if isinstance(change.after, Parcours)
        else change
        for change in step.changes
    )
    return replace(step, changes=tuple(changes))


@dataclass(frozen=True)
class _Heard:
    """When somebody at this address was written to, or answered; None: not now."""

    address: str
    written_at: datetime | None
    answered_at: datetime | None

    def with_contacts(self, parcours: Parcours) -> Parcours:
        """Return the parcours in whose record every contact at this address, company's or buyer's, has these instants."""
        contacts = tuple(self._with_instants(contact) for contact in parcours.company.contacts)
        company, named = replace(parcours.company, contacts=contacts), parcours.buyer_contact
        buyer_contact = self._with_instants(named) if named is not None else None
        return replace(parcours, company=company, buyer_contact=buyer_contact)

    def _with_instants(self, contact: Named) -> Named:
        """Return the contact with the instants that are known now, if it has this address; else as it is."""
        if fold(contact.address) != fold(self.address):
            return contact
        return replace(
            contact,
            written_at=self.written_at or contact.written_at,
            answered_at=self.answered_at or contact.answered_at,
        )


def check_health(
    parcours: Parcours,
    contact: Contact,
    *,
    refused: Mapping[str, datetime],
    now: datetime,
    calendar: Calendar,
    policy: TurnPolicy,
) -> Health:
    """Return the signs for and against writing to a contact, as of ``now``.

    ``refused``: address → when it last refused a mail. A contact who answered, or who cannot be reached, is never ``SILENT``.
    """
    signs: dict[Sign, date | None] = {}
    refused_at = refused.get(contact.address)
    if contact.is_gone:
        signs[Sign.GONE] = day_of(contact.noted[Reason.CONTACT_GONE.value])
    if refused_at is not None:
        signs[Sign.REFUSED] = day_of(refused_at)
    if contact.has_wrong_number:
        signs[Sign.WRONG_NUMBER] = day_of(contact.noted[Reason.WRONG_NUMBER.value])
    if contact.last_sign_at is not None:
        signs[Sign.ANSWERED] = day_of(contact.last_sign_at)
    elif not UNREACHABLE & signs.keys() and _is_late(parcours, contact, now, calendar, policy):
        signs[Sign.SILENT] = None
    if contact.verified_on is not None:
        signs[Sign.VERIFIED] = contact.verified_on
    return Health(signs)


def _is_late(
    parcours: Parcours, contact: Contact, now: datetime, calendar: Calendar, policy: TurnPolicy
) -> bool:
    """Whether the delay for an answer has passed since a link was last mailed to this contact; False when none was."""
    if contact.written_at is None:
        return False
    answer_by = (
        turns.find_buyer_deadline if isinstance(contact, BuyerContact) else turns.find_company_deadline
    )
    return now >= answer_by(contact.written_at, parcours.placement.departement, calendar, policy)


@dataclass(frozen=True)
class Offered:
    """The contacts of a company in the order in which a sending offers them."""

    contacts: tuple[CompanyContact, ...]
    instead_of: CompanyContact | None = None
    """Who would have come first,"""
    why: Sign | None = None
    """and what speaks against writing there."""
    chosen: str | None = None
    """The one address that the page checks; None: none."""


def sort_by_health(
    contacts: tuple[CompanyContact, ...],
    known: Callable[[Contact], Health],
    last: str | None = None,
    *,
    missed: bool = False,
) -> Offered:
    """Order the contacts for a sending: another one first where the usual one has refused or never answered.

    The usual contact is the one at the address ``last``, which got the last sending, else the first of the record. ``known``:
    contact → its health. ``missed``: nobody read that last sending, so that every other contact whose address takes mails comes
    before that one.
    """
    avoided = last if missed else None
    # Stable: the record's own order within a rank.
    in_order = tuple(
        sorted(
            contacts, key=lambda contact: _compute_rank(contact, known(contact).doubt, avoided), reverse=True
        )
    )
    usual = next((contact for contact in contacts if contact.address == last), next(iter(contacts), None))
    if usual is None:
        return Offered(in_order)
    first, doubt = in_order[0], known(usual).doubt
    if _compute_rank(first, known(first).doubt, avoided) == _compute_rank(usual, doubt, avoided):
        return Offered(in_order)
    return Offered(in_order, usual, doubt)


def offer_recipients(
    parcours: Parcours,
    deposit: Deposit | None,
    known: Callable[[Contact], Health],
    *,
    habit: Callable[[], str | None] = lambda: None,
    straight: bool = False,
) -> Offered:
    """Order the contacts for a sending, and choose the address that its page checks: the last recipient, or a healthier contact.

    Never one to whom a sending was withdrawn or refused, nor who has left.

    Args:
        deposit: the last sending. known: contact → its health.
        habit: returns the buyer's address where the organisation sends that way; asked where nothing was sent yet.
        straight: the buyer's sending was withdrawn, so that the company gets its own.
    """
    last = deposit.contents.recipient if deposit is not None and deposit.contents is not None else None
    is_refused = deposit is not None and deposit.mailing in FOR_GOOD
    is_withdrawn = deposit is not None and deposit.state in {DepositState.REVOKED, DepositState.ERASED}
    offered = sort_by_health(parcours.company.contacts, known, last, missed=is_refused)
    chosen = None
    if straight or is_refused or offered.instead_of is not None:
        avoided = offered.instead_of.address if offered.instead_of is not None else last or ""
        other = find_other_contact(parcours.company.contacts, known, avoided)
        chosen = other.address if other is not None else None
    elif last is not None and not is_withdrawn and not parcours.has_left(last):
        chosen = last
    elif last is None and parcours.withdrawn_at is None:
        chosen = habit()
    return replace(offered, chosen=chosen)


def _compute_rank(contact: CompanyContact, doubt: Sign | None, avoided: str | None) -> float:
    """Return how good a contact is for a sending; the highest number comes first.

    ``doubt``: the worst sign against it; ``avoided``: the address at which nobody read the last sending: it ranks just above the
    addresses that refuse mails.
    """
    is_avoided = avoided is not None and fold(contact.address) == fold(avoided)
    if is_avoided and doubt not in UNREACHABLE:
        return DOUBTFUL.index(Sign.REFUSED) + 0.5
    return DOUBTFUL.index(doubt) if doubt else len(DOUBTFUL)


def find_other_contact(
    contacts: tuple[CompanyContact, ...], known: Callable[[Contact], Health], missed: str
) -> CompanyContact | None:
    """Return the contact to propose for a new sending after nobody read the one to the address ``missed``.

    None where the record names nobody else who can be reached, or a sending there was withdrawn. ``known``: contact → its health.
    """
    first = next(iter(sort_by_health(contacts, known, missed, missed=True).contacts), None)
    if first is None or fold(first.address) == fold(missed):
        return None
    return None if first.was_withdrawn or known(first).is_unreachable else first


def find_confirmation_day(parcours: Parcours, months: int) -> date | None:
    """Return the first day on which contacts of this parcours need to be confirmed again.

    None when it has no contacts, or is in a status in which nobody writes to them for the first time. A contact is due ``months``
    after it was last verified. One who was never verified is due at once where a passage is under way; on a free offer ``months``
    after it became free: an import brings hundreds of them, and a letter that lists these every Monday would be read by nobody.
    """
    present_contacts = [
        contact for contact in parcours.company.contacts if contact not in parcours.company.further
    ]
    is_free = parcours.status is ParcoursStatus.AVAILABLE
    unchecked = months_after(day_of(parcours.since), months) if is_free else date.min
    checked = (
        months_after(contact.verified_on, months) if contact.verified_on else unchecked
        for contact in present_contacts
    )
    return min(checked, default=None) if parcours.status in SERVING else None
