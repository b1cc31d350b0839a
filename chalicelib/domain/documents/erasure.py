"""What is known of erased documents: the facts of their passage, and nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalicelib.domain.kernel.attempt import Attempt, has_accompanied
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account, Act, may
from chalicelib.domain.kernel.timeline import Event, EventKind
from chalicelib.domain.kernel.values import Kind


class Cause(StrEnum):
    """Why documents were erased. Each has its row in ``words/codes.py``."""

    ON_REQUEST = "on_request"
    WITHDRAWN = "withdrawn"
    NOT_ACCEPTED = "not_accepted"
    NEVER_OPENED = "never_opened"
    NOT_SENT = "not_sent"
    CONFIRMED = "confirmed"
    PASSAGE_OVER = "passage_over"
    DECLINED = "declined"
    NEVER_CONFIRMED = "never_confirmed"


ENDS = {
    EventKind.ERASURE_REQUESTED: Cause.ON_REQUEST,
    EventKind.LINK_REVOKED: Cause.WITHDRAWN,
    EventKind.SENDING_STOPPED: Cause.WITHDRAWN,
    EventKind.DOCUMENTS_REFUSED: Cause.NOT_ACCEPTED,
    EventKind.LINK_EXPIRED: Cause.NEVER_OPENED,
    EventKind.DEPOSIT_ABANDONED: Cause.NOT_SENT,
    EventKind.DOCUMENTS_CONFIRMED: Cause.CONFIRMED,
    EventKind.YOUNG_PERSON_WITHDREW: Cause.PASSAGE_OVER,
    EventKind.ATTEMPT_STOPPED: Cause.PASSAGE_OVER,
    EventKind.PASSAGE_LAPSED: Cause.PASSAGE_OVER,
}
"""The facts after which documents go; of several, the first of this table is why."""
LEFT = (EventKind.LINK_SENT, EventKind.LINK_MAY_HAVE_LEFT)


@dataclass(frozen=True)
class Erasure:
    """What became of the documents of one sending."""

    documents: tuple[Kind, ...]
    left_at: datetime | None
    """When their link left; None: it never did."""
    is_certain: bool
    """Whether it did for certain."""
    opened_at: datetime | None
    erased_at: datetime
    cause: Cause


def may_state_erasure(person: Account, parcours: Parcours, passage: Attempt) -> bool:
    """Whether this person may read the statement of an erasure: they accompany the parcours, or accompanied this passage."""
    return has_accompanied(person, passage) or may(person, Act.ERASE, parcours)


def summarise_erasure(erased: Event, events: Iterable[Event], ended_at: datetime | None) -> Erasure:
    """Summarise what became of the documents that this fact says are erased.

    ``events``: of the parcours, in any order; ``ended_at``: when its passage ended, if it did.
    """
    facts = _list_facts_of_sending(erased, [event for event in events if event.attempt == erased.attempt])
    is_over = ended_at is not None and bool(facts) and facts[0].at <= ended_at <= erased.at
    sendings = [event for event in facts if event.kind in LEFT]
    sending = min(sendings, key=lambda event: LEFT.index(event.kind), default=None)
    opened_at = next((event.at for event in facts if event.kind is EventKind.LINK_OPENED), None)
    return Erasure(
        documents=erased.documents,
        left_at=(sending.occurred_at or sending.at) if sending else None,
        is_certain=sending is not None and sending.kind is EventKind.LINK_SENT,
        opened_at=opened_at,
        erased_at=erased.at,
        cause=_choose_cause(facts, is_over=is_over, was_opened=opened_at is not None),
    )


def was_ever_opened(deposit: Deposit, events: Iterable[Event]) -> bool:
    """Whether anybody opened these documents by any link; the deposit's own state is reset when a link is sent again."""
    return any(
        event.kind is EventKind.LINK_OPENED
        for event in events
        if event.attempt == deposit.attempt and event.at >= deposit.created_at
    )


def _list_facts_of_sending(erased: Event, events: list[Event]) -> list[Event]:
    """Return the facts from the announcement of these documents to their erasure, in order, without another sending's."""
    begun = [event.at for event in events if event.kind is EventKind.DEPOSIT_OPENED and event.at <= erased.at]
    since = erased.sent_at or max(begun, default=erased.at)
    until = min((at for at in begun if at > since), default=None)
    facts = (
        event for event in events if since <= event.at <= erased.at and (until is None or event.at < until)
    )
    return sorted(facts, key=lambda event: event.at)


def _choose_cause(facts: list[Event], *, is_over: bool, was_opened: bool) -> Cause:
    """Choose why documents were erased, by what happened to them. ``is_over``: their passage had ended."""
    kinds = {event.kind for event in facts}
    ended = next((cause for kind, cause in ENDS.items() if kind in kinds), None)
    if ended is not None or is_over:
        return ended or Cause.PASSAGE_OVER
    if _is_declined(facts):
        return Cause.DECLINED
    return Cause.NEVER_CONFIRMED if was_opened else Cause.NOT_SENT


def _is_declined(facts: list[Event]) -> bool:
    """Whether the last refusal of the company was not taken back."""
    refusal = ""
    for event in facts:
        if event.kind is EventKind.COMPANY_DECLINED:
            refusal = event.id
        elif event.kind is EventKind.DECLINE_UNDONE or event.corrects == refusal:
            refusal = ""
    return bool(refusal)
