"""What is done when a mail is given up, kind by kind: nobody who must know stays without a word."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain import mailing
from chalicelib.domain.link import Link
from chalicelib.domain.parcours import Parcours
from chalicelib.domain.people import Account
from chalicelib.domain.timeline import Event, EventKind, Reason
from chalicelib.domain.transition import Change, Draw, MailKind, OutboxMail, Transition
from chalicelib.domain.values import Role


class Loss(StrEnum):
    """What a mail that is given up leaves behind, beside the metric."""

    FAILED = "failed"
    """The link's: the sending failed, it is the tutor's turn and she is told (``mailing.link_failed``)."""
    FACT = "fact"
    """Somebody without a page was not told: a fact of the timeline, and a mail to who accompanies, who tells it."""
    ACCOUNT = "account"
    """The invited account says so to who manages it."""
    WARNED_ANEW = "warned_anew"
    """After an outage the account is warned again, and erased a month after that at the soonest; refused, it goes."""
    FORMER_TUTOR = "former_tutor"
    """It went to a tutor who may have no page of the parcours any more: then a mail to who accompanies, who tells her."""
    PAGE = "page"
    """It goes to people who have a page that says the same."""
    ASKED_ANEW = "asked_anew"
    """Who wants it asks for another one."""


@dataclass(frozen=True)
class Row:
    """What giving up a mail of one kind does; ``reason``: which message is missing."""

    loss: Loss
    reason: Reason | None = None


_PAGE = Row(Loss.PAGE)
GIVEN_UP: dict[MailKind, Row] = {
    MailKind.LINK: Row(Loss.FAILED),
    MailKind.SIGN_IN_CODE: Row(Loss.ASKED_ANEW),
    MailKind.INVITATION: Row(Loss.ACCOUNT),
    MailKind.END_TO_COMPANY: Row(Loss.FACT, Reason.COPIES_NOT_SENT),
    MailKind.END_TO_BUYER: Row(Loss.FACT, Reason.END_NOT_SENT),
    MailKind.REMINDER: Row(Loss.FACT, Reason.REMINDER_NOT_SENT),
    MailKind.MEETING_INVITATION: Row(Loss.FACT, Reason.INVITATION_NOT_SENT),
    MailKind.MEETING_CANCELLED: Row(Loss.FACT, Reason.CANCELLATION_NOT_SENT),
    MailKind.EVE_REMINDER: Row(Loss.FACT, Reason.EVE_NOT_SENT),
    MailKind.OTHER_SLOTS: Row(Loss.FACT, Reason.DATES_NOT_SENT),
    MailKind.DECLINE_NOTICE: Row(Loss.FACT, Reason.REFUSAL_NOT_SENT),
    MailKind.DECLINE_TO_COMPANY: Row(Loss.FACT, Reason.REFUSAL_NOT_SENT),
    MailKind.DECLINE_UNDONE: Row(Loss.FACT, Reason.UNDOING_NOT_SENT),
    MailKind.CONTACT_CHECK: Row(Loss.FACT, Reason.CHECK_NOT_SENT),
    MailKind.UNSENT_NOTICE: _PAGE,
    MailKind.SENDING_NOTICE: _PAGE,
    MailKind.REFUSAL_NOTICE: _PAGE,
    MailKind.FAILURE_NOTICE: _PAGE,
    MailKind.CONFIRMATION_NOTICE: _PAGE,
    MailKind.UNREADABLE_NOTICE: _PAGE,
    MailKind.CLOSED_NOTICE: _PAGE,
    MailKind.REQUEST_NOTICE: _PAGE,
    MailKind.RESERVATION_WARNING: _PAGE,
    MailKind.RESERVATION_LAPSED: _PAGE,
    MailKind.HANDOVER: _PAGE,
    MailKind.SLOTS_NOTICE: _PAGE,
    MailKind.MEETING_TOLD: _PAGE,
    MailKind.COLLEAGUE_QUESTION: Row(Loss.FORMER_TUTOR, Reason.QUESTION_NOT_SENT),
    MailKind.ASSIGNED: _PAGE,
    MailKind.HANDED_AWAY: Row(Loss.FORMER_TUTOR, Reason.HANDOVER_NOT_SENT),
    MailKind.CONTACTS_CHANGED: _PAGE,
    MailKind.PASSAGE_LAPSED: _PAGE,
    MailKind.ACCOUNT_UNUSED: Row(Loss.WARNED_ANEW),
}
"""One row per kind (a test demands it)."""
AGENTS = frozenset({Role.TUTOR, Role.COORDINATOR})
"""Sides whose page says what a mail said."""


def loss_of(mail: OutboxMail) -> Row:
    """The row of this mail; what goes to who accompanies stands on her page, whatever its kind."""
    return _PAGE if mail.to in AGENTS else GIVEN_UP[mail.kind]


def to_outsider(
    mail: OutboxMail, reason: Reason | None, link: Link | None, parcours: Parcours, draw: Draw
) -> Transition:
    """The timeline says which message did not reach the company or the buyer, and who accompanies is asked to tell it.

    ``draw``: one id.
    """
    attempt = mail.attempt or (link.attempt if link else parcours.attempt)
    buyer = Role.BUYER in {mail.to, mail.asks} or mail.kind in {MailKind.END_TO_BUYER, MailKind.CONTACT_CHECK}
    kind = EventKind.BUYER_MAIL_LOST if buyer else EventKind.COMPANY_MAIL_LOST
    event = Event(
        parcours=parcours.id,
        id=hashlib.sha256(f"{kind}|{mail.key}".encode()).hexdigest()[:32],
        attempt=attempt,
        kind=kind,
        at=draw.now,
        actor=Role.SYSTEM,
        reason=reason,
    )
    asks = Role.BUYER if buyer else Role.COMPANY
    notice = _notice(mail, reason, parcours, asks, draw).but(attempt=attempt, account=mail.account)
    return Transition(changes=(Change(mail, None), parcours.telling(event)), events=(event,), mails=(notice,))


def to_former_tutor(mail: OutboxMail, reason: Reason | None, parcours: Parcours, draw: Draw) -> Transition:
    """Who accompanies is asked to tell a tutor who does no more. ``draw``: one id."""
    notice = _notice(mail, reason, parcours, Role.TUTOR, draw)
    return Transition(changes=(Change(mail, None),), mails=(notice,))


def _notice(
    mail: OutboxMail, reason: Reason | None, parcours: Parcours, asks: Role, draw: Draw
) -> OutboxMail:
    return OutboxMail(
        key=draw.id(),
        kind=MailKind.UNSENT_NOTICE,
        created_at=draw.now,
        link=mail.link,
        parcours=parcours.id,
        reason=reason,
        asks=asks,
    )


def of_warning(mail: OutboxMail, account: Account) -> Transition:
    """Nobody was warned that this account is to be erased; a mailbox that refuses its mails is not tried for ever."""
    if mail.refusals >= mailing.MOST_REFUSALS:
        return mailing.gone(mail)
    return Transition(changes=(Change(mail, None), Change(account, account.but(warned_at=None))))


def of_invitation(mail: OutboxMail, account: Account, draw: Draw) -> Transition:
    """The account says that its last invitation did not leave."""
    return Transition(changes=(Change(mail, None), Change(account, account.but(invitation_lost_at=draw.now))))
