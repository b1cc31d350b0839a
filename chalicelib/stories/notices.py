"""What the mails that follow a sending say: each is written from what stands when it leaves."""

from email.message import EmailMessage

from chalicelib import emails, terms
from chalicelib.domain import address, forgetting
from chalicelib.domain.calendar import day_of
from chalicelib.domain.deposit import Deposit
from chalicelib.domain.link import Link
from chalicelib.domain.parcours import Parcours
from chalicelib.domain.transition import MailKind, OutboxMail
from chalicelib.domain.values import Role
from chalicelib.stores import parcours, relay
from chalicelib.stories import (
    accompanying,
    answer_notices,
    buyers,
    follow_ups,
    meeting_notices,
    record_notices,
    reminders,
)
from chalicelib.stories.accompanying import open_account as _open_account


def write(waiting: OutboxMail) -> EmailMessage | None:
    """The message of one waiting notice; None when there is nobody left to tell, or nothing left to say."""
    deposit = relay.deposit(waiting.deposit) if waiting.deposit else None
    link = relay.link(waiting.link) if waiting.link else None
    match waiting.kind:
        case MailKind.REFUSAL_NOTICE:
            return _refusal(waiting)
        case MailKind.SENDING_NOTICE | MailKind.FAILURE_NOTICE:
            return _sending(waiting, deposit, link)
        case MailKind.UNSENT_NOTICE:
            return _unsent(waiting, link)
        case MailKind.END_TO_COMPANY:
            return _end_to_company(link)
        case MailKind.END_TO_BUYER:
            return _end_to_buyer(waiting)
        case MailKind.REMINDER:
            return reminders.reminder(waiting, deposit, link)
        case MailKind.CONTACT_CHECK:
            return reminders.contact_check(waiting)
        case MailKind.RESERVATION_WARNING | MailKind.RESERVATION_LAPSED | MailKind.PASSAGE_LAPSED:
            owner = _open_account(waiting.account)
            head = parcours.head(waiting.parcours or "")
            return emails.reservation(waiting.kind, owner, head) if owner else None
        case MailKind.INVITATION:
            invited = _open_account(waiting.account)
            return emails.invitation(invited, _open_account(waiting.about)) if invited else None
        case MailKind.ACCOUNT_UNUSED:
            return _unused(waiting)
        case MailKind.HANDOVER:
            return _handover(waiting)
        case MailKind.SLOTS_NOTICE | MailKind.OTHER_SLOTS:
            return meeting_notices.about_dates(waiting, link)
        case MailKind.MEETING_INVITATION | MailKind.MEETING_CANCELLED | MailKind.EVE_REMINDER:
            return meeting_notices.about_meeting(waiting, link)
        case MailKind.DECLINE_NOTICE | MailKind.DECLINE_TO_COMPANY | MailKind.DECLINE_UNDONE:
            return answer_notices.about_refusal(waiting, link)
        case MailKind.COLLEAGUE_QUESTION:
            return answer_notices.about_colleague(link)
        case MailKind.ASSIGNED:
            return _assigned(waiting)
        case MailKind.HANDED_AWAY | MailKind.CONTACTS_CHANGED:
            return record_notices.write(waiting)
        case _:
            return follow_ups.about_link(waiting, deposit, link)


def _refusal(waiting: OutboxMail) -> EmailMessage | None:
    """Whom it concerns and why stand in the mail itself: the deposit may be reduced already."""
    owner = _open_account(waiting.account)
    about = relay.deposit(waiting.deposit or "")
    if owner is None or about is None or waiting.document is None or waiting.reason is None:
        return None
    return emails.refusal_notice(owner, parcours.head(about.parcours), waiting.document, waiting.reason)


def _sending(waiting: OutboxMail, deposit: Deposit | None, link: Link | None) -> EmailMessage | None:
    if deposit is None or link is None or not link.recipient:
        return None
    head = parcours.head(link.parcours)
    if waiting.kind is MailKind.SENDING_NOTICE:
        owner = accompanying.sealed(deposit) or accompanying.sends(head, link)
        return emails.sending_notice(owner, head, link, deposit) if owner else None
    told = accompanying.told(waiting, head, link)
    team = accompanying.is_teams(link.recipient)
    return (
        emails.failure_notice(told, head, link, team=team, doubt=waiting.reason is not None) if told else None
    )


def _unsent(waiting: OutboxMail, link: Link | None) -> EmailMessage | None:
    head = parcours.head(waiting.parcours or "")
    somebody = accompanying.accompanies(head, link, waiting.account)
    if somebody is None or waiting.reason is None or waiting.asks is None:
        return None
    return emails.unsent(somebody, head, waiting.reason, waiting.asks)


def _end_to_company(link: Link | None) -> EmailMessage | None:
    """To whoever got the link; nobody, if it never left, nor the buyer who is told otherwise."""
    if link is None or not link.recipient:
        return None
    head = parcours.head(link.parcours)
    sender = accompanying.accompanies(head, link)
    if sender is None or (link.to is Role.BUYER and _is_buyers(head, link.recipient)):
        return None
    deposit = relay.deposit(link.deposit)
    if link.opened_at is None and (deposit is None or deposit.left_at is None):
        return None
    return emails.end_to_company(sender, head, link, deposit.kinds if deposit else ())


def _is_buyers(head: Parcours, recipient: str) -> bool:
    buyer = buyers.account_of(head) or head.buyer_contact
    return buyer is not None and address.mailbox(buyer.address) == address.mailbox(recipient)


def _end_to_buyer(waiting: OutboxMail) -> EmailMessage | None:
    """Whoever followed it when it ended, else the contact of the record, who has no page without an account."""
    head = parcours.head(waiting.parcours or "")
    buyer = _open_account(waiting.account) or buyers.account_of(head)
    somebody = buyer or head.buyer_contact
    if somebody is None:
        return None
    runs = day_of(waiting.created_at) <= head.over_on
    sent = waiting.deposit is not None
    return emails.end_to_buyer(head, somebody.address, with_link=buyer is not None, sent=sent, free=runs)


def _handover(waiting: OutboxMail) -> EmailMessage | None:
    successor = _open_account(waiting.account)
    leaving = parcours.account(waiting.about) if waiting.about else None
    return emails.handover(successor, leaving) if successor and leaving else None


def _unused(waiting: OutboxMail) -> EmailMessage | None:
    """To the person of an account that nobody uses, unless she has signed in since."""
    account = _open_account(waiting.account)
    at = forgetting.account_at(account, terms.retention()) if account else None
    if account is None or at is None or not forgetting.is_warned(account):
        return None
    return emails.account_unused(account, day_of(at))


def _assigned(waiting: OutboxMail) -> EmailMessage | None:
    """To the tutor, as long as the parcours is hers."""
    tutor, assigner = _open_account(waiting.account), _open_account(waiting.about)
    head = parcours.head(waiting.parcours or "")
    assigner = None if waiting.about == waiting.account else assigner
    return emails.assigned(tutor, assigner, head) if tutor and head.tutor == tutor.id else None
