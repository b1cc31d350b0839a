"""The *parcours*: one internship offer born from a public contract, and its current state."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Protocol

from chalicelib.domain.kernel import timeline
from chalicelib.domain.kernel.address import fold
from chalicelib.domain.kernel.board import Board, Moved
from chalicelib.domain.kernel.calendar import day_of, end_of
from chalicelib.domain.kernel.texts import hash_text
from chalicelib.domain.kernel.timeline import Event, EventKind, Reason
from chalicelib.domain.kernel.values import (
    Aggregate,
    Code,
    Instant,
    ParcoursStatus,
    Role,
    Setback,
    Step,
    Stored,
    WordsWritten,
)

AGREED = frozenset({Step.SLOTS_PROPOSED, Step.MEETING_FIXED, Step.MEETING_HELD, Step.CONVENTION_SIGNED})
"""Steps that people agreed on."""
WITH_RECIPIENT = frozenset({Step.LINK_SENT, Step.OPENED})
"""Steps at which the recipient of a link is awaited: nobody has said that the documents could be read."""
MOST_HOURS = 2000
HELD = timedelta(minutes=30)
"""How long somebody who opened a parcours one by one is said to treat it."""
PAST_PREPARATION = frozenset({ParcoursStatus.IN_PROGRESS, ParcoursStatus.COMPLETED})
UNDER_WAY = frozenset({ParcoursStatus.IN_PREPARATION, ParcoursStatus.IN_PROGRESS})
"""Statuses in which a young person's attempt goes on."""


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
    """By the recipient of a sending, who passed the link on."""
    INHERITED = "inherited"
    """With a closed account's parcours, by its successor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin(Stored):
    """Where an address of a record comes from. Nothing but another address changes it."""

    how: How
    at: Instant
    by: Role
    person: str | None = None
    """Account id of who did it; None: a recipient, who has none."""


WITHDRAWN = "withdrawn"
"""Among the results of a contact: when a sending there was last withdrawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
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
    noted: dict[str, Instant] = field(default_factory=dict)
    """When each result of an exchange with this person was last noted (``timeline.name_result``); goes with the address too."""
    origin: Origin | None = None
    """Of the address; None: it was stored before that was kept."""
    phone_untouched: bool = False
    """Whether number and name were declared with the offer and nobody has changed either since; only then an SMS goes there."""

    @property
    def heard_at(self) -> datetime | None:
        """When somebody last noted that this person said something; None: never."""
        heard = [at for result, at in self.noted.items() if result in timeline.HEARD]
        return max(heard, default=None)

    @property
    def last_sign_at(self) -> datetime | None:
        """When this person last said something, or did something on the page of a link; None: never."""
        signs = [at for at in (self.heard_at, self.answered_at) if at is not None]
        return max(signs, default=None)

    @property
    def is_gone(self) -> bool:
        """Whether somebody noted that this person has left, without a sign of them nor a link sent to them since.

        Sending there all the same asks for a yes: whoever sealed says that the address is right.
        """
        gone_at = self.noted.get(Reason.CONTACT_GONE.value)
        if gone_at is None:
            return False
        has_sign = self.last_sign_at is not None and self.last_sign_at >= gone_at
        is_written_since = self.written_at is not None and self.written_at > gone_at
        return not has_sign and not is_written_since

    @property
    def was_withdrawn(self) -> bool:
        """Whether a sending was withdrawn from this address, and none has left to it since."""
        withdrawn_at = self.noted.get(WITHDRAWN)
        return withdrawn_at is not None and (self.written_at is None or self.written_at <= withdrawn_at)

    @property
    def has_wrong_number(self) -> bool:
        """Whether somebody noted that the telephone number is wrong, and has not heard this person since.

        What is done on the page of a link says nothing of a number.
        """
        wrong_at = self.noted.get(Reason.WRONG_NUMBER.value)
        return wrong_at is not None and (self.heard_at is None or self.heard_at < wrong_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyContact(Contact):
    """Somebody of the company, as the *fiche entreprise* names them."""

    role: ContactRole


MOST_WHO_WELCOME = 4
"""A link changes hands twice on a passage: the people of the last ones stay known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Company(Stored):
    """The contract holder (*titulaire*)."""

    name: str
    siret: str | None = None
    sector: str | None = None
    website: str | None = None
    contacts: tuple[CompanyContact, ...] = ()
    """By role; the first of a role is its contact, further ones made room for a colleague whom they named, or have left."""

    @property
    def further(self) -> tuple[CompanyContact, ...]:
        """Return the contacts who are not the first of their role."""
        first = {contact.role: contact for contact in reversed(self.contacts)}
        return tuple(contact for contact in self.contacts if contact is not first[contact.role])

    def with_contacts(self, *contacts: CompanyContact) -> "Company":
        """Return the company with these contacts in place of the first ones of their roles; further ones stay."""
        replaced = {contact.role for contact in contacts}
        kept = (contact for contact in self.contacts if contact.role not in replaced)
        return self.with_first_contacts(*contacts, *kept)

    def with_first_contacts(self, *contacts: CompanyContact) -> "Company":
        """Return the company with exactly these contacts as the first ones of their roles; further ones stay.

        Who was written to and has left stays too, behind who replaces them: the link that they hold awaits nobody.
        """
        roles = {contact.role for contact in contacts}
        departed = (
            contact
            for contact in self.contacts
            if contact.role in roles and contact.is_gone and contact.written_at is not None
        )
        return self.with_exact_contacts(*contacts, *departed, *self.further)

    def with_exact_contacts(self, *contacts: CompanyContact) -> "Company":
        """Return the company with exactly these contacts, ordered by role; an address comes once in each role."""
        order = list(ContactRole)
        kept: dict[tuple[str, str], CompanyContact] = {}
        for contact in sorted(
            contacts, key=lambda contact: order.index(contact.role) if contact.role.is_known else len(order)
        ):
            kept.setdefault((contact.role, contact.address), contact)
        return replace(self, contacts=tuple(kept.values()))

    def with_welcoming_contact(self, contact: CompanyContact) -> "Company":
        """Return the company with this contact as the first who welcomes; beyond ``MOST_WHO_WELCOME`` the oldest is dropped."""
        others = [
            other
            for other in self.contacts
            if other.role is ContactRole.WELCOMES and other.address != contact.address
        ]
        answers = (other for other in self.contacts if other.role is not ContactRole.WELCOMES)
        return self.with_exact_contacts(*answers, contact, *others[: MOST_WHO_WELCOME - 1])


class OfOrganisation(Protocol):
    """What names a buying organisation (a contract, an account, the row of either): its SIREN is what it is, its name is read."""

    @property
    def organisation(self) -> str | None: ...
    @property
    def siren(self) -> str | None: ...


def is_same_organisation(one: OfOrganisation, other: OfOrganisation) -> bool:
    """Whether both name one organisation: by SIREN; where one of them was stored without, until it is edited, by exact name."""
    if one.siren and other.siren:
        return one.siren == other.siren
    return bool(one.organisation) and one.organisation == other.organisation


def list_identifiers(named: OfOrganisation) -> list[str]:
    """List what keys of an organisation are made of: its SIREN, then its name, under which earlier versions stored and look."""
    return [identifier for identifier in (named.siren, named.organisation) if identifier]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract(Stored):
    """The public contract (*marché*) and its buyer."""

    object: str
    detail: str | None = None
    number: str | None = None
    lot: str | None = None
    organisation: str
    """Name of the buying organisation (*organisme acheteur*)."""
    organisation_kind: str | None = None
    siren: str | None = None
    """Of the buying organisation; None: stored before it had one, and not edited since."""
    prescriber_service: str | None = None
    """The internal unit whose need is bought (*service prescripteur*): a service, not a person."""
    notified_on: date
    ends_on: date
    renewal_ends_on: date | None = None
    """End with every renewal counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement(Stored):
    """The internship that the company committed to."""

    hours: int
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

    def __post_init__(self) -> None:
        Stored.__post_init__(self)
        if not 1 <= self.hours <= MOST_HOURS:
            raise ValueError(f"no internship has {self.hours} hours")


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyerContact(Contact):
    """Who follows the contract for the buyer: a person with or without an account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence(Stored):
    """Days on which a tutor is away, both counted; the turns go to the coordinator meanwhile."""

    first: date
    last: date
    """``NO_RETURN``: the tutor's account was closed."""

    @property
    def is_final(self) -> bool:
        """Return whether the tutor does not come back."""
        return self.last == NO_RETURN

    def holds(self, day: date) -> bool:
        """Return whether the tutor is away on this day."""
        return self.first <= day <= self.last


NO_RETURN = date(9999, 1, 1)
"""A day that never comes."""


AFTER_PAUSE = timedelta(days=8)
"""What is left of a reservation after a pause, at least: its tutor is warned a week before."""
UPLOAD_SILENCE = timedelta(minutes=10)
"""After which an upload has stopped: a form holds five minutes, and what it carries may take as long again."""


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingConsent(Stored):
    """A recipient named a colleague, to whose address the person who sealed has to agree."""

    since: Instant
    sealer: str
    """Account id of that person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRequest(Stored):
    """A request about the young person's data, until somebody has spoken of it with them."""

    since: Instant
    stops: bool = False
    """Whether the young person pressed « Je ne veux plus » on their page: what was sent is withdrawn too."""

    @property
    def page_version(self) -> str:
        """What a page gives back that showed it: another request, or one that asks for more, is another version."""
        return hash_text(f"{self.since.isoformat()} {self.stops}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CannotCome(Stored):
    """The young person pressed « Je ne peux pas venir », of which meeting: it counts for that hour alone."""

    since: Instant
    meeting_at: Instant

    @property
    def page_version(self) -> str:
        """What a page gives back that showed it."""
        return hash_text(f"{self.since.isoformat()} {self.meeting_at.isoformat()}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenUp(Stored):
    """Who treats a parcours: its page was opened one by one. It counts for ``HELD`` alone, so that nothing has to end it."""

    account: str
    since: Instant
    """When it was opened."""

    def is_live(self, now: datetime) -> bool:
        """Return whether it counts at ``now``."""
        return now < self.since + HELD


@dataclass(frozen=True, slots=True, kw_only=True)
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
    """Named in the record; ``buyer`` is the account, if there is one."""
    buyer_origin: Origin | None = None
    """How that account came to follow for the buyer."""
    tutor_absence: Absence | None = None
    """As the tutor's account announces it."""
    edited: int = 0
    """How often the record was edited by hand: an edit of an older one is refused (« modifié entre-temps »)."""
    attempt: int | None = None
    reference: str | None = None
    step: Step | None = None
    """Only while « en préparation »."""
    documents_step: Step | None = None
    """How far the documents have come, while ``step`` says what was agreed since: see ``step_of_documents``."""
    since: Instant
    """When the turn last changed hands or the step last moved."""
    setback: Setback | None = None
    taken_up: TakenUp | None = None
    """Who treats it, or treated it last."""
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
    withdrawn_at: Instant | None = None
    """When a sending was last withdrawn: what its sealer had confirmed is asked of her again."""
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
    data_request: DataRequest | None = None
    cannot_come: CannotCome | None = None
    talked_at: Instant | None = None
    """When the last request about data was talked over: the days of whom is awaited begin after it, as after a pause."""
    reservation_until: Instant | None = None
    """When an offer that was taken is free again unless something is sent."""
    warned_at: Instant | None = None
    """When the tutor was warned that the reservation ends."""
    reminded_at: Instant | None = None
    """When the recipient was last reminded, by a press or by itself."""
    prompted_at: Instant | None = None
    """Up to when everybody was reminded whom its turns awaited."""
    reached: dict[str, Instant] = field(default_factory=dict)
    """When this attempt first reached each milestone (values of ``delays.Milestone``)."""
    moved: tuple[Moved, ...] = ()
    """The outcomes noted since the relay last moved the board, oldest first: what can still be corrected."""
    last_ended_at: Instant | None = None
    """When the last passage ended whose history outlives the contacts: the contract goes with it."""
    synthetic: bool = False
    """The daily proof of erasure invented it: it is in no list and no count, nobody is written to about it."""
    words_written: WordsWritten | None = field(default=None, compare=False)
    """Set by each commit, and by nothing else."""

    @property
    def over_on(self) -> date:
        """The last day of the contract, every renewal counted."""
        return self.contract.renewal_ends_on or self.contract.ends_on

    @property
    def is_held(self) -> bool:
        """Whether nothing goes on, since a request of the young person waits to be spoken of with them (``holding.py``)."""
        return self.data_request is not None and self.status in UNDER_WAY

    @property
    def is_stopped(self) -> bool:
        """Whether that request is « Je ne veux plus »."""
        return self.is_held and self.data_request is not None and self.data_request.stops

    def suspends(self, attempt: int) -> bool:
        """Whether the links of the attempt with this number give nothing meanwhile."""
        return self.is_held and self.attempt == attempt

    @property
    def in_doubt_since(self) -> datetime | None:
        """Since when the young person cannot come to the meeting that is agreed; None: they never said so of this one."""
        said = self.cannot_come
        return said.since if said is not None and said.meeting_at == self.meeting_at else None

    @property
    def resumes_at(self) -> datetime | None:
        """When its pause is over, or a request about data was talked over, whichever is later; None: it had neither."""
        pause_over_at = end_of(self.paused_until) if self.paused_until else None
        return max(filter(None, (pause_over_at, self.talked_at)), default=None)

    @property
    def reserved_until(self) -> datetime | None:
        """When an offer that was taken is free again unless something is sent, or the company answers.

        Not in a pause, nor while everything is held, nor in the week after.
        """
        if timeline.Milestone.ANSWERED in self.reached:
            return None  # the company has agreed on a date: it is no offer that waits for nobody
        if self.is_held:
            return None
        until, resumes_at = self.reservation_until, self.resumes_at
        return max(until, resumes_at + AFTER_PAUSE) if until and resumes_at else until

    @property
    def internship_until(self) -> date:
        """The last day of the internship: the one of its agreement, else the contract's."""
        return self.placement_until or self.over_on

    @property
    def holder(self) -> Role | None:
        """The role outside that has the documents: the recipient of the link, or the company if they were sent in another way."""
        return self.sent_to or (Role.COMPANY if self.outside_at else None)

    @property
    def names_buyer(self) -> bool:
        """Whether the record names a contact for the buyer, who has an address to write to and is not noted to have left."""
        return self.present_buyer_contact is not None

    @property
    def buying(self) -> Contract:
        """What names the organisation that buys."""
        return self.contract

    @property
    def academies(self) -> tuple[str, ...]:
        """From where it may be coordinated: the tutor's académie, then the internship's."""
        place = self.placement.academie
        return tuple(dict.fromkeys((self.tutor_academie or place, place)))

    @property
    def named_contacts(self) -> tuple[Contact, ...]:
        """Everybody whom the record names: the company's contacts, then the buyer's."""
        return (*self.company.contacts, *((self.buyer_contact,) if self.buyer_contact else ()))

    def has_left(self, recipient: str) -> bool:
        """Whether the person whom the record names at this address is noted to have left."""
        return any(
            contact.is_gone and fold(contact.address) == fold(recipient) for contact in self.named_contacts
        )

    @property
    def was_heard(self) -> bool:
        """Whether somebody on the side that the last link went to has said something since it left, as was noted."""
        sent_at = self.last_sent_at
        readers = self.named_contacts if self.sent_to is Role.BUYER else self.company.contacts
        heard = (contact.heard_at for contact in readers if contact.heard_at is not None)
        return sent_at is not None and any(at >= sent_at for at in heard)

    @property
    def present_contacts(self) -> tuple[CompanyContact, ...]:
        """The company's contacts who are not noted to have left."""
        return tuple(contact for contact in self.company.contacts if not contact.is_gone)

    @property
    def names_to_ask_for(self) -> tuple[str, ...]:
        """The names of these contacts, each once."""
        return tuple(dict.fromkeys(contact.name for contact in self.present_contacts))

    @property
    def present_buyer_contact(self) -> BuyerContact | None:
        """The buyer's contact to whom mails go; None: the record names nobody, or somebody who is noted to have left."""
        contact = self.buyer_contact
        return None if contact is None or contact.is_gone else contact

    @property
    def recipient_gone_at(self) -> datetime | None:
        """When it was noted that the person to whom the last link went has left, and nobody present holds one beside it.

        None: it was not, or not since the link went, or somebody could read the documents by now.
        """
        sent_at = self.last_sent_at
        if self.step not in WITH_RECIPIENT or self.sent_to is None or sent_at is None:
            return None
        holders = [
            contact
            for contact in self.named_contacts
            if contact.written_at is not None and contact.written_at >= sent_at
        ]
        if any(not self.has_left(holder.address) for holder in holders):
            return None
        gone = (holder.noted[Reason.CONTACT_GONE.value] for holder in holders if holder.is_gone)
        return next(gone, None)

    @property
    def sealer(self) -> str | None:
        """The account id of the person who sealed, while a colleague waits for consent; None: nobody does."""
        return self.consent.sealer if self.consent is not None else None

    @property
    def step_of_documents(self) -> Step | None:
        """How far the documents have come, whatever was agreed since; None: no passage is being prepared."""
        if self.step not in AGREED:
            return self.step or self.documents_step
        if self.documents_step is not None:
            return self.documents_step
        # Stored by an older version, which did not keep it: what it kept of the sending says as much as is known.
        if self.outside_at is not None:
            return Step.RECEIVED
        if self.live_link is None:
            return Step.DOCUMENTS_TO_SEND
        return Step.RECEIVED if timeline.Milestone.OPENED in self.reached else Step.LINK_SENT

    def has_done(self, step: Step, happened: Collection[timeline.EventKind]) -> bool:
        """Whether what a step is named after has happened: a meeting may be held though nothing was sent here.

        ``happened``: the kinds of the facts of its attempt.
        """
        if step is Step.SLOTS_PROPOSED:
            return timeline.EventKind.SLOTS_PROPOSED in happened
        if step in AGREED:
            milestone = timeline.Milestone.MET if step is Step.MEETING_HELD else timeline.Milestone.ANSWERED
            return milestone in self.reached
        order, documents = list(Step), self.step_of_documents
        if documents is None or not documents.is_known:
            return False
        come_to = order.index(documents)
        return come_to > 0 if step is Step.DOCUMENTS_TO_SEND else come_to >= order.index(step)

    def is_tutor_away(self, now: datetime) -> bool:
        """Whether the tutor announced an absence of today."""
        absence = self.tutor_absence
        return absence is not None and absence.holds(day_of(now))

    @property
    def has_answered(self) -> bool:
        """Whether the company has proposed dates, or agreed on one, since documents last left."""
        answered_at = self.reached.get(timeline.Milestone.ANSWERED)
        return answered_at is not None and (self.last_sent_at is None or self.last_sent_at <= answered_at)

    def with_documents_at(self, step: Step) -> "Parcours":
        """Return the parcours with its documents at this step; what people agreed on stays."""
        return replace(self, documents_step=step) if self._is_agreed else replace(self, step=step)

    @property
    def board(self) -> Board:
        """The part of the parcours that outcomes change, as one value."""
        return Board(
            status=self.status,
            step=self.step,
            documents_step=self.step_of_documents,
            since=self.since,
            setback=self.setback,
            promised_on=self.promised_on,
            call_back_on=self.call_back_on,
            call_back_since=self.call_back_since,
            meeting_at=self.meeting_at,
            outside_at=self.outside_at,
            placement_until=self.placement_until,
            paused_since=self.paused_since,
            paused_until=self.paused_until,
            reached=self.reached,
        )

    def with_board(self, board: Board) -> "Parcours":
        """Return the parcours in the state of this board. The milestones that it has reached stay its own."""
        return replace(
            self,
            status=board.status,
            step=board.step,
            documents_step=board.documents_step,
            since=board.since,
            setback=board.setback,
            promised_on=board.promised_on,
            call_back_on=board.call_back_on,
            call_back_since=board.call_back_since,
            meeting_at=board.meeting_at,
            outside_at=board.outside_at,
            placement_until=board.placement_until,
            paused_since=board.paused_since,
            paused_until=board.paused_until,
        )

    @property
    def begun_at(self) -> datetime | None:
        """When the passage began, if its documents were announced here; else None: it may have begun before it was entered."""
        travels = timeline.Milestone.ANNOUNCED in self.reached
        return self.reached.get(timeline.Milestone.TAKEN) if travels else None

    def has_stopped(self, now: datetime) -> bool:
        """Whether an upload of documents was begun and not finished in time."""
        return self.arriving is not None and not self.arriving.is_complete and now >= self.arriving.stops_at

    def prepares(self, attempt: int) -> bool:
        """Whether the passage with this number is being prepared."""
        return self.status is ParcoursStatus.IN_PREPARATION and self.attempt == attempt

    def with_event(self, event: Event) -> "Parcours":
        """Return the parcours after a new event: its last event, the milestones that it reaches, and what it ends.

        The arrival of documents and the wait for a consent end with the kinds of events that say so.
        """
        is_news = event.actor is not Role.SYSTEM or event.kind not in timeline.ROUTINE
        is_of_passage = event.attempt is not None and event.attempt == self.attempt
        return replace(
            self,
            last_kind=event.kind,
            last_at=event.at,
            reached=timeline.add_milestones(self.reached, event),
            arriving=None if event.kind in timeline.LEFT else self.arriving,
            consent=None if event.kind in timeline.CONSENTED else self.consent,
            passage_at=event.at if is_news and is_of_passage else self.passage_at,
        )

    def without_documents(self) -> "Parcours":
        """Return the parcours without live or arriving documents, and without a colleague who waits for consent."""
        return replace(self, live_deposit=None, arriving=None, consent=None)

    def without_sendings(self) -> "Parcours":
        """Return the parcours as before any sending of its passage."""
        return replace(
            self.without_documents(),
            data_request=None,
            cannot_come=None,
            talked_at=None,
            documents_step=None,
            last_deposit=None,
            live_link=None,
            sent_to=None,
            outside_at=None,
            warned_at=None,
        )

    def without_agreement(self) -> "Parcours":
        """Return the parcours without what people agreed on: promised day, planned call, meeting."""
        return replace(
            self,
            promised_on=None,
            call_back_on=None,
            call_back_since=None,
            meeting_at=None,
        )

    def without_pause(self) -> "Parcours":
        """Return the parcours without a pause."""
        return replace(self, paused_since=None, paused_until=None)

    def at_step(self, step: Step, event: Event, *, lifts_refusal: bool = False) -> "Parcours":
        """Move the parcours to a step because of what the service noted; the clock of the turn starts again.

        What people agreed stays: once dates are proposed, or a meeting is fixed, held or followed by an agreement, documents that
        arrive, are opened or expire change only the step to which the parcours goes back. A refusal stays too, until people undo
        it, go on or send anew (``lifts_refusal``).
        """
        after_event = self.with_event(event)
        if self._is_agreed or (self.setback is Setback.DECLINED and not lifts_refusal):
            setback = None if lifts_refusal else self.setback
            after_documents = after_event.with_documents_at(step)
            return replace(after_documents, moved=self._moved_below(step, event), setback=setback)
        after_step = replace(
            after_event.without_agreement(), step=step, since=event.at, setback=None, moved=()
        )
        return after_step._pause_ended_by(event)

    def set_back(self, setback: Setback, event: Event) -> "Parcours":
        """Note that something went wrong (``setback``): the step stays, and the tutor's turn begins.

        Only the event is noted where the company has declined, or the passage is not being prepared.
        """
        after_event = self.with_event(event)
        if self.status is not ParcoursStatus.IN_PREPARATION or self.setback is Setback.DECLINED:
            return after_event
        return replace(after_event, setback=setback, since=event.at, moved=())._pause_ended_by(event)

    def _pause_ended_by(self, event: Event) -> "Parcours":
        """Return the parcours without its pause if a person acted; what happens by itself ends no pause."""
        return self if event.actor is Role.SYSTEM else self.without_pause()

    @property
    def _is_agreed(self) -> bool:
        """Whether people have agreed on something beyond the documents: the meeting, the agreement or the internship."""
        under_way = self.status is ParcoursStatus.IN_PREPARATION
        return (under_way and self.step in AGREED) or self.status in PAST_PREPARATION

    def _moved_below(self, step: Step, event: Event) -> tuple[Moved, ...]:
        """Return the correctable outcomes, when the service reaches a step below what people agreed on.

        A correction that goes back to a state before the agreement then goes back to this step.
        """
        return tuple(
            replace(outcome, before=_move_documents(outcome.before, step, event.at)) for outcome in self.moved
        )


def _move_documents(board: Board, step: Step, since: datetime) -> Board:
    """Return the board with its documents at this step; the turn begins anew unless people agreed, or the company declined."""
    board_after = replace(board, documents_step=step)
    if board.status is not ParcoursStatus.IN_PREPARATION or board.step in AGREED:
        return board_after
    if board.setback is Setback.DECLINED:
        return replace(board_after, step=step)
    return replace(board_after, step=step, since=since, setback=None)
