"""A relay driven story by story in this process: what browsers and functions do, in the order a test wants."""

import base64
import re
import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from chalicelib import clock, seal
from chalicelib.domain.kernel import attempt
from chalicelib.domain.kernel.attempt import Attempt
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor, Outcome, Reason
from chalicelib.errors import RecipientDoubtful
from chalicelib.stores import aws, objects, parcours_table, relay_table, transactions
from chalicelib.stores.objects import UploadForm
from chalicelib.stories import outcomes, retention
from chalicelib.stories.accounts import signing_in
from chalicelib.stories.documents import inspecting, opening, sending, unsealing
from chalicelib.stories.mails import mailing
from tests.support import factories
from tests.support.factories import COMPANY_ADDRESS, Sealed
from tests.support.worlds import World
from tests.support.writing import add_records

TOKEN = re.compile(r"/retrait/#([A-Za-z0-9_-]{43})")
CODE = re.compile(r"^(\d{4}(?: \d{4}){2})$", re.MULTILINE)
"""A sign-in code as it is mailed, in groups of four digits."""


def looks_and_confirms(
    sender: Account, parcours_id: str, document: Sealed, recipient: str
) -> list[sending.SignedUpload]:
    """Announce a document; if its address is doubted, confirm it as the page shows it."""
    asked = document.build_announcement(recipient)
    try:
        return sending.open_deposit(sender, parcours_id, asked, now=clock.utc_now())
    except RecipientDoubtful as doubtful:
        confirmed = replace(asked, confirmed=True, shown=str(doubtful.facts["shown"]))
        return sending.open_deposit(sender, parcours_id, confirmed, now=clock.utc_now())


@dataclass
class Relay:
    """One parcours taken by one tutor, and what travels on it."""

    world: World
    tutor: Account
    parcours_id: str
    sent: list[Sealed] = field(default_factory=list)
    forms: list[UploadForm] = field(default_factory=list)

    def announces(self, document: Sealed | None = None, recipient: str = COMPANY_ADDRESS) -> Sealed:
        """The tutor announces a document; its form is kept."""
        document = document or factories.sealed()
        signed = looks_and_confirms(self.tutor, self.parcours_id, document, recipient)
        self.sent.append(document)
        self.forms.append(signed[0]["form"])
        return document

    def uploads(self, place: int = -1, blob: bytes | None = None) -> str:
        """Store the upload in the bucket as the form pins it (neither emulator's form is needed here)."""
        fields = self.forms[place]["fields"]
        aws.s3().put_object(
            Bucket=self.world.environment["DOCUMENT_BUCKET"],
            Key=fields["key"],
            Body=blob if blob is not None else self.sent[place].blob,
            Metadata={"key": fields[objects.KEY_FIELD], "parcours": fields[objects.PARCOURS_FIELD]},
            ContentType=fields["Content-Type"],
        )
        return str(fields["key"])

    def is_inspected(self, place: int = -1) -> str:
        """Hand the S3 event of the upload to inspect; return its verdict."""
        return inspecting.inspect(str(self.forms[place]["fields"]["key"]), now=clock.utc_now())

    def outbox(self) -> list[str]:
        """Keys of the mails that wait."""
        items = self.world.table("RELAY_TABLE")
        return [item["key"] for item in items if str(item["pk"]).startswith("mail#")]

    def mailer_runs(self) -> int:
        """The mailer is woken with everything that waits."""
        return mailing.send_all(self.outbox(), now=clock.utc_now())

    def sends(self, document: Sealed | None = None, recipient: str = COMPANY_ADDRESS) -> str:
        """Bring a document the whole way from the tutor to the recipient's mailbox; return the token that arrived."""
        former = set(self.tokens())  # of which notices that wait may still speak
        self.announces(document, recipient)
        self.uploads()
        assert self.is_inspected() == "verified"
        self.mailer_runs()
        return next(token for token in self.tokens() if token not in former)

    def tokens(self) -> list[str]:
        """The token of each link that was mailed, oldest first."""
        mailed = []
        for mail in self.world.mails():
            body = mail.get_body(("plain",))
            match = TOKEN.search(str(body.get_content())) if body else None
            mailed += [match[1]] if match else []
        return mailed

    def mailed_to(self) -> list[str]:
        """Return the recipients of the mails that were sent, one entry for each mail, sorted."""
        return sorted(str(mail["To"]) for mail in self.world.mails())

    def codes(self) -> list[str]:
        """Each sign-in code that was mailed, oldest first."""
        bodies = [str(mail.get_body(("plain",)).get_content()) for mail in self.world.mails()]  # type: ignore[union-attr]
        return [match[1].replace(" ", "") for body in bodies if (match := CODE.search(body))]

    def purges(self) -> retention.Report:
        """The minute function runs once."""
        return retention.purge(now=clock.utc_now())

    def notes(
        self,
        kind: EventKind,
        *,
        reason: Reason | None = None,
        contact: Interlocutor | None = None,
        planned_at: datetime | None = None,
    ) -> str:
        """Note an outcome of this instant as the tutor; return the id of its event."""
        now = clock.utc_now()
        outcome = Outcome(kind=kind, occurred_at=now, reason=reason, contact=contact, planned_at=planned_at)
        return outcomes.note(self.tutor, self.parcours_id, outcome, now=now)

    def head(self) -> Parcours:
        """The parcours as it stands."""
        return parcours_table.read_parcours(self.parcours_id)

    def deposit(self, place: int = -1) -> Deposit:
        """The deposit as it stands."""
        stored = relay_table.read_deposit(self.sent[place].deposit)
        assert stored is not None
        return stored

    def link(self) -> Link:
        """The last deposit's link as it stands."""
        stored = relay_table.read_link(self.deposit().link or "")
        assert stored is not None
        return stored

    def event_kinds(self) -> list[EventKind]:
        """The kinds of the timeline's facts, in order."""
        return [event.kind for event in parcours_table.read_page(self.parcours_id).events]


def minute_event() -> None:
    """Start the minute function by the product's own handler, as EventBridge does."""
    from app import app

    facts = dict.fromkeys(("time", "id", "account", "region"), "")
    event = {"version": "0", "source": "aws.events", "detail-type": "Scheduled Event", "resources": []}
    app.handler_map["purge"]({**facts, **event, "detail": {}}, None)


@dataclass
class Browser:
    """One browser on the recipient's page; its nonce is its own."""

    address: str = COMPANY_ADDRESS
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    @property
    def digest(self) -> str:
        """The hash of the nonce, which is what the product stores of a browser."""
        return signing_in.hash_cookie(self.nonce)

    def looks(self, token: str) -> opening.Glimpse:
        """Return what the page of this link shows to this browser."""
        return opening.read_glimpse(token, browser=self.digest, now=clock.utc_now())

    def proves(self, token: str, address: str | None = None) -> None:
        """Answer the link's question, by default with the address that it was mailed to."""
        opening.prove(token, address or self.address, browser=self.digest, now=clock.utc_now())

    def opens(self, token: str) -> dict[str, Any]:
        """Open the link now; return what the browser gets."""
        return self.opens_at(token, clock.utc_now())

    def opens_at(self, token: str, now: datetime) -> dict[str, Any]:
        """Open the link at this instant, as ``web`` and ``unseal`` do it between them."""
        return unsealing.open_documents(token, opening.find_pointer(token), browser=self.digest, now=now)

    def reads(self, opened: dict[str, Any], world: World) -> bytes:
        """Fetch the first document and open it here."""
        document = opened["documents"][0]
        blob = world.objects()[objects.object_key(*document["aad"].split("/"))]
        return seal.open_sealed(blob, key=base64.b64decode(document["key"]), aad=document["aad"])

    def declines(self, token: str, reason: Reason = Reason.OTHER) -> None:
        """The company refuses on its page."""
        outcomes.decline(token, reason, browser=self.digest, now=clock.utc_now())

    def withdraws_refusal(self, token: str) -> None:
        """The company takes its refusal back on its page."""
        outcomes.undo_decline(token, browser=self.digest, now=clock.utc_now())

    def says_copies_deleted(self, token: str) -> None:
        """Say on the company's page that its copies are deleted."""
        outcomes.confirm_copies_deleted(token, browser=self.digest, now=clock.utc_now())

    def confirms(self, token: str, *, readable: bool = True, why_not: Reason | None = None) -> None:
        """Say whether the documents could be read, or why not."""
        now = clock.utc_now()
        opening.answer(token, readable=readable, browser=self.digest, now=now, why_not=why_not)


def asks_code(address: str, *, browser: str | None = None, source: str = "198.51.100.7") -> str:
    """Ask for a sign-in code in a browser that may be known already; return the cookie of its challenge."""
    return signing_in.ask_code(address, browser=browser, source=source, now=clock.utc_now())


def enters_code(
    challenge: str | None, code: str, *, browser: str | None = None, former: str | None = None
) -> str:
    """Type the code in the browser that asked; return the cookie of its session."""
    entered = signing_in.enter_code(challenge, code, browser=browser, former=former, now=clock.utc_now())
    assert entered is not None
    return entered.session


def started(
    world: World, tutor: Account | None = None, offer: Parcours | None = None, also: tuple[Account, ...] = ()
) -> Relay:
    """Return a parcours that a tutor has just taken; ``also``: further accounts to store."""
    tutor = tutor or factories.account()
    add_records(tutor, *also)
    return takes(world, tutor, offer)


def takes(world: World, tutor: Account, offer: Parcours | None = None) -> Relay:
    """Let a tutor whose account is stored take one more offer."""
    offer = offer or factories.offer()
    transactions.commit(attempt.declare(offer, secrets.token_hex(16)))
    taken = attempt.take(
        parcours_table.read_parcours(offer.id), tutor, factories.decision_inputs(clock.utc_now())
    )
    # What it asks of the buyer is another story, and so is the notice that is handed over before the first sending.
    changes = [
        replace(change, after=replace(change.after, notice_at=clock.utc_now()))
        if isinstance(change.after, Attempt)
        else change
        for change in taken.changes
    ]
    transactions.commit(replace(taken, changes=tuple(changes), mails=()))
    return Relay(world, tutor, offer.id)
