"""Remind by SMS the contact of the company who has not opened the link: to which number, when, and what is noted of it.

An SMS holds no link: whoever has the telephone opens nothing. It goes only to a mobile number of metropolitan France that
came with the offer, as did its person, and has not changed since: who takes over a session, or a record, has none sent to a
number of theirs. Free mail is no obstacle: it raises a doubt about the address, not about the number.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.domain.case import Case
from chalicelib.domain.documents.mailing import derive_fact_id, drop_mail
from chalicelib.domain.documents.recipients import is_same
from chalicelib.domain.kernel.calendar import Calendar, day_of
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import CompanyContact, How, Parcours
from chalicelib.domain.kernel.timeline import Event, EventKind
from chalicelib.domain.kernel.transition import (
    REPEAT,
    Change,
    DecisionInputs,
    MailKind,
    OutboxMail,
    Transition,
)
from chalicelib.domain.kernel.values import Role, Step
from chalicelib.domain.parcours import reminding

BETWEEN = timedelta(days=7)
"""A number gets one SMS in this time, whoever asks for it and about whichever parcours."""
ELSEWHERE = "639(?!98)|69[0-467]|70"
"""How mobile numbers begin that are not +33: overseas ones have codes of their own (Mayotte +262, Guadeloupe +590…), and 0700 is
machines'. « 06 39 98 » is nobody's, for examples."""
MOBILE = re.compile(rf"(?:0|(?:\+|00)33(?:\(0\)|0)?)((?!{ELSEWHERE})[67][0-9]{{8}})")
"""A mobile number of metropolitan France; others may be charged to us by the minute, or be answered by nobody."""
PUNCTUATION = re.compile(r"[\s.\-/]+")


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom an SMS goes to: a contact of the record, who holds a link that is not opened."""

    link: Link
    sent_at: datetime
    """When the mail with the link left."""
    number: str
    """« +33612345678 »."""


def read_mobile(phone: str | None) -> str | None:
    """Return a metropolitan mobile number as « +33612345678 »; None: it is none."""
    mobile = MOBILE.fullmatch(PUNCTUATION.sub("", phone or ""))
    return f"+33{mobile[1]}" if mobile else None


def find_reader(case: Case, now: datetime) -> Reader | None:
    """Return whom an SMS may go to now; None: nobody.

    Nobody once the link was opened, answered or withdrawn, while the parcours is held, or if another account than the one that
    sealed answers for the link by now: the SMS names who has written.
    """
    parcours, deposit, link = case.parcours, case.deposit, reminding.find_link(case, now)
    if deposit is None or deposit.contents is None or deposit.left_at is None or link is None:
        return None
    is_unopened = link.is_living(now) and not link.was_used and deposit.opened_at is None
    is_awaited = reminding.is_outsider_awaited(parcours) and parcours.step is Step.LINK_SENT
    is_own = link.to is Role.COMPANY and link.sender == deposit.contents.sealed_by
    number = find_number(parcours, link.recipient)
    has_notice = case.attempt is not None and case.attempt.notice_at is not None
    if number is None or not (is_unopened and is_awaited and is_own and has_notice):
        return None
    return Reader(link, deposit.left_at, number) if reminding.is_unconfirmed(link, deposit, now) else None


def find_number(parcours: Parcours, recipient: str) -> str | None:
    """Return the mobile number of the contact at this address, declared and untouched since; None: there is none."""
    numbers = (
        read_mobile(contact.phone)
        for contact in parcours.company.contacts
        if is_same(contact.address, recipient) and _is_untouched(contact)
    )
    return next(numbers, None)


def _is_untouched(contact: CompanyContact) -> bool:
    """Whether address and number are those of the declaration, and nobody noted that they reach somebody else."""
    is_declared = contact.origin is not None and contact.origin.how is How.DECLARED
    return is_declared and contact.phone_untouched and not contact.is_gone and not contact.has_wrong_number


def find_departure(now: datetime, calendar: Calendar) -> datetime:
    """Return when an SMS that is asked for now leaves: at once by day, else on the next working morning."""
    return now if reminding.is_morning(now, calendar) else reminding.find_next_morning(now, calendar)


def derive_key(reader: Reader, departure: datetime) -> str:
    """Derive the key of an SMS: one of a day for all presses."""
    return derive_fact_id(MailKind.SMS, f"{reader.link.id}#{reader.link.version}#press#{day_of(departure)}")


def ask(reader: Reader, departure: datetime, *, by: Role, inputs: DecisionInputs) -> Transition:
    """Queue an SMS to the reader of the link, as somebody asked by a press."""
    link, key = reader.link, derive_key(reader, departure)
    mail = inputs.build_mail(MailKind.SMS, parcours=link.parcours, link=link.id, key=key)
    mail = replace(mail, version=link.version, deposit=link.deposit, by=by, to=Role.COMPANY)
    return Transition(mails=(mail,))


def may_leave(mail: OutboxMail, reader: Reader) -> bool:
    """Whether a waiting SMS may still leave: its link is the one that its reader holds, in the same version."""
    return (reader.link.id, reader.link.version) == (mail.link, mail.version)


def note(mail: OutboxMail, parcours: Parcours, kind: EventKind, inputs: DecisionInputs) -> Transition:
    """Note what became of an SMS (``SMS_SENT``, ``SMS_STOPPED``), and take it out of the outbox."""
    by = mail.by if mail.by is not None and kind is EventKind.SMS_SENT else Role.SYSTEM
    event = inputs.build_event(kind, parcours.id, parcours.attempt, by=by, key=derive_fact_id(kind, mail.key))
    return drop_mail(mail) + Transition.noting(event, Change(parcours, parcours.with_event(event)))


def find_last(events: Sequence[Event], link: Link) -> Event | None:
    """Return what was last noted of an SMS since this link was made; None: nothing."""
    noted = (
        event
        for event in events
        if event.kind in {EventKind.SMS_SENT, EventKind.SMS_STOPPED} and event.at >= link.created_at
    )
    return max(noted, key=lambda event: event.at, default=None)


def has_just(events: Sequence[Event], *, by: Role, now: datetime) -> bool:
    """Whether this role's SMS has just left, so that a form sent twice asks for one."""
    return any(
        event.kind is EventKind.SMS_SENT and event.actor is by and now < event.at + REPEAT for event in events
    )
