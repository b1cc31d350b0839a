"""What every mail is made of: who it comes from, who answers, both bodies from their templates."""

import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from chalicelib import clock, config, french
from chalicelib.domain.parcours import Parcours
from chalicelib.domain.people import Account
from chalicelib.templating import render

SERVICE_NAME = "Passe-plat"
DOT = re.compile(r"(?<=\w)\.(?=[^\W\d_]{2})")
NO_LINK = ".\u2060"
"""A full stop and a word joiner, which nobody sees."""


def presented(sender: Account) -> dict[str, str]:
    """The person in whose name a mail goes, for its last lines."""
    return {"name": sender.name, "function": sender.function, "academie": sender.academie or ""}


def shown(sender: Account) -> str:
    """Her name as the mail's sender shows it, with her académie."""
    return f"{sender.name} ({french.academie(sender.academie)})" if sender.academie else sender.name


def page_of(parcours: Parcours) -> str:
    """Address of the parcours' page."""
    return f"{config.public_base_url()}/parcours/{parcours.id}"


def unlinked(record: dict[str, object]) -> dict[str, object]:
    """The facts of a record as a mail says them: a company may be called « exemple.fr », and no mail makes a link of it."""
    return {key: DOT.sub(NO_LINK, one) if isinstance(one, str) else one for key, one in record.items()}


def message(
    name: str, *, to: str, from_name: str = SERVICE_NAME, reply_to: str | None = None, **context: object
) -> EmailMessage:
    """Render ``emails/<name>`` into a message with both bodies."""
    if isinstance(record := context.get("parcours"), dict):
        context["parcours"] = unlinked(record)
    message = EmailMessage()
    message["From"] = Address(from_name, addr_spec=config.resource("MAIL_FROM"))
    message["To"] = to
    if reply_to:
        message["Reply-To"] = reply_to
    message["Subject"] = render(f"emails/{name}/subject.txt", **context).strip()
    message["Date"] = format_datetime(clock.utc_now())
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(render(f"emails/{name}/body.txt", **context).strip() + "\n")
    message.add_alternative(render(f"emails/{name}/body.html", **context), subtype="html")
    return message
