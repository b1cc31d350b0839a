"""The milestones of an attempt: the instants between which delays are measured.

Source: domain §2, the chain of the observation (prepare, send, open, answer, meet, sign); six weeks passed there between the
CV and the first meeting.
"""

from datetime import datetime
from enum import StrEnum

from chalicelib.domain.timeline import Event, EventKind


class Milestone(StrEnum):
    """What an attempt reaches, in order."""

    TAKEN = "taken"
    ANNOUNCED = "announced"
    SENT = "sent"
    OPENED = "opened"
    ANSWERED = "answered"
    MET = "met"
    SIGNED = "signed"


OF: dict[EventKind, Milestone] = {
    EventKind.OFFER_TAKEN: Milestone.TAKEN,
    EventKind.ATTEMPT_OPENED: Milestone.TAKEN,
    EventKind.DEPOSIT_OPENED: Milestone.ANNOUNCED,
    EventKind.LINK_SENT: Milestone.SENT,
    EventKind.LINK_OPENED: Milestone.OPENED,
    EventKind.SLOTS_PROPOSED: Milestone.ANSWERED,
    EventKind.MEETING_FIXED: Milestone.ANSWERED,
    EventKind.MEETING_HELD: Milestone.MET,
    EventKind.CONVENTION_SIGNED: Milestone.SIGNED,
}
"""Which fact reaches which milestone."""


def after(reached: dict[str, datetime], event: Event) -> dict[str, datetime]:
    """The milestones once this fact is told; only the first time counts."""
    milestone = OF.get(event.kind)
    if milestone is None or milestone in reached:
        return reached
    return reached | {milestone.value: event.occurred_at or event.at}


def without(reached: dict[str, datetime], wrong: Event, before: dict[str, datetime]) -> dict[str, datetime]:
    """The milestones once this fact is taken back; ``before``: those that stood when it was told."""
    milestone = OF.get(wrong.kind)
    return {name: at for name, at in reached.items() if name != milestone or name in before}
