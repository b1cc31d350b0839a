"""Send documents: open a deposit and sign its upload forms, send the link again, revoke, erase."""

import base64
import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypedDict

from chalicelib import config, terms
from chalicelib.domain.case import Case
from chalicelib.domain.documents import recipients
from chalicelib.domain.documents import sending as decisions
from chalicelib.domain.documents.sending import LinkOnPage
from chalicelib.domain.kernel import address, holding
from chalicelib.domain.kernel import attempt as attempts
from chalicelib.domain.kernel.attempt import Attempt
from chalicelib.domain.kernel.deposit import SEALING_BYTES, Contents, Deposit, Document
from chalicelib.domain.kernel.link import Tries
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account, Act, acting_as, role_on
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.kernel.values import Kind, Role
from chalicelib.errors import (
    ContactGone,
    FieldInvalid,
    NotFound,
    RecipientDoubtful,
    WrongStep,
)
from chalicelib.stores import cases, functions, keys, objects
from chalicelib.stores.objects import UploadForm
from chalicelib.stores.unit_of_work import UnitOfWork, story
from chalicelib.stories.documents import opening
from chalicelib.stories.kit import accompanying, inviting, quotas
from chalicelib.stories.kit.deciding import decision_inputs, draw_salt

DATA_KEY_BYTES = 32
FORM_SECONDS = 300
"""How long an upload form holds."""
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
    """the question that was shown (``recipients.Question``)."""
    notice: bool = False
    """The young person has been handed the notice."""
    code: bool = False
    """A code is to be given by telephone, beside the mail."""


class SignedUpload(TypedDict):
    """The form that uploads one document."""

    kind: str
    form: UploadForm


@story
def open_deposit(
    work: UnitOfWork, sender: Account, parcours_id: str, asked: Announcement, *, now: datetime
) -> list[SignedUpload]:
    """Write the deposit if it is new, and sign an upload form for each of its documents.

    Returns:
        ``[{"kind", "form": {"url", "fields"}}]``, in the order asked.
    Raises:
        NotFound, NotYours. WrongStep, DepositConflict: see ``domain.documents.sending``.
        FieldInvalid: recipient, size, hash or key cannot be taken.
        NoticeNeeded: the young person has no notice yet. TalkNeeded: a request about personal data awaits a word with them.
        RecipientRefused: this address refused our mails.
        RecipientDoubtful: the address looks like a mistake and was not confirmed, or the record changed since it was shown.
        TooMany: the day's quota of this account is used up.
    """
    recipient = address.normalise(asked.recipient, "destinataire")
    _check_documents(asked)
    parcours = cases.load_sending(work, parcours_id, asked.deposit, recipient)
    role, written = acting_as(sender, Act.SEND, parcours), work.get(Deposit, asked.deposit)
    account = accompanying.find_account_at(work, recipient, "destinataire")
    contents = _build_contents(sender, role, recipient, asked)
    if written is not None:
        step = decisions.renew(written, contents, parcours, policy=terms.retention(), now=now)
        contents = written.contents or contents
    else:
        contents = replace(contents, to=recipients.find_side(parcours, recipient, account))
        attempt, live = (
            work.get(Attempt, parcours.id, parcours.attempt),
            work.get(Deposit, parcours.live_deposit),
        )
        step = decisions.announce(
            Case(parcours, attempt, live=live),
            asked.deposit,
            contents,
            notice=asked.notice,
            policy=terms.retention(),
            inputs=decision_inputs(now),
        )
        accompanying.check_takes_mails(work, recipient, "destinataire")
        _check_recipient(parcours, contents, work.get(Account, parcours.buyer), sender, asked)
        step += quotas.use(quotas.SENDING, sender.id, now)
    work.commit_and_wake(step)
    return [_sign_form(asked.deposit, parcours.id, contents, document) for document in asked.documents]


@story
def read_progress(work: UnitOfWork, agent: Account, deposit_id: str) -> tuple[Deposit, Parcours]:
    """Read a deposit and its parcours for an agent whose page shows them. Raises NotFound, NotYours."""
    deposit = work.get_one(Deposit, deposit_id)
    parcours = work.get_one(Parcours, deposit.parcours)
    _check_role(agent, parcours, Act.SEE_CONTACTS)
    return deposit, parcours


def _check_recipient(
    parcours: Parcours, contents: Contents, buyer: Account | None, sender: Account, asked: Announcement
) -> None:
    """Refuse (RecipientDoubtful) a sending to an address that is not trusted until its question was shown and confirmed."""
    if parcours.synthetic:  # the daily proof writes to its own mailbox alone
        if recipients.find_contact(parcours, contents.recipient) is None:
            raise WrongStep
        return
    question = recipients.build_question(parcours, buyer, contents.recipient, sender.id)
    if question is None or (asked.confirmed and asked.shown == question.shown):
        return
    raise RecipientDoubtful(
        domain=address.read_domain(contents.recipient),
        doubts=question.doubts,
        entries=(question.known,) if question.known is not None else (),
        sealer=sender.id,
        shown=question.shown,
    )


def _check_documents(asked: Announcement) -> None:
    """Check sizes, keys and hashes of the announced documents. Raises FieldInvalid."""
    most = config.DOCUMENT_MAX_BYTES + SEALING_BYTES
    for document in asked.documents:
        if document.sealed_bytes <= SEALING_BYTES:
            raise FieldInvalid("bytes", "empty_document")
        if document.sealed_bytes > most:
            raise FieldInvalid("bytes", "large_document")
        if len(document.key) != DATA_KEY_BYTES:
            raise FieldInvalid("key", "key")
        if len(base64.b64decode(document.sha256)) != SHA256_BYTES:
            raise FieldInvalid("sha256", "hash")


def _build_contents(sender: Account, role: Role, recipient: str, asked: Announcement) -> Contents:
    """Build what is announced."""
    documents = tuple(
        Document(
            kind=document.kind,
            sealed_bytes=document.sealed_bytes,
            sha256=document.sha256,
            key_sha256=hashlib.sha256(document.key).hexdigest(),
        )
        for document in asked.documents
    )
    return Contents(
        owner=sender.id,
        sealed_by=sender.id,
        sender=role,
        recipient=recipient,
        salt=draw_salt(),
        documents=documents,
        code_check=opening.compute_code_check(asked.deposit) if asked.code else None,
    )


def _sign_form(
    deposit_id: str, parcours_id: str, contents: Contents, document: SealedDocument
) -> SignedUpload:
    """Sign the form by which a browser posts one document to storage, with its data key wrapped for the recipient."""
    to = address.bind_recipient(contents.salt, contents.recipient)
    form = objects.sign_upload_form(
        objects.object_key(deposit_id, document.kind),
        sealed_bytes=document.sealed_bytes,
        sha256=document.sha256,
        wrapped_key=keys.wrap(document.key, keys.KeyContext(deposit_id, document.kind, to)),
        parcours=parcours_id,
        seconds=FORM_SECONDS,
    )
    return {"kind": document.kind.value, "form": form}


@story
def resend(work: UnitOfWork, agent: Account, deposit_id: str, shown: LinkOnPage, *, now: datetime) -> str:
    """Send a new link to the same recipient; the old one dies at once. Returns the parcours' id.

    Args:
        shown: the link as the page showed it. Pressed twice, or again after a lost answer, it is one re-send.
    Raises:
        NotFound, WrongStep, OpenedMeanwhile, ChangedMeanwhile: see ``domain.documents.sending``.
        RecipientRefused: this address refused our mails, the last one perhaps. ContactGone: its person has left.
        FieldInvalid: the recipient's address has become the team's meanwhile. NoticeNeeded: see ``open_deposit``.
        TooMany: the day's quota of this account is used up.
    """
    deposit = work.get_one(Deposit, deposit_id)
    cases.load_resending(work, deposit)
    case, role = _build_case(work, agent, deposit, Act.SEND)
    link = case.link
    if link is None:
        raise WrongStep
    attempts.check_notice(work.get_one(Attempt, case.parcours.id, link.attempt))
    accompanying.find_account_at(work, link.recipient, "destinataire")
    if case.parcours.has_left(link.recipient):
        raise ContactGone
    # The mail service would not even try; what is delivered there later, or an operator, opens the way again.
    accompanying.check_takes_mails(work, link.recipient, "destinataire")
    step = decisions.resend(case, by=role, shown=shown, policy=terms.retention(), inputs=decision_inputs(now))
    if not step:  # the mail of the present version may wait since a waking that was lost
        functions.wake_mailer([link.mail_key])
        return case.parcours.id
    tries = work.get(Tries, link.id)
    forgiven = (Change(tries, None),) if tries is not None else ()
    work.commit_and_wake(step + Transition(changes=forgiven) + quotas.use(quotas.SENDING, agent.id, now))
    return case.parcours.id


@story
def revoke(work: UnitOfWork, agent: Account, deposit_id: str, *, seen_opened: bool, now: datetime) -> str:
    """Revoke a deposit: the link dies at once, the documents are erased within minutes. Returns the parcours' id.

    Raises:
        NotFound, WrongStep, OpenedMeanwhile: see ``domain.documents.sending``.
    """
    case, role = _load_case(work, agent, deposit_id, Act.SEND)
    work.commit_and_wake(
        decisions.revoke(case, by=role, seen_opened=seen_opened, inputs=decision_inputs(now))
    )
    return case.parcours.id


@story
def erase_on_request(work: UnitOfWork, agent: Account, deposit_id: str, *, now: datetime) -> str:
    """Erase everything about a sending. Returns the parcours' id."""
    case, role = _load_case(work, agent, deposit_id, Act.ERASE)
    step = decisions.erase_on_request(case, by=role, inputs=decision_inputs(now))
    addressees = cases.load_addressees(work, case.links) if step else []
    forgotten = Transition(changes=tuple(Change(entry, None) for entry in addressees))
    work.commit_and_wake(step + forgotten)
    return case.parcours.id


def _load_case(work: UnitOfWork, agent: Account, deposit_id: str, act: Act) -> tuple[Case, Role]:
    """Load a deposit with its links and its meeting, and the role in which this agent acts on it."""
    deposit = work.get_one(Deposit, deposit_id)
    cases.load_deposit(work, deposit)
    return _build_case(work, agent, deposit, act)


def _build_case(work: UnitOfWork, agent: Account, deposit: Deposit, act: Act) -> tuple[Case, Role]:
    """Build the case of a deposit, and the role in which this agent acts on it. Raises NotFound, NotYours, WrongStep."""
    parcours = work.get_one(Parcours, deposit.parcours)
    role = _check_role(agent, parcours, act)
    links = cases.load_links(work, deposit)
    return Case(parcours, deposit=deposit, links=links, meeting=inviting.load_meeting(work, parcours)), role


def _check_role(agent: Account, parcours: Parcours, act: Act) -> Role:
    """Return the role in which this agent acts on a deposit. Raises NotFound for an agent without a role on its parcours."""
    if role_on(agent, parcours) is None:
        raise NotFound
    return acting_as(agent, act, parcours)


@story
def note_data_request_discussed(
    work: UnitOfWork, sender: Account, parcours_id: str, *, seen: str, now: datetime
) -> None:
    """Note, once, that the sender discussed a request about personal data with the young person.

    Raises NotFound, NotYours; ChangedMeanwhile: see ``domain.kernel.holding``, as for ``seen``.
    """
    parcours = work.get_one(Parcours, parcours_id)
    role = acting_as(sender, Act.TALK, parcours)
    inputs = decision_inputs(now)
    work.commit_and_wake(holding.note_data_request_discussed(parcours, seen=seen, by=role, inputs=inputs))
