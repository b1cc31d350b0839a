"""At-least-once delivery of the outbox, one mailer at a time, and what follows when a mail is given up."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.domain.documents.notices import to_agents
from chalicelib.domain.kernel.deposit import Deposit, DepositState, Mailing
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import Parcours, Setback, Step
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import Event, EventKind, Reason
from chalicelib.domain.kernel.transition import Change, Draw, MailKind, OutboxMail, Transition
from chalicelib.domain.kernel.values import Role

LEASE = timedelta(minutes=2)
"""Longer than any sending, shorter than anybody's patience."""
LONGEST_DOUBLING = 4
"""A mail that is not accepted waits 2, 4, 8, 16, then 32 minutes each time."""
LIFE = timedelta(hours=48)
"""How long a mail is tried that does not leave: outages and throttling end before."""
MOST_REFUSALS = 5
"""Refusals of the mail service itself, of this very mail, after which it is given up."""
MOST_UNANSWERED = 5
"""Tries without an answer after which it is given up: each may have been received."""


def is_free(mail: OutboxMail, now: datetime) -> bool:
    """Whether no mailer holds it, and its next try has come."""
    return mail.lease_until is None or mail.lease_until <= now


def lease(mail: OutboxMail, now: datetime) -> OutboxMail:
    """Hold it while it is sent; after a failure or a crash it is free again when the lease lapses, later each time."""
    doublings = 0 if mail.kind is MailKind.SIGN_IN_CODE else min(mail.tries, LONGEST_DOUBLING)
    return mail.but(lease_until=now + LEASE * 2**doublings, tries=mail.tries + 1, tried_at=now)


def refused(mail: OutboxMail) -> OutboxMail:
    """The mail service answered that it does not take this mail: it did not leave."""
    return mail.but(refusals=mail.refusals + 1)


def not_taken(mail: OutboxMail) -> OutboxMail:
    """The mail service took no mail, or was not even asked: it did not leave."""
    return mail.but(outages=mail.outages + 1)


def unanswered(mail: OutboxMail) -> int:
    """How many tries ended without an answer that was written down: it was lost, or the mailer died."""
    return mail.tries - mail.refusals - mail.outages


def is_given_up(mail: OutboxMail, now: datetime) -> bool:
    """Whether it is not tried again: five refusals, five tries without an answer, or 48 hours. Every mail is tried once."""
    ended = mail.refusals >= MOST_REFUSALS or unanswered(mail) >= MOST_UNANSWERED
    return ended or (mail.tries > 0 and now >= mail.created_at + LIFE)


def may_have_left(mail: OutboxMail) -> bool:
    """Whether somebody may have received it though no answer said so."""
    return unanswered(mail) > 0


def may_leave(mail: OutboxMail, link: Link, deposit: Deposit, now: datetime) -> bool:
    """Whether this mail still carries the link that its recipient should hold, to documents that live."""
    dead = link.revoked_at is not None or link.waiting or not link.recipient
    return mail.version == link.version and not dead and deposit.is_live(now)


def is_held_back(deposit: Deposit) -> bool:
    """Whether the company declined meanwhile: the link waits for the refusal to be taken back, or goes with its documents."""
    return deposit.erase_before is not None


def put_off(mail: OutboxMail, now: datetime) -> OutboxMail:
    """Looked at again in two minutes; it was not tried."""
    return mail.but(lease_until=now + LEASE, awaited_since=now)


def is_settled(link: Link, deposit: Deposit, now: datetime) -> bool:
    """Whether nobody needs to hear that the mail could not leave: the link was read, withdrawn or ended meanwhile."""
    read = link.opened_by is not None if link.beside else deposit.state is not DepositState.VERIFIED
    return read or link.revoked_at is not None or not deposit.is_live(now)


def gone(mail: OutboxMail) -> Transition:
    """Nothing is left to send."""
    return Transition(changes=(Change(mail, None),))


def link_left(mail: OutboxMail, link: Link, deposit: Deposit, parcours: Parcours, draw: Draw) -> Transition:
    """The link's mail was accepted: told once per version, whoever tells it. ``draw``: one id.

    The notice to the depositor, with the address used, waits in the same write.
    """
    if mail.version != link.version or link.moved_to is not None or parcours.attempt != link.attempt:
        return overtaken(mail, link, deposit, parcours, draw, left=True)
    event = _event(mail, link, deposit, EventKind.LINK_SENT, draw)
    notice = _sending_notice(link, draw)
    if link.beside:  # the first one's clock goes on
        return Transition(
            changes=(Change(mail, None), parcours.telling(event)), events=(event,), mails=(notice,)
        )
    waited = (
        deposit.state is DepositState.VERIFIED
    )  # else the mail was read before we could write that it left
    state = DepositState.LEFT if waited else deposit.state
    after = deposit.but(mailing=Mailing.ACCEPTED, left_at=draw.now, state=state)
    sent = {"last_sent_at": draw.now, "sent_to": link.to, "reservation_until": None}
    # A refusal ends when documents are sent anew, not when those that were refused leave late.
    anew = parcours.setback is Setback.DECLINED and not is_held_back(deposit)
    lifted: dict[str, object] = {"setback": None} if anew else {}
    head = (
        parcours.at_step(Step.LINK_SENT, event, **sent, **lifted)
        if waited
        else parcours.telling(event, **sent)
    )
    return Transition(
        changes=(Change(mail, None), Change(deposit, after), head), events=(event,), mails=(notice,)
    )


def overtaken(
    mail: OutboxMail, link: Link, deposit: Deposit, parcours: Parcours, draw: Draw, *, left: bool
) -> Transition:
    """The link died, was replaced or was read before it was known that its mail had left. ``draw``: one id.

    The timeline says what is known, and nothing stays under way: neither the mailing nor the reservation.
    Args:
        left: whether it left for certain: the mail service said so, or the link was used.
    """
    mine = link.id == deposit.link and mail.version == link.version and deposit.mailing is Mailing.UNDER_WAY
    if not left and not may_have_left(mail):
        ended = (Change(deposit, deposit.but(mailing=None)),) if mine else ()
        return Transition(changes=(Change(mail, None), *ended))
    sent_at = mail.tried_at or draw.now
    accepted: dict[str, object] = {"mailing": Mailing.ACCEPTED, "left_at": sent_at}
    ended = (Change(deposit, deposit.but(**(accepted if left else {"mailing": None}))),) if mine else ()
    kind = EventKind.LINK_SENT if left else EventKind.LINK_MAY_HAVE_LEFT
    event = _event(mail, link, deposit, kind, draw, occurred_at=sent_at)
    head = parcours.telling(event, **_sent(link, parcours, sent_at))
    notices = (_sending_notice(link, draw),) if left else ()
    return Transition(changes=(Change(mail, None), *ended, head), events=(event,), mails=notices)


def _sent(link: Link, parcours: Parcours, sent_at: datetime) -> dict[str, object]:
    """What the head keeps of a sending, unless it is another passage's, a second link's or older than what it keeps."""
    if link.beside or parcours.attempt != link.attempt:
        return {}
    ended: dict[str, object] = {"reservation_until": None}
    newest = parcours.last_sent_at is None or parcours.last_sent_at < sent_at
    return ended | ({"last_sent_at": sent_at, "sent_to": link.to} if newest else {})


def _sending_notice(link: Link, draw: Draw) -> OutboxMail:
    """To the depositor, with the address that was used, whoever named it."""
    return OutboxMail(
        key=draw.id(),
        kind=MailKind.SENDING_NOTICE,
        created_at=draw.now,
        link=link.id,
        version=link.version,
        deposit=link.deposit,
    )


def link_failed(mail: OutboxMail, link: Link, deposit: Deposit, parcours: Parcours, draw: Draw) -> Transition:
    """It was given up, or there is no address to send to: the tutor's turn, and a notice to her. ``draw``: two ids."""
    event = _event(mail, link, deposit, EventKind.MAIL_FAILED, draw)
    told = to_agents(MailKind.FAILURE_NOTICE, link, parcours, draw)
    if link.beside:  # she is told; the first link is where it was
        return Transition(changes=(Change(mail, None), parcours.telling(event)), events=(event,), mails=told)
    return Transition(
        changes=(
            Change(mail, None),
            Change(deposit, deposit.but(mailing=Mailing.FAILED)),
            parcours.set_back(Setback.MAIL_FAILED, event),
        ),
        events=(event,),
        mails=told,
    )


def link_in_doubt(
    mail: OutboxMail, link: Link, deposit: Deposit, parcours: Parcours, draw: Draw
) -> Transition:
    """It was given up, and may have left: the tutor's turn, who asks whether it arrived. The link lives. ``draw``: two ids."""
    sent_at = mail.tried_at or draw.now
    event = _event(mail, link, deposit, EventKind.LINK_MAY_HAVE_LEFT, draw, occurred_at=sent_at)
    told = to_agents(MailKind.FAILURE_NOTICE, link, parcours, draw)
    told = tuple(one.but(reason=Reason.NO_ANSWER) for one in told)
    if link.beside:
        return Transition(changes=(Change(mail, None), parcours.telling(event)), events=(event,), mails=told)
    head = parcours.set_back(Setback.MAIL_IN_DOUBT, event, **_sent(link, parcours, sent_at))
    ended = Change(deposit, deposit.but(mailing=None))
    return Transition(changes=(Change(mail, None), ended, head), events=(event,), mails=told)


def _event(
    mail: OutboxMail,
    link: Link,
    deposit: Deposit,
    kind: EventKind,
    draw: Draw,
    occurred_at: datetime | None = None,
) -> Event:
    derived = hashlib.sha256(f"{kind}|{link.id}#{mail.version}".encode()).hexdigest()[:32]
    return Event(
        parcours=link.parcours,
        id=derived,
        attempt=link.attempt,
        kind=kind,
        at=draw.now,
        occurred_at=occurred_at,
        actor=Role.SYSTEM,
        documents=deposit.kinds,
    )


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
    if mail.refusals >= MOST_REFUSALS:
        return gone(mail)
    return Transition(changes=(Change(mail, None), Change(account, account.but(warned_at=None))))


def of_invitation(mail: OutboxMail, account: Account, draw: Draw) -> Transition:
    """The account says that its last invitation did not leave."""
    return Transition(changes=(Change(mail, None), Change(account, account.but(invitation_lost_at=draw.now))))
