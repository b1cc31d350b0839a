"""Send the waiting mails of the outbox, at least once each; none is given up in silence.

A mail is held under a lease while it is sent. Killed at any point, it is taken up again with the same token or code, since
both are derived. Each try whose answer is lost may be one copy more: five at worst, then it is given up as one that may have
left.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from functools import partial

from chalicelib import clock, config, log, terms
from chalicelib.domain import contacts, proving, rights
from chalicelib.domain.accounts.signing_in import (
    CODE_DIGITS,
    CODE_LIFE,
    Challenge,
    code_digits,
    may_enter_by_code,
)
from chalicelib.domain.documents import delivering, mailing
from chalicelib.domain.documents.mailing import Booking
from chalicelib.domain.kernel import address, delivery, holding
from chalicelib.domain.kernel.calendar import day_of, end_of
from chalicelib.domain.kernel.delivery import BookedRate, Delivery
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.link import Addressee, Link, Pointer
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account, AddressKey
from chalicelib.domain.kernel.texts import hash_text
from chalicelib.domain.kernel.transition import (
    RETIRED,
    Change,
    Loss,
    MailKind,
    OutboxMail,
    Transition,
    read_former,
)
from chalicelib.domain.parcours import reminding
from chalicelib.domain.rights import RightsRequest
from chalicelib.errors import TryAgain
from chalicelib.stores import aws, cases, functions, keys, relay_table, transactions
from chalicelib.stores.unit_of_work import UnitOfWork, story
from chalicelib.stories.kit import accompanying
from chalicelib.stories.kit.deciding import decision_inputs
from chalicelib.stories.mails import agents, links, notices, outbox, texting
from chalicelib.stories.rights import hold_passage

BUDGET = timedelta(seconds=55)
"""When a run of the mailer takes up no other mail: the minute function starts the next one then, and the function's own time
(overlay.yaml) is enough for the mail in hand."""


About = tuple[Link, Deposit, Parcours]


@dataclass(frozen=True)
class Taken:
    """A mail that was made under a lease, known to whom it goes: nobody else sends it meanwhile."""

    mail: OutboxMail
    message: EmailMessage


@dataclass
class Pace:
    """What one run may send at the mail service's rate."""

    end: datetime
    """When the run ends."""
    booked: int = 0
    """Sendings that were booked and not made yet."""
    is_above_rate: bool = False
    """Whether the mail service has asked to slow down."""

    def wait_for(self, mail: OutboxMail, rate: BookedRate | None, mails_left: int) -> bool:
        """Wait until this mail may leave, booking where needed; False when that is not before the end of the run.

        ``rate``: how far it is booked, as just read; ``mails_left``: mails that this run has beside this one.
        """
        needed = mailing.count_sendings(mail)
        is_free = mails_left == 0 and not self.is_above_rate and mailing.is_quiet(rate, clock.utc_now())
        if self.booked < needed and not is_free:
            wanted = min(
                needed + mails_left, max(needed, mailing.count_at_once(config.settings().mails_per_second))
            )
            booking = self._book(mail.kind, wanted, rate)
            if booking is None:
                return False
            clock.sleep_until(booking.starts_at)
            self.booked += booking.sendings
        self.booked = max(0, self.booked - needed)
        return True

    def _book(self, kind: MailKind, sendings: int, rate: BookedRate | None) -> Booking | None:
        """Book, waiting for a place and anew when another mailer was quicker; None when the run ends before."""
        attempt = 0
        while (now := clock.utc_now()) < self.end:
            booking = mailing.book_sendings(rate, kind, sendings, now, config.settings().mails_per_second)
            if booking is not None and relay_table.store_booking(booking.booked):
                return booking
            if booking is None and rate is not None:
                clock.sleep_until(min(mailing.opens_at(rate, kind), self.end))
            aws.back_off(attempt)
            attempt += 1
            rate = relay_table.read_booked_rate()
        return None


def send_all(waiting: list[str], *, now: datetime) -> int:
    """Send these outbox mails, and those that their sending makes; return how many were looked at without a failure.

    ``waiting``: keys. A mail that fails does not stop the others. It is tried again if its next try comes within this run; if
    not, the minute function wakes a mailer for it. Each waits until the mail service's rate has room for it, but one that is
    alone in a quiet time.
    """
    remaining: list[str | Taken] = [*mailing.sort_urgent_first(waiting)]
    again: dict[str, datetime] = {}
    handled, end = 0, clock.utc_now() + BUDGET
    pace = Pace(end)
    while (remaining or again) and clock.utc_now() < end:
        first = min(again, key=again.__getitem__, default="")
        if first and (not remaining or again[first] <= clock.utc_now()):
            clock.sleep_until(again.pop(first))
            remaining, now = [first, *remaining], clock.utc_now()
        next_one = remaining.pop(0)
        try:
            # Next, since what is taken already is leased.
            remaining = [*_send_one(next_one, pace, len(remaining), now), *remaining]
            handled += 1
        except functions.TooFast:
            pace.is_above_rate = True
            log.line("above_mail_rate")
            again |= _plan_retry(next_one, end)
        except Exception as error:
            log.fault(error)
            again |= _plan_retry(next_one, end)
    return handled


def _plan_retry(failed: str | Taken, end: datetime) -> dict[str, datetime]:
    """Return when a mail that failed is tried again in this run, by its key; empty when that is not known or after the run."""
    key = failed.mail.key if isinstance(failed, Taken) else failed
    with suppress(TryAgain):
        mail = relay_table.read_mail(key)
        if mail is not None and mail.lease_until is not None and clock.utc_now() < mail.lease_until < end:
            return {key: mail.lease_until}
    return {}


def _send_one(next_one: str | Taken, pace: Pace, mails_left: int, now: datetime) -> Sequence[str | Taken]:
    """Send one mail at its turn; return what its sending adds to the queue: mails already taken, or keys of waiting ones."""
    if isinstance(next_one, Taken):
        _hand_over(next_one)
        outbox.drop(next_one.mail)
        return []
    work = UnitOfWork()
    waiting, known = cases.load_outbox_mail(work, next_one)
    if waiting is None or not waiting.is_understood or not mailing.is_free(waiting, now):
        return []
    waiting = read_former(waiting)
    if waiting.kind in RETIRED:
        outbox.drop(waiting)
        return []
    if waiting.kind is MailKind.SMS:
        return texting.send(work, waiting, now)
    if mailing.may_have_left(waiting) and known is not None and known.has_left:
        return _note_left_already(work, waiting)
    if waiting.kind is MailKind.LOST_MESSAGE and waiting.link is None:
        return _find_lost_links(work, waiting.key)
    warnings = _hold_passage(waiting, now)
    if not _gets_turn(work, waiting, pace, mails_left, now):
        return warnings
    now = max(now, clock.utc_now())
    if waiting.kind is MailKind.SIGN_IN_CODE:
        _send_code(work, waiting, known, now)
        return []
    cases.load_records_of_mail(work, waiting)
    if holding.holds_back(waiting, work.get(Parcours, waiting.parcours)):
        outbox.put_off(waiting, mailing.put_off(waiting, now))
        return []
    if waiting.kind is MailKind.LINK:
        return _send_link(work, waiting, known, now)
    return [*warnings, *_send_notice(work, waiting, known, now)]


def _hold_passage(waiting: OutboxMail, now: datetime) -> list[str]:
    """Hold the passage of a request before its first message is tried; return the keys of the warnings that wait.

    Nobody waits for the mailer: the answer of the form is no slower for a reference of ours.
    """
    is_first_try = waiting.kind is MailKind.RIGHTS_REQUEST and waiting.version == 1 and waiting.tries == 0
    return hold_passage(str(waiting.request), now=now) if is_first_try else []


def _gets_turn(work: UnitOfWork, waiting: OutboxMail, pace: Pace, mails_left: int, now: datetime) -> bool:
    """Wait for the turn of this mail, and return whether it came before this run ends.

    A stranger makes as many dead codes as the door lets in: they take no place in the line.
    """
    is_dead_code = waiting.kind is MailKind.SIGN_IN_CODE and _find_code(work, waiting, now) is None
    return is_dead_code or pace.wait_for(waiting, work.get(BookedRate), mails_left)


@story
def _find_lost_links(work: UnitOfWork, key: str) -> Sequence[str]:
    """Replace what was asked for an address by a mail for each of its links; return their keys, none where there is no link."""
    asked = work.get(OutboxMail, key)
    if asked is None:
        return []
    theirs = cases.load_links_at(work, asked.addressee or "")
    return work.commit(mailing.find_lost_links(asked, theirs, decision_inputs(clock.utc_now()))).mail_keys


def _send_link(
    work: UnitOfWork, waiting: OutboxMail, known: Delivery | None, now: datetime
) -> Sequence[str | Taken]:
    """Send the mail of a link; or drop it, put it off or give it up, as its link and documents now are.

    ``known``: what is noted of earlier tries. Returns as ``_send_one``.
    """
    about = _load_about(work, waiting)
    if about is None:
        outbox.drop(waiting)
        return []
    link, sent, _ = about
    if not mailing.may_leave(waiting, link, sent, now):
        return _drop_late_link(work, waiting.key, now)
    if mailing.is_held_back(sent):
        outbox.put_off(waiting, mailing.put_off(waiting, now))
        return []
    if mailing.is_given_up(waiting, now):
        return _give_up_link(work, waiting.key, now)
    return _mail_link(work, waiting, known, now, about)


def _mail_link(
    work: UnitOfWork, waiting: OutboxMail, known: Delivery | None, now: datetime, about: About
) -> Sequence[str | Taken]:
    """Write and send the mail of a link, with the token derived for its version, and note that it left.

    Returns as ``_send_one``; where nobody may send or get it any more, the mail is given up.
    """
    link, _, parcours = about
    token = keys.compute_link_token(link.build_token_message(link.version))
    digest, address_mac = hash_text(token), keys.compute_address_mac(link.recipient)
    cases.load_people_of_mail(work, (Pointer, digest), (Addressee, address_mac, link.id))
    # Roles may have changed since it was asked for: the team gets no link, and nobody is left to answer no mail.
    sender, owner = (
        accompanying.find_sender(work, parcours, link),
        accompanying.find_owner(work, link.recipient),
    )
    if sender is None or (owner is not None and owner.is_team):
        return _give_up_link(work, waiting.key, now)
    # Written before the mail leaves; it is there already where an earlier try was cut.
    written_by = replace(link.pointer(digest), sender=sender.id)
    entries = () if work.get(Pointer, digest) is not None else (Change(None, written_by),)
    if work.get(Addressee, address_mac, link.id) is None and not parcours.synthetic:
        entries = (*entries, Change(None, link.build_addressee(address_mac)))
    write = partial(links.link, work, *about, token, sender)
    taken = _take(work, waiting, known, now, write, *entries)
    if taken is None:
        return []
    _hand_over(taken)
    work.remember(taken.mail)
    return _note_left(work, waiting.key)


@story
def _note_left(work: UnitOfWork, key: str) -> Sequence[str | Taken]:
    """Note that the link's mail was accepted; the same write takes the depositor's notice, to be sent next.

    Returns what is to be sent next, as ``_send_one`` does.
    """
    now = clock.utc_now()  # not when we began
    waiting, about = _load_waiting_link(work, key)
    if waiting is None or about is None:
        return []
    step = proving.without_mails(mailing.note_link_left(waiting, *about, decision_inputs(now)))
    work.remember(*(change.after for change in step.changes if change.after is not None))
    taken = [both for notice in step.mails if (both := _take_notice(work, notice, now)) is not None]
    held = {notice.mail.key: notice.mail for notice, _ in taken}
    step = replace(step, mails=tuple(held.get(mail.key, mail) for mail in step.mails))
    step = sum((expected for _, expected in taken), step)
    work.commit(contacts.note_contacts(step, about[0]))
    return [
        *(notice for notice, _ in taken),
        *(mail_key for mail_key in step.mail_keys if mail_key not in held),
    ]


def _take_notice(work: UnitOfWork, notice: OutboxMail, now: datetime) -> tuple[Taken, Transition] | None:
    """Write a notice that is not stored yet, and lease it.

    Returns the taken mail and the note of its delivery, to be committed; None when it cannot be written: then it waits like
    others.
    """
    try:
        message = notices.write(work, notice)
    except Exception as error:
        log.fault(error)
        return None
    if message is None:
        return None
    held = mailing.lease(notice, now)
    return Taken(replace(held, revision=1), message), _expect_delivery(work, held, message, None)


def _load_about(work: UnitOfWork, waiting: OutboxMail) -> About | None:
    """Load what a link's mail is about; None once link or deposit is gone."""
    link, sent = work.get(Link, waiting.link), work.get(Deposit, waiting.deposit)
    if link is None or sent is None:
        return None
    return link, sent, work.get_one(Parcours, link.parcours)


def _load_waiting_link(work: UnitOfWork, key: str) -> tuple[OutboxMail | None, About | None]:
    """Load a link's mail and what it is about; None once one of them is gone."""
    waiting = work.get(OutboxMail, key)
    if waiting is None:
        return None, None
    cases.load_records_of_mail(work, waiting)
    return waiting, _load_about(work, waiting)


def _note_left_already(work: UnitOfWork, waiting: OutboxMail) -> Sequence[str | Taken]:
    """Note that a mail whose answer was lost has left, so that no second copy leaves."""
    if waiting.kind is MailKind.LINK:
        return _note_left(work, waiting.key)
    outbox.drop(waiting)
    return []


@story
def _drop_late_link(work: UnitOfWork, key: str, now: datetime) -> list[str]:
    """Drop the mail of a link that may not leave any more, and note what earlier tries did; return keys of new mails."""
    waiting, about = _load_waiting_link(work, key)
    if waiting is None or about is None:
        return []
    step = _decide_overtaken(waiting, about, now)
    return work.commit(contacts.note_contacts(step, about[0])).mail_keys


def _decide_overtaken(waiting: OutboxMail, about: About, now: datetime) -> Transition:
    """Decide to drop a link's mail; it left for certain only if somebody used the link."""
    left = mailing.may_have_left(waiting) and _was_used(waiting, about[0])
    return mailing.drop_overtaken_mail(waiting, *about, decision_inputs(now), left=left)


def _was_used(waiting: OutboxMail, link: Link) -> bool:
    """Whether somebody used the link in the version that this mail carries, so that the mail was received."""
    if waiting.version == link.version:
        return link.was_used
    return waiting.version in link.used_versions


@story
def _give_up_link(work: UnitOfWork, key: str, now: datetime) -> list[str]:
    """Give up the mail of a link; the tutor is notified unless nobody needs to hear of it. Returns the keys of new mails."""
    waiting, about = _load_waiting_link(work, key)
    if waiting is None or about is None:
        return []
    link, sent, _ = about
    if mailing.is_settled(link, sent, now):
        step = _decide_overtaken(waiting, about, now)
    elif mailing.is_given_up(waiting, now) and mailing.may_have_left(waiting):
        step = mailing.give_up_link_in_doubt(waiting, *about, decision_inputs(now))
    else:
        step = mailing.give_up_link(waiting, *about, decision_inputs(now))
    work.commit(contacts.note_contacts(step, link))
    if any(mail.kind is MailKind.FAILURE_NOTICE for mail in step.mails):
        log.line("mail_given_up", kind=waiting.kind.value)
    return step.mail_keys


def _send_code(work: UnitOfWork, waiting: OutboxMail, known: Delivery | None, now: datetime) -> None:
    """Send a sign-in code to an open account while its challenge lives; else drop the mail."""
    code = _find_code(work, waiting, now)
    if code is not None:
        _send(work, waiting, known, now, partial(_write_code, *code))
        return
    challenge = work.get(Challenge, waiting.challenge)
    is_late = now >= waiting.created_at + CODE_LIFE or mailing.is_given_up(waiting, now)
    # It was meant to leave: past a quota it is not, and a code that was used is not late.
    if is_late and (challenge is None or not challenge.dead):
        log.line("mail_given_up", kind=waiting.kind.value)
    outbox.drop(waiting)


def _find_code(work: UnitOfWork, waiting: OutboxMail, now: datetime) -> tuple[Account, Challenge] | None:
    """Find the open account that a sign-in code goes to, and its living challenge; None when it does not leave."""
    challenge = work.get(Challenge, waiting.challenge)
    if challenge is None or challenge.dead:
        return None
    if now >= challenge.expires_at or mailing.is_given_up(waiting, now):
        return None
    owner = work.get(AddressKey, challenge.address)
    account = accompanying.find_open_account(work, owner.account) if owner is not None else None
    return (account, challenge) if account is not None else None


def _write_code(account: Account, challenge: Challenge) -> EmailMessage:
    """Write the mail with the code, which is derived from the challenge: the same at every try.

    An account that no mailed code may sign in is told how else.
    """
    if not may_enter_by_code(account, terms.mail_code_roles()):
        return agents.build_no_code(account)
    return agents.build_code(account, code_digits(keys.compute_code_mac(challenge.code_message), CODE_DIGITS))


def _send_notice(work: UnitOfWork, waiting: OutboxMail, known: Delivery | None, now: datetime) -> list[str]:
    """Send any other mail; put off a reminder whose morning is over, give up a mail whose tries are used up.

    Returns the keys of the mails that giving up makes.
    """
    if reminding.is_belated(waiting, now):
        outbox.put_off(waiting, mailing.put_off_until(waiting, end_of(day_of(now))))
        return []
    if mailing.is_given_up(waiting, now) and not notices.is_overtaken(work, waiting):
        return _give_up_notice(work, waiting.key, now)
    cases.load_people_of_mail(work)
    _send(work, waiting, known, now, partial(notices.write, work, waiting))
    return []


@story
def _give_up_notice(work: UnitOfWork, key: str, now: datetime) -> list[str]:
    """Give up the notice with this key: note what is lost with it, and queue a mail to those who have to know.

    Returns the keys of these mails.
    """
    waiting = work.get(OutboxMail, key)
    if waiting is None:
        return []
    step = work.commit(_decide_loss(work, waiting, now))
    if step:
        log.line("mail_given_up", kind=waiting.kind.value)
    return step.mail_keys


def _decide_loss(work: UnitOfWork, lost: OutboxMail, now: datetime) -> Transition:
    """Decide what follows from giving up this mail, by its kind (``Loss``)."""
    if lost.links:
        lines = mailing.split_reminder(lost, work.get_all(Link, lost.links))
        unreached = (
            mailing.note_unreached(
                line, work.get(Link, line.link), work.get_one(Parcours, line.parcours), decision_inputs(now)
            )
            for line in lines
        )
        return sum(unreached, mailing.drop_mail(lost))
    loss = mailing.find_loss(lost)
    link = work.get(Link, lost.link)
    about = lost.parcours or (link.parcours if link else None)
    if loss is Loss.FACT and about is not None:
        return mailing.give_up_message(lost, link, work.get_one(Parcours, about), decision_inputs(now))
    if loss is Loss.FORMER_TUTOR and about is not None:
        parcours = work.get_one(Parcours, about)
        here, went_to = accompanying.find_accompanying(work, parcours, link), _find_addressee(work, lost)
        if here is not None and went_to not in {None, here.id}:
            return mailing.give_up_mail_to_former_tutor(lost, parcours, decision_inputs(now))
    request = work.get(RightsRequest, lost.request)
    if loss is Loss.REQUEST and request is not None:
        return mailing.drop_mail(lost) + rights.note_given_up(request, lost)
    account = work.get(Account, lost.account)
    if loss is Loss.ACCOUNT and account is not None:
        return mailing.give_up_invitation(lost, account, decision_inputs(now))
    if loss is Loss.WARNED_ANEW and account is not None:
        return mailing.give_up_warning(lost, account)
    return mailing.drop_mail(lost)


def _find_addressee(work: UnitOfWork, lost: OutboxMail) -> str | None:
    """Return the account id of the agent whom a lost mail was for: the former tutor, or the person who sealed."""
    deposit = work.get(Deposit, lost.deposit)
    sealer = accompanying.find_sealer(work, deposit) if deposit else None
    return lost.account or (sealer.id if sealer else None)


def _send(
    work: UnitOfWork,
    waiting: OutboxMail,
    known: Delivery | None,
    now: datetime,
    write: Callable[[], EmailMessage | None],
) -> None:
    """Write a mail, take it, hand it over and drop it. One that ``write`` answers with None is dropped at once."""
    taken = _take(work, waiting, known, now, write)
    if taken is not None:
        _hand_over(taken)
        outbox.drop(taken.mail)


def _take(
    work: UnitOfWork,
    waiting: OutboxMail,
    known: Delivery | None,
    now: datetime,
    write: Callable[[], EmailMessage | None],
    *beside: Change,
) -> Taken | None:
    """Write a mail, then take its lease, and write with it the changes ``beside`` and the note of its delivery.

    Returns None where the mail is not to be sent any more, or another mailer has it. A mail that cannot be written is counted as
    an outage, and the error goes on.
    """
    held = mailing.lease(waiting, now)
    try:
        message = write()
        expected = (
            _expect_delivery(work, held, message, known) if message is not None else Transition.nothing()
        )
    except Exception:
        outbox.put_off(waiting, mailing.count_outage(held, clock.utc_now()))
        raise
    if message is None:
        outbox.drop(waiting)
        return None
    try:
        transactions.commit(Transition(changes=(Change(waiting, held), *beside)) + expected)
    except transactions.LostRace:
        return None
    return Taken(replace(held, revision=waiting.revision + 1), message)


def _expect_delivery(
    work: UnitOfWork, held: OutboxMail, message: EmailMessage, known: Delivery | None
) -> Transition:
    """Return the note that this mail goes to this address, to be written before it is handed over.

    SES may report on the mail before we could write anything afterwards. ``known``: what earlier tries noted.
    """
    to = message["To"].addresses[0].addr_spec
    accounts = work.list_loaded(Account)
    owner = next(
        (account.id for account in accounts if address.fold(account.address) == address.fold(to)), None
    )
    if owner is None:
        key = work.get(AddressKey, to)
        owner = key.account if key is not None else None
    return delivering.note_handed_over(
        known, held, delivery.derive_tag(held.key), address.hash_folded(to), owner, clock.utc_now()
    )


def _hand_over(taken: Taken) -> None:
    """Give a mail to the mail service; a failure is counted, and raises."""
    with outbox.counting_failures(taken.mail):
        functions.send_mail(taken.message, key=taken.mail.key)
