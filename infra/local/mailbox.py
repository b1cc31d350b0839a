"""The mails that were « sent », on a page of their own: http://127.0.0.1:MAIL_PORT/, another site for the browser.

Functions send their mails to this server, which passes each to the emulator and keeps it as it left, headers included,
when the emulator accepts it and SES would. So the page shows what a recipient would get, and no refused mail. A second page
shows every message that Passe-plat can send, with sample data. No page has a script.
"""

import base64
import email
import email.policy
import http.client
import json
import re
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import getaddresses, parsedate_to_datetime
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from icalendar import Calendar
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from chalicelib import french
from chalicelib.mails.letters import render_part
from chalicelib.stores.functions import MAIL_TAG
from infra.local.cloud import LOOPBACK
from infra.local.mail_samples import every_message, text_of
from infra.local.reports import REPORTS, Event, Posted
from infra.local.server import Handler, Server, forward

SEND_PATH = "/v2/email/outbound-emails"
STOP_PATH = "/sms/stop"
OPTED_OUT = (
    "<CheckIfPhoneNumberIsOptedOutResponse><CheckIfPhoneNumberIsOptedOutResult><isOptedOut>{}</isOptedOut>"
    "</CheckIfPhoneNumberIsOptedOutResult></CheckIfPhoneNumberIsOptedOutResponse>"
)
"""What SNS answers; the emulator does not know the call."""
PAGE = re.compile(r"/mail/([0-9]{1,6})(/html|/source)?")
REPORT = re.compile(r"/mail/([0-9]{1,6})/avis")
MOST_OF_A_FORM = 100
MODEL = re.compile(r"/modeles/([a-z-]{1,60})/html")
HERE = Path(__file__).parent
STYLE = (HERE / "webmail.css").read_bytes()
PARIS = ZoneInfo("Europe/Paris")
MOVED = timedelta(minutes=5)
"""A mail that says another time than this was written by a clock that was moved."""


@dataclass(frozen=True)
class Mail:
    """One mail, as it left."""

    number: int
    """1 for the first."""
    sent_at: datetime
    recipients: tuple[str, ...]
    """The addresses it went to, whatever its « To » says."""
    raw: bytes
    tag: str | None = None
    """The tag by which its reports name it."""
    reported: list[str] = field(default_factory=list)
    """What was pretended to become of it, in order."""

    @cached_property
    def message(self) -> EmailMessage:
        """The mail, parsed, with the line feeds of this machine."""
        return email.message_from_bytes(
            self.raw.replace(b"\r\n", b"\n"), _class=EmailMessage, policy=email.policy.default
        )

    @cached_property
    def headers(self) -> dict[str, str]:
        """The mail's headers by name, as mail programs read them: Python's newer parser would put spaces into long names."""
        compatible = email.message_from_bytes(self.raw, policy=email.policy.compat32)
        return {name: str(make_header(decode_header(value))) for name, value in compatible.items()}

    @property
    def said_at(self) -> datetime:
        """When it was written, as it says."""
        said = self.headers.get("Date")
        return parsedate_to_datetime(said) if said else self.sent_at

    def body(self, kind: str) -> str:
        """Return the first text part of this kind, ``plain``, ``html`` or ``calendar``; empty when there is none."""
        parts = (part for part in self.message.walk() if part.get_content_type() == f"text/{kind}")
        part = next(parts, None)
        return "" if part is None else str(part.get_content())


@dataclass(frozen=True)
class Sms:
    """One SMS, as it left."""

    sent_at: datetime
    number: str
    text: str


# ---- What SES refuses of a mail and the emulator takes -------------------------------------------------------------
# Source: SES developer guide, « Quotas », « Header fields », « RawMessage ». An 8-bit part is refused here though SES takes it:
# SES rewrites such a part after signing it, and DKIM fails at the recipient's.
MOST_BYTES = 40 * 1024 * 1024
MOST_RECIPIENTS = 50
MOST_LINE = 998
ONCE = frozenset(
    {
        "auto-submitted", "content-transfer-encoding", "content-type", "date", "from", "in-reply-to", "message-id",
        "mime-version", "references", "reply-to", "return-path", "sender", "subject",
    }
)  # fmt: skip
"""Headers that may appear once, of those that a mail of ours could have."""
PARAMETERS = ("FromEmailAddress", "FeedbackForwardingEmailAddress")
LISTS = ("ToAddresses", "CcAddresses", "BccAddresses")


def recipients_of(asked: dict[str, Any]) -> list[str]:
    """Return the addresses to which the ``SendEmail`` request sends the mail, whatever the message's headers say."""
    destination = asked.get("Destination", {})
    return [address for name in LISTS for address in destination.get(name, [])]


def refusal_of(asked: dict[str, Any]) -> str | None:
    """Return why SES would refuse this ``SendEmail`` request with a raw message; None when it accepts it.

    The sender's identity is not checked here: the emulator checks it.
    """
    raw = base64.b64decode(asked["Content"]["Raw"]["Data"])
    to = recipients_of(asked)
    given = [*(str(asked.get(name, "")) for name in PARAMETERS), *asked.get("ReplyToAddresses", []), *to]
    if not all(field.isascii() for field in given):
        return "Domain contains illegal character"
    if not to:
        return "No recipients were specified"
    if len(to) > MOST_RECIPIENTS:
        return f"Recipient count exceeds {MOST_RECIPIENTS}."
    if len(raw) > MOST_BYTES:
        return f"Message length is more than {MOST_BYTES} bytes long: '{len(raw)}'."
    return refusal_of_message(raw)


def refusal_of_message(raw: bytes) -> str | None:
    """Return why SES would refuse this raw message, whatever else the request says; None when it accepts it."""
    head, _, _ = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    if not head.isascii():
        return "Header contains a character that is not ASCII"
    if any(len(line.rstrip(b"\r")) > MOST_LINE for line in raw.split(b"\n")):
        return f"A line is longer than {MOST_LINE} characters"
    message = email.message_from_bytes(raw)
    times = Counter(name.lower() for name in message.keys())  # noqa: SIM118 - a repeated header counts twice
    twice = sorted(name for name in ONCE if times[name] > 1)
    if twice:
        return f"Duplicate header '{twice[0]}'."
    if not any(address for _, address in getaddresses(message.get_all("From", []))):
        return "Missing final '@domain'"
    if not raw.isascii() or any(_is_wide(part) for part in message.walk()):
        return "A part is not encoded in 7 bits"
    return None


def _is_wide(part: Any) -> bool:
    """Return whether a part of a message declares an encoding that needs more than 7 bits (8bit or binary)."""
    return str(part.get("Content-Transfer-Encoding", "7bit")).lower() in {"8bit", "binary"}


# ---- The pages -----------------------------------------------------------------------------------------------------
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

SAFE = [
    ("Cache-Control", "no-store"),
    # Other sites get nothing; our own form says where it comes from.
    ("Referrer-Policy", "same-origin"),
    ("X-Content-Type-Options", "nosniff"),
]
OURS = "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self'; frame-ancestors 'none'"
# A mail's own HTML: inline styles as mails have, no script, no image from elsewhere, links in a new tab.
OF_A_MAIL = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
HEADERS = [*SAFE, ("Content-Security-Policy", OURS)]
HTML_HEADERS = [*SAFE, ("Content-Security-Policy", OF_A_MAIL), ("Content-Type", "text/html; charset=utf-8")]

_pages = Environment(
    loader=FileSystemLoader(HERE / "pages"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


def mail_page(mail: Mail) -> str:
    """Return the HTML page of one mail.

    It shows buttons that simulate reports, the headers as mail programs read them, the mail's HTML in a frame, its text and its
    invitation.
    """
    return _pages.get_template("mail.html").render(
        mail=mail,
        reports={slug: label for slug, (label, _) in REPORTS.items()} if mail.tag else {},
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
    """Return what the page shows of a mail's calendar part (``text``); None when there is none."""
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
            f"{attendee.params.get('CN', '')} <{str(attendee).removeprefix('mailto:')}>"
            for attendee in event.attendees
        ],
        "source": text,
    }


def _in_frame(html: str) -> str:
    """Return a mail's HTML as it was sent, but with links that open in a new tab, as in a webmail."""
    return f'<!doctype html><base target="_blank">{html}'


def with_links(text: str) -> Markup:
    """Turn plain text into HTML: everything is escaped, addresses become links."""
    pieces, end = [], 0
    for address in ADDRESS.finditer(text):
        link = Markup('<a href="{0}" target="_blank" rel="noopener noreferrer">{0}</a>').format(address[0])
        pieces += [escape(text[end : address.start()]), link]
        end = address.end()
    return Markup("").join([*pieces, escape(text[end:])])


def _hour(mail: Mail) -> str:
    """Return when a mail was sent: its hour or, when the product's clock was moved (``days.py``), the moment that it states."""
    here, said = (at.astimezone(PARIS) for at in (mail.sent_at, mail.said_at))
    return f"{here:%H:%M:%S}" if abs(said - here) < MOVED else french.moment(said)


# ---- Every message, with sample data -------------------------------------------------------------------------------
def samples_page() -> str:
    """Return the page of every message that Passe-plat can send, with sample data: its text, and its HTML as on a phone."""
    samples = [
        {
            "name": name,
            "subject": render_part(message, "subject.txt"),
            "text": with_links(text_of(message).strip()),
        }
        for name, message in every_message().items()
    ]
    return _pages.get_template("models.html").render(models=samples)


def sample_html(name: str) -> str | None:
    """Return the HTML of the sample of this name; None when there is none."""
    message = every_message().get(name)
    return _in_frame(render_part(message, "body.html")) if message else None


# ---- The server ----------------------------------------------------------------------------------------------------
class Mailbox(Server):
    """The server of the mail page; it keeps every mail sent since the start, in order."""

    def __init__(self, port: int, *, aws_port: int) -> None:
        super().__init__((LOOPBACK, port), MailboxHandler)
        self.aws_port = aws_port
        self.report: Callable[[Event], object] | None = None
        """Gives a report to the deployed function, once there is one."""
        self.account, self.configuration_set = "", ""
        self._mails: list[Mail] = []
        self.texts: list[Sms] = []
        self.stopped: set[str] = set()
        """Numbers whose owners answered « STOP »."""
        self._lock = threading.Lock()

    @property
    def mails(self) -> list[Mail]:
        """The mails, oldest first."""
        with self._lock:
            return list(self._mails)

    def take(self, request: bytes) -> str | None:
        """Keep the mail of a ``SendEmail`` request (SESv2, raw content) that the emulator accepted.

        Returns why SES would refuse the mail, which is then not kept; None when it was kept.
        """
        asked = json.loads(request)
        refusal = refusal_of(asked)
        if refusal is None:
            recipients, raw = recipients_of(asked), base64.b64decode(asked["Content"]["Raw"]["Data"])
            tag = next((tag["Value"] for tag in asked.get("EmailTags", []) if tag["Name"] == MAIL_TAG), None)
            with self._lock:
                number = len(self._mails) + 1
                self._mails.append(Mail(number, datetime.now(UTC), tuple(recipients), raw, tag))
        return refusal

    def pretend(self, mail: Mail, slug: str) -> None:
        """Send the report ``slug`` (a key of ``REPORTS``) about a mail to the deployed function, as the mail service would.

        A mail without a tag gets no report.
        """
        label, report = REPORTS[slug]
        if self.report is not None and mail.tag is not None:
            self.report(report(Posted(self.account, self.configuration_set, mail.tag, mail.recipients[0])))
            mail.reported.append(label)


class MailboxHandler(Handler):
    """Takes mails from the functions, shows them to people."""

    server: Mailbox

    def do_POST(self) -> None:
        """Handle a form of the mail page, or pass a call of SESv2 to the emulator and keep the mail that it sent."""
        body = self.rfile.read(self.announced_bytes() or 0)
        if "authorization" not in self.headers and (match := REPORT.fullmatch(self.path)):
            self._pretend(int(match[1]), body)
            return
        fields = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
        if "authorization" not in self.headers and self.path == STOP_PATH:
            self._stop(fields.get("numero", ""))
            return
        if fields.get("Action") == "CheckIfPhoneNumberIsOptedOut":
            is_opted_out = fields["phoneNumber"] in self.server.stopped
            answer = OPTED_OUT.format("true" if is_opted_out else "false").encode()
            self.answer(HTTPStatus.OK, [("Content-Type", "text/xml")], answer)
            return
        try:
            status, headers, content = forward(
                self.server.aws_port, self.command, self.path, self.headers.items(), body
            )
        except (OSError, http.client.HTTPException):
            self.answer(HTTPStatus.SERVICE_UNAVAILABLE, [])
            return
        if self.command == "POST" and self.path == SEND_PATH and status == HTTPStatus.OK:
            refusal = self.server.take(body)
            if refusal is not None:
                self._refuse(refusal)
                return
        if fields.get("Action") == "Publish" and "PhoneNumber" in fields and status == HTTPStatus.OK:
            self.server.texts.append(Sms(datetime.now(UTC), fields["PhoneNumber"], fields["Message"]))
        self.answer(status, headers, content)

    do_PUT = do_DELETE = do_POST

    def _pretend(self, number: int, body: bytes) -> None:
        """Answer a button of a mail's page: simulate the report. Refused when another site sent the form.

        ``number``: of the mail, 1 for the first; ``body``: the form, « avis=<slug> ».
        """
        slug = body[:MOST_OF_A_FORM].decode("ascii", "replace").removeprefix("avis=")
        if not self._is_ours():
            self._page(_pages.get_template("missing.html").render(), HTTPStatus.FORBIDDEN)
        elif slug not in REPORTS or not 0 < number <= len(self.server.mails):
            self._page(_pages.get_template("missing.html").render(), HTTPStatus.NOT_FOUND)
        else:
            self.server.pretend(self.server.mails[number - 1], slug)
            self.answer(HTTPStatus.SEE_OTHER, [("Location", f"/mail/{number}#devenir"), *HEADERS])

    def _stop(self, number: str) -> None:
        """Answer the button « STOP » of an SMS. Refused when another site sent the form."""
        if not self._is_ours():
            self._page(_pages.get_template("missing.html").render(), HTTPStatus.FORBIDDEN)
            return
        self.server.stopped |= {text.number for text in self.server.texts if text.number == number}
        self.answer(HTTPStatus.SEE_OTHER, [("Location", "/sms"), *HEADERS])

    def _is_ours(self) -> bool:
        """Return whether a page of this server sent the form."""
        ours = {f"http://{host}:{self.server.server_port}" for host in (LOOPBACK, "localhost")}
        return self.headers.get("Origin") in ours

    def _refuse(self, message: str) -> None:
        """Answer as SES does when it refuses a mail, with this message."""
        headers = [("Content-Type", "application/json"), ("x-amzn-ErrorType", "BadRequestException")]
        self.answer(HTTPStatus.BAD_REQUEST, headers, json.dumps({"message": message}).encode())

    def do_GET(self) -> None:
        """Show the list, one mail, its HTML or its source; or every message with sample data."""
        if "authorization" in self.headers and self.path.startswith("/v2/"):
            self.do_POST()
            return
        path = self.path.partition("?")[0]
        if path == "/":
            newest_first = self.server.mails[::-1]
            self._page(_pages.get_template("list.html").render(mails=newest_first, hour=_hour))
        elif path == "/sms":
            texts, page = self.server.texts[::-1], _pages.get_template("sms.html")
            self._page(page.render(texts=texts, stopped=self.server.stopped, paris=PARIS))
        elif path == "/webmail.css":
            self.answer(HTTPStatus.OK, [("Content-Type", "text/css; charset=utf-8"), *HEADERS], STYLE)
        elif path == "/modeles":
            self._page(samples_page())
        elif (match := MODEL.fullmatch(path)) and (sample := sample_html(match[1])):
            self.answer(HTTPStatus.OK, HTML_HEADERS, sample.encode())
        elif (match := PAGE.fullmatch(path)) and 0 < int(match[1]) <= len(self.server.mails):
            self._mail(self.server.mails[int(match[1]) - 1], match[2])
        else:
            self._page(_pages.get_template("missing.html").render(), HTTPStatus.NOT_FOUND)

    do_HEAD = do_GET

    def _mail(self, mail: Mail, view: str | None) -> None:
        """Show a mail's HTML, its source, or the page about it; ``view``: « /html », « /source » or None."""
        if view == "/html":
            self.answer(HTTPStatus.OK, HTML_HEADERS, _in_frame(mail.body("html")).encode())
        elif view == "/source":
            self.answer(HTTPStatus.OK, [("Content-Type", "text/plain; charset=utf-8"), *HEADERS], mail.raw)
        else:
            self._page(mail_page(mail))

    def _page(self, page: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        self.answer(status, [("Content-Type", "text/html; charset=utf-8"), *HEADERS], page.encode())
