"""The mails about a request on personal data: they leave at once, for nothing is kept of it."""

from email.message import EmailMessage

from chalicelib import config
from chalicelib.domain.retention import RightsRequest
from chalicelib.mails import letters, views
from chalicelib.mails.views import Exact
from chalicelib.words import codes


def build_rights_request(asked: RightsRequest) -> EmailMessage:
    """Build the mail to the data protection officer: what somebody asks about their data. Answers go to that person."""
    view = views.RightsRequestView(
        number=asked.number,
        kind_label=codes.RIGHT[asked.right],
        reference=asked.reference,
        who_label=codes.ASKER[asked.asker],
        reply_address=Exact(asked.reply_to),
        at=asked.at,
    )
    return letters.build_message(view, to=config.settings().dpo_address, reply_to=asked.reply_to)


def build_rights_receipt(asked: RightsRequest) -> EmailMessage:
    """Build the receipt to whoever asked, at the typed address: what left, and when. Answers go to the protection officer."""
    officer = config.settings().dpo_address
    view = views.RightsReceiptView(
        number=asked.number,
        kind_label=codes.RIGHT[asked.right],
        reference=asked.reference,
        address=Exact(officer),
        at=asked.at,
    )
    return letters.build_message(view, to=asked.reply_to, reply_to=officer)
