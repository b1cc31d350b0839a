"""Build every mail: sender and reply-to, the HTML from its template, the text from the HTML."""

import hashlib
import re
from dataclasses import fields, is_dataclass, replace
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from chalicelib import clock, config, french
from chalicelib.domain.documents import recipients
from chalicelib.domain.kernel import address
from chalicelib.domain.kernel.parcours import Contact, How, Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.mails import mime, plain
from chalicelib.mails.views import Agent, Exact, Person, SignedView, View
from chalicelib.templating import render

SERVICE_NAME = "Passe-plat"
LINKING = re.compile(r"(?<=\w)[.\u3002\uff0e\uff61](?=[^\W\d_]{2})|(?<=\bwww)\.|:(?=//)", re.IGNORECASE)
"""The signs by which mail programs know a link."""
JOINER = "\u2060"
"""A word joiner, which nobody sees, and which ends a link."""


def build_agent(account: Account) -> Agent:
    """The holder of an account, as mails name that person."""
    return Agent(
        name=account.name,
        address=Exact(account.address),
        phone=account.phone or "",
        function=account.function,
        academie=account.academie or "",
    )


def build_person(somebody: Account | Contact, at: str = "") -> Person:
    """Somebody, as mails name that person. ``at``: another spelling of the address."""
    return Person(somebody.name, Exact(at or somebody.address), somebody.phone or "")


def format_sender_name(sender: Account | Agent) -> str:
    """The display name of a mail's sender: the person, the académie and the service, whose address it is."""
    name = f"{sender.name} ({french.academie(sender.academie)})" if sender.academie else sender.name
    return f"{name}, par {SERVICE_NAME}"


def find_name(parcours: Parcours, recipient: str) -> str:
    """The name that the record gives to this address; empty for anybody else, a colleague whom a recipient named included."""
    company = (
        contact
        for contact in parcours.company.contacts
        if contact.origin and contact.origin.how is not How.NAMED
    )
    named = (*company, *((parcours.buyer_contact,) if parcours.buyer_contact else ()))
    return next((contact.name for contact in named if recipients.is_same(contact.address, recipient)), "")


def build_url(path: str) -> Exact:
    """The address of a page of ours."""
    return Exact(f"{config.public_base_url()}{path}")


def build_parcours_url(parcours: Parcours) -> Exact:
    """The address of the parcours' page."""
    return build_url(f"/parcours/{parcours.id}")


def break_links(said: Any) -> Any:
    """Break every link in what a mail shows, however deep, but ``Exact`` ones.

    A company may be called « Booking.com », and a name may be older than the rule of names.
    """
    match said:
        case Exact():
            return said
        case str():
            return LINKING.sub(lambda sign: sign[0] + JOINER, said)
        case tuple():
            return tuple(map(break_links, said))
    if is_dataclass(said) and not isinstance(said, type):
        return replace(said, **{field.name: break_links(getattr(said, field.name)) for field in fields(said)})
    return said


def build_message(
    view: View, *, to: str, from_name: str = SERVICE_NAME, reply_to: str | None = None
) -> EmailMessage:
    """Render a view into a message with both bodies. Answers go to a person: of the support, if to nobody else.

    All mails of a passage are one conversation: they refer to one message that nobody ever sent. They cannot refer to one
    another: SES gives each an identity of its own, which is known after it left.
    """
    message = mime.new_message()
    message["From"] = Address(break_links(from_name), addr_spec=address.wire(config.resource("MAIL_FROM")))
    message["To"] = address.wire(to)
    message["Reply-To"] = address.wire(reply_to or config.settings().support_address)
    message["Subject"] = render_part(view, "subject.txt")
    if view.passage:
        about = hashlib.sha256(f"{config.public_host()}|{view.passage}".encode()).hexdigest()[:32]
        message["References"] = f"<{about}@{config.public_host()}>"
    message["Date"] = format_datetime(clock.utc_now())
    message["Auto-Submitted"] = "auto-generated"
    html = render_part(view, "body.html") + "\n"
    message.set_content(plain.extract_text(html), cte=mime.TEXT)
    message.add_alternative(html, subtype="html", cte=mime.TEXT)
    return message


def render_part(view: View, part: str) -> str:
    """Render the ``subject.txt`` or ``body.html`` of a view."""
    return render(f"emails/{view.template}/{part}", break_links(view)).strip()


def build_signed_message(view: SignedView, *, to: str) -> EmailMessage:
    """Write a mail in somebody's name, who gets the answers."""
    return build_message(view, to=to, from_name=format_sender_name(view.sender), reply_to=view.sender.address)
