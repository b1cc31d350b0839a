"""Send the waiting mails of the outbox, at least once each; none is given up in silence.

A mail is held under a lease while it is sent. Killed at any point, it is taken up again with the same token or code, since
both are derived. Each try whose answer is lost may be one copy more: five at worst, then it is given up as one that may have
left.
"""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from functools import partial

from chalicelib import clock, log, terms
from chalicelib.domain import contacts, proving
from chalicelib.domain.accounts.signing_in import CODE_DIGITS, CODE_LIFE, code_digits
from chalicelib.domain.documents import delivering, mailing, passing
from chalicelib.domain.kernel import address, delivery
from chalicelib.domain.kernel.calendar import day_of, end_of
from chalicelib.domain.kernel.delivery import Delivery
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.transition import Change, Loss, MailKind, OutboxMail, Transition
from chalicelib.domain.parcours import reminding
from chalicelib.errors import TryAgain
from chalicelib.mails import messages
from chalicelib.stores import cases, functions, items, keys, parcours, relay, transactions
from chalicelib.stores.tables import NOTHING_READ, Read
from chalicelib.stories.kit import accompanying
from chalicelib.stories.kit.deciding import draw, first_then
from chalicelib.stories.mails import notices

BUDGET = timedelta(seconds=40)
"""When a run of the mailer takes up no other mail: the function's own time (overlay.yaml) is enough for the one in hand."""


About = tuple[Link, Deposit, Parcours]
Decision = Callable[[OutboxMail, Link, Deposit, Parcours], Transition]


@dataclass(frozen=True)
class Taken:
    """A mail that was made under a lease, known to whom it goes: nobody else sends it meanwhile."""

    mail: OutboxMail
    message: EmailMessage


def send_all(waiting: list[str], *, now: datetime) -> int:
    """Send these outbox mails, and those that their sending makes; return how many were handled.

    One mail that fails keeps none of the others. It is tried again when its next try comes within this run; else, and when there
    is no time for it, the minute function wakes a mailer.
    """
    remaining: list[str | Taken] = [*mailing.urgent_first(waiting)]
    again: dict[str, datetime] = {}
    handled, end = 0, clock.utc_now() + BUDGET
    while (remaining or again) and clock.utc_now() < end:
        first = min(again, key=again.__getitem__, default="")
        if first and (not remaining or again[first] <= clock.utc_now()):
            clock.sleep_until(again.pop(first))
            remaining, now = [first, *remaining], clock.utc_now()
        next_one = remaining.pop(0)
        try:
            # Next, since what is taken already is leased.
            remaining = [*_send_one(next_one, now), *remaining]
            handled += 1
        except Exception as error:
            log.fault(error)
            again |= _tried_again(next_one, end)
    return handled


def _tried_again(failed: str | Taken, end: datetime) -> dict[str, datetime]:
    """When a mail that failed is tried again, by its key; nothing when that is too late for this run, or not known."""
    key = failed.mail.key if isinstance(failed, Taken) else failed
    with suppress(TryAgain):
        mail = relay.mail(key)
        if mail is not None and mail.lease_until is not None and clock.utc_now() < mail.lease_until < end:
            return {key: mail.lease_until}
    return {}


def _send_one(next_one: str | Taken, now: datetime) -> Sequence[str | Taken]:
    """Send one; return the mails that its sending makes."""
    if isinstance(next_one, Taken):
        _hand_over(next_one)
        _drop(next_one.mail)
        return []
    waiting, known = cases.waiting(next_one)
    if waiting is None or not waiting.is_understood or not mailing.is_free(waiting, now):
        return []
    if mailing.may_have_left(waiting) and known is not None and known.has_left:
        return _left_already(waiting)
    match waiting.kind:
        case MailKind.LINK:
            return _send_link(waiting, known, now)
        case MailKind.SIGN_IN_CODE:
            _send_code(waiting, known, now)
            return []
        case _:
            return _send_notice(waiting, known, now)


def _send_link(waiting: OutboxMail, known: Delivery | None, now: datetime) -> Sequence[str | Taken]:
    read = cases.of_mail(waiting)
    about = _about(waiting, read)
    if about is None:
        _drop(waiting)
        return []
    link, sent, _ = about
    if not mailing.may_leave(waiting, link, sent, now):
        return _too_late(waiting, now)
    if mailing.is_held_back(sent):
        _put_off(waiting, mailing.put_off(waiting, now))
        return []
    if mailing.is_given_up(waiting, now):
        return _give_up_link(waiting, now)
    return _mail_link(waiting, known, now, about, read)


def _mail_link(
    waiting: OutboxMail, known: Delivery | None, now: datetime, about: About, read: Read
) -> Sequence[str | Taken]:
    link, sent, head = about
    token = keys.link_token(link.token_message(link.version))
    digest = hashlib.sha256(token.encode()).hexdigest()
    read = cases.around_mail(read, items.pointer_key(digest))
    # Roles may have changed since it was asked for: the team gets no link, and nobody is left to answer no mail.
    sender, owner = accompanying.sends(head, link, read), accompanying.owner_of(link.recipient, read)
    if sender is None:
        return _give_up_link(waiting, now)
    if owner is not None and owner.is_team:
        return _give_up_link(waiting, now)

    def write() -> EmailMessage:
        former = passing.passed_by(link, relay.links(sent, read)) if link.holder else None
        by = notices.passer(head, link, former)
        return messages.link(sender, head, link, sent, token, terms.retention(), owner=owner, by=by)

    # Written before the mail leaves; it is there already where an earlier try was cut.
    pointer = () if relay.pointer(digest, read) else (Change(None, link.pointer(digest)),)
    taken = _take(waiting, known, now, write, read, *pointer)
    if taken is None:
        return []
    _hand_over(taken)
    return _note_left(taken.mail, read, about)


def _note_left(waiting: OutboxMail, read: Read, about: About | None = None) -> Sequence[str | Taken]:
    """The link's mail was accepted: note it, and take the depositor's notice in the same write."""
    taken: list[Taken] = []

    def decide(mail: OutboxMail, link: Link, sent: Deposit, head: Parcours) -> Transition:
        now = clock.utc_now()  # not when we began
        step = proving.quiet(mailing.link_left(mail, link, sent, head, draw(now)))
        after = [one.after for one in step.changes if one.after is not None]
        known = {**read, **{items.key_of(one): one for one in (link, sent, head, *after)}}
        found = [both for notice in step.mails if (both := _taken(notice, known, now)) is not None]
        taken[:] = [one for one, _ in found]
        held = {one.mail.key: one.mail for one in taken}
        step = replace(step, mails=tuple(held.get(one.key, one) for one in step.mails))
        return sum((expected for _, expected in found), step)

    step = _settle_link(waiting, decide, about)
    return [*taken, *(key for key in _keys(step) if key not in {one.mail.key for one in taken})]


def _taken(notice: OutboxMail, read: Read, now: datetime) -> tuple[Taken, Transition] | None:
    """A notice that is not yet written, under its lease, with what is written of its delivery; None: it waits like others."""
    try:
        message = notices.write(notice, read)
    except Exception as error:
        log.fault(error)
        return None
    if message is None:
        return None
    held = mailing.lease(notice, now)
    return Taken(held.but(revision=1), message), _expected(held, message, None, read)


def _about(waiting: OutboxMail, read: Read) -> About | None:
    """What a link's mail is about; None once link or deposit is gone."""
    link, sent = relay.link(waiting.link or "", read), relay.deposit(waiting.deposit or "", read)
    if link is None or sent is None:
        return None
    return link, sent, parcours.head(link.parcours, read)


def _left_already(waiting: OutboxMail) -> Sequence[str | Taken]:
    """Its answer was lost, and no second copy leaves."""
    if waiting.kind is MailKind.LINK:
        return _note_left(waiting, NOTHING_READ)
    _drop(waiting)
    return []


def _settle_link(waiting: OutboxMail, decision: Decision, about: About | None = None) -> Transition:
    """Commit a decision on a link's mail and what it is about, read anew unless it is known; nothing once one of them is gone."""

    def again() -> tuple[OutboxMail, About] | None:
        mail, _ = cases.waiting(waiting.key)
        about = _about(mail, cases.of_mail(mail)) if mail is not None else None
        return (mail, about) if mail is not None and about is not None else None

    first: tuple[OutboxMail, About] | None = (waiting, about) if about is not None else None
    current = first_then(first, again) if about is not None else again

    def decide() -> Transition:
        found = current()
        if found is None:
            return Transition.nothing()
        mail, about = found
        return contacts.noted(decision(mail, *about), about[0])

    return transactions.settle(decide)


def _keys(step: Transition) -> list[str]:
    return [mail.key for mail in step.mails]


def _too_late(waiting: OutboxMail, now: datetime) -> list[str]:
    """The link may not leave any more: note what became of earlier tries, and drop the mail."""
    return _keys(_settle_link(waiting, partial(_overtaken, now)))


def _overtaken(now: datetime, mail: OutboxMail, link: Link, sent: Deposit, head: Parcours) -> Transition:
    left = mailing.may_have_left(mail) and _was_used(mail, link)
    return mailing.overtaken(mail, link, sent, head, draw(now), left=left)


def _was_used(waiting: OutboxMail, link: Link) -> bool:
    """Whether somebody used the link as this mail carries it: then it was received."""
    if waiting.version == link.version:
        return link.was_used
    return waiting.version in link.used_versions


def _give_up_link(waiting: OutboxMail, now: datetime) -> list[str]:
    def given_up(mail: OutboxMail, link: Link, sent: Deposit, head: Parcours) -> Transition:
        if mailing.is_settled(link, sent, now):
            return _overtaken(now, mail, link, sent, head)
        if mailing.is_given_up(mail, now) and mailing.may_have_left(mail):
            return mailing.link_in_doubt(mail, link, sent, head, draw(now))
        return mailing.link_failed(mail, link, sent, head, draw(now))

    step = _settle_link(waiting, given_up)
    if any(one.kind is MailKind.FAILURE_NOTICE for one in step.mails):
        log.line("mail_given_up", kind=waiting.kind.value)
    return _keys(step)


def _send_code(waiting: OutboxMail, known: Delivery | None, now: datetime) -> None:
    challenge = relay.challenge(waiting.challenge or "")
    account = parcours.account_of(challenge.address) if challenge else None
    live = challenge is not None and not challenge.dead and now < challenge.expires_at
    live = live and not mailing.is_given_up(waiting, now)
    if challenge is None or account is None or account.closed_at is not None or not live:
        late = now >= waiting.created_at + CODE_LIFE or mailing.is_given_up(waiting, now)
        # It was meant to leave: past a quota it is not, and a code that was used is not late.
        if late and (challenge is None or not challenge.dead):
            log.line("mail_given_up", kind=waiting.kind.value)
        _drop(waiting)
        return

    def write() -> EmailMessage:
        return messages.code(account, code_digits(keys.code_mac(challenge.code_message), CODE_DIGITS))

    _send(waiting, known, now, write, {items.account_key(account.id): account})


def _send_notice(waiting: OutboxMail, known: Delivery | None, now: datetime) -> list[str]:
    if reminding.is_belated(waiting, now):
        _put_off(waiting, mailing.put_off_until(waiting, end_of(day_of(now))))
        return []
    if mailing.is_given_up(waiting, now) and not notices.is_overtaken(waiting):
        return _give_up_notice(waiting, now)
    read = cases.around_mail(cases.of_mail(waiting))
    _send(waiting, known, now, lambda: notices.write(waiting, read), read)
    return []


def _give_up_notice(waiting: OutboxMail, now: datetime) -> list[str]:
    """It is not tried again: note what is lost with it, and notify who has to know."""

    def decide() -> Transition:
        mail = relay.mail(waiting.key)
        return _lost(mail, now) if mail is not None else Transition.nothing()

    step = transactions.settle(decide)
    if step:
        log.line("mail_given_up", kind=waiting.kind.value)
    return _keys(step)


def _lost(lost: OutboxMail, now: datetime) -> Transition:
    loss = mailing.loss_of(lost)
    link = relay.link(lost.link) if lost.link else None
    about = lost.parcours or (link.parcours if link else None)
    if loss is Loss.FACT and about is not None:
        return mailing.to_outsider(lost, link, parcours.head(about), draw(now))
    if loss is Loss.FORMER_TUTOR and about is not None:
        head = parcours.head(about)
        here, went_to = accompanying.accompanies(head, link), _went_to(lost)
        if here is not None and went_to not in {None, here.id}:
            return mailing.to_former_tutor(lost, head, draw(now))
    account = parcours.account(lost.account) if lost.account else None
    if loss is Loss.ACCOUNT and account is not None:
        return mailing.of_invitation(lost, account, draw(now))
    if loss is Loss.WARNED_ANEW and account is not None:
        return mailing.of_warning(lost, account)
    return mailing.gone(lost)


def _went_to(lost: OutboxMail) -> str | None:
    """Account id of who was to get it: the former tutor, or the person who sealed."""
    deposit = relay.deposit(lost.deposit) if lost.deposit else None
    sealer = accompanying.sealed(deposit) if deposit else None
    return lost.account or (sealer.id if sealer else None)


def _send(
    waiting: OutboxMail,
    known: Delivery | None,
    now: datetime,
    write: Callable[[], EmailMessage | None],
    read: Read,
) -> None:
    """Write a mail, take it, hand it over, and drop it; one that is not to be sent any more is dropped at once."""
    taken = _take(waiting, known, now, write, read)
    if taken is not None:
        _hand_over(taken)
        _drop(taken.mail)


def _take(
    waiting: OutboxMail,
    known: Delivery | None,
    now: datetime,
    write: Callable[[], EmailMessage | None],
    read: Read,
    *beside: Change,
) -> Taken | None:
    """Write a mail, then take its lease with all that must stand before it leaves; None: not to be sent, or taken by another.

    A text that cannot be made is counted for its next try.
    """
    held = mailing.lease(waiting, now)
    try:
        message = write()
        expected = _expected(held, message, known, read) if message is not None else Transition.nothing()
    except Exception:
        _put_off(waiting, mailing.not_taken(held, clock.utc_now()))
        raise
    if message is None:
        _drop(waiting)
        return None
    try:
        transactions.commit(Transition(changes=(Change(waiting, held), *beside)) + expected)
    except transactions.LostRace:
        return None
    return Taken(held.but(revision=waiting.revision + 1), message)


def _expected(held: OutboxMail, message: EmailMessage, known: Delivery | None, read: Read) -> Transition:
    """Which mail goes to which address, written before it is handed over: its reports may be faster than our next write."""
    to = message["To"].addresses[0].addr_spec
    mine = (
        one
        for one in read.values()
        if isinstance(one, Account) and address.folded(one.address) == address.folded(to)
    )
    owner = next((one.id for one in mine), None) or parcours.owner_at(to, read)
    return delivering.handed_over(
        known, held, delivery.identifier(held.key), address.digest(to), owner, clock.utc_now()
    )


def _hand_over(taken: Taken) -> None:
    """Give a mail to the mail service; after a refusal or an outage its lease is given back.

    Nothing is noted of a lost answer: the lease says that it was tried, as after a crash.
    """
    held = taken.mail
    try:
        functions.send_mail(taken.message, key=held.key)
    except functions.Unanswered:
        raise
    except Exception as error:
        did_not_leave = mailing.refused if isinstance(error, functions.Refused) else mailing.not_taken
        transactions.commit(Transition(changes=(Change(held, did_not_leave(held, clock.utc_now())),)))
        raise


def _put_off(waiting: OutboxMail, after: OutboxMail) -> None:
    with suppress(transactions.LostRace):  # another mailer looks at it
        transactions.commit(Transition(changes=(Change(waiting, after),)))


def _drop(done: OutboxMail) -> None:
    try:
        transactions.commit(mailing.gone(done))
    except (transactions.LostRace, TryAgain):
        log.line("mail_kept", kind=done.kind.value)  # its lease lapses, it is looked at again
