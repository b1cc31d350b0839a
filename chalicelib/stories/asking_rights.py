"""A request about personal data goes to the data protection officer.

It is stored nowhere, the outbox included: the web function hands it over to the mailer and waits until the mail is accepted.
When it is not, whoever asks is told so, and has everything still before her.
"""

import hashlib
from datetime import datetime, timedelta

from chalicelib import clock, emails
from chalicelib.domain import address
from chalicelib.domain.rights import RightsRequest
from chalicelib.errors import TooMany
from chalicelib.stores import functions, mail, relay

MOST_OF_ONE_ADDRESS = 5
MOST_OF_ALL = 60
"""Requests in an hour: far more than ever come, too few to bury the officer's mailbox."""


def ask(asked: RightsRequest, *, now: datetime) -> None:
    """Have it mailed, before this returns.

    Raises:
        TooMany: this address, or everybody together, asked too often in this hour.
        TryAgain: the mail did not leave; nothing was kept.
    """
    within = [(address.digest(asked.reply_to), MOST_OF_ONE_ADDRESS), (_digest("all"), MOST_OF_ALL)]
    hour = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    for about, most in within:
        window = now.strftime("%Y-%m-%dT%H")
        if not relay.count_within("rights", about, window, most=most, expires_at=hour):
            raise TooMany(int((hour - now).total_seconds()) + 1)
    functions.mail_rights_request(asked.model_dump(mode="json"))


def send(given: dict[str, str]) -> None:
    """In the mailer: write the message and send it.

    Raises:
        TryAgain: it was not accepted.
    """
    mail.send(emails.rights_request(RightsRequest.model_validate(given), clock.utc_now()))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
