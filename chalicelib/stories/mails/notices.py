"""Write each waiting mail from the state at the moment it leaves: one function per kind.

A function answers None when there is nobody left to write to, or when what the mail says is no longer so.
"""

from collections.abc import Callable
from email.message import EmailMessage

from chalicelib.domain.kernel.transition import MailKind, OutboxMail
from chalicelib.stores.unit_of_work import UnitOfWork
from chalicelib.stories.mails import agents, links, meetings
from chalicelib.stories.mails.subject import Subject

WRITERS: dict[MailKind, Callable[[Subject], EmailMessage | None]] = {
    MailKind.REFUSAL_NOTICE: links.refused_document,
    MailKind.SENDING_NOTICE: links.sending_notice,
    MailKind.FAILURE_NOTICE: links.link_failed,
    MailKind.RETURN_NOTICE: links.link_returned,
    MailKind.UNSENT_NOTICE: links.unsent,
    MailKind.CONFIRMATION_NOTICE: links.link_answered,
    MailKind.UNREADABLE_NOTICE: links.link_answered,
    MailKind.CLOSED_NOTICE: links.link_answered,
    MailKind.REQUEST_NOTICE: links.link_answered,
    MailKind.MEETING_TOLD: links.link_answered,
    MailKind.EXPIRY_NOTICE: links.link_answered,
    MailKind.RESERVATION_WARNING: links.own_parcours,
    MailKind.RESERVATION_LAPSED: links.own_parcours,
    MailKind.PASSAGE_LAPSED: links.own_parcours,
    MailKind.END_TO_COMPANY: links.end_to_company,
    MailKind.END_TO_BUYER: links.end_to_buyer,
    MailKind.REMINDER: links.reminder,
    MailKind.CONTACT_CHECK: links.contact_check,
    MailKind.DECLINE_NOTICE: links.decline_notice,
    MailKind.DECLINE_TO_COMPANY: links.decline_to_company,
    MailKind.DECLINE_UNDONE: links.decline_notice,
    MailKind.COLLEAGUE_QUESTION: links.colleague_question,
    MailKind.SLOTS_NOTICE: meetings.slots,
    MailKind.OTHER_SLOTS: meetings.other_slots,
    MailKind.MEETING_INVITATION: meetings.meeting,
    MailKind.MEETING_CANCELLED: meetings.meeting,
    MailKind.EVE_REMINDER: meetings.meeting,
    MailKind.DIGEST: agents.digest,
    MailKind.CONTACTS_CHANGED: agents.contacts_changed,
    MailKind.INVITATION: agents.invitation,
    MailKind.HANDOVER: agents.handover,
    MailKind.ACCOUNT_UNUSED: agents.unused_account,
    MailKind.ASSIGNED: agents.assigned,
    MailKind.HANDED_AWAY: agents.handed_away,
    MailKind.WEEKLY_LETTER: agents.weekly_letter,
    MailKind.RIGHTS_WARNING: agents.rights_warning,
    MailKind.TAKINGS_STOPPED: agents.takings_stopped,
}
"""Every kind but the link and the sign-in code, which ``mailing`` sends in their own way."""


def write(work: UnitOfWork, waiting: OutboxMail) -> EmailMessage | None:
    """Write the message of one waiting mail; None when it is not to be sent any more."""
    return WRITERS[waiting.kind](Subject(waiting, work))


def is_overtaken(work: UnitOfWork, waiting: OutboxMail) -> bool:
    """Check whether a later mail about the same meeting says otherwise, so that nobody misses this one."""
    if WRITERS.get(waiting.kind) is not meetings.meeting:
        return False
    appointment = Subject(waiting, work).appointment
    return appointment is None or appointment.find_seat(waiting) is None
