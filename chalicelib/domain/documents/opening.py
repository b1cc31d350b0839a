"""Give the documents of a link to one browser alone, and record what their recipient says of them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from chalicelib.domain.case import Case
from chalicelib.domain.documents.mailing import build_answer_mails, is_held_back
from chalicelib.domain.kernel.deposit import UNOPENED, Deposit, DepositState, build_deposit_event
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.retention import RetentionPolicy
from chalicelib.domain.kernel.timeline import EventKind, Reason
from chalicelib.domain.kernel.transition import Change, DecisionInputs, Transition
from chalicelib.domain.kernel.values import Role, Setback, Step
from chalicelib.errors import (
    DeadLink,
    LinkClosed,
    LinkErased,
    LinkExpired,
    LinkRefused,
    LinkReplaced,
    LinkRevoked,
    LinkSpent,
    LinkSuspended,
    WrongStep,
)


class LinkState(StrEnum):
    """What the recipient's page shows."""

    TO_OPEN = "to_open"
    OPENED_HERE = "opened_here"
    ALREADY_OPENED = "already_opened"
    EXPIRED = "expired"
    REVOKED = "revoked"
    ERASED = "erased"
    CLOSED = "closed"
    SUSPENDED = "suspended"


STATE_OF_REFUSAL: dict[type[DeadLink], LinkState] = {
    LinkSpent: LinkState.ALREADY_OPENED,
    LinkExpired: LinkState.EXPIRED,
    LinkRevoked: LinkState.REVOKED,
    LinkReplaced: LinkState.REVOKED,
    LinkRefused: LinkState.REVOKED,
    LinkErased: LinkState.ERASED,
    LinkClosed: LinkState.CLOSED,
    LinkSuspended: LinkState.SUSPENDED,
}


@dataclass(frozen=True)
class Sight:
    """What one browser sees of a link at one instant."""

    state: LinkState
    since: datetime | None


def is_suspended(link: Link, parcours: Parcours) -> bool:
    """Whether a request of the young person keeps this link from giving anything; one that was withdrawn has nothing to give."""
    return parcours.suspends(link.attempt) and link.revoked_at is None


def check_not_suspended(link: Link, parcours: Parcours) -> None:
    """Refuse (LinkSuspended) a link that gives nothing while a request of the young person waits."""
    if parcours.data_request is not None and is_suspended(link, parcours):
        raise LinkSuspended(parcours.data_request.since)


def check_alive(
    link: Link, version: int, deposit: Deposit | None, parcours: Parcours, browser: str | None, now: datetime
) -> None:
    """Refuse a link with which this browser can do nothing, or nothing for now, by the DeadLink that says why and since when.

    The first reason counts that a person wants to know: « opened by somebody else » before « erased since ».
    """
    _check_not_ended(link, version, deposit)
    check_not_suspended(link, parcours)
    if link.opened_by is not None and link.opened_by != browser:
        raise LinkSpent(link.opened_at)
    if deposit is not None and deposit.is_live(now):
        return
    erased_at = deposit.erase_at if deposit is not None else None
    raise LinkErased(erased_at) if link.opened_by is not None else LinkExpired(erased_at)


def check_gives(
    link: Link, version: int, deposit: Deposit | None, parcours: Parcours, browser: str | None, now: datetime
) -> None:
    """Refuse as ``check_alive``, and (LinkRevoked) the documents that the company's refusal holds back."""
    check_alive(link, version, deposit, parcours, browser, now)
    if deposit is not None and is_held_back(deposit):
        raise LinkRevoked(link.declined_at or parcours.since)


def would_open(link: Link, deposit: Deposit | None, parcours: Parcours, now: datetime) -> bool:
    """Whether the last version of this link gives its documents to a browser that has not opened them yet."""
    try:
        check_gives(link, link.version, deposit, parcours, None, now)
    except DeadLink:
        return False
    return True


def may_ask_again(link: Link, parcours: Parcours) -> bool:
    """Whether the page of a link offers to ask for a new sending: its passage is still in preparation, the link not closed."""
    under_way = parcours.prepares(link.attempt) and parcours.setback is not Setback.DECLINED
    ended = link.closed_at is not None or link.moved_to is not None
    return under_way and not parcours.is_held and bool(link.recipient) and not ended


def _check_not_ended(link: Link, version: int, deposit: Deposit | None) -> None:
    """Refuse (DeadLink) a link that nobody can use: erased, closed, withdrawn, refused by the mailbox, or replaced."""
    state, erase_at = (deposit.state, deposit.erase_at) if deposit is not None else (None, None)
    if state is DepositState.ERASED:
        raise LinkErased(erase_at)
    if link.closed_at is not None:
        raise LinkClosed(link.closed_at)
    # Withdrawn between the reading of the link and that of its deposit: the deposit says so first.
    if link.revoked_at is not None or state is DepositState.REVOKED:
        raise LinkRevoked(link.revoked_at or erase_at)
    if link.mail_refused_at is not None:
        raise LinkRefused(link.mail_refused_at)
    if version != link.version:
        raise LinkReplaced(link.version_at)


def read_sight(
    link: Link, version: int, deposit: Deposit | None, parcours: Parcours, browser: str | None, now: datetime
) -> Sight:
    """Return what the page shows this browser of a link that was right once; a dead link is shown as such."""
    try:
        check_alive(link, version, deposit, parcours, browser, now)
    except DeadLink as dead:
        since = dead.facts["since"]
        at = datetime.fromisoformat(since) if isinstance(since, str) else None
        return Sight(STATE_OF_REFUSAL[type(dead)], at)
    if link.opened_by is not None:
        return Sight(LinkState.OPENED_HERE, link.opened_at)
    return Sight(LinkState.TO_OPEN, None)


def claim(
    case: Case, link: Link, version: int, *, browser: str, policy: RetentionPolicy, inputs: DecisionInputs
) -> Transition:
    """Decide whether one browser gets the documents of a link: the first that asks, until its reader could read.

    The proof is checked before (``link.check_proof``), and the token itself by KMS. Of two links to the same documents each is
    opened in one browser; only the first opening of all, of whatever version, says how long they live.
    Raises:
        DeadLink: one of its kinds; ``LinkSpent`` also for the browser that opened, once its reader said that she could read;
            ``LinkRevoked`` once the company declined.
    """
    deposit, parcours = case.deposit, case.parcours
    check_gives(link, version, deposit, parcours, browser, inputs.now)
    assert deposit is not None
    if link.opened_at is not None:
        if link.confirmed_at is not None:
            raise LinkSpent(link.opened_at)
        return Transition.nothing()
    event = build_deposit_event(deposit, EventKind.LINK_OPENED, link.to, inputs)
    link_change = Change(link, replace(link, opened_by=browser, opened_at=inputs.now))
    if deposit.state in {DepositState.OPENED, DepositState.UNREADABLE}:  # by the other link's holder
        # Written though it says the same: whatever else happens to these documents meanwhile must be decided again.
        parcours_change = Change(parcours, parcours.with_event(event))
        return Transition.noting(event, link_change, Change(deposit, deposit), parcours_change)
    if deposit.state not in UNOPENED or deposit.contents is None:
        raise WrongStep
    opened_at = deposit.opened_at or inputs.now
    opened = replace(
        deposit,
        state=DepositState.OPENED,
        opened_at=opened_at,
        erase_at=policy.unconfirmed_until(opened_at),
        contents=replace(deposit.contents, code_check=None),
    )
    parcours_change = Change(parcours, parcours.at_step(Step.OPENED, event))
    return Transition.noting(event, link_change, Change(deposit, opened), parcours_change)


def answer(
    case: Case,
    link: Link,
    *,
    readable: bool,
    browser: str,
    inputs: DecisionInputs,
    why_not: Reason | None = None,
) -> Transition:
    """Note whether the browser that opened the documents could read them. « J'ai bien pu lire » makes the delivery complete.

    ``why_not``: why they could not be read, if that was said.
    Repeating an answer is harmless; « oui » may follow « non », not the reverse. While another recipient may still read the
    documents they stay for that person, no longer than before.
    Raises:
        LinkSpent: another browser opened. LinkErased: the documents are gone, or « non » comes after « oui ».
    """
    deposit, parcours = case.deposit, case.parcours
    if link.opened_by is None or link.opened_by != browser:
        raise LinkSpent(link.opened_at)
    if deposit is None or not (deposit.state is DepositState.CONFIRMED or deposit.is_live(inputs.now)):
        raise LinkErased(deposit.erase_at if deposit else None)
    if deposit.state is DepositState.CONFIRMED:
        if readable:
            return Transition.nothing()
        raise LinkErased(deposit.erase_at)
    if readable:
        return _confirm(case, link, deposit, inputs)
    if link.confirmed_at is not None:
        raise LinkErased(deposit.erase_at)
    if deposit.state is DepositState.UNREADABLE:
        return Transition.nothing()
    event = build_deposit_event(deposit, EventKind.DOCUMENTS_UNREADABLE, link.to, inputs, reason=why_not)
    # Somebody could read them: what the other holder could not moves nothing back.
    was_read = deposit.confirmed_at is not None
    parcours_after = parcours.with_event(event) if was_read else parcours.set_back(Setback.UNREADABLE, event)
    changes = (
        Change(deposit, replace(deposit, state=DepositState.UNREADABLE)),
        Change(parcours, parcours_after),
    )
    mails = build_answer_mails(event, link, parcours, inputs)
    return Transition.noting(event, *changes, mails=mails)


def _confirm(case: Case, link: Link, deposit: Deposit, inputs: DecisionInputs) -> Transition:
    """Note « J'ai bien pu lire »: the documents are erased now, or once another recipient has read or has had the time."""
    parcours = case.parcours
    if link.confirmed_at is not None:
        return Transition.nothing()
    event = build_deposit_event(deposit, EventKind.DOCUMENTS_CONFIRMED, link.to, inputs)
    link_change = Change(link, replace(link, confirmed_at=inputs.now))
    mails = build_answer_mails(event, link, parcours, inputs)
    is_first = deposit.confirmed_at is None
    others_may_read = may_others_read(link, case.links, inputs.now)
    parcours_after = parcours.at_step(Step.RECEIVED, event) if is_first else parcours.with_event(event)
    if not others_may_read and parcours.live_deposit == deposit.id:
        parcours_after = parcours_after.without_documents()
    if others_may_read:
        deposit_after = replace(deposit, confirmed_at=deposit.confirmed_at or inputs.now)
    else:
        deposit_after = replace(
            deposit, state=DepositState.CONFIRMED, confirmed_at=inputs.now, erase_at=inputs.now
        )
    return Transition.noting(
        event, link_change, Change(deposit, deposit_after), Change(parcours, parcours_after), mails=mails
    )


def may_others_read(link: Link, links: Iterable[Link], now: datetime) -> bool:
    """Whether the holder of another of these links may still read, and has not said so: the documents stay for that person."""
    return any(other.id != link.id and other.confirmed_at is None and other.is_living(now) for other in links)


def close(link: Link, deposit: Deposit, parcours: Parcours, inputs: DecisionInputs) -> Transition:
    """Close a link after twenty wrong answers: it is the tutor's turn, and the agents are notified."""
    event = build_deposit_event(
        deposit, EventKind.LINK_CLOSED, Role.SYSTEM, inputs, reason=Reason.WRONG_ANSWERS
    )
    # What the company said before stays; a second link that closes leaves the first as it is.
    step_stays = link.beside or link.declined_at is not None
    parcours_after = (
        parcours.with_event(event) if step_stays else parcours.set_back(Setback.LINK_CLOSED, event)
    )
    changes = (Change(link, replace(link, closed_at=inputs.now)), Change(parcours, parcours_after))
    mails = build_answer_mails(event, link, parcours, inputs)
    return Transition.noting(event, *changes, mails=mails)


def ask_again(
    link: Link, version: int, deposit: Deposit | None, parcours: Parcours, inputs: DecisionInputs
) -> Transition:
    """Ask for a new sending, once, as the recipient of a link that gives nothing any more, or wants a code: the tutor's turn."""
    can_open = read_sight(link, version, deposit, parcours, None, inputs.now).state is LinkState.TO_OPEN
    opens_without_code = can_open and not link.code_wanted
    if link.moved_to is not None or opens_without_code or not parcours.prepares(link.attempt):
        raise WrongStep
    if link.requested_at is not None:
        return Transition.nothing()
    event = inputs.build_event(EventKind.SENDING_REQUESTED, link.parcours, link.attempt, by=link.to)
    parcours_change = Change(parcours, parcours.set_back(Setback.SENDING_REQUESTED, event))
    mails = build_answer_mails(event, link, parcours, inputs)
    return Transition.noting(
        event, Change(link, replace(link, requested_at=inputs.now)), parcours_change, mails=mails
    )
