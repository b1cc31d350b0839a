"""Build every mail: sender and reply-to, and both bodies from their templates."""

import hashlib
import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from chalicelib import clock, config, french
from chalicelib.domain.documents import recipients
from chalicelib.domain.kernel import address
from chalicelib.domain.kernel.parcours import How, Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.mails import mime, plain
from chalicelib.templating import render
from chalicelib.words import codes

SERVICE_NAME = "Passe-plat"
LINKING = re.compile(r"(?<=\w)[.\u3002\uff0e\uff61](?=[^\W\d_]{2})|(?<=\bwww)\.|:(?=//)", re.IGNORECASE)
"""The signs by which mail programs know a link."""
JOINER = "\u2060"
"""A word joiner, which nobody sees, and which ends a link."""
OURS = frozenset({"url", "stop_url", "parcours_url", "sign_in_url", "site", "token"})
ADDRESSES = frozenset({"address", "recipient", "reply_address"})
"""Names under which templates find what is meant to be followed: our own links, addresses that were checked."""


class Exact(str):
    """A text whose links and addresses are meant to be followed: the code that makes it checks its parts."""

    __slots__ = ()


def presented(sender: Account) -> dict[str, str]:
    """The account in whose name a mail goes, for its last lines."""
    known = {"academie": sender.academie or "", "address": sender.address, "phone": sender.phone or ""}
    return introduced(sender) | known


def introduced(person: Account) -> dict[str, str]:
    """Somebody of whom a mail speaks."""
    return {"name": person.name, "function": person.function}


def shown(sender: Account) -> str:
    """The display name of a mail's sender: the person, the académie and the service, whose address it is."""
    name = f"{sender.name} ({french.academie(sender.academie)})" if sender.academie else sender.name
    return f"{name}, par {SERVICE_NAME}"


def greeted(parcours: Parcours, recipient: str) -> str:
    """The name that the record gives to this address; empty for anybody else, a colleague whom a recipient named included."""
    company = (one for one in parcours.company.contacts if one.origin and one.origin.how is not How.NAMED)
    named = (*company, *((parcours.buyer_contact,) if parcours.buyer_contact else ()))
    return next((one.name for one in named if recipients.is_same(one.address, recipient)), "")


def page_of(parcours: Parcours) -> str:
    """Address of the parcours' page."""
    return f"{config.public_base_url()}/parcours/{parcours.id}"


def unlinked(said: Any) -> Any:
    """Break every link in a mail's context, however deep, but ours and ``Exact`` ones.

    A company may be called « Booking.com », and a name may be older than the rule of names.
    """
    match said:
        case Exact():
            return str(said)
        case str():
            return LINKING.sub(lambda found: found[0] + JOINER, said)
        case dict():
            return {key: one if key in OURS | ADDRESSES else unlinked(one) for key, one in said.items()}
        case list() | tuple():
            return [unlinked(one) for one in said]
    return said


def _thread(message: EmailMessage, context: dict[str, Any]) -> None:
    """Put all mails of a passage into one conversation: they refer to one message that nobody ever sent.

    They cannot refer to one another: SES gives each an identity of its own, which is known after it left.
    """
    about = context.get("parcours")
    if isinstance(about, list) and len(about) == 1:
        about = about[0]
    if isinstance(about, dict) and about["reference"]:
        passage = hashlib.sha256(f"{config.public_host()}|{about['reference']}".encode()).hexdigest()[:32]
        message["References"] = f"<{passage}@{config.public_host()}>"


def message(
    name: str, *, to: str, from_name: str = SERVICE_NAME, reply_to: str | None = None, **context: object
) -> EmailMessage:
    """Render ``emails/<name>`` into a message with both bodies. Answers go to a person: of the support, if to nobody else."""
    context = unlinked(context)
    message = mime.new()
    message["From"] = Address(unlinked(from_name), addr_spec=address.wire(config.resource("MAIL_FROM")))
    message["To"] = address.wire(to)
    message["Reply-To"] = address.wire(reply_to or config.settings().support_address)
    message["Subject"] = render(f"emails/{name}/subject.txt", **context).strip()
    _thread(message, context)
    message["Date"] = format_datetime(clock.utc_now())
    message["Auto-Submitted"] = "auto-generated"
    html = render(f"emails/{name}/body.html", **context).strip() + "\n"
    message.set_content(plain.text_of(html), cte=mime.TEXT)
    message.add_alternative(html, subtype="html", cte=mime.TEXT)
    return message


def signed(name: str, sender: Account, parcours: Parcours, *, to: str, **context: object) -> EmailMessage:
    """Write a mail about a parcours in somebody's name, who gets the answers."""
    return message(
        name,
        to=to,
        from_name=shown(sender),
        reply_to=sender.address,
        sender=presented(sender),
        parcours=codes.market_facts(parcours),
        **context,
    )


def about(
    name: str,
    parcours: Parcours,
    *,
    to: str,
    who: dict[str, str] | None = None,
    reply_to: str | None = None,
    **context: object,
) -> EmailMessage:
    """Write a mail of the service about a parcours, with a button to its page unless ``parcours_url`` says otherwise.

    ``who``: the person whom it names as the one who gets the answers: name, address, telephone number.
    """
    context = {"parcours": codes.market_facts(parcours), "parcours_url": page_of(parcours), **context}
    answers = who["address"] if who else reply_to
    return message(name, to=to, from_name=SERVICE_NAME, reply_to=answers, who=who, **context)
