"""How long each piece of an attempt takes, in whole days: counted, never listed, so that no person can be ranked.

A count stands per group, month and piece, and grows in the very write that reaches the milestone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalicelib.domain.kernel.calendar import PARIS
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.texts import plainly
from chalicelib.domain.kernel.timeline import Milestone
from chalicelib.domain.kernel.values import Code, Role

MOST_DAYS = 730
"""Longer ones are counted as this: two years tell enough."""
FEWEST = 5
"""Smaller groups are hidden, since they would tell of a person."""
OBSERVED_DAYS = 42
"""From the CV to the first meeting, six weeks: the line to beat. Source: field observation, 2020."""
MOST_MONTHS = 60
"""The longest period that is read at once."""


class Piece(Code):
    """What is measured."""

    PREPARE = "prepare"
    SEND = "send"
    OPEN = "open"
    ANSWER = "answer"
    MEET = "meet"
    SIGN = "sign"
    WHOLE = "whole"


BETWEEN: dict[Piece, tuple[Milestone, Milestone]] = {
    Piece.PREPARE: (Milestone.TAKEN, Milestone.ANNOUNCED),
    Piece.SEND: (Milestone.ANNOUNCED, Milestone.SENT),
    Piece.OPEN: (Milestone.SENT, Milestone.OPENED),
    Piece.ANSWER: (Milestone.OPENED, Milestone.ANSWERED),
    Piece.MEET: (Milestone.ANSWERED, Milestone.MET),
    Piece.SIGN: (Milestone.MET, Milestone.SIGNED),
    Piece.WHOLE: (Milestone.SENT, Milestone.MET),
}
"""From which milestone to which. The whole is what the observation measured: from the sending to the first meeting."""


class Grouping(StrEnum):
    """By what attempts are put together."""

    ACADEMIE = "academie"
    REGION = "region"
    ORGANISATION = "organisation"
    DOMAIN = "domain"
    HOURS = "hours"


EVERYTHING = "all"


@dataclass(frozen=True)
class Group:
    """Attempts that have something in common: never a person."""

    by: Grouping
    name: str

    @property
    def scope(self) -> str:
        """Under which it is counted. Organisations are typed by people: case and accents do not part them."""
        name = plainly(self.name) if self.by is Grouping.ORGANISATION else self.name
        return f"{self.by}#{name}"


@dataclass(frozen=True)
class Tally:
    """One more (or one fewer) attempt took so many days."""

    scope: str
    month: str
    """« 2026-11 » in Paris, of the later milestone."""
    piece: Piece
    days: int
    amount: int


def scopes(parcours: Parcours) -> tuple[str, ...]:
    """The groups that a parcours counts in: everything, its place, its buyer, what is done there, how long."""
    place = parcours.placement
    groups = (
        Group(Grouping.ACADEMIE, place.academie),
        Group(Grouping.REGION, place.region),
        Group(Grouping.ORGANISATION, parcours.contract.organisation),
        Group(Grouping.DOMAIN, place.domain),
        Group(Grouping.HOURS, str(place.hours)),
    )
    return (EVERYTHING, *(group.scope for group in groups))


def tallies(before: Parcours | None, after: Parcours | None) -> tuple[Tally, ...]:
    """What a change of a parcours adds to the counts, and takes back: a corrected milestone, a record edited to another group.

    Only one and the same attempt is compared with itself: when it ends its counts stay, and when it is resumed they stand
    already.
    """
    if before is None or after is None or after.reference is None or before.reference != after.reference:
        return ()
    old, new = _counted(before), _counted(after)
    changes = [(one, -1) for one in sorted(old - new)] + [(one, 1) for one in sorted(new - old)]
    return tuple(
        Tally(scope, month, Piece(piece), days, amount) for (scope, month, piece, days), amount in changes
    )


def _counted(parcours: Parcours) -> set[tuple[str, str, str, int]]:
    """Scope, month, piece and days of everything this attempt counts for."""
    return {
        (scope, month, piece.value, days)
        for piece, (month, days) in _pieces(parcours.reached).items()
        for scope in scopes(parcours)
    }


def _pieces(reached: Mapping[str, datetime]) -> dict[Piece, tuple[str, int]]:
    found = {}
    for piece, (first, last) in BETWEEN.items():
        start, end = reached.get(first), reached.get(last)
        if start is not None and end is not None and end >= start:
            days = min((end - start).days, MOST_DAYS)
            found[piece] = (end.astimezone(PARIS).strftime("%Y-%m"), days)
    return found


@dataclass(frozen=True)
class Spread:
    """What may be said of a group; None below five."""

    cases: int
    median_days: float | None
    worst_days: int | None


def spread(counts: Mapping[int, int]) -> Spread:
    """Median and worst of attempts by days (« 3 days: 2 attempts »); hidden below five."""
    cases = sum(counts.values())
    if cases < FEWEST:
        return Spread(cases, None, None)
    ordered = [days for days, count in sorted(counts.items()) for _ in range(count)]
    middle = len(ordered) // 2
    median = ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
    return Spread(cases, float(median), ordered[-1])


def groups_of(person: Account) -> tuple[Group, ...] | None:
    """The groups that she may look at, the first by default; None: all of them, and everything together (the team).

    Source: design §2: an agent of the field sees her own académie or organisation.
    """
    if person.is_team:
        return None
    groups = []
    if person.roles & {Role.TUTOR, Role.COORDINATOR} and person.academie:
        groups.append(Group(Grouping.ACADEMIE, person.academie))
    if person.roles & {Role.BUYER, Role.PRESCRIBER} and person.organisation:
        groups.append(Group(Grouping.ORGANISATION, person.organisation))
    return tuple(groups)
