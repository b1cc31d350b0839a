"""The daily proof that erasing works: invented documents that must be gone in time, and storage compared with the tables.

What is invented is marked ``synthetic``: it meets nobody, is in no list and no count, and is erased at the end, or by the next
proof.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from chalicelib.domain.accounts.signing_in import WHOLE, Session
from chalicelib.domain.kernel.attempt import Attempt
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.deposit import Deposit, DepositState, DocumentState
from chalicelib.domain.kernel.parcours import (
    Company,
    CompanyContact,
    ContactRole,
    Contract,
    Parcours,
    Placement,
)
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import Event, EventKind
from chalicelib.domain.kernel.transition import Change, DecisionInputs, MailKind, Transition
from chalicelib.domain.kernel.values import Aggregate, Code, Instant, Kind, ParcoursStatus, Role, Step, Stored

LIFE = timedelta(minutes=15)
"""How long one run may be at work, and its session lives (overlay.yaml says the same of the function; a test compares)."""
LATE = timedelta(hours=26)
"""A proof is of every day; so much later it is missing."""
NAME = "Preuve d’effacement"
REFERENCE = "CSF-0000-00"
"""No drawn one has zeros for letters: it can be nobody's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played(Stored):
    """Ids of what a run has invented: the next one erases what it left."""

    account: str
    parcours: str
    session: str
    deposit: str


class Stop(Code):
    """Where a proof stopped."""

    NOT_TAKEN = "not_taken"
    """The site or its storage did not take the invented document;"""
    NOT_SENT = "not_sent"
    """its link did not leave;"""
    NOT_ERASED = "not_erased"
    """it was not erased, or too late;"""
    LEFT_BEHIND = "left_behind"
    """what an earlier proof had invented was not erased;"""
    FAULT = "fault"
    """the proof itself failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept(Stored):
    """What a comparison of storage and tables found."""

    objects: int
    """How many were stored,"""
    documents: int
    """and how many documents needed one."""
    strays: int
    missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Night(Stored):
    """One proof and one comparison; they are of each night, and of whoever starts one by hand."""

    at: Instant
    stopped: Stop | None = None
    """None: erasing is proved."""
    took_seconds: int | None = None
    """From the deposit's end to its erasure; None when the proof stopped."""
    swept: Swept | None = None
    """None: the comparison was not finished."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeProof(Aggregate):
    """What is known of the proofs of erasure, in one item."""

    proved_at: Instant | None = None
    """When invented documents last went the whole way and were gone in time,"""
    took_seconds: int | None = None
    """and how long after their end that was."""
    failed_at: Instant | None = None
    """When that last failed."""
    swept_at: Instant | None = None
    """When storage and tables were last compared to the end,"""
    strays: int = 0
    """objects found that should be gone,"""
    missing: int = 0
    """and documents found without their object."""
    busy_until: Instant | None = None
    """Until when one run has this to itself."""
    played: Played | None = None
    nights: tuple[Night, ...] = ()
    """Of former versions, the last nights: no longer written."""


class Verdict(StrEnum):
    """What the last proof and the last comparison say."""

    PROVED = "proved"
    NEVER = "never"
    FAILED = "failed"
    FOUND = "found"
    LATE = "late"


def judge_proof(proof: PurgeProof | None, now: datetime) -> Verdict:
    """Return the verdict on the proofs, the worst that applies: never, failed, objects found, too long ago, else proved."""
    if proof is None or not (proof.proved_at or proof.failed_at):
        return Verdict.NEVER
    if proof.failed_at and (proof.proved_at is None or proof.failed_at > proof.proved_at):
        return Verdict.FAILED
    if proof.strays or proof.missing:
        return Verdict.FOUND
    done = [proof.proved_at, proof.swept_at]
    return Verdict.PROVED if all(at and now - at <= LATE for at in done) else Verdict.LATE


def begin(proof: PurgeProof | None, now: datetime) -> Transition:
    """Reserve the proof for one run, for ``LIFE``; nothing when another run has it."""
    if proof is not None and proof.busy_until is not None and now < proof.busy_until:
        return Transition.nothing()
    return Transition(changes=(Change(proof, replace(proof or PurgeProof(), busy_until=now + LIFE)),))


def play(
    proof: PurgeProof, recipient: str, account: str, session: str, deposit: str, inputs: DecisionInputs
) -> Transition:
    """Create a synthetic tutor with a session and a parcours, and store their ids in the proof, in one write.

    Args:
        recipient: our own mailbox, to which the link is mailed; ``account``: the tutor's id; ``session``: SHA-256 of the cookie;
        ``deposit``: id of the documents that the run will send.
    """
    now, parcours_id = inputs.now, inputs.draw_id()
    tutor = Account(
        id=account,
        address=recipient,
        name=NAME,
        function="essai du service",
        roles=frozenset({Role.TUTOR}),
        synthetic=True,
    )
    offer = _build_parcours(parcours_id, account, recipient, now)
    passage = Attempt(parcours=parcours_id, number=1, reference=REFERENCE, tutor=account, opened_at=now)
    # Begun so long ago that it ends with this run.
    session_record = Session(id=session, account=account, created_at=now - WHOLE + LIFE, seen_at=now)
    proof_after = replace(
        proof, played=Played(account=account, parcours=parcours_id, session=session, deposit=deposit)
    )
    creations = tuple(Change(None, record) for record in (tutor, offer, passage, session_record))
    return Transition(changes=(Change(proof, proof_after), *creations))


def _build_parcours(identifier: str, tutor: str, recipient: str, now: datetime) -> Parcours:
    """Build the synthetic parcours, at the step at which its tutor may send documents; ``recipient``: its only contact."""
    today: date = day_of(now)
    contact = CompanyContact(
        role=ContactRole.ANSWERS_TENDER, name=NAME, function="essai du service", address=recipient
    )
    return Parcours(
        id=identifier,
        status=ParcoursStatus.IN_PREPARATION,
        step=Step.DOCUMENTS_TO_SEND,
        company=Company(name=NAME, contacts=(contact,)),
        contract=Contract(
            object=NAME, organisation=NAME, notified_on=today, ends_on=today + timedelta(days=365)
        ),
        placement=Placement(
            hours=1,
            place=NAME,
            town=NAME,
            departement=NAME,
            academie=NAME,
            region=NAME,
            domain=NAME,
            tasks=NAME,
        ),
        tutor=tutor,
        attempt=1,
        reference=REFERENCE,
        since=now,
        last_kind=EventKind.OFFER_TAKEN,
        last_at=now,
        synthetic=True,
    )


def expire(deposit: Deposit, now: datetime) -> Transition:
    """End an invented deposit now, so that the purge erases it as it does every other; nothing when it has ended already."""
    if deposit.erased_at is not None or deposit.erase_at <= now:
        return Transition.nothing()
    return Transition(changes=(Change(deposit, replace(deposit, erase_at=now)),))


def note_run(proof: PurgeProof, night: Night) -> Transition:
    """Store the result of a run, and release the proof."""
    after = replace(proof, busy_until=None, nights=())
    if night.stopped is None:
        after = replace(after, proved_at=night.at, took_seconds=night.took_seconds)
    else:
        after = replace(after, failed_at=night.at)
    if (swept := night.swept) is not None:
        after = replace(after, swept_at=night.at, strays=swept.strays, missing=swept.missing)
    return Transition(changes=(Change(proof, after),))


HELD = frozenset({DocumentState.RECEIVED, DocumentState.VERIFIED})


def must_hold(deposit: Deposit, now: datetime) -> tuple[Kind, ...]:
    """Return the kinds of the documents whose object must be in storage: received, of a deposit that lives at ``now``."""
    documents = deposit.contents.documents if deposit.contents and deposit.is_live(now) else ()
    return tuple(document.kind for document in documents if document.state in HELD)


def may_hold(deposit: Deposit | None, kind: str, now: datetime, promised: timedelta) -> bool:
    """Whether the object of this document may still be in storage.

    True while its deposit lives, and until ``promised`` has passed after its end; False once the deposit is erased or unknown.
    """
    if deposit is None or deposit.erased_at is not None or kind not in deposit.kinds:
        return False
    return now < deposit.erase_at + promised


def has_left(deposit: Deposit | None) -> bool:
    """Whether the mail with this deposit's link has left."""
    return deposit is not None and deposit.state is DepositState.LEFT


def without_mails(step: Transition) -> Transition:
    """Return the transition without its mails if it writes a synthetic parcours; the mail of a link is kept."""
    written = (change.after or change.before for change in step.changes)
    if not any(isinstance(record, Parcours) and record.synthetic for record in written):
        return step
    links = tuple(mail for mail in step.mails if mail.kind is MailKind.LINK)
    return replace(step, mails=links)


def forget(proof: PurgeProof, records: Iterable[Aggregate | None], events: tuple[Event, ...]) -> Transition:
    """Erase everything that a run invented, and its ids from the proof, in one write. The documents were erased before."""
    deletions = tuple(Change(record, None) for record in records if record is not None)
    return Transition(changes=(Change(proof, replace(proof, played=None)), *deletions), erased=events)
