"""The pages of the mail server: a list, newest first, one page per mail, and every message with sample data. No script."""

import re
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from icalendar import Calendar
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from infra.local import mail_gallery

if TYPE_CHECKING:
    from infra.local.mailbox import Mail

HERE = Path(__file__).parent
STYLE = (HERE / "webmail.css").read_bytes()
PARIS = ZoneInfo("Europe/Paris")
# What ends an address in running text is not part of it.
ADDRESS = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)»’]")

METHODS = {"REQUEST": "invitation (REQUEST)", "CANCEL": "annulation (CANCEL)"}
FACTS = {
    "SUMMARY": "Quoi",
    "LOCATION": "Où",
    "DESCRIPTION": "Description",
    "ORGANIZER": "Organisateur",
    "SEQUENCE": "Version",
    "STATUS": "État",
    "UID": "Identifiant",
}
SHOWN = {"From": "De", "To": "À", "Reply-To": "Répondre à", "Subject": "Objet"}

HEADERS = [
    ("Cache-Control", "no-store"),
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'self'; frame-src 'self'; frame-ancestors 'none'",
    ),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
]
# A mail's own HTML: inline styles as mails have, no script, no image from elsewhere, links in a new tab.
HTML_HEADERS = [
    ("Content-Type", "text/html; charset=utf-8"),
    ("Cache-Control", "no-store"),
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "
        "sandbox allow-popups allow-popups-to-escape-sandbox",
    ),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
]

_pages = Environment(
    loader=FileSystemLoader(HERE / "pages"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


def listing(mails: "list[Mail]") -> str:
    """The list of all mails, newest first; it reloads by itself."""
    return _pages.get_template("list.html").render(mails=mails[::-1], hour=_hour)


def one(mail: "Mail") -> str:
    """One mail: its headers as they are read, its HTML in a frame, its text with its links, its invitation, its parts."""
    return _pages.get_template("mail.html").render(
        mail=mail,
        headers=[(label, mail.headers[name]) for name, label in SHOWN.items() if name in mail.headers],
        others=[pair for pair in mail.headers.items() if pair[0] not in SHOWN],
        parts=[
            (part.get_content_type(), part.get_filename() or "", part["Content-Transfer-Encoding"] or "")
            for part in mail.message.walk()
            if not part.is_multipart()
        ],
        invitation=_invitation(mail.body("calendar")),
        hour=_hour,
        text=with_links(mail.body("plain")),
        has_html=bool(mail.body("html")),
    )


def _invitation(text: str) -> dict[str, object] | None:
    """What a calendar is asked to do; None: nothing."""
    if not text:
        return None
    calendar = Calendar.from_ical(text)
    (event,) = calendar.events
    facts = [
        (label, str(event.get(name)))
        for name, label in FACTS.items()
        if event.get(name) is not None and str(event.get(name))
    ]
    start, end = event.decoded("dtstart"), event.decoded("dtend")
    when = f"{start:%d/%m/%Y %H:%M} – {end:%H:%M} ({start.tzinfo})"
    return {
        "method": METHODS.get(str(calendar["METHOD"]), str(calendar["METHOD"])),
        "facts": [("Quand", when), *facts],
        "people": [
            f"{one.params.get('CN', '')} <{str(one).removeprefix('mailto:')}>" for one in event.attendees
        ],
        "source": text,
    }


def missing() -> str:
    """The page of a mail that does not exist."""
    return _pages.get_template("missing.html").render()


def as_sent(mail: "Mail") -> str:
    """A mail's HTML as it was sent; its links open in a new tab, as a webmail's do."""
    return _in_frame(mail.body("html"))


def gallery() -> str:
    """Every message that Passe-plat can send, with sample data: text and HTML side by side, as wide as a phone."""
    shown = [
        {
            "name": name,
            "subject": mail_gallery.part(message, "subject.txt").strip(),
            "text": with_links(mail_gallery.part(message, "body.txt").strip()),
        }
        for name, message in mail_gallery.messages().items()
    ]
    return _pages.get_template("models.html").render(models=shown)


def model(name: str) -> str | None:
    """The HTML of one of them; None: there is none of this name."""
    message = mail_gallery.messages().get(name)
    return _in_frame(mail_gallery.part(message, "body.html")) if message else None


def _in_frame(html: str) -> str:
    return f'<!doctype html><base target="_blank">{html}'


def with_links(text: str) -> Markup:
    """Plain text as HTML: everything escaped, addresses made links."""
    pieces, end = [], 0
    for found in ADDRESS.finditer(text):
        link = Markup('<a href="{0}" target="_blank" rel="noopener noreferrer">{0}</a>').format(found[0])
        pieces += [escape(text[end : found.start()]), link]
        end = found.end()
    return Markup("").join([*pieces, escape(text[end:])])


def _hour(mail: "Mail") -> str:
    return mail.sent_at.astimezone(PARIS).strftime("%H:%M:%S")
