"""The *passage*: one young person's attempt on a parcours, its reference, and the notice handed over before sending."""

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from chalicelib.domain.kernel import timeline
from chalicelib.domain.kernel.board import Board
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.parcours import ContactRole, DataRequest, Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.texts import fold_text
from chalicelib.domain.kernel.timeline import Event, EventKind, Interlocutor
from chalicelib.domain.kernel.transition import Change, DecisionInputs, MailKind, OutboxMail, Transition
from chalicelib.domain.kernel.values import Aggregate, Instant, ParcoursStatus, Role, Step
from chalicelib.errors import FieldInvalid, NoContact, NoticeNeeded, WrongStep

REFERENCE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""No 0, 1, I or O: a reference is read on paper and said on the phone."""
REFERENCE_PREFIX = "CSF-"
REFERENCE = re.compile(f"CSF[{REFERENCE_LETTERS}]{{4}}[0-9]{{2}}")

RESERVATION = timedelta(days=45)
"""Preparing a CV and a letter takes 1 to 1.5 months (domain §2, step 5)."""

MOST_HELD = 15
"""Offers that a tutor may hold for whom nothing was sent: a class of young people; those whose documents left do not count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt(Aggregate):
    """One young person's passage on a parcours. Nothing here says who that is."""

    parcours: str
    number: int
    reference: str
    """Drawn by the service: ``CSF-7K3Q-92``."""
    tutor: str
    opened_at: Instant
    notified_side: Interlocutor | None = None
    """Who was mailed that it began, and hears how it goes on; None: nobody, as of one entered afterwards."""
    notice_at: Instant | None = None
    """When the tutor said that the young person has the notice: nothing is sent before."""
    follow_key: int = 1
    """The version of the key that opens its page to its young person (``follow_key.py``): the next makes earlier ones void."""
    followed_on: date | None = None
    """The last day on which somebody looked with this version; None: nobody has."""
    ended_at: Instant | None = None
    end: EventKind | None = None
    """The kind of the fact that ended it,"""
    stood: Board | None = None
    """and the board of the parcours then, should that fact be taken back,"""
    sent_to: Role | None = None
    """with who had held its link,"""
    informed_links: tuple[str, ...] = ()
    """and the ids of the links whose holders were mailed that it ended,"""
    data_request: DataRequest | None = None
    """and the request about its data that had waited."""
    erasing_at: Instant | None = None
    """When its erasure began: it shows nowhere from then on, and comes back no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceKey(Aggregate):
    """Makes a reference unique: written if absent."""

    reference: str
    parcours: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferKey(Aggregate):
    """Makes an offer unique: written if absent, moved when what it is made of is edited."""

    key: str
    parcours: str


def draw_reference(drawn: bytes) -> str:
    """Make a reference, ``CSF-7K3Q-92``, of at least 6 random bytes: about 10⁸ of them, unique by ``ReferenceKey``."""
    letters = "".join(REFERENCE_LETTERS[byte % len(REFERENCE_LETTERS)] for byte in drawn[:4])
    return f"{REFERENCE_PREFIX}{letters}-{drawn[4] % 10}{drawn[5] % 10}"


def parse_reference(text: str) -> str | None:
    """Return the reference that a text is, however it is typed (« csf 7k3q92 »); None when it is none."""
    letters = fold_text(text).replace(" ", "").upper()
    return f"{REFERENCE_PREFIX}{letters[3:7]}-{letters[7:]}" if REFERENCE.fullmatch(letters) else None


def declare(
    parcours: Parcours, event_id: str, *, by: Role = Role.BUYER, kind: EventKind = EventKind.OFFER_DECLARED
) -> Transition:
    """Declare a new free offer, with its first fact (« offre déclarée », « reprise »), unique by its key."""
    event = Event(parcours=parcours.id, id=event_id, attempt=None, kind=kind, at=parcours.since, actor=by)
    unique = OfferKey(key=offer_key(parcours), parcours=parcours.id)
    return Transition.noting(event, Change(None, parcours), Change(None, unique))


def offer_key(parcours: Parcours) -> str:
    """Hash (SHA-256, hex) what makes an offer unique: company, buyer (its SIREN, else its name), object, detail and lot.

    Case and accents do not count.
    """
    contract = parcours.contract
    subject = (contract.object, contract.detail or "", contract.lot or "")
    return hash_offer(parcours.company.name, contract.siren or contract.organisation, *subject)


def hash_offer(*parts: str) -> str:
    """Hash the parts of an offer's key, as ``offer_key`` does of an offer."""
    return hashlib.sha256("\0".join(fold_text(part) for part in parts).encode()).hexdigest()


def take(
    parcours: Parcours,
    tutor: Account,
    inputs: DecisionInputs,
    *,
    reserved: timedelta = RESERVATION,
    by: Role = Role.TUTOR,
    occurred_at: datetime | None = None,
) -> Transition:
    """Begin an attempt under a drawn reference: a tutor takes a free offer, or is given it.

    Args:
        reserved: how long the offer is reserved for the tutor without a sending.
        by: ``TUTOR``, or who gives it (coordinator, team).
        occurred_at: when it really began, for a history entered afterwards: no reservation runs, the contract may be over.
    """
    _check_may_begin(parcours, occurred_at)
    number = (parcours.attempt or 0) + 1
    reference = draw_reference(bytes.fromhex(inputs.draw_id()))
    # Asked at once, so that a wrong contact is known before the documents are ready: half of them are stale (domain §2).
    notified_side = find_side_to_notify(parcours) if occurred_at is None else None
    attempt = Attempt(
        parcours=parcours.id,
        number=number,
        reference=reference,
        tutor=tutor.id,
        opened_at=inputs.now,
        notified_side=notified_side,
    )
    kind = EventKind.OFFER_TAKEN if by is Role.TUTOR else EventKind.ATTEMPT_OPENED
    event = inputs.build_event(kind, parcours.id, number, by=by)
    event = replace(event, occurred_at=occurred_at, contact=notified_side)
    begun = parcours.at_step(Step.DOCUMENTS_TO_SEND, event, lifts_refusal=True).without_sendings()
    parcours_after = replace(
        with_tutor(tutor, begun),
        status=ParcoursStatus.IN_PREPARATION,
        since=occurred_at or inputs.now,
        attempt=number,
        reference=reference,
        reminded_at=None,
        reservation_until=None if occurred_at else inputs.now + reserved,
        reached=timeline.add_milestones({}, event),
        passage_at=event.at,
    )
    unique = Change(None, ReferenceKey(reference=reference, parcours=parcours.id))
    step = Transition.noting(event, Change(parcours, parcours_after), Change(None, attempt), unique)
    if notified_side is None:
        return step
    check = build_mail_to_side(MailKind.CONTACT_CHECK, attempt, notified_side, inputs)
    return replace(step, mails=(replace(check, about=tutor.id),))


def build_mail_to_side(
    kind: MailKind, attempt: Attempt, side: Interlocutor, inputs: DecisionInputs
) -> OutboxMail:
    """Build a mail to ``side``, who was mailed that this passage began."""
    mail = inputs.build_mail(kind, parcours=attempt.parcours)
    to = Role.BUYER if side is Interlocutor.BUYER else Role.COMPANY
    return replace(mail, attempt=attempt.number, to=to)


def find_side_to_notify(parcours: Parcours) -> Interlocutor | None:
    """Return who is mailed if a passage begins on this offer now; None: the record names nobody who is present.

    The buyer, else the contact of the company who answers the tender, else the one who welcomes.
    """
    return next(iter(list_present_sides(parcours)), None)


def list_present_sides(parcours: Parcours) -> list[Interlocutor]:
    """List who can be mailed about the passages of an offer, first the one who is mailed that they begin."""
    company = parcours.company
    roles = {
        contact.role for contact in company.contacts if contact not in company.further and not contact.is_gone
    }
    is_present = {
        Interlocutor.BUYER: bool(parcours.buyer or parcours.present_buyer_contact),
        Interlocutor.ANSWERS_TENDER: ContactRole.ANSWERS_TENDER in roles,
        Interlocutor.WELCOMES: ContactRole.WELCOMES in roles,
    }
    return [side for side in is_present if is_present[side]]


def _check_may_begin(parcours: Parcours, occurred_at: datetime | None) -> None:
    """Check that a passage may begin on this offer. ``occurred_at``: when it really began, if it is entered afterwards.

    Raises:
        WrongStep: the offer is not free (nor, for one entered afterwards, lapsed). NoContact: the company has none.
        FieldInvalid: ``depuis``: before the contract was notified.
    """
    if occurred_at is None:
        if parcours.status is not ParcoursStatus.AVAILABLE:
            raise WrongStep
        if not parcours.company.contacts:
            raise NoContact
    elif parcours.status not in {ParcoursStatus.AVAILABLE, ParcoursStatus.LAPSED}:
        raise WrongStep
    elif day_of(occurred_at) < parcours.contract.notified_on:
        raise FieldInvalid("depuis", "before_contract")


def with_tutor(tutor: Account, parcours: Parcours) -> Parcours:
    """Return the parcours with this tutor, and the académie and absence that it copies from the account."""
    return replace(parcours, tutor=tutor.id, tutor_academie=tutor.academie, tutor_absence=tutor.absence)


def note_notice_handed(
    attempt: Attempt, *, by: Role, inputs: DecisionInputs, key: str = ""
) -> tuple[Change, Event]:
    """Make the change and the fact of a notice that is handed over. ``key``: id of the fact, if it is drawn already."""
    event = inputs.build_event(EventKind.NOTICE_HANDED_OVER, attempt.parcours, attempt.number, by=by, key=key)
    return Change(attempt, replace(attempt, notice_at=inputs.now)), event


def note_page_followed(attempt: Attempt, day: date) -> Transition:
    """Note, once a day while the passage is under way, that somebody looked at its page: no more is kept of it."""
    if attempt.ended_at is not None or attempt.followed_on == day:
        return Transition.nothing()
    return Transition(changes=(Change(attempt, replace(attempt, followed_on=day)),))


def has_accompanied(person: Account, passage: Attempt) -> bool:
    """Whether this person was the last tutor of a passage, under way or over, and is a tutor still."""
    return passage.tutor == person.id and Role.TUTOR in person.roles and person.closed_at is None


def renew_follow_key(attempt: Attempt, *, seen: int) -> Transition:
    """Make the key void that a page showed (``seen``: its version); nothing where that was done already."""
    if attempt.follow_key != seen:
        return Transition.nothing()
    renewed = replace(attempt, follow_key=seen + 1, followed_on=None)
    return Transition(changes=(Change(attempt, renewed),))


def check_notice(attempt: Attempt, *, notice: bool = False) -> None:
    """Refuse (NoticeNeeded) to send anything before the notice. ``notice``: its sender says that the young person has it."""
    if attempt.notice_at is None and not notice:
        raise NoticeNeeded
