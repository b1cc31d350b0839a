"""A simulated stretch of time: the product's own stories on moto, an injected clock, and everybody who acts or does not.

The minute function runs in every hour in which something is due, the mailer whenever a mail may leave, the morning's reminders
every day at half past eight. ``Watch`` (``watch.py``) looks on.
"""

import heapq
import io
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext, redirect_stdout, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as hour
from functools import cache, partial
from itertools import count

import pytest
from moto.core.model_instances import reset_model_data
from moto.dynamodb.models.dynamo_type import DynamoType

from chalicelib import clock, terms
from chalicelib.domain.documents.mailing import is_free
from chalicelib.domain.documents.opening import LinkState
from chalicelib.domain.documents.sending import LinkOnPage
from chalicelib.domain.kernel import address, attempt
from chalicelib.domain.kernel.calendar import PARIS
from chalicelib.domain.kernel.parcours import Absence, Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor, Outcome, Reason
from chalicelib.domain.kernel.transition import MailKind
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Step
from chalicelib.domain.meetings.appointment import Acceptance
from chalicelib.domain.meetings.slots import Slot
from chalicelib.domain.parcours import turns
from chalicelib.domain.parcours.ending import End
from chalicelib.domain.parcours.turns import Breakpoint, State, Turn
from chalicelib.errors import RelayError
from chalicelib.pdf import process
from chalicelib.stores import items, parcours_table, transactions
from chalicelib.stores.parcours_table import Roster
from chalicelib.stories import meetings, outcomes, reminding, retention, young
from chalicelib.stories.accounts import managing
from chalicelib.stories.documents import opening, passing, sending
from chalicelib.stories.mails import feedback, mailing
from chalicelib.stories.meetings import Proposal
from chalicelib.stories.parcours import is_awaited
from chalicelib.stories.young import Followed
from tests.conftest import Clock
from tests.simulation import people
from tests.simulation.people import Agent, Cast, Firm, chance
from tests.simulation.wire import Letter, Wire
from tests.support import canonical, ses_events
from tests.support import people as accounts
from tests.support.moto_worlds import find_first_due, table_of
from tests.support.relays import TOKEN, Browser, Relay
from tests.support.worlds import World

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MORNING = hour(8, 30)
SENT_ANEW = {State.NOT_PASSED_ON, State.MAIL_FAILED, State.MAIL_IN_DOUBT, State.SENDING_REQUESTED}
"""What a tutor ends by sending the documents once more, to the other contact if there is one."""
OF_THE_DOCUMENTS = SENT_ANEW | {State.TO_SEND, State.TO_PASS_ON, State.TO_ACCEPT_COLLEAGUE}
OF_THE_MEETING = {
    State.MEETING_TO_NOTE, State.MEETING_HELD, State.MEETING_MISSED, State.DECLINED, State.INTERNSHIP_OVER,
}  # fmt: skip
REMINDERS = {MailKind.REMINDER, MailKind.DIGEST}
AWAITING_DATES = {Step.LINK_SENT, Step.OPENED, Step.RECEIVED}
HOPELESS = timedelta(days=45)
"""After so long without any answer the team ends the passage."""


@dataclass
class Passage:
    """One parcours, and what its people have of it."""

    number: int
    id: str
    firm: Firm
    sent: Relay | None = None
    held: tuple[str, Browser] | None = None
    """The last token that reached somebody, and her browser."""
    bounced: set[str] = field(default_factory=set)
    asked: int = 0
    """How often the company was reminded or called."""
    answered: datetime | None = None
    """When the company first did anything."""
    links: list[tuple[str, int]] = field(default_factory=list)
    """Every link, and version, that was mailed."""
    moves: int = 0
    """Acts of its company that are on their way."""
    paper: tuple[str, str] | None = None
    """Reference and key of the notice that its young person was handed last."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """How many parcours live for how many days, and what happens to them."""

    parcours: int
    days: int
    begin: date = date(2026, 9, 1)
    seed: int = 13
    reminds: bool = True
    """Whether the morning's reminders run."""
    outages: tuple[tuple[int, float], ...] = ()
    """On which day the mail service fails at nine, and for how many hours."""


class Simulation:
    """A stretch of time in which people act on their parcours, or do not."""

    def __init__(self, world: World, time: Clock, scenario: Scenario) -> None:
        begin, seed = scenario.begin, scenario.seed
        self.world, self.time = world, time
        self.days, self.seed, self.reminds = scenario.days, seed, scenario.reminds
        self.begin, self.today = begin, begin
        time.now = paris_time(begin, hour(0, 1))
        self.cast = Cast(seed, begin)
        downs = [(paris_time(begin + day * DAY, hour(8, 20)), hours) for day, hours in scenario.outages]
        self.wire = Wire(
            lambda: time.now, chance(seed, "wire"), [(begin, begin + hours * HOUR) for begin, hours in downs]
        )
        self.wire.on_letter = self._arrives
        self.passages: dict[str, Passage] = {}
        self.by_deposit: dict[str, Passage] = {}
        self.heads: dict[str, Parcours] = {}
        self._points: dict[str, tuple[Breakpoint, ...]] = {}
        self._roster = Roster()
        """Of the accounts that the year begins with: none is closed, and none comes."""
        self._due: list[tuple[datetime, int, Callable[[], object]]] = []
        self._order = count()
        self._purged = time.now
        self.by_address: dict[str, Passage] = {}
        self.reported: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.runs = self.did = 0
        self.printed = io.StringIO()
        self.mornings: list[Callable[[], object]] = [self._reminders]
        self.on_day: Callable[[date], object] = lambda _: None
        self.on_followed: Callable[[Passage, Followed], object] = lambda _, followed: None
        """Called with what a young person reads."""
        for number in range(scenario.parcours):
            start = chance(seed, "start", number).random() ** 1.3 * scenario.days * 0.7
            self.later(time.now + timedelta(days=start, hours=10), partial(self._declared, number))

    # Time

    def run(self) -> None:
        """Live every day of the scenario."""
        accounts.stand(*(agent.account for agent in self.cast.agents.values()))
        # The same document is judged once, and here: in a process of its own, that is what takes longest.
        judge = cache(canonical.is_accepted)
        with (
            self.wire.open(),
            redirect_stdout(self.printed),
            pytest.MonkeyPatch.context() as patch,
        ):
            patch.setattr(process, "start_process", lambda: nullcontext(judge))
            for number in range(self.days):
                self._a_day(self.begin + number * DAY)

    def later(self, when: datetime, act: Callable[[], object]) -> None:
        """Plan that something happens at this instant."""
        heapq.heappush(self._due, (max(when, self.time.now), next(self._order), act))

    def _a_day(self, day: date) -> None:
        """Live one day: plan the morning's run, the hour of each agent who works and announced absences, then let all that is
        due happen.
        """
        self.today = day
        self.later(paris_time(day, MORNING), self._morning)
        self.later(paris_time(day, hour(18)), self._young_people_look)
        for agent in self.cast.agents.values():
            if self._works(agent, day):
                drawn = chance(self.seed, "hour", agent.account.id, day)
                self.later(
                    paris_time(day, hour(9 + drawn.randrange(8), drawn.randrange(60))), self._sits_down(agent)
                )
            if agent.away and day == agent.away[0] - 3 * DAY * (len(agent.account.name) % 2):
                absence = Absence(first=agent.away[0], last=agent.away[1])
                self.later(paris_time(day, hour(17)), self._announces(agent.account, absence))
        end = paris_time(day + DAY, hour(0))
        while self._due and self._due[0][0] < end:
            when, _, act = heapq.heappop(self._due)
            self._passes(when)
            act()
            self.mailer_runs()
        self._passes(end)
        self.on_day(day)
        reset_model_data()  # moto keeps a list of everything that it ever made

    def _passes(self, until: datetime) -> None:
        """Let time pass; the minute function runs in each hour in which something is due."""
        while (full := self._purged + HOUR) <= until:
            due = find_first_due(self.world)
            if due is None or due > until:
                self._purged += (until - self._purged) // HOUR * HOUR
                break
            self._purged = max(full, self._purged + (due - self._purged) // HOUR * HOUR)
            if self._purged > until:
                self._purged -= HOUR
                break
            self.time.now = max(self.time.now, self._purged)
            self._purge()
        self.time.now = max(self.time.now, until)

    def _purge(self) -> None:
        """Run the minute function, which must succeed, then the mailer."""
        report = retention.purge(now=self.time.now)
        self.runs += 1
        assert not report.failed and not report.left, self.printed.getvalue()[-3000:]
        self.mailer_runs()

    def mailer_runs(self) -> None:
        """Run the mailer for the mails that may leave now."""
        now = self.time.now
        for _ in range(5):
            free = [key for key, mail in self.wire.waiting.items() if is_free(mail, now)]
            if not free:
                break
            mailing.send_all(free, now=now)

    def _morning(self) -> None:
        """Do what is done each morning."""
        for morning in self.mornings:
            morning()

    def _reminders(self) -> None:
        """Run the morning's reminders, if the scenario has them."""
        if self.reminds:
            report = reminding.run(now=self.time.now)
            assert not report.failed and not report.left, self.printed.getvalue()[-3000:]

    # What is stored

    def look(self) -> None:
        """Read again the parcours that were written since the last look."""
        calendar, policy = terms.calendar(), terms.turns()
        for parcours_id in self.wire.touched & self.passages.keys():
            self.heads[parcours_id] = head = self._head(parcours_id)
            self._points[parcours_id] = turns.list_breakpoints(head, calendar, policy)
        self.wire.touched.clear()

    def _head(self, identifier: str) -> Parcours:
        """Return a parcours as it is stored, read inside moto."""
        table = table_of(self.world, items.PARCOURS)
        pk, sk = items.encode_key(items.parcours_key(identifier)).values()
        item = table.items[DynamoType(pk)][DynamoType(sk)]
        plain = {name: value.cast_value for name, value in item.attrs.items()}
        return items.from_item(Parcours, plain)

    def turn(self, identifier: str, now: datetime | None = None) -> Turn | None:
        """Return whose turn it is, as the product says."""
        turn = turns.read_turn(self._points[identifier], now or self.time.now)
        return turns.pass_to_somebody(turn, self.heads[identifier], self._roster)

    def addresses(self, head: Parcours, turn: Turn) -> set[str]:
        """Return the addresses of the people who are awaited."""
        known = self.cast.agents.get(head.buyer or "")
        buyers = {person.address for person in (known and known.account, head.buyer_contact) if person}
        if turn.role is Role.BUYER and buyers:
            return buyers
        if turn.role is Role.COORDINATOR:
            places = (head.placement.academie, head.tutor_academie)
            agents = [
                agent
                for place in places
                for agent in self.cast.list_agents_of_academie(Role.COORDINATOR, place)
            ]
            return {agent.account.address for agent in agents}
        if turn.role is Role.TEAM:
            return {agent.account.address for agent in self.cast.list_agents(Role.TEAM)}
        sealer = head.consent.sealer if head.consent else head.tutor
        return {self.cast.agents[sealer].account.address} if sealer else set()

    def days_off(self, head: Parcours, now: datetime) -> bool:
        """Return whether the day that ends is a day off where the parcours is."""
        return not terms.calendar().is_working(self.today, head.placement.departement)

    # Agents

    def _works(self, agent: Agent, day: date) -> bool:
        """Return whether the day is a working day where the agent works."""
        departement = agent.account.departement or {"Dijon": "21", "Strasbourg": "67"}.get(
            agent.account.academie or "", "75"
        )
        return terms.calendar().is_working(day, departement)

    def _announces(self, account: Account, absence: Absence) -> Callable[[], None]:
        """Return the act of announcing this absence."""
        return lambda: managing.announce_absence(account, account.id, absence, now=clock.utc_now())

    def _sits_down(self, agent: Agent) -> Callable[[], None]:
        """Return the act of an agent who looks at all that is hers and does some of it."""

        def acts() -> None:
            self.look()
            day, now = self.today, self.time.now
            for passage in list(self.passages.values()):
                turn = self.turn(passage.id)
                head = self.heads[passage.id]
                tutor = (head.sealer or head.tutor) if turn and turn.role is Role.TUTOR else None
                hers = turn is not None and is_awaited(agent.account, replace(turn, account=tutor))
                if head.tutor == agent.account.id and turn is not None and turn.role is Role.COMPANY:
                    self._may_remind(agent, passage)
                if turn is None or not hers or not self._is_of(agent, head):
                    continue
                if agent.acts(day, now, self.seed, passage.number, turn.state):
                    self._tries(partial(self._acts, agent, passage, turn))
                    self.mailer_runs()
                    self.look()

        return acts

    def _may_remind(self, agent: Agent, passage: Passage) -> None:
        """Let a tutor press « relancer » of her own accord now and then."""
        if (
            agent.manner == people.DILIGENT
            and chance(self.seed, "presses", passage.number, self.today).random() < 0.04
        ):
            self._tries(lambda: outcomes.remind(agent.account, passage.id, now=clock.utc_now()))
            self.mailer_runs()
            self.look()

    def _is_of(self, agent: Agent, head: Parcours) -> bool:
        """Return whether the agent has this parcours in her care: by her académie, as its buyer, or as anybody else of the
        product.
        """
        roles = agent.account.roles
        if Role.COORDINATOR in roles:
            return agent.account.academie in {head.placement.academie, head.tutor_academie}
        return Role.BUYER not in roles or head.buyer == agent.account.id

    def _tries(self, act: Callable[[], object]) -> None:
        """Do something that the product may refuse."""
        self.did += 1
        try:
            act()
        except RelayError as refusal:
            self.refused[refusal.code] += 1

    def _acts(self, agent: Agent, passage: Passage, turn: Turn) -> None:
        """Let an agent do what is awaited of them."""
        who, head, state = agent.account, self.heads[passage.id], turn.state
        lot = chance(self.seed, "act", passage.number, state, self.today).random()
        if state is State.TO_CHOOSE:
            self._chooses(who, passage, head, lot)
        elif state in OF_THE_MEETING:
            self._notes_the_meeting(who, passage, state, lot)
        elif head.arriving is not None and passage.sent is not None and passage.sent.tutor.id == who.id:
            passage.sent.announces(passage.sent.sent[-1], self._recipient(passage, lot))
            self._arrives_whole(passage)
        elif state in OF_THE_DOCUMENTS:
            self._sees_to_the_documents(agent, passage, state, lot)
        elif self.time.now - turn.since > HOPELESS and Role.TEAM in who.roles:
            self._ends(who, passage, EventKind.MEETING_MISSED, Reason.NO_ANSWER)
        else:
            self._calls(who, passage, lot)

    def _sees_to_the_documents(self, agent: Agent, passage: Passage, state: State, lot: float) -> None:
        """Send the documents, or the link, or let the recipient's colleague have it."""
        who, head = agent.account, self.heads[passage.id]
        if state is State.TO_SEND:
            days_to_prepare = 3 + chance(self.seed, "prepares", passage.number).random() * 30
            since = head.reached.get("taken", head.since)
            if self.time.now - since >= timedelta(days=days_to_prepare):
                self._sends(agent, passage, lot)
        elif state is State.TO_PASS_ON:
            self._passes_on(passage, head)
        elif state is State.TO_ACCEPT_COLLEAGUE:
            waiting = passage.sent.link() if passage.sent else None
            if waiting is not None and waiting.asked_link is not None:
                passing.answer(who, passage.id, waiting.asked_link, agrees=True, now=clock.utc_now())
        elif state is State.MAIL_IN_DOUBT and head.live_deposit is not None and passage.links:
            link, version = passage.links[-1]
            sending.resend(
                who, head.live_deposit, LinkOnPage(link, version, opened=False), now=clock.utc_now()
            )
        else:
            self._sends(agent, passage, 0.5)

    def _notes_the_meeting(self, who: Account, passage: Passage, state: State, lot: float) -> None:
        """Note what became of the meeting, or what follows from it."""
        now, contact = self.time.now, Interlocutor.ANSWERS_TENDER
        met_at = self.heads[passage.id].meeting_at or now
        match state:
            case State.MEETING_TO_NOTE if lot < 0.85:
                self._notes(who, passage, Outcome(kind=EventKind.MEETING_HELD, occurred_at=met_at))
            case State.MEETING_TO_NOTE:
                missed, absent = EventKind.MEETING_MISSED, Reason.YOUNG_PERSON_ABSENT
                self._notes(who, passage, Outcome(kind=missed, occurred_at=met_at, reason=absent))
            case State.MEETING_HELD if lot < 0.75:
                signed, until = EventKind.CONVENTION_SIGNED, now + 60 * DAY
                self._notes(who, passage, Outcome(kind=signed, occurred_at=clock.utc_now(), planned_at=until))
            case State.MEETING_MISSED if lot < 0.6:
                fixed = Outcome(kind=EventKind.MEETING_FIXED, occurred_at=clock.utc_now(), contact=contact)
                self._notes(who, passage, replace(fixed, planned_at=now + 5 * DAY))
            case State.INTERNSHIP_OVER:
                self._notes(who, passage, Outcome(kind=EventKind.REVIEW_DONE, occurred_at=clock.utc_now()))
            case _:
                self._ends(who, passage, EventKind.YOUNG_PERSON_WITHDREW, Reason.OTHER_PATH)

    def _recipient(self, passage: Passage, lot: float) -> str:
        """Return the address that a tutor sends to: the buyer's now and then, else the contact's, or another one once that
        bounced.
        """
        head, firm = self.heads[passage.id], passage.firm
        if lot < 0.12 and head.buyer is not None:
            return self.cast.agents[head.buyer].account.address
        if firm.address not in passage.bounced:
            return firm.address
        firm.second = firm.second or f"direction@firme{passage.number}.example"  # given to her by telephone
        return firm.second

    def _sends(self, agent: Agent, passage: Passage, lot: float) -> None:
        """Send documents, or send them anew, as the tutor or who stands in for her."""
        who, head = agent.account, self.heads[passage.id]
        if lot > 0.95 and passage.sent is None:
            outside, contact = EventKind.DOCUMENTS_SENT_OUTSIDE, Interlocutor.ANSWERS_TENDER
            self._notes(who, passage, Outcome(kind=outside, occurred_at=clock.utc_now(), contact=contact))
            return
        self._prints_the_notice(passage, head)
        if head.live_deposit is not None and not head.has_stopped(self.time.now):
            sending.revoke(who, head.live_deposit, seen_opened=True, now=clock.utc_now())
        passage.sent = Relay(self.world, who, passage.id)
        document = passage.sent.announces(recipient=self._recipient(passage, lot))
        self.by_deposit[document.deposit] = passage
        if not 0.12 <= lot < 0.2:  # else her connection fails
            self._arrives_whole(passage)

    def _prints_the_notice(self, passage: Passage, head: Parcours) -> None:
        """Hand the young person the paper with the key of the passage under way."""
        assert head.attempt is not None
        under_way = parcours_table.read_attempt(passage.id, head.attempt)
        passage.paper = (under_way.reference, young.spell_follow_key(under_way).secret)

    def _young_people_look(self) -> None:
        """Let those young people look who get round to it today, whatever has become of their passage."""
        self.look()
        for passage in self.passages.values():
            looks = chance(self.seed, "looks", passage.number, self.today).random() < people.LOOKS
            if passage.paper is not None and looks:
                reference, key = passage.paper
                followed = young.follow(reference, key, source="198.51.100.7", now=self.time.now)
                self.on_followed(passage, followed)

    def _arrives_whole(self, passage: Passage) -> None:
        """Upload what was announced, and let it be inspected."""
        assert passage.sent is not None
        passage.sent.uploads()
        passage.sent.is_inspected()

    def _passes_on(self, passage: Passage, head: Parcours) -> None:
        """Pass the link on to a contact of the record, as the buyer."""
        if passage.held is None:
            return
        token, browser = passage.held
        browser.proves(token)
        hint = address.mask(head.company.contacts[0].address)
        named = passing.Named(passing.REPLACES, contact=0, hint=hint)
        pointer = opening.find_pointer(token)
        passing.pass_on_in_unseal(token, pointer, named, browser=browser.digest, now=clock.utc_now())

    def _chooses(self, who: Account, passage: Passage, head: Parcours, lot: float) -> None:
        """Accept one of the proposed dates, or ask for others now and then."""
        appointment = meetings.load_appointment(head)
        if appointment is None or not appointment.slots:
            return
        now = clock.utc_now()
        if lot < 0.12:
            meetings.ask_others(who, passage.id, Reason.DATES_UNSUITABLE, now, seen=appointment.page_version)
            return
        ahead = [slot.start for slot in appointment.slots if slot.start > now]
        if ahead:
            meetings.accept(who, passage.id, Acceptance(ahead[-1], seen=appointment.page_version), now)

    def _notes(self, who: Account, passage: Passage, outcome: Outcome) -> None:
        """Note an outcome as this agent."""
        outcomes.note(who, passage.id, outcome, now=clock.utc_now())

    def _ends(self, who: Account, passage: Passage, kind: EventKind, reason: Reason) -> None:
        """End the passage as this agent."""
        now = clock.utc_now()
        outcomes.finish_passage(who, passage.id, End(kind=kind, reason=reason, occurred_at=now), now=now)

    def _calls(self, who: Account, passage: Passage, lot: float) -> None:
        """Call the company, as a buyer or the team do; some companies act on it, some promise dates."""
        now, contact = clock.utc_now(), Interlocutor.ANSWERS_TENDER
        call = Outcome(kind=EventKind.CALL_NOTED, occurred_at=now, contact=contact)
        if lot < 0.4:
            self._notes(who, passage, replace(call, reason=Reason.NO_ANSWER))
            return
        if lot < 0.55:
            with suppress(RelayError):
                self._notes(
                    who, passage, replace(call, kind=EventKind.DATES_PROMISED, planned_at=now + 6 * DAY)
                )
        else:
            self._notes(who, passage, replace(call, reason=Reason.REACHED))
        self._is_asked(passage, people.ANSWERS_CALL)

    # Companies

    def _arrives(self, letter: Letter) -> None:
        """Deliver a mail to its mailbox, unless it is refused or returned."""
        agent = self.cast.find_by_address(letter.to)
        if agent is not None:
            agent.asked = letter.at
        self._reports(letter)
        passage = self.passages.get(letter.mail.parcours or "") or self.of_link(letter)
        if passage is None:
            return
        if letter.kind is MailKind.LINK:
            passage.links.append((letter.mail.link or "", letter.mail.version or 0))
        if self._is_refused(letter):
            passage.bounced.add(letter.to)
        elif not self._is_returned(letter):
            is_company = letter.to in {passage.firm.address, passage.firm.second}
            if is_company or agent is not None:
                self._keeps_token(passage, letter)
            if is_company:
                self._reacts(passage, letter)

    def _keeps_token(self, passage: Passage, letter: Letter) -> None:
        """Give a new token to whoever got the mail, in a browser of their own."""
        if letter.kind is not MailKind.LINK and b"retrait" not in letter.raw:
            return
        token = TOKEN.search(letter.text)
        if token is not None and (passage.held is None or passage.held[0] != token[1]):
            passage.held = (token[1], Browser(letter.to))

    def _reacts(self, passage: Passage, letter: Letter) -> None:
        """Let the company read a mail and decide whether it will act on it."""
        if letter.kind is MailKind.LINK:
            self._has_it(passage, letter)
        elif letter.kind is MailKind.OTHER_SLOTS:
            self._moves(passage, 1, 3)
        elif letter.kind in REMINDERS:
            self._is_asked(passage, people.ANSWERS_REMINDER)

    def of_link(self, letter: Letter) -> Passage | None:
        """Return the passage of a mail about a link."""
        return self.by_deposit.get(letter.mail.deposit or "")

    def _reports(self, letter: Letter) -> None:
        """Let the mail service report on a mail: late, twice, in another order, now and then not at all."""
        drawn = chance(self.seed, "reports", letter.to, self.wire.letters)
        kinds = [("sent", 1.0), ("delivered", 4.0)] if drawn.random() < 0.5 else [("delivered", 4.0)]
        if self._is_refused(letter):
            kinds = [("sent", 1.0), ("refused", 30.0)]
        elif self._is_returned(letter):
            kinds = [("sent", 1.0), ("delayed", 900.0), ("returned", 14 * 3600.0)]
        elif drawn.random() < 0.05:
            kinds = [("delivered", 4.0), ("sent", 9.0), ("delivered", 20.0)]
        elif drawn.random() < 0.03:
            kinds = []
        for kind, seconds in kinds:
            when = letter.at + timedelta(seconds=seconds)
            self.later(when, partial(self._is_reported, kind, letter))

    def _is_reported(self, kind: str, letter: Letter) -> None:
        """Hand a report of this kind to the product, which must understand it."""
        event = ses_events.EVENTS[kind](letter.tags.get("mail"), at=self.time.now)
        outcome = feedback.receive(event, now=self.time.now)
        assert outcome not in {"forged", "set_aside", "untagged", "unknown"}, outcome
        self.reported[outcome] += 1

    def _is_refused(self, letter: Letter) -> bool:
        """Return whether the mailbox of this mail does not exist."""
        passage = self.by_address.get(letter.to)
        return (
            passage is not None
            and passage.firm.manner == people.BOUNCES
            and letter.to == passage.firm.address
        )

    def _is_returned(self, letter: Letter) -> bool:
        """Return whether the mailbox is full: for the first link alone."""
        passage = self.of_link(letter)
        soft = passage is not None and passage.firm.manner == people.SOFT
        return soft and letter.kind is MailKind.LINK and passage is not None and len(passage.links) < 2

    def _has_it(self, passage: Passage, letter: Letter) -> None:
        """Plan when the company that has a link does something by itself, if ever."""
        firm = passage.firm
        manner = people.PROMPT if letter.to == firm.second else firm.manner
        if manner in {people.PROMPT, people.DECLINES}:
            self._moves(passage, 0.1, 4)
        elif manner in {people.LATE, people.SOFT}:
            self._moves(passage, 6, 30)

    def _is_asked(self, passage: Passage, likely: float) -> None:
        """Plan whether the company acts on a reminder or a call."""
        passage.asked += 1
        acts = {people.PROMPT, people.LATE, people.IF_REMINDED, people.SOFT, people.DECLINES}
        if (
            passage.firm.manner in acts
            and chance(self.seed, "asked", passage.number, passage.asked).random() < likely
        ):
            self._moves(passage, 0.1, 2)

    def _moves(self, passage: Passage, soonest: float, latest: float) -> None:
        """Plan an act of the company, this many days from now at the soonest and at the latest."""
        drawn = chance(self.seed, "moves", passage.number, passage.moves, passage.asked)
        passage.moves += 1
        when = paris_time(self.today, hour(8)) + timedelta(
            days=soonest + drawn.random() * (latest - soonest), hours=1
        )
        self.later(when, lambda: self._answers(passage))

    def _answers(self, passage: Passage) -> None:
        """Let the company look at its page and do what is awaited of it, or part of it."""
        if passage.held is None:
            return
        self.look()
        token, browser = passage.held
        head = self.heads[passage.id]
        drawn = chance(self.seed, "answers", passage.number, head.attempt, passage.asked)
        if passage.firm.manner == people.DECLINES:
            self._tries(lambda: self._declines(token, browser))
            return
        self._tries(lambda: self._reads(token, browser))
        if drawn.random() < 0.25:
            return  # who has read may still forget to propose anything
        self._tries(lambda: self._proposes(passage, token, browser, drawn.randrange(4, 12)))

    def _reads(self, token: str, browser: Browser) -> None:
        """Answer the question, open the documents and confirm; or ask for a new sending when the link has expired."""
        seen = browser.looks(token)
        browser.proves(token)
        if seen.sight.state is LinkState.TO_OPEN:
            browser.opens(token)
            browser.confirms(token)
        elif seen.sight.state is LinkState.EXPIRED:
            opening.ask_again(token, browser=browser.digest, now=clock.utc_now())

    def _proposes(self, passage: Passage, token: str, browser: Browser, days: int) -> None:
        """Propose two dates from so many days ahead, if dates are awaited."""
        self.look()
        if self.heads[passage.id].step not in AWAITING_DATES:
            return
        start = paris_time(self.today + timedelta(days=days), hour(10))
        dates = tuple(Slot(start=start + n * DAY, minutes=45) for n in range(2))
        meetings.propose(token, Proposal(dates, True), browser.digest, clock.utc_now())
        passage.answered = passage.answered or self.time.now

    def _declines(self, token: str, browser: Browser) -> None:
        """Refuse on the company's page."""
        browser.proves(token)
        browser.declines(token, Reason.NO_HOST_AVAILABLE)

    # Offers

    def _declared(self, number: int) -> None:
        """Declare the offer of this number."""
        firm = people.firm(self.seed, number)
        offer = people.offer(self.cast, number, firm, clock.utc_now())
        passage = Passage(number, offer.id, firm)
        self.passages[offer.id] = self.by_address[firm.address] = passage
        transactions.commit(
            attempt.declare(offer, f"{chance(self.seed, 'declared', number).getrandbits(128):032x}")
        )
        self.look()
        self._is_taken_in(passage, 1 + chance(self.seed, "taken", number).random() * 10)

    def _is_taken_in(self, passage: Passage, days: float) -> None:
        """Plan that a tutor of the académie takes the offer in so many days."""
        tutors = self.cast.list_agents_of_academie(Role.TUTOR, self.heads[passage.id].placement.academie)
        tutor = tutors[chance(self.seed, "tutor", passage.number).randrange(len(tutors))]
        self.later(self.time.now + timedelta(days=days), lambda: self._takes(tutor, passage))

    def _takes(self, tutor: Agent, passage: Passage) -> None:
        """Take the offer as this tutor, if it is still free."""
        self.look()
        if self.heads[passage.id].status is ParcoursStatus.AVAILABLE:
            self._tries(lambda: outcomes.take_offer(tutor.account, passage.id, now=clock.utc_now()))


def paris_time(day: date, clock_time: hour) -> datetime:
    """Return the instant of this hour of Paris on this day."""
    return datetime.combine(day, clock_time, PARIS).astimezone(UTC)
