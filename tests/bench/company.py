"""A simulated year of companies of which half of the contacts have gone and a third of the mails are lost, lived twice.

The product's own stories on moto, an invented clock, and people as draws: each depends on the seed, the company and what it is
drawn for alone, so that the same people live both years, with the short ways to an answer and without them. What people make of
a way is assumed (``ASSUMED``); what follows from it is the product's. ``python -m tests.bench.company`` writes its table into
this folder's README.
"""

import heapq
import io
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import nullcontext, redirect_stdout, suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from datetime import time as hour
from functools import cache, partial
from itertools import count
from math import inf
from typing import NamedTuple

import pytest
from moto.core.model_instances import reset_model_data
from moto.dynamodb.models.dynamo_type import DynamoType

from chalicelib import clock, config, terms
from chalicelib.domain.documents.mailing import is_free
from chalicelib.domain.documents.opening import LinkState
from chalicelib.domain.documents.sending import LinkOnPage
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.parcours import Company
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor, Outcome, Reason
from chalicelib.domain.kernel.transition import MailKind
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.meetings.appointment import Acceptance
from chalicelib.domain.meetings.slots import Slot
from chalicelib.domain.parcours.turns import Breakpoint, State, Turn, list_breakpoints, read_turn
from chalicelib.errors import RelayError
from chalicelib.pdf import process
from chalicelib.stores import aws, items, parcours_table
from chalicelib.stories import meetings, outcomes, reminding, retention
from chalicelib.stories.documents import losing, opening, sending
from chalicelib.stories.mails import feedback, mailing
from chalicelib.stories.meetings import Proposal
from tests.bench.monday import README
from tests.conftest import Clock
from tests.faults.snapshots import QuickWorld
from tests.simulation.people import chance
from tests.simulation.wire import Letter, Wire
from tests.simulation.year import DAY, MORNING, SENT_ANEW, Scenario, paris_time
from tests.support import canonical, factories, people, relays, ses_events
from tests.support.moto_worlds import find_first_due, on_moto, table_of
from tests.support.passings import colleague_named, passes
from tests.support.quick_moto import tables_answer_at_once
from tests.support.relays import TOKEN, Browser, Relay

OBSERVED = timedelta(days=60)
"""How long each sending is looked at: as long as a link lives."""
SHORTLY = timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class Ways:
    """The short ways to an answer that people have in a year."""

    again: bool = True
    """Who opened reads again in that browser, 72 hours at most."""
    decline: bool = True
    """A second link of the mail leads to « Nous ne pouvons pas accueillir »."""
    naming: bool = True
    """One form asks who should get the documents."""
    together: bool = True
    """One reminder of several sendings has a line for each, and one sitting answers all."""
    lost: bool = True
    """Who cannot find a message any more types an address, and gets the same link again."""
    sms: bool = True
    """The second reminder is followed by an SMS, where the record has a mobile number."""


class Odds(NamedTuple):
    """How likely something is, without the ways and with them."""

    what: str
    without: float
    given: float


def _fixed(what: str, odds: float) -> Odds:
    """Return odds that no way changes."""
    return Odds(what, odds, odds)


GONE = _fixed("the contact of the record has moved on", 0.5)
BOUNCES = _fixed("the mailbox of who moved on refuses mails", 0.3)
READ_BY_COLLEAGUE = _fixed("it takes them, and a colleague reads them (of the others nobody does)", 0.4 / 0.7)
LOST = _fixed("a mail is lost", 1 / 3)
CANNOT_HOST = _fixed("the company can take nobody", 0.3)
SITS_DOWN = _fixed("who sees a mail sits down to it within three days", 0.45)
INTERRUPTED = _fixed("who reads is interrupted, and comes back a day or two later", 0.3)
PROPOSES = _fixed("who has read gives dates in the same sitting", 0.75)
REACHED = _fixed("a call of team or tutor reaches somebody who knows", 0.25)
AGENT_ACTS = _fixed("an agent does on a working day what is awaited of them", 0.4)
REFUSES = Odds("who can take nobody and sits down to the mail says so there", 0.25, 0.6)
NAMES = Odds("a colleague who sits down to it names the right person there", 0.2, 0.5)
HAS_MOBILE = _fixed("the record has a mobile number of the contact", 0.1)
HEEDS_SMS = _fixed("a contact who is still there heeds an SMS, and looks for the mail", 0.5)
MISLAID = _fixed("a lost mail was seen, and is looked for within four days (of the others nobody knows)", 0.5)
ASKS = Odds("who looks for a mail in vain asks for it: the tutor by telephone, or on the page", 0.15, 0.5)
ASSUMED = (
    HAS_MOBILE, HEEDS_SMS, MISLAID, ASKS,
    GONE, BOUNCES, READ_BY_COLLEAGUE, LOST, CANNOT_HOST, SITS_DOWN, INTERRUPTED, PROPOSES, REACHED, AGENT_ACTS, REFUSES, NAMES,
)  # fmt: skip
MAILED = frozenset(
    {
        MailKind.LINK,
        MailKind.REMINDER,
        MailKind.REMINDER_OF_SEVERAL,
        MailKind.OTHER_SLOTS,
        MailKind.LOST_MESSAGE,
        MailKind.SMS,
    }
)
"""What companies act on. The rest is thrown away unsent, to save time: agents here look at their list."""
CALLED = frozenset({State.COMPANY_SILENT, State.BUYER_SILENT})
PRESENT, COLLEAGUE, NOBODY, REFUSED = "present", "colleague", "nobody", "refused"


@dataclass(eq=False)
class Story:
    """One sending to one company, and what came of it."""

    number: int
    reader: str
    """Who reads at the address of the record: its contact, a colleague, nobody; or the mailbox refuses."""
    contact: str
    right: str
    """The address of who decides: another one where the contact has gone."""
    hosts: bool
    relay: Relay
    sent_at: datetime
    turns: tuple[Breakpoint, ...] = ()
    answered_at: datetime | None = None
    refused_at: datetime | None = None
    met_at: datetime | None = None
    held: tuple[str, Browser] | None = None
    """The last link that reached somebody, and their browser."""
    drawn: Counter[str] = field(default_factory=Counter)

    @property
    def is_over(self) -> bool:
        """Whether nobody has anything more to do."""
        return self.met_at is not None or self.refused_at is not None


class Year:
    """A year in which companies get documents."""

    def __init__(self, world: QuickWorld, time: Clock, ways: Ways, scenario: Scenario) -> None:
        self.world, self.time, self.ways, self.scenario = world, time, ways, scenario
        self.tutor = replace(factories.account(), phone="03 80 00 00 00")
        self.team = factories.account(Role.TEAM)
        self.wire = Wire(lambda: time.now, chance(scenario.seed, "wire"), kept=sys.maxsize)
        self.wire.on_letter = self._arrives
        self.stories: dict[str, Story] = {}
        self.did: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self._due: list[tuple[datetime, int, Callable[[], object]]] = []
        self._order = count()
        time.now = paris_time(scenario.begin, hour(0, 1))
        last = scenario.days - OBSERVED.days - 1
        for number in range(scenario.parcours):
            day = scenario.begin + timedelta(days=int(self._draw(number, "start") * last))
            self._later(paris_time(day, hour(10)), partial(self._begins, number))

    def list_stories(self) -> list[Story]:
        """Return what came of each sending, in the order of their numbers."""
        return sorted(self.stories.values(), key=lambda story: story.number)

    def run(self) -> None:
        """Live every day."""
        people.stand(self.tutor, self.team)
        judge = cache(canonical.is_accepted)
        with (
            self.wire.open(),
            tables_answer_at_once(aws.dynamodb()),
            redirect_stdout(io.StringIO()),
            pytest.MonkeyPatch.context() as patch,
        ):
            patch.setattr(process, "start_process", lambda: nullcontext(judge))
            for number in range(self.scenario.days):
                self._live(self.scenario.begin + number * DAY)

    # Time

    def _live(self, day: date) -> None:
        """Live one day: reminders in the morning, what people planned, the minute function, agents in the afternoon."""
        self._later(paris_time(day, hour(15)), self._minute_runs)
        if self._is_working(day):
            self._later(paris_time(day, MORNING), lambda: reminding.run(now=self.time.now))
            self._later(paris_time(day, hour(16)), self._agents_act)
        end = paris_time(day + DAY, hour(0))
        while self._due and self._due[0][0] < end:
            when, _, act = heapq.heappop(self._due)
            self.time.now = max(self.time.now, when)
            act()
            self._mailer_runs()
        self.time.now = end
        reset_model_data()  # moto keeps a list of everything that it ever made

    def _minute_runs(self) -> None:
        """Run the minute function, if anything is due: once a day, to save time."""
        due = find_first_due(self.world)
        if due is not None and due <= self.time.now:
            retention.purge(now=self.time.now)

    def _later(self, when: datetime, act: Callable[[], object]) -> None:
        """Plan that something happens at this instant."""
        heapq.heappush(self._due, (when, next(self._order), act))

    def _in_days(self, days: float, act: Callable[[], object]) -> None:
        """Plan what somebody does after so many days, in the next hour in which people work."""
        when = self.time.now + timedelta(days=days)
        day = when.date()
        if not 7 <= when.hour < 16 or not self._is_working(day):
            day += DAY * (when.hour >= 16)
            while not self._is_working(day):
                day += DAY
            when = paris_time(day, hour(9)) + timedelta(minutes=when.minute)
        self._later(when, act)

    @staticmethod
    def _is_working(day: date) -> bool:
        return terms.calendar().is_working(day, factories.PLACEMENT.departement or "")

    def _mailer_runs(self) -> None:
        """Send what companies act on; throw the rest away."""
        table = table_of(self.world, items.RELAY)
        for mail in [mail for mail in self.wire.waiting.values() if mail.kind not in MAILED]:
            table.items.pop(DynamoType({"S": f"mail#{mail.key}"}), None)
            del self.wire.waiting[mail.key]
        free = [key for key, mail in self.wire.waiting.items() if is_free(mail, self.time.now)]
        if free:
            mailing.send_all(free, now=self.time.now)
        for event in self.wire.facts:
            if event.kind is EventKind.SMS_SENT:
                self._gets_sms(self.stories[event.parcours])
        self.wire.facts.clear()

    # What is drawn

    def _draw(self, number: int, *what: object) -> float:
        """Draw a number for this company and this purpose: the same in each year of this seed."""
        return chance(self.scenario.seed, number, *what).random()

    def _happens(self, story: Story, odds: Odds, *, given: bool = False) -> bool:
        """Draw whether this happens the next time that it may; ``given``: the way that makes it likelier is there.

        One number is drawn for both, so that a way never takes away what would have happened without it.
        """
        story.drawn[odds.what] += 1
        drawn = self._draw(story.number, odds.what, story.drawn[odds.what])
        return drawn < (odds.given if given else odds.without)

    def _tries(self, name: str, act: Callable[[], object]) -> bool:
        """Do something that the product may refuse; return whether it did not."""
        self.did[name] += 1
        try:
            act()
        except RelayError as refusal:
            self.refused[f"{name}: {refusal.code}"] += 1
            return False
        return True

    # Sendings

    def _begins(self, number: int) -> None:
        """Send the documents of one young person to a company, as the tutor. Every fourth company gets those of two."""
        shared = number - 1 if number % 4 == 1 else number
        contact = f"rh{shared}@firme{shared}.example"
        reader = self._draw_reader(shared)
        known = replace(factories.ANSWERING, address=contact)
        if self._draw(shared, HAS_MOBILE.what) < HAS_MOBILE.without:
            known = replace(known, phone=f"06 12 34 {shared // 100:02d} {shared % 100:02d}")
        offer = replace(
            factories.offer(company=Company(name=f"Ateliers numéro {number}", contacts=(known,))),
            id=f"{chance(self.scenario.seed, number, 'id').getrandbits(128):032x}",
        )
        story = self.stories[offer.id] = Story(
            number=number,
            reader=reader,
            contact=contact,
            right=contact if reader == PRESENT else f"accueil{shared}@firme{shared}.example",
            hosts=self._draw(shared, CANNOT_HOST.what) >= CANNOT_HOST.without,
            relay=relays.takes(self.world, self.tutor, offer),
            sent_at=self.time.now,
        )
        self._tries("sends", lambda: self._sends(story, contact))

    def _draw_reader(self, number: int) -> str:
        """Draw who reads what is sent to the contact of this company."""
        if self._draw(number, GONE.what) >= GONE.without:
            return PRESENT
        if self._draw(number, BOUNCES.what) < BOUNCES.without:
            return REFUSED
        return COLLEAGUE if self._draw(number, READ_BY_COLLEAGUE.what) < READ_BY_COLLEAGUE.without else NOBODY

    def _sends(self, story: Story, recipient: str) -> None:
        """Seal and send, or send anew to whom a call named."""
        relay = story.relay
        deposit = relay.head().live_deposit
        if deposit is not None:
            self._tries(
                "revokes", lambda: sending.revoke(self.tutor, deposit, seen_opened=True, now=clock.utc_now())
            )
        relay.announces(recipient=recipient)
        relay.uploads()
        relay.is_inspected()

    # Companies

    def _arrives(self, letter: Letter) -> None:
        """Deliver a mail, unless its mailbox refuses it or it is lost, and plan what its reader does."""
        stories = self._find(letter)
        for story in stories:
            if story.reader == REFUSED and letter.to == story.contact:
                event = ses_events.EVENTS["refused"](letter.tags.get("mail"), at=self.time.now)
                reported = partial(feedback.receive, event, now=self.time.now)
                self._later(self.time.now + timedelta(seconds=30), reported)
                return
        if not stories:
            return
        first = next(iter(stories))
        is_asked_for = letter.kind is MailKind.LOST_MESSAGE
        is_lost = self._happens(first, LOST) and not is_asked_for
        if first.reader == NOBODY and letter.to == first.contact:
            return
        if is_lost:
            if letter.to == first.contact and self._happens(first, MISLAID):
                self._in_days(4 * self._draw(first.number, "looks"), partial(self._looks_for_mail, first))
            return
        for story, token in stories.items():
            if story.held is None or story.held[0] != token:
                story.held = (token, Browser(letter.to))
        if self._happens(first, SITS_DOWN) or is_asked_for:
            days = 0.1 + 2.9 * self._draw(first.number, "when", first.drawn[SITS_DOWN.what])
            for story in stories if self.ways.together else (first,):
                self._in_days(days, partial(self._sits_down, story))

    def _find(self, letter: Letter) -> dict[Story, str]:
        """Return the stories of which a mail to a company holds a link, and its token."""
        pointers = {token: opening.find_pointer(token) for token in TOKEN.findall(letter.text)}
        by_story = {self.stories[pointer.parcours]: token for token, pointer in pointers.items()}
        return {
            story: token for story, token in by_story.items() if letter.to in {story.contact, story.right}
        }

    def _gets_sms(self, story: Story) -> None:
        """Let the contact heed an SMS, if they are still there."""
        self.did["texts"] += 1
        if story.reader == PRESENT and self._happens(story, HEEDS_SMS):
            self._in_days(0.1, partial(self._looks_for_mail, story))

    def _looks_for_mail(self, story: Story) -> None:
        """Let somebody who knows of a mail look for it, and ask for it where there is none."""
        if story.is_over:
            return
        if story.held is not None:
            self._sits_down(story)
        elif self._happens(story, ASKS, given=self.ways.lost):
            ask = self._asks_on_page if self.ways.lost else self._asks_tutor
            self._tries("asks", lambda: ask(story))

    @staticmethod
    def _asks_on_page(story: Story) -> None:
        """Type the address to which the mail went."""
        losing.ask_for_message(story.contact, source="203.0.113.7", now=clock.utc_now())

    def _asks_tutor(self, story: Story) -> None:
        """Call the tutor, who sends a new link to the same address."""
        link = story.relay.link()
        shown = LinkOnPage(link.id, link.version, opened=False)
        sending.resend(self.tutor, story.relay.deposit().id, shown, now=clock.utc_now())

    def _sits_down(self, story: Story) -> None:
        """Let the reader of the last mail look at the page, and do what they may there."""
        if story.is_over or story.held is None:
            return
        token, browser = story.held
        if story.reader == COLLEAGUE and browser.address == story.contact:
            if self._happens(story, NAMES, given=self.ways.naming):
                self._tries("names", lambda: self._names(story, token, browser))
        elif not story.hosts:
            if self._happens(story, REFUSES, given=self.ways.decline) and self._tries(
                "refuses", lambda: self._refuses(token, browser)
            ):
                story.answered_at = story.refused_at = self.time.now
        else:
            self._tries("reads", lambda: self._reads(story, token, browser))

    @staticmethod
    def _names(story: Story, token: str, browser: Browser) -> None:
        """Answer the question, and name who should get the documents."""
        browser.proves(token)
        passes(browser, token, colleague_named(story.right))

    @staticmethod
    def _refuses(token: str, browser: Browser) -> None:
        """Answer the question, and say that nobody can be taken."""
        browser.proves(token)
        browser.declines(token, Reason.NO_HOST_AVAILABLE)

    def _reads(self, story: Story, token: str, browser: Browser) -> None:
        """Answer the question, read, say so and propose dates; who is interrupted comes back."""
        browser.proves(token)
        match browser.looks(token).sight.state:
            case LinkState.TO_OPEN:
                browser.opens(token)
                if self._happens(story, INTERRUPTED):
                    self._in_days(1 + self._draw(story.number, "back"), partial(self._sits_down, story))
                    return
                browser.confirms(token)
            case LinkState.OPENED_HERE if not self.ways.again:
                # Nothing is shown once more: that is all that can be said.
                browser.confirms(token, readable=False)
                return
            case LinkState.OPENED_HERE:
                with suppress(RelayError):  # she has said so, or has had the time
                    browser.opens(token)
                    browser.confirms(token)
            case LinkState.EXPIRED:
                opening.ask_again(token, browser=browser.digest, now=clock.utc_now())
                return
        if self._happens(story, PROPOSES):
            start = paris_time(
                day_of(self.time.now) + timedelta(days=5 + int(6 * self._draw(story.number, "date"))),
                hour(10),
            )
            dates = tuple(Slot(start=start + n * DAY, minutes=45) for n in range(2))
            meetings.propose(token, Proposal(dates, True), browser.digest, clock.utc_now())
            story.answered_at = story.answered_at or self.time.now

    # Agents

    def _agents_act(self) -> None:
        """Let agents do what is awaited of them, each with a chance of its own."""
        for identifier, story in self.stories.items():
            if story.is_over or self.time.now > story.sent_at + OBSERVED:
                continue
            if identifier in self.wire.touched:
                head = parcours_table.read_parcours(identifier)
                story.turns = list_breakpoints(head, terms.calendar(), terms.turns())
                self.wire.touched.discard(identifier)
            turn = read_turn(story.turns, self.time.now)
            is_agents = turn is not None and turn.role not in {None, Role.COMPANY}
            if turn is not None and is_agents and self._happens(story, AGENT_ACTS):
                self._tries(turn.state, partial(self._acts, story, turn))

    def _acts(self, story: Story, turn: Turn) -> None:
        """Do what is awaited of an agent."""
        relay, now = story.relay, clock.utc_now()
        head = relay.head()
        if turn.state is State.TO_CHOOSE:
            appointment = meetings.load_appointment(head)
            assert appointment is not None
            ahead = [slot.start for slot in appointment.slots if slot.start > now]
            if ahead:
                meetings.accept(self.tutor, head.id, Acceptance(ahead[0], seen=appointment.page_version), now)
            else:
                meetings.ask_others(
                    self.tutor, head.id, Reason.DATES_UNSUITABLE, now, seen=appointment.page_version
                )
        elif turn.state is State.MEETING_TO_NOTE:
            relay.notes(EventKind.MEETING_HELD)
            story.met_at = head.meeting_at
        elif turn.state is State.UNREADABLE:
            self._sends(story, story.held[1].address if story.held else story.right)
        elif turn.state in SENT_ANEW or turn.state is State.TO_SEND:
            if self._happens(story, REACHED):
                self._tells(story)
        elif turn.state in CALLED:
            self._calls(story)

    def _calls(self, story: Story) -> None:
        """Call the company in the place of its buyer, as the team."""
        relay, now = story.relay, clock.utc_now()
        call = Outcome(kind=EventKind.CALL_NOTED, occurred_at=now, contact=Interlocutor.ANSWERS_TENDER)
        if not self._happens(story, REACHED):
            reason = Reason.NO_ANSWER
        elif story.reader == PRESENT:
            reason = Reason.REACHED
        else:
            reason = Reason.CONTACT_GONE
        outcomes.note(self.team, relay.parcours_id, replace(call, reason=reason), now=now)
        if reason is Reason.REACHED:
            self._tells(story)

    def _tells(self, story: Story) -> None:
        """Let somebody of the company say by telephone that it can take nobody, or to which address the link shall go."""
        relay = story.relay
        if not story.hosts:
            relay.notes(
                EventKind.COMPANY_DECLINED,
                reason=Reason.NO_HOST_AVAILABLE,
                contact=Interlocutor.ANSWERS_TENDER,
            )
            story.answered_at = story.refused_at = self.time.now
        else:
            self._sends(story, story.right)


def live(ways: Ways, scenario: Scenario) -> Year:
    """Live one year; its ``stories`` say what came of each sending."""
    with pytest.MonkeyPatch.context() as patch, on_moto() as world:
        time = Clock(clock.utc_now())
        patch.setattr(clock, "utc_now", time.read)
        patch.setattr(clock, "sleep_until", time.sleep_until)
        patch.setenv("SMS_NUMBER", "+33755000000" if ways.sms else "")
        config.settings.cache_clear()
        year = Year(QuickWorld(world.environment, world.mails), time, ways, scenario)
        year.run()
    config.settings.cache_clear()
    return year


# What is reported


def _days(story: Story, until: datetime | None) -> float:
    """Return the days from the sending of a story until this instant; infinite where it was not, or not while looked at."""
    lasted = until - story.sent_at if until is not None else None
    return lasted / DAY if lasted is not None and lasted <= OBSERVED else inf


def describe(year: Year) -> list[str]:
    """Return the column of a year, in the order of ``ROWS``."""
    stories = year.list_stories()
    can = sorted(_days(story, story.met_at) for story in stories if story.hosts)
    cannot = [_days(story, story.refused_at) for story in stories if not story.hosts]
    silent = [story for story in stories if _days(story, story.answered_at) == inf]
    early = sum(days <= SHORTLY / DAY for days in cannot)
    return [
        f"{sum(days < inf for days in can)} of {len(can)}",
        _say_days(can[len(can) // 4]),
        _say_days(can[len(can) // 2]),
        f"{early} of {len(cannot)}",
        f"{len(silent)} of {len(stories)}",
        f"{year.wire.letters}",
        f"{year.did[State.COMPANY_SILENT] + year.did[State.BUYER_SILENT]}",
    ]


ROWS = (
    "companies that can host: a first meeting within 60 days",
    "of these companies, days from sending to first meeting: the quickest quarter within",
    "half of them within",
    "companies that can take nobody: said so within 48 hours",
    "sendings that nobody answered within 60 days",
    "mails to companies",
    "calls of the team",
)


def _say_days(days: float) -> str:
    return f"{days:.1f}" if days < inf else "—"


def describe_years(years: Sequence[Year]) -> list[str]:
    """Return the table of years that were lived without the ways and with them, and that of what is assumed, in Markdown."""
    columns = zip(ROWS, *map(describe, years), strict=True)
    return [
        f"| of {SCENARIO.parcours} sendings in {SCENARIO.days} days, the same people | without the ways | with them |",
        "|---|---|---|",
        *(f"| {' | '.join(cells)} |" for cells in columns),
        "",
        "| assumed | without | with |",
        "|---|---|---|",
        *(f"| {odds.what} | {odds.without:.0%} | {odds.given:.0%} |" for odds in ASSUMED),
    ]


SCENARIO = Scenario(parcours=80, days=365, seed=25)
NO_WAYS = Ways(again=False, decline=False, naming=False, together=False, lost=False, sms=False)
BEGINS, ENDS = "<!-- company -->\n", "<!-- /company -->\n"


def main() -> int:
    """Write the table into the README."""
    years = [live(ways, SCENARIO) for ways in (NO_WAYS, Ways())]
    table = "\n".join(describe_years(years))
    before, _, rest = README.read_text("utf-8").partition(BEGINS)
    README.write_text(f"{before}{BEGINS}{table}\n{ENDS}{rest.partition(ENDS)[2]}", "utf-8")
    print(table, *(f"{year.did} {year.refused}" for year in years), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
