"""Filter and sort the parcours of a list: pure functions over rows that were read within the agent's rights."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal

from chalicelib.domain.kernel import territory, towns
from chalicelib.domain.kernel.calendar import day_of, months_after
from chalicelib.domain.kernel.parcours import UNDER_WAY, TakenUp
from chalicelib.domain.kernel.texts import PHONE, fold_text, is_same_name, normalise_phone
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.values import Code, Instant, ParcoursStatus, Role, Setback, Step, Value
from chalicelib.domain.parcours.turns import Breakpoint, State, Turn

ALIKE = timedelta(days=92)
"""How far apart the notifications of two offers of one company may be for the second to look like the first."""
MOST_MEETINGS = 500
"""Meetings of a calendar feed,"""
LATELY = timedelta(days=7)
"""and how long a past one stays in it."""
LEAST_LETTERS = 3
"""A shorter word by itself leads to nobody,"""
MOST_LETTERS = 60
"""what a longer one has beyond counts for nothing,"""
LEAST_DIGITS = 6
"""nor do fewer digits lead to a telephone number."""
LOT = re.compile(r"\blot (?:no? )?(\d\w*|[a-z])\b")
"""« lot 1 », « lot n° 2 bis », « lot b » in a folded search; « lot nord » is two words like any others."""
NOT_BEGUN = frozenset({ParcoursStatus.AVAILABLE, ParcoursStatus.IN_PREPARATION})
"""Statuses in which the end of the contract is urgent."""


class Sort(Code):
    """The order of a list."""

    MINE = "mine"
    """A buyer's own contracts; what awaits the agent; then by status; within each the longest late, then by notification."""
    LATE = "late"
    """The longest late first, then the others by notification."""
    LAST_FACT = "last_fact"
    """By last fact, the newest first."""


UNDER_WAY_IN_ORDER = tuple(status for status in ParcoursStatus if status in UNDER_WAY)
"""Those in which there is something to do, in the order in which lists are read and sorted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter(Value):
    """The criteria of a list; None, False and an empty text mean no criterion."""

    status: ParcoursStatus | Literal["every"] | None = None
    """None: those under way, and every status in a search for words."""
    turn: Role | Literal["mine"] | None = None
    """Whose turn it is; ``mine``: the agent's own."""
    late_weeks: int | None = None
    """Only what is late for more than so many weeks."""
    academie: str | None = None
    """Académie of the internship."""
    closing: bool = False
    """Only what ends soon (``ends_soon``)."""
    treated: bool = False
    """Only what the agent treated today, one by one."""
    text: str = ""
    """Words of what ``_contains`` looks through, without case and accents; a telephone number."""
    sort: Sort = Sort.MINE

    @property
    def statuses(self) -> tuple[ParcoursStatus, ...]:
        """The statuses to search."""
        if isinstance(self.status, ParcoursStatus):
            return (self.status,)
        return tuple(ParcoursStatus) if self.text or self.status else UNDER_WAY_IN_ORDER


@dataclass(frozen=True, slots=True, kw_only=True)
class Person(Value):
    """Somebody whom the record of a parcours names."""

    name: str
    phone: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line(Value):
    """A parcours as lists show it: the stored list row, and what depends on who looks at it and when (``OF_AN_AGENT``)."""

    id: str
    status: ParcoursStatus
    company: str
    contract: str
    organisation: str
    siren: str | None = None
    lot: str | None = None
    number: str | None = None
    reference: str | None = None
    notified_on: date
    ends_on: date
    hours: int
    domain: str
    town: str
    departement: str
    academie: str
    region: str
    unreachable: bool = False
    """The record names nobody of the company: a free offer cannot be taken."""
    step: Step | None = None
    setback: Setback | None = None
    last_kind: EventKind
    last_at: Instant
    meeting_at: Instant | None = None
    promised_on: date | None = None
    paused_until: date | None = None
    call_back_on: date | None = None
    absent_from: date | None = None
    """Of its tutor, both days counted."""
    absent_until: date | None = None
    people: tuple[Person, ...] = ()
    """The contacts of the company and the buyer; none in a list of free offers."""
    placement_until: date | None = None
    sent_to: Role | None = None
    tutor: str | None = None
    """Account id, as are ``sealer``, ``buyer`` and ``coordinator``."""
    tutor_academie: str | None = None
    sealer: str | None = None
    """Who sealed documents for a colleague who waits to be accepted."""
    buyer: str | None = None
    coordinator: str | None = None
    names_buyer: bool | None = None
    """The record names a contact for the buyer; None: the row is of a version that did not store who may have its turns."""
    deposit: str | None = None
    """Id of the documents under way."""
    reserved_until: Instant | None = None
    confirm_on: date | None = None
    """From which day on the contacts of the company need confirming."""
    reminded_at: Instant | None = None
    taken_up: TakenUp | None = None
    breakpoints: tuple[Breakpoint, ...] = ()
    """When the turn passes on, to be read against now."""
    turn: Turn | None = None
    yours: bool = False
    """It is the agent's own turn."""
    own: bool = False
    """The agent is a buyer, who follows this contract or is named in its record."""
    treated: bool = False
    """The agent was the last to open it one by one, today."""
    formerly: bool = False
    """The searched reference belongs to an earlier passage of this parcours."""
    followed_by: Person | None = None
    """Its tutor, when the search is for them."""

    @property
    def holder(self) -> Role | None:
        """Return ``sent_to``, under the name that ``Parcours`` has for the recipient of the documents: turns read either."""
        return self.sent_to

    @property
    def buying(self) -> "Line":
        """Return what names the organisation that buys, under the name that ``Parcours`` has for it."""
        return self

    @property
    def academies(self) -> tuple[str, ...]:
        """Return where it may be coordinated from, as ``Parcours.academies`` does."""
        return tuple(dict.fromkeys((self.tutor_academie or self.academie, self.academie)))

    @property
    def is_held(self) -> bool:
        """Return whether everything is held, as ``Parcours.is_held`` does."""
        return any(point.state is State.TO_TALK for point in self.breakpoints)

    @property
    def internship_until(self) -> date:
        """Return the last day of the internship, as ``Parcours.internship_until`` does: the contract's end if none was set."""
        return self.placement_until or self.ends_on

    @property
    def late_at(self) -> datetime | None:
        """Return when the turn becomes late if nobody acts, be that past or future; None: never."""
        return next((point.start for point in self.breakpoints if point.late), None)

    @property
    def late_since(self) -> datetime | None:
        """Return since when the turn is late; None: it is not."""
        return self.turn.late_since if self.turn else None


OF_AN_AGENT = frozenset({"turn", "yours", "own", "treated", "formerly", "followed_by"})
"""Fields of a line that are not stored."""


class Distance(StrEnum):
    """How far an offer is from an agent, the nearest first."""

    DEPARTEMENT = "departement"
    ACADEMIE = "academie"
    REGION = "region"
    ANYWHERE = "anywhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts(Value):
    """Where an agent works, as far as it is known."""

    departement: str | None = None
    academie: str | None = None
    region: str | None = None

    def place(self, distance: Distance) -> str | None:
        """Return the name of the agent's own place at this distance; None: unknown, or ``ANYWHERE``."""
        name: str | None = getattr(self, distance.value, None)
        return name

    def distance(self, line: Line) -> Distance:
        """Return how far the offer of this line is from the agent: the smallest place that both share."""
        if self.departement == line.departement:
            return Distance.DEPARTEMENT
        if self.academie == line.academie:
            return Distance.ACADEMIE
        return Distance.REGION if self.region == line.region else Distance.ANYWHERE


def filter_and_sort(
    lines: Iterable[Line], wanted: Filter, *, now: datetime, closing_months: int
) -> list[Line]:
    """Return the lines that match ``wanted``, in its order. ``closing_months``: see ``ends_soon``."""
    today = day_of(now)
    matching = [line for line in lines if _matches(line, wanted, today, closing_months)]
    return sort_lines(matching, wanted.sort)


def sort_by_distance(lines: Iterable[Line], place: Whereabouts) -> list[Line]:
    """Return the offers that can be taken, the nearest to ``place`` first, then by notification day."""
    nearness, offers = list(Distance), [line for line in lines if not line.unreachable]
    return sorted(offers, key=lambda line: (nearness.index(place.distance(line)), line.notified_on, line.id))


def sort_near(lines: Iterable[Line], departement: str, text: str) -> list[Line]:
    """Return the offers that can be taken: those that a search finds, then the nearest to a département, then by notification."""
    order = towns.list_nearest(departement)
    offers = [line for line in lines if not line.unreachable]
    return sorted(
        offers,
        key=lambda line: (
            not _contains(line, text),
            order.index(line.departement),
            line.notified_on,
            line.id,
        ),
    )


def list_alike(lines: Iterable[Line], company: str, notified_on: date) -> list[Line]:
    """Return the offers of a company that were notified within ``ALIKE`` of a day, the nearest in time first."""

    def measure(line: Line) -> timedelta:
        return abs(line.notified_on - notified_on)

    alike = (line for line in lines if is_same_name(line.company, company) and measure(line) <= ALIKE)
    return sorted(alike, key=lambda line: (measure(line), line.id))


def choose_meetings(lines: Iterable[Line], now: datetime) -> tuple[list[Line], bool]:
    """Return the lines whose meeting is to come or was lately, the soonest first; and whether there are more."""
    dated = [(line.meeting_at, line) for line in lines if line.meeting_at and line.meeting_at > now - LATELY]
    meetings = [line for _, line in sorted(dated, key=lambda pair: (pair[0], pair[1].id))]
    return meetings[:MOST_MEETINGS], len(meetings) > MOST_MEETINGS


def ends_soon(line: Line, today: date, closing_months: int) -> bool:
    """Whether the internship has not begun, and the contract is over or ends within ``closing_months``."""
    return line.status in NOT_BEGUN and line.ends_on <= months_after(today, closing_months)


def _matches(line: Line, wanted: Filter, today: date, closing_months: int) -> bool:
    """Whether a line meets every criterion that is set.

    A line that was found by a former reference (``formerly``) need not contain the text.
    """
    return (
        line.status in wanted.statuses
        and (wanted.academie is None or line.academie == wanted.academie)
        and _is_turn_of(line, wanted.turn)
        and _is_late_by(line, wanted.late_weeks, today)
        and (line.treated or not wanted.treated)
        and (not wanted.closing or ends_soon(line, today, closing_months))
        and (line.formerly or _contains(line, wanted.text))
    )


def _is_turn_of(line: Line, whose: Role | Literal["mine"] | None) -> bool:
    """Whether it is this role's turn, or the agent's own; True when nobody's is asked for."""
    if whose == "mine":
        return line.yours
    return whose is None or (line.turn is not None and line.turn.role is whose)


def _is_late_by(line: Line, weeks: int | None, today: date) -> bool:
    """Whether a line is late for more than so many weeks; True when no lateness is asked for."""
    days = line.turn.count_late_days(today) if line.turn else None
    return weeks is None or (days is not None and days > 7 * weeks)


def search_words(text: str) -> tuple[str, ...]:
    """Return the words of a search that are long enough to search people by, the longest first."""
    long_ones = {
        word[:MOST_LETTERS] for word in _fold_plain_words(text).split() if len(word) >= LEAST_LETTERS
    }
    return tuple(sorted(long_ones, key=lambda word: (-len(word), word)))


def search_addresses(text: str) -> tuple[str, ...]:
    """Return the e-mail addresses of a search, or the beginnings of some: its words with an « @ », folded."""
    return tuple(word.casefold() for word in text.split() if _is_address(word))


def _is_address(word: str) -> bool:
    """Whether a word of a search is an e-mail address, or the beginning of one."""
    return "@" in word and len(word) >= LEAST_LETTERS


def _fold_plain_words(text: str) -> str:
    """Return the folded words of a search that are no addresses."""
    return fold_text(" ".join(word for word in text.split() if not _is_address(word)))


def search_number(text: str) -> str:
    """Return the digits of a search that is a telephone number or the beginning of one; empty when it is none."""
    digits = normalise_phone(text) if PHONE.fullmatch(text.strip()) else ""
    return digits if len(digits) >= LEAST_DIGITS else ""


def find_people(people: Iterable[Person], text: str) -> tuple[Person, ...]:
    """Return those people whom a search means.

    A word of it begins a part of their name or their e-mail address, or it is the beginning of their telephone number.
    """
    asked, dialling, addresses = search_words(text), search_number(text), search_addresses(text)
    return tuple(
        person
        for person in people
        if any(_is_beginning_of(person.name, word) for word in asked)
        or any(_has_address(person, address) for address in addresses)
        or (dialling and normalise_phone(person.phone or "").startswith(dialling))
    )


def _has_address(person: Person, beginning: str) -> bool:
    """Whether this, an address of a search, begins the person's address."""
    return (person.address or "").casefold().startswith(beginning)


def _is_beginning_of(name: str, word: str) -> bool:
    """Whether this word begins a part of the name."""
    return any(part.startswith(word) for part in fold_text(name).split())


def _contains(line: Line, text: str) -> bool:
    """Whether a search finds this line.

    It does if each word is in the line's texts or begins a name of its people, each address begins one of theirs, and « lot 1 »
    is its lot; if the whole search is in the texts when spaces are left out, as in « CSF7K3Q92 »; or if it is the telephone
    number of one of its people.
    """
    asked = _fold_plain_words(text)
    lot = f"lot {line.lot}" if line.lot else ""
    departement = territory.DEPARTEMENTS.get(line.departement)
    texts = (line.company, line.contract, lot, line.number, line.reference, line.town, departement)
    facts = (*texts, line.organisation, line.domain)
    known = fold_text(" ".join(fact or "" for fact in facts))
    people = (*line.people, *([line.followed_by] if line.followed_by else []))
    addresses = search_addresses(text)
    if not all(any(_has_address(person, address) for person in people) for address in addresses):
        return False
    if addresses and not asked:
        return True
    named = people if search_words(text) else ()
    lots = set(LOT.findall(asked))
    has_words = all(
        word in known or any(_is_beginning_of(person.name, word) for person in named)
        for word in LOT.sub(" ", asked).split()
    )
    return (
        (has_words and lots <= set(fold_text(line.lot or "").split()))
        or (not lots and asked.replace(" ", "") in known.replace(" ", ""))
        or (bool(search_number(text)) and bool(find_people(people, text)))
    )


def sort_lines(lines: Iterable[Line], sort: Sort) -> list[Line]:
    """Sort lines as ``Sort`` says; equal ones by notification day."""
    by_notification = sorted(lines, key=lambda line: (line.notified_on, line.id))
    if sort is Sort.LAST_FACT:
        return sorted(by_notification, key=lambda line: line.last_at, reverse=True)
    late_first = sorted(
        by_notification, key=lambda line: (line.late_since is None, str(line.late_since or ""))
    )
    if sort is Sort.LATE:
        return late_first
    ranks = {
        status: rank for rank, status in enumerate(dict.fromkeys((*UNDER_WAY_IN_ORDER, *ParcoursStatus)))
    }
    return sorted(
        late_first,
        key=lambda line: (not line.own, not line.yours, ranks.get(line.status, len(ranks))),
    )
