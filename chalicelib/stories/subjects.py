"""What is held of one young person's passage, by its reference, and its erasure on request: all of it at once.

Run by an operator (``infra/subjects.py``), for the data protection officer.
"""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.kernel.attempt import Attempt, ReferenceKey
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.timeline import Event
from chalicelib.domain.kernel.transition import Change, OutboxMail, Transition
from chalicelib.domain.kernel.values import Aggregate
from chalicelib.domain.meetings.appointment import Appointment
from chalicelib.domain.rights import RightsRequest
from chalicelib.errors import NotFound, WrongStep
from chalicelib.stores import parcours_table, relay_table
from chalicelib.stores.unit_of_work import UnitOfWork, story
from chalicelib.stories import retention


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
    key = UnitOfWork().get_one(ReferenceKey, reference)
    page = parcours_table.read_whole_page(key.parcours)
    attempt = next((attempt for attempt in page.attempts if attempt.reference == reference), None)
    if attempt is None:
        raise NotFound
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


def erase(reference: str, *, now: datetime) -> None:
    """Erase a passage that is over, with its history and all that hangs on it. Again after a crash, it goes on.

    Raises:
        NotFound: no passage has this reference.
        WrongStep: it is under way, or its documents are not erased yet.
    """
    held = read_held(reference)
    if held.attempt.ended_at is None or any(deposit.erased_at is None for deposit in held.deposits):
        raise WrongStep
    retention.hide_attempt(held.attempt.parcours, held.attempt.number, now=now)
    appointment = () if held.appointment is None else (held.appointment,)
    for record in (*held.mails, *appointment, *held.beside_links, *held.links, *held.deposits):
        _remove(record)
    retention.erase_hidden_attempt(held.attempt.parcours, held.attempt.number)


@story
def _remove(work: UnitOfWork, record: Aggregate) -> None:
    """Delete one record, whatever it says by now."""
    work.commit(Transition(changes=(Change(record, None),)))
