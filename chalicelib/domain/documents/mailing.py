"""At-least-once delivery of the outbox, one mailer at a time; who is notified of what happens to a link."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.domain.kernel.delivery import BookedRate
from chalicelib.domain.kernel.deposit import (
    NOT_TAKEN,
    REPORTED,
    Deposit,
    DepositState,
    Mailing,
    build_deposit_event,
)
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import Event, EventKind, Reason
from chalicelib.domain.kernel.transition import (
    CODE,
    LETTER,
    LETTERS,
    LINK,
    Change,
    DecisionInputs,
    Loss,
    MailKind,
    OutboxMail,
    Transition,
)
from chalicelib.domain.kernel.values import Role, Setback, Step


class Occasion(StrEnum):
    """What happened, as far as the sentences differ."""

    MEETING_TOLD = "meeting_told"
    MEETING_CALLED_OFF = "meeting_called_off"
    READ = "read"
    READ_LATER = "read_later"
    READ_WHILE_ANOTHER_WAITS = "read_while_another_waits"
    READ_BY_BUYER = "read_by_buyer"
    UNREADABLE = "unreadable"
    UNREADABLE_TO_ONE = "unreadable_to_one"
    UNREADABLE_TO_BUYER = "unreadable_to_buyer"
    CLOSED = "closed"
    CLOSED_AFTER_OPENING = "closed_after_opening"
    CLOSED_BESIDE = "closed_beside"
    REQUESTED = "requested"
    REQUESTED_BY_BUYER = "requested_by_buyer"
    DECLINED_TUTOR = "declined_tutor"
    DECLINED_COORDINATOR = "declined_coordinator"
    DECLINED_BUYER = "declined_buyer"
    UNDONE_TUTOR = "undone_tutor"
    UNDONE_COORDINATOR = "undone_coordinator"
    UNDONE_BUYER = "undone_buyer"
    EXPIRED = "expired"
    EXPIRED_AFTER_OPENING = "expired_after_opening"
    EXPIRED_UNREACHED = "expired_unreached"
    COLLEAGUE = "colleague"
    COLLEAGUE_NOBODY = "colleague_nobody"
    DATA_REQUESTED = "data_requested"
    SENDING_STOPPED = "sending_stopped"
    CANNOT_COME = "cannot_come"
    RESERVATION_WARNING = "reservation_warning"
    RESERVATION_LAPSED = "reservation_lapsed"
    PASSAGE_LAPSED = "passage_lapsed"
    OFFER_REPORTED = "offer_reported"
    MEETING_KEPT = "meeting_kept"
    RESUMED = "resumed"
    RESUMED_TUTOR = "resumed_tutor"
    ENDED_TUTOR = "ended_tutor"
    ERASED_TUTOR = "erased_tutor"
    UNSENT_COMPANY = "unsent_company"
    UNSENT_BUYER = "unsent_buyer"
    UNSENT_TUTOR = "unsent_tutor"


def build_mails_to_agents(
    kind: MailKind, link: Link, parcours: Parcours, inputs: DecisionInputs
) -> tuple[OutboxMail, ...]:
    """Build the notice to the person who accompanies, who is looked up when it leaves.

    Another one goes to the account that sent the link, if the tutor did not and the passage is still the same.
    """

    notice = replace(inputs.build_mail(kind, parcours=link.parcours, link=link.id), deposit=link.deposit)
    to_tutor = replace(notice, to=Role.TUTOR)
    is_sent_by_tutor = parcours.tutor in {None, link.sender}
    if parcours.attempt != link.attempt or is_sent_by_tutor:
        return (to_tutor,)
    return to_tutor, replace(notice, key=inputs.draw_id(), to=Role.COORDINATOR, account=link.sender)


def build_answer_mails(
    event: Event, link: Link, parcours: Parcours, inputs: DecisionInputs
) -> tuple[OutboxMail, ...]:
    """Build the notice of what the recipient did, as ``build_mails_to_agents``."""
    mails = build_mails_to_agents(MailKind.LINK_ANSWERED, link, parcours, inputs)
    return tuple(replace(mail, fact=event.kind) for mail in mails)


def choose_occasion(
    mail: OutboxMail, deposit: Deposit | None, link: Link, parcours: Parcours, now: datetime
) -> Occasion | None:
    """Choose what a notice about a link says, when it leaves; None when it is no longer true.

    That is so when something was said on the link since, or it was sent again. Without a fact the documents went unread.
    """
    match mail.fact:
        case EventKind.DOCUMENTS_CONFIRMED if link.confirmed_at is not None:
            return _choose_read_occasion(deposit, link, parcours, now)
        case EventKind.DOCUMENTS_UNREADABLE if link.opened_at is not None and link.confirmed_at is None:
            return _choose_unreadable_occasion(deposit, link, now)
        case EventKind.LINK_CLOSED if link.closed_at is not None:
            return _choose_closed_occasion(link)
        case EventKind.SENDING_REQUESTED if link.requested_at is not None:
            return Occasion.REQUESTED_BY_BUYER if link.to is Role.BUYER else Occasion.REQUESTED
        case EventKind.MEETING_CANCELLED:
            return Occasion.MEETING_CALLED_OFF
        case EventKind.MEETING_HELD | EventKind.MEETING_MISSED:
            return Occasion.MEETING_TOLD
        case None if parcours.live_deposit is None and parcours.step in {Step.DOCUMENTS_TO_SEND, Step.OPENED}:
            return _choose_expired_occasion(deposit, link)
    return None


def _choose_unreadable_occasion(deposit: Deposit | None, link: Link, now: datetime) -> Occasion | None:
    """Choose by who could not read: the buyer, one of two recipients, or the only one; None once the documents are gone."""
    if link.to is Role.COMPANY and deposit is not None and deposit.confirmed_at is not None:
        return Occasion.UNREADABLE_TO_ONE
    if deposit is None or not deposit.is_live(now):
        return None  # there is nothing to send again, and the notice that they expired says so
    return Occasion.UNREADABLE_TO_BUYER if link.to is Role.BUYER else Occasion.UNREADABLE


def _choose_closed_occasion(link: Link) -> Occasion:
    """Choose by which link was closed: a second one, one that was opened, or one that was not."""
    if link.beside:
        return Occasion.CLOSED_BESIDE
    return Occasion.CLOSED_AFTER_OPENING if link.opened_at is not None else Occasion.CLOSED


def _choose_expired_occasion(deposit: Deposit | None, link: Link) -> Occasion:
    """Choose by what became of the documents before their end: opened by whichever link, never reached, or not opened."""
    if deposit is not None and deposit.opened_at is not None:
        return Occasion.EXPIRED_AFTER_OPENING
    return Occasion.EXPIRED_UNREACHED if link.is_dead else Occasion.EXPIRED


def _choose_read_occasion(deposit: Deposit | None, link: Link, parcours: Parcours, now: datetime) -> Occasion:
    """Choose by what follows the reading: another recipient, the dates, or neither."""
    if link.to is Role.BUYER:
        return Occasion.READ_BY_BUYER
    if deposit is not None and deposit.is_live(now):
        return Occasion.READ_WHILE_ANOTHER_WAITS
    awaits_dates = (
        parcours.attempt == link.attempt and parcours.step is Step.RECEIVED and parcours.setback is None
    )
    return Occasion.READ if awaits_dates else Occasion.READ_LATER


CAME_BACK = frozenset({Setback.MAIL_BOUNCED, Setback.MAIL_IN_DOUBT})
"""What a mail leaves that came back."""
SOON = (timedelta(seconds=5), timedelta(seconds=15), timedelta(seconds=60))
"""How long a mail that surely did not leave waits, the first times."""
SLOW_DOWN = timedelta(seconds=1)
"""How long a mail waits that came above the mail service's rate, however often."""
LEASE = timedelta(minutes=2)
"""Longer than any sending, shorter than anybody's patience."""
LONGEST_DOUBLING = 4
"""Then, and whenever it may have left, it waits 2, 4, 8, 16, and 32 minutes each time."""
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
    """Lease the mail while it is sent; after a failure or a crash it is free again when the lease lapses.

    Leases get longer with the tries, up to ``LONGEST_DOUBLING`` times doubled; not for the first tries that surely did not leave,
    nor for sign-in codes.
    """
    waited_long = mail.tries - min(_count_not_left(mail), len(SOON))
    doublings = 0 if mail.kind is MailKind.SIGN_IN_CODE else min(waited_long, LONGEST_DOUBLING)
    return replace(mail, lease_until=now + LEASE * 2**doublings, tries=mail.tries + 1, tried_at=now)


def count_refusal(mail: OutboxMail, now: datetime) -> OutboxMail:
    """Count that the mail service answered that it does not take this mail: it did not leave."""
    return _shorten_lease(replace(mail, refusals=mail.refusals + 1), now)


def count_outage(mail: OutboxMail, now: datetime) -> OutboxMail:
    """Count that the mail service took no mail, or was not even asked: it did not leave."""
    return _shorten_lease(replace(mail, outages=mail.outages + 1), now)


def count_slow_down(mail: OutboxMail, now: datetime) -> OutboxMail:
    """Take a try back that the mail service answered by « too many in this second »: it is no fault of the mail's."""
    return replace(mail, tries=mail.tries - 1, lease_until=now + SLOW_DOWN)


def _shorten_lease(mail: OutboxMail, now: datetime) -> OutboxMail:
    """Shorten the lease of a mail that nobody can have received: the first tries follow quickly."""
    times = _count_not_left(mail)
    return replace(mail, lease_until=now + SOON[times - 1]) if times <= len(SOON) else mail


def _count_not_left(mail: OutboxMail) -> int:
    """Return how many tries ended with an answer that proves that the mail did not leave."""
    return mail.refusals + mail.outages


def count_unanswered(mail: OutboxMail) -> int:
    """Return how many tries ended without a noted answer: it was lost, or the mailer died."""
    return mail.tries - _count_not_left(mail)


def sort_urgent_first(keys: Iterable[str]) -> list[str]:
    """Sort keys of mails: codes, links, notices, letters. Somebody waits for a code, and documents for their link."""
    return sorted(keys, key=lambda key: (not key.startswith(CODE), not key.startswith(LINK), is_letter(key)))


def is_letter(key: str) -> bool:
    """Whether the mail with this key is one of those that come by the thousand, of a morning."""
    return key.startswith(LETTER)


SENDINGS_AT_ONCE = 5
"""Sendings that a mailer books together at most: about what it sends in a second."""
QUIET = timedelta(seconds=10)
"""After so long without a booking, a mail that waits alone leaves without one: its relay makes no call more."""
CODES_AHEAD = timedelta(seconds=15)
"""How far ahead a code may be booked: while codes alone take the whole rate, its mailer waits as long with it."""
LONGEST_BOOKING = timedelta(minutes=1)
"""Nobody books as far ahead: what is stored was written under a wrong clock."""


@dataclass(frozen=True)
class Booking:
    """A mailer's place in the line before the mail service."""

    starts_at: datetime
    """When it may send."""
    sendings: int
    booked: BookedRate
    """What is stored with it."""


def book_sendings(
    booked: BookedRate | None, kind: MailKind, sendings: int, now: datetime, mails_per_second: int
) -> Booking | None:
    """Book the next sendings at the mail service's rate; None while others are booked further ahead than ``kind`` may be.

    The more urgent a kind, the further ahead it may book. So while codes alone take the whole rate nothing else leaves, and what
    is booked before a code comes is over within seconds, however many letters wait: a share kept for codes would either be too
    small for a Monday or be missed by everything else on other days. One item decides for all mailers, by one conditional write
    for several mails; a sender for each class would need to know which of them is alive.
    """
    until = booked.until if booked is not None else now
    starts_at = until if now < until <= now + LONGEST_BOOKING else now
    if starts_at - now > _may_book_ahead(kind):
        return None
    after = starts_at + timedelta(seconds=1) * sendings / mails_per_second
    return Booking(starts_at, sendings, BookedRate(until=after, revision=booked.revision if booked else 0))


def opens_at(booked: BookedRate, kind: MailKind) -> datetime:
    """Return when a kind that found too much booked before it may book again."""
    return booked.until - _may_book_ahead(kind)


def _may_book_ahead(kind: MailKind) -> timedelta:
    """Return how far ahead a mail of this kind may be booked."""
    if kind is MailKind.SIGN_IN_CODE:
        return CODES_AHEAD
    if kind is MailKind.LINK:
        return timedelta(seconds=3)
    return timedelta(seconds=1) if kind in LETTERS else timedelta(seconds=2)


def is_in_hand(key: str, waiting_since: datetime, now: datetime) -> bool:
    """Whether a mail is a code whose own mailer may still wait with it: a second one would book for it once more."""
    return key.startswith(CODE) and now < waiting_since + CODES_AHEAD


def is_quiet(booked: BookedRate | None, now: datetime) -> bool:
    """Whether nobody has booked lately, so that the mail service has room for one mail more."""
    return booked is None or booked.until < now - QUIET


def count_at_once(mails_per_second: int) -> int:
    """Return how many sendings a mailer books together: no more than a second takes, or they are a burst."""
    return min(SENDINGS_AT_ONCE, mails_per_second)


def count_sendings(mail: OutboxMail) -> int:
    """Return how many mails leave with this one: a link's is followed by the notice to who sent it."""
    return 2 if mail.kind is MailKind.LINK else 1


def is_given_up(mail: OutboxMail, now: datetime) -> bool:
    """Whether the mail is not tried again: five refusals, five tries without an answer, or 48 hours in which it might leave.

    Every mail is tried at least once.
    """
    ended = mail.refusals >= MOST_REFUSALS or count_unanswered(mail) >= MOST_UNANSWERED
    return ended or (mail.tried_at is not None and now >= (mail.awaited_since or mail.created_at) + LIFE)


def may_have_left(mail: OutboxMail) -> bool:
    """Whether somebody may have received it though no answer said so."""
    return count_unanswered(mail) > 0


def may_leave(mail: OutboxMail, link: Link, deposit: Deposit, now: datetime) -> bool:
    """Whether this mail carries the present version of a living link to documents that live."""
    dead = link.revoked_at is not None or link.waiting or not link.recipient
    return mail.version == link.version and not dead and deposit.is_live(now)


def is_held_back(deposit: Deposit) -> bool:
    """Whether the company declined: the mail of the link waits until the refusal is undone, or the documents go."""
    return deposit.erase_before is not None


def put_off(mail: OutboxMail, now: datetime) -> OutboxMail:
    """Put the mail off for two minutes without a try."""
    return replace(mail, lease_until=now + LEASE, awaited_since=now)


def put_off_until(mail: OutboxMail, until: datetime) -> OutboxMail:
    """Put the mail off until this instant; it does not count as late before."""
    return replace(mail, lease_until=until, awaited_since=until)


def renew_reminder(mail: OutboxMail, now: datetime) -> OutboxMail:
    """Date a reminder that was put off to another morning to ``now``, so that it is free to leave and is not late."""
    return replace(mail, created_at=now, lease_until=None, awaited_since=None)


def is_settled(link: Link, deposit: Deposit, now: datetime) -> bool:
    """Whether nobody needs to hear that the mail could not leave: the link was read or withdrawn, or the documents ended."""
    read = link.opened_by is not None if link.beside else deposit.state is not DepositState.VERIFIED
    return read or link.revoked_at is not None or not deposit.is_live(now)


def split_reminder(mail: OutboxMail, links: Iterable[Link]) -> tuple[OutboxMail, ...]:
    """Split one reminder of several links into a reminder of each: so its lines are written, given up and reported on."""
    return tuple(
        replace(
            mail,
            key=f"{mail.key}#{link.id}",
            kind=MailKind.REMINDER,
            links={},
            parcours=link.parcours,
            deposit=link.deposit,
            link=link.id,
            version=mail.links[link.id],
            asks=link.to,
        )
        for link in links
    )


def ask_for_message(address_mac: str, inputs: DecisionInputs) -> Transition:
    """Queue that the links of an address be looked for; nothing says yet whether there is one."""
    mail = replace(inputs.build_mail(MailKind.LOST_MESSAGE), addressee=address_mac)
    return Transition(mails=(mail,))


MOST_LOST_LINKS = 5
"""Links of one address that are mailed again in a day, the newest first."""


def find_lost_links(asked: OutboxMail, links: Iterable[Link], inputs: DecisionInputs) -> Transition:
    """Replace what was asked for an address by a mail for its last link of each parcours, if that still is for it.

    ``links``: all that went there.
    """
    living = [link for link in links if link.is_living(inputs.now) and link.moved_to is None]
    living.sort(key=lambda link: link.version_at or link.created_at)
    last_of_parcours = {link.parcours: link for link in living}
    newest = sorted(last_of_parcours.values(), key=living.index, reverse=True)[:MOST_LOST_LINKS]
    mails = tuple(_build_lost_message(asked, link, inputs) for link in newest)
    return Transition(changes=(Change(asked, None),), mails=mails)


def _build_lost_message(asked: OutboxMail, link: Link, inputs: DecisionInputs) -> OutboxMail:
    """Build the mail that gives a link again."""
    key = f"{asked.key}#{link.id}"
    mail = inputs.build_mail(MailKind.LOST_MESSAGE, parcours=link.parcours, link=link.id, key=key)
    return replace(mail, version=link.version, deposit=link.deposit, attempt=link.attempt)


def drop_mail(mail: OutboxMail) -> Transition:
    """Remove the mail from the outbox: nothing is left to send."""
    return Transition(changes=(Change(mail, None),))


def note_link_left(
    mail: OutboxMail, link: Link, deposit: Deposit, parcours: Parcours, inputs: DecisionInputs
) -> Transition:
    """Note that the link's mail was accepted, once per version, whichever run of the mailer notes it.

    The same write queues the notice to the depositor, with the address that was used.
    """
    if mail.version != link.version or link.moved_to is not None or parcours.attempt != link.attempt:
        return drop_overtaken_mail(mail, link, deposit, parcours, inputs, left=True)
    event = build_mail_event(mail, link, deposit, EventKind.LINK_SENT, inputs)
    notice = _build_sending_notice(link, inputs)
    if link.beside:  # the first one's clock goes on
        return _leave_outbox(mail, event, Change(parcours, parcours.with_event(event)), mails=(notice,))
    # Else the mail was read before we could write that it left.
    waited = deposit.state is DepositState.VERIFIED
    state = DepositState.LEFT if waited else deposit.state
    mailing = deposit.mailing if deposit.mailing in REPORTED else Mailing.ACCEPTED  # reports may be faster
    after = replace(deposit, mailing=mailing, left_at=inputs.now, state=state)
    # A refusal ends when documents are sent anew, not when those that were refused leave late.
    anew = parcours.setback is Setback.DECLINED and not is_held_back(deposit)
    parcours_after = parcours.with_event(event)
    if waited:
        parcours_after = parcours.at_step(Step.LINK_SENT, event, lifts_refusal=anew)
    if waited and deposit.mailing in NOT_TAKEN and parcours.setback in CAME_BACK:
        parcours_after = replace(parcours_after, setback=parcours.setback, since=parcours.since)
    parcours_after = replace(parcours_after, last_sent_at=inputs.now, sent_to=link.to, reservation_until=None)
    return _leave_outbox(
        mail, event, Change(deposit, after), Change(parcours, parcours_after), mails=(notice,)
    )


def _leave_outbox(
    mail: OutboxMail, event: Event, *changes: Change, mails: tuple[OutboxMail, ...]
) -> Transition:
    """Remove the mail from the outbox, with the fact that says why and what changes with it."""
    return Transition.noting(event, Change(mail, None), *changes, mails=mails)


def drop_overtaken_mail(
    mail: OutboxMail, link: Link, deposit: Deposit, parcours: Parcours, inputs: DecisionInputs, *, left: bool
) -> Transition:
    """Drop the mail of a link that died, was replaced or was read before it was known that it had left.

    The timeline says what is known, and nothing stays under way: neither the mailing nor the reservation. ``left``: whether it
    left for certain: the mail service said so, or the link was used.
    """
    mine = link.id == deposit.link and mail.version == link.version and deposit.mailing is Mailing.UNDER_WAY
    sent_at = mail.tried_at or inputs.now
    after = (
        replace(deposit, mailing=Mailing.ACCEPTED, left_at=sent_at)
        if left
        else replace(deposit, mailing=None)
    )
    ended = (Change(deposit, after),) if mine else ()
    if not left and not may_have_left(mail):
        return drop_mail(mail) + Transition(changes=ended)
    kind = EventKind.LINK_SENT if left else EventKind.LINK_MAY_HAVE_LEFT
    event = replace(build_mail_event(mail, link, deposit, kind, inputs), occurred_at=sent_at)
    parcours_change = Change(parcours, with_sending(parcours.with_event(event), link, sent_at))
    return _leave_outbox(
        mail, event, *ended, parcours_change, mails=(_build_sending_notice(link, inputs),) if left else ()
    )


def with_sending(parcours: Parcours, link: Link, sent_at: datetime) -> Parcours:
    """Return the parcours with when and to whom documents were last sent.

    A second link and another passage's change nothing; a sending that is older than the last one only ends the reservation.
    """
    if link.beside or parcours.attempt != link.attempt:
        return parcours
    if parcours.last_sent_at is not None and parcours.last_sent_at >= sent_at:
        return replace(parcours, reservation_until=None)
    return replace(parcours, reservation_until=None, last_sent_at=sent_at, sent_to=link.to)


def _build_sending_notice(link: Link, inputs: DecisionInputs) -> OutboxMail:
    """Build the notice to the depositor, with the address that was used."""
    mail = inputs.build_mail(MailKind.SENDING_NOTICE, link=link.id, parcours=link.parcours)
    return replace(mail, version=link.version, deposit=link.deposit)


def give_up_link(
    mail: OutboxMail, link: Link, deposit: Deposit, parcours: Parcours, inputs: DecisionInputs
) -> Transition:
    """Give up the mail of a link, or of one without an address: it is the tutor's turn, and the agents are notified."""
    event = build_mail_event(mail, link, deposit, EventKind.MAIL_FAILED, inputs)
    notices = build_mails_to_agents(MailKind.FAILURE_NOTICE, link, parcours, inputs)
    if link.beside:  # the first link is where it was
        return _leave_outbox(mail, event, Change(parcours, parcours.with_event(event)), mails=notices)
    parcours_change = Change(parcours, parcours.set_back(Setback.MAIL_FAILED, event))
    return _leave_outbox(
        mail, event, Change(deposit, replace(deposit, mailing=Mailing.FAILED)), parcours_change, mails=notices
    )


def give_up_link_in_doubt(
    mail: OutboxMail, link: Link, deposit: Deposit, parcours: Parcours, inputs: DecisionInputs
) -> Transition:
    """Give up the mail of a link that may have left: it is the tutor's turn, to ask whether it arrived."""
    sent_at = mail.tried_at or inputs.now
    event = build_mail_event(mail, link, deposit, EventKind.LINK_MAY_HAVE_LEFT, inputs)
    event = replace(event, occurred_at=sent_at)
    failed = build_mails_to_agents(MailKind.FAILURE_NOTICE, link, parcours, inputs)
    notices = tuple(replace(notice, reason=Reason.NO_ANSWER) for notice in failed)
    if link.beside:
        return _leave_outbox(mail, event, Change(parcours, parcours.with_event(event)), mails=notices)
    after = with_sending(parcours.set_back(Setback.MAIL_IN_DOUBT, event), link, sent_at)
    parcours_change = Change(parcours, after)
    return _leave_outbox(
        mail, event, Change(deposit, replace(deposit, mailing=None)), parcours_change, mails=notices
    )


def build_mail_event(
    mail: OutboxMail, link: Link, deposit: Deposit, kind: EventKind, inputs: DecisionInputs
) -> Event:
    """Build a fact about the mail of a link, under a derived id, so that it is noted once."""
    key = derive_fact_id(kind, f"{link.id}#{mail.version}")
    return build_deposit_event(deposit, kind, Role.SYSTEM, inputs, key=key)


def derive_fact_id(kind: str, about: str) -> str:
    """Derive the id of the one fact of this kind about this mail."""
    return hashlib.sha256(f"{kind}|{about}".encode()).hexdigest()[:32]


AGENTS = frozenset({Role.TUTOR, Role.COORDINATOR})
"""Sides whose page says what a mail said."""


def find_loss(mail: OutboxMail) -> Loss:
    """Return what giving this mail up does; nothing more is needed where an agent's page says the same."""
    return Loss.PAGE if mail.to in AGENTS else mail.kind.loss


def give_up_message(
    mail: OutboxMail, link: Link | None, parcours: Parcours, inputs: DecisionInputs
) -> Transition:
    """Give up a message to the company or the buyer: see ``note_unreached``."""
    return drop_mail(mail) + note_unreached(mail, link, parcours, inputs)


def note_unreached(
    mail: OutboxMail, link: Link | None, parcours: Parcours, inputs: DecisionInputs
) -> Transition:
    """Note which message did not reach the company or the buyer, and ask the person who accompanies to pass it on."""
    attempt = mail.attempt or (link.attempt if link else parcours.attempt)
    buyer = Role.BUYER in {mail.to, mail.asks}
    kind = EventKind.BUYER_MAIL_LOST if buyer else EventKind.COMPANY_MAIL_LOST
    key = derive_fact_id(kind, mail.key)
    event = inputs.build_event(kind, parcours.id, attempt, by=Role.SYSTEM, key=key, reason=mail.kind.missing)
    asks = Role.BUYER if buyer else Role.COMPANY
    notice = replace(
        _build_unsent_notice(mail, parcours, asks, inputs), attempt=attempt, account=mail.account
    )
    return Transition.noting(event, Change(parcours, parcours.with_event(event)), mails=(notice,))


def give_up_mail_to_former_tutor(mail: OutboxMail, parcours: Parcours, inputs: DecisionInputs) -> Transition:
    """Ask the person who accompanies to pass the message on to the former tutor."""
    return drop_mail(mail) + Transition(mails=(_build_unsent_notice(mail, parcours, Role.TUTOR, inputs),))


def _build_unsent_notice(
    mail: OutboxMail, parcours: Parcours, asks: Role, inputs: DecisionInputs
) -> OutboxMail:
    """Build the notice that asks the person who accompanies to pass on a lost message to ``asks``."""
    notice = inputs.build_mail(MailKind.UNSENT_NOTICE, parcours=parcours.id, link=mail.link)
    return replace(notice, reason=mail.kind.missing, asks=asks)


def give_up_warning(mail: OutboxMail, account: Account) -> Transition:
    """Give up the warning that an account will be erased. It is queued anew later, unless its mailbox refuses mails."""
    if mail.refusals >= MOST_REFUSALS:
        return drop_mail(mail)
    return Transition(changes=(Change(mail, None), Change(account, replace(account, warned_at=None))))


def give_up_invitation(mail: OutboxMail, account: Account, inputs: DecisionInputs) -> Transition:
    """Give up an invitation; the account shows that its last one did not leave."""
    return Transition(
        changes=(Change(mail, None), Change(account, replace(account, invitation_lost_at=inputs.now)))
    )
