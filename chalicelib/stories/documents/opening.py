"""Serve the recipient's page: look up a link, check the proof, ask ``unseal`` to open, record reception.

Looking changes nothing. Giving the documents needs the right to decrypt, which ``unsealing`` alone has.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib import terms
from chalicelib.domain import contacts
from chalicelib.domain.accounts.signing_in import code_digits
from chalicelib.domain.documents import opening
from chalicelib.domain.kernel import address, link
from chalicelib.domain.kernel import deposit as deposit_rules
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.errors import (
    ChangedMeanwhile,
    ColleagueLimit,
    ContactChanged,
    DeadLink,
    FieldInvalid,
    LinkClosed,
    LinkErased,
    LinkExpired,
    LinkRefused,
    LinkReplaced,
    LinkRevoked,
    LinkSpent,
    LinkUnknown,
    ProofNeeded,
    RecipientRefused,
    RelayError,
    TryAgain,
    WrongStep,
)
from chalicelib.stores import functions, keys, parcours, relay
from chalicelib.stories.kit import accompanying, deciding
from chalicelib.stories.kit.deciding import commit_and_wake, draw


def code_check_value(deposit_id: str) -> str:
    """What is kept of the code of a deposit: a MAC, 64 hex characters."""
    return _check(deposit_id, code_of(deposit_id))


def shown_code(deposit_id: str) -> str | None:
    """The six digits, for the sender who has just announced this deposit; None when there is none to show (any more)."""
    current = relay.deposit(deposit_id)
    return code_of(deposit_id) if current is not None and deposit_rules.code_is_shown(current) else None


def code_is_right(deposit_id: str, deposit: Deposit | None, typed: str) -> bool:
    """Whether these six digits are the code of this deposit.

    The kept value goes when the documents are opened; a second link, a new version and the link's later life still ask for
    the code, which is then derived once more.
    """
    kept = deposit.contents.code_check if deposit is not None and deposit.contents is not None else None
    return hmac.compare_digest(_check(deposit_id, typed), kept or code_check_value(deposit_id))


def code_of(deposit_id: str) -> str:
    """The six digits that are given by telephone, derived: they are stored nowhere."""
    return code_digits(keys.code_mac(deposit_rules.code_message(deposit_id)), deposit_rules.DIGITS)


def _check(deposit_id: str, digits: str) -> str:
    return keys.code_mac(deposit_rules.check_code_message(deposit_id, digits)).hex()


TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
CLINGING = " \t\r\n.,;:)>]\"'»\u00a0\u200b\u200c\u200d\u2060\ufeff"
"""What mail programs and people leave stuck to a copied link."""


@dataclass(frozen=True)
class Found:
    """A link found by its token, and the version that this token names; the link may be dead."""

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
    """The link of this token, from the index. The index proves nothing: ``unseal`` verifies the token itself."""
    pointer = check_known(typed)
    found = deciding.current_link(pointer.link)
    return Found(found, pointer.version, relay.deposit(found.deposit))


def check_known(typed: str) -> link.Pointer:
    """The index entry of a token that was mailed, so that a flood of others starts nothing more costly than this.

    Raises:
        LinkUnknown: malformed (then nothing is read), or of no link.
    """
    pointer = relay.pointer(hashlib.sha256(token_of(typed).encode()).hexdigest())
    if pointer is None:
        raise LinkUnknown
    return pointer


def find_living(typed: str, now: datetime) -> Found:
    """The link of a token, unless its own life is over, though the purge has not removed it yet. Raises LinkUnknown."""
    found = find(typed)
    if now >= found.link.closes_at:
        raise LinkUnknown
    return found


def check_proven(found: Found, browser: str, now: datetime) -> None:
    """Raise ProofNeeded unless this browser answered the question of this version."""
    link.check_proof(relay.proof(found.link.id, found.version, browser), found.version, now)


def find_proven(typed: str, browser: str, now: datetime) -> Found:
    """The link of this token, for a browser that answered its question.

    Raises:
        LinkUnknown: see ``find_living``. ProofNeeded: it did not. LinkErased: its recipient is forgotten.
    """
    found = find_living(typed, now)
    check_proven(found, browser, now)
    if not found.link.recipient:
        raise LinkErased(found.link.revoked_at)
    return found


def token_of(typed: str) -> str:
    """The token without what clings to it. Raises LinkUnknown when it has not the shape of one."""
    token = typed.strip(CLINGING)
    if not TOKEN.fullmatch(token):
        raise LinkUnknown
    return token


def glimpse(typed: str, *, browser: str | None, now: datetime) -> Glimpse:
    """Look at a link without touching anything."""
    found = find_living(typed, now)
    proof = relay.proof(found.link.id, found.version, browser) if browser else None
    sight = opening.seen_by(found.link, found.version, found.deposit, browser, now)
    opened_at, head = found.link.opened_at, parcours.head(found.link.parcours)
    until = terms.retention().window_until(opened_at) if opened_at else None
    return Glimpse(
        found=found,
        sight=sight,
        proven=proof is not None and now < proof.expires_at,
        sender=accompanying.sends(head, found.link),
        parcours=head,
        window_until=until if until and now < until else None,
        confirmed=found.link.confirmed_at is not None,
    )


def prove(typed: str, answer: str, *, browser: str, now: datetime, code: bool = False) -> None:
    """Let this browser act on this link if it knows what is asked; on a dead one too, to ask again.

    Asked is the address to which the mail went or, when a code was given by telephone, that code alone (``code``).
    Raises:
        FieldInvalid: the answer is no address, or no six digits; it does not count.
        ProofWrong, ProofLocked, LinkClosed: it is not the one; five pause the question, twenty close the link.
        LinkErased, LinkUnknown: there is nothing to prove any more.
    """
    found = find_living(typed, now)
    if found.link.closed_at is not None:
        raise LinkClosed(found.link.closed_at)
    if not found.link.recipient:
        raise LinkErased(found.link.revoked_at)
    given = deposit_rules.typed_code(answer) if code else address.normalise(answer, "adresse")
    if not _proving(found, browser, now):
        return
    if not _is_right(found, given, code=code):
        _refuse_wrong_answer(found, now)
    commit_and_wake(lambda: _proving(found, browser, now))


def _is_right(found: Found, given: str, *, code: bool) -> bool:
    if found.link.code_wanted != code:
        return False
    if code:
        return code_is_right(found.link.deposit, found.deposit, given)
    return link.answer_is_right(found.link, given)


def _proving(found: Found, browser: str, now: datetime) -> Transition:
    """What a right answer writes; nothing when this browser has passed already, perhaps in its other tab.

    The tries are written again as they are, so that a wrong answer counted meanwhile makes this one be decided anew: of a
    thousand guesses at once, none is worth more than if they had come one after another.
    Raises:
        ProofLocked: five wrong answers closed the question a moment ago.
    """
    former = relay.proof(found.link.id, found.version, browser)
    if former is not None and now < former.expires_at:
        return Transition.nothing()
    tries = relay.tries(found.link.id)
    link.check_open_for_answers(tries, now)
    return Transition(
        changes=(
            Change(former, link.prove(found.link, found.version, browser, now)),
            Change(tries, tries or link.Tries(link=found.link.id, closes_at=found.link.closes_at)),
        )
    )


def _refuse_wrong_answer(found: Found, now: datetime) -> None:
    counted = link.Tries(link=found.link.id, closes_at=found.link.closes_at)

    def decide() -> Transition:
        nonlocal counted
        tries = relay.tries(found.link.id)
        link.check_open_for_answers(tries, now)
        counted = link.count_wrong(tries or counted, now)
        closing = Transition.nothing()
        if counted.wrong >= link.WRONG_BEFORE_DEATH:
            current = relay.link(found.link.id)
            if current is not None and found.deposit is not None and current.closed_at is None:
                closing = opening.close(current, found.deposit, parcours.head(found.link.parcours), draw(now))
        return Transition(changes=(Change(tries, counted),)) + closing

    commit_and_wake(decide)
    if counted.wrong >= link.WRONG_BEFORE_DEATH:
        raise LinkClosed(now)
    raise link.refusal_of_wrong(found.link, counted, now)


def answer(typed: str, *, readable: bool, browser: str, now: datetime) -> None:
    """The winner says whether she could read.

    Raises:
        ProofNeeded, LinkSpent: this is not the browser that opened. LinkErased, LinkUnknown: it is too late.
    """
    found = find_proven(typed, browser, now)

    def decide() -> Transition:
        case, current = deciding.of_link(found.link.id)
        step = opening.answer(case, current, readable=readable, browser=browser, draw=draw(now))
        return contacts.noted(step, current)

    commit_and_wake(decide)


def ask_again(typed: str, *, browser: str, now: datetime) -> None:
    """The recipient of a link that is right but dead asks the tutor for a new sending; asking twice asks once.

    Raises:
        ProofNeeded, LinkUnknown. WrongStep: the link still opens, or the young person's passage is over.
    """
    found = find(typed)
    check_proven(found, browser, now)

    def decide() -> Transition:
        current = deciding.current_link(found.link.id)
        deposit, head = relay.deposit(current.deposit), parcours.head(current.parcours)
        step = opening.ask_again(current, found.version, deposit, head, draw(now))
        return contacts.noted(step, current)

    commit_and_wake(decide)


LINK_REFUSALS: dict[str, type[RelayError]] = {
    kind.code: kind
    for kind in (
        LinkUnknown,
        LinkSpent,
        LinkExpired,
        LinkReplaced,
        LinkRefused,
        LinkRevoked,
        LinkErased,
        LinkClosed,
        ProofNeeded,
        RecipientRefused,
        TryAgain,
        WrongStep,
        ChangedMeanwhile,
        ColleagueLimit,
        ContactChanged,
        FieldInvalid,
    )
}


def claim(token: str, *, browser: str) -> dict[str, Any]:
    """The documents of a link for one browser, as ``unseal`` gives them (``unsealing.open_documents``).

    Raises:
        LinkUnknown: no such token was ever mailed; ``unseal`` is not even asked.
        DeadLink (one of its kinds), ProofNeeded: what ``unseal`` refused.
        TryAgain: it did not answer, or failed.
    """
    check_known(token)
    return asked(functions.unseal(token, browser))


def asked(answered: dict[str, Any]) -> dict[str, Any]:
    """What ``unseal`` answered, or its refusal raised."""
    if "refusal" in answered:
        raise from_wire(answered["refusal"]["code"], answered["refusal"]["facts"])
    return answered


def from_wire(code: str, facts: dict[str, object]) -> RelayError:
    """Rebuild a refusal that another function answered; an unknown code is a ``TryAgain``."""
    kind = LINK_REFUSALS.get(code, TryAgain)
    if issubclass(kind, DeadLink):
        since = facts.get("since")
        return kind(since if isinstance(since, str) else None)
    if kind is RecipientRefused:
        return RecipientRefused(str(facts["field"]))
    if kind is FieldInvalid:
        return FieldInvalid(str(facts["field"]), str(facts["reason"]))
    return kind()
