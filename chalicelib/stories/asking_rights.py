"""A request about personal data goes to the data protection officer.

It is stored nowhere, the outbox included: the web function hands it over to the mailer and waits until the mail is accepted.
When it is not, whoever asks is told so, and has everything still before her.
"""

from datetime import datetime

from chalicelib import clock, emails
from chalicelib.domain.rights import RightsRequest
from chalicelib.stores import functions, mail
from chalicelib.stories import quotas


def ask(asked: RightsRequest, *, source_ip: str, now: datetime) -> None:
    """Have it mailed, before this returns.

    Raises:
        TooMany: this address, or this source, asked too often in this hour.
        TryAgain: the mail did not leave; nothing was kept.
    """
    quotas.count_rights_request(asked.reply_to, source_ip, now)
    functions.mail_rights_request(asked.model_dump(mode="json"))


def send(given: dict[str, str]) -> None:
    """In the mailer: write the message and send it.

    Raises:
        TryAgain, mail.Unanswered, mail.Refused: it was not accepted, as far as is known.
    """
    now = clock.utc_now()
    message = emails.rights_request(RightsRequest.model_validate(given), now)
    mail.send(message, key=f"rights|{given['reference']}|{now.isoformat()}")
