"""Serve the recipient's page: look up a link, check the proof, ask ``unseal`` to open, record reception.

Looking changes nothing. Giving the documents needs the right to decrypt, which ``unsealing`` alone has.
"""

import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from chalicelib.domain import contacts
from chalicelib.domain.accounts.signing_in import code_digits
from chalicelib.domain.documents import opening
from chalicelib.domain.kernel import address, link
from chalicelib.domain.kernel import deposit as deposit_rules
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.texts import hash_text
from chalicelib.domain.kernel.timeline import Reason
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.meetings.appointment import Appointment
from chalicelib.domain.parcours.holder import HolderState, find_state
from chalicelib.errors import (
    ChangedMeanwhile,
    ColleagueLimit,
    DeadLink,
    FieldInvalid,
    LinkClosed,
    LinkErased,
    LinkExpired,
    LinkRefused,
    LinkReplaced,
    LinkRevoked,
    LinkSpent,
    LinkSuspended,
    LinkUnknown,
    ProofNeeded,
    RecipientRefused,
    RelayError,
    TryAgain,
    WrongStep,
)
from chalicelib.stores import cases, functions, keys, relay_table
from chalicelib.stores.cases import Visit
from chalicelib.stores.unit_of_work import UnitOfWork, story
from chalicelib.stories.kit import accompanying, deciding, quotas
from chalicelib.stories.kit.deciding import decision_inputs


def compute_code_check(deposit_id: str) -> str:
    """Compute what is stored of the code of a deposit: a MAC, 64 hex characters."""
    return _compute_check(deposit_id, derive_code(deposit_id))


def read_shown_code(deposit_id: str) -> str | None:
    """Return the six digits for the sender who has just announced this deposit; None when there is none to show (any more)."""
    current = relay_table.read_deposit(deposit_id)
    return derive_code(deposit_id) if current is not None and deposit_rules.is_code_shown(current) else None


def is_right_code(deposit_id: str, deposit: Deposit | None, typed: str) -> bool:
    """Check whether these six digits are the code of this deposit.

    The kept value goes when the documents are opened; a second link, a new version and the link's later life still ask for
    the code, which is then derived once more.
    """
    stored_check = (
        deposit.contents.code_check if deposit is not None and deposit.contents is not None else None
    )
    return hmac.compare_digest(
        _compute_check(deposit_id, typed), stored_check or compute_code_check(deposit_id)
    )


def derive_code(deposit_id: str) -> str:
    """Derive the six digits that are given by telephone: they are stored nowhere."""
    return code_digits(
        keys.compute_code_mac(deposit_rules.build_code_message(deposit_id)), deposit_rules.DIGITS
    )


def _compute_check(deposit_id: str, digits: str) -> str:
    """Compute the value that is kept to check a telephoned code: a MAC of its digits, hex."""
    return keys.compute_code_mac(deposit_rules.check_code_message(deposit_id, digits)).hex()


TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
CLINGING = " \t\r\n.,;:)>]\"'»\u00a0\u200b\u200c\u200d\u2060\ufeff"
"""What mail programs and people leave stuck to a copied link."""


MOST_ENTRIES_KEPT = 1_000
"""Entries of the index that a process remembers."""


@dataclass(frozen=True)
class Demand:
    """What the holder of a link may know of another one at its address: nothing that opens it, nothing of the young person."""

    parcours: Parcours
    sender: Account | None
    state: HolderState
    sent_at: datetime


@dataclass(frozen=True)
class Glimpse:
    """What the page shows before anything is opened."""

    visit: Visit
    sight: opening.Sight
    is_proven: bool
    sender: Account | None
    """Who follows the passage and answers,"""
    writer: Account | None
    """and who signed the mail with this link, whose account may be closed."""
    appointment: Appointment | None
    """The dates of the passage under way, if any were spoken of and this browser may know."""
    confirmed: bool
    demands: tuple["Demand", ...]
    """What else is asked at the same address, if this browser may know."""

    @property
    def parcours(self) -> Parcours:
        """The parcours of the visited link."""
        return self.visit.parcours


@story
def find_visit(work: UnitOfWork, typed: str, browser: str | None = None) -> Visit:
    """Look a token up in the index. That proves nothing: ``unseal`` verifies the token itself. Raises LinkUnknown.

    ``typed``: the token as somebody pasted it; ``browser``: digest of this browser's cookie, whose proof is read too.
    """
    return cases.load_visit(work, find_pointer(typed), browser)


def find_pointer(typed: str) -> link.Pointer:
    """Return the index entry of a token that was mailed; remembered, so that a flood of other tokens costs one read each.

    Raises:
        LinkUnknown: malformed (then nothing is read), or of no link.
    """
    return _read_pointer(hash_text(parse_token(typed)))


@lru_cache(maxsize=MOST_ENTRIES_KEPT)
def _read_pointer(token_sha256: str) -> link.Pointer:
    """Read an index entry. It never changes, so this process remembers it for later requests. Raises LinkUnknown."""
    pointer = relay_table.read_pointer(token_sha256)
    if pointer is None:
        raise LinkUnknown
    return pointer


def forget_entries() -> None:
    """Empty the cache of index entries, for tests that go back to before a token was looked up."""
    _read_pointer.cache_clear()


def find_living(work: UnitOfWork, typed: str, browser: str | None, now: datetime) -> Visit:
    """Look a token up. Raises LinkUnknown also once the link's own life is over, though the purge has not removed it yet."""
    visit = find_visit(work, typed, browser)
    check_living(visit, now)
    return visit


def check_living(visit: Visit, now: datetime) -> None:
    """Raise LinkUnknown once the link's own life is over."""
    if now >= visit.link.closes_at:
        raise LinkUnknown


def find_visit_with_proof(work: UnitOfWork, typed: str, browser: str, now: datetime) -> Visit:
    """Look a token up for a browser that answered its question. Raises as ``check_holder``."""
    visit = find_visit(work, typed, browser)
    check_holder(visit, now)
    return visit


def check_holder(visit: Visit, now: datetime) -> None:
    """Check that this browser may act on a link.

    Raises:
        LinkUnknown: see ``check_living``. LinkSuspended: it gives nothing for now.
        ProofNeeded: it did not answer. LinkErased: its recipient is forgotten.
    """
    check_living(visit, now)
    opening.check_not_suspended(visit.link, visit.parcours)
    link.check_proof(visit.proof, visit.version, now)
    if not visit.link.recipient:
        raise LinkErased(visit.link.revoked_at)


def commit_on_page(work: UnitOfWork, visit: Visit, step: Transition) -> None:
    """Commit what is decided on the page of a link, and wake the mailer.

    The contact at the link's address is noted as having answered if the transition has a fact of theirs.
    """
    work.commit_and_wake(contacts.note_contacts(step, visit.link))


def commit_within_quota(work: UnitOfWork, visit: Visit, step: Transition, now: datetime) -> None:
    """Commit as ``commit_on_page``; what mails somebody counts on the day's quota of the link. Raises TooManyOnLink."""
    counted = quotas.use(quotas.LINK_ACT, visit.link.id, now) if step.mails else Transition.nothing()
    commit_on_page(work, visit, step + counted)


def parse_token(typed: str) -> str:
    """Strip what clings to a copied token. Raises LinkUnknown when it does not look like one."""
    token = typed.strip(CLINGING)
    if not TOKEN.fullmatch(token):
        raise LinkUnknown
    return token


def read_glimpse(typed: str, *, browser: str | None, now: datetime) -> Glimpse:
    """Return what the page shows before anything is opened; nothing is changed. Raises LinkUnknown."""
    work = UnitOfWork()
    visit = find_living(work, typed, browser, now)
    is_proven = visit.proof is not None and now < visit.proof.expires_at
    return Glimpse(
        visit=visit,
        sight=opening.read_sight(visit.link, visit.version, visit.deposit, visit.parcours, browser, now),
        is_proven=is_proven,
        sender=accompanying.find_sender(work, visit.parcours, visit.link),
        writer=work.get(Account, visit.pointer.sender),
        appointment=work.get(Appointment, visit.parcours.id, visit.parcours.attempt) if is_proven else None,
        confirmed=visit.link.confirmed_at is not None,
        demands=_list_demands(work, visit, browser, now) if is_proven else (),
    )


def _list_demands(work: UnitOfWork, visit: Visit, browser: str | None, now: datetime) -> tuple[Demand, ...]:
    """List what else waits at the address of this link: the last link of each other parcours, if it lives, the newest first.

    Nothing on a link that gives no acts itself.
    """
    own = visit.link
    if visit.version != own.version or not own.is_living(now) or visit.parcours.suspends(own.attempt):
        return ()
    at_address = cases.load_links_at(work, keys.compute_address_mac(own.recipient))
    last_of_parcours = {other.parcours: other for other in sorted(at_address, key=_read_sending)}
    others = [
        other
        for other in last_of_parcours.values()
        if other.parcours != own.parcours and other.is_living(now)
    ]
    work.load(
        *((Deposit, other.deposit) for other in others),
        *((Parcours, other.parcours) for other in others),
        *((Account, other.sender) for other in others),
    )
    work.load(*((Account, parcours.tutor) for parcours in work.list_loaded(Parcours)))
    demands = (_find_demand(work, other, browser, now) for other in others)
    told = (demand for demand in demands if demand is not None)
    return tuple(sorted(told, key=lambda demand: demand.sent_at, reverse=True))


def _find_demand(work: UnitOfWork, other: link.Link, browser: str | None, now: datetime) -> Demand | None:
    """Return how far another link to the address is; None: a request about data suspends it, or its parcours is gone."""
    parcours, deposit = work.get(Parcours, other.parcours), work.get(Deposit, other.deposit)
    if parcours is None or parcours.suspends(other.attempt):
        return None
    sight = opening.read_sight(other, other.version, deposit, parcours, browser, now)
    state = find_state(other, parcours, sight.state, now, acts=True)
    sender = accompanying.find_sender(work, parcours, other)
    return Demand(parcours, sender, state, _read_sending(other))


def _read_sending(sent: link.Link) -> datetime:
    """Return when the link was made, or made anew."""
    return sent.version_at or sent.created_at


@story
def prove(
    work: UnitOfWork, typed: str, answer: str, *, browser: str, now: datetime, code: bool = False
) -> None:
    """Note that this browser knows the answer to the link's question, so that it may act on it; on a dead link too, to ask again.

    The question is what stands before the « @ » of the address to which the mail went (all of it will do); where a code was given
    by telephone it is that code alone (``code``). A wrong answer is counted and raises.
    Raises:
        FieldInvalid: the answer is no address, or no six digits; it does not count.
        ProofWrong, ProofLocked, LinkClosed: it is wrong; five pause the question, twenty close the link.
        LinkErased, LinkUnknown: there is nothing to prove any more.
    """
    visit = find_living(work, typed, browser, now)
    _check_asks(visit)
    parsed_answer = deposit_rules.parse_code(answer) if code else _parse_address(answer, visit.link)
    if visit.proof is not None and now < visit.proof.expires_at:
        return  # passed already, perhaps in its other tab
    link.check_open_for_answers(visit.tries, now)
    if _is_right(visit, parsed_answer, code=code):
        commit_on_page(work, visit, _decide_right(visit, browser, now))
        return
    counted = link.count_wrong(_read_tries(visit), now)
    closes = counted.wrong >= link.WRONG_BEFORE_DEATH
    commit_on_page(work, visit, _decide_wrong(visit, counted, now, closes=closes))
    raise LinkClosed(now) if closes else link.build_wrong_answer_refusal(visit.link, counted, now)


def _parse_address(answer: str, mailed: link.Link) -> str:
    """Return the typed address; of what stands before the « @ » alone, at the domain that the page shows. Raises FieldInvalid."""
    return address.normalise(address.complete(answer, address.read_domain(mailed.recipient)), "adresse")


def _check_asks(visit: Visit) -> None:
    """Check that the link still has a question to answer, and now. Raises LinkClosed, LinkErased, LinkSuspended."""
    opening.check_not_suspended(visit.link, visit.parcours)
    if visit.link.closed_at is not None:
        raise LinkClosed(visit.link.closed_at)
    if not visit.link.recipient:
        raise LinkErased(visit.link.revoked_at)


def _is_right(visit: Visit, parsed_answer: str, *, code: bool) -> bool:
    """Whether an answer is right. ``code``: it is a code, not an address; False if this link asks for the other."""
    if visit.link.code_wanted != code:
        return False
    if code:
        return is_right_code(visit.link.deposit, visit.deposit, parsed_answer)
    return link.is_right_answer(visit.link, parsed_answer)


def _decide_right(visit: Visit, browser: str, now: datetime) -> Transition:
    """Decide what a right answer writes.

    A wrong answer that was counted meanwhile makes this one be decided anew: of a thousand guesses at once, none is worth more
    than if they had come one after another. Right ones do not hinder one another.
    """
    proof = Change(visit.proof, link.prove(visit.link, visit.version, browser, now))
    return Transition(changes=(proof,), unchanged=(_read_tries(visit),))


def _decide_wrong(visit: Visit, counted: link.Tries, now: datetime, *, closes: bool) -> Transition:
    """Decide what a wrong answer writes: the count, and the end of a link that it ``closes``."""
    closing = Transition.nothing()
    if closes and visit.deposit is not None:
        closing = opening.close(visit.link, visit.deposit, visit.parcours, decision_inputs(now))
    return Transition(changes=(Change(visit.tries, counted),)) + closing


def _read_tries(visit: Visit) -> link.Tries:
    """Return the wrong answers counted on this link; a new count where there was none."""
    return visit.tries or link.Tries(link=visit.link.id, closes_at=visit.link.closes_at)


@story
def answer(
    work: UnitOfWork,
    typed: str,
    *,
    readable: bool,
    browser: str,
    now: datetime,
    why_not: Reason | None = None,
) -> None:
    """Record whether the browser that opened could read the documents, and ``why_not`` if that was said.

    Raises:
        ProofNeeded, LinkSpent: this is not the browser that opened. LinkErased, LinkUnknown: it is too late.
    """
    visit = find_visit_with_proof(work, typed, browser, now)
    case = deciding.load_visit_case(work, visit)
    inputs = decision_inputs(now)
    step = opening.answer(
        case, visit.link, readable=readable, browser=browser, inputs=inputs, why_not=why_not
    )
    if readable:  # said once, and what erases the documents: no quota delays it
        commit_on_page(work, visit, step)
    else:
        commit_within_quota(work, visit, step, now)


@story
def ask_again(work: UnitOfWork, typed: str, *, browser: str, now: datetime) -> None:
    """Ask the tutor for a new sending, on a link that is genuine but dead, or wants a code. Asking twice is harmless.

    Who was given no code, or is not the right person, asks without it: that opens nothing and sends nothing.
    Raises:
        LinkUnknown, LinkSuspended, LinkClosed, LinkErased: there is nothing to ask for. ProofNeeded: where no code is wanted.
        WrongStep: the link still opens, or the young person's passage is over.
    """
    visit = find_living(work, typed, browser, now)
    _check_asks(visit)
    if not visit.link.code_wanted:
        link.check_proof(visit.proof, visit.version, now)
    step = opening.ask_again(visit.link, visit.version, visit.deposit, visit.parcours, decision_inputs(now))
    commit_within_quota(work, visit, step, now)


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
        LinkSuspended,
        ProofNeeded,
        RecipientRefused,
        TryAgain,
        WrongStep,
        ChangedMeanwhile,
        ColleagueLimit,
        FieldInvalid,
    )
}


def claim(token: str, *, browser: str) -> dict[str, Any]:
    """Claim the documents of a link for one browser, as ``unseal`` gives them (``unsealing.open_documents``).

    Raises:
        LinkUnknown: no such token was ever mailed; ``unseal`` is not even asked.
        DeadLink (one of its kinds), ProofNeeded: what ``unseal`` refused.
        TryAgain: it did not answer, or failed.
    """
    return check_answer(functions.unseal(token, browser, find_pointer(token)))


def check_answer(answered: dict[str, Any]) -> dict[str, Any]:
    """Return the answer of ``unseal``, or raise the refusal that it holds."""
    if "refusal" in answered:
        raise parse_refusal(answered["refusal"]["code"], answered["refusal"]["facts"])
    return answered


def parse_refusal(code: str, facts: dict[str, object]) -> RelayError:
    """Return the refusal that another function answered, as an exception; of an unknown code, TryAgain."""
    kind = LINK_REFUSALS.get(code, TryAgain)
    if issubclass(kind, DeadLink):
        since = facts.get("since")
        return kind(since if isinstance(since, str) else None)
    if kind is RecipientRefused:
        return RecipientRefused(str(facts["field"]))
    if kind is FieldInvalid:
        return FieldInvalid(str(facts["field"]), str(facts["reason"]))
    return kind()
