"""« Relancer l’entreprise »: one mail to whoever is awaited, at most one a day, whoever presses."""

from datetime import timedelta

from chalicelib.domain.deposit import Deposit, DepositState
from chalicelib.domain.link import Link
from chalicelib.domain.parcours import CompanyContact, ContactRole, Parcours, ParcoursStatus, Setback, Step
from chalicelib.domain.record import contact_of
from chalicelib.domain.timeline import Event, EventKind
from chalicelib.domain.transition import Draw, MailKind, OutboxMail, Transition
from chalicelib.domain.values import Role
from chalicelib.errors import NothingSent, RemindedToday, WrongStep

PAUSE = timedelta(hours=20)
"""Nobody gets two reminders a day, whatever the hour of the first."""
AWAITED = frozenset({Step.LINK_SENT, Step.OPENED, Step.RECEIVED})
READABLE = frozenset({DepositState.LEFT, DepositState.OPENED})


def awaits(status: ParcoursStatus, step: Step | None, setback: Setback | None) -> bool:
    """Whether somebody outside is awaited: a link is out, or dates are to be proposed."""
    calm = setback in {None, Setback.MEETING_MISSED}
    return status is ParcoursStatus.IN_PREPARATION and step in AWAITED and calm


def asked_for_dates(parcours: Parcours) -> CompanyContact | None:
    """Whom to ask for dates when no link is out: who welcomes, else who answered the tender."""
    company = parcours.company
    return contact_of(company, ContactRole.WELCOMES) or contact_of(company, ContactRole.ANSWERS_TENDER)


def is_out(link: Link | None, deposit: Deposit | None, draw: Draw) -> bool:
    """Whether this link still leads to documents that its recipient has not confirmed."""
    return (
        link is not None
        and deposit is not None
        and link.revoked_at is None
        and link.closed_at is None
        and bool(link.recipient)
        and deposit.state in READABLE
        and deposit.is_live(draw.now)
    )


def remind(
    parcours: Parcours, link: Link | None, deposit: Deposit | None, *, by: Role, draw: Draw
) -> Transition:
    """A reminder waits in the outbox: the same link again to its own recipient, or a plain word that asks for dates.

    Args:
        link: the live one with its ``deposit``, if any. ``draw``: two ids.
    Raises:
        NothingSent: nothing ever left for the company on this passage.
        WrongStep: nobody outside is awaited, or nobody is known to ask.
        RemindedToday: a reminder left less than 20 hours ago.
    """
    if parcours.status is ParcoursStatus.IN_PREPARATION and parcours.sent_to is None:
        raise NothingSent
    if not awaits(parcours.status, parcours.step, parcours.setback):
        raise WrongStep
    if parcours.reminded_at is not None and draw.now < parcours.reminded_at + PAUSE:
        raise RemindedToday(since=parcours.reminded_at)
    out = is_out(link, deposit, draw)
    if not out and asked_for_dates(parcours) is None:
        raise WrongStep
    event = Event(
        parcours=parcours.id,
        id=draw.id(),
        attempt=parcours.attempt,
        kind=EventKind.REMINDER_SENT,
        at=draw.now,
        actor=by,
    )
    mail = OutboxMail(
        key=draw.id(1),
        kind=MailKind.REMINDER,
        created_at=draw.now,
        link=link.id if out and link else None,
        version=link.version if out and link else None,
        deposit=link.deposit if out and link else None,
        parcours=parcours.id,
    )
    head = parcours.telling(event, reminded_at=draw.now)
    return Transition(changes=(head,), events=(event,), mails=(mail,))
