"""A request about personal data goes to the data protection officer.

It is stored nowhere, the outbox included: the web function hands it over to the mailer and waits until the mail is accepted.
When it is not, whoever asks is told so, and has everything still before her.
"""

from datetime import datetime, timedelta

from chalicelib import clock, emails
from chalicelib.domain import address
from chalicelib.domain.rights import RightsRequest
from chalicelib.errors import TooMany
from chalicelib.stores import functions, mail, relay
from chalicelib.stories import sources

MOST_OF_ONE_ADDRESS = 5
MOST_OF_ONE_SOURCE = 20
"""Requests in an hour: a school asks for its pupils behind one address; nobody's requests count against somebody else's."""


def ask(asked: RightsRequest, *, source_ip: str, now: datetime) -> None:
    """Have it mailed, before this returns.

    Raises:
        TooMany: this address, or this source, asked too often in this hour.
        TryAgain: the mail did not leave; nothing was kept.
    """
    within = [
        (sources.source_hash(source_ip, now), MOST_OF_ONE_SOURCE),
        (address.digest(asked.reply_to), MOST_OF_ONE_ADDRESS),
    ]
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
