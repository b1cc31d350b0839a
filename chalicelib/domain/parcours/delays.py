"""How long the phases of an attempt take, in whole days, counted per group and month, so that no person can be ranked.

The count grows in the transaction that reaches the milestone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.kernel.calendar import PARIS
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.texts import fold_text
from chalicelib.domain.kernel.timeline import Milestone
from chalicelib.domain.kernel.values import Code, Role, Setback

MOST_DAYS = 730
"""Longer durations are counted as this."""
FEWEST = 5
"""Smaller groups are hidden, since they would identify a person."""
CONCLUSIVE = 30
"""With fewer cases a median proves nothing: it is shown, and that is said."""
OBSERVED_DAYS = 42
"""From the CV to the first meeting, six weeks « parfois »: a longest delay, no median. Source: field observation, 2020."""
MOST_MONTHS = 60
"""The longest period of one read."""


class Phase(Code):
    """A phase of an attempt whose duration is counted: from one milestone to another (``BETWEEN``)."""

    PREPARE = "prepare"
    SEND = "send"
    OPEN = "open"
    ANSWER = "answer"
    MEET = "meet"
    SIGN = "sign"
    WHOLE = "whole"


BETWEEN: dict[Phase, tuple[Milestone, Milestone]] = {
    Phase.PREPARE: (Milestone.TAKEN, Milestone.ANNOUNCED),
    Phase.SEND: (Milestone.ANNOUNCED, Milestone.SENT),
    Phase.OPEN: (Milestone.SENT, Milestone.OPENED),
    Phase.ANSWER: (Milestone.OPENED, Milestone.ANSWERED),
    Phase.MEET: (Milestone.ANSWERED, Milestone.MET),
    Phase.SIGN: (Milestone.MET, Milestone.SIGNED),
    Phase.WHOLE: (Milestone.SENT, Milestone.MET),
}
"""First and last milestone of each phase. The whole is what the observation measured."""


class Fate(Code):
    """What became of a passage whose documents left: it counts under one of these, beside ``Phase.SEND`` of their month."""

    MET = "fate_met"
    DECLINED = "fate_declined"
    UNREAD = "fate_unread"
    """Erased before anybody opened them, by time or withdrawn; nothing else is on its way."""
    OPEN = "fate_open"
    """None of these yet, or ended before."""


class Grouping(StrEnum):
    """What attempts are grouped by."""

    ACADEMIE = "academie"
    REGION = "region"
    ORGANISATION = "organisation"
    DOMAIN = "domain"
    HOURS = "hours"


EVERYTHING = "all"


@dataclass(frozen=True)
class Group:
    """A group of attempts; never one person's."""

    by: Grouping
    name: str

    @property
    def scope(self) -> str:
        """The key of the group's counts. Case and accents of an organisation do not count, since people type it."""
        name = fold_text(self.name) if self.by is Grouping.ORGANISATION else self.name
        return f"{self.by}#{name}"


@dataclass(frozen=True)
class Tally:
    """A change of one count: one attempt more, or fewer, took so many days."""

    scope: str
    month: str
    """« 2026-11 » in Paris, of the later milestone."""
    phase: Phase
    counted: int | Fate
    """The days that it took, or what became of its documents."""
    amount: int
    """1 or -1."""


def list_scopes(parcours: Parcours) -> tuple[str, ...]:
    """Return the keys of the groups in which a parcours counts."""
    place = parcours.placement
    groups = (
        Group(Grouping.ACADEMIE, place.academie),
        Group(Grouping.REGION, place.region),
        Group(Grouping.ORGANISATION, parcours.contract.organisation),
        Group(Grouping.DOMAIN, place.domain),
        Group(Grouping.HOURS, str(place.hours)),
    )
    return (EVERYTHING, *(group.scope for group in groups))


def count_tallies(before: Parcours | None, after: Parcours | None) -> tuple[Tally, ...]:
    """Compute what a change of a parcours adds to the counts and, after a correction or an edit, removes from them.

    Only within one attempt: its counts remain when it ends, and are still there when it is resumed.
    """
    if before is None or after is None or after.reference is None or before.reference != after.reference:
        return ()
    if after.synthetic:
        return ()
    old, new = _list_counted(before), _list_counted(after)
    return tuple(
        [Tally(*counted, amount=-1) for counted in sorted(old - new, key=str)]
        + [Tally(*counted, amount=1) for counted in sorted(new - old, key=str)]
    )


def find_fate(parcours: Parcours) -> Fate | None:
    """Return what became of the documents of this passage; None: none has left."""
    if Milestone.SENT not in parcours.reached:
        return None
    if Milestone.MET in parcours.reached:
        return Fate.MET
    if parcours.setback is Setback.DECLINED:
        return Fate.DECLINED
    is_gone = parcours.live_deposit is None and parcours.outside_at is None
    return Fate.UNREAD if is_gone and Milestone.OPENED not in parcours.reached else Fate.OPEN


def _list_counted(parcours: Parcours) -> set[tuple[str, str, Phase, int | Fate]]:
    """Return scope, month, phase, and days or fate of everything this attempt counts for."""
    counted: set[tuple[str, str, Phase, int | Fate]] = set()
    fate = find_fate(parcours)
    if fate is not None:
        month = parcours.reached[Milestone.SENT].astimezone(PARIS).strftime("%Y-%m")
        counted |= {(scope, month, Phase.SEND, fate) for scope in list_scopes(parcours)}
    for phase, (first, last) in BETWEEN.items():
        start, end = parcours.reached.get(first), parcours.reached.get(last)
        if start is not None and end is not None and end >= start:
            month, days = end.astimezone(PARIS).strftime("%Y-%m"), min((end - start).days, MOST_DAYS)
            counted |= {(scope, month, phase, days) for scope in list_scopes(parcours)}
    return counted


@dataclass(frozen=True)
class Spread:
    """The statistics of a group; None below ``FEWEST``."""

    cases: int
    median_days: float | None
    worst_days: int | None


def compute_spread(counts: Mapping[int, int]) -> Spread:
    """Compute median and worst from the number of attempts per duration; hidden below ``FEWEST``."""
    cases = sum(counts.values())
    if cases < FEWEST:
        return Spread(cases, None, None)
    ordered = [days for days, count in sorted(counts.items()) for _ in range(count)]
    middle = len(ordered) // 2
    median = ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
    return Spread(cases, float(median), ordered[-1])


def list_groups(person: Account) -> tuple[Group, ...] | None:
    """Return the groups that an agent may see, the default first (their académie, organisation); None: all (the team)."""
    if person.is_team:
        return None
    groups = []
    if person.roles & {Role.TUTOR, Role.COORDINATOR} and person.academie:
        groups.append(Group(Grouping.ACADEMIE, person.academie))
    if person.roles & {Role.BUYER, Role.PRESCRIBER} and person.organisation:
        groups.append(Group(Grouping.ORGANISATION, person.organisation))
    return tuple(groups)
