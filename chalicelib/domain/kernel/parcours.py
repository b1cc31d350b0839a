"""The *parcours*: one internship offer born from a public contract, and its current state."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated

from pydantic import Field

from chalicelib.domain.kernel import timeline
from chalicelib.domain.kernel.calendar import end_of
from chalicelib.domain.kernel.timeline import Event, EventKind
from chalicelib.domain.kernel.transition import Change
from chalicelib.domain.kernel.values import (
    Aggregate,
    Code,
    Instant,
    ParcoursStatus,
    Role,
    Setback,
    Step,
    Stored,
)

NOTHING_AGREED: dict[str, object] = dict.fromkeys(
    ("promised_on", "call_back_on", "call_back_since", "meeting_at")
)
"""What was agreed for a step that is passed."""
NOT_PAUSED: dict[str, object] = dict.fromkeys(("paused_since", "paused_until"))
"""What a parcours holds on which nobody is asked to wait."""
NOTHING_SENT: dict[str, object] = dict.fromkeys(
    ("live_deposit", "last_deposit", "live_link", "sent_to", "outside_at", "warned_at")
)
"""What a parcours holds of the sendings of its passage, before any."""
AGREED = frozenset({Step.SLOTS_PROPOSED, Step.MEETING_FIXED, Step.MEETING_HELD, Step.CONVENTION_SIGNED})
"""Steps that people agreed on."""
PAST_PREPARATION = frozenset({ParcoursStatus.IN_PROGRESS, ParcoursStatus.COMPLETED})


class ContactRole(Code):
    """A company is often two people (domain: « 2 niveaux de profils par acteurs »)."""

    ANSWERS_TENDER = "answers_tender"
    WELCOMES = "welcomes"


class How(Code):
    """How an address came into a record."""

    DECLARED = "declared"
    """With the offer itself."""
    ADDED = "added"
    CORRECTED = "corrected"
    NAMED = "named"
    """By the recipient of a sending, who passed her link on."""
    INHERITED = "inherited"
    """With a closed account's parcours, by its successor."""


class Origin(Stored):
    """Where an address of a record comes from. Nothing but another address changes it."""

    how: How
    at: Instant
    by: Role
    person: str | None = None
    """Account id of who did it; None: a recipient, who has none."""


class Contact(Stored):
    """Somebody whom a record names: professional data only."""

    name: str
    function: str = ""
    address: str
    phone: str | None = None
    verified_on: date | None = None
    """« vérifié le »: the day somebody last confirmed it."""
    written_at: Instant | None = None
    """When a link last left to this address,"""
    answered_at: Instant | None = None
    """and when its holder last did something on its page; both are of this address, and go with it."""
    origin: Origin | None = None
    """Of the address; None: it was stored before that was kept."""


class CompanyContact(Contact):
    """Somebody of the company, as the *fiche entreprise* names her."""

    role: ContactRole


MOST_WHO_WELCOME = 4
"""A link changes hands twice on a passage: the people of the last ones stay known."""


class Company(Stored):
    """The contract holder (*titulaire*)."""

    name: str
    siret: str | None = None
    sector: str | None = None
    website: str | None = None
    contacts: tuple[CompanyContact, ...] = ()
    """By role; the first of a role is its contact, further ones made room for a colleague whom she named."""

    @property
    def further(self) -> tuple[CompanyContact, ...]:
        """Contacts who are not the first of their role."""
        first = {one.role: one for one in reversed(self.contacts)}
        return tuple(one for one in self.contacts if one is not first[one.role])

    def with_contacts(self, *contacts: CompanyContact) -> "Company":
        """The company with these contacts instead of the first in the same roles."""
        replaced = {one.role for one in contacts}
        kept = (one for one in self.contacts if one.role not in replaced)
        return self.naming(*contacts, *kept, *self.further)

    def naming(self, *contacts: CompanyContact) -> "Company":
        """The company with these contacts alone, by role; nobody twice in one."""
        order = list(ContactRole)
        found: dict[tuple[str, str], CompanyContact] = {}
        for one in sorted(
            contacts, key=lambda one: order.index(one.role) if one.role.is_known else len(order)
        ):
            found.setdefault((one.role, one.address), one)
        return self.model_copy(update={"contacts": tuple(found.values())})

    def welcomed_by(self, contact: CompanyContact) -> "Company":
        """The company with this contact before the others who welcome; of too many, the oldest goes."""
        others = [
            one
            for one in self.contacts
            if one.role is ContactRole.WELCOMES and one.address != contact.address
        ]
        answers = (one for one in self.contacts if one.role is not ContactRole.WELCOMES)
        return self.naming(*answers, contact, *others[: MOST_WHO_WELCOME - 1])


class Contract(Stored):
    """The public contract (*marché*) and its buyer."""

    object: str
    detail: str | None = None
    number: str | None = None
    lot: str | None = None
    organisation: str
    """Name of the buying organisation (*organisme acheteur*)."""
    organisation_kind: str | None = None
    organisation_siret: str | None = None
    prescriber_service: str | None = None
    """The internal unit whose need is bought (*service prescripteur*): a service, not a person."""
    notified_on: date
    ends_on: date
    renewal_ends_on: date | None = None
    """End with every renewal counted."""


class Placement(Stored):
    """The internship that the company committed to."""

    hours: Annotated[int, Field(ge=1, le=2000)]
    """150, 300, 450 or 900 in the model contracts; others exist."""
    place: str
    """Street address of the welcome."""
    town: str
    departement: str
    academie: str
    region: str
    """*région académique*."""
    domain: str
    """*domaine*, of the closed list of the team's table."""
    tasks: str


class BuyerContact(Contact):
    """Who follows the contract for the buyer: a person with or without an account."""


class Absence(Stored):
    """Days on which a tutor is away, both counted; her turns go to the coordinator meanwhile."""

    first: date
    last: date


AFTER_PAUSE = timedelta(days=8)
"""What is left of a reservation after a pause, at least: its tutor is warned a week before."""
UPLOAD_SILENCE = timedelta(minutes=10)
"""After which an upload has stopped: a form holds five minutes, and what it carries may take as long again."""


class Arriving(Stored):
    """Documents that were announced and whose link has not left yet."""

    since: Instant
    form_signed_at: Instant
    is_complete: bool = False
    """All of them are there: what is left is the service's."""

    @property
    def stops_at(self) -> datetime:
        """When the upload counts as stopped."""
        return self.form_signed_at + UPLOAD_SILENCE


class PendingConsent(Stored):
    """A recipient named a colleague, to whose address the person who sealed has to agree."""

    since: Instant
    sealer: str
    """Her account id."""


class Board(Stored):
    """The state of a parcours that an outcome can move, and that its correction puts back."""

    status: ParcoursStatus
    step: Step | None = None
    since: Instant
    setback: Setback | None = None
    promised_on: date | None = None
    call_back_on: date | None = None
    call_back_since: Instant | None = None
    meeting_at: Instant | None = None
    outside_at: Instant | None = None
    placement_until: date | None = None
    paused_since: Instant | None = None
    paused_until: date | None = None
    reached: dict[str, Instant] = Field(default_factory=dict)


class Moved(Stored):
    """An outcome that moved the board, and the board before it."""

    event: str
    """Id of its fact."""
    before: Board


class Parcours(Aggregate):
    """One offer and its current attempt: the ``head`` item, from which the list rows are made."""

    id: str
    status: ParcoursStatus
    company: Company
    contract: Contract
    placement: Placement
    tutor: str | None = None
    """Account ids of the people on it."""
    tutor_academie: str | None = None
    coordinator: str | None = None
    buyer: str | None = None
    buyer_contact: BuyerContact | None = None
    """Named in the record; ``buyer`` is her account, if she has one."""
    buyer_origin: Origin | None = None
    """How that account came to follow for the buyer."""
    tutor_absence: Absence | None = None
    """As her account announces it."""
    edited: int = 0
    """How often the record was edited by hand: an edit of an older one is refused (« modifié entre-temps »)."""
    attempt: int | None = None
    reference: str | None = None
    step: Step | None = None
    """Only while « en préparation »."""
    since: Instant
    """When the turn last changed hands or the step last moved."""
    setback: Setback | None = None
    last_kind: EventKind
    last_at: Instant
    passage_at: Instant | None = None
    """When the last fact of this attempt was noted."""
    live_deposit: str | None = None
    last_deposit: str | None = None
    """The last one of this attempt, live or not."""
    live_link: str | None = None
    last_sent_at: Instant | None = None
    """When a link last left on this parcours."""
    sent_to: Role | None = None
    """Who holds that link: ``COMPANY`` or ``BUYER``."""
    promised_on: date | None = None
    """Until which day the company promised dates."""
    call_back_on: date | None = None
    call_back_since: Instant | None = None
    """When calling back on that day was agreed: an earlier call is not it."""
    meeting_at: Instant | None = None
    """When they meet; the place is never kept here."""
    outside_at: Instant | None = None
    """When the documents of this attempt were handed over in another way, as somebody noted."""
    placement_until: date | None = None
    """The last day of the internship, by its convention."""
    paused_since: Instant | None = None
    """When somebody said that nobody is awaited for a while,"""
    paused_until: date | None = None
    """and the last day of it. A pause that is over stays: the days of whom is awaited begin after it."""
    arriving: Arriving | None = None
    consent: PendingConsent | None = None
    reservation_until: Instant | None = None
    """When an offer that was taken is free again unless something is sent."""
    warned_at: Instant | None = None
    """When the tutor was warned that her reservation ends."""
    reminded_at: Instant | None = None
    """When the recipient was last reminded, by a press or by itself."""
    prompted_at: Instant | None = None
    """Up to when everybody was reminded whom its turns awaited."""
    reached: dict[str, Instant] = Field(default_factory=dict)
    """When this attempt first reached each milestone (values of ``delays.Milestone``)."""
    moved: tuple[Moved, ...] = ()
    """The outcomes noted since the relay last moved the board, oldest first: what can still be corrected."""
    last_ended_at: Instant | None = None
    """When the last passage ended whose history outlives the contacts: the contract goes with it."""
    synthetic: bool = False
    """The daily proof of erasure invented it: it is in no list and no count, nobody is written to about it."""

    @property
    def over_on(self) -> date:
        """The last day of the contract, every renewal counted."""
        return self.contract.renewal_ends_on or self.contract.ends_on

    @property
    def resumes_at(self) -> datetime | None:
        """When its pause is over; None: it has none."""
        return end_of(self.paused_until) if self.paused_until else None

    @property
    def reserved_until(self) -> datetime | None:
        """When an offer that was taken is free again unless something is sent: not in a pause, nor in the week after it."""
        until, resumes_at = self.reservation_until, self.resumes_at
        return max(until, resumes_at + AFTER_PAUSE) if until and resumes_at else until

    @property
    def internship_until(self) -> date:
        """The last day of the internship: by its convention, else that of the contract."""
        return self.placement_until or self.over_on

    @property
    def holder(self) -> Role | None:
        """Who outside has the documents: by a link, else in another way."""
        return self.sent_to or (Role.COMPANY if self.outside_at else None)

    @property
    def board(self) -> Board:
        """Its present state, as one value."""
        return Board(**{name: getattr(self, name) for name in Board.model_fields})

    @property
    def begun_at(self) -> datetime | None:
        """When the passage whose documents travel here began; None: none has, it may be older than the tool says."""
        travels = timeline.Milestone.ANNOUNCED in self.reached
        return self.reached.get(timeline.Milestone.TAKEN) if travels else None

    def has_stopped(self, now: datetime) -> bool:
        """Whether an upload was begun and went no further."""
        return self.arriving is not None and not self.arriving.is_complete and now >= self.arriving.stops_at

    def prepares(self, attempt: int) -> bool:
        """Whether this passage is « en préparation » here."""
        return self.status is ParcoursStatus.IN_PREPARATION and self.attempt == attempt

    def telling(self, event: Event, **changes: object) -> "ParcoursChange":
        """This parcours with a new event on its timeline: last event, milestones, and these changes."""
        noted: dict[str, object] = {"last_kind": event.kind, "last_at": event.at}
        noted |= {"reached": timeline.milestones_after(self.reached, event)}
        if event.kind in timeline.LEFT or "live_deposit" in changes:
            noted |= {"arriving": None}
        if event.kind in timeline.CONSENTED or "live_deposit" in changes:
            noted |= {"consent": None}
        is_news = event.actor is not Role.SYSTEM or event.kind not in timeline.ROUTINE
        if is_news and event.attempt is not None and event.attempt == changes.get("attempt", self.attempt):
            noted |= {"passage_at": event.at}
        return ParcoursChange(self, self.but(**noted | changes))

    def at_step(self, step: Step, event: Event, **changes: object) -> "ParcoursChange":
        """The relay moves the parcours to a step: the clock of the turn starts again.

        What people agreed stays: once dates are proposed or a meeting is fixed, held or followed by a convention, documents that
        arrive, are opened or expire are noted and move nothing but what a correction would come back to. So does a refusal, until
        people take it back, go on or send anew (``setback`` among the changes).
        """
        refused = self.setback is Setback.DECLINED and "setback" not in changes
        if (self._is_agreed or refused) and "status" not in changes:
            return self.telling(event, **{"moved": self._moved_below(step, event), **changes})
        moves: dict[str, object] = {"step": step, "since": event.at, "setback": None, "moved": ()}
        return self.telling(event, **moves | NOTHING_AGREED | _ended_pause(event) | changes)

    def set_back(self, setback: Setback, event: Event, **changes: object) -> "ParcoursChange":
        """Something went wrong on the way: the step stays, the tutor's turn begins. A refusal stays, whatever else goes wrong."""
        if self.status is not ParcoursStatus.IN_PREPARATION or self.setback is Setback.DECLINED:
            return self.telling(event, **changes)
        back: dict[str, object] = {"setback": setback, "since": event.at, "moved": ()}
        return self.telling(event, **back | _ended_pause(event) | changes)

    @property
    def _is_agreed(self) -> bool:
        under_way = self.status is ParcoursStatus.IN_PREPARATION
        return (under_way and self.step in AGREED) or self.status in PAST_PREPARATION

    def _moved_below(self, step: Step, event: Event) -> tuple[Moved, ...]:
        """The correctable outcomes, once the relay has gone on below what was agreed."""
        on = {"step": step, "since": event.at, "setback": None}
        return tuple(
            one
            if _is_kept(one.before)
            else one.model_copy(update={"before": one.before.model_copy(update=on)})
            for one in self.moved
        )


@dataclass(frozen=True)
class ParcoursChange(Change):
    """What becomes of a parcours."""

    before: Parcours
    after: Parcours

    def also(self, **changes: object) -> "ParcoursChange":
        """The same, with more changes."""
        return ParcoursChange(self.before, self.after.but(**changes))


def _ended_pause(event: Event) -> dict[str, object]:
    """A pause ends with what people do, and not with what happens by itself."""
    return {} if event.actor is Role.SYSTEM else NOT_PAUSED


def _is_kept(board: Board) -> bool:
    """Whether the relay does not move it: people agreed on it, or the company declined."""
    preparing = board.status is ParcoursStatus.IN_PREPARATION
    return not preparing or board.step in AGREED or board.setback is Setback.DECLINED
