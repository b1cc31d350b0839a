"""Whom a meeting invites: looked up when it is agreed, and again when a link or a parcours goes to somebody else meanwhile."""

from dataclasses import replace
from datetime import datetime

from chalicelib.domain import address
from chalicelib.domain.appointment import CONTACT, Appointment, AppointmentState, for_one, mail_of
from chalicelib.domain.link import Link
from chalicelib.domain.parcours import CompanyContact, ContactRole, Parcours
from chalicelib.domain.passing import MOST_MOVES
from chalicelib.domain.record import contact_of
from chalicelib.domain.transition import Change, MailKind, OutboxMail, Transition
from chalicelib.domain.values import Role
from chalicelib.stores import relay

ABOUT_MEETING = frozenset({MailKind.MEETING_INVITATION, MailKind.MEETING_CANCELLED, MailKind.EVE_REMINDER})


def followed(link: Link | None) -> Link | None:
    """The link to which this one has come, if somebody of the company holds it, whether it still acts or not."""
    for _ in range(MOST_MOVES + 1):  # the buyer's own move, then those within the company
        if link is None or link.moved_to is None:
            break
        link = relay.link(link.moved_to)
    held = link is not None and link.to is Role.COMPANY and link.recipient and not link.waiting
    return link if held else None


def living(link: Link | None) -> Link | None:
    """The same, only while it acts."""
    held = followed(link)
    return held if held is not None and held.revoked_at is None and held.closed_at is None else None


def contact(head: Parcours) -> CompanyContact | None:
    """Who is invited where nobody of the company holds a link: who welcomes, else who answers the tender."""
    welcomes = contact_of(head.company, ContactRole.WELCOMES)
    return welcomes or contact_of(head.company, ContactRole.ANSWERS_TENDER)


def holder(head: Parcours, link: Link | None) -> Link | None:
    """Of this link and the live one, the first that somebody of the company can still act with."""
    return living(link) or living(relay.link(head.live_link) if head.live_link else None)


def addressed(step: Transition) -> Transition:
    """The same; what is agreed in it keeps who is invited, so that she is told when it falls away, and nobody else."""
    fixed = next((one for one in step.changes if isinstance(one.after, Appointment)), None)
    head = next((one.after for one in step.changes if isinstance(one.after, Parcours)), None)
    if fixed is None or not isinstance(fixed.after, Appointment) or not isinstance(head, Parcours):
        return step
    invitation = MailKind.MEETING_INVITATION
    if not any(mail.kind is invitation for mail in step.mails):
        return seconded(step)
    known = fixed.after.link
    held = holder(head, relay.link(known) if known else None)
    after = fixed.after.but(link=held.id if held is not None else None)
    mails = tuple(one.but(link=after.link) if one.kind is invitation else one for one in step.mails)
    before, now = fixed.before, after.changed_at
    stood = isinstance(before, Appointment) and before.stands(now) and before.uid == after.uid
    if isinstance(before, Appointment) and stood:
        mails += _left(head, before, held, after, now)
    changes = tuple(Change(before, after) if one is fixed else one for one in step.changes)
    return seconded(replace(step, changes=changes, mails=mails))


def seconded(step: Transition) -> Transition:
    """The same; what tells the company of a meeting tells the colleague, too, who got a link beside her who is invited."""
    told = (
        one for one in step.mails if one.kind in ABOUT_MEETING and one.to is Role.COMPANY and not one.about
    )
    found = ((one, beside(followed(relay.link(one.link)))) for one in told if one.link)
    also = (for_one(mail, second.id) for mail, second in found if second is not None)
    return replace(step, mails=(*step.mails, *also))


def beside(held: Link | None) -> Link | None:
    """The link that its holder added beside this one; it may be dead by now."""
    return followed(relay.link(held.added)) if held is not None and held.added else None


def passed_on(step: Transition, link: Link, head: Parcours, now: datetime) -> Transition:
    """The same decision, by which ``link`` goes to a colleague: she is invited in its holder's place, or beside her."""
    links = (one.after for one in step.changes if isinstance(one.after, Link))
    made = next((one for one in links if one.id != link.id), None)
    stands = _standing(head, now)
    if made is None or made.waiting or stands is None:
        return step
    invited = followed(relay.link(stands.link)) if stands.link else None
    if invited is not None and invited.id != link.id:
        return step  # somebody else of the company answered
    if made.beside:
        also = mail_of(MailKind.MEETING_INVITATION, head, stands, Role.COMPANY, now, about=made.id)
        return replace(step, mails=(*step.mails, also)) if invited is not None else step
    if address.folded(_address(head, invited)) == address.folded(made.recipient):
        return step
    after = stands.but(link=made.id)
    left = _left(head, stands, made, after, now)
    comes = mail_of(MailKind.MEETING_INVITATION, head, after, Role.COMPANY, now, about=made.id)
    return replace(step, changes=(*step.changes, Change(stands, after)), mails=(*step.mails, comes, *left))


def handed_over(step: Transition, now: datetime) -> Transition:
    """The same decision, by which a parcours goes to another tutor: she is invited to what her predecessor agreed on."""
    change = next((one for one in step.changes if isinstance(one.after, Parcours)), None)
    if change is None or not isinstance(change.before, Parcours) or not isinstance(change.after, Parcours):
        return step
    before, after = change.before, change.after
    stands = _standing(after, now)
    if stands is None or before.tutor == after.tutor:
        return step
    comes = mail_of(MailKind.MEETING_INVITATION, after, stands, Role.TUTOR, now, about=after.tutor)
    goes = mail_of(MailKind.MEETING_CANCELLED, after, stands, Role.TUTOR, now, about=before.tutor)
    return replace(step, mails=(*step.mails, comes, goes))


def _left(
    head: Parcours, stands: Appointment, held: Link | None, after: Appointment, now: datetime
) -> tuple[OutboxMail, ...]:
    """What tells whoever of the company was invited, and her second reader, that they are so no more.

    Args:
        held: the link by which somebody is now; None: the contact is.
    """
    was = followed(relay.link(stands.link)) if stands.link else None
    second, stays = beside(was), beside(held)
    known = {CONTACT if was is None else was.id: _address(head, was)}
    known |= {second.id: second.recipient} if second is not None else {}
    here = {address.folded(one) for one in (_address(head, held), stays.recipient if stays else "")}
    gone = [about for about, told in known.items() if told and address.folded(told) not in here]
    cancelled = MailKind.MEETING_CANCELLED
    return tuple(mail_of(cancelled, head, after, Role.COMPANY, now, about=about) for about in gone)


def _address(head: Parcours, held: Link | None) -> str:
    """Of this link's holder, else of the contact."""
    if held is not None:
        return held.recipient
    somebody = contact(head)
    return somebody.address if somebody else ""


def _standing(head: Parcours, now: datetime) -> Appointment | None:
    """What is agreed and still to come."""
    stands = relay.appointment(head.id, head.attempt) if head.attempt is not None else None
    agreed = stands is not None and stands.state is AppointmentState.FIXED and stands.stands(now)
    return stands if agreed else None
