"""What a reminder and a first question about the contacts say, written from what stands when they leave."""

from email.message import EmailMessage

from chalicelib import clock, emails
from chalicelib.domain import reminding
from chalicelib.domain.deposit import Deposit
from chalicelib.domain.link import Link
from chalicelib.domain.parcours import ContactRole
from chalicelib.domain.record import contact_of
from chalicelib.domain.transition import OutboxMail
from chalicelib.domain.values import Role
from chalicelib.stores import keys, parcours
from chalicelib.stories import accompanying, buyers
from chalicelib.stories.draws import draw


def reminder(waiting: OutboxMail, deposit: Deposit | None, link: Link | None) -> EmailMessage | None:
    """The same link again to its own recipient, or a word for dates; None when nobody is awaited any more."""
    head = parcours.head(waiting.parcours or "")
    if not reminding.awaits(head.status, head.step, head.setback):
        return None
    if waiting.version is None:
        asked = reminding.asked_for_dates(head, link, buyer=waiting.asks is Role.BUYER)
        sender = accompanying.accompanies(head, None)
        return emails.dates_asked(sender, head, asked) if asked and sender else None
    sender = accompanying.sends(head, link)
    if link is None or deposit is None or sender is None or link.version != waiting.version:
        return None
    if accompanying.is_teams(link.recipient):
        return None
    if not reminding.is_out(link, deposit, draw(clock.utc_now())):
        return None
    token = keys.link_token(link.token_message(link.version))
    return emails.reminder(sender, head, link, deposit, token)


def contact_check(waiting: OutboxMail) -> EmailMessage | None:
    """To the buyer with the page where she confirms, else to an address that has no page: the buyer's, the company's."""
    head = parcours.head(waiting.parcours or "")
    tutor = accompanying.accompanies(head, None)
    if tutor is None or head.tutor is None:
        return None
    buyer = buyers.account_of(head)
    if buyer is not None:
        return emails.contact_check(tutor, head, buyer.address, with_link=True)
    answers = contact_of(head.company, ContactRole.ANSWERS_TENDER)
    somebody = head.buyer_contact or answers or contact_of(head.company, ContactRole.WELCOMES)
    return emails.contact_check(tutor, head, somebody.address, with_link=False) if somebody else None
