"""What may be noted on a parcours, as one table: who may, from where, to where, what must be said with it.

Steps that the relay itself moves (a link sent, opened, confirmed…) are no outcomes: nobody notes them by hand.
Source: design §5; who may, design §2 and the clause (domain §2, steps 11 and 12); the closed lists, domain §2.
"""

from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.parcours import Parcours, ParcoursStatus, Setback, Step
from chalicelib.domain.timeline import EventKind, Reason
from chalicelib.domain.values import Role

ANYBODY = frozenset({Role.TUTOR, Role.COORDINATOR, Role.BUYER, Role.PRESCRIBER, Role.TEAM})
ACCOMPANYING = frozenset({Role.TUTOR, Role.COORDINATOR, Role.TEAM})
"""Who was there, or was told by who was: what becomes of a meeting."""
INFORMED = ACCOMPANYING | {Role.BUYER}
"""And the buyer, to whom the contract sends the convention and the review; her prescriber learns of them from her."""
PREPARING = frozenset({ParcoursStatus.IN_PREPARATION})
ONGOING = frozenset({ParcoursStatus.AVAILABLE, ParcoursStatus.IN_PREPARATION, ParcoursStatus.IN_PROGRESS})
BEFORE_MEETING = frozenset(
    {Step.DOCUMENTS_TO_SEND, Step.LINK_SENT, Step.OPENED, Step.RECEIVED, Step.SLOTS_PROPOSED}
)


class Planned(StrEnum):
    """What else an outcome says: nothing, for which day, or for which day and hour."""

    NOTHING = "nothing"
    DAY = "day"
    HOUR = "hour"


@dataclass(frozen=True)
class Move:
    """One line of the table. ``steps`` None: any step, and none; ``to`` None: the step stays."""

    who: frozenset[Role] = ANYBODY
    status: frozenset[ParcoursStatus] = ONGOING
    steps: frozenset[Step] | None = None
    to: Step | None = None
    to_status: ParcoursStatus | None = None
    setback: Setback | None = None
    reasons: tuple[Reason, ...] = ()
    """One of these must be given."""
    planned: Planned = Planned.NOTHING
    contact: bool = False
    """Whether it says with whom."""


CALLS = (Reason.REACHED, Reason.NO_ANSWER, Reason.MESSAGE_LEFT, Reason.WRONG_NUMBER, Reason.CONTACT_GONE)
DECLINES = (
    Reason.PROFILE_MISMATCH,
    Reason.NO_HOST_AVAILABLE,
    Reason.ACTIVITY_STOPPED,
    Reason.DATES_UNSUITABLE,
    Reason.OTHER,
)

MOVES: dict[EventKind, Move] = {
    EventKind.CALL_NOTED: Move(reasons=CALLS, contact=True),
    EventKind.CLAUSE_EXPLAINED: Move(contact=True),
    EventKind.MAIL_SENT_OUTSIDE: Move(contact=True),
    EventKind.DOCUMENTS_SENT_OUTSIDE: Move(  # by mail, before the tool: the company is awaited all the same
        who=ACCOMPANYING,
        status=PREPARING,
        steps=frozenset({Step.DOCUMENTS_TO_SEND}),
        to=Step.RECEIVED,
        contact=True,
    ),
    EventKind.CALL_BACK_PLANNED: Move(planned=Planned.DAY, contact=True),
    EventKind.DATES_PROMISED: Move(status=PREPARING, steps=BEFORE_MEETING, planned=Planned.DAY, contact=True),
    EventKind.MEETING_FIXED: Move(
        status=PREPARING,
        steps=BEFORE_MEETING | {Step.MEETING_FIXED},
        to=Step.MEETING_FIXED,
        planned=Planned.HOUR,
        contact=True,
    ),
    EventKind.MEETING_HELD: Move(
        who=ACCOMPANYING | {Role.COMPANY},
        status=PREPARING,
        steps=BEFORE_MEETING | {Step.MEETING_FIXED},
        to=Step.MEETING_HELD,
    ),
    EventKind.MEETING_MISSED: Move(
        who=ACCOMPANYING | {Role.COMPANY},
        status=PREPARING,
        steps=frozenset({Step.MEETING_FIXED}),
        to=Step.RECEIVED,
        setback=Setback.MEETING_MISSED,
        reasons=(Reason.YOUNG_PERSON_ABSENT, Reason.COMPANY_ABSENT, Reason.PUT_OFF, Reason.OTHER),
    ),
    EventKind.COMPANY_DECLINED: Move(
        status=PREPARING,
        steps=BEFORE_MEETING | {Step.MEETING_FIXED, Step.MEETING_HELD},
        setback=Setback.DECLINED,
        reasons=DECLINES,
        contact=True,
    ),
    EventKind.CONVENTION_SIGNED: Move(
        who=INFORMED,
        status=PREPARING,
        steps=frozenset({Step.MEETING_FIXED, Step.MEETING_HELD}),
        to_status=ParcoursStatus.IN_PROGRESS,
    ),
    EventKind.PLACEMENT_STARTED: Move(who=INFORMED, status=frozenset({ParcoursStatus.IN_PROGRESS})),
    EventKind.PLACEMENT_ENDED: Move(who=INFORMED, status=frozenset({ParcoursStatus.IN_PROGRESS})),
    EventKind.REVIEW_DONE: Move(
        who=INFORMED, status=frozenset({ParcoursStatus.IN_PROGRESS}), to_status=ParcoursStatus.COMPLETED
    ),
}
"""Every outcome that a person may note. What ends a passage has its own page (``domain.ending``)."""


def is_open(parcours: Parcours, kind: EventKind, role: Role) -> bool:
    """Whether this outcome may be noted now, by somebody in this role."""
    move = MOVES[kind]
    stands = move.steps is None or parcours.step in move.steps
    if kind is EventKind.MEETING_MISSED and parcours.step is Step.SLOTS_PROPOSED:
        stands = parcours.meeting_at is not None  # other dates are proposed while one was fixed
    return role in move.who and parcours.status in move.status and stands
