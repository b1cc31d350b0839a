"""The rules of the board said once more, as shortly as they can be: what the domain is compared with."""

from dataclasses import dataclass, field, replace

from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.parcours.outcomes import MOVES
from tests.support.factories import NOON

EARLY = ("documents_to_send", "link_sent", "opened", "received", "slots_proposed")
TODAY = NOON.date()
AT_ANY_STEP = {"call_noted", "clause_explained", "mail_sent_outside", "remark_noted", "call_back_planned"}
LATE_KINDS = {"placement_started", "placement_ended", "review_done"}
IN_PREPARATION = {
    "dates_promised", "paused", "pause_ended", "meeting_fixed", "meeting_held", "meeting_missed", "company_declined",
    "documents_sent_outside", "convention_signed",
}  # fmt: skip
SIGNATURES = {"signed_by_company", "signed_by_family", "signed_by_school"}
OF_CONVENTION = SIGNATURES | {"convention_sent"}
KINDS = AT_ANY_STEP | LATE_KINDS | IN_PREPARATION | OF_CONVENTION
ALWAYS_SETS = {"dates_promised", "call_back_planned", "paused"}
"""What sets something on the board even where it stands so already."""


@dataclass
class Stand:
    """Where the model holds the parcours to be, in plain words."""

    status: str = "available"
    step: str | None = None
    documents: str | None = None
    setback: str | None = None
    dates: bool = False
    call_back: bool = False
    meeting: bool = False
    paused: bool = False
    until: str = ""
    """Whether the internship ends on its planned day, or has ended."""
    convention: frozenset[str] = frozenset()
    """What was noted of the convention: that it was sent, who has signed."""


@dataclass
class Model:
    """The rules said once more, as shortly as they can be."""

    stand: Stand = field(default_factory=Stand)
    passages: int = 0
    told: list[str] = field(default_factory=list)
    moved: list[tuple[int, Stand]] = field(default_factory=list)
    """Facts by their place in ``told``, with the stand before them."""
    corrected: set[int] = field(default_factory=set)
    of_passage: dict[int, int | None] = field(default_factory=dict)

    def take(self) -> bool:
        """Take the offer; like each act of the model, return whether it was allowed."""
        if self.stand.status != "available":
            return False
        self.passages += 1
        self._tell("offer_taken", Stand("in_preparation", "documents_to_send", "documents_to_send"))
        self.moved = []
        return True

    def goes(self, kind: str, status: str) -> bool:
        """Withdraw a free offer, or end it with its contract; withdrawing it again for the same reason changes nothing."""
        if self.stand.status != "available":
            return self.stand.status == status == "withdrawn"
        self._tell(kind, replace(self.stand, status=status))
        self.moved = []
        return True

    def offer_again(self) -> bool:
        """Offer a withdrawn or lapsed offer again; an offer that is free stays so."""
        if self.stand.status not in {"withdrawn", "lapsed"}:
            return self.stand.status == "available"
        self._tell("offer_declared", replace(self.stand, status="available"))
        self.moved = []
        return True

    def end(self) -> bool:
        """End the passage."""
        if self.stand.status not in {"in_preparation", "in_progress"}:
            return False
        self.of_passage[len(self.told)] = self.passages
        self._tell("young_person_withdrew", Stand())
        self.moved = []
        return True

    def note(self, kind: str) -> bool:
        """Note an outcome of this kind."""
        if not self._may(kind):
            return False
        here, place = self.stand, len(self.told)
        self.of_passage[place] = self.passages if here.status != "available" else None
        after = self._after(kind)
        if after != here or kind in ALWAYS_SETS or self._restarts(kind):
            self.moved.append((place, here))
        self._tell(kind, after)
        return True

    def correct(self, place: int) -> bool:
        """Take back the event at this place of the timeline."""
        kind = self.told[place]
        if kind not in MOVES or place in self.corrected:
            return False
        if self.of_passage[place] not in {None, self.passages or None}:
            return False
        known = [kind for kind, _ in self.moved]
        if place in known:
            if known[-1] != place:
                return False
            _, self.stand = self.moved.pop()
        elif self._restarts(kind) or kind in ALWAYS_SETS:
            return False
        self.corrected.add(place)
        self._tell("corrected", self.stand)
        return True

    @staticmethod
    def _restarts(kind: str) -> bool:
        """Return whether an outcome of this kind starts the turn anew even where it changes nothing else."""
        return (
            kind
            in {"meeting_fixed", "meeting_held", "meeting_missed", "company_declined"}
            | {
                "documents_sent_outside",
                "convention_signed",
                "review_done",
                "pause_ended",
            }
            | OF_CONVENTION
        )

    def _may(self, kind: str) -> bool:
        """Return whether an outcome of this kind may be noted here."""
        here = self.stand
        if kind in AT_ANY_STEP:
            return here.status in {"available", "in_preparation", "in_progress"}
        if kind in LATE_KINDS:
            return here.status == "in_progress"
        if here.status != "in_preparation":
            return False
        match kind:
            case "dates_promised":
                return here.step in EARLY
            case "paused":
                return here.step in (*EARLY, "meeting_held")
            case "pause_ended":
                return here.paused and here.step in (*EARLY, "meeting_held")
            case "meeting_fixed" | "meeting_held":
                return here.step in (*EARLY, "meeting_fixed")
            case "meeting_missed":
                return here.step == "meeting_fixed"
            case "company_declined":
                return here.step in (*EARLY, "meeting_fixed", "meeting_held")
            case "documents_sent_outside":
                return here.step == "documents_to_send"
        if kind in SIGNATURES:
            others = SIGNATURES - {kind}
            return (
                here.step == "meeting_held" and kind not in here.convention and not others <= here.convention
            )
        if kind == "convention_sent":
            return here.step == "meeting_held"
        return here.step in {"meeting_fixed", "meeting_held"}

    def _after(self, kind: str) -> Stand:
        """Return where the parcours stands once this is noted."""
        here = self.stand
        if kind in OF_CONVENTION:
            return Stand(here.status, here.step, here.documents, convention=here.convention | {kind})
        match kind:
            case "dates_promised":
                setback = None if here.setback in {"declined", "meeting_missed"} else here.setback
                return replace(here, setback=setback, dates=True)
            case "call_back_planned":
                return replace(here, call_back=True)
            case "paused":
                return replace(here, paused=True)
            case "call_noted":
                return replace(here, call_back=False)
            case "documents_sent_outside":
                return Stand(here.status, "received", "received")
            case "meeting_fixed":
                return Stand(here.status, "meeting_fixed", here.documents, meeting=True)
            case "meeting_held":
                return Stand(here.status, "meeting_held", here.documents)
            case "meeting_missed":
                return Stand(here.status, here.documents, here.documents, "meeting_missed")
            case "company_declined":
                step = here.documents if here.step == "meeting_fixed" else here.step
                return Stand(here.status, step, here.documents, "declined", convention=here.convention)
            case "convention_signed":
                return Stand("in_progress", None, here.documents, until="planned", convention=here.convention)
            case "placement_ended":
                return replace(here, until="ended")
            case "review_done":
                return Stand("completed", None, here.documents, convention=here.convention)
        return here

    def _tell(self, kind: str, after: Stand) -> None:
        """Note an event, after which the parcours stands there."""
        self.told.append(kind)
        self.stand = after


def seen(head: Parcours) -> Stand:
    """Return the values of a stored parcours that the model knows."""
    return Stand(
        head.status.value,
        head.step.value if head.step else None,
        head.step_of_documents.value if head.step_of_documents else None,
        head.setback.value if head.setback else None,
        head.promised_on is not None,
        head.call_back_on is not None,
        head.meeting_at is not None,
        head.paused_until is not None,
        "" if head.placement_until is None else "planned" if head.placement_until > TODAY else "ended",
        frozenset(OF_CONVENTION & head.reached.keys()),
    )
