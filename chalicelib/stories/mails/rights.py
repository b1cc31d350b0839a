"""The mail about a request on personal data, to the data protection officer."""

from email.message import EmailMessage

from chalicelib import config
from chalicelib.domain.kernel.attempt import Attempt
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.mails import letters, views
from chalicelib.mails.views import Exact
from chalicelib.stories.mails.subject import Subject
from chalicelib.words import codes


def build_rights_request(subject: Subject) -> EmailMessage | None:
    """Build the mail to the data protection officer: what somebody asks about their data. Answers go to that person.

    None once the request is answered, or another message about it was queued.
    """
    request = subject.request
    if request is None or request.reply_to is None or subject.mail.version != request.sending:
        return None
    view = views.RightsRequestView(
        source="",
        number=request.number,
        kind_label=codes.RIGHT[request.right],
        reference=request.reference,
        correction=request.correction,
        who_label=codes.ASKER[request.asker],
        reply_address=Exact(request.reply_to),
        at=request.at,
        due_on=day_of(request.due_at),
        again=request.sending > 1,
    )
    return letters.build_message(view, to=config.settings().dpo_address, reply_to=request.reply_to)


def build_request_settled(subject: Subject) -> EmailMessage | None:
    """Build the mail to the data protection officer on what came of a young person's request: it goes on, or ended."""
    mail = subject.mail
    passage = subject.work.get(Attempt, mail.parcours, mail.attempt)
    if passage is None:
        return None
    goes_on = mail.fact is EventKind.DATA_REQUEST_DISCUSSED
    view = views.RequestSettledView(
        source="", reference=passage.reference, at=mail.created_at, goes_on=goes_on
    )
    return letters.build_message(view, to=config.settings().dpo_address)
