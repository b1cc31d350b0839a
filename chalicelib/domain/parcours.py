"""The *parcours*: one internship offer born from a public contract, and where it stands."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from chalicelib.domain.timeline import Event, EventKind
from chalicelib.domain.transition import Change
from chalicelib.domain.values import Aggregate, Instant, Value


class ParcoursStatus(StrEnum):
    """The four statuses that MLDS staff know, and the two ends."""

    AVAILABLE = "available"
    IN_PREPARATION = "in_preparation"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"


class Step(StrEnum):
    """Where an attempt stands within « en préparation », in order."""

    DOCUMENTS_TO_SEND = "documents_to_send"
    LINK_SENT = "link_sent"
    OPENED = "opened"
    RECEIVED = "received"
    SLOTS_PROPOSED = "slots_proposed"
    MEETING_FIXED = "meeting_fixed"
    MEETING_HELD = "meeting_held"
    CONVENTION_SIGNED = "convention_signed"


class Setback(StrEnum):
    """What turns the turn back to the tutor although the step stays."""

    MAIL_FAILED = "mail_failed"
    MAIL_BOUNCED = "mail_bounced"
    UNREADABLE = "unreadable"
    LINK_CLOSED = "link_closed"
    SENDING_REQUESTED = "sending_requested"


class ContactRole(StrEnum):
    """A company is often two people (domain: « 2 niveaux de profils par acteurs »)."""

    ANSWERS_TENDER = "answers_tender"
    WELCOMES = "welcomes"


class CompanyContact(Value):
    """Somebody of the company, as the *fiche entreprise* names her."""

    role: ContactRole
    name: str
    function: str
    address: str
    phone: str | None = None
    verified_on: date | None = None
    """« vérifié le »: the day somebody last confirmed it."""
    changed_at: Instant | None = None
    changed_by: str | None = None
    """Account id of whoever last changed the address."""


class Company(Value):
    """The contract holder (*titulaire*)."""

    name: str
    siret: str | None = None
    sector: str | None = None
    website: str | None = None
    contacts: tuple[CompanyContact, ...] = ()


class Contract(Value):
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


class Placement(Value):
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
    attempt: int | None = None
    reference: str | None = None
    step: Step | None = None
    """Only while « en préparation »."""
    since: Instant
    """When the turn last changed hands or the step last moved."""
    setback: Setback | None = None
    last_kind: EventKind
    last_at: Instant
    live_deposit: str | None = None
    last_deposit: str | None = None
    """The last one of this attempt, live or not."""
    live_link: str | None = None
    last_sent_at: Instant | None = None
    """When a link last left on this parcours."""

    def telling(self, event: Event, **changes: object) -> Change:
        """The change of this parcours that goes with a new fact of its timeline."""
        return Change(self, self.but(last_kind=event.kind, last_at=event.at, **changes))

    def at_step(self, step: Step, event: Event, **changes: object) -> Change:
        """The parcours moves to a step: the clock of the turn starts again."""
        return self.telling(event, **{"step": step, "since": event.at, "setback": None, **changes})

    def set_back(self, setback: Setback, event: Event, **changes: object) -> Change:
        """Something went wrong on the way: the step stays, the tutor's turn begins."""
        return self.telling(event, **{"setback": setback, "since": event.at, **changes})
