"""Decide what a report of the mail service changes: the mail's own state, its address, the account behind it, the parcours.

Reports come late, twice and in any order: a state only rises in rank, and each effect belongs to one rise.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from chalicelib.domain import rights
from chalicelib.domain.documents import mailing
from chalicelib.domain.kernel.delivery import (
    FINAL,
    NOT_ARRIVED,
    REFUSING,
    Delivery,
    DeliveryState,
    Mailbox,
    Report,
)
from chalicelib.domain.kernel.deposit import (
    NOT_TAKEN,
    REPORTED,
    Deposit,
    DepositState,
    Mailing,
    build_deposit_event,
)
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import AGREED, Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import Event, EventKind, Reason
from chalicelib.domain.kernel.transition import Change, DecisionInputs, Loss, MailKind, OutboxMail, Transition
from chalicelib.domain.kernel.values import Role, Setback, Step
from chalicelib.domain.rights import RightsRequest

CARRIES_THE_LINK = frozenset({MailKind.LINK, MailKind.REMINDER, MailKind.LOST_MESSAGE})
BEFORE_ANSWERS = frozenset({Step.DOCUMENTS_TO_SEND, Step.LINK_SENT})
"""Steps at which a link is awaited; later ones hold what people agreed."""
MAILING = {
    DeliveryState.DELAYED: Mailing.DELAYED,
    DeliveryState.DELIVERED: Mailing.DELIVERED,
    DeliveryState.UNCERTAIN: Mailing.RETURNED,
    DeliveryState.RETURNED: Mailing.RETURNED,
    DeliveryState.REFUSED: Mailing.REJECTED,
    DeliveryState.REJECTED: Mailing.UNSENT,
    DeliveryState.COMPLAINED: Mailing.UNWANTED,
}
"""What a report of the link's own mail makes of its sending."""


@dataclass(frozen=True)
class SentMail:
    """A mail that was handed over, with what its report may change."""

    delivery: Delivery
    mailbox: Mailbox | None
    """What is known against its address,"""
    owner: Account | None
    """and whose account that is."""
    link: Link | None
    deposit: Deposit | None
    """Of the link."""
    parcours: Parcours | None
    request: RightsRequest | None = None
    lines: tuple["SentMail", ...] = ()
    """Of one reminder of several links: each line, as if a mail of its own had carried it."""


def note_handed_over(
    known: Delivery | None, mail: OutboxMail, identifier: str, mailbox: str, owner: str | None, now: datetime
) -> Transition:
    """Note which mail goes to which address, before it is handed over: no report can come earlier.

    ``identifier``: of the delivery, derived from the mail's key; ``mailbox``: digest of the address; ``owner``: account id of its
    owner. Nothing when that is noted already.
    """
    kept_mail = replace(mail, revision=0, challenge=None, contacts={}, lease_until=None, awaited_since=None)
    if known is None:
        delivery = Delivery(id=identifier, mail=kept_mail, mailbox=mailbox, owner=owner, sent_at=now)
        return Transition(changes=(Change(None, delivery),))
    if (known.mailbox, known.owner) == (mailbox, owner):
        return Transition.nothing()
    return Transition(changes=(Change(known, replace(known, mailbox=mailbox, owner=owner)),))


def note_report(sent_mail: SentMail, report: Report, inputs: DecisionInputs) -> Transition:
    """Note one report, with everything that follows from it; nothing when as much is known already."""
    delivery = sent_mail.delivery
    if report.state.rank <= delivery.state.rank:
        return Transition.nothing()
    after = replace(delivery, state=report.state, at=report.at, reason=report.reason)
    step = Transition(
        changes=(Change(delivery, after), *_note_address(sent_mail, report), *_note_owner(sent_mail, report))
    )
    parts = (_decide_report(part, report, inputs) for part in sent_mail.lines or (sent_mail,))
    return sum(parts, step)


def _decide_report(sent_mail: SentMail, report: Report, inputs: DecisionInputs) -> Transition:
    """Decide what a report changes of what the mail is about."""
    if sent_mail.request is not None:
        return rights.note_report(sent_mail.request, sent_mail.delivery.mail, report.state)
    if sent_mail.delivery.mail.kind in CARRIES_THE_LINK and sent_mail.delivery.mail.version is not None:
        return _decide_link_report(sent_mail, report, inputs)
    return _decide_message_report(sent_mail, report, inputs)


def _note_address(sent_mail: SentMail, report: Report) -> tuple[Change, ...]:
    """Remember an address that refuses a mail, until a later mail is delivered there; its reader's own no stays."""
    known, sent_at = sent_mail.mailbox, sent_mail.delivery.sent_at
    if report.state in REFUSING and report.reason is not None:
        if known is None:
            refusing = Mailbox(id=sent_mail.delivery.mailbox, refused_at=report.at, reason=report.reason)
            return (Change(None, refusing),)
        if known.refused_at < report.at and not known.is_unwanted:
            return (Change(known, replace(known, refused_at=report.at, reason=report.reason)),)
    if report.state is not DeliveryState.DELIVERED or known is None or known.is_unwanted:
        return ()
    return (Change(known, None),) if known.refused_at < sent_at else ()


def _note_owner(sent_mail: SentMail, report: Report) -> tuple[Change, ...]:
    """Remember on an agent's account that its address refuses mails, until a later one is delivered."""
    owner, sent_at, mailbox = sent_mail.owner, sent_mail.delivery.sent_at, sent_mail.mailbox
    if owner is None or (mailbox is not None and mailbox.is_unwanted):
        return ()
    known = owner.mail_refused_at
    if report.state in REFUSING and (known is None or known < report.at):
        return (Change(owner, replace(owner, mail_refused_at=report.at)),)
    if report.state is DeliveryState.DELIVERED and known is not None and known < sent_at:
        return (Change(owner, replace(owner, mail_refused_at=None)),)
    return ()


def stop_mails(known: Mailbox | None, mailbox: str, owners: Iterable[Account], now: datetime) -> Transition:
    """Note that who reads a mailbox wants no mail of ours, as they told the data protection officer. Twice is once.

    ``known``: what is known against it; ``mailbox``: digest of its address; ``owners``: accounts with that address.
    """
    if known is not None and known.is_unwanted:
        return Transition.nothing()
    refusing = replace(
        known or Mailbox(id=mailbox, refused_at=now, reason=Reason.MAIL_UNWANTED),
        refused_at=now,
        reason=Reason.MAIL_UNWANTED,
    )
    told = (Change(owner, replace(owner, mail_refused_at=now)) for owner in owners)
    return Transition(changes=(Change(known, refusing), *told))


class _LinkReport(NamedTuple):
    """A report about the mail of a link, with everything that it may change."""

    delivery: Delivery
    report: Report
    link: Link
    deposit: Deposit
    parcours: Parcours
    inputs: DecisionInputs

    @property
    def is_link_mail(self) -> bool:
        """Whether the report is about the mail that brought the link, and not about a reminder."""
        return self.delivery.mail.kind is MailKind.LINK

    @property
    def is_present(self) -> bool:
        """Whether somebody still waits for this very version of the link."""
        link, mail = self.link, self.delivery.mail
        return (
            mail.version == link.version and link.moved_to is None and self.parcours.attempt == link.attempt
        )

    @property
    def is_about_current_link(self) -> bool:
        """Whether the report is about the link that the parcours shows, and not about a second one for a colleague."""
        return self.is_present and self.deposit.link == self.link.id and not self.link.beside

    def build_event(self, kind: EventKind) -> Event:
        """Build the fact under an id derived from the mail, so that it is noted once."""
        key = mailing.derive_fact_id(f"{kind}|{self.report.state}", self.delivery.mail.key)
        return build_deposit_event(
            self.deposit, kind, Role.SYSTEM, self.inputs, key=key, reason=self.report.reason
        )

    @property
    def deposit_after(self) -> Deposit:
        """Return the deposit with what was reported of its mail."""
        left_at = self.deposit.left_at or self.delivery.sent_at
        mailing = MAILING[self.report.state]
        return replace(self.deposit, mailing=mailing, mailing_at=self.report.at, left_at=left_at)

    def note_only(self, event: Event) -> Transition:
        """Return the transition that notes the report on the deposit and the timeline, and changes nothing else."""
        parcours_change = Change(self.parcours, self.parcours.with_event(event))
        return Transition.noting(event, Change(self.deposit, self.deposit_after), parcours_change)


def _decide_link_report(sent_mail: SentMail, report: Report, inputs: DecisionInputs) -> Transition:
    """Decide what a report about the mail of a link changes; nothing when link or documents are gone.

    The link is written unchanged with the deposit, so that a version made meanwhile loses the race and is decided on anew.
    """
    link, deposit, parcours = sent_mail.link, sent_mail.deposit, sent_mail.parcours
    if link is None or deposit is None or parcours is None:
        return Transition.nothing()
    step = _decide_by_report(_LinkReport(sent_mail.delivery, report, link, deposit, parcours, inputs))
    written = [change.before for change in step.changes]
    # Written though it says the same: a new version made meanwhile must be decided on anew.
    guard = (Change(link, link),) if deposit in written and link not in written else ()
    return step + Transition(changes=guard)


def _decide_by_report(link_report: _LinkReport) -> Transition:
    """Return what a report about the mail of a link changes."""
    match link_report.report.state:
        case DeliveryState.SENT:
            return Transition.nothing()
        case DeliveryState.DELAYED:
            # A delay shows only while nothing else was reported of the mail that brought the link.
            is_unreported = link_report.deposit.mailing not in REPORTED
            if link_report.is_about_current_link and link_report.is_link_mail and is_unreported:
                return Transition(changes=(Change(link_report.deposit, link_report.deposit_after),))
            return Transition.nothing()
        case DeliveryState.DELIVERED:
            return _note_delivery(link_report)
        case _:
            return _note_return(link_report)


def _note_delivery(link_report: _LinkReport) -> Transition:
    """Note that the company's server took the link's mail; nothing goes back if the link was used already."""
    parcours, deposit = link_report.parcours, link_report.deposit
    if not link_report.is_link_mail:
        return Transition.nothing()
    event = link_report.build_event(EventKind.MAIL_DELIVERED)
    if not link_report.is_about_current_link:
        return Transition.noting(event, Change(parcours, parcours.with_event(event)))
    if link_report.link.was_used:
        return Transition(changes=(Change(deposit, link_report.deposit_after),))
    if parcours.setback is not Setback.MAIL_IN_DOUBT:
        return link_report.note_only(event)
    if deposit.mailing is None and deposit.state is DepositState.VERIFIED:
        return _note_late_leaving(link_report, event)
    parcours_after = replace(parcours.with_event(event), setback=None, since=link_report.inputs.now, moved=())
    return Transition.noting(
        event, Change(deposit, link_report.deposit_after), Change(parcours, parcours_after)
    )


def _note_late_leaving(link_report: _LinkReport, event: Event) -> Transition:
    """Note that a mail that was given up in doubt did leave: it is the company's turn after all."""
    mail, link, sent_at = link_report.delivery.mail, link_report.link, link_report.delivery.sent_at
    sent = mailing.build_mail_event(mail, link, link_report.deposit, EventKind.LINK_SENT, link_report.inputs)
    sent = replace(sent, occurred_at=sent_at)
    after = mailing.with_sending(link_report.parcours.at_step(Step.LINK_SENT, sent), link, sent_at)
    deposit = replace(link_report.deposit_after, state=DepositState.LEFT)
    changes = (Change(link_report.deposit, deposit), Change(link_report.parcours, after))
    return Transition(changes=changes, events=(sent, event))


def _note_return(link_report: _LinkReport) -> Transition:
    """Note that the mail of a link came back or was unwanted. A link that was used or replaced meanwhile stays as it is."""
    link, parcours, inputs, report = (
        link_report.link,
        link_report.parcours,
        link_report.inputs,
        link_report.report,
    )
    event, is_lost = link_report.build_event(EventKind.MAIL_BOUNCED), report.state in FINAL
    if not _loses_link(link_report):
        is_known = (
            is_lost
            and link.mail_refused_at is not None
            and link_report.is_about_current_link
            and not link.was_used
        )
        if is_known:
            return link_report.note_only(event)
        return Transition.noting(event, Change(parcours, parcours.with_event(event)))
    killed = (Change(link, replace(link, mail_refused_at=inputs.now)),) if is_lost else ()
    notices = tuple(
        replace(notice, reason=report.reason, version=link.version)
        for notice in mailing.build_mails_to_agents(MailKind.RETURN_NOTICE, link, parcours, inputs)
    )
    if not link_report.is_about_current_link:
        parcours_change = Change(parcours, parcours.with_event(event))
        return Transition.noting(event, *killed, parcours_change, mails=notices)
    parcours_change = _set_back_if_awaited(
        parcours, Setback.MAIL_BOUNCED if is_lost else Setback.MAIL_IN_DOUBT, event
    )
    return Transition.noting(
        event, Change(link_report.deposit, link_report.deposit_after), *killed, parcours_change, mails=notices
    )


def _loses_link(link_report: _LinkReport) -> bool:
    """Whether the link is lost, or in doubt, since its mail came back: only a present, living link that was not used.

    A reminder that came back for want of room loses no link, and nothing is in doubt of which its reader was asked since.
    """
    link, is_lost = link_report.link, link_report.report.state in FINAL
    is_doubtful = link_report.is_link_mail and not link_report.parcours.was_heard
    is_over = link.was_used or link.is_dead or not link_report.deposit.is_live(link_report.inputs.now)
    return not is_over and link_report.is_present and (is_lost or is_doubtful)


def _set_back_if_awaited(parcours: Parcours, setback: Setback, event: Event) -> Change:
    """Return the change that gives the turn to the tutor; what people agreed on without the link stays.

    Where that falls, the documents are to be sent again if this link is lost.
    """
    if parcours.step in BEFORE_ANSWERS:
        return Change(parcours, parcours.set_back(setback, event))
    if parcours.step in AGREED and setback is Setback.MAIL_BOUNCED:
        return Change(parcours, parcours.at_step(Step.DOCUMENTS_TO_SEND, event))
    return Change(parcours, parcours.with_event(event))


def _decide_message_report(sent_mail: SentMail, report: Report, inputs: DecisionInputs) -> Transition:
    """Note another message that company or buyer did not get; the person who accompanies is asked to pass it on."""
    mail, parcours = sent_mail.delivery.mail, sent_mail.parcours
    missed = report.state in NOT_ARRIVED and report.state is not DeliveryState.UNCERTAIN
    if not missed or parcours is None or mailing.find_loss(mail) is not Loss.FACT:
        return Transition.nothing()
    if report.state is DeliveryState.REFUSED and sent_mail.delivery.state is DeliveryState.RETURNED:
        return Transition.nothing()  # noted when it was returned
    return mailing.note_unreached(mail, sent_mail.link, parcours, inputs)


def measure_silence(deposit: Deposit, link: Link | None, hours: int, now: datetime) -> timedelta | None:
    """Return for how long nothing was heard of a mail that left and whose link nobody used; None: less than ``hours``.

    A delay counts as heard at its instant: the mail service gives up within a day, and must show if that report was lost.
    """
    is_reported = deposit.mailing in {Mailing.DELIVERED, Mailing.FAILED, *NOT_TAKEN}
    is_waited_for = deposit.state is DepositState.LEFT and link is not None and not link.was_used
    if is_reported or not is_waited_for or deposit.left_at is None or not deposit.is_live(now):
        return None
    silence = now - max(deposit.left_at, deposit.mailing_at or deposit.left_at)
    return silence if silence >= timedelta(hours=hours) else None
