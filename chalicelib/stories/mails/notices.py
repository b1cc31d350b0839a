"""Write each waiting mail from the state at the moment it leaves: one function per kind.

A function answers None when there is nobody left to write to, or when what the mail says is no longer so.
"""

from collections.abc import Callable
from email.message import EmailMessage

from chalicelib.domain.kernel.transition import MailKind, OutboxMail
from chalicelib.stores.unit_of_work import UnitOfWork
from chalicelib.stories.mails import agents, links, meetings, rights
from chalicelib.stories.mails.subject import Subject

WRITERS: dict[MailKind, Callable[[Subject], EmailMessage | None]] = {
    MailKind.REFUSAL_NOTICE: links.build_refused_document,
    MailKind.SENDING_NOTICE: links.build_sending_notice,
    MailKind.FAILURE_NOTICE: links.build_link_failed,
    MailKind.RETURN_NOTICE: links.build_link_returned,
    MailKind.UNSENT_NOTICE: links.build_unsent,
    MailKind.LINK_ANSWERED: links.build_link_answered,
    MailKind.EXPIRY_NOTICE: links.build_erased,
    MailKind.RESERVATION_WARNING: links.build_reservation_warning,
    MailKind.OFFER_REPORTED: links.build_offer_reported,
    MailKind.PASSAGE_ENDED: links.build_passage_ended,
    MailKind.END_TO_COMPANY: links.build_end_to_company,
    MailKind.END_TO_BUYER: links.build_end_to_buyer,
    MailKind.REMINDER: links.build_reminder,
    MailKind.CONTACT_CHECK: links.build_contact_check,
    MailKind.DECLINE_NOTICE: links.build_decline,
    MailKind.DECLINE_UNDONE: links.build_decline_notice,
    MailKind.COLLEAGUE_QUESTION: links.build_colleague_question,
    MailKind.SLOTS_NOTICE: meetings.build_slots,
    MailKind.OTHER_SLOTS: meetings.build_other_slots,
    MailKind.MEETING_INVITATION: meetings.build_meeting,
    MailKind.MEETING_CANCELLED: meetings.build_meeting,
    MailKind.EVE_REMINDER: meetings.build_meeting,
    MailKind.DIGEST: agents.build_digest,
    MailKind.CONTACTS_CHANGED: agents.build_contacts_changed,
    MailKind.INVITATION: agents.build_invitation,
    MailKind.ACCOUNT_UNUSED: agents.build_unused_account,
    MailKind.YOUNG_SPOKE: links.build_young_spoke,
    MailKind.PASSAGE_RESUMED: links.build_passage_resumed,
    MailKind.ASSIGNED: agents.build_assigned,
    MailKind.HANDED_AWAY: agents.build_handed_away,
    MailKind.RIGHTS_REQUEST: rights.build_rights_request,
    MailKind.REQUEST_SETTLED: rights.build_request_settled,
    MailKind.TAKINGS_STOPPED: agents.build_takings_stopped,
    MailKind.ABSENCE: agents.build_absence,
    MailKind.ENTRANCE_CHANGED: agents.build_entrance_changed,
    MailKind.LOST_MESSAGE: links.build_lost_message,
}
"""Every kind that is written but the link, the sign-in code and the SMS, which ``mailing`` sends in their own way."""


def write(work: UnitOfWork, waiting: OutboxMail) -> EmailMessage | None:
    """Write the message of one waiting mail; None when it is not to be sent any more, or no mail may go to its reader."""
    subject = Subject(waiting, work)
    message = WRITERS[waiting.kind](subject)
    return None if message is None or subject.is_unwanted(message) else message


def is_overtaken(work: UnitOfWork, waiting: OutboxMail) -> bool:
    """Check whether a later mail about the same meeting says otherwise, so that nobody misses this one."""
    if WRITERS.get(waiting.kind) is not meetings.build_meeting:
        return False
    appointment = Subject(waiting, work).appointment
    return appointment is None or appointment.find_seat(waiting) is None
