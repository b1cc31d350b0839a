"""Opening: what the recipient's page asks for. Looking changes nothing; only a person who answered the question acts."""

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib import log
from chalicelib.clock import iso
from chalicelib.domain import address, link, opening
from chalicelib.domain.deposit import Contents, Deposit
from chalicelib.domain.link import Link
from chalicelib.domain.parcours import Parcours
from chalicelib.domain.people import Account
from chalicelib.domain.transition import Change, Transition
from chalicelib.domain.values import Kind
from chalicelib.errors import LinkClosed, LinkErased, LinkUnknown, NotAuthentic, TryAgain, WrongStep
from chalicelib.stores import functions, keys, objects, parcours, relay, transactions
from chalicelib.stories import policies
from chalicelib.stories.draws import draw

TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
CLINGING = " \t\r\n.,;:)>]\"'»\u00a0\u200b\u200c\u200d\u2060\ufeff"
"""What mail programs and people leave stuck to a copied link."""
NAMES = {Kind.CV: "CV", Kind.LETTER: "Lettre"}


@dataclass(frozen=True)
class Found:
    """A link that was right once, and the version that was asked for."""

    link: Link
    version: int
    deposit: Deposit | None


@dataclass(frozen=True)
class Glimpse:
    """What the page shows before anything is opened."""

    found: Found
    sight: opening.Sight
    proven: bool
    sender: Account | None
    parcours: Parcours
    window_until: datetime | None
    confirmed: bool


def find(typed: str) -> Found:
    """The link of this token, from the index. The index proves nothing: ``unseal`` verifies the token itself.

    Raises:
        LinkUnknown: malformed (then nothing is read) or unknown.
    """
    token = _token(typed)
    pointer = relay.pointer(hashlib.sha256(token.encode()).hexdigest())
    found = relay.link(pointer.link) if pointer else None
    if pointer is None or found is None:
        raise LinkUnknown
    return Found(found, pointer.version, relay.deposit(found.deposit))


def _find_living(typed: str, now: datetime) -> Found:
    """Raises:
    LinkUnknown: see ``find``; or the link's own life is over, though the purge has not removed it yet.
    """
    found = find(typed)
    if now >= found.link.closes_at:
        raise LinkUnknown
    return found


def _token(typed: str) -> str:
    token = typed.strip(CLINGING)
    if not TOKEN.fullmatch(token):
        raise LinkUnknown
    return token


def glimpse(typed: str, *, browser: str | None, now: datetime) -> Glimpse:
    """Look at a link without touching anything."""
    found = _find_living(typed, now)
    proof = relay.proof(found.link.id, found.version, browser) if browser else None
    sight = opening.seen_by(found.link, found.version, found.deposit, browser, now)
    opened_at = found.link.opened_at
    until = policies.retention().window_until(opened_at) if opened_at else None
    return Glimpse(
        found=found,
        sight=sight,
        proven=proof is not None and now < proof.expires_at,
        sender=parcours.account(found.link.sender),
        parcours=parcours.head(found.link.parcours),
        window_until=until if until and now < until else None,
        confirmed=bool(found.deposit and found.deposit.confirmed_at),
    )


def prove(typed: str, answer: str, *, browser: str, now: datetime) -> None:
    """Let this browser act on this link if it knows the address to which the mail went; on a dead one too, to ask again.

    Raises:
        FieldInvalid: the answer is no address; it does not count.
        ProofWrong, ProofLocked, LinkClosed: it is not the one; five pause the question, twenty close the link.
        LinkErased, LinkUnknown: there is nothing to prove any more.
    """
    found = _find_living(typed, now)
    if found.link.closed_at is not None:
        raise LinkClosed(found.link.closed_at)
    if not found.link.recipient:
        raise LinkErased(found.link.revoked_at)
    given = address.normalise(answer, "adresse")
    if not _proving(found, browser, now):
        return
    link.check_open_for_answers(relay.tries(found.link.id), now)
    if not link.answer_is_right(found.link, given):
        _refuse_wrong_answer(found, now)
    transactions.settle(lambda: _proving(found, browser, now))


def _proving(found: Found, browser: str, now: datetime) -> Transition:
    """What a right answer writes; nothing when this browser has passed already, perhaps in its other tab."""
    stands = relay.proof(found.link.id, found.version, browser)
    if stands is not None and now < stands.expires_at:
        return Transition.nothing()
    return Transition(changes=(Change(stands, link.prove(found.link, found.version, browser, now)),))


def _refuse_wrong_answer(found: Found, now: datetime) -> None:
    counted = link.Tries(link=found.link.id)

    def decide() -> Transition:
        nonlocal counted
        stands = relay.tries(found.link.id)
        link.check_open_for_answers(stands, now)
        counted = link.count_wrong(stands or counted, now)
        closing = Transition.nothing()
        if counted.wrong >= link.WRONG_BEFORE_DEATH:
            current = relay.link(found.link.id)
            if current is not None and found.deposit is not None and current.closed_at is None:
                closing = opening.close(current, found.deposit, parcours.head(found.link.parcours), draw(now))
        return Transition(
            changes=(Change(stands, counted), *closing.changes), events=closing.events, mails=closing.mails
        )

    functions.wake_mailer([mail.key for mail in transactions.settle(decide).mails])
    if counted.wrong >= link.WRONG_BEFORE_DEATH:
        raise LinkClosed(now)
    raise link.refusal_of_wrong(counted, now)


def open_documents(typed: str, *, browser: str, now: datetime) -> dict[str, Any]:
    """Give the documents of a link to one browser (runs in ``unseal``, the only function that may decrypt).

    Everything that can fail is tried before the claim, so that an outage costs nobody her turn.
    Returns:
        ``{"documents": [{"kind", "url", "key", "aad", "nom"}], "jusqu_a", "efface_le"}``; ``key`` is base64.
    Raises:
        DeadLink (one of its kinds), ProofNeeded, TryAgain.
    """
    found = _find_living(typed, now)
    link.check_proof(relay.proof(found.link.id, found.version, browser), found.version, now)
    if not found.link.recipient:
        raise LinkErased(found.link.revoked_at)
    # The version that was asked for: an older token is genuine too, and then told to be dead.
    if not keys.token_is_genuine(_token(typed), found.link.token_message(found.version)):
        log.line("forged_link")
        raise LinkUnknown
    opening.check_alive(found.link, found.version, found.deposit, browser, now)
    assert found.deposit is not None and found.deposit.contents is not None
    unwrapped = {kind: _unwrap(found, found.deposit.contents, kind) for kind in found.deposit.kinds}
    head, opened_at = _claim(found, browser, now)
    return {
        "documents": [_given(found.link.deposit, head, kind, key) for kind, key in unwrapped.items()],
        "jusqu_a": iso(policies.retention().window_until(opened_at)),
        "efface_le": iso(policies.retention().unconfirmed_until(opened_at)),
    }


def _unwrap(found: Found, contents: Contents, kind: Kind) -> bytes:
    """The data key of one document, wrapped for this link's recipient and no other."""
    deposit = found.deposit
    assert deposit is not None
    stored = objects.head(objects.object_key(deposit.id, kind))
    document = deposit.document(kind)
    if stored is None or document is None:
        log.line("document_missing", kind=kind.value)
        raise TryAgain
    to = address.bound_recipient(contents.salt, found.link.recipient)
    try:
        key = keys.unwrap(stored.wrapped_key, keys.KeyContext(deposit.id, kind, to))
    except NotAuthentic:
        log.line("document_tampered", kind=kind.value)
        raise TryAgain from None
    if hashlib.sha256(key).hexdigest() != document.key_sha256 or stored.sealed_bytes != document.sealed_bytes:
        log.line("document_tampered", kind=kind.value)
        raise TryAgain
    return key


def _claim(found: Found, browser: str, now: datetime) -> tuple[Parcours, datetime]:
    """Be the one who opened, or not. The parcours and the instant of the opening."""
    opened_at = now
    head = parcours.head(found.link.parcours)

    def decide() -> Transition:
        nonlocal opened_at, head
        # The deposit before the link: if one of them wins in between, the link says whose it is.
        deposit = relay.deposit(found.link.deposit)
        current = relay.link(found.link.id)
        if current is None:
            raise LinkUnknown
        head = parcours.head(current.parcours)
        opened_at = current.opened_at or now
        try:
            return opening.claim(
                current,
                found.version,
                deposit,
                head,
                browser=browser,
                policy=policies.retention(),
                draw=draw(now),
            )
        except WrongStep:
            raise TryAgain from None

    transactions.settle(decide)
    return head, opened_at


def _given(deposit: str, head: Parcours, kind: Kind, key: bytes) -> dict[str, str]:
    """What the winner's browser needs to fetch, open and name one document."""
    return {
        "kind": kind.value,
        "url": objects.download_url(objects.object_key(deposit, kind)),
        "key": base64.b64encode(key).decode(),
        "aad": f"{deposit}/{kind}",
        "nom": f"{NAMES[kind]}-{head.reference or 'CSF'}.pdf",
    }


def answer(typed: str, *, readable: bool, browser: str, now: datetime) -> None:
    """The winner says whether she could read.

    Raises:
        ProofNeeded, LinkSpent: this is not the browser that opened.
        LinkErased, LinkUnknown: there is nothing to say any more.
    """
    found = _find_living(typed, now)
    link.check_proof(relay.proof(found.link.id, found.version, browser), found.version, now)

    def decide() -> Transition:
        current = relay.link(found.link.id)
        if current is None:
            raise LinkUnknown
        deposit, head = relay.deposit(current.deposit), parcours.head(current.parcours)
        return opening.answer(current, deposit, head, readable=readable, browser=browser, draw=draw(now))

    functions.wake_mailer([mail.key for mail in transactions.settle(decide).mails])


def ask_again(typed: str, *, browser: str, now: datetime) -> None:
    """The recipient of a link that is right but dead asks the tutor for a new sending; asking twice asks once.

    Raises:
        ProofNeeded: this browser has not answered the question.
        WrongStep: the link still opens, or the young person's passage is over.
        LinkUnknown: there is no such link.
    """
    found = find(typed)
    link.check_proof(relay.proof(found.link.id, found.version, browser), found.version, now)

    def decide() -> Transition:
        current = relay.link(found.link.id)
        if current is None:
            raise LinkUnknown
        deposit, head = relay.deposit(current.deposit), parcours.head(current.parcours)
        return opening.ask_again(current, found.version, deposit, head, draw(now))

    functions.wake_mailer([mail.key for mail in transactions.settle(decide).mails])
