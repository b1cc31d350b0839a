"""What one decision is about: a parcours and what hangs on it, read together."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.kernel.attempt import Attempt
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.timeline import Event
from chalicelib.domain.kernel.transition import Change, DecisionInputs, Transition
from chalicelib.domain.meetings.appointment import Meeting, MovedLinks


@dataclass(frozen=True)
class Case:
    """A parcours, one passage of it, its documents with their links, and its meeting."""

    parcours: Parcours
    attempt: Attempt | None = None
    """The passage under way, or the last one; of a correction, that of the wrong fact."""
    deposit: Deposit | None = None
    """The documents of the link that is acted with, else those that were sent last, live or not."""
    links: tuple[Link, ...] = ()
    """Every link to these documents, the present recipient's first."""
    live: Deposit | None = None
    """The deposit that lives on the parcours: the same one, unless the link is an older one."""
    meeting: Meeting | None = None
    """None: it is not read, and stays as it is."""

    @property
    def deposits(self) -> tuple[Deposit, ...]:
        """Return ``deposit`` and ``live``, those that exist; one deposit alone where both are the same."""
        by_id = {deposit.id: deposit for deposit in (self.deposit, self.live) if deposit is not None}
        return tuple(by_id.values())

    @property
    def link(self) -> Link | None:
        """The link that the present recipient of the documents holds."""
        present_id = self.deposit.link if self.deposit is not None else None
        return next((link for link in self.links if link.id == present_id), None)

    def follow(self, after: Parcours, event: Event, inputs: DecisionInputs) -> Transition:
        """Return how the meeting changes when ``event`` makes the parcours ``after``; nothing without a meeting."""
        return (
            self.meeting.follow(self.parcours, after, event, inputs) if self.meeting else Transition.nothing()
        )

    def without_lost_dates(self, after: Parcours, now: datetime) -> Parcours:
        """Return the parcours ``after`` a decision, waiting for no choice among dates that were erased."""
        return self.meeting.without_lost_dates(self.parcours, after, now) if self.meeting else after

    def move_links(self, moved: MovedLinks, after: Parcours, now: datetime) -> Transition:
        """Change these links, given as pairs (before, after), and the invitations that depend on them."""
        step = Transition(changes=tuple(Change(link_before, link_after) for link_before, link_after in moved))
        if self.meeting is None:
            return step
        return step + self.meeting.invite_anew(after, now, moved)
