"""The *lien*: what the recipient holds, and the question that its recipient answers first."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from chalicelib.domain.kernel import address
from chalicelib.domain.kernel.timeline import Reason
from chalicelib.domain.kernel.transition import LINK, DecisionInputs, MailKind, OutboxMail
from chalicelib.domain.kernel.values import Aggregate, Instant, Role, Stored
from chalicelib.errors import (
    CodeWrong,
    LinkClosed,
    LinkErased,
    LinkRefused,
    LinkReplaced,
    LinkRevoked,
    ProofLocked,
    ProofNeeded,
    ProofWrong,
)

WRONG_BEFORE_PAUSE = 5
WRONG_BEFORE_DEATH = 20
PAUSE = timedelta(minutes=15)
PROOF_LIFE = timedelta(hours=72)


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague(Stored):
    """The right person, as somebody of the company names them."""

    name: str
    function: str
    address: str
    also: bool
    """Beside the first recipient rather than instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link(Aggregate):
    """One sending to one recipient. The token is not here: KMS derives it from ``build_token_message``."""

    id: str
    version: int = 1
    """Counts the sendings; a token of an older version is dead."""
    deposit: str
    parcours: str
    attempt: int
    sender: str
    """Account id of who answers for it: who sent it, after a handover the successor. Who wrote a mail is ``Pointer.sender``."""
    recipient: str
    """Empty once everything about the sending was erased on request: then no token is genuine any more."""
    created_at: Instant
    version_at: Instant | None = None
    """When the present version was made, if it is not the first."""
    used_versions: tuple[int, ...] = ()
    """Earlier versions by which a recipient opened the documents."""
    closes_at: Instant
    """End of the link's own life: no recipient is kept longer."""
    opened_by: str | None = None
    """SHA-256 of the winning browser's nonce."""
    opened_at: Instant | None = None
    revoked_at: Instant | None = None
    closed_at: Instant | None = None
    """When twenty wrong answers closed it."""
    mail_refused_at: Instant | None = None
    """When the mail that carries it was refused for good, unused: by its mailbox, the mail service, or its reader."""
    requested_at: Instant | None = None
    """When its recipient asked for a new sending."""
    confirmed_at: Instant | None = None
    """When its holder said « j'ai bien pu lire »."""
    declined_at: Instant | None = None
    """When the company declined on its page,"""
    declined_for: Reason | None = None
    """and why."""
    undone_at: Instant | None = None
    """When that was last taken back."""
    copies_deleted_at: Instant | None = None
    """When it said that its copies are deleted."""
    to: Role = Role.COMPANY
    """Whose link it is: the company's, or the buyer's who passes it on."""
    holder: str = ""
    """Name and function of the colleague it was passed to; empty for the first recipient."""
    function: str = ""
    beside: bool = False
    """A second link, « envoyer aussi »: it is opened once too, and passes nothing on."""
    waiting: bool = False
    """For a colleague whom the sealer was not shown, until she agrees: it has no token, and no mail leaves."""
    moves: int = 0
    """How often it changed hands within the company before it came to this recipient."""
    moved_to: str | None = None
    """Id of the link that took its place: it went to the right colleague."""
    domain: str = ""
    """Written by version 0.1.0 alone; emptied with the recipient."""
    agreed: bool = False
    """Whether who sealed was asked for this recipient, and agreed."""
    added: str | None = None
    """Id of the second link, « envoyer aussi »."""
    asked: Colleague | None = None
    """A colleague whom the sealer was not shown, until she agrees,"""
    asked_link: str | None = None
    """and the id of the link that waits for that person."""
    wrapped_keys: dict[str, str] = field(default_factory=dict)
    """Kind → data key wrapped for this recipient, base64. Only in a colleague's link: the first one's lie with the objects."""
    code_wanted: bool = False
    """Whether a code is given by telephone: then it alone proves."""

    @property
    def mail_key(self) -> str:
        """Key of its outbox item: one mail per version."""
        return f"{LINK}{self.id}#{self.version}"

    def is_living(self, now: datetime) -> bool:
        """Whether its holder may still use the link, whatever became of the documents."""
        return bool(self.recipient) and not self.waiting and not self.is_dead and now < self.closes_at

    @property
    def is_dead(self) -> bool:
        """Whether it was withdrawn, closed, or its mail refused."""
        return any(at is not None for at in (self.revoked_at, self.closed_at, self.mail_refused_at))

    @property
    def may_leave_copies(self) -> bool:
        """Whether its holder may have opened the documents, by this version of the link or an earlier one."""
        return self.opened_at is not None or bool(self.used_versions)

    @property
    def was_used(self) -> bool:
        """Whether it is certain that the recipient of the present version acted on it, and so received it."""
        undone = self.undone_at is not None and self.undone_at >= (self.version_at or self.created_at)
        acts = (self.opened_at, self.requested_at, self.confirmed_at, self.declined_at, self.moved_to)
        # A colleague stays named when the link is sent again: only of the first version it is known who named them.
        named = (self.added, self.asked, self.asked_link) if self.version == 1 else ()
        return undone or any(act is not None for act in (*acts, *named))

    def without_question(self) -> "Link":
        """Return the link without a colleague who waits for consent."""
        return replace(self, asked=None, asked_link=None)

    def mail(self, inputs: DecisionInputs) -> OutboxMail:
        """Build the mail that carries the present version of the link."""
        mail = inputs.build_mail(MailKind.LINK, key=self.mail_key, link=self.id, parcours=self.parcours)
        return replace(mail, version=self.version, deposit=self.deposit)

    def pointer(self, token_sha256: str) -> "Pointer":
        """Return the index entry for the token of the present version, by the token's SHA-256."""
        return Pointer(
            token_sha256=token_sha256,
            link=self.id,
            version=self.version,
            deposit=self.deposit,
            parcours=self.parcours,
            attempt=self.attempt,
            sender=self.sender,
            expires_at=self.closes_at,
        )

    def build_addressee(self, address_mac: str) -> "Addressee":
        """Return the index entry of this link under the MAC of its recipient's address."""
        return Addressee(
            address_mac=address_mac,
            link=self.id,
            deposit=self.deposit,
            parcours=self.parcours,
            expires_at=self.closes_at,
        )

    def build_token_message(self, version: int) -> str:
        """Return the message that KMS turns into the token of a version: the same on every retry of a version to an address."""
        return f"lien|{self.id}|{version}|{address.hash_exact(self.recipient)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer(Aggregate):
    """``SHA-256(token)`` → link and version, and what lies around them: an index only, never an authority."""

    token_sha256: str
    link: str
    version: int
    deposit: str
    parcours: str
    attempt: int
    sender: str
    """Account id of who signed the mail with this version."""
    expires_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee(Aggregate):
    """Address → one of the links that were mailed to it, and what lies around that link: an index only, never an authority."""

    address_mac: str
    """``keys.compute_address_mac``."""
    link: str
    deposit: str
    parcours: str
    expires_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof(Aggregate):
    """One browser has answered the question of one version of a link."""

    link: str
    version: int
    browser: str
    """SHA-256 of the browser's nonce."""
    expires_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Tries(Aggregate):
    """The wrong answers given to a link."""

    link: str
    closes_at: Instant
    """End of the link's own life, and of theirs."""
    wrong: int = 0
    locked_until: Instant | None = None


def check_proof(proof: Proof | None, version: int, now: datetime) -> None:
    """Check that this browser has answered the question of this version of a link, and not too long ago."""
    if proof is None or proof.version != version or now >= proof.expires_at:
        raise ProofNeeded


def check_open_for_answers(tries: Tries | None, now: datetime) -> None:
    """Check that a link's question takes answers now: five wrong ones close it for a while."""
    if tries is not None and tries.locked_until is not None and now < tries.locked_until:
        raise ProofLocked(int((tries.locked_until - now).total_seconds()) + 1)


def is_right_answer(link: Link, typed: str) -> bool:
    """Whether the typed address is the answer to the link's question: the one that its mail went to, in any case."""
    return address.hash_folded(typed) == address.hash_folded(link.recipient)


def prove(link: Link, version: int, browser: str, now: datetime) -> Proof:
    """Build the proof that this browser has answered the question, so that it may act on this version of the link for a while."""
    return Proof(link=link.id, version=version, browser=browser, expires_at=now + PROOF_LIFE)


def count_wrong(tries: Tries, now: datetime) -> Tries:
    """Count a wrong answer; every fifth pauses the question."""
    wrong = tries.wrong + 1
    must_pause = wrong % WRONG_BEFORE_PAUSE == 0
    return replace(tries, wrong=wrong, locked_until=now + PAUSE if must_pause else None)


def build_wrong_answer_refusal(link: Link, tries: Tries, now: datetime) -> ProofWrong | ProofLocked:
    """Build the refusal of a wrong answer that was counted: it says what this link asks for."""
    if tries.locked_until is not None and now < tries.locked_until:
        return ProofLocked(int((tries.locked_until - now).total_seconds()))
    wrong = CodeWrong if link.code_wanted else ProofWrong
    return wrong(WRONG_BEFORE_PAUSE - tries.wrong % WRONG_BEFORE_PAUSE)


def check_acts(link: Link, version: int) -> None:
    """Check that this link still gives its actions, whatever became of its documents."""
    if link.closed_at is not None:
        raise LinkClosed(link.closed_at)
    if link.revoked_at is not None:
        raise LinkRevoked(link.revoked_at)
    if link.mail_refused_at is not None:
        raise LinkRefused(link.mail_refused_at)
    if version != link.version:
        raise LinkReplaced(link.version_at)
    if not link.recipient:
        raise LinkErased(link.revoked_at)
