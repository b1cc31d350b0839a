"""The mails that were « sent », on a page of their own: http://127.0.0.1:MAIL_PORT/, another site for the browser.

Functions send their mails to this server, which passes each to the emulator and keeps it as it left, headers included,
when the emulator accepts it and SES would (``ses.py``). So the page shows what a recipient would get, and no refused mail.
"""

import base64
import email
import email.policy
import http.client
import json
import re
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from functools import cached_property
from http import HTTPStatus

from infra.local import ses, webmail
from infra.local.cloud import LOOPBACK
from infra.local.server import Handler, Server, forward

SEND_PATH = "/v2/email/outbound-emails"
PAGE = re.compile(r"/mail/([0-9]{1,6})(/html|/source)?")
MODEL = re.compile(r"/modeles/([a-z-]{1,60})/html")


@dataclass(frozen=True)
class Mail:
    """One mail, as it left."""

    number: int
    """1 for the first."""
    sent_at: datetime
    recipients: tuple[str, ...]
    """The addresses it went to, whatever its « To » says."""
    raw: bytes

    @cached_property
    def message(self) -> EmailMessage:
        """The mail, parsed, with the line feeds of this machine."""
        return email.message_from_bytes(
            self.raw.replace(b"\r\n", b"\n"), _class=EmailMessage, policy=email.policy.default
        )

    @cached_property
    def headers(self) -> dict[str, str]:
        """Its headers as mail programs read them: Python's newer reader puts spaces into long names."""
        compatible = email.message_from_bytes(self.raw, policy=email.policy.compat32)
        return {name: str(make_header(decode_header(value))) for name, value in compatible.items()}

    def body(self, kind: str) -> str:
        """Its first text of this kind, ``plain``, ``html`` or ``calendar``; empty when it has none."""
        found = (part for part in self.message.walk() if part.get_content_type() == f"text/{kind}")
        part = next(found, None)
        return "" if part is None else str(part.get_content())


class Mailbox(Server):
    """Every mail sent since the start, in order."""

    def __init__(self, port: int, *, aws_port: int) -> None:
        super().__init__((LOOPBACK, port), MailboxHandler)
        self.aws_port = aws_port
        self._mails: list[Mail] = []
        self._lock = threading.Lock()

    @property
    def mails(self) -> list[Mail]:
        """The mails, oldest first."""
        with self._lock:
            return list(self._mails)

    def take(self, request: bytes) -> ses.Refusal | None:
        """Keep the mail of a ``SendEmail`` request (SESv2, raw content) that the emulator accepted, unless SES would not."""
        asked = json.loads(request)
        refusal = ses.refusal(asked)
        if refusal is None:
            recipients, raw = ses.recipients(asked), base64.b64decode(asked["Content"]["Raw"]["Data"])
            with self._lock:
                self._mails.append(Mail(len(self._mails) + 1, datetime.now(UTC), tuple(recipients), raw))
        return refusal


class MailboxHandler(Handler):
    """Takes mails from the functions, shows them to people."""

    server: Mailbox

    def do_POST(self) -> None:
        """Pass an SESv2 call on as it came; keep what it sent."""
        body = self.rfile.read(self.announced_bytes() or 0)
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
        self.answer(status, headers, content)

    do_PUT = do_DELETE = do_POST

    def _refuse(self, refusal: ses.Refusal) -> None:
        headers = [("Content-Type", "application/json"), ("x-amzn-ErrorType", refusal.code)]
        self.answer(HTTPStatus.BAD_REQUEST, headers, json.dumps({"message": refusal.message}).encode())

    def do_GET(self) -> None:
        """Show the list, one mail, its HTML or its source; or every message with sample data."""
        if "authorization" in self.headers and self.path.startswith("/v2/"):
            self.do_POST()
            return
        path = self.path.partition("?")[0]
        if path == "/":
            self._page(webmail.listing(self.server.mails))
        elif path == "/webmail.css":
            self.answer(
                HTTPStatus.OK, [("Content-Type", "text/css; charset=utf-8"), *webmail.HEADERS], webmail.STYLE
            )
        elif path == "/modeles":
            self._page(webmail.gallery())
        elif (found := MODEL.fullmatch(path)) and (shown := webmail.model(found[1])):
            self.answer(HTTPStatus.OK, webmail.HTML_HEADERS, shown.encode())
        elif (found := PAGE.fullmatch(path)) and 0 < int(found[1]) <= len(self.server.mails):
            self._mail(self.server.mails[int(found[1]) - 1], found[2])
        else:
            self._page(webmail.missing(), HTTPStatus.NOT_FOUND)

    do_HEAD = do_GET

    def _mail(self, mail: Mail, view: str | None) -> None:
        if view == "/html":
            self.answer(HTTPStatus.OK, webmail.HTML_HEADERS, webmail.as_sent(mail).encode())
        elif view == "/source":
            self.answer(
                HTTPStatus.OK, [("Content-Type", "text/plain; charset=utf-8"), *webmail.HEADERS], mail.raw
            )
        else:
            self._page(webmail.one(mail))

    def _page(self, page: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        self.answer(status, [("Content-Type", "text/html; charset=utf-8"), *webmail.HEADERS], page.encode())
