"""« Relancer l’entreprise »: one mail to the person who is awaited, at most one a day, whichever agent presses."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from chalicelib.domain.case import Case
from chalicelib.domain.kernel.address import folded
from chalicelib.domain.kernel.deposit import Deposit, DepositState
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import ContactRole, Parcours
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.transition import Draw, MailKind, Transition
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Setback, Step
from chalicelib.domain.record import contact_of
from chalicelib.errors import NothingSent, NoticeNeeded, RemindedToday, WrongStep

PAUSE = timedelta(hours=20)
"""Nobody gets two reminders a day, whatever the hour of the first."""
AWAITED = frozenset({Step.LINK_SENT, Step.OPENED, Step.RECEIVED})
UNREAD = frozenset({Step.LINK_SENT, Step.OPENED})
BUYS = frozenset({Role.BUYER, Role.PRESCRIBER})
READABLE = frozenset({DepositState.LEFT, DepositState.OPENED})


def awaits(status: ParcoursStatus, step: Step | None, setback: Setback | None) -> bool:
    """Whether somebody outside is awaited: a link is out, or dates are to be proposed."""
    calm = setback in {None, Setback.MEETING_MISSED}
    return status is ParcoursStatus.IN_PREPARATION and step in AWAITED and calm


class Sent(Protocol):
    """What a record and its list row both say of a sending."""

    @property
    def status(self) -> ParcoursStatus: ...
    @property
    def step(self) -> Step | None: ...
    @property
    def setback(self) -> Setback | None: ...
    @property
    def sent_to(self) -> Role | None: ...
    @property
    def holder(self) -> Role | None: ...
    @property
    def reminded_at(self) -> datetime | None: ...


def holds_the_link(of: Sent, role: Role | None) -> bool:
    """Whether the person in this role has the link herself: she passes it on, and a reminder brings it to her again."""
    return role in BUYS and of.sent_to is Role.BUYER and of.step in UNREAD


def can_remind(of: Sent, role: Role | None, now: datetime) -> bool:
    """Whether somebody else is reminded by a press in this role: what pages show a button by."""
    return (
        of.holder is not None
        and awaits(of.status, of.step, of.setback)
        and not is_paused(of, now)
        and not holds_the_link(of, role)
    )


def is_paused(of: Sent, now: datetime) -> bool:
    """Whether the last reminder is too fresh for another one."""
    return of.reminded_at is not None and now < of.reminded_at + PAUSE


class Asked(NamedTuple):
    """Whom a word without a link asks for dates."""

    address: str
    buys: bool
    """She is the buyer, who asks the company."""
    written: bool
    """The link went to her: she knows what it is about."""


def asks_buyer(parcours: Parcours, by: Role) -> bool:
    """Whether dates are asked of the buyer: the documents went to her, and it is not she who asks."""
    return parcours.sent_to is Role.BUYER and by not in BUYS


def asked_for_dates(parcours: Parcours, link: Link | None, *, buyer: bool) -> Asked | None:
    """Whom to ask when no link is out; ``link``: the last one, ``buyer``: see ``asks_buyer``.

    The buyer to whom the documents went; of the company, who welcomes, else who got the link, else who answered the tender.
    """
    recipient = link.recipient if link is not None else ""
    if buyer and recipient:
        return Asked(recipient, buys=True, written=True)
    theirs = recipient if parcours.sent_to is Role.COMPANY else ""
    host, answers = (
        contact_of(parcours.company, role) for role in (ContactRole.WELCOMES, ContactRole.ANSWERS_TENDER)
    )
    address = host.address if host else theirs or (answers.address if answers else "")
    return Asked(address, buys=False, written=folded(address) == folded(theirs)) if address else None


def is_out(link: Link | None, deposit: Deposit | None, draw: Draw) -> bool:
    """Whether this link still leads to documents that its recipient has not confirmed."""
    if link is None or deposit is None or link.is_dead:
        return False
    return bool(link.recipient) and deposit.state in READABLE and deposit.is_live(draw.now)


def remind(case: Case, *, by: Role, draw: Draw) -> Transition:
    """Send the same link again to its own recipient, or a plain word that asks for dates."""
    parcours, link = case.parcours, case.link
    if parcours.status is ParcoursStatus.IN_PREPARATION and parcours.holder is None:
        raise NothingSent
    if not awaits(parcours.status, parcours.step, parcours.setback):
        raise WrongStep
    if parcours.reminded_at is not None and is_paused(parcours, draw.now):
        raise RemindedToday(since=parcours.reminded_at)
    out, buyer = is_out(link, case.deposit, draw), asks_buyer(parcours, by)
    if out and case.attempt is not None and case.attempt.notice_at is None:
        raise NoticeNeeded  # taken back by a request about personal data
    if not out and (holds_the_link(parcours, by) or asked_for_dates(parcours, link, buyer=buyer) is None):
        raise WrongStep
    event = draw.event(EventKind.REMINDER_SENT, parcours.id, parcours.attempt, by=by)
    about: dict[str, Any] = {"link": link.id if link else None, "asks": Role.BUYER if buyer else Role.COMPANY}
    if out and link:
        about |= {"version": link.version, "deposit": link.deposit}
    mail = draw.mail(MailKind.REMINDER, parcours=parcours.id, **about)
    return Transition.noting(event, parcours.telling(event, reminded_at=draw.now), mails=(mail,))
