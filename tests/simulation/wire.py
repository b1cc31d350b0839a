"""What a simulation hears of the product, below the SDK: every commit of its tables, every mail that it hands over.

Nothing here asks the product for anything; the mail service is down when it shall be, and then takes no mail or keeps silent.
"""

import email.message
import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from botocore.client import BaseClient
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from chalicelib.domain.kernel.timeline import Event
from chalicelib.domain.kernel.transition import MailKind, OutboxMail
from chalicelib.stores import aws, items
from tests.support import worlds
from tests.support.moto_worlds import sent

MESSAGE_ID = re.compile(rb"Message-ID: <([0-9a-f]{32})@")
SILENT_IN_OUTAGE = 0.05
"""Of the mails that are handed over while the service is down, how many leave though no answer says so."""


def digest(key: str) -> str:
    """Return what the « Message-ID » of an outbox mail is made of (``functions.send_mail``)."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Letter:
    """A mail that left."""

    at: datetime
    to: str
    mail: OutboxMail
    raw: bytes
    tags: dict[str, str]

    @property
    def kind(self) -> MailKind:
        """The kind of the mail."""
        return self.mail.kind

    @property
    def text(self) -> str:
        """The plain text of the mail."""
        body = worlds.parsed(self.raw).get_body(("plain",))
        assert isinstance(body, email.message.EmailMessage)
        return str(body.get_content())


@dataclass
class Dropped:
    """A mail that was taken out of the outbox, with the facts of the same commit."""

    mail: OutboxMail
    at: datetime
    facts: tuple[Event, ...]


@dataclass
class Wire:
    """Hears at the SDK what is committed and what leaves."""

    now: Callable[[], datetime]
    chance: Random
    outages: list[tuple[datetime, datetime]] = field(default_factory=list)
    facts: list[Event] = field(default_factory=list)
    """Every fact that was committed, in order."""
    waiting: dict[str, OutboxMail] = field(default_factory=dict)
    """The outbox, by key."""
    written: dict[str, OutboxMail] = field(default_factory=dict)
    """Every mail that ever waited, by the digest of its key."""
    letters: int = 0
    """How many mails left."""
    left: set[str] = field(default_factory=set)
    """Keys of the mails that left, answered or not."""
    dropped: list[Dropped] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)
    """Ids of the parcours whose head was written since somebody last looked."""
    on_letter: Callable[[Letter], None] = lambda _: None
    in_outage: int = 0
    """How often a mail was handed over in vain."""
    kept: int = 25
    """One mail in so many stays with moto, for the rules that every mail keeps (``tests/support/mail_rules.py``)."""
    _asked: dict[str, Any] = field(default_factory=dict)
    _silent: bool = False

    def is_down(self) -> bool:
        """Whether the mail service is."""
        now = self.now()
        return any(begin <= now < end for begin, end in self.outages)

    @contextmanager
    def open(self) -> Iterator["Wire"]:
        """Listen to every client that matters."""
        hooks: list[tuple[BaseClient, str, Callable[..., None]]] = [
            (aws.dynamodb(), "provide-client-params.dynamodb.TransactWriteItems", self._hears),
            (aws.dynamodb(), "after-call.dynamodb.TransactWriteItems", self._committed),
            (aws.ses(), "provide-client-params.sesv2.SendEmail", self._hears),
            (aws.ses(), "before-call.sesv2.SendEmail", self._handed_over),
            (aws.ses(), "after-call.sesv2.SendEmail", self._taken),
        ]
        for client, event, hook in hooks:
            client.meta.events.register_first(event, hook)
        try:
            yield self
        finally:
            for client, event, hook in hooks:
                client.meta.events.unregister(event, hook)

    def _hears(self, params: dict[str, Any], **_: Any) -> None:
        """Keep the parameters of the call under way."""
        self._asked = params

    def _handed_over(self, **_: Any) -> None:
        """Let the mail service fail in an outage: it refuses the mail, or takes it and gives no answer."""
        self._silent = False
        if self.is_down():
            self.in_outage += 1
            if self.chance.random() >= SILENT_IN_OUTAGE:
                raise EndpointConnectionError(endpoint_url="https://email")
            self._silent = True

    def _taken(self, parsed: dict[str, Any], http_response: Any, **_: Any) -> None:
        """Note a mail that the mail service took, and deliver it."""
        if http_response.status_code >= 400:
            return
        raw = bytes(self._asked["Content"]["Raw"]["Data"])
        match = MESSAGE_ID.search(raw)
        mail = self.written.get(match[1].decode()) if match else None
        if mail is not None:
            tags = {tag["Name"]: tag["Value"] for tag in self._asked.get("EmailTags", ())}
            (to,) = self._asked["Destination"]["ToAddresses"]
            letter = Letter(self.now(), to, mail, raw, tags)
            self.letters += 1
            self.left.add(mail.key)
            if self.letters % self.kept:
                del sent()[-1]
            self.on_letter(letter)
        if self._silent:
            raise ReadTimeoutError(endpoint_url="https://email")

    def _committed(self, http_response: Any, **_: Any) -> None:
        """Note what a transaction wrote: events, mails put into the outbox and mails taken out of it."""
        if http_response.status_code >= 400:
            return
        facts, gone = [], []
        for write in self._asked["TransactItems"]:
            ((act, op),) = write.items()
            held = op.get("Item") or op["Key"]
            pk, sk = held["pk"]["S"], held["sk"]["S"]
            if act == "Put" and pk.startswith("parcours#"):
                if sk.startswith("event#"):
                    facts.append(items.from_event_item(items.decode_item(held)))
                elif sk == "head":
                    self.touched.add(pk.partition("#")[2])
            elif act == "Put" and pk.startswith("mail#"):
                mail = items.from_item(OutboxMail, items.decode_item(held))
                self.waiting[mail.key] = self.written[digest(mail.key)] = mail
            elif act == "Delete" and pk.startswith("mail#"):
                key = pk.partition("#")[2]
                if key in self.waiting:
                    gone.append(self.waiting.pop(key))
        self.facts += facts
        self.dropped += [Dropped(mail, self.now(), tuple(facts)) for mail in gone]
