"""Calendars as people have them, fed with the invitations that were mailed, and a meeting that changes in every way.

Clients are not alike (``SORTS``); all of them must come to hold what is true.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from chalicelib import clock
from chalicelib.domain.documents import mailing as decisions
from chalicelib.domain.kernel.parcours import CompanyContact, ContactRole
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import Interlocutor, Reason
from chalicelib.domain.kernel.transition import MailKind
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.meetings.appointment import Acceptance
from chalicelib.domain.meetings.slots import Slot
from chalicelib.domain.record import ContactAnswer
from chalicelib.errors import RelayError, WrongStep
from chalicelib.stores import relay_table as stored
from chalicelib.stores import transactions
from chalicelib.stores.unit_of_work import UnitOfWork
from chalicelib.stories import meetings as meetings_stories
from chalicelib.stories import parcours, record
from chalicelib.stories.documents import sending
from chalicelib.stories.mails import mailing, notices
from chalicelib.stories.meetings import Move, Proposal
from chalicelib.stories.parcours import Assignment
from tests.conftest import Clock
from tests.faults.snapshots import QuickWorld, Snapshot
from tests.support import calendar_readers, factories, meetings, passings, relays
from tests.support.calendar_readers import Read
from tests.support.meetings import BUYER_ADDRESS, slot_in_days
from tests.support.relays import Browser, Relay

HOLDER = "x.autre@jardins.entreprise.example"
COLLEAGUES = ("j.roy@jardins.entreprise.example", "k.ndiaye@jardins.entreprise.example")
BESIDE = "z.beside@jardins.entreprise.example"
CONTACTS = (factories.COMPANY_ADDRESS, "o.nouvelle@jardins.entreprise.example")
"""The contact of the record, and who takes her place in it."""


News = Callable[[Read, Read], bool]
"""Whether the first changes what a client knows by the second."""
SORTS: dict[str, News] = {
    "strict": lambda said, known: said.sequence > known.sequence,
    "lenient": lambda said, known: said.stamp >= known.stamp,
    "simple": lambda said, known: True,
}
"""Clients: one drops what bears no higher number (RFC 5546, 2.1.5), one reads no number, one believes whatever arrives."""


def holds(owner: str, is_news: News, arrived: tuple[Read, ...]) -> list[Read]:
    """Return what stands in a calendar once these invitations have arrived in this order."""
    last: dict[str, Read] = {}
    for said in arrived:
        # RFC 5546, 3.2.5: the whole event with ``STATUS:CANCELLED``, else only for whom it lists.
        concerned = said.status == "CANCELLED" or owner in said.addresses
        if concerned and (said.uid not in last or is_news(said, last[said.uid])):
            last[said.uid] = said
    return [event for event in last.values() if event.method == "REQUEST"]


@dataclass(frozen=True)
class Truth:
    """What stands, kept beside the product: it knows nothing of how that finds whom to invite."""

    slot: Slot | None
    tutor: str
    company: str
    moves: int = 0
    beside: str | None = None
    buyer: bool = False
    tender: str = CONTACTS[0]
    """Who answers the tender, in the record,"""
    welcomes: str = ""
    """and who welcomes, once a colleague is named: she goes first where nobody holds a link."""
    held: bool = True

    @property
    def contact(self) -> str:
        """The address of the company's contact for the meeting: the one who welcomes, else the one who answered the tender."""
        return self.welcomes or self.tender

    @property
    def people(self) -> frozenset[str]:
        """Everybody who should have the meeting in her calendar."""
        if self.slot is None:
            return frozenset()
        named = (self.tutor, self.company, self.beside, BUYER_ADDRESS if self.buyer else None)
        return frozenset(person for person in named if person)


@dataclass
class Stage:
    """One meeting, everybody around it, and what becomes of them."""

    world: QuickWorld
    time: Clock
    relay: Relay
    people: dict[str, Account]
    token: str
    browser: Browser
    truth: Truth
    told: dict[str, tuple[Read, ...]] = field(default_factory=dict)
    """Whom each mail with something for calendars went to."""
    texts: set[bytes] = field(default_factory=set)
    """All that any of them said, whatever was undone since."""

    @classmethod
    def begun(cls, world: QuickWorld, time: Clock, holder: str = HOLDER) -> "Stage":
        """Begin a meeting that is agreed, to which the buyer is invited, and of which everybody has been mailed.

        Args:
            holder: address that got the link: the contact of the record, or somebody else.
        """
        buyer = factories.account(Role.BUYER, address=BUYER_ADDRESS)
        successor, coordinator = factories.account(), factories.account(Role.COORDINATOR)
        relay = relays.started(
            world, offer=factories.offer(buyer=buyer.id), also=(buyer, successor, coordinator)
        )
        people = {"first": relay.tutor, "second": successor, "coordinator": coordinator}
        token = relay.sends(recipient=holder)
        stage = cls(
            world,
            time,
            relay,
            people,
            token,
            passings.answers_question(token, holder),
            Truth(None, relay.tutor.address, holder),
        )
        assert stage.does("invites")
        assert not stage.mails_leave() and not list_wrong_calendars(stage)
        return stage

    def does(self, act: str) -> bool:
        """Do one act; return whether it was allowed."""
        self.time.passes(seconds=1)
        try:
            self.truth = ACTS[act](self)
        except RelayError:
            return False
        return True

    def mails_leave(self) -> list[str]:
        """Send every waiting mail; return who was told twice of the same meeting."""
        self.time.passes(seconds=1)
        told: list[str] = []
        for key in self.relay.outbox():
            waiting = stored.read_mail(key)
            if (
                waiting is None
                or notices.WRITERS.get(waiting.kind) is not notices.WRITERS[MailKind.MEETING_INVITATION]
            ):
                mailing.send_all([key], now=clock.utc_now())
                continue
            mail = notices.write(
                UnitOfWork(), waiting
            )  # what the mailer does, but for its lease and the mail service
            transactions.commit(decisions.drop_mail(waiting))
            text = calendar_readers.invitation_in(mail) if mail is not None else None
            if mail is not None and text is not None:
                to = str(mail["To"])
                told.append(to)
                self.told = {**self.told, to: (*self.told.get(to, ()), calendar_readers.by_libical(text))}
                self.texts.add(text)
        return [person for person, times in Counter(told).items() if times > 1]

    def invites(self) -> Truth:
        """Agree on a first meeting in nine days, with the buyer."""
        if self.truth.slot is not None:
            raise WrongStep
        return self._agrees_on(slot_in_days(9), buyer=True)

    def changes_without_the_buyer(self) -> Truth:
        """Agree on another date, to which the buyer is no longer invited."""
        if not self.truth.buyer or self.truth.slot is None:
            raise WrongStep
        return self._agrees_on(slot_in_days(11), buyer=False)

    def _agrees_on(self, slot: Slot, *, buyer: bool) -> Truth:
        """Let the company propose this date and the tutor accept it."""
        now = clock.utc_now()
        meetings_stories.propose(self.token, Proposal((slot,), holidays_seen=True), self.browser.digest, now)
        seen = meetings.shown_dates(self.relay)
        meetings_stories.accept(
            self._tutor(), self.relay.parcours_id, Acceptance(slot.start, seen=seen, buyer_invited=buyer), now
        )
        return replace(self.truth, slot=slot, buyer=buyer)

    def moves(self) -> Truth:
        """Let the tutor move the meeting."""
        before = self.truth.slot
        days = 1 if before is None else (before.start - clock.utc_now()).days + 2
        slot, seen = slot_in_days(days), meetings.agreed_start(self.relay)
        meetings_stories.move(
            self._tutor(), self.relay.parcours_id, Move(slot, seen=seen, holidays_seen=True), clock.utc_now()
        )
        return replace(self.truth, slot=slot)

    def cancels(self) -> Truth:
        """Let the tutor cancel the meeting."""
        if self.truth.slot is None:
            raise WrongStep
        seen = meetings.agreed_start(self.relay)
        meetings_stories.cancel(
            self._tutor(), self.relay.parcours_id, Reason.PUT_OFF, clock.utc_now(), seen=seen
        )
        return replace(self.truth, slot=None)

    def passes_on(self) -> Truth:
        """Let the company pass its link on to a colleague, who takes its place."""
        truth = self.truth
        if truth.moves == len(COLLEAGUES):
            raise WrongStep
        colleague = COLLEAGUES[truth.moves]
        passings.passes(self.browser, self.token, passings.colleague_named(colleague))
        self._sealer_agrees()
        self._mails_the_link()
        self.browser, self.token = (
            passings.answers_question(self.relay.tokens()[-1], colleague),
            self.relay.tokens()[-1],
        )
        return replace(truth, company=colleague, moves=truth.moves + 1, welcomes=colleague)

    def adds_a_second(self) -> Truth:
        """Let the company have a second link sent to a colleague."""
        if self.truth.beside is not None:
            raise WrongStep
        self.browser.opens(self.token)
        passings.adds(self.browser, self.token, BESIDE)
        self._sealer_agrees()
        welcomes = self.truth.welcomes if self.truth.welcomes == self.truth.company else BESIDE
        return replace(self.truth, beside=BESIDE, welcomes=welcomes)

    def hands_over(self) -> Truth:
        """Let the coordinator give the parcours to another tutor."""
        here = self._tutor()
        successor = next(
            other for name, other in self.people.items() if name != "coordinator" and other.id != here.id
        )
        parcours.assign(
            self.people["coordinator"], self.relay.parcours_id, Assignment(successor.id), now=clock.utc_now()
        )
        self.relay.tutor = successor
        return replace(self.truth, tutor=successor.address)

    def withdraws(self) -> Truth:
        """Let the tutor withdraw the sending: nobody of the company holds a link any more."""
        deposit = self.relay.deposit()
        sending.revoke(self._tutor(), deposit.id, seen_opened=True, now=clock.utc_now())
        return replace(self.truth, company=self.truth.contact, beside=None, held=False)

    def names_another_contact(self) -> Truth:
        """Let the tutor name another contact who answered the tender."""
        truth = self.truth
        to = next(contact for contact in CONTACTS if contact != truth.tender)
        given = CompanyContact(role=ContactRole.ANSWERS_TENDER, name="Qui", address=to)
        record.set_contact(
            self._tutor(),
            self.relay.parcours_id,
            ContactAnswer(Interlocutor.ANSWERS_TENDER, given, seen=self.relay.head().edited, reached=True),
            now=clock.utc_now(),
        )
        named = replace(truth, tender=to)
        return named if truth.held else replace(named, company=named.contact)

    def _sealer_agrees(self) -> None:
        """Let whoever sealed agree to a colleague whose domain no contact holds any more as it was declared."""
        consent = self.relay.head().consent
        if consent is not None:
            sealer = next(person for person in self.people.values() if person.id == consent.sealer)
            passings.agrees(self.relay, by=sealer)

    def _mails_the_link(self) -> None:
        """Send the link's own mail alone: the next act needs it."""
        for key in self.relay.outbox():
            if "#" in key:
                mailing.send_all([key], now=clock.utc_now())

    def _tutor(self) -> Account:
        """Return the account of whoever follows the parcours now."""
        return self.relay.tutor

    def kept(self) -> Callable[[], None]:
        """Return a function that restores everything as it is now."""
        stood = Snapshot.of(self.world, self.time)
        fields = (self.relay.tutor, self.token, self.browser, self.truth, self.told)

        def again() -> None:
            stood.restore()
            self.relay.tutor, self.token, self.browser, self.truth, self.told = fields

        return again


ACTS: dict[str, Callable[[Stage], Truth]] = {
    "invites": Stage.invites,
    "moves": Stage.moves,
    "changes without the buyer": Stage.changes_without_the_buyer,
    "cancels": Stage.cancels,
    "passes on": Stage.passes_on,
    "adds a second": Stage.adds_a_second,
    "hands over": Stage.hands_over,
    "withdraws": Stage.withdraws,
    "names another contact": Stage.names_another_contact,
}


Path = tuple[str, ...]


def walk(stage: Stage, depth: int, *, late: bool, path: Path = ()) -> Iterator[tuple[Path, list[str]]]:
    """Give every sequence of ``depth`` allowed acts with what is wrong at its end, once its mails have left.

    Args:
        late: the mails of an act may also leave only after the next act; such a sequence has a « … » there.
    """
    before = stage.kept()
    for act in ACTS:
        before()
        if not stage.does(act):
            continue
        here, after = (*path, act), stage.kept() if late and depth > 1 else None
        twice = stage.mails_leave()
        yield (
            here,
            [
                *(f"{person} is told twice at once" for person in twice),
                *list_wrong_calendars(stage),
                *list_wrong_reminders(stage),
            ],
        )
        if depth > 1:
            yield from walk(stage, depth - 1, late=late, path=here)
        if after is not None:
            after()
            yield from walk(stage, depth - 1, late=late, path=(*here, "…"))


def list_wrong_reminders(stage: Stage) -> list[str]:
    """Return who is reminded on the eve though not invited, or invited and not reminded; nothing is changed."""
    stands, slot = meetings_stories.load_appointment(stage.relay.head()), stage.truth.slot
    if stands is None or slot is None or stands.eve_told_at is not None:
        return []
    again = stage.kept()
    stage.time.now = slot.start - timedelta(hours=23)
    waiting = (
        stored.read_mail(key)
        for key in meetings_stories.remind_or_erase(
            f"{stands.parcours}#{stands.attempt}", now=clock.utc_now()
        )
    )
    mails = [notices.write(UnitOfWork(), mail) for mail in waiting if mail is not None]
    told = {str(mail["To"]) for mail in mails if mail is not None}
    again()
    return [f"{person} on the eve" for person in told ^ stage.truth.people]


def list_wrong_calendars(stage: Stage) -> list[str]:
    """Return whose calendar, in which sort of client, holds something else than the truth."""
    events = []
    slot, people = stage.truth.slot, stage.truth.people
    for owner in stage.told.keys() | people:
        for sort, order in _list_arrival_orders(stage.told.get(owner, ())):
            held = holds(owner, SORTS[sort], order)
            here = [(event.start, list_those_met(stage, owner, event.addresses)) for event in held]
            met = list_those_met(stage, owner, people)
            expected = [(slot.start, met)] if slot is not None and owner in people else []
            if here != expected:
                events.append(f"{sort}: {owner} {_describe_events(here)}, not {_describe_events(expected)}")
    return events


def list_those_met(stage: Stage, owner: str, addresses: frozenset[str]) -> frozenset[str]:
    """Return the guests of whom a calendar must know: its owner and, for who meets, the other side; never the optional buyer."""
    if owner == BUYER_ADDRESS:
        return addresses & {owner}
    tutors = {account.address for account in stage.people.values()}
    met = addresses - tutors if owner in tutors else addresses & tutors
    return (met - {BUYER_ADDRESS}) | (addresses & {owner})


def _list_arrival_orders(told: tuple[Read, ...]) -> Iterator[tuple[str, tuple[Read, ...]]]:
    """Mails arrive in any order where a client can tell which is the later one."""
    yield "simple", told
    late = (told[:n] + told[n + 1 :] + told[n : n + 1] for n in range(len(told)))
    for order in dict.fromkeys((told, told[::-1], *late)):
        yield "strict", order
        yield "lenient", order


def _describe_events(held: list[tuple[datetime, frozenset[str]]]) -> str:
    """Return the events of a calendar as one line."""
    return "; ".join(f"{start:%d %H:%M} {sorted(people)}" for start, people in held) or "nothing"
