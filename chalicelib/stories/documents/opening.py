"""Serve the recipient's page: look up a link, check the proof, ask ``unseal`` to open, record reception.

Looking changes nothing. Giving the documents needs the right to decrypt, which ``unsealing`` alone has.
"""

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from chalicelib import terms
from chalicelib.domain import contacts
from chalicelib.domain.accounts.signing_in import code_digits
from chalicelib.domain.documents import opening
from chalicelib.domain.kernel import address, link
from chalicelib.domain.kernel import deposit as deposit_rules
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.meetings.appointment import Appointment
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
from chalicelib.stores import functions, keys, relay
from chalicelib.stores.relay import Found
from chalicelib.stories.kit import accompanying, deciding, quotas
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


MOST_ENTRIES_KEPT = 1_000
"""Entries of the index that a process remembers."""


@dataclass(frozen=True)
class Glimpse:
    """What the page shows before anything is opened."""

    found: Found
    sight: opening.Sight
    proven: bool
    sender: Account | None
    appointment: Appointment | None
    """The dates of the passage under way, if any were spoken of and this browser may know."""
    window_until: datetime | None
    confirmed: bool

    @property
    def parcours(self) -> Parcours:
        return self.found.parcours


def find(typed: str, browser: str | None = None) -> Found:
    """The link of this token, from the index. The index proves nothing: ``unseal`` verifies the token itself."""
    return read(check_known(typed), browser)


def read(pointer: link.Pointer, browser: str | None) -> Found:
    """The link of an index entry and what lies around it, as they are now. Raises LinkUnknown when it is gone."""
    found = relay.found(pointer, browser)
    if found is None:
        raise LinkUnknown
    return found


def check_known(typed: str) -> link.Pointer:
    """The index entry of a token that was mailed, so that a flood of others starts nothing more costly than this.

    Raises:
        LinkUnknown: malformed (then nothing is read), or of no link.
    """
    return _entry(hashlib.sha256(token_of(typed).encode()).hexdigest())


@lru_cache(maxsize=MOST_ENTRIES_KEPT)
def _entry(token_sha256: str) -> link.Pointer:
    """What the index says, which is written once: the request that looks spares those that follow it a call."""
    found = relay.pointer(token_sha256)
    if found is None:
        raise LinkUnknown
    return found


def forget_entries() -> None:
    """For tests that go back to before a token was looked up."""
    _entry.cache_clear()


def find_living(typed: str, browser: str | None, now: datetime) -> Found:
    """The link of a token, unless its own life is over, though the purge has not removed it yet. Raises LinkUnknown."""
    found = find(typed, browser)
    check_living(found, now)
    return found


def check_living(found: Found, now: datetime) -> None:
    """Raise LinkUnknown once the link's own life is over."""
    if now >= found.link.closes_at:
        raise LinkUnknown


def check_proven(found: Found, now: datetime) -> None:
    """Raise ProofNeeded unless this browser answered the question of this version."""
    link.check_proof(found.proof, found.version, now)


def find_proven(typed: str, browser: str, now: datetime) -> Found:
    """The link of this token, for a browser that answered its question. Raises as ``check_holder``."""
    found = find(typed, browser)
    check_holder(found, now)
    return found


def check_holder(found: Found, now: datetime) -> None:
    """Check that this browser may act on a link.

    Raises:
        LinkUnknown: see ``check_living``. ProofNeeded: it did not answer. LinkErased: its recipient is forgotten.
    """
    check_living(found, now)
    check_proven(found, now)
    if not found.link.recipient:
        raise LinkErased(found.link.revoked_at)


def on_page(found: Found, browser: str, decide: Callable[[Found], Transition]) -> Callable[[], Transition]:
    """What is decided on the page of a link, to be settled: on what was read, and read anew whenever a race is lost."""
    reading = deciding.first_then(found, lambda: read(found.pointer, browser))

    def decided() -> Transition:
        current = reading()
        return contacts.noted(decide(current), current.link)

    return decided


def acted_on_page(
    found: Found, browser: str, now: datetime, decide: Callable[[Found], Transition]
) -> Callable[[], Transition]:
    """The same, within the day's quota of the link: what mails somebody is counted where it is written."""

    def counted(current: Found) -> Transition:
        step = decide(current)
        return step + quotas.use(quotas.LINK_ACT, current.link.id, now) if step.mails else step

    return on_page(found, browser, counted)


def appointment_of(found: Found) -> Appointment | None:
    """The dates of the attempt under way, be it a later one than the link's; None when none were ever spoken of."""
    head = found.parcours
    return relay.appointment(head.id, head.attempt, found.read) if head.attempt is not None else None


def token_of(typed: str) -> str:
    """The token without what clings to it. Raises LinkUnknown when it has not the shape of one."""
    token = typed.strip(CLINGING)
    if not TOKEN.fullmatch(token):
        raise LinkUnknown
    return token


def glimpse(typed: str, *, browser: str | None, now: datetime) -> Glimpse:
    """Look at a link without touching anything."""
    found = find_living(typed, browser, now)
    opened_at, proof = found.link.opened_at, found.proof
    until = terms.retention().window_until(opened_at) if opened_at else None
    proven = proof is not None and now < proof.expires_at
    return Glimpse(
        found=found,
        sight=opening.seen_by(found.link, found.version, found.deposit, browser, now),
        proven=proven,
        sender=accompanying.sends(found.parcours, found.link, found.read),
        appointment=appointment_of(found) if proven else None,
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
    found = find_living(typed, browser, now)
    _check_asks(found)
    given = deposit_rules.typed_code(answer) if code else address.normalise(answer, "adresse")
    wrong: RelayError | None = None

    def decide(current: Found) -> Transition:
        nonlocal wrong
        wrong = None
        _check_asks(current)
        if current.proof is not None and now < current.proof.expires_at:
            return Transition.nothing()  # passed already, perhaps in its other tab
        link.check_open_for_answers(current.tries, now)
        if _is_right(current, given, code=code):
            return _proving(current, browser, now)
        counted = link.count_wrong(_tries(current), now)
        closes = counted.wrong >= link.WRONG_BEFORE_DEATH
        wrong = LinkClosed(now) if closes else link.refusal_of_wrong(current.link, counted, now)
        return _counting(current, counted, now, closes=closes)

    commit_and_wake(on_page(found, browser, decide))
    if wrong is not None:
        raise wrong


def _check_asks(found: Found) -> None:
    """Check that a link still has a question to answer."""
    if found.link.closed_at is not None:
        raise LinkClosed(found.link.closed_at)
    if not found.link.recipient:
        raise LinkErased(found.link.revoked_at)


def _is_right(found: Found, given: str, *, code: bool) -> bool:
    if found.link.code_wanted != code:
        return False
    if code:
        return code_is_right(found.link.deposit, found.deposit, given)
    return link.answer_is_right(found.link, given)


def _proving(found: Found, browser: str, now: datetime) -> Transition:
    """What a right answer writes.

    A wrong answer that was counted meanwhile makes this one be decided anew: of a thousand guesses at once, none is worth more
    than if they had come one after another. Right ones do not hinder one another.
    """
    proof = Change(found.proof, link.prove(found.link, found.version, browser, now))
    return Transition(changes=(proof,), unchanged=(_tries(found),))


def _counting(found: Found, counted: link.Tries, now: datetime, *, closes: bool) -> Transition:
    """What a wrong answer writes: the count, and the end of a link that it ``closes``."""
    closing = Transition.nothing()
    if closes and found.deposit is not None:
        closing = opening.close(found.link, found.deposit, found.parcours, draw(now))
    return Transition(changes=(Change(found.tries, counted),)) + closing


def _tries(found: Found) -> link.Tries:
    return found.tries or link.Tries(link=found.link.id, closes_at=found.link.closes_at)


def answer(typed: str, *, readable: bool, browser: str, now: datetime) -> None:
    """The winner says whether she could read.

    Raises:
        ProofNeeded, LinkSpent: this is not the browser that opened. LinkErased, LinkUnknown: it is too late.
    """

    def decide(current: Found) -> Transition:
        case = deciding.of_link(current)
        return opening.answer(case, current.link, readable=readable, browser=browser, draw=draw(now))

    found = find_proven(typed, browser, now)
    if readable:  # said once, and what erases the documents: no quota delays it
        commit_and_wake(on_page(found, browser, decide))
    else:
        commit_and_wake(acted_on_page(found, browser, now, decide))


def ask_again(typed: str, *, browser: str, now: datetime) -> None:
    """The recipient of a link that is right but dead asks the tutor for a new sending; asking twice asks once.

    Raises:
        ProofNeeded, LinkUnknown. WrongStep: the link still opens, or the young person's passage is over.
    """
    found = find(typed, browser)
    check_proven(found, now)

    def decide(current: Found) -> Transition:
        return opening.ask_again(current.link, current.version, current.deposit, current.parcours, draw(now))

    commit_and_wake(acted_on_page(found, browser, now, decide))


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
    return asked(functions.unseal(token, browser, check_known(token)))


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
