"""A simulated Monday morning at the mail service's rate: letters by the thousand, and codes that nobody may wait for.

The clock is invented, so are mailers and the mail service; the rules by which mails are booked, handed to mailers and woken are
the product's own. ``python -m tests.bench.monday`` writes its tables into this folder's README.
"""

import heapq
import random
import sys
from collections import Counter
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count, starmap
from pathlib import Path

from chalicelib.domain.documents import mailing
from chalicelib.domain.kernel.delivery import BookedRate
from chalicelib.domain.kernel.transition import LETTERS, MailKind, find_key_prefix
from chalicelib.stores.functions import MAILS_AT_ONCE, MOST_MAILERS
from chalicelib.stories import reminding
from chalicelib.stories.kit import batches
from chalicelib.stories.mails.mailing import BUDGET
from chalicelib.stories.retention import MOST_DUE
from infra import gateway
from infra.alarms import PLACES

BEGIN = datetime(2026, 9, 7, 6, 30, tzinfo=UTC)
"""Half past eight in Paris, on a Monday."""
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
SENDING = timedelta(seconds=0.2)
"""An estimate of what a mailer takes for a mail: two reads, two writes, a key, the mail service."""
LOOKING = timedelta(seconds=0.01)
"""What it takes for one that another mailer has."""
START = timedelta(seconds=0.3)
"""How long a function takes to start, as a rule; a new one longer."""
LONGEST_IN_QUEUE = timedelta(minutes=5)
"""How long Lambda tries to start a mailer that finds no place (``MaximumEventAgeInSeconds``), each time twice as much later."""


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
        return find_key_prefix(self.kind)

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
    places: int = 1_000
    """Mailers that Lambda runs at once: its usual quota, or what ``ReserveConcurrency`` keeps for them."""
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
        for mail in self.mails:
            if mail.kind not in LETTERS:
                self._starts([mail], mail.made_at)  # the story that made it
        self._goes_on(self._minute_function(), BEGIN)
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
            by_key = {f"{mail.key}{place}": mail for place, mail in enumerate(waiting)}
            self._starts([by_key[key] for key in mailing.sort_urgent_first(by_key)], self.now)
            yield self.now + MINUTE

    def _starts(self, mails: Sequence[Mail], at: datetime) -> None:
        """Start mailers, as ``functions.wake_mailer`` does."""
        leaving = mails[: min(self.mails_per_second * 60, MOST_MAILERS * MAILS_AT_ONCE)]
        for first in range(0, len(leaving), MAILS_AT_ONCE):
            self._goes_on(self._mailer(leaving[first : first + MAILS_AT_ONCE]), at + START)

    def _mailer(self, mails: Sequence[Mail]) -> Run:
        asked_at, back_off = self.now, SECOND
        while self.mailers >= self.places:
            if self.now - asked_at > LONGEST_IN_QUEUE:
                return  # the minute function starts another one for these mails
            yield self.now + back_off
            back_off *= 2
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
        wanted = min(mails_left, mailing.count_at_once(self.mails_per_second))
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


AGENTS, COMPANIES, DUE = 30_000, 6_000, 5_000
"""People and parcours of the country, at scale 1: a letter to each agent and a reminder of each parcours, at worst."""
SIGNING_IN, SENDING_LINKS = timedelta(hours=2), timedelta(hours=4)
"""In what time all agents sign in, and each company gets a link."""
BUSIEST_MINUTE = 1_000
"""Codes that are asked for in the busiest minute, half an hour after the morning's run."""
RATES = (14, 100)
"""Mails a second that SES takes: at first, and once it was asked for more."""
MONDAYS = ((14, 1_000), (14, PLACES["Mailer"]), (100, PLACES["Mailer"]))
"""Each with its rate, and the places of mailers."""


def live_monday(mails_per_second: int, places: int) -> Morning:
    """Live a Monday at scale 1; each link is two mails."""
    nothing, half_an_hour = timedelta(), timedelta(minutes=30)
    mails = made(MailKind.REMINDER, DUE, begins=nothing, lasts=nothing)
    mails += made(MailKind.WEEKLY_LETTER, AGENTS, begins=nothing, lasts=nothing)
    mails += made(MailKind.SIGN_IN_CODE, AGENTS - BUSIEST_MINUTE, begins=nothing, lasts=SIGNING_IN)
    mails += made(MailKind.SIGN_IN_CODE, BUSIEST_MINUTE, begins=half_an_hour, lasts=MINUTE)
    for kind in (MailKind.LINK, MailKind.SENDING_NOTICE):
        mails += made(kind, COMPANIES, begins=nothing, lasts=SENDING_LINKS)
    morning = Morning(mails_per_second, sorted(mails, key=lambda mail: mail.made_at), places=places)
    morning.lives()
    return morning


@dataclass(frozen=True)
class Limit:
    """What bounds a Monday: how much of it scale 1 uses, and who moves it."""

    name: str
    used: float
    most: float
    moved_by: str


def list_limits(most_mailers: int) -> list[Limit]:
    """List the limits of a Monday, the first to be met first. ``most_mailers``: that ran at once at scale 1."""
    codes = BUSIEST_MINUTE / 60 + (AGENTS - BUSIEST_MINUTE) / SIGNING_IN.total_seconds()
    links = 2 * COMPANIES / SENDING_LINKS.total_seconds()
    requests = codes * REQUESTS_OF_A_SIGN_IN
    busy = requests * CALL_SECONDS + most_mailers
    a_day = AGENTS + DUE + AGENTS + 2 * COMPANIES
    door = gateway.LIMITS["POST /connexion"].a_second
    pages = batches.PAGES_AT_ONCE * batches.MOST_ON_A_PAGE
    more_mails, more_places = "ask SES for more (Service Quotas)", "ask Lambda for more (Service Quotas)"
    limits = [
        *(
            Limit(f"urgent mails a second, of SES’s {rate}", codes + links, rate, more_mails)
            for rate in RATES
        ),
        Limit("mails a day, of SES’s 50,000 at first", a_day, 50_000, more_mails),
        Limit(f"codes asked for a second, of the API’s {door}", codes, door, "`infra/gateway.py`"),
        Limit(
            "other requests a second, of the API’s 100",
            requests,
            gateway.THE_REST.a_second,
            "`infra/gateway.py`",
        ),
        Limit(
            f"mailers at once, of the {PLACES['Mailer']} that may be kept",
            most_mailers,
            PLACES["Mailer"],
            "`ReserveConcurrency=false`",
        ),
        Limit("functions at once, of Lambda’s usual 1,000", busy, 1_000, more_places),
        Limit("parcours due, of what two runs look at", DUE, 2 * reminding.MOST_DUE, "`reminding.MOST_DUE`"),
        Limit(
            "letters a run, of what its pages hold", AGENTS, pages, "the next run; `batches.PAGES_AT_ONCE`"
        ),
        Limit(
            "mails waiting, of what a run of the purge looks at",
            AGENTS + DUE,
            MOST_DUE,
            "`retention.MOST_DUE`: past it a mail made later waits for older ones",
        ),
        Limit("bookings a second, of one item’s 1,000 writes", codes + links, 1_000, "several items"),
    ]
    return sorted(limits, key=lambda limit: limit.most / limit.used)


REQUESTS_OF_A_SIGN_IN = 5
"""Beside its two POSTs: the page that asks for the address, the one for the code, the list, and their assets: an estimate."""
CALL_SECONDS = 0.12
"""As in ``tests/bench/money.py``."""


def describe_mornings(mornings: Sequence[Morning]) -> list[str]:
    """Return the table of what was waited for at each rate, in Markdown."""
    lines = [
        "| SES takes a second | longest wait of a code | of a link | of a notice | last reminder | last letter "
        "| mailers at once |",
        "|---|---|---|---|---|---|---|",
    ]
    for morning in mornings:
        waits = {
            kind: max(mail.waited for mail in morning.mails if mail.kind is kind).total_seconds()
            for kind in (
                MailKind.SIGN_IN_CODE,
                MailKind.LINK,
                MailKind.SENDING_NOTICE,
                MailKind.REMINDER,
                MailKind.WEEKLY_LETTER,
            )
        }
        code, link, notice, reminder, letter = waits.values()
        lines.append(
            f"| {morning.mails_per_second} | {code:.1f} s | {link:.1f} s | {notice:.1f} s "
            f"| {reminder / 60:.0f} min | {letter / 60:.0f} min | {morning.most_mailers} |"
        )
    return lines


def describe_limits(limits: Sequence[Limit]) -> list[str]:
    """Return the table of how much of each limit is used at 1, 10 and 100 times the country, in Markdown."""
    lines = ["| of a Monday at its busiest | 1 × | 10 × | 100 × | moved by |", "|---|---|---|---|---|"]
    for limit in limits:
        shares = " | ".join(f"{limit.used * scale / limit.most:,.0%}" for scale in (1, 10, 100))
        lines.append(f"| {limit.name} | {shares} | {limit.moved_by} |")
    return lines


README = Path(__file__).parent / "README.md"
BEGINS, ENDS = "<!-- monday -->\n", "<!-- /monday -->\n"


def main() -> int:
    """Write both tables into the README."""
    mornings = list(starmap(live_monday, MONDAYS))
    limits = list_limits(mornings[0].most_mailers)
    before, _, rest = README.read_text("utf-8").partition(BEGINS)
    tables = "\n".join([*describe_mornings(mornings), "", *describe_limits(limits)])
    README.write_text(f"{before}{BEGINS}{tables}\n{ENDS}{rest.partition(ENDS)[2]}", "utf-8")
    print(tables)
    return 0


if __name__ == "__main__":
    sys.exit(main())
