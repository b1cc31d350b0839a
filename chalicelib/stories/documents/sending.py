"""Send documents: open a deposit and sign its upload forms, send the link again, revoke, erase, hand the notice over."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib import config, terms
from chalicelib.domain.case import Case
from chalicelib.domain.documents import recipients
from chalicelib.domain.documents import sending as decisions
from chalicelib.domain.documents.sending import Shown
from chalicelib.domain.kernel import address, attempt
from chalicelib.domain.kernel.deposit import SEALING_BYTES, Contents, Deposit, Document
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account, Act, acting_as, role_on
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.kernel.values import Kind, Role
from chalicelib.errors import (
    FieldInvalid,
    NotFound,
    RecipientDoubtful,
    RecipientRefused,
    WrongStep,
)
from chalicelib.stores import cases, functions, keys, objects, parcours, relay
from chalicelib.stores.tables import NOTHING_READ, Read
from chalicelib.stories.documents import opening
from chalicelib.stories.kit import accompanying, inviting, quotas
from chalicelib.stories.kit.deciding import commit_and_wake, draw, first_then, salt

DATA_KEY_BYTES = 32
SHA256_BYTES = 32


@dataclass(frozen=True)
class SealedDocument:
    """What a browser says of a document it sealed. ``sha256`` is base64, ``key`` the raw data key."""

    kind: Kind
    sealed_bytes: int
    sha256: str
    key: bytes


@dataclass(frozen=True)
class Announcement:
    """A deposit as its browser asks for it."""

    deposit: str
    recipient: str
    documents: tuple[SealedDocument, ...]
    confirmed: bool = False
    """The sender has looked at a doubtful address and wants it;"""
    shown: str = ""
    """the question that she was shown (``recipients.Question``)."""
    notice: bool = False
    """The young person has been handed the notice."""
    code: bool = False
    """A code is to be given by telephone, beside the mail."""


def open_deposit(
    sender: Account, parcours_id: str, asked: Announcement, *, now: datetime, read: Read = NOTHING_READ
) -> list[dict[str, Any]]:
    """Write the deposit if it is new, and sign an upload form for each of its documents.

    Args:
        read: what need not be read again, here as below.
    Returns:
        ``[{"kind", "form": {"url", "fields"}}]``, in the order asked.
    Raises:
        NotFound, NotYours. WrongStep, DepositConflict: see ``domain.documents.sending``.
        FieldInvalid: recipient, size, hash or key cannot be taken.
        NoticeNeeded: the young person has no notice yet. TalkNeeded: a request about personal data awaits a word with her.
        RecipientRefused: this address refused our mails.
        RecipientDoubtful: the address looks like a mistake and was not confirmed, or the record changed since it was shown.
        TooMany: the day's quota of this account is used up.
    """
    recipient = address.normalise(asked.recipient, "destinataire")
    _check(asked)
    code_check = opening.code_check_value(asked.deposit) if asked.code else None
    written: Deposit | None = None
    known_now = first_then(read, lambda: NOTHING_READ)

    def decide() -> Transition:
        nonlocal written
        found = cases.of_sending(parcours_id, asked.deposit, recipient, known_now())
        head, written = found.head, found.deposit
        role = acting_as(sender, Act.SEND, head)
        known = accompanying.not_of_team(accompanying.owner_among(found.owners), "destinataire")
        kept_salt = written.contents.salt if written and written.contents else salt()
        contents = _contents(sender, role, recipient, kept_salt, asked).model_copy(
            update={"to": recipients.side_of(head, recipient, known), "code_check": code_check}
        )
        if written is not None:
            return decisions.renew(written, contents, head, policy=terms.retention(), now=now)
        step = decisions.announce(
            Case(head, found.attempt, live=found.live),
            asked.deposit,
            contents,
            notice=asked.notice,
            policy=terms.retention(),
            draw=draw(now),
        )
        if found.refused:
            raise RecipientRefused("destinataire")
        _check_recipient(head, contents, found.buyer, sender, asked)
        return step + quotas.use(quotas.SENDING, sender.id, now)

    step = commit_and_wake(decide)
    changed = (one.after for one in step.changes if isinstance(one.after, Deposit))
    written = next((one for one in changed if one.id == asked.deposit), written)
    if written is None or written.contents is None:
        raise WrongStep
    return [_signed(written, written.contents, one) for one in asked.documents]


def progress(agent: Account, deposit_id: str, *, read: Read = NOTHING_READ) -> Deposit:
    """Where this deposit is, for whom the page of its parcours shows it. Raises NotFound."""
    deposit = _deposit(deposit_id, read)
    _role(agent, parcours.head(deposit.parcours), Act.SEE_CONTACTS)
    return deposit


def _check_recipient(
    head: Parcours, contents: Contents, buyer: Account | None, sender: Account, asked: Announcement
) -> None:
    """Refuse an address that is not trusted, or one to which the buyer may pass the link on, until it was shown and confirmed."""
    if head.synthetic:  # the daily proof writes to its own mailbox alone
        if recipients.contact_at(head, contents.recipient) is None:
            raise WrongStep
        return
    question = recipients.question(head, buyer, contents.recipient, contents.to, sender.id)
    if question is None or (asked.confirmed and asked.shown == question.shown):
        return
    raise RecipientDoubtful(
        address.domain(contents.recipient),
        question.doubts,
        tuple(one.address for one in question.passed_to),
        (question.known, *question.passed_to),
        sender.id,
        question.shown,
    )


def _check(asked: Announcement) -> None:
    most = config.settings().document_max_bytes + SEALING_BYTES
    for one in asked.documents:
        if one.sealed_bytes <= SEALING_BYTES:
            raise FieldInvalid("bytes", "empty_document")
        if one.sealed_bytes > most:
            raise FieldInvalid("bytes", "large_document")
        if len(one.key) != DATA_KEY_BYTES:
            raise FieldInvalid("key", "key")
        if len(base64.b64decode(one.sha256)) != SHA256_BYTES:
            raise FieldInvalid("sha256", "hash")


def _contents(sender: Account, role: Role, recipient: str, kept_salt: str, asked: Announcement) -> Contents:
    documents = tuple(
        Document(
            kind=one.kind,
            sealed_bytes=one.sealed_bytes,
            sha256=one.sha256,
            key_sha256=hashlib.sha256(one.key).hexdigest(),
        )
        for one in asked.documents
    )
    return Contents(
        owner=sender.id,
        sealed_by=sender.id,
        sender=role,
        recipient=recipient,
        salt=kept_salt,
        documents=documents,
    )


def _signed(written: Deposit, contents: Contents, one: SealedDocument) -> dict[str, Any]:
    to = address.bound_recipient(contents.salt, contents.recipient)
    form = objects.upload_form(
        objects.object_key(written.id, one.kind),
        sealed_bytes=one.sealed_bytes,
        sha256=one.sha256,
        wrapped_key=keys.wrap(one.key, keys.KeyContext(written.id, one.kind, to)),
        parcours=written.parcours,
        seconds=config.settings().form_seconds,
    )
    return {"kind": one.kind.value, "form": form}


def resend(agent: Account, deposit_id: str, shown: Shown, *, now: datetime, read: Read = NOTHING_READ) -> str:
    """A new link to the same recipient; the old one dies at once. Returns the parcours.

    Args:
        shown: the link as the page showed it. Pressed twice, or again after a lost answer, it is one re-send.
    Raises:
        NotFound, WrongStep, OpenedMeanwhile, ChangedMeanwhile: see ``domain.documents.sending``.
        RecipientRefused: this address refused our mails, the last one perhaps.
        FieldInvalid: the recipient's address has become the team's meanwhile. TalkNeeded, NoticeNeeded: see ``open_deposit``.
        TooMany: the day's quota of this account is used up.
    """
    mails: list[str] = []

    def decide(case: Case, role: Role, around: Read) -> Transition:
        nonlocal mails
        link = case.link
        if link is None:
            raise WrongStep
        attempt.check_may_send(parcours.attempt(case.parcours.id, link.attempt, around))
        accompanying.account_at(link.recipient, "destinataire", around)
        # The mail service would not even try; what is delivered there later, or an operator, opens the way again.
        accompanying.check_takes_mails(link.recipient, "destinataire", around)
        step = decisions.resend(case, by=role, shown=shown, policy=terms.retention(), draw=draw(now))
        if not step:  # the mail of the present version may wait since a waking that was lost
            mails = [link.mail_key]
            return step
        tries = relay.tries(link.id, around)
        forgiven = (Change(tries, None),) if tries is not None else ()
        return step + Transition(changes=forgiven) + quotas.use(quotas.SENDING, agent.id, now)

    found = _settled(agent, deposit_id, Act.SEND, read, decide, anew=True)
    functions.wake_mailer(mails)
    return found


def revoke(
    agent: Account, deposit_id: str, *, seen_opened: bool, now: datetime, read: Read = NOTHING_READ
) -> str:
    """The link dies at once, the documents are erased within minutes. Returns the parcours.

    Raises:
        NotFound, WrongStep, OpenedMeanwhile: see ``domain.documents.sending``.
    """

    def decide(case: Case, role: Role, _: Read) -> Transition:
        return decisions.revoke(case, by=role, seen_opened=seen_opened, draw=draw(now))

    return _settled(agent, deposit_id, Act.SEND, read, decide)


def erase_on_request(agent: Account, deposit_id: str, *, now: datetime, read: Read = NOTHING_READ) -> str:
    """Everything about this sending goes. Returns the parcours."""

    def decide(case: Case, role: Role, _: Read) -> Transition:
        return decisions.erase_on_request(case, by=role, draw=draw(now))

    return _settled(agent, deposit_id, Act.ERASE, read, decide)


def _settled(
    agent: Account,
    deposit_id: str,
    act: Act,
    read: Read,
    decide: Callable[[Case, Role, Read], Transition],
    *,
    anew: bool = False,
) -> str:
    """Settle what an agent decides on a deposit, its links and its meeting, and wake the mailer; returns the parcours."""
    known = first_then(read, lambda: NOTHING_READ)
    where = ""

    def decided() -> Transition:
        nonlocal where
        deposit = _deposit(deposit_id, known())
        around = cases.of_deposit(deposit, anew=anew)
        head, links = parcours.head(deposit.parcours, around), relay.links(deposit, around)
        role, where = _role(agent, head, act), head.id
        met = relay.appointment(head.id, head.attempt, around) if head.attempt is not None else None
        case = Case(head, deposit=deposit, links=links, meeting=inviting.meeting(met, links))
        return decide(case, role, around)

    commit_and_wake(decided)
    return where


def _deposit(identifier: str, read: Read) -> Deposit:
    found = relay.deposit(identifier, read)
    if found is None:
        raise NotFound
    return found


def _role(agent: Account, head: Parcours, act: Act) -> Role:
    """The role in which this agent acts on a deposit; its parcours does not exist for who has none."""
    if role_on(agent, head) is None:
        raise NotFound
    return acting_as(agent, act, head)


def say_spoken(sender: Account, parcours_id: str, *, now: datetime) -> None:
    """Note, once, that she has spoken with the young person of a request about personal data. Raises WrongStep."""

    def decide() -> Transition:
        head = parcours.head(parcours_id)
        acting_as(sender, Act.SEND, head)
        if head.attempt is None:
            raise WrongStep
        return attempt.say_spoken(parcours.attempt(head.id, head.attempt), draw(now))

    commit_and_wake(decide)


def hand_notice_over(sender: Account, parcours_id: str, *, now: datetime) -> None:
    """Note, once, that the young person has the notice. Raises WrongStep where nothing is sent now."""

    def decide() -> Transition:
        head = parcours.head(parcours_id)
        role = acting_as(sender, Act.SEND, head)
        if head.attempt is None:
            raise WrongStep
        return attempt.hand_notice_over(
            head, parcours.attempt(head.id, head.attempt), by=role, draw=draw(now)
        )

    commit_and_wake(decide)
