"""A simulated Monday morning at the mail service's rate: letters by the thousand, and codes that nobody may wait for.

The clock is invented, so are mailers and the mail service; the rules by which mails are booked, handed to mailers and woken are
the product's own. ``python -m tests.bench.monday`` prints the table of this folder's README.
"""

import heapq
import random
from collections import Counter
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from chalicelib.domain.documents import mailing
from chalicelib.domain.kernel.delivery import BookedRate
from chalicelib.domain.kernel.transition import MailKind
from chalicelib.stores.functions import MAILS_AT_ONCE
from chalicelib.stories.mails.mailing import BUDGET

BEGIN = datetime(2026, 9, 7, 6, 30, tzinfo=UTC)
"""Half past eight in Paris, on a Monday."""
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
SENDING = timedelta(seconds=0.2)
"""An estimate of what a mailer takes for a mail: two reads, two writes, a key, the mail service."""
LOOKING = timedelta(seconds=0.01)
"""What it takes for one that another mailer has."""
START = timedelta(seconds=0.3)
"""How long a function takes to start, as a rule; a new one longer."""


@dataclass(eq=False)
class Mail:
    """A mail that waits, since ``made_at``."""

    kind: MailKind
    made_at: datetime
    left_at: datetime | None = None
    is_held: bool = False

    @property
    def key(self) -> str:
        """What its key begins with, by which mailers sort."""
        return {MailKind.SIGN_IN_CODE: mailing.CODE, MailKind.LINK: mailing.URGENT}.get(self.kind, "")

    @property
    def waited(self) -> timedelta:
        """How long it waited for the mail service; for ever if it never left."""
        return self.left_at - self.made_at if self.left_at is not None else timedelta.max


Run = Generator[datetime, None, None]
"""A mailer: gives the instant at which it goes on."""


@dataclass
class Morning:
    """What is stored and what runs, at one rate of the mail service."""

    mails_per_second: int
    mails: list[Mail]
    service_rate: int = 0
    """What the mail service really takes a second; 0: what the setting says."""
    booked: BookedRate | None = None
    now: datetime = BEGIN
    throttled: int = 0
    mailers: int = 0
    most_mailers: int = 0
    taken: Counter[int] = field(default_factory=Counter)
    """How many mails the mail service took, by second."""
    draw: random.Random = field(default_factory=lambda: random.Random(11))  # noqa: S311 - a simulation
    _queue: list[tuple[datetime, int, Run]] = field(default_factory=list)
    _number: "count[int]" = field(default_factory=count)

    def lives(self) -> None:
        """Let the morning pass until every mail has left."""
        letters = [mail for mail in self.mails if mail.kind in mailing.LETTERS]
        self._starts(letters, BEGIN)  # the morning's run
        for mail in self.mails:
            if mail.kind not in mailing.LETTERS:
                self._starts([mail], mail.made_at)  # the story that made it
        self._goes_on(self._minute_function(), BEGIN + MINUTE)
        while self._queue:
            self.now, _, run = heapq.heappop(self._queue)
            if (later := next(run, None)) is not None:
                self._goes_on(run, later)

    def _goes_on(self, run: Run, at: datetime) -> None:
        heapq.heappush(self._queue, (at, next(self._number), run))

    def _minute_function(self) -> Run:
        while any(mail.left_at is None for mail in self.mails):
            free = [mail for mail in self.mails if mail.left_at is None and not mail.is_held]
            waiting = [
                mail
                for mail in free
                if mail.made_at <= self.now and not mailing.is_in_hand(mail.key, mail.made_at, self.now)
            ]
            self._starts(sorted(waiting, key=lambda mail: mailing.URGENT not in mail.key), self.now)
            yield self.now + MINUTE

    def _starts(self, mails: Sequence[Mail], at: datetime) -> None:
        """Start mailers, as ``functions.wake_mailer`` does."""
        leaving = mails[: self.mails_per_second * 60]
        for first in range(0, len(leaving), MAILS_AT_ONCE):
            self._goes_on(self._mailer(leaving[first : first + MAILS_AT_ONCE]), at + START)

    def _mailer(self, mails: Sequence[Mail]) -> Run:
        self.mailers += 1
        self.most_mailers = max(self.most_mailers, self.mailers)
        end, places = self.now + BUDGET, 0
        for place, mail in enumerate(mails):
            if mail.left_at is not None or mail.is_held:
                yield self.now + LOOKING
                continue
            while mail.left_at is None and self.now < end:
                if not places:
                    places = yield from self._books(mail.kind, len(mails) - place, end)
                if not places or mail.is_held:
                    break
                places -= 1
                yield from self._sends(mail)
        self.mailers -= 1

    def _books(self, kind: MailKind, mails_left: int, end: datetime) -> Generator[datetime, None, int]:
        """Book, and wait for the place; return how many sendings were booked, none if the run ends before."""
        wanted = min(mails_left, mailing.SENDINGS_AT_ONCE)
        while self.now < end:
            booking = mailing.book_sendings(self.booked, kind, wanted, self.now, self.mails_per_second)
            if booking is not None:
                self.booked = booking.booked
                yield booking.starts_at
                return booking.sendings
            assert self.booked is not None
            yield mailing.opens_at(self.booked, kind) + SECOND * self.draw.uniform(0.01, 0.4)
        return 0

    def _sends(self, mail: Mail) -> Run:
        mail.is_held = True
        yield self.now + SENDING
        second = int((self.now - BEGIN).total_seconds())
        if self.taken[second] >= (self.service_rate or self.mails_per_second) * 2:
            # It takes short bursts (its guide says so, not how short: twice the rate in one second is ours).
            self.throttled += 1
            yield self.now + mailing.SLOW_DOWN
        else:
            self.taken[second] += 1
            mail.left_at = self.now
        mail.is_held = False


def made(kind: MailKind, number: int, *, begins: timedelta, lasts: timedelta) -> list[Mail]:
    """``number`` mails, evenly spread over a time that begins so long after the morning's run."""
    return [Mail(kind, BEGIN + begins + lasts * place / number) for place in range(number)]
