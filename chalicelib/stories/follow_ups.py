"""What is told of a link that is out, as it stands when the mail leaves: what happened, and whose turn it is."""

from email.message import EmailMessage

from chalicelib import clock, config, emails
from chalicelib.domain import notices
from chalicelib.domain.deposit import Deposit
from chalicelib.domain.link import Link
from chalicelib.domain.transition import MailKind, OutboxMail
from chalicelib.domain.values import Role
from chalicelib.stores import parcours
from chalicelib.stories import accompanying


def about_link(waiting: OutboxMail, deposit: Deposit | None, link: Link | None) -> EmailMessage | None:
    """To whoever accompanies, or to another sender of the link (``to``: ``COORDINATOR``); None: nobody is to be told."""
    if link is None or (
        waiting.kind is MailKind.CONFIRMATION_NOTICE and not config.settings().confirmation_notice
    ):
        return None
    head = parcours.head(link.parcours)
    told = accompanying.told(waiting, head, link)
    happened = notices.occasion(waiting.kind, deposit, link, head, clock.utc_now())
    if told is None or happened is None:
        return None
    return emails.follow_up(happened, told, head, sender_too=waiting.to is Role.COORDINATOR)
