"""What is held of one young person's passage, by its reference, and its erasure on request.

One write begins it, by an operator (``infra/subjects.py``) for the data protection officer: nothing of the passage shows or opens
from then on. The minute function erases what was marked, so that nobody has to finish what was cut.
"""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain import retention as decisions
from chalicelib.domain.case import Case
from chalicelib.domain.documents import delivering, sending
from chalicelib.domain.kernel import address
from chalicelib.domain.kernel.attempt import Attempt, ReferenceKey
from chalicelib.domain.kernel.delivery import Mailbox
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.timeline import Event
from chalicelib.domain.kernel.transition import Change, OutboxMail, Transition
from chalicelib.domain.kernel.values import Aggregate
from chalicelib.domain.meetings.appointment import Appointment
from chalicelib.domain.rights import RightsRequest
from chalicelib.errors import NotFound
from chalicelib.stores import cases, parcours_table, relay_table
from chalicelib.stores.parcours_table import Page
from chalicelib.stores.unit_of_work import UnitOfWork, story
from chalicelib.stories.kit import deciding
from chalicelib.stories.kit.deciding import decision_inputs


@dataclass(frozen=True)
class Held:
    """Everything that is stored of one passage."""

    parcours: Parcours
    attempt: Attempt
    events: tuple[Event, ...]
    deposits: tuple[Deposit, ...]
    links: tuple[Link, ...]
    beside_links: tuple[Aggregate, ...]
    """Index entries, proofs and wrong answers of the links."""
    appointment: Appointment | None
    mails: tuple[OutboxMail, ...]
    requests: tuple[RightsRequest, ...]
    """Those that give its reference: they keep it until they are noted as answered."""


def read_held(reference: str) -> Held:
    """Read everything that is stored of the passage with this reference. Raises NotFound."""
    page, attempt = _find(reference)
    deposits = relay_table.list_deposits_of(attempt.parcours, attempt.number)
    links = tuple(link for deposit in deposits for link in relay_table.list_links(deposit))
    return Held(
        parcours=page.parcours,
        attempt=attempt,
        events=tuple(event for event in page.events if event.attempt == attempt.number),
        deposits=deposits,
        links=links,
        beside_links=tuple(record for link in links for record in relay_table.list_beside(link)),
        appointment=relay_table.read_appointment(attempt.parcours, attempt.number),
        mails=relay_table.list_mails_about(attempt.parcours, attempt.number, {link.id for link in links}),
        requests=tuple(request for request in relay_table.list_requests() if request.reference == reference),
    )


def _find(reference: str) -> tuple[Page, Attempt]:
    """Find the passage with this reference, and the page of its parcours, erased passages too. Raises NotFound."""
    key = UnitOfWork().get_one(ReferenceKey, reference)
    page = parcours_table.read_whole_page(key.parcours)
    for attempt in page.attempts:
        if attempt.reference == reference:
            return page, attempt
    raise NotFound


def begin_erasure(reference: str, *, now: datetime) -> None:
    """End the passage with this reference if it is under way, and mark it as being erased; the minute function does the rest.

    Raises NotFound: no passage has this reference.
    """
    _, attempt = _find(reference)
    _mark(attempt.parcours, attempt.number, now)


@story
def stop_mails(work: UnitOfWork, recipient: str, *, now: datetime) -> None:
    """Let no list, letter or link go to an address any more, on request. Twice is once."""
    mailbox = address.hash_folded(recipient)
    owners = [
        account
        for account in cases.load_owners(work, recipient)
        if address.fold(account.address) == address.fold(recipient)
    ]
    work.commit(delivering.stop_mails(work.get(Mailbox, mailbox), mailbox, owners, now))


@story
def close_links(work: UnitOfWork, deposit_id: str, recipient: str, *, forgets: bool, now: datetime) -> None:
    """Close the links to these documents that went to an address, on request. Twice is once.

    ``forgets``: whether they lose the address too.
    """
    parcours = work.get_one(Parcours, work.get_one(Deposit, deposit_id).parcours)
    case = deciding.load_case(work, parcours, None, deposit=deposit_id)
    step = sending.close_links(case, recipient, forgets=forgets, inputs=decision_inputs(now))
    forgotten = (
        [change.before for change in step.changes if isinstance(change.before, Link)] if forgets else []
    )
    entries = cases.load_addressees(work, forgotten)
    work.commit_and_wake(step + Transition(changes=tuple(Change(entry, None) for entry in entries)))


@story
def _mark(work: UnitOfWork, parcours_id: str, number: int, now: datetime) -> None:
    """Mark a passage, with all that its end changes if it is under way."""
    parcours = work.get_one(Parcours, parcours_id)
    if parcours.attempt == number:
        case = deciding.load_passage(work, parcours)
    else:
        case = Case(parcours, work.get_one(Attempt, parcours_id, number))
    work.commit(decisions.mark_on_request(case, decision_inputs(now)))


def erase_beside(attempt: Attempt) -> bool:
    """Erase what hangs on a passage that is marked: links, documents' records, meeting. Again after a crash, it goes on.

    Returns False, and erases nothing, while documents are to be erased or a mail about it waits: the company is told to delete
    its copies by the link that goes here.
    """
    held = read_held(attempt.reference)
    if held.mails or any(deposit.erased_at is None for deposit in held.deposits):
        return False
    appointment = () if held.appointment is None else (held.appointment,)
    for record in (*appointment, *held.beside_links, *held.links, *held.deposits):
        _remove(record)
    return True


@story
def _remove(work: UnitOfWork, record: Aggregate) -> None:
    """Delete one record, whatever it says by now."""
    work.commit(Transition(changes=(Change(record, None),)))
