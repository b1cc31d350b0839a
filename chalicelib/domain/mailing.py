"""The outbox: one mailer holds a mail at a time, and what left is told once."""

import hashlib
from datetime import datetime, timedelta

from chalicelib.domain.deposit import Deposit, DepositState, Mailing
from chalicelib.domain.link import Link
from chalicelib.domain.notices import to_agents
from chalicelib.domain.parcours import Parcours, Setback, Step
from chalicelib.domain.timeline import Event, EventKind
from chalicelib.domain.transition import Change, Draw, MailKind, OutboxMail, Transition
from chalicelib.domain.values import Role

LEASE = timedelta(minutes=2)
MOST_TRIES = 5


def is_free(mail: OutboxMail, now: datetime) -> bool:
    """Whether no mailer holds it."""
    return mail.lease_until is None or mail.lease_until <= now


def lease(mail: OutboxMail, now: datetime) -> OutboxMail:
    """Hold it for two minutes: longer than any sending, shorter than anybody's patience."""
    return mail.but(lease_until=now + LEASE, tries=mail.tries + 1)


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
    event = _event(link, deposit, EventKind.LINK_SENT, draw)
    if link.beside:  # the first one's clock goes on
        notice = _sending_notice(link, draw)
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
    notice = _sending_notice(link, draw)
    return Transition(
        changes=(Change(mail, None), Change(deposit, after), head), events=(event,), mails=(notice,)
    )


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
    """Five tries and no acceptance, or no address to send to: the tutor's turn, and a notice to her. ``draw``: two ids."""
    event = _event(link, deposit, EventKind.MAIL_FAILED, draw)
    told = to_agents(MailKind.FAILURE_NOTICE, link, parcours, draw, first=0, second=1)
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


def _event(link: Link, deposit: Deposit, kind: EventKind, draw: Draw) -> Event:
    derived = hashlib.sha256(f"{kind}|{link.mail_key}".encode()).hexdigest()[:32]
    return Event(
        parcours=link.parcours,
        id=derived,
        attempt=link.attempt,
        kind=kind,
        at=draw.now,
        actor=Role.SYSTEM,
        documents=deposit.kinds,
    )
