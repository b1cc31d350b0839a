"""What must be true of a simulated stretch of time, looked at as each mail leaves and at the end of each day.

What happened is read from what was committed (``wire.py``), not asked of the product, wherever the product could be wrong.
"""

import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from chalicelib import terms
from chalicelib.domain.kernel.attempt import Attempt
from chalicelib.domain.kernel.calendar import day_of, working_days_after
from chalicelib.domain.kernel.deposit import UNOPENED
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.timeline import Event, EventKind
from chalicelib.domain.kernel.transition import OutboxMail
from chalicelib.domain.kernel.values import ParcoursStatus, Role
from chalicelib.domain.parcours.turns import STAND_INS, State, Turn
from chalicelib.stores import items, relay_table
from chalicelib.stories.young import Followed
from chalicelib.words import young as words
from tests.simulation import people
from tests.simulation.wire import Letter
from tests.simulation.year import REMINDERS, Passage, Simulation
from tests.support import registered
from tests.support.moto_worlds import TABLES, table_of

UNDER_WAY = {ParcoursStatus.IN_PREPARATION, ParcoursStatus.IN_PROGRESS}
ASKS = {EventKind.LINK_SENT, EventKind.LINK_RESENT, EventKind.LINK_PASSED_ON, EventKind.OTHER_SLOTS_ASKED} | {
    EventKind.MEETING_CANCELLED, EventKind.MEETING_MISSED, EventKind.DECLINE_UNDONE, EventKind.DOCUMENTS_SENT_OUTSIDE,
}  # fmt: skip
"""After these the company is awaited;"""
ANSWERS = {
    EventKind.SLOTS_PROPOSED, EventKind.COMPANY_DECLINED, EventKind.MEETING_FIXED, EventKind.MEETING_HELD,
    EventKind.LINK_EXPIRED, EventKind.LINK_REVOKED, EventKind.LINK_CLOSED, EventKind.SENDING_REQUESTED,
    EventKind.MAIL_FAILED, EventKind.ERASURE_REQUESTED, EventKind.CONVENTION_SIGNED,
    EventKind.YOUNG_PERSON_WITHDREW, EventKind.ATTEMPT_STOPPED, EventKind.OFFER_GIVEN_BACK, EventKind.PASSAGE_LAPSED,
    EventKind.RESERVATION_LAPSED, EventKind.DOCUMENTS_UNREADABLE,
}  # fmt: skip
"""after these it is not: it has answered, its documents are gone, or the passage is over. (A mail that came back may be one of a
link that was passed on since.)"""
HURTS = {
    EventKind.COMPANY_DECLINED, EventKind.YOUNG_PERSON_WITHDREW, EventKind.ATTEMPT_STOPPED, EventKind.OFFER_GIVEN_BACK,
    EventKind.PASSAGE_LAPSED, EventKind.RESERVATION_LAPSED,
}  # fmt: skip
"""What a young person hears from who accompanies first,"""
DAY_OF_TUTOR = timedelta(days=1)
"""who has so long to say it."""
BEGINS = {EventKind.DEPOSIT_OPENED, EventKind.DOCUMENTS_SENT_OUTSIDE}
LEAVES = {EventKind.LINK_SENT, EventKind.LINK_MAY_HAVE_LEFT, EventKind.DOCUMENTS_SENT_OUTSIDE}
NAMED = re.compile(r"Ateliers numéro (\d+)")
LIFE = timedelta(hours=50)
"""The longest that a mail waits, an hour of slack included."""


@dataclass
class Watch:
    """Looks at each mail as it leaves and at all parcours at the end of each day; ``wrong`` holds one line for each broken
    rule.
    """

    sim: Simulation
    wrong: list[str] = field(default_factory=list)
    mailed: dict[tuple[str, str], datetime] = field(default_factory=dict)
    """When an address was last mailed about a parcours."""
    reminded: dict[tuple[str, date], set[str]] = field(default_factory=lambda: defaultdict(set))
    """Keys of the reminders that an address got on one day."""
    mails: Counter[str] = field(default_factory=Counter)
    awaited: dict[str, bool] = field(default_factory=dict)
    """By parcours, whether its company is awaited, by the facts."""
    waits: list[timedelta] = field(default_factory=list)
    """How long after its due date a parcours was seen."""
    _heard: int = 0
    _seen: dict[tuple[str, datetime], bool] = field(default_factory=dict)
    _promises: dict[str, datetime] = field(default_factory=dict)
    _printed: int = 0
    given_up: Counter[str] = field(default_factory=Counter)
    followed: Counter[str] = field(default_factory=Counter)
    """What young people read, by the title of their page."""

    def __post_init__(self) -> None:
        arrives = self.sim.wire.on_letter

        def on_letter(letter: Letter) -> None:
            self._letter(letter)
            arrives(letter)

        self.sim.wire.on_letter = on_letter
        self.sim.on_day = self._day
        self.sim.on_followed = self._young

    def finds(self, when: datetime, what: str) -> None:
        """Note that something is wrong."""
        self.wrong.append(f"{when:%Y-%m-%d %H:%M} {what}")

    # At each mail

    def _letter(self, letter: Letter) -> None:
        """Look at a mail as it leaves, and note of which parcours it speaks."""
        self._hears()
        self.mails[letter.kind.value] += 1
        passage = self.sim.passages.get(letter.mail.parcours or "") or self.sim.of_link(letter)
        about = [passage] if passage else []
        # What ends soon, and whose contacts are to be checked, stands in Monday's digest, and is nobody's turn.
        asked = re.split("Ce qui prend fin bientôt|Les contacts de", letter.text)[0]
        if passage is None and (numbers := set(NAMED.findall(asked))):
            about = [moment for moment in self.sim.passages.values() if str(moment.number) in numbers]
        for concerned in about:
            self.mailed[concerned.id, letter.to] = letter.at
        if letter.kind in REMINDERS:
            self._reminder(letter, passage)
            for concerned in about if passage is None else ():
                self._listed(letter, concerned)

    def _reminder(self, letter: Letter, passage: Passage | None) -> None:
        """Check a reminder: one a day, on a working day, only while something is awaited, not before the promised day."""
        day, label = day_of(letter.at), f"{letter.kind} to {letter.to}"
        # A copy of the same mail, whose first answer was lost, is no second reminder.
        self.reminded[letter.to, day].add(letter.mail.key)
        if len(self.reminded[letter.to, day]) > 1:
            self.finds(letter.at, f"{label}: the second one of the day")
        departement = self.sim.heads[passage.id].placement.departement if passage else "75"
        if not terms.calendar().is_working(day, departement):
            self.finds(letter.at, f"{label}: on a day off")
        if passage is None:
            return
        if letter.to in {passage.firm.address, passage.firm.second} and not self.awaited.get(passage.id):
            self.finds(letter.at, f"{label}: nothing is awaited of parcours {passage.number}")
        promised = self._promises.get(passage.id)
        by_itself = letter.mail.by is Role.SYSTEM  # a person may know better
        if by_itself and promised is not None and day_of(letter.at) < day_of(promised):
            self.finds(letter.at, f"{label}: before the day that was promised")

    def _listed(self, letter: Letter, passage: Passage) -> None:
        """Check that what a digest asks of an agent is still hers to do as the mail leaves, or a warning that she should have."""
        self.sim.look()
        head, turn = self.sim.heads[passage.id], self.sim.turn(passage.id, letter.at)
        agent = self.sim.cast.find_by_address(letter.to)
        label = f"{letter.kind} to {letter.to} lists parcours {passage.number}"
        if agent is None or turn is None or head.status not in UNDER_WAY:
            self.finds(letter.at, f"{label}, of which nothing is awaited")
            return
        may_call = turn.role is Role.COMPANY and Role.BUYER in agent.account.roles
        hers = letter.to in self.sim.addresses(head, turn)
        warned = self.going(head, letter.at) and not agent.account.roles.isdisjoint(STAND_INS)
        if not hers and not may_call and not warned:
            self.finds(letter.at, f"{label}, which is the {turn.role}'s: {turn.state}")

    def going(self, head: Parcours, now: datetime) -> bool:
        """Return whether unread documents of this parcours are erased within eight days."""
        deposit = relay_table.read_deposit(head.live_deposit) if head.live_deposit else None
        if deposit is None or deposit.state not in UNOPENED:
            return False
        return deposit.erase_at - now < timedelta(days=8)

    def _hears(self) -> None:
        """Read from the new events of whom something is awaited, and what a company promised."""
        facts = self.sim.wire.facts
        for fact in facts[self._heard :]:
            if fact.kind in ASKS:
                self.awaited[fact.parcours] = True
                self._promises.pop(fact.parcours, None)
            elif fact.kind in ANSWERS:
                self.awaited[fact.parcours] = False
            elif fact.kind is EventKind.DATES_PROMISED and fact.planned_at:
                self._promises[fact.parcours] = fact.planned_at
        self._heard = len(facts)

    # When a young person looks

    def _young(self, passage: Passage, followed: Followed) -> None:
        """Check what a young person reads: turn and dates of the tutor's page, a refusal a day later at the soonest."""
        self.sim.look()
        now, head, view = self.sim.time.now, self.sim.heads[passage.id], followed.view
        label = f"the page of parcours {passage.number}"
        title = words.say_turn(view, "").title
        self.followed[title] += 1
        facts = self._list_facts(followed.attempt)
        hurt_at = max((fact.at for fact in facts if fact.kind in HURTS), default=None)
        is_early = hurt_at is not None and now < hurt_at + DAY_OF_TUTOR
        is_listed = any(
            event.kind is EventKind.COMPANY_DECLINED and now < event.at + DAY_OF_TUTOR
            for event in view.events
        )
        if is_listed or (is_early and title in {words.SAID[State.DECLINED].title, words.ENDED.title}):
            self.finds(now, f"{label} tells of a refusal or an end before its tutor had a day to")
        if head.reference != followed.attempt.reference:
            return
        turn = self.sim.turn(passage.id, now)
        if view.turn is None and turn is not None and not is_early:
            self.finds(now, f"{label} says nothing of the turn, which is {turn}")
        if view.turn is not None and (turn is None or _said(view.turn) != _said(turn)):
            self.finds(now, f"{label} says {view.turn}, the tutor's page {turn}")
        ahead = head.meeting_at if head.meeting_at is not None and head.meeting_at > now else None
        if (view.meeting.start if view.meeting else None) != ahead:
            self.finds(now, f"{label} tells of a meeting {view.meeting}, the tutor's page of {ahead}")
        if not is_early:  # what became of the documents would tell of the refusal
            self._papers(label, followed, facts)

    def _papers(self, label: str, followed: Followed, facts: list[Event]) -> None:
        """Check what a young person reads of the documents that left last against what was committed."""
        papers = followed.view.papers
        left = [place for place, fact in enumerate(facts) if fact.kind in LEAVES]
        if (papers is None) is bool(left):
            self.finds(self.sim.time.now, f"{label} tells of {papers}, {len(left)} sendings left")
        if papers is None or not left:
            return
        begun = [fact.at for fact in facts[: left[-1] + 1] if fact.kind in BEGINS]
        since_at = max(begun, default=facts[left[-1]].at)
        since = [fact for fact in facts if (fact.sent_at or fact.at) >= since_at]
        for kind, said in (
            (EventKind.LINK_OPENED, papers.opened_at),
            (EventKind.DOCUMENTS_CONFIRMED, papers.read_at),
            (EventKind.DOCUMENTS_ERASED, papers.erased_at),
        ):
            happened = [fact.happened_at for fact in since if fact.kind is kind]
            if said not in happened and (said is not None or happened):
                self.finds(self.sim.time.now, f"{label} says {kind} at {said}, which was at {happened}")

    def _list_facts(self, attempt: Attempt) -> list[Event]:
        """List the facts of a passage in order, without what was corrected."""
        own = [
            fact
            for fact in self.sim.wire.facts
            if (fact.parcours, fact.attempt) == (attempt.parcours, attempt.number)
        ]
        corrected = {fact.corrects for fact in own}
        return [fact for fact in own if fact.id not in corrected]

    # At the end of each day

    def _day(self, day: date) -> None:
        """Look at everything at the end of a day."""
        self.sim.look()
        self._hears()
        now = self.sim.time.now
        for passage in self.sim.passages.values():
            head = self.sim.heads[passage.id]
            if head.status in UNDER_WAY:
                self._is_somebodys(passage, head, now)
        self._outbox(now)
        self._logs(now)
        for late in self._overdue(now):
            self.finds(now, late)

    def _is_somebodys(self, passage: Passage, head: Parcours, now: datetime) -> None:
        """Check that a parcours under way is somebody's turn or waits until a known time, and that whoever is late was told."""
        turn = self.sim.turn(passage.id, now)
        label = f"parcours {passage.number}"
        if turn is None:
            self.finds(now, f"{label}: nobody's turn")
            return
        # What is checked ends with its mail, which leaves or is given up within two days.
        checked = turn.state is State.UPLOADING and now - turn.since < LIFE
        if turn.role is None and turn.due_at is None and not checked:
            self.finds(now, f"{label}: {turn.state} has no end")
        if turn.role is None or turn.late_since is None or self.sim.days_off(head, now):
            return
        key = (passage.id, turn.since)
        seen = self._seen.get(key)
        if seen:
            return
        by = self._seen_at(passage, head, turn)
        if by is not None:
            self._seen[key] = True
            self.waits.append(max(by - turn.since, timedelta()))
            return
        until = working_days_after(
            turn.since, 1, lambda day: terms.calendar().is_working(day, head.placement.departement)
        )
        if now > until and seen is None:
            self._seen[key] = False
            self.finds(now, f"{label}: {turn.state} is the {turn.role}'s since {turn.since:%Y-%m-%d}, unseen")

    def _seen_at(self, passage: Passage, head: Parcours, turn: Turn) -> datetime | None:
        """Return when the awaited person was mailed; None if not yet."""
        mailed = (self.mailed.get((passage.id, address)) for address in self.sim.addresses(head, turn))
        return max((word for word in mailed if word is not None and word >= turn.since), default=None)

    def _outbox(self, now: datetime) -> None:
        """Check that no mail waits longer than it may live, and that none was taken out of the outbox unsent without a reason."""
        wire = self.sim.wire
        for mail in wire.waiting.values():
            if now - mail.created_at > LIFE and mail.awaited_since is None:
                self.finds(now, f"{mail.kind} waits since {mail.created_at:%Y-%m-%d %H:%M}")
        while wire.dropped:
            gone = wire.dropped.pop()
            if gone.mail.key in wire.left:
                continue
            facts = {fact.kind for fact in gone.facts}
            # Nobody is left to send it to once a link is over, and its address with it.
            ended = gone.mail.link is not None and relay_table.read_link(gone.mail.link) is None
            # The notice of an act to the coordinator who sent is dropped where she stands in, and gets the tutor's.
            is_second = gone.mail.to is Role.COORDINATOR
            moved = ended or is_second or self._moved_since(self._of(gone.mail), gone.mail.created_at)
            if (
                not facts
                and not moved
                and gone.mail.tries < 5
                and now - gone.mail.created_at < LIFE - 3 * timedelta(hours=1)
            ):
                self.finds(gone.at, f"{gone.mail.kind} was dropped without a word: {gone.mail!r}")
            self.given_up[f"{gone.mail.kind}: {', '.join(sorted(facts)) or 'overtaken'}"] += 1

    def _of(self, mail: OutboxMail) -> str | None:
        """Return the id of the parcours that a mail is about, if it is about one."""
        passage = self.sim.by_deposit.get(mail.deposit or "")
        return mail.parcours or (passage.id if passage else None)

    def _moved_since(self, parcours: str | None, when: datetime) -> bool:
        """Return whether anything was noted on this parcours after this instant; true for a mail that is about none."""
        return parcours is None or any(
            fact.at > when for fact in self.sim.wire.facts if fact.parcours == parcours
        )

    def _logs(self, now: datetime) -> None:
        """Check that nothing personal is printed."""
        text = self.sim.printed.getvalue()[self._printed :]
        self._printed += len(text)
        for line in text.splitlines():
            said = json.loads(line)
            if said["event"] == "mail_given_up":
                self.given_up[f"logged: {said['kind']}"] += 1
            if "@" in line or any(
                passage.split()[0] in line for passage in (*people.NAMES, "Nadia", "Achats")
            ):
                self.finds(now, f"printed: {line}")

    def _overdue(self, now: datetime) -> list[str]:
        """Give a line for each item that outlives its row of the register; the end of an item is reckoned once, until it is
        rewritten.
        """
        keep, late = terms.retention(), []
        for name in TABLES:
            for partition in table_of(self.sim.world, name).items.values():
                for item in partition.values():
                    if "ends" not in vars(item):  # kept with the item: what is written is another one
                        item.ends = self._end(name, item, keep)
                    if item.ends is not None and item.ends + timedelta(hours=1) <= now:
                        late.append(f"{item.hash_key.value.partition('#')[0]} outlives {item.ends}")
        return late

    def _end(self, name: str, item: Any, keep: Any) -> datetime | None:
        """Return when the register says that an item must be gone; None if nothing ends it by time."""
        plain = {name: value.cast_value for name, value in item.attrs.items()}
        row = registered.row_of(name, plain)
        if row is None:
            return datetime.min.replace(tzinfo=self.sim.time.now.tzinfo)
        if row.record is None or row.ends is None:
            return None
        return row.ends(items.from_item(row.record, plain), keep)

    # At the end

    def to_first_meeting(self) -> list[float]:
        """Return the days from the first sending of a passage to the first meeting that was held."""
        sent: dict[tuple[str, int | None], datetime] = {}
        delays: dict[tuple[str, int | None], float] = {}
        for fact in self.sim.wire.facts:
            key = (fact.parcours, fact.attempt)
            if fact.kind is EventKind.LINK_SENT:
                sent.setdefault(key, fact.at)
            if fact.kind is EventKind.MEETING_HELD and key in sent:
                delays.setdefault(key, ((fact.occurred_at or fact.at) - sent[key]).total_seconds() / 86400)
        return sorted(delays.values())

    def report(self) -> str:
        """Return what happened, in a few lines."""
        met = self.to_first_meeting()
        sends = len(
            {
                (fact.parcours, fact.attempt)
                for fact in self.sim.wire.facts
                if fact.kind is EventKind.LINK_SENT
            }
        )
        kinds = ", ".join(f"{name} {count}" for name, count in self.mails.most_common())
        lost = ", ".join(f"{name} {count}" for name, count in sorted(self.given_up.items())) or "none"
        worst = max(self.waits, default=timedelta())
        return "\n".join(
            (
                f"{len(self.sim.passages)} parcours, {self.sim.days} days, {self.sim.did} acts of people, "
                f"{self.sim.runs} runs of the minute function, refusals {dict(self.sim.refused)}",
                f"mails: {kinds}; reported {dict(self.sim.reported)}; "
                f"handed over in vain {self.sim.wire.in_outage}",
                f"given up or overtaken: {lost}",
                f"passages sent {sends}, met {len(met)}, median days from sending to first meeting "
                f"{median(met) if met else float('nan'):.1f}",
                f"young people read: {dict(self.followed.most_common())}",
                f"worst wait past a due date until seen: {worst}, of {len(self.waits)} turns that passed on",
            )
        )


def _said(turn: Turn) -> tuple[object, ...]:
    """Return what a young person's page says of a turn; of one that passed on, only whether it is late."""
    is_known = turn.role in {None, Role.TUTOR, Role.COMPANY}
    return (turn.state, turn.due_at, turn.late_since) if is_known else (turn.late_since,)


ASSUMED = (
    f"assumed: a company that is late or waits to be asked acts within two days of one reminder with probability "
    f"{people.ANSWERS_REMINDER}, of one call {people.ANSWERS_CALL}; companies of a hundred: {people.MANNERS}"
)
