"""The board: the state of a parcours that outcomes move."""

from dataclasses import dataclass, field
from datetime import date

from chalicelib.domain.kernel.values import Instant, ParcoursStatus, Setback, Step, Stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Board(Stored):
    """The part of a parcours that noting an outcome changes, and that correcting the outcome puts back as it was."""

    status: ParcoursStatus
    step: Step | None = None
    documents_step: Step | None = None
    """How far the documents have come: the step to which the parcours goes back when nothing that was agreed is left."""
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
    reached: dict[str, Instant] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved(Stored):
    """An outcome that changed the board, with the board as it was before: what its correction puts back."""

    event: str
    """Id of its fact."""
    before: Board
