"""What a deposit may do and when it is due, said as shortly as it can be: what the domain is compared with."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chalicelib.domain.kernel.calendar import end_of_days
from chalicelib.domain.kernel.deposit import DepositState as State
from chalicelib.domain.kernel.timeline import EventKind as Told
from chalicelib.errors import (
    DepositConflict,
    LinkClosed,
    LinkErased,
    LinkExpired,
    LinkSpent,
    RelayError,
    WrongStep,
)

AWAITED, ANSWER_DAYS, READ = timedelta(minutes=60), 15, timedelta(hours=72)
Refusal = type[RelayError] | None


@dataclass
class Model:
    """One deposit at a time, its link and all noted events.

    Each act returns the refusal that is expected, None if it is allowed.
    """

    state: State | None = None
    due: datetime | None = None
    opened_at: datetime | None = None
    winner: str | None = None
    told: list[Told] = field(default_factory=list)
    received = linked = waiting = closed = erasing = erased = False

    def alive(self, now: datetime) -> bool:
        """Return whether the documents may still be used."""
        return self.state is not None and not self.erasing and self.due is not None and now < self.due

    def is_free(self) -> bool:
        """Return whether another deposit may be announced."""
        over = {State.REFUSED, State.CONFIRMED, State.EXPIRED}
        return self.state is None or self.state in over or self.erased

    def _becomes(self, state: State, due: datetime | None, *told: Told) -> None:
        """Change the state, and the due time unless it is None; note these events."""
        self.state, self.due = state, due or self.due
        self.told += told

    def announce(self, now: datetime) -> Refusal:
        """Announce a deposit."""
        if not self.is_free():
            return DepositConflict
        told = self.told
        self.__init__(told=told)  # type: ignore[misc]
        self.received = self.linked = self.waiting = self.closed = self.erasing = self.erased = False
        self._becomes(State.EXPECTED, now + AWAITED, Told.DEPOSIT_OPENED)
        return None

    def renew(self, now: datetime) -> Refusal:
        """Ask for a fresh upload form."""
        if self.erased:
            return DepositConflict
        if self.state not in {State.EXPECTED, State.RECEIVED} or not self.alive(now):
            return WrongStep
        if self.state is State.EXPECTED:
            self.due = now + AWAITED
        return None

    def receive(self, now: datetime) -> Refusal:
        """Note that the documents arrived."""
        if self.state is State.EXPECTED and self.alive(now):
            self.received = True
            self._becomes(State.RECEIVED, end_of_days(now, ANSWER_DAYS), Told.DOCUMENTS_RECEIVED)
        return None

    def verify(self, now: datetime) -> Refusal:
        """Note that they passed inspection."""
        if self.state is State.RECEIVED and self.alive(now):
            self.linked = self.waiting = True
            self._becomes(State.VERIFIED, end_of_days(now, ANSWER_DAYS), Told.DOCUMENTS_VERIFIED)
        return None

    def refuse(self, now: datetime) -> Refusal:
        """Note that they did not pass inspection."""
        if self.state in {State.EXPECTED, State.RECEIVED} and self.alive(now):
            self._becomes(State.REFUSED, now, Told.DOCUMENTS_REFUSED)
        return None

    def mail(self) -> Refusal:
        """Note that the link's mail has left."""
        self.waiting = False
        self._becomes(State.LEFT if self.state is State.VERIFIED else self.state, None, Told.LINK_SENT)  # type: ignore[arg-type]
        return None

    def claim(self, browser: str, now: datetime) -> Refusal:
        """Open the link in this browser."""
        if self.closed:
            return LinkClosed
        if self.winner not in (None, browser):
            return LinkSpent
        if not self.alive(now):
            return LinkErased if self.winner else LinkExpired
        if self.state is State.CONFIRMED:
            return LinkSpent
        if self.winner:
            return None
        self.winner, self.opened_at = browser, now
        self._becomes(State.OPENED, now + READ, Told.LINK_OPENED)
        return None

    def answer(self, browser: str, readable: bool, now: datetime) -> Refusal:
        """Say in this browser whether the documents could be read."""
        if self.winner != browser:
            return LinkSpent
        if self.state is State.CONFIRMED:
            return None if readable else LinkErased
        if not self.alive(now):
            return LinkErased
        if readable:
            self._becomes(State.CONFIRMED, now, Told.DOCUMENTS_CONFIRMED)
        elif self.state is not State.UNREADABLE:
            self._becomes(State.UNREADABLE, None, Told.DOCUMENTS_UNREADABLE)
        return None

    def close(self) -> Refusal:
        """Close the link after too many wrong answers."""
        self.closed = True
        self.told.append(Told.LINK_CLOSED)
        return None

    def mark(self, now: datetime) -> Refusal:
        """Mark the deposit for erasure, if it is due."""
        assert self.due is not None
        if self.erasing or now < self.due:
            return None
        self.erasing = True
        if self.state in {State.EXPECTED, State.RECEIVED}:
            self._becomes(State.EXPIRED, None, Told.DEPOSIT_ABANDONED)
        elif self.state in {State.VERIFIED, State.LEFT}:
            self._becomes(State.EXPIRED, None, Told.LINK_EXPIRED)
        return None

    def reduce(self) -> Refusal:
        """Note that the objects are erased."""
        if self.erased:
            return None
        if not self.erasing:
            return WrongStep
        self.erased = True
        if self.received or self.state is not State.EXPIRED:
            self.told.append(Told.DOCUMENTS_ERASED)
        return None
