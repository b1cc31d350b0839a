"""What the mails that follow a sending say: each is written from what stands when it leaves."""

from email.message import EmailMessage

from chalicelib import config, emails
from chalicelib.domain.deposit import Deposit
from chalicelib.domain.link import Link
from chalicelib.domain.people import Account
from chalicelib.domain.transition import MailKind, OutboxMail
from chalicelib.stores import parcours, relay
from chalicelib.stories import answer_notices, buyers, meeting_notices, reminders


def write(waiting: OutboxMail) -> EmailMessage | None:
    """The message of one waiting notice; None when there is nobody left to tell, or nothing left to say."""
    deposit = relay.deposit(waiting.deposit) if waiting.deposit else None
    link = relay.link(waiting.link) if waiting.link else None
    match waiting.kind:
        case MailKind.REFUSAL_NOTICE:
            return _refusal(waiting)
        case MailKind.SENDING_NOTICE | MailKind.FAILURE_NOTICE:
            return _sending(waiting.kind, deposit, link)
        case MailKind.END_TO_COMPANY:
            return _end_to_company(waiting, link)
        case MailKind.END_TO_BUYER:
            return _end_to_buyer(waiting)
        case MailKind.REMINDER:
            return reminders.reminder(waiting, deposit, link)
        case MailKind.CONTACT_CHECK:
            return reminders.contact_check(waiting)
        case MailKind.RESERVATION_WARNING | MailKind.RESERVATION_LAPSED:
            owner = _open_account(waiting.account)
            head = parcours.head(waiting.parcours or "")
            return emails.reservation(waiting.kind, owner, head) if owner else None
        case MailKind.INVITATION:
            invited = _open_account(waiting.account)
            return emails.invitation(invited, _open_account(waiting.about)) if invited else None
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
        case _:
            return _follow_up(waiting.kind, link)


def _refusal(waiting: OutboxMail) -> EmailMessage | None:
    """Whom it concerns and why stand in the mail itself: the deposit may be reduced already."""
    owner = _open_account(waiting.account)
    about = relay.deposit(waiting.deposit or "")
    if owner is None or about is None or waiting.document is None or waiting.reason is None:
        return None
    return emails.refusal_notice(owner, parcours.head(about.parcours), waiting.document, waiting.reason)


def _sending(kind: MailKind, deposit: Deposit | None, link: Link | None) -> EmailMessage | None:
    owner = _open_account(link.sender) if link else None
    if deposit is None or link is None or owner is None or not link.recipient:
        return None
    tell = emails.sending_notice if kind is MailKind.SENDING_NOTICE else emails.failure_notice
    return tell(owner, parcours.head(link.parcours), link, deposit)


def _follow_up(kind: MailKind, link: Link | None) -> EmailMessage | None:
    owner = _open_account(link.sender) if link else None
    if link is None or owner is None:
        return None
    if kind is MailKind.CONFIRMATION_NOTICE and not config.settings().confirmation_notice:
        return None
    return emails.follow_up(kind, owner, parcours.head(link.parcours))


def _end_to_company(waiting: OutboxMail, link: Link | None) -> EmailMessage | None:
    sender = _open_account(link.sender) if link else None
    if link is None or sender is None or not link.recipient:
        return None
    deposit = relay.deposit(link.deposit)
    return emails.end_to_company(sender, parcours.head(link.parcours), link, deposit.kinds if deposit else ())


def _end_to_buyer(waiting: OutboxMail) -> EmailMessage | None:
    """Whoever followed it when it ended, else the contact of the record, who has no page without an account."""
    head = parcours.head(waiting.parcours or "")
    buyer = _open_account(waiting.account) or buyers.account_of(head)
    somebody = buyer or head.buyer_contact
    return emails.end_to_buyer(head, somebody.address, with_link=buyer is not None) if somebody else None


def _handover(waiting: OutboxMail) -> EmailMessage | None:
    successor = _open_account(waiting.account)
    leaving = parcours.account(waiting.about) if waiting.about else None
    return emails.handover(successor, leaving) if successor and leaving else None


def _assigned(waiting: OutboxMail) -> EmailMessage | None:
    """To the tutor, as long as the parcours is hers."""
    tutor, assigner = _open_account(waiting.account), _open_account(waiting.about)
    head = parcours.head(waiting.parcours or "")
    return emails.assigned(tutor, assigner, head) if tutor and head.tutor == tutor.id else None


def _open_account(identifier: str | None) -> Account | None:
    """A closed account is told nothing any more."""
    found = parcours.account(identifier) if identifier else None
    return found if found is not None and found.closed_at is None else None
