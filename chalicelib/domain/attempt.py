"""The *passage*: one young person's way on a parcours, under a reference that says nothing of her."""

from chalicelib.domain.parcours import Parcours, ParcoursStatus, Step
from chalicelib.domain.people import Account
from chalicelib.domain.timeline import Event, EventKind
from chalicelib.domain.transition import Change, Draw, Transition
from chalicelib.domain.values import Aggregate, Instant, Role
from chalicelib.errors import WrongStep

REFERENCE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""No 0, 1, I or O: a reference is read on paper and said on the phone."""


class Attempt(Aggregate):
    """One young person's passage on a parcours. Nothing here says who she is."""

    parcours: str
    number: int
    reference: str
    """Drawn by the service: ``CSF-7K3Q-92``."""
    tutor: str
    opened_at: Instant
    ended_at: Instant | None = None
    end: EventKind | None = None
    """The kind of the fact that ended it."""


class ReferenceKey(Aggregate):
    """Makes a reference unique: written if absent."""

    reference: str
    parcours: str


def draw_reference(drawn: bytes) -> str:
    """``CSF-7K3Q-92`` from at least 6 random bytes: about 10⁸ of them, unique by ``ReferenceKey``."""
    letters = "".join(REFERENCE_LETTERS[byte % len(REFERENCE_LETTERS)] for byte in drawn[:4])
    return f"CSF-{letters}-{drawn[4] % 10}{drawn[5] % 10}"


def declare(parcours: Parcours, event_id: str) -> Transition:
    """A new offer stands, free, with its first fact (« offre déclarée »)."""
    event = Event(
        parcours=parcours.id,
        id=event_id,
        attempt=None,
        kind=EventKind.OFFER_DECLARED,
        at=parcours.since,
        actor=Role.BUYER,
    )
    return Transition(changes=(Change(None, parcours),), events=(event,))


def take(parcours: Parcours, tutor: Account, draw: Draw) -> Transition:
    """A tutor takes a free offer: the parcours is hers, and an attempt begins under a drawn reference.

    Args:
        draw: two ids (event, reference).
    Raises:
        WrongStep: the offer is no longer free.
    """
    if parcours.status is not ParcoursStatus.AVAILABLE:
        raise WrongStep
    number = (parcours.attempt or 0) + 1
    reference = draw_reference(bytes.fromhex(draw.id(1)))
    attempt = Attempt(
        parcours=parcours.id, number=number, reference=reference, tutor=tutor.id, opened_at=draw.now
    )
    event = Event(
        parcours=parcours.id,
        id=draw.id(),
        attempt=number,
        kind=EventKind.OFFER_TAKEN,
        at=draw.now,
        actor=Role.TUTOR,
    )
    head = parcours.at_step(
        Step.DOCUMENTS_TO_SEND,
        event,
        status=ParcoursStatus.IN_PREPARATION,
        tutor=tutor.id,
        tutor_academie=tutor.academie,
        attempt=number,
        reference=reference,
        live_deposit=None,
        last_deposit=None,
        live_link=None,
    )
    unique = Change(None, ReferenceKey(reference=reference, parcours=parcours.id))
    return Transition(changes=(head, Change(None, attempt), unique), events=(event,))
