"""Which parcours a list shows and in which order: pure, over rows that somebody else read within her rights."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum

from chalicelib.domain.kernel.calendar import day_of, months_after
from chalicelib.domain.kernel.texts import plainly, same_name
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.values import Instant, ParcoursStatus, Role, Setback, Step, Value
from chalicelib.domain.parcours.turns import Turn

SOON = timedelta(days=7)
"""What was agreed for a day no further than this is near."""
NOT_BEGUN = frozenset({ParcoursStatus.AVAILABLE, ParcoursStatus.IN_PREPARATION})
"""Where the end of the contract presses."""


class Sort(StrEnum):
    """The order of a list."""

    NOTIFIED = "notified"
    """Notification date, the oldest first: who waits longest."""
    LATE = "late"
    """Late ones first, the longest late first; then by notification."""
    LAST_FACT = "last_fact"
    """What moved last comes first."""


class Filter(Value):
    """What somebody wants to see. None, False and an empty text ask for nothing."""

    status: ParcoursStatus | None = None
    """None: « en préparation », and every status once words are looked for."""
    step: Step | None = None
    academie: str | None = None
    """Of the place of the internship, as are ``region`` and ``domain``."""
    region: str | None = None
    organisation: str | None = None
    """The buyer's; case, accents and spaces do not count."""
    domain: str | None = None
    hours: int | None = None
    since: date | None = None
    """Notified from this day on: what lies before is not even read."""
    turn: Role | None = None
    mine: bool = False
    """The turn is of whoever asks."""
    late: bool = False
    closing: bool = False
    """A contract that ends soon and on which nobody has begun, or something agreed for these days."""
    text: str = ""
    """Words of the company, the contract, its number or the reference; case and accents do not count."""
    sort: Sort = Sort.NOTIFIED

    @property
    def statuses(self) -> tuple[ParcoursStatus, ...]:
        """The statuses that are looked through."""
        if self.status is not None:
            return (self.status,)
        return tuple(ParcoursStatus) if self.text else (ParcoursStatus.IN_PREPARATION,)


class Line(Value):
    """One parcours as a list shows it."""

    id: str
    status: ParcoursStatus
    company: str
    contract: str
    organisation: str
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
    step: Step | None = None
    setback: Setback | None = None
    last_kind: EventKind
    last_at: Instant
    meeting_at: Instant | None = None
    promised_on: date | None = None
    call_back_on: date | None = None
    absent_until: date | None = None
    sent_to: Role | None = None
    reminded_at: Instant | None = None
    turn: Turn | None = None
    yours: bool = False
    """The turn is of whoever looks."""
    formerly: bool = False
    """The reference that is looked for is of a passage that has ended here."""

    @property
    def holder(self) -> Role | None:
        """Who outside has the documents; the row says it in one."""
        return self.sent_to

    @property
    def late_since(self) -> datetime | None:
        """Since when somebody is late; None: nobody is."""
        return self.turn.late_since if self.turn else None


class Distance(StrEnum):
    """How far an offer is from a person, the nearest first."""

    DEPARTEMENT = "departement"
    ACADEMIE = "academie"
    REGION = "region"
    ANYWHERE = "anywhere"


class Whereabouts(Value):
    """Where a person works, as far as it is known."""

    departement: str | None = None
    academie: str | None = None
    region: str | None = None

    def distance(self, line: Line) -> Distance:
        """How far an offer is from her."""
        if self.departement == line.departement:
            return Distance.DEPARTEMENT
        if self.academie == line.academie:
            return Distance.ACADEMIE
        return Distance.REGION if self.region == line.region else Distance.ANYWHERE


def chosen(lines: Iterable[Line], wanted: Filter, *, now: datetime, closing_months: int) -> list[Line]:
    """The lines that are wanted, in the order that is wanted.

    Args:
        closing_months: how long before its end a contract on which nobody has begun presses.
    """
    today = day_of(now)
    found = [line for line in lines if _matches(line, wanted, today, closing_months)]
    return _sorted(found, wanted.sort)


def nearest(lines: Iterable[Line], place: Whereabouts) -> list[Line]:
    """The same lines, the nearest first, then the oldest notification."""
    far = list(Distance)
    return sorted(lines, key=lambda line: (far.index(place.distance(line)), line.notified_on, line.id))


def presses(line: Line, today: date, closing_months: int) -> bool:
    """The contract ends soon, or something agreed is due within a week; what is past presses too."""
    agreed = (line.promised_on, line.call_back_on, day_of(line.meeting_at) if line.meeting_at else None)
    near = any(day is not None and day <= today + SOON for day in agreed)
    return near or ends_soon(line, today, closing_months)


def ends_soon(line: Line, today: date, closing_months: int) -> bool:
    """The contract ends within these months, or is over, and nobody has begun."""
    return line.status in NOT_BEGUN and line.ends_on <= months_after(today, closing_months)


def _matches(line: Line, wanted: Filter, today: date, closing_months: int) -> bool:
    same = (
        (wanted.step, line.step),
        (wanted.academie, line.academie),
        (wanted.region, line.region),
        (wanted.domain, line.domain),
        (wanted.hours, line.hours),
        (wanted.turn, line.turn.role if line.turn else None),
    )
    return (
        line.status in wanted.statuses
        and all(asked is None or asked == stands for asked, stands in same)
        and (wanted.organisation is None or same_name(wanted.organisation, line.organisation))
        and (wanted.since is None or line.notified_on >= wanted.since)
        and (line.yours or not wanted.mine)
        and (line.late_since is not None or not wanted.late)
        and (not wanted.closing or presses(line, today, closing_months))
        and (line.formerly or _says(line, wanted.text))
    )


def _says(line: Line, text: str) -> bool:
    """Every word stands somewhere, or the whole does once spaces are left out, as in « CSF7K3Q92 »."""
    asked = plainly(text)
    told = plainly(" ".join((line.company, line.contract, line.number or "", line.reference or "")))
    return all(word in told for word in asked.split()) or asked.replace(" ", "") in told.replace(" ", "")


def _sorted(lines: list[Line], sort: Sort) -> list[Line]:
    by_notification = sorted(lines, key=lambda line: (line.notified_on, line.id))
    if sort is Sort.LATE:
        late = sorted((line for line in lines if line.late_since), key=lambda line: str(line.late_since))
        return late + [line for line in by_notification if not line.late_since]
    if sort is Sort.LAST_FACT:
        return sorted(by_notification, key=lambda line: line.last_at, reverse=True)
    return by_notification
