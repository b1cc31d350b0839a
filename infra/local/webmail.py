"""The pages of the mail server: a list, newest first, one page per mail, and every message with sample data. No script."""

import re
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

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
    """One mail: headers, text with its links, and its HTML in a frame."""
    headers = [
        (label, str(mail.message[name])) for name, label in SHOWN.items() if mail.message[name] is not None
    ]
    return _pages.get_template("mail.html").render(
        mail=mail,
        headers=headers,
        hour=_hour,
        text=with_links(mail.body("plain")),
        has_html=bool(mail.body("html")),
    )


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
