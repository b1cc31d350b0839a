"""Send the waiting mails of the outbox, at least once each; none is given up in silence.

A mail is held under a lease while it is sent. Killed at any point, it is taken up again with the same token or code, since
both are derived. Each try whose answer is lost may be one copy more: five at worst, then it is given up as one that may have
left.
"""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from email.message import EmailMessage
from functools import partial

from chalicelib import clock, log, terms
from chalicelib.domain import contacts
from chalicelib.domain.accounts.signing_in import CODE_DIGITS, CODE_LIFE, code_digits
from chalicelib.domain.documents import delivering, mailing, passing
from chalicelib.domain.kernel import address, delivery
from chalicelib.domain.kernel.calendar import day_of, end_of
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.transition import Change, Loss, MailKind, OutboxMail, Transition
from chalicelib.domain.parcours import reminding
from chalicelib.errors import TryAgain
from chalicelib.mails import messages
from chalicelib.stores import functions, keys, parcours, relay, transactions
from chalicelib.stories.kit import accompanying
from chalicelib.stories.kit.deciding import draw
from chalicelib.stories.mails import notices

BUDGET = timedelta(seconds=40)
"""When a run of the mailer takes up no other mail: the function's own time (overlay.yaml) is enough for the one in hand."""


def send_all(waiting: list[str], *, now: datetime) -> int:
    """Send these outbox mails, and those that their sending makes; return how many were handled.

    One mail that fails waits for its next try and does not keep the others; so do those for which there is no time.
    """
    remaining = list(waiting)
    handled = 0
    end = clock.utc_now() + BUDGET
    while remaining and clock.utc_now() < end:
        key = remaining.pop(0)
        try:
            remaining += _send_one(key, now)
            handled += 1
        except Exception as error:
            log.fault(error)
    return handled


def _send_one(key: str, now: datetime) -> list[str]:
    """Send one; return the keys of the mails that its sending makes."""
    waiting = relay.mail(key)
    if waiting is None or not waiting.is_understood or not mailing.is_free(waiting, now):
        return []
    if _is_reported(waiting):
        return _left_already(waiting)
    match waiting.kind:
        case MailKind.LINK:
            return _send_link(waiting, now)
        case MailKind.SIGN_IN_CODE:
            _send_code(waiting, now)
            return []
        case _:
            return _send_notice(waiting, now)


def _send_link(waiting: OutboxMail, now: datetime) -> list[str]:
    link, sent = relay.link(waiting.link or ""), relay.deposit(waiting.deposit or "")
    if link is None or sent is None:
        _drop(waiting)
        return []
    if not mailing.may_leave(waiting, link, sent, now):
        return _too_late(waiting, now)
    if mailing.is_held_back(sent):
        _put_off(waiting, mailing.put_off(waiting, now))
        return []
    head = parcours.head(link.parcours)
    sender = accompanying.sends(head, link)
    # Roles may have changed since it was asked for: the team gets no link, and nobody is left to answer no mail.
    if mailing.is_given_up(waiting, now) or sender is None:
        return _give_up_link(waiting, now)
    owner = accompanying.owner_of(link.recipient)
    if owner is not None and owner.is_team:
        return _give_up_link(waiting, now)
    token = keys.link_token(link.token_message(link.version))
    held = _hold(waiting, now, _pointer(link, token))
    if held is None:
        return []
    former = passing.passed_by(link, relay.links(sent)) if link.holder else None
    by = notices.passer(head, link, former)
    _hand_over(
        held, lambda: messages.link(sender, head, link, sent, token, terms.retention(), owner=owner, by=by)
    )

    return _keys(_settle_link(held, _left))


def _left(mail: OutboxMail, link: Link, sent: Deposit, head: Parcours) -> Transition:
    return mailing.link_left(mail, link, sent, head, draw(clock.utc_now()))  # not when we began


def _left_already(waiting: OutboxMail) -> list[str]:
    """Its answer was lost, and no second copy leaves."""
    if waiting.kind is MailKind.LINK:
        return _keys(_settle_link(waiting, _left))
    _drop(waiting)
    return []


Decision = Callable[[OutboxMail, Link, Deposit, Parcours], Transition]


def _settle_link(waiting: OutboxMail, decision: Decision) -> Transition:
    """Commit a decision on a link's mail, read anew with what it is about; nothing once one of them is gone."""

    def decide() -> Transition:
        mail = relay.mail(waiting.key)
        link, sent = relay.link(waiting.link or ""), relay.deposit(waiting.deposit or "")
        if mail is None or link is None or sent is None:
            return Transition.nothing()
        return contacts.noted(decision(mail, link, sent, parcours.head(link.parcours)), link)

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


def _pointer(link: Link, token: str) -> Change | None:
    """The index entry of this token, written before the mail leaves; None when it is there already."""
    digest = hashlib.sha256(token.encode()).hexdigest()
    if relay.pointer(digest) is not None:
        return None
    return Change(None, link.pointer(digest))


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


def _send_code(waiting: OutboxMail, now: datetime) -> None:
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
    held = _hold(waiting, now)
    if held is not None:
        _hand_over(
            held,
            lambda: messages.code(account, code_digits(keys.code_mac(challenge.code_message), CODE_DIGITS)),
        )
        _drop(held)


def _send_notice(waiting: OutboxMail, now: datetime) -> list[str]:
    if reminding.is_belated(waiting, now):
        _put_off(waiting, mailing.put_off_until(waiting, end_of(day_of(now))))
        return []
    if mailing.is_given_up(waiting, now) and not notices.is_overtaken(waiting):
        return _give_up_notice(waiting, now)
    held = _hold(waiting, now)
    if held is not None:
        _hand_over(held, lambda: notices.write(held))
        _drop(held)
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


def _hand_over(held: OutboxMail, write: Callable[[], EmailMessage | None]) -> None:
    """Write the mail and give it to the mail service; count a refusal or an outage for its next try.

    Nothing is noted of a lost answer: the lease says that it was tried, as after a crash.
    """
    try:
        message = write()
        if message is not None:
            _expect_reports(held, message)
            functions.send_mail(message, key=held.key)
    except functions.Unanswered:
        raise
    except Exception as error:
        after = mailing.refused(held) if isinstance(error, functions.Refused) else mailing.not_taken(held)
        transactions.commit(Transition(changes=(Change(held, after),)))
        raise


def _expect_reports(held: OutboxMail, message: EmailMessage) -> None:
    """Write down which mail goes to which address before it is handed over: its reports may be faster than our next write."""
    identifier, now = delivery.identifier(held.key), clock.utc_now()
    to = message["To"].addresses[0].addr_spec
    owner, again = parcours.owner_at(to), held.tries > 1

    def decide() -> Transition:
        nonlocal again
        known = relay.posted(identifier) if again else None
        again = True
        return delivering.handed_over(known, held, identifier, address.digest(to), owner, now)

    transactions.settle(decide)


def _is_reported(waiting: OutboxMail) -> bool:
    """Whether a try whose answer was lost did leave: the mail service has reported on it since."""
    known = relay.posted(delivery.identifier(waiting.key)) if mailing.may_have_left(waiting) else None
    return known is not None and known.has_left


def _hold(waiting: OutboxMail, now: datetime, *also: Change | None) -> OutboxMail | None:
    """Take the lease, with what must be written before the mail leaves; None when another mailer was faster."""
    held = mailing.lease(waiting, now)
    beside = (change for change in also if change is not None)
    try:
        transactions.commit(Transition(changes=(Change(waiting, held), *beside)))
    except transactions.LostRace:
        return None
    return held.but(revision=waiting.revision + 1)


def _put_off(waiting: OutboxMail, after: OutboxMail) -> None:
    with suppress(transactions.LostRace):  # another mailer looks at it
        transactions.commit(Transition(changes=(Change(waiting, after),)))


def _drop(done: OutboxMail) -> None:
    try:
        transactions.commit(mailing.gone(done))
    except (transactions.LostRace, TryAgain):
        log.line("mail_kept", kind=done.kind.value)  # its lease lapses, it is looked at again
