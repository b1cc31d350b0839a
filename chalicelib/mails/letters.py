"""Build every mail: sender and reply-to, the HTML from its template, the text from the HTML."""

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
from chalicelib.domain.kernel.texts import hash_text
from chalicelib.mails import mime, plain
from chalicelib.mails.views import Agent, Exact, Person, SignedView, View
from chalicelib.templating import render

SERVICE_NAME = "Passe-plat"
LINKING = re.compile(r"(?<=\w)[.\u3002\uff0e\uff61](?=[^\W\d_]{2})|(?<=\bwww)\.|:(?=//)", re.IGNORECASE)
"""The signs by which mail programs know a link."""
JOINER = "\u2060"
"""A word joiner, which nobody sees, and which ends a link."""


def build_agent(account: Account) -> Agent:
    """Return the agent of an account, as mails show one."""
    return Agent(
        name=account.name,
        address=Exact(account.address),
        phone=account.phone or "",
        function=account.function,
        academie=account.academie or "",
    )


def build_person(somebody: Account | Contact, at: str = "") -> Person:
    """Return a person as mails show one. ``at``: another spelling of the address."""
    return Person(somebody.name, Exact(at or somebody.address), somebody.phone or "")


def format_sender_name(sender: Account | Agent) -> str:
    """Return the display name of the sender: the person, the académie and the service, which owns the address."""
    name = f"{sender.name} ({french.academie(sender.academie)})" if sender.academie else sender.name
    return f"{name}, par {SERVICE_NAME}"


def describe_actor(actor: Account) -> str:
    """Return who acted, as a mail about it says it: « L’équipe », « Claire Roux (coordinatrice) »."""
    return "L’équipe" if actor.is_team else f"{actor.name} ({actor.function})"


def format_signature_name(sender: Agent, done_by: str) -> str:
    """Return the display name of a mail: of who acted (``done_by``), else of the ``sender``."""
    return f"{done_by}, par {SERVICE_NAME}" if done_by else format_sender_name(sender)


def find_name(parcours: Parcours, recipient: str) -> str:
    """Return the name that the record has for this address; empty where it has none, or a recipient typed it."""
    company = (
        contact
        for contact in parcours.company.contacts
        if contact.origin and contact.origin.how is not How.NAMED
    )
    named = (*company, *((parcours.buyer_contact,) if parcours.buyer_contact else ()))
    return next((contact.name for contact in named if recipients.is_same(contact.address, recipient)), "")


def build_url(path: str) -> Exact:
    """Return the address of a page of ours."""
    return Exact(f"{config.public_base_url()}{path}")


def build_parcours_url(parcours: Parcours) -> Exact:
    """Return the address of the page of a parcours."""
    return build_url(f"/parcours/{parcours.id}")


def break_links(value: Any) -> Any:
    """Return what a mail shows with every text changed so that mail programs make no link of it, except ``Exact`` ones.

    A company may be called « Booking.com », and a name may be older than the rule of names.
    """
    match value:
        case Exact():
            return value
        case str():
            return LINKING.sub(lambda sign: sign[0] + JOINER, value)
        case tuple():
            return tuple(map(break_links, value))
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value, **{field.name: break_links(getattr(value, field.name)) for field in fields(value)}
        )
    return value


def build_message(
    view: View, *, to: str, from_name: str = SERVICE_NAME, reply_to: str | None = None
) -> EmailMessage:
    """Render a view into a message with a text and an HTML body. Without ``reply_to`` answers go to the support.

    The mails of a passage refer to one message that was never sent, and so form one conversation. They cannot refer to one
    another: SES gives each an id that is known only after it left.
    """
    message = mime.build_empty_message()
    message["From"] = Address(
        break_links(from_name), addr_spec=address.encode_domain(config.resource("MAIL_FROM"))
    )
    message["To"] = address.encode_domain(to)
    message["Reply-To"] = address.encode_domain(reply_to or config.settings().support_address)
    message["Subject"] = render_part(view, "subject.txt")
    if view.passage:
        about = hash_text(f"{config.public_host()}|{view.passage}")[:32]
        message["References"] = f"<{about}@{config.public_host()}>"
    message["Date"] = format_datetime(clock.utc_now())
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(render_text(view), cte=mime.TEXT)
    message.add_alternative(render_part(view, "body.html") + "\n", subtype="html", cte=mime.TEXT)
    return message


def render_part(view: View, part: str) -> str:
    """Render the ``subject.txt`` or ``body.html`` of a view."""
    return render(f"emails/{view.template}/{part}", break_links(view)).strip()


def render_text(view: View) -> str:
    """Render the text of a mail, as it is read without HTML."""
    return plain.extract_text(render_part(view, "body.html"))


def build_signed_message(view: SignedView, *, to: str) -> EmailMessage:
    """Render a view into a message in the name of who acted; answers go to its ``sender``."""
    name = format_signature_name(view.sender, view.done_by)
    return build_message(view, to=to, from_name=name, reply_to=view.sender.address)
